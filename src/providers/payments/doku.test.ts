import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { stranger } from '../../../test/support/stranger.ts'
import { GatewayError } from '../../engine/payments/gateway.ts'
import type { SessionAsk, SessionDetails } from '../../engine/payments/gateway.ts'
import { createDoku, dokuSign } from './doku.ts'
import { dokuChannels } from './doku/channels.ts'
import type { DokuAccount } from './doku.ts'

const account = { baseUrl: 'http://127.0.0.1:1', clientId: 'MCH-0001-10791114622547', secretKey: 'SK-test' }
const target = '/checkout/v1/payment'

const parts = {
  clientId: account.clientId,
  requestId: 'fdb69f47-96da-499d-acec-7cdc318ab2fe',
  timestamp: '2020-08-11T08:45:42Z',
  target,
  body: '{"order":{"amount":20000,"invoice_number":"INV-1"},"payment":{"payment_due_date":60}}',
}

test('a request is signed as the documents say: with a digest of its body, and without for GET', () => {
  assert.equal(dokuSign('SK-test', parts), 'HMACSHA256=GK07ONSO6XZkt7+dQXaYZB4rRz2yxc9dNrf4Ub/ijm8=')
  const { body: _, ...get } = parts
  assert.notEqual(dokuSign('SK-test', get), dokuSign('SK-test', parts))
  assert.notEqual(dokuSign('SK-test', parts, 'Response'), dokuSign('SK-test', parts))
})

interface Said {
  status?: number
  body: unknown
  /** how the answer is signed: well, unless it says otherwise */
  signed?: 'not at all' | 'with its body' | 'with another key' | 'for another request' | 'without a moment'
}

/** A gateway that answers what it is told to, and what it was asked. */
async function answering(t: TestContext, said: Said, more: Partial<DokuAccount> = {}) {
  const { asked, url } = await stranger(t, ({ method, url, headers }, response) => {
    if (said.status === 0) return // never
    const text = typeof said.body === 'string' ? said.body : JSON.stringify(said.body)
    const timestamp = '2026-02-03T10:00:00Z'
    const requestId = said.signed === 'for another request' ? 'TRX-else' : String(headers['request-id'])
    const key = said.signed === 'with another key' ? 'SK-else' : account.secretKey
    const signature = dokuSign(
      key,
      {
        clientId: account.clientId,
        requestId,
        timestamp,
        target: url,
        ...((method === 'POST' || said.signed === 'with its body') && { body: text }),
      },
      'Response',
    )
    response.writeHead(said.status ?? 200, {
      ...(said.signed !== 'not at all' && { signature }),
      ...(said.signed !== 'without a moment' && { 'response-timestamp': timestamp }),
    })
    response.end(text)
  })
  return { asked, gateway: createDoku({ ...account, ...more, baseUrl: url, timeoutMs: 1500 }) }
}

const details: SessionDetails = {
  customer: { reference: '0198c0de-0000', name: 'John Doe', email: 'user@example.com', phone: '+62 812-3456-789' },
  lines: [
    { name: 'Oak Dining Table', sku: 'TABLE-OAK-NAT-L', quantity: 2, priceMinor: 3_500_000 },
    { name: 'Shipping', sku: null, quantity: 1, priceMinor: 25_000 },
  ],
}
const ask: SessionAsk = {
  reference: '0198c0de0198c0de0198c0de0198c0de',
  orderNumber: 'ORD-20260203-001',
  amountMinor: 7_025_000,
  currency: 'IDR',
  method: 'virtual_account',
  channel: 'bca',
  orderedAt: new Date('2026-02-03T10:00:00.000Z'),
  expiresAt: new Date('2026-02-04T10:00:00.000Z'),
  details: () => Promise.resolve(details),
  isRetry: false,
}

const opened = (order: object = {}, payment: object = {}) => ({
  message: ['SUCCESS'],
  response: {
    order: { amount: '7025000', invoice_number: ask.orderNumber, session_id: 's', ...order },
    payment: { token_id: 'token123', url: 'https://pay.doku.com/token123', ...payment },
    uuid: 1,
  },
})

