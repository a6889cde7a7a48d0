import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../src/engine/database.ts'
import { createLog } from '../../src/server/log.ts'
import { address, openShop, request } from '../support/shop.ts'
import { until } from '../support/wait.ts'
import { secretsIn } from './silence.ts'
import { rows, send, sendBytes } from './toolkit.ts'

const lines: string[] = []
const shop = await openShop({ after }, { worker: true, log: { write: (line) => void lines.push(line) } })
const { store } = shop

const { secret, assertSilent } = secretsIn(lines)

const person = {
  email: secret('confidential.person@example.com'),
  password: secret('Confidential-Passw0rd'),
  full_name: secret('Confidentia Persson'),
  phone: secret('+91 98765 43210'),
}
const street = secret('7 Confidential Lane')

/** Calls and remembers what went out in headers and came back in tokens. */
async function call(method: string, path: string, body?: object, token?: string) {
  const answer = await shop.call(store, method, path, { body, token })
  if (token) secret(token)
  if (answer.body?.token) secret(answer.body.token)
  return answer
}

test('registering, signing in, buying and resetting leave no personal data and no secret in the log', async () => {
  const registered = await call('POST', '/api/auth/register', person)
  assert.equal(registered.status, 201)
  const { body } = await call('POST', '/api/auth/login', person)
  const token: string = body.token
  await call('POST', '/api/auth/login', { email: person.email, password: secret('Wrong-Passw0rd-1') })
  await call('POST', '/api/auth/register', { ...person, email: secret('no.address.at.all'), password: 'short' })
  await call('POST', '/api/auth/register', person)
  await call('PUT', '/api/user/profile', { full_name: person.full_name }, token)
  const added = await call('POST', '/api/user/address', { ...address, full_address: street }, token)
  const { id } = await shop.product()
  await call('POST', '/api/cart', { product_id: id, quantity: 1 }, token)
  const placed = await call(
    'POST',
    '/api/checkout/create-order',
    { shipping_address_id: added.body.address.id, payment_method: 'razorpay' },
    token,
  )
  const back = await shop.pay(placed.body.razorpay_order_id)
  secret(back.razorpay_signature)
  const paid = await call('POST', '/api/checkout/payment', { order_id: placed.body.order.id, ...back }, token)
  assert.equal(paid.status, 200)
  assert.equal((await call('POST', '/api/auth/forgot-password', { email: person.email })).status, 200)
  const mailed = async () =>
    (await request(`${shop.sandbox.url}/mail/messages?to=${person.email}`, { method: 'GET' })).body
  await until('the mail came', async () => (await mailed()).length > 0)
  const reset = secret(/token=([\w-]+)/.exec((await mailed())[0].text)![1]!)
  await send(shop.url, { path: `/ionora/reset-password?token=${reset}` })
  await call('POST', '/api/auth/reset-password', { token: reset, new_password: secret('Another-Passw0rd') })
  await call('POST', '/api/auth/reset-password', { token: reset, new_password: 'Another-Passw0rd' })
  await call(
    'PUT',
    '/api/auth/change-password',
    { current_password: 'x', new_password: secret('Third-Passw0rd-1') },
    token,
  )
  await call('GET', `/api/products/search?q=${encodeURIComponent(person.email)}`)
  await send(shop.url, {
    path: '/ionora/api/user/profile',
    headers: { authorization: secret('Basic Y29uZmlkZW50aWFs'), cookie: secret('session=confidential') },
  })
  assertSilent()
  for (const text of [shop.account.keySecret, shop.account.webhookSecret]) secret(text)
  assertSilent()
})

