import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from '../../src/engine/audit.ts'
import { openFurnitureShop } from '../support/furniture.ts'
import { until } from '../support/wait.ts'

const shop = await openFurnitureShop({ after })

test('a purchase, from the catalogue to the bank', async () => {
  const { variants } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial, 2)
  const placed = await buyer.checkout()
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
  const { order, payment } = placed.body.data
  assert.match(order.order_number, /^ORD-\d{8}-001$/)
  assert.equal(order.total_amount, 7_000_000 + 35_000)
  const paid = await shop.pay(payment.transaction_id)
  assert.equal(paid.status, 200, JSON.stringify(paid.body))
  await until('the notification', async () => (await buyer.orderOf(order.order_number)).payment_status === 'paid')
  const seen = await buyer.orderOf(order.order_number)
  assert.equal(seen.status, 'paid')
  assert.deepEqual((await audit(shop.engine.db)).findings, [])
})
