import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { expireOrders } from '../../src/engine/payments/sweeps.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { assertSound, available, endFaults, fault, gatewayApi, shoppers, value } from '../support/faults.ts'
import type { Shopper } from '../support/faults.ts'
import { freePort } from '../support/process.ts'
import { openShop } from '../support/shop.ts'
import type { Answer, Shop } from '../support/shop.ts'

const shop = await openShop({ after })
const { engine } = shop
afterEach(() => endFaults(shop))

async function readyToOrder(quantity = 5) {
  const { id } = await shop.product({ quantity })
  const [buyer] = await shoppers(shop, 1)
  await buyer!.add(id)
  return { variantId: id, buyer: buyer! }
}

const askAgain = (buyer: Shopper, orderId: string, amount = 4837.47) =>
  buyer.call('POST', '/api/payment/create-order', { order_id: orderId, amount })

/** The answer says what is wrong and names the order, which is there and holds its stock. */
async function assertOrderNamed(answer: Answer, buyer: Shopper) {
  assert.equal(answer.status, 503)
  assert.match(answer.body.message, /gateway cannot be reached/)
  const { id, order_number } = answer.body.order
  const order = await buyer.order(id)
  assert.deepEqual([order.order_number, order.status, order.payment_status], [order_number, 'pending', 'pending'])
  assert.equal(order.razorpay_order_id, '')
  return id as string
}

const receiptsOf = async (at: Shop, orderId: string) => {
  const reference = await value(
    at.engine,
    `select replace(id::text, '-', '') from payment_session where order_id = $1`,
    orderId,
  )
  return (await gatewayApi(at, `/orders?receipt=${reference}`)).items as { id: string; amount: number }[]
}

const troubles: [name: string, fault: object, leavesOrder: boolean][] = [
  ['times out before it did anything', { kind: 'delay', delayMs: 20_000 }, false],
  ['times out after it did the work', { kind: 'delay', delayMs: 20_000, after: true }, true],
  ['answers 500', { kind: 'error' }, false],
  ['answers 500 after it did the work', { kind: 'error', after: true }, true],
  ['answers garbage', { kind: 'garbage' }, false],
  ['answers garbage after it did the work', { kind: 'garbage', after: true }, true],
  ['drops the connection', { kind: 'drop' }, false],
  ['drops the connection after it did the work', { kind: 'drop', after: true }, true],
]

for (const [name, trouble, leavesOrder] of troubles) {
  test(`the gateway ${name}: the order is named, nothing is lost, and it is paid later by the one gateway order`, async () => {
    const { buyer, variantId } = await readyToOrder()
    await fault(shop, { ...trouble, count: 1 })
    const orderId = await assertOrderNamed(await buyer.checkout(), buyer)
    assert.equal(await available(shop, variantId), 4)
    assert.deepEqual((await buyer.call('GET', '/api/cart')).body.items, [])
    const made = await receiptsOf(shop, orderId)
    assert.equal(made.length, leavesOrder ? 1 : 0)

    const again = await askAgain(buyer, orderId)
    assert.equal(again.status, 200, JSON.stringify(again.body))
    const kept = await receiptsOf(shop, orderId)
    assert.deepEqual(
      kept.map(({ id }) => id),
      [again.body.razorpay_order_id],
    )
    if (leavesOrder) assert.equal(made[0]!.id, again.body.razorpay_order_id)
    assert.equal((await askAgain(buyer, orderId)).body.razorpay_order_id, again.body.razorpay_order_id)

    const back = await shop.pay(again.body.razorpay_order_id)
    const paid = await buyer.comeBack(orderId, back)
    assert.deepEqual([paid.status, paid.body.order.status, paid.body.order.payment_status], [200, 'confirmed', 'paid'])
    await assertSound(engine)
  })

  test(`the gateway ${name}: with an Idempotency-Key the retry goes on with the same order`, async () => {
    const { buyer, variantId } = await readyToOrder()
    const headers = { 'idempotency-key': 'first-try' }
    await fault(shop, { ...trouble, count: 1 })
    const orderId = await assertOrderNamed(await buyer.checkout(headers), buyer)
    const retried = await buyer.checkout(headers)
    assert.equal(retried.status, 201, JSON.stringify(retried.body))
    assert.equal(retried.body.order.id, orderId)
    assert.deepEqual(
      (await receiptsOf(shop, orderId)).map(({ id }) => id),
      [retried.body.razorpay_order_id],
    )
    assert.equal(await available(shop, variantId), 4)
    const replayed = await buyer.checkout(headers)
    assert.equal(replayed.headers.get('idempotent-replayed'), 'true')
    assert.deepEqual(replayed.body, retried.body)
    await assertSound(engine)
  })
}

