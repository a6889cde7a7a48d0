import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit } from '../../src/engine/audit.ts'
import { adminProducts } from './ionora/admin-products.ts'
import { auth } from './ionora/auth.ts'
import { cart, favorites } from './ionora/cart.ts'
import { checkout } from './ionora/checkout.ts'
import { adminOrders, orders } from './ionora/orders.ts'
import { payment, webhooks } from './ionora/payment.ts'
import { products } from './ionora/products.ts'
import { bearer, clock, guest, nobody, shop } from './ionora/shop.ts'
import { opened } from './ionora/table.ts'
import type { OpenRow, RowTests } from './ionora/table.ts'
import { user } from './ionora/user.ts'
import { assertAllShown, deadTokens, walk } from './walk.ts'

// Limits and the reset mail need shops of their own: limits.test.ts and reset-mail.test.ts beside the rows.

const { table, openRow } = opened
const resources = [auth, user, products, cart, favorites, checkout, orders, payment, adminOrders, adminProducts]
const rows: RowTests = Object.assign({}, ...resources)

walk(opened, rows, webhooks)

const guarded = table.endpoints
  .filter((row) => row.auth === 'user' || row.auth === 'admin')
  .map((row) => openRow(row.id))
const params = { id: nobody, product_id: nobody }
/** Whoever may not ask is not told what is wrong with the question. */
const bodyOf = (row: OpenRow) => (row.request.body ? {} : undefined)

test('every route of a customer is refused without a token that holds', async () => {
  const [person, rival] = await Promise.all([shop.customer(), shop.customer(shop.rival)])
  const tokens = { none: undefined, ...(await deadTokens(person.token, rival.token)) }
  for (const row of guarded) {
    for (const [what, token] of Object.entries(tokens)) {
      const answer = await row.send(bearer(token), { params, body: bodyOf(row) })
      assert.equal(answer.status, 401, `${row.id} with a token ${what}`)
      row.refuses('no token', answer)
    }
    const basic = await row.send(guest, { params, headers: { authorization: `Basic ${person.token}` } })
    row.refuses('no token', basic)
  }
})

test('a token is good for its seven days and not longer', async () => {
  const person = await shop.customer()
  try {
    clock.aheadMs = 7 * 86_400_000 - 60_000
    assert.equal((await person.call('GET', '/api/user/profile')).status, 200)
    clock.aheadMs = 7 * 86_400_000
    for (const row of guarded) await row.no('no token', person, { params, body: bodyOf(row) })
  } finally {
    clock.aheadMs = 0
  }
})

test('every route of administrators is refused to a customer', async () => {
  const person = await shop.customer()
  const rows = guarded.filter((row) => row.auth === 'admin')
  assert.equal(rows.length, 5)
  for (const row of rows) {
    await row.no('the authenticated user', person, { params, body: bodyOf(row) })
  }
})

test('what is no route is a 404 in the documented form', async () => {
  for (const [method, path] of [
    ['GET', '/api/nothing'],
    ['PATCH', '/api/cart'],
    ['DELETE', '/api/products'],
  ] as const) {
    const { status, body } = await guest.call(method, path)
    assert.deepEqual([status, body], [404, { message: 'Not found.' }])
  }
})

test('every row of the table was asked, and every refusal provoked', (t) => {
  // those over a limit are provoked in limits.test.ts, which walks the table for them
  assertAllShown(t, opened, rows, webhooks, ({ status }) => status !== 429)
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(shop.engine.db)).findings, [])
})
