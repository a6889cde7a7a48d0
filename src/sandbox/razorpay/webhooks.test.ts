import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createFaults } from '../faults.ts'
import { razorpayFaults } from '../razorpay.ts'
import { keys, openSandbox, startShop, until } from '../testing.ts'
import { createBooks } from './books.ts'
import { createOrder } from './orders.ts'
import { attemptPayment } from './payments.ts'
import { sign } from './signature.ts'
import { createWebhooks } from './webhooks.ts'

const told = ['payment.authorized', 'payment.captured', 'order.paid']

test('a payment is told in order, in the real envelope, signed over the bytes sent', async (t) => {
  const shop = await startShop(t)
  const { order, pay } = await openSandbox(t, shop.url)
  const { id } = await order(50_000)
  const { razorpay_payment_id } = await pay(id, { notes: { page: 'https://shop.example/a/b' } })
  await until('three webhooks', () => shop.hooks.length === 3)
  assert.deepEqual(shop.names(), told)
  assert.equal(new Set(shop.hooks.map(({ headers }) => headers['x-razorpay-event-id'])).size, 3)
  for (const { headers, raw } of shop.hooks) {
    assert.equal(headers['x-razorpay-signature'], sign(keys.webhookSecret, raw))
    assert.ok(raw.includes('https:\\/\\/shop.example\\/a\\/b'), 'slashes are escaped')
    const { entity, account_id, created_at, payload } = JSON.parse(raw)
    assert.equal(entity, 'event')
    assert.match(account_id, /^acc_[0-9A-Za-z]{14}$/)
    assert.ok(Number.isInteger(created_at))
    assert.equal(payload.payment.entity.id, razorpay_payment_id)
  }
  const [authorized, captured, paid] = shop.hooks.map(({ raw }) => JSON.parse(raw))
  assert.deepEqual([authorized.contains, paid.contains], [['payment'], ['payment', 'order']])
  // A body is a snapshot of the moment it tells of, even when the next step followed at once.
  assert.deepEqual(
    [authorized.payload.payment.entity.status, authorized.payload.payment.entity.captured],
    ['authorized', false],
  )
  assert.equal(captured.payload.payment.entity.status, 'captured')
  assert.deepEqual([paid.payload.order.entity.status, paid.payload.order.entity.amount_due], ['paid', 0])
})

test('a failed payment, a manual capture and a second payment tell what happened, and no more', async (t) => {
  const shop = await startShop(t)
  const { order, pay, api } = await openSandbox(t, shop.url)
  const { id } = await order(50_000)
  const heard = async (...names: string[]) => {
    await until(names.join(), () => shop.hooks.length >= names.length)
    await wait(30)
    assert.deepEqual(shop.names(), names)
    shop.hooks.length = 0
  }
  await pay(id, { outcome: 'failure' })
  await heard('payment.failed')
  const { razorpay_payment_id } = await pay(id, { capture: false })
  await heard('payment.authorized')
  await api('POST', `/payments/${razorpay_payment_id}/capture`, { amount: 50_000, currency: 'INR' })
  await heard('payment.captured', 'order.paid')
  await pay(id)
  await heard('payment.authorized', 'payment.captured')
  await pay(id, { webhook: false })
  await wait(50)
  await heard()
})

test('what is not taken is sent again with the same id, body and signature, after a rotation too', async (t) => {
  const shop = await startShop(t, (index) => (index === 0 ? 500 : 200))
  const { order, pay, call } = await openSandbox(t, shop.url)
  const { id } = await order()
  await pay(id, { capture: false })
  await until('the first try', () => shop.hooks.length === 1)
  const rotated = await call('POST', '/razorpay/sandbox/secret', { key_id: keys.keyId, webhook_secret: 'new' })
  assert.equal(rotated.status, 200)
  await until('the second try', () => shop.hooks.length === 2)
  const [first, second] = shop.hooks
  assert.ok(second!.at - first!.at >= 900, 'about a second later')
  assert.equal(second!.raw, first!.raw)
  for (const header of ['x-razorpay-event-id', 'x-razorpay-signature'])
    assert.equal(second!.headers[header], first!.headers[header])
  assert.equal(second!.headers['x-razorpay-signature'], sign(keys.webhookSecret, second!.raw))

  await pay(id, { outcome: 'failure' })
  await until('an event after the rotation', () => shop.hooks.length === 3)
  assert.equal(shop.hooks[2]!.headers['x-razorpay-signature'], sign('new', shop.hooks[2]!.raw))
})

