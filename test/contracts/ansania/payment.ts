import assert from 'node:assert/strict'
import type { Wire } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'
import { cartOf, change, expireUnpaid, inStock, notice, placed, placedBy, put, query, signed, tell } from './buying.ts'
import type { MadeOrder } from './buying.ts'
import { odooEvents } from './odoo.ts'
import { shop } from './shop.ts'
import { checkEvent, openRow } from './table.ts'
import type { RowTests } from './table.ts'

const row = () => openRow('checkout.paymentWebhook')

const send = async (body: object): Promise<Wire> => row().answers(await tell(body)).data

const stateOf = async ({ read }: MadeOrder) => {
  const { status, payment_status: payment, paid_at: paidAt } = await read()
  return [status, payment, paidAt !== null]
}
const unpaid = ['pending_payment', 'pending', false]
const paid = ['paid', 'paid', true]
const cancelled = ['cancelled', 'failed', false]

const paymentsOf = async ({ number }: MadeOrder) =>
  (
    await query(
      `select p.state, p.amount_minor, p.channel from payment p join orders o on o.store_id = p.store_id and o.id = p.order_id
      where o.store_id = $1 and o.number = $2 order by p.id`,
      [shop.store.storeId, number],
    )
  ).map((cells) => [...cells])

const refundsOf = async ({ number }: MadeOrder) =>
  query(
    `select r.amount_minor, r.reason from refund r join orders o on o.store_id = r.store_id and o.id = r.order_id
    where o.store_id = $1 and o.number = $2`,
    [shop.store.storeId, number],
  )

