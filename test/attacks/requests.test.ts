import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { address } from '../support/shop.ts'
import type { Wire } from '../support/shop.ts'
import { openFurnitureTarget, openParcelTarget, openTarget, sampleOf } from './target.ts'
import { assertRefused, rows, send, sendBytes } from './toolkit.ts'

const ionora = await openTarget({ after })
const ansania = await openFurnitureTarget({ after })
const ink = await openParcelTarget({ after })
const { shop, person, productId, hit, queryOf } = ionora

test('wrong queries are refused, and a limit above the greatest is served as the greatest', async () => {
  const listing = rows.filter((row) => queryOf(row).length > 0)
  assert.equal(listing.length, 5)
  for (const row of listing) {
    const names = new Set(queryOf(row).map(({ name }) => name))
    const needed = row.id === 'products.search' ? '&q=x' : ''
    const bad: string[] = []
    if (names.has('page'))
      bad.push(
        'page=-1',
        'page=0',
        'page=1e30',
        'page=1.5',
        'page=x',
        'page=',
        'page=NaN',
        'page=Infinity',
        'page=9007199254740993',
        'page=1&page=2',
        'page=1;drop',
        'limit=0',
        'limit=-5',
        'limit=x',
        'limit=',
        'limit=1.5',
        'limit=NaN',
        'limit=1&limit=2',
      )
    if (names.has('sort'))
      bad.push(
        'sort=unknown',
        'sort=',
        'sort=latest&sort=price_asc',
        'sort=price_minor',
        "sort=latest'--",
        'sort=LATEST',
      )
    if (names.has('status'))
      bad.push('status=unknown', 'status=', 'status=expired', 'status=pending&status=paid', 'status=placed')
    if (names.has('user_id'))
      bad.push('user_id=x', 'user_id=', `user_id=${randomUUID()}'`, `user_id={${randomUUID()}}`, 'user_id=1')
    if (names.has('minPrice'))
      bad.push('minPrice=-1', 'minPrice=x', 'maxPrice=NaN', 'maxPrice=1e308', 'minPrice=', 'minPrice=1&minPrice=2')
    if (names.has('category')) bad.push('category=a&category=b', `category=${'x'.repeat(300)}`)
    if (names.has('q')) bad.push('q=', 'q=%20%20', 'x=1', 'q=a&q=b', `q=${'x'.repeat(300)}`)
    bad.push('q=%ff&category=%ff', 'category=%00&q=%00', 'q=%ed%a0%80', 'x=%zz', 'x=%')
    for (const query of bad) {
      const full = query.includes('q=') || query === 'x=1' ? query : query + needed
      assertRefused(await hit(row, { query: `?${full}` }), `${row.id}?${query.slice(0, 60)}`, [400])
    }
    for (const query of names.has('limit') ? ['limit=100000', 'limit=101', 'limit=1e308'] : []) {
      const answer = await hit(row, { query: `?${query}` })
      assert.equal(answer.status, 200, `${row.id}?${query}: ${answer.text}`)
      assert.equal(answer.body.pagination.limit, 100)
    }
    const far = names.has('page') ? await hit(row, { query: '?page=1000000000&limit=100' }) : null
    if (far) assert.equal(far.status, 200, far.text)
    const odd = await hit(row, {
      query: `?${needed.slice(1)}&__proto__=1&constructor=2&toString=3&hasOwnProperty=4&a[b]=5`,
    })
    assert.equal(odd.status, 200, odd.text)
  }
})

test('a price range holds at every size of amount', async () => {
  const dear = await shop.product({ name: 'Dear', category: 'dear', listMinor: 1_000_000_000_000, discountBps: 0 })
  const ids = async (query: string) => {
    const { body } = await shop.call(shop.store, 'GET', `/api/products?category=dear&${query}`)
    return body.products.map(({ id }: Wire) => id)
  }
  assert.deepEqual(await ids('maxPrice=90071992547409'), [dear.id])
  assert.deepEqual(await ids('minPrice=10000000000.01'), [])
  assert.deepEqual(await ids('minPrice=10000000000&maxPrice=10000000000'), [dear.id])
  assert.deepEqual(await ids('maxPrice=9999999999.99'), [])
})

