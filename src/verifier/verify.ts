import { canVerify, sha256, toHex, utf8 } from './bytes.ts'
import { documentChecks } from './document-checks.ts'
import { canonical, distanceBetween } from './documents.ts'
import type { EnrolmentStatement } from './documents.ts'
import type { FileKey, ProofFile } from './file.ts'
import { readProofFile } from './form.ts'
import { isSameKey, narrowed, saidOf, signs, thumbprint, whyNotValid } from './keys.ts'
import type { KeySet } from './keys.ts'
import { logChecks, witnessChecks } from './log-checks.ts'
import { check, sumUp } from './report.ts'
import type { Check, Facts, Report } from './report.ts'
import {
  bearingOf,
  correctedBy,
  each,
  ofKind,
  whatIsImplausible,
  whatIsMiscorrected,
  whatIsMismeasured,
  whatIsOutOfOrder,
} from './story.ts'
import type { Placed } from './story.ts'
import { readLogProof } from './tree.ts'

/** What one knows beside the file. Each of it lets more be checked. */
export interface Known {
  orderId?: string
  /** as it was enrolled; hex digits may be written otherwise */
  nfcUid?: string
  /** the store's keys, from elsewhere than the file */
  keys?: KeySet
  /** the log's verifier key, from elsewhere than the file */
  logKey?: string
  /** verifier keys of witnesses, one of whom must have seen each checkpoint */
  witnesses?: readonly string[]
}

/**
 * Checks a proof file (docs/proofs.md) with nothing but itself and what one knows.
 * @param given the file's text, or its bytes. It may be anything: nothing is thrown, and a bounded amount of work done
 */
export async function verifyProof(given: string | Uint8Array, known: Known = {}): Promise<Report> {
  const file = readProofFile(given)
  if ('problem' in file) {
    return sumUp([{ name: 'form', verdict: 'failed', why: `This is no proof file: ${file.problem}.` }], [], null)
  }
  const form: Check = { name: 'form', verdict: 'ok', why: 'The file has the form of a proof, in its one spelling.' }
  if (!(await canVerify())) {
    const why = 'Nothing can be checked here: this browser has no Ed25519, or not on a page that came without HTTPS.'
    return sumUp([form, { name: 'signatures', verdict: 'not checked', why }], [], null)
  }
  const placed = await place(file)
  const keys = keysThatCount(file, placed, known)
  const witnessed = await witnessChecks(placed, known.witnesses)
  const checks: Check[] = [
    form,
    await keysCheck(file, placed, known),
    logKeyCheck(file, known),
    await fileCheck(file, placed, keys),
    ...(await each(placed, (one) => statementChecks(one, keys))),
    ...(await documentChecks(placed, keys, known)),
    ...(await logChecks(file, placed)),
    ...witnessed.checks,
    ...storyChecks(file, placed),
  ]
  return sumUp(checks, notesOf(file, known), await factsOf(file, placed, witnessed.seen))
}

async function place(file: ProofFile): Promise<Placed[]> {
  const counts = new Map<string, number>()
  return Promise.all(
    file.entries.map(async (entry) => {
      const { kind } = entry.statement
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      const label = kind === 'correction' ? `correction ${count}` : kind === 'key' ? `statement ${count} on keys` : kind
      const hash = toHex(await sha256(utf8(canonical(entry.statement))))
      return { entry, label, proof: readLogProof(entry.log_proof)!, hash }
    }),
  )
}

/** The file's keys, with all that is said against them: by themselves, by those known, and by the log. */
function keysThatCount(file: ProofFile, placed: readonly Placed[], known: Known): Map<string, FileKey> {
  const logged = ofKind(placed, 'key').map(({ entry, proof }) => saidOf(entry.statement, proof.index))
  const counting = file.keys.map((key) => {
    const others = [...(known.keys?.keys ?? []), ...logged].filter((other) => isSameKey(key, other))
    return [key.kid, others.reduce(narrowed, key)] as const
  })
  return new Map(counting)
}

/** Which keys are used is the whole question: those that somebody trusts, or just those that came along. */
async function keysCheck(file: ProofFile, placed: readonly Placed[], { keys: known }: Known): Promise<Check> {
  const about = ofKind(placed, 'key').map(({ entry }) => entry.statement)
  const misnamed = about.find(({ subject, x }) => file.keys.some((key) => (key.kid === subject) !== (key.x === x)))
  if (misnamed)
    return check('keys', undefined, `what the log says of ${misnamed.subject} is not of the key in the file`, '')
  if (!known) {
    const prints = await Promise.all(file.keys.map(async (key) => `${key.kid} ${await thumbprint(key)}`))
    const why = `the keys are the file’s own: whose they are, it cannot say. Compare their thumbprints (RFC 7638) with the store’s: ${prints.join(', ')}`
    return check('keys', undefined, undefined, why)
  }
  const strange = file.keys.find((key) => !known.keys.some((other) => isSameKey(key, other)))
  const early = file.keys.find((key) => known.keys.some((other) => isSameKey(key, other) && key.nbf < (other.nbf ?? 0)))
  const problem = strange
    ? `the key ${strange.kid} is none of those you know`
    : early && `the file says that ${early.kid} signs earlier than the keys you know say`
  return check('keys', undefined, problem, 'the keys are among those you know, whose validity counts')
}

/**
 * Of a key that was revoked, the log's order tells what it signed before. Somebody who has that key can make a log of his
 * own: so whoever trusts keys and not the file has to know the log, too.
 */
