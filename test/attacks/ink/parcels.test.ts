import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { after, test } from 'node:test'
import { audit } from '../../../src/engine/audit.ts'
import { execute } from '../../../src/engine/database.ts'
import { register } from '../../../src/engine/identity/identity.ts'
import { verifyProof } from '../../../src/verifier/verify.ts'
import { enrolment, home, metresNorth, openParcels } from '../../support/parcels.ts'
import type { Wire } from '../../support/installation.ts'

// What somebody tries who means harm, over the documented endpoints and ours.

const lines: string[] = []
const log = new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) })
const parcels = await openParcels({ after }, { worker: true, log })
const { post, enrolled, retrieve, verify, newToken, store, storeOf, call } = parcels
const ionora = storeOf('ionora')
const key = await parcels.apiKey()
const asShop = { 'x-api-key': key }
const correct = (proofId: string, body: object, headers: Record<string, string> = asShop) =>
  call(store, 'POST', `/retrieve/${proofId}/corrections`, { body, headers })

/** Bodies of an enrolment that are refused, each with why. */
const refusedEnrolments: Record<string, [body: object, error: string | RegExp]> = {
  'latitude 91': [{ shipping_address_gps: { lat: 91, lng: 0 } }, 'Invalid GPS coordinates'],
  'longitude -180.1': [{ warehouse_gps: { lat: 0, lng: -180.1 } }, 'Invalid GPS coordinates'],
  'a position in words': [{ shipping_address_gps: { lat: 'NaN', lng: 'Infinity' } }, 'Invalid GPS coordinates'],
  'no photo': [{ photo_urls: [], photo_hashes: [] }, 'Must upload 1-4 photos'],
  'five photos': [
    { photo_urls: Array(5).fill('https://example.com/x'), photo_hashes: Array(5).fill('x') },
    'Must upload 1-4 photos',
  ],
  'a hash too few': [{ photo_hashes: ['a', 'b', 'c'] }, 'Number of photo_hashes must match number of photo_urls'],
  'a hash too many': [
    { photo_hashes: ['a', 'b', 'c', 'd', 'e'] },
    'Number of photo_hashes must match number of photo_urls',
  ],
  'a photo that is a script': [
    { photo_urls: ['javascript:alert(1)'], photo_hashes: ['x'] },
    'photo_urls must be addresses',
  ],
  'a photo that is a script, hidden': [
    { photo_urls: [' JaVa\tScript:alert(1)'], photo_hashes: ['x'] },
    'photo_urls must be addresses',
  ],
  'a photo in the address': [
    { photo_urls: ['data:text/html,<script>alert(1)</script>'], photo_hashes: ['x'] },
    'photo_urls must be addresses',
  ],
  'a photo that is nowhere': [{ photo_urls: ['photo.jpg'], photo_hashes: ['x'] }, 'photo_urls must be addresses'],
  '400 kB of order': [{ order_id: 'x'.repeat(400_000) }, /^order_id must NOT have more/],
  '400 kB of tag': [{ nfc_uid: 'x'.repeat(400_000) }, /^nfc_uid must NOT have more/],
  '400 kB of token': [{ nfc_token: 'x'.repeat(400_000) }, /^nfc_token must NOT have more/],
  '400 kB of address': [
    { photo_urls: [`https://example.com/${'x'.repeat(400_000)}`], photo_hashes: ['x'] },
    /^photo_urls.0 must NOT have more/,
  ],
  '400 kB of hash': [
    { photo_urls: ['https://example.com/x'], photo_hashes: ['x'.repeat(400_000)] },
    /^photo_hashes.0 must NOT have more/,
  ],
  'an empty name of tag keys': [{ tag_key: '' }, /^tag_key /],
  'an empty position of the warehouse': [{ warehouse_gps: '' }, 'Invalid GPS coordinates'],
  'digits that are none': [{ customer_phone_last4: '12a4' }, /^customer_phone_last4 /],
  'digits of another script': [{ customer_phone_last4: '१२३४' }, /^customer_phone_last4 /],
  'five digits': [{ customer_phone_last4: '12345' }, /^customer_phone_last4 /],
  'digits as a number': [{ customer_phone_last4: 1234 }, /^customer_phone_last4 /],
}

