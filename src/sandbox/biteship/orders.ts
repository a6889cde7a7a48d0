import { randomBytes, randomInt } from 'node:crypto'
import { BadInput } from '../input.ts'
import { jakarta } from '../jakarta.ts'
import { BiteshipError } from './errors.ts'
import { postalCodeOf, serviceOf, weighItems, priceOf } from './rates.ts'

/** In the order in which a parcel goes through them; the last six are ends or waits. */
export const statuses = [
  'confirmed',
  'allocated',
  'picking_up',
  'picked',
  'dropping_off',
  'on_hold',
  'delivered',
  'return_in_transit',
  'returned',
  'disposed',
  'cancelled',
] as const
export type Status = (typeof statuses)[number]

export interface Order {
  apiKey: string
  id: string
  trackingId: string
  waybill: string
  referenceId: string | null
  courier: string
  type: string
  price: number
  status: Status
  /** as it was asked for */
  ask: Record<string, unknown>
  /** oldest first */
  history: { status: Status; note: string; updated_at: string; service_type: string }[]
}

export type Orders = ReturnType<typeof createOrders>

export function createOrders() {
  const orders: Order[] = []
  const mine = (apiKey: string) => orders.filter((order) => order.apiKey === apiKey)
  return {
    all: () => orders,
    add: (order: Order) => orders.push(order),
    ofReference: (apiKey: string, referenceId: string) =>
      mine(apiKey).find((order) => order.referenceId === referenceId),
    ofId: (apiKey: string, id: string) => mine(apiKey).find((order) => order.id === id),
    ofTracking: (apiKey: string, id: string) => mine(apiKey).find((order) => order.trackingId === id),
    ofWaybill: (waybill: string) => orders.find((order) => order.waybill === waybill),
  }
}

const needed: [field: string, code: number, message: string][] = [
  ['origin_contact_name', 40002014, 'Please make sure origin contact name is filled'],
  ['origin_contact_phone', 40002015, 'Please make sure origin contact phone is filled'],
  ['origin_address', 40002016, 'Please make sure origin address is filled'],
  ['destination_contact_name', 40002017, 'Please make sure destination contact name is filled'],
  ['destination_contact_phone', 40002018, 'Please make sure destination contact phone is filled'],
  ['destination_address', 40002019, 'Please make sure destination address is filled'],
]

/** `POST /v1/orders`. A `reference_id` is taken once in an account. */
export function createOrder(orders: Orders, apiKey: string, ask: Record<string, unknown>): Order {
  for (const [field, code, message] of needed) {
    if (typeof ask[field] !== 'string' || ask[field].trim() === '') throw new BiteshipError(code, message)
  }
  postalCodeOf(ask['origin_postal_code'], 40002020)
  postalCodeOf(ask['destination_postal_code'], 40002020)
  if (ask['delivery_type'] === undefined)
    throw new BiteshipError(
      40002005,
      "Delivery type has no value. Please specify whether it's a 'Now', or 'Scheduled' delivery type",
    )
  if (ask['delivery_type'] !== 'now' && ask['delivery_type'] !== 'scheduled')
    throw new BiteshipError(40002006, 'Please make sure to input the right delivery type value')
  const grams = weighItems(ask['items'], 40002021)
  const service = serviceOf(ask['courier_company'], ask['courier_type'])
  if (!service) throw new BiteshipError(40002022, 'The courier or its type is not available')
  const referenceId = typeof ask['reference_id'] === 'string' ? ask['reference_id'] : null
  const earlier = referenceId === null ? undefined : orders.ofReference(apiKey, referenceId)
  if (earlier)
    throw new BiteshipError(40002060, 'Reference ID has already been used', 400, {
      order_id: earlier.id,
      waybill_id: earlier.waybill,
      reference_id: referenceId,
    })
  const order: Order = {
    apiKey,
    id: randomBytes(12).toString('hex'),
    trackingId: randomBytes(12).toString('hex'),
    waybill: `WYB-${Array.from({ length: 13 }, () => randomInt(10)).join('')}`,
    referenceId,
    courier: service.courier,
    type: service.code,
    price: priceOf(service, grams),
    status: 'confirmed',
    ask,
    history: [],
  }
  note(order, 'confirmed')
  orders.add(order)
  return order
}

/** `POST /v1/orders/:id/cancel`: until somebody came for it. */
export function cancelOrder(order: Order, ask: Record<string, unknown>) {
  const { cancellation_reason_code: code, cancellation_reason: reason } = ask
  if (typeof code !== 'string' || code === '')
    throw new BiteshipError(40002050, 'Please specify the cancellation reason code')
  if (code === 'others' && (typeof reason !== 'string' || reason.trim() === ''))
    throw new BiteshipError(40002051, 'Please specify the cancellation reason')
  if (statuses.indexOf(order.status) >= statuses.indexOf('picked'))
    throw new BiteshipError(40002052, `Order with status ${order.status} cannot be cancelled`)
  note(order, 'cancelled')
}

const notes: Record<Status, string> = {
  confirmed: 'Order has been confirmed. Locating nearest driver to pick up.',
  allocated: 'Courier has been allocated. Waiting to pick up.',
  picking_up: 'Courier is on the way to pick up item.',
  picked: 'Item has been picked and ready to be shipped.',
  dropping_off: 'Item is on the way to customer.',
  on_hold: 'Shipment is on hold at the moment.',
  delivered: 'Item has been delivered.',
  return_in_transit: 'Item is on the way back to the sender.',
  returned: 'Item has been returned to the sender.',
  disposed: 'Item has been disposed.',
  cancelled: 'Order has been cancelled.',
}

function note(order: Order, status: Status) {
  order.status = status
  order.history.push({ status, note: notes[status], updated_at: `${jakarta()}+07:00`, service_type: 'standard' })
}

const following: Partial<Record<Status, Status>> = {
  confirmed: 'allocated',
  allocated: 'picking_up',
  picking_up: 'picked',
  picked: 'dropping_off',
  dropping_off: 'delivered',
  on_hold: 'dropping_off',
  return_in_transit: 'returned',
}

/** Moves a parcel on: to the next status, or to a later one. @returns what changed @throws BadInput */
export function advance(order: Order, status?: Status) {
  const before = order.status
  const next = status ?? following[before]
  const isLater = next && (next === following[before] || statuses.indexOf(next) > statuses.indexOf(before))
  if (!next || !isLater || before === 'cancelled')
    throw new BadInput(`${order.waybill} is ${before}${status ? `: it cannot be ${status} after that` : ''}`, 409)
  note(order, next)
  return { awb: order.waybill, order_id: order.id, before, status: next }
}
