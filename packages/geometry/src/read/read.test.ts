import assert from 'node:assert/strict'
import { test } from 'node:test'
import { area, bounds, type Scan, triangleCount, vertexCount, volume } from '../mesh/mesh.ts'
import { GeometryRefusal } from '../refusal.ts'
import { readScan } from './read.ts'
import { bytesOf, glbPoints, samples, stlBinary } from './samples.ts'
import { scanBytes } from '../test-support/scans.ts'

/** The vertices and triangles that test/scans/README.md states. */
const scans: [name: string, format: Scan['format'], vertices: number, triangles: number][] = [
  ['ear/hutubs_pp3_left_ear.ply', 'ply', 22400, 44202],
  ['ear/cgtub_head_left_ear_crop.ply', 'ply', 3052, 5976],
  ['head/cgtub_head.ply', 'ply', 32870, 65736],
  ['head/sc_sven_truedepth_frame000.ply', 'ply', 34400, 0],
  ['head/sc_sven_truedepth_frame044.ply', 'ply', 30979, 0],
  ['head/ict_facekit_neutral.obj', 'obj', 26719, 52220],
  ['head/mediapipe_canonical_face.obj', 'obj', 468, 898],
  ['foot/dupontgu_left_foot.stl', 'stl', 6388, 12772],
  ['foot/dupontgu_left_foot.obj', 'obj', 6388, 12772],
  ['foot/find_template_left.obj', 'obj', 1002, 2000],
  ['hand/webxr_generic_hand_left.obj', 'obj', 1159, 2314],
  ['hand/webxr_left.glb', 'glb', 1159, 2314],
  ['hand/odedstein_hand_closed.obj', 'obj', 7993, 15982],
  ['body/odedstein_human_neutral.obj', 'obj', 10475, 20908],
  ['body/mhr_template.ply', 'ply', 18439, 36874],
  ['body/makehuman_base.obj', 'obj', 19158, 36972],
]

for (const [name, format, vertices, triangles] of scans) {
  test(`${name} has the ${vertices} vertices and ${triangles} triangles that are known of it`, () => {
    const scan = readScan(scanBytes(name))
    assert.equal(scan.format, format)
    assert.equal(vertexCount(scan), vertices)
    assert.equal(triangleCount(scan), triangles)
    assert.ok(scan.triangles.every((v) => v < vertices))
    assert.ok(scan.positions.every((x) => Number.isFinite(x)))
  })
}

test('a foot is the same surface as STL and as OBJ', () => {
  const stl = readScan(scanBytes('foot/dupontgu_left_foot.stl'))
  const obj = readScan(scanBytes('foot/dupontgu_left_foot.obj'))
  assert.ok(Math.abs(volume(stl) / volume(obj) - 1) < 1e-5)
  assert.ok(Math.abs(area(stl) / area(obj) - 1) < 1e-5)
  for (const side of ['min', 'max'] as const) {
    const off = bounds(stl)[side].map((value, axis) => Math.abs(value - bounds(obj)[side][axis]))
    assert.ok(Math.max(...off) < 1e-6, String(off))
  }
})

test('a skinned hand lies corner by corner where another program put it', () => {
  const glb = readScan(scanBytes('hand/webxr_left.glb'))
  const obj = readScan(scanBytes('hand/webxr_generic_hand_left.obj'))
  assert.equal(glb.unit, 'm')
  let furthest = 0
  for (let corner = 0; corner < glb.triangles.length; corner++) {
    for (let axis = 0; axis < 3; axis++) {
      const off = glb.positions[3 * glb.triangles[corner] + axis] - obj.positions[3 * obj.triangles[corner] + axis]
      furthest = Math.max(furthest, Math.abs(off))
    }
  }
  assert.ok(furthest < 1e-6, `${furthest} m`)
})

test('the parts of a model can be told apart by their names', () => {
  const parts = readScan(scanBytes('body/makehuman_base.obj')).parts ?? []
  const body = parts.filter((part) => part.name === 'body').reduce((sum, { from, to }) => sum + to - from, 0)
  assert.equal(body, 26756)
  const face = readScan(scanBytes('head/ict_facekit_neutral.obj')).parts ?? []
  assert.ok(face.some((part) => part.name === 'M_Face' && part.from === 0))
})

for (const { name, bytes, vertices, triangles } of samples) {
  test(`${name}: what a program may write is read`, () => {
    const scan = readScan(bytes)
    assert.equal(vertexCount(scan), vertices)
    assert.equal(triangleCount(scan), triangles)
  })

  test(`${name}: cut off anywhere it is read or refused, and nothing else happens`, () => {
    for (let end = 0; end < bytes.length; end++) {
      try {
        const scan = readScan(bytes.subarray(0, end))
        assert.ok(scan.positions.length <= 3 * vertices)
      } catch (error) {
        assert.ok(error instanceof GeometryRefusal, `cut at ${end}: ${String(error)}`)
      }
    }
  })
}

