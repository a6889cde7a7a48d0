import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { SignJWT, exportJWK, generateKeyPair, importJWK } from 'jose'
import type { JWK } from 'jose'
import { execute } from '../../src/engine/database.ts'
import { issueReset } from '../../src/engine/identity/reset.ts'
import { openShop, password } from '../support/shop.ts'
import type { Answer } from '../support/shop.ts'
import { assertRefused, rows, send } from './toolkit.ts'

let offsetMs = 0
const shop = await openShop({ after }, { now: () => new Date(Date.now() + offsetMs) })
const { store, rival } = shop

const person = await shop.customer()
const rivals = await shop.customer(rival)

const profile = (authorization?: string) =>
  send(shop.url, {
    path: '/ionora/api/user/profile',
    headers: authorization === undefined ? {} : { authorization },
  })

const unauthenticated = { message: 'Authentication required.' }

function assertDead(answer: { status: number; body: Answer['body'] }, what: string) {
  assert.equal(answer.status, 401, `${what}: ${answer.status} ${JSON.stringify(answer.body)}`)
  assert.deepEqual(answer.body, unauthenticated, what)
}

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** The store's own signing key, which no attacker has: for tokens that are wrong in something else. */
async function ownKey() {
  const [[kid, sealed] = []] = await execute(
    shop.engine.db,
    'select kid, private_sealed from token_key where store_id = $1',
    [store.storeId],
  )
  const jwk = shop.vault.open(sealed as Buffer, `token key ${store.storeId} ${String(kid)}`).toString()
  return { kid: String(kid), key: await importJWK(JSON.parse(jwk) as JWK, 'EdDSA') }
}

const own = await ownKey()
const seconds = () => Math.floor(Date.now() / 1000)
const goodHeader = { alg: 'EdDSA', kid: own.kid, typ: 'at+jwt' }
const goodPayload = () => ({
  epoch: 0,
  iss: store.storeId,
  aud: store.storeId,
  sub: person.id,
  iat: seconds(),
  exp: seconds() + 3600,
})

/** A token with the given parts, signed with the store's own key unless another is given. */
async function signed(payload: object = {}, header: object = {}, key: Parameters<SignJWT['sign']>[0] = own.key) {
  const claims = { ...goodPayload(), ...payload }
  const defined = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
  return new SignJWT(defined).setProtectedHeader({ ...goodHeader, ...header }).sign(key)
}

test('a token made as the store makes them is taken: what follows fails for its own reason alone', async () => {
  assert.equal((await profile(`Bearer ${await signed()}`)).status, 200)
  assert.equal((await profile(`bearer  ${await signed()}`)).status, 200)
})

test('no token, half a token and what is none are refused alike', async () => {
  const good = await signed()
  const [header, payload, signature] = good.split('.')
  const wrong = [
    undefined,
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'Bearer null',
    'Bearer undefined',
    'Bearer garbage',
    'Bearer a.b.c',
    'Bearer ..',
    good,
    `Basic ${good}`,
    `Token ${good}`,
    `Bearer ${header}.${payload}`,
    `Bearer ${header}.${payload}.`,
    `Bearer ${header}..${signature}`,
    `Bearer .${payload}.${signature}`,
    `Bearer ${good}.${signature}`,
    `Bearer ${good} ${good}`,
    `Bearer ${good},Bearer ${good}`,
    `Bearer "${good}"`,
    `Bearer ${good.slice(0, -2)}`,
    `Bearer ${good}AA`,
    `Bearer ${header}.${encode({ ...goodPayload(), sub: rivals.id })}.${signature}`,
    `Bearer ${'a'.repeat(4000)}.${'b'.repeat(4000)}.c`,
    `Bearer ${encode('[]')}.${encode('[]')}.${signature}`,
    `Bearer ${encode('null')}.${encode('null')}.${signature}`,
    `Bearer ${encode('{')}.${payload}.${signature}`,
    `Bearer ${encode('\0')}.${payload}.${signature}`,
  ]
  for (const authorization of wrong) assertDead(await profile(authorization), String(authorization).slice(0, 80))
})

