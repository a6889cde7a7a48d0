import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { loadBrowse } from '../../src/engine/catalogue/browse/browse.ts'
import { createCatalogueReader } from '../../src/engine/catalogue/reader.ts'
import type { Db } from '../../src/engine/database.ts'
import { browse, openFurnitureShop } from '../support/furniture.ts'

const shop = await openFurnitureShop({ after })
const { db } = shop.engine
const { storeId } = shop.store

/** The database, where something is done before the first statement that lists products. */
function before(work: () => Promise<unknown>): Db {
  let done: Promise<unknown> | undefined
  return {
    query: async (config) => {
      if (config.text.includes('from page')) await (done ??= work())
      return db.query(config)
    },
  }
}

test('a list is not kept beyond a change that came after its words were looked up', async () => {
  await shop.product({ name: 'Rattan Chair' })
  const between = before(() => shop.product({ name: 'Rattanwood Bench' }))
  const reader = createCatalogueReader(between)
  await reader.browse(storeId, browse({ search: 'rattan' }))
  assert.equal((await reader.browse(storeId, browse({ search: 'rattan' }))).total, 2)
})

test('a list is not kept beyond a change that brought its category', async () => {
  const between = before(() => shop.product({ category: 'Lamps' }))
  const reader = createCatalogueReader(between)
  await reader.browse(storeId, browse({ category: 'lamps' }))
  assert.equal((await reader.browse(storeId, browse({ category: 'lamps' }))).products.length, 1)
})

test('a word means all that begin with it, be they few or many, and itself when it is a single letter', async () => {
  const total = async (search: string) => (await loadBrowse(db, storeId, browse({ search }))).total
  for (let n = 0; n < 30; n++) await shop.product({ name: `Kayu${String.fromCodePoint(97 + (n % 26))}${n} Rack` })
  assert.equal(await total('kayu'), 30)
  assert.equal(await total('kayub'), 2) // kayub1, kayub27
  assert.equal(await total('kayub1'), 1)
  await shop.product({ name: 'Series Q' })
  await shop.product({ name: 'Quilt' })
  assert.equal(await total('q'), 2)
  assert.equal(await total("kayub1' | 'rattan"), 0)
})
