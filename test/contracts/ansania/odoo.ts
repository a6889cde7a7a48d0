import assert from 'node:assert/strict'
import { sendOrders } from '../../../src/engine/erp/orders.ts'
import { pullErp } from '../../../src/engine/erp/pull.ts'
import { accounts } from '../../support/installation.ts'
import type { Wire } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'
import { inStock, oakTable, orderIn, pay, query, serialOf } from './buying.ts'
import { shop } from './shop.ts'

const erp = shop.providers.erpOf(shop.store)!

/** What staff does in Odoo. */
async function staff(method: string, path: string, body: object): Promise<Wire> {
  const answer = await shop.sandboxCall(method, `/odoo/sandbox${path}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}
const make = (model: string, values: object) => staff('POST', '/records', { model, values })
const edit = (model: string, id: number, values: object) => staff('PATCH', `/records/${model}/${id}`, { values })

const pullJobs = () => query(`select id from graphile_worker.jobs where task_identifier = 'erp-pull'`)
const forgetJobs = () => query(`select graphile_worker.complete_jobs(array_agg(id)) from graphile_worker.jobs`)

/** A hint arrives, and the worker does what it is for. */
async function followHint() {
  await until('the hint is taken', async () => (await pullJobs()).length > 0)
  await pullErp(shop.engine, erp, shop.store)
  await forgetJobs()
}

/** A product of ours that Odoo has by its SKU, ten of it on the shelf there. */
async function linked() {
  await forgetJobs()
  const product = await shop.product(oakTable)
  const inOdoo = await make('product.product', {
    name: 'Oak Table',
    list_price: 3_500_000,
    default_code: product.variants[0]!.sku,
    is_storable: true,
  })
  const quant = await make('stock.quant', { product_id: inOdoo.id, quantity: 10 })
  await followHint()
  return { product, inOdoo, quant }
}

const pageOf = async (slug: string): Promise<Wire> =>
  (await shop.call(shop.store, 'GET', `/api/products/${slug}`)).body.data.product

const hint = (secret?: string, path = '') =>
  shop.call(shop.store, 'POST', `/api/webhooks/odoo${path}`, {
    body: { _action: 'Tell the shop(#1)', _id: 1, _model: 'product.product' },
    headers: secret === undefined ? {} : { 'x-odoo-webhook-secret': secret },
  })

/** What Odoo tells of: only that something changed, whereupon it is read. */
export const odooEvents: Record<string, Record<string, () => Promise<void>>> = {
  'odoo.product-updated': {
    'a new price in Odoo is the price in the shop': async () => {
      const { product, inOdoo } = await linked()
      await edit('product.product', inOdoo.id, { list_price: 3_100_000 })
      await followHint()
      const { selling_price: price, variants } = await pageOf(product.slug)
      assert.deepEqual([price, variants[0].price, variants.length], [3_100_000, 3_100_000, 1])
    },
    'what Odoo archives is sold no more': async () => {
      const { product, inOdoo } = await linked()
      const status = async () => (await shop.call(shop.store, 'GET', `/api/products/${product.slug}`)).status
      await edit('product.product', inOdoo.id, { active: false })
      await followHint()
      assert.equal(await status(), 404)
      await edit('product.product', inOdoo.id, { list_price: 3_100_000 })
      await followHint()
      await pullErp(shop.engine, erp, shop.store)
      assert.equal(await status(), 404, 'as often as it is read')
    },
    'many hints are one job': async () => {
      await forgetJobs()
      const { webhookSecret } = accounts.odoo
      const answers = await Promise.all(Array.from({ length: 10 }, () => hint(webhookSecret)))
      for (const { status, body } of answers) assert.deepEqual([status, body.success], [200, true])
      assert.equal(
        (await hint(undefined, `?secret=${webhookSecret}`)).status,
        200,
        'in the address, as a rule sends it',
      )
      assert.equal((await pullJobs()).length, 1)
    },
    'without the right secret nobody is listened to': async () => {
      await forgetJobs()
      for (const secret of [undefined, '', 'wrong', accounts.odoo.webhookSecret.toUpperCase()]) {
        const { status, body } = await hint(secret)
        assert.deepEqual([status, body.success, body.code], [401, false, 'UNAUTHORIZED'])
      }
      assert.equal((await hint(undefined, '?secret=wrong')).status, 401)
      const rival = await shop.call(shop.rival, 'POST', '/api/webhooks/odoo', {
        headers: { 'x-odoo-webhook-secret': accounts.odoo.webhookSecret },
      })
      assert.equal(rival.status, 401, 'a store without an ERP has no secret')
      assert.deepEqual(await pullJobs(), [])
    },
  },
  'odoo.stock-changed': {
    'a new count in Odoo is the stock in the shop, less what orders hold': async () => {
      const { product, quant } = await linked()
      assert.equal(await inStock(product), 10)
      const buyer = await shop.buyer(serialOf(product), 3)
      orderIn(buyer, await buyer.checkout())
      await edit('stock.quant', quant.id, { quantity: 5 })
      await followHint()
      assert.equal(await inStock(product), 2)
      await edit('stock.quant', quant.id, { quantity: 0 })
      await followHint()
      assert.deepEqual([await inStock(product), (await pageOf(product.slug)).stock_status], [0, 'out_of_stock'])
    },
  },
  'odoo.order-status-updated': {
    'what staff ships in Odoo is shipped in the shop, with its number': async () => {
      const { product } = await linked()
      const buyer = await shop.buyer(serialOf(product), 2)
      const order = orderIn(buyer, await buyer.checkout())
      await pay(order)
      await sendOrders(shop.engine, erp, shop.store)
      await forgetJobs()
      await staff('POST', '/deliver', { client_order_ref: order.number, tracking: 'JT123456789' })
      await followHint()
      const { status, shipping } = await order.read()
      assert.deepEqual([status, shipping.tracking_number], ['shipped', 'JT123456789'])
      assert.equal(await inStock(product), 8)
    },
    'what staff cancels in Odoo is cancelled in the shop': async () => {
      const { product } = await linked()
      const buyer = await shop.buyer(serialOf(product), 2)
      const order = orderIn(buyer, await buyer.checkout())
      await pay(order)
      await sendOrders(shop.engine, erp, shop.store)
      const sold: Wire[] = (await shop.sandboxCall('GET', '/odoo/sandbox/records/sale.order')).body
      await forgetJobs()
      await edit('sale.order', sold.find((one) => one.client_order_ref === order.number).id, { state: 'cancel' })
      await followHint()
      assert.equal((await order.read()).status, 'cancelled')
      assert.equal(await inStock(product), 10)
    },
  },
}
