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
import {
  cosignaturesOf,
  noteKinds,
  readBareCheckpoint,
  readCheckpoint,
  readNote,
  readVerifierKey,
  signatureOf,
} from './notes.ts'

const leaves = [Buffer.from('a'), Buffer.from('b')]
const key = async (text = logKey) => (await readVerifierKey(text, noteKinds.ed25519))!
const seer = async () => (await readVerifierKey(witnessKey, noteKinds.cosignature))!

// from the tests of golang.org/x/mod/sumdb/note; the Go checksum database's own key; a witness's, from the tests of
// github.com/transparency-dev/formats (note_cosigv1_test.go)
const peter = {
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  note: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature: 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=',
}
const sumdb = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'
const remora = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2'

test('notes and keys of Go’s checksum database are read and checked', async () => {
  const known = await key(peter.vkey)
  assert.equal(known.name, 'PeterNeumann')
  assert.equal((await key(sumdb)).name, 'sum.golang.org')
  assert.equal((await readVerifierKey(remora, noteKinds.cosignature))?.name, 'remora.n621.de')
  const note = readNote(`${peter.note}\n\u2014 PeterNeumann ${peter.signature}\n`)!
  assert.equal(note.text, peter.note)
  assert.equal(await signatureOf(note, known), `\u2014 PeterNeumann ${peter.signature}`)
  assert.ok(!(await signatureOf({ ...note, text: note.text.replace('answer', 'cause') }, known)))
})

test('a checkpoint is the log’s when its key signed it, and says its origin, size and root', async () => {
  const note = readNote(checkpointOf({ leaves }))!
  assert.ok(await signatureOf(note, await key()))
  const { origin, size } = readCheckpoint(note)!
  assert.deepEqual([origin, size], [ids.origin, 2])
  assert.ok(!(await signatureOf(note, await key(vkey(ids.origin, 1, thief)))), 'another key of the same name')
  assert.ok(
    !(await signatureOf(note, await key(vkey('other.example', 1, logSigner)))),
    'the same key under another name',
  )
})

test('one wrong signature that claims to be a key’s makes the note nobody’s', async () => {
  const whole = checkpointOf({ leaves })
  const line = whole.slice(whole.lastIndexOf('\u2014'))
  const [, name, encoded] = line.trim().split(' ')
  const bytes = Buffer.from(encoded!, 'base64')
  bytes[20]! ^= 1
  const both = readNote(`${whole}\u2014 ${name} ${bytes.toString('base64')}\n`)!
  assert.equal(both.signatures.length, 2)
  assert.ok(!(await signatureOf(both, await key())))
  const unknown = readNote(`${whole}\u2014 somebody.example ${encoded}\n`)!
  assert.ok(await signatureOf(unknown, await key()), 'a signature of somebody unknown is passed over')
})

test('a witness’s cosignature is told with its time and line; a wrong one is none of its', async () => {
  const whole = checkpointOf({ leaves, seenAt: 1_704_100_000 })
  const note = readNote(whole)!
  assert.ok(await signatureOf(note, await key()))
  const line = whole.trim().split('\n').at(-1)!
  assert.deepEqual(await cosignaturesOf(note, await seer()), [{ at: 1_704_100_000, line }])
  assert.deepEqual(await cosignaturesOf(readNote(checkpointOf({ leaves }))!, await seer()), [])
  assert.deepEqual(await cosignaturesOf(note, { ...(await seer()), name: 'witness.example/w2' }), [])
  assert.equal(await cosignaturesOf({ ...note, text: note.text.replace('2\n', '3\n') }, await seer()), undefined)
  const later = structuredClone(note)
  later.signatures[1]!.signature[7]! += 1
  assert.equal(await cosignaturesOf(later, await seer()), undefined)
  const short = structuredClone(note)
  short.signatures[1]!.signature = short.signatures[1]!.signature.slice(8)
  assert.equal(await cosignaturesOf(short, await seer()), undefined)
  assert.equal(await readVerifierKey(witnessKey, noteKinds.ed25519), undefined, 'a witness’s key is no log’s')
  assert.equal(vkey(witness.kid, 4, witness), witnessKey)
})

