import assert from 'node:assert/strict'
import { test } from 'node:test'

import { area, type Mesh, submesh, turned, vertexCount, volume } from '../mesh/mesh.ts'
import { gaussian, seeded } from '../mesh/random.ts'
import { box, icosphere, parametric, torus } from '../mesh/shapes.ts'
import { boundaryLoops, edgesOf, genus, nonManifoldEdges, nonManifoldVertices, opposites } from '../mesh/topology.ts'
import { readScan } from '../read/read.ts'
import { clean } from './clean.ts'
import { scanBytes } from '../test-support/scans.ts'

const scan = (name: string) => readScan(scanBytes(name))

/** Each triangle with corners of its own, moved by up to `jitter` of it: what an STL of rounded numbers is. */
function soup(mesh: Mesh, jitter: number, random: () => number): Mesh {
  const positions = new Float64Array(3 * mesh.triangles.length)
  for (const [corner, v] of mesh.triangles.entries()) {
    for (let axis = 0; axis < 3; axis++) {
      positions[3 * corner + axis] = mesh.positions[3 * v + axis] + jitter * (random() - 0.5)
    }
  }
  return { positions, triangles: Uint32Array.from({ length: mesh.triangles.length }, (_, i) => i) }
}

const joined = (...meshes: Mesh[]): Mesh => {
  const positions: number[] = []
  const triangles: number[] = []
  for (const mesh of meshes) {
    const first = positions.length / 3
    for (const v of mesh.triangles) triangles.push(v + first)
    for (const value of mesh.positions) positions.push(value)
  }
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) }
}

const shifted = (mesh: Mesh, by: number[]): Mesh => ({
  ...mesh,
  positions: mesh.positions.map((value, i) => value + by[i % 3]),
})

/** At most two triangles at an edge, one fan at a vertex, neighbours that agree. */
function assertTidy(mesh: Mesh) {
  const edges = edgesOf(mesh)
  const opposite = opposites(mesh, edges)
  assert.deepEqual(nonManifoldEdges(edges), [])
  assert.deepEqual(nonManifoldVertices(mesh, opposite), [])
  for (const [h, across] of opposite.entries()) {
    if (across >= 0) assert.notEqual(mesh.triangles[h], mesh.triangles[across], 'neighbours turned against each other')
  }
}

test('a soup of loose triangles, turned at random, some twice and some without area, is one torus again', () => {
  const random = seeded(1)
  const whole = torus(30, 10, 80, 40)
  const loose = soup(whole, 1e-4, random)
  const triangles = [...loose.triangles]
  for (let t = 0; t < triangles.length; t += 3) {
    if (random() < 0.2) [triangles[t], triangles[t + 1]] = [triangles[t + 1], triangles[t]]
  }
  for (let i = 0; i < 50; i++) triangles.push(...triangles.slice(30 * i, 30 * i + 3)) // twice
  for (let i = 0; i < 20; i++) triangles.push(triangles[i], triangles[i], triangles[i + 9]) // no area
  const { mesh, report } = clean({ ...loose, triangles: Uint32Array.from(triangles) })
  assertTidy(mesh)
  assert.deepEqual(
    [vertexCount(mesh), mesh.triangles.length / 3, genus(mesh), boundaryLoops(mesh).length],
    [3200, 6400, 1, 0],
  )
  assert.ok(Math.abs(volume(mesh) / volume(whole) - 1) < 1e-4)
  assert.deepEqual([report.duplicates, report.degenerate, report.welded], [50, 20, 19200 - 3200])
  assert.ok(report.turned > 1000 && report.turned < 1600)
})

