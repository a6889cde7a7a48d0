import assert from 'node:assert/strict'
import { createHash, verify } from 'node:crypto'
import { test } from 'node:test'
import { cosignaturesOf, noteKinds, readBareCheckpoint, readNote, signatureOf } from '../../verifier/notes.ts'
import { checkpointText, cosign, newSeed, parseSecretKey, secretKey, signNote, signerOf, vkey } from './notes.ts'

// golang.org/x/mod/sumdb/note, note_test.go: the key and the note by which implementations are compared
const peter = {
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  skey: 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  line: '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
}
// the example of c2sp.org/tlog-checkpoint
const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'

test('keys and signatures are those of Go’s signed notes, to the byte', async () => {
  const key = (await parseSecretKey(peter.skey))!
  assert.equal(vkey(key), peter.vkey)
  assert.equal(signNote(peter.text, key), `${peter.text}\n${peter.line}`)
})

test('a private key that is misspelt is none', async () => {
  for (let i = 0; i < peter.skey.length; i++) {
    const changed =
      peter.skey.slice(0, i) + String.fromCodePoint(peter.skey.codePointAt(i)! + 1) + peter.skey.slice(i + 1)
    for (const text of [changed, peter.skey.slice(0, i), peter.skey.slice(0, i) + '+' + peter.skey.slice(i)])
      assert.equal(await parseSecretKey(text), undefined, text)
  }
  const seed = newSeed()
  const key = await signerOf('witness.example/w1', noteKinds.cosignature, seed)
  assert.deepEqual((await parseSecretKey(secretKey(key, seed)))?.key, key.key)
})

test('a cosignature is the time and a signature over it and the checkpoint', async () => {
  const key = await signerOf('witness.example.com/w1', noteKinds.cosignature, Buffer.alloc(32, 9))
  const line = cosign(text, key, 1_679_315_147)
  const [, name, coded] = /^— (\S+) (\S+)$/.exec(line)!
  const bytes = Buffer.from(coded!, 'base64')
  assert.equal(name, 'witness.example.com/w1')
  assert.equal(bytes.length, 4 + 8 + 64)
  // the key's id and the message are made here as the specification words them
  const id = createHash('sha256').update('witness.example.com/w1\n\u0004').update(key.key).digest().subarray(0, 4)
  assert.deepEqual(bytes.subarray(0, 4), id)
  // the bytes of the time in the specification's example
  const example =
    'jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=='
  assert.deepEqual(bytes.subarray(4, 12), Buffer.from(example, 'base64').subarray(4, 12))
  const message =
    'cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
  assert.ok(verify(null, Buffer.from(message), key.privateKey, bytes.subarray(12)))
})

test('what is made here is read by the verifier as it was meant', async () => {
  const seed = newSeed()
  const log = await signerOf('example.com/behind-the-sofa', noteKinds.ed25519, seed)
  const witness = await signerOf(log.name, noteKinds.cosignature, seed)
  const checkpoint = readBareCheckpoint({ text, signatures: [] })!
  assert.equal(checkpointText(checkpoint), text)
  const [signed, cosigned] = [signNote(text, log), cosign(text, witness, 1_679_315_147)]
  const note = readNote(`${signed}${cosigned}\n`)!
  assert.equal(`${text}\n${await signatureOf(note, log)}\n`, signed)
  assert.deepEqual(await cosignaturesOf(note, witness), [{ at: 1_679_315_147, line: cosigned }])
  // one key as a log's and as a witness's is two keys
  assert.notEqual(vkey(log), vkey(witness))
  assert.equal(await signatureOf(readNote(`${text}\n${cosigned}\n`)!, log), undefined)
  assert.deepEqual(await cosignaturesOf(readNote(signed)!, witness), [])
})
