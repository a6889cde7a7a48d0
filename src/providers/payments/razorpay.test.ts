import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { saying } from '../../../test/support/stranger.ts'
import { GatewayError, UnreadableWebhook } from '../../engine/payments/gateway.ts'
import type { SessionAsk } from '../../engine/payments/gateway.ts'
import { createRazorpay, sign } from './razorpay.ts'

/** As published in the tests of Razorpay's own libraries. */
const published = {
  keySecret: 'EnLs21M47BllR3X8PSFtjtbd',
  order: 'order_IEIaMR65cu6nz3',
  payment: 'pay_IH4NVgf4Dreq1l',
  checkout: '0d4e745a1838664ad6c9c9902212a32d627d68e917290b0ad5f08ff4561bc50f',
  link: 'plink_IH3cNucfVEgV68|TSsd1989|paid|pay_IH3d0ara9bSsjQ',
  linkSignature: '07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b',
  webhookSecret: '123456',
  webhook: '{"a":1,"b":2,"c":{"d":3}}',
  webhookSignature: '2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc',
}

const account = {
  baseUrl: 'http://127.0.0.1:1',
  keyId: 'rzp_test_unit',
  keySecret: published.keySecret,
  webhookSecrets: ['new-secret', published.webhookSecret],
}
const gateway = createRazorpay(account)

test('the published vectors hold', () => {
  assert.equal(sign(published.keySecret, `${published.order}|${published.payment}`), published.checkout)
  assert.equal(sign(published.keySecret, published.link), published.linkSignature)
  assert.equal(sign(published.webhookSecret, published.webhook), published.webhookSignature)
  assert.equal(gateway.isGenuine(published.order, published.payment, published.checkout), true)
})

test('a return from checkout that was tampered with is not genuine', () => {
  const { order, payment, checkout } = published
  for (const signature of ['', checkout.slice(1), `${checkout}0`, checkout.toUpperCase(), checkout.replace('0', '1')]) {
    assert.equal(gateway.isGenuine(order, payment, signature), false, signature)
  }
  assert.equal(gateway.isGenuine(order, 'pay_other', checkout), false)
  assert.equal(gateway.isGenuine('order_other', payment, checkout), false)
})

const event = (name: string, payload: object) => Buffer.from(JSON.stringify({ entity: 'event', event: name, payload }))
const paid = event('payment.captured', { payment: { entity: { id: 'pay_1', order_id: 'order_1' } } })
const headers = (body: Buffer, secret: string, id?: string) => ({
  'x-razorpay-signature': sign(secret, body),
  ...(id === undefined ? {} : { 'x-razorpay-event-id': id }),
})

test('a webhook is read when it is signed with any of the secrets, over its bytes', () => {
  for (const secret of account.webhookSecrets) {
    assert.deepEqual(gateway.readWebhook(paid, headers(paid, secret, 'evt_1')), {
      eventId: 'evt_1',
      type: 'payment.captured',
      payment: { providerPaymentId: 'pay_1', providerSessionId: 'order_1' },
    })
  }
  assert.equal(gateway.readWebhook(paid, headers(paid, 'old-secret', 'evt_1')), null)
  assert.equal(gateway.readWebhook(paid, {}), null)
  assert.equal(gateway.readWebhook(paid, { 'x-razorpay-signature': ['a', 'b'] }), null)
  const respelt = Buffer.from(paid.toString().replaceAll('"', ' "'))
  assert.equal(gateway.readWebhook(respelt, headers(paid, 'new-secret')), null)
})

test('without an id the SHA-256 of the body stands for it', () => {
  const hash = createHash('sha256').update(paid).digest('hex')
  for (const id of [undefined, '', 'x'.repeat(201)]) {
    assert.equal(gateway.readWebhook(paid, headers(paid, 'new-secret', id))?.eventId, hash)
  }
})