test('a token in the query, in a cookie or in another header is none', async () => {
  const token = await signed()
  for (const headers of [
    { cookie: `token=${token}` },
    { 'x-access-token': token },
    { 'proxy-authorization': `Bearer ${token}` },
  ])
    assertDead(
      await send(shop.url, { path: '/ionora/api/user/profile', headers: headers as never }),
      JSON.stringify(headers),
    )
  assertDead(await send(shop.url, { path: `/ionora/api/user/profile?token=${token}&access_token=${token}` }), 'query')
})

test('the algorithm is the store’s choice, not the token’s', async () => {
  const { keys } = (await shop.call(store, 'GET', '/.well-known/token-keys.json')).body
  const publicTexts = [JSON.stringify(keys[0]), keys[0].x, Buffer.from(keys[0].x, 'base64url')]
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
    const unsigned = `${encode({ ...goodHeader, alg })}.${encode(goodPayload())}`
    for (const signature of ['', 'AA', encode('none')])
      assertDead(await profile(`Bearer ${unsigned}.${signature}`), alg)
  }
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    const unsigned = `${encode({ ...goodHeader, alg })}.${encode(goodPayload())}`
    for (const secret of [...publicTexts, own.kid, '', 'secret']) {
      const signature = createHmac(alg.replace('HS', 'sha'), secret).update(unsigned).digest('base64url')
      assertDead(await profile(`Bearer ${unsigned}.${signature}`), `${alg} with a public text as the secret`)
    }
  }
  for (const alg of ['ES256', 'RS256', 'PS256']) {
    const pair = await generateKeyPair(alg)
    assertDead(await profile(`Bearer ${await signed({}, { alg }, pair.privateKey)}`), alg)
  }
})

test('a key that the token brings or points to is not used', async () => {
  const pair = await generateKeyPair('EdDSA', { extractable: true })
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'mine', alg: 'EdDSA', use: 'sig' }
  const address = 'http://127.0.0.1:9/keys.json'
  const headers = [
    {},
    { jwk },
    { jwk: { ...jwk, kid: own.kid } },
    { kid: 'mine', jwk },
    { jku: address },
    { x5u: address },
    { x5c: ['MIIB'] },
    { kid: 'mine', jku: address, x5u: address, jwk },
    { kid: address },
  ]
  for (const header of headers)
    assertDead(await profile(`Bearer ${await signed({}, header, pair.privateKey)}`), JSON.stringify(header))
})

test('a key’s name is looked up and nothing else', async () => {
  const names = [
    undefined,
    '',
    'token-2',
    '../../../../dev/null',
    '/dev/null',
    "' or '1'='1",
    "token-1'; drop table token_key; --",
    '__proto__',
    'constructor',
    'token-1\0',
    `${own.kid} `,
    own.kid.toUpperCase(),
    null,
    1,
    ['token-1'],
    { kid: 'token-1' },
  ]
  for (const kid of names)
    assertDead(await profile(`Bearer ${await signed({}, { kid })}`), `kid ${JSON.stringify(kid)}`)
  assert.equal((await profile(`Bearer ${await signed()}`)).status, 200)
})

