import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from '../../../src/engine/audit.ts'
import { system } from '../../../src/engine/context.ts'
import { issueReset } from '../../../src/engine/identity/reset.ts'
import { everythingIn } from '../../support/faults.ts'
import { openFurnitureShop, password } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { openRow } from './table.ts'
import type { Caller } from './table.ts'

const day = 86_400_000
let aheadMs = 0
// standing still, so that a token's last moment can be met
const began = Date.now()
const shop = await openFurnitureShop({ after }, { now: () => new Date(began + aheadMs) })

const bearer = (token?: string): Caller => ({
  call: (method, path, body, headers) => shop.call(shop.store, method, path, { body, headers, token }),
})
const guest = bearer()
const [login, refresh, reset] = [openRow('auth.login'), openRow('auth.refresh'), openRow('auth.resetPassword')]
const ended = 'the refresh token is invalid or older than 7 days'

const signIn = async (email: string, more: object = {}): Promise<Wire> =>
  (await login.ok(guest, { body: { email, password, ...more } })).data
const trade = async (refresh_token: string): Promise<Wire> =>
  (await refresh.ok(guest, { body: { refresh_token } })).data
const refuse = (refresh_token: string) => refresh.no(ended, guest, { body: { refresh_token } })
const isLetIn = async (token: string) => (await bearer(token).call('GET', '/api/user/profile')).status === 200

/** Runs with the clock ahead, and puts it back. */
async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  aheadMs += ms
  try {
    return await work()
  } finally {
    aheadMs -= ms
  }
}

test('an access token is good for an hour', async () => {
  const { token } = await shop.customer()
  // a token's times are whole seconds
  assert.equal(await later(3_598_000, () => isLetIn(token)), true)
  assert.equal(await later(3_600_000, () => isLetIn(token)), false)
  assert.equal(await later(30 * day, () => isLetIn(token)), false)
})

test('a refreshed access token is good for an hour from then', async () => {
  const { refreshToken } = await shop.customer()
  await later(3 * day, async () => {
    const { token } = await trade(refreshToken)
    assert.equal(await later(3_598_000, () => isLetIn(token)), true)
    assert.equal(await later(3_600_000, () => isLetIn(token)), false)
  })
})

test('a refresh token is good for 7 days, after registering and after signing in', async () => {
  const person = { email: 'new@example.com', phone: '+6281300000001', full_name: 'New Person', password }
  const { data } = (await guest.call('POST', '/api/auth/register', person)).body
  const [quick, slow, plain] = [
    await signIn(person.email),
    await signIn(person.email),
    await signIn(person.email, { remember_me: false }),
  ]
  await later(7 * day - 1, async () => {
    for (const one of [data, quick]) await trade(one.refresh_token)
  })
  await later(7 * day, async () => {
    for (const one of [slow, plain]) await refuse(one.refresh_token)
  })
})

test('one that is to be remembered is good for 30 days', async () => {
  const { email } = await shop.customer()
  const [quick, slow] = [await signIn(email, { remember_me: true }), await signIn(email, { remember_me: true })]
  await later(30 * day - 1, () => trade(quick.refresh_token))
  await later(30 * day, () => refuse(slow.refresh_token))
})

test('each trade counts its days anew, and keeps how many they are', async () => {
  const { email } = await shop.customer()
  for (const [days, remember_me] of [
    [7, false],
    [30, true],
  ] as const) {
    // oxfmt-ignore
    let { refresh_token: token } = await signIn(email, { remember_me })
    const lifetime = days * day
    for (let turn = 0; turn < 3; turn++) {
      aheadMs += lifetime - 1
      token = (await trade(token)).refresh_token
    }
    await later(lifetime, () => refuse(token))
    aheadMs = 0
  }
})

test('each refresh token is traded once; used again, it ends all that came from that sign-in, the newest too', async () => {
  const person = await shop.customer()
  const elsewhere = await signIn(person.email)
  const second = await trade(person.refreshToken)
  const third = await trade(second.refresh_token)
  assert.equal(new Set([person.refreshToken, second.refresh_token, third.refresh_token]).size, 3)
  await refuse(second.refresh_token)
  for (const token of [third.refresh_token, second.refresh_token, person.refreshToken]) await refuse(token)
  // what came from another sign-in goes on
  const next = await trade(elsewhere.refresh_token)
  assert.equal(await isLetIn(next.token), true)
})

test('of trades of one token at once at most one is answered, and then the family has ended', async () => {
  const { refreshToken: refresh_token } = await shop.customer()
  const answers = await Promise.all([1, 2, 3, 4].map(() => refresh.send(guest, { body: { refresh_token } })))
  const won = answers.filter((answer) => answer.status === 200)
  assert.equal(won.length, 1)
  for (const answer of answers) if (answer !== won[0]) refresh.refuses(ended, answer)
  await refuse(won[0]!.body.data.refresh_token)
})

test('a new password by mail ends every session of its customer at once, and nobody else’s', async () => {
  const [person, other] = await Promise.all([shop.customer(), shop.customer()])
  const phone = await signIn(person.phone, { remember_me: true })
  const traded = await trade((await signIn(person.email)).refresh_token)
  const { token } = (await issueReset(shop.engine.direct(shop.store, system), person.email))!
  for (const access of [person.token, phone.token, traded.token]) assert.equal(await isLetIn(access), true)
  await reset.ok(guest, { body: { token, new_password: 'NewSecurePass123!' } })
  for (const access of [person.token, phone.token, traded.token]) assert.equal(await isLetIn(access), false)
  for (const old of [person.refreshToken, phone.refresh_token, traded.refresh_token]) await refuse(old)
  assert.equal(await isLetIn(other.token), true)
  await trade(other.refreshToken)
  // and the customer begins anew
  const fresh = await signIn(person.email, { password: 'NewSecurePass123!' })
  assert.equal(await isLetIn((await trade(fresh.refresh_token)).token), true)
})

test('whoever set a new password by mail has shown that the address is theirs', async () => {
  const { email } = await shop.customer()
  const { token } = (await issueReset(shop.engine.direct(shop.store, system), email))!
  await reset.ok(guest, { body: { token, new_password: password } })
  const signed = await signIn(email)
  const { data } = (await bearer(signed.token).call('GET', '/api/user/profile')).body
  assert.equal(data.email_verified, true)
})

test('a refresh token lies nowhere in the database', async () => {
  const { refreshToken, email } = await shop.customer()
  const everything = await everythingIn(shop.engine)
  assert.ok(everything.includes(email))
  for (const form of [refreshToken, Buffer.from(refreshToken, 'base64url').toString('base64')])
    assert.equal(everything.includes(form), false)
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(shop.engine.db)).findings, [])
})
