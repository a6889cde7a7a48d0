import { isRecord } from '../input.ts'
import { cancel, type JntAccount, type Parcel, type Parcels } from './parcels.ts'
import { sign } from './sign.ts'
import { zoneOf } from './tariff.ts'

/** What an order must have; the rest J&T takes or leaves. */
const required = [
  'orderid',
  'shipper_name',
  'shipper_contact',
  'shipper_phone',
  'shipper_addr',
  'origin_code',
  'receiver_name',
  'receiver_phone',
  'receiver_addr',
  'receiver_zip',
  'destination_code',
  'receiver_area',
  'qty',
  'weight',
  'goodsdesc',
  'servicetype',
  'orderdate',
  'item_name',
  'sendstarttime',
  'sendendtime',
  'expresstype',
  'goodsvalue',
]

/** `reason` of a refused order; the refusal itself is HTTP 200 and "success". */
class Refusal extends Error {}

/** The request as a whole is refused: not signed, not JSON, not an order of this account. */
class Unreadable extends Error {}

interface Command {
  account: JntAccount
  detail: Record<string, string>
}

/** `POST …/order/create`. */
export const createOrder = (accounts: Map<string, JntAccount>, parcels: Parcels, form: URLSearchParams) =>
  answer(
    form,
    accounts,
    ({ orderKey }) => orderKey,
    ({ account, detail }) => {
      const missing = required.find((field) => !detail[field]?.trim())
      if (missing) throw new Refusal(`${missing} tidak boleh kosong`)
      if (!/^\d+(\.\d+)?$/.test(detail['weight']!) || Number(detail['weight']) <= 0) throw new Refusal('weight Error')
      if (!/^[1-9]\d*$/.test(detail['qty']!)) throw new Refusal('qty Error')
      if (!['1', '6'].includes(detail['servicetype']!)) throw new Refusal('servicetype Error')
      if (!['1', 'EZ', 'JSD'].includes(detail['expresstype']!)) throw new Refusal('expresstype Error')
      for (const field of ['orderdate', 'sendstarttime', 'sendendtime']) {
        if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(detail[field]!)) throw new Refusal(`${field} Error`)
      }
      if (zoneOf(detail['receiver_area']!).name === 'nowhere') throw new Refusal('Kecamatan Penerima Error')
      if (parcels.ofOrder(account, detail['orderid']!)) throw new Refusal('Orderid tidak boleh sama')
      const { awb, order } = parcels.create(account, detail)
      return { awb_no: awb, desCode: desCodeOf(order), etd: zoneOf(order['receiver_area']!).etd }
    },
  )

/** `POST …/order/cancel`: only before somebody came for it. */
export const cancelOrder = (accounts: Map<string, JntAccount>, parcels: Parcels, form: URLSearchParams) =>
  answer(
    form,
    accounts,
    ({ orderKey, cancelKey = orderKey }) => cancelKey,
    ({ account, detail }) => {
      if (!detail['orderid'] || !detail['remark']) throw new Refusal('orderid dan remark tidak boleh kosong')
      if (detail['remark'].length > 30) throw new Refusal('remark maksimal 30 karakter')
      const parcel = parcels.ofOrder(account, detail['orderid'])
      if (!parcel) throw new Refusal('Orderid tidak ditemukan')
      if (!cancel(parcel)) throw new Refusal(`Status pesanan adalah : ${statusCodeOf(parcel)}`)
      return {}
    },
  )

const statusCodeOf = ({ stage }: Parcel) => (stage === 'cancelled' ? 'CANCEL' : 'GOT')
const desCodeOf = (order: Record<string, string>) => `${order['destination_code']}-${order['receiver_area']}`

type KeyOf = (account: JntAccount) => string

function answer(
  form: URLSearchParams,
  accounts: Map<string, JntAccount>,
  keyOf: KeyOf,
  work: (command: Command) => object,
) {
  let orderid: string | undefined
  try {
    const command = readCommand(form, accounts, keyOf)
    orderid = command.detail['orderid']
    return { success: true, desc: 'Request berhasil', detail: [{ orderid, ...work(command), status: 'Sukses' }] }
  } catch (error) {
    if (error instanceof Unreadable) return { success: false, desc: error.message, detail: [] }
    if (!(error instanceof Refusal)) throw error
    const detail = { orderid, etd: 'No Data', status: 'Error', reason: error.message }
    return { success: true, desc: 'Request berhasil', detail: [detail] }
  }
}

/** The signature is over the text of `data_param`, so it is checked before the text is read again. */
function readCommand(form: URLSearchParams, accounts: Map<string, JntAccount>, keyOf: KeyOf): Command {
  const text = form.get('data_param')
  const signature = form.get('data_sign')
  if (text === null || signature === null) throw new Unreadable('data_param dan data_sign tidak boleh kosong')
  const detail = detailOf(text)
  const account = accounts.get(detail['username'] ?? '')
  if (!account || detail['api_key'] !== account.apiKey) throw new Unreadable('username atau api_key salah')
  if (signature !== sign(text, keyOf(account))) throw new Unreadable('data_sign salah')
  return { account, detail }
}

function detailOf(text: string): Record<string, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Unreadable('data_param bukan JSON')
  }
  const details = isRecord(value) ? value['detail'] : undefined
  const [detail] = Array.isArray(details) ? details : []
  if (!isRecord(detail) || !hasTexts(detail)) throw new Unreadable('detail salah')
  return detail
}

const hasTexts = (detail: Record<string, unknown>): detail is Record<string, string> =>
  Object.values(detail).every((value) => typeof value === 'string')
