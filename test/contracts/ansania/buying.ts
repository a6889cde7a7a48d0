import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { execute } from '../../../src/engine/database.ts'
import { moveOrder } from '../../../src/engine/orders/moves.ts'
import type { MoveDetails } from '../../../src/engine/orders/moves.ts'
import { orderIdOf } from '../../../src/engine/orders/orders.ts'
import type { OrderState } from '../../../src/engine/orders/states.ts'
import { expireOrders } from '../../../src/engine/payments/sweeps.ts'
import type { Store } from '../../../src/engine/stores/stores.ts'
import { address } from '../../support/furniture.ts'
import type { MadeProduct, ProductSpec } from '../../support/furniture.ts'
import { accounts } from '../../support/installation.ts'
import type { Answer, Wire } from '../../support/installation.ts'
import { clock, nobody, shop } from './shop.ts'
import type { Caller, OpenRow } from './table.ts'

export type Person = Awaited<ReturnType<typeof shop.customer>>
export type Buyer = Awaited<ReturnType<typeof shop.buyer>>

/** The table of the contract's samples: two of it are one parcel of one kilogram, and come to 7 025 000 in Jakarta. */
export const oakTable: ProductSpec = {
  options: ['Color', 'Finishing', 'Size'],
  variants: [{ options: ['Natural', 'Matte', 'Large'] }],
  weightGrams: 400,
  sizeCm: [10, 10, 10],
}

export const query = (text: string, values: unknown[] = []) => execute(shop.engine.db, text, values)

/** How many of a product's first variant can be bought. */
export async function inStock({ slug }: MadeProduct): Promise<number> {
  const { body } = await shop.call(shop.store, 'GET', `/api/products/${slug}`)
  return body.data.product.variants[0].stock
}

/** Gives an oak table another price or another stock, as the shop would. */
export async function change(product: MadeProduct, variant: { price?: number; quantity?: number }) {
  const { variants } = await shop.product({
    ...oakTable,
    slug: product.slug,
    variants: [{ ...oakTable.variants![0]!, ...variant }],
  })
  assert.deepEqual([variants.length, variants[0]!.id], [1, product.variants[0]!.id], 'it was no oak table')
}

/** What a product's number in the cart is. */
export const serialOf = ({ variants }: MadeProduct): number => variants[0]!.serial

export async function put(by: Caller, product: MadeProduct, quantity = 1): Promise<Wire> {
  const body = { product_variant_id: serialOf(product), quantity }
  const answer = await by.call('POST', '/api/cart/items', body)
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body.data.cart
}

export const cartOf = async (by: Caller): Promise<Wire> => (await by.call('GET', '/api/cart')).body.data.cart

/** Something in the cart of a customer, or of whoever is named. */
export async function filled<C extends Caller = Person>(quantity = 2, by?: C) {
  const person = by ?? ((await shop.customer()) as unknown as C)
  const product = await shop.product(oakTable)
  const cart = await put(person, product, quantity)
  return { person, product, id: cart.items[0].id as number }
}

/** A browser: it keeps the cookies that it is given, and knows no header of ours. */
export function browser() {
  const jar = new Map<string, string>()
  const given: string[] = []
  const at = (of: Store): Caller => ({
    call: async (method, path, body, headers = {}) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await shop.call(of, method, path, { body, headers: { ...(cookie && { cookie }), ...headers } })
      for (const line of answer.headers.getSetCookie()) {
        given.push(line)
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
        if (/;\s*max-age=0/i.test(line)) jar.delete(name!)
        else jar.set(name!, value!)
      }
      return answer
    },
  })
  return { jar, given, at, ...at(shop.store) }
}

let places = 0
/** A place that nobody asked the price to so far: what was asked for is kept for a while. */
export const newPlace = (more: object = {}) => ({ postal_code: String(20_000 + ++places), ...more })

