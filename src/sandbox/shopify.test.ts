import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { startSandbox } from './sandbox.ts'
import type { Wire } from './testing.ts'

const secret = 'ink-secret-of-a-test'

async function open(t: TestContext, webhookSecret = secret) {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [], shopify: { webhookSecret } })
  t.after(() => sandbox.close())
  const call = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const response = await fetch(
      sandbox.url + path,
      body === undefined ? { method, headers } : { method, headers, body },
    )
    return { status: response.status, headers: response.headers, body: (await response.json()) as Wire }
  }
  const control = (path: string, body: object) => call('POST', path, JSON.stringify(body))
  return { call, control, list: async () => (await call('GET', '/shopify/webhooks')).body as Wire[] }
}

const body = JSON.stringify({ order_id: 'ORDER-1', status: 'verified' })
const ink = (text = body, key = secret) => ({ 'x-ink-signature': createHmac('sha256', key).update(text).digest('hex') })
const standard = (id: string, text = body, at = Date.now(), key: string | Buffer = secret) => {
  const timestamp = String(Math.floor(at / 1000))
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

test('INK’s webhook is taken with its signature, and shown with what was checked', async (t) => {
  const { call, list } = await open(t)
  assert.equal((await call('POST', '/shopify/webhook', body, ink())).status, 200, 'as its document has it')
  assert.equal((await call('POST', '/shopify/webhook', body, { ...ink(), ...standard('msg_1') })).status, 200)
  const [latest, first, ...more] = await list()
  assert.deepEqual(more, [])
  assert.deepEqual(
    [latest.id, latest.inkSignature, latest.standardSignature, latest.isRepeat, latest.times, latest.body],
    ['msg_1', 'valid', 'valid', false, 1, JSON.parse(body)],
  )
  assert.equal(latest.raw, body)
  assert.deepEqual([first.id, first.inkSignature, first.standardSignature], [null, 'valid', 'missing'])
})

test('one whose signature is missing, another’s, over other bytes or old is refused, and shown', async (t) => {
  const { call, list } = await open(t)
  const wrong: Record<string, string>[] = [
    {},
    ink(`${body} `),
    ink(body, 'another'),
    { 'x-ink-signature': ink()['x-ink-signature'].toUpperCase() },
    standard('msg_1'),
    { ...ink(), ...standard('msg_1', '{}') },
    { ...ink(), ...standard('msg_1', body, Date.now() - 301_000) },
    { ...ink(), ...standard('msg_1', body, Date.now() + 302_000) },
    { ...ink(), 'webhook-id': 'msg_1' },
  ]
  for (const headers of wrong)
    assert.equal((await call('POST', '/shopify/webhook', body, headers)).status, 401, JSON.stringify(headers))
  assert.equal((await call('POST', '/shopify/events', body, ink())).status, 401, 'there, Standard Webhooks count')
  const shown = await list()
  assert.equal(shown.length, wrong.length + 1)
  assert.ok(shown.every(({ status, isRepeat }) => status === 401 && !isRepeat))
})

test('an id that comes again is taken, and marked as a repeat', async (t) => {
  const { call, list } = await open(t)
  for (let n = 0; n < 3; n++) await call('POST', '/shopify/events', body, standard('msg_1'))
  assert.deepEqual(
    (await list()).map(({ isRepeat, times }) => [isRepeat, times]),
    [
      [true, 3],
      [true, 3],
      [false, 3],
    ],
  )
  assert.deepEqual((await call('DELETE', '/shopify/webhooks')).body, { deleted: 3 })
  assert.deepEqual(await list(), [])
})

test('a secret of Standard Webhooks is base64, and of several signatures one has to hold', async (t) => {
  const { call } = await open(t, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  const headers = standard('msg_1', body, Date.now(), Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'))
  headers['webhook-signature'] = `v1,b3RoZXI= ${headers['webhook-signature']} v1a,eA==`
  assert.equal((await call('POST', '/shopify/events', body, headers)).status, 200)
})

test('it answers as it is told, so many times, and fails as faults have it, without taking anything', async (t) => {
  const { call, control, list } = await open(t)
  await control('/shopify/sandbox/answer', { status: 503, count: 2, retryAfter: '7' })
  const send = () => call('POST', '/shopify/webhook', body, ink())
  const answers = [await send(), await send(), await send()]
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers.get('retry-after')]),
    [
      [503, '7'],
      [503, '7'],
      [200, null],
    ],
  )
  assert.equal((await list()).length, 1)
  for (const [kind, status] of [
    ['error', 500],
    ['garbage', 502],
  ] as const) {
    await control('/faults', { provider: 'shopify', kind, count: 1 })
    const response = await call('POST', '/shopify/webhook', body, ink()).catch(() => ({ status: 502 }))
    assert.equal(response.status, status)
  }
  assert.equal((await list()).length, 1)
  assert.equal((await control('/shopify/sandbox/answer', { status: 42 })).status, 400)
})
