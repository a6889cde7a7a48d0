import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from '../../src/engine/audit.ts'
import { address, openShop } from '../support/shop.ts'
import { assertRefused } from './toolkit.ts'

const shop = await openShop({ after })
const admin = await shop.customer(shop.store, true)

const isAuditClean = async () => assert.deepEqual((await audit(shop.engine.db)).findings, [])

const placedOf = async (listMinor: number, discountBps = 0, quantity = 1) => {
  const { id } = await shop.product({ listMinor, discountBps, quantity: 10 })
  const buyer = await shop.buyer(id, quantity)
  return { buyer, id, placed: await buyer.checkout() }
}

test('an order is paid at what it costs: no other amount opens a payment', async () => {
  const { buyer, placed } = await placedOf(455506, 1000, 2)
  const ask = (amount: unknown) =>
    buyer.call('POST', '/api/payment/create-order', { order_id: placed.body.order.id, amount })
  for (const amount of [9674.93, 9674.95, 0.01, 967494, 1, 9674, 9674.9, 1e9, 90071992547409])
    assert.deepEqual((await ask(amount)).body, { message: 'Amount does not match the order total.' }, String(amount))
  for (const amount of [0, -9674.94, -0, -1e-9, '9674.94', null, [9674.94], { value: 9674.94 }, 1e308, 1e-7])
    assertRefused(await ask(amount), JSON.stringify(amount), [400])
  const right = await ask(9674.94)
  assert.deepEqual(
    [right.status, right.body.amount, right.body.razorpay_order_id],
    [200, 967494, placed.body.razorpay_order_id],
  )
  // what a client's own floating point makes of 8199.10 and its tax is meant as the same amount, and charged as ours
  const summed = await ask(8199.1 + 1475.84 + 1e-12)
  assert.equal(summed.body.amount, 967494)
})

test('an order that costs nothing is confirmed without a gateway', async () => {
  for (const [listMinor, discountBps] of [
    [455506, 10_000],
    [0, 0],
  ] as const) {
    const { buyer, id, placed } = await placedOf(listMinor, discountBps, 2)
    assert.equal(placed.status, 201, JSON.stringify(placed.body))
    assert.equal(placed.body.razorpay_order_id, '')
    assert.equal(placed.body.amount, 0)
    assert.deepEqual(placed.body.order.totals, { subtotal: 0, tax: 0, shipping: 0, total: 0 })
    const orderId = placed.body.order.id
    const { order } = (await buyer.call('GET', `/api/orders/${orderId}`)).body
    assert.deepEqual(
      [order.status, order.payment_status, order.total_amount, order.razorpay_order_id],
      ['confirmed', 'paid', '0.00', ''],
    )
    assert.equal((await shop.call(shop.store, 'GET', `/api/products/${id}`)).body.product.stock_quantity, 8)
    assertRefused(
      await buyer.call('POST', '/api/payment/create-order', { order_id: orderId, amount: 1 }),
      'paid',
      [400],
    )
    const forged = { order_id: orderId, razorpay_order_id: '', razorpay_payment_id: 'pay_1', razorpay_signature: 'x' }
    assertRefused(await buyer.call('POST', '/api/checkout/payment', forged), 'nothing to pay', [400])
    await isAuditClean()
    const shipped = await admin.call('PUT', `/api/admin/orders/${orderId}/status`, { status: 'shipped' })
    assert.equal(shipped.status, 200)
    await isAuditClean()
  }
})

test('an order that costs nothing is placed once under its key, and can be cancelled', async () => {
  const { id } = await shop.product({ listMinor: 0, quantity: 10 })
  const buyer = await shop.buyer(id, 3)
  const body = { shipping_address_id: buyer.addressId, payment_method: 'razorpay' }
  const first = await buyer.call('POST', '/api/checkout/create-order', body, { 'idempotency-key': 'free-1' })
  const again = await buyer.call('POST', '/api/checkout/create-order', body, { 'idempotency-key': 'free-1' })
  assert.deepEqual(again.body, first.body)
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  const cancelled = await buyer.call('POST', `/api/orders/${first.body.order.id}/cancel`)
  assert.equal(cancelled.status, 200, JSON.stringify(cancelled.body))
  assert.equal((await shop.call(shop.store, 'GET', `/api/products/${id}`)).body.product.stock_quantity, 10)
  await isAuditClean()
})

test('an order below what the gateway takes is refused clearly, and stays: it can be looked at and cancelled', async () => {
  for (const listMinor of [1, 50, 84]) {
    const { buyer, id, placed } = await placedOf(listMinor)
    assert.equal(placed.status, 400, JSON.stringify(placed.body))
    assert.match(placed.body.message, /gateway/)
    const orderId = placed.body.order.id
    const { order } = (await buyer.call('GET', `/api/orders/${orderId}`)).body
    assert.deepEqual([order.status, order.payment_status], ['pending', 'pending'])
    const again = await buyer.call('POST', '/api/payment/create-order', {
      order_id: orderId,
      amount: Number(order.total_amount),
    })
    assertRefused(again, 'still too little', [400])
    assert.equal((await buyer.call('POST', `/api/orders/${orderId}/cancel`)).status, 200)
    assert.equal((await shop.call(shop.store, 'GET', `/api/products/${id}`)).body.product.stock_quantity, 10)
  }
  const { placed } = await placedOf(85)
  assert.deepEqual([placed.status, placed.body.amount], [201, 100])
  await isAuditClean()
})

