import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openShop, request } from '../support/shop.ts'
import { startProcess } from '../support/process.ts'
import { toDecimalString } from '../../src/engine/money.ts'

// a test's own server in this process, and two more as processes of their own, on one database
const shop = await openShop({ after })
const secret = { SAUDAGAR_SECRET: shop.config.secret, RATE_LIMITS: 'off', LOG_LEVEL: 'error' }
const env = { DATABASE_URL: shop.url && shop.config.databaseUrl!, ...secret }
const [one, two] = await Promise.all([startProcess({ after }, env, ['api']), startProcess({ after }, env, ['api'])])
const admin = await shop.customer(shop.store, true)

const products = `${one.url}/ionora/api/admin/products`
const put = (id: string, body: object) => request(`${products}/${id}`, { method: 'PUT', body, token: admin.token })

test('a price or a stock that one process wrote is in the next answer of every other, never an older one', async () => {
  const { id } = await shop.product({ listMinor: 100_000, discountBps: 0, quantity: 1000 })
  const detail = (base: string) => request(`${base}/ionora/api/products/${id}`, { method: 'GET' })
  const list = (base: string) => request(`${base}/ionora/api/products?limit=20`, { method: 'GET' })
  const search = (base: string) => request(`${base}/ionora/api/products/search?q=ionizer`, { method: 'GET' })

  // readers keep every kind of answer warm in both processes while the writer writes
  const writing = new AbortController()
  const readers = [one, two].flatMap(({ url }) =>
    [detail, list, search].map(async (read) => {
      let reads = 0
      while (!writing.signal.aborted) {
        assert.equal((await read(url)).status, 200)
        reads++
      }
      return reads
    }),
  )
  for (let i = 1; i <= 60; i++) {
    const [price, stock] = [1000 + i, 1000 - i]
    assert.equal(
      (await put(id, i % 2 ? { price, stock_quantity: stock } : { stock_quantity: stock, price })).status,
      200,
    )
    const answers = await Promise.all([one, two].flatMap(({ url }) => [detail(url), list(url), search(url)]))
    for (const { body } of answers) {
      const shown = body.product ?? body.products.find((product: { id: string }) => product.id === id)
      assert.deepEqual([shown.final_price, shown.stock_quantity], [toDecimalString(price * 100, 2), stock])
    }
  }
  writing.abort()
  const reads = await Promise.all(readers)
  assert.ok(Math.min(...reads) > 20, `readers hardly read: ${reads.join(', ')}`)
})

test('what an order takes is gone from every process’s answers at once', async () => {
  const { id } = await shop.product({ quantity: 30 })
  for (let left = 29; left >= 25; left--) {
    const buyer = await shop.buyer(id)
    assert.equal((await buyer.checkout()).status, 201)
    for (const { url } of [one, two]) {
      const { body } = await request(`${url}/ionora/api/products/${id}`, { method: 'GET' })
      assert.equal(body.product.stock_quantity, left)
    }
  }
})

test('a product taken off is gone from every process’s lists, and their totals', async () => {
  const { id, category } = await shop.product({ category: 'short-lived' })
  const listed = async (base: string) =>
    (await request(`${base}/ionora/api/products/category/${category}`, { method: 'GET' })).body.pagination.total
  assert.deepEqual(await Promise.all([listed(one.url), listed(two.url)]), [1, 1])
  assert.equal((await request(`${products}/${id}`, { method: 'DELETE', token: admin.token })).status, 200)
  assert.deepEqual(await Promise.all([listed(one.url), listed(two.url)]), [0, 0])
  assert.equal((await request(`${two.url}/ionora/api/products/${id}`, { method: 'GET' })).status, 404)
})

test('a store added while they run is served by every process', async () => {
  const { addStore } = await import('../../src/engine/stores/stores.ts')
  const { ionoraStore } = await import('../support/shop.ts')
  const { until } = await import('../support/wait.ts')
  await addStore(shop.engine.db, { ...ionoraStore, slug: 'latecomer', hosts: [] })
  for (const { url } of [one, two]) {
    await until('it is served', async () => (await fetch(`${url}/latecomer/api/products`)).ok)
  }
})
