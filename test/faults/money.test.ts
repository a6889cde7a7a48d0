import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { expireOrders, pollPayments, settleRefunds as sweepRefunds } from '../../src/engine/payments/sweeps.ts'
import { requestRefund } from '../../src/engine/payments/refunds.ts'
import { system } from '../../src/engine/context.ts'
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
  statusesOf,
} from '../support/faults.ts'
import { openShop } from '../support/shop.ts'
import type { Wire } from '../support/shop.ts'
import { until } from '../support/wait.ts'

let offsetMs = 0
const shop = await openShop({ after }, { now: () => new Date(Date.now() + offsetMs), webhooks: false })
const { engine } = shop
const find = shop.providers.findGateway
afterEach(() => endFaults(shop))

const minutes = (n: number) => n * 60_000

async function placed(quantity = 5, wanted = 2) {
  const { id: variantId } = await shop.product({ quantity })
  const [buyer] = await shoppers(shop, 1)
  await buyer!.add(variantId, wanted)
  const { body, status } = await buyer!.checkout()
  assert.equal(status, 201)
  const orderId: string = body.order.id
  return {
    buyer: buyer!,
    variantId,
    orderId,
    session: body.razorpay_order_id as string,
    totalMinor: body.amount as number,
  }
}
type Placed = Awaited<ReturnType<typeof placed>>

const stateOf = async ({ buyer, orderId }: Placed) => {
  const order = await buyer.order(orderId)
  return [order.status, order.payment_status]
}

const engineState = ({ orderId }: Placed) => value(engine, 'select state from orders where id = $1', orderId)

/** The payment as the gateway has it. */
const atGateway = (back: Wire): Promise<Wire> => gatewayApi(shop, `/payments/${back.razorpay_payment_id}`)

/** Somebody else takes what is left. */
async function sellOut(variantId: string) {
  const left = await available(shop, variantId)
  const [other] = await shoppers(shop, 1)
  await other!.add(variantId, left)
  assert.equal((await other!.checkout()).status, 201)
  assert.equal(await available(shop, variantId), 0)
}

/** All that came in has gone back. */
async function assertNothingKept(order: Placed) {
  await settleRefunds(shop)
  const kept = await books(shop, order.orderId)
  assert.deepEqual(new Set(Object.values(kept)), new Set([0]), JSON.stringify(kept))
  await assertSound(engine)
}

test('a failed attempt frees the stock, and asking to pay again holds it again', async () => {
  const order = await placed()
  const failed = await shop.pay(order.session, { outcome: 'failure' })
  const { buyer, orderId, variantId } = order
  offsetMs += minutes(3)
  await pollPayments(engine, find)
  assert.deepEqual(await stateOf(order), ['pending', 'failed'])
  assert.equal(await available(shop, variantId), 5)
  assert.equal((await atGateway(failed)).status, 'failed')
  await assertSound(engine)

  const asked = await buyer.call('POST', '/api/payment/create-order', {
    order_id: orderId,
    amount: order.totalMinor / 100,
  })
  assert.deepEqual([asked.status, asked.body.razorpay_order_id], [200, order.session])
  assert.deepEqual(await stateOf(order), ['pending', 'pending'])
  assert.equal(await available(shop, variantId), 3)
  await assertSound(engine)
  assert.equal((await buyer.comeBack(orderId, await shop.pay(order.session))).status, 200)
  assert.deepEqual(await story(shop, orderId), ['placed', 'payment_failed', 'paid', 'confirmed'])
  assert.equal(await available(shop, variantId), 3)
  await assertSound(engine)
})

