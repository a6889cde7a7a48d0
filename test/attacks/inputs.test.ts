import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { address, openShop } from '../support/shop.ts'
import type { Wire } from '../support/shop.ts'
import { assertForm, assertRefused, rows, send, sendBytes } from './toolkit.ts'
import type { RawAnswer, Row } from './toolkit.ts'

const shop = await openShop({ after })
const person = await shop.customer()
const admin = await shop.customer(shop.store, true)
const { id: productId } = await shop.product()
const { body: document } = await shop.call(shop.store, 'GET', '/openapi.json')

const json = { 'content-type': 'application/json' }

/** A request of a row with whoever may make it; ids that nobody has. */
function hit(
  row: Row,
  sent: { body?: string | Buffer; headers?: Record<string, string>; query?: string; id?: string; alone?: boolean },
): Promise<RawAnswer> {
  const token = row.auth === 'admin' ? admin.token : person.token
  const path = row.path.replace(':category', 'alkaline').replace(/:\w+/, sent.id ?? randomUUID())
  const authorization = { authorization: `Bearer ${token}` }
  return send(shop.url, {
    method: row.method,
    path: `/ionora${path}${sent.query ?? ''}`,
    body: sent.body,
    alone: sent.alone,
    headers: { ...authorization, ...(sent.body === undefined ? {} : json), ...sent.headers },
  })
}

const routeOf = (row: Row): Wire => document.paths[row.path.replace(/:(\w+)/g, '{$1}')][row.method.toLowerCase()]
const schemaOf = (row: Row): Wire => routeOf(row).requestBody?.content['application/json'].schema
const queryOf = (row: Row): { name: string; schema: Wire }[] =>
  (routeOf(row).parameters ?? []).filter((parameter: Wire) => parameter.in === 'query')

/** Rows that read a body: the webhook reads its own, whose signature is looked at first. */
const reading = rows.filter((row) => row.method !== 'GET' && row.auth !== 'signature')

/** Bodies as the table has them, with ids that can be read. */
const sampleOf = (row: Row): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row.request.body ?? {}).map(([key, value]) => [
      key,
      value === 'uuid' ? randomUUID() : key === 'images' ? ['https://cdn.example.com/1.jpg'] : value,
    ]),
  )

test('a body of 10 MB is refused on every row, and the server goes on', async () => {
  const body = Buffer.alloc(10 * 1024 * 1024, '{"email":"aaaaaaaaaaaaaaaaaaaaaa"}')
  const refused: string[] = []
  for (const row of rows) {
    const answer = await hit(row, { body, alone: true }).catch((error: NodeJS.ErrnoException) => {
      assert.ok(['ECONNRESET', 'EPIPE'].includes(error.code ?? ''), `${row.id}: ${error.message}`)
      return null // the answer came, and the connection was closed, before the body was through
    })
    if (!answer || row.method === 'GET') continue
    refused.push(row.id)
    assertRefused(answer, row.id, [400, 413])
  }
  const chunked = { 'transfer-encoding': 'chunked' }
  const answer = await send(shop.url, {
    method: 'POST',
    path: '/ionora/api/auth/login',
    headers: { ...json, ...chunked },
    body,
    alone: true,
  }).catch(() => null)
  if (answer) assertRefused(answer, 'chunked', [400, 413])
  assert.ok(refused.length > 0)
  assert.equal((await shop.call(shop.store, 'GET', `/api/products/${productId}`)).status, 200)
})

const unreadable: Record<string, string | Buffer> = {
  'cut off': '{"email":"a@example.com","pass',
  'no JSON': 'email=a@example.com',
  'two values': '{}{}',
  'a comma too many': '{"a":1,}',
  'a comment': '{/* */}',
  'single quotes': "{'a':1}",
  NaN: '{"quantity":NaN,"amount":NaN,"price":NaN}',
  Infinity: '{"quantity":Infinity}',
  'a key twice': '{"email":"a@example.com","email":"b@example.com"}',
  'a key twice, once escaped': '{"email":"a@example.com","\\u0065mail":"b@example.com"}',
  'a key twice, deep': '{"specifications":{"a":[{"b":1,"b":2}]}}',
  __proto__: '{"__proto__":{"is_admin":true}}',
  '__proto__, escaped': '{"\\u005f\\u005fproto__":{"is_admin":true}}',
  'constructor.prototype': '{"constructor":{"prototype":{"is_admin":true}}}',
  'a NUL': '{"full_name":"a\\u0000b"}',
  'a NUL in a key': '{"a\\u0000":1}',
  'a raw NUL': '{"full_name":"a\0b"}',
  'half a pair': '{"full_name":"\\ud83d"}',
  'half a pair, the other': '{"full_name":"\\ude00 x"}',
  'deep arrays': '['.repeat(100_000) + ']'.repeat(100_000),
  'deep objects': '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000),
  'deep in a field': `{"specifications":${'{"a":'.repeat(80)}1${'}'.repeat(80)}}`,
  'bytes that are no UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31]),
  'UTF-16': Buffer.from('\ufeff{}', 'utf16le'),
}

