import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { unzipSync } from 'fflate'
import { seeded } from '../mesh/random.ts'
import { zipOf } from './zip.ts'

const random = seeded(3)
const files = {
  'a.txt': new TextEncoder().encode('once\n'.repeat(1000)),
  'données/leer': new Uint8Array(0),
  'noise.bin': Uint8Array.from({ length: 70_000 }, () => 256 * random()),
}

test('another program finds the files in it, in their order', () => {
  for (const level of [0, 3, 9]) {
    const out = unzipSync(zipOf(files, level))
    assert.deepEqual(Object.keys(out), Object.keys(files))
    for (const [name, bytes] of Object.entries(files)) assert.deepEqual(out[name], bytes)
  }
})

test('the directory says where each file begins, how long it is and what its sum is', () => {
  const bytes = zipOf(files, 3)
  const view = new DataView(bytes.buffer)
  const end = bytes.length - 22
  assert.equal(view.getUint32(end, true), 0x06054b50)
  assert.equal(view.getUint16(end + 10, true), 3)
  let at = view.getUint32(end + 16, true)
  for (const [name, content] of Object.entries(files)) {
    assert.equal(view.getUint32(at, true), 0x02014b50)
    assert.equal(view.getUint32(at + 16, true), crc32(content))
    assert.equal(view.getUint32(at + 24, true), content.length)
    const header = view.getUint32(at + 42, true)
    assert.equal(view.getUint32(header, true), 0x04034b50)
    // both say the same of the file
    assert.deepEqual(bytes.subarray(header + 6, header + 28), bytes.subarray(at + 8, at + 30))
    const length = view.getUint16(at + 28, true)
    assert.equal(new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length)), name)
    at += 46 + length
  }
  assert.equal(at, end)
})
