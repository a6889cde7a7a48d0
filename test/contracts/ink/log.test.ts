import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { exportFiles } from '../../../src/cli/log.ts'
import { UsageError } from '../../../src/cli/usage.ts'
import { system } from '../../../src/engine/context.ts'
import { execute, statements } from '../../../src/engine/database.ts'
import { checkpointText, cosign, newSeed, signNote, signerOf } from '../../../src/engine/log/notes.ts'
import { findLog, openSigner } from '../../../src/engine/log/log.ts'
import { logProofs } from '../../../src/engine/log/proofs.ts'
import { isConsistent, leafHash } from '../../../src/engine/log/tree.ts'
import { addWitness, listWitnesses } from '../../../src/engine/log/witnesses.ts'
import { addStore } from '../../../src/engine/stores/stores.ts'
import type { Store } from '../../../src/engine/stores/stores.ts'
import { readConfig } from '../../../src/config.ts'
import { open, serve, work } from '../../../src/main.ts'
import { inkStore } from '../../../src/server/demo/ink.ts'
import { createLog } from '../../../src/server/log.ts'
import { fromBase64 } from '../../../src/verifier/bytes.ts'
import { noteKinds, readBareCheckpoint, readNote, readVerifierKey, signatureOf } from '../../../src/verifier/notes.ts'
import { isIncluded, readLogProof, rootOf } from '../../../src/verifier/tree.ts'
import { runCommand } from '../../support/command.ts'
import { testDatabase } from '../../support/database.ts'
import { entriesOf, sequencerOf, state } from '../../support/log.ts'
import { until } from '../../support/wait.ts'

const { url: databaseUrl, drop } = await testDatabase()
const env = {
  DATABASE_URL: databaseUrl,
  SAUDAGAR_SECRET: 'of-a-test-and-of-nobody-else-at-all',
  SAUDAGAR_DEMO: 'off',
  SAUDAGAR_DATA: tmpdir(),
  PORT: '0',
  RATE_LIMITS: 'off',
  PUBLIC_URL: 'https://shop.example:8443/',
}
const installation = await open(readConfig(env), { migrate: false, log: createLog('silent') })
const { engine, vault, registry } = installation
let made = 0
async function newStore(): Promise<Store> {
  const slug = `shop-${++made}`
  await addStore(engine.db, { ...inkStore, slug, hosts: [] })
  await registry.reload()
  return registry.bySlug(slug)!
}
const server = await serve(installation)
const base = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`
after(async () => {
  await server.stop()
  await installation.close()
  await drop()
})

const get = async (store: Store, path: string) => {
  const response = await fetch(`${base}/${store.slug}/log/${path}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString() }
}
const post = async (store: Store, body: string, type = 'text/plain') => {
  const sent = { method: 'POST', headers: { 'content-type': type }, body }
  const response = await fetch(`${base}/${store.slug}/log/cosignatures`, sent)
  return { status: response.status, body: (await response.json()) as { error?: string } }
}
/** So many entries, of which each call states more. */
async function grow(store: Store, count: number): Promise<number[]> {
  const ids = await state(engine.db, store, count)
  await sequencerOf(engine, registry.all(), vault).all()
  return ids
}
const sha = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

test('a store that has stated nothing has no checkpoint, no key and no tile', async () => {
  const store = await newStore()
  for (const path of ['checkpoint', 'vkey', 'tile/0/000.p/1', 'tile/entries/000.p/1']) {
    const { status, text } = await get(store, path)
    assert.equal(status, 404)
    assert.deepEqual(JSON.parse(text), { error: 'Not found' })
  }
  assert.equal((await get(store, 'inclusion?index=0')).status, 400)
  assert.equal((await get(store, 'consistency?from=1')).status, 400)
})

