import { Type } from 'typebox'
import type { FaultKinds } from './faults.ts'
import { control, json, route, type Answer, type Call } from './http.ts'
import { BadInput, inputOf, objectIn } from './input.ts'
import { cancelOrder, createOrder } from './jnt/orders.ts'
import { advance, createParcels, type JntAccount, type Parcel } from './jnt/parcels.ts'
import { sign } from './jnt/sign.ts'
import { priceOf, products } from './jnt/tariff.ts'
import type { StandIn } from './stand-in.ts'

export type { JntAccount }

export const jntFaults: FaultKinds = { api: ['delay', 'drop', 'error', 'garbage'], webhook: [] }

const advanceInput = inputOf(
  Type.Object(
    {
      awb: Type.String(),
      status: Type.Optional(Type.Enum(['picked_up', 'in_transit', 'delivered', 'returned'])),
    },
    { additionalProperties: false },
  ),
)

/**
 * The stand-in for J&T Express Indonesia: orders, cancellations, tariff and tracking under the paths that its own
 * hosts have, below `/jnt`. It keeps parcels in memory and moves them when it is told to.
 */
export function createJnt(accounts: JntAccount[]): StandIn {
  const parcels = createParcels()
  const byUsername = new Map(accounts.map((account) => [account.username, account]))
  const byCompany = new Map(accounts.map((account) => [account.companyId, account]))
  const byCustomer = new Map(accounts.map((account) => [account.customerName ?? account.companyId, account]))
  if (byUsername.size < accounts.length || byCompany.size < accounts.length || byCustomer.size < accounts.length)
    throw new Error('two J&T accounts have the same username, company id or customer name')

  function tariff(form: URLSearchParams) {
    const refusal = (message: string) => ({ is_success: 'false', message, content: '' })
    const [text, signature] = [form.get('data'), form.get('sign')]
    if (text === null || signature === null) return refusal('data dan sign tidak boleh kosong')
    const ask = objectIn(text)
    const { weight, sendSiteCode, destAreaCode, cusName, productType } = ask ?? {}
    const account = typeof cusName === 'string' ? byCustomer.get(cusName) : undefined
    if (!account) return refusal('cusName salah')
    if (signature !== sign(text, account.tariffKey)) return refusal('sign salah')
    const [origin, place, kg] = [nameOf(sendSiteCode), nameOf(destAreaCode), Number(weight)]
    if (!origin || !place || typeof weight !== 'string' || !(kg > 0)) return refusal('data salah')
    // asked for no product, it answers with all of them
    const asked = products.filter((product) => !productType || product === productType)
    const offers = asked.flatMap((product) => {
      const cost = priceOf(product, place, kg)
      return cost === undefined ? [] : [{ name: product, cost: String(cost), productType: product }]
    })
    return { is_success: 'true', message: '', content: JSON.stringify(offers) }
  }

  function tracking(call: Call): Answer {
    const account = [...byCompany.values()].find((account) => call.headers.authorization === basicOf(account))
    if (!account) return json({ error_id: '401', error_message: 'Authorization salah' }, 401)
    const ask = objectIn(call.body)
    if (ask?.['eccompanyid'] !== account.companyId) return json({ error_id: '100', error_message: 'eccompanyid salah' })
    const parcel = typeof ask['awb'] === 'string' ? parcels.ofAwb(ask['awb']) : undefined
    if (parcel?.account !== account) return json({ error_id: '101', error_message: 'AWB tidak ditemukan' })
    return json(printTracking(parcel))
  }

  const parcelOf = (awb: string): Parcel => {
    const parcel = parcels.ofAwb(awb)
    if (!parcel) throw new BadInput(`there is no parcel ${awb}`, 404)
    return parcel
  }

  return {
    name: 'jnt',
    prefix: '/jnt/',
    api: [
      route('POST', '/jnt/jts-idn-ecommerce-api/api/order/create', (call) =>
        json(createOrder(byUsername, parcels, formOf(call))),
      ),
      route('POST', '/jnt/jts-idn-ecommerce-api/api/order/cancel', (call) =>
        json(cancelOrder(byUsername, parcels, formOf(call))),
      ),
      route('POST', '/jnt/jandt_track/inquiry.action', (call) => json(tariff(formOf(call)))),
      route('POST', '/jnt/jandt_track/track/trackAction!tracking.action', tracking),
    ],
    control: [
      route(
        'POST',
        '/jnt/sandbox/advance',
        control((call) => {
          const { awb, status } = advanceInput(call.body)
          return json(advance(parcelOf(awb), status))
        }),
      ),
      route('GET', '/jnt/sandbox/parcels', (call) => {
        const orderid = call.query.get('orderid')
        const asked = parcels.all().filter(({ order }) => orderid === null || order['orderid'] === orderid)
        return json(asked.map(printParcel))
      }),
      route(
        'GET',
        '/jnt/sandbox/parcels/:awb',
        control((call) => json(printParcel(parcelOf(call.params['awb']!)))),
      ),
    ],
    refuse,
    about: 'J&amp;T Express: API under <code>/jnt</code>, parcels move by <code>POST /jnt/sandbox/advance</code>',
    close() {},
  }
}

/** J&T takes forms only: a body of another type has no fields. */
const formOf = ({ headers, body }: Call) =>
  new URLSearchParams(/^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '') ? body : '')

/** Tariffs go by names in upper case, and know no other. */
const nameOf = (value: unknown) =>
  typeof value === 'string' && value !== '' && value === value.toUpperCase() ? value : undefined

const basicOf = ({ companyId, trackingPassword }: JntAccount) =>
  `Basic ${Buffer.from(`${companyId}:${trackingPassword}`).toString('base64')}`

const printTracking = ({ awb, order, history }: Parcel) => ({
  awb,
  orderid: order['orderid'],
  detail: {
    shipped_date: history[0]!.date_time,
    services_code: order['expresstype'],
    services_type: order['servicetype'],
    actual_amount: 0,
    weight: Number(order['weight']),
    qty: Number(order['qty']),
    itemname: order['item_name'],
    sender: { name: order['shipper_name'], addr: order['shipper_addr'], city: order['origin_code'], zipcode: '' },
    receiver: {
      name: order['receiver_name'],
      addr: order['receiver_addr'],
      city: order['destination_code'],
      zipcode: order['receiver_zip'],
    },
  },
  history: history.map((scan) => ({ ...scan, driverName: '', driverPhone: '', note: '', receiver: '', storeName: '' })),
})

/** For the controls: everything but the keys it was ordered with. */
function printParcel({ awb, stage, order, history }: Parcel) {
  const { username: _username, api_key: _apiKey, ...rest } = order
  return { awb, orderid: order['orderid'], status: stage, order: rest, history }
}

/** A Java server in front of J&T's API: its refusals are pages. */
function refuse(why: 'unknown' | 'too large' | 'broken'): Answer {
  const [status, title] =
    why === 'unknown'
      ? [404, 'Not Found']
      : why === 'too large'
        ? [413, 'Request Entity Too Large']
        : [500, 'Internal Server Error']
  const body = `<!doctype html><html lang="en"><head><title>HTTP Status ${status} – ${title}</title></head></html>`
  return { status, type: 'text/html;charset=utf-8', body }
}