export const payment: RowTests = {
  'checkout.paymentWebhook': {
    'the documented body, signed over its members as they stand, pays the order': async (row) => {
      const order = await placed()
      const body = notice(order, 'success')
      assert.deepEqual(Object.keys(body), Object.keys(row.request.body))
      assert.deepEqual((await send(body)).constructor, Object)
      assert.deepEqual(await stateOf(order), paid)
      assert.deepEqual(await paymentsOf(order), [['captured', 7_025_000, 'bca']])
    },
    'the order of the members is the one in which they came': async () => {
      const order = await placed(1)
      const { signature: _, ...members } = notice(order, 'success')
      const turned = Object.fromEntries(Object.entries(members).toReversed())
      await send({ ...signed(turned) })
      assert.deepEqual(await stateOf(order), paid)
    },
    'a missing or wrong signature is a 401, whatever it is of, and changes nothing': async (row) => {
      const order = await placed()
      const good = notice(order, 'success')
      const other = await placed(1)
      for (const body of [
        { ...good, signature: undefined },
        { ...good, signature: '' },
        { ...good, signature: null },
        { ...good, signature: '...' },
        { ...good, signature: 'a'.repeat(64) },
        { ...good, signature: good.signature.toUpperCase() },
        { ...good, amount: 1 },
        { ...good, status: 'expired' },
        { ...good, transaction_id: other.transaction },
        { ...good, note: 'more than was signed' },
        signed({ ...good, signature: undefined }, 'another key'),
      ])
        row.refuses('signature is missing or wrong', await tell(body))
      for (const text of ['', 'not JSON', '[]', '5', 'null', '{}', '{"signature":5}']) {
        const answer = await shop.call(shop.store, 'POST', '/api/checkout/payment-webhook', { body: text })
        row.refuses('signature is missing or wrong', answer)
      }
      assert.deepEqual([await stateOf(order), await stateOf(other)], [unpaid, unpaid])
      assert.deepEqual(await paymentsOf(order), [])
      await send(good)
    },
    'what is signed well and lacks a member, or has a wrong one, is a 400': async (row) => {
      const order = await placed()
      for (const more of [
        { transaction_id: undefined },
        { status: undefined },
        { amount: undefined },
        { amount: null },
        { amount: 'much' },
        { status: 'paid' },
        { status: 'constructor' },
        { transaction_id: 5 },
      ])
        row.refuses('transaction_id, status or amount is missing', await tell(notice(order, 'success', more)))
      for (const amount of [1, 7_024_999, 7_025_001, 0, -7_025_000])
        row.refuses('transaction_id, status or amount is missing', await tell(notice(order, 'success', { amount })))
      assert.deepEqual([await stateOf(order), await paymentsOf(order)], [unpaid, []])
    },
    'a transaction that is not this store’s is a 404': async (row) => {
      const order = await placed(1)
      row.refuses('no payment has', await tell(notice(order, 'success', { transaction_id: 'TRX-123456' })))
      const product = await shop.product({}, shop.rival)
      const rival = await shop.buyer(product.variants[0]!.serial, 1, shop.rival)
      const { order: theirs, payment: asked } = (await rival.checkout()).body.data
      const body = signed({
        transaction_id: asked.transaction_id,
        status: 'success',
        payment_channel: 'bca_va',
        amount: theirs.total_amount,
      })
      row.refuses('no payment has', await tell(body))
      assert.equal((await rival.orderOf(theirs.order_number)).status, 'pending_payment')
    },
    'DOKU’s own notifications, signed in their headers, are taken too': async () => {
      const order = await placed()
      const { status, body } = await shop.pay(order.transaction)
      assert.equal(status, 200, JSON.stringify(body))
      await until('the notification', async () => (await stateOf(order))[0] === 'paid')
      assert.deepEqual(await stateOf(order), paid)
      const list = `/doku/sandbox/notifications?invoice_number=${order.transaction}`
      const sent = await until('it is delivered', async () => {
        const { body } = await shop.sandboxCall('GET', list)
        return body[0].state === 'delivered' && body
      })
      assert.deepEqual([sent.length, sent[0].last_status], [1, 200])
      const again = { request_id: sent[0].request_id, copies: 3 }
      await shop.sandboxCall('POST', '/doku/sandbox/notifications/resend', again)
      await send(notice(order, 'success'))
      assert.deepEqual(await paymentsOf(order), [['captured', 7_025_000, 'bca']])
    },
    'one of them with another signature, client or body is none of DOKU’s': async (row) => {
      const order = await placed(1)
      const body = JSON.stringify({
        transaction: { status: 'SUCCESS', original_request_id: order.transaction },
        order: { amount: order.total, invoice_number: order.number },
      })
      const headers = {
        'client-id': 'MCH-SHOP',
        'request-id': 'made-up-1',
        'request-timestamp': '2026-02-03T10:00:00Z',
        signature: `HMACSHA256=${Buffer.alloc(32).toString('base64')}`,
      }
      for (const given of [headers, { ...headers, 'client-id': 'MCH-OTHER' }, { ...headers, signature: '' }]) {
        const answer = await shop.call(shop.store, 'POST', '/api/checkout/payment-webhook', { body, headers: given })
        row.refuses('signature is missing or wrong', answer)
      }
      assert.deepEqual(await stateOf(order), unpaid)
    },
  },
}

const sampleOf = (event: string, order: MadeOrder, status: string) => checkEvent(event, notice(order, status))

