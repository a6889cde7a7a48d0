import assert from 'node:assert/strict'
import { issueReset } from '../../../src/engine/identity/reset.ts'
import { system } from '../../../src/engine/context.ts'
import { password } from '../../support/shop.ts'
import { bearer, guest, newEmail, shop, whileFailing } from './shop.ts'
import type { RowTests } from './table.ts'

const signIn = (email: string, password: string) =>
  shop.call(shop.store, 'POST', '/api/auth/login', { body: { email, password } })

const resetToken = async (email: string) => (await issueReset(shop.engine.direct(shop.store, system), email))!.token

export const auth: RowTests = {
  'auth.register': {
    'the documented request makes a customer, who is signed in by it': async (row) => {
      const email = newEmail()
      const { user, token } = await row.ok(guest, { body: { ...row.request.body, email } })
      const { id, created_at: at, updated_at: updated, ...rest } = user
      assert.deepEqual(rest, {
        email,
        full_name: 'Jane Doe',
        phone: '9876543210',
        email_verified: false,
        is_admin: false,
        last_login: null,
      })
      assert.equal(at, updated)
      assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
      assert.deepEqual(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).sub, id)
      assert.deepEqual((await bearer(token).call('GET', '/api/user/profile')).body, { user })
    },
    'phone may be left out and is null then': async (row) => {
      const body = { email: newEmail(), password: 'Password123', full_name: 'Jane Doe' }
      assert.equal((await row.ok(guest, { body })).user.phone, null)
    },
    'a password needs eight characters and no more than that': async (row) => {
      const body = { email: newEmail(), full_name: 'Jane Doe' }
      const short = await row.send(guest, { body: { ...body, password: 'aaaaaaa' } })
      assert.deepEqual(short.body, {
        errors: [{ msg: 'Password must be at least 8 characters', param: 'password' }],
      })
      await row.ok(guest, { body: { ...body, password: 'aaaaaaaa' } })
    },
    'every wrong field is named': async (row) => {
      for (const body of [{ email: 'nobody', password: 'short' }, {}, { email: 5, password: [], full_name: '' }]) {
        const wrong = await row.no('validation', guest, { body })
        assert.deepEqual(wrong.toSorted(), ['email', 'full_name', 'password'])
      }
    },
    'an address is taken once, in whatever case': async (row) => {
      const body = { ...row.request.body, email: newEmail() }
      await row.ok(guest, { body })
      await row.no('email already registered', guest, { body: { ...body, email: body.email.toUpperCase() } })
    },
    'a failure of ours is a 500 that tells nothing, and leaves nothing': async (row) => {
      const body = { ...row.request.body, email: newEmail() }
      await whileFailing('login', `new.subject = '${body.email}'`, () => row.no('internal failure', guest, { body }))
      await row.ok(guest, { body })
    },
    'the answer has neither the password nor its hash': async (row) => {
      const body = { ...row.request.body, email: newEmail(), password: 'a secret of mine' }
      assert.doesNotMatch(JSON.stringify(await row.ok(guest, { body })), /a secret of mine|\$argon2/)
    },
  },

  'auth.login': {
    'the documented request signs in, and last_login is a time from then on': async (row) => {
      const registered = { email: newEmail(), password: 'Password123', full_name: 'Jane Doe' }
      const { user: fresh } = (await shop.call(shop.store, 'POST', '/api/auth/register', { body: registered })).body
      assert.equal(fresh.last_login, null)
      const { user, token } = await row.ok(guest, { body: { ...row.request.body, email: registered.email } })
      assert.ok(Math.abs(Date.parse(user.last_login) - Date.now()) < 60_000)
      assert.deepEqual({ ...user, last_login: null }, fresh)
      assert.deepEqual((await bearer(token).call('GET', '/api/user/profile')).body, { user })
    },
    'an address is the same in any case': async (row) => {
      const { email } = await shop.customer()
      await row.ok(guest, { body: { email: email.toUpperCase(), password } })
    },
    'an unknown address and a wrong password are refused alike': async (row) => {
      const { email } = await shop.customer()
      const wrong = await row.send(guest, { body: { email, password: 'not my password' } })
      const unknown = await row.send(guest, { body: { email: newEmail(), password } })
      row.refuses('invalid credentials', wrong)
      row.refuses('invalid credentials', unknown)
      assert.deepEqual(wrong.body, unknown.body)
    },
    'every wrong field is named': async (row) => {
      for (const body of [
        {},
        { email: 'nobody' },
        { email: 'nobody', password: '' },
        { email: null, password: 12345678 },
      ])
        assert.deepEqual((await row.no('validation', guest, { body })).toSorted(), ['email', 'password'])
    },
  },

  'auth.forgotPassword': {
    'the answer is the same for an address that is registered and for one that is not': async (row) => {
      const { email } = await shop.customer()
      const known = await row.ok(guest, { body: { email } })
      assert.deepEqual(await row.ok(guest, { body: row.request.body }), known)
    },
    'what is no address is refused': async (row) => {
      for (const body of [{}, { email: 'nobody' }, { email: '' }, { email: ['a@example.com'] }])
        assert.deepEqual(await row.no('validation', guest, { body }), ['email'])
    },
  },

  'auth.resetPassword': {
    'a token sets the new password once; the old password and the old sessions end': async (row) => {
      const person = await shop.customer()
      const body = { ...row.request.body, token: await resetToken(person.email) }
      await row.ok(guest, { body })
      assert.equal((await signIn(person.email, password)).status, 401)
      assert.equal((await signIn(person.email, body.new_password)).status, 200)
      assert.equal((await person.call('GET', '/api/user/profile')).status, 401)
      await row.no('reset token invalid or expired', guest, { body: { ...body, new_password: 'Another123' } })
      assert.equal((await signIn(person.email, 'Another123')).status, 401)
    },
    'a made-up token, and one of another store, are refused alike': async (row) => {
      await row.no('reset token invalid or expired', guest, { body: row.request.body })
      const { email } = await shop.customer(shop.rival)
      const { token } = (await issueReset(shop.engine.direct(shop.rival, system), email))!
      await row.no('reset token invalid or expired', guest, { body: { ...row.request.body, token } })
    },
    'a new password needs eight characters; a refused one spends no token': async (row) => {
      const { email } = await shop.customer()
      const token = await resetToken(email)
      assert.deepEqual(await row.no('validation', guest, { body: {} }), ['token', 'new_password'])
      assert.deepEqual(await row.no('validation', guest, { body: { token } }), ['new_password'])
      assert.deepEqual(await row.no('validation', guest, { body: { token, new_password: 'aaaaaaa' } }), [
        'new_password',
      ])
      await row.ok(guest, { body: { token, new_password: 'aaaaaaaa' } })
    },
  },

  'auth.changePassword': {
    'the new password works from then on, and the old one does not': async (row) => {
      const person = await shop.customer()
      const body = { current_password: password, new_password: 'NewPass123' }
      const { token } = await row.ok(person, { body })
      assert.equal((await signIn(person.email, password)).status, 401)
      assert.equal((await signIn(person.email, 'NewPass123')).status, 200)
      // the sessions of before have ended, and the caller was given another
      assert.equal((await person.call('GET', '/api/user/profile')).status, 401)
      assert.equal((await bearer(token).call('GET', '/api/user/profile')).status, 200)
    },
    'a wrong current password is a 401 and leaves the password as it was': async (row) => {
      const person = await shop.customer()
      await row.no('current password incorrect', person, { body: row.request.body })
      assert.equal((await signIn(person.email, password)).status, 200)
      assert.equal((await person.call('GET', '/api/user/profile')).status, 200)
    },
    'every wrong field is named': async (row) => {
      const person = await shop.customer()
      assert.deepEqual(await row.no('validation', person, { body: {} }), ['current_password', 'new_password'])
      const body = { current_password: password, new_password: 'aaaaaaa' }
      assert.deepEqual(await row.no('validation', person, { body }), ['new_password'])
    },
  },
}