test('the log is served as tlog-tiles: a signed checkpoint, tiles and bundles that make its root, and nothing beyond', async () => {
  const store = await newStore()
  await grow(store, 300)
  const key = (await readVerifierKey((await get(store, 'vkey')).text.trim(), noteKinds.ed25519))!
  assert.equal(key.name, `shop.example/${store.slug}/log`)
  const checkpoint = await get(store, 'checkpoint')
  assert.equal(checkpoint.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.match(checkpoint.headers.get('cache-control')!, /max-age=1$/)
  const note = readNote(checkpoint.text)!
  assert.ok(await signatureOf(note, key))
  const { origin, size, root } = readBareCheckpoint(note)!
  assert.deepEqual([origin, size], [key.name, 300])

  const tile = async (path: string) => {
    const { status, headers, bytes } = await get(store, path)
    assert.equal(status, 200, path)
    assert.equal(headers.get('content-type'), 'application/octet-stream')
    assert.match(headers.get('cache-control')!, /max-age=31536000, immutable/)
    return bytes
  }
  const full = await tile('tile/0/000')
  const part = await tile('tile/0/001.p/44')
  assert.deepEqual([full.length, part.length], [256 * 32, 44 * 32])
  assert.deepEqual(await tile('tile/0/001.p/7'), part.subarray(0, 7 * 32), 'as it was when the tree had 263 entries')
  const bundles = Buffer.concat([await tile('tile/entries/000'), await tile('tile/entries/001.p/44')])
  const entries = Array.from({ length: 300 }, (_, i) => {
    assert.equal(bundles.readUInt16BE(34 * i), 32)
    return bundles.subarray(34 * i + 2, 34 * i + 34)
  })
  assert.equal(bundles.length, 300 * 34)
  assert.deepEqual(entries.map(leafHash), [...chunks(Buffer.concat([full, part]))])
  const node = (hashes: Buffer[]): Buffer => {
    if (hashes.length === 1) return hashes[0]!
    const k = 2 ** (Math.ceil(Math.log2(hashes.length)) - 1)
    return sha(Buffer.of(1), node(hashes.slice(0, k)), node(hashes.slice(k)))
  }
  assert.deepEqual(node([...chunks(Buffer.concat([full, part]))]), Buffer.from(root))
  assert.deepEqual(await tile('tile/1/000.p/1'), node([...chunks(full)]))

  const none = ['tile/0/001', 'tile/0/001.p/45', 'tile/0/002.p/1', 'tile/1/000.p/2', 'tile/2/000.p/1', 'tile/63/000']
  none.push('tile/entries/001', 'tile/entries/001.p/45', 'tile/entries/x001/000', 'tile/0/x999/x999/x999/x999/999')
  none.push('tile/0/0', 'tile/0/000.p/0', 'tile/0/000.p/256', 'tile/00/000', 'tile/0/x000/000', 'tile/x/000', 'tile/0/')
  none.push('tile/0/..%2f..%2fcheckpoint', 'tile/-1/000', 'tile/1e0/000')
  for (const path of none) assert.equal((await get(store, path)).status, 404, path)

  const rival = await newStore()
  await grow(rival, 1)
  assert.notDeepEqual((await get(rival, 'tile/0/000.p/1')).bytes, full.subarray(0, 32))
  assert.equal((await get(rival, 'tile/0/000')).status, 404)
})

function* chunks(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 32) yield bytes.subarray(at, at + 32)
}

test('proofs for who has no tiles convince, and nonsense is told apart', async () => {
  const store = await newStore()
  await grow(store, 200)
  const earlier = readBareCheckpoint(readNote((await get(store, 'checkpoint')).text)!)!
  await grow(store, 400)
  const now = readBareCheckpoint(readNote((await get(store, 'checkpoint')).text)!)!
  const entries = await entriesOf(engine, store)
  const path = async (query: string) => {
    const { status, text } = await get(store, query)
    assert.equal(status, 200, text)
    const { size, hashes } = JSON.parse(text) as { size: number; hashes: string[] }
    return { size, hashes: hashes.map((hash) => fromBase64(hash)!) }
  }
  const leaf = (index: number) => Uint8Array.from(leafHash(entries[index]!))
  for (const index of [0, 255, 256, 599]) {
    const { size, hashes } = await path(`inclusion?index=${index}`)
    assert.equal(size, 600)
    assert.deepEqual(await rootOf(leaf(index), index, 600, hashes), now.root)
  }
  const { hashes } = await path('inclusion?index=7&size=200')
  assert.deepEqual(await rootOf(leaf(7), 7, 200, hashes), earlier.root)
  assert.ok(isConsistent(earlier, now, (await path('consistency?from=200')).hashes))
  assert.deepEqual(await path('consistency?from=200&to=200'), { size: 200, hashes: [] })

  const nonsense = [
    'inclusion',
    'inclusion?index=-1',
    'inclusion?index=600',
    'inclusion?index=7&size=7',
    'inclusion?index=x',
  ]
  nonsense.push(
    'inclusion?index=0&size=601',
    'inclusion?index=0&size=0',
    'inclusion?index=1e400',
    'inclusion?index=0.5',
  )
  nonsense.push(
    'consistency',
    'consistency?from=0',
    'consistency?from=601',
    'consistency?from=3&to=2',
    'consistency?from=1&to=601',
  )
  for (const query of nonsense) {
    const { status, text } = await get(store, query)
    assert.equal(status, 400, query)
    assert.equal(typeof JSON.parse(text).error, 'string')
  }
})

