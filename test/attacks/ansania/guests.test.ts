import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { hashToken, newToken } from '../../../src/engine/sealing.ts'
import { openFurnitureShop, password } from '../../support/furniture.ts'
import { assertSound } from '../../support/faults.ts'
import type { Answer, Wire } from '../../support/installation.ts'
import { assertFailed, send, sendBytes } from '../toolkit.ts'

const shop = await openFurnitureShop({ after })
const { store, rival } = shop
const product = await shop.product({ variants: [{ quantity: 10_000_000 }] })
const serial = product.variants[0]!.serial
const body = (quantity = 1) => ({ product_variant_id: serial, quantity })

const cartWith = (headers: Record<string, string>, of = store) => shop.call(of, 'GET', '/api/cart', { headers })
const itemsOf = ({ body }: Answer): number[] => body.data.cart.items.map((item: Wire) => item.quantity)
const login = (email: string, headers: Record<string, string> = {}) =>
  shop.call(store, 'POST', '/api/auth/login', { body: { email, password }, headers })

async function guestWith(quantity: number) {
  const guest = shop.guest()
  const added = await guest.call('POST', '/api/cart/items', body(quantity))
  assert.equal(added.status, 201)
  return { ...guest, token: guest.token!, cartId: added.body.data.cart.id as number }
}

test('a guest’s cart is told by its token alone, which nobody can guess and no answer to others shows', async () => {
  const guest = await guestWith(3)
  assert.match(guest.token, /^[\w-]{43}$/)
  const [[stored]] = (await execute(shop.engine.db, 'select token_hash from cart where serial = $1', [
    guest.cartId,
  ])) as [[Buffer]]
  assert.ok(stored.equals(hashToken(guest.token)), 'the hash is kept')
  assert.deepEqual(itemsOf(await cartWith({ 'x-cart-token': guest.token })), [3])
  // a header that is no token does not hide the browser's cookie
  const cookie = `cart_ansania=${guest.token}`
  for (const token of ['', 'null']) assert.deepEqual(itemsOf(await cartWith({ 'x-cart-token': token, cookie })), [3])
  const wrong = [
    '',
    ' ',
    'null',
    String(guest.cartId),
    stored.toString('hex'),
    stored.toString('base64url'),
    guest.token.slice(1),
    `${guest.token}A`,
    guest.token.toUpperCase(),
    guest.token.toLowerCase(),
    `${guest.token},${guest.token}`,
    "' or '1'='1",
    '../../x',
    'a'.repeat(43),
    'a'.repeat(8000),
    newToken(),
  ]
  for (const token of wrong) {
    const answer = await cartWith({ 'x-cart-token': token })
    assert.equal(answer.status, 200, token)
    assert.deepEqual([answer.body.data.cart.id, itemsOf(answer)], [0, []], token)
  }
  for (const path of [
    `/api/cart?cart_id=${guest.cartId}`,
    `/api/cart?token=${guest.token}`,
    `/api/cart?x-cart-token=${guest.token}`,
  ])
    assert.deepEqual(itemsOf(await shop.call(store, 'GET', path)), [], path)
  assert.equal((await cartWith({ authorization: `Bearer ${guest.token}` })).status, 401)
})

test('a guest’s token, and the cookie of it, are good in the store that gave them alone', async () => {
  const guest = await guestWith(3)
  assert.deepEqual(itemsOf(await cartWith({ 'x-cart-token': guest.token }, rival)), [])
  assert.deepEqual(itemsOf(await cartWith({ cookie: `cart_ansania=${guest.token}` })), [3])
  for (const cookie of [`cart_ansania=${guest.token}`, `cart_rival=${guest.token}`, `cart=${guest.token}`])
    assert.deepEqual(itemsOf(await cartWith({ cookie }, rival)), [], cookie)
  for (const cookie of [`cart_rival=${guest.token}`, `CART_ANSANIA=${guest.token}`, `cart_ansania="${guest.token}`])
    assert.deepEqual(itemsOf(await cartWith({ cookie })), [], cookie)
  // signing in there with it takes nothing along
  const person = await shop.customer(rival)
  const headers = { 'x-cart-token': guest.token }
  assert.equal(
    (await shop.call(rival, 'POST', '/api/auth/login', { body: { email: person.email, password }, headers })).status,
    200,
  )
  assert.deepEqual(itemsOf(await person.call('GET', '/api/cart')), [])
  assert.deepEqual(itemsOf(await cartWith(headers)), [3])
})