function logKeyCheck({ log, keys }: ProofFile, { logKey, keys: known }: Known): Check {
  const isRevoked = [...keys, ...(known?.keys ?? [])].some(({ revoked }) => revoked !== undefined)
  if (known && logKey === undefined && isRevoked) {
    const why = `A key was revoked, and only the log’s order tells what it signed before: the log’s key is needed. The file’s own is ${log.key}.`
    return { name: 'log key', verdict: 'not checked', why }
  }
  const problem = logKey === undefined || logKey === log.key ? undefined : 'the log’s key is not the one you know'
  const own = `the log’s key is the file’s own: whose it is, it cannot say. Compare it with the store’s: ${log.key}`
  return check('log key', undefined, problem, logKey === undefined ? own : 'the log’s key is the one you know')
}

async function fileCheck(file: ProofFile, placed: readonly Placed[], keys: Map<string, FileKey>): Promise<Check> {
  const { signature, ...unsigned } = file
  const key = keys.get(file.key_id)
  const ask = async () => {
    if (!key) return `the key ${file.key_id} is not in the file`
    if (!(await signs(key, signature, canonical(unsigned)))) return `the file is not as ${file.key_id} signed it`
    const newest = Math.max(...placed.map(({ proof }) => proof.checkpoint.size - 1))
    return whyNotValid(key, file.made_at, newest, 'it knows the log up to')
  }
  return check('file signature', undefined, await ask(), `the file is as ${file.key_id} signed it at ${file.made_at}`)
}

async function statementChecks({ entry, label, proof }: Placed, keys: Map<string, FileKey>): Promise<Check[]> {
  const { statement, signature } = entry
  const key = keys.get(statement.key_id)
  if (!key) return [check('signature', label, `the key ${statement.key_id} is not in the file`, '')]
  const signed = await signs(key, signature, canonical(statement))
  return [
    check('signature', label, signed ? undefined : `it is not as ${key.kid} signed it`, `signed by ${key.kid}`),
    // what is said of keys only ever narrows what they count for, whoever's word it is
    ...(statement.kind === 'key'
      ? []
      : [
          check(
            'key validity',
            label,
            whyNotValid(key, statement.at, proof.index),
            `its key ${key.kid} was valid at ${statement.at}`,
          ),
        ]),
  ]
}

function storyChecks(file: ProofFile, placed: readonly Placed[]): Check[] {
  const [delivery] = ofKind(placed, 'delivery')
  const { distance_meters, gps_verdict } = delivery?.entry.statement ?? {}
  return [
    check(
      'order',
      undefined,
      whatIsOutOfOrder(file, placed),
      'one store, one proof, and one order in time and in the log',
    ),
    ...(delivery
      ? [
          check(
            'distance',
            'delivery',
            whatIsMismeasured(placed),
            `${distance_meters} m from the address: ${gps_verdict}`,
          ),
          check('phone and tag', 'delivery', whatIsImplausible(placed), 'what it says of phone and tag goes together'),
        ]
      : []),
    ...(ofKind(placed, 'correction').length > 0
      ? [check('corrections', undefined, whatIsMiscorrected(placed), 'each is of a statement in this file')]
      : []),
  ]
}

function notesOf(file: ProofFile, { witnesses = [] }: Known): string[] {
  const isDelivered = file.entries[1]?.statement.kind === 'delivery'
  const isAnybodys = (file.entries[0]!.statement as EnrolmentStatement).by === 'anybody'
  return [
    ...(witnesses.length === 0 ? ['The times are the store’s word, since you name no witness of its log.'] : []),
    ...(isDelivered ? ['Where the tag was read is what the device said.'] : []),
    ...(isAnybodys
      ? ['The parcel was enrolled by somebody who did not say that he is of the shop: all may enrol.']
      : []),
  ]
}

async function factsOf(file: ProofFile, placed: readonly Placed[], seen: Facts['seen']): Promise<Facts> {
  const enrolment = ofKind(placed, 'enrolment')[0]!.entry.statement
  const delivery = ofKind(placed, 'delivery')[0]?.entry.statement ?? null
  const { shipping_address_gps: address } = enrolment
  const signed = (kid: string) => [
    ...(file.key_id === kid ? ['file'] : []),
    ...placed.filter(({ entry }) => entry.statement.key_id === kid).map(({ label }) => label),
  ]
  const checkpoints = new Map(
    placed.map(({ proof }) => [proof.note.text, { size: proof.checkpoint.size, root: toHex(proof.checkpoint.root) }]),
  )
  return {
    store: file.store,
    proofId: file.proof_id,
    madeAt: file.made_at,
    enrolment,
    delivery,
    way: delivery && {
      metres: distanceBetween(address, delivery.delivery_gps),
      bearing: bearingOf(address, delivery.delivery_gps),
    },
    corrections: ofKind(placed, 'correction').map(({ entry: { statement } }) => ({
      of: correctedBy(placed, statement)?.label ?? 'nothing in this file',
      at: statement.at,
      reason: statement.reason,
      changes: statement.changes,
    })),
    keys: await Promise.all(
      file.keys.map(async (key) => ({ kid: key.kid, thumbprint: await thumbprint(key), signed: signed(key.kid) })),
    ),
    log: { ...file.log, checkpoints: [...checkpoints.values()] },
    seen,
  }
}
