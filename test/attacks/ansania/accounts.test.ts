import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { issueReset } from '../../../src/engine/identity/reset.ts'
import { newToken } from '../../../src/engine/sealing.ts'
import { openFurnitureShop, password } from '../../support/furniture.ts'
import type { Answer } from '../../support/installation.ts'
import { assertFailed, mediansOf } from '../toolkit.ts'

let aheadMs = 0
const shop = await openFurnitureShop({ after }, { now: () => new Date(Date.now() + aheadMs) })
const { store, rival } = shop
const day = 86_400_000

const post = (path: string, body: object, of = store) => shop.call(of, 'POST', `/api/auth/${path}`, { body })
const trade = (refresh_token: unknown, of = store) => post('refresh', { refresh_token }, of)
const profile = (token: string, of = store) => shop.call(of, 'GET', '/api/user/profile', { token })

/** An answer without its time. */
const told = ({ status, body }: Answer) => [status, { ...body, meta: null }]
const known = await shop.customer()
let strangers = 0
const stranger = () => `stranger${++strangers}@example.com`
const strangePhone = () => `+62822${String(1_000_000 + ++strangers)}`

/** Whoever measures over a network sees no less noise than this. */
const close = (one: number, other: number) => Math.abs(one - other) < Math.max(25, 0.5 * Math.max(one, other))

test('signing in answers a wrong password, an unknown address and an unknown number alike, in body and in time', async () => {
  const wrong = 'Wrong-Passw0rd'
  const logins = [() => known.email, () => known.phone, stranger, strangePhone, () => 'no address and no number']
  const answers = await Promise.all(logins.map((email) => post('login', { email: email(), password: wrong })))
  for (const answer of answers) {
    assertFailed(answer, 'login', [401])
    assert.deepEqual(told(answer), told(answers[0]!))
    assert.deepEqual([...answer.headers.keys()].sort(), [...answers[0]!.headers.keys()].sort())
  }
  const times = await mediansOf(
    11,
    logins.map((email) => () => post('login', { email: email(), password: wrong })),
  )
  for (const time of times) {
    assert.ok(time > 5, `${time} ms: no password was compared`)
    assert.ok(close(time, times[0]!), times.join(' ms, '))
  }
})

test('asking for a reset answers a known and an unknown address alike, in body and in time', async () => {
  const ofKnown = await post('forgot-password', { email: known.email })
  const ofUnknown = await post('forgot-password', { email: stranger() })
  assert.equal(ofKnown.status, 200)
  assert.deepEqual(told(ofUnknown), told(ofKnown))
  const [knownMs, unknownMs] = await mediansOf(11, [
    () => post('forgot-password', { email: known.email }),
    () => post('forgot-password', { email: stranger() }),
  ])
  assert.ok(close(knownMs!, unknownMs!), `${knownMs} ms and ${unknownMs} ms`)
})

test('registering takes as long for a taken address as for a new one', async () => {
  const person = () => ({ password, full_name: 'Somebody', phone: strangePhone() })
  const [taken, fresh] = await mediansOf(25, [
    () => post('register', { ...person(), email: known.email }),
    () => post('register', { ...person(), email: stranger() }),
  ])
  assert.ok(close(taken!, fresh!), `${taken} ms and ${fresh} ms`)
})

test('a reset token that is unknown, of another store, used or over is refused alike', async () => {
  const person = await shop.customer()
  const issue = async (of = store) =>
    (await issueReset(shop.engine.direct(of, { kind: 'system' }), person.email))!.token
  const used = await issue()
  assert.equal((await post('reset-password', { token: used, new_password: password })).status, 200)
  const over = await issue()
  aheadMs = 61 * 60_000
  const tokens = [
    used,
    over,
    'x',
    newToken(),
    person.token.slice(0, 200),
    person.refreshToken,
    '0'.repeat(200),
    "' or '1'='1",
  ]
  const answers: Answer[] = []
  for (const token of tokens) answers.push(await post('reset-password', { token, new_password: 'Another-Passw0rd' }))
  aheadMs = 0
  for (const answer of answers) {
    assertFailed(answer, 'reset', [400])
    assert.deepEqual(told(answer), told(answers[0]!))
  }
})

