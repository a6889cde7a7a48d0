import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { settleRefunds } from '../../src/engine/payments/sweeps.ts'
import { assertSound, available, endFaults, fault, gatewayApi, shoppers, value } from '../support/faults.ts'
import { openShop, request } from '../support/shop.ts'
import type { Wire } from '../support/shop.ts'
import { until } from '../support/wait.ts'

let offsetMs = 0
const shop = await openShop({ after }, { worker: true, now: () => new Date(Date.now() + offsetMs) })
afterEach(() => endFaults(shop))

async function paid() {
  const { id: variantId } = await shop.product({ quantity: 3 })
  const [buyer] = await shoppers(shop, 1)
  await buyer!.add(variantId)
  const { order, razorpay_order_id, amount } = (await buyer!.checkout()).body
  const back = await shop.pay(razorpay_order_id)
  assert.equal((await buyer!.comeBack(order.id, back)).status, 200)
  const orderId: string = order.id
  return { buyer: buyer!, variantId, orderId, session: razorpay_order_id as string, back, amount: amount as number }
}

const refundsOf = async (back: Wire) => {
  const { items } = await gatewayApi(shop, `/payments/${back.razorpay_payment_id}/refunds`)
  return items.map((refund: Wire) => [refund.amount, refund.status])
}

test('the worker gives the money of a cancelled order back, though the gateway fails at first', async () => {
  const { buyer, orderId, variantId, back, amount } = await paid()
  await fault(shop, { kind: 'error', count: 1, after: true })
  await buyer.call('POST', `/api/orders/${orderId}/cancel`)
  const state = () => value(shop.engine, 'select state from refund where order_id = $1', orderId)
  await until('its job was tried again', async () => (await state()) === 'pending', 20_000)
  // it left the bank before we knew its name, so nobody told us: what runs every minute asks
  await until('it is refunded', async () => {
    offsetMs += 120_000
    await settleRefunds(shop.engine, shop.providers.findGateway)
    return (await buyer.order(orderId)).payment_status === 'refunded'
  })
  assert.deepEqual(await refundsOf(back), [[amount, 'processed']])
  assert.equal(await available(shop, variantId), 3)
  await assertSound(shop.engine)
})

test('the gateway’s word that a refund is through is heard at once', async () => {
  const { buyer, orderId, session } = await paid()
  await buyer.call('POST', `/api/orders/${orderId}/cancel`)
  const told = async () => {
    const log = await request(`${shop.sandbox.url}/razorpay/sandbox/webhooks?order_id=${session}`, { method: 'GET' })
    return log.body.some(({ event, state }: Wire) => event === 'refund.processed' && state === 'delivered')
  }
  await until('the gateway told of it', told)
  await until('it is refunded', async () => (await buyer.order(orderId)).payment_status === 'refunded', 1000)
  await assertSound(shop.engine)
})

test('the worker gives a second payment back, and the order stays paid', async () => {
  const { buyer, orderId, session, amount } = await paid()
  const second = await shop.pay(session)
  await until('it is refunded', async () => (await refundsOf(second)).length > 0, 20_000)
  assert.deepEqual((await refundsOf(second))[0][0], amount)
  assert.deepEqual((await buyer.order(orderId)).payment_status, 'paid')
  await assertSound(shop.engine)
})
