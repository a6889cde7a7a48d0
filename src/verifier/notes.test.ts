import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  checkpointOf,
  ids,
  logKey,
  logSigner,
  thief,
  vkey,
  witness,
  witnessKey,
} from '../../test/support/proof-files.ts'
import { fromBase64, fromBase64Url, fromHex, toBase64, toBase64Url, toHex } from './bytes.ts'
import { cosignedAt, isNoteOf, noteKinds, readCheckpoint, readNote, readVerifierKey, verifierKey } from './notes.ts'

const leaves = [Buffer.from('a'), Buffer.from('b')]
const key = async (text = logKey) => (await readVerifierKey(text, noteKinds.ed25519))!
const seer = async () => (await readVerifierKey(witnessKey, noteKinds.cosignature))!

// from the tests of golang.org/x/mod/sumdb/note, and the Go checksum database's own key
const peter = {
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  note: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature: 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
}
const sumdb = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'

test('notes and keys of Go’s checksum database are read and checked', async () => {
  const known = await key(peter.vkey)
  assert.equal(known.name, 'PeterNeumann')
  assert.equal((await key(sumdb)).name, 'sum.golang.org')
  assert.equal(await verifierKey('PeterNeumann', 1, known.key), peter.vkey)
  const note = readNote(`${peter.note}\n\u2014 PeterNeumann ${peter.signature}\n`)!
  assert.ok(await isNoteOf(note, known))
  assert.ok(!(await isNoteOf({ ...note, text: note.text.replace('answer', 'cause') }, known)))
})

test('a checkpoint is the log’s when its key signed it, and says its origin, size and root', async () => {
  const note = readNote(checkpointOf({ leaves }))!
  assert.ok(await isNoteOf(note, await key()))
  const { origin, size } = readCheckpoint(note)!
  assert.deepEqual([origin, size], [ids.origin, 2])
  assert.ok(!(await isNoteOf(note, await key(vkey(ids.origin, 1, thief)))), 'another key of the same name')
  assert.ok(!(await isNoteOf(note, await key(vkey('other.example', 1, logSigner)))), 'the same key under another name')
})

test('one wrong signature that claims to be a key’s makes the note nobody’s', async () => {
  const whole = checkpointOf({ leaves })
  const line = whole.slice(whole.lastIndexOf('\u2014'))
  const [, name, encoded] = line.trim().split(' ')
  const bytes = Buffer.from(encoded!, 'base64')
  bytes[20]! ^= 1
  const both = readNote(`${whole}\u2014 ${name} ${bytes.toString('base64')}\n`)!
  assert.equal(both.signatures.length, 2)
  assert.ok(!(await isNoteOf(both, await key())))
  const unknown = readNote(`${whole}\u2014 somebody.example ${encoded}\n`)!
  assert.ok(await isNoteOf(unknown, await key()), 'a signature of somebody unknown is passed over')
})

test('a witness’s cosignature is told with its time; a wrong one is told as wrong', async () => {
  const note = readNote(checkpointOf({ leaves, seenAt: 1_704_100_000 }))!
  assert.ok(await isNoteOf(note, await key()))
  assert.equal(await cosignedAt(note, await seer()), 1_704_100_000)
  assert.equal(await cosignedAt(readNote(checkpointOf({ leaves }))!, await seer()), undefined)
  const later = structuredClone(note)
  later.signatures[1]!.signature[7]! += 1
  assert.equal(await cosignedAt(later, await seer()), 'wrong')
  const short = structuredClone(note)
  short.signatures[1]!.signature = short.signatures[1]!.signature.slice(8)
  assert.equal(await cosignedAt(short, await seer()), 'wrong')
  assert.equal(await readVerifierKey(witnessKey, noteKinds.ed25519), undefined, 'a witness’s key is no log’s')
  assert.equal(vkey(witness.kid, 4, witness), witnessKey)
})

test('what is no note, no checkpoint and no key is not read as one', async () => {
  const whole = checkpointOf({ leaves })
  const notes = {
    'no signature': whole.slice(0, whole.indexOf('\u2014')),
    'no newline at the end': whole.slice(0, -1),
    'a hyphen for the dash': whole.replace('\u2014', '-'),
    'a tab in it': whole.replace('2\n', '2\t\n'),
    'half a surrogate pair': whole.replace('shop', '\uD800'),
    'a name with a plus': whole.replace(/\u2014 shop/, '\u2014 sh+op'),
    'a signature without a key’s id': whole.replace(/(\u2014 \S+ )\S+/, '$1AAAA'),
    'base64 without its padding': whole.replace(/=\n$/, '\n'),
    'too many signatures': whole + whole.slice(whole.indexOf('\u2014')).repeat(32),
    nothing: '',
  }
  for (const [name, text] of Object.entries(notes)) assert.equal(readNote(text), undefined, name)
  const signed = whole.slice(whole.indexOf('\n\u2014'))
  const root = toBase64(new Uint8Array(32))
  const checkpoints = [`o\n02\n${root}\n`, `o\n2\n${root.slice(4)}\n`, `o\n2\n`, `\n2\n${root}\n`, `o\n-1\n${root}\n`]
  for (const text of checkpoints) {
    const note = readNote(text + signed)
    assert.equal(note && readCheckpoint(note), undefined, text)
  }
  const keys = [
    '',
    'name',
    logKey.replace(/\+[\da-f]{8}\+/, '+00000000+'),
    logKey.replace('shop', 'shap'),
    `${logKey}A`,
    logKey.replace('shop', 'sh op'),
  ]
  for (const text of keys) assert.equal(await readVerifierKey(text, noteKinds.ed25519), undefined, text)
})

test('bytes have one spelling, which leads back to them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const given = Uint8Array.from(bytes)
      assert.deepEqual(fromHex(toHex(given)), given)
      assert.deepEqual(fromBase64(toBase64(given)), given)
      assert.deepEqual(fromBase64Url(toBase64Url(given)), given)
      assert.equal(toBase64(given), Buffer.from(given).toString('base64'))
    }),
  )
  for (const text of ['AB', 'A', '0', 'zz', ' 00']) assert.equal(fromHex(text), undefined, text)
  // the last of them spells the byte of `QQ==` with bits that do not count
  for (const text of ['QQ', 'QQ=', 'Q===', 'QQ==\n', 'Q-==', 'QR==']) assert.equal(fromBase64(text), undefined, text)
  for (const text of ['QQ==', 'QR', 'Q', 'Q+']) assert.equal(fromBase64Url(text), undefined, text)
})
