import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../../test/support/database.ts'
import type { TestDatabase } from '../../../../test/support/database.ts'
import { system } from '../../context.ts'
import { execute, statement } from '../../database.ts'
import { setAvailable } from '../../inventory/inventory.ts'
import { deactivateVariant, searchVector, updateVariant } from '../products.ts'
import { loadPage, loadSearch } from '../pages.ts'
import { shownDiscountBps } from '../variants.ts'
import { FileRefused } from './record.ts'
import { everything, importText, openShop } from './testing.ts'

const demo = (name: string) => readFile(new URL(`../../../../demo/catalogs/${name}`, import.meta.url), 'utf8')

let database: TestDatabase
const stores = Array.from({ length: 16 }, () => 'INR')
let shop: Awaited<ReturnType<typeof openShop>>
let next = 0

before(async () => {
  database = await testDatabase()
  shop = await openShop(database.url, stores)
})
after(async () => {
  await shop.close()
  await database.drop()
})

/** An empty store for one test. */
const empty = () => ({ ...shop, store: shop.stores[next++]! })
const listed = async ({ engine, store }: ReturnType<typeof empty>) =>
  (await loadPage(engine.db, store.storeId, { sort: 'latest', page: 1, limit: 100 })).variants

const legacy =
  'Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,Variant Image'
const short = 'Handle,Title,Option1 Name,Option1 Value,Variant Inventory Qty,Variant Price'

test('a real file goes in whole: one entry a variant, exact prices, shown discounts, stock, images', async () => {
  const place = empty()
  const result = await importText(place.engine, place.store, await demo('home-and-garden.csv'), {
    currency: 'USD',
    rate: '83.5',
  })
  assert.equal(result.rows, 21)
  assert.deepEqual(result.remarks, [])
  assert.deepEqual([result.productsAdded, result.variantsAdded], [20, 21])

  const { variants, fresh, total } = await loadPage(place.engine.db, place.store.storeId, {
    sort: 'latest',
    page: 1,
    limit: 100,
  })
  assert.equal(total, 21)
  const large = variants.find((variant) => variant.name === 'Clay Plant Pot - Large')!
  assert.deepEqual([large.priceMinor, large.category, large.images.length], [133_517, 'Outdoor', 2]) // 15.99 × 83.5 = 1335.165
  assert.match(large.images[0]!, /single-sprout/)
  assert.equal(fresh.available[large.id], 3)
  const light = variants.find((variant) => variant.name === 'Copper Light')!
  assert.deepEqual([light.listMinor, light.priceMinor, shownDiscountBps(light)], [626_250, 500_917, 2001])
  assert.equal(light.description, '<p>Stylish copper bedside light</p>')
  const found = await loadSearch(place.engine.db, place.store.storeId, 'bedside')
  assert.deepEqual(found.variants.map((variant) => variant.name).sort(), ['Bedside Table', 'Copper Light'])
})

test('an empty type becomes a category of its own', async () => {
  const place = empty()
  await importText(place.engine, place.store, await demo('apparel.csv'), { currency: 'USD', rate: '83.5' })
  assert.ok((await listed(place)).every((variant) => variant.category === 'Uncategorized'))
})

test('a second import changes nothing: no row, no time, no version', async () => {
  const place = empty()
  const file = await demo('home-and-garden.csv')
  await importText(place.engine, place.store, file)
  const first = await everything(place.engine, place.store)
  place.clock.now = new Date('2026-02-01')
  const again = await importText(place.engine, place.store, file)
  assert.deepEqual(await everything(place.engine, place.store), first)
  assert.deepEqual([again.productsUnchanged, again.productsChanged, again.stockChanged], [20, 0, 0])
})

test('two imports of one file at once make one catalogue', async () => {
  const place = empty()
  const file = await demo('home-and-garden.csv')
  const both = await Promise.all([
    importText(place.engine, place.store, file),
    importText(place.engine, place.store, file),
  ])
  assert.equal(both[0].productsAdded + both[1].productsAdded, 20)
  assert.equal((await listed(place)).length, 21)
})

