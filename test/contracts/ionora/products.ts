import assert from 'node:assert/strict'
import type { Wire } from '../../support/shop.ts'
import { plainProduct } from '../../support/shop.ts'
import { admin, guest, later, nobody, shop } from './shop.ts'
import type { OpenRow, RowTests } from './table.ts'

type Query = Record<string, string | number>

let categories = 0
const newCategory = () => `category ${++categories}.`

const namesOf = (body: Wire): string[] => body.products.map((product: Wire) => product.name)

/** A category with products at these final prices (after 50 % off), the first being the oldest. */
async function stocked(prices: number[]): Promise<string> {
  const category = newCategory()
  for (const price of prices) {
    await shop.product({ category, name: `at ${price}`, listMinor: Math.round(price * 200), discountBps: 5000 })
    await later(2)
  }
  return category
}

/** What both lists do with page, limit and sort. */
const paging = (sendTo: (category: string) => { params?: Record<string, string>; query?: Query }) => ({
  'page is 1 and limit 20 when left out, and 42 at 20 a page are 3 pages': async (row: OpenRow) => {
    const category = newCategory()
    await Promise.all(Array.from({ length: 42 }, (_, i) => shop.product({ category, name: `number ${i}` })))
    const sent = sendTo(category)
    const page = async (query: Query) => row.ok(guest, { ...sent, query: { ...sent.query, ...query } })
    const first = await page({})
    assert.deepEqual(first.pagination, { page: 1, limit: 20, total: 42, totalPages: 3 })
    const all = [first, await page({ page: 2 }), await page({ page: 3 })]
    assert.deepEqual(
      all.map((body) => body.products.length),
      [20, 20, 2],
    )
    assert.equal(new Set(all.flatMap(namesOf)).size, 42)
    const beyond = await page({ page: 4 })
    assert.deepEqual([beyond.products, beyond.pagination.page, beyond.pagination.total], [[], 4, 42])
    assert.deepEqual((await page({ limit: 5, page: 2 })).pagination, { page: 2, limit: 5, total: 42, totalPages: 9 })
    for (const limit of [100, 101, 1_000_000]) {
      const body = await page({ limit })
      assert.deepEqual([body.products.length, body.pagination], [42, { page: 1, limit: 100, total: 42, totalPages: 1 }])
    }
    const odd: Query[] = [{ page: 0 }, { page: -1 }, { page: 'two' }, { limit: 0 }, { limit: 2.5 }, { sort: 'name' }]
    for (const query of odd) {
      const answer = await row.send(guest, { ...sent, query: { ...sent.query, ...query } })
      assert.equal(answer.status, 400)
      assert.deepEqual(
        answer.body.errors.map((error: Wire) => error.param),
        Object.keys(query),
      )
    }
    const { body } = await row.send(guest, { ...sent, query: { ...sent.query, sort: 'name' } })
    assert.deepEqual(body, { errors: [{ msg: 'Sort must be latest, price_asc or price_desc', param: 'sort' }] })
  },
  'the newest is first when no order is asked for; prices sort by what the customer pays': async (row: OpenRow) => {
    const category = await stocked([30, 10, 20])
    // dear before its discount, cheap after it
    await shop.product({ category, name: 'at 5', listMinor: 1_000_000, discountBps: 9995 })
    const sent = sendTo(category)
    const names = async (query: Query) => namesOf(await row.ok(guest, { ...sent, query: { ...sent.query, ...query } }))
    assert.deepEqual(await names({}), ['at 5', 'at 20', 'at 10', 'at 30'])
    assert.deepEqual(await names({ sort: 'latest' }), ['at 5', 'at 20', 'at 10', 'at 30'])
    assert.deepEqual(await names({ sort: 'price_asc' }), ['at 5', 'at 10', 'at 20', 'at 30'])
    assert.deepEqual(await names({ sort: 'price_desc' }), ['at 30', 'at 20', 'at 10', 'at 5'])
  },
  'a category is matched exactly, and an unknown one is an empty page': async (row: OpenRow) => {
    const category = await stocked([10])
    for (const other of [category.toUpperCase(), category.slice(0, -1), `${category}x`, 'nowhere']) {
      const body = await row.ok(guest, sendTo(other))
      assert.deepEqual(body, { products: [], pagination: { page: 1, limit: 20, total: 0, totalPages: 0 } })
    }
    const odd = `ionizers & "filters" / 100% नीर ${category}`
    await shop.product({ category: odd, name: 'odd' })
    assert.deepEqual(namesOf(await row.ok(guest, sendTo(odd))), ['odd'])
  },
  'what was deactivated is left out': async (row: OpenRow) => {
    const category = await stocked([10])
    const { id } = await shop.product({ category, name: 'gone' })
    await shop.product({ category, name: 'never there', isActive: false })
    await admin.call('DELETE', `/api/admin/products/${id}`)
    const body = await row.ok(guest, sendTo(category))
    assert.deepEqual([namesOf(body), body.pagination.total], [['at 10'], 1])
  },
})

