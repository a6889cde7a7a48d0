import { Type } from 'typebox'
import { BiteshipError, printError } from './biteship/errors.ts'
import { advance, cancelOrder, createOrder, createOrders, statuses, type Order } from './biteship/orders.ts'
import { priceCouriers } from './biteship/rates.ts'
import type { FaultKinds } from './faults.ts'
import { control, json, route, type Answer, type Call, type Route } from './http.ts'
import { BadInput, inputOf, objectIn } from './input.ts'
import type { StandIn } from './stand-in.ts'

export interface BiteshipAccount {
  apiKey: string
}

export const biteshipFaults: FaultKinds = { api: ['delay', 'drop', 'error', 'garbage'], webhook: [] }

const advanceInput = inputOf(
  Type.Object({ awb: Type.String(), status: Type.Optional(Type.Enum([...statuses])) }, { additionalProperties: false }),
)

type Work = (apiKey: string, call: Call, body: Record<string, unknown>) => unknown

/** The stand-in for Biteship: rates, orders and trackings under `/biteship/v1`. It sends no webhooks. */
export function createBiteship(accounts: BiteshipAccount[]): StandIn {
  const orders = createOrders()
  const keys = new Set(accounts.map(({ apiKey }) => apiKey))

  const api = (method: Route['method'], path: string, work: Work) =>
    route(method, `/biteship/v1${path}`, (call) => {
      try {
        const key = call.headers.authorization ?? ''
        // whoever writes "Bearer" has no key
        if (!keys.has(key)) throw new BiteshipError(40000001, 'Authorization is failed', 401)
        return json(work(key, call, method === 'GET' ? {} : bodyOf(call.body)))
      } catch (error) {
        if (error instanceof BiteshipError) return printError(error)
        throw error
      }
    })

  function found<T>(thing: T | undefined): T {
    if (thing === undefined) throw new BiteshipError(40002030, 'Order is not found', 404)
    return thing
  }

  function ofAwb(awb: string): Order {
    const order = orders.ofWaybill(awb)
    if (!order) throw new BadInput(`there is no parcel ${awb}`, 404)
    return order
  }

  return {
    name: 'biteship',
    prefix: '/biteship/v1/',
    api: [
      api('POST', '/rates/couriers', (_key, _call, body) => priceCouriers(body)),
      api('POST', '/orders', (key, _call, body) => printOrder(createOrder(orders, key, body))),
      api('GET', '/orders/:id', (key, call) => printOrder(found(orders.ofId(key, call.params['id']!)))),
      api('POST', '/orders/:id/cancel', (key, call, body) => {
        const order = found(orders.ofId(key, call.params['id']!))
        cancelOrder(order, body)
        return { success: true, object: 'order', message: 'Order has been deleted', id: order.id, status: order.status }
      }),
      api('GET', '/trackings/:id', (key, call) => printTracking(found(orders.ofTracking(key, call.params['id']!)))),
      // of any parcel, whoever sent it
      api('GET', '/trackings/:waybill/couriers/:courier', (_key, { params }) => {
        const order = found(orders.ofWaybill(params['waybill']!))
        return printTracking(found(order.courier === params['courier'] ? order : undefined))
      }),
    ],
    control: [
      route(
        'POST',
        '/biteship/sandbox/advance',
        control((call) => {
          const { awb, status } = advanceInput(call.body)
          return json(advance(ofAwb(awb), status))
        }),
      ),
      route('GET', '/biteship/sandbox/parcels', (call) => {
        const reference = call.query.get('reference_id')
        const asked = orders.all().filter(({ referenceId }) => reference === null || referenceId === reference)
        return json(asked.map(printParcel))
      }),
      route(
        'GET',
        '/biteship/sandbox/parcels/:awb',
        control((call) => json(printParcel(ofAwb(call.params['awb']!)))),
      ),
    ],
    refuse,
    about: 'Biteship: API under <code>/biteship/v1</code>, parcels move by <code>POST /biteship/sandbox/advance</code>',
    close() {},
  }
}

const printOrder = (order: Order) => ({
  success: true,
  message: 'Order successfully created',
  object: 'order',
  id: order.id,
  draft_order_id: null,
  courier: {
    tracking_id: order.trackingId,
    waybill_id: order.waybill,
    company: order.courier,
    type: order.type,
    history: order.history,
    link: null,
    routing_code: null,
  },
  reference_id: order.referenceId,
  origin: partyOf(order, 'origin'),
  destination: partyOf(order, 'destination'),
  items: order.ask['items'],
  currency: 'IDR',
  price: order.price,
  metadata: {},
  status: order.status,
})

const partyOf = ({ ask }: Order, role: 'origin' | 'destination') => ({
  contact_name: ask[`${role}_contact_name`],
  contact_phone: ask[`${role}_contact_phone`],
  address: ask[`${role}_address`],
  postal_code: ask[`${role}_postal_code`],
})

/** Its history says nothing of a cancellation: the courier has the order no more. */
const printTracking = (order: Order) => ({
  success: true,
  messsage: 'Successfully get tracking info',
  object: 'tracking',
  id: order.trackingId,
  waybill_id: order.waybill,
  courier: { company: order.courier, driver_name: null, driver_phone: null },
  origin: { contact_name: order.ask['origin_contact_name'], address: order.ask['origin_address'] },
  destination: { contact_name: order.ask['destination_contact_name'], address: order.ask['destination_address'] },
  history: order.history.filter(({ status }) => status !== 'cancelled'),
  link: null,
  order_id: order.id,
  status: order.status,
})

const printParcel = ({ waybill, id, referenceId, courier, type, price, status, ask, history }: Order) => ({
  awb: waybill,
  order_id: id,
  reference_id: referenceId,
  courier,
  type,
  price,
  status,
  order: ask,
  history,
})

function bodyOf(text: string): Record<string, unknown> {
  const value = objectIn(text)
  if (!value) throw new BiteshipError(40000002, 'Required parameter is missing')
  return value
}

function refuse(why: 'unknown' | 'too large' | 'broken'): Answer {
  if (why === 'unknown') return printError(new BiteshipError(40400001, 'The request is not exist', 404))
  if (why === 'too large') return printError(new BiteshipError(41300001, 'Request body is too large', 413))
  return printError(new BiteshipError(50000001, "Something's wrong with Biteship's internal server", 500))
}
