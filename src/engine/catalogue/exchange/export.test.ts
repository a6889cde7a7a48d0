import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import * as fc from 'fast-check'
import { testDatabase } from '../../../../test/support/database.ts'
import { system } from '../../context.ts'
import { createProduct } from '../products.ts'
import { header } from './file-rows.ts'
import { everything, exportText, importText, openShop } from './testing.ts'

test('what is exported imports without a change, here and into another store', async (t) => {
  const shop = await openShop((await testDatabase(t)).url, ['INR', 'INR'])
  t.after(shop.close)
  const { engine, store, stores } = shop
  for (const name of ['home-and-garden', 'apparel']) {
    const file = await readFile(new URL(`../../../../demo/catalogs/${name}.csv`, import.meta.url), 'utf8')
    await importText(engine, store, file, { currency: 'USD', rate: '83.457' })
  }
  await importText(
    engine,
    store,
    [
      'Handle,Title,Body (HTML),Vendor,Type,Tags,Status,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Image Src,Image Position,Image Alt Text,Gift Card,Variant Image',
      `"'=cmd|'' /C calc'!A0",=1+1,"\n <p>a ""b""\r\n</p> ",+x,-type,"-a, @b",active,=Size,'-S,Color,Red,=SKU,3,deny,1.01,9.99,https://x.example/1.jpg,1,@alt,,https://x.example/r.jpg`,
      `"'=cmd|'' /C calc'!A0",,,,,,,,''-S,,Red,-5,0,continue,2,,https://x.example/r.jpg,2,,,https://x.example/r.jpg`,
      `gift,Gift,,,,,draft,,,,,,,,100,,,,,true,`,
    ].join('\n'),
  )
  // as administrators write them
  const fields = {
    description: '',
    discountBps: 3333,
    category: 'Sofas',
    quantity: 3,
    specifications: { a: 1 },
    isActive: true,
  }
  await engine.run(store, system, async (ctx) => {
    await createProduct(ctx, { ...fields, name: ' =Sofa\t', listMinor: 999, images: ['/a.jpg', '/b.jpg', '/a.jpg'] })
    await createProduct(ctx, {
      ...fields,
      name: 'Hidden',
      listMinor: 1,
      images: [],
      isActive: false,
      description: 'a < b\r& c',
    })
  })

  const before = await everything(engine, store)
  const csv = await exportText(engine, store)
  const result = await importText(engine, store, csv)
  assert.deepEqual(result.remarks, [])
  assert.equal(result.productsChanged + result.productsAdded + result.stockChanged, 0)
  assert.deepEqual(await everything(engine, store), before)
  assert.equal(await exportText(engine, store), csv)

  assert.deepEqual((await importText(engine, stores[1]!, csv)).remarks, [])
  const copy = await exportText(engine, stores[1]!)
  assert.equal(copy.replace(/(?<=,)=Sofa(?=,)/, ''), csv.replace(' =Sofa\t', "'=Sofa"))
})

test('no cell of an export begins a formula, and every one keeps its text', async (t) => {
  const shop = await openShop((await testDatabase(t)).url)
  t.after(shop.close)
  const { engine, store } = shop
  const unit = fc.constantFrom('=', '+', '-', '@', "'", '"', ',', '\t', '\r', '\n', 'a', ' ', '日', '😀', '<b>', '&')
  const text = fc.string({ unit, minLength: 1, maxLength: 12 })
  const products = fc.sample(
    fc.record({ name: text, description: text, category: text, url: fc.constantFrom('/a', '-b', '=c') }),
    150,
  )
  for (const { name, description, category, url } of products) {
    await engine.run(store, system, (ctx) =>
      createProduct(ctx, {
        name,
        description,
        category,
        images: [url],
        listMinor: 1,
        discountBps: 0,
        quantity: 0,
        specifications: {},
        isActive: true,
      }),
    )
  }
  const before = await everything(engine, store)
  const csv = await exportText(engine, store)
  const result = await importText(engine, store, csv)
  assert.deepEqual(result.remarks, [])
  assert.deepEqual(await everything(engine, store), before)
  const cells = parse(csv, { record_delimiter: '\n' }).flat()
  assert.deepEqual(
    cells.filter((cell) => /^[=+\-@\t\r]/.test(cell)),
    [],
  )
  assert.ok(csv.startsWith(header.join(',') + '\n'))
})

test('what our own columns say comes back: short description, size, whether it is featured', async (t) => {
  const shop = await openShop((await testDatabase(t)).url)
  t.after(shop.close)
  const { engine, store } = shop
  const head = 'Handle,Title,Variant Price,Short Description,Featured,Length (cm),Width (cm),Height (cm)'
  await importText(engine, store, `${head}\na,A,1,=Short,true,180,90.4,75\nb,B,1,,,,,\n`)
  const csv = await exportText(engine, store)
  const [first, second] = parse(csv, { columns: true, record_delimiter: '\n' }) as Record<string, string>[]
  const own = ['Short Description', 'Featured', 'Length (cm)', 'Width (cm)', 'Height (cm)']
  assert.deepEqual(
    own.map((name) => first![name]),
    ["'=Short", 'true', '180', '90', '75'],
  )
  assert.deepEqual(
    own.map((name) => second![name]),
    ['', 'false', '', '', ''],
  )
  const before = await everything(engine, store)
  assert.deepEqual((await importText(engine, store, csv)).remarks, [])
  assert.deepEqual(await everything(engine, store), before)
  // a file that does not have them leaves them as they are
  await importText(engine, store, 'Handle,Title,Variant Price\na,A,1\n')
  assert.deepEqual(await everything(engine, store), before)
  const { remarks } = await importText(engine, store, `${head}\na,A,1,x,maybe,1,1,1\nb,B,1,x,true,long,1,1\n`)
  assert.deepEqual(
    remarks.map(({ kind }) => kind),
    ['refused', 'refused'],
  )
})
