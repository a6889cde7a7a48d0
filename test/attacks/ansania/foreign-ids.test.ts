import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { issueReset } from '../../../src/engine/identity/reset.ts'
import type { Store } from '../../../src/engine/stores/stores.ts'
import { address, openFurnitureShop } from '../../support/furniture.ts'
import type { Answer } from '../../support/installation.ts'
import { nobody } from '../target.ts'
import { ansaniaRows, assertFailed, mediansOf } from '../toolkit.ts'
import { order, paidBuyer } from './people.ts'

const shop = await openFurnitureShop({ after })

let owners = 0
/** Everything that a customer and a guest can own, made in one store. */
async function ownerIn(of: Store) {
  const product = await shop.product({ name: `Table ${++owners} of ${of.slug}` }, of)
  const serial = product.variants[0]!.serial
  const wished = await shop.product({}, of)
  const buyer = await paidBuyer(shop, serial, of)
  const review = await buyer.call('POST', `/api/products/${product.serial}/reviews`, {
    order_id: buyer.orderId,
    rating: 5,
    title: 'Good',
    comment: 'As shown',
  })
  assert.equal(review.status, 201, JSON.stringify(review.body))
  await buyer.call('POST', '/api/cart/items', { product_variant_id: serial, quantity: 1 })
  // the two stores number their orders alike: from here on the rival's numbers are its alone
  const skip = 'update order_counter set last = last + 500 where store_id = $1'
  if (of === shop.rival) await execute(shop.engine.db, skip, [of.storeId])
  const unpaid = (await buyer.checkout()).body.data
  const cart = await buyer.call('POST', '/api/cart/items', { product_variant_id: serial, quantity: 2 })
  const wish = await buyer.call('POST', '/api/wishlist', {
    product_id: wished.serial,
    product_variant_id: wished.variants[0]!.serial,
  })
  const code = `ONLY${owners}${of.slug.toUpperCase()}`
  await shop.voucher({ code }, of)
  const guest = shop.guest(of)
  const guests = await guest.call('POST', '/api/cart/items', { product_variant_id: serial, quantity: 3 })
  const look = async () => {
    const paths = ['/api/cart', '/api/wishlist', '/api/user/addresses', '/api/user/profile', '/api/orders']
    paths.push(`/api/orders/${unpaid.order.order_number}`, `/api/products/${product.serial}/reviews`)
    const answers = await Promise.all(paths.map((path) => buyer.call('GET', path)))
    return [...answers, await guest.call('GET', '/api/cart')].map(({ body }) => body.data)
  }
  return {
    ...buyer,
    product,
    look,
    guest,
    guestLineId: guests.body.data.cart.items[0].id as number,
    lineId: cart.body.data.cart.items[0].id as number,
    wishId: wish.body.data.item.id as number,
    wished,
    reviewId: review.body.data.review.id as number,
    unpaid: unpaid.order.order_number as string,
    code,
  }
}

const victim = await ownerIn(shop.store)
const elsewhere = await ownerIn(shop.rival)
const attacker = await ownerIn(shop.store)

type Id = string | number
interface Case {
  ask(id: Id): Promise<Answer>
  /** other customers’, and guests’, in the same store; none where the thing belongs to nobody */
  others?: Id[]
  /** of another store */
  foreign: Id
  unknown?: Id
  status?: number
}

const by =
  (who: { call: typeof attacker.call }, method: string, path: (id: Id) => string, body?: (id: Id) => object) =>
  (id: Id) =>
    who.call(method, path(id), body?.(id))
const { call } = attacker
const self = { call }
const lines = { others: [victim.lineId, victim.guestLineId, attacker.guestLineId], foreign: elsewhere.lineId }
const guestLines = { others: [victim.guestLineId, victim.lineId, attacker.lineId], foreign: elsewhere.guestLineId }
const addresses = { others: [victim.addressId], foreign: elsewhere.addressId }
const orders = { others: [victim.number, victim.unpaid], foreign: elsewhere.unpaid, unknown: 'ORD-20200101-002' }
const reviewOf = (product: Id, orderId: Id) => ({
  path: () => `/api/products/${product}/reviews`,
  body: () => ({ order_id: orderId, rating: 1, title: 'x', comment: 'x' }),
})
const quantity = () => ({ quantity: 1 })