test('after a failed attempt somebody else may have the stock: asking to pay again says so', async () => {
  const order = await placed()
  await shop.pay(order.session, { outcome: 'failure' })
  offsetMs += minutes(3)
  await pollPayments(engine, find)
  await sellOut(order.variantId)
  const asked = await order.buyer.call('POST', '/api/payment/create-order', {
    order_id: order.orderId,
    amount: order.totalMinor / 100,
  })
  assert.deepEqual([asked.status, asked.body], [400, { message: 'Insufficient stock.' }])
  // and one who pays all the same, in a window still open, gets the money back
  const back = await shop.pay(order.session)
  const told = await order.buyer.comeBack(order.orderId, back)
  assert.equal(told.status, 400)
  assert.match(told.body.message, /refunded/)
  assert.deepEqual(await stateOf(order), ['cancelled', 'failed'])
  await assertNothingKept(order)
  assert.equal((await atGateway(back)).status, 'refunded')
})

test('an unpaid order ends at its limit, and gives its stock back', async () => {
  const order = await placed()
  offsetMs += minutes(29)
  await expireOrders(engine, find)
  assert.equal(await engineState(order), 'placed')
  offsetMs += minutes(2)
  await Promise.all([1, 2, 3].map(() => expireOrders(engine, find)))
  assert.equal(await engineState(order), 'expired')
  assert.deepEqual(await stateOf(order), ['cancelled', 'failed'])
  assert.equal(await available(shop, order.variantId), 5)
  const asked = await order.buyer.call('POST', '/api/payment/create-order', {
    order_id: order.orderId,
    amount: order.totalMinor / 100,
  })
  assert.equal(asked.status, 400)
  await assertSound(engine)
})

test('before an order ends the gateway is asked once more: what was paid is filled', async () => {
  const order = await placed()
  await shop.pay(order.session)
  offsetMs += minutes(31)
  await expireOrders(engine, find)
  assert.deepEqual(await stateOf(order), ['confirmed', 'paid'])
  await assertSound(engine)
})

test('while the gateway is down nothing ends, and one order’s trouble does not keep the others', async () => {
  const orders = [await placed(), await placed(), await placed()]
  offsetMs += minutes(31)
  await fault(shop, { kind: 'drop' })
  assert.equal(await expireOrders(engine, find), 0)
  for (const order of orders) assert.equal(await engineState(order), 'placed')
  await endFaults(shop)
  await fault(shop, { kind: 'error', count: 1 })
  assert.ok((await expireOrders(engine, find)) >= 2)
  await expireOrders(engine, find)
  for (const order of orders) assert.equal(await engineState(order), 'expired')
  await assertSound(engine)
})

test('money that comes after the end fills the order if its stock is still there', async () => {
  const order = await placed()
  offsetMs += minutes(31)
  await expireOrders(engine, find)
  const back = await shop.pay(order.session)
  assert.equal((await order.buyer.comeBack(order.orderId, back)).status, 200)
  assert.deepEqual(await stateOf(order), ['confirmed', 'paid'])
  assert.equal(await available(shop, order.variantId), 3)
  await assertSound(engine)
})

test('money that comes after the end and finds no stock goes back', async () => {
  const order = await placed()
  offsetMs += minutes(31)
  await expireOrders(engine, find)
  await sellOut(order.variantId)
  const back = await shop.pay(order.session)
  const told = await order.buyer.comeBack(order.orderId, back)
  assert.equal(told.status, 400)
  assert.equal(await engineState(order), 'expired')
  await assertNothingKept(order)
  assert.equal((await atGateway(back)).status, 'refunded')
})

test('the end of an order and its payment at once: it is paid for and filled, whoever comes first', async () => {
  const orders = await Promise.all(Array.from({ length: 10 }, () => placed()))
  offsetMs += minutes(31)
  const backs = await Promise.all(orders.map(({ session }) => shop.pay(session)))
  const [, ...answers] = await Promise.all([
    Promise.all([expireOrders(engine, find), expireOrders(engine, find)]),
    ...orders.map(({ buyer, orderId }, i) => buyer.comeBack(orderId, backs[i])),
  ])
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  await assertSound(engine)
})

