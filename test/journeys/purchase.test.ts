import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from '../../src/engine/audit.ts'
import { openShop } from '../support/shop.ts'

const shop = await openShop({ after })

test('a purchase, from the catalogue to the door', async () => {
  const { id } = await shop.product()
  const buyer = await shop.buyer(id, 2)
  const cart = await buyer.call('GET', '/api/cart')
  assert.equal(cart.status, 200)
  assert.deepEqual(cart.body.summary, { subtotal: 8199.1, tax: 1475.84, shipping: 0, total: 9674.94 })

  const placed = await buyer.checkout()
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
  assert.equal(placed.body.amount, 967494)
  assert.match(placed.body.order.order_number, /^ION-\d{4}-0001$/)
  const seen = await shop.call(shop.store, 'GET', `/api/products/${id}`)
  assert.equal(seen.body.product.stock_quantity, 10)

  const back = await shop.pay(placed.body.razorpay_order_id)
  const paid = await buyer.call('POST', '/api/checkout/payment', { order_id: placed.body.order.id, ...back })
  assert.equal(paid.status, 200, JSON.stringify(paid.body))
  assert.equal(paid.body.order.status, 'confirmed')
  assert.equal(paid.body.order.payment_status, 'paid')

  const admin = await shop.customer(shop.store, true)
  const shipped = await admin.call('PUT', `/api/admin/orders/${placed.body.order.id}/status`, {
    status: 'shipped',
    tracking_number: 'TRACK123',
  })
  assert.equal(shipped.status, 200, JSON.stringify(shipped.body))
  assert.equal(shipped.body.order.tracking_number, 'TRACK123')
  assert.deepEqual((await audit(shop.engine.db)).findings, [])
})
