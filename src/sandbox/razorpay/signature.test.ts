import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sign, signCheckout } from './signature.ts'

test('a checkout is signed as in the gateway’s published examples', () => {
  const secret = 'EnLs21M47BllR3X8PSFtjtbd'
  assert.equal(
    signCheckout(secret, 'order_IEIaMR65cu6nz3', 'pay_IH4NVgf4Dreq1l'),
    '0d4e745a1838664ad6c9c9902212a32d627d68e917290b0ad5f08ff4561bc50f',
  )
  assert.equal(
    sign(secret, 'plink_IH3cNucfVEgV68|TSsd1989|paid|pay_IH3d0ara9bSsjQ'),
    '07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b',
  )
})

test('a webhook’s raw body is signed as in the gateway’s published example', () => {
  assert.equal(
    sign('123456', '{"a":1,"b":2,"c":{"d":3}}'),
    '2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc',
  )
})
