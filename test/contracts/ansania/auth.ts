import assert from 'node:assert/strict'
import { system } from '../../../src/engine/context.ts'
import { issueReset } from '../../../src/engine/identity/reset.ts'
import { password } from '../../support/furniture.ts'
import { statusesOf } from '../../support/faults.ts'
import { request } from '../../support/installation.ts'
import type { Wire } from '../../support/installation.ts'
import { bearer, clock, guest, shop } from './shop.ts'
import type { RowTests } from './table.ts'

let people = 0
/** What makes a new account; its phone number is nobody else's. */
const newPerson = () => {
  const number = ++people
  const phone = `+62813${String(1_000_000 + number)}`
  return { email: `new${number}@example.com`, phone, full_name: `New Person ${number}`, password }
}

const profileOf = async (token: string): Promise<Wire> => bearer(token).call('GET', '/api/user/profile')
const signIn = (email: string, secret: string) => guest.call('POST', '/api/auth/login', { email, password: secret })
const resetToken = async (email: string) => (await issueReset(shop.engine.direct(shop.store, system), email))!.token
const claimsOf = (token: string): Wire => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())

/** One number as people write it, for one that is kept as +62813…. */
const spellings = (phone: string) => {
  const own = phone.slice(3)
  const parted = `${own.slice(0, 3)}-${own.slice(3, 7)}-${own.slice(7)}`
  return [
    phone,
    `0${own}`,
    `62${own}`,
    `0062${own}`,
    `+62 ${parted}`,
    `0${parted}`,
    `(0${own.slice(0, 3)}) ${own.slice(3)}`,
    `+62 (0)${own}`,
  ]
}

