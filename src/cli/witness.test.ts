import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCommand } from '../../test/support/command.ts'
import { until } from '../../test/support/wait.ts'
import { checkpointText, newSeed, signNote, signerOf, vkey } from '../engine/log/notes.ts'
import type { Signer } from '../engine/log/notes.ts'
import { parseTilePath, tilePath } from '../engine/log/paths.ts'
import { append, leafHash } from '../engine/log/tree.ts'
import { cosignaturesOf, noteKinds, readNote, readVerifierKey } from '../verifier/notes.ts'
import { witness } from './witness.ts'
import type { WitnessOptions } from './witness.ts'

/** Files below `/log/`, and what was sent to `/log/cosignatures`: a log as good or bad as its files are. */
async function serveFiles(t: { after(work: () => Promise<void>): void }) {
  const served = { files: new Map<string, Buffer>(), received: [] as string[], accepts: 200, asked: 0 }
  const server = createServer((request, response) => {
    const path = request.url!.replace(/^\/log\//, '')
    if (request.method === 'POST') {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => {
        served.received.push(body)
        response.writeHead(served.accepts).end('{"error":"no"}')
      })
      return
    }
    served.asked++
    const file = served.files.get(path)
    response.writeHead(file ? 200 : 404).end(file)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(async () => void server.close())
  return Object.assign(served, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/log` })
}

/** All files of a log of such entries. */
function filesOf(entries: string[], key: Signer, { origin = key.name }: { origin?: string } = {}) {
  const { size, root, tiles } = append(0, [], Buffer.concat(entries.map((entry) => leafHash(Buffer.from(entry)))))
  const files = new Map<string, Buffer>()
  for (const { level, index, hashes } of tiles) files.set(tilePath({ level, index, width: hashes.length / 32 }), hashes)
  files.set('checkpoint', Buffer.from(signNote(checkpointText({ origin, size, root }), key)))
  return files
}

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `entry ${from + i}`)

async function setUp(t: { after(work: () => Promise<void>): void }) {
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-witness-'))
  t.after(() => rm(folder, { recursive: true }))
  const log = await signerOf('shop.example/ink/log', noteKinds.ed25519, newSeed())
  const served = await serveFiles(t)
  const state = join(folder, 'state')
  const key = join(folder, 'key')
  const watch = async (more: Partial<WitnessOptions> = {}) => {
    let [output, errors] = ['', '']
    const terminal = {
      stdout: { write: (text: string) => ((output += text), true) },
      stderr: { write: (text: string) => ((errors += text), true) },
    }
    const code = await witness(served.url, { logKey: vkey(log), key, state, ...more }, terminal)
    return { code, output, errors }
  }
  return { folder, log, served, state, key, watch, remembered: () => readFile(state, 'utf8').catch(() => '') }
}

test('a witness follows a log that only grows, cosigns each of its checkpoints and sends it where it is asked to', async (t) => {
  const { log, served, key, watch, remembered } = await setUp(t)
  served.files = filesOf(numbered(3), log)
  const first = await watch({ name: 'witness.example/w1' })
  assert.equal(first.code, 0, first.errors)
  const [made, line] = first.output.split('\n')
  const own = (await readVerifierKey(made!.replace('A new key: ', ''), noteKinds.cosignature))!
  assert.equal(own.name, 'witness.example/w1')
  assert.equal((await stat(key)).mode & 0o777, 0o600)
  const checkpoint = served.files.get('checkpoint')!.toString()
  assert.equal(await remembered(), `${checkpoint}${line}\n`)
  const cosignatures = async () => (await cosignaturesOf(readNote(await remembered())!, own))!
  assert.ok(Math.abs((await cosignatures())[0]!.at * 1000 - Date.now()) < 60_000)
  assert.deepEqual(served.received, [])

  for (const size of [3, 4, 255, 256, 257, 700, 66_000]) {
    served.files = filesOf(numbered(size), log)
    const next = await watch({ submit: true })
    assert.equal(next.code, 0, next.errors)
    assert.equal(served.received.at(-1), await remembered())
    assert.ok((await remembered()).startsWith(served.files.get('checkpoint')!.toString()))
    assert.equal((await cosignatures()).length, 1)
  }
})

test('tiles that have become full since may be there only as such', async (t) => {
  const { log, served, watch } = await setUp(t)
  served.files = filesOf(numbered(600), log)
  served.files.set('checkpoint', filesOf(numbered(300), log).get('checkpoint')!)
  assert.deepEqual(parseTilePath('tile/0/001'), { level: 0, index: 1, width: 256 })
  served.files.set('tile/1/000.p/1', served.files.get('tile/1/000.p/2')!.subarray(0, 32))
  assert.equal((await watch()).code, 0)
})

test('a log that forks, shrinks or writes its history anew is refused with both of its checkpoints', async (t) => {
  const { log, served, watch, remembered } = await setUp(t)
  served.files = filesOf(numbered(300), log)
  assert.equal((await watch()).code, 0)
  const before = await remembered()
  const rewritten = (size: number) => numbered(size).map((entry, i) => (i === 17 ? 'another' : entry))
  const bad: [files: Map<string, Buffer>, words: RegExp][] = [
    // the same key, two histories
    [filesOf(numbered(300, 1000), log), /two trees of 300/],
    [filesOf([...numbered(299), 'another'], log), /two trees of 300/],
    // it has forgotten
    [filesOf(numbered(299), log), /had 300 entries and has 299/],
    // one entry was changed, and the log has grown since
    [filesOf(rewritten(301), log), /first 300 entries are others now/],
    [filesOf(rewritten(5000), log), /first 300 entries are others now/],
    [filesOf(numbered(600, 1), log), /first 300 entries are others now/],
  ]
  for (const [files, words] of bad) {
    served.files = files
    const { code, output, errors } = await watch({ submit: true })
    assert.equal(code, 1, errors)
    assert.match(errors, words)
    assert.match(errors, /THE LOG MISBEHAVED/)
    assert.ok(errors.includes(before) && errors.includes(files.get('checkpoint')!.toString()))
    assert.equal(output, '')
    assert.equal(await remembered(), before)
  }
  assert.deepEqual(served.received, [])
  served.files = filesOf(numbered(301), log)
  assert.equal((await watch()).code, 0, 'the true one goes on')
})

test('what is not signed by the log, not its own, or not the tree of its tiles, is refused', async (t) => {
  const { log, served, watch, remembered } = await setUp(t)
  const good = filesOf(numbered(300), log)
  const stranger = await signerOf(log.name, noteKinds.ed25519, newSeed())
  const checkpoint = good.get('checkpoint')!.toString()
  const having = (...changes: [string, string | Buffer][]) => {
    const files = new Map(good)
    for (const [path, bytes] of changes) files.set(path, Buffer.from(bytes))
    return files
  }
  const tile = Buffer.from(good.get('tile/0/000')!)
  tile[100]! ^= 1
  const bad: [files: Map<string, Buffer>, words: RegExp][] = [
    [filesOf(numbered(300), stranger), /not signed/],
    [having(['checkpoint', checkpoint.replace('\n300\n', '\n301\n')]), /not signed/],
    [having(['checkpoint', 'no note']), /not signed/],
    [filesOf(numbered(300), log, { origin: 'shop.example/other/log' }), /not one of shop.example\/ink\/log/],
    [having(['checkpoint', signNote('shop.example/ink/log\n300\n', log)]), /not one of/],
    // a line that the witness does not know, and would vouch for
    [having(['checkpoint', signNote(`${checkpoint.split('\n\n')[0]}\nmore\n`, log)]), /not one of/],
    [having(['tile/1/000.p/1', Buffer.alloc(32)]), /tiles are not of the tree/],
    [having(['tile/0/001.p/44', tile.subarray(0, 44 * 32)]), /tiles are not of the tree/],
    [having(['tile/0/001.p/44', tile.subarray(0, 43 * 32)]), /1376 bytes instead of 1408/],
  ]
  for (const [files, words] of bad) {
    served.files = files
    const { code, output, errors } = await watch()
    assert.equal(code, 1, errors)
    assert.match(errors, words)
    assert.doesNotMatch(output, /^—/m)
    assert.equal(await remembered(), '')
  }
})

test('what cannot be looked at is said with another exit code, and nothing is cosigned', async (t) => {
  const { log, served, folder, state, key, watch, remembered } = await setUp(t)
  const failing = async (words: RegExp, more: Partial<WitnessOptions> = {}) => {
    const { code, output, errors } = await watch(more)
    assert.equal(code, 2, errors)
    assert.match(errors, words)
    assert.doesNotMatch(output, /^—/m)
  }
  await failing(/checkpoint: there is none/)
  served.files = filesOf(numbered(300), log)
  served.files.delete('tile/0/001.p/44')
  await failing(/001.p\/44: there is none/)
  served.files = filesOf(numbered(300), log)
  await failing(/--log-key looks like/, { logKey: 'nonsense' })
  await failing(/key in .* is /, { name: 'witness.example/other' })
  await failing(/cannot be written/, { state: join(folder, 'none', 'state') })
  assert.equal(await remembered(), '')

  assert.equal((await watch()).code, 0)
  const kept = await remembered()
  await writeFile(state, kept.replace('\n300\n', '\n30\n'))
  await failing(/is not what this witness has cosigned/)
  await writeFile(state, kept)
  served.accepts = 403
  const unsent = await watch({ submit: true })
  assert.deepEqual([unsent.code, (await remembered()).includes(unsent.output)], [2, true], 'remembered all the same')
  assert.match(unsent.errors, /not taken: 403/)
  await writeFile(key, 'nonsense')
  await failing(/holds no key/)
  const typed = ['witness', served.url, '--log-key', vkey(log), '--key', key]
  assert.equal((await runCommand(typed)).code, 2, 'an option is missing')
  assert.equal((await runCommand([...typed, '--state', state, '--every', 'often'])).code, 2)
})

test('a witness that goes on looking ends when the log misbehaves, and not when it is away', async (t) => {
  const { log, served, watch, remembered } = await setUp(t)
  const watching = watch({ every: 1 })
  await until('it has looked', async () => served.asked > 0)
  served.files = filesOf(numbered(3), log)
  await until('it has cosigned', async () => (await remembered()) !== '')
  served.files = filesOf(numbered(4, 1), log)
  const { code, output, errors } = await watching
  assert.equal(code, 1)
  assert.match(errors, /there is none[^]*first 3 entries are others now/)
  assert.match(output, /^—/m)
})

test('of two that remember in one file, one works; a killed one is no hindrance', async (t) => {
  const { log, served, state, watch } = await setUp(t)
  served.files = filesOf(numbered(3), log)
  await writeFile(`${state}.lock`, String(process.pid))
  const second = await watch()
  assert.equal(second.code, 2)
  assert.match(second.errors, /another witness/)
  await writeFile(`${state}.lock`, '999999999')
  assert.equal((await watch()).code, 0)
  assert.equal((await watch()).code, 0, 'it lets go')
})
