import assert from 'node:assert/strict'
import { touchCatalogue } from '../../../src/engine/catalogue/categories.ts'
import { system } from '../../../src/engine/context.ts'
import type { Ctx } from '../../../src/engine/context.ts'
import { execute } from '../../../src/engine/database.ts'
import { setAvailable } from '../../../src/engine/inventory/inventory.ts'
import type { MadeProduct, ProductSpec } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { guest, shop } from './shop.ts'
import type { OpenRow, RowTests } from './table.ts'

type Variant = MadeProduct['variants'][number]
export type Query = Record<string, string | number | boolean>

let categories = 0
/** A category of a test's own, and its slug. */
export const newCategory = () => {
  const number = ++categories
  return { category: `Kind ${number}`, slug: `kind-${number}` }
}

export const asSystem = (work: (ctx: Ctx) => Promise<unknown>) => shop.engine.run(shop.store, system, work)
export const setStock = (variant: { id: string }, quantity: number) =>
  asSystem((ctx) => setAvailable(ctx, variant.id, quantity))

/** Products whose stars no review has given: what the books are looked at without. */
export const ratedByHand = new Set<string>()

/** As if so many had given one star, two, … five. */
export const rate = (product: MadeProduct, ratings: number[]) =>
  asSystem(async (ctx) => {
    ratedByHand.add(product.slug)
    await touchCatalogue(ctx)
    await execute(ctx.tx, 'update product set ratings = $2 where id = $1', [product.id, ratings])
  })

export const slugsOf = (body: Wire): string[] => body.data.products.map((product: Wire) => product.slug)

/** Asks a list for the slugs of its first page. */
export const listing = (row: OpenRow, category: string) => async (query: Query) =>
  slugsOf(await row.ok(guest, { query: { category, ...query } }))

/** Products of these kinds, the first being the oldest. */
export async function made(specs: ProductSpec[]): Promise<MadeProduct[]> {
  const all: MadeProduct[] = []
  for (const spec of specs) all.push(await shop.product(spec))
  return all
}