test('an access token trades for nothing, and a refresh token opens nothing', async () => {
  const person = await shop.customer()
  const wrong = [
    person.token,
    newToken(),
    '',
    ' ',
    'x',
    'null',
    `${person.refreshToken}x`,
    person.refreshToken.slice(1),
    "' or '1'='1",
  ]
  for (const token of wrong) assertFailed(await trade(token), token.slice(0, 20), [400, 401])
  for (const token of [null, 1, [person.refreshToken], { token: person.refreshToken }, 'x'.repeat(501)])
    assertFailed(await trade(token), JSON.stringify(token).slice(0, 20), [400])
  for (const path of ['/api/user/profile', '/api/orders', '/api/cart'])
    assertFailed(await shop.call(store, 'GET', path, { token: person.refreshToken }), path, [401])
  // none of this ended the session
  assert.equal((await trade(person.refreshToken)).status, 200)
})

test('a refresh token is good in its store, once, and its second use ends the session', async () => {
  const person = await shop.customer()
  assertFailed(await trade(person.refreshToken, rival), 'in the rival', [401])
  const first = (await trade(person.refreshToken)).body.data
  assert.equal((await profile(first.token)).status, 200)
  assertFailed(await profile(first.token, rival), 'in the rival', [401])
  const second = (await trade(first.refresh_token)).body.data
  assertFailed(await trade(first.refresh_token), 'again', [401])
  assertFailed(await trade(second.refresh_token), 'the one that came of it', [401])
  // another device's goes on
  const other = await post('login', { email: person.email, password })
  assert.equal((await trade(other.body.data.refresh_token)).status, 200)
})

test('tokens are over when they say, and with the password that gave them', async () => {
  const person = await shop.customer()
  const remembered = (await post('login', { email: person.email, password, remember_me: true })).body.data
  aheadMs = 59 * 60_000
  assert.equal((await profile(person.token)).status, 200)
  aheadMs = 61 * 60_000
  assertFailed(await profile(person.token), 'after an hour', [401])
  aheadMs = 7 * day + 1000
  assertFailed(await trade(person.refreshToken), 'after a week', [401])
  const next = await trade(remembered.refresh_token)
  assert.equal(next.status, 200)
  const { token, refresh_token } = next.body.data
  const reset = await issueReset(shop.engine.direct(store, { kind: 'system' }), person.email)
  assert.equal((await post('reset-password', { token: reset!.token, new_password: 'Another-Passw0rd' })).status, 200)
  assertFailed(await profile(token), 'after the reset', [401])
  assertFailed(await trade(refresh_token), 'after the reset', [401])
  aheadMs = 0
})

test('what is kept of tokens is a hash', async () => {
  const person = await shop.customer()
  const rows = await execute(shop.engine.db, 'select to_jsonb(t)::text from refresh_token t where customer_id = $1', [
    person.id,
  ])
  assert.ok(rows.length > 0)
  assert.ok(!JSON.stringify(rows).includes(person.refreshToken))
})

test('an account is one, however its address and its number are written', async () => {
  const person = { password, full_name: 'Twin' }
  const number = known.phone.slice(3)
  for (const email of [known.email.toUpperCase(), known.email.replace('person', 'Person')]) {
    assertFailed(await post('register', { ...person, email, phone: strangePhone() }), email, [409])
    assert.equal((await post('login', { email, password })).status, 200, email)
  }
  for (const phone of [`0${number}`, `62${number}`, `+62 ${number}`, `(0${number.slice(0, 3)}) ${number.slice(3)}`]) {
    assertFailed(await post('register', { ...person, email: stranger(), phone }), phone, [409])
    assert.equal((await post('login', { email: phone, password })).status, 200, phone)
  }
})