const witnessOf = (name: string) => signerOf(name, noteKinds.cosignature, newSeed())
const seconds = () => Math.floor(Date.now() / 1000)

test('a cosignature is kept when a witness of the store made it over what the log has signed, and else it is not', async () => {
  const store = await newStore()
  await grow(store, 5)
  const five = (await get(store, 'checkpoint')).text
  await grow(store, 5)
  const ten = (await get(store, 'checkpoint')).text
  const [known, stranger] = [await witnessOf('witness.example/a'), await witnessOf('witness.example/b')]
  const ctx = () => engine.direct(store, system)
  assert.equal(await addWitness(ctx(), known), true)
  assert.equal(await addWitness(ctx(), known), true, 'again')
  assert.equal(await addWitness(ctx(), { ...stranger, name: known.name }), false)
  assert.equal(await addWitness(ctx(), { ...known, name: stranger.name }), false)
  const text = (note: string) => readNote(note)!.text
  const by = (note: string, key = known, at = seconds()) => `${note}${cosign(text(note), key, at)}\n`

  const refused = async (body: string, status: number, words: RegExp, type?: string) => {
    const answer = await post(store, body, type)
    assert.equal(answer.status, status, JSON.stringify(answer.body))
    assert.match(answer.body.error!, words)
  }
  await refused('', 400, /./)
  await refused('nonsense', 400, /body must be a checkpoint/)
  await refused('{}', 400, /./, 'application/json')
  await refused('x'.repeat(40_000), 413, /./)
  await refused(cosign(text(ten), known, seconds()), 400, /body must be/)
  await refused(by(ten, stranger), 403, /of a witness/)
  await refused(ten, 403, /of a witness/)
  await refused(by(ten).replace(text(ten), text(five)), 403, /not signed by this log/)
  await refused(`${ten}${cosign(text(five), known, seconds())}\n`, 403, /not genuine/)
  await refused(by(ten, known, seconds() + 3600), 403, /yet to come/)
  await refused(by(ten, known, 2 ** 50), 403, /yet to come/)
  await refused(by(by(ten), known, seconds() + 3600), 403, /yet to come/)
  const rival = await newStore()
  await grow(rival, 5)
  await refused(by((await get(rival, 'checkpoint')).text), 403, /not signed by this log/)
  assert.equal((await post(rival, by((await get(rival, 'checkpoint')).text))).status, 403, 'no witness of that store')
  // signed with the log's own key, and no tree that it ever had
  const [[sealed] = []] = await execute(engine.db, 'select private_sealed from log_tree where store_id = $1', [
    store.storeId,
  ])
  const { origin } = (await findLog(ctx()))!
  const own = await openSigner(vault, store.storeId, origin, sealed as Buffer)
  for (const size of [10, 11])
    await refused(by(signNote(checkpointText({ origin, size, root: sha() }), own)), 400, /another tree/)
  await refused(by(signNote(`${text(ten)}a line more\n`, own)), 400, /body must be/)
  assert.equal((await listWitnesses(ctx()))[0]!.size, null)

  assert.equal((await post(store, by(five))).status, 200, 'of an earlier size')
  assert.equal((await listWitnesses(ctx()))[0]!.size, 5)
  const latest = by(ten, known, seconds() + 5)
  assert.equal((await post(store, latest)).status, 200)
  // what comes late takes nothing back
  assert.equal((await post(store, by(five, known, seconds() + 9))).status, 200)
  assert.equal((await post(store, by(ten))).status, 200)
  assert.equal((await get(store, 'checkpoint')).text, latest, 'served with the checkpoint')
  await grow(store, 1)
  assert.equal(readNote((await get(store, 'checkpoint')).text)!.signatures.length, 1)
})