test('the cookie opens the guest’s cart and nothing else', async () => {
  const guest = await guestWith(2)
  const set = (await cartWith({})).headers.get('set-cookie')!
  assert.match(set, /^cart_ansania=[\w-]{43}; /)
  assert.match(set, /; HttpOnly/)
  assert.match(set, /; SameSite=Lax/)
  assert.doesNotMatch(set, /Domain/i)
  const cookie = `cart_ansania=${guest.token}`
  const routes = [
    ['GET', '/api/user/profile'],
    ['GET', '/api/user/addresses'],
    ['GET', '/api/orders'],
    ['GET', '/api/wishlist'],
    ['GET', '/api/vouchers/available'],
    ['POST', '/api/checkout/validate'],
    ['POST', '/api/checkout/create-order'],
    ['DELETE', '/api/cart/remove-voucher'],
  ] as const
  for (const [method, path] of routes)
    assertFailed(await shop.call(store, method, path, { headers: { cookie } }), path, [401])
  // what a page of somebody else's can have a browser send: a form, without asking first
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
    const headers = { cookie, origin: 'https://evil.example', 'content-type': type }
    assertFailed(
      await shop.call(store, 'POST', '/api/cart/items', { body: JSON.stringify(body()), headers }),
      type,
      [400, 415],
    )
    assertFailed(
      await shop.call(store, 'POST', '/api/auth/login', { body: '{"email":"a@example.com"}', headers }),
      type,
      [400, 415],
    )
  }
  const preflight = await send(shop.url, {
    method: 'OPTIONS',
    path: '/ansania/api/cart/items',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  })
  assert.ok(preflight.status >= 400)
  const read = await cartWith({ cookie, origin: 'https://evil.example' })
  assert.equal(read.headers.get('access-control-allow-origin'), null)
  assert.equal(read.headers.get('access-control-allow-credentials'), null)
  assert.equal(read.headers.get('cache-control'), 'private, no-store')
  assert.deepEqual(itemsOf(read), [2])
})

test('what is sent for a cart’s token is no part of an answer’s headers unless it is one', async () => {
  const wrong = [
    'x\tset-cookie: a=b',
    'a'.repeat(42),
    `${'a'.repeat(42)}\u00e9`,
    '<script>',
    '%0d%0aset-cookie:a=b',
    `${'a'.repeat(43)}; Path=/`,
  ]
  for (const token of wrong) {
    const answer = await send(shop.url, {
      path: '/ansania/api/cart',
      headers: {
        'x-cart-token': Buffer.from(token).toString('latin1'),
        cookie: `cart_ansania=${encodeURIComponent(token)}`,
      },
    })
    assert.equal(answer.status, 200)
    assert.match(String(answer.headers['x-cart-token']), /^[\w-]{43}$/)
    assert.notEqual(answer.headers['x-cart-token'], token)
    for (const line of answer.headers['set-cookie'] ?? [])
      assert.match(line, /^cart_ansania=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax/)
  }
  const raw = (lines: string) =>
    sendBytes(shop.url, `GET /ansania/api/cart HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n\r\n`)
  assert.match(await raw('X-Cart-Token: a\rSet-Cookie: a=b'), /^HTTP\/1\.1 400/)
  assert.match(await raw('X-Cart-Token: a\0b'), /^HTTP\/1\.1 400/)
  const guest = await guestWith(2)
  const twice = await raw(`X-Cart-Token: ${guest.token}\r\nX-Cart-Token: ${newToken()}`)
  assert.match(twice, /^HTTP\/1\.1 200/)
  assert.match(twice, /"items":\[\]/)
})

test('one’s own cart is not another guest’s to fill, and a customer’s token goes before a guest’s', async () => {
  const guest = await guestWith(2)
  const person = await shop.customer()
  await person.call('POST', '/api/cart/items', body(7))
  const both = await person.call('GET', '/api/cart', undefined, { 'x-cart-token': guest.token })
  assert.deepEqual(itemsOf(both), [7])
  assert.equal(both.headers.get('x-cart-token'), null)
  assertFailed(await cartWith({ authorization: 'Bearer x', 'x-cart-token': guest.token }), 'a broken sign-in', [401])
  assert.deepEqual(itemsOf(await guest.call('GET', '/api/cart')), [2])
})

