import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keys, openSandbox, startShop, type Wire } from './testing.ts'
import { startSandbox } from './sandbox.ts'

test('the sandbox says what stands here and that it is well', async (t) => {
  const { call } = await openSandbox(t)
  const home = await call('GET', '/')
  assert.match(home.headers.get('content-type')!, /^text\/html/)
  for (const part of ['/razorpay/v1', '/mail', '/faults']) assert.ok(home.text.includes(part), part)
  assert.deepEqual([(await call('GET', '/healthz')).status, (await call('GET', '/nowhere')).status], [200, 404])
})

test('no control call can be made to fail by what it is sent', async (t) => {
  const { call, lines } = await openSandbox(t)
  const paths = [
    '/faults',
    '/razorpay/sandbox/pay',
    '/razorpay/sandbox/secret',
    '/razorpay/sandbox/webhook-url',
    '/razorpay/sandbox/webhooks/resend',
  ]
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    '1',
    '{"__proto__":{"a":1}}',
    '{"key_id":{}}',
    '{"provider":["mail"],"kind":1}',
  ]
  for (const path of paths) {
    for (const body of bodies) {
      const answer = await call('POST', path, body)
      assert.equal(answer.status, 400, `${path} ${body}`)
      assert.equal(typeof answer.body.error, 'string')
    }
    assert.equal((await call('POST', path, 'x'.repeat(2_000_000))).status, 413)
  }
  const unknownKey = await call('POST', '/razorpay/sandbox/secret', { key_id: 'rzp_none', webhook_secret: 's' })
  assert.equal(unknownKey.status, 400)
  assert.deepEqual(lines, [])
})

test('closing ends held answers, retries and open connections at once', async () => {
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    razorpay: [{ ...keys, webhookUrl: 'http://127.0.0.1:1/' }],
  })
  const authorization = `Basic ${btoa(`${keys.keyId}:${keys.keySecret}`)}`
  const post = (path: string, body: object) =>
    fetch(sandbox.url + path, { method: 'POST', headers: { authorization }, body: JSON.stringify(body) })
  const order: Wire = await (await post('/razorpay/v1/orders', { amount: 100, currency: 'INR' })).json()
  await post('/razorpay/sandbox/pay', { razorpay_order_id: order.id })
  await post('/faults', { provider: 'razorpay', kind: 'delay', delayMs: 60_000 })
  const held = assert.rejects(post('/razorpay/v1/orders', { amount: 100, currency: 'INR' }))
  await new Promise((resolve) => setTimeout(resolve, 30))
  const start = performance.now()
  await sandbox.close()
  await held
  assert.ok(performance.now() - start < 2000)
})

test('a port in use, a key given twice and an address that is none are refused at the start', async (t) => {
  const { url, smtpPort } = await openSandbox(t)
  const account = { ...keys, webhookUrl: null }
  const options = { port: 0, smtpPort: 0, razorpay: [account] }
  await assert.rejects(startSandbox({ ...options, port: Number(new URL(url).port) }), { code: 'EADDRINUSE' })
  await assert.rejects(startSandbox({ ...options, smtpPort }), { code: 'EADDRINUSE' })
  await assert.rejects(startSandbox({ ...options, razorpay: [account, account] }), /two Razorpay accounts/)
  await assert.rejects(startSandbox({ ...options, razorpay: [{ ...keys, webhookUrl: 'shop' }] }), /http or https/)
})

test('four hundred purchases at once are all told, and none is lost', async (t) => {
  const shop = await startShop(t)
  const { order, pay } = await openSandbox(t, shop.url)
  await Promise.all(Array.from({ length: 400 }, async () => pay((await order()).id)))
  const end = Date.now() + 10_000
  while (shop.hooks.length < 1200 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(new Set(shop.hooks.map(({ headers }) => headers['x-razorpay-event-id'])).size, 1200)
})
