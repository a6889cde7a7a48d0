import assert from 'node:assert/strict'
import { test } from 'node:test'
import { area, volume } from '../mesh/mesh.ts'
import { readScan } from './read.ts'
import { bytesOf, type Piece, plyAscii, plyBig, plyLittle, plyPoints, plyStrips } from './samples.ts'
import { refusedAt } from './refused.ts'

const head = (...lines: string[]) => `ply\nformat ascii 1.0\n${lines.join('\n')}\nend_header\n`
const points = ['property float x', 'property float y', 'property float z']
const ply = (...pieces: Piece[]) => bytesOf(pieces)

test('the same cube comes out of ascii and of both byte orders, with all that stands around it', () => {
  const plain = readScan(plyAscii)
  assert.equal(volume(plain), 8)
  for (const bytes of [plyLittle, plyBig]) {
    const scan = readScan(bytes)
    assert.deepEqual(scan.positions, plain.positions)
    assert.deepEqual(scan.triangles, plain.triangles)
    assert.deepEqual([...(scan.colors ?? [])].slice(0, 6), [0, 20, 255, 10, 20, 255])
    assert.ok(Math.abs((scan.normals?.[20] ?? 0) - 1 / Math.sqrt(3)) < 1e-7)
    assert.deepEqual([...(scan.labels ?? [])], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    assert.deepEqual(scan.notes, ['made by hand', 'of two minds'])
    assert.equal(scan.unit, undefined)
  }
})

test('strips are triangles that all face the same way, and stop at -1', () => {
  const scan = readScan(plyStrips)
  assert.deepEqual([...scan.triangles], [0, 1, 2, 2, 1, 3, 2, 3, 4])
  assert.deepEqual([...(scan.colors ?? [])].slice(0, 6), [0, 0, 0, 255, 0, 0])
})

test('points that a depth camera did not see are left out with their colours, and a note says how many', () => {
  const scan = readScan(plyPoints)
  assert.deepEqual([...scan.positions], [0, 0, 0, 1, 1, 0, 3, 3, 0])
  assert.deepEqual([...(scan.colors ?? [])], [0, 0, 0, 1, 0, 0, 3, 0, 0])
  assert.deepEqual(scan.notes, ['points without a place (NaN or infinite), left out: 2 of 5'])
})

test('a vertex without a place that no triangle needs goes too, and triangles follow their corners', () => {
  const scan = readScan(
    ply(
      head('element vertex 4', ...points, 'element face 1', 'property list uchar int vertex_indices'),
      ['nan nan nan\n0 0 0\n1 0 0\n0 1 0\n3 1 2 3\n'].join(''),
    ),
  )
  assert.deepEqual([...scan.triangles], [0, 1, 2])
  assert.equal(area(scan), 0.5)
})

test('faces before vertices, faces of two corners and labels of a face that makes three triangles', () => {
  const scan = readScan(
    ply(
      head(
        'element face 3',
        'property list uchar int vertex_index',
        'property int label',
        'element vertex 5',
        ...points,
      ),
      '2 0 1 7\n5 0 1 2 3 4 8\n3 0 1 2 9\n0 0 0\n1 0 0\n2 1 0\n1 2 0\n0 1 0\n',
    ),
  )
  assert.deepEqual([...scan.triangles], [0, 1, 2, 0, 2, 3, 0, 3, 4, 0, 1, 2])
  assert.deepEqual([...(scan.labels ?? [])], [8, 8, 8, 9])
  assert.deepEqual(scan.notes, ['faces of fewer than three corners, left out: 1'])
})

test('a number a face that is not whole is no label', () => {
  const lines = ['element vertex 3', ...points, 'element face 1', 'property list uchar int vertex_indices']
  const scan = readScan(ply(head(...lines, 'property float label'), '0 0 0\n1 0 0\n0 1 0\n3 0 1 2 0.5\n'))
  assert.equal(scan.labels, undefined)
})

test('what follows the header is data, even if it looks like a line end', () => {
  const lines = ['format binary_little_endian 1.0', 'element vertex 1', ...points, 'end_header']
  for (const end of ['\n', '\r\n', '\r']) {
    // 0x0a in the first byte of x
    const scan = readScan(bytesOf([['ply', ...lines, ''].join(end), ['u1', 10, 0, 0, 0x40], ['f4', 1, 2]]))
    assert.ok(Math.abs(scan.positions[0] - 2.0000024) < 1e-6, JSON.stringify(end))
    assert.deepEqual([...scan.positions.subarray(1)], [1, 2])
  }
})

test('a header that promises a thousand million vertices is refused before anything is allocated', () => {
  const before = process.memoryUsage().arrayBuffers
  for (const element of ['vertex', 'face', 'camera']) {
    const lines = [`element ${element} 1000000000`, ...points]
    const more = element === 'vertex' ? [] : ['element vertex 3', ...points]
    for (const format of ['ascii', 'binary_little_endian', 'binary_big_endian']) {
      const bytes = ply(head(...lines, ...more).replace('ascii', format), '0 0 0\n1 0 0\n0 1 0\n')
      const code = element === 'camera' ? 'SCAN_UNREADABLE' : 'SCAN_TOO_LARGE'
      assert.throws(() => readScan(bytes), { name: 'Error', code })
      const generous = { maxVertices: 1e10, maxTriangles: 1e10 }
      assert.throws(() => readScan(bytes, generous), { code: 'SCAN_UNREADABLE' })
    }
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6)
})

test('a list that promises more than the file holds is refused before anything is allocated', () => {
  const lines = ['element vertex 3', ...points, 'element face 1', 'property list int int vertex_indices']
  const before = process.memoryUsage().arrayBuffers
  const body: Piece[] = [
    ['f4', 0, 0, 0, 1, 0, 0, 0, 1, 0],
    ['i4', 2_000_000_000, 0, 1, 2],
  ]
  const bytes = bytesOf([head(...lines).replace('ascii', 'binary_little_endian'), ...body])
  const behindCount = bytes.length - 12
  refusedAt(bytes, `face 0, property vertex_indices, byte ${behindCount}`, /2000000000 values/)
  refusedAt(ply(head(...lines), '0 0 0\n1 0 0\n0 1 0\n2000000000 0 1 2\n'), /^face 0, .*line 13$/, /2000000000 values/)
  refusedAt(ply(head(...lines), '0 0 0\n1 0 0\n0 1 0\n-3 0 1 2\n'), /^face 0/, /a list of -3 values/)
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6)
})