/** Another address of a customer's. @returns its number */
export async function addressOf(by: Caller, more: object = {}): Promise<number> {
  const { status, body } = await by.call('POST', '/api/user/addresses', { ...address, is_default: false, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body.data.address.id
}

/** What an answered order is known by. */
export function orderIn(buyer: Buyer, { status, body }: Answer) {
  assert.equal(status, 201, JSON.stringify(body))
  const { order, payment } = body.data
  return {
    number: order.order_number as string,
    transaction: payment.transaction_id as string,
    total: order.total_amount as number,
    read: () => buyer.orderOf(order.order_number),
  }
}

export type MadeOrder = ReturnType<typeof orderIn>

/** A buyer with oak tables in the cart. */
export async function buying(quantity = 2) {
  const product = await shop.product(oakTable)
  return { product, buyer: await shop.buyer(serialOf(product), quantity) }
}

/** The documented request, to an address of the buyer's. */
export const order = (row: OpenRow, { addressId }: Buyer, more: object = {}) => ({
  body: { ...row.request.body, shipping_address_id: addressId, ...more },
})

export const apply = async (buyer: Person, code: string) => {
  const { status, body } = await buyer.call('POST', '/api/cart/apply-voucher', { code })
  assert.equal(status, 200, JSON.stringify(body))
}

/** A buyer with an order, still to be paid, of a product of its own. */
export async function placed(quantity = 2, spec: ProductSpec = oakTable) {
  const product = await shop.product(spec)
  const buyer = await shop.buyer(serialOf(product), quantity)
  return { product, buyer, ...orderIn(buyer, await buyer.checkout()) }
}

/** One more order of a buyer who has ordered before. */
export async function placedBy(buyer: Buyer, product: MadeProduct, quantity = 1) {
  await put(buyer, product, quantity)
  return orderIn(buyer, await buyer.checkout())
}

/** Moves an order as staff of the shop does. */
export const moveTo = (number: string, state: OrderState, details: MoveDetails = {}) =>
  shop.engine.run(shop.store, { kind: 'staff', name: 'test' }, async (ctx) =>
    moveOrder(ctx, await orderIdOf(ctx, number), state, details),
  )

/** The body of a notification in the form that the contract shows, signed over its members as they stand. */
export function notice({ transaction, total }: MadeOrder, status: string, more: object = {}) {
  const members = { transaction_id: transaction, status, payment_channel: 'bca_va', amount: total, ...more }
  return signed(members)
}

export const signed = (members: object, key: string = accounts.doku.secretKey) => {
  const signature = createHmac('sha256', key).update(JSON.stringify(members)).digest('hex')
  return { ...members, signature }
}

/** Tells the shop of a payment, as DOKU does. */
export const tell = (body: object): Promise<Answer> =>
  shop.call(shop.store, 'POST', '/api/checkout/payment-webhook', { body })

export async function pay(order: MadeOrder) {
  const { status, body } = await tell(notice(order, 'success'))
  assert.equal(status, 200, JSON.stringify(body))
}

const day = 24 * 60 * 60_000

/** A day passes, the shop ends what was not paid in time, and it is now again. */
export async function expireUnpaid() {
  clock.aheadMs = day + 1000
  try {
    await expireOrders(shop.engine, shop.providers.findGateway)
  } finally {
    clock.aheadMs = 0
  }
}

/** Has a provider fail while work is done. */
export async function whileFailing<T>(fault: object, work: () => Promise<T>): Promise<T> {
  const { status, body } = await shop.sandboxCall('POST', '/faults', { only: 'api', kind: 'drop', ...fault })
  assert.equal(status, 200, JSON.stringify(body))
  try {
    return await work()
  } finally {
    await shop.sandboxCall('DELETE', '/faults')
  }
}

/** How often a provider failed so far. */
export const struck = async (): Promise<number> =>
  (await shop.sandboxCall('GET', '/faults')).body.reduce((sum: number, fault: Wire) => sum + fault.struck, 0)

/** Nothing came of a refused order: the cart and the stock are as they were, and there is no order. */
export async function assertNothingLost(buyer: Buyer, product: MadeProduct, cart: Wire) {
  assert.deepEqual(await cartOf(buyer), cart)
  assert.equal(await inStock(product), 10)
  assert.equal((await buyer.call('GET', '/api/orders')).body.data.pagination.total, 0)
}

export const cancel = (buyer: Buyer, number: string, body: object = { reason: 'Changed my mind' }) =>
  buyer.call('PUT', `/api/orders/${number}/cancel`, body)

/** What is nobody's order, and what is somebody else's. */
export const foreign = async () => ['ORD-20260203-001', 'x'.repeat(100), String(nobody), (await placed(1)).number]
