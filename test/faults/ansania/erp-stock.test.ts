import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { recountErp } from '../../../src/engine/erp/pull.ts'
import { aloneAtErp, syncErp } from '../../../src/engine/erp/sync.ts'
import { ErpError } from '../../../src/engine/erp/erp.ts'
import { stockConflicts } from '../../../src/engine/erp/stock.ts'
import { moveOrder } from '../../../src/engine/orders/moves.ts'
import { assertSound, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { whileItWaits } from '../../support/wait.ts'
import { outside, paid, placed, stockOf } from './support.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { webhooks: false, now: () => new Date(Date.now() + offsetMs) })
const { engine, store } = shop
const { erp, endFaults, goods, make, change, records, pull, send, ours, deliver } = outside(shop)
afterEach(async () => {
  offsetMs = 0
  await endFaults()
})

/** As Odoo writes times, to the second. */
const stamp = (fromNowMs: number) => new Date(Date.now() + fromNowMs).toISOString().slice(0, 19).replace('T', ' ')

const staff = { kind: 'staff', name: 'shop' } as const

const quantOf = async (productId: number): Promise<Wire> =>
  (await records('stock.quant')).find((quant) => quant.product_id[0] === productId)

test('what Odoo does not count can always be bought', async () => {
  const variant = await make('product.product', { name: 'Assembly Kit', list_price: 50_000, is_storable: false })
  await pull()
  const kept = (await ours(variant.id))!
  assert.equal(kept.kind, 'made_to_order')
  const order = await placed(shop, kept.serial, 3)
  assert.equal((await order.look())[0], 'placed')
})

test('pieces that have left the shop are not sold again while Odoo still counts them', async () => {
  const variant = await goods('Twice', 10)
  await pull()
  const { id, serial } = (await ours(variant.id))!
  const order = await paid(shop, serial, 3)
  await send()
  await pull()
  assert.deepEqual(await stockOf(shop, id), [10, 3])
  await engine.run(store, { kind: 'staff', name: 'shop' }, (ctx) =>
    moveOrder(ctx, order.id, 'shipped', { trackingNumber: 'JT0000000001' }),
  )
  assert.deepEqual(await stockOf(shop, id), [7, 0])
  // Odoo, where nobody has delivered yet, counts ten
  await recountErp(engine, erp, store)
  assert.deepEqual(await stockOf(shop, id), [7, 0])
  await deliver(order.number)
  assert.equal((await quantOf(variant.id)).quantity, 7)
  await pull()
  await recountErp(engine, erp, store)
  assert.deepEqual(await stockOf(shop, id), [7, 0])
})

test('pieces that leave the shop while a count waits for them are not counted as there', async () => {
  const variant = await goods('Leaving', 10)
  await pull()
  const { id, serial } = (await ours(variant.id))!
  const order = await paid(shop, serial, 3)
  await send()
  await change('stock.quant', (await quantOf(variant.id)).id, { quantity: 12 })
  await whileItWaits(
    shop,
    (ctx) => moveOrder({ ...ctx, actor: staff }, order.id, 'shipped', { trackingNumber: 'JT0000000003' }),
    () => recountErp(engine, erp, store),
  )
  assert.deepEqual(await stockOf(shop, id), [9, 0])
})

test('pieces that came back before Odoo saw them leave lie on the shelf', async () => {
  const variant = await goods('Returned', 10)
  await pull()
  const { id, serial } = (await ours(variant.id))!
  const order = await paid(shop, serial, 3)
  await send()
  await engine.run(store, staff, (ctx) => moveOrder(ctx, order.id, 'shipped', { trackingNumber: 'JT0000000002' }))
  await recountErp(engine, erp, store)
  assert.deepEqual(await stockOf(shop, id), [7, 0])
  await engine.run(store, staff, (ctx) => moveOrder(ctx, order.id, 'returned'))
  await recountErp(engine, erp, store)
  assert.deepEqual(await stockOf(shop, id), [10, 0])
})

test('what Odoo has promised to others is not sold here, and what it has reserved for us is', async () => {
  const variant = await goods('Shared', 10)
  await pull()
  const { id, serial } = (await ours(variant.id))!
  await paid(shop, serial, 2)
  await send() // Odoo reserves those two
  const quant = await quantOf(variant.id)
  assert.equal(quant.reserved_quantity, 2)
  await change('stock.quant', quant.id, { reserved_quantity: 5 })
  await recountErp(engine, erp, store)
  assert.deepEqual(await stockOf(shop, id), [7, 2])
})

test('a count that is less than the shop has promised is taken, written down once, and nothing more is sold', async () => {
  const variant = await goods('Short', 10)
  await pull()
  const { id, serial } = (await ours(variant.id))!
  await placed(shop, serial, 4)
  await change('stock.quant', (await quantOf(variant.id)).id, { quantity: 3 })
  await pull()
  await pull()
  assert.deepEqual(await stockOf(shop, id), [3, 4])
  const found = (await stockConflicts(engine.db, store.storeId, 50)).filter(({ variant: name }) => name === 'Short')
  assert.deepEqual(
    found.map((one) => [one.erpOnHand, one.erpReserved, one.ourOnHand, one.ourAllocated, one.takenOnHand]),
    [[3, 0, 10, 4, 3]],
  )
  const person = await shop.customer()
  const refused = await person.call('POST', '/api/cart/items', { product_variant_id: serial, quantity: 1 })
  assert.deepEqual([refused.status, refused.body.error], [400, 'Insufficient stock'])
  await change('stock.quant', (await quantOf(variant.id)).id, { quantity: 12 })
  await pull()
  assert.deepEqual(await stockOf(shop, id), [12, 4])
  await assertSound(engine)
})

test('what staff sends off while its orders have been read and its shelf has not is no conflict', async () => {
  const variant = await goods('Under way', 3)
  await pull()
  const { id, serial } = (await ours(variant.id))!
  const order = await paid(shop, serial, 3)
  await send()
  await pull()
  assert.deepEqual(await stockOf(shop, id), [3, 3])
  const before = await stockConflicts(engine.db, store.storeId, 100)
  let isSent = false
  const slow: typeof erp = {
    ...erp,
    stockOf: async (ids) => {
      if (!isSent) await deliver(order.number)
      isSent = true
      return erp.stockOf(ids)
    },
  }
  await recountErp(engine, slow, store)
  assert.deepEqual(await stockOf(shop, id), [0, 0])
  assert.equal((await order.look())[0], 'shipped')
  assert.deepEqual(await stockConflicts(engine.db, store.storeId, 100), before)
})

test('a count that came to nothing, and is in no list of changes, is found by the nightly recount', async () => {
  const variant = await goods('Swept', 6)
  await pull()
  const { id } = (await ours(variant.id))!
  // far back in time, as a row that was swept away is not seen to change
  await change('stock.quant', (await quantOf(variant.id)).id, { quantity: 0, write_date: '2026-01-01 00:00:00' })
  await pull()
  assert.deepEqual(await stockOf(shop, id), [6, 0])
  await recountErp(engine, erp, store)
  assert.deepEqual(await stockOf(shop, id), [0, 0])
})

test('all is counted once a night, by the first sync that can, whatever else fails', async () => {
  const variant = await goods('Nightly', 6)
  await pull()
  const { id, serial } = (await ours(variant.id))!
  const sweep = async (quantity: number) =>
    change('stock.quant', (await quantOf(variant.id)).id, { quantity, write_date: '2026-01-01 00:00:00' })
  const sync = (how = erp) => syncErp(engine, how, store)
  const down = () => Promise.reject(new ErpError('unavailable', 'Odoo is down'))
  offsetMs = 86_400_000
  await sync()
  await sweep(4)
  await sync()
  assert.deepEqual(await stockOf(shop, id), [6, 0], 'it was counted this night')

  offsetMs = 2 * 86_400_000
  assert.equal(await aloneAtErp(engine, store, () => sync()), undefined, 'somebody else is at it')
  await assert.rejects(sync({ ...erp, stockOf: down }), /down/)
  await assert.rejects(sync({ ...erp, changedOrders: down }), /down/)
  assert.deepEqual(await stockOf(shop, id), [6, 0], 'nothing is counted before the orders were read')
  await paid(shop, serial, 1)
  await assert.rejects(sync({ ...erp, findOrder: down }), /down/)
  assert.deepEqual(await stockOf(shop, id), [4, 1])

  // changes that cannot be read keep no order from being sent
  await assert.rejects(sync({ ...erp, changedVariants: down }), /down/)
  assert.equal(await value(engine, `select count(*)::int from erp_order where state = 'waiting'`), 0)
})

test('what is delivered there leaves here with the same reading, and is taken off once', async () => {
  const variant = await goods('Once', 10)
  const other = await goods('Other', 10)
  await pull()
  const { id, serial } = (await ours(variant.id))!
  const order = await paid(shop, serial, 3)
  await send()
  await deliver(order.number)
  // a later change, far enough for the overlap not to reach back to this one
  await change('stock.quant', (await quantOf(other.id)).id, { quantity: 9, write_date: stamp(10 * 60_000) })
  await pull()
  assert.equal((await order.look())[0], 'shipped')
  assert.deepEqual(await stockOf(shop, id), [7, 0])
  await pull()
  assert.deepEqual(await stockOf(shop, id), [7, 0])
  await assertSound(engine)
})
