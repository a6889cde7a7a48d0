import assert from 'node:assert/strict'
import { after } from 'node:test'
import { sign } from '../../../src/providers/payments/razorpay.ts'
import { execute } from '../../../src/engine/database.ts'
import { openShop } from '../../support/shop.ts'
import type { Wire } from '../../support/shop.ts'
import type { Caller } from './table.ts'

/** The shop that all rows are asked of, and its clock. */
export const clock = { aheadMs: 0 }
export const shop = await openShop({ after }, { now: () => new Date(Date.now() + clock.aheadMs) })

export const admin = await shop.customer(shop.store, true)

/** Somebody with this token, or with none. */
export const bearer = (token?: string): Caller => ({
  call: (method, path, body, headers) => shop.call(shop.store, method, path, { body, headers, token }),
})
export const guest = bearer()

/** A well-formed id of nothing. */
export const nobody = '00000000-0000-7000-8000-000000000000'

let emails = 0
export const newEmail = () => `new${++emails}@example.com`

export const inStock = async (variantId: string): Promise<number> =>
  (await shop.call(shop.store, 'GET', `/api/products/${variantId}`)).body.product.stock_quantity

export const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A buyer with an order, still to be paid, of a product of its own. */
export async function placed(quantity = 2) {
  const product = await shop.product()
  const buyer = await shop.buyer(product.id, quantity)
  const { status, body } = await buyer.checkout()
  assert.equal(status, 201, JSON.stringify(body))
  const read = async (): Promise<Wire> => (await buyer.call('GET', `/api/orders/${body.order.id}`)).body.order
  const orderId: string = body.order.id
  const sessionId: string = body.razorpay_order_id
  return { product, buyer, orderId, sessionId, read }
}

/** Plays the customer in the checkout, whose page alone is told. @returns what it hands to the shop's page */
export const payQuietly = (sessionId: string, more: object = {}): Promise<Wire> =>
  shop.pay(sessionId, { ...more, webhook: false })

/** What a genuine return from the checkout is signed with. */
export const signed = (sessionId: string, paymentId: string) => ({
  razorpay_order_id: sessionId,
  razorpay_payment_id: paymentId,
  razorpay_signature: sign(shop.account.keySecret, `${sessionId}|${paymentId}`),
})

const ways: Record<string, string[]> = {
  pending: [],
  confirmed: ['confirmed'],
  processing: ['processing'],
  shipped: ['processing', 'shipped'],
  delivered: ['processing', 'shipped', 'delivered'],
  cancelled: ['cancelled'],
  returned: ['processing', 'shipped', 'returned'],
}
export const statuses = Object.keys(ways)

export const moveTo = (orderId: string, status: string, more: object = {}) =>
  admin.call('PUT', `/api/admin/orders/${orderId}/status`, { status, ...more })

/** Another order of a buyer who has ordered before, brought to a status by the administrator. */
export async function orderIn(status: string, of: Awaited<ReturnType<typeof placed>>): Promise<string> {
  const { buyer, product } = of
  await buyer.call('POST', '/api/cart', { product_id: product.id, quantity: 1 })
  const { status: answered, body } = await buyer.checkout()
  assert.equal(answered, 201, JSON.stringify(body))
  for (const step of ways[status]!) assert.equal((await moveTo(body.order.id, step)).status, 200)
  return body.order.id
}

export const query = (text: string, values: unknown[] = []) => execute(shop.engine.db, text, values)

/** Lets the database fail at the rows of a table that a condition on `new` picks, while work runs. */
export async function whileFailing<T>(tableName: string, condition: string, work: () => Promise<T>): Promise<T> {
  await query(`create or replace function fail_for_test() returns trigger language plpgsql as
    $$ begin raise exception 'the disk is full'; end $$`)
  await query(`create trigger fail_for_test before insert on ${tableName} for each row when (${condition})
    execute function fail_for_test()`)
  try {
    return await work()
  } finally {
    await query(`drop trigger fail_for_test on ${tableName}`)
  }
}
