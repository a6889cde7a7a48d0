import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openShop } from '../support/shop.ts'
import { assertForm, send, sendBytes } from './toolkit.ts'

const shop = await openShop({ after })
const limited = await openShop({ after }, { rateLimits: true })
const behindProxy = await openShop({ after }, { rateLimits: true, env: { TRUST_PROXY: '1' } })

const ours = await shop.product({ name: 'Sold by Ionora' })
const theirs = await shop.product({ name: 'Sold by Rival' }, shop.rival)

const get = (target: string, host = 'x', more = '') =>
  sendBytes(shop.url, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`)

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])

test('a store answers under its path and its host name, in any case and with any port', async () => {
  const paths: [target: string, host: string][] = [
    ['/ionora/api/products', 'x'],
    ['/ionora/api/products', ''],
    ['/api/products', 'ionora.localhost'],
    ['/api/products', 'ionora.localhost:8000'],
    ['/api/products', 'IONORA.LocalHost'],
    ['http://ionora.localhost/api/products', 'x'],
    ['http://x/ionora/api/products', 'ionora.localhost'],
  ]
  for (const [target, host] of paths) {
    const answer = await get(target, host)
    assert.equal(statusOf(answer), 200, `${target} ${host}`)
    assert.match(answer, /Sold by Ionora/)
    assert.doesNotMatch(answer, /Sold by Rival/)
  }
})

test('an unknown or twisted host is no store', async () => {
  const hosts = [
    'x',
    'localhost',
    'ionora',
    'rival.localhost',
    'xionora.localhost',
    'ionora.localhost.evil.example',
    'ionora.localhost@rival',
    'ionora.localhost, x',
    'x, ionora.localhost',
    'ionora.localhost/rival',
    '[::1]',
    "ionora.localhost'--",
    '__proto__',
    'constructor',
  ]
  for (const host of hosts) {
    const answer = await get('/api/products', host)
    assert.ok([400, 404].includes(statusOf(answer)), `${host}: ${answer.slice(0, 60)}`)
    assert.doesNotMatch(answer, /Sold by/)
  }
  for (const header of [
    'X-Forwarded-Host: ionora.localhost',
    'X-Host: ionora.localhost',
    'Forwarded: host=ionora.localhost',
    'X-Store: ionora',
    'X-Original-URL: /ionora/api/products',
    'X-Rewrite-URL: /ionora/api/products',
  ])
    assert.equal(statusOf(await get('/api/products', 'x', `${header}\r\n`)), 404, header)
})

test('where path and host name different stores, the path has it, whole', async () => {
  const answer = await get('/rival/api/products', 'ionora.localhost')
  assert.match(answer, /Sold by Rival/)
  assert.doesNotMatch(answer, /Sold by Ionora/)
  const { token } = await shop.customer()
  const crossed = await get('/rival/api/user/profile', 'ionora.localhost', `Authorization: Bearer ${token}\r\n`)
  assert.equal(statusOf(crossed), 401)
})

test('headers and bodies that name a store do not choose it', async () => {
  const headers = {
    'x-store': 'rival',
    'x-store-id': shop.rival.storeId,
    'x-tenant': 'rival',
    'x-forwarded-host': 'rival.localhost',
  }
  const answer = await send(shop.url, {
    path: `/ionora/api/products?store=rival&store_id=${shop.rival.storeId}`,
    headers,
  })
  assert.deepEqual(
    answer.body.products.map(({ id }: { id: string }) => id),
    [ours.id],
  )
  const person = await shop.customer()
  const body = { product_id: theirs.id, quantity: 1, store: 'rival', store_id: shop.rival.storeId }
  assert.equal((await person.call('POST', '/api/cart', body, headers)).status, 404)
})

test('the paths under which contracts are mounted are nobody’s to name', async () => {
  const targets = [
    '/~ionora/api/products',
    '/%7Eionora/api/products',
    '/%7eionora/api/products',
    '/~ionora',
    '/%7eionora/nothing',
    '/~store/openapi.json',
    '/%7Estore/openapi.json',
    '/~store/.well-known/token-keys.json',
    '/%7estore/docs',
    '/~',
    '/%7E',
    '/%257Eionora/api/products',
    'http://x/~ionora/api/products',
    'http://x/%7Eionora/api/products',
    'HTTP://x/~store/docs',
    'http://ionora.localhost/~ionora/api/products',
    'https://x//~ionora/api/products',
    '//~ionora/api/products',
    '/./~ionora/api/products',
    '/x/../~ionora/api/products',
    '/ionora/~ionora/api/products',
    '/ionora/%7Eionora/api/products',
    '/ionora/../~ionora/api/products',
    '/\\~ionora/api/products',
    '*',
    'ionora/api/products',
  ]
  for (const target of targets) {
    for (const host of ['x', 'ionora.localhost']) {
      const answer = await get(target, host)
      assert.ok([400, 404].includes(statusOf(answer)), `${target} at ${host}: ${answer.slice(0, 80)}`)
      assert.doesNotMatch(answer, /Sold by|openapi|swagger|kty/i, target)
    }
  }
})

test('a path is taken as it is written: no dots, doubled slashes, escapes or capitals lead elsewhere', async () => {
  const targets = [
    '//ionora/api/products',
    '/ionora//api/products',
    '/ionora/./api/products',
    '/ionora/../rival/api/products',
    '/ionora/%2e%2e/rival/api/products',
    '/ionora/..%2frival/api/products',
    '/ionora%2Fapi/products',
    '/ionora/api%2Fproducts',
    '/IONORA/api/products',
    '/Ionora/api/products',
    '/%69onora/api/products',
    '/ionora/API/products',
    '/ionora/%61pi/products',
    '/ionora;/api/products',
    '/ionora/api/products;x=1',
    '/ionora/api/products%00',
    '/ionora /api',
    '/ionora%20/api/products',
    '/ionora\\api\\products',
    '/ionora/docs/assets/../../../package.json',
    '/ionora/docs/assets/..%2f..%2fpackage.json',
    '/ionora/docs/assets/%2e%2e/%2e%2e/package.json',
    '/ionora/reset-password/../api/products',
    '/ionora/metrics',
    '/ionora/healthz',
    '/.env',
    '/ionora/.env',
    '/package.json',
    '/__proto__/api/products',
    '/constructor/api/products',
    '/store/api/products',
  ]
  for (const target of targets) {
    const answer = await get(target)
    assert.ok([400, 404].includes(statusOf(answer)), `${target}: ${answer.slice(0, 80)}`)
    assert.doesNotMatch(answer, /Sold by/, target)
  }
})

test('what no store and no route answers for is refused in a form that all clients read', async () => {
  for (const path of [
    '/nothing',
    '/ionora/nothing',
    '/ionora/api/nothing',
    '/%zz',
    '/ionora/%zz',
    '/ionora/api/products/%zz',
    '/metrics?%ff',
    '/?%00',
    '/healthz?%zz',
    '/ionora/docs?%00',
  ]) {
    const answer = await send(shop.url, { path })
    assert.ok([400, 404].includes(answer.status), `${path}: ${answer.text}`)
    assertForm(answer.body, path)
  }
})

const bad = { email: 'nobody@example.com' }

/** How many reset mails are refused for their number, of `count`, each with headers and an account of its own. */
async function refusedOf(url: string, count: number, headersOf: (i: number) => Record<string, string>) {
  let refused = 0
  for (let i = 0; i < count; i++) {
    const body = JSON.stringify({ ...bad, email: `n${i}-${Math.random()}@example.com` })
    const headers = { 'content-type': 'application/json', ...headersOf(i) }
    const answer = await send(url, { method: 'POST', path: '/ionora/api/auth/forgot-password', body, headers })
    assert.ok([200, 429].includes(answer.status))
    if (answer.status === 429) refused++
  }
  return refused
}

/** Windows are fixed minutes: what counts starts early in one. */
async function earlyInWindow() {
  const left = 60_000 - (Date.now() % 60_000)
  if (left < 6000) await new Promise((resolve) => setTimeout(resolve, left + 50))
}

const forged = (i: number) => ({
  'x-forwarded-for': `203.0.113.${i}`,
  'x-real-ip': `203.0.113.${i}`,
  forwarded: `for=203.0.113.${i}`,
  'cf-connecting-ip': `203.0.113.${i}`,
  'true-client-ip': `203.0.113.${i}`,
})

test('an address that a client claims does not get it round a limit', async () => {
  await earlyInWindow()
  assert.equal(await refusedOf(limited.url, 13, forged), 3)
})

test('behind one trusted proxy, the address that it saw counts, and what was claimed before it does not', async () => {
  await earlyInWindow()
  const chained = (i: number) => ({ 'x-forwarded-for': `198.51.100.${i}, 203.0.113.7` })
  assert.equal(await refusedOf(behindProxy.url, 13, chained), 3)
  assert.equal(await refusedOf(behindProxy.url, 3, (i) => ({ 'x-forwarded-for': `203.0.113.${100 + i}` })), 0)
})

test('an IPv6 network of one household counts as one address', async () => {
  await earlyInWindow()
  const household = (i: number) => ({ 'x-forwarded-for': `2001:db8:1:2:${i}::${i}` })
  assert.equal(await refusedOf(behindProxy.url, 13, household), 3)
  assert.equal(await refusedOf(behindProxy.url, 3, (i) => ({ 'x-forwarded-for': `2001:db8:1:${100 + i}::1` })), 0)
})

test('an account is limited from however many addresses, and however its name is written', async () => {
  await earlyInWindow()
  const statuses: number[] = []
  for (let i = 0; i < 13; i++) {
    const email = i % 2 ? 'guessed@example.com' : 'Guessed@Example.COM'
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': `192.0.2.${i}` }
    const body = JSON.stringify({ ...bad, email })
    statuses.push(
      (await send(behindProxy.url, { method: 'POST', path: '/ionora/api/auth/forgot-password', body, headers })).status,
    )
  }
  assert.deepEqual(statuses, [...Array(10).fill(200), ...Array(3).fill(429)])
})

test('a refusal for their number says when to come again, and one store’s limit is not another’s', async () => {
  await earlyInWindow()
  await refusedOf(limited.url, 11, () => ({}))
  const body = JSON.stringify(bad)
  const headers = { 'content-type': 'application/json' }
  const answer = await send(limited.url, { method: 'POST', path: '/ionora/api/auth/forgot-password', body, headers })
  assert.equal(answer.status, 429)
  assert.deepEqual(answer.body, { message: 'Too many requests, please try again later.' })
  const seconds = Number(answer.headers['retry-after'])
  assert.ok(seconds >= 1 && seconds <= 60, String(seconds))
  const elsewhere = await send(limited.url, { method: 'POST', path: '/rival/api/auth/forgot-password', body, headers })
  assert.equal(elsewhere.status, 200)
})
