import assert from 'node:assert/strict'
import { countSold } from '../../../src/engine/catalogue/browse/sold.ts'
import type { MadeProduct } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'
import { asSystem, filters, listing, newCategory, rate, search, setStock, slugsOf } from './browsing.ts'
import type { Query } from './browsing.ts'
import { guest, shop } from './shop.ts'
import { listReviews } from './reviews.ts'
import type { OpenRow, RowTests } from './table.ts'

const refused = 'a query value is malformed (page or limit'

/** Asks again with the tag of before. @returns the new tag, after the content has changed */
async function assertTagged(
  row: OpenRow,
  sent: { params?: Record<string, string | number>; query?: Query },
  change: () => Promise<unknown>,
) {
  const first = await row.send(guest, sent)
  row.answers(first)
  const etag = first.headers.get('etag')!
  assert.match(etag, /^W\/"[\w-]+"$/)
  for (const tag of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
    const again = await row.send(guest, { ...sent, headers: { 'if-none-match': tag } })
    assert.deepEqual([again.status, again.body, again.headers.get('etag')], [304, '', etag], tag)
  }
  await change()
  const after = await row.send(guest, { ...sent, headers: { 'if-none-match': etag } })
  row.answers(after)
  assert.notEqual(after.headers.get('etag'), etag)
}

