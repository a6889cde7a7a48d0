import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { changeStore } from '../../src/engine/stores/stores.ts'
import { openFurnitureShop } from '../support/furniture.ts'
import { until } from '../support/wait.ts'

// A website on an origin of its own calls the API from a browser, which asks first and shows only what it may.

const shop = await openFurnitureShop({ after })
const { engine, store } = shop
const own = 'https://rumah.example'
const { profile } = store
await changeStore(engine.db, store.storeId, { profile: { ...profile, webOrigins: [own, 'https://www.rumah.example'] } })

const ask = (method: string, path: string, headers: Record<string, string>, slug = 'ansania') =>
  fetch(`${shop.url}/${slug}${path}`, { method, headers })
const preflight = (origin: string, slug?: string) =>
  ask(
    'OPTIONS',
    '/api/cart/items',
    {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-cart-token,idempotency-key',
    },
    slug,
  )
const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin')

test('the shop’s own website may call its API, and read what apps read', async () => {
  await until('the setting is known', async () => (await preflight(own)).status === 204)
  const asked = await preflight(own)
  assert.equal(allowed(asked), own)
  assert.equal(asked.headers.get('access-control-allow-credentials'), 'true')
  assert.match(asked.headers.get('access-control-allow-methods')!, /POST.*DELETE/)
  assert.equal(asked.headers.get('access-control-allow-headers'), 'content-type,x-cart-token,idempotency-key')
  assert.match(asked.headers.get('vary')!, /origin/i)
  const cart = await ask('GET', '/api/cart', { origin: own })
  assert.deepEqual([cart.status, allowed(cart)], [200, own])
  assert.match(cart.headers.get('access-control-expose-headers')!, /X-Cart-Token/)
  assert.ok(cart.headers.get('x-cart-token'))
  // a refusal can be read as well
  const refused = await ask('GET', '/api/orders', { origin: own })
  assert.deepEqual([refused.status, allowed(refused)], [401, own])
})

test('other websites may not, nor may the shop’s call another shop', async () => {
  for (const origin of ['https://evil.example', 'https://rumah.example.evil.example', 'http://rumah.example', 'null']) {
    assert.equal(allowed(await preflight(origin)), null, origin)
    assert.equal(allowed(await ask('GET', '/api/cart', { origin })), null, origin)
  }
  const other = await preflight(own, shop.rival.slug)
  assert.deepEqual([other.status, allowed(other)], [404, null])
})
