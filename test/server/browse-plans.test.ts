import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestContext } from 'node:test'
import { fillFurniture, matches } from '../../bench/furniture.ts'
import { loadBrowse } from '../../src/engine/catalogue/browse/browse.ts'
import type { BrowseQuery } from '../../src/engine/catalogue/browse/browse.ts'
import { loadProduct } from '../../src/engine/catalogue/browse/product.ts'
import { createFreshness } from '../../src/engine/catalogue/freshness.ts'
import type { Ctx } from '../../src/engine/context.ts'
import { execute, openPool } from '../../src/engine/database.ts'
import type { Db } from '../../src/engine/database.ts'
import { listReviews, reviewSorts } from '../../src/engine/reviews/reviews.ts'
import type { Store } from '../../src/engine/stores/stores.ts'
import { testDatabase } from '../support/database.ts'
import { browse } from '../support/furniture.ts'

// The statements are overheard as the engine sends them, and explained on a connection of the server's own settings. It
// avoids sequential scans, so one that is left has no index.

const products = 100_000

const database = await testDatabase()
const pool = openPool(database.url, 4)
after(async () => {
  await pool.end()
  await database.drop()
})
let store: Store
let fromDining = 0

before(
  async () => {
    store = await fillFurniture(pool, 'ansania', products, { reviews: true })
    const [row] = await execute(pool, `select product_count from category where slug = 'dining-tables'`)
    fromDining = Number(row![0])
  },
  { timeout: 600_000 },
)

interface Sent {
  name?: string
  text: string
  values?: unknown[]
}

/** What is sent while something works. */
async function overhear(work: (db: Db) => Promise<unknown>): Promise<Sent[]> {
  const sent: Sent[] = []
  await work({
    query: (config) => {
      sent.push(config)
      return pool.query(config)
    },
  })
  return sent
}

