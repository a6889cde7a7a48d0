import assert from 'node:assert/strict'
import { test } from 'node:test'
import { area, volume } from '../mesh/mesh.ts'
import { readScan } from './read.ts'
import { refusedAt } from './refused.ts'
import { bytesOf, objGroups, objPoints } from './samples.ts'

const obj = (...lines: string[]) => bytesOf([lines.join('\n')])
const square = ['v 0 0 0', 'v 1 0 0', 'v 1 1 0', 'v 0 1 0']

test('a cube of squares in every form of face, with colours, groups and a continued line', () => {
  const scan = readScan(objGroups)
  assert.equal(volume(scan), 8)
  assert.deepEqual(scan.parts, [
    { name: 'bottom', from: 0, to: 2 },
    { name: 'top', from: 2, to: 4 },
    { name: 'sides', from: 4, to: 12 },
  ])
  assert.deepEqual([...(scan.colors ?? [])].slice(0, 6), [0, 0, 255, 26, 0, 255])
  assert.deepEqual(scan.notes, ['made by hand', 'cube'])
})

test('the normal of a vertex is the mean of those at its corners', () => {
  const normals = ['vn 0 0 1', 'vn 0 1 0']
  const scan = readScan(obj(...square, ...normals, 'f 1//1 2//1 3//1', 'f 1//2 3//2 4//-1'))
  const half = Math.SQRT1_2
  assert.deepEqual(
    [...(scan.normals ?? [])].map((n) => Number(n.toFixed(12))),
    [0, half, half, 0, 0, 1, 0, half, half, 0, 1, 0].map((n) => Number(n.toFixed(12))),
  )
})

test('points alone are a scan, with their normals in order', () => {
  const scan = readScan(objPoints)
  assert.equal(scan.triangles.length, 0)
  assert.deepEqual([...(scan.normals ?? [])], [0, 0, 1, 0, 1, 0, 1, 0, 0])
})

test('materials are parts where there are no groups, and groups without faces are none', () => {
  const faces = ['usemtl skin', 'f 1 2 3', 'usemtl nail', 'f 1 3 4']
  assert.deepEqual(
    readScan(obj(...square, 'g whole', 'g empty', 'g whole', ...faces)).parts?.map((part) => part.name),
    ['skin', 'nail'],
  )
  assert.deepEqual(readScan(obj(...square, 'g', 'f 1 2 3')).parts, [{ name: '', from: 0, to: 1 }])
})

test('a concave polygon keeps its area', () => {
  const scan = readScan(obj('v 0 0 0', 'v -2 2 0', 'v 0 -3 0', 'v 2 2 0', 'f 1 2 3 4'))
  assert.equal(area(scan), 6)
})

test('colours from 0 to 255 are taken as such, and those of a few vertices only are left', () => {
  const colored = readScan(obj('v 0 0 0 255 128 0', 'v 1 0 0 0 0 2', 'v 0 1 0 1 1 1'))
  assert.deepEqual([...(colored.colors ?? [])], [255, 128, 0, 0, 0, 2, 1, 1, 1])
  assert.equal(readScan(obj('v 0 0 0', 'v 1 0 0 0 0 1')).colors, undefined)
  assert.equal(readScan(obj('v 0 0 0 1', 'v 1 0 0 1')).colors, undefined, 'a fourth number is a weight')
})

test('faces may stand before their vertices, and a byte order mark before all', () => {
  const scan = readScan(bytesOf(['\uFEFFf 1 2 3\r\nv 0 0 0\r\nv 1 0 0\r\nv 0 1 0']))
  assert.equal(area(scan), 0.5)
  refusedAt(bytesOf(['\uFEFFv nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n']), 'line 1', /x is NaN/)
})

