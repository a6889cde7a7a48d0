import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Wire } from '../support/shop.ts'
import { json, openFurnitureTarget, openParcelTarget, openTarget, sampleOf } from './target.ts'
import { assertRefused as assertUnheard, send } from './toolkit.ts'

const ionora = await openTarget({ after })
const ansania = await openFurnitureTarget({ after })
const ink = await openParcelTarget({ after })

/** A promise that every contract keeps on its own rows. */
function each(promise: string, show: (target: typeof ionora | typeof ansania | typeof ink) => Promise<void>) {
  for (const target of [ionora, ansania, ink]) test(`${target.name}: ${promise}`, () => show(target))
}

each(
  'a body of 10 MB is refused on every row, and the server goes on',
  async ({ paths, rows, hit, shop, assertRefused }) => {
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
      path: `/${shop.store.slug}${paths.post}`,
      headers: { ...json, ...chunked },
      body,
      alone: true,
    }).catch(() => null)
    if (answer) assertUnheard(answer, 'chunked', [400, 413]) // two lengths are no request: no store has heard of it
    assert.ok(refused.length > 0)
    assert.equal((await shop.call(shop.store, 'GET', paths.get)).status, 200)
  },
)

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

each('a body that cannot be read one way only is refused on every row', async ({ reading, hit, assertRefused }) => {
  for (const row of reading) {
    for (const [name, body] of Object.entries(unreadable))
      assertRefused(await hit(row, { body }), `${row.id}: ${name}`, [400])
  }
})

each('a body that is no object, where one is wanted, is refused', async ({ reading, hit, schemaOf, assertRefused }) => {
  for (const row of reading.filter(schemaOf)) {
    for (const body of ['[]', '[{}]', '"x"', '5', 'true', 'null', '""', '1e308', ' ', '\n'])
      assertRefused(await hit(row, { body }), `${row.id}: ${body}`, [400])
  }
})

each('other content types, and none, are refused', async ({ reading, hit, schemaOf, assertRefused }) => {
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

each(
  'an empty body is an empty object: what is missing is named',
  async ({ reading, hit, schemaOf, fieldsOf, assertRefused }) => {
    for (const row of reading.filter(schemaOf)) {
      const required: string[] = schemaOf(row).required ?? []
      if (required.length === 0) continue
      for (const sent of [{ body: '' }, { body: '{}' }, {}]) {
        const answer = await hit(row, sent)
        assertRefused(answer, row.id, [400])
        assert.deepEqual((fieldsOf(answer) ?? required).toSorted(), required.toSorted(), row.id)
      }
    }
  },
)

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

each(
  'a value of another type is refused in every field of every body, by the field’s name',
  async ({ name, reading, hit, schemaOf, fieldsOf, assertRefused }) => {
    let tried = 0
    for (const row of reading.filter(schemaOf)) {
      for (const [field, schema] of Object.entries<Wire>(schemaOf(row).properties)) {
        const allowed = typesOf(schema)
        for (const [type, values] of Object.entries(typed)) {
          if (allowed.includes(type)) continue
          for (const value of values) {
            const answer = await hit(row, { body: JSON.stringify({ ...sampleOf(row), [field]: value }) })
            assertRefused(answer, `${row.id} ${field} ${JSON.stringify(value)}`, [400])
            assert.ok((fieldsOf(answer) ?? [field]).includes(field), `${row.id} ${field}: ${answer.text}`)
            tried++
          }
        }
      }
    }
    assert.ok(tried > (name === 'ink' ? 300 : 400), `${tried} tried`)
  },
)

test('ionora: numbers beyond what is sold or priced are refused', async () => {
  const { rows, hit, productId } = ionora
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
      ionora.assertRefused(answer, `${rowId} ${field} ${String(value)}`, [400])
      assert.equal(answer.body.errors[0].param, field)
    }
  }
  const tooLong = await hit(
    rows.find(({ id }) => id === 'cart.add')!,
    { body: `{"product_id":"${productId}","quantity":1e400}` },
  )
  ionora.assertRefused(tooLong, '1e400', [400])
})

each('blanks alone are no text', async ({ name, reading, hit, schemaOf, fieldsOf, assertRefused }) => {
  let tried = 0
  for (const row of reading.filter(schemaOf)) {
    for (const [field, schema] of Object.entries<Wire>(schemaOf(row).properties)) {
      if (field === 'customer_phone_last4') continue // there may be none
      const texts = [schema, ...(schema.anyOf ?? [])].filter(({ type, pattern }: Wire) => type === 'string' && pattern)
      if (texts.length === 0) continue
      for (const value of ['', ' ', ' \t\n', '\u00a0\u3000']) {
        const answer = await hit(row, { body: JSON.stringify({ ...sampleOf(row), [field]: value }) })
        assertRefused(answer, `${row.id} ${field} ${JSON.stringify(value)}`, [400])
        assert.equal((fieldsOf(answer) ?? [field])[0], field)
        tried++
      }
    }
  }
  assert.ok(tried > (name === 'ink' ? 10 : 40), `${tried} tried`)
})

each(
  'text longer than any field takes is refused quickly, also by slow patterns',
  async ({ reading, hit, schemaOf, assertRefused }) => {
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
  },
)

test('ionora: a body with a hundred thousand mistakes is answered shortly', async () => {
  const { rows, hit } = ionora
  const create = rows.find(({ id }) => id === 'admin.products.create')!
  for (const images of [Array(200_000).fill(1), Array(100_000).fill('x'), Array.from({ length: 60_000 }, () => ({}))]) {
    const start = performance.now()
    const answer = await hit(create, { body: JSON.stringify({ ...sampleOf(create), images }) })
    ionora.assertRefused(answer, 'images', [400])
    assert.ok(answer.text.length < 10_000, `${answer.text.length} characters`)
    assert.ok(performance.now() - start < 5000)
  }
})

each('a webhook that nobody signed is refused, whatever it says', async ({ rows, hit, assertRefused }) => {
  for (const row of rows.filter(({ auth }) => auth === 'signature')) {
    const bodies = [undefined, '', '{}', ...Object.values(unreadable), JSON.stringify(row.request.body ?? {})]
    for (const body of bodies) {
      for (const headers of [
        {},
        { 'x-razorpay-signature': '' },
        { 'x-razorpay-signature': 'é'.repeat(32) },
        { 'x-razorpay-signature': 'a'.repeat(64) },
        { signature: 'HMACSHA256=', 'client-id': 'MCH-SHOP', 'request-id': 'x', 'request-timestamp': 'x' },
        { 'x-odoo-webhook-secret': '' },
        { 'x-odoo-webhook-secret': 'é'.repeat(20) },
        { 'content-type': 'text/xml' },
        { 'content-type': '' },
      ])
        assertRefused(await hit(row, { body, headers: headers as never }), row.id, [400, 401, 415])
    }
  }
})

each('after all of this the shop still sells', async ({ shop, paths, assertAlive, assertRefused }) => {
  assert.ok(await assertAlive())
  assertRefused(await shop.call(shop.store, 'GET', paths.none), '404', [404])
})