const kindIs = (kind: string) => (error: unknown) =>
  error instanceof GatewayError && error.kind === kind && !error.message.includes(account.secretKey)

test('an invoice is asked for in whole rupiah, under our transaction’s id, signed over what is sent', async (t) => {
  const callbackUrl = 'https://shop.example/orders'
  const notificationUrl = 'https://shop.example/api/checkout/payment-webhook'
  const { asked, gateway } = await answering(t, { body: opened() }, { callbackUrl, notificationUrl })
  assert.deepEqual(await gateway.openSession(ask), {
    providerSessionId: `TRX-${ask.reference}`,
    url: 'https://pay.doku.com/token123',
    token: 'token123',
  })
  const [{ method, url, headers, body }] = asked as [(typeof asked)[0]]
  assert.deepEqual([method, url, headers['request-id']], ['POST', target, `TRX-${ask.reference}`])
  const timestamp = String(headers['request-timestamp'])
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const { clientId, secretKey } = account
  const signed = { clientId, requestId: `TRX-${ask.reference}`, timestamp, target, body }
  assert.equal(headers['signature'], dokuSign(secretKey, signed))
  assert.deepEqual(JSON.parse(body), {
    order: {
      amount: 7_025_000,
      invoice_number: 'ORD-20260203-001',
      currency: 'IDR',
      callback_url: callbackUrl,
      line_items: [
        { name: 'Oak Dining Table', quantity: 2, price: 3_500_000, sku: 'TABLE-OAK-NAT-L' },
        { name: 'Shipping', quantity: 1, price: 25_000 },
      ],
    },
    payment: { payment_due_date: 1439, payment_method_types: ['VIRTUAL_ACCOUNT_BCA'] },
    customer: { id: '0198c0de-0000', name: 'John Doe', email: 'user@example.com', phone: '628123456789' },
    additional_info: { override_notification_url: notificationUrl },
  })
})

test('a retry sends the very same bytes, and takes the conflict for the answer that was lost', async (t) => {
  const { asked, gateway } = await answering(t, { status: 409, body: opened() })
  const first = await gateway.openSession(ask)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 11 * 3_600_000 })
  assert.deepEqual(await gateway.openSession({ ...ask, isRetry: true }), first)
  assert.equal(asked[1]!.body, asked[0]!.body)
  assert.equal(asked[1]!.headers['request-id'], asked[0]!.headers['request-id'])
})

test('what is not given is left out, a discount keeps the lines out, and time enough is one minute', async (t) => {
  const { asked, gateway } = await answering(t, { body: opened() })
  const customer = { reference: 'c', name: 'J', email: null, phone: null }
  const lines = [...details.lines, { name: 'WELCOME10', sku: null, quantity: 1, priceMinor: -1000 }]
  const bare = () => Promise.resolve({ customer, lines })
  await gateway.openSession({ ...ask, channel: null, details: bare, expiresAt: ask.orderedAt })
  assert.deepEqual(JSON.parse(asked[0]!.body), {
    order: { amount: 7_025_000, invoice_number: 'ORD-20260203-001', currency: 'IDR' },
    payment: { payment_due_date: 1 },
    customer: { id: 'c', name: 'J' },
  })
  const local = () => Promise.resolve({ customer: { ...customer, phone: '0812 3456' }, lines })
  await gateway.openSession({ ...ask, details: local })
  assert.equal(JSON.parse(asked[1]!.body).customer.phone, '628123456')
})

test('every documented bank has its virtual account; an unknown one, or money, is refused without asking', async (t) => {
  const { asked, gateway } = await answering(t, { body: opened() })
  const types = new Set<string>()
  for (const channel of dokuChannels) {
    await gateway.openSession({ ...ask, channel })
    types.add(JSON.parse(asked.at(-1)!.body).payment.payment_method_types[0])
  }
  assert.equal(types.size, 16)
  assert.ok(types.has('VIRTUAL_ACCOUNT_BANK_SYARIAH_MANDIRI') && types.has('VIRTUAL_ACCOUNT_BRI'))
  const count = asked.length
  for (const wrong of [{ channel: 'chase' }, { channel: 'constructor' }, { method: 'card' }, { currency: 'INR' }])
    await assert.rejects(gateway.openSession({ ...ask, ...wrong }), kindIs('refused'))
  assert.equal(asked.length, count)
})