const unreadableIds = [
  'x',
  '-1',
  '0',
  'null',
  'undefined',
  '%00',
  '%ff',
  '%',
  '%zz',
  '%2e%2e',
  '..%2f..',
  "'",
  "1'%20or%20'1'='1",
  '%F0%9F%98%80',
  `{${randomUUID()}}`,
  randomUUID().replaceAll('-', ''),
  `${randomUUID()}%20`,
  `urn:uuid:${randomUUID()}`,
  'a'.repeat(3000),
  '[object%20Object]',
  '__proto__',
]

for (const target of [ionora, ansania, ink]) {
  const { name, rows, hit, shop } = target

  test(`${name}: a path that says nothing readable is refused`, async () => {
    // a whole number is an id in the one, and none in the other
    const ids =
      name !== 'ansania' ? [...unreadableIds, '1'] : [...unreadableIds, '1.5', '1e3x', '9007199254740993', '1e309']
    for (const row of rows.filter(({ path }) => path.includes('/:') && !path.includes(':category'))) {
      for (const id of ids) {
        const answer = await hit(row, { id, body: row.method === 'GET' ? undefined : JSON.stringify(sampleOf(row)) })
        target.assertRefused(answer, `${row.id} ${id.slice(0, 40)}`, [400, 404])
      }
    }
  })

  test(`${name}: methods that no row has are refused`, async () => {
    for (const path of new Set(rows.map(({ path }) => path.replace(/:\w+/g, randomUUID())))) {
      for (const method of ['PATCH', 'TRACE', 'OPTIONS', 'PROPFIND'])
        target.assertRefused(
          await send(shop.url, { method, path: `/${shop.store.slug}${path}` }),
          `${method} ${path}`,
          [404, 405],
        )
    }
  })
}

test('an id is the same id in capitals', async () => {
  assert.equal((await shop.call(shop.store, 'GET', `/api/products/${productId.toUpperCase()}`)).status, 200)
  const added = await person.call('POST', '/api/cart', { product_id: productId.toUpperCase(), quantity: 1 })
  assert.equal(added.status, 200, JSON.stringify(added.body))
  assert.equal(added.body.items.length, 1)
})

test('an Idempotency-Key that is no key is refused, and one is needed nowhere', async () => {
  const create = rows.find(({ id }) => id === 'user.address.create')!
  const body = JSON.stringify(address)
  for (const key of ['', ' ', 'a b', 'x'.repeat(256), 'x'.repeat(5000), '\u00e9', '\t'])
    assertRefused(await hit(create, { body, headers: { 'idempotency-key': key } }), `key ${key.slice(0, 20)}`, [400])
  const twice = `POST /ionora/api/user/address HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${person.token}\r\nContent-Type: application/json\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  assert.match(await sendBytes(shop.url, twice), /^HTTP\/1\.1 400 /)
  const control = twice.replace('Idempotency-Key: a\r\nIdempotency-Key: b', 'Idempotency-Key: a\x01b')
  assert.match(await sendBytes(shop.url, control), /^HTTP\/1\.1 400 /)
})

test('headers that are too large or make no sense are refused', async () => {
  const get = (headers: Record<string, string>) =>
    send(shop.url, { path: '/ionora/api/user/profile', headers, alone: true })
  assertRefused(await get({ authorization: `Bearer ${'a'.repeat(12_000)}` }), 'a large token', [401])
  assertRefused(await get({ authorization: `Bearer ${'a'.repeat(60_000)}` }), 'a huge token', [431])
  assertRefused(await get({ authorization: `Bearer${' '.repeat(12_000)}x` }), 'a token of blanks', [401])
  for (const bytes of [
    'NONSENSE\r\n\r\n',
    'GET /ionora/api/products HTTP/9.9\r\n\r\n',
    'BREW /ionora/api/products HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /ionora/api/pro\x01ducts HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /ionora/api/products HTTP/1.1\r\n\r\n',
    'POST /ionora/api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /ionora/api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    'POST /ionora/api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}',
    'POST /ionora/api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  ]) {
    const answer = await sendBytes(shop.url, bytes)
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, bytes)
  }
})
