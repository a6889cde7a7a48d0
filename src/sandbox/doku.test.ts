import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { startSandbox } from './sandbox.ts'
import { startShop, until } from './testing.ts'
import { sign } from './doku/signature.ts'
import { account, invoiceOf, openDoku, otherAccount, signatureOf, type Signing } from './doku/testing.ts'

const path = '/checkout/v1/payment'

test('the documented string is signed, with a digest for a body and without a newline at its end', () => {
  const parts = {
    clientId: 'MCH-0001-10791114622547',
    requestId: 'fdb69f47-96da-499d-acec-7cdc318ab2fe',
    timestamp: '2020-08-11T08:45:42Z',
    target: path,
    body: '{"order":{"amount":20000,"invoice_number":"INV-1"},"payment":{"payment_due_date":60}}',
  }
  assert.equal(sign('SK-test', parts), 'HMACSHA256=GK07ONSO6XZkt7+dQXaYZB4rRz2yxc9dNrf4Ub/ijm8=')
})

test('an invoice is answered with a page, a token and its end, and the answer is signed', async (t) => {
  const { api, url } = await openDoku(t)
  const asked = invoiceOf()
  const requestId = randomUUID()
  const { status, headers, text, body } = await api('POST', path, asked, { requestId })
  assert.equal(status, 200)
  assert.deepEqual(body.message, ['SUCCESS'])
  const { order, payment, customer } = body.response
  assert.deepEqual([order.amount, order.invoice_number], ['7025000', asked.order.invoice_number])
  assert.equal(payment.url, `${url}/doku/checkout-link-v2/${payment.token_id}`)
  const end = Date.parse(payment.expired_datetime)
  assert.ok(Math.abs(end - Date.now() - 3_600_000) < 5000)
  assert.equal(payment.expired_date, new Date(end + 7 * 3_600_000).toISOString().replaceAll(/\D/g, '').slice(0, 14))
  assert.deepEqual(customer, asked.customer)
  assert.match(text, /"uuid":\d{28}\}\}$/)
  const signed = [
    `Client-Id:${account.clientId}`,
    `Request-Id:${requestId}`,
    `Response-Timestamp:${headers.get('response-timestamp')}`,
    `Request-Target:${path}`,
  ]
  assert.equal(headers.get('signature'), signatureOf(account.secretKey, signed, text))
})

test('what is not signed to the letter is refused in the gateway’s form, and nothing comes of it', async (t) => {
  const { api, call } = await openDoku(t)
  const asked = invoiceOf()
  const invalid = { code: 'invalid_signature', message: 'Invalid Header Signature', type: 'invalid_request_error' }
  const cases: Signing[] = [
    { ending: '\n' },
    { target: `/doku${path}` },
    { sent: JSON.stringify(asked, null, 1) },
    { account: { ...account, secretKey: otherAccount.secretKey } },
  ]
  for (const signing of cases) {
    const { status, body } = await api('POST', path, asked, signing)
    assert.deepEqual([status, body], [401, { error: invalid }], JSON.stringify(signing))
  }
  for (const timestamp of [new Date().toISOString(), '2020-13-11T08:45:42Z', '']) {
    const { status, body } = await api('POST', path, asked, { timestamp })
    assert.deepEqual([status, body.error.message], [400, 'Invalid Header Request-Timestamp'], timestamp)
  }
  for (const requestId of ['', 'x'.repeat(129)]) {
    const { body } = await api('POST', path, asked, { requestId })
    assert.equal(body.error.message, 'Invalid Header Request-Id')
  }
  const stranger = await api('POST', path, asked, { account: { clientId: 'MCH-NONE', secretKey: 'x' } })
  assert.deepEqual([stranger.status, stranger.body.error.code], [401, 'invalid_client_id'])
  assert.equal((await call('POST', `/doku${path}`, asked)).status, 401)
  assert.equal((await call('GET', `/doku/sandbox/invoices/${asked.order.invoice_number}`)).status, 404)
  const signedDigest = { ending: `\nDigest:` }
  assert.equal((await api('GET', '/orders/v1/status/INV-1', undefined, signedDigest)).status, 401)
})

