import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { assertSound } from '../../support/faults.ts'
import { address } from '../../support/furniture.ts'
import { nobody, openFurnitureTarget } from '../target.ts'
import { assertFailed } from '../toolkit.ts'
import { order } from './people.ts'

const { shop, rows, hit, queryOf, product } = await openFurnitureTarget({ after })
const { store } = shop
const serial = product.variants[0]!.serial
const buyer = await shop.buyer(serial)

/** How many rows every table that a customer's request can write to has, and what the buyer sees. */
async function state() {
  const tables = [
    'address',
    'cart_line',
    'orders',
    'review',
    'voucher_use',
    'wishlist_item',
    'payment',
    'customer',
    'login',
  ]
  return execute(
    shop.engine.db,
    tables
      .map(
        (table) =>
          `select '${table}', count(*)::int, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from ${table} t`,
      )
      .join(' union all '),
  )
}

/** No whole number from one up, in every disguise. */
const noCounts: unknown[] = [
  0,
  -1,
  -0,
  0.5,
  1.5,
  -(2 ** 53),
  2 ** 53 + 2,
  1e21,
  1e308,
  '1',
  '1e309',
  'NaN',
  '',
  ' ',
  '1; drop table orders',
  null,
  true,
  [],
  [1],
  [[1]],
  {},
  { valueOf: 1 },
  { $gt: 0 },
]
const noTexts: unknown[] = ['', ' ', '\t\n', null, 1, true, [], ['x'], {}, { toString: 'x' }]
const sqlTexts = [
  "' or '1'='1",
  "x'; drop table orders; --",
  '1 union select 1',
  '$1',
  '%',
  '_',
  'constructor',
  '__proto__',
  'toString',
  'x'.repeat(39),
]

const placed = order(buyer.addressId)
const bad: [method: string, path: string, sample: object, field: string, values: unknown[]][] = [
  ['POST', '/api/cart/items', { product_variant_id: serial, quantity: 1 }, 'quantity', [...noCounts, 1_000_001]],
  ['POST', '/api/cart/items', { product_variant_id: serial, quantity: 1 }, 'product_variant_id', noCounts],
  ['PUT', `/api/cart/items/${nobody}`, { quantity: 1 }, 'quantity', [...noCounts, 1_000_001]],
  ['POST', `/api/wishlist/${nobody}/move-to-cart`, { quantity: 1 }, 'quantity', [...noCounts, 1_000_001]],
  ['POST', '/api/wishlist', { product_id: product.serial, product_variant_id: serial }, 'product_id', noCounts],
  ['POST', '/api/wishlist', { product_id: product.serial, product_variant_id: serial }, 'product_variant_id', noCounts],
  [
    'POST',
    '/api/checkout/calculate-shipping',
    { shipping_address_id: buyer.addressId, courier: 'jnt' },
    'shipping_address_id',
    noCounts,
  ],
  [
    'POST',
    '/api/checkout/calculate-shipping',
    { shipping_address_id: buyer.addressId, courier: 'jnt' },
    'courier',
    [...noTexts, ...sqlTexts, 'JNT', 'jnt ', 'dhl'],
  ],
  ['POST', '/api/checkout/create-order', placed, 'shipping_address_id', noCounts],
  ['POST', '/api/checkout/create-order', placed, 'shipping_courier', [...noTexts, ...sqlTexts, 'JNT']],
  ['POST', '/api/checkout/create-order', placed, 'shipping_service', [...noTexts, ...sqlTexts, 'reg', 'REG ', 'YES!']],
  [
    'POST',
    '/api/checkout/create-order',
    placed,
    'payment_method',
    [...noTexts, ...sqlTexts, 'card', 'cod', 'VIRTUAL_ACCOUNT'],
  ],
  [
    'POST',
    '/api/checkout/create-order',
    placed,
    'payment_channel',
    [...noTexts, ...sqlTexts, 'chase', 'bca ', 'bca_va'],
  ],
  ['POST', '/api/checkout/create-order', placed, 'customer_note', [1, [], {}, true, 'x'.repeat(1001)]],
  [
    'POST',
    '/api/vouchers/validate',
    { code: 'FREESHIP', cart_total: 1 },
    'cart_total',
    [-1, 0.5, 2 ** 53 + 2, 1e308, '1', '1e309', null, [], {}, 'NaN'],
  ],
  [
    'POST',
    '/api/vouchers/validate',
    { code: 'FREESHIP', cart_total: 1 },
    'code',
    [...noTexts, ...sqlTexts, 'x'.repeat(41)],
  ],
  ['POST', '/api/cart/apply-voucher', { code: 'FREESHIP' }, 'code', [...noTexts, ...sqlTexts, 'x'.repeat(41)]],
  ['POST', '/api/user/addresses', address, 'is_default', ['true', 1, 0, null, [], {}]],
  [
    'POST',
    '/api/user/addresses',
    address,
    'phone',
    [...noTexts, 'abc', '+', '12', '<script>', "' or 1=1", '1'.repeat(40), '٠١٢٣٤٥٦٧٨٩'],
  ],
  ['POST', '/api/user/addresses', address, 'postal_code', [...noTexts, 'x'.repeat(21)]],
  [
    'POST',
    `/api/products/${product.serial}/reviews`,
    { order_id: nobody, rating: 5, title: 'x', comment: 'x' },
    'rating',
    [...noCounts, 6, 5.5],
  ],
  [
    'POST',
    `/api/products/${product.serial}/reviews`,
    { order_id: nobody, rating: 5, title: 'x', comment: 'x' },
    'order_id',
    noCounts,
  ],
  ['PUT', '/api/orders/ORD-20260203-999/cancel', {}, 'reason', [1, null, [], {}, true, 'x'.repeat(501)]],
]

