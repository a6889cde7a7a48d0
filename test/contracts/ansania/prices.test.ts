import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { openFurnitureShop } from '../../support/furniture.ts'

const shop = await openFurnitureShop({ after })

const setPrice = (variantId: string, price: number) =>
  execute(shop.engine.db, 'update variant set list_minor = $2, discount_bps = null, sale_minor = null where id = $1', [
    variantId,
    price,
  ])

test('a price that has changed since the buyer was told is told before it is paid, once', async () => {
  const { variants } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial, 2)
  const validate = async () => (await buyer.call('POST', '/api/checkout/validate')).body.data
  assert.deepEqual(await validate(), { valid: true, issues: [] })

  await setPrice(variants[0]!.id, 3_600_000)
  const told = await validate()
  assert.equal(told.valid, false)
  const [issue] = told.issues
  assert.equal(issue.type, 'price_changed')
  assert.equal(issue.item_id, (await buyer.call('GET', '/api/cart')).body.data.cart.items[0].id)
  assert.match(issue.message, /3500000.*3600000/)
  assert.deepEqual(await validate(), { valid: true, issues: [] })
  const placed = await buyer.checkout()
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
})

test('who has the order placed without asking is told by its refusal, and nothing is placed', async () => {
  const { variants } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial)
  await setPrice(variants[0]!.id, 3_000_000)
  const refused = await buyer.checkout({}, { 'idempotency-key': 'once' })
  assert.equal(refused.status, 400)
  assert.equal(refused.body.code, 'VALIDATION_ERROR')
  assert.equal(refused.body.details[0].new_price, 3_000_000)
  assert.equal((await buyer.call('GET', '/api/orders')).body.data.pagination.total, 0)
  const placed = await buyer.checkout({}, { 'idempotency-key': 'once' })
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
  assert.equal(placed.body.data.order.total_amount, 3_000_000 + 25_000)
})

test('saying again how many is agreeing with the price', async () => {
  const { variants } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial)
  await setPrice(variants[0]!.id, 3_700_000)
  const { body } = await buyer.call('GET', '/api/cart')
  await buyer.call('PUT', `/api/cart/items/${body.data.cart.items[0].id}`, { quantity: 1 })
  assert.deepEqual((await buyer.call('POST', '/api/checkout/validate')).body.data, { valid: true, issues: [] })
})

test('an unpaid order whose account was not opened can be paid later', async () => {
  const { variants } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial)
  await shop.sandboxCall('POST', '/faults', { provider: 'doku', kind: 'error', rate: 1 })
  const failed = await buyer.checkout()
  await shop.sandboxCall('DELETE', '/faults')
  assert.equal(failed.status, 503)
  assert.equal(failed.body.code, 'SERVICE_UNAVAILABLE')
  const number: string = failed.body.details.order_number
  const pay = () => buyer.call('POST', `/api/orders/${number}/pay`)
  const [first, second] = [await pay(), await pay()]
  assert.equal(first.status, 200, JSON.stringify(first.body))
  assert.match(first.body.data.payment.payment_url, /^http/)
  assert.deepEqual(first.body.data, second.body.data)
  const stranger = await shop.customer()
  assert.equal((await stranger.call('POST', `/api/orders/${number}/pay`)).status, 404)
})
