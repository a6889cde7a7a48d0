import assert from 'node:assert/strict'
import { after } from 'node:test'
import { openFurnitureShop, password } from '../../support/furniture.ts'
import { testResets } from '../resets.ts'
import { openRow } from './table.ts'
import type { Caller } from './table.ts'

let aheadMs = 0
const shop = await openFurnitureShop({ after }, { worker: true, now: () => new Date(Date.now() + aheadMs) })
const guest: Caller = {
  call: (method, path, body, headers) => shop.call(shop.store, method, path, { body, headers }),
}

testResets({
  shop,
  ahead: (ms) => void (aheadMs = ms),
  guest,
  forgot: openRow('auth.forgotPassword'),
  reset: openRow('auth.resetPassword'),
  password,
  newPassword: 'NewSecurePass123!',
  unusable: 'token or new_password is missing, or the token is unknown, used or expired',
  words: 'Invalid or expired reset token',
  title: 'Ansania',
  page: '/ansania/reset-password',
  said: (body) => {
    const { meta: _, ...rest } = body
    return rest
  },
  assertOver: async ({ refreshToken }) => {
    const old = await guest.call('POST', '/api/auth/refresh', { refresh_token: refreshToken })
    assert.equal(old.status, 401)
  },
})
