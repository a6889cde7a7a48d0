import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { execute } from '../../src/engine/database.ts'
import { address, openShop, password } from '../support/shop.ts'
import { rows } from './toolkit.ts'

const shop = await openShop({ after })
const { store, rival } = shop

/** Every field that somebody might hope to set along with what they may. */
const hopes = {
  id: randomUUID(),
  user_id: randomUUID(),
  customer_id: randomUUID(),
  customerId: randomUUID(),
  owner_id: randomUUID(),
  store: 'rival',
  store_id: rival.storeId,
  storeId: rival.storeId,
  tenant: 'rival',
  serial: 1,
  email: 'hoped@example.com',
  subject: 'hoped@example.com',
  password: 'HopedPass123',
  new_password: 'HopedPass123',
  password_hash: 'x',
  hash: 'x',
  role: 'admin',
  roles: ['admin'],
  is_admin: true,
  isAdmin: true,
  admin: true,
  email_verified: true,
  emailVerified: true,
  session_epoch: 99,
  sessionEpoch: 99,
  created_at: '2000-01-01T00:00:00.000Z',
  createdAt: '2000-01-01T00:00:00.000Z',
  updated_at: '2000-01-01T00:00:00.000Z',
  last_login: '2000-01-01T00:00:00.000Z',
  total: 1,
  total_amount: '1.00',
  totalMinor: 1,
  subtotal: 1,
  tax: 0,
  final_price: 1,
  item_total: 1,
  unit_price: 1,
  priceMinor: 1,
  listMinor: 1,
  shipping: -100,
  discount: 100,
  discount_amount: '100.00',
  currency: 'IDR',
  payment_status: 'paid',
  paymentState: 'paid',
  paid_at: '2000-01-01T00:00:00.000Z',
  order_number: 'ION-0000-0000',
  number: 'ION-0000-0000',
  kind: 'billing',
  line1: 'Hoped Street',
  region: 'Hoped',
  attributes: { free: true },
  constructor: 'x',
  toString: 'x',
  $where: '1',
}
/** Fields that some rows take: hoped for where they do not. */
const taken = {
  price: 0.01,
  discount_percentage: 100,
  stock_quantity: 1_000_000,
  is_active: true,
  amount: 1,
  status: 'delivered',
  state: 'delivered',
}

const { body: document } = await shop.call(store, 'GET', '/openapi.json')
const fieldsOf = (path: string, method: string): string[] =>
  Object.keys(
    document.paths[path.replace(/:(\w+)/g, '{$1}')][method.toLowerCase()].requestBody?.content['application/json']
      .schema.properties ?? {},
  )

/** A body with every hoped-for field that the row does not document. */
function hoping(rowId: string, body: object) {
  const row = rows.find(({ id }) => id === rowId)!
  const fields = new Set([...fieldsOf(row.path, row.method), ...Object.keys(body)])
  const extra = Object.entries({ ...hopes, ...taken }).filter(([key]) => !fields.has(key))
  return { ...Object.fromEntries(extra), ...body }
}

/** The rows of the tables that no request may touch by the side, as they are. */
const rowOf = async (table: string, id: string) =>
  (await execute(shop.engine.db, `select to_jsonb(t) from ${table} t where id = $1`, [id]))[0]![0] as Record<
    string,
    unknown
  >

test('registering takes four fields: nobody makes themself an administrator', async () => {
  const body = hoping('auth.register', { email: 'plain@example.com', password, full_name: 'Plain' })
  const { status, body: made } = await shop.call(store, 'POST', '/api/auth/register', { body })
  assert.equal(status, 201)
  assert.equal(made.user.is_admin, false)
  assert.equal(made.user.email_verified, false)
  assert.equal(made.user.last_login, null)
  assert.notEqual(made.user.id, hopes.id)
  assert.ok(Date.now() - Date.parse(made.user.created_at) < 60_000)
  const row = await rowOf('customer', made.user.id)
  assert.deepEqual(
    [row['store_id'], row['is_admin'], row['session_epoch'], row['email']],
    [store.storeId, false, 0, 'plain@example.com'],
  )
  assert.equal((await shop.call(store, 'GET', '/api/admin/orders', { token: made.token })).status, 403)
  const login = { email: 'plain@example.com', password }
  assert.equal(
    (await shop.call(rival, 'POST', '/api/auth/login', { body: login })).status,
    401,
    'not in the store that the body names',
  )
  assert.equal(
    (await shop.call(store, 'POST', '/api/auth/login', { body: hoping('auth.login', login) })).body.user.is_admin,
    false,
  )
})

test('a profile has a name and a phone; the rest of a customer is not theirs to write', async () => {
  const person = await shop.customer()
  const before = await rowOf('customer', person.id)
  const { status, body } = await person.call(
    'PUT',
    '/api/user/profile',
    hoping('user.profile.update', { full_name: 'Renamed' }),
  )
  assert.equal(status, 200)
  assert.equal(body.user.is_admin, false)
  const { updated_at: _, ...after } = await rowOf('customer', person.id)
  const { updated_at: __, ...expected } = { ...before, full_name: 'Renamed' } as Record<string, unknown>
  assert.deepEqual(after, expected)
  assert.equal(
    (await shop.call(store, 'POST', '/api/auth/login', { body: { email: person.email, password } })).status,
    200,
  )
  assert.equal((await person.call('PUT', '/api/user/profile', hoping('user.profile.update', {}))).status, 200)
  assert.equal((await person.call('GET', '/api/admin/orders')).status, 403)
})

