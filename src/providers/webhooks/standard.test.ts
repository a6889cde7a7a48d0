import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { newSecret, problemOfSecret, standardHeaders } from './standard.ts'

test('a signature is that of the vector which the libraries of Standard Webhooks are tested with', () => {
  const at = new Date(1_614_265_330_000)
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  assert.deepEqual(standardHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', at, '{"test": 2432232314}', secret), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a secret of another kind is its own text, and parts of a second are none', () => {
  const headers = standardHeaders('msg_1', new Date(1999), 'ü', 'ink-demo-secret')
  assert.equal(headers['webhook-timestamp'], '1')
  const expected = createHmac('sha256', 'ink-demo-secret').update('msg_1.1.ü').digest('base64')
  assert.equal(headers['webhook-signature'], `v1,${expected}`)
})

test('a secret is new each time and can be used; one that cannot is refused', () => {
  const secret = newSecret()
  assert.notEqual(secret, newSecret())
  assert.equal(Buffer.from(secret.slice(6), 'base64').length, 32)
  for (const good of [secret, 'a-secret-of-ours-that-is-long', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])
    assert.equal(problemOfSecret(good), null, good)
  for (const bad of [
    'short',
    'whsec_',
    'whsec_c2hvcnQ=',
    'whsec_not base64 at all, this is not!!',
    `whsec_${'A'.repeat(120)}`,
  ])
    assert.match(problemOfSecret(bad)!, /secret/, bad)
})