test('an answer to another question than ours, or signed by another, is not believed', async (t) => {
  const answers: Said[] = [
    { body: opened({ amount: '1' }) },
    { body: opened({ amount: undefined }) },
    { body: opened({ amount: 7_025_000.5 }) },
    { body: opened({ invoice_number: 'ORD-20260203-002' }) },
    { body: opened({}, { url: 'javascript:alert(1)' }) },
    { body: opened({}, { url: undefined }) },
    { body: opened(), signed: 'not at all' },
    { status: 409, body: opened(), signed: 'not at all' },
    { body: opened(), signed: 'with another key' },
    { body: opened(), signed: 'for another request' },
    { body: opened(), signed: 'without a moment' },
    { status: 500, body: opened() },
    { body: { message: ['SUCCESS'] } },
    { body: [] },
    { body: '<html>' },
    { status: 409, body: { error: { code: 'conflict', message: 'in flight' } } },
  ]
  for (const said of answers) {
    const { gateway } = await answering(t, said)
    await assert.rejects(gateway.openSession(ask), kindIs('unavailable'), JSON.stringify(said))
  }
})

test('what the gateway refuses is final, in each of its three forms; everything else may be asked again', async (t) => {
  const refusals = [
    { message: ['INVALID AMOUNT'] },
    { error_messages: ['INVALID AMOUNT'] },
    { error: { code: 'invalid_parameter', message: 'INVALID AMOUNT', type: 'invalid_request_error' } },
  ]
  for (const body of refusals) {
    const { gateway } = await answering(t, { status: 400, body })
    await assert.rejects(gateway.openSession(ask), { name: 'Error', kind: 'refused', message: 'doku: INVALID AMOUNT' })
  }
  const signature = { error: { code: 'invalid_signature', message: 'Invalid Header Signature' } }
  const passing: Said[] = [
    { status: 400, body: '<html>' },
    { status: 400, body: signature },
    { status: 401, body: refusals[0] },
    { status: 429, body: refusals[0] },
    { status: 500, body: refusals[0] },
    { status: 502, body: '' },
    { status: 400, body: refusals[0], signed: 'with another key' },
    { status: 0, body: '' },
  ]
  for (const said of passing) {
    const { gateway } = await answering(t, said)
    await assert.rejects(gateway.openSession(ask), kindIs('unavailable'), JSON.stringify(said))
  }
  await assert.rejects(createDoku(account).openSession(ask), kindIs('unavailable'))
})

test('an answer without an end is given up, not kept', async (t) => {
  const { gateway } = await answering(t, { body: `"${'a'.repeat(9 * 1024 * 1024)}"` })
  await assert.rejects(gateway.openSession(ask), kindIs('unavailable'))
})

