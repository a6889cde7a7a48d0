import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { deactivateVariant } from '../../../src/engine/catalogue/products.ts'
import { system } from '../../../src/engine/context.ts'
import { execute } from '../../../src/engine/database.ts'
import { pullErp, recountErp } from '../../../src/engine/erp/pull.ts'
import { aloneAtErp, syncErp } from '../../../src/engine/erp/sync.ts'
import { ErpError } from '../../../src/engine/erp/erp.ts'
import type { Erp } from '../../../src/engine/erp/erp.ts'
import { stockConflicts } from '../../../src/engine/erp/stock.ts'
import { refusedVariants } from '../../../src/engine/erp/variants.ts'
import { moveOrder } from '../../../src/engine/orders/moves.ts'
import { assertSound, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { whileItWaits } from '../../support/wait.ts'
import { outside, paid, placed, stockOf } from './support.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { webhooks: false, now: () => new Date(Date.now() + offsetMs) })
const { engine, store } = shop
const { erp, fault, endFaults, goods, make, change, records, pull, send, ours, deliver } = outside(shop)
afterEach(async () => {
  offsetMs = 0
  await endFaults()
})

/** As Odoo writes times, to the second. */
const stamp = (fromNowMs: number) => new Date(Date.now() + fromNowMs).toISOString().slice(0, 19).replace('T', ' ')

const staff = { kind: 'staff', name: 'shop' } as const

const version = () => value(engine, 'select version from catalogue_version where store_id = $1', store.storeId)
const detail = async (slug: string): Promise<Wire> =>
  (await shop.call(store, 'GET', `/api/products/${slug}`)).body.data?.product

/** A product with a variant for each colour, as Odoo keeps it; each lies in the warehouse. */
async function coloured(name: string, colours: string[], quantity = 4) {
  const attribute = await make('product.attribute', { name: 'Color' })
  const template = await make('product.template', { name, list_price: 1_000_000, is_storable: true })
  const variants: Wire[] = []
  const add = async (colour: string, extra = 0) => {
    const meant = await make('product.attribute.value', { name: colour, attribute_id: attribute.id })
    const ptav = await make('product.template.attribute.value', {
      product_tmpl_id: template.id,
      product_attribute_value_id: meant.id,
      price_extra: extra,
    })
    const variant = await make('product.product', {
      product_tmpl_id: template.id,
      default_code: `${name}-${colour}`.toUpperCase(),
      product_template_attribute_value_ids: [ptav.id],
    })
    await make('stock.quant', { product_id: variant.id, quantity })
    variants.push(variant)
    return variant
  }
  for (const [i, colour] of colours.entries()) await add(colour, i * 50_000)
  return { template, variants, add, slug: `${name.toLowerCase()}-${template.id}` }
}

const ptavsOf = async (templateId: number): Promise<number[]> =>
  (await records('product.template.attribute.value'))
    .filter((value) => value.product_tmpl_id[0] === templateId)
    .slice(0, 1)
    .map(({ id }) => id)

const quantOf = async (productId: number): Promise<Wire> =>
  (await records('stock.quant')).find((quant) => quant.product_id[0] === productId)

test('a new product comes in with its variants, prices and stock; read again, nothing changes', async () => {
  const { template, variants, slug } = await coloured('Stool', ['Natural', 'Black'])
  await pull()
  const shown = await detail(slug)
  assert.deepEqual(
    shown.variants.map((one: Wire) => [one.sku, one.color, one.price, one.stock]),
    [
      ['STOOL-NATURAL', 'Natural', 1_000_000, 4],
      ['STOOL-BLACK', 'Black', 1_050_000, 4],
    ],
  )
  const rows = await execute(engine.db, 'select slug from product where store_id = $1 and erp_id = $2', [
    store.storeId,
    template.id,
  ])
  assert.deepEqual(rows, [[slug]])
  const before = [await version(), await detail(slug), await ours(variants[0].id), await ours(variants[1].id)]
  await pull()
  await pull()
  assert.deepEqual(
    [await version(), await detail(slug), await ours(variants[0].id), await ours(variants[1].id)],
    before,
  )
})

test('a price changes, and a variant joins: the ones that were there keep their place and their number', async () => {
  const { variants, add, slug, template } = await coloured('Bench', ['Natural', 'Black', 'White'])
  await pull()
  const before = await detail(slug)
  // the last first, so that what changed first is not what is shown first
  await change('product.product', variants[2].id, { barcode: '111', write_date: '2026-02-01 10:00:00' })
  await change('product.product', variants[0].id, { barcode: '222' })
  await change('product.product', variants[2].id, { barcode: '333' })
  await change('product.template', template.id, { list_price: 2_000_000 })
  await pull()
  const after = await detail(slug)
  const place = ({ id, color, price }: Wire) => [id, color, price]
  assert.deepEqual(
    after.variants.map(place),
    before.variants.map((one: Wire) => [one.id, one.color, one.price + 1_000_000]),
  )
  await add('Walnut')
  await pull()
  const colours = (await detail(slug)).variants.map(({ color }: Wire) => color)
  assert.deepEqual(colours.toSorted(), ['Black', 'Natural', 'Walnut', 'White'])
  await assertSound(engine)
})

test('two changes within one second, one of them after it was read: the later one is not lost', async () => {
  const variant = await goods('Lamp', 3)
  await change('product.product', variant.id, { list_price: 100_000 })
  const second = stamp(0)
  await change('product.product', variant.id, { write_date: `${second}.100` })
  await pull()
  assert.equal((await ours(variant.id))!.priceMinor, 100_000)
  await change('product.product', variant.id, { list_price: 120_000 })
  await change('product.product', variant.id, { write_date: `${second}.900` })
  await pull()
  assert.equal((await ours(variant.id))!.priceMinor, 120_000)
  // and once its second is long over, it is not written again and again
  offsetMs += 10 * 60_000
  await pull()
  await execute(engine.db, `update variant set sku = 'OURS' where erp_id = $1`, [variant.id])
  await change('product.product', variant.id, { default_code: 'THEIRS', write_date: `${second}.950` })
  await pull()
  assert.equal((await ours(variant.id))!.sku, 'OURS')
})

test('a change that was written before another and seen after it is not missed', async () => {
  const late = await goods('Late', 1)
  const early = await goods('Early', 1)
  await pull()
  await change('product.product', early.id, { list_price: 7000 })
  await pull()
  // its transaction was longer: it is stamped a minute before what was read last
  await change('product.product', late.id, { list_price: 9000 })
  await execute(engine.db, `update variant set erp_changed_at = now() - interval '1 hour' where erp_id = $1`, [late.id])
  await change('product.product', late.id, { write_date: stamp(-60_000) })
  await pull()
  assert.equal((await ours(late.id))!.priceMinor, 9000)
})

test('such a change is not missed when the worker was away for as long as it took', async () => {
  const late = await goods('Late Night', 1)
  const early = await goods('Early Bird', 1)
  await pull()
  await change('product.product', early.id, { list_price: 7000 })
  await pull()
  await change('product.product', late.id, { list_price: 9000 })
  await change('product.product', late.id, { write_date: stamp(-60_000) })
  offsetMs = 3600_000
  await pull()
  assert.equal((await ours(late.id))!.priceMinor, 9000)
})

test('what is archived there is no longer sold here, and what is new and archived never comes', async () => {
  const { variants, slug } = await coloured('Shelf', ['Natural', 'Black'])
  await pull()
  await change('product.product', variants[0].id, { active: false })
  const hidden = await goods('Hidden', 3, { active: false })
  await pull()
  assert.equal((await ours(variants[0].id))!.isListed, false)
  assert.deepEqual(
    (await detail(slug)).variants.map(({ color }: Wire) => color),
    ['Black'],
  )
  assert.equal(await ours(hidden.id), undefined)
  // brought back there, it is sold again
  await change('product.product', variants[0].id, { active: true })
  await pull()
  assert.equal((await ours(variants[0].id))!.isListed, true)
  await assertSound(engine)
})

test('what the shop took off itself, the ERP does not bring back', async () => {
  const { variants, slug } = await coloured('Stand', ['Natural', 'Black'])
  await pull()
  const { id } = (await ours(variants[0].id))!
  await engine.run(store, system, (ctx) => deactivateVariant(ctx, id))
  for (const active of [false, true]) {
    await change('product.product', variants[0].id, { active })
    await pull()
    assert.equal((await ours(variants[0].id))!.isListed, false)
  }
  // nor a product that the shop hides, when one of its variants comes and goes there
  await execute(engine.db, 'update product set is_active = false where slug = $1', [slug])
  for (const active of [false, true]) {
    await change('product.product', variants[1].id, { active })
    await pull()
  }
  assert.equal(await value(engine, 'select is_active from product where slug = $1', slug), false)
  await execute(engine.db, 'update product set is_active = true where slug = $1', [slug])
})

test('a variant with the options of another that is sold there too is left out', async () => {
  const { variants, slug, add } = await coloured('Trolley', ['Natural'])
  await pull()
  const twin = await add('Natural', 500_000)
  await pull()
  assert.equal((await ours(variants[0].id))!.priceMinor, 1_000_000)
  assert.equal(await ours(twin.id), undefined)
  assert.equal((await detail(slug)).variants.length, 1)
  const leftOut = await refusedVariants(engine.db, store.storeId, 10)
  assert.equal(leftOut.find(({ erpId }) => erpId === twin.id)?.reason, 'another variant has its options here')
  await change('product.product', variants[0].id, { active: false })
  await change('product.product', twin.id, { active: true })
  await pull()
  assert.equal((await ours(twin.id))!.priceMinor, 1_500_000)
  assert.deepEqual(
    (await refusedVariants(engine.db, store.storeId, 10)).filter(({ erpId }) => erpId === twin.id),
    [],
  )
})

test('what is archived there and made anew with the same options is the same variant here, in either order', async () => {
  for (const name of ['Bench', 'Rack']) {
    const { variants, slug, add } = await coloured(name, ['Natural', 'Black'])
    await pull()
    const before = await detail(slug)
    const anew = async () => change('product.product', (await add('Natural', 200_000)).id, { default_code: false })
    if (name === 'Rack') await anew()
    await change('product.product', variants[0].id, { active: false })
    if (name === 'Bench') {
      await pull()
      await anew()
    }
    await pull()
    await pull()
    const after = await detail(slug)
    assert.deepEqual(
      after.variants.map(({ id, color, price }: Wire) => [id, color, price]),
      before.variants.map(({ id, color, price }: Wire) => [id, color, color === 'Natural' ? 1_200_000 : price]),
    )
    assert.equal(await ours(variants[0].id), undefined)
  }
  await assertSound(engine)
})

test('what cannot be taken over keeps nothing else out, is written down, and comes in once it is right', async () => {
  const wrong = await goods('Below Nothing', 3, { list_price: -1 })
  const fine = await goods('Above Nothing', 3)
  const sized = await make('product.attribute', { name: 'Size' })
  const large = await make('product.attribute.value', { name: 'Large', attribute_id: sized.id })
  const { template, slug } = await coloured('Chest', ['Natural'])
  const ptav = await make('product.template.attribute.value', {
    product_tmpl_id: template.id,
    product_attribute_value_id: large.id,
  })
  await pull()
  const other = await make('product.product', {
    product_tmpl_id: template.id,
    product_template_attribute_value_ids: [...(await ptavsOf(template.id)), ptav.id],
  })
  await pull()
  assert.equal(await ours(wrong.id), undefined)
  assert.equal((await ours(fine.id))!.onHand, 3)
  assert.equal((await detail(slug)).variants.length, 1)
  const leftOut = await refusedVariants(engine.db, store.storeId, 10)
  assert.deepEqual(
    new Map(leftOut.map(({ erpId, name }) => [erpId, name])),
    new Map([
      [wrong.id, 'Below Nothing'],
      [other.id, 'Chest'],
    ]),
  )
  for (const { reason } of leftOut) assert.match(reason, /violates check constraint|has the value/)
  await change('product.product', wrong.id, { list_price: 900_000 })
  await pull()
  assert.equal((await ours(wrong.id))!.priceMinor, 900_000)
  assert.deepEqual(
    (await refusedVariants(engine.db, store.storeId, 10)).map(({ erpId }) => erpId),
    [other.id],
  )
  await assertSound(engine)
})

test('options are told apart by their names, in whatever order Odoo gives them', async () => {
  const { slug, variants } = await coloured('Desk', ['Natural'])
  await pull()
  await execute(engine.db, `update product set option_names = '{Size,Color}' where store_id = $1 and slug = $2`, [
    store.storeId,
    slug,
  ])
  await execute(engine.db, `update variant set option_values = '{Large,Natural}' where erp_id = $1`, [variants[0].id])
  const [color, size] = [
    await make('product.attribute', { name: 'Color' }),
    await make('product.attribute', { name: 'Size' }),
  ]
  const ptavs: number[] = []
  for (const [attribute, name] of [
    [color, 'Black'],
    [size, 'Small'],
  ]) {
    const meant = await make('product.attribute.value', { name, attribute_id: attribute.id })
    const template = variants[0].product_tmpl_id[0]
    const values = { product_tmpl_id: template, product_attribute_value_id: meant.id }
    ptavs.push((await make('product.template.attribute.value', values)).id)
  }
  const added = await make('product.product', {
    product_tmpl_id: variants[0].product_tmpl_id[0],
    product_template_attribute_value_ids: ptavs,
  })
  await pull()
  assert.deepEqual((await ours(added.id))!.options, ['Small', 'Black'])
})

test('what Odoo does not count can always be bought', async () => {
  const variant = await make('product.product', { name: 'Assembly Kit', list_price: 50_000, is_storable: false })
  await pull()
  const kept = (await ours(variant.id))!
  assert.equal(kept.kind, 'made_to_order')
  const order = await placed(shop, kept.serial, 3)
  assert.equal((await order.look())[0], 'placed')
})

test('a product of ours is linked by its SKU, and keeps what the shop says of it', async () => {
  const made = await shop.product({ name: 'Our Words', variants: [{ sku: 'LINKED-1', price: 900_000, quantity: 2 }] })
  const theirs = await goods('Their words', 7, { default_code: 'LINKED-1', list_price: 950_000 })
  await pull()
  const kept = (await ours(theirs.id))!
  assert.deepEqual(
    [kept.id, kept.serial, kept.name, kept.priceMinor, kept.onHand],
    [made.variants[0]!.id, made.variants[0]!.serial, 'Our Words', 950_000, 7],
  )
})

test('Odoo down in the midst of it: what was read is kept, and the rest comes later', async () => {
  const variant = await goods('Midway', 5)
  for (const kind of ['drop', 'error', 'garbage']) {
    await fault('odoo', { kind, rate: 0.4 })
    for (let tries = 0; tries < 5; tries++) await pull().catch(() => {})
    await endFaults()
  }
  await pull()
  assert.deepEqual([(await ours(variant.id))!.onHand, (await ours(variant.id))!.priceMinor], [5, 3_500_000])
  await assertSound(engine)
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

test('hundreds of changes of one second come in page by page, none left out and none twice', async () => {
  const ids: number[] = []
  const second = stamp(0)
  for (let n = 0; n < 230; n++) {
    const values = { name: `Peg ${n}`, list_price: 1000 + n, is_storable: true, write_date: `${second}.500` }
    ids.push((await make('product.product', values)).id)
  }
  await pull()
  const rows = await execute(
    engine.db,
    'select erp_id, price_minor from variant where store_id = $1 and erp_id = any($2::int[]) order by erp_id',
    [store.storeId, ids],
  )
  assert.deepEqual(
    rows,
    ids.map((id, n) => [id, 1000 + n]),
  )
})

// the last ones: what they write is stamped ahead of time
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

test('a reading that comes only so far leaves what came late behind it for the next one', async () => {
  const second = stamp(60_000)
  const pegs: Wire[] = []
  for (let n = 0; n < 110; n++) pegs.push(await goods(`Hook ${n}`, 1, { write_date: `${second}.500` }))
  await goods('Newest', 1, { write_date: stamp(70_000) })
  await pull()
  const last = pegs.at(-1)!
  await change('product.product', last.id, { list_price: 9000, write_date: `${second}.900` })
  offsetMs = 3600_000
  let pages = 0
  const failing: Erp = {
    ...erp,
    changedVariants: (...asked) =>
      ++pages > 1 ? Promise.reject(new ErpError('unavailable', 'Odoo is down')) : erp.changedVariants(...asked),
  }
  await assert.rejects(pullErp(engine, failing, store), /down/)
  await pull()
  assert.equal((await ours(last.id))!.priceMinor, 9000)
})
