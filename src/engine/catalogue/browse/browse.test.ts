import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../../../test/support/database.ts'
import { audit } from '../../audit.ts'
import { system } from '../../context.ts'
import { execute } from '../../database.ts'
import { isRefusal } from '../../refusal.ts'
import { ensureCategories, placeCategory, touchCatalogue } from '../categories.ts'
import { importText, openShop } from '../exchange/testing.ts'
import { deactivateVariant } from '../products.ts'
import { loadBrowse } from './browse.ts'
import type { BrowseQuery } from './browse.ts'

const { url, drop } = await testDatabase()
const shop = await openShop(url, ['IDR', 'IDR'])
after(async () => {
  await shop.close()
  await drop()
})
const { engine, store, stores } = shop

const file = [
  'Handle,Title,Type,Tags,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Qty,Variant Price',
  'oak-table,Oak Dining-Table,Tables,meja,Warna,Natural,Ukuran,Large,OT-NL,3,3500000',
  'oak-table,,,,,Natural,,Small,OT-NS,0,2500000',
  'oak-table,,,,,Walnut,,Small,OT-WS,2,2600000',
  'cafe-chair,Café Chair,Chairs,kursi,Colour,Natural,,,CC-N,5,850000',
  'cafe-chair,,,,,Black,,,CC-B,0,860000',
  'stool,Stool,Chairs,,,,,,ST,0,300000',
].join('\n')
assert.deepEqual((await importText(engine, store, file)).remarks, [])
await engine.run(store, system, async (ctx) => {
  await touchCatalogue(ctx)
  await ensureCategories(ctx, ['Furniture', 'Seats'])
  await placeCategory(ctx, 'tables', 'furniture')
  await placeCategory(ctx, 'seats', 'furniture')
  await placeCategory(ctx, 'chairs', 'seats')
})

const all: BrowseQuery = { sort: 'newest', options: {}, page: 1, limit: 20 }
const found = async (query: Partial<BrowseQuery>) => {
  const { products, total } = await loadBrowse(engine.db, store.storeId, { ...all, ...query })
  assert.equal(total, products.length, 'the total is not what is there')
  return products.map((product) => product.slug).toSorted()
}

test('a category is it and all below it, and its kept count says so', async () => {
  assert.deepEqual(await found({}), ['cafe-chair', 'oak-table', 'stool'])
  assert.deepEqual(await found({ category: 'furniture' }), ['cafe-chair', 'oak-table', 'stool'])
  assert.deepEqual(await found({ category: 'seats' }), ['cafe-chair', 'stool'])
  assert.deepEqual(await found({ category: 'tables' }), ['oak-table'])
  assert.deepEqual(await found({ category: 'nothing' }), [])
})

test('options are found under each of their names, in any case, and of one variant all at once', async () => {
  assert.deepEqual(await found({ options: { color: 'natural' } }), ['cafe-chair', 'oak-table'])
  assert.deepEqual(await found({ options: { color: 'NATURAL', size: 'large' } }), ['oak-table'])
  assert.deepEqual(await found({ options: { color: 'Walnut', size: 'Large' } }), []) // each is there, in two variants
  assert.deepEqual(await found({ options: { color: 'Walnut', size: 'Small' } }), ['oak-table'])
})

test('in stock means that what was asked for can be bought', async () => {
  assert.deepEqual(await found({ inStock: true }), ['cafe-chair', 'oak-table'])
  assert.deepEqual(await found({ inStock: true, options: { color: 'black' } }), [])
  assert.deepEqual(await found({ inStock: true, options: { color: 'natural', size: 'small' } }), [])
  assert.deepEqual(await found({ inStock: true, options: { color: 'walnut' } }), ['oak-table'])
})

test('bounds of the price are those of the cheapest variant, inclusive', async () => {
  assert.deepEqual(await found({ minMinor: 850_000, maxMinor: 2_500_000 }), ['cafe-chair', 'oak-table'])
  assert.deepEqual(await found({ minMinor: 850_001, maxMinor: 2_499_999 }), [])
})

test('a search forgives accents, endings and misspellings, and combines with filters', async () => {
  const search = (text: string, more: Partial<BrowseQuery> = {}) => found({ search: text, sort: 'relevance', ...more })
  assert.deepEqual(await search('cafe'), ['cafe-chair'])
  assert.deepEqual(await search('CAFÉ chair'), ['cafe-chair'])
  assert.deepEqual(await search('din tab'), ['oak-table'])
  assert.deepEqual(await search('dining-table'), ['oak-table'])
  assert.deepEqual(await search('dinnig'), ['oak-table']) // one letter too many, one missing
  assert.deepEqual(await search('tabel'), ['oak-table']) // two swapped
  assert.deepEqual(await search('mjea'), ['oak-table']) // two swapped in a short word
  assert.deepEqual(await search('kursi', { category: 'tables' }), [])
  assert.deepEqual(await search('OT-NL'), ['oak-table'])
  assert.deepEqual(await search('spaceship'), [])
  for (const text of ['!!!', "'", '\\', "'); drop table product; --", ':*', '&|!', '日本', '😀', ' '])
    assert.ok(Array.isArray(await search(text)), text)
})

test('another store’s products and words are never found', async () => {
  await importText(engine, stores[1]!, 'Handle,Title,Type,Variant Price\nwardrobe,Wardrobe,Wardrobes,1000\n')
  assert.deepEqual(await found({ search: 'wardrobe' }), [])
  assert.deepEqual(await found({ search: 'wardrobee' }), [])
  assert.deepEqual(await found({ category: 'wardrobes' }), [])
})

test('sorts are total, and pages neither repeat nor leave out', async () => {
  for (const sort of ['newest', 'price_asc', 'price_desc', 'popular', 'rating'] as const) {
    const pages = await Promise.all(
      [1, 2, 3].map((page) => loadBrowse(engine.db, store.storeId, { ...all, sort, page, limit: 1 })),
    )
    const slugs = pages.flatMap(({ products }) => products.map((product) => product.slug))
    assert.equal(new Set(slugs).size, 3, sort)
    for (const { total } of pages) assert.equal(total, 3)
  }
  const { products } = await loadBrowse(engine.db, store.storeId, { ...all, sort: 'price_asc' })
  assert.deepEqual(
    products.map((product) => product.priceMinor),
    [300_000, 850_000, 2_500_000],
  )
})

test('what is taken off changes lists and kept counts at once', async () => {
  const [[id] = []] = await execute(engine.db, `select id from variant where sku = 'ST'`)
  await engine.run(store, system, (ctx) => deactivateVariant(ctx, id as string))
  assert.deepEqual(await found({ category: 'seats' }), ['cafe-chair'])
  assert.deepEqual(await found({}), ['cafe-chair', 'oak-table'])
  assert.deepEqual((await audit(engine.db)).findings, [])
})

test('a category has no place below itself, nor below one that is not there', async () => {
  for (const [slug, parent] of [
    ['furniture', 'chairs'],
    ['furniture', 'furniture'],
    ['chairs', 'nothing'],
    ['nothing', 'chairs'],
  ] as const) {
    await assert.rejects(
      engine.run(store, system, (ctx) => placeCategory(ctx, slug, parent)),
      (error) => isRefusal(error, 'category.unknown'),
    )
  }
  await engine.run(store, system, (ctx) => placeCategory(ctx, 'seats', null))
  assert.deepEqual(await found({ category: 'furniture' }), ['oak-table'])
  assert.deepEqual((await audit(engine.db)).findings, [])
})