test('a sign-in that fails takes no cart, and one that succeeds takes it once', async () => {
  const guest = await guestWith(2)
  const person = await shop.customer()
  const headers = { 'x-cart-token': guest.token }
  const failed = await shop.call(store, 'POST', '/api/auth/login', {
    body: { email: person.email, password: 'x' },
    headers,
  })
  assertFailed(failed, 'a wrong password', [401])
  assert.deepEqual(itemsOf(await cartWith(headers)), [2])

  const signed = await login(person.email, headers)
  assert.equal(signed.status, 200)
  assert.match(signed.headers.get('set-cookie')!, /^cart_ansania=; Max-Age=0/)
  assert.deepEqual(itemsOf(await person.call('GET', '/api/cart')), [2])
  // the token names nothing any more, for whoever else signs in with it
  assert.deepEqual(itemsOf(await cartWith(headers)), [])
  const thief = await shop.customer()
  for (const email of [person.email, thief.email]) assert.equal((await login(email, headers)).status, 200)
  assert.deepEqual(itemsOf(await person.call('GET', '/api/cart')), [2])
  assert.deepEqual(itemsOf(await thief.call('GET', '/api/cart')), [])
  // and what is put in under it is a new guest's, not the customer's
  await shop.call(store, 'POST', '/api/cart/items', { body: body(5), headers })
  assert.deepEqual(itemsOf(await person.call('GET', '/api/cart')), [2])
  assert.deepEqual(itemsOf(await cartWith(headers)), [5])
})

test('registering takes a guest’s cart along as signing in does, and a refused registration does not', async () => {
  const guest = await guestWith(4)
  const headers = { 'x-cart-token': guest.token }
  const person = { email: 'fresh@example.com', phone: '+628130000777', full_name: 'Fresh', password }
  const taken = await shop.customer()
  const refused = await shop.call(store, 'POST', '/api/auth/register', {
    body: { ...person, email: taken.email },
    headers,
  })
  assertFailed(refused, 'taken', [409])
  assert.deepEqual(itemsOf(await cartWith(headers)), [4])
  const { status, body: made } = await shop.call(store, 'POST', '/api/auth/register', { body: person, headers })
  assert.equal(status, 201)
  const own = await shop.call(store, 'GET', '/api/cart', { token: made.data.token })
  assert.deepEqual(itemsOf(own), [4])
})

test('two carts of a million of one thing become one of a million', async () => {
  const guest = await guestWith(1_000_000)
  const person = await shop.customer()
  await person.call('POST', '/api/cart/items', body(1_000_000))
  const signed = await login(person.email, { 'x-cart-token': guest.token })
  assert.equal(signed.status, 200, JSON.stringify(signed.body))
  assert.deepEqual(
    signed.body.data.cart_merge.adjusted.map((line: Wire) => [line.product_variant_id, line.wanted, line.kept]),
    [[serial, 2_000_000, 1_000_000]],
  )
  assert.deepEqual(itemsOf(await person.call('GET', '/api/cart')), [1_000_000])
})

test('an Idempotency-Key of one guest does not answer another guest, nor a customer', async () => {
  const key = { 'idempotency-key': 'the-same-key' }
  const [one, other, person] = [shop.guest(), shop.guest(), await shop.customer()]
  for (const guest of [one, other]) await guest.call('GET', '/api/cart')
  const first = await one.call('POST', '/api/cart/items', body(3), key)
  const again = await one.call('POST', '/api/cart/items', body(3), key)
  assert.deepEqual([again.body, again.headers.get('idempotent-replayed')], [first.body, 'true'])
  for (const [i, who] of [other, person].entries()) {
    const answer = await who.call('POST', '/api/cart/items', body(3), key)
    assert.equal(answer.headers.get('idempotent-replayed'), null, String(i))
    assert.notEqual(answer.body.data.cart.id, first.body.data.cart.id)
    assert.deepEqual(itemsOf(answer), [3])
  }
  // who brings no token is somebody new each time
  const nameless = [1, 2].map(() => shop.call(store, 'POST', '/api/cart/items', { body: body(1), headers: key }))
  for (const answer of await Promise.all(nameless)) assert.equal(answer.headers.get('idempotent-replayed'), null)
  await assertSound(shop.engine)
})
