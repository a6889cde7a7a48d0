import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { expireOrders, pollPayments } from '../../../src/engine/payments/sweeps.ts'
import { settleStored } from '../../../src/engine/payments/webhooks.ts'
import { dokuSignMembers } from '../../../src/providers/payments/doku.ts'
import { accounts } from '../../support/installation.ts'
import { assertSound, books, story, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import { until, whileItWaits } from '../../support/wait.ts'
import { outside, paid, placed, refundsOf, stockOf } from './support.ts'
import type { Placed } from './support.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { now: () => new Date(Date.now() + offsetMs) })
const { engine, sandboxCall } = shop
const { fault, endFaults } = outside(shop)
const find = shop.providers.findGateway
afterEach(async () => {
  offsetMs = 0
  await endFaults()
})

const minutes = (n: number) => n * 60_000

async function table(quantity = 5) {
  const { variants } = await shop.product({ variants: [{ quantity }] })
  return variants[0]!
}

/** A notification in the form that the contract shows, signed with the shop's key. */
function notify(members: Record<string, unknown>) {
  const signature = dokuSignMembers(accounts.doku.secretKey, members)
  return shop.call(shop.store, 'POST', '/api/checkout/payment-webhook', { body: { ...members, signature } })
}

const invoiceOf = (id: string) => sandboxCall('GET', `/doku/sandbox/invoices/${id}`)

async function assertPaidOnce({ id, look, totalMinor }: Placed) {
  assert.deepEqual(await look(), ['confirmed', 'paid'])
  assert.equal(await value(engine, 'select count(*)::int from payment where order_id = $1', id), 1)
  assert.deepEqual(await books(shop, id), { customer: 0, 'gateway.doku': totalMinor, sales: -totalMinor })
  assert.deepEqual(await story(shop, id), ['placed', 'paid', 'confirmed'])
  await assertSound(engine)
}

const troubles: [name: string, fault: object, wasMade: boolean][] = [
  ['drops the connection', { kind: 'drop' }, false],
  ['answers 500', { kind: 'error' }, false],
  ['answers garbage', { kind: 'garbage' }, false],
  ['drops its answer', { kind: 'drop', after: true }, true],
  ['answers 500 after it did the work', { kind: 'error', after: true }, true],
  ['answers garbage after it did the work', { kind: 'garbage', after: true }, true],
]
for (const [name, trouble, wasMade] of troubles) {
  test(`DOKU ${name}: the order is named, and the retry gets the one transaction of its one invoice`, async () => {
    const variant = await table()
    const buyer = await shop.buyer(variant.serial, 2)
    const key = { 'idempotency-key': 'first-try' }
    await fault('doku', { ...trouble, count: 1 })
    const refused = await buyer.checkout({}, key)
    assert.deepEqual([refused.status, refused.body.code], [503, 'SERVICE_UNAVAILABLE'])
    const number: string = refused.body.details.order_number
    assert.equal((await buyer.orderOf(number)).status, 'pending_payment')
    assert.deepEqual(await stockOf(shop, variant.id), [5, 2])
    const made = await invoiceOf(number)
    assert.equal(made.status, wasMade ? 200 : 404)

    const retried = await buyer.checkout({}, key)
    assert.equal(retried.status, 201, JSON.stringify(retried.body))
    assert.equal(retried.body.data.order.order_number, number)
    const { transaction_id, payment_url } = retried.body.data.payment
    const invoice = (await invoiceOf(number)).body
    assert.equal(invoice.transaction_id, transaction_id)
    if (wasMade) assert.equal(made.body.virtual_account_number, invoice.virtual_account_number)
    assert.match(payment_url, /\/doku\/checkout-link-v2\//)
    const again = await buyer.checkout({}, key)
    assert.deepEqual([again.status, again.body.data.payment], [201, retried.body.data.payment])
    assert.equal(await value(engine, 'select count(*)::int from orders where customer_id = $1', buyer.id), 1)
    await shop.pay(transaction_id)
    await until('it is paid', async () => (await buyer.orderOf(number)).payment_status === 'paid')
    assert.deepEqual(await stockOf(shop, variant.id), [5, 2])
    await assertSound(engine)
  })
}

test('the answer with the account is lost, and the customer never asks again: what is paid is found all the same', async () => {
  for (const isTold of [true, false]) {
    const variant = await table()
    const buyer = await shop.buyer(variant.serial, 2)
    await fault('doku', { kind: 'drop', after: true, count: 1 })
    const refused = await buyer.checkout()
    const number: string = refused.body.details.order_number
    await shop.pay(number, 'success', { webhook: isTold })
    if (!isTold) {
      offsetMs = minutes(3)
      await pollPayments(engine, find)
    }
    await until('it is paid', async () => (await buyer.orderOf(number)).payment_status === 'paid')
    assert.deepEqual(await stockOf(shop, variant.id), [5, 2])
    offsetMs = 0
  }
  await assertSound(engine)
})

test('of the notifications that never come, the poller asks DOKU itself', async () => {
  const order = await placed(shop, (await table()).serial)
  await shop.pay(order.transaction, 'success', { webhook: false })
  offsetMs = minutes(1)
  assert.equal(await pollPayments(engine, find), 0, 'it is not asked for at once')
  offsetMs = minutes(3)
  await fault('doku', { kind: 'error', count: 1 })
  assert.equal(await pollPayments(engine, find), 1)
  assert.deepEqual(await order.look(), ['placed', 'pending'])
  offsetMs = minutes(6)
  await pollPayments(engine, find)
  await assertPaidOnce(order)
})

test('a notification that comes twenty times over, and beside the poller, pays once', async () => {
  const order = await placed(shop, (await table()).serial)
  await fault('doku', { only: 'webhook', kind: 'duplicate', copies: 20, count: 1 })
  await shop.pay(order.transaction)
  offsetMs = minutes(3)
  await Promise.all([pollPayments(engine, find), pollPayments(engine, find)])
  const sent = async () => (await sandboxCall('GET', `/doku/sandbox/notifications?invoice_number=${order.number}`)).body
  await until('it was taken', async () => (await sent())[0]?.state === 'delivered')
  const told = { transaction_id: order.transaction, status: 'success', payment_channel: 'bca_va' }
  const promised = await notify({ ...told, amount: order.totalMinor })
  assert.equal(promised.status, 200)
  await assertPaidOnce(order)
})

test('failed after success, and expired after success, change nothing any more', async () => {
  const order = await placed(shop, (await table()).serial)
  await fault('doku', { only: 'webhook', kind: 'reorder', count: 1 })
  await shop.pay(order.transaction, 'failed') // is held back, and overtaken
  await shop.pay(order.transaction)
  await until('it is paid', async () => (await order.look())[1] === 'paid')
  const late = { transaction_id: order.transaction, payment_channel: 'bca_va', amount: order.totalMinor }
  assert.equal((await notify({ ...late, status: 'expired' })).status, 200)
  const sent = async () => (await sandboxCall('GET', `/doku/sandbox/notifications?invoice_number=${order.number}`)).body
  await until('all were taken', async () =>
    (await sent()).every(({ state }: { state: string }) => state === 'delivered'),
  )
  await assertPaidOnce(order)
})

test('a failed attempt keeps the stock: the customer tries again at the same virtual account', async () => {
  const variant = await table()
  const order = await placed(shop, variant.serial, 2)
  await shop.pay(order.transaction, 'failed')
  await until('it was told', async () => (await story(shop, order.id)).includes('payment_failed'))
  assert.deepEqual(await order.look(), ['placed', 'pending'])
  assert.deepEqual(await stockOf(shop, variant.id), [5, 2])
  await shop.pay(order.transaction)
  await until('it is paid', async () => (await order.look())[1] === 'paid')
  assert.deepEqual(await story(shop, order.id), ['placed', 'payment_failed', 'paid', 'confirmed'])
  await assertSound(engine)
})

test('a notification that is quicker than DOKU’s answer is refused as unknown, and heard when it comes again', async () => {
  const variant = await table()
  const buyer = await shop.buyer(variant.serial)
  await fault('doku', { kind: 'delay', delayMs: 800, after: true, count: 1 })
  const asking = buyer.checkout()
  const number = await until('the order is there', () =>
    value(engine, 'select number from orders where customer_id = $1', buyer.id),
  )
  await until('DOKU has the invoice', async () => (await invoiceOf(String(number))).status === 200)
  await shop.pay(String(number))
  const sent = async () => (await sandboxCall('GET', `/doku/sandbox/notifications?invoice_number=${number}`)).body
  await until('it was sent', async () => (await sent())[0]?.last_status === 404)
  const answer = await asking
  assert.equal(answer.status, 201)
  await until('it is paid', async () => (await buyer.orderOf(String(number))).payment_status === 'paid')
  await assertSound(engine)
})

test('expired at DOKU: the order is cancelled, its stock is free and its voucher can be used again', async () => {
  const variant = await table()
  await shop.voucher({ code: 'ONCE', usageLimit: 1 })
  const used = () => value(engine, `select used from voucher where code = 'ONCE' and store_id = $1`, shop.store.storeId)
  const buyer = await shop.buyer(variant.serial, 2)
  assert.equal((await buyer.call('POST', '/api/cart/apply-voucher', { code: 'ONCE' })).status, 200)
  const { order, payment } = (await buyer.checkout()).body.data
  assert.equal(await used(), 1)
  await shop.pay(payment.transaction_id, 'expired')
  await until('it is over', async () => (await buyer.orderOf(order.order_number)).status === 'cancelled')
  assert.equal((await buyer.orderOf(order.order_number)).payment_status, 'failed')
  assert.equal(await used(), 0)
  assert.deepEqual(await stockOf(shop, variant.id), [5, 0])

  const next = await shop.buyer(variant.serial)
  assert.equal((await next.call('POST', '/api/cart/apply-voucher', { code: 'ONCE' })).status, 200)
  assert.equal((await next.checkout()).status, 201)
  assert.equal(await used(), 1)
  await assertSound(engine)
})

test('an order whose time is over stays as long as DOKU cannot be asked, and ends when it can', async () => {
  const variant = await table()
  const order = await placed(shop, variant.serial)
  offsetMs = minutes(24 * 60 + 1)
  await fault('doku', { kind: 'error' })
  await expireOrders(engine, find)
  assert.deepEqual(await order.look(), ['placed', 'pending'])
  await endFaults()
  await expireOrders(engine, find)
  assert.deepEqual(await order.look(), ['expired', 'failed'])
  assert.deepEqual(await stockOf(shop, variant.id), [5, 0])
})

test('paid at the last moment, its notification lost: what would have ended it finds the money', async () => {
  const order = await placed(shop, (await table()).serial)
  await shop.pay(order.transaction, 'success', { webhook: false })
  offsetMs = minutes(24 * 60 + 1)
  await expireOrders(engine, find)
  await assertPaidOnce(order)
})

test('money that comes after the end fills the order while the stock is there', async () => {
  const variant = await table()
  const order = await placed(shop, variant.serial, 2)
  offsetMs = minutes(24 * 60 + 1)
  await expireOrders(engine, find)
  assert.deepEqual(await order.look(), ['expired', 'failed'])
  await shop.pay(order.transaction)
  await until('it is paid', async () => (await order.look())[1] === 'paid')
  assert.deepEqual(await stockOf(shop, variant.id), [5, 2])
  assert.deepEqual(await story(shop, order.id), ['placed', 'expired', 'paid', 'confirmed'])
  await assertSound(engine)
})

test('money that comes after the end counts its voucher again, and is given back when that was its last use', async () => {
  for (const isGone of [false, true]) {
    const code = isGone ? 'LASTGONE' : 'LASTFREE'
    const variant = await table()
    await shop.voucher({ code, usageLimit: 1 })
    const used = () =>
      value(engine, 'select used from voucher where code = $1 and store_id = $2', code, shop.store.storeId)
    const order = await placed(shop, variant.serial, 2, {}, code)
    assert.equal(await used(), 1)
    offsetMs = minutes(24 * 60 + 1)
    await expireOrders(engine, find)
    assert.equal(await used(), 0)
    offsetMs = 0
    if (isGone) await placed(shop, variant.serial, 1, {}, code)
    await shop.pay(order.transaction)
    if (isGone) {
      await until('it was told', async () => (await story(shop, order.id)).includes('payment_returned'))
      assert.equal((await order.look())[0], 'expired')
      assert.deepEqual(await refundsOf(shop, order.id), [['by_hand', order.totalMinor, 'its voucher has been used up']])
    } else {
      await until('it is paid', async () => (await order.look())[1] === 'paid')
    }
    assert.equal(await used(), 1)
    assert.deepEqual(await stockOf(shop, variant.id), [5, isGone ? 1 : 2])
  }
  await assertSound(engine)
})

test('a voucher that its customer has used for another order since does not count twice for late money', async () => {
  const variant = await table()
  await shop.voucher({ code: 'ONEEACH', customerLimit: 1 })
  const buyer = await shop.buyer(variant.serial)
  const order = async () => {
    assert.equal((await buyer.call('POST', '/api/cart/apply-voucher', { code: 'ONEEACH' })).status, 200)
    const { data } = (await buyer.checkout()).body
    const id = await value(engine, 'select id from orders where number = $1', data.order.order_number)
    return { id: String(id), transaction: data.payment.transaction_id as string }
  }
  const late = await order()
  offsetMs = minutes(24 * 60 + 1)
  await expireOrders(engine, find)
  offsetMs = 0
  await buyer.call('POST', '/api/cart/items', { product_variant_id: variant.serial, quantity: 1 })
  await order()
  await shop.pay(late.transaction)
  await until('it was told', async () => (await story(shop, late.id)).includes('payment_returned'))
  const [[state]] = (await refundsOf(shop, late.id)) as [[string]]
  assert.equal(state, 'by_hand')
  assert.equal(await value(engine, `select used from voucher where code = 'ONEEACH'`), 1)
  await assertSound(engine)
})

test('late money for two orders at once counts a voucher for one each once', async () => {
  const variant = await table(20)
  await shop.voucher({ code: 'TWOLATE', customerLimit: 1 })
  const buyer = await shop.buyer(variant.serial)
  const late: { id: string; transaction: string }[] = []
  for (let n = 0; n < 2; n++) {
    await buyer.call('POST', '/api/cart/items', { product_variant_id: variant.serial, quantity: 1 })
    assert.equal((await buyer.call('POST', '/api/cart/apply-voucher', { code: 'TWOLATE' })).status, 200)
    const { order, payment } = (await buyer.checkout()).body.data
    const id = String(await value(engine, 'select id from orders where number = $1', order.order_number))
    late.push({ id, transaction: payment.transaction_id })
    offsetMs = minutes(24 * 60 + 1)
    await expireOrders(engine, find)
    offsetMs = 0
  }
  const ends = (id: string) => async () =>
    (await story(shop, id)).find((kind) => kind === 'paid' || kind === 'payment_returned')
  const waits = await whileItWaits(
    shop,
    (ctx) => execute(ctx.tx, `select from voucher where code = 'TWOLATE' for update`),
    () => Promise.all(late.map(({ transaction }) => shop.pay(transaction))),
  )
  assert.equal(waits.length, 2)
  const became = await Promise.all(late.map(({ id }) => until('it was told', ends(id))))
  assert.deepEqual(became.toSorted(), ['paid', 'payment_returned'])
  assert.equal(await value(engine, `select used from voucher where code = 'TWOLATE'`), 1)
  await assertSound(engine)
})

test('money that comes when the stock is gone is given back by hand, and kept by nobody meanwhile', async () => {
  const variant = await table(2)
  const order = await placed(shop, variant.serial, 2)
  offsetMs = minutes(24 * 60 + 1)
  await expireOrders(engine, find)
  await placed(shop, variant.serial, 2)
  await shop.pay(order.transaction)
  await until('it was told', async () => (await story(shop, order.id)).includes('payment_returned'))
  assert.equal((await order.look())[0], 'expired')
  assert.deepEqual(await refundsOf(shop, order.id), [['by_hand', order.totalMinor, 'out of stock']])
  assert.deepEqual(await books(shop, order.id), { customer: -order.totalMinor, 'gateway.doku': order.totalMinor })
  assert.deepEqual(await stockOf(shop, variant.id), [2, 2])
  await assertSound(engine)
})

test('a paid order that is cancelled is refunded by hand: asked again and again, it stays one sum that is owed', async () => {
  const variant = await table()
  const order = await paid(shop, variant.serial, 2)
  const cancelled = await order.buyer.call('PUT', `/api/orders/${order.number}/cancel`, { reason: 'Changed my mind' })
  assert.equal(cancelled.status, 200)
  assert.deepEqual(await order.look(), ['cancelled', 'paid'])
  const owed = [['by_hand', order.totalMinor, 'order cancelled']]
  assert.deepEqual(await refundsOf(shop, order.id), owed)
  assert.deepEqual(await refundsOf(shop, order.id), owed)
  assert.deepEqual(await books(shop, order.id), {
    customer: -order.totalMinor,
    'gateway.doku': order.totalMinor,
    sales: 0,
  })
  assert.deepEqual(await stockOf(shop, variant.id), [5, 0])
  await assertSound(engine)
})

test('an order cancelled before its money comes: the money is given back by hand', async () => {
  const order = await placed(shop, (await table()).serial)
  assert.equal((await order.buyer.call('PUT', `/api/orders/${order.number}/cancel`, {})).status, 200)
  await shop.pay(order.transaction)
  await until('it was told', async () => (await story(shop, order.id)).includes('payment_returned'))
  assert.deepEqual(await refundsOf(shop, order.id), [['by_hand', order.totalMinor, 'order was cancelled']])
  assert.equal((await order.look())[0], 'cancelled')
  await assertSound(engine)
})

test('another amount than the transaction’s is refused, whatever its signature', async () => {
  const order = await placed(shop, (await table()).serial)
  for (const amount of [order.totalMinor - 1, order.totalMinor + 1, 1]) {
    const told = { transaction_id: order.transaction, status: 'success', payment_channel: 'bca_va', amount }
    const answer = await notify(told)
    assert.deepEqual(
      [answer.status, answer.body.error],
      [400, 'Amount is not the amount of the transaction'],
      String(amount),
    )
  }
  assert.deepEqual(await order.look(), ['placed', 'pending'])
  assert.equal(await value(engine, 'select count(*)::int from payment where order_id = $1', order.id), 0)
  offsetMs = minutes(5)
  await settleStored(engine, find)
  assert.deepEqual(await order.look(), ['placed', 'pending'])
  await assertSound(engine)
})
