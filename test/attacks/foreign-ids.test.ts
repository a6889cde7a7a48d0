import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { Store } from '../../src/engine/stores/stores.ts'
import { address, openShop, request } from '../support/shop.ts'
import type { Answer } from '../support/shop.ts'
import { assertRefused, mediansOf, rows } from './toolkit.ts'

const shop = await openShop({ after })

/** Everything that a customer can own, made in one store. */
async function ownerIn(store: Store) {
  const { id: productId } = await shop.product(
    { name: `Kettle of ${store.slug}`, category: `kettles ${store.slug}` },
    store,
  )
  const buyer = await shop.buyer(productId, 1, store)
  const placed = await buyer.checkout()
  const paid = await shop.pay(placed.body.razorpay_order_id)
  await buyer.call('POST', '/api/checkout/payment', { order_id: placed.body.order.id, ...paid })
  await buyer.call('POST', '/api/cart', { product_id: productId, quantity: 1 })
  const unpaid = await buyer.checkout()
  await buyer.call('POST', '/api/cart', { product_id: productId, quantity: 2 })
  await buyer.call('POST', '/api/favorites', { product_id: productId })
  const cart = await buyer.call('GET', '/api/cart')
  const look = async () => {
    const paths = [
      '/api/cart',
      '/api/favorites',
      '/api/user/addresses',
      '/api/orders',
      `/api/orders/${unpaid.body.order.id}`,
    ]
    return Promise.all(
      [...paths, `/api/products/${productId}`].map(async (path) => (await buyer.call('GET', path)).body),
    )
  }
  return {
    ...buyer,
    productId,
    look,
    addressId: buyer.addressId,
    lineId: cart.body.items[0].id as string,
    orderId: unpaid.body.order.id as string,
    sessionId: unpaid.body.razorpay_order_id as string,
    total: (unpaid.body.amount as number) / 100,
    paidOrderId: placed.body.order.id as string,
    paid: paid as { razorpay_order_id: string; razorpay_payment_id: string; razorpay_signature: string },
  }
}

const victim = await ownerIn(shop.store)
const elsewhere = await ownerIn(shop.rival)
const attacker = await ownerIn(shop.store)
const admin = await shop.customer(shop.store, true)
const extraFavourite = await shop.product({ name: 'Only the victim likes this' })
await victim.call('POST', '/api/favorites', { product_id: extraFavourite.id })

interface Case {
  ask(id: string): Promise<Answer>
  /** another customer's, in the same store; left out where the thing belongs to no customer */
  others?: string
  /** of another store */
  foreign: string
  unknown?: string
  /** another customer's, where the row documents 403 */
  status?: 403 | 404 | 400
  /** an unknown one, where that is not the same */
  unknownStatus?: 404
}

const put = (path: string, body: object) => (id: string) => attacker.call('PUT', `${path}${id}`, body)
const asAdmin = (method: string, path: (id: string) => string, body?: object) => (id: string) =>
  admin.call(method, path(id), body)

const {
  razorpay_signature: ownSignature,
  razorpay_payment_id: ownPayment,
  razorpay_order_id: ownSession,
} = attacker.paid
const pair = { razorpay_order_id: ownSession, razorpay_payment_id: ownPayment, razorpay_signature: ownSignature }
const unknownRazorpay = (kind: 'order' | 'pay') => `${kind}_Unknown0000001`