test('a fin on the surface is dropped, a second sheet that touches along an edge becomes a piece of its own', () => {
  const ball = icosphere(10, 12)
  const v = vertexCount(ball)
  const [a, b] = ball.triangles
  const fin: Mesh = {
    positions: Float64Array.of(...ball.positions, 0, 0, 20),
    triangles: Uint32Array.of(...ball.triangles, a, b, v),
  }
  const bare = clean(fin)
  assertTidy(bare.mesh)
  assert.equal(bare.mesh.triangles.length, ball.triangles.length)
  assert.deepEqual([bare.report.nonManifoldEdges, bare.report.strayPieces], [1, 1])
  assert.ok(Math.abs(volume(bare.mesh) - volume(ball)) < 1e-9)

  // two boxes that share an edge, with its vertices
  const one = box([0, 0, 0], [2, 2, 2])
  const other = shifted(one, [2, 2, 0])
  const both = joined(one, other)
  const touching = { ...both, triangles: both.triangles.map((w) => (w === 8 ? 3 : w === 12 ? 7 : w)) }
  assert.equal(nonManifoldEdges(edgesOf(touching)).length, 1)
  const apart = clean(touching)
  assertTidy(apart.mesh)
  assert.deepEqual(boundaryLoops(apart.mesh), [])
  assert.equal(apart.report.pieces.length, 2)
  assert.equal(volume(apart.mesh), 16)
})

test('a Möbius strip is cut once, and then has two sides', () => {
  const strip = parametric(40, 4, (u, v) => {
    const [turn, w] = [2 * Math.PI * u, (v - 0.5) * 4]
    const r = 10 + w * Math.cos(turn / 2)
    return [r * Math.cos(turn), r * Math.sin(turn), w * Math.sin(turn / 2)]
  })
  const { mesh, report } = clean(strip) // its two ends lie on each other, the other way up
  assertTidy(mesh)
  assert.equal(report.pieces.length, 1)
  assert.equal(report.oneSidedCuts, 4)
  assert.equal(mesh.triangles.length, strip.triangles.length)
})

test('a triangle whose corner lies on its own side gets area by flipping, not a hole', () => {
  // a square of two triangles against a square of three, whose middle vertex lies on the diagonal
  const mesh: Mesh = {
    positions: Float64Array.of(0, 0, 0, 4, 0, 0, 4, 4, 0, 0, 4, 0, 2, 2, 0),
    triangles: Uint32Array.of(0, 1, 2, 0, 2, 4, 0, 4, 3, 4, 2, 3),
  }
  const { mesh: flat, report } = clean(mesh)
  assertTidy(flat)
  assert.equal(report.flipped, 1)
  assert.equal(area(flat), 16)
  assert.equal(boundaryLoops(flat).length, 1)
  assert.equal(boundaryLoops(flat)[0].length, 4)
})

test('small holes are closed as the surface goes on, real openings stay, and the report counts both', () => {
  const ball = icosphere(30, 40)
  const holeAt = (t: number, axis: number, sign: number, mm: number) =>
    [0, 1, 2].every((k) => {
      const v = 3 * ball.triangles[3 * t + k]
      return (
        Math.hypot(...ball.positions.subarray(v, v + 3).map((value, i) => value - (i === axis ? 30 * sign : 0))) < mm
      )
    })
  const open = submesh(ball, (t) => !holeAt(t, 0, 1, 1.2) && !holeAt(t, 1, -1, 1.2) && !holeAt(t, 2, 1, 12))
  const { mesh, report, fromTriangle, fromVertex } = clean(open)
  assertTidy(mesh)
  assert.equal(report.holesFilled.length, 2)
  assert.equal(report.openings.length, 1)
  assert.ok(report.openings[0].perimeter > 60)
  assert.equal(boundaryLoops(mesh).length, 1)
  for (let v = 0; v < mesh.positions.length; v += 3) {
    assert.ok(Math.abs(Math.hypot(...mesh.positions.subarray(v, v + 3)) - 30) < 0.01)
  }
  // where everything came from
  assert.equal(fromTriangle.filter((t) => t < 0).length, report.filledTriangles)
  for (const [v, old] of fromVertex.entries()) {
    if (old >= 0)
      assert.deepEqual(mesh.positions.subarray(3 * v, 3 * v + 3), open.positions.subarray(3 * old, 3 * old + 3))
  }
  const larger = clean(open, { holePerimeter: 100 })
  assert.equal(larger.report.openings.length, 0)
  assert.deepEqual(boundaryLoops(larger.mesh), [])
  // a cap 24 mm wide and 2.5 mm high, made from its rim alone
  for (let v = 0; v < larger.mesh.positions.length; v += 3) {
    assert.ok(Math.abs(Math.hypot(...larger.mesh.positions.subarray(v, v + 3)) - 30) < 0.6)
  }
})

