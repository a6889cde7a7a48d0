import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { after, test } from 'node:test'
import { audit } from '../../../src/engine/audit.ts'
import { execute } from '../../../src/engine/database.ts'
import { revokeKey, rotateKey } from '../../../src/engine/proofs/key-changes.ts'
import { createNotary } from '../../../src/engine/proofs/keys.ts'
import type { ProofFile } from '../../../src/verifier/file.ts'
import { verifyProof } from '../../../src/verifier/verify.ts'
import { openInstallation } from '../../support/installation.ts'
import { enrolment, openParcels, verification } from '../../support/parcels.ts'
import { testDatabase } from '../../support/database.ts'
import type { Wire } from '../../support/installation.ts'

// Two servers sign with a store's keys, and somebody changes these meanwhile.

const clock = { aheadMs: 0 }
const { url: databaseUrl, drop } = await testDatabase()
const shared = {
  now: () => new Date(Date.now() + clock.aheadMs),
  env: { SAUDAGAR_SECRET: randomBytes(32).toString('base64') },
  databaseUrl,
}
const one = await openParcels({ after }, { ...shared, worker: true })
const { engine, vault, store } = one
const two = await openInstallation({ after }, shared, []) // its stores are there already
after(drop)

const servers = [one, two]
const notary = createNotary(vault)
let tokens = 0
const enrolAt = async (server: (typeof servers)[number]) => {
  const token = `key-token-${++tokens}`
  const { status, body } = await server.call(store, 'POST', '/enroll', { body: enrolment(token) })
  assert.equal(status, 200, JSON.stringify(body))
  return { token, kid: body.key_id as string, proofId: body.proof_id as string }
}
const jwks = async (): Promise<Wire[]> => (await two.call(store, 'GET', '/.well-known/jwks.json')).body.keys
const query = (text: string, values: unknown[] = []) => execute(engine.db, text, values)

/** That the shown signature of a verified proof holds, by the key that it names. */
async function assertSigned(proofId: string) {
  const { body: proof } = await two.call(store, 'GET', `/retrieve/${proofId}`)
  const jwk = (await jwks()).find(({ kid }) => kid === proof.key_id)
  const { delivery_gps, timestamp, gps_verdict } = proof.delivery
  const text = JSON.stringify({ proof_id: proofId, order_id: 'ORDER-12345', delivery_gps, timestamp, gps_verdict })
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(text), key, Buffer.from(proof.signature, 'hex')))
  return proof.key_id as string
}

test('servers that make a store’s first key at once make one', async () => {
  const made = await Promise.all(Array.from({ length: 10 }, (_, i) => enrolAt(servers[i % 2]!)))
  assert.deepEqual(new Set(made.map(({ kid }) => kid)), new Set(['key_001']))
  assert.equal((await jwks()).length, 1)
})

test('private keys are sealed: neither the database nor any answer has them', async () => {
  const [[sealed] = []] = await query('select private_sealed from proof_key where store_id = $1', [store.storeId])
  const bytes = sealed as Buffer
  assert.equal(bytes[0], 1)
  const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')
  assert.equal(bytes.includes(pkcs8), false)
  const opened = vault.open(bytes, `proof key ${store.storeId} key_001`)
  assert.ok(opened.includes(pkcs8))
  assert.throws(() => vault.open(bytes, `proof key ${store.storeId} key_002`))
  assert.equal(bytes.includes(opened.subarray(-32)), false)
})

test('the next key is published before it signs, and the old one stays for ever', async () => {
  const old = await enrolAt(one)
  const { kid, from } = await rotateKey(engine, vault, notary, store, 600_000)
  assert.equal(kid, 'key_002')
  const [first, second] = await jwks()
  assert.deepEqual([first.kid, second.kid], ['key_001', 'key_002'])
  assert.equal(second.nbf, Math.floor(from.getTime() / 1000))
  assert.equal(first.exp, Math.ceil(from.getTime() / 1000))
  for (const server of servers) assert.equal((await enrolAt(server)).kid, 'key_001')
  await assert.rejects(rotateKey(engine, vault, notary, store, 0), /key_002 is published and signs from/)

  clock.aheadMs += 600_001
  for (const server of servers) assert.equal((await enrolAt(server)).kid, 'key_002')
  assert.equal((await jwks()).length, 2)
  // enrolled with one key, verified with the next
  assert.equal((await two.call(store, 'POST', '/verify', { body: verification(old.token) })).status, 200)
  assert.equal(await assertSigned(old.proofId), 'key_002')
})

/** The file of a proof from a server that has not signed anything meanwhile. */
async function fileFrom(server: (typeof servers)[number], proofId: string) {
  const response = await fetch(`${server.url}/ink/retrieve/${proofId}/proof`)
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const report = await verifyProof(text, { orderId: 'ORDER-12345', nfcUid: '04:1A:2B:3C:4D:5E:6F' })
  const wrong = report.checks.filter(({ verdict }) => verdict !== 'ok')
  assert.deepEqual(wrong, [])
  return JSON.parse(text) as ProofFile
}