/** What the product list's filters promise. */
export const filters: RowTests[string] = {
  'a category is itself and all below it, by its slug; an unknown one is an empty page': async (row) => {
    const table = await shop.product({ category: 'Tables', name: 'Kvist Desk' })
    const chair = await shop.product({ category: 'Chairs', name: 'Kvist Stool' })
    const found = async (category: string) => (await listing(row, category)({ search: 'kvist' })).toSorted()
    assert.deepEqual(await found('furniture'), [table.slug, chair.slug].toSorted())
    assert.deepEqual(await found('tables'), [table.slug])
    assert.deepEqual(await found('chairs'), [chair.slug])
    for (const category of ['nowhere', 'Tables', 'furnitur', '%', 'tables/'])
      assert.deepEqual(await found(category), [])
    const { data } = await row.ok(guest, { query: { category: 'nowhere' } })
    assert.deepEqual(data, { products: [], pagination: { page: 1, limit: 20, total: 0, totalPages: 0 } })
  },
  'color, finishing and size are those of one variant, in whatever case': async (row) => {
    const { category, slug } = newCategory()
    const options = ['Color', 'Finishing', 'Size']
    const one = await shop.product({
      category,
      options,
      variants: [{ options: ['Natural', 'Matte', 'Large'] }, { options: ['Walnut', 'Glossy', 'Small'] }],
    })
    const other = await shop.product({ category, options, variants: [{ options: ['Natural', 'Glossy', 'Large'] }] })
    const indonesian = await shop.product({
      category,
      options: ['Warna', 'Ukuran'],
      variants: [{ options: ['Natural', 'Kecil'] }],
    })
    const list = async (query: Query) => (await listing(row, slug)(query)).toSorted()
    assert.deepEqual(await list({ color: 'natural' }), [one.slug, other.slug, indonesian.slug].toSorted())
    assert.deepEqual(await list({ color: 'Walnut' }), [one.slug])
    assert.deepEqual(await list({ finishing: 'GLOSSY' }), [one.slug, other.slug].toSorted())
    assert.deepEqual(await list({ size: 'Kecil' }), [indonesian.slug])
    assert.deepEqual(await list({ color: 'Natural', size: 'Large' }), [one.slug, other.slug].toSorted())
    assert.deepEqual(await list({ color: 'Natural', finishing: 'Matte', size: 'Large' }), [one.slug])
    // each of them there, none with both
    assert.deepEqual(await list({ color: 'Natural', size: 'Small' }), [])
    assert.deepEqual(await list({ color: 'Walnut', finishing: 'Matte' }), [])
    for (const color of ['Nat', 'Natural,Walnut', 'Natural=', 'Red']) assert.deepEqual(await list({ color }), [])
  },
  'price bounds are inclusive and of the lowest price; rating_min is': async (row) => {
    const { category, slug } = newCategory()
    const prices = [100_000, 200_000, 300_000]
    const [a, b, c] = (await made(prices.map((price) => ({ category, variants: [{ price }] })))) as [
      MadeProduct,
      MadeProduct,
      MadeProduct,
    ]
    await rate(b, [0, 0, 0, 1, 1])
    await rate(c, [1, 0, 0, 0, 0])
    const list = (query: Query) => listing(row, slug)({ sort: 'price_asc', ...query })
    assert.deepEqual(await list({ price_min: 200_000 }), [b.slug, c.slug])
    assert.deepEqual(await list({ price_max: 200_000 }), [a.slug, b.slug])
    assert.deepEqual(await list({ price_min: 200_000.5, price_max: 300_000.5 }), [c.slug])
    assert.deepEqual(await list({ price_min: 100_001, price_max: 199_999 }), [])
    assert.deepEqual(await list({ price_min: 300_000, price_max: 100_000 }), [])
    assert.deepEqual(await list({ rating_min: 4.5 }), [b.slug])
    assert.deepEqual(await list({ rating_min: 4.51 }), [])
    assert.deepEqual(await list({ rating_min: 1 }), [b.slug, c.slug])
    assert.deepEqual(await list({ rating_min: 1, price_min: 250_000 }), [c.slug])
    // a dearer variant does not make a product dearer
    const wide = await shop.product({
      category,
      options: ['Size'],
      variants: [
        { options: ['L'], price: 900_000 },
        { options: ['S'], price: 50_000 },
      ],
    })
    assert.deepEqual(await list({ price_max: 60_000 }), [wide.slug])
    assert.deepEqual(await list({ price_min: 800_000 }), [])
  },
  'in_stock follows every order and every delivery at once, by the variant that is asked for': async (row) => {
    const { category, slug } = newCategory()
    const { slug: own, variants } = await shop.product({
      category,
      options: ['Color'],
      variants: [
        { options: ['Red'], quantity: 1 },
        { options: ['Blue'], quantity: 0 },
      ],
    })
    const [red, blue] = variants as [Variant, Variant]
    const list = listing(row, slug)
    const status = async () => (await row.ok(guest, { query: { category: slug } })).data.products[0].stock_status
    assert.deepEqual([await list({ in_stock: true }), await status()], [[own], 'in_stock'])
    assert.deepEqual(await list({ in_stock: true, color: 'Red' }), [own])
    assert.deepEqual(await list({ in_stock: true, color: 'Blue' }), [])
    const { order } = (await (await shop.buyer(red.serial)).checkout()).body.data
    assert.ok(order.order_number)
    assert.deepEqual([await list({ in_stock: true }), await status()], [[], 'out_of_stock'])
    const { pagination } = (await row.ok(guest, { query: { category: slug, in_stock: true } })).data
    assert.deepEqual([pagination.total, pagination.totalPages], [0, 0])
    assert.deepEqual(await list({ in_stock: false }), [own])
    await setStock(blue, 3)
    assert.deepEqual([await list({ in_stock: true }), await status()], [[own], 'in_stock'])
    assert.deepEqual(await list({ in_stock: true, color: 'Red' }), [])
    assert.deepEqual(await list({ in_stock: true, color: 'Blue' }), [own])
  },
  'all filters at once leave what every one of them leaves': async (row) => {
    const { category, slug } = newCategory()
    const spec: ProductSpec = {
      category,
      name: 'Brattorp Bench',
      options: ['Color', 'Finishing', 'Size'],
      variants: [{ options: ['Black', 'Matte', 'L'], price: 500_000, quantity: 5 }],
    }
    const wanted = await shop.product(spec)
    await rate(wanted, [0, 0, 0, 0, 3])
    await shop.product({ ...spec, name: 'Another Bench' })
    const query: Query = {
        color: 'black', finishing: 'matte', size: 'l', price_min: 400_000, price_max: 600_000, rating_min: 4,
        search: 'brattorp', in_stock: true, sort: 'popular', page: 1, limit: 5,
      } // oxfmt-ignore
    const list = listing(row, slug)
    assert.deepEqual(await list(query), [wanted.slug])
    const others: Query = {
        color: 'white', finishing: 'glossy', size: 's', price_min: 500_001, price_max: 499_999,
        search: 'sofa', page: 2,
      } // oxfmt-ignore
    for (const [name, value] of Object.entries(others))
      assert.deepEqual(await list({ ...query, [name]: value }), [], name)
    await rate(wanted, [0, 0, 1, 0, 0])
    assert.deepEqual(await list(query), [])
    assert.deepEqual(await list({ ...query, rating_min: 3 }), [wanted.slug])
    await setStock(wanted.variants[0]!, 0)
    assert.deepEqual(await list({ ...query, rating_min: 3 }), [])
  },
}