test('an order larger than can be counted is refused, and the cart stays', async () => {
  const fields = {
    name: 'Moon',
    price: 9_007_199_254_740,
    discount_percentage: 0,
    category: 'moons',
    stock_quantity: 1_000_000,
    images: [],
    specifications: {},
    is_active: true,
  }
  const { body } = await admin.call('POST', '/api/admin/products', fields)
  for (const quantity of [11, 100_000, 1_000_000]) {
    const buyer = await shop.buyer(body.product.id, quantity)
    assert.equal((await buyer.call('GET', '/api/cart')).status, 200)
    assert.equal((await buyer.call('POST', '/api/checkout/validate')).status, 200)
    assertRefused(await buyer.checkout(), 'too large', [400])
    assert.equal((await buyer.call('GET', '/api/cart')).body.items.length, 1)
  }
  const one = await shop.buyer(body.product.id)
  const placed = await one.checkout()
  assert.ok(placed.status === 201 || placed.status === 400, 'the gateway has the say')
  await isAuditClean()
})

test('a cart holds a million of a thing at most, however many there are', async () => {
  const { id } = await shop.product({ quantity: 1_000_000_000 })
  const person = await shop.customer()
  const add = (quantity: number) => person.call('POST', '/api/cart', { product_id: id, quantity })
  const full = await add(1_000_000)
  assert.equal(full.status, 200)
  assert.deepEqual((await add(1)).body, { message: 'Insufficient stock.' })
  const line = full.body.items[0].id
  assert.equal((await person.call('PUT', `/api/cart/${line}`, { quantity: 999_999 })).status, 200)
  assert.equal((await add(1)).status, 200)
  assertRefused(await add(1_000_000), 'too many', [400])
})

test('a price changed after the order was placed changes no order', async () => {
  const { buyer, id, placed } = await placedOf(455506, 1000, 2)
  await admin.call('PUT', `/api/admin/products/${id}`, { price: 1 })
  const { order } = (await buyer.call('GET', `/api/orders/${placed.body.order.id}`)).body
  assert.equal(order.total_amount, '9674.94')
  const back = await shop.pay(placed.body.razorpay_order_id)
  const paid = await buyer.call('POST', '/api/checkout/payment', { order_id: placed.body.order.id, ...back })
  assert.equal(paid.body.order.payment_status, 'paid')
  await isAuditClean()
})

test('one payment pays one order: its signed pair is worth nothing for another', async () => {
  const { id } = await shop.product({ quantity: 10 })
  const buyer = await shop.buyer(id)
  const first = await buyer.checkout()
  await buyer.call('POST', '/api/cart', { product_id: id, quantity: 5 })
  const second = await buyer.checkout()
  const back = await shop.pay(first.body.razorpay_order_id)
  const crossed = await buyer.call('POST', '/api/checkout/payment', { order_id: second.body.order.id, ...back })
  assert.deepEqual([crossed.status, crossed.body], [400, { message: 'Invalid payment signature.' }])
  const swapped = { ...back, razorpay_order_id: second.body.razorpay_order_id }
  assertRefused(
    await buyer.call('POST', '/api/checkout/payment', { order_id: second.body.order.id, ...swapped }),
    'swapped',
    [400],
  )
  assertRefused(await buyer.call('POST', '/api/payment/verify', swapped), 'swapped', [400])
  const { order } = (await buyer.call('GET', `/api/orders/${second.body.order.id}`)).body
  assert.equal(order.payment_status, 'pending')
  for (let i = 0; i < 3; i++) {
    const paid = await buyer.call('POST', '/api/checkout/payment', { order_id: first.body.order.id, ...back })
    assert.equal(paid.status, 200)
  }
  await isAuditClean()
})

test('a return that nobody signed, or that failed, pays nothing', async () => {
  const { id } = await shop.product()
  const buyer = await shop.buyer(id)
  const placed = await buyer.checkout()
  const failed = await shop.pay(placed.body.razorpay_order_id, { outcome: 'failure' })
  const returns = [
    {
      razorpay_order_id: placed.body.razorpay_order_id,
      razorpay_payment_id: 'pay_Forged00000001',
      razorpay_signature: 'a'.repeat(64),
    },
    {
      razorpay_order_id: placed.body.razorpay_order_id,
      razorpay_payment_id: 'pay_Forged00000001',
      razorpay_signature: 'x',
    },
    {
      razorpay_order_id: placed.body.razorpay_order_id,
      razorpay_payment_id: 'pay_1',
      razorpay_signature: 'é'.repeat(64),
    },
    {
      ...failed,
      razorpay_order_id: placed.body.razorpay_order_id,
      razorpay_payment_id: failed.razorpay_payment_id ?? 'pay_1',
      razorpay_signature: 'A'.repeat(64),
    },
  ]
  for (const back of returns) {
    assertRefused(
      await buyer.call('POST', '/api/checkout/payment', { order_id: placed.body.order.id, ...back }),
      'forged',
      [400],
    )
    assertRefused(await buyer.call('POST', '/api/payment/verify', back), 'forged', [400])
  }
  const { order } = (await buyer.call('GET', `/api/orders/${placed.body.order.id}`)).body
  assert.notEqual(order.payment_status, 'paid')
})

test('an address that is gone, and a cart that is empty, place nothing', async () => {
  const { id } = await shop.product()
  const buyer = await shop.buyer(id)
  await buyer.call('DELETE', `/api/user/address/${buyer.addressId}`)
  assertRefused(await buyer.checkout(), 'no address', [404])
  const { body } = await buyer.call('POST', '/api/user/address', address)
  await buyer.call('DELETE', '/api/cart')
  const order = { shipping_address_id: body.address.id, payment_method: 'razorpay' }
  assert.deepEqual((await buyer.call('POST', '/api/checkout/create-order', order)).body, { message: 'Cart is empty.' })
})