test('refund events name the refund and its payment; others name nothing; nonsense is unreadable', () => {
  const read = (body: Buffer) => gateway.readStored(body, 'evt')
  const entities = {
    refund: { entity: { id: 'rfnd_1', payment_id: 'pay_1' } },
    payment: { entity: { id: 'pay_1', order_id: 'order_1' } },
  }
  assert.deepEqual(read(event('refund.processed', entities)), {
    eventId: 'evt',
    type: 'refund.processed',
    refund: { providerRefundId: 'rfnd_1', providerPaymentId: 'pay_1' },
  })
  assert.deepEqual(read(event('payment_link.paid', entities)), { eventId: 'evt', type: 'payment_link.paid' })
  assert.deepEqual(read(event('payment.captured', { payment: { entity: { id: 7, order_id: null } } })), {
    eventId: 'evt',
    type: 'payment.captured',
  })
  for (const body of ['', '[]', 'null', '{"event":1,"payload":{}}', '{"event":"x","payload":[]}', '{"event":"x"}']) {
    assert.throws(() => read(Buffer.from(body)), UnreadableWebhook, body)
  }
})

/** A gateway that answers what it is told to, and what it was asked. */
async function answering(t: TestContext, ...answers: [status: number, body: unknown][]) {
  const { asked, url } = await saying(t, answers)
  return { asked, gateway: createRazorpay({ ...account, baseUrl: url, timeoutMs: 1500 }) }
}

const order = { id: 'order_1', amount: 967_494, currency: 'INR', receipt: 'ref' }
const ask: SessionAsk = {
  reference: 'ref',
  orderNumber: 'ION-2025-0001',
  amountMinor: 967_494,
  currency: 'INR',
  method: null,
  channel: null,
  orderedAt: new Date('2025-01-15T10:00:00Z'),
  expiresAt: new Date('2025-01-15T10:30:00Z'),
  details: () => Promise.reject(new Error('nobody asked for these')),
  isRetry: false,
}
const opened = (providerSessionId: string) => ({ providerSessionId, url: null, token: null })

test('an order is asked for in paise, with our reference as its receipt, by HTTP Basic', async (t) => {
  const { asked, gateway } = await answering(t, [200, order])
  assert.deepEqual(await gateway.openSession(ask), opened('order_1'))
  const [request] = asked
  assert.deepEqual([request!.method, request!.url], ['POST', '/v1/orders'])
  assert.equal(request!.headers['authorization'], `Basic ${btoa(`${account.keyId}:${account.keySecret}`)}`)
  assert.deepEqual(JSON.parse(request!.body), {
    amount: 967_494,
    currency: 'INR',
    receipt: 'ref',
    notes: { order_number: 'ION-2025-0001' },
  })
})

test('a retry looks for the order that an earlier try may have made, and takes no other', async (t) => {
  const found = await answering(t, [200, { items: [{ ...order, receipt: 'else', id: 'order_0' }, order] }])
  assert.deepEqual(await found.gateway.openSession({ ...ask, isRetry: true }), opened('order_1'))
  assert.deepEqual(
    found.asked.map(({ method, url }) => [method, url]),
    [['GET', '/v1/orders?receipt=ref&count=10']],
  )
  const none = await answering(
    t,
    [
      200,
      {
        items: [
          { ...order, receipt: 'else' },
          { ...order, amount: 1 },
        ],
      },
    ],
    [200, { ...order, id: 'order_2' }],
  )
  assert.deepEqual(await none.gateway.openSession({ ...ask, isRetry: true }), opened('order_2'))
})

test('an answer to another question than ours is not believed', async (t) => {
  for (const wrong of [{ ...order, amount: 1 }, { ...order, currency: 'USD' }, { ...order, id: '' }, {}, [], null, 7]) {
    const { gateway } = await answering(t, [200, wrong])
    await assert.rejects(
      gateway.openSession(ask),
      (error) => error instanceof GatewayError && error.kind === 'unavailable',
    )
  }
})

