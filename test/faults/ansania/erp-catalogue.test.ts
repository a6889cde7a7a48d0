import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { deactivateVariant } from '../../../src/engine/catalogue/products.ts'
import { system } from '../../../src/engine/context.ts'
import { execute } from '../../../src/engine/database.ts'
import { pullErp } from '../../../src/engine/erp/pull.ts'
import { ErpError } from '../../../src/engine/erp/erp.ts'
import type { Erp } from '../../../src/engine/erp/erp.ts'
import { refusedVariants } from '../../../src/engine/erp/variants.ts'
import { assertSound, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { outside } from './support.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { webhooks: false, now: () => new Date(Date.now() + offsetMs) })
const { engine, store } = shop
const { erp, fault, endFaults, goods, make, change, records, pull, ours } = outside(shop)
afterEach(async () => {
  offsetMs = 0
  await endFaults()
})

/** As Odoo writes times, to the second. */
const stamp = (fromNowMs: number) => new Date(Date.now() + fromNowMs).toISOString().slice(0, 19).replace('T', ' ')

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