test('over noise a patch does not spike', () => {
  const random = seeded(5)
  const noise = gaussian(random)
  const sheet = parametric(60, 60, (u, v) => [60 * u, 60 * v, 0.3 * noise()])
  const holed = submesh(sheet, (t) => {
    const v = 3 * sheet.triangles[3 * t]
    return Math.hypot(sheet.positions[v] - 30, sheet.positions[v + 1] - 30) > 4
  })
  const { mesh, report } = clean(holed, { holePerimeter: 60 })
  assert.equal(report.holesFilled.length, 1)
  for (let v = vertexCount(holed); v < vertexCount(mesh); v++) assert.ok(Math.abs(mesh.positions[3 * v + 2]) < 3)
  assertTidy(mesh)
})

test('debris goes, a second part of some size stays', () => {
  const { mesh, report } = clean(
    joined(icosphere(10, 16), shifted(icosphere(0.5, 4), [20, 0, 0]), shifted(icosphere(3, 6), [0, 30, 0])),
  )
  assert.deepEqual([report.pieces.length, report.strayPieces, report.strayTriangles], [2, 1, 320])
  assertTidy(mesh)
})

test('inside out is turned: a closed piece by what it holds, a nearly closed one too, an open one as the file has it', () => {
  const ball = icosphere(10, 12)
  const insideOut = clean({ ...ball, triangles: turned(ball.triangles) })
  assert.ok(volume(insideOut.mesh) > 4000)
  assert.equal(insideOut.report.turned, ball.triangles.length / 3)
  assert.equal(insideOut.report.pieces[0].outwardBy, 'volume')

  const ankle = submesh(ball, (t) => ball.positions[3 * ball.triangles[3 * t] + 2] < 9)
  const foot = clean({ ...ankle, triangles: turned(ankle.triangles) })
  assert.ok(volume(foot.mesh) > 3500)
  assert.equal(foot.report.openings.length, 1)

  // a bowl may be the inside of something: which side was seen, only the file knows
  const bowl = submesh(ball, (t) => ball.positions[3 * ball.triangles[3 * t] + 2] < -3)
  assert.ok(volume(clean({ ...bowl, triangles: turned(bowl.triangles) }).mesh) < 0)
  const random = seeded(3)
  const mixed = bowl.triangles.slice()
  const mirrored = turned(mixed)
  for (let t = 0; t < mixed.length; t += 3) if (random() < 0.5) mixed.set(mirrored.subarray(t, t + 3), t)
  const decided = clean({ ...bowl, triangles: mixed })
  assertTidy(decided.mesh)
  assert.equal(decided.report.pieces[0].outwardBy, 'sight')
  assert.ok(volume(decided.mesh) > 0)

  // a triangle without area on an edge is flipped, and all is joined once more: the file is as doubtful as before
  const [a, b] = mixed
  const [x, y, z] = [0, 1, 2].map((k) => (bowl.positions[3 * a + k] + bowl.positions[3 * b + k]) / 2)
  const positions = Float64Array.of(...bowl.positions, x, y, z)
  const again = clean({ positions, triangles: Uint32Array.of(...mixed, a, positions.length / 3 - 1, b) })
  assert.ok(again.report.flipped > 0)
  assert.equal(again.report.pieces[0].outwardBy, 'sight')
  assert.ok(Math.abs(again.report.turned - decided.report.turned) <= 2)
})