test('a shop that does not answer in time, or is not there, is tried again, and given up at last', async (t) => {
  const shop = await startShop(t, () => undefined)
  const lines: string[] = []
  const options = { timeoutMs: 40, firstRetryMs: 10, rounds: 3, log: (line: string) => lines.push(line) }
  const webhooks = createWebhooks(createFaults({ razorpay: razorpayFaults }), options)
  t.after(() => webhooks.close())
  const books = createBooks([{ ...keys, webhookUrl: shop.url }])
  const account = books.accounts.get(keys.keyId)!
  const { id } = createOrder(books, account, { amount: 100, currency: 'INR' })
  const attempt = {
    method: 'upi',
    amount: 100,
    email: '',
    contact: '',
    notes: [],
    succeeds: true,
    announced: true,
  } as const
  const { entity: payment } = attemptPayment(books, books.orders.get(id)!, { ...attempt, notes: [] })
  webhooks.send(account, [{ name: 'payment.authorized', payload: { payment } }])
  await until('given up', () => webhooks.list(id)[0]!.state === 'failed')
  assert.deepEqual([webhooks.list(id)[0]!.tries, webhooks.list(id)[0]!.last_status], [3, 'timeout'])
  assert.equal(lines.length, 1)

  account.webhookUrl = 'http://127.0.0.1:1/'
  webhooks.send(account, [{ name: 'payment.authorized', payload: { payment } }])
  await until('refused', () => webhooks.list(id)[1]!.last_status === 'ECONNREFUSED')
})

test('the log tells of every event, and any can be sent again, many times at once', async (t) => {
  const shop = await startShop(t)
  const { order, pay, call } = await openSandbox(t, shop.url)
  const { id } = await order()
  const { razorpay_payment_id } = await pay(id)
  const log = async (query = '') => (await call('GET', `/razorpay/sandbox/webhooks${query}`)).body
  await until('delivered', async () => (await log()).every(({ state }: { state: string }) => state === 'delivered'))
  const [first] = await log()
  const { created_at: _, event_id, ...rest } = first
  assert.deepEqual(rest, {
    event: 'payment.authorized',
    key_id: keys.keyId,
    order_id: id,
    payment_id: razorpay_payment_id,
    refund_id: null,
    state: 'delivered',
    tries: 1,
    last_status: 200,
  })
  assert.equal((await log(`?order_id=${id}`)).length, 3)
  assert.equal((await log('?order_id=order_none')).length, 0)

  const again = await call('POST', '/razorpay/sandbox/webhooks/resend', { event_id, copies: 20 })
  assert.deepEqual([again.status, again.body.tries], [200, 21])
  assert.equal(shop.hooks.length, 23)
  assert.equal(shop.hooks.filter(({ headers }) => headers['x-razorpay-event-id'] === event_id).length, 21)
  const unknown = await call('POST', '/razorpay/sandbox/webhooks/resend', { event_id: 'none' })
  assert.deepEqual([unknown.status, unknown.body], [404, { error: 'there is no event none' }])
})

test('where webhooks go can be changed, and what had nowhere to go can be sent later', async (t) => {
  const shop = await startShop(t)
  const { order, pay, call } = await openSandbox(t)
  const { id } = await order()
  await pay(id, { capture: false })
  const [event] = (await call('GET', '/razorpay/sandbox/webhooks')).body
  assert.deepEqual([event.state, event.tries], ['no target', 0])
  const target = (webhook_url: unknown) =>
    call('POST', '/razorpay/sandbox/webhook-url', { key_id: keys.keyId, webhook_url })
  assert.equal((await target('ftp://x')).status, 400)
  assert.equal((await target('not a url')).status, 400)
  assert.equal((await target(shop.url)).status, 200)
  await call('POST', '/razorpay/sandbox/webhooks/resend', { event_id: event.event_id })
  assert.deepEqual(shop.names(), ['payment.authorized'])
})

test('webhooks can be lost, repeated, swapped and late', async (t) => {
  const shop = await startShop(t)
  const { order, pay, fault, call } = await openSandbox(t, shop.url)
  const round = async (expected: number) => {
    shop.hooks.length = 0
    await pay((await order()).id)
    await until(`${expected} webhooks`, () => shop.hooks.length >= expected)
    await wait(40)
    await call('DELETE', '/faults')
    return shop.names()
  }
  await fault({ kind: 'reorder' })
  assert.deepEqual(await round(3), told.toReversed())
  await fault({ kind: 'drop', only: 'webhook', count: 2 })
  assert.deepEqual(await round(1), ['order.paid'])
  await fault({ kind: 'duplicate', count: 1, copies: 4 })
  assert.deepEqual(await round(6), [...Array(4).fill('payment.authorized'), 'payment.captured', 'order.paid'])
  await fault({ kind: 'delay', delayMs: 300, count: 1, only: 'webhook' })
  assert.deepEqual(await round(3), ['payment.captured', 'order.paid', 'payment.authorized'])
})