/** Checks a proof as whoever has nothing but the verifier. @returns the tree's size and who signed */
async function verified(text: string, entry: Buffer, logKey: string) {
  const proof = readLogProof(text)!
  const { note, checkpoint } = proof
  assert.ok(await signatureOf(note, (await readVerifierKey(logKey, noteKinds.ed25519))!))
  assert.ok(await isIncluded(Uint8Array.from(entry), proof, new Map()))
  return { size: checkpoint.size, signedBy: note.signatures.map(({ name }) => name) }
}

test('an entry’s proof is checked without the server, and its cosigned checkpoint is preferred', async () => {
  const store = await newStore()
  const ids = await grow(store, 290)
  const ctx = engine.direct(store, system)
  const entries = await entriesOf(engine, store)
  const prove = async (...indexes: number[]) => {
    const wanted = indexes.map((index) => ids[index]!)
    const { origin, vkey: key, proofs } = (await logProofs(ctx, wanted))!
    assert.equal(origin, `shop.example/${store.slug}/log`)
    const found = await Promise.all(proofs.map((proof, i) => verified(proof, entries[indexes[i]!]!, key)))
    for (const one of found) assert.deepEqual(one, found[0], 'all over one checkpoint')
    return found[0]!
  }
  const name = `shop.example/${store.slug}/log`
  assert.deepEqual(await prove(0, 255, 256, 289), { size: 290, signedBy: [name] })
  assert.deepEqual(await prove(7), { size: 290, signedBy: [name] })

  const [a, b] = [await witnessOf('witness.example/a'), await witnessOf('witness.example/b')]
  for (const witness of [a, b]) await addWitness(ctx, witness)
  const cosigned = async (...witnesses: (typeof a)[]) => {
    const { checkpoint } = (await findLog(ctx))!
    const lines = witnesses.map((key) => `${cosign(readNote(checkpoint!)!.text, key, seconds())}\n`)
    assert.equal((await post(store, checkpoint + lines.join(''))).status, 200)
  }
  await cosigned(a, b)
  const more = await grow(store, 10)
  entries.push(...(await entriesOf(engine, store)).slice(290))
  ids.push(...more)
  assert.deepEqual(await prove(0, 289), { size: 290, signedBy: [name, a.name, b.name] })
  assert.deepEqual(await prove(0, 299), { size: 300, signedBy: [name] }, 'no cosigned one covers the last')
  await cosigned(a)
  assert.deepEqual(await prove(0, 299), { size: 300, signedBy: [name, a.name] })
  assert.deepEqual(await prove(0), { size: 300, signedBy: [name, a.name] }, 'of those with one each, the newest')

  const before = statements.sent
  await logProofs(ctx, [ids[0]!, ids[299]!])
  assert.equal(statements.sent - before, 4)

  const [waiting] = await state(engine.db, store, 1)
  assert.equal(await logProofs(ctx, [ids[0]!, waiting!]), undefined, 'not in the tree yet')
  assert.equal(await logProofs(ctx, [waiting! + 1000]), undefined)
  assert.equal(await logProofs(engine.direct(await newStore(), system), [ids[0]!]), undefined, 'another store’s')
})

