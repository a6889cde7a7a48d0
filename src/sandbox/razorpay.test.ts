import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keys, openSandbox, otherKeys } from './testing.ts'
import { signCheckout } from './razorpay/signature.ts'

test('an order comes back whole, with notes as a list when there are none', async (t) => {
  const { api } = await openSandbox(t)
  const { status, body } = await api('POST', '/orders', { amount: 50_000, currency: 'INR', receipt: 'ION-1' })
  assert.equal(status, 200)
  const { id, created_at, ...rest } = body
  assert.match(id, /^order_[0-9A-Za-z]{14}$/)
  assert.ok(Math.abs(created_at - Date.now() / 1000) < 5)
  assert.deepEqual(rest, {
    entity: 'order',
    amount: 50_000,
    amount_paid: 0,
    amount_due: 50_000,
    currency: 'INR',
    receipt: 'ION-1',
    offer_id: null,
    status: 'created',
    attempts: 0,
    notes: [],
  })
  assert.deepEqual((await api('GET', `/orders/${id}`)).body, body)
})

test('who has no key, or another’s secret, is refused in the gateway’s form', async (t) => {
  const { call, api } = await openSandbox(t)
  const refusal = {
    error: {
      code: 'BAD_REQUEST_ERROR',
      description: 'Authentication failed',
      source: 'NA',
      step: 'NA',
      reason: 'NA',
      metadata: {},
    },
  }
  const attempts: Record<string, string>[] = [{}, { authorization: 'Bearer x' }, { authorization: 'Basic ' }]
  for (const headers of attempts) {
    const { status, body } = await call('GET', '/razorpay/v1/orders', undefined, headers)
    assert.deepEqual([status, body], [401, refusal])
  }
  const mixed = { ...keys, keySecret: otherKeys.keySecret }
  assert.equal((await api('GET', '/orders', undefined, {}, mixed)).status, 401)
})