test('a repeat gets the first answer as a conflict; the same id for something else, and a used number, are refused', async (t) => {
  const { api, pay } = await openDoku(t)
  const asked = invoiceOf()
  const requestId = randomUUID()
  const first = await api('POST', path, asked, { requestId })
  await pay(requestId)
  const again = await api('POST', path, asked, { requestId })
  assert.deepEqual([again.status, again.text], [409, first.text])
  assert.ok(again.headers.get('signature'))
  const other = await api('POST', path, invoiceOf(), { requestId })
  assert.deepEqual([other.status, other.body], [400, { error_messages: ['REQUEST ID ALREADY USED'] }])
  const used = await api('POST', path, asked)
  assert.deepEqual([used.status, used.body], [400, { error_messages: ['INVOICE NUMBER ALREADY USED'] }])
  assert.equal((await api('POST', path, asked, { account: otherAccount })).status, 200, 'another merchant’s number')
})

test('what breaks a rule is refused with the field that breaks it', async (t) => {
  const { api } = await openDoku(t)
  const cases: [object | string, string][] = [
    [invoiceOf({ order: { amount: '7025000' } }), 'order.amount'],
    [invoiceOf({ order: { amount: 100.5 } }), 'order.amount'],
    [invoiceOf({ order: { amount: 0 } }), 'order.amount'],
    [invoiceOf({ order: { invoice_number: 'x'.repeat(65) } }), 'order.invoice_number'],
    [invoiceOf({ order: { currency: 'USD' } }), 'order.currency'],
    [invoiceOf({ order: { callback_url: 'javascript:alert(1)' } }), 'order.callback_url'],
    [invoiceOf({ order: { line_items: [{ name: 'Discount', quantity: 1, price: -1 }] } }), 'order.line_items'],
    [invoiceOf({ payment: { payment_due_date: 0 } }), 'payment.payment_due_date'],
    [invoiceOf({ payment: { payment_method_types: ['CASH'] } }), 'payment.payment_method_types'],
    [invoiceOf({ payment: { payment_method_types: [] } }), 'payment.payment_method_types'],
    [
      invoiceOf({ additional_info: { override_notification_url: 'shop' } }),
      'additional_info.override_notification_url',
    ],
    [{}, 'order'],
  ]
  for (const [body, field] of cases) {
    const answer = await api('POST', path, body)
    assert.deepEqual([answer.status, answer.body], [400, { error_messages: [`${field} is invalid`] }], field)
  }
  for (const body of ['{', '[]', 'null', '']) assert.equal((await api('POST', path, body)).status, 400, body)
})

test('a failed payment may be followed by a good one, which is the end', async (t) => {
  const { api, pay, status, call } = await openDoku(t)
  const asked = invoiceOf()
  const requestId = randomUUID()
  await api('POST', path, asked, { requestId })
  const number = asked.order.invoice_number
  const stateOf = async () => {
    const { order, transaction } = await status(requestId)
    return [order.status, transaction.status]
  }
  assert.deepEqual(await stateOf(), ['ORDER_GENERATED', 'PENDING'])
  assert.equal((await pay(number, { outcome: 'failed' })).body.status, 'FAILED')
  assert.deepEqual(await stateOf(), ['ORDER_GENERATED', 'FAILED'])
  const paid = await pay(number)
  const { virtual_account_number, ...rest } = paid.body
  assert.match(virtual_account_number, /^19006\d{11}$/)
  assert.deepEqual(rest, {
    invoice_number: number,
    transaction_id: requestId,
    status: 'SUCCESS',
    channel: 'VIRTUAL_ACCOUNT_BCA',
    amount: 7_025_000,
    notified: null,
  })
  const { transaction, ...told } = await status(number)
  assert.deepEqual([transaction.status, transaction.original_request_id], ['SUCCESS', requestId])
  assert.deepEqual(told, {
    order: { invoice_number: number, amount: 7_025_000, status: 'ORDER_GENERATED' },
    service: { id: 'VIRTUAL_ACCOUNT' },
    acquirer: { id: 'BCA' },
    channel: { id: 'VIRTUAL_ACCOUNT_BCA' },
    virtual_account_info: { virtual_account_number },
  })
  for (const outcome of ['success', 'failed', 'expired']) {
    const late = await pay(requestId, { outcome })
    assert.deepEqual([late.status, late.body], [409, { error: `invoice ${number} is paid` }])
  }
  assert.equal((await pay('INV-none')).status, 404)
  assert.equal((await call('GET', `/doku/sandbox/invoices/${number}`)).body.status, 'SUCCESS')
})