/** Of every row that takes an id: `row id field`. */
const cases: Record<string, Case> = {
  'user.address.update id': {
    ask: put('/api/user/address/', { city: 'Stolen' }),
    others: victim.addressId,
    foreign: elsewhere.addressId,
  },
  'user.address.delete id': {
    ask: (id) => attacker.call('DELETE', `/api/user/address/${id}`),
    others: victim.addressId,
    foreign: elsewhere.addressId,
  },
  'products.get id': { ask: (id) => attacker.call('GET', `/api/products/${id}`), foreign: elsewhere.productId },
  'cart.add product_id': {
    ask: (id) => attacker.call('POST', '/api/cart', { product_id: id, quantity: 1 }),
    foreign: elsewhere.productId,
  },
  'cart.update id': { ask: put('/api/cart/', { quantity: 1 }), others: victim.lineId, foreign: elsewhere.lineId },
  'cart.remove id': {
    ask: (id) => attacker.call('DELETE', `/api/cart/${id}`),
    others: victim.lineId,
    foreign: elsewhere.lineId,
  },
  'favorites.add product_id': {
    ask: (id) => attacker.call('POST', '/api/favorites', { product_id: id }),
    foreign: elsewhere.productId,
  },
  'favorites.remove product_id': {
    ask: (id) => attacker.call('DELETE', `/api/favorites/${id}`),
    others: extraFavourite.id,
    foreign: elsewhere.productId,
  },
  'checkout.createOrder shipping_address_id': {
    ask: (id) =>
      attacker.call('POST', '/api/checkout/create-order', { shipping_address_id: id, payment_method: 'razorpay' }),
    others: victim.addressId,
    foreign: elsewhere.addressId,
  },
  'checkout.payment order_id': {
    ask: (id) => attacker.call('POST', '/api/checkout/payment', { ...pair, order_id: id }),
    others: victim.orderId,
    foreign: elsewhere.orderId,
  },
  'checkout.payment razorpay_order_id': {
    ask: (id) =>
      attacker.call('POST', '/api/checkout/payment', { ...pair, order_id: attacker.orderId, razorpay_order_id: id }),
    others: victim.paid.razorpay_order_id,
    foreign: elsewhere.paid.razorpay_order_id,
    unknown: unknownRazorpay('order'),
    status: 400,
  },
  'checkout.payment razorpay_payment_id': {
    ask: (id) =>
      attacker.call('POST', '/api/checkout/payment', {
        order_id: attacker.orderId,
        razorpay_order_id: attacker.sessionId,
        razorpay_payment_id: id,
        razorpay_signature: victim.paid.razorpay_signature,
      }),
    others: victim.paid.razorpay_payment_id,
    foreign: elsewhere.paid.razorpay_payment_id,
    unknown: unknownRazorpay('pay'),
    status: 400,
  },
  'orders.get id': {
    ask: (id) => attacker.call('GET', `/api/orders/${id}`),
    others: victim.orderId,
    foreign: elsewhere.orderId,
  },
  'orders.cancel id': {
    ask: (id) => attacker.call('POST', `/api/orders/${id}/cancel`),
    others: victim.orderId,
    foreign: elsewhere.orderId,
  },
  'payment.createOrder order_id': {
    ask: (id) => attacker.call('POST', '/api/payment/create-order', { order_id: id, amount: victim.total }),
    others: victim.orderId,
    foreign: elsewhere.orderId,
    status: 403,
    unknownStatus: 404,
  },
  'payment.verify razorpay_order_id': {
    ask: (id) => attacker.call('POST', '/api/payment/verify', { ...pair, razorpay_order_id: id }),
    others: victim.paid.razorpay_order_id,
    foreign: elsewhere.paid.razorpay_order_id,
    unknown: unknownRazorpay('order'),
    status: 403,
    unknownStatus: 404,
  },
  'payment.verify razorpay_payment_id': {
    ask: (id) =>
      attacker.call('POST', '/api/payment/verify', {
        razorpay_order_id: attacker.sessionId,
        razorpay_payment_id: id,
        razorpay_signature: victim.paid.razorpay_signature,
      }),
    others: victim.paid.razorpay_payment_id,
    foreign: elsewhere.paid.razorpay_payment_id,
    unknown: unknownRazorpay('pay'),
    status: 400,
  },
  'admin.orders.updateStatus id': {
    ask: asAdmin('PUT', (id) => `/api/admin/orders/${id}/status`, { status: 'cancelled' }),
    foreign: elsewhere.orderId,
  },
  'admin.products.update id': {
    ask: asAdmin('PUT', (id) => `/api/admin/products/${id}`, { price: 1 }),
    foreign: elsewhere.productId,
  },
  'admin.products.delete id': {
    ask: asAdmin('DELETE', (id) => `/api/admin/products/${id}`),
    foreign: elsewhere.productId,
  },
}

/** Rows whose answer to a foreign id is no refusal: they have tests of their own below. */
const apart = ['admin.orders.list user_id', 'payment.webhook id', 'payment.webhook order_id']

const isId = (name: string) => /(^|_)id$/.test(name)

/** Ids that a request's path, query and body name. */
function idsOf({ path, request: { query, body } }: (typeof rows)[number]): string[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
  return [...inPath, ...Object.keys(query), ...keysIn(body)].filter(isId)
}

const keysIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, part]) => [key, ...keysIn(part)])
    : []

test('every row with an id in its path, query or body has a case here', () => {
  const wanted = rows.flatMap((row) => idsOf(row).map((field) => `${row.id} ${field}`))
  assert.deepEqual([...Object.keys(cases), ...apart].sort(), wanted.sort())
})

const masked = ({ status, body }: Answer, id: string) =>
  `${status} ${JSON.stringify(body)
    .replaceAll(id, 'ID')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, 'TIME')}`