/** As EXPLAIN prints it as JSON. */
interface Node {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: Node[]
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

async function explain(options: string, { text, values }: Sent): Promise<Node> {
  const [row] = await execute(pool, `explain (${options}, format json) ${text}`, values)
  return (row![0] as [{ Plan: Node }])[0].Plan
}

/**
 * Explains statements as they ran, and those that are planned once a connection also for values that are not known.
 * @param most rows of tables that they may read together
 * @returns how many they read
 */
async function examine(t: TestContext, what: string, sent: Sent[], most: number): Promise<number> {
  let [rows, pages] = [0, 0]
  const ways: string[] = []
  for (const statement of sent) {
    const plans = [await explain('analyze, buffers', statement)]
    if (statement.name) plans.push(await explain('generic_plan', { text: statement.text }))
    for (const node of plans.flatMap(nodesOf))
      assert.notEqual(
        node['Node Type'],
        'Seq Scan',
        `${what}: ${node['Relation Name']} is read as a whole\n${statement.text}`,
      )
    pages += plans[0]!['Shared Hit Blocks'] + plans[0]!['Shared Read Blocks']
    for (const node of nodesOf(plans[0]!)) {
      const table = node['Relation Name']
      if (table === undefined) continue
      const left = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
      const read = Math.round((node['Actual Rows'] + left) * node['Actual Loops'])
      rows += read
      const by = node['Index Name'] ?? nodesOf(node).find((inner) => inner['Index Name'])?.['Index Name']
      ways.push(`${read} ${table} by ${by}`)
    }
  }
  t.diagnostic(`${what}: ${rows} rows, ${pages} pages (${ways.join(', ')})`)
  assert.ok(rows <= most, `${what} read ${rows} rows: ${ways.join(', ')}`)
  return rows
}

const threeAndSearch = {
  category: 'dining-tables',
  options: { color: 'Natural' },
  maxMinor: 20_000_000,
  search: 'trembesi',
} as const

/** 20 products with their pictures, variants and stock, and the few rows around them. */
const onePage = 700
/** For each that matches: itself, and where stock is asked for its variants with theirs. */
const each = (count: number, rowsEach: number) => onePage + count * rowsEach

const lists: Record<string, [query: Partial<BrowseQuery>, total: () => number, mostRows: () => number]> = {
  'no filter, newest': [{}, () => products, () => onePage],
  'no filter, price_asc': [{ sort: 'price_asc' }, () => products, () => onePage],
  'no filter, price_desc': [{ sort: 'price_desc' }, () => products, () => onePage],
  'no filter, popular': [{ sort: 'popular' }, () => products, () => onePage],
  'no filter, rating': [{ sort: 'rating' }, () => products, () => onePage],
  'three filters and a search': [{ ...threeAndSearch, sort: 'relevance' }, () => matches, () => 2000],
  'three filters and a search, newest': [threeAndSearch, () => matches, () => 2000],
  'a category': [{ category: 'garden' }, () => matches, () => each(matches, 1)],
  'a category of a tenth': [{ category: 'dining-tables' }, () => fromDining, () => 2000],
  'the top category, by price': [{ category: 'furniture', sort: 'price_desc' }, () => products, () => onePage],
  'an option': [{ options: { color: 'Sage' } }, () => matches, () => each(matches, 1)],
  'two options that no variant has together': [{ options: { color: 'Sage', finish: 'None' } }, () => 0, () => onePage],
  'a search': [{ search: 'larasati', sort: 'relevance' }, () => matches, () => each(matches, 1)],
  'a search with a typo': [{ search: 'larasatti', sort: 'relevance' }, () => matches, () => 2000],
}

for (const [what, [query, total, most]] of Object.entries(lists)) {
  test(`${what}: a page of ${products} products comes from indexes`, async (t) => {
    let found = 0
    const sent = await overhear(async (db) => {
      found = (await loadBrowse(db, store.storeId, browse(query))).total
    })
    assert.equal(found, total())
    await examine(t, what, sent, most())
  })
}

test('what costs least, is rated best or can be bought is found by indexes', async (t) => {
  const [cheap] = await execute(pool, 'select price_minor from product order by price_minor offset 199 limit 1')
  const kinds: Record<string, [query: Partial<BrowseQuery>, mostEach: number]> = {
    'a price': [{ maxMinor: Number(cheap![0]) }, 3],
    'a rating': [{ minRating: 4.9 }, 3],
    'a category in stock': [{ category: 'garden', inStock: true }, 20],
    'an option in stock': [{ options: { color: 'Sage' }, inStock: true }, 20],
    'three filters and a search, in stock': [{ ...threeAndSearch, inStock: true }, 20],
  }
  for (const [what, [query, mostEach]] of Object.entries(kinds)) {
    let found = 0
    const sent = await overhear(async (db) => {
      found = (await loadBrowse(db, store.storeId, browse(query))).total
    })
    assert.ok(found > 150 && found < products / 20, `${what}: ${found}`)
    await examine(t, what, sent, each(found, mostEach))
  }
})

test('all that is in stock is counted by an index, and its page is found on the way', async (t) => {
  const sent = await overhear((db) => loadBrowse(db, store.storeId, browse({ inStock: true })))
  await examine(t, 'in stock', sent, products * 10)
})

test('the last page reads the index’s entries before it, and the rows of its own products only', async (t) => {
  const query = browse({ page: products / 20 })
  const [list, ...others] = await overhear((db) => loadBrowse(db, store.storeId, query))
  assert.equal(others.length, 0)
  await examine(t, 'the last page', [list!], products + onePage)
  const plan = await explain('analyze, buffers', list!)
  const walk = nodesOf(plan).find((node) => node['Index Name'] === 'product_newest')!
  assert.equal(walk['Node Type'], 'Index Only Scan')
  assert.ok(plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] < 3000)
})

test('a product’s page, its reviews in every order, and what is asked before each answer come from indexes', async (t) => {
  const [first] = await execute(pool, `select id, slug from product where slug = 'p-1'`)
  const { storeId } = store
  await examine(t, 'a product', await overhear((db) => loadProduct(db, storeId, String(first![1]))), 60)
  const ids = (await execute(pool, 'select id from variant order by id limit 50')).map(String)
  await examine(t, 'freshness', await overhear((db) => createFreshness(db)(storeId, ids)), 51)
  for (const sort of reviewSorts)
    for (const page of [1, 100]) {
      let shown = 0
      const sent = await overhear(async (tx) => {
        const found = await listReviews({ tx, store } as Ctx<Db>, String(first![0]), { sort, page, limit: 10 })
        assert.equal(found.summary.total, 2000)
        shown = found.reviews.length
      })
      assert.equal(shown, 10)
      await examine(t, `reviews, ${sort}, page ${page}`, sent, page * 20 + 20)
    }
})