test('what is no note, no checkpoint and no key is not read as one', async () => {
  const whole = checkpointOf({ leaves })
  const notes = {
    'no signature': whole.slice(0, whole.indexOf('\u2014')),
    'no newline at the end': whole.slice(0, -1),
    'one newline more': `${whole}\n`,
    'more behind the signatures': `${whole}x\n`,
    'a text alone': whole.slice(0, whole.indexOf('\n\u2014')),
    'a hyphen for the dash': whole.replace('\u2014', '-'),
    'two spaces': whole.replace('\u2014 ', '\u2014  '),
    'a tab in it': whole.replace('2\n', '2\t\n'),
    'a carriage return in it': whole.replace('2\n', '2\r\n'),
    'a control character beyond ASCII': whole.replace('shop', '\u009B'),
    'one in a signature’s name': whole.replace('\u2014 shop', '\u2014 \u007F'),
    'half a surrogate pair': whole.replace('shop', '\uD800'),
    'a name with a plus': whole.replace(/\u2014 shop/, '\u2014 sh+op'),
    'a signature without a key’s id': whole.replace(/(\u2014 \S+ )\S+/, '$1AAAA'),
    'base64 without its padding': whole.replace(/=\n$/, '\n'),
    'base64 with what is none': whole.replace(/=*\n$/, '!\n'),
    'too many signatures': whole + whole.slice(whole.indexOf('\u2014')).repeat(100),
    nothing: '',
  }
  for (const [name, text] of Object.entries(notes)) assert.equal(readNote(text), undefined, name)
  const signed = whole.slice(whole.indexOf('\n\u2014'))
  assert.equal(readNote(whole + signed.slice(1).repeat(99))?.signatures.length, 100)
  assert.equal(readNote(`one\n\ntwo\n${signed}`)?.text, 'one\n\ntwo\n')
  const root = toBase64(new Uint8Array(32))
  const read = (text: string) => readCheckpoint(readNote(text + signed)!)
  assert.deepEqual(read(`o\n0\n${root}\n`), { origin: 'o', size: 0, root: new Uint8Array(32) })
  const sizes = ['02', '+2', '-1', '', '9007199254740993'].map((size) => `o\n${size}\n${root}\n`)
  const roots = [root.slice(4), root.replace('A=', 'B='), root.slice(0, -1)].map((root) => `o\n2\n${root}\n`)
  const checkpoints = [...sizes, ...roots, 'o\n2\n', `\n2\n${root}\n`, `o\n2\n${root}\n\nmore\n`]
  for (const text of checkpoints) assert.equal(read(text), undefined, text)
  const keys = [
    '',
    'name',
    logKey.replace(/\+[\da-f]{8}\+/, '+00000000+'),
    logKey.replace('shop', 'shap'),
    `${logKey}A`,
    logKey.replace('shop', 'sh op'),
    vkey('sh\u009Bop', 1, logSigner),
  ]
  for (let i = 0; i < logKey.length; i++) {
    const changed = String.fromCodePoint(logKey.codePointAt(i)! + 1)
    keys.push(logKey.slice(0, i), logKey.slice(0, i) + changed + logKey.slice(i + 1))
  }
  for (const text of keys) assert.equal(await readVerifierKey(text, noteKinds.ed25519), undefined, text)
})

test('a line behind a checkpoint’s root is passed over, but not by who vouches for all of it', () => {
  const whole = checkpointOf({ leaves })
  const plain = readNote(whole)!
  assert.equal(plain.text.split('\n').length, 3 + 1)
  assert.deepEqual(readBareCheckpoint(plain), readCheckpoint(plain))
  const longer = { ...plain, text: `${plain.text}more\n` }
  assert.deepEqual(readCheckpoint(longer), readCheckpoint(plain))
  assert.equal(readBareCheckpoint(longer), undefined)
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
