import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startShop, until, type Wire } from '../testing.ts'
import { account, invoiceOf, openDoku, signatureOf } from './testing.ts'

const path = '/checkout/v1/payment'

const statusesOf = (shop: Wire) => shop.hooks.map(({ raw }: { raw: string }) => JSON.parse(raw).transaction.status)

test('a payment is told in the documented form, signed over its bytes and the path of the address', async (t) => {
  const shop = await startShop(t)
  const { api, pay } = await openDoku(t, `${shop.url}?store=one`)
  const asked = invoiceOf()
  const requestId = randomUUID()
  await api('POST', path, asked, { requestId })
  const { body } = await pay(requestId)
  assert.equal(body.notified, `${shop.url}?store=one`)
  await until('told', () => shop.hooks.length === 1)
  const { headers, raw } = shop.hooks[0]!
  const signed = [
    `Client-Id:${account.clientId}`,
    `Request-Id:${String(headers['request-id'])}`,
    `Request-Timestamp:${String(headers['request-timestamp'])}`,
    'Request-Target:/webhooks/razorpay',
  ]
  assert.equal(headers['signature'], signatureOf(account.secretKey, signed, raw))
  assert.match(String(headers['request-timestamp']), /T\d\d:\d\d:\d\dZ$/)
  assert.equal(headers['client-id'], account.clientId)
  const { transaction, virtual_account_payment, ...told } = JSON.parse(raw)
  assert.deepEqual([transaction.status, transaction.original_request_id], ['SUCCESS', requestId])
  assert.equal(virtual_account_payment.identifer.length, 3)
  assert.deepEqual(told, {
    service: { id: 'VIRTUAL_ACCOUNT' },
    acquirer: { id: 'BCA' },
    channel: { id: 'VIRTUAL_ACCOUNT_BCA' },
    order: { invoice_number: asked.order.invoice_number, amount: 7_025_000 },
    virtual_account_info: { virtual_account_number: body.virtual_account_number },
  })
})

test('shops that share an account are each told at the address that they gave, and their numbers do not meet', async (t) => {
  const [one, two] = [await startShop(t), await startShop(t)]
  const { api, pay } = await openDoku(t, one.url)
  const asked = invoiceOf()
  const ofTwo = { ...asked, additional_info: { override_notification_url: two.url } }
  const [first, second] = [randomUUID(), randomUUID()]
  await api('POST', path, asked, { requestId: first })
  assert.equal((await api('POST', path, ofTwo, { requestId: second })).status, 200)
  await pay(first, { outcome: 'failed' })
  assert.equal((await pay(asked.order.invoice_number)).body.transaction_id, second, 'the last of that number')
  await until('both told', () => one.hooks.length + two.hooks.length === 2)
  assert.deepEqual([statusesOf(one), statusesOf(two)], [['FAILED'], ['SUCCESS']])
})

test('what is not taken is sent again with the same id, body and signature', async (t) => {
  const shop = await startShop(t, (index) => (index === 0 ? 500 : 200))
  const { api, pay, call } = await openDoku(t, shop.url)
  const { order } = invoiceOf()
  await api('POST', path, invoiceOf({ order }))
  await pay(order.invoice_number)
  await until('the second try', () => shop.hooks.length === 2)
  const [first, second] = shop.hooks
  assert.ok(second!.at - first!.at >= 900, 'about a second later')
  assert.equal(second!.raw, first!.raw)
  for (const header of ['request-id', 'signature', 'request-timestamp'])
    assert.equal(second!.headers[header], first!.headers[header])
  const list = async () =>
    (await call('GET', `/doku/sandbox/notifications?invoice_number=${order.invoice_number}`)).body
  await until('delivered', async () => (await list())[0].state === 'delivered')
  const [{ request_id, tries, status }] = await list()
  assert.deepEqual([request_id, tries, status], [first!.headers['request-id'], 2, 'SUCCESS'])
  const again = await call('POST', '/doku/sandbox/notifications/resend', { request_id, copies: 3 })
  assert.deepEqual([again.status, again.body.tries, shop.hooks.length], [200, 5, 5])
})

test('notifications can be lost, repeated, swapped, late, and left out', async (t) => {
  const shop = await startShop(t)
  const { api, pay, fault, call } = await openDoku(t, shop.url)
  const round = async (expected: number, more: object = {}) => {
    shop.hooks.length = 0
    const asked = invoiceOf()
    await api('POST', path, asked)
    await pay(asked.order.invoice_number, { outcome: 'failed', ...more })
    await wait(30)
    await pay(asked.order.invoice_number, more)
    await until(`${expected} notifications`, () => shop.hooks.length >= expected)
    await wait(50)
    await call('DELETE', '/faults')
    return statusesOf(shop)
  }
  assert.deepEqual(await round(2), ['FAILED', 'SUCCESS'])
  await fault({ kind: 'reorder', count: 1 })
  assert.deepEqual(await round(2), ['SUCCESS', 'FAILED'])
  assert.ok(shop.hooks[1]!.at - shop.hooks[0]!.at < 500, 'as soon as it is overtaken')
  await fault({ kind: 'drop', only: 'webhook', count: 1 })
  assert.deepEqual(await round(1), ['SUCCESS'])
  await fault({ kind: 'duplicate', count: 1, copies: 4 })
  assert.deepEqual(await round(5), [...Array(4).fill('FAILED'), 'SUCCESS'])
  await fault({ kind: 'delay', delayMs: 200, count: 1, only: 'webhook' })
  assert.deepEqual(await round(2), ['SUCCESS', 'FAILED'])
  assert.deepEqual(await round(0, { webhook: false }), [])
})

test('one that is kept back to be overtaken comes alone when nothing overtakes it', async (t) => {
  const shop = await startShop(t)
  const { api, pay, fault } = await openDoku(t, shop.url)
  const asked = invoiceOf()
  await api('POST', path, asked)
  await fault({ kind: 'reorder' })
  await pay(asked.order.invoice_number)
  await until('told', () => shop.hooks.length === 1)
  assert.deepEqual(statusesOf(shop), ['SUCCESS'])
})