for (const [name, { ask, others, foreign, unknown = randomUUID(), status = 404, unknownStatus }] of Object.entries(
  cases,
)) {
  test(`${name}: what is somebody else's is refused, and what is another store's is unknown`, async () => {
    const before = [await victim.look(), await elsewhere.look(), await attacker.look()]
    const ofNobody = await ask(unknown)
    assertRefused(ofNobody, name, [unknownStatus ?? status])
    const ofElsewhere = await ask(foreign)
    assert.equal(masked(ofElsewhere, foreign), masked(ofNobody, unknown))
    if (others !== undefined) {
      const ofOther = await ask(others)
      assertRefused(ofOther, name, [status])
      if (status !== 403) assert.equal(masked(ofOther, others), masked(ofNobody, unknown))
    }
    assert.deepEqual([await victim.look(), await elsewhere.look(), await attacker.look()], before, 'nothing changed')
  })
}

test('what is somebody else’s takes as long as what nobody has', async () => {
  for (const [name, { ask, others, foreign, unknown = randomUUID(), status }] of Object.entries(cases)) {
    if (status === 403) continue // the table tells the two apart by status already
    const ids = [unknown, foreign, ...(others === undefined ? [] : [others])]
    const [nobody, ...rest] = await mediansOf(
      7,
      ids.map((id) => () => ask(id)),
    )
    for (const time of rest) assert.ok(Math.abs(time - nobody!) < 60, `${name}: ${nobody} ms and ${time} ms`)
  }
})

test('an administrator buys for themself alone: other customers’ carts, orders and addresses are not theirs', async () => {
  const paths = [
    ['GET', `/api/orders/${victim.orderId}`],
    ['POST', `/api/orders/${victim.orderId}/cancel`],
    ['DELETE', `/api/cart/${victim.lineId}`],
    ['DELETE', `/api/user/address/${victim.addressId}`],
    ['POST', '/api/checkout/payment', { ...victim.paid, order_id: victim.paidOrderId }],
  ] as const
  for (const [method, path, body] of paths) assertRefused(await admin.call(method, path, body), path, [404])
})

test('an administrator sees the orders of their own store alone, also by a customer’s id', async () => {
  const all = await admin.call('GET', '/api/admin/orders?limit=100')
  assert.deepEqual(
    new Set(all.body.orders.map((order: { user_id: string }) => order.user_id)),
    new Set([victim.id, attacker.id]),
  )
  const foreign = await admin.call('GET', `/api/admin/orders?user_id=${elsewhere.id}`)
  assert.deepEqual(foreign.body.orders, [])
  assert.equal(foreign.body.pagination.total, 0)
})

test('lists and searches of one store never show another’s products or categories', async () => {
  const paths = ['/api/products?limit=100', '/api/products/search?q=Kettle', '/api/products/category/kettles%20rival']
  for (const path of paths) {
    const { body } = await shop.call(shop.store, 'GET', path)
    assert.ok(!JSON.stringify(body).includes(elsewhere.productId), path)
  }
})

test('a webhook, though signed, that names another store’s order moves nothing in this one', async () => {
  const before = [await victim.look(), await elsewhere.look()]
  const entity = { id: elsewhere.paid.razorpay_payment_id, order_id: elsewhere.paid.razorpay_order_id, amount: 1 }
  const body = JSON.stringify({ event: 'payment.captured', payload: { payment: { entity } } })
  const signature = createHmac('sha256', shop.account.webhookSecret).update(body).digest('hex')
  const answer = await request(`${shop.url}/ionora/api/payment/webhooks/payment`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-razorpay-signature': signature,
      'x-razorpay-event-id': 'evt_cross',
    },
  })
  assert.ok(answer.status < 500)
  assert.deepEqual([await victim.look(), await elsewhere.look()], before)
})

test('a reset token of one store is none in another', async () => {
  const { issueReset } = await import('../../src/engine/identity/reset.ts')
  const person = await shop.customer(shop.rival)
  const reset = await issueReset(shop.engine.direct(shop.rival, { kind: 'system' }), person.email)
  const body = { token: reset!.token, new_password: 'OtherPass123' }
  const crossed = await shop.call(shop.store, 'POST', '/api/auth/reset-password', { body })
  const unknown = await shop.call(shop.store, 'POST', '/api/auth/reset-password', {
    body: { ...body, token: 'x'.repeat(43) },
  })
  assert.equal(crossed.status, 400)
  assert.deepEqual(crossed.body, unknown.body)
  assert.equal((await shop.call(shop.rival, 'POST', '/api/auth/reset-password', { body })).status, 200)
})

test('an Idempotency-Key is its user’s own: another customer’s answer is never replayed', async () => {
  const key = { 'idempotency-key': 'the-same-key' }
  const first = await victim.call('POST', '/api/user/address', address, key)
  const second = await attacker.call('POST', '/api/user/address', address, key)
  const third = await elsewhere.call('POST', '/api/user/address', address, key)
  assert.equal(new Set([first.body.address.id, second.body.address.id, third.body.address.id]).size, 3)
  assert.equal((await victim.call('POST', '/api/user/address', address, key)).body.address.id, first.body.address.id)
})