/** The events that DOKU and Odoo send, by their rows in the table. */
export const webhooks: Record<string, Record<string, () => Promise<void>>> = {
  'webhook.payment.success': {
    'the order is paid once, however often and at once it is told': async () => {
      const order = await placed()
      const body = sampleOf('webhook.payment.success', order, 'success')
      await Promise.all(Array.from({ length: 10 }, () => send(body)))
      const seen = await order.read()
      await send(body)
      assert.deepEqual([await stateOf(order), await order.read()], [paid, seen])
      assert.deepEqual(await paymentsOf(order), [['captured', 7_025_000, 'bca']])
      assert.equal(await inStock(order.product), 8)
    },
    'nothing that comes after it changes a paid order': async () => {
      const order = await placed()
      await send(sampleOf('webhook.payment.success', order, 'success'))
      const seen = await order.read()
      for (const status of ['failed', 'expired', 'success']) await send(notice(order, status))
      assert.deepEqual(await order.read(), seen)
      await shop.pay(order.transaction, 'expired')
      await until('DOKU has told', async () => {
        const list = `/doku/sandbox/notifications?invoice_number=${order.transaction}`
        return (await shop.sandboxCall('GET', list)).body[0]?.state === 'delivered'
      })
      assert.deepEqual(await order.read(), seen)
      assert.deepEqual(await refundsOf(order), [])
      assert.equal(await inStock(order.product), 8)
    },
    'money for an order that was cancelled meanwhile does not bring it back, and is owed': async () => {
      const order = await placed()
      await order.buyer.call('PUT', `/api/orders/${order.number}/cancel`, {})
      await send(sampleOf('webhook.payment.success', order, 'success'))
      assert.deepEqual(await stateOf(order), cancelled)
      assert.equal(await inStock(order.product), 10)
      assert.deepEqual(
        (await refundsOf(order)).map(([amount]) => amount),
        [7_025_000],
      )
    },
    'money that comes after the order expired fills it while its stock is there': async () => {
      const order = await placed()
      const lost = await placed()
      await expireUnpaid()
      assert.deepEqual(await stateOf(order), cancelled)
      assert.equal(await inStock(order.product), 10)
      await send(notice(order, 'success'))
      assert.deepEqual([await stateOf(order), await inStock(order.product)], [paid, 8])
      await change(lost.product, { quantity: 1 })
      await send(notice(lost, 'success'))
      assert.deepEqual([await stateOf(lost), await inStock(lost.product)], [cancelled, 1])
      assert.deepEqual(
        (await refundsOf(lost)).map(([amount]) => amount),
        [7_025_000],
      )
    },
  },
  'webhook.payment.failed': {
    'a failed attempt leaves the order to be paid, with its stock': async () => {
      const order = await placed()
      const body = sampleOf('webhook.payment.failed', order, 'failed')
      for (let i = 0; i < 2; i++) await send(body)
      assert.deepEqual([await stateOf(order), await inStock(order.product)], [unpaid, 8])
      await send(notice(order, 'success'))
      assert.deepEqual([await stateOf(order), await inStock(order.product)], [paid, 8])
      assert.deepEqual(await paymentsOf(order), [['captured', 7_025_000, 'bca']])
    },
    'DOKU’s own says the same': async () => {
      const order = await placed(1)
      await shop.pay(order.transaction, 'failed')
      await until('the attempt is known', async () => (await paymentsOf(order)).length === 1)
      assert.deepEqual([await stateOf(order), await inStock(order.product)], [unpaid, 9])
      await shop.pay(order.transaction, 'success')
      await until('the notification', async () => (await stateOf(order))[0] === 'paid')
    },
  },
  'webhook.payment.expired': {
    'an unpaid order is cancelled and its stock free again, once': async () => {
      const order = await placed()
      const body = sampleOf('webhook.payment.expired', order, 'expired')
      for (let i = 0; i < 2; i++) await send(body)
      assert.deepEqual([await stateOf(order), await inStock(order.product)], [cancelled, 10])
      assert.deepEqual(await paymentsOf(order), [])
      // its customer begins anew
      const next = await placedBy(order.buyer, order.product, 1)
      assert.deepEqual([await stateOf(next), await inStock(order.product)], [unpaid, 9])
    },
    'DOKU’s own says the same, and gives the voucher back': async () => {
      const first = await placed(1)
      await shop.voucher({ code: 'GIVENBACK', usageLimit: 1 })
      await put(first.buyer, first.product)
      await first.buyer.call('POST', '/api/cart/apply-voucher', { code: 'GIVENBACK' })
      const { body } = await first.buyer.checkout()
      await shop.pay(body.data.payment.transaction_id, 'expired')
      const number: string = body.data.order.order_number
      await until('it has expired', async () => (await first.buyer.orderOf(number)).status === 'cancelled')
      await put(first.buyer, first.product)
      const again = await first.buyer.call('POST', '/api/cart/apply-voucher', { code: 'GIVENBACK' })
      assert.equal(again.status, 200, JSON.stringify(again.body))
      assert.equal((await cartOf(first.buyer)).discount_amount, 350_000)
    },
  },
  ...odooEvents,
}