test('millimetres or metres, near or far: the same is done', () => {
  const whole = soup(
    submesh(torus(30, 10, 60, 30), (t) => t % 97 !== 5),
    1e-4,
    seeded(2),
  )
  const told = clean(whole).report
  const metres = clean({ ...whole, positions: whole.positions.map((value) => value / 1000 + 3) }).report
  assert.deepEqual(
    [metres.welded, metres.holesFilled.length, metres.filledTriangles, metres.strayPieces],
    [told.welded, told.holesFilled.length, told.filledTriangles, told.strayPieces],
  )
  assert.ok(told.holesFilled.length > 10)
})

test('whatever the triangles are, what comes out is tidy, and says where it came from', () => {
  const random = seeded(2)
  for (let i = 0; i < 1500; i++) {
    const count = 3 + Math.floor(random() * 12)
    const whole = random() < 0.5 // many in one place and on one line
    const positions = Float64Array.from({ length: 3 * count }, () => (whole ? Math.floor(4 * random()) : 4 * random()))
    const triangles = Uint32Array.from({ length: 3 + 3 * Math.floor(40 * random()) }, () =>
      Math.floor(random() * count),
    )
    const { mesh, fromTriangle, fromVertex } = clean({ positions, triangles }, { holePerimeter: 10 * random() })
    assertTidy(mesh)
    assert.equal(fromTriangle.length, mesh.triangles.length / 3)
    assert.equal(fromVertex.length, vertexCount(mesh))
    assert.ok(mesh.positions.every(Number.isFinite))
  }
})

test('triangles over all vertices, three by three, are a tidy surface in a few rounds', () => {
  const random = seeded(4)
  const count = 26
  const triangles: number[] = []
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) for (let c = b + 1; c < count; c++) triangles.push(a, b, c)
  }
  const positions = Float64Array.from({ length: 3 * count }, () => 100 * random())
  const start = performance.now()
  const { mesh, report } = clean({ positions, triangles: Uint32Array.from(triangles) })
  assertTidy(mesh)
  // with no end to the rounds, triangle after triangle would go
  assert.ok(report.crowdedTriangles < 0.5 * (triangles.length / 3), `${report.crowdedTriangles} dropped`)
  assert.ok(performance.now() - start < 5000)
})

test('vertices made to lie in one cell are cleaned in time all the same', () => {
  const random = seeded(8)
  const positions = Float64Array.from({ length: 90_000 }, () => random() * 0.02)
  for (let i = 0; i < 9; i++) positions[i] = 10 * random()
  const triangles = Uint32Array.from({ length: 90_000 }, (_, i) =>
    i % 3 === 0 ? Math.floor(i / 3) : Math.floor(3e4 * random()),
  )
  const start = performance.now()
  assertTidy(clean({ positions, triangles }).mesh)
  assert.ok(performance.now() - start < 5000)
})

test('of a model with helpers its body is kept, of one in parts all of them, of a crop its one border', () => {
  const body = clean(scan('body/makehuman_base.obj'))
  assert.deepEqual(body.report.parts!.kept, ['body'])
  assert.equal(body.mesh.triangles.length / 3, 26756)
  assert.match(body.report.parts!.why, /99 %/)
  const head = clean(scan('head/ict_facekit_neutral.obj'))
  assertTidy(head.mesh)
  assert.equal(head.report.parts!.dropped.length, 0)
  assert.ok(head.report.pieces[0].area > 2000)
  assert.ok(head.mesh.triangles.length / 3 > 52_000)
  const ear = clean(scan('ear/hutubs_pp3_left_ear.ply'))
  assert.equal(ear.mesh.triangles.length / 3, 44_202)
  assert.deepEqual(
    ear.report.openings.map(({ sides }) => sides),
    [596],
  )
  assert.equal(ear.report.turned, 0)
})