test('bytes in the middle of a larger buffer are read from where they are', () => {
  for (const { bytes, vertices } of samples) {
    const larger = new Uint8Array(bytes.length + 11)
    larger.set(bytes, 7)
    assert.equal(vertexCount(readScan(larger.subarray(7, 7 + bytes.length))), vertices)
  }
})

/** Latin letters in UTF-16, without a byte order mark. */
const wide = (text: string, little: boolean) => bytesOf([['u2', ...new TextEncoder().encode(text)]], little)

test('what is no scan is refused with what it is instead', () => {
  const others: [bytes: Uint8Array, found: RegExp][] = [
    [bytesOf(['PK\u0003\u0004', ['u1', 20, 0, 0, 0]]), /zip archive/],
    [bytesOf([['u1', 0x1f, 0x8b, 8, 0, 0, 0]]), /gzip/],
    [bytesOf([['u1', 0x89], 'PNG\r\n']), /PNG/],
    [bytesOf(['<!doctype html><html></html>']), /HTML/],
    [bytesOf(['\n  <?xml version="1.0"?>']), /XML/],
    [bytesOf(['{"asset":{"version":"2.0"}}']), /JSON .*GLB/],
    [bytesOf(['['.repeat(4000)]), /JSON/],
    [bytesOf(['OFF\n3 1 0\n']), /OFF/],
    [bytesOf([['u1', 0xff, 0xfe, 0x76, 0]]), /UTF-16/],
    [bytesOf(['0.1 0.2 0.3\n0.4 0.5 0.6\n']), /text of no known format, beginning with "0.1 0.2 0.3/],
    [bytesOf(['plywood\n']), /text of no known format/],
    [bytesOf(['\u001b[2Jv 1 2 3\n']), /binary data/],
    [bytesOf([['u1', ...Array.from({ length: 200 }, (_, i) => (i * 37) % 256)]]), /binary data/],
    [bytesOf(['   \n\t ']), /text of no known format/],
    [bytesOf(['ply']), /beginning with "ply"$/],
    [wide('v 0 0 0\n'.repeat(50), true), /UTF-16/],
    [wide('solid a\nfacet normal 0 0 1\n'.repeat(20), false), /UTF-16/],
    [bytesOf(['scan.ply'.padEnd(257, '\0'), 'ustar'.padEnd(255, '\0'), 'ply\n']), /tar archive/],
    [bytesOf(['scan.ply'.padEnd(512, '\0'), 'ply\n']), /binary data/],
    [new Uint8Array(1000), /binary data/],
  ]
  for (const [bytes, found] of others) {
    assert.throws(
      () => readScan(bytes),
      (error) => {
        assert.ok(error instanceof GeometryRefusal && error.code === 'SCAN_FORMAT_UNKNOWN', String(error))
        assert.match((error.details as { found: string }).found, found)
        return !/\p{Cc}/u.test(error.message) // nothing of the file may reach a terminal as a command
      },
    )
  }
})

test('an empty file, a file without points and one whose points have no place are no scans', () => {
  const header =
    'ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\nend_header\n'
  for (const bytes of [
    new Uint8Array(),
    bytesOf([header.replace('vertex 2', 'vertex 0')]),
    bytesOf([header, 'nan 0 0\n0 inf 0\n']),
    bytesOf(['# nothing\ng none\n']),
  ]) {
    assert.throws(() => readScan(bytes), { code: 'SCAN_EMPTY' })
  }
})

test('a file of more bytes than are taken is refused unread', () => {
  assert.throws(() => readScan(stlBinary, { maxBytes: 600 }), {
    code: 'SCAN_TOO_LARGE',
    details: { what: 'bytes', found: 684, limit: 600 },
  })
  assert.equal(vertexCount(readScan(glbPoints, { maxBytes: undefined })), 2)
})

test('lines of megabytes, and megabytes of lines, take time in proportion', () => {
  const start = performance.now()
  const long = 'x'.repeat(4_000_000)
  assert.throws(() => readScan(bytesOf([`ply\nformat ascii 1.0\ncomment ${long}\n`])), { code: 'SCAN_UNREADABLE' })
  assert.throws(() => readScan(bytesOf([`solid a\n${long}`])), { code: 'SCAN_UNREADABLE' })
  assert.equal(vertexCount(readScan(bytesOf([`#${long}\nv 0 0 0 # ${long}\n`.replace(/ #.*/, '')]))), 1)
  assert.equal(vertexCount(readScan(bytesOf([`${'\n'.repeat(2_000_000)}v 0 0 0${' \\\n'.repeat(500_000)}`]))), 1)
  assert.throws(() => readScan(bytesOf(['g a\n'.repeat(500_000)])), { code: 'SCAN_EMPTY' })
  assert.ok(performance.now() - start < 3000)
})
