import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import type { Wire } from '../../support/installation.ts'
import { address, openFurnitureShop, password } from '../../support/furniture.ts'
import { assertFailed } from '../toolkit.ts'
import { order, paidBuyer } from './people.ts'

const shop = await openFurnitureShop({ after })
const { store, rival } = shop
const victim = await shop.customer()

/** Every field that somebody might hope to set along with what they may. */
const hopes = {
  id: 777_777,
  user_id: victim.serial,
  customer_id: victim.id,
  customerId: victim.id,
  store: 'rival',
  store_id: rival.storeId,
  storeId: rival.storeId,
  serial: 777_777,
  subject: 'hoped@example.com',
  password_hash: 'x',
  role: 'admin',
  is_admin: true,
  isAdmin: true,
  email_verified: true,
  emailVerified: true,
  phone_e164: victim.phone,
  session_epoch: 99,
  odoo_user_id: 1,
  odoo_partner_id: 1,
  erp_user_id: 1,
  erp_partner_id: 1,
  erpPartnerId: 1,
  created_at: '2000-01-01T00:00:00.000Z',
  updated_at: '2000-01-01T00:00:00.000Z',
  price: 1,
  unit_price: 1,
  priceMinor: 1,
  selling_price: 1,
  subtotal: 1,
  total: 1,
  total_amount: 1,
  totalMinor: 1,
  discount: 1_000_000,
  discount_amount: 1_000_000,
  discountMinor: 1_000_000,
  shipping_cost: 0,
  cost: 0,
  is_estimate: false,
  voucher: 'FREESHIP',
  voucher_code: 'FREESHIP',
  voucher_id: randomUUID(),
  cart_id: 1,
  items: [],
  state: 'delivered',
  status: 'paid',
  payment_status: 'paid',
  paid_at: '2000-01-01T00:00:00.000Z',
  order_number: 'ORD-20200101-001',
  currency: 'INR',
  tracking_number: 'JT1',
  is_verified_purchase: true,
  helpful_count: 1000,
  user: { id: victim.serial, name: 'Hoped' },
  kind: 'billing',
  country: 'XX',
  attributes: { free: true },
  constructor: 'x',
  toString: 'x',
}

/** A body with everything that is hoped for, as far as the row does not take it. */
const hoping = (body: object) => ({ ...hopes, ...body })

const rowOf = async (table: string, column: string, value: unknown): Promise<Wire> =>
  (await execute(shop.engine.db, `select to_jsonb(t) from ${table} t where ${column} = $1`, [value]))[0]![0]

/** A row as it is to be afterwards, but for when it was changed. */
const without = (row: Wire, changes: object = {}) => ({ ...row, updated_at: null, ...changes })

test('registering and signing in take what they are documented to: nobody makes themself more', async () => {
  const person = { email: 'plain@example.com', phone: '+628120000999', full_name: 'Plain', password }
  const made = await shop.call(store, 'POST', '/api/auth/register', { body: hoping(person) })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const login = hoping({ email: person.email, password })
  const again = await shop.call(store, 'POST', '/api/auth/login', { body: login })
  assert.equal(again.status, 200)
  const row = await rowOf('customer', 'email', person.email)
  assert.deepEqual(
    [row.store_id, row.is_admin, row.email_verified, row.session_epoch, row.phone, row.full_name],
    [store.storeId, false, false, 0, person.phone, 'Plain'],
  )
  assert.notEqual(row.id, victim.id)
  assert.notEqual(row.serial, hopes.serial)
  assert.notEqual(row.erp_user_id, 1)
  assert.ok(Date.now() - Date.parse(row.created_at) < 60_000)
  for (const body of [made.body, again.body])
    assert.deepEqual(Object.keys(body.data.user).sort(), [
      'email',
      'full_name',
      'id',
      'odoo_partner_id',
      'odoo_user_id',
    ])
  assertFailed(
    await shop.call(rival, 'POST', '/api/auth/login', { body: { email: person.email, password } }),
    'the rival',
    [401],
  )
})

test('a profile has a name and a phone; the rest of a customer is not theirs to write', async () => {
  const person = await shop.customer()
  const before = await rowOf('customer', 'id', person.id)
  const other = await rowOf('customer', 'id', victim.id)
  const changed = await person.call(
    'PUT',
    '/api/user/profile',
    hoping({ full_name: 'Renamed', email: 'hoped@example.com' }),
  )
  assert.equal(changed.status, 200)
  assert.deepEqual(without(await rowOf('customer', 'id', person.id)), without(before, { full_name: 'Renamed' }))
  assert.deepEqual(await rowOf('customer', 'id', victim.id), other)
  assert.equal((await person.call('PUT', '/api/user/profile', hopes)).status, 200)
  assert.deepEqual(without(await rowOf('customer', 'id', person.id)), without(before, { full_name: 'Renamed' }))
})