test('a refusal names the place in the header', () => {
  const cases: [lines: string[], at: string, why: RegExp][] = [
    [['element vertex 1', 'property float64x x'], 'header line 4', /"float64x" is no type/],
    [['element vertex'], 'header line 3', /a name and a count/],
    [['element vertex 1e9'], 'header line 3', /a name and a count/],
    [['element vertex -1'], 'header line 3', /a name and a count/],
    [['property float x'], 'header line 3', /before the first element/],
    [['element vertex 1', 'property list list uchar int x'], 'header line 4', /two types and a name/],
    [['element vertex 1', 'property list float int x'], 'header line 4', /cannot be counted in float32/],
    [['element vertex 1', 'property float x', 'property float x'], 'header line 5', /a second property x/],
    [['element vertex 1', ...points, 'element vertex 1'], 'header line 7', /a second element vertex/],
    [['format ascii 1.0'], 'header line 3', /a second format/],
    [[`element ${'x'.repeat(201)} 1`], 'header line 3', /more than 200 characters/],
    [['element vertex 1', `property float ${'x'.repeat(201)}`], 'header line 4', /more than 200 characters/],
    [['elephant vertex 1'], 'header line 3', /"elephant" is no word/],
    [[`comment ${'x'.repeat(5000)}`], 'header line 3', /more than 4096/],
    [['element face 1', 'property list uchar int vertex_indices'], 'the header', /no element "vertex"/],
    [['element vertex 1', 'property float x', 'property list uchar float y'], 'the header', /no single y/],
    [['element vertex 1'], 'the header', /no single x/],
  ]
  for (const [lines, at, why] of cases) refusedAt(ply(head(...lines), '0\n'), at, why)
  refusedAt(ply('ply\nformat ascii 2.0\nend_header\n'), 'header line 2', /only 1\.0/)
  refusedAt(ply('ply\nformat binary 1.0\nend_header\n'), 'header line 2', /"binary" is not/)
  refusedAt(ply('ply\nelement vertex 0\nend_header\n'), 'header line 3', /without a format/)
  refusedAt(ply('ply\nformat ascii 1.0\nelement vertex 1\n'), 'header line 4', /before end_header/)
  refusedAt(ply('ply\n', 'comment\n'.repeat(100_000)), 'header line 100002', /before end_header/)
})

test('a refusal names the vertex or face, and the line or byte', () => {
  const lines = ['element vertex 3', ...points, 'element face 1', 'property list uchar int vertex_indices']
  const at = (body: string) => ply(head(...lines), body)
  refusedAt(at('0 0 0\n1 x 0\n0 1 0\n3 0 1 2\n'), 'vertex 1, property y, line 11', /"x" is not a number/)
  refusedAt(at('0 0 0\n1\n0 1 0 0 1 0\n3 0 1 2\n'), 'vertex 1, property y, line 11', /the line ends/)
  refusedAt(at('0 0 0\n1 0 0 5\n0 1 0\n3 0 1 2\n'), 'vertex 1, line 11', /more values/)
  refusedAt(at('0 0 0\n1 0 0\n0 1 0\n\n\n\n\n'), /^face 0/, /the file ends/)
  refusedAt(
    at('0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n'),
    'face 0, property vertex_indices, line 13',
    /no vertex 3: the last is 2/,
  )
  refusedAt(at('0 0 0\n1 0 0\n0 1 0\n3 0 1 -1\n'), /^face 0/, /no vertex -1/)
  refusedAt(at('0 0 0\n1 0 0\n0 1 0\n3 0 1 1.5\n'), /^face 0/, /no vertex 1.5/)
  refusedAt(at('0 0 0\n1 0 0\n0 1 nan\n3 0 1 2\n'), 'vertex 2', /z is NaN/)
  refusedAt(at('0 0 0\n1 1e999 0\n0 1 0\n3 0 1 2\n'), 'vertex 1', /y is Infinity/)
  refusedAt(at('0 0 0\n1 1e39 0\n0 1 0\n3 0 1 2\n'), 'vertex 1', /y is 1e\+39/)
  refusedAt(plyLittle.subarray(0, plyLittle.length - 1), 'edge 0, property vertex1, byte 1237', /promises 1/)
  refusedAt(plyLittle.subarray(0, 1000), /^face 0, property texcoord, byte/, /promises 12/)
})

test('more vertices or triangles than are taken are refused, by what the header says or the faces make', () => {
  const code = 'SCAN_TOO_LARGE'
  assert.throws(() => readScan(plyAscii, { maxVertices: 7 }), {
    code,
    details: { what: 'vertices', found: 8, limit: 7 },
  })
  assert.throws(() => readScan(plyAscii, { maxTriangles: 5 }), { code })
  assert.throws(() => readScan(plyAscii, { maxTriangles: 11 }), { code })
  assert.equal(readScan(plyAscii, { maxVertices: 8, maxTriangles: 12 }).triangles.length, 36)
})
