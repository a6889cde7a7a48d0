import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { deliveryDraft, enrolmentDraft, fileKey, ids, logKey, logSigner } from '../../test/support/proof-files.ts'
import { makeProof, nextKey, storeKey, textOf, thief, vkey, witnessKey } from '../../test/support/proof-files.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'saudagar-verify-'))
test.after(() => rm(folder, { recursive: true }))

/** Runs the command where nothing else is: no configuration, no database, no data folder. */
async function verify(args: string[], input = '') {
  const child = spawn(process.execPath, [main, 'verify', ...args], { cwd: folder, env: {} })
  child.stdin.end(input)
  const [out, err] = await Promise.all([buffer(child.stdout), text(child.stderr)])
  const code = child.exitCode ?? (await new Promise<number>((done) => child.once('exit', (code) => done(code ?? -1))))
  return { code, out: out.toString(), err }
}

const both = ['--order-id', ids.orderId, '--nfc-uid', ids.nfcUid]

test('exit code 0 is valid, 1 invalid, 3 incomplete, and the last line says which', async () => {
  const file = textOf(makeProof())
  await writeFile(join(folder, 'parcel.json'), file)
  const ends = async (args: string[], input?: string) => {
    const { code, out, err } = await verify(args, input)
    assert.equal(err, '')
    return [code, out.trimEnd().split('\n').at(-1)!.split(':')[0]]
  }
  assert.deepEqual(await ends(['parcel.json', ...both]), [0, 'VALID'])
  assert.deepEqual(await ends(['-', ...both], file), [0, 'VALID'])
  assert.deepEqual(await ends(['parcel.json']), [3, 'INCOMPLETE'])
  assert.deepEqual(await ends(['parcel.json', '--order-id', ids.orderId]), [3, 'INCOMPLETE'])
  assert.deepEqual(await ends(['parcel.json', '--order-id', 'ORDER-2', '--nfc-uid', ids.nfcUid]), [1, 'INVALID'])
  assert.deepEqual(await ends(['-', ...both], file.replace('iPhone', 'iphone')), [1, 'INVALID'])
  assert.deepEqual(await ends(['-'], 'no proof'), [1, 'INVALID'])
  assert.deepEqual(await readdir(folder), ['parcel.json'], 'nothing was made')
})

test('what could not be checked is told as not checked', async () => {
  const { out } = await verify(['-'], textOf(makeProof()))
  assert.match(out, /^not checked {2}document, enrolment .*order id and NFC UID/m)
  assert.match(out, /^not checked {2}document, delivery .*order id/m)
  assert.match(out, /^ok {11}keys .*thumbprints \(RFC 7638\)/m)
})

test('keys from elsewhere, the log’s key and a witness are asked for by their options', async () => {
  const seen = textOf(makeProof({ view: { seenAt: 1_704_200_000 } }))
  const keyFile = async (name: string, key: object) => {
    await writeFile(join(folder, name), JSON.stringify({ keys: [key] }))
    return ['--keys', name]
  }
  const ours = await keyFile('ours.json', fileKey(storeKey))
  const all = [...both, ...ours, '--log-key', logKey, '--witness', witnessKey]
  const { code, out } = await verify(['-', ...all], seen)
  assert.equal(code, 0, out)
  assert.match(out, /seen with 10 entries by witness\.example\/w1 at 2024-01-02T12:53:20\.000Z/)
  const wrong = [
    await keyFile('theirs.json', fileKey(nextKey)),
    ['--log-key', vkey(ids.origin, 1, thief)],
    ['--witness', vkey('witness.example/w2', 4, thief)],
  ]
  for (const options of wrong) assert.equal((await verify(['-', ...both, ...options], seen)).code, 1, options.join(' '))
})

test('--json prints the whole report', async () => {
  const { code, out } = await verify(['-', '--json', ...both], textOf(makeProof()))
  const report = JSON.parse(out)
  assert.deepEqual([code, report.verdict, report.facts.delivery.distance_meters], [0, 'valid', 14])
})

test('a file that cannot be read, and a wrong option, are exit code 2', async () => {
  await writeFile(join(folder, 'empty.json'), '{}')
  const wrong = [
    ['none.json'],
    ['.'],
    [],
    ['-', '--what'],
    ['-', '--keys', 'none.json'],
    ['-', '--keys', 'empty.json'],
    ['-', '--log-key', 'x'],
    ['-', '--log-key', witnessKey],
    ['-', '--witness', vkey(ids.origin, 1, logSigner)],
  ]
  for (const args of wrong) {
    const { code, out, err } = await verify(args, textOf(makeProof()))
    assert.deepEqual([code, out], [2, ''], args.join(' '))
    assert.match(err, /^(saudagar|error): /, args.join(' '))
    assert.doesNotMatch(err, /\n {4}at /, 'a stack')
  }
})

test('what a device wrote cannot move the cursor, nor a line around', async () => {
  const device_info = 'x\u001B[2J\r\nVALID: yes\u202Ey'
  const drafts = [enrolmentDraft(), { ...deliveryDraft(), device_info }]
  const { out } = await verify(['-', ...both], textOf(makeProof({ drafts })))
  assert.match(out, /device x\\u\{1b\}\[2J\\u\{d\}\\u\{a\}VALID: yes\\u\{202e\}y$/m)
})
