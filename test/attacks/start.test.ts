import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pino } from 'pino'
import type { FastifyInstance } from 'fastify'
import type { Contract } from '../../src/contracts/toolkit/contract.ts'
import { execute, openPool } from '../../src/engine/database.ts'
import { addStore } from '../../src/engine/stores/stores.ts'
import { contracts } from '../../src/main.ts'
import { createApp } from '../../src/server/app.ts'
import type { AppOptions } from '../../src/server/app.ts'
import { openRegistry } from '../../src/server/registry.ts'
import { testDatabase } from '../support/database.ts'
import { ionoraStore, openShop } from '../support/shop.ts'

/** A contract whose routes are given. */
const contractOf = (routes: (app: FastifyInstance) => void): Contract => ({
  name: 'careless',
  title: 'Careless',
  claims: () => true,
  requires: {},
  routes: async (app) => routes(app),
})

const optionsWith = (contract: Contract) =>
  ({
    contracts: [contract],
    registry: { all: () => [], bySlug: () => undefined, byHost: () => undefined },
    services: {},
    log: pino({ level: 'silent' }),
    trustProxy: 0,
    ping: async () => {},
    isDemo: false,
  }) as unknown as AppOptions

const answer = async () => ({})

test('the server refuses to start with a route that does not say who may call it', async () => {
  const undeclared: [name: string, routes: (app: FastifyInstance) => void][] = [
    ['/open', (app) => app.get('/open', answer)],
    ['/half', (app) => app.post('/half', { config: {} }, answer)],
    ['/empty', (app) => app.put('/empty', { config: { access: '' as never } }, answer)],
    ['/deep', (app) => void app.register(async (inner) => void inner.delete('/deep', answer))],
    ['/all', (app) => app.all('/all', answer)],
  ]
  for (const [path, routes] of undeclared) {
    const starting = createApp(optionsWith(contractOf(routes))).then((app) => app.ready())
    await assert.rejects(starting, new RegExp(`${path} does not declare who may call it`), path)
  }
  const misspelt = createApp(
    optionsWith(contractOf((app) => app.get('/odd', { config: { access: 'everybody' as never } }, answer))),
  )
  await assert.rejects(
    misspelt.then((app) => app.ready()),
    /\/odd/,
  )
})

test('a server whose routes all say it starts', async () => {
  const app = await createApp(
    optionsWith(contractOf((app) => app.get('/fine', { config: { access: 'public' } }, answer))),
  )
  await app.ready()
  await app.close()
})

test('every route of every contract but the public ones refuses whoever is not signed in', async (t) => {
  const shop = await openShop(t)
  const { paths } = (await shop.call(shop.store, 'GET', '/openapi.json')).body
  const open = []
  for (const [path, methods] of Object.entries<object>(paths)) {
    for (const [method, route] of Object.entries<{ security?: object[] }>(methods as never)) {
      const { status } = await shop.call(
        shop.store,
        method.toUpperCase(),
        path.replaceAll(/\{\w+\}/g, crypto.randomUUID()),
      )
      const isAsked = route.security && !route.security.some((one) => Object.keys(one).length === 0)
      if (isAsked) assert.equal(status, 401, `${method} ${path}`)
      else open.push(`${method} ${path}`)
    }
  }
  assert.deepEqual(open.sort(), [
    'get /.well-known/jwks.json',
    'get /api/products',
    'get /api/products/category/{category}',
    'get /api/products/search',
    'get /api/products/{id}',
    'get /health',
    'get /log/checkpoint',
    'get /log/consistency',
    'get /log/inclusion',
    'get /log/tile/{*}',
    'get /log/vkey',
    'get /retrieve/{proofId}',
    'get /retrieve/{proofId}/proof',
    'post /api/auth/forgot-password',
    'post /api/auth/login',
    'post /api/auth/register',
    'post /api/auth/reset-password',
    'post /api/payment/webhooks/payment',
    'post /enroll',
    'post /log/cosignatures',
    'post /verify',
    'post /verify/nonce',
  ])
})

const database = await testDatabase()
const pool = openPool(database.url, 2)
after(async () => {
  await pool.end()
  await database.drop()
})

const contradicting = [
  { ...ionoraStore, slug: 'wrong-tax', taxMode: 'inclusive' as const, hosts: [] },
  { ...ionoraStore, slug: 'wrong-rounding', taxRounding: 'line' as const, hosts: [] },
  { ...ionoraStore, slug: 'wrong-currency', currency: 'IDR', hosts: [] },
  { ...ionoraStore, slug: 'wrong-contract', contracts: ['ionora', 'nothing'], hosts: [] },
]

test('a store that contradicts its contract stops the start, and is named with what contradicts', async () => {
  for (const store of contradicting) {
    await addStore(pool, store)
    const opening = openRegistry(pool, database.url, contracts, () => {})
    await assert.rejects(opening, (error: Error) => {
      assert.match(error.message, new RegExp(store.slug))
      assert.match(error.message, /taxMode|taxRounding|exponent|unknown contract nothing/)
      return true
    })
    await execute(pool, 'delete from catalogue_version')
    await execute(pool, 'delete from store_name')
    await execute(pool, 'delete from store')
  }
})

test('one that is added while the server runs is not served, and is reported; the others go on', async () => {
  const problems: string[] = []
  await addStore(pool, ionoraStore)
  const registry = await openRegistry(pool, database.url, contracts, (error) => void problems.push(error.message))
  await addStore(pool, contradicting[0]!)
  await registry.reload()
  assert.deepEqual(
    registry.all().map(({ slug }) => slug),
    ['ionora'],
  )
  assert.ok(problems.length > 0 && problems.every((problem) => problem.includes('wrong-tax')), problems.join())
  await registry.close()
})
