import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { UnreadableWebhook } from '../../../engine/payments/gateway.ts'
import { createDoku, dokuSign, dokuSignMembers } from '../doku.ts'

const keys = { clientId: 'MCH-1', secretKey: 'SK-test' }
const target = '/ansania/api/checkout/payment-webhook'
const account = { baseUrl: 'http://127.0.0.1:1', ...keys }
const gateway = createDoku({ ...account, notificationUrl: `https://shop.example${target}?x=1` })

const id = 'TRX-0198c0de0198c0de0198c0de0198c0de'
const bytes = (value: object) => Buffer.from(JSON.stringify(value))

/** As the documents show it. */
const own = (transaction: object = {}, order: object = {}) => ({
  service: { id: 'VIRTUAL_ACCOUNT' },
  acquirer: { id: 'BCA' },
  channel: { id: 'VIRTUAL_ACCOUNT_BCA' },
  transaction: { status: 'SUCCESS', date: '2021-01-27T03:24:23Z', original_request_id: id, ...transaction },
  order: { invoice_number: 'ORD-1', amount: 7_025_000, ...order },
  virtual_account_info: { virtual_account_number: '1900600000000046' },
})

function signedHeaders(body: Buffer, more: { secretKey?: string; target?: string; clientId?: string } = {}) {
  const { secretKey, ...parts } = { ...keys, target, ...more }
  const [requestId, timestamp] = ['n-1', '2021-01-27T03:24:24Z']
  return {
    'client-id': parts.clientId,
    'request-id': requestId,
    'request-timestamp': timestamp,
    signature: dokuSign(secretKey, { ...parts, requestId, timestamp, body }),
  }
}

const payment = { providerPaymentId: id, providerSessionId: id }
const facts = { amountMinor: 7_025_000, currency: 'IDR', method: 'virtual_account', channel: 'bca', failure: null }

test('a notification in DOKU’s own form is read when it is signed over its bytes and our path', () => {
  const body = bytes(own())
  const event = { eventId: 'n-1', type: 'payment.success', payment, told: { ...payment, state: 'captured', ...facts } }
  assert.deepEqual(gateway.readWebhook(body, signedHeaders(body)), event)
  assert.deepEqual(gateway.readStored(body, 'n-1'), event)
  const headers = signedHeaders(body)
  const wrong: Record<string, string | string[] | undefined>[] = [
    signedHeaders(body, { secretKey: 'SK-else' }),
    signedHeaders(body, { target: '/else' }),
    signedHeaders(body, { target: `${target}?x=1` }),
    signedHeaders(body, { clientId: 'MCH-2' }),
    { ...headers, 'client-id': undefined },
    { ...headers, 'request-id': 'n-2' },
    { ...headers, 'request-timestamp': '2021-01-27T03:24:25Z' },
    { ...headers, 'request-timestamp': undefined },
    { ...headers, signature: '' },
    { ...headers, signature: [headers.signature, headers.signature] },
    {},
  ]
  for (const other of wrong) assert.equal(gateway.readWebhook(body, other), null, JSON.stringify(other))
  assert.equal(gateway.readWebhook(bytes(own({}, { amount: 1 })), headers), null)
  assert.equal(createDoku(account).readWebhook(body, headers), null)
})

test('failed is told as failed, expired as expired, and what we do not follow names no payment', () => {
  const read = (value: object) => gateway.readStored(bytes(value), 'n')
  assert.deepEqual(
    [read(own({ status: 'FAILED' })), read(own({ status: 'EXPIRED' }))].map(({ type, told }) => [type, told?.state]),
    [
      ['payment.failed', 'failed'],
      ['payment.expired', 'expired'],
    ],
  )
  for (const status of ['REFUNDED', 'PENDING', 'CONSTRUCTOR'])
    assert.deepEqual(read(own({ status })), { eventId: 'n', type: `payment.${status.toLowerCase()}` })
  const withText = read(own({ original_request_id: undefined }, { amount: '7025000.00' }))
  assert.deepEqual([withText.payment?.providerPaymentId, withText.told?.amountMinor], ['ORD-1', 7_025_000])
})

const promised = {
  transaction_id: 'TRX-123456',
  status: 'success',
  payment_channel: 'bca_va',
  amount: 7_025_000,
}
const withSignature = (members: object, signature: unknown = dokuSignMembers(keys.secretKey, members)) =>
  bytes({ ...members, signature })