/** Of every row that takes an id: `row id field`, and who asks where guests ask too. */
const cases: Record<string, Case> = {
  'user.updateAddress id': {
    ask: by(
      self,
      'PUT',
      (id) => `/api/user/addresses/${id}`,
      () => address,
    ),
    ...addresses,
  },
  'user.deleteAddress id': { ask: by(self, 'DELETE', (id) => `/api/user/addresses/${id}`), ...addresses },
  'user.setDefaultAddress id': { ask: by(self, 'PUT', (id) => `/api/user/addresses/${id}/set-default`), ...addresses },
  'products.get slug': {
    ask: by(self, 'GET', (id) => `/api/products/${id}`),
    foreign: elsewhere.product.slug,
    unknown: 'nothing',
  },
  'products.listReviews id': {
    ask: by(self, 'GET', (id) => `/api/products/${id}/reviews`),
    foreign: elsewhere.product.serial,
  },
  'cart.addItem product_variant_id': {
    ask: by(
      self,
      'POST',
      () => '/api/cart/items',
      (id) => ({ product_variant_id: id, quantity: 1 }),
    ),
    foreign: elsewhere.product.variants[0]!.serial,
  },
  'cart.addItem product_variant_id, a guest': {
    ask: by(
      attacker.guest,
      'POST',
      () => '/api/cart/items',
      (id) => ({ product_variant_id: id, quantity: 1 }),
    ),
    foreign: elsewhere.product.variants[0]!.serial,
  },
  'cart.updateItem id': { ask: by(self, 'PUT', (id) => `/api/cart/items/${id}`, quantity), ...lines },
  'cart.updateItem id, a guest': {
    ask: by(attacker.guest, 'PUT', (id) => `/api/cart/items/${id}`, quantity),
    ...guestLines,
  },
  'cart.removeItem id': { ask: by(self, 'DELETE', (id) => `/api/cart/items/${id}`), ...lines },
  'cart.removeItem id, a guest': {
    ask: by(attacker.guest, 'DELETE', (id) => `/api/cart/items/${id}`),
    ...guestLines,
  },
  'cart.applyVoucher code': {
    ask: by(
      self,
      'POST',
      () => '/api/cart/apply-voucher',
      (code) => ({ code }),
    ),
    foreign: elsewhere.code,
    unknown: 'NOTHING',
  },
  'checkout.calculateShipping shipping_address_id': {
    ask: by(
      self,
      'POST',
      () => '/api/checkout/calculate-shipping',
      (id) => ({ shipping_address_id: id, courier: 'jnt' }),
    ),
    ...addresses,
  },
  'checkout.createOrder shipping_address_id': {
    ask: by(
      self,
      'POST',
      () => '/api/checkout/create-order',
      (id) => order(id as number),
    ),
    ...addresses,
  },
  'orders.get order_number': { ask: by(self, 'GET', (id) => `/api/orders/${id}`), ...orders },
  'orders.cancel order_number': {
    ask: by(
      self,
      'PUT',
      (id) => `/api/orders/${id}/cancel`,
      () => ({}),
    ),
    ...orders,
  },
  'orders.invoice order_number': { ask: by(self, 'GET', (id) => `/api/orders/${id}/invoice`), ...orders },
  'reviews.create id': {
    ask: (id) => call('POST', reviewOf(id, attacker.orderId).path(), reviewOf(id, attacker.orderId).body()),
    foreign: elsewhere.product.serial,
  },
  'reviews.create order_id': {
    ask: (id) => call('POST', reviewOf(victim.product.serial, id).path(), reviewOf(victim.product.serial, id).body()),
    others: [victim.orderId, attacker.orderId],
    foreign: elsewhere.orderId,
    status: 403,
  },
  'reviews.helpful review_id': {
    ask: by(self, 'POST', (id) => `/api/products/${attacker.product.serial}/reviews/${id}/helpful`),
    others: [victim.reviewId],
    foreign: elsewhere.reviewId,
  },
  'reviews.helpful id': {
    ask: by(self, 'POST', (id) => `/api/products/${id}/reviews/${attacker.reviewId}/helpful`),
    others: [victim.product.serial],
    foreign: elsewhere.product.serial,
  },
  'wishlist.add product_id': {
    ask: by(
      self,
      'POST',
      () => '/api/wishlist',
      (id) => ({
        product_id: id,
        product_variant_id: victim.wished.variants[0]!.serial,
      }),
    ),
    others: [attacker.product.serial],
    foreign: elsewhere.product.serial,
  },
  'wishlist.add product_variant_id': {
    ask: by(
      self,
      'POST',
      () => '/api/wishlist',
      (id) => ({ product_id: victim.wished.serial, product_variant_id: id }),
    ),
    others: [attacker.product.variants[0]!.serial],
    foreign: elsewhere.product.variants[0]!.serial,
  },
  'wishlist.remove id': {
    ask: by(self, 'DELETE', (id) => `/api/wishlist/${id}`),
    others: [victim.wishId],
    foreign: elsewhere.wishId,
  },
  'wishlist.moveToCart id': {
    ask: by(self, 'POST', (id) => `/api/wishlist/${id}/move-to-cart`, quantity),
    others: [victim.wishId],
    foreign: elsewhere.wishId,
  },
  'vouchers.validate code': {
    ask: by(
      self,
      'POST',
      () => '/api/vouchers/validate',
      (code) => ({ code, cart_total: 1_000_000 }),
    ),
    foreign: elsewhere.code,
    unknown: 'NOTHING',
  },
}