test('what is malformed is not logged as it came', async () => {
  for (const row of rows) {
    const path = `/ionora${row.path.replace(/:\w+/, secret('not-an-id-confidential'))}?${secret('confidential=query')}`
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${secret('confidential.garbage.token')}`,
      'x-request-id': 'x'.repeat(70),
    }
    await send(shop.url, { method: row.method, path, headers, body: `{"password":"${secret('Broken-Passw0rd')}"` })
  }
  await sendBytes(
    shop.url,
    `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: ${secret('Bearer confidential-raw')}\r\nBad Header\r\n\r\n`,
  )
  assertSilent()
})

test('a failure of ours is logged with its place and its request, and without what the request held', async () => {
  await execute(shop.engine.db, 'alter table login rename to login_away')
  const before = lines.length
  const answer = await shop.call(store, 'POST', '/api/auth/register', {
    body: { ...person, email: secret('fails@example.com') },
    headers: { 'x-request-id': 'failing-request-1' },
  })
  assert.equal(answer.status, 500)
  assert.deepEqual(answer.body, { message: 'Internal server error.' })
  await shop.call(store, 'POST', '/api/auth/login', { body: person })
  await execute(shop.engine.db, 'alter table login_away rename to login')
  const told = lines
    .slice(before)
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level >= 50)
  assert.ok(told.length >= 2)
  assert.equal(told[0].reqId, 'failing-request-1')
  assert.ok(told[0].err.at.length > 0)
  // a constraint that is broken: PostgreSQL's detail holds the whole row
  await execute(shop.engine.db, "alter table address add constraint no_lanes check (line1 not like '%Lane%') not valid")
  const { body } = await shop.call(store, 'POST', '/api/auth/register', {
    body: { ...person, email: secret('other@example.com') },
  })
  const failed = await call('POST', '/api/user/address', { ...address, full_address: street }, body.token)
  await execute(shop.engine.db, 'alter table address drop constraint no_lanes')
  assert.equal(failed.status, 500)
  assert.ok(lines.some((line) => line.includes('no_lanes')))
  assertSilent()
})

test('a mail that cannot be sent is logged without whose it was', async () => {
  const fault = (kind: string) => shop.sandboxPost('/faults', { provider: 'mail', kind, rate: 1, count: 5 })
  await fault('error')
  const before = lines.length
  await call('POST', '/api/auth/forgot-password', { email: 'other@example.com' })
  await until('the failure is logged', () => lines.slice(before).some((line) => line.includes('send-reset')))
  assert.ok(
    lines.slice(before).some((line) => JSON.parse(line).level === 50),
    'the failure is logged',
  )
  await request(`${shop.sandbox.url}/faults`, { method: 'DELETE' })
  assertSilent()
})

test('every line that belongs to a request says which, and requests are told by their route alone', () => {
  const told = lines.map((line) => JSON.parse(line))
  const requests = told.filter(({ msg }) => msg === 'request' || msg === 'request failed')
  assert.ok(requests.length > 50)
  for (const line of requests) assert.match(line.reqId, /^[\w-]{8,64}$/)
  for (const { route } of told.filter(({ msg }) => msg === 'request')) assert.doesNotMatch(route, /[?%]|not-an-id/)
})

test('what is written into a log by mistake is masked', () => {
  const written: string[] = []
  const log = createLog('trace', { write: (line) => void written.push(line) })
  const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
  log.error({
    err: new Error(`all recipients were rejected: <${person.email}>`),
    email: person.email,
    password: 'x-password',
    token: 'x-token',
  })
  log.warn(
    { user: { email: person.email, password: 'x-password', token: 'x-token' }, headers: { authorization: 'x-token' } },
    `to ${person.email} with ${jwt}`,
  )
  log.info({
    err: Object.assign(new Error('broken', { cause: new Error(person.email) }), {
      detail: `Key (email)=(${person.email})`,
      parameters: ['x-password'],
      response: 'x-token',
    }),
  })
  const all = written.join('')
  for (const text of [person.email, 'x-password', 'x-token', jwt, 'eyJ'])
    assert.ok(!all.includes(text), `${text} in ${all}`)
  assert.equal(written.length, 3)
})
