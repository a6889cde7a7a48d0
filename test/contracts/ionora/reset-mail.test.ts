import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openShop, password } from '../../support/shop.ts'
import { testResets } from '../resets.ts'
import { openRow } from './table.ts'
import type { Caller } from './table.ts'

let aheadMs = 0
const shop = await openShop({ after }, { worker: true, now: () => new Date(Date.now() + aheadMs) })
const guest: Caller = {
  call: (method, path, body, headers) => shop.call(shop.store, method, path, { body, headers }),
}
const reset = openRow('auth.resetPassword')
const unusable = 'reset token invalid or expired'

const { ask, setTo } = testResets({
  shop,
  ahead: (ms) => void (aheadMs = ms),
  guest,
  forgot: openRow('auth.forgotPassword'),
  reset,
  password,
  newPassword: 'NewPass123',
  unusable,
  words: 'Invalid or expired reset token.',
  title: 'Ionora',
  page: '/ionora/reset-password',
  said: (body) => body,
})

test('a changed password ends the links of before', async () => {
  const person = await shop.customer()
  const { token } = await ask(person.email)
  const body = { current_password: password, new_password: 'Changed123' }
  assert.equal((await person.call('PUT', '/api/auth/change-password', body)).status, 200)
  await reset.no(unusable, guest, setTo(token, 'Other12345'))
})
