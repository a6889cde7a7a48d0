import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, test } from 'node:test'
import { GatewayError } from '../../src/engine/payments/gateway.ts'
import type { GatewayEvent, SessionAsk } from '../../src/engine/payments/gateway.ts'
import { createDoku } from '../../src/providers/payments/doku.ts'
import { dokuChannels } from '../../src/providers/payments/doku/channels.ts'
import type { DokuAccount } from '../../src/providers/payments/doku.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { stranger } from '../support/stranger.ts'
import { until } from '../support/wait.ts'

const account = { clientId: 'MCH-TEST', secretKey: 'SK-test' }
const sandbox = await startSandbox({
  port: 0,
  smtpPort: 0,
  razorpay: [],
  doku: [{ ...account, notificationUrl: null }],
})
after(() => sandbox.close())
afterEach(() => fetch(`${sandbox.url}/faults`, { method: 'DELETE' }))

const open = (more: Partial<DokuAccount> = {}) =>
  createDoku({ baseUrl: `${sandbox.url}/doku`, ...account, timeoutMs: 1500, ...more })
const gateway = open()

const post = async (path: string, body: object) => {
  const response = await fetch(sandbox.url + path, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const pay = (invoice_number: string, outcome?: string) => post('/doku/sandbox/pay', { invoice_number, outcome })
const fault = (what: object) => post('/faults', { provider: 'doku', only: 'api', ...what })

let count = 0
function newAsk(): SessionAsk {
  const orderedAt = new Date()
  const customer = {
    reference: randomUUID(),
    name: 'Nur ‘Aisyah’ Hüseyin',
    email: 'nur@example.com',
    phone: '+628123456789',
  }
  const lines = [{ name: 'Meja ☕ “Jati”', sku: 'TABLE', quantity: 1, priceMinor: 7_025_000 }]
  return {
    reference: randomUUID().replaceAll('-', ''),
    orderNumber: `ORD-20260203-${String(++count).padStart(3, '0')}`,
    amountMinor: 7_025_000,
    currency: 'IDR',
    method: 'virtual_account',
    channel: 'bca',
    orderedAt,
    expiresAt: new Date(orderedAt.getTime() + 24 * 3_600_000),
    details: () => Promise.resolve({ customer, lines }),
    isRetry: false,
  }
}

const isUnavailable = (error: unknown) => error instanceof GatewayError && error.kind === 'unavailable'
const isRefused = (error: unknown) => error instanceof GatewayError && error.kind === 'refused'

test('a session is opened once, however often it is asked for, and leads to a page that a person can open', async () => {
  const ask = newAsk()
  const session = await gateway.openSession(ask)
  assert.equal(session.providerSessionId, `TRX-${ask.reference}`)
  assert.deepEqual(await gateway.openSession({ ...ask, isRetry: true }), session)
  assert.ok(session.token)
  const page = await fetch(session.url!)
  assert.equal(page.status, 200)
  assert.ok((await page.text()).includes(ask.orderNumber))
})

test('an order number that another session has is refused', async () => {
  const ask = newAsk()
  await gateway.openSession(ask)
  await assert.rejects(gateway.openSession({ ...newAsk(), orderNumber: ask.orderNumber }), isRefused)
})

const troubles: [name: string, fault: object][] = [
  ['times out before it did anything', { kind: 'delay', delayMs: 4000 }],
  ['times out after it did the work', { kind: 'delay', delayMs: 4000, after: true }],
  ['answers 500', { kind: 'error' }],
  ['answers 500 after it did the work', { kind: 'error', after: true }],
  ['answers garbage', { kind: 'garbage' }],
  ['answers garbage after it did the work', { kind: 'garbage', after: true }],
  ['drops the connection', { kind: 'drop' }],
  ['drops the connection after it did the work', { kind: 'drop', after: true }],
]
for (const [name, trouble] of troubles) {
  test(`the gateway ${name}: the retry opens the one session, and it is paid`, async () => {
    const ask = newAsk()
    await fault({ ...trouble, count: 1 })
    await assert.rejects(gateway.openSession(ask), isUnavailable)
    const session = await gateway.openSession({ ...ask, isRetry: true })
    assert.equal((await pay(ask.orderNumber)).body['transaction_id'], session.providerSessionId)
    assert.equal((await gateway.fetchPayment(session.providerSessionId)).state, 'captured')
  })
}

test('what became of a session is one payment, and nothing is known of a session that never was', async () => {
  const ask = newAsk()
  assert.deepEqual(await gateway.paymentsOf(`TRX-${ask.reference}`), [])
  await assert.rejects(gateway.fetchPayment(`TRX-${ask.reference}`), isRefused)
  const { providerSessionId } = await gateway.openSession(ask)
  const stateNow = async () => (await gateway.paymentsOf(providerSessionId)).map(({ state }) => state)
  assert.deepEqual(await stateNow(), ['created'])
  await pay(ask.orderNumber, 'failed')
  assert.deepEqual(await stateNow(), ['failed'])
  await pay(providerSessionId)
  assert.deepEqual(await gateway.paymentsOf(providerSessionId), [
    {
      providerPaymentId: providerSessionId,
      providerSessionId,
      state: 'captured',
      amountMinor: 7_025_000,
      currency: 'IDR',
      method: 'virtual_account',
      channel: 'bca',
      failure: null,
    },
  ])
  const other = newAsk()
  const { providerSessionId: id } = await gateway.openSession(other)
  await pay(other.orderNumber, 'expired')
  assert.equal((await gateway.fetchPayment(id)).state, 'expired')
})

test('the stand-in has every bank that the provider names, and a choice where none is named', async () => {
  for (const channel of [...dokuChannels, null]) {
    const { providerSessionId } = await gateway.openSession({ ...newAsk(), channel })
    const [payment] = await gateway.paymentsOf(providerSessionId)
    assert.equal(payment!.channel, channel)
  }
})

test('with another’s secret, or as nobody, everything may be asked again once the keys are right', async () => {
  for (const wrong of [{ secretKey: 'SK-else' }, { clientId: 'MCH-NONE' }]) {
    const stranger = open(wrong)
    await assert.rejects(stranger.openSession(newAsk()), isUnavailable)
    await assert.rejects(stranger.paymentsOf('TRX-1'), isUnavailable)
  }
})

test('notifications come to the address that the session named, and tell what happened', async (t) => {
  const events: (GatewayEvent | null)[] = []
  const { url } = await stranger(t, ({ body, headers }, response) => {
    events.push(told.readWebhook(Buffer.from(body), headers))
    response.writeHead(200).end()
  })
  const told = open({ notificationUrl: `${url}/ansania/api/checkout/payment-webhook` })
  const ask = newAsk()
  const { providerSessionId: id } = await told.openSession(ask)
  await pay(id, 'failed')
  await until('failed', () => events.length === 1)
  await pay(id)
  await until('paid', () => events.length === 2)
  assert.deepEqual(
    events.map((event) => event?.type),
    ['payment.failed', 'payment.success'],
  )
  assert.deepEqual(events[1]!.payment, { providerPaymentId: id, providerSessionId: id })
  assert.deepEqual(events[1]!.told, await told.fetchPayment(id))
  assert.notEqual(events[0]!.eventId, events[1]!.eventId)
})