test('a body that cannot be read one way only is refused on every row', async () => {
  for (const row of reading) {
    for (const [name, body] of Object.entries(unreadable))
      assertRefused(await hit(row, { body }), `${row.id}: ${name}`, [400])
  }
})

test('a body that is no object, where one is wanted, is refused', async () => {
  for (const row of reading.filter(schemaOf)) {
    for (const body of ['[]', '[{}]', '"x"', '5', 'true', 'null', '""', '1e308', ' ', '\n'])
      assertRefused(await hit(row, { body }), `${row.id}: ${body}`, [400])
  }
})

test('other content types, and none, are refused', async () => {
  const types = [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'x',
    'application/json-x',
    ',',
    '',
  ]
  for (const row of reading.filter(schemaOf)) {
    const body = JSON.stringify(sampleOf(row))
    for (const type of types)
      assertRefused(await hit(row, { body, headers: { 'content-type': type } }), `${row.id}: ${type}`, [400, 415])
  }
})

test('an empty body is an empty object: what is missing is named', async () => {
  for (const row of reading.filter(schemaOf)) {
    const required: string[] = schemaOf(row).required ?? []
    if (required.length === 0) continue
    for (const sent of [{ body: '' }, { body: '{}' }, {}]) {
      const answer = await hit(row, sent)
      assertRefused(answer, row.id, [400])
      assert.deepEqual(answer.body.errors.map((error: Wire) => error.param).sort(), required.toSorted(), row.id)
    }
  }
})

const typed: Record<string, unknown[]> = {
  string: ['', 'x'],
  number: [1, 1.5, -1, 0, 1e308, 2 ** 53 + 2],
  boolean: [true, false],
  null: [null],
  array: [[], ['x'], [null], [[]]],
  object: [{}, { a: 1 }, { toString: 1 }, { length: 1 }],
}

function typesOf(schema: Wire): string[] {
  if (schema.anyOf) return schema.anyOf.flatMap(typesOf)
  if (schema.enum || schema.const) return ['string']
  return [schema.type === 'integer' ? 'number' : schema.type].flat()
}

test('a value of another type is refused in every field of every body, by the field’s name', async () => {
  let tried = 0
  for (const row of reading.filter(schemaOf)) {
    for (const [field, schema] of Object.entries<Wire>(schemaOf(row).properties)) {
      const allowed = typesOf(schema)
      for (const [type, values] of Object.entries(typed)) {
        if (allowed.includes(type)) continue
        for (const value of values) {
          const answer = await hit(row, { body: JSON.stringify({ ...sampleOf(row), [field]: value }) })
          assertRefused(answer, `${row.id} ${field} ${JSON.stringify(value)}`, [400])
          assert.ok(
            answer.body.errors.some(({ param }: Wire) => param === field),
            `${row.id} ${field}: ${answer.text}`,
          )
          tried++
        }
      }
    }
  }
  assert.ok(tried > 400, `${tried} tried`)
})