test('what the gateway refuses is final; everything else may be asked again', async (t) => {
  const refusal = { error: { code: 'BAD_REQUEST_ERROR', description: 'The id provided does not exist' } }
  const kinds: [number, unknown, 'refused' | 'unavailable'][] = [
    [400, refusal, 'refused'],
    [404, refusal, 'refused'],
    [400, '<html>', 'unavailable'],
    [401, refusal, 'unavailable'],
    [409, refusal, 'unavailable'],
    [429, refusal, 'unavailable'],
    [500, refusal, 'unavailable'],
    [502, '', 'unavailable'],
    [200, '<html>', 'unavailable'],
    [200, { id: 'pay_1', amount: 1.5, status: 'captured', currency: 'INR' }, 'unavailable'],
    [200, { id: 'pay_1', amount: 100, status: 'unheard of', currency: 'INR' }, 'unavailable'],
    [0, '', 'unavailable'],
  ]
  for (const [status, body, kind] of kinds) {
    const { gateway } = await answering(t, [status, body])
    await assert.rejects(
      gateway.fetchPayment('pay_1'),
      (error) => error instanceof GatewayError && error.kind === kind && !error.message.includes(account.keySecret),
      `${status} ${JSON.stringify(body)}`,
    )
  }
  await assert.rejects(
    gateway.fetchPayment('pay_1'),
    (error) => error instanceof GatewayError && error.kind === 'unavailable',
  )
})

test('a payment given back in full is still one that was captured', async (t) => {
  const entity = { id: 'pay_1', order_id: 'order_1', amount: 100, currency: 'INR', method: 'netbanking', bank: 'HDFC' }
  const { gateway } = await answering(t, [200, { ...entity, status: 'refunded' }])
  assert.deepEqual(await gateway.fetchPayment('pay_1'), {
    providerPaymentId: 'pay_1',
    providerSessionId: 'order_1',
    state: 'captured',
    amountMinor: 100,
    currency: 'INR',
    method: 'netbanking',
    channel: 'HDFC',
    failure: null,
  })
})

test('a capture that somebody was quicker with is looked at instead', async (t) => {
  const entity = { id: 'pay_1', order_id: 'order_1', amount: 100, currency: 'INR', method: 'upi' }
  const already = { error: { description: 'This payment has already been captured' } }
  const { gateway, asked } = await answering(t, [400, already], [200, { ...entity, status: 'captured' }])
  const payment = { providerPaymentId: 'pay_1', providerSessionId: 'order_1', amountMinor: 100, currency: 'INR' }
  const taken = await gateway.capture({ ...payment, state: 'authorized', method: null, channel: null, failure: null })
  assert.equal(taken.state, 'captured')
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['/v1/payments/pay_1/capture', '/v1/payments/pay_1'],
  )
})

test('a refund carries its idempotency key, and its answer is a state', async (t) => {
  const key = '0198c0de0198c0de0198c0de0198c0de'
  const { gateway, asked } = await answering(t, [200, { id: 'rfnd_1', payment_id: 'pay_1', status: 'pending' }])
  const refund = await gateway.refunds!.refund({
    providerPaymentId: 'pay_1',
    amountMinor: 100,
    key,
    reason: 'order cancelled',
  })
  assert.deepEqual(refund, { providerRefundId: 'rfnd_1', providerPaymentId: 'pay_1', state: 'pending' })
  assert.equal(asked[0]!.headers['x-refund-idempotency'], key)
  assert.deepEqual(JSON.parse(asked[0]!.body), {
    amount: 100,
    speed: 'normal',
    notes: { reason: 'order cancelled' },
    receipt: key,
  })
})

test('an id from outside stays one segment of the address', async (t) => {
  const { gateway, asked } = await answering(t, [404, { error: {} }])
  await assert.rejects(gateway.fetchPayment('../orders?x=/'), GatewayError)
  assert.equal(asked[0]!.url, '/v1/payments/..%2Forders%3Fx%3D%2F')
})