test('a remark may stand behind a statement, and a corner may leave out what is behind its slashes', () => {
  const scan = readScan(
    obj(
      'v 0 0 0 # the first',
      'v 1 0 0 1 # its weight',
      'v 1 1 0 1 0 0\t#red',
      'v 0 1 0 #',
      'vn 0 0 1 # up',
      'vt 0 0 # not \\',
      'f 1/ 2/ 3/ # without texture',
      'f 1// 3/1/ 4//1 \\',
      '  # and on',
    ),
  )
  assert.deepEqual([...scan.triangles], [0, 1, 2, 0, 2, 3])
  assert.equal(area(scan), 1)
  assert.deepEqual([...(scan.normals ?? [])].slice(9), [0, 0, 1])
})

test('a face of two corners is left out, and said to be', () => {
  const scan = readScan(obj(...square, 'f 1 2', 'f 1 2 3', 'f 3/1 4/1 # an edge'))
  assert.deepEqual([...scan.triangles], [0, 1, 2])
  assert.deepEqual(scan.notes, ['faces of fewer than three corners, left out: 2'])
})

test('a refusal names the line', () => {
  const cases: [line: string, why: RegExp][] = [
    ['f 1 2 5', /no vertex 5/],
    ['f 1 2 0', /no vertex 0/],
    ['f 1 2 -5', /no vertex -5/],
    ['f 1 2 99999999999999999999', /no vertex/],
    ['f 1', /the (line|file) ends/],
    ['f', /ends before its numbers/],
    ['f 1 2 3.5', /"3.5" is not a number|".5" is not/],
    ['f 1/1/1/1 2 3', /more than three numbers/],
    ['f 1//9 2//9 3//9', /no normal 9/],
    ['f 1//0 2//9 3//9', /no normal 0/],
    ['f 1//-1 2//9 3//9', /no normal -1/],
    ['f 1/x 2 3', /"x" is not a number/],
    ['v 1 2', /the (line|file) ends/],
    ['v 1 2 3 4 5 6 7 8', /more than seven/],
    ['v 1 2 three', /"three" is not a number/],
    ['vn 0 0', /the (line|file) ends/],
    ['vertex 1 2 3', /"vertex" is no statement/],
    ['w 1 2 3', /"w" is no statement/],
    [`${'x'.repeat(3_000_000)} 1`, /"x{24}…" is no statement/],
  ]
  for (const [line, why] of cases) refusedAt(obj(...square, line), 'line 5', why)
  refusedAt(obj('v nan 0 0', 'v 0 0 0', '', 'v 0 0 inf', 'v 0 1 0', 'f 4 3 2'), 'line 4', /z is Infinity/)
  refusedAt(obj(...square, 'f 1 2 3', 'f 2 3 4 1 2 7', 'v 1 1 1'), 'line 6', /no vertex 7/)
})

test('points without a place are left out, and the rest is as it was', () => {
  const scan = readScan(obj('v nan nan nan', ...square, 'v 1e999 0 0', 'f 2 3 4 5'))
  assert.equal(area(scan), 1)
  assert.deepEqual(scan.notes, ['points without a place (NaN or infinite), left out: 2 of 6'])
})

test('more vertices or triangles than are taken are refused', () => {
  assert.throws(() => readScan(objGroups, { maxVertices: 7 }), { code: 'SCAN_TOO_LARGE' })
  assert.throws(() => readScan(objGroups, { maxTriangles: 11 }), { code: 'SCAN_TOO_LARGE' })
})

test('a polygon of a hundred thousand corners takes no longer than its size', () => {
  const corners = Array.from({ length: 100_000 }, (_, i) => 1 + (i % 4))
  const start = performance.now()
  const scan = readScan(obj(...square, `f ${corners.join(' ')}`))
  assert.equal(scan.triangles.length / 3, 99_998)
  assert.ok(performance.now() - start < 500)
})

test('a control character in a line that is passed over is a blank, and not without end', () => {
  const scan = readScan(
    bytesOf([`#${' '.repeat(512)}\n${square.join('\n')}\nmtllib a\u0000b\u0001 \u0007\nf 1 2\u0000 3 4\n`]),
  )
  assert.equal(area(scan), 1)
})