/** What its search promises. */
export const search: RowTests[string] = {
  'a search finds words in any case, their beginnings, without their accents and misspelt': async (row) => {
    const { category, slug } = newCategory()
    const { slug: own } = await shop.product({ category, name: 'Ünïcödé Zephyrine Side-Board' })
    await shop.product({ category, name: 'Plain Stool' })
    const list = listing(row, slug)
    for (const search of [
      'zephyrine',
      'ZEPHYRINE',
      'zephyr',
      'unicode',
      'ÜNÏCÖDÉ',
      'U\u0308ni\u0308code',
      'unicode zephyrine',
      'zephyrine unicode',
      '  zephyrine   side ',
      'side-board',
      'side board',
      'zephyrine-unicode',
      'zephirine',
      'zephyrin3',
      'zepyhrine',
      'zephyrne',
      'zephyrinee',
      'uniocde',
      'zephyrine!',
      '"zephyrine"',
      'zephyrine & | ! (:*',
      "zephyrine'",
      'zephyrine\\',
      'sku zephyrine',
    ])
      // oxfmt-ignore
      assert.deepEqual(await list({ search }), [own], search)
    for (const search of ['zephyrine stool', 'rine', 'quixotic', 'xzephyrinexx'])
      assert.deepEqual(await list({ search }), [], search)
  },
  'signs alone, SQL and patterns find nothing and break nothing': async (row) => {
    for (const search of [
      '!!!',
      '???',
      '%',
      '_',
      '*',
      "'",
      '\\',
      '&|!()',
      ':*',
      '   ',
      '---',
      '😀',
      "' or 1=1 --",
      "'; drop table product; --",
    ]) {
      const { data } = await row.ok(guest, { query: { search } })
      const pagination = { page: 1, limit: 20, total: 0, totalPages: 0 }
      assert.deepEqual(data, { products: [], pagination }, search)
    }
    assert.ok((await row.ok(guest)).data.pagination.total > 0)
    const { status, body } = await guest.call('GET', '/api/products?search=%00')
    assert.deepEqual([status, body.code], [400, 'VALIDATION_ERROR'])
  },
  'a name comes before a description, unless another order is asked for': async (row) => {
    const { category, slug } = newCategory()
    const [named, described] = (await made([
      { category, name: 'Lamp of Oak', variants: [{ price: 300_000 }] },
      { category, name: 'Lamp', variants: [{ price: 100_000 }] }, // its description speaks of oak
    ])) as [MadeProduct, MadeProduct]
    const list = listing(row, slug)
    assert.deepEqual(await list({ search: 'oak' }), [named.slug, described.slug])
    assert.deepEqual(await list({ search: 'oak', sort: 'newest' }), [described.slug, named.slug])
    assert.deepEqual(await list({ search: 'oak', sort: 'price_asc' }), [described.slug, named.slug])
  },
}