test('an address is the signed-in customer’s, whatever the body says of its owner', async () => {
  const person = await shop.customer()
  const { status, body } = await person.call('POST', '/api/user/addresses', hoping(address))
  assert.equal(status, 201)
  const { id } = body.data.address
  assert.notEqual(id, hopes.id)
  const row = await rowOf('address', 'serial', id)
  assert.deepEqual([row.customer_id, row.store_id, row.kind, row.country], [person.id, store.storeId, 'shipping', null])
  const changed = await person.call('PUT', `/api/user/addresses/${id}`, hoping({ ...address, city: 'Bandung' }))
  assert.equal(changed.status, 200)
  assert.deepEqual(without(await rowOf('address', 'serial', id)), without(row, { city: 'Bandung' }))
  assert.equal((await person.call('PUT', `/api/user/addresses/${id}/set-default`, hopes)).status, 200)
  assert.deepEqual(without(await rowOf('address', 'serial', id)), without(row, { city: 'Bandung' }))
  assert.deepEqual((await victim.call('GET', '/api/user/addresses')).body.data.addresses, [])
})

test('what is bought costs what the shop asks, from the cart to the order', async () => {
  const product = await shop.product()
  const serial = product.variants[0]!.serial
  for (const who of [await shop.customer(), shop.guest()]) {
    const added = await who.call('POST', '/api/cart/items', hoping({ product_variant_id: serial, quantity: 1 }))
    const changed = await who.call(
      'PUT',
      `/api/cart/items/${added.body.data.cart.items[0].id}`,
      hoping({ quantity: 2 }),
    )
    for (const { cart } of [added.body.data, changed.body.data]) {
      const { quantity, price } = cart.items[0]
      assert.deepEqual(
        [price, cart.subtotal, cart.discount_amount, cart.voucher],
        [3_500_000, 3_500_000 * quantity, 0, null],
      )
    }
  }
  const buyer = await shop.buyer(serial, 2)
  const shipping = { shipping_address_id: buyer.addressId, courier: 'jnt' }
  const quoted = await buyer.call('POST', '/api/checkout/calculate-shipping', hoping(shipping))
  const { cost, original_cost } = quoted.body.data.shipping_options.find((one: Wire) => one.service === 'REG')
  assert.equal(cost, original_cost)
  assert.ok(cost > 0)
  assert.equal((await buyer.call('POST', '/api/checkout/validate', hopes)).body.data.valid, true)
  const placed = await buyer.call('POST', '/api/checkout/create-order', hoping(order(buyer.addressId)))
  assert.equal(placed.body.data.order.total_amount, 7_000_000 + cost, JSON.stringify(placed.body))
  const row = await rowOf('orders', 'serial', placed.body.data.order.id)
  assert.deepEqual(
    [row.store_id, row.customer_id, row.state, row.payment_state, row.paid_at, row.voucher_code, row.currency],
    [store.storeId, buyer.id, 'placed', 'pending', null, null, 'IDR'],
  )
  const cancelled = await buyer.call('PUT', `/api/orders/${row.number}/cancel`, hoping({ reason: 'x' }))
  assert.equal(cancelled.body.data.order.status, 'cancelled')
  assert.deepEqual((await rowOf('orders', 'serial', row.serial)).total_minor, row.total_minor)
})

test('a review and a wish are their writer’s, and say what may be said', async () => {
  const product = await shop.product()
  const buyer = await paidBuyer(shop, product.variants[0]!.serial)
  const words = { order_id: buyer.orderId, rating: 2, title: 'Fair', comment: 'Wobbles' }
  const written = await buyer.call('POST', `/api/products/${product.serial}/reviews`, hoping(words))
  assert.equal(written.status, 201, JSON.stringify(written.body))
  const { review } = written.body.data
  assert.deepEqual(
    [review.helpful_count, review.user.name, review.rating],
    [0, `Person ${/\d+/.exec(buyer.email)![0]}.`.replace(/(\d)\d*\.$/, '$1.'), 2],
  )
  const row = await rowOf('review', 'serial', review.id)
  assert.deepEqual([row.customer_id, row.store_id, row.helpful_count], [buyer.id, store.storeId, 0])
  const wish = { product_id: product.serial, product_variant_id: product.variants[0]!.serial }
  const added = await buyer.call('POST', '/api/wishlist', hoping(wish))
  assert.equal(added.status, 201)
  assert.deepEqual(added.body.data.item.product.price, 3_500_000)
  assert.deepEqual((await victim.call('GET', '/api/wishlist')).body.data.items, [])
  const moved = await buyer.call(
    'POST',
    `/api/wishlist/${added.body.data.item.id}/move-to-cart`,
    hoping({ quantity: 1 }),
  )
  assert.equal(moved.body.data.cart.items[0].price, 3_500_000)
})

test('a voucher takes off what the shop says', async () => {
  await shop.voucher({ code: 'TENOFF' })
  const product = await shop.product()
  const buyer = await shop.buyer(product.variants[0]!.serial)
  const more = { discount_type: 'fixed_amount', discount_value: 99, percent_bps: 9900, amount_minor: 1 }
  const seen = await buyer.call('POST', '/api/vouchers/validate', hoping({ code: 'TENOFF', cart_total: 1000, ...more }))
  assert.deepEqual([seen.body.data.voucher.discount_amount, seen.body.data.voucher.discount_type], [100, 'percentage'])
  const applied = await buyer.call('POST', '/api/cart/apply-voucher', hoping({ code: 'TENOFF', ...more }))
  assert.deepEqual([applied.body.data.cart.discount_amount, applied.body.data.cart.total], [350_000, 3_150_000])
})