test('an export is what is served, file by file, and a later one writes what is new', async (t) => {
  const store = await newStore()
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-export-'))
  t.after(() => rm(folder, { recursive: true }))
  const place = { ...installation, store }
  const files = async () =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
      .sort()
  const compare = async () => {
    for (const file of await files())
      assert.deepEqual(await readFile(join(folder, file)), (await get(store, file)).bytes)
  }
  await assert.rejects(exportFiles(place, folder), UsageError)
  await grow(store, 255)
  assert.deepEqual(await exportFiles(place, folder), { size: 255, written: 3 })
  assert.deepEqual(await files(), ['checkpoint', 'tile/0/000.p/255', 'tile/entries/000.p/255'])
  await compare()
  assert.deepEqual(await exportFiles(place, folder), { size: 255, written: 0 })
  await grow(store, 300)
  await exportFiles(place, folder)
  const expected = ['checkpoint', 'tile/0/000', 'tile/0/001', 'tile/0/002.p/43', 'tile/1/000.p/2']
  expected.push('tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/43')
  assert.deepEqual(await files(), expected.sort())
  await compare()
  const { mtimeMs } = await stat(join(folder, 'tile/0/001'))
  await grow(store, 66_000)
  const { size, written } = await exportFiles(place, folder)
  // 258 tiles and as many bundles, one of each grown; three tiles above, and the checkpoint
  assert.deepEqual([size, written], [66_555, 2 * 258 + 3 + 1])
  assert.equal((await stat(join(folder, 'tile/0/001'))).mtimeMs, mtimeMs, 'not touched again')
  for (const path of ['checkpoint', 'tile/0/259.p/251', 'tile/1/001.p/3', 'tile/2/000.p/1', 'tile/entries/258'])
    assert.deepEqual(await readFile(join(folder, path)), (await get(store, path)).bytes, path)

  const other = await newStore()
  await grow(other, 1)
  await assert.rejects(exportFiles({ ...installation, store: other }, folder), /holds another log/)
})

test('the worker makes a store’s log, under the address that it is served at', async () => {
  const store = await newStore()
  const worker = await work(installation)
  await state(engine.db, store, 3)
  await until('there is a checkpoint', async () => (await get(store, 'checkpoint')).status === 200)
  await worker.stop()
  const { text } = readNote((await get(store, 'checkpoint')).text)!
  assert.match(text, new RegExp(`^shop\\.example:8443/${store.slug}/log\n3\n`))
})

test('from the command line: a witness is added, watches over HTTP, and the shop shows what it has cosigned', async (t) => {
  const store = await newStore()
  await grow(store, 1000)
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-witness-'))
  t.after(() => rm(folder, { recursive: true }))
  const shop = (...args: string[]) => runCommand([...args, '--store', store.slug], env)
  const shown = await shop('log', 'show')
  assert.match(shown.output, /Size: +1000\n[^]*Witness: +none/)
  const logKey = /Key: +(.*)\n/.exec(shown.output)![1]!
  assert.equal(logKey, (await get(store, 'vkey')).text.trim())
  const watch = () =>
    runCommand(
      ['witness', `${base}/${store.slug}/log`, '--log-key', logKey, '--key', join(folder, 'key'), '--submit'].concat([
        '--state',
        join(folder, 'state'),
        '--name',
        'witness.example/cli',
      ]),
    )
  const unknown = await watch()
  assert.equal(unknown.code, 2)
  assert.match(unknown.errors, /witness that this log knows/)
  const witnessKey = /A new key: (.*)\n/.exec(unknown.output)![1]!
  assert.equal((await shop('witnesses', 'add', logKey)).code, 2, 'a log’s key is no witness’s')
  assert.equal((await shop('witnesses', 'add', witnessKey)).code, 0)
  await grow(store, 1)
  const known = await watch()
  assert.equal(known.code, 0, known.errors)
  const listed = await shop('witnesses', 'list')
  assert.ok(listed.output.includes(`${witnessKey} cosigned 1001 entries`), listed.output)
  assert.equal(readNote((await get(store, 'checkpoint')).text)!.signatures.length, 2)

  const checked = await shop('log', 'check')
  assert.deepEqual([checked.code, checked.output], [0, 'All 1001 entries are in the tree as it was signed.\n'])
  const exported = await shop('log', 'export', '--out', join(folder, 'out'))
  assert.match(exported.output, /1001 entries .* 10 files are new/)
  await execute(engine.db, `update log_entry set statement = '{}' where store_id = $1 and log_index = 3`, [
    store.storeId,
  ])
  const broken = await shop('log', 'check')
  assert.deepEqual([broken.code, /index 3, is not the hash/.test(broken.output)], [1, true])
})