test('a server that stores nothing signs files with the key of the day all the same', async () => {
  const { proofId } = await enrolAt(two)
  assert.equal((await fileFrom(one, proofId)).key_id, 'key_002')
  await rotateKey(engine, vault, notary, store, 60_000)
  clock.aheadMs += 60_001
  for (const server of servers) assert.equal((await fileFrom(server, proofId)).key_id, 'key_003')
})

test('the next key is revoked before it begins: the one before goes on', async () => {
  await rotateKey(engine, vault, notary, store, 60_000)
  assert.ok((await jwks()).find(({ kid }) => kid === 'key_003').exp)
  await revokeKey(engine, vault, notary, store, 'key_004', engine.now(), 'made on the wrong machine')
  assert.equal((await jwks()).find(({ kid }) => kid === 'key_003').exp, undefined)
  clock.aheadMs += 60_001
  for (const server of servers) assert.equal((await enrolAt(server)).kid, 'key_003')
})

test('the key that signs is revoked while the next one waits: another takes its place until then', async () => {
  const { proofId } = await enrolAt(one)
  await rotateKey(engine, vault, notary, store, 60_000)
  const before = (await jwks()).find(({ kid }) => kid === 'key_005')
  await revokeKey(engine, vault, notary, store, 'key_003', engine.now(), 'stolen')
  for (const server of servers) assert.equal((await enrolAt(server)).kid, 'key_006')
  assert.deepEqual(
    (await jwks()).find(({ kid }) => kid === 'key_005'),
    before,
    'what was published stays as it was',
  )
  await fileFrom(two, proofId)
  clock.aheadMs += 60_001
  for (const server of servers) assert.equal((await enrolAt(server)).kid, 'key_005')
  await fileFrom(one, proofId)
})

test('what a server with a slow clock adds to a proof is not dated before it', async (t) => {
  const slow = await openInstallation(t, { ...shared, now: () => new Date(Date.now() + clock.aheadMs - 5000) }, [])
  const { token, proofId } = await enrolAt(one)
  assert.equal((await slow.call(store, 'POST', '/verify', { body: verification(token) })).status, 200)
  const headers = { 'x-api-key': await one.apiKey() }
  const body = { corrects: 'delivery', reason: 'the courier was somebody else' }
  const corrected = await slow.call(store, 'POST', `/retrieve/${proofId}/corrections`, { body, headers })
  assert.equal(corrected.status, 200, JSON.stringify(corrected.body))
  assert.equal((await fileFrom(slow as never, proofId)).entries.length, 3)
})

test('a revoked key signs nothing more on any server, from that moment on', async () => {
  for (const server of servers) assert.equal((await enrolAt(server)).kid, 'key_005') // both have it in memory
  const since = engine.now()
  await revokeKey(engine, vault, notary, store, 'key_005', since, 'stolen')
  const made = await Promise.all(Array.from({ length: 10 }, (_, i) => enrolAt(servers[i % 2]!)))
  assert.deepEqual(new Set(made.map(({ kid }) => kid)), new Set(['key_007']))
  const revoked = (await jwks()).find((key) => key.kid === 'key_005')
  assert.equal(revoked.revoked.revoked_at, Math.ceil(since.getTime() / 1000))
  assert.equal(revoked.revoked.reason, 'stolen')
  await assert.rejects(revokeKey(engine, vault, notary, store, 'key_099', since, 'x'), /has no key key_099/)
})

test('nothing that a revoked key signed is in the log behind the word of it', async () => {
  await rotateKey(engine, vault, notary, store, 0)
  const isOver = { value: false }
  const busy = servers.map(async (server) => {
    while (!isOver.value) await Promise.all([enrolAt(server), enrolAt(server), enrolAt(server)])
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  await revokeKey(engine, vault, notary, store, 'key_008', engine.now(), 'stolen under load')
  await new Promise((resolve) => setTimeout(resolve, 300))
  isOver.value = true
  await Promise.all(busy)
  const [[entry] = []] = await query(`select revoked_entry from proof_key where kid = 'key_008' and store_id = $1`, [
    store.storeId,
  ])
  const behind = await query(
    `select count(*)::int from log_entry where store_id = $1 and kid = 'key_008' and id > $2`,
    [store.storeId, entry],
  )
  assert.deepEqual(behind, [[0]])
  const before = await query(`select count(*) > 0 from log_entry where store_id = $1 and kid = 'key_008' and id < $2`, [
    store.storeId,
    entry,
  ])
  assert.deepEqual(before, [[true]])
})

test('the log was told of every key', async () => {
  const told = await query(
    `select statement::json ->> 'event', statement::json ->> 'subject' from log_entry
     where store_id = $1 and kind = 'key' order by id`,
    [store.storeId],
  )
  const events = ['p 1', 'p 2', 'p 3', 'p 4', 'r 4', 'p 5', 'p 6', 'r 3', 'p 7', 'r 5', 'p 8', 'p 9', 'r 8']
  const inWords = { p: 'published', r: 'revoked' } as Record<string, string>
  assert.deepEqual(
    told,
    events.map((event) => [inWords[event[0]!], `key_00${event.slice(2)}`]),
  )
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(engine.db)).findings, [])
})