test('a token made for another purpose, store or time is no access token', async () => {
  const wrong: [payload: object, header?: object][] = [
    [{}, { typ: 'JWT' }],
    [{}, { typ: undefined }],
    [{}, { typ: 'rt+jwt' }],
    [{ iss: rival.storeId }],
    [{ iss: undefined }],
    [{ iss: '' }],
    [{ aud: rival.storeId }],
    [{ aud: undefined }],
    [{ aud: [] }],
    [{ iss: rival.storeId, aud: rival.storeId }],
    [{ exp: undefined }],
    [{ exp: seconds() - 1 }],
    [{ exp: 0 }],
    [{ exp: '9999999999' }],
    [{ exp: null }],
    [{ nbf: seconds() + 3600 }],
    [{ sub: undefined }],
    [{ sub: '' }],
    [{ sub: null }],
    [{ sub: 1 }],
    [{ sub: ['x'] }],
    [{ sub: 'admin' }],
    [{ sub: `${person.id}' or '1'='1` }],
    [{ sub: randomUUID() }],
    [{ sub: rivals.id }],
    [{ epoch: undefined }],
    [{ epoch: null }],
    [{ epoch: '' }],
    [{ epoch: '0' }],
    [{ epoch: 'x' }],
    [{ epoch: [] }],
    [{ epoch: false }],
    [{ epoch: 0.5 }],
    [{ epoch: 1 }],
    [{ epoch: -1 }],
    [{ epoch: 2 ** 31 }],
    [{ epoch: 1e308 }],
    [{ epoch: { valueOf: 0 } }],
  ]
  for (const [payload, header] of wrong) {
    const shown = JSON.stringify([payload, header], (_, value: unknown) => (value === undefined ? 'missing' : value))
    assertDead(await profile(`Bearer ${await signed(payload, header)}`), shown)
  }
})

test('administrators’ rows refuse everybody else, before they look at the request', async () => {
  for (const row of rows.filter(({ auth }) => auth === 'admin')) {
    for (const id of [randomUUID(), 'not-an-id']) {
      const answer = await person.call(row.method, row.path.replace(/:\w+/, id), row.request.body ?? undefined)
      assertRefused(answer, row.id, [403])
      assert.deepEqual(answer.body, { message: 'Admin access required.' })
    }
  }
})

test('a token dies at its hour', async () => {
  const someone = await shop.customer()
  assert.equal((await someone.call('GET', '/api/user/profile')).status, 200)
  offsetMs = store.tokenMinutes * 60_000 - 5000
  assert.equal((await someone.call('GET', '/api/user/profile')).status, 200)
  offsetMs = store.tokenMinutes * 60_000 + 1000
  assertDead(await someone.call('GET', '/api/user/profile'), 'over')
  offsetMs = 0
})

test('a token from before the password was changed is dead at once, and the new one lives', async () => {
  const someone = await shop.customer()
  const { body: again } = await shop.call(store, 'POST', '/api/auth/login', {
    body: { email: someone.email, password },
  })
  const change = { current_password: password, new_password: 'ChangedPass1' }
  const changed = await someone.call('PUT', '/api/auth/change-password', change)
  assert.equal(changed.status, 200)
  assertDead(await someone.call('GET', '/api/user/profile'), 'the token that changed it')
  assertDead(await profile(`Bearer ${again.token}`), 'a token of another device')
  assert.equal((await profile(`Bearer ${changed.body.token}`)).status, 200)
})

test('a token from before the password was reset is dead at once', async () => {
  const someone = await shop.customer()
  const reset = await issueReset(shop.engine.direct(store, { kind: 'system' }), someone.email)
  const body = { token: reset!.token, new_password: 'ResetPass123' }
  assert.equal((await shop.call(store, 'POST', '/api/auth/reset-password', { body })).status, 200)
  assertDead(await someone.call('GET', '/api/user/profile'), 'reset')
})

test('a token of a customer who is deleted, or is no administrator any more, is worth what they are', async () => {
  const [gone, former] = [await shop.customer(), await shop.customer(store, true)]
  assert.equal((await former.call('GET', '/api/admin/orders')).status, 200)
  await execute(shop.engine.db, 'delete from customer where id = $1', [gone.id])
  await execute(shop.engine.db, 'update customer set is_admin = false where id = $1', [former.id])
  assertDead(await gone.call('GET', '/api/user/profile'), 'deleted')
  assert.equal((await former.call('GET', '/api/admin/orders')).status, 403)
})

test('the published keys are public halves alone', async () => {
  for (const each of [store, rival]) {
    const { body } = await shop.call(each, 'GET', '/.well-known/token-keys.json')
    assert.equal(body.keys.length, 1)
    assert.deepEqual(Object.keys(body.keys[0]).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  }
})
