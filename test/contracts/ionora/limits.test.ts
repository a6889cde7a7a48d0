import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { statements } from '../../../src/engine/database.ts'
import { serve } from '../../../src/main.ts'
import { openShop, password, request } from '../../support/shop.ts'
import type { Answer } from '../../support/shop.ts'
import { openRow, refusalName, shown, table } from './table.ts'
import type { Caller } from './table.ts'

// one proxy is believed, so that a test can ask from any address
const shop = await openShop({ after }, { rateLimits: true, env: { TRUST_PROXY: '1' } })
const other = await serve({ ...shop, config: { ...shop.config, port: 0 } })
after(() => other.stop())
const otherUrl = `http://127.0.0.1:${(other.app.server.address() as AddressInfo).port}`

let addresses = 0
const newAddress = () => `198.51.100.${++addresses}`
let people = 0
const newEmail = () => `limited${++people}@example.com`

/** Somebody at an address. @param url of one of the two servers */
const at = (address: string, { token, url = shop.url }: { token?: string; url?: string } = {}): Caller => ({
  call: (method, path, body, headers) =>
    request(`${url}/ionora${path}`, { method, body, token, headers: { ...headers, 'x-forwarded-for': address } }),
})

/** Counters begin anew with each minute: what belongs together is asked within one. */
async function withinOneMinute(seconds = 8) {
  const left = 60_000 - (Date.now() % 60_000)
  if (left < seconds * 1000) await new Promise((resolve) => setTimeout(resolve, left + 20))
}

/** A path that is counted and asks nothing of the database. */
const cheap = '/api/products/search'

const times = async (count: number, ask: () => Promise<Answer>) =>
  (await Promise.all(Array.from({ length: count }, ask))).map((answer) => answer.status)

const limited = table.endpoints.filter((row) => row.errors.some((entry) => entry.status === 429))
const isAuth = (path: string) => path.startsWith('/api/auth/')

function assertLimited(row: ReturnType<typeof openRow>, answer: Answer) {
  row.refuses('authLimiter exceeded', answer)
  const seconds = Number(answer.headers.get('retry-after'))
  assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, `Retry-After ${seconds}`)
}

for (const { id } of limited) {
  const row = openRow(id)

  test(`${id}: one address asks ten times a minute`, async () => {
    await withinOneMinute()
    const address = newAddress()
    for (let i = 0; i < 10; i++) {
      // the account is another each time
      const body = { ...row.request.body, email: newEmail(), token: newEmail() }
      assert.notEqual((await row.send(at(address), { body })).status, 429)
    }
    assertLimited(row, await row.send(at(address), { body: row.request.body }))
    // elsewhere, and at what is no sign-in, the world goes on
    assert.notEqual(
      (await row.send(at(newAddress()), { body: { ...row.request.body, email: newEmail() } })).status,
      429,
    )
    assert.equal((await at(address).call('GET', '/api/products')).status, 200)
  })

  test(`${id}: one account is asked for ten times a minute, from wherever`, async () => {
    await withinOneMinute() // registering included: it is counted
    const email = newEmail()
    const registered = { email, password, full_name: 'Jane Doe' }
    const { body: me } = await at(newAddress()).call('POST', '/api/auth/register', registered)
    const ofToken = id === 'auth.resetPassword'
    const body = ofToken ? { ...row.request.body, token: 'guessed' } : { ...row.request.body, email }
    const before = id === 'auth.changePassword' || ofToken ? 0 : 1 // registering was asking for it
    for (let i = 0; i < 10 - before; i++) {
      const answer = await row.send(at(newAddress(), { token: me.token }), { body })
      assert.notEqual(answer.status, 429, `request ${i + 1}`)
    }
    const again = ofToken ? body : { ...body, email: email.toUpperCase() }
    assertLimited(row, await row.send(at(newAddress(), { token: me.token }), { body: again }))
  })
}

test('every row with a limit was brought to it', () => {
  const refusals = limited.flatMap((row) =>
    row.errors.filter((entry) => entry.status === 429).map((entry) => refusalName(row, entry)),
  )
  assert.deepEqual([...shown.refusals].toSorted(), refusals.toSorted())
  assert.deepEqual(
    limited.map((row) => row.path),
    table.endpoints.filter((row) => isAuth(row.path)).map((row) => row.path),
  )
})

test('one address asks three hundred times a minute, whatever it asks for', async () => {
  await withinOneMinute()
  const me = at(newAddress())
  const first = await times(300, () => me.call('GET', cheap))
  assert.deepEqual([...new Set(first)], [400])
  const answer = await me.call('GET', '/api/products')
  assert.equal(answer.status, 429)
  assert.deepEqual(answer.body, { message: 'Too many requests, please try again later.' })
  const seconds = Number(answer.headers.get('retry-after'))
  assert.ok(seconds >= 1 && seconds <= 60)
  for (const [method, path] of [
    ['POST', '/api/cart'],
    ['GET', '/api/nothing'],
    ['POST', '/api/auth/login'],
  ] as const)
    assert.equal((await me.call(method, path, method === 'POST' ? {} : undefined)).status, 429)
  // the gateway is never told to wait
  assert.equal((await me.call('POST', '/api/payment/webhooks/payment', {})).status, 400)
  assert.equal((await at(newAddress()).call('GET', '/api/products')).status, 200)
  assert.equal((await request(`${shop.url}/rival/api/products`, { method: 'GET' })).status, 200)
})

test('after the time that Retry-After names, an address is served again', async (t) => {
  await withinOneMinute()
  const [address, row] = [newAddress(), openRow('auth.forgotPassword')]
  const ask = () => row.send(at(address), { body: { email: newEmail() } })
  await times(10, ask)
  const refused = await ask()
  assertLimited(row, refused)
  const waited = Number(refused.headers.get('retry-after')) * 1000
  const now = Date.now
  t.mock.method(Date, 'now', () => now() + waited)
  row.answers(await ask())
})

test('within a second two server processes agree on what was asked', async () => {
  await withinOneMinute()
  const address = newAddress()
  const [here, there] = [at(address), at(address, { url: otherUrl })]
  await Promise.all([times(150, () => here.call('GET', cheap)), times(150, () => there.call('GET', cheap))])
  await new Promise((resolve) => setTimeout(resolve, 1000))
  assert.equal((await here.call('GET', cheap)).status, 429)
  assert.equal((await there.call('GET', cheap)).status, 429)
})

test('an account that was guessed at on one server is guarded on the other', async () => {
  await withinOneMinute()
  const body = { email: newEmail(), password }
  const login = (url: string) => at(newAddress(), { url }).call('POST', '/api/auth/login', body)
  await times(10, () => login(shop.url))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  assert.equal((await login(otherUrl)).status, 429)
})

test('counting costs no statement a request', async () => {
  const me = at(newAddress())
  const before = statements.sent
  await times(200, () => me.call('GET', cheap))
  assert.ok(statements.sent - before <= 20, `${statements.sent - before} statements for 200 requests`)
})

test('no address and no account lies in the counters', async () => {
  const { rows } = await shop.engine.db.query({ text: 'select bucket from rate_counter', rowMode: 'array' })
  const buckets = rows.map((row) => String(row[0]))
  assert.ok(buckets.length > 0)
  for (const bucket of buckets) assert.doesNotMatch(bucket, /198\.51|127\.0|@|limited/)
})
