import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from '../../src/engine/audit.ts'
import { execute } from '../../src/engine/database.ts'
import { issueReset } from '../../src/engine/identity/reset.ts'
import { address, openShop, password } from '../support/shop.ts'
import type { Answer } from '../support/shop.ts'
import { whileItWaits } from '../support/wait.ts'

const shop = await openShop({ after })
const { store } = shop

const times = <T>(count: number, work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))
const tally = (answers: Answer[]) => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

test('of twelve who register one address at once, one gets it', async () => {
  const answers = await times(12, (i) =>
    shop.call(store, 'POST', '/api/auth/register', {
      body: {
        email: i % 2 ? 'race@example.com' : 'RACE@example.com',
        password: `${password}${i}`,
        full_name: `Racer ${i}`,
      },
    }),
  )
  assert.deepEqual(tally(answers), { 201: 1, 409: 11 })
  const [[customers]] = (await execute(
    shop.engine.db,
    "select count(*) from customer where lower(email) = 'race@example.com'",
  )) as [[number]]
  assert.equal(customers, 1)
})

test('of twelve resets with one token at once, one sets its password', async () => {
  const person = await shop.customer()
  const reset = await issueReset(shop.engine.direct(store, { kind: 'system' }), person.email)
  const answers = await times(12, (i) =>
    shop.call(store, 'POST', '/api/auth/reset-password', {
      body: { token: reset!.token, new_password: `Reset-Pass-${i}` },
    }),
  )
  assert.deepEqual(tally(answers), { 200: 1, 400: 11 })
  const winner = answers.findIndex(({ status }) => status === 200)
  const logins = await times(12, (i) =>
    shop.call(store, 'POST', '/api/auth/login', { body: { email: person.email, password: `Reset-Pass-${i}` } }),
  )
  assert.deepEqual(logins.map(({ status }) => status === 200).indexOf(true), winner)
  assert.deepEqual(tally(logins), { 200: 1, 401: 11 })
})

test('of two reset tokens used at once, one wins and the other is dead', async () => {
  const person = await shop.customer()
  const ctx = shop.engine.direct(store, { kind: 'system' })
  const tokens = [await issueReset(ctx, person.email), await issueReset(ctx, person.email)]
  const answers = await times(2, (i) =>
    shop.call(store, 'POST', '/api/auth/reset-password', {
      body: { token: tokens[i]!.token, new_password: `Reset-Pass-${i}` },
    }),
  )
  assert.deepEqual(tally(answers), { 200: 1, 400: 1 })
})

test('of twelve changes of a password at once, one is made', async () => {
  const person = await shop.customer()
  const answers = await times(12, (i) =>
    person.call('PUT', '/api/auth/change-password', { current_password: password, new_password: `Changed-Pass-${i}` }),
  )
  assert.deepEqual(tally(answers), { 200: 1, 401: 11 })
  const winner = answers.find(({ status }) => status === 200)!
  assert.equal((await shop.call(store, 'GET', '/api/user/profile', { token: winner.body.token })).status, 200)
})

test('a sign-in with the old password, beside its reset, leaves no session behind', async () => {
  for (let round = 0; round < 5; round++) {
    const person = await shop.customer()
    const reset = await issueReset(shop.engine.direct(store, { kind: 'system' }), person.email)
    const login = { email: person.email, password }
    const [signedIn, done] = await Promise.all([
      times(4, () => shop.call(store, 'POST', '/api/auth/login', { body: login })),
      shop.call(store, 'POST', '/api/auth/reset-password', {
        body: { token: reset!.token, new_password: 'Reset-Pass-1' },
      }),
    ])
    assert.equal(done.status, 200)
    for (const { status, body } of signedIn) {
      assert.ok(status === 200 || status === 401)
      if (status === 200)
        assert.equal((await shop.call(store, 'GET', '/api/user/profile', { token: body.token })).status, 401)
    }
  }
})

test('a sign-in that waits for a reset is judged by the new password', async () => {
  const person = await shop.customer()
  const answer = await whileItWaits(
    shop,
    async ({ tx }) => {
      await execute(tx, "update password_credential set hash = hash || 'x' where customer_id = $1", [person.id])
      await execute(tx, 'update customer set session_epoch = session_epoch + 1 where id = $1', [person.id])
    },
    () => shop.call(store, 'POST', '/api/auth/login', { body: { email: person.email, password } }),
  )
  assert.equal(answer.status, 401)
})