test('the newer headers say the same', async () => {
  const place = empty()
  const file = [
    'Title,URL handle,Description,Vendor,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,Price,Compare-at price,Inventory quantity,Continue selling when out of stock,Weight value (grams),Product image URL,Image position,Image alt text,Variant image URL,Gift card',
    'Shirt,shirt,"<p onclick=""x()"">Soft<script>alert(1)</script></p>",Maker,Tops,"a, b",TRUE,Active,S-1,123,Size,S,10.00,12.50,5,FALSE,250.5,https://x.example/2.jpg,2,Back,,FALSE',
    ',shirt,,,,,,,S-2,,,M,11.00,,7,TRUE,,https://x.example/1.jpg,1,Front,https://x.example/m.jpg,',
    'Card,card,,,,,,Draft,,,,,50,,,,,,,,,TRUE',
  ].join('\r\n')
  assert.deepEqual((await importText(place.engine, place.store, file)).remarks, [])
  const rows = await execute(
    place.engine.db,
    `select v.name, v.kind, v.list_minor, v.price_minor, v.weight_grams, v.sku, v.is_listed, p.description, p.tags,
       array(select url from image i where i.product_id = p.id and (i.variant_id is null or i.variant_id = v.id) order by position), s.on_hand
     from variant v join product p on p.id = v.product_id left join stock s on s.variant_id = v.id
     where v.store_id = $1 order by v.name`,
    [place.store.storeId],
  )
  const both = ['https://x.example/1.jpg', 'https://x.example/2.jpg']
  assert.deepEqual(rows, [
    ['Card', 'digital', 5000, 5000, null, null, false, null, [], [], null],
    [
      'Shirt - M',
      'made_to_order',
      1100,
      1100,
      null,
      'S-2',
      true,
      '<p>Soft</p>',
      ['a', 'b'],
      [...both, 'https://x.example/m.jpg'],
      null,
    ],
    ['Shirt - S', 'tracked', 1250, 1000, 251, 'S-1', true, '<p>Soft</p>', ['a', 'b'], both, 5],
  ])
})

test('bad rows are listed by line with the reason, and the rest goes in', async () => {
  const place = empty()
  const file = Buffer.concat([
    Buffer.from(
      [
        short + ',Variant SKU,Option4 Value', // 1
        'a,"A', // 2 and 3
        '",Size,S,1,x', // a price that is none
        'a,,,M,1,20', // 4
        'a,,,M,1,21', // 5: again
        'b,,,,1,10', // 6: no title
        ',C,,,1,10', // 7: no handle
        'd,D,,,1.5,10', // 8
        'e,"E"x,,,1,10', // 9
        'f,F,Size,S,1,10,,Blue', // 10
        `g,${'G'.repeat(501)},,,1,10`, // 11
        'h,H\0,,,1,10', // 12
        'a,,,L,1,22', // 13: came already
        'i,I,,Red,1,10', // 14: option without a name
        'j,J,,,1,', // 15: no price
        'k,K,,,-3,10,=1+1', // 16
        'l,',
      ].join('\n'),
    ),
    Buffer.of(0xff),
    Buffer.from(',,,1,10\nm,M,,,1,10\n'), // 17, 18
  ])
  const result = await importText(place.engine, place.store, file)
  const told = result.remarks.map(({ line, kind, text }) => `${line} ${kind}: ${text}`)
  assert.deepEqual(told, [
    '2 refused: Variant Price "x" is no amount such as 1299.50',
    '5 refused: the options "M" came already on line 4',
    '6 refused: the product "b" is new and has no Title',
    '7 refused: Handle is empty',
    '8 refused: Variant Inventory Qty "1.5" is no whole number',
    '9 refused: text after a closing quote',
    '10 refused: a product has 3 options at most',
    '11 refused: Title has 501 characters, at most 500 are taken',
    '12 refused: holds a NUL, or bytes that are not UTF-8',
    '13 refused: "a" came already on line 2: rows of one product stand together',
    '14 refused: an option has the value "Red" but no name',
    '15 refused: the product "j" is new and no variant of it can go in',
    '16 note: a quantity below zero went in as 0',
    '17 refused: holds a NUL, or bytes that are not UTF-8',
  ])
  assert.deepEqual((await listed(place)).map((variant) => variant.name).sort(), ['A - M', 'K', 'M'])
  assert.deepEqual([result.rowsRefused, result.productsAdded], [13, 3])
})