test('an invoice that nobody paid ends at its time, or when it is told to, and takes no money then', async (t) => {
  const shop = await startShop(t)
  const { api, pay, status } = await openDoku(t, shop.url)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const asked = invoiceOf({ payment: { payment_due_date: 1 } })
  await api('POST', path, asked)
  const later = Date.now() + 60_001
  t.mock.method(Date, 'now', () => later)
  t.mock.timers.tick(60_001)
  t.mock.timers.reset()
  t.mock.restoreAll()
  assert.equal((await status(asked.order.invoice_number)).order.status, 'ORDER_EXPIRED')
  assert.equal((await pay(asked.order.invoice_number)).status, 409)
  await until('told', () => shop.hooks.length === 1)
  assert.equal(JSON.parse(shop.hooks[0]!.raw).transaction.status, 'EXPIRED')

  const second = invoiceOf()
  await api('POST', path, second)
  assert.equal((await pay(second.order.invoice_number, { outcome: 'expired' })).body.status, 'EXPIRED')
  assert.equal((await status(second.order.invoice_number)).transaction.status, 'EXPIRED')
})

test('one merchant never sees what another has', async (t) => {
  const { api } = await openDoku(t)
  const asked = invoiceOf()
  const requestId = randomUUID()
  await api('POST', path, asked, { requestId })
  for (const id of [requestId, asked.order.invoice_number, 'INV-none']) {
    const { status, body } = await api('GET', `/orders/v1/status/${id}`, undefined, { account: otherAccount })
    assert.deepEqual([status, body.error.code], [404, 'data_not_found'])
  }
})

test('misdirected and oversized requests are refused in the gateway’s form', async (t) => {
  const { call } = await openDoku(t)
  assert.equal((await call('GET', '/doku/nothing')).body.error.code, 'not_found')
  const large = await call('POST', `/doku${path}`, 'x'.repeat(2_000_000))
  assert.deepEqual([large.status, large.body], [413, { error_messages: ['the body is too large'] }])
})

test('no control call can be made to fail by what it is sent', async (t) => {
  const { call, lines } = await openDoku(t)
  for (const path of ['/doku/sandbox/pay', '/doku/sandbox/notifications/resend']) {
    for (const body of ['', '{', '[]', 'null', '{"__proto__":{"a":1}}', '{"invoice_number":{}}', '{"request_id":1}']) {
      const answer = await call('POST', path, body)
      assert.deepEqual([answer.status, typeof answer.body.error], [400, 'string'], `${path} ${body}`)
    }
  }
  assert.equal((await call('POST', '/doku/sandbox/notifications/resend', { request_id: 'x' })).status, 404)
  assert.deepEqual(lines, [])
})

test('an account given twice and an address that is none are refused at the start', async () => {
  const start = (...doku: { clientId: string; secretKey: string; notificationUrl: string | null }[]) =>
    startSandbox({ port: 0, smtpPort: 0, razorpay: [], doku })
  const one = { ...account, notificationUrl: null }
  await assert.rejects(start(one, one), /two DOKU accounts/)
  await assert.rejects(start({ ...one, notificationUrl: 'shop' }), /http or https/)
})
