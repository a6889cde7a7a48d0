/** Banks by the names that shops use, and what DOKU calls a virtual account there. */
const virtualAccounts = new Map([
  ['bca', 'VIRTUAL_ACCOUNT_BCA'],
  ['mandiri', 'VIRTUAL_ACCOUNT_BANK_MANDIRI'],
  ['bsi', 'VIRTUAL_ACCOUNT_BANK_SYARIAH_MANDIRI'],
  ['doku', 'VIRTUAL_ACCOUNT_DOKU'],
  ['bri', 'VIRTUAL_ACCOUNT_BRI'],
  ['bni', 'VIRTUAL_ACCOUNT_BNI'],
  ['permata', 'VIRTUAL_ACCOUNT_BANK_PERMATA'],
  ['cimb', 'VIRTUAL_ACCOUNT_BANK_CIMB'],
  ['danamon', 'VIRTUAL_ACCOUNT_BANK_DANAMON'],
  ['btn', 'VIRTUAL_ACCOUNT_BTN'],
  ['bnc', 'VIRTUAL_ACCOUNT_BNC'],
  ['maybank', 'VIRTUAL_ACCOUNT_MAYBANK'],
  ['sinarmas', 'VIRTUAL_ACCOUNT_SINARMAS'],
  ['bss', 'VIRTUAL_ACCOUNT_BSS'],
  ['bpd_bali', 'VIRTUAL_ACCOUNT_BPD_BALI'],
  ['bjb', 'VIRTUAL_ACCOUNT_BANK_BJB'],
])

const names = new Map([...virtualAccounts].map(([name, id]) => [id, name]))

/** The banks at which DOKU opens a virtual account, as `SessionAsk.channel` names them. */
export const dokuChannels: readonly string[] = [...virtualAccounts.keys()]

/** What DOKU calls a virtual account at this bank; undefined for one that it does not have. */
export const virtualAccountAt = (channel: string) => virtualAccounts.get(channel)

/** The shop's name of a channel, and of its method, from DOKU's ids; those that are not ours stay as they are, small. */
export function namesOf(serviceId: string | null, channelId: string | null) {
  const method = serviceId?.toLowerCase() ?? (channelId && names.has(channelId) ? 'virtual_account' : null)
  return { method, channel: channelId && (names.get(channelId) ?? channelId.toLowerCase()) }
}

/** The same from `bca_va`, the form of the notifications that shops were promised. */
export function namesOfPromised(channel: string | null) {
  if (channel === null) return { method: null, channel: null }
  const bank = channel.toLowerCase().replace(/_va$/, '')
  return { method: virtualAccounts.has(bank) ? 'virtual_account' : null, channel: bank }
}
