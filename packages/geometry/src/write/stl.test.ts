import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { area, type Mesh, volume } from '../mesh/mesh.ts'
import { readScan } from '../read/read.ts'
import { openEdges, ring, withSplitEdges } from './shapes.ts'
import { stlOf } from './stl.ts'

/** What admesh (Debian) says of a file: each of its counts by name. */
function admesh(t: TestContext, bytes: Uint8Array): Map<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'stl-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.stl'), bytes)
  const { stdout, status, error } = spawnSync('admesh', [join(folder, 'a.stl')], { encoding: 'utf8' })
  assert.equal(status, 0, `admesh (apt-get install admesh): ${error?.message ?? stdout}`)
  return new Map([...stdout.matchAll(/([A-Z][a-z][a-z0-9 -]*?) *: *(-?\d+)/g)].map(([, name, n]) => [name, Number(n)]))
}

const complaints = [
  'Total disconnected facets',
  'Degenerate facets',
  'Edges fixed',
  'Facets removed',
  'Facets added',
  'Facets reversed',
  'Backwards edges',
  'Normals fixed',
]

function noComplaint(t: TestContext, mesh: Mesh, facets: number) {
  const report = admesh(t, stlOf(mesh, 'ring'))
  assert.equal(report.get('Number of facets'), facets)
  assert.equal(report.get('Number of parts'), 1)
  for (const name of complaints) assert.equal(report.get(name), 0, `${name}: ${report.get(name)}`)
}

test('what is written is read as the same closed surface, rounded to 32 bits', () => {
  const mesh = ring(60, 24)
  const scan = readScan(stlOf(mesh, 'ring 1'))
  assert.equal(scan.positions.length, mesh.positions.length)
  assert.equal(openEdges(scan), 0)
  assert.ok(Math.abs(volume(scan) / volume(mesh) - 1) < 1e-6)
  assert.deepEqual(scan.notes, ['ring 1'])
})

test('admesh has nothing to complain about', (t) => {
  noComplaint(t, ring(200, 80), 32_000)
})

test('vertices that become one in 32 bits neither open the surface nor leave triangles without area', (t) => {
  const mesh = withSplitEdges(ring(60, 24), 5, 1e-10)
  assert.equal(openEdges(mesh), 0)
  assert.ok(mesh.triangles.length > 3 * 2 * 60 * 24)
  noComplaint(t, mesh, 2 * 60 * 24)
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
