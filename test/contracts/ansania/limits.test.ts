import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { execute, statements } from '../../../src/engine/database.ts'
import { serve } from '../../../src/main.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import { request } from '../../support/installation.ts'
import type { Answer } from '../../support/installation.ts'
import { openRow, table } from './table.ts'
import type { Caller } from './table.ts'

// one proxy is believed, so that a test can ask from any address
const shop = await openFurnitureShop({ after }, { rateLimits: true, env: { TRUST_PROXY: '1' } })
const other = await serve({ ...shop, config: { ...shop.config, port: 0 } })
after(() => other.stop())
const otherUrl = `http://127.0.0.1:${(other.app.server.address() as AddressInfo).port}`

const window = 15 * 60_000
const limits = { anonymous: 100, authenticated: 1000 }
const documented = table.general.rateLimits

let addresses = 0
const newAddress = () => `203.0.113.${++addresses}`
let emails = 0
const newEmail = () => `limited${++emails}@example.com`

/** Somebody at an address. @param url of one of the two servers */
const at = (address: string, { token, url = shop.url }: { token?: string | undefined; url?: string } = {}): Caller => ({
  call: (method, path, body, headers) =>
    request(`${url}/ansania${path}`, { method, body, token, headers: { ...headers, 'x-forwarded-for': address } }),
})

/** Counters begin anew with each quarter of an hour: what belongs together is asked within one. */
async function withinOneWindow(seconds = 20) {
  const left = window - (Date.now() % window)
  if (left < seconds * 1000) await new Promise((resolve) => setTimeout(resolve, left + 20))
}

/** A path that is counted and asks nothing of the database. */
const cheap = '/api/products?page=0'

async function times(count: number, ask: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  while (answers.length < count)
    answers.push(...(await Promise.all(Array.from({ length: Math.min(50, count - answers.length) }, ask))))
  return answers
}

