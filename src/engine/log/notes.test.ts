import assert from 'node:assert/strict'
import { createHash, verify } from 'node:crypto'
import { test } from 'node:test'
import {
  checkSignature,
  checkpointText,
  cosign,
  newSeed,
  parseCheckpoint,
  parseNote,
  parseSecretKey,
  parseVkey,
  secretKey,
  signNote,
  signatureTypes,
  signerOf,
  vkey,
} from './notes.ts'

// golang.org/x/mod/sumdb/note, note_test.go: the key and the note by which implementations are compared
const peter = {
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  skey: 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  line: '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
}
const checkpoint = {
  origin: 'example.com/behind-the-sofa',
  size: 20_852_163,
  root: Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64'),
}
const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'

test('keys and signatures are those of Go’s signed notes, to the byte', () => {
  const key = parseSecretKey(peter.skey)!
  assert.equal(vkey(key), peter.vkey)
  assert.equal(signNote(peter.text, key), `${peter.text}\n${peter.line}`)
  const note = parseNote(`${peter.text}\n${peter.line}`)!
  assert.equal(note.text, peter.text)
  assert.equal(checkSignature(note, parseVkey(peter.vkey)!)?.isGenuine, true)
  // github.com/transparency-dev/formats, note_cosigv1_test.go: the key of a witness
  assert.equal(parseVkey('remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2')?.type, 4)
})

test('a key that is misspelt is none', () => {
  for (let i = 0; i < peter.vkey.length; i++) {
    const changed =
      peter.vkey.slice(0, i) + String.fromCodePoint(peter.vkey.codePointAt(i)! + 1) + peter.vkey.slice(i + 1)
    assert.equal(parseVkey(changed), undefined, changed)
    assert.equal(parseVkey(peter.vkey.slice(0, i)), undefined)
    const secret = peter.skey.slice(0, i) + '+' + peter.skey.slice(i)
    assert.equal(parseSecretKey(secret), undefined, secret)
  }
  const seed = newSeed()
  const key = signerOf('witness.example/w1', signatureTypes.cosignature, seed)
  assert.deepEqual(parseSecretKey(secretKey(key, seed))?.publicKey, key.publicKey)
})

test('a cosignature is the time and a signature over it and the checkpoint', () => {
  const seed = Buffer.alloc(32, 9)
  const key = signerOf('witness.example.com/w1', signatureTypes.cosignature, seed)
  const line = cosign(text, key, 1_679_315_147)
  const [, name, coded] = /^— (\S+) (\S+)$/.exec(line)!
  const bytes = Buffer.from(coded!, 'base64')
  assert.equal(name, 'witness.example.com/w1')
  assert.equal(bytes.length, 4 + 8 + 64)
  // the key's id and the message are made here as the specification words them
  const id = createHash('sha256').update('witness.example.com/w1\n\u0004').update(key.publicKey).digest().subarray(0, 4)
  assert.deepEqual(bytes.subarray(0, 4), id)
  // the bytes of the time in the specification's example
  const example =
    'jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=='
  assert.deepEqual(bytes.subarray(4, 12), Buffer.from(example, 'base64').subarray(4, 12))
  const message =
    'cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
  assert.ok(verify(null, Buffer.from(message), key.privateKey, bytes.subarray(12)))

  const note = parseNote(`${text}\n${line}\n`)!
  assert.deepEqual(checkSignature(note, key), { isGenuine: true, line, at: new Date(1_679_315_147_000) })
  assert.equal(checkSignature({ ...note, text: text.replace('3\n', '4\n') }, key)?.isGenuine, false)
  // one key as a log's and as a witness's is two keys
  assert.equal(checkSignature(note, { ...key, type: signatureTypes.note }), undefined)
  assert.equal(checkSignature(note, { ...key, name: 'witness.example.com/w2' }), undefined)
})

test('a note is taken apart as it stands, or not at all', () => {
  const key = signerOf('a', signatureTypes.note, newSeed())
  const note = signNote('one\n\ntwo\n', key)
  assert.equal(parseNote(note)?.text, 'one\n\ntwo\n')
  assert.equal(parseNote(note + cosign('one\n\ntwo\n', key, 1) + '\n')?.signatures.length, 2)
  const wrong = [
    note.slice(0, -1),
    `${note}\n`,
    `${note}x\n`,
    note.replace('one', 'o\tne'),
    note.replace('one', 'o\rne'),
    note.replace('one', 'o\ud800ne'),
    note.replace('— a ', '— a+ '),
    note.replace('— a ', '- a '),
    note.replace('— a ', '— a  '),
    note.replace(/=*\n$/, '!\n'),
    'one\n\n',
    'one\n',
    '',
  ]
  for (const text of wrong) assert.equal(parseNote(text), undefined, JSON.stringify(text))
})

test('a checkpoint is three lines, spelled in one way', () => {
  assert.equal(checkpointText(checkpoint), text)
  assert.deepEqual(parseCheckpoint(text), checkpoint)
  const wrong = [
    text.replace('20852163', '020852163'),
    text.replace('20852163', '+20852163'),
    text.replace('20852163', '9007199254740993'),
    text.replace('20852163', ''),
    text.replace('q2I=', 'q2J='),
    text.replace('q2I=', 'q2I'),
    `\n${text}`,
    `${text}more\n`,
    text.slice(0, -1),
  ]
  for (const changed of wrong) assert.equal(parseCheckpoint(changed), undefined, JSON.stringify(changed))
  assert.equal(parseCheckpoint('a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n')?.size, 0)
})