test('what breaks a rule is refused with the field that breaks it', async (t) => {
  const { api } = await openSandbox(t)
  const good = { amount: 100, currency: 'INR' }
  const cases: [object, string, string][] = [
    [{ currency: 'INR' }, 'amount', 'The amount field is required.'],
    [{ ...good, amount: 99 }, 'amount', 'The amount must be at least INR 1.00'],
    [{ ...good, amount: -500 }, 'amount', 'The amount must be at least INR 1.00'],
    [{ ...good, amount: 100.5 }, 'amount', 'The amount must be an integer.'],
    [{ ...good, amount: '100' }, 'amount', 'The amount must be an integer.'],
    [{ ...good, amount: 1e300 }, 'amount', 'The amount must be an integer.'],
    [{ amount: 100 }, 'currency', 'The currency field is required.'],
    [{ ...good, currency: 'rupees' }, 'currency', 'Currency is not supported'],
    [{ ...good, receipt: 'x'.repeat(41) }, 'receipt', 'The receipt may not be greater than 40 characters.'],
    [
      { ...good, notes: Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v'])) },
      'notes',
      'Number of fields in notes should be less than or equal to 15',
    ],
    [{ ...good, notes: { k: 'x'.repeat(257) } }, 'notes', 'notes key/value should not be more than 256 characters'],
    [{ ...good, notes: { k: {} } }, 'notes', 'notes values themselves should not be an array'],
  ]
  for (const [input, field, description] of cases) {
    const { status, body } = await api('POST', '/orders', input)
    assert.equal(status, 400, description)
    assert.deepEqual(body.error, {
      code: 'BAD_REQUEST_ERROR',
      description,
      source: 'business',
      step: 'payment_initiation',
      reason: 'input_validation_failed',
      metadata: {},
      field,
    })
  }
  const extra = await api('POST', '/orders', { ...good, recipt: 'typo' })
  assert.equal(extra.body.error.description, 'recipt is/are not required and should not be sent')
})

test('malformed, oversized and misdirected requests are refused in the gateway’s form', async (t) => {
  const { api } = await openSandbox(t)
  for (const body of ['{"amount":', '[1]', 'null', '"x"', 'amount=100']) {
    const answer = await api('POST', '/orders', body)
    assert.deepEqual([answer.status, answer.body.error.code], [400, 'BAD_REQUEST_ERROR'])
  }
  const large = await api('POST', '/orders', `{"receipt":"${'x'.repeat(10 * 1024 * 1024)}"}`)
  assert.deepEqual([large.status, large.body.error.code], [413, 'BAD_REQUEST_ERROR'])
  for (const [method, path] of [
    ['GET', '/nothing'],
    ['DELETE', '/orders'],
    ['GET', '/orders/%E0%A4%A'],
  ] as const) {
    const { status, body } = await api(method, path)
    assert.deepEqual([status, body.error.description], [400, 'The requested URL was not found on the server.'])
  }
  assert.equal(
    (await api('GET', '/orders/order_00000000000000')).body.error.description,
    'The id provided does not exist',
  )
})

test('one account never sees what another has', async (t) => {
  const { api, order, pay } = await openSandbox(t)
  const { id } = await order(5000, { receipt: 'mine' })
  const { razorpay_payment_id } = await pay(id)
  for (const path of [`/orders/${id}`, `/orders/${id}/payments`, `/payments/${razorpay_payment_id}`])
    assert.equal(
      (await api('GET', path, undefined, {}, otherKeys)).body.error.description,
      'The id provided does not exist',
    )
  assert.equal((await api('GET', '/orders?receipt=mine', undefined, {}, otherKeys)).body.count, 0)
  assert.equal((await api('GET', '/payments', undefined, {}, otherKeys)).body.count, 0)
})

test('orders are listed newest first, by receipt and by page', async (t) => {
  const { api, order } = await openSandbox(t)
  const ids: string[] = []
  for (let index = 0; index < 12; index += 1) ids.unshift((await order(1000, { receipt: `r${index % 6}` })).id)
  const list = async (query: string) =>
    (await api('GET', `/orders${query}`)).body.items.map(({ id }: { id: string }) => id)
  assert.deepEqual(await list(''), ids.slice(0, 10))
  assert.deepEqual(await list('?count=3&skip=2'), ids.slice(2, 5))
  assert.deepEqual(await list('?receipt=r5'), [ids[0], ids[6]])
  assert.deepEqual(await list('?receipt=none'), [])
  const now = Math.floor(Date.now() / 1000)
  assert.deepEqual(await list(`?from=${now + 60}`), [])
  assert.deepEqual(await list(`?to=${now - 60}`), [])
  assert.equal((await list(`?from=${now - 60}&to=${now + 60}&count=100`)).length, 12)
  assert.equal((await api('GET', '/orders?count=101')).status, 400)
  assert.equal((await api('GET', '/orders?skip=x')).status, 400)
})

test('nothing of an order can be changed but its notes', async (t) => {
  const { api, order } = await openSandbox(t)
  const { id } = await order()
  const changed = await api('PATCH', `/orders/${id}`, { notes: { gift: 'yes' } })
  assert.deepEqual(changed.body.notes, { gift: 'yes' })
  assert.deepEqual((await api('PATCH', `/orders/${id}`, { notes: {} })).body.notes, [])
  assert.equal((await api('PATCH', `/orders/${id}`, { notes: {}, amount: 100 })).status, 400)
  assert.equal((await api('PATCH', `/orders/${id}`, {})).status, 400)
})

test('a paid order: the checkout’s signature is genuine, the payment captured, the order counts it', async (t) => {
  const { api, order, pay } = await openSandbox(t)
  const { id } = await order(100_000, { notes: { shop: 'ionora' } })
  const paid = await pay(id, { method: 'upi', outcome: 'success' })
  assert.deepEqual(Object.keys(paid), ['razorpay_order_id', 'razorpay_payment_id', 'razorpay_signature'])
  assert.equal(paid.razorpay_signature, signCheckout(keys.keySecret, id, paid.razorpay_payment_id))

  const { body: payment } = await api('GET', `/payments/${paid.razorpay_payment_id}`)
  assert.match(payment.id, /^pay_[0-9A-Za-z]{14}$/)
  assert.deepEqual(
    [payment.status, payment.captured, payment.order_id, payment.amount, payment.fee, payment.tax],
    ['captured', true, id, 100_000, 2360, 360],
  )
  assert.deepEqual([payment.method, payment.vpa, payment.upi.vpa], ['upi', 'success@razorpay', 'success@razorpay'])
  assert.match(payment.acquirer_data.rrn, /^\d{12}$/)
  const { body: after } = await api('GET', `/orders/${id}`)
  assert.deepEqual([after.status, after.amount_paid, after.amount_due, after.attempts], ['paid', 100_000, 0, 1])
  assert.deepEqual((await api('GET', `/orders/${id}/payments`)).body, {
    entity: 'collection',
    count: 1,
    items: [payment],
  })
  assert.deepEqual((await api('GET', '/payments')).body.items, [payment])
})

test('each way to pay leaves its own details', async (t) => {
  const { api, order, pay } = await openSandbox(t)
  const { id } = await order()
  const paymentBy = async (method: string) =>
    (await api('GET', `/payments/${(await pay(id, { method })).razorpay_payment_id}`)).body
  const card = await paymentBy('card')
  assert.deepEqual([card.card_id, card.card.last4, card.card.network], [card.card.id, '1007', 'Visa'])
  assert.match(card.acquirer_data.auth_code, /^\d{6}$/)
  assert.equal((await paymentBy('netbanking')).bank, 'HDFC')
  assert.equal((await paymentBy('wallet')).wallet, 'payzapp')
})

test('a failed payment answers as the checkout does, and leaves the order to be paid', async (t) => {
  const { api, order, pay } = await openSandbox(t)
  const { id } = await order()
  const failed = await pay(id, { method: 'card', outcome: 'failure' })
  assert.deepEqual(failed.error.metadata, { order_id: id, payment_id: failed.razorpay_payment_id })
  assert.equal(failed.error.reason, 'payment_failed')
  assert.equal(failed.razorpay_signature, undefined)
  const { body: payment } = await api('GET', `/payments/${failed.razorpay_payment_id}`)
  assert.deepEqual([payment.status, payment.captured, payment.error_code], ['failed', false, 'BAD_REQUEST_ERROR'])
  const { body: after } = await api('GET', `/orders/${id}`)
  assert.deepEqual([after.status, after.attempts, after.amount_due], ['attempted', 1, 50_000])
  await pay(id)
  assert.equal((await api('GET', `/orders/${id}`)).body.status, 'paid')
})

test('a paid order can be paid again, with real money', async (t) => {
  const { api, order, pay } = await openSandbox(t)
  const { id } = await order(50_000)
  await pay(id)
  const again = await pay(id)
  assert.equal((await api('GET', `/payments/${again.razorpay_payment_id}`)).body.amount, 50_000)
  const { body } = await api('GET', `/orders/${id}`)
  assert.deepEqual([body.amount_paid, body.amount_due, body.attempts, body.status], [100_000, 0, 2, 'paid'])
})

test('a payment is captured once, from authorised, for exactly its amount', async (t) => {
  const { api, order, pay } = await openSandbox(t)
  const { id } = await order(50_000)
  const { razorpay_payment_id: paymentId } = await pay(id, { capture: false })
  const { razorpay_payment_id: rival } = await pay(id, { capture: false })
  assert.equal((await api('GET', `/payments/${paymentId}`)).body.status, 'authorized')
  const capture = (amount: unknown, of = paymentId) =>
    api('POST', `/payments/${of}/capture`, { amount, currency: 'INR' })

  const less = await capture(49_999)
  assert.equal(less.status, 400)
  assert.equal(less.body.error.description, 'Capture amount must be equal to the amount authorized')
  const right = await capture(50_000)
  assert.deepEqual([right.status, right.body.status, right.body.captured], [200, 'captured', true])
  const twice = await capture(50_000)
  assert.equal(twice.body.error.description, 'This payment has already been captured')
  assert.deepEqual(twice.body.error.metadata, { payment_id: paymentId, order_id: id })
  assert.match((await capture(50_000, rival)).body.error.description, /already paid/)
  const { razorpay_payment_id: failed } = await pay(id, { outcome: 'failure' })
  assert.equal((await capture(50_000, failed)).status, 400)
})

test('an order that asks for it is not captured by itself', async (t) => {
  const { api, order, pay } = await openSandbox(t)
  const { id } = await order(5000, { payment_capture: 0 })
  const { razorpay_payment_id } = await pay(id)
  assert.equal((await api('GET', `/payments/${razorpay_payment_id}`)).body.status, 'authorized')
  assert.equal((await api('GET', `/orders/${id}`)).body.status, 'attempted')
})

test('what the buyer’s call gets wrong is said plainly', async (t) => {
  const { call, order } = await openSandbox(t)
  const { id } = await order()
  const pay = (body: unknown) => call('POST', '/razorpay/sandbox/pay', body)
  const unknown = await pay({ razorpay_order_id: 'order_none' })
  assert.deepEqual([unknown.status, unknown.body.error.code], [404, 'BAD_REQUEST_ERROR'])
  const cases: [unknown, string][] = [
    ['{', 'the body must be a JSON object'],
    [[], 'the body must be object'],
    [{}, 'razorpay_order_id must be given'],
    [{ razorpay_order_id: id, method: 'cash' }, 'method must be one of upi, card, netbanking, wallet'],
    [{ razorpay_order_id: id, outcome: 'maybe' }, 'outcome must be one of success, failure'],
    [{ razorpay_order_id: id, amount: 1 }, 'amount must be >= 100'],
    [{ razorpay_order_id: id, capture: 'yes' }, 'capture must be boolean'],
    [{ razorpay_order_id: id, webhok: true }, 'there is no field webhok'],
  ]
  for (const [body, error] of cases) {
    const answer = await pay(body)
    assert.deepEqual([answer.status, answer.body], [400, { error }])
  }
})
