import assert from 'node:assert/strict'
import { test } from 'node:test'
import { area, volume } from '../mesh/mesh.ts'
import { readScan } from '../read/read.ts'
import { assertSound, withoutAdmesh } from '../test-support/admesh.ts'
import { openEdges, ring, withSplitEdges } from './shapes.ts'
import { stlOf } from './stl.ts'

test('what is written is read as the same closed surface, rounded to 32 bits', () => {
  const mesh = ring(60, 24)
  const scan = readScan(stlOf(mesh, 'ring 1'))
  assert.equal(scan.positions.length, mesh.positions.length)
  assert.equal(openEdges(scan), 0)
  assert.ok(Math.abs(volume(scan) / volume(mesh) - 1) < 1e-6)
  assert.deepEqual(scan.notes, ['ring 1'])
})

test('admesh has nothing to complain about', { skip: withoutAdmesh }, () => {
  assert.equal(assertSound(stlOf(ring(200, 80), 'ring')), 32_000)
})

test('vertices that become one in 32 bits neither open the surface nor leave triangles without area', () => {
  const mesh = withSplitEdges(ring(60, 24), 5, 1e-10)
  assert.equal(openEdges(mesh), 0)
  assert.ok(mesh.triangles.length > 3 * 2 * 60 * 24)
  if (!withoutAdmesh) assert.equal(assertSound(stlOf(mesh, 'ring')), 2 * 60 * 24)
  const scan = readScan(stlOf(mesh, 'ring'))
  assert.equal(openEdges(scan), 0)
  assert.ok(Math.abs(area(scan) / area(mesh) - 1) < 1e-6)
})

test('a header never begins with "solid", and holds only what all programs can read', () => {
  const header = (name: string) => new TextDecoder().decode(stlOf(ring(3, 3), name).subarray(0, 80))
  assert.equal(header('Solid ear'), 'binary Solid ear'.padEnd(80))
  assert.equal(header('कान left'), '??? left'.padEnd(80))
  assert.equal(header('x'.repeat(100)), 'x'.repeat(80))
})

test('the same mesh gives the same bytes, -0 and 0 included', () => {
  const mesh = ring(12, 8)
  const turned = { ...mesh, positions: mesh.positions.map((x) => (x === 0 ? -0 : x)) }
  assert.deepEqual(stlOf(turned, 'a'), stlOf(mesh, 'a'))
})

test('coordinates that 32 bits do not hold are a mistake, not a file', () => {
  for (const bad of [NaN, Infinity, 1e39]) {
    const mesh = { positions: Float64Array.of(0, 0, 0, 1, 0, 0, 0, bad, 0), triangles: Uint32Array.of(0, 1, 2) }
    assert.throws(() => stlOf(mesh, 'a'), RangeError)
  }
})