test('while the gateway stays down each retry says so, and none places another order', async () => {
  const { buyer } = await readyToOrder()
  const headers = { 'idempotency-key': 'stubborn' }
  await fault(shop, { kind: 'error' })
  const orders = new Set<string>()
  for (let tries = 0; tries < 3; tries++) orders.add(await assertOrderNamed(await buyer.checkout(headers), buyer))
  for (let tries = 0; tries < 2; tries++) {
    const answer = await askAgain(buyer, [...orders][0]!)
    assert.equal(answer.status, 503)
  }
  assert.equal(orders.size, 1)
  assert.equal(await value(engine, 'select count(*)::int from orders where customer_id = $1', buyer.id), 1)
  await assertSound(engine)
})

test('a gateway that is not there at all: orders are placed, and paid once it is back', async (t) => {
  const port = await freePort()
  const closed = await openShop(t, { env: { RAZORPAY_BASE_URL: `http://127.0.0.1:${port}/razorpay` } })
  const { id } = await closed.product()
  const [buyer] = await shoppers(closed, 1)
  await buyer!.add(id)
  const orderId = await assertOrderNamed(await buyer!.checkout(), buyer!)
  assert.equal((await askAgain(buyer!, orderId)).status, 503)
  // what nobody could ask about does not expire
  const later = { ...closed.engine, now: () => new Date(Date.now() + 3_600_000) }
  const { id: other } = await closed.product({ name: 'Other' })
  await buyer!.add(other)

  const back = await startSandbox({ port, smtpPort: 0, razorpay: [{ ...closed.account, webhookUrl: null }] })
  t.after(() => back.close())
  const asked = await askAgain(buyer!, orderId)
  assert.equal(asked.status, 200)
  await back.close()
  assert.equal(await expireOrders(later, closed.providers.findGateway), 0)
  assert.equal((await buyer!.order(orderId)).status, 'pending')
  await assertSound(closed.engine)
})

test('a payment that the gateway cannot confirm just now is not called lost, and is found later', async () => {
  const { buyer } = await readyToOrder()
  const { order, razorpay_order_id } = (await buyer.checkout()).body
  await fault(shop, { kind: 'error' })
  const back = await shop.pay(razorpay_order_id, { webhook: false })
  const answer = await buyer.comeBack(order.id, back)
  assert.equal(answer.status, 503)
  assert.doesNotMatch(answer.body.message, /nothing was charged/i)
  const verified = await buyer.call('POST', '/api/payment/verify', back)
  assert.equal(verified.status, 503)
  await endFaults(shop)
  assert.equal((await buyer.comeBack(order.id, back)).status, 200)
  await assertSound(engine)
})

test('of two askings at once both get the session that is kept', async () => {
  const { buyer } = await readyToOrder()
  await fault(shop, { kind: 'error', count: 1 })
  const orderId = await assertOrderNamed(await buyer.checkout(), buyer)
  const answers = await Promise.all([1, 2, 3, 4].map(() => askAgain(buyer, orderId)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  assert.equal(new Set(answers.map(({ body }) => body.razorpay_order_id)).size, 1)
  assert.equal((await buyer.order(orderId)).razorpay_order_id, answers[0]!.body.razorpay_order_id)
})