export const products: RowTests = {
  'products.list': {
    'the documented request lists what is sold, amounts as text with two decimals': async (row) => {
      const category = newCategory()
      const made = await shop.product({ ...plainProduct, category, listMinor: 899900, discountBps: 1000 })
      const { products, pagination } = await row.ok(guest, {
        query: { category, page: 1, limit: 12, sort: 'price_asc' },
      })
      assert.deepEqual(pagination, { page: 1, limit: 12, total: 1, totalPages: 1 })
      assert.deepEqual(products, [
        {
          id: made.id,
          name: plainProduct.name,
          description: plainProduct.description,
          price: '8999.00',
          discount_percentage: '10.00',
          final_price: '8099.10',
          category,
          stock_quantity: 12,
          images: plainProduct.images,
          specifications: plainProduct.specifications,
          is_active: true,
          created_at: made.createdAt.toISOString(),
          updated_at: made.updatedAt.toISOString(),
        },
      ])
    },
    'without a filter it lists everything, the newest first': async (row) => {
      const { id } = await shop.product({ name: 'the newest' })
      const body = await row.ok(guest)
      assert.equal(body.products[0].id, id)
      const times = body.products.map((product: Wire) => product.created_at)
      assert.deepEqual(times, times.toSorted().toReversed())
    },
    'minPrice and maxPrice bound what the customer pays, either or both, ends included': async (row) => {
      const category = await stocked([10, 20, 30.5, 40])
      const names = async (query: Query) =>
        namesOf(await row.ok(guest, { query: { category, sort: 'price_asc', ...query } }))
      assert.deepEqual(await names({ minPrice: 20 }), ['at 20', 'at 30.5', 'at 40'])
      assert.deepEqual(await names({ maxPrice: 20 }), ['at 10', 'at 20'])
      assert.deepEqual(await names({ minPrice: 20.01, maxPrice: 30.5 }), ['at 30.5'])
      assert.deepEqual(await names({ minPrice: 41 }), [])
      const body = await row.ok(guest, { query: { category, minPrice: 15, maxPrice: 35, limit: 1 } })
      assert.deepEqual(body.pagination, { page: 1, limit: 1, total: 2, totalPages: 2 })
      for (const [name, value] of Object.entries({ minPrice: 'cheap', maxPrice: -1 }))
        assert.equal((await row.send(guest, { query: { [name]: value } })).status, 400)
    },
    'a product that was made without a description has null': async (row) => {
      const category = newCategory()
      await shop.product({ category, description: null })
      assert.equal((await row.ok(guest, { query: { category } })).products[0].description, null)
    },
    ...paging((category) => ({ query: { category } })),
  },

  'products.search': {
    'a term is found in any case, each product as in the list, without pages': async (row) => {
      const { id } = await shop.product({ name: 'Quietfall Purifier' })
      for (const q of ['quietfall', 'QUIETFALL', 'purifier Quietfall', ' quietf ']) {
        const body = await row.ok(guest, { query: { q } })
        assert.deepEqual(
          body.products.map((product: Wire) => product.id),
          [id],
        )
        assert.equal('pagination' in body, false)
        assert.equal(body.products[0].final_price, '4099.55')
      }
    },
    'no match is an empty list': async (row) => {
      assert.deepEqual(await row.ok(guest, { query: { q: 'zzyzx' } }), { products: [] })
      assert.deepEqual(await row.ok(guest, { query: { q: "' or 1=1 --" } }), { products: [] })
    },
    'what was deactivated is not found': async (row) => {
      const { id } = await shop.product({ name: 'Oncewas Purifier' })
      await admin.call('DELETE', `/api/admin/products/${id}`)
      assert.deepEqual(await row.ok(guest, { query: { q: 'oncewas' } }), { products: [] })
    },
    'a term is required: search is no product’s id': async (row) => {
      for (const query of [undefined, { q: '' }, { q: '   ' }])
        assert.deepEqual(await row.no('q missing or empty', guest, { query }), ['q'])
    },
  },

  'products.byCategory': paging((category) => ({ params: { category } })),

  'products.get': {
    'a product is answered as in the list': async (row) => {
      const category = newCategory()
      const { id } = await shop.product({ category })
      const { product } = await row.ok(guest, { params: { id } })
      const [listed] = (await guest.call('GET', `/api/products?category=${category}`)).body.products
      assert.deepEqual(product, listed)
      assert.deepEqual(
        [product.price, product.discount_percentage, product.final_price],
        ['4555.06', '10.00', '4099.55'],
      )
    },
    'unknown, deactivated and another store’s are refused alike': async (row) => {
      const gone = await shop.product()
      await admin.call('DELETE', `/api/admin/products/${gone.id}`)
      const rival = await shop.product({}, shop.rival)
      for (const id of [nobody, gone.id, rival.id]) await row.no('no such product', guest, { params: { id } })
    },
    'what is no id is refused': async (row) => {
      for (const id of ['42', 'ionizer-x', `${nobody}0`]) {
        const { status, body } = await row.send(guest, { params: { id } })
        assert.deepEqual([status, body], [400, { errors: [{ msg: 'A valid UUID is required', param: 'id' }] }])
      }
    },
  },
}
