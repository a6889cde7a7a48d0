import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openSandbox, startShop, until } from '../testing.ts'

async function paidOrder(t: TestContext, amount = 50_000) {
  const shop = await startShop(t)
  const sandbox = await openSandbox(t, shop.url)
  const { id } = await sandbox.order(amount)
  const { razorpay_payment_id: paymentId } = await sandbox.pay(id)
  const refund = (body: unknown = {}, key?: string) =>
    sandbox.api('POST', `/payments/${paymentId}/refund`, body, key ? { 'x-refund-idempotency': key } : {})
  return { ...sandbox, shop, paymentId, refund }
}

test('a refund is pending, then processed, and both are told', async (t) => {
  const { api, refund, paymentId, shop } = await paidOrder(t)
  const { body } = await refund({ amount: 20_000, notes: { why: 'late' }, receipt: 'R-1' })
  const { id, created_at: _, ...rest } = body
  assert.match(id, /^rfnd_[0-9A-Za-z]{14}$/)
  assert.deepEqual(rest, {
    entity: 'refund',
    amount: 20_000,
    currency: 'INR',
    payment_id: paymentId,
    notes: { why: 'late' },
    receipt: 'R-1',
    acquirer_data: { arn: null },
    batch_id: null,
    status: 'pending',
    speed_requested: 'normal',
    speed_processed: 'normal',
  })
  const { body: payment } = await api('GET', `/payments/${paymentId}`)
  assert.deepEqual([payment.status, payment.refund_status, payment.amount_refunded], ['captured', 'partial', 20_000])

  await until('refund.processed', () => shop.names().includes('refund.processed'))
  const [created, processed] = shop.hooks
    .filter(({ event }) => event.startsWith('refund.'))
    .map(({ raw }) => JSON.parse(raw))
  assert.deepEqual([created.event, created.payload.refund.entity.status], ['refund.created', 'pending'])
  assert.deepEqual([processed.event, processed.payload.refund.entity.status], ['refund.processed', 'processed'])
  assert.deepEqual(processed.contains, ['refund', 'payment'])
  assert.equal(processed.payload.payment.entity.amount_refunded, 20_000)
  const { body: settled } = await api('GET', `/refunds/${id}`)
  assert.equal(settled.status, 'processed')
  assert.match(settled.acquirer_data.arn, /^\d{12}$/)
  assert.deepEqual((await api('GET', `/payments/${paymentId}/refunds`)).body.items, [settled])
})

test('a refund at optimum speed is processed at once', async (t) => {
  const { refund } = await paidOrder(t)
  const { body } = await refund({ speed: 'optimum' })
  assert.deepEqual([body.amount, body.status, body.speed_processed], [50_000, 'processed', 'instant'])
})

test('refunds never add up to more than was captured', async (t) => {
  const { api, refund, paymentId } = await paidOrder(t, 50_000)
  const why = async (body: object) => (await refund(body)).body.error.description
  assert.equal(await why({ amount: 50_001 }), 'The refund amount provided is greater than amount captured')
  assert.equal(await why({ amount: 99 }), 'The amount must be at least INR 1.00')
  assert.equal((await refund({ amount: 30_000 })).status, 200)
  assert.equal(await why({ amount: 20_001 }), 'The total refund amount is greater than the refund payment amount')
  const rest = await refund({})
  assert.deepEqual([rest.status, rest.body.amount], [200, 20_000])
  assert.equal(await why({}), 'The payment has been fully refunded already')
  const { body } = await api('GET', `/payments/${paymentId}`)
  assert.deepEqual([body.status, body.refund_status, body.amount_refunded], ['refunded', 'full', 50_000])
})

test('only a captured payment can be refunded', async (t) => {
  const { api, order, pay } = await openSandbox(t)
  const { id } = await order()
  for (const how of [{ capture: false }, { outcome: 'failure' }]) {
    const { razorpay_payment_id } = await pay(id, how)
    const { status, body } = await api('POST', `/payments/${razorpay_payment_id}/refund`, {})
    assert.deepEqual(
      [status, body.error.description],
      [400, 'The payment status should be captured for action to be taken'],
    )
  }
})

test('under one idempotency key money goes back once, and another request is refused', async (t) => {
  const { refund, api, paymentId } = await paidOrder(t)
  const first = await refund({ amount: 10_000 }, 'refund-of-order-1')
  const again = await refund({ amount: 10_000 }, 'refund-of-order-1')
  assert.deepEqual([again.status, again.body], [200, first.body])
  const other = await refund({ amount: 10_001 }, 'refund-of-order-1')
  assert.deepEqual(
    [other.status, other.body.error.description],
    [400, 'Different request with the same idempotency key has already been processed.'],
  )
  assert.equal((await api('GET', `/payments/${paymentId}`)).body.amount_refunded, 10_000)
  assert.match((await refund({}, 'short')).body.error.description, /at least 10 characters/)
  assert.match((await refund({}, 'with a blank in it')).body.error.description, /alphanumeric/)
})

test('a refused refund leaves its key free', async (t) => {
  const { refund } = await paidOrder(t)
  assert.equal((await refund({ amount: 60_000 }, 'key-for-one-refund')).status, 400)
  assert.equal((await refund({ amount: 50_000 }, 'key-for-one-refund')).status, 200)
})

test('a twin of a refund still in flight gets 409, and its answer once it has landed', async (t) => {
  const { refund, fault } = await paidOrder(t)
  await fault({ kind: 'delay', delayMs: 800, after: true, count: 1, only: 'api' })
  const slow = refund({ amount: 10_000 }, 'the-same-refund')
  await until('409', async () => (await refund({ amount: 10_000 }, 'the-same-refund')).status === 409, 700)
  const first = await slow
  assert.equal(first.status, 200)
  assert.deepEqual((await refund({ amount: 10_000 }, 'the-same-refund')).body, first.body)
})

test('a refund whose answer was lost is found again by its key', async (t) => {
  const { refund, fault, api, paymentId } = await paidOrder(t)
  await fault({ kind: 'drop', after: true, count: 1, only: 'api' })
  await assert.rejects(refund({ amount: 10_000 }, 'lost-and-found'))
  const found = await refund({ amount: 10_000 }, 'lost-and-found')
  assert.equal(found.status, 200)
  const { body } = await api('GET', `/payments/${paymentId}/refunds`)
  assert.deepEqual([body.count, body.items[0].id], [1, found.body.id])
})