test('an address is the signed-in customer’s, whatever the body says of its owner', async () => {
  const [person, other] = [await shop.customer(), await shop.customer()]
  const owner = { user_id: other.id, customer_id: other.id, customerId: other.id }
  const { body } = await person.call('POST', '/api/user/address', {
    ...hoping('user.address.create', address),
    ...owner,
  })
  const made = await rowOf('address', body.address.id)
  assert.deepEqual(
    [made['customer_id'], made['store_id'], made['line1'], made['region']],
    [person.id, store.storeId, '123 Street', 'MH'],
  )
  const changed = await person.call('PUT', `/api/user/address/${body.address.id}`, {
    ...hoping('user.address.update', { city: 'Pune' }),
    ...owner,
  })
  assert.equal(changed.status, 200)
  const { updated_at: _, ...after } = await rowOf('address', body.address.id)
  const { updated_at: __, ...before } = made
  assert.deepEqual(after, { ...before, city: 'Pune' })
  assert.deepEqual((await other.call('GET', '/api/user/addresses')).body.addresses, [])
})

test('a body of nothing but unknown fields changes nothing', async () => {
  const person = await shop.customer()
  const { body } = await person.call('POST', '/api/user/address', address)
  const admin = await shop.customer(store, true)
  const { id } = await shop.product()
  const before = await rowOf('variant', id)
  const none = hoping('user.address.update', {})
  assert.equal((await person.call('PUT', `/api/user/address/${body.address.id}`, none)).status, 400)
  assert.equal((await admin.call('PUT', `/api/admin/products/${id}`, hoping('admin.products.update', {}))).status, 400)
  assert.deepEqual(await rowOf('variant', id), before)
})

test('the price of a purchase is the shop’s: nothing that the buyer sends changes it', async () => {
  const { id } = await shop.product()
  const person = await shop.customer()
  const { body } = await person.call('POST', '/api/user/address', address)
  const price = { price: 0.01, final_price: 0.01, unitMinor: 1, unit_minor: 1 }
  const added = await person.call('POST', '/api/cart', hoping('cart.add', { product_id: id, quantity: 2, ...price }))
  assert.deepEqual(added.body.summary, { subtotal: 8199.1, tax: 1475.84, shipping: 0, total: 9674.94 })
  const line = added.body.items[0].id
  await person.call(
    'PUT',
    `/api/cart/${line}`,
    hoping('cart.update', { quantity: 2, ...price, product_id: randomUUID() }),
  )
  const validated = await person.call('POST', '/api/checkout/validate', { ...hopes, ...taken })
  assert.equal(validated.body.summary.total, 9674.94)
  const order = { shipping_address_id: body.address.id, payment_method: 'razorpay' }
  const placed = await person.call(
    'POST',
    '/api/checkout/create-order',
    hoping('checkout.createOrder', { ...order, ...price }),
  )
  assert.equal(placed.body.amount, 967494)
  assert.equal(placed.body.currency, 'INR')
  const row = await rowOf('orders', placed.body.order.id)
  assert.deepEqual(
    [row['state'], row['payment_state'], row['customer_id'], row['paid_at']],
    ['placed', 'pending', person.id, null],
  )
})

test('an administrator writes products and statuses, and not their ids, stores or times', async () => {
  const admin = await shop.customer(store, true)
  const fields = {
    name: 'Kettle',
    price: 100,
    discount_percentage: 0,
    category: 'kettles',
    stock_quantity: 1,
    images: [],
    specifications: {},
    is_active: true,
  }
  const made = await admin.call('POST', '/api/admin/products', hoping('admin.products.create', fields))
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const before = await rowOf('variant', made.body.product.id)
  assert.notEqual(made.body.product.id, hopes.id)
  assert.deepEqual([before['store_id'], before['list_minor'], before['price_minor']], [store.storeId, 10000, 10000])
  assert.ok(Date.now() - Date.parse(made.body.product.created_at) < 60_000)
  await admin.call(
    'PUT',
    `/api/admin/products/${made.body.product.id}`,
    hoping('admin.products.update', { price: 200 }),
  )
  const { updated_at: _, ...after } = await rowOf('variant', made.body.product.id)
  const { updated_at: __, ...expected } = { ...before, list_minor: 20000, price_minor: 20000 } as Record<
    string,
    unknown
  >
  assert.deepEqual(after, expected)

  const buyer = await shop.buyer(made.body.product.id)
  const placed = await buyer.checkout()
  const order = await rowOf('orders', placed.body.order.id)
  const moved = await admin.call(
    'PUT',
    `/api/admin/orders/${placed.body.order.id}/status`,
    hoping('admin.orders.updateStatus', { status: 'confirmed' }),
  )
  assert.equal(moved.status, 200)
  const row = await rowOf('orders', placed.body.order.id)
  for (const field of [
    'id',
    'store_id',
    'number',
    'customer_id',
    'total_minor',
    'currency',
    'payment_state',
    'paid_at',
    'created_at',
  ])
    assert.equal(row[field], order[field], field)
})
