import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, test } from 'node:test'
import { pollPayments } from '../../src/engine/payments/sweeps.ts'
import { settleStored } from '../../src/engine/payments/webhooks.ts'
import { sign } from '../../src/providers/payments/razorpay.ts'
import {
  assertSound,
  available,
  books,
  endFaults,
  fault,
  gatewayApi,
  settleRefunds,
  shoppers,
  story,
  value,
  webhooksTaken,
} from '../support/faults.ts'
import { openShop, request } from '../support/shop.ts'
import type { Answer, Wire } from '../support/shop.ts'
import { until } from '../support/wait.ts'

const newSecret = 'webhook-secret-after-rotation'
const oldSecret = 'webhook-secret-of-shop'
let offsetMs = 0
const shop = await openShop(
  { after },
  {
    now: () => new Date(Date.now() + offsetMs),
    env: { RAZORPAY_WEBHOOK_SECRET: `${newSecret},${oldSecret}` },
    databasePool: 20,
  },
)
const { engine, url } = shop
afterEach(() => endFaults(shop))

/** An order that waits for its money. */
async function placed() {
  const { id: variantId } = await shop.product({ quantity: 5 })
  const [buyer] = await shoppers(shop, 1)
  await buyer!.add(variantId, 2)
  const { body } = await buyer!.checkout()
  const orderId: string = body.order.id
  return {
    buyer: buyer!,
    variantId,
    orderId,
    session: body.razorpay_order_id as string,
    totalMinor: body.amount as number,
  }
}

const paymentEntity = (id: string): Promise<Wire> => gatewayApi(shop, `/payments/${id}`)

interface Delivery {
  eventId?: string | null
  secret?: string
  signature?: string
  raw?: string
}

/** Delivers an event as the gateway does, over the bytes that are signed. */
async function deliver(event: string, payment: Wire, { eventId = crypto.randomUUID(), ...more }: Delivery = {}) {
  const raw = more.raw ?? JSON.stringify({ entity: 'event', event, payload: { payment: { entity: payment } } })
  const headers: Record<string, string> = {
    'x-razorpay-signature': more.signature ?? sign(more.secret ?? newSecret, raw),
  }
  if (eventId !== null) headers['x-razorpay-event-id'] = eventId
  return request(`${url}/ionora/api/payment/webhooks/payment`, { method: 'POST', body: raw, headers })
}

const inbox = (eventId: string) =>
  value(
    engine,
    `select case when done_at is null then 'open' else 'done' end from webhook_inbox where event_id = $1`,
    eventId,
  )

async function assertPaidOnce({ buyer, orderId, variantId, totalMinor }: Awaited<ReturnType<typeof placed>>) {
  const order = await buyer.order(orderId)
  assert.deepEqual([order.status, order.payment_status], ['confirmed', 'paid'])
  assert.equal(await value(engine, `select count(*)::int from payment where order_id = $1`, orderId), 1)
  assert.equal(await available(shop, variantId), 3)
  assert.deepEqual(await books(shop, orderId), { customer: 0, 'gateway.razorpay': totalMinor, sales: -totalMinor })
  assert.deepEqual(await story(shop, orderId), ['placed', 'paid', 'confirmed'])
  await assertSound(engine)
}

test('one webhook twenty times at once, and the browser beside it: one payment, one stock movement', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false })
  const entity = await paymentEntity(back.razorpay_payment_id)
  const answers = await Promise.all<Answer>([
    ...Array.from({ length: 20 }, () => deliver('payment.captured', entity, { eventId: 'evt-twenty' })),
    ...Array.from({ length: 3 }, () => order.buyer.comeBack(order.orderId, back)),
    order.buyer.call('POST', '/api/payment/verify', back),
  ])
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.deepEqual(answers[0]!.body, { message: 'Payment captured.' })
  await assertPaidOnce(order)
})

test('twenty different events that tell the same, at once: still one payment', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false })
  const entity = await paymentEntity(back.razorpay_payment_id)
  const names = ['payment.authorized', 'payment.captured', 'order.paid']
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => deliver(names[i % 3]!, entity)))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  await assertPaidOnce(order)
})