test('numbers, choices and texts that make no sense are refused in the one form, and nothing is changed', async () => {
  const before = await state()
  let tried = 0
  for (const [method, path, sample, field, values] of bad) {
    for (const value of values) {
      const answer = await buyer.call(method, path, { ...sample, [field]: value })
      assertFailed(answer, `${path} ${field} ${JSON.stringify(value)}`, [400, 404])
      tried++
    }
    // as no JavaScript prints a number
    for (const text of ['1e309', '-1e309', '0x10', '01', '+1', '.5', 'NaN', '9'.repeat(400)]) {
      const body = JSON.stringify({ ...sample, [field]: '#' }).replace('"#"', text)
      assertFailed(await buyer.call(method, path, body), `${path} ${field} ${text.slice(0, 20)}`, [400])
    }
  }
  assert.ok(tried > 300, `${tried} tried`)
  assert.deepEqual(await state(), before)
})

test('wrong queries are refused, and a limit above the greatest is served as the greatest', async () => {
  const listing = rows.filter((row) => queryOf(row).length > 0 && row.auth !== 'signature')
  assert.equal(listing.length, 3)
  const numbers = [
    '',
    'x',
    '-1',
    '0',
    '1.5',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e309',
    '9007199254740993',
    '1&#=2',
    '1;drop',
    '1%27',
    'null',
    '[]',
    '{}',
  ]
  const texts = [
    '',
    'unknown',
    'constructor',
    '__proto__',
    "newest'--",
    'NEWEST',
    'newest&#=oldest',
    'created_at',
    'price_minor desc',
    '1',
  ]
  const wrong: Record<string, string[]> = {
    page: numbers,
    limit: numbers.filter((value) => value !== '9007199254740993'),
    sort: texts,
    status: [...texts, 'placed', 'expired', 'paid&#=paid'],
    price_min: ['', 'x', '-1', 'NaN', 'Infinity', '1e309', '1&#=2', '1e308'],
    price_max: ['', 'x', '-1', 'NaN', '-Infinity', '1e309', '1&#=2'],
    rating_min: ['', 'x', '0', '0.99', '5.01', '-1', 'NaN', 'Infinity', '4&#=5'],
    in_stock: ['', 'x', '1', 'yes', 'TRUE', 'null', 'true&#=false'],
    category: ['a&#=b', 'x'.repeat(501), '%00', '%ff', '%ed%a0%80'],
    color: ['a&#=b', 'x'.repeat(300), '%00'],
    finishing: ['x'.repeat(300)],
    size: ['x'.repeat(300)],
    search: ['a&#=b', 'x'.repeat(300), '%00', '%zz'],
  }
  for (const row of listing) {
    const id = row.id === 'products.listReviews' ? { id: String(product.serial) } : {}
    for (const { name } of queryOf(row)) {
      for (const value of wrong[name]!) {
        const text = /[&%]/.test(value) ? value.replaceAll('#', name) : encodeURIComponent(value)
        const query = `?${name}=${text}`
        const answer = await hit(row, { ...id, query })
        assert.equal(answer.status, 400, `${row.id}${query}: ${answer.text}`)
      }
    }
    for (const value of ['101', '100000', '1e300']) {
      const answer = await hit(row, { ...id, query: `?limit=${value}` })
      assert.deepEqual([answer.status, answer.body.data?.pagination.limit], [200, 100], `${row.id} ${value}`)
    }
    for (const query of ['?page=1000000&limit=100', '?__proto__=1&constructor=2&toString=3&a[b]=5&x=1'])
      assert.equal((await hit(row, { ...id, query })).status, 200, row.id + query)
  }
})

