import { isRecord } from '../input.ts'
import { invalidField, unknownId } from './errors.ts'
import {
  amountOf,
  collectionOf,
  currencyOf,
  newestFirst,
  newId,
  notesOf,
  onlyFields,
  receiptOf,
  unixNow,
  type Account,
  type Books,
  type Order,
  type OrderEntity,
} from './books.ts'

const orderFields = [
  'amount',
  'currency',
  'receipt',
  'notes',
  'partial_payment',
  'first_payment_min_amount',
  'payment_capture',
  'payment',
  'customer_id',
  'customer_details',
  'method',
  'offer_id',
  'offers',
  'discount',
  'line_items',
  'line_items_total',
  'shipping_fee',
  'cod_fee',
  'promotions',
  'products',
  'checkout_config_id',
]

/** `POST /orders` */
export function createOrder(books: Books, account: Account, body: Record<string, unknown>): OrderEntity {
  const amount = amountOf(body['amount'])
  const currency = currencyOf(body['currency'])
  const receipt = receiptOf(body['receipt'])
  const notes = notesOf(body['notes'])
  onlyFields(body, orderFields)
  const entity: OrderEntity = {
    id: newId('order'),
    entity: 'order',
    amount,
    amount_paid: 0,
    amount_due: amount,
    currency,
    receipt,
    offer_id: null,
    status: 'created',
    attempts: 0,
    notes,
    created_at: unixNow(),
  }
  const order: Order = { account, entity, payments: [], autoCapture: autoCaptureOf(body) }
  books.orders.set(entity.id, order)
  account.orders.push(order)
  if (receipt !== null) {
    const same = account.ordersByReceipt.get(receipt)
    if (same) same.push(order)
    else account.ordersByReceipt.set(receipt, [order])
  }
  return entity
}

/** Two ways to ask for it: `payment_capture` of old, and `payment.capture` since. */
function autoCaptureOf(body: Record<string, unknown>): boolean {
  const setting = body['payment']
  if (isRecord(setting) && setting['capture'] === 'manual') return false
  return body['payment_capture'] !== 0 && body['payment_capture'] !== false && body['payment_capture'] !== '0'
}

/** The account's own order. @throws RazorpayError for another account's as for one that never was */
export function orderOf(books: Books, account: Account, id: string): Order {
  const order = books.orders.get(id)
  if (order?.account !== account) throw unknownId()
  return order
}

/** `GET /orders` */
export function listOrders(account: Account, query: URLSearchParams) {
  const receipt = query.get('receipt')
  const rows = receipt === null ? account.orders : (account.ordersByReceipt.get(receipt) ?? [])
  return collectionOf(
    newestFirst(rows, (order) => order.entity),
    query,
  )
}

/** `GET /orders/:id/payments`: all of them, whatever became of each */
export function listOrderPayments(order: Order) {
  const items = [...newestFirst(order.payments, (payment) => payment.entity)]
  return { entity: 'collection', count: items.length, items }
}

/** `PATCH /orders/:id`: nothing but the notes can change. */
export function updateOrder(order: Order, body: Record<string, unknown>): OrderEntity {
  if (body['notes'] === undefined) throw invalidField('notes', 'The notes field is required.')
  const notes = notesOf(body['notes'])
  onlyFields(body, ['notes'])
  order.entity.notes = notes
  return order.entity
}