test('the gateway’s own retries change nothing', async () => {
  const order = await placed()
  await fault(shop, { kind: 'duplicate', only: 'webhook', copies: 10, count: 3 })
  await fault(shop, { kind: 'reorder', only: 'webhook', count: 1 })
  const back = await shop.pay(order.session)
  const paid = await order.buyer.comeBack(order.orderId, back)
  assert.equal(paid.status, 200)
  await webhooksTaken(shop, order.session)
  const log = await request(`${shop.sandbox.url}/razorpay/sandbox/webhooks?order_id=${order.session}`, {
    method: 'GET',
  })
  for (const { event_id } of log.body)
    await shop.sandboxPost('/razorpay/sandbox/webhooks/resend', { event_id, copies: 20 })
  await assertPaidOnce(order)
})

test('captured before authorized, and failed after captured: what happened stays', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false })
  const entity = await paymentEntity(back.razorpay_payment_id)
  await deliver('payment.captured', entity)
  await deliver('payment.authorized', { ...entity, status: 'authorized' })
  await deliver('payment.failed', { ...entity, status: 'failed' })
  await assertPaidOnce(order)
})

test('a payment that is only authorized is captured, once, however often it is told', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false, capture: false })
  const entity = await paymentEntity(back.razorpay_payment_id)
  assert.equal(entity.status, 'authorized')
  const answers = await Promise.all(Array.from({ length: 10 }, () => deliver('payment.authorized', entity)))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal((await paymentEntity(entity.id)).status, 'captured')
  await assertPaidOnce(order)
})

test('a webhook’s word for amount and state is not taken: the gateway is asked', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false, outcome: 'failure' })
  const entity = await paymentEntity(back.razorpay_payment_id)
  await deliver('payment.captured', { ...entity, status: 'captured' })
  assert.equal((await order.buyer.order(order.orderId)).payment_status, 'failed')
  await assertSound(engine)
})

test('events of unknown orders and payments, and of kinds that nobody follows, are taken and change nothing', async () => {
  const unknownOrder = { id: 'pay_unknown0000001', order_id: 'order_unknown00001', amount: 100, status: 'captured' }
  assert.equal((await deliver('payment.captured', unknownOrder, { eventId: 'evt-unknown' })).status, 200)
  assert.equal(await inbox('evt-unknown'), 'done')
  const { session } = await placed()
  // a payment that the gateway does not know: asking every minute for days would not help
  const answer = await deliver(
    'payment.captured',
    { ...unknownOrder, order_id: session },
    { eventId: 'evt-no-payment' },
  )
  assert.equal(answer.status, 200)
  assert.equal(await inbox('evt-no-payment'), 'done')
  for (const event of ['payment_link.paid', 'refund.processed', 'settlement.processed']) {
    const answer = await deliver(event, unknownOrder)
    assert.deepEqual([answer.status, answer.body], [200, { message: 'Webhook received.' }])
  }
  await assertSound(engine)
})

test('without an event id the bytes themselves are the key', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false })
  const entity = await paymentEntity(back.razorpay_payment_id)
  const raw = JSON.stringify({ event: 'payment.captured', payload: { payment: { entity } } })
  const answers = await Promise.all([1, 2, 3].map(() => deliver('payment.captured', entity, { eventId: null, raw })))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  const key = createHash('sha256').update(raw).digest('hex')
  assert.equal(await inbox(key), 'done')
  await assertPaidOnce(order)
})

test('during a rotation both secrets are good, and no other is', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false })
  const entity = await paymentEntity(back.razorpay_payment_id)
  const wrong: Delivery[] = [
    { secret: 'another' },
    { signature: 'f'.repeat(64) },
    { signature: '' },
    { secret: shop.account.keySecret },
  ]
  for (const how of wrong) {
    const refused = await deliver('payment.captured', entity, how)
    assert.deepEqual([refused.status, refused.body], [400, { message: 'Invalid webhook signature.' }])
  }
  assert.equal((await order.buyer.order(order.orderId)).status, 'pending')
  assert.equal((await deliver('payment.captured', entity, { secret: oldSecret })).status, 200)
  assert.equal((await deliver('order.paid', entity, { secret: newSecret })).status, 200)
  await assertPaidOnce(order)
})

test('a body that is signed well and is no event is refused, and keeps nothing', async () => {
  const count = () => value(engine, 'select count(*)::int from webhook_inbox')
  const before = await count()
  for (const raw of ['', 'null', '[]', '{"event":"payment.captured"}', '{"payload":{}}', 'not JSON']) {
    const answer = await deliver('', {}, { raw })
    assert.deepEqual([answer.status, answer.body], [400, { message: 'Invalid webhook payload.' }])
  }
  assert.equal(await count(), before)
})