test('of many default addresses set at once, one is the default', async () => {
  const person = await shop.customer()
  const made = await times(8, () => person.call('POST', '/api/user/address', address))
  assert.deepEqual(tally(made), { 201: 8 })
  const changed = await times(8, (i) =>
    person.call('PUT', `/api/user/address/${made[i]!.body.address.id}`, { is_default: true }),
  )
  assert.deepEqual(tally(changed), { 200: 8 })
  const { addresses } = (await person.call('GET', '/api/user/addresses')).body
  assert.equal(addresses.filter((one: { is_default: boolean }) => one.is_default).length, 1)
})

test('one cart ordered many times at once is one order', async () => {
  const { id } = await shop.product({ quantity: 100 })
  const buyer = await shop.buyer(id, 3)
  const answers = await times(8, () => buyer.checkout())
  assert.deepEqual(tally(answers), { 201: 1, 400: 7 })
  const { body } = await shop.call(store, 'GET', `/api/products/${id}`)
  assert.equal(body.product.stock_quantity, 97)
})

test('one key used many times at once is one order, and one answer for all who get one', async () => {
  const { id } = await shop.product({ quantity: 100 })
  const buyer = await shop.buyer(id, 3)
  const order = { shipping_address_id: buyer.addressId, payment_method: 'razorpay' }
  const answers = await times(8, () =>
    buyer.call('POST', '/api/checkout/create-order', order, { 'idempotency-key': 'race-1' }),
  )
  for (const { status } of answers) assert.ok(status === 201 || status === 409, String(status))
  assert.equal(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.order.id)).size, 1)
  const { body } = await buyer.call('GET', '/api/orders')
  assert.equal(body.orders.length, 1)
})

test('a cart cannot be filled past the stock by asking many times at once', async () => {
  const { id } = await shop.product({ quantity: 5 })
  const person = await shop.customer()
  const answers = await times(12, () => person.call('POST', '/api/cart', { product_id: id, quantity: 1 }))
  assert.deepEqual(tally(answers), { 200: 5, 400: 7 })
})

test('cancelling many times, beside paying, gives stock and money back once', async () => {
  const { id } = await shop.product({ quantity: 10 })
  const buyer = await shop.buyer(id, 2)
  const placed = await buyer.checkout()
  const orderId = placed.body.order.id
  const back = await shop.pay(placed.body.razorpay_order_id)
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, () => buyer.call('POST', `/api/orders/${orderId}/cancel`)),
    ...Array.from({ length: 3 }, () => buyer.call('POST', '/api/checkout/payment', { order_id: orderId, ...back })),
  ])
  for (const { status, body } of answers) assert.ok(status < 500, JSON.stringify(body))
  const { body } = await shop.call(store, 'GET', `/api/products/${id}`)
  assert.equal(body.product.stock_quantity, 10)
  assert.deepEqual((await audit(shop.engine.db)).findings, [])
})

test('the same product made, changed and ordered at once leaves no failure and right counts', async () => {
  const admin = await shop.customer(store, true)
  const fields = {
    name: 'Contended',
    price: 10,
    discount_percentage: 0,
    category: 'contended',
    stock_quantity: 50,
    images: [],
    specifications: {},
    is_active: true,
  }
  const made = await times(6, () => admin.call('POST', '/api/admin/products', fields))
  assert.deepEqual(tally(made), { 201: 6 })
  const { id } = made[0]!.body.product
  const buyers = await times(4, () => shop.buyer(id))
  const answers = await Promise.all([
    ...buyers.map((buyer) => buyer.checkout()),
    ...Array.from({ length: 4 }, (_, i) =>
      admin.call('PUT', `/api/admin/products/${id}`, { price: 10 + i, stock_quantity: 50, category: `contended ${i}` }),
    ),
    ...Array.from({ length: 2 }, () => admin.call('DELETE', `/api/admin/products/${made[1]!.body.product.id}`)),
  ])
  for (const { status, body } of answers) assert.ok(status < 500, JSON.stringify(body))
  assert.deepEqual((await audit(shop.engine.db)).findings, [])
})