for (const [what, [body, error]] of Object.entries(refusedEnrolments)) {
  test(`an enrolment with ${what} is refused, and leaves nothing`, async () => {
    const token = newToken()
    const answer = await post('/enroll', enrolment(token, body))
    assert.equal(answer.status, 400)
    assert.deepEqual(Object.keys(answer.body), ['error'])
    if (typeof error === 'string') assert.equal(answer.body.error, error)
    else assert.match(answer.body.error, error)
    assert.equal((await verify(token)).status, 404)
  })
}

test('a verification with 400 kB of device is refused', async () => {
  const { token } = await enrolled()
  assert.equal((await verify(token, { device_info: 'x'.repeat(400_000) })).status, 400)
  assert.equal((await verify(token, { device_info: 'x'.repeat(1000) })).status, 200)
})

test('what looks alike is not the same', async () => {
  const cyrillic = { token: 'tоken_test_1', order_id: 'ОRDER-12345' } // both begin with letters of another alphabet
  const composed = ['caf\u00e9', 'cafe\u0301'] as const
  const { token } = await enrolled()
  assert.equal((await verify(token.replace('o', 'о'))).status, 404)
  for (const name of composed) assert.equal((await post('/enroll', enrolment(name))).status, 200)
  assert.equal((await verify(composed[0])).status, 200)
  assert.equal((await verify(composed[1])).status, 200)
  assert.equal((await post('/enroll', enrolment(cyrillic.token, { order_id: cyrillic.order_id }))).status, 200)
  const digits = await enrolled({ customer_phone_last4: '1234' })
  assert.equal((await verify(digits.token, { delivery_gps: metresNorth(200), phone_last4: '１２３４' })).status, 403)
  assert.equal((await verify(digits.token, { delivery_gps: metresNorth(200), phone_last4: ' 1234' })).status, 403)
})

test('another store’s parcels cannot be verified, retrieved or corrected', async () => {
  const { token, proofId } = await enrolled()
  assert.equal((await verify(token, {}, ionora)).status, 404)
  assert.equal((await call(ionora, 'GET', `/retrieve/${proofId}`)).status, 404)
  const body = { corrects: 'enrollment', reason: 'x' }
  const rivalKey = await parcels.apiKey(ionora)
  const theirs = await call(ionora, 'POST', `/retrieve/${proofId}/corrections`, {
    body,
    headers: { 'x-api-key': rivalKey },
  })
  assert.equal(theirs.status, 404)
  assert.equal((await correct(proofId, body, { 'x-api-key': rivalKey })).status, 401)
  // the same token may be enrolled there, and is another parcel
  assert.equal((await post('/enroll', enrolment(token), undefined, ionora)).status, 200)
  assert.equal((await verify(token, {}, ionora)).status, 200)
  assert.equal((await retrieve(proofId)).delivery, null)
})

test('only the shop corrects, and nothing is edited', async () => {
  const { token, proofId } = await enrolled()
  const before = await retrieve(proofId)
  const body = {
    corrects: 'enrollment',
    reason: 'the flat is in the other street',
    changes: { shipping_address_gps: metresNorth(50) },
  }
  const account = { fullName: 'Somebody', phone: null }
  await register(parcels.engine, ionora, { ...account, email: 'customer@example.com' }, 'Password123')
  const { body: signedIn } = await call(ionora, 'POST', '/api/auth/login', {
    body: { email: 'customer@example.com', password: 'Password123' },
  })
  assert.equal((await correct(proofId, body, {})).status, 401)
  assert.equal((await correct(proofId, body, { 'x-api-key': 'sk_nothing' })).status, 401)
  const { proofId: inShop } = await enrolled({}, ionora)
  const asCustomer = await call(ionora, 'POST', `/retrieve/${inShop}/corrections`, { body, token: signedIn.token })
  assert.deepEqual([asCustomer.status, asCustomer.body], [403, { error: 'Not allowed' }])
  assert.deepEqual(await retrieve(proofId), before)

  const { status, body: made } = await correct(proofId, body)
  assert.equal(status, 200, JSON.stringify(made))
  const after = await retrieve(proofId)
  assert.deepEqual({ ...after, corrections: [] }, before)
  assert.deepEqual(after.corrections, [made])
  assert.deepEqual(made.changes, { shipping_address_gps: metresNorth(50) })
  // the distance is still that from what was enrolled
  assert.equal((await verify(token, { delivery_gps: home })).body.distance_meters, 0)
})

