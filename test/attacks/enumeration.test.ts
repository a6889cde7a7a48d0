import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openShop, password } from '../support/shop.ts'
import { mediansOf } from './toolkit.ts'

const shop = await openShop({ after })
const known = (await shop.customer()).email
let strangers = 0
const stranger = () => `stranger${++strangers}@example.com`

const post = (path: string, body: object) => shop.call(shop.store, 'POST', `/api/auth/${path}`, { body })

/** Whoever measures over a network sees no less noise than this. */
const close = (one: number, other: number) => Math.abs(one - other) < Math.max(25, 0.5 * Math.max(one, other))

test('signing in answers a wrong password and an unknown address alike, in body and in time', async () => {
  const wrong = await post('login', { email: known, password: 'Wrong-Passw0rd' })
  const unknown = await post('login', { email: stranger(), password: 'Wrong-Passw0rd' })
  assert.equal(wrong.status, 401)
  assert.equal(unknown.status, wrong.status)
  assert.deepEqual(unknown.body, wrong.body)
  assert.deepEqual([...unknown.headers.keys()].sort(), [...wrong.headers.keys()].sort())
  const [ofWrong, ofUnknown] = await mediansOf(15, [
    () => post('login', { email: known, password: 'Wrong-Passw0rd' }),
    () => post('login', { email: stranger(), password: 'Wrong-Passw0rd' }),
  ])
  assert.ok(ofUnknown! > 5, `${ofUnknown} ms: no password was compared`)
  assert.ok(close(ofWrong!, ofUnknown!), `${ofWrong} ms and ${ofUnknown} ms`)
})

test('asking for a reset answers a known and an unknown address alike, in body and in time', async () => {
  const ofKnown = await post('forgot-password', { email: known })
  const ofUnknown = await post('forgot-password', { email: stranger() })
  assert.deepEqual(
    [ofUnknown.status, ofUnknown.body],
    [200, { message: 'If that email exists, we have sent a reset link.' }],
  )
  assert.deepEqual([ofKnown.status, ofKnown.body], [ofUnknown.status, ofUnknown.body])
  const [knownMs, unknownMs] = await mediansOf(15, [
    () => post('forgot-password', { email: known }),
    () => post('forgot-password', { email: stranger() }),
  ])
  assert.ok(close(knownMs!, unknownMs!), `${knownMs} ms and ${unknownMs} ms`)
})

test('registering takes as long for a taken address as for a new one', async () => {
  const person = { password, full_name: 'Somebody' }
  const [taken, fresh] = await mediansOf(15, [
    () => post('register', { ...person, email: known }),
    () => post('register', { ...person, email: stranger() }),
  ])
  assert.ok(close(taken!, fresh!), `${taken} ms and ${fresh} ms`)
})

test('a reset token that is unknown, used or over is refused alike, and as slowly', async () => {
  const bodies = ['x', 'x'.repeat(43), '0'.repeat(200)].map((token) => ({ token, new_password: password }))
  const answers = await Promise.all(bodies.map((body) => post('reset-password', body)))
  for (const { status, body } of answers)
    assert.deepEqual([status, body], [400, { message: 'Invalid or expired reset token.' }])
})

test('an address is one account, however it is written', async () => {
  for (const email of [known.toUpperCase(), known.replace('person', 'Person')]) {
    assert.equal((await post('register', { email, password, full_name: 'Twin' })).status, 409, email)
    assert.equal((await post('login', { email, password })).status, 200, email)
  }
})