test('numbers beyond what is sold or priced are refused', async () => {
  const bad: [rowId: string, field: string, values: unknown[]][] = [
    ['cart.add', 'quantity', [0, -1, 0.5, 1.5, 1e7, 1e308, 2 ** 53 + 2, -(2 ** 53), '1', 1e-7]],
    ['cart.update', 'quantity', [0, -1, 0.5, 1.5, 1e7, 1e308, 2 ** 53 + 2]],
    ['admin.products.create', 'price', [-1, -0.01, 1e308, 2 ** 53 + 2, '1']],
    ['admin.products.create', 'discount_percentage', [-1, 100.01, 1e308]],
    ['admin.products.create', 'stock_quantity', [-1, 0.5, 1e308, 2 ** 53 + 2, 2 ** 31]],
    ['admin.products.update', 'price', [-1, 1e308]],
    ['payment.createOrder', 'amount', [0, -1, -0.01, 1e308, 2 ** 53 + 2]],
  ]
  for (const [rowId, field, values] of bad) {
    const row = rows.find(({ id }) => id === rowId)!
    for (const value of values) {
      const answer = await hit(row, { body: JSON.stringify({ ...sampleOf(row), [field]: value }) })
      assertRefused(answer, `${rowId} ${field} ${String(value)}`, [400])
      assert.equal(answer.body.errors[0].param, field)
    }
  }
  const tooLong = await hit(
    rows.find(({ id }) => id === 'cart.add')!,
    { body: `{"product_id":"${productId}","quantity":1e400}` },
  )
  assertRefused(tooLong, '1e400', [400])
})

test('text longer than any field takes is refused quickly, also by slow patterns', async () => {
  const long = ['a', 'a.', 'a@', '@a', '-', '1', ' ', 'http://a/%', 'é', '😀', '\u0301', '<', '<a '].map((part) =>
    part.repeat(120_000 / part.length),
  )
  for (const row of reading.filter(schemaOf)) {
    for (const [field, schema] of Object.entries<Wire>(schemaOf(row).properties)) {
      if (!typesOf(schema).includes('string')) continue
      for (const value of long) {
        const start = performance.now()
        assertRefused(
          await hit(row, { body: JSON.stringify({ ...sampleOf(row), [field]: value }) }),
          `${row.id} ${field}`,
          [400],
        )
        const ms = performance.now() - start
        assert.ok(ms < 5000, `${row.id} ${field} took ${ms} ms for ${value.slice(0, 5)}…`)
      }
    }
  }
})

test('a body with a hundred thousand mistakes is answered shortly', async () => {
  const create = rows.find(({ id }) => id === 'admin.products.create')!
  for (const images of [Array(200_000).fill(1), Array(100_000).fill('x'), Array.from({ length: 60_000 }, () => ({}))]) {
    const start = performance.now()
    const answer = await hit(create, { body: JSON.stringify({ ...sampleOf(create), images }) })
    assertRefused(answer, 'images', [400])
    assert.ok(answer.text.length < 10_000, `${answer.text.length} characters`)
    assert.ok(performance.now() - start < 5000)
  }
})

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

test('a path that says nothing readable is refused', async () => {
  const withId = rows.filter(({ path }) => path.includes('/:id'))
  const ids = [
    'x',
    '1',
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
  for (const row of withId) {
    for (const id of ids) {
      const answer = await hit(row, { id, body: row.method === 'GET' ? undefined : JSON.stringify(sampleOf(row)) })
      assertRefused(answer, `${row.id} ${id.slice(0, 40)}`, [400, 404])
    }
  }
})

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

test('methods that no row has are refused', async () => {
  for (const path of new Set(rows.map(({ path }) => path.replace(/:\w+/, randomUUID())))) {
    for (const method of ['PATCH', 'TRACE', 'OPTIONS', 'PROPFIND'])
      assertRefused(await send(shop.url, { method, path: `/ionora${path}` }), `${method} ${path}`, [404, 405])
  }
})

test('a webhook that nobody signed is refused, whatever it says', async () => {
  const webhook = rows.find(({ auth }) => auth === 'signature')!
  const bodies = [undefined, '', '{}', ...Object.values(unreadable), JSON.stringify(webhook.request.body)]
  for (const body of bodies) {
    for (const headers of [
      {},
      { 'x-razorpay-signature': '' },
      { 'x-razorpay-signature': 'é'.repeat(32) },
      { 'x-razorpay-signature': 'a'.repeat(64) },
      { 'content-type': 'text/xml' },
      { 'content-type': '' },
    ])
      assertRefused(await hit(webhook, { body, headers: headers as never }), 'webhook', [400, 415])
  }
})

test('after all of this the shop still sells', async () => {
  const buyer = await shop.buyer(productId)
  assert.equal((await buyer.checkout()).status, 201)
  assertForm((await shop.call(shop.store, 'GET', '/api/nothing')).body, '404')
})
