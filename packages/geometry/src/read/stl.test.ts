import assert from 'node:assert/strict'
import { test } from 'node:test'
import { volume } from '../mesh/mesh.ts'
import { readScan } from './read.ts'
import { refusedAt } from './refused.ts'
import { joined } from '../write/bytes.ts'
import { bytesOf, stlAscii, stlAsciiTwo, stlBinary } from './samples.ts'

const changed = (at: number, type: 'u4' | 'f4', value: number) => {
  const bytes = stlBinary.slice()
  bytes.set(bytesOf([[type, value]]), at)
  return bytes
}

test('the cube in words and the binary one, whose header begins with "solid", are the same closed surface', () => {
  for (const bytes of [stlAscii, stlBinary]) {
    const scan = readScan(bytes)
    assert.equal(scan.positions.length / 3, 8)
    assert.equal(volume(scan), 8)
    assert.match(scan.notes[0], /cube of the test/)
  }
})

test('solids become parts', () => {
  assert.deepEqual(readScan(stlAsciiTwo).parts, [
    { name: 'a', from: 0, to: 1 },
    { name: 'b', from: 1, to: 2 },
  ])
})

test('corners are welded when they are exactly equal, and only then', () => {
  const nearly = stlBinary.slice()
  const view = new DataView(nearly.buffer)
  view.setUint32(84 + 12, view.getUint32(84 + 12, true) + 1, true)
  assert.equal(readScan(nearly).positions.length / 3, 9)
})

test('a binary file cut short says how much of it is there; one with more behind it is read', () => {
  refusedAt(stlBinary.subarray(0, stlBinary.length - 1), 'byte 80', /promises 12 triangles, the file holds 11/)
  const other = joined([bytesOf(['made by a scanner'.padEnd(80, '\0')]), stlBinary.subarray(80)])
  refusedAt(other.subarray(0, 200), 'byte 80', /holds 2/)
  const more = readScan(joined([other, new Uint8Array(7)]))
  assert.deepEqual(more.notes, ['made by a scanner', 'bytes behind the last triangle, not read: 7'])
})

test('a header that promises thousands of millions of triangles is refused before anything is allocated', () => {
  const before = process.memoryUsage().arrayBuffers
  const bytes = changed(80, 'u4', 4_000_000_000)
  assert.throws(() => readScan(bytes), { code: 'SCAN_TOO_LARGE' })
  assert.throws(() => readScan(bytes, { maxTriangles: 1e12 }), { code: 'SCAN_UNREADABLE' })
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6)
})

test('a refusal names the triangle and byte, or the line', () => {
  refusedAt(changed(84 + 50 + 12 + 4, 'f4', NaN), 'triangle 1, byte 146', /is no place/)
  refusedAt(changed(84 + 50 + 12 + 4, 'f4', -Infinity), 'triangle 1, byte 146', /-Infinity/)
  const words = new TextDecoder().decode(stlAscii)
  const at = (from: string | RegExp, to: string) => bytesOf([words.replace(from, to)])
  refusedAt(at('vertex', 'vortex'), 'line 4', /"vortex" where "vertex" should be/)
  refusedAt(at('endloop', 'vertex 0 0 0 endloop'), 'line 7', /"vertex" where "endloop"/)
  refusedAt(at('-1.000000e+0', 'nan'), 'line 4', /is no place/)
  refusedAt(at('-1.000000e+0', '1e999'), 'line 4', /Infinity/)
  refusedAt(at('-1.000000e+0', 'one'), 'line 4', /"one" is not a number/)
  refusedAt(at('endsolid cube of the test\n', ''), /^line \d+$/, /ends before endsolid/)
  refusedAt(at(/endfacet\nendsolid[^]*/, ''), /^line \d+$/, /the file ends before "endfacet"/)
})

test('no triangles are no scan, and too many are refused', () => {
  assert.throws(() => readScan(bytesOf(['solid a\nendsolid a\n'])), { code: 'SCAN_EMPTY' })
  assert.throws(() => readScan(new Uint8Array(84)), { code: 'SCAN_EMPTY' })
  for (const bytes of [stlAscii, stlBinary]) {
    assert.throws(() => readScan(bytes, { maxTriangles: 11 }), { code: 'SCAN_TOO_LARGE' })
    assert.throws(() => readScan(bytes, { maxVertices: 7 }), { code: 'SCAN_TOO_LARGE' })
  }
})
