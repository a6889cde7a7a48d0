import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { after, test } from 'node:test'
import { audit } from '../../../src/engine/audit.ts'
import { execute } from '../../../src/engine/database.ts'
import { revokeKey, rotateKey } from '../../../src/engine/proofs/key-changes.ts'
import { createNotary } from '../../../src/engine/proofs/keys.ts'
import { enrolment, openParcels, verification } from '../../support/parcels.ts'
import { testDatabase } from '../../support/database.ts'
import type { Wire } from '../../support/installation.ts'

// Two servers sign with a store's keys, and somebody changes these meanwhile.

const clock = { aheadMs: 0 }
const shared = {
  now: () => new Date(Date.now() + clock.aheadMs),
  env: { SAUDAGAR_SECRET: randomBytes(32).toString('base64') },
  databaseUrl: (await testDatabase({ after })).url,
}
const one = await openParcels({ after }, shared)
const { engine, vault, store } = one
const two = await openSecond()

/** Another server on the same database: its stores are there already. */
async function openSecond() {
  const { openInstallation } = await import('../../support/installation.ts')
  return openInstallation({ after }, shared, [])
}

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

test('a revoked key signs nothing more on any server, from that moment on', async () => {
  for (const server of servers) assert.equal((await enrolAt(server)).kid, 'key_002') // both have it in memory
  const since = engine.now()
  await revokeKey(engine, vault, notary, store, 'key_002', since, 'stolen')
  const made = await Promise.all(Array.from({ length: 10 }, (_, i) => enrolAt(servers[i % 2]!)))
  assert.deepEqual(new Set(made.map(({ kid }) => kid)), new Set(['key_003']))
  const revoked = (await jwks()).find((key) => key.kid === 'key_002')
  assert.equal(revoked.revoked.revoked_at, Math.ceil(since.getTime() / 1000))
  assert.equal(revoked.revoked.reason, 'stolen')
  await assert.rejects(revokeKey(engine, vault, notary, store, 'key_009', since, 'x'), /has no key key_009/)
})

test('nothing that a revoked key signed is in the log behind the word of it', async () => {
  await rotateKey(engine, vault, notary, store, 0)
  const isOver = { value: false }
  const busy = servers.map(async (server) => {
    while (!isOver.value) await Promise.all([enrolAt(server), enrolAt(server), enrolAt(server)])
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  await revokeKey(engine, vault, notary, store, 'key_004', engine.now(), 'stolen under load')
  await new Promise((resolve) => setTimeout(resolve, 300))
  isOver.value = true
  await Promise.all(busy)
  const [[entry] = []] = await query(`select revoked_entry from proof_key where kid = 'key_004' and store_id = $1`, [
    store.storeId,
  ])
  const behind = await query(
    `select count(*)::int from log_entry where store_id = $1 and kid = 'key_004' and id > $2`,
    [store.storeId, entry],
  )
  assert.deepEqual(behind, [[0]])
  const before = await query(`select count(*) > 0 from log_entry where store_id = $1 and kid = 'key_004' and id < $2`, [
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
  assert.deepEqual(told, [
    ['published', 'key_001'],
    ['published', 'key_002'],
    ['published', 'key_003'],
    ['revoked', 'key_002'],
    ['published', 'key_004'],
    ['published', 'key_005'],
    ['revoked', 'key_004'],
  ])
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(engine.db)).findings, [])
})