const told = ({ headers }: Answer) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`) ?? NaN))

/** When the window ends in which we are, Unix seconds. */
const reset = () => (Math.floor(Date.now() / window) + 1) * (window / 1000)

function assertLimited(answer: Answer, limit: number) {
  const { meta, ...rest } = answer.body
  const { status, body } = documented.exceeded
  const { meta: _, ...said } = body
  assert.deepEqual([answer.status, rest], [status, said])
  assert.match(meta.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(told(answer), [limit, 0, reset()])
  const seconds = Number(answer.headers.get('retry-after'))
  assert.ok(
    Number.isInteger(seconds) && Math.abs(seconds - (reset() - Date.now() / 1000)) <= 2,
    `Retry-After ${seconds}`,
  )
}

test('the limits are those of the contract', () => {
  assert.deepEqual(
    documented.limits.map(({ tier, limit, windowSeconds }) => [tier, limit, windowSeconds]),
    Object.entries(limits).map(([tier, limit]) => [tier, limit, window / 1000]),
  )
})

test('every answer says how many requests there may be, how many are left and when they begin anew', async () => {
  await withinOneWindow()
  const { variants, slug, serial } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial)
  const number: string = (await buyer.checkout()).body.data.order.order_number
  await buyer.call('POST', '/api/cart/items', { product_variant_id: variants[0]!.serial, quantity: 1 })
  const { cart } = (await buyer.call('GET', '/api/cart')).body.data
  const etag = (await buyer.call('GET', `/api/products/${slug}`)).headers.get('etag')!
  const asked: [status: number, method: string, path: string, body?: unknown, headers?: Record<string, string>][] = [
    [200, 'GET', '/api/products'],
    [200, 'GET', `/api/products/${slug}`],
    [304, 'GET', `/api/products/${slug}`, undefined, { 'if-none-match': etag }],
    [400, 'GET', cheap],
    [400, 'POST', '/api/auth/login', '{'],
    [400, 'POST', '/api/auth/login', {}],
    [404, 'GET', '/api/nothing'],
    [404, 'PATCH', '/api/cart'],
    [404, 'GET', '/api/products/nothing'],
    [413, 'POST', '/api/auth/login', 'a'.repeat(1024 * 1024 + 1)],
    [415, 'POST', '/api/auth/login', '<a/>', { 'content-type': 'application/xml' }],
    [401, 'POST', '/api/auth/login', { email: newEmail(), password: 'wrong' }],
  ]
  const ofCustomer: typeof asked = [
    ...asked,
    [204, 'DELETE', `/api/cart/items/${cart.items[0].id}`],
    [200, 'GET', `/api/orders/${number}/invoice`],
    [403, 'POST', `/api/products/${serial}/reviews`, { order_id: 1, rating: 5, title: 'a', comment: 'b' }],
    [
      409,
      'POST',
      '/api/auth/register',
      { email: buyer.email, phone: '+628111111111', full_name: 'A', password: 'aaaaaaaa' },
    ],
  ]
  const ofGuest: typeof asked = [...asked, [401, 'GET', '/api/user/profile'], [401, 'GET', '/api/orders/1/invoice']]
  const before = told(await at(newAddress(), { token: buyer.token }).call('GET', cheap))[1]!
  for (const [token, all, limit, left] of [
    [buyer.token, ofCustomer, limits.authenticated, before],
    [undefined, ofGuest, limits.anonymous, limits.anonymous],
  ] as const) {
    const me = at(newAddress(), { token })
    for (const [i, [status, method, path, body, headers]] of all.entries()) {
      const answer = await me.call(method, path, body, headers)
      assert.deepEqual([answer.status, ...told(answer)], [status, limit, left - i - 1, reset()], `${method} ${path}`)
    }
  }
})

test('so does the answer to an address that cannot be read', async () => {
  await withinOneWindow()
  const somebody = at(newAddress())
  for (const [i, path] of ['/api/orders/%ff', '/api/orders/%', '/api/%zz', '/api/products?search=%'].entries()) {
    const answer = await somebody.call('GET', path)
    assert.deepEqual(
      [answer.status, answer.body.code, ...told(answer)],
      [400, 'VALIDATION_ERROR', 100, 99 - i, reset()],
    )
  }
})

test('one address asks a hundred times without a token, whatever it asks for', async () => {
  await withinOneWindow()
  const address = newAddress()
  const me = at(address)
  const first = await times(limits.anonymous, () => me.call('GET', cheap))
  assert.deepEqual([...new Set(first.map((answer) => answer.status))], [400])
  // each of them was counted once
  const left = first.map((answer) => told(answer)[1]!)
  assert.deepEqual(
    left.toSorted((a, b) => a - b),
    Array.from({ length: limits.anonymous }, (_, i) => i),
  )
  for (const { id, auth, request: sent } of table.endpoints) {
    const row = openRow(id)
    const params = { id: 1, slug: 'nothing', order_number: 'ORD-1' }
    const answer = await row.send(me, { params, body: sent.body ?? undefined })
    // a gateway is never told to wait
    if (auth === 'signature') assert.notEqual(answer.status, 429, id)
    else assertLimited(answer, limits.anonymous)
  }
  assertLimited(await me.call('GET', '/api/nothing'), limits.anonymous)
  // elsewhere, in another store and with a token the world goes on
  assert.equal((await at(newAddress()).call('GET', '/api/products')).status, 200)
  const rival = await request(`${shop.url}/rival/api/products`, {
    method: 'GET',
    headers: { 'x-forwarded-for': address },
  })
  assert.equal(rival.status, 200)
  const { token } = await shop.customer()
  const answer = await at(address, { token }).call('GET', '/api/user/profile')
  assert.deepEqual([answer.status, told(answer)[0]], [200, limits.authenticated])
})

test('one customer asks a thousand times with whatever token, from wherever', async () => {
  await withinOneWindow(40)
  const { token, email } = await shop.customer()
  const answers = await times(limits.authenticated, () => at(newAddress(), { token }).call('GET', cheap))
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [400])
  const body = { email, password: 'SecurePass123!' }
  const fresh = (await at(newAddress()).call('POST', '/api/auth/login', body)).body.data.token
  for (const one of [token, fresh]) {
    const me = at(newAddress(), { token: one })
    assertLimited(await me.call('GET', '/api/user/profile'), limits.authenticated)
    assertLimited(await me.call('GET', '/api/products'), limits.authenticated)
  }
  assert.equal((await at(newAddress(), await shop.customer()).call('GET', '/api/user/profile')).status, 200)
})

test('a token that does not hold counts as none', async () => {
  const rival = await shop.customer(shop.rival)
  const { token } = await shop.customer()
  const [head, claims] = token.split('.')
  for (const bad of ['token', rival.token, `${head}.${claims}.${rival.token.split('.')[2]}`]) {
    const answer = await at(newAddress(), { token: bad }).call('GET', '/api/products')
    assert.deepEqual(told(answer).slice(0, 2), [limits.anonymous, limits.anonymous - 1])
  }
})

test('one account is asked for a hundred times, and for five mails, from wherever and in whatever spelling', async () => {
  await withinOneWindow(40)
  const phone = '812345678'
  const spellings = [`+62${phone}`, `0${phone}`, `0812-345-678`, `+62 (0)812 345 678`, `0062${phone}`]
  const [email, forgot, login] = [newEmail(), '/api/auth/forgot-password', '/api/auth/login']
  const accounts: [path: string, limit: number, bodies: object[]][] = [
    [forgot, 5, [{ email }, { email: email.toUpperCase() }]],
    [login, limits.anonymous, spellings.map((email) => ({ email, password: 'guessed' }))],
  ]
  for (const [path, limit, bodies] of accounts) {
    let asked = 0
    const ask = () => at(newAddress()).call('POST', path, bodies[asked++ % bodies.length])
    for (const { status } of await times(limit, ask)) assert.notEqual(status, 429)
    for (const body of bodies) {
      const { status, body: said } = await at(newAddress()).call('POST', path, body)
      assert.deepEqual([status, said.code], [429, 'RATE_LIMIT_EXCEEDED'], JSON.stringify(body))
    }
  }
})

test('after the time that X-RateLimit-Reset names, an address is served again', async (t) => {
  await withinOneWindow()
  const me = at(newAddress())
  await times(limits.anonymous, () => me.call('GET', cheap))
  const refused = await me.call('GET', '/api/products')
  assertLimited(refused, limits.anonymous)
  const wait = told(refused)[2]! * 1000 - Date.now()
  const now = Date.now
  t.mock.method(Date, 'now', () => now() + wait)
  const answer = await me.call('GET', '/api/products')
  assert.deepEqual([answer.status, ...told(answer)], [200, limits.anonymous, limits.anonymous - 1, reset()])
})

test('within a second two server processes agree on what was asked', async () => {
  await withinOneWindow()
  const address = newAddress()
  const [here, there] = [at(address), at(address, { url: otherUrl })]
  await Promise.all([times(50, () => here.call('GET', cheap)), times(50, () => there.call('GET', cheap))])
  await new Promise((resolve) => setTimeout(resolve, 1000))
  for (const me of [here, there]) assertLimited(await me.call('GET', cheap), limits.anonymous)
})

test('counting costs no statement a request', async () => {
  const before = statements.sent
  await times(100, () => at(newAddress()).call('GET', cheap))
  assert.ok(statements.sent - before <= 20, `${statements.sent - before} statements for 100 requests`)
})

test('no address and no account lies in the counters', async () => {
  const rows = await execute(shop.engine.db, 'select bucket from rate_counter')
  assert.ok(rows.length > 0)
  for (const [bucket] of rows) assert.doesNotMatch(String(bucket), /203\.0|127\.0|@|limited|812345678/)
})
