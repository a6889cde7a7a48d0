import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import table from '../contracts/ionora.json' with { type: 'json' }
import { openShop, request } from '../support/shop.ts'

const shop = await openShop({ after })
const get = (path: string, headers?: Record<string, string>) =>
  request(`${shop.url}${path}`, { method: 'GET', headers })

test('each store has an OpenAPI 3.1 document, valid, with every route of its contract', async () => {
  const { status, body } = await get('/ionora/openapi.json')
  assert.equal(status, 200)
  const { valid, errors } = await new Validator().validate(body)
  assert.ok(valid, JSON.stringify(errors))
  assert.match(body.openapi, /^3\.1/)
  for (const { method, path } of table.endpoints) {
    const route = body.paths[path.replace(/:(\w+)/g, '{$1}')]
    assert.ok(route?.[method.toLowerCase()], `${method} ${path} is not documented`)
  }
  assert.ok(!JSON.stringify(body).includes('/~ionora'), 'an inner path is shown')
  assert.deepEqual(body.servers, [{ url: '/ionora' }])
})

test('its documentation is a page whose parts all load', async () => {
  const page = await get('/ionora/docs')
  assert.equal(page.status, 200)
  for (const [, path] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    assert.equal((await get(`/ionora/${path}`)).status, 200, path)
  }
})

test('the page at / names every store, and no demo account unless there are some', async () => {
  const { body } = await get('/')
  assert.match(body, /href="\/ionora\/docs"/)
  assert.match(body, /href="\/rival\/docs"/)
  assert.doesNotMatch(body, /TestPass123/)
})

test('the process and its database say how they are', async () => {
  assert.deepEqual([(await get('/healthz')).status, (await get('/readyz')).status], [200, 200])
})

test('metrics count requests by their route, not by their address', async () => {
  await get('/ionora/api/products?category=a-name-of-somebody')
  const { body } = await get('/metrics')
  assert.match(
    body,
    /saudagar_http_request_duration_seconds_count\{method="GET",route="\/api\/products",contract="ionora",store="ionora",status="200"\} [1-9]/,
  )
  assert.match(body, /saudagar_sql_statements_total [1-9]/)
  assert.match(body, /process_resident_memory_bytes/)
  assert.doesNotMatch(body, /a-name-of-somebody/)
})

test('a store answers at the root of its host name too', async () => {
  const response = await fetch(`${shop.url}/ionora/api/products`)
  assert.equal(response.status, 200)
  const { status } = await hostRequest(shop.url, '/api/products', 'ionora.localhost')
  assert.equal(status, 200)
  assert.equal((await hostRequest(shop.url, '/api/products', 'unknown.localhost')).status, 404)
})

test('a store’s token keys are published, public halves alone', async () => {
  const { body } = await get('/ionora/.well-known/token-keys.json')
  assert.equal(body.keys.length, 1)
  assert.deepEqual(Object.keys(body.keys[0]).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  assert.notDeepEqual((await get('/rival/.well-known/token-keys.json')).body, body)
})

test('a request keeps the id that its caller gave it, and gets one otherwise', async () => {
  assert.equal(
    (await get('/healthz', { 'x-request-id': 'my-request-42' })).headers.get('x-request-id'),
    'my-request-42',
  )
  assert.match((await get('/healthz')).headers.get('x-request-id') ?? '', /^[\da-f-]{36}$/)
})

/** fetch does not let a caller set Host. */
async function hostRequest(base: string, path: string, host: string): Promise<{ status: number }> {
  const { request: send } = await import('node:http')
  return new Promise((resolve, reject) => {
    send(`${base}${path}`, { headers: { host } }, (response) => {
      response.resume()
      resolve({ status: response.statusCode! })
    })
      .on('error', reject)
      .end()
  })
}