test('text that means something to a database finds what is called so, and nothing else', async () => {
  for (const text of [
    "' or '1'='1",
    '%',
    '_',
    '\\',
    "'; drop table product; --",
    '*',
    ':* <-> & | !',
    '$$',
    '(',
    '--',
  ]) {
    for (const name of ['search', 'category', 'color', 'finishing', 'size']) {
      const { status, body } = await shop.call(store, 'GET', `/api/products?${name}=${encodeURIComponent(text)}`)
      assert.equal(status, 200, `${name} ${text}`)
      assert.deepEqual([body.data.products, body.data.pagination.total], [[], 0], `${name} ${text}`)
    }
  }
})

test('adding again and again does not go past the stock, nor past what a cart holds', async () => {
  const counted = await shop.product({ variants: [{ quantity: 5 }] })
  const plenty = await shop.product({ variants: [{ quantity: 1_000_000_000 }] })
  const person = await shop.customer()
  const add = (id: number, quantity: number) =>
    person.call('POST', '/api/cart/items', { product_variant_id: id, quantity })
  for (const [quantity, status] of [
    [3, 201],
    [3, 400],
    [2, 201],
    [1, 400],
    [1_000_000, 400],
  ] as const)
    assert.equal((await add(counted.variants[0]!.serial, quantity)).status, status)
  const full = await add(plenty.variants[0]!.serial, 1_000_000)
  assert.equal(full.status, 201)
  for (const quantity of [1, 1_000_000])
    assertFailed(await add(plenty.variants[0]!.serial, quantity), 'too many', [400])
  assert.deepEqual(
    (await person.call('GET', '/api/cart')).body.data.cart.items.map(({ quantity }: { quantity: number }) => quantity),
    [5, 1_000_000],
  )
})

test('a cart larger or heavier than anybody can send or pay is refused, and nothing of it is lost', async () => {
  const heavy = await shop.product({
    weightGrams: 25_000,
    sizeCm: [200, 100, 80],
    variants: [{ quantity: 1_000_000_000, price: 9_000_000_000 }],
  })
  for (const quantity of [1000, 100_000, 1_000_000]) {
    const person = await shop.buyer(heavy.variants[0]!.serial, quantity)
    assert.equal((await person.call('GET', '/api/cart')).status, 200)
    assert.equal((await person.call('POST', '/api/checkout/validate')).status, 200)
    const quoted = await person.call('POST', '/api/checkout/calculate-shipping', {
      shipping_address_id: person.addressId,
      courier: 'jnt',
    })
    assert.ok([200, 400, 503].includes(quoted.status), `${quantity}: ${JSON.stringify(quoted.body)}`)
    const refused = await person.checkout()
    assertFailed(refused, String(quantity), [400, 503])
    // an order that is placed and that DOKU alone refuses is told by its number, and can be cancelled
    const number = refused.body.details?.order_number
    if (number) assert.equal((await person.call('PUT', `/api/orders/${number}/cancel`, {})).status, 200)
    else assert.equal((await person.call('GET', '/api/cart')).body.data.cart.items.length, 1)
  }
})

test('a voucher of the greatest total takes off what it says, and no more than that', async () => {
  await shop.voucher({ code: 'ALLOFF', percentBps: 10_000 })
  await shop.voucher({ code: 'MUCHOFF', kind: 'fixed_amount', percentBps: null, amountMinor: 1_000_000 })
  for (const [code, cart_total, amount] of [
    ['ALLOFF', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['ALLOFF', 0, 0],
    ['MUCHOFF', 1, 1],
    ['MUCHOFF', Number.MAX_SAFE_INTEGER, 1_000_000],
  ] as const) {
    const { status, body } = await buyer.call('POST', '/api/vouchers/validate', { code, cart_total })
    assert.deepEqual([status, body.data?.voucher.discount_amount], [200, amount], `${code} ${cart_total}`)
  }
})

test('after all of this the shop still sells, and its books are in order', async () => {
  assert.equal((await buyer.checkout()).status, 201)
  await assertSound(shop.engine)
})