test('every row that takes an id has a case', () => {
  const named = new Set(Object.keys(cases).map((name) => name.split(',')[0]))
  // the two are shown elsewhere: a picture's id, and what a gateway signs
  const elsewhereShown = new Set(['media.get id', 'checkout.paymentWebhook transaction_id'])
  for (const row of ansaniaRows) {
    const ids = [
      ...[...row.path.matchAll(/:(\w+)/g)].map(([, name]) => name!),
      ...Object.keys(row.request.body ?? {}).filter((name) => /(^|_)(id|code)$/.test(name) && name !== 'postal_code'),
    ]
    for (const id of ids) {
      const name = `${row.id} ${id}`
      assert.ok(named.has(name) || elsewhereShown.has(name), `${name} has no case`)
    }
  }
})

/** An answer without its time, and without what was asked for: that is the asker's own word. */
const masked = ({ status, body }: Answer, id: Id) =>
  `${status} ${JSON.stringify({ ...body, meta: null }).replaceAll(typeof id === 'string' ? id : '<none>', '<id>')}`
const everything = async () => [await victim.look(), await elsewhere.look(), await attacker.look()]

for (const [name, { ask, others = [], foreign, unknown = nobody, status = 404 }] of Object.entries(cases)) {
  test(`${name}: somebody else’s is answered as nobody’s is, and nothing is changed`, async () => {
    const before = await everything()
    const ofNobody = await ask(unknown)
    assertFailed(ofNobody, name, [status])
    for (const id of [...others, foreign]) assert.equal(masked(await ask(id), id), masked(ofNobody, unknown))
    assert.deepEqual(await everything(), before)
  })
}

test('what is somebody else’s takes as long as what nobody has', async () => {
  for (const [name, { ask, others = [], foreign, unknown = nobody }] of Object.entries(cases)) {
    const ids = [unknown, foreign, ...others]
    const [ofNobody, ...rest] = await mediansOf(
      5,
      ids.map((id) => () => ask(id)),
    )
    for (const time of rest) assert.ok(Math.abs(time - ofNobody!) < 60, `${name}: ${ofNobody} ms and ${time} ms`)
  }
})

test('lists show what is one’s own alone', async () => {
  const seen = JSON.stringify([
    (await attacker.call('GET', '/api/orders?limit=100')).body,
    (await attacker.call('GET', '/api/user/addresses')).body,
    (await attacker.call('GET', '/api/wishlist')).body,
    (await attacker.call('GET', '/api/vouchers/available')).body,
  ])
  for (const theirs of [victim.number, victim.unpaid, elsewhere.code, victim.email, elsewhere.email])
    assert.ok(!seen.includes(theirs), theirs)
  const products = await shop.call(shop.store, 'GET', '/api/products?limit=100&search=Table')
  assert.ok(!JSON.stringify(products.body).includes('of rival'))
})

test('an Idempotency-Key is its user’s own: another’s answer is never replayed', async () => {
  const key = { 'idempotency-key': 'the-same-key' }
  const add = (who: typeof victim) => who.call('POST', '/api/user/addresses', address, key)
  const made = [await add(victim), await add(attacker), await add(elsewhere)]
  for (const answer of made) assert.equal(answer.status, 201)
  assert.notEqual(made[0]!.body.data.address.id, made[1]!.body.data.address.id)
  for (const answer of made) assert.equal(answer.headers.get('idempotent-replayed'), null)
  assert.deepEqual((await add(victim)).body, made[0]!.body)
})

test('a reset token of one store is none in another', async () => {
  const reset = await issueReset(shop.engine.direct(shop.rival, { kind: 'system' }), elsewhere.email)
  const body = { token: reset!.token, new_password: 'OtherPass123' }
  assertFailed(await shop.call(shop.store, 'POST', '/api/auth/reset-password', { body }), 'crossed', [400])
  assert.equal((await shop.call(shop.rival, 'POST', '/api/auth/reset-password', { body })).status, 200)
})
