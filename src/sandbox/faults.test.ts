import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { keys, openSandbox } from './testing.ts'

const someOrder = { amount: 5000, currency: 'INR', receipt: 'R-1' }

test('a fault answers with what is set, is listed, replaced by its like, and ended', async (t) => {
  const { call, fault } = await openSandbox(t)
  const set = await fault({ kind: 'error', rate: 0.5, count: 3 })
  const expected = {
    provider: 'razorpay',
    kind: 'error',
    rate: 0.5,
    delayMs: 0,
    count: 3,
    after: false,
    only: null,
    copies: 3,
    struck: 0,
  }
  assert.deepEqual([set.status, set.body], [200, expected])
  await fault({ kind: 'error', rate: 0 })
  await fault({ kind: 'drop', only: 'webhook' })
  assert.deepEqual(
    (await call('GET', '/faults')).body.map(({ kind, rate }: { kind: string; rate: number }) => [kind, rate]),
    [
      ['error', 0],
      ['drop', 1],
    ],
  )
  assert.deepEqual((await call('DELETE', '/faults')).body, { ended: 2 })
  assert.deepEqual((await call('GET', '/faults')).body, [])
})

test('a fault that makes no sense is refused with what would', async (t) => {
  const { call } = await openSandbox(t)
  const cases: [unknown, string][] = [
    ['nonsense', 'the body must be a JSON object'],
    [{ kind: 'drop' }, 'provider must be given'],
    [{ provider: 'nobody', kind: 'drop' }, 'provider must be one of razorpay, mail, '],
    [{ provider: '__proto__', kind: 'drop' }, 'provider must be one of razorpay, mail, '],
    [{ provider: 'mail', kind: 'fire' }, 'kind must be one of delay, drop, error, garbage, duplicate, reorder'],
    [{ provider: 'mail', kind: 'drop', rate: 1.5 }, 'rate must be <= 1'],
    [{ provider: 'mail', kind: 'drop', count: 0 }, 'count must be >= 1'],
    [{ provider: 'mail', kind: 'drop', delay: 5 }, 'there is no field delay'],
    [
      { provider: 'razorpay', kind: 'error', only: 'webhook' },
      'error has no meaning for razorpay with only webhook: kind must be one of delay, drop, duplicate, reorder',
    ],
    [
      { provider: 'mail', kind: 'reorder' },
      'reorder has no meaning for mail: kind must be one of delay, drop, error, garbage',
    ],
  ]
  for (const [body, error] of cases) {
    const answer = await call('POST', '/faults', body)
    assert.deepEqual([answer.status, Object.keys(answer.body)], [400, ['error']])
    // the providers are listed, and there will be more of them
    assert.ok(answer.body.error === error || (error.endsWith(', ') && answer.body.error.startsWith(error)), error)
  }
})

test('an error before the work leaves nothing behind, and one after it leaves the order made', async (t) => {
  const { api, fault } = await openSandbox(t)
  for (const [after, made] of [
    [false, 0],
    [true, 1],
  ] as const) {
    await fault({ kind: 'error', count: 1, after, only: 'api' })
    const { status, body } = await api('POST', '/orders', someOrder)
    assert.deepEqual([status, body.error.code], [500, 'SERVER_ERROR'])
    assert.equal((await api('GET', '/orders?receipt=R-1')).body.count, made)
  }
})

test('a dropped answer is a broken connection, whether or not the work was done', async (t) => {
  const { api, fault } = await openSandbox(t)
  for (const [after, made] of [
    [false, 0],
    [true, 1],
  ] as const) {
    await fault({ kind: 'drop', count: 1, after })
    await assert.rejects(api('POST', '/orders', someOrder), TypeError)
    assert.equal((await api('GET', '/orders?receipt=R-1')).body.count, made)
  }
})

test('garbage is a 200 that is not JSON', async (t) => {
  const { api, fault } = await openSandbox(t)
  await fault({ kind: 'garbage', count: 1, after: true })
  const { status, text } = await api('POST', '/orders', someOrder)
  assert.equal(status, 200)
  assert.throws(() => JSON.parse(text))
  assert.equal((await api('GET', '/orders')).body.count, 1)
})

test('what a caller no longer waits for is done all the same', async (t) => {
  const { api, fault, url } = await openSandbox(t)
  await fault({ kind: 'delay', delayMs: 500, count: 1 })
  const headers = { authorization: `Basic ${btoa(`${keys.keyId}:${keys.keySecret}`)}` }
  const signal = AbortSignal.timeout(250)
  const body = JSON.stringify(someOrder)
  await assert.rejects(fetch(`${url}/razorpay/v1/orders`, { method: 'POST', headers, body, signal }), /timeout/)
  await wait(500)
  assert.equal((await api('GET', '/orders')).body.count, 1)
})

test('a delay before and a delay after add up with what ends the request', async (t) => {
  const { api, fault } = await openSandbox(t)
  await fault({ kind: 'delay', delayMs: 60, count: 1 })
  await fault({ kind: 'delay', delayMs: 60, count: 1, after: true })
  await fault({ kind: 'error', delayMs: 60, count: 1 })
  const start = performance.now()
  assert.equal((await api('POST', '/orders', someOrder)).status, 500)
  assert.ok(performance.now() - start >= 175)
  assert.equal((await api('POST', '/orders', someOrder)).status, 200)
})

test('a fault strikes as often as it was told, says so, and never the buyer’s call', async (t) => {
  const { api, call, order, pay, fault } = await openSandbox(t)
  const { id } = await order()
  await fault({ kind: 'error', count: 2 })
  assert.ok((await pay(id)).razorpay_signature)
  const statuses = []
  for (let index = 0; index < 4; index += 1) statuses.push((await api('GET', `/orders/${id}`)).status)
  assert.deepEqual(statuses, [500, 500, 200, 200])
  assert.equal((await call('GET', '/faults')).body[0].struck, 2)
})

test('a fault for webhooks alone leaves requests in peace', async (t) => {
  const { api, fault } = await openSandbox(t)
  await fault({ kind: 'drop', only: 'webhook' })
  assert.equal((await api('GET', '/orders')).status, 200)
})