test('a correction that does not fit what it corrects is refused', async () => {
  const { token, proofId } = await enrolled()
  const refused: [object, string][] = [
    [{ corrects: 'delivery', reason: 'x' }, 'there is no delivery yet'],
    [{ corrects: 'enrollment', reason: 'x', changes: { delivery_gps: home } }, 'delivery_gps is not in enrolment'],
  ]
  for (const [body, reason] of refused)
    assert.deepEqual((await correct(proofId, body)).body, { error: 'Correction cannot be made', reason })
  const badBodies = [
    {},
    { corrects: 'enrollment' },
    { corrects: 'enrollment', reason: '' },
    { corrects: 'signature', reason: 'x' },
    { corrects: 'enrollment', reason: 'x'.repeat(1001) },
    { corrects: 'enrollment', reason: 'x', changes: { signature: 'x' } },
    { corrects: 'enrollment', reason: 'x', changes: { shipping_address_gps: { lat: 91, lng: 0 } } },
    { corrects: 'enrollment', reason: 'x', changes: { photo_urls: ['https://example.com/1'] } },
    { corrects: 'enrollment', reason: 'x', changes: { photo_urls: ['javascript:1'], photo_hashes: ['x'] } },
  ]
  for (const body of badBodies) assert.equal((await correct(proofId, body)).status, 400, JSON.stringify(body))
  assert.equal((await correct(`proof_${'0'.repeat(32)}`, { corrects: 'enrollment', reason: 'x' })).status, 404)
  assert.equal((await verify(token)).status, 200)
  const ten = await Promise.all(
    Array.from({ length: 10 }, (_, n) => correct(proofId, { corrects: 'delivery', reason: `reason ${n}` })),
  )
  assert.deepEqual(
    ten.map(({ status }) => status),
    Array(10).fill(200),
  )
  assert.equal((await retrieve(proofId)).corrections.length, 10)
  for (let n = 10; n < 32; n++) await correct(proofId, { corrects: 'delivery', reason: `reason ${n}` })
  const { status, body } = await correct(proofId, { corrects: 'delivery', reason: 'one more' })
  assert.deepEqual([status, body.reason], [400, 'a proof has 32 corrections at most, of 512 kB'])
})

test('what the engine makes of the longest and the oddest is a file that its verifier takes', async () => {
  const astral = '𝔸'.repeat(127)
  const odd = {
    order_id: `${astral}é\u0301"\\`,
    photo_urls: Array.from({ length: 4 }, () => `https://example.com/${'𝔸'.repeat(2028)}`),
    photo_hashes: Array.from({ length: 4 }, () => '𝔸'.repeat(255)),
    shipping_address_gps: { lat: -0, lng: 1e-7 },
    warehouse_gps: { lat: 90, lng: -180 },
  }
  const { token, proofId } = await enrolled(odd)
  const changes = { photo_urls: odd.photo_urls, photo_hashes: odd.photo_hashes, warehouse_gps: { lat: -90, lng: 180 } }
  for (let n = 0; n < 16; n++) await correct(proofId, { corrects: 'enrollment', reason: '𝔸'.repeat(1000), changes })
  const sent = { delivery_gps: { lat: 0, lng: -1e-7 }, device_info: '𝔸'.repeat(1000) }
  assert.equal((await verify(token, sent)).status, 200)
  for (let n = 0; n < 16; n++)
    await correct(proofId, { corrects: 'delivery', reason: 'x', changes: { gps_verdict: 'near' } })
  const text = await (await fetch(`${parcels.url}/ink/retrieve/${proofId}/proof`)).text()
  const report = await verifyProof(text, { orderId: odd.order_id, nfcUid: '04:1A:2B:3C:4D:5E:6F' })
  assert.deepEqual(
    report.checks.filter((check) => check.verdict !== 'ok'),
    [],
  )
  assert.equal(report.verdict, 'valid')
})