test('while the gateway hangs a webhook is answered within 5 s, and the sweep does the rest', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false, capture: false })
  const entity = await paymentEntity(back.razorpay_payment_id)
  await fault(shop, { kind: 'delay', delayMs: 30_000 })
  const start = performance.now()
  const answer = await deliver('payment.authorized', entity, { eventId: 'evt-hanging' })
  const tookMs = performance.now() - start
  assert.equal(answer.status, 200)
  assert.ok(tookMs < 5000, `answered after ${tookMs} ms`)
  assert.equal(await inbox('evt-hanging'), 'open')
  await endFaults(shop)
  await settleStored(engine, shop.providers.findGateway) // too young: its own request may still be at it
  assert.equal(await inbox('evt-hanging'), 'open')
  offsetMs += 60_000
  await settleStored(engine, shop.providers.findGateway)
  assert.equal(await inbox('evt-hanging'), 'done')
  await assertPaidOnce(order)
})

test('one stored event that cannot be settled does not keep the others', async () => {
  const order = await placed()
  const back = await shop.pay(order.session, { webhook: false })
  const entity = await paymentEntity(back.razorpay_payment_id)
  const stored = `insert into webhook_inbox (store_id, provider, event_id, type, body, received_at)
    values ($1, 'razorpay', $2, 'payment.captured', $3, $4)`
  const receivedAt = new Date(Date.now() + offsetMs - 60_000)
  await value(engine, stored, shop.store.storeId, 'evt-broken', 'no event', receivedAt)
  const body = JSON.stringify({ event: 'payment.captured', payload: { payment: { entity } } })
  await value(engine, stored, shop.store.storeId, 'evt-left', body, receivedAt)
  await assert.rejects(settleStored(engine, shop.providers.findGateway), AggregateError)
  assert.deepEqual([await inbox('evt-broken'), await inbox('evt-left')], ['open', 'done'])
  await value(engine, `delete from webhook_inbox where event_id = 'evt-broken'`)
  await assertPaidOnce(order)
})

test('the poller finds a payment whose webhook never came', async () => {
  const order = await placed()
  await shop.pay(order.session, { webhook: false })
  await pollPayments(engine, shop.providers.findGateway)
  assert.equal((await order.buyer.order(order.orderId)).status, 'pending', 'it is not asked about at once')
  offsetMs += 180_000
  await fault(shop, { kind: 'error' })
  await pollPayments(engine, shop.providers.findGateway) // the gateway is down: nothing happens
  assert.equal((await order.buyer.order(order.orderId)).status, 'pending')
  await endFaults(shop)
  offsetMs += 180_000
  await Promise.all([1, 2, 3].map(() => pollPayments(engine, shop.providers.findGateway)))
  await assertPaidOnce(order)
})

test('the poller finds a second payment whose webhook never came, and it goes back', async () => {
  const order = await placed()
  await shop.pay(order.session)
  await until('paid', async () => (await order.buyer.order(order.orderId)).payment_status === 'paid')
  await shop.pay(order.session, { webhook: false })
  offsetMs += 2 * 3_600_000
  await pollPayments(engine, shop.providers.findGateway)
  await settleRefunds(shop)
  const rows = await value(
    engine,
    `select array_agg(refunded_minor order by id) from payment where order_id = $1`,
    order.orderId,
  )
  assert.deepEqual(rows.map(Number), [0, order.totalMinor])
  assert.equal((await order.buyer.order(order.orderId)).payment_status, 'paid')
  await assertSound(engine)
})

test('a second capture of a paid order is written down and goes back to the customer', async () => {
  const order = await placed()
  const first = await shop.pay(order.session, { webhook: false })
  const second = await shop.pay(order.session, { webhook: false })
  // the browser brings one, the webhook the other, at once
  await Promise.all([
    order.buyer.comeBack(order.orderId, first),
    deliver('payment.captured', await paymentEntity(second.razorpay_payment_id)),
  ])
  await settleRefunds(shop)
  const states = await Promise.all(
    [first, second].map(async (back) => (await paymentEntity(back.razorpay_payment_id)).status),
  )
  assert.deepEqual(states.map(String).sort(), ['captured', 'refunded'])
  assert.deepEqual(await books(shop, order.orderId), {
    customer: 0,
    'gateway.razorpay': order.totalMinor,
    sales: -order.totalMinor,
  })
  assert.equal((await order.buyer.order(order.orderId)).payment_status, 'paid')
  await assertSound(engine)
})