test('the status of an invoice is a payment, in whichever words and numbers', async (t) => {
  const answer = (transaction: unknown, order: object = {}) => ({
    order: { invoice_number: 'ORD-1', amount: 7_025_000, status: 'ORDER_GENERATED', ...order },
    transaction,
    service: { id: 'VIRTUAL_ACCOUNT' },
    channel: { id: 'VIRTUAL_ACCOUNT_BANK_MANDIRI' },
  })
  const known: [object, string][] = [
    [answer({ status: 'SUCCESS' }), 'captured'],
    [answer({ status: 'SUCCESS' }, { status: 'ORDER_EXPIRED' }), 'captured'],
    [answer({ status: 'SUCCESS' }, { amount: '7025000', status: undefined }), 'captured'],
    [answer({ status: 'REFUNDED' }, { amount: '7025000.00' }), 'captured'],
    [answer({ status: 'FAILED' }), 'failed'],
    [answer({ status: 'FAILED' }, { status: 'ORDER_EXPIRED' }), 'expired'],
    [answer({ status: 'EXPIRED' }), 'expired'],
    [answer({ status: 'PENDING' }, { status: 'ORDER_EXPIRED' }), 'expired'],
    [answer({ status: 'PENDING' }), 'created'],
    [answer({ status: 'REDIRECT' }), 'created'],
    [answer({ status: 'TIMEOUT' }), 'created'],
    [answer(null), 'created'],
    [answer(undefined, { status: 'ORDER_EXPIRED' }), 'expired'],
  ]
  for (const [body, state] of known) {
    const { gateway } = await answering(t, { body })
    assert.deepEqual(
      await gateway.fetchPayment('TRX-1'),
      {
        providerPaymentId: 'TRX-1',
        providerSessionId: 'TRX-1',
        state,
        amountMinor: 7_025_000,
        currency: 'IDR',
        method: 'virtual_account',
        channel: 'mandiri',
        failure: null,
      },
      JSON.stringify(body),
    )
  }
  const senseless = [
    answer({ status: 'UNHEARD_OF' }),
    answer({ status: 'toString' }),
    answer({ status: 'SUCCESS' }, { amount: 70.5 }),
    answer({ status: 'SUCCESS' }, { amount: '7,025,000' }),
    answer({ status: 'SUCCESS' }, { amount: -1 }),
    answer(null, { status: undefined }),
    {},
    [],
  ]
  for (const body of senseless) {
    const { gateway } = await answering(t, { body })
    await assert.rejects(gateway.fetchPayment('TRX-1'), kindIs('unavailable'), JSON.stringify(body))
  }
})

test('a status is believed when it is signed, its digest with it or not', async (t) => {
  const body = { order: { amount: 1, status: 'ORDER_GENERATED' }, transaction: { status: 'SUCCESS' } }
  const states = []
  for (const signed of [undefined, 'with its body'] as const) {
    const { gateway } = await answering(t, { body, ...(signed && { signed }) })
    states.push((await gateway.fetchPayment('TRX-1')).state)
  }
  assert.deepEqual(states, ['captured', 'captured'])
  const { gateway } = await answering(t, { body, signed: 'not at all' })
  await assert.rejects(gateway.fetchPayment('TRX-1'), kindIs('unavailable'))
})

test('before the customer has chosen a bank there is none', async (t) => {
  const body = { order: { amount: 1, status: 'ORDER_GENERATED' }, transaction: null, service: null, channel: null }
  const { gateway } = await answering(t, { body })
  const { state, method, channel } = await gateway.fetchPayment('TRX-1')
  assert.deepEqual([state, method, channel], ['created', null, null])
})

test('an id from outside stays one segment of the address, as it is signed', async (t) => {
  const body = { error: { code: 'data_not_found', message: 'Data not found' } }
  const { gateway, asked } = await answering(t, { status: 404, body })
  await assert.rejects(gateway.fetchPayment('../x?y=/'), kindIs('refused'))
  const [{ url, headers }] = asked as [(typeof asked)[0]]
  assert.equal(url, '/orders/v1/status/..%2Fx%3Fy%3D%2F')
  const { clientId, secretKey } = account
  const [requestId, timestamp] = [String(headers['request-id']), String(headers['request-timestamp'])]
  assert.equal(headers['signature'], dokuSign(secretKey, { clientId, requestId, timestamp, target: url }))
  assert.equal(headers['content-type'], undefined)
})

test('a 404 that DOKU did not write does not say that there is no payment', async (t) => {
  const none = await answering(t, { status: 404, body: { message: ['NOT FOUND'] } })
  assert.deepEqual(await none.gateway.paymentsOf('TRX-1'), [])
  const proxy = await answering(t, { status: 404, body: '<html>' })
  await assert.rejects(proxy.gateway.paymentsOf('TRX-1'), kindIs('unavailable'))
})