export const auth: RowTests = {
  'auth.register': {
    'the documented request makes a customer, who is signed in by it': async (row) => {
      const { data } = await row.ok(guest, { body: row.request.body })
      const { id, odoo_user_id: userId, odoo_partner_id: partnerId, ...rest } = data.user
      assert.deepEqual(rest, { email: 'user@example.com', full_name: 'John Doe' })
      for (const number of [id, userId, partnerId]) assert.ok(Number.isInteger(number) && number > 0, String(number))
      const profile = await profileOf(data.token)
      assert.deepEqual([profile.status, profile.body.data.id, profile.body.data.phone], [200, id, '+628123456789'])
      assert.equal(profile.body.data.email_verified, false)
    },
    'the access token is a JWT of an hour, the refresh token is none': async (row) => {
      const { data } = await row.ok(guest, { body: newPerson() })
      const { exp, iat } = claimsOf(data.token)
      assert.equal(exp - iat, 3600)
      assert.match(data.token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
      assert.match(data.refresh_token, /^[\w-]{43}$/)
    },
    'while Odoo does not answer, a customer is made and has no number there; half a minute later a sign-in has it':
      async (row) => {
        const person = newPerson()
        await shop.sandboxCall('POST', '/faults', { provider: 'odoo', kind: 'error' })
        const { data } = await row.ok(guest, { body: person })
        assert.deepEqual([data.user.odoo_user_id, data.user.odoo_partner_id], [0, 0])
        await request(`${shop.sandbox.url}/faults`, { method: 'DELETE' })
        const resting = (await signIn(person.email, password)).body.data.user
        assert.deepEqual([resting.odoo_user_id, resting.odoo_partner_id], [0, 0]) // nobody waits for it meanwhile
        clock.aheadMs += 31_000
        const { user } = (await signIn(person.email, password)).body.data
        clock.aheadMs = 0
        assert.ok(user.odoo_user_id > 0 && user.odoo_partner_id > 0)
      },
    'in a store without an ERP the numbers of one are 0': async (row) => {
      const answer = await shop.call(shop.rival, 'POST', '/api/auth/register', { body: newPerson() })
      const { user } = row.answers(answer).data
      assert.deepEqual([user.odoo_user_id, user.odoo_partner_id], [0, 0])
    },
    'an address is taken once, in whatever case; in another store it is free': async (row) => {
      const person = newPerson()
      await row.ok(guest, { body: person })
      const again = { ...newPerson(), email: person.email.toUpperCase() }
      const answer = await row.send(guest, { body: again })
      row.refuses('the email (or phone) is registered already', answer)
      assert.equal(answer.body.error, 'Email already registered')
      row.answers(await shop.call(shop.rival, 'POST', '/api/auth/register', { body: person }))
    },
    'of registrations of one address or number at once, one makes an account': async (row) => {
      for (const taken of ['email', 'phone'] as const) {
        const first = newPerson()
        const bodies = [first, ...[1, 2].map(() => ({ ...newPerson(), [taken]: first[taken] }))]
        const answers = await Promise.all(bodies.map((body) => row.send(guest, { body })))
        assert.deepEqual(statusesOf(answers), [201, 409, 409])
      }
    },
    'a phone number is taken once, however it is written, and the refused account is not there': async (row) => {
      const person = newPerson()
      await row.ok(guest, { body: person })
      for (const phone of spellings(person.phone)) {
        const other = { ...newPerson(), phone }
        const answer = await row.send(guest, { body: other })
        row.refuses('the email (or phone) is registered already', answer)
        assert.equal(answer.body.error, 'Phone number already registered', phone)
        assert.equal((await signIn(other.email, password)).status, 401)
      }
    },
    'every wrong field is named': async (row) => {
      const all = ['email', 'full_name', 'password', 'phone']
      const when = 'email, phone, full_name or password is missing or malformed'
      for (const body of [
        {},
        undefined,
        { email: 'nobody', phone: 'one', full_name: '', password: 'short' },
        { email: 5, phone: 628123456789, full_name: null, password: [] },
        { email: 'a@b@c', phone: '12', full_name: '  ', password: 'aaaaaaa' },
      ])
        assert.deepEqual((await row.no(when, guest, { body })).toSorted(), all)
      for (const field of all) {
        const { [field]: _, ...body } = newPerson() as Record<string, string>
        assert.deepEqual(await row.no(when, guest, { body }), [field])
      }
      // it looks like a number, and can be dialled from nowhere
      await row.no(when, guest, { body: { ...newPerson(), phone: '+0812345678' } })
    },
    'a password needs eight characters and no more than that': async (row) => {
      await row.ok(guest, { body: { ...newPerson(), password: 'aaaaaaaa' } })
    },
    'the answer has neither the password, nor its hash, nor the phone number': async (row) => {
      const body = { ...newPerson(), password: 'a secret of mine' }
      const text = JSON.stringify(await row.ok(guest, { body }))
      assert.doesNotMatch(text, /a secret of mine|\$argon2/)
      assert.equal(text.includes(body.phone), false)
    },
  },

  'auth.login': {
    'the documented request signs in, with the data of the registration': async (row) => {
      const person = newPerson()
      const registered = (await guest.call('POST', '/api/auth/register', person)).body.data
      const { data } = await row.ok(guest, { body: { ...row.request.body, email: person.email } })
      assert.deepEqual(data.user, registered.user)
      assert.notEqual(data.refresh_token, registered.refresh_token)
      assert.equal((await profileOf(data.token)).body.data.id, data.user.id)
      const { exp, iat } = claimsOf(data.token)
      assert.equal(exp - iat, 3600)
    },
    'an address is the same in any case, and remember_me may be left out': async (row) => {
      const { email, serial } = await shop.customer()
      const { data } = await row.ok(guest, { body: { email: email.toUpperCase(), password } })
      assert.equal(data.user.id, serial)
    },
    'a phone number signs in however it is written': async (row) => {
      const person = newPerson()
      const { user } = (await guest.call('POST', '/api/auth/register', person)).body.data
      for (const email of spellings(person.phone))
        assert.equal((await row.ok(guest, { body: { email, password } })).data.user.id, user.id, email)
    },
    'a phone number signs in however it was written at registration': async (row) => {
      const { phone } = newPerson()
      for (const spelling of spellings(phone)) {
        const { data } = (await guest.call('POST', '/api/auth/register', { ...newPerson(), phone: spelling })).body
        const signed = (await row.ok(guest, { body: { email: phone, password } })).data
        assert.equal(signed.user.id, data.user.id, spelling)
        // then the number is free for the next one
        await bearer(signed.token).call('PUT', '/api/user/profile', { phone: newPerson().phone })
      }
    },
    'an unknown account, an unknown number and a wrong password are refused alike': async (row) => {
      const person = await shop.customer()
      const wrong = { email: person.email, password: 'not my password' }
      const answers = []
      for (const body of [
        wrong,
        { ...wrong, email: person.phone },
        { email: 'nobody@example.com', password },
        { email: '+628999999999', password },
        { email: 'nobody', password },
        { email: person.email, password: password.toLowerCase() },
        { email: person.email, password: ` ${password}` },
      ]) {
        const answer = await row.send(guest, { body })
        row.refuses('unknown account or wrong password', answer)
        answers.push({ ...answer.body, meta: null })
      }
      for (const answer of answers) assert.deepEqual(answer, answers[0])
    },
    'another store’s customer is unknown in this one': async (row) => {
      const rival = newPerson()
      await shop.call(shop.rival, 'POST', '/api/auth/register', { body: rival })
      for (const email of [rival.email, rival.phone])
        await row.no('unknown account or wrong password', guest, { body: { email, password } })
    },
    'every wrong field is named': async (row) => {
      for (const body of [{}, { email: '' }, { email: null, password: 12345678 }, { email: 'ab', password: '' }])
        assert.deepEqual((await row.no('email or password is missing', guest, { body })).toSorted(), [
          'email',
          'password',
        ])
      const body = { email: 'a@example.com', password, remember_me: 'yes' }
      assert.deepEqual(await row.no('email or password is missing', guest, { body }), ['remember_me'])
    },
  },

  'auth.refresh': {
    'a refresh token is traded for the next pair, without an Authorization header': async (row) => {
      const person = await shop.customer()
      const { data } = await row.ok(guest, { body: { refresh_token: person.refreshToken } })
      assert.deepEqual(Object.keys(data).toSorted(), ['refresh_token', 'token'])
      assert.notEqual(data.refresh_token, person.refreshToken)
      assert.notEqual(data.token, person.token)
      assert.equal((await profileOf(data.token)).body.data.id, person.serial)
      const { exp, iat } = claimsOf(data.token)
      assert.equal(exp - iat, 3600)
      // the access token of before is still good for what is left of its hour
      assert.equal((await profileOf(person.token)).status, 200)
    },
    'an access token in the place of a refresh token is refused, and the other way round': async (row) => {
      const person = await shop.customer()
      const when = 'the refresh token is invalid or older than 7 days'
      await row.no(when, guest, { body: { refresh_token: person.token } })
      assert.equal((await profileOf(person.refreshToken)).status, 401)
      await row.ok(guest, { body: { refresh_token: person.refreshToken } })
    },
    'what is no refresh token, and one of another store, are refused alike': async (row) => {
      const when = 'the refresh token is invalid or older than 7 days'
      const rival = await shop.customer(shop.rival)
      const words = [row.request.body.refresh_token, 'x', "' or 1=1 --", 'a'.repeat(500), rival.refreshToken]
      for (const refresh_token of words) {
        const answer = await row.send(guest, { body: { refresh_token } })
        row.refuses(when, answer)
        assert.equal(answer.body.error, 'Invalid refresh token')
      }
      // being refused elsewhere has not ended it
      const body = { refresh_token: rival.refreshToken }
      row.answers(await shop.call(shop.rival, 'POST', '/api/auth/refresh', { body }))
    },
    'without a refresh token there is nothing to trade': async (row) => {
      const bodies: unknown[] = [{}, undefined, { refresh_token: '' }, { refresh_token: null }, { refresh_token: 5 }]
      for (const body of bodies)
        assert.deepEqual(await row.no('refresh_token is missing', guest, { body }), ['refresh_token'])
    },
  },

  'auth.forgotPassword': {
    'the answer is the same for an address that is registered and for one that is not': async (row) => {
      const { email } = await shop.customer()
      const known = await row.ok(guest, { body: { email } })
      const unknown = await row.ok(guest, { body: { email: 'nobody@example.com' } })
      assert.deepEqual(known.data, { message: 'Password reset email sent' })
      assert.deepEqual(unknown.data, known.data)
    },
    'what is no address is refused': async (row) => {
      for (const body of [{}, undefined, { email: 'nobody' }, { email: '' }, { email: ['a@example.com'] }])
        assert.deepEqual(await row.no('email is missing or malformed', guest, { body }), ['email'])
    },
  },

  'auth.resetPassword': {
    'a token sets the new password once; the old one no longer signs in': async (row) => {
      const person = await shop.customer()
      const body = { ...row.request.body, token: await resetToken(person.email) }
      const { data } = await row.ok(guest, { body })
      assert.deepEqual(data, { message: 'Password has been reset' })
      assert.equal((await signIn(person.email, password)).status, 401)
      for (const login of [person.email, person.phone])
        assert.equal((await signIn(login, body.new_password)).status, 200)
      await row.no('token or new_password is missing', guest, { body: { ...body, new_password: 'Another123' } })
      assert.equal((await signIn(person.email, 'Another123')).status, 401)
    },
    'a made-up token, and one of another store, are refused alike': async (row) => {
      const { email } = await shop.customer(shop.rival)
      const { token } = (await issueReset(shop.engine.direct(shop.rival, system), email))!
      for (const body of [row.request.body, { ...row.request.body, token }]) {
        const answer = await row.send(guest, { body })
        row.refuses('token or new_password is missing', answer)
        assert.equal(answer.body.error, 'Invalid or expired reset token')
      }
    },
    'a new password needs eight characters; a refused one spends no token': async (row) => {
      const { email } = await shop.customer()
      const token = await resetToken(email)
      const no = (body: object) => row.no('token or new_password is missing', guest, { body })
      assert.deepEqual(await no({}), ['token', 'new_password'])
      assert.deepEqual(await no({ token }), ['new_password'])
      assert.deepEqual(await no({ token, new_password: 'aaaaaaa' }), ['new_password'])
      await row.ok(guest, { body: { token, new_password: 'aaaaaaaa' } })
    },
  },
}
