import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit } from '../../src/engine/audit.ts'
import { auth } from './ansania/auth.ts'
import { ratedByHand } from './ansania/browsing.ts'
import { cart } from './ansania/cart.ts'
import { checkout } from './ansania/checkout.ts'
import { orders } from './ansania/orders.ts'
import { payment, webhooks } from './ansania/payment.ts'
import { products } from './ansania/products.ts'
import { reviews } from './ansania/reviews.ts'
import { bearer, clock, guest, nobody, shop } from './ansania/shop.ts'
import { opened } from './ansania/table.ts'
import type { OpenRow, RowTests } from './ansania/table.ts'
import { user } from './ansania/user.ts'
import { vouchers } from './ansania/vouchers.ts'
import { wishlist } from './ansania/wishlist.ts'
import { assertAllShown, deadTokens, walk } from './walk.ts'

// Limits, tokens that end and the reset mail need shops of their own: limits.test.ts, tokens.test.ts and
// reset-mail.test.ts beside the rows.

const { table, openRow } = opened
const resources = [auth, user, products, reviews, cart, checkout, payment, orders, wishlist, vouchers]
const rows: RowTests = Object.assign({}, ...resources)

walk(opened, rows, webhooks)

const guarded = table.endpoints.filter((row) => row.auth === 'user').map((row) => openRow(row.id))
const optional = table.endpoints.filter((row) => row.auth === 'optional').map((row) => openRow(row.id))
const params = { id: nobody, order_number: 'ORD-20260101-999', slug: 'nothing' }
/** Whoever may not ask is not told what is wrong with the question. */
const bodyOf = (row: OpenRow) => (row.request.body ? {} : undefined)

async function tokensThatDoNotHold() {
  const [person, rival] = await Promise.all([shop.customer(), shop.customer(shop.rival)])
  return { ...(await deadTokens(person.token, rival.token)), 'for refreshing': person.refreshToken }
}

test('every route of a customer is refused without a token that holds', async () => {
  const tokens = { none: undefined, ...(await tokensThatDoNotHold()) }
  for (const row of guarded) {
    for (const [what, token] of Object.entries(tokens)) {
      const answer = await row.send(bearer(token), { params, body: bodyOf(row) })
      assert.equal(answer.status, 401, `${row.id} with a token ${what}`)
      row.refuses('no token', answer)
      assert.equal(answer.body.error, 'Authentication required')
    }
    const { token } = await shop.customer()
    row.refuses('no token', await row.send(guest, { params, headers: { authorization: `Basic ${token}` } }))
  }
})

test('a cart that is asked for with a token that does not hold is nobody’s, not a guest’s; the catalogue is everybody’s', async () => {
  for (const [what, token] of Object.entries(await tokensThatDoNotHold())) {
    for (const row of optional) {
      const answer = await row.send(bearer(token), { params, body: bodyOf(row) })
      if (!row.id.startsWith('cart.')) assert.notEqual(answer.status, 401, `${row.id} with a token ${what}`)
      else assert.deepEqual([answer.status, answer.body.code], [401, 'UNAUTHORIZED'], `${row.id} with a token ${what}`)
    }
    assert.equal((await bearer(token).call('GET', '/api/products')).status, 200)
  }
})

test('a token is good for its hour and not longer', async () => {
  const person = await shop.customer()
  try {
    clock.aheadMs = 3_600_000 - 30_000
    assert.equal((await person.call('GET', '/api/user/profile')).status, 200)
    clock.aheadMs = 3_600_000
    for (const row of guarded) await row.no('no token', person, { params, body: bodyOf(row) })
    assert.equal((await person.call('GET', '/api/cart')).status, 401)
  } finally {
    clock.aheadMs = 0
  }
})

test('what is no route is a 404 in the documented form', async () => {
  for (const [method, path] of [
    ['GET', '/api/nothing'],
    ['PATCH', '/api/cart'],
    ['DELETE', '/api/products'],
  ] as const) {
    const { status, body } = await guest.call(method, path)
    const { meta, ...rest } = body
    assert.deepEqual([status, rest], [404, { success: false, error: 'Resource not found', code: 'NOT_FOUND' }])
    assert.ok(Math.abs(Date.parse(meta.timestamp) - Date.now()) < 60_000)
  }
})

test('a body that is no JSON is a 400 in the documented form', async () => {
  for (const text of ['{', '"', '{"email":"a@example.com","email":"b@example.com"}', '{"a":"\\u0000"}']) {
    const { status, body } = await guest.call('POST', '/api/auth/login', text)
    assert.deepEqual([status, body.success, body.code], [400, false, 'VALIDATION_ERROR'])
    assert.equal(typeof body.error, 'string')
  }
})

test('every row of the table was asked, and every refusal provoked', (t) => {
  assertAllShown(t, opened, rows, webhooks)
})

test('after all that, the books are in order', async () => {
  const { findings } = await audit(shop.engine.db)
  const own = findings.filter(({ row }) => !ratedByHand.has(row.replace('product ', '')))
  assert.deepEqual(own, [])
})