test('a notification as shops were promised it is read when its own signature member is right', () => {
  const ids = { providerPaymentId: 'TRX-123456', providerSessionId: 'TRX-123456' }
  const event = {
    eventId: 'TRX-123456 success',
    type: 'payment.success',
    payment: ids,
    told: { ...ids, state: 'captured', ...facts },
  }
  const written = '{"transaction_id":"TRX-123456","status":"success","payment_channel":"bca_va","amount":7025000}'
  const hex = createHmac('sha256', keys.secretKey).update(written).digest('hex')
  assert.deepEqual(gateway.readWebhook(withSignature(promised, hex), {}), event)
  assert.deepEqual(gateway.readStored(withSignature(promised), event.eventId), event)
  for (const status of ['failed', 'expired']) {
    const read = gateway.readWebhook(withSignature({ ...promised, status }), {})
    assert.deepEqual([read?.eventId, read?.type], [`TRX-123456 ${status}`, `payment.${status}`])
    assert.equal(read?.told?.state, status)
  }
})

test('whatever order its members stand in is the one that is signed', () => {
  const { amount, ...rest } = promised
  const turned = { amount, ...rest }
  assert.ok(gateway.readWebhook(withSignature(turned), {}))
  assert.equal(gateway.readWebhook(withSignature(turned, dokuSignMembers(keys.secretKey, promised)), {}), null)
  const signature = dokuSignMembers(keys.secretKey, promised)
  assert.ok(gateway.readWebhook(bytes({ signature, ...promised }), {}), 'the signature may stand anywhere')
  assert.ok(gateway.readWebhook(Buffer.from(JSON.stringify({ ...promised, signature }, null, 2)), {}), 'and spaces too')
})

test('a signature that is missing, wrong, or of something else makes it nothing', () => {
  const hex = dokuSignMembers(keys.secretKey, promised)
  const wrong = [
    '',
    hex.slice(1),
    hex.toUpperCase(),
    `${hex}0`,
    dokuSignMembers('SK-else', promised),
    7,
    null,
    undefined,
  ]
  for (const signature of wrong)
    assert.equal(gateway.readWebhook(bytes({ ...promised, signature }), {}), null, String(signature))
  assert.equal(gateway.readWebhook(withSignature({ ...promised, amount: 1 }, hex), {}), null)
  assert.equal(gateway.readWebhook(withSignature({ ...promised, more: 1 }, hex), {}), null)
  for (const body of ['', '[]', 'null', '"x"', '{'])
    assert.equal(gateway.readWebhook(Buffer.from(body), {}), null, body)
})

test('of a member that comes twice, the one that is signed is the one that is read', () => {
  const signature = dokuSignMembers(keys.secretKey, { ...promised, amount: 1 })
  const twice = JSON.stringify({ ...promised, signature }).replace('"amount":7025000', '"amount":7025000,"amount":1')
  assert.equal(gateway.readWebhook(Buffer.from(twice), {})?.told?.amountMinor, 1)
  const forged = withSignature(promised).toString().replace('"amount":7025000', '"amount":7025000,"amount":1')
  assert.equal(gateway.readWebhook(Buffer.from(forged), {}), null)
})

test('what is signed well and makes no sense is unreadable, in both forms', () => {
  const senseless = [
    { ...promised, transaction_id: '' },
    { ...promised, transaction_id: 'TRX\0' },
    { ...promised, transaction_id: 'x'.repeat(129) },
    { ...promised, status: 'paid' },
    { ...promised, status: undefined },
    { ...promised, status: 'toString' },
    { ...promised, amount: -5 },
    { ...promised, amount: 70.25 },
    { ...promised, amount: null },
    {},
  ]
  for (const members of senseless)
    assert.throws(() => gateway.readWebhook(withSignature(members), {}), UnreadableWebhook, JSON.stringify(members))
  const bodies = [
    own({ status: undefined }),
    own({}, { amount: 'much' }),
    own({ original_request_id: undefined }, { invoice_number: null }),
    {},
    [],
  ]
  for (const value of bodies) {
    const body = bytes(value)
    assert.throws(() => gateway.readWebhook(body, signedHeaders(body)), UnreadableWebhook, body.toString())
  }
  const text = Buffer.from('not JSON')
  assert.throws(() => gateway.readWebhook(text, signedHeaders(text)), UnreadableWebhook)
})

test('nothing that a browser brings back is genuine, and nothing is given back', () => {
  assert.equal(gateway.isGenuine('TRX-1', 'TRX-1', dokuSignMembers(keys.secretKey, {})), false)
  assert.equal(gateway.refunds, null)
  assert.equal(gateway.failureFreesStock, false)
})