test('parts of a payment make a whole, and what is too much goes back', async () => {
  const order = await placed()
  const { buyer, orderId, totalMinor, session } = order
  const part = await shop.pay(session, { amount: 100_000 })
  await buyer.comeBack(orderId, part)
  assert.deepEqual(await stateOf(order), ['pending', 'pending'])
  await assertSound(engine)
  const rest = await shop.pay(session, { amount: totalMinor - 60_000 })
  assert.equal((await buyer.comeBack(orderId, rest)).status, 200)
  assert.deepEqual(await stateOf(order), ['confirmed', 'paid'])
  await settleRefunds(shop)
  assert.equal((await atGateway(rest)).amount_refunded, 40_000)
  assert.deepEqual(await books(shop, orderId), { customer: 0, 'gateway.razorpay': totalMinor, sales: -totalMinor })
  assert.deepEqual(await stateOf(order), ['confirmed', 'paid'])
  await assertSound(engine)
})

test('a part and then the whole: the part goes back', async () => {
  const order = await placed()
  const { buyer, orderId, totalMinor, session } = order
  await buyer.comeBack(orderId, await shop.pay(session, { amount: 100_000 }))
  await buyer.comeBack(orderId, await shop.pay(session, { amount: totalMinor }))
  assert.deepEqual(await stateOf(order), ['confirmed', 'paid'])
  await settleRefunds(shop)
  assert.deepEqual(await books(shop, orderId), { customer: 0, 'gateway.razorpay': totalMinor, sales: -totalMinor })
  await assertSound(engine)
})

test('parts that come at once make a whole once', async () => {
  const order = await placed()
  const { buyer, orderId, totalMinor, session } = order
  const amounts = [200_000, 300_000, totalMinor - 500_000]
  const backs = await Promise.all(amounts.map((amount) => shop.pay(session, { amount })))
  await Promise.all(backs.map((back) => buyer.comeBack(orderId, back)))
  assert.deepEqual(await stateOf(order), ['confirmed', 'paid'])
  assert.deepEqual(await books(shop, orderId), { customer: 0, 'gateway.razorpay': totalMinor, sales: -totalMinor })
  await assertSound(engine)
})

test('a part of an order that ended goes back, whether it came before or after', async () => {
  const order = await placed()
  await order.buyer.comeBack(order.orderId, await shop.pay(order.session, { amount: 100_000 }))
  offsetMs += minutes(31)
  await expireOrders(engine, find)
  assert.equal(await engineState(order), 'expired')
  await assertSound(engine)
  await order.buyer.comeBack(order.orderId, await shop.pay(order.session, { amount: 50_000 }))
  await assertSound(engine)
  await assertNothingKept(order)
})

test('cancelling a paid order gives stock and money back', async () => {
  const order = await placed()
  const { buyer, orderId } = order
  const back = await shop.pay(order.session)
  await buyer.comeBack(orderId, back)
  const answers = await Promise.all([1, 2, 3].map(() => buyer.call('POST', `/api/orders/${orderId}/cancel`)))
  assert.deepEqual(statusesOf(answers), [200, 400, 400])
  assert.deepEqual(await stateOf(order), ['cancelled', 'paid'])
  assert.equal(await available(shop, order.variantId), 5)
  await assertSound(engine)
  await assertNothingKept(order)
  assert.deepEqual(await stateOf(order), ['cancelled', 'refunded'])
  const { items } = await gatewayApi(shop, `/payments/${back.razorpay_payment_id}/refunds`)
  const refundId: string = await value(engine, 'select id from refund where order_id = $1', orderId)
  assert.deepEqual(
    items.map((refund: Wire) => [refund.amount, refund.receipt]),
    [[order.totalMinor, refundId.replaceAll('-', '')]],
  )
})

test('cancelling while the money comes: it is kept or goes back, and never both', async () => {
  for (let round = 0; round < 8; round++) {
    const order = await placed()
    const back = await shop.pay(order.session)
    await Promise.all([
      order.buyer.call('POST', `/api/orders/${order.orderId}/cancel`),
      order.buyer.comeBack(order.orderId, back),
    ])
    assert.equal((await stateOf(order))[0], 'cancelled')
    assert.equal(await available(shop, order.variantId), 5)
    await assertNothingKept(order)
    assert.equal((await atGateway(back)).status, 'refunded')
  }
})