test('another kind of file, and a currency without a rate, are refused whole', async () => {
  const { engine, store } = empty()
  const refused = (file: string, options: object, message: RegExp) =>
    assert.rejects(
      importText(engine, store, file, options),
      (error) => error instanceof FileRefused && message.test(error.message),
    )
  await refused('name,price\nx,1\n', {}, /names no column "Handle"/)
  await refused('Handle;Title\nx;X\n', {}, /semicolons/)
  await refused('', {}, /empty/)
  await refused('Handle,Title,title\n', {}, /twice/)
  await refused(short, { currency: 'USD' }, /store's prices are in INR/)
  await refused(short, { rate: '2' }, /need no rate/)
  await refused(short, { currency: 'USD', rate: '1,5' }, /positive decimal/)
  await refused(short, { currency: 'dollars', rate: '1' }, /three letters/)
})

test('what the file says wins, and what it does not speak of stays', async () => {
  const { engine, store } = empty()
  const file = `${legacy}\np,Pot,<p>x</p>,Maker,Pots,"a, b",true,Size,S,,,S-1,100,5,deny,10,12,99,https://x.example/1.jpg,1,One,false,\np,,,,,,,,M,,,,,5,deny,11,,,,,,,`
  await importText(engine, store, file)
  const stock = async () =>
    await execute(
      engine.db,
      'select v.name, v.price_minor, v.list_minor, s.on_hand, v.position from variant v join stock s on s.variant_id = v.id where v.store_id = $1 order by v.position',
      [store.storeId],
    )
  const second = await importText(engine, store, `${short}\np,Big Pot,Size,L,2,15\np,,,S,,9`)
  assert.deepEqual([second.productsChanged, second.variantsAdded], [1, 1])
  assert.deepEqual(await stock(), [
    ['Big Pot - L', 1500, 1500, 2, 1],
    ['Big Pot - S', 900, 1200, 5, 2],
    ['Big Pot - M', 1100, 1100, 5, 2],
  ])
  const [product] = await execute(engine.db, 'select vendor, tags, description from product where store_id = $1', [
    store.storeId,
  ])
  assert.deepEqual(product, ['Maker', ['a', 'b'], '<p>x</p>'])
})

test('a quantity sets what can be bought, whatever is promised to orders', async () => {
  const { engine, store } = empty()
  await importText(engine, store, `${short}\np,Pot,,,5,10`)
  await execute(engine.db, 'update stock set allocated = 3 where store_id = $1', [store.storeId])
  const version = () => execute(engine.db, 'select version from catalogue_version where store_id = $1', [store.storeId])
  const before = await version()
  await importText(engine, store, `${short}\np,Pot,,,5,10`)
  assert.deepEqual(
    await execute(engine.db, 'select on_hand, allocated from stock where store_id = $1', [store.storeId]),
    [[8, 3]],
  )
  assert.deepEqual(await version(), before)
})

test('what was taken off comes back with a file that says it is published, and goes with one that says it is not', async () => {
  const place = empty()
  const { engine, store } = place
  const file = (published: string) => `Handle,Title,Published,Variant Price\np,Pot,${published},10`
  await importText(engine, store, file('true'))
  const [variant] = await listed(place)
  await engine.run(store, system, (ctx) => deactivateVariant(ctx, variant!.id))
  assert.equal((await importText(engine, store, file('false'))).productsUnchanged, 1)
  await importText(engine, store, file('true'))
  assert.equal((await listed(place)).length, 1)
  await importText(engine, store, file('false'))
  assert.equal((await listed(place)).length, 0)
  const [[count]] = (await execute(engine.db, 'select sum(listed_count)::int from category where store_id = $1', [
    store.storeId,
  ])) as [[number]]
  assert.equal(count, 0)
})

test('names that slug alike get categories of their own', async () => {
  const place = empty()
  const { engine, store } = place
  const file = (types: string[]) =>
    `Handle,Title,Type,Variant Price\n${types.map((type, i) => `p${i},P,${type},1`).join('\n')}`
  await importText(engine, store, file(['Pot', 'Pot 3', 'pot!']))
  await importText(engine, store, file(['Pot', 'Pot 3', 'pot!', 'POT', '日本', '😀']))
  const slugs = await execute(engine.db, 'select slug from category where store_id = $1 order by slug collate "C"', [
    store.storeId,
  ])
  assert.deepEqual(slugs.flat(), ['item', 'pot', 'pot-2', 'pot-3', 'pot-4', '日本'])
})

test('an image is the variant’s that names it, but none is left without', async () => {
  const place = empty()
  const image = (name: string) => `https://x.example/${name}.jpg`
  const file = [
    'Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src,Image Position,Variant Image',
    `shirt,Shirt,Color,Red,1,${image('all')},3,${image('red')}`,
    `shirt,,,Blue,1,${image('red')},1,${image('blue')}`,
    `shirt,,,Green,1,${image('blue')},2,`,
    `cap,Cap,Color,Red,1,${image('red')},1,${image('red')}`,
    'cap,,,Blue,1,,,',
  ].join('\n')
  await importText(place.engine, place.store, file)
  const images = Object.fromEntries(
    (await listed(place)).map((v) => [v.name, v.images.map((url) => url.slice(18, -4))]),
  )
  assert.deepEqual(images, {
    'Shirt - Red': ['red', 'all'],
    'Shirt - Blue': ['blue', 'all'],
    'Shirt - Green': ['all'],
    'Cap - Red': ['red'],
    'Cap - Blue': ['red'],
  })
})

test('addresses that a browser would run are refused', async () => {
  const { engine, store } = empty()
  const rows = [
    'javascript:alert(1)',
    ' JAVASCRIPT:x',
    'data:text/html,x',
    'java\tscript:x',
    'https://ok.example/a.jpg',
    '/a.jpg',
  ]
  const file = `Handle,Title,Variant Price,Image Src\n${rows.map((url, i) => `p${i},P,1,"${url}"`).join('\n')}`
  assert.deepEqual(
    (await importText(engine, store, file)).remarks.map((remark) => remark.line),
    [2, 3, 4, 5],
  )
})

test('the words that search finds are those of a product written one by one', async () => {
  const place = empty()
  await importText(place.engine, place.store, await demo('home-and-garden.csv'))
  const differing = statement(
    'test.search',
    (p: { storeId: string }) =>
      sql`select v.name from variant v join product p on p.id = v.product_id join category c on c.id = p.category_id
      where v.store_id = ${p.storeId} and v.search is distinct from ${searchVector}`,
  )
  assert.deepEqual(await differing(place.engine.db, { storeId: place.store.storeId }), [])
})

test('what an administrator wrote since is kept where the file says nothing else', async () => {
  const place = empty()
  const { engine, store } = place
  const file = `${short}\np,Pot,Size,S,5,80\np,,,M,5,100`
  await importText(engine, store, file)
  const small = (await listed(place)).find((variant) => variant.name === 'Pot - S')!
  await engine.run(store, system, async (ctx) => {
    await updateVariant(ctx, small.id, { name: 'Tiny pot', listMinor: 10_000, discountBps: 2000 })
    await setAvailable(ctx, small.id, 5)
  })
  const before = await everything(engine, store)
  const again = await importText(engine, store, file)
  assert.deepEqual(await everything(engine, store), before)
  assert.equal(again.productsUnchanged, 1)
})