test('a photo’s address is kept, and nobody goes there', async (t) => {
  const visits: string[] = []
  const server = createServer((request, response) => {
    visits.push(request.url ?? '')
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const urls = [
    `http://127.0.0.1:${port}/photo.jpg`,
    `http://localhost:${port}/x`,
    'http://169.254.169.254/latest/meta-data/',
  ]
  const { token, proofId } = await enrolled({ photo_urls: urls, photo_hashes: ['a', 'b', 'c'] })
  await verify(token)
  assert.deepEqual((await retrieve(proofId)).enrollment.photo_urls, urls)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  assert.deepEqual(visits, [])
})

test('text of the device is data: it comes back as JSON and nothing else', async () => {
  const device_info = `</script><script>alert(1)</script><img src=x onerror=alert(2)> "'\u2028\\`
  const { token, proofId } = await enrolled({ order_id: '<b>12345678</b>' })
  await verify(token, { device_info })
  const { body, headers } = await call(store, 'GET', `/retrieve/${proofId}`)
  assert.equal(body.delivery.device_info, device_info)
  assert.match(headers.get('content-type') ?? '', /^application\/json/)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
})

test('the order, the tag, the token and the digits are in no answer', async () => {
  const secret = { order_id: 'SECRET-ORDER-77', nfc_uid: '04:99:88:77:66:55:44', customer_phone_last4: '7312' }
  const { token, proofId } = await enrolled(secret)
  await verify(token, { delivery_gps: metresNorth(200), phone_last4: '7312' })
  await correct(proofId, { corrects: 'delivery', reason: 'x' })
  const answers: Wire[] = [
    await retrieve(proofId),
    (await call(store, 'GET', '/.well-known/jwks.json')).body,
    (await verify(token)).body,
    (await post('/enroll', enrolment(token, secret))).body,
  ]
  for (const answer of answers)
    assert.doesNotMatch(JSON.stringify(answer), new RegExp(`SECRET-ORDER|ORDER-77|04:99|"7312"|${token}"`))
})

test('nor is any of them in the database where it is not needed, or in the log', async () => {
  const secret = { order_id: 'SECRET-ORDER-78', nfc_uid: '04:99:88:77:66:55:45', customer_phone_last4: '7313' }
  const { token } = await enrolled(secret)
  await verify(token, { delivery_gps: metresNorth(200), phone_last4: '7313' })
  await verify('tokentokentoken-unknown')
  const rows = await execute(parcels.engine.db, 'select to_jsonb(p)::text from proof p where order_ref = $1', [
    secret.order_id,
  ])
  assert.doesNotMatch(String(rows[0]![0]), new RegExp(`"7313"|${token}"`))
  const logged = await execute(parcels.engine.db, `select string_agg(statement, ' ') from log_entry`)
  assert.doesNotMatch(String(logged[0]![0]), /SECRET-ORDER|04:99|"731[23]"/)
  assert.ok(lines.length > 10)
  assert.doesNotMatch(lines.join(''), new RegExp(`SECRET-ORDER|04:99|"731[23]"|${token}"|tokentokentoken|sk_|${key}`))
})

test('a nonce says nothing of whether there is such a parcel', async () => {
  const { token } = await enrolled()
  const known = await post('/verify/nonce', { nfc_token: token })
  const unknown = await post('/verify/nonce', { nfc_token: 'nobody’s' })
  assert.equal(known.status, unknown.status)
  assert.deepEqual(Object.keys(known.body), Object.keys(unknown.body))
  assert.equal(known.body.nonce.length, unknown.body.nonce.length)
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(parcels.engine.db)).findings, [])
})