const refundTroubles: [string, object][] = [
  ['answers 500', { kind: 'error' }],
  ['does it and answers 500', { kind: 'error', after: true }],
  ['does it and drops the connection', { kind: 'drop', after: true }],
  ['does it and answers garbage', { kind: 'garbage', after: true }],
  [
    'does it and is slow to say so, with a twin refused as still in flight',
    { kind: 'delay', delayMs: 4000, after: true },
  ],
]
for (const [name, trouble] of refundTroubles) {
  test(`a refund that the gateway ${name} is made once`, async () => {
    const order = await placed()
    const back = await shop.pay(order.session)
    await order.buyer.comeBack(order.orderId, back)
    await fault(shop, { ...trouble, count: 1 })
    await order.buyer.call('POST', `/api/orders/${order.orderId}/cancel`)
    await assertNothingKept(order)
    const { items } = await gatewayApi(shop, `/payments/${back.razorpay_payment_id}/refunds`)
    assert.deepEqual(
      items.map((refund: Wire) => [refund.amount, refund.status]),
      [[order.totalMinor, 'processed']],
    )
    assert.deepEqual(await stateOf(order), ['cancelled', 'refunded'])
  })
}

test('refunds of one order that end at once leave it refunded', async () => {
  for (let round = 0; round < 5; round++) {
    const order = await placed()
    const { buyer, orderId, totalMinor, session } = order
    await buyer.comeBack(orderId, await shop.pay(session, { amount: 400_000 }))
    await buyer.comeBack(orderId, await shop.pay(session, { amount: totalMinor - 400_000 }))
    await buyer.call('POST', `/api/orders/${orderId}/cancel`)
    // both have left the bank before anybody asks
    await fault(shop, { kind: 'error', rate: 0 })
    const ids = await value(engine, `select array_agg(id::text) from refund where order_id = $1`, orderId)
    assert.equal(ids.length, 2)
    const { performRefund } = await import('../../src/engine/payments/refunds.ts')
    const gateway = shop.providers.gatewayOf(shop.store)
    const all = () => Promise.all(ids.map((id: string) => performRefund(engine, gateway, shop.store, id)))
    await all()
    await until('the money has left', async () => (await all()).every((state) => state === 'processed'))
    assert.deepEqual(await stateOf(order), ['cancelled', 'refunded'])
    await assertNothingKept(order)
  }
})

test('refunds that race never give back more than was captured', async () => {
  const order = await placed()
  await order.buyer.comeBack(order.orderId, await shop.pay(order.session))
  const paymentId = await value(engine, 'select id from payment where order_id = $1', order.orderId)
  const half = Math.ceil(order.totalMinor / 2) + 1
  const tries = await Promise.allSettled(
    [1, 2, 3, 4].map(() =>
      engine.run(shop.store, system, (ctx) => requestRefund(ctx, order.orderId, paymentId, half, 'race')),
    ),
  )
  assert.deepEqual(tries.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected', 'rejected', 'rejected'])
  assert.equal(await value(engine, 'select refunded_minor::int from payment where id = $1', paymentId), half)
  await value(engine, 'delete from refund where order_id = $1', order.orderId)
  await value(engine, 'update payment set refunded_minor = 0 where id = $1', paymentId)
})

test('a refund whose job died is gone on with by the sweep', async () => {
  const order = await placed()
  await order.buyer.comeBack(order.orderId, await shop.pay(order.session))
  await order.buyer.call('POST', `/api/orders/${order.orderId}/cancel`)
  assert.equal(await sweepRefunds(engine, find), 0, 'its job comes first')
  offsetMs += minutes(3)
  await fault(shop, { kind: 'error', count: 1 })
  assert.equal(await sweepRefunds(engine, find), 1)
  assert.deepEqual(await stateOf(order), ['cancelled', 'paid'])
  await until('it is refunded', async () => {
    offsetMs += minutes(60)
    await sweepRefunds(engine, find)
    return (await stateOf(order))[1] === 'refunded'
  })
  await assertNothingKept(order)
})