export const products: RowTests = {
  'products.list': {
    'a product is listed with its lowest price, its pictures’ addresses and its stock': async (row) => {
      const { category, slug } = newCategory()
      const made = await shop.product({
        slug: 'listed-oak',
        name: 'Oak Dining Table',
        category,
        options: ['Size'],
        variants: [
          { options: ['Large'], price: 4_500_000, compare: 5_000_000 },
          { options: ['Small'], price: 3_500_000, compare: 4_000_000 },
        ],
      })
      const { products, pagination } = (await row.ok(guest, { query: { category: slug } })).data
      assert.deepEqual(pagination, { page: 1, limit: 20, total: 1, totalPages: 1 })
      assert.deepEqual(products, [
        {
          id: made.serial,
          slug: 'listed-oak',
          name: 'Oak Dining Table',
          short_description: 'Of oak',
          selling_price: 3_500_000,
          compare_price: 4_000_000,
          images: ['https://cdn.example.com/listed-oak.jpg'],
          rating: 0,
          total_reviews: 0,
          is_featured: false,
          stock_status: 'in_stock',
        },
      ])
    },
    'it is the same with a token and without, and has nothing of another store': async (row) => {
      const { category, slug } = newCategory()
      const { slug: own } = await shop.product({ category })
      await shop.product({ category }, shop.rival)
      const person = await shop.customer()
      for (const by of [guest, person])
        assert.deepEqual(slugsOf(await row.ok(by, { query: { category: slug } })), [own])
      const { body } = await shop.call(shop.rival, 'GET', `/api/products?category=${slug}`)
      assert.deepEqual([body.data.products.length, slugsOf(body)[0] === own], [1, false])
    },
    'page is 1 and limit 20 when left out; more than 100 are served as 100': async (row) => {
      const { category, slug } = newCategory()
      for (let i = 0; i < 42; i++) await shop.product({ category })
      const page = async (query: Query) => (await row.ok(guest, { query: { category: slug, ...query } })).data
      const pages = [await page({}), await page({ page: 2 }), await page({ page: 3 })]
      const pagination = { page: 1, limit: 20, total: 42, totalPages: 3 }
      assert.deepEqual(
        pages.map((one) => [one.products.length, one.pagination]),
        [20, 20, 2].map((length, i) => [length, { ...pagination, page: i + 1 }]),
      )
      assert.equal(new Set(pages.flatMap((one) => slugsOf({ data: one }))).size, 42)
      const beyond = await page({ page: 4 })
      assert.deepEqual([beyond.products, beyond.pagination], [[], { ...pagination, page: 4 }])
      assert.deepEqual((await page({ limit: 5, page: 2 })).pagination, { page: 2, limit: 5, total: 42, totalPages: 9 })
      for (const limit of [100, 101, 1_000_000]) {
        const one = await page({ limit })
        assert.deepEqual([one.products.length, one.pagination], [42, { ...pagination, limit: 100, totalPages: 1 }])
      }
      // a filter that leaves some is counted too
      const some = await page({ price_min: 1, limit: 40 })
      assert.deepEqual(some.pagination, { page: 1, limit: 40, total: 42, totalPages: 2 })
    },
    'what is out of bounds, of the wrong type or no known order is refused by its name': async (row) => {
      const odd: Query[] = [
        { page: 0 }, { page: -1 }, { page: 'two' }, { page: 1.5 }, { limit: 0 }, { limit: 2.5 }, { limit: 'all' },
        { sort: 'name' }, { sort: '' }, { sort: 'relevance' }, { rating_min: 0 }, { rating_min: 5.1 },
        { rating_min: 'good' }, { price_min: -1 }, { price_min: 'cheap' }, { price_max: -0.5 }, { price_max: '1e999' },
        { in_stock: 'maybe' }, { search: 'a'.repeat(201) },
      ] // oxfmt-ignore
      for (const query of odd) assert.deepEqual(await row.no(refused, guest, { query }), Object.keys(query))
      const both = await row.no(refused, guest, { query: { page: 'x', sort: 'x' } })
      assert.deepEqual(both.toSorted(), ['page', 'sort'])
      // a form that is sent with nothing in it filters by nothing
      const all = await row.ok(guest)
      const nothing: Query[] = [{ category: '' }, { color: '', finishing: '', size: '' }, { search: '' }]
      for (const empty of nothing)
        assert.deepEqual((await row.ok(guest, { query: empty })).data, all.data, JSON.stringify(empty))
    },
    'every order puts them as it says, the newest first when none is asked for': async (row) => {
      const { category, slug } = newCategory()
      const made: MadeProduct[] = []
      for (const price of [300_000, 100_000, 200_000])
        made.push(await shop.product({ category, variants: [{ price }] }))
      const [a, b, c] = made.map((one) => one.slug) as [string, string, string]
      await rate(made[0]!, [0, 0, 0, 1, 0])
      await rate(made[1]!, [0, 0, 0, 0, 1])
      await rate(made[2]!, [0, 0, 0, 2, 0]) // as good as the first, by more
      const list = listing(row, slug)
      assert.deepEqual(await list({}), [c, b, a])
      assert.deepEqual(await list({ sort: 'newest' }), [c, b, a])
      assert.deepEqual(await list({ sort: 'price_asc' }), [b, c, a])
      assert.deepEqual(await list({ sort: 'price_desc' }), [a, c, b])
      assert.deepEqual(await list({ sort: 'rating' }), [b, c, a])
      const buyer = await shop.buyer(made[1]!.variants[0]!.serial, 2)
      const { order, payment } = (await buyer.checkout()).body.data
      await asSystem(countSold)
      assert.deepEqual(await list({ sort: 'popular' }), [c, b, a]) // an order that is not paid sells nothing
      await shop.pay(payment.transaction_id)
      await until('it is paid', async () => (await buyer.orderOf(order.order_number)).payment_status === 'paid')
      await asSystem(countSold)
      assert.deepEqual(await list({ sort: 'popular' }), [b, c, a])
    },
    'whoever has an answer already is told so, until its price, its stock or its rating is another': async (row) => {
      const { category, slug } = newCategory()
      const spec = { category, slug: 'tagged-list', name: 'Tagged', variants: [{ sku: 'TAGGED-LIST', quantity: 1 }] }
      const product = await shop.product(spec)
      const sent = { query: { category: slug } }
      await assertTagged(row, sent, () => shop.product({ ...spec, variants: [{ ...spec.variants[0], price: 1000 }] }))
      await assertTagged(row, sent, () => setStock(product.variants[0]!, 0))
      await assertTagged(row, sent, () => rate(product, [0, 0, 0, 0, 1]))
    },
    ...filters,
    ...search,
  },

  'products.get': {
    'a product is shown with its pictures, its variants, its categories and its size': async (row) => {
      const made = await shop.product({
        slug: 'whole-oak',
        name: 'Whole Oak',
        options: ['Warna', 'Finishing', 'Size', 'Legs'],
        variants: [
          { options: ['Natural', 'Matte', 'Large', 'Steel'], sku: 'OAK-L', price: 3_500_000, compare: 4_000_000 },
          { options: ['Walnut', 'Glossy', 'Small', 'Oak'], sku: 'OAK-S', price: 2_500_000, quantity: 0 },
        ],
        weightGrams: 25_000,
        sizeCm: [180, 90, 75],
      })
      const { product } = (await row.ok(guest, { params: { slug: 'whole-oak' } })).data
      const { images, variants, categories, ...rest } = product
      assert.deepEqual(rest, {
        id: made.serial,
        slug: 'whole-oak',
        name: 'Whole Oak',
        description: '<p>Of solid oak.</p>',
        short_description: 'Of oak',
        selling_price: 2_500_000,
        compare_price: 2_500_000,
        rating: 0,
        total_reviews: 0,
        is_featured: false,
        stock_status: 'in_stock',
        weight: 25_000,
        dimensions: { length: 180, width: 90, height: 75 },
      })
      const [{ id: imageId, ...image }] = images
      assert.ok(Number.isInteger(imageId) && images.length === 1)
      assert.deepEqual(image, { url: 'https://cdn.example.com/whole-oak.jpg', alt: 'Whole Oak', is_primary: true })
      const plain = { is_visible: true }
      assert.deepEqual(
        variants.map(({ options, ...variant }: Wire) => [variant, options]),
        [
          [
            {
              ...plain,
              id: made.variants[0]!.serial,
              sku: 'OAK-L',
              color: 'Natural',
              finishing: 'Matte',
              size: 'Large',
              price: 3_500_000,
              stock: 10,
            },
            { Warna: 'Natural', Finishing: 'Matte', Size: 'Large', Legs: 'Steel' },
          ],
          [
            {
              ...plain,
              id: made.variants[1]!.serial,
              sku: 'OAK-S',
              color: 'Walnut',
              finishing: 'Glossy',
              size: 'Small',
              price: 2_500_000,
              stock: 0,
            },
            { Warna: 'Walnut', Finishing: 'Glossy', Size: 'Small', Legs: 'Oak' },
          ],
        ],
      )
      assert.deepEqual(
        categories.map(({ id, ...category }: Wire) => [Number.isInteger(id), category]),
        [
          [true, { name: 'Furniture', slug: 'furniture' }],
          [true, { name: 'Tables', slug: 'tables' }],
        ],
      )
    },
    'a variant’s number is what the cart takes': async (row) => {
      const { slug } = await shop.product()
      const { product } = (await row.ok(guest, { params: { slug } })).data
      const body = { product_variant_id: product.variants[0].id, quantity: 1 }
      const { cart } = (await (await shop.customer()).call('POST', '/api/cart/items', body)).body.data
      assert.equal(cart.items[0].product.slug, slug)
    },
    'a slug may have letters of any script': async (row) => {
      const slug = 'kursi-ünïcödé-椅子'
      await shop.product({ slug, name: 'Kursi Ünïcödé 椅子' })
      const { product } = (await row.ok(guest, { params: { slug } })).data
      assert.deepEqual([product.slug, product.name], [slug, 'Kursi Ünïcödé 椅子'])
    },
    'an unknown slug, a number, and another store’s slug are refused alike': async (row) => {
      const rival = await shop.product({ slug: 'of-the-rival' }, shop.rival)
      const { serial } = await shop.product()
      for (const slug of ['nothing', String(serial), rival.slug, 'OF-THE-RIVAL', '%', "' or 1=1 --"]) {
        const answer = await row.send(guest, { params: { slug } })
        row.refuses('no product has this slug', answer)
        assert.equal(answer.body.error, 'Product not found')
      }
      row.answers(await shop.call(shop.rival, 'GET', `/api/products/${rival.slug}`))
    },
    'its price and its stock are those of now': async (row) => {
      const slug = 'of-now'
      const spec = { slug, name: 'Of Now', variants: [{ sku: 'OF-NOW', price: 1000, quantity: 5 }] }
      const { variants } = await shop.product(spec)
      const read = async () => {
        const { product } = (await row.ok(guest, { params: { slug } })).data
        return [product.selling_price, product.variants[0].price, product.variants[0].stock, product.stock_status]
      }
      assert.deepEqual(await read(), [1000, 1000, 5, 'in_stock'])
      const buyer = await shop.buyer(variants[0]!.serial, 5)
      assert.equal((await buyer.checkout()).status, 201)
      assert.deepEqual(await read(), [1000, 1000, 0, 'out_of_stock'])
      await shop.product({ ...spec, variants: [{ ...spec.variants[0], price: 2000, quantity: 7 }] })
      assert.deepEqual(await read(), [2000, 2000, 7, 'in_stock'])
    },
    'whoever has an answer already is told so, until its price, its stock or its rating is another': async (row) => {
      const spec = { slug: 'tagged', name: 'Tagged', variants: [{ sku: 'TAGGED', quantity: 10 }] }
      const product = await shop.product(spec)
      const sent = { params: { slug: 'tagged' } }
      await assertTagged(row, sent, () => shop.product({ ...spec, variants: [{ ...spec.variants[0], price: 1000 }] }))
      await assertTagged(row, sent, () => setStock(product.variants[0]!, 9))
      await assertTagged(row, sent, () => rate(product, [0, 0, 0, 0, 1]))
    },
  },

  'products.listReviews': listReviews,
}
