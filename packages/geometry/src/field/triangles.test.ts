import assert from 'node:assert/strict'
import { test } from 'node:test'
import Manifold from 'manifold-3d'
import { selfIntersections } from '../check/crossings.ts'
import { nearestPoint, surfaceFrom } from '../check/nearest.ts'
import { evenSamples } from '../check/samples.ts'
import { solidOf } from '../check/solid.ts'
import { asWritten } from '../check/written.ts'
import { type Mesh, triangleCount } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { roundSubtract, roundUnion, shell, subtract, union } from './combine.ts'
import { extruded, polygon } from './outline.ts'
import { refined } from './refine.ts'
import { box, type Sdf, sphere, taperedCapsule, torus } from './shapes.ts'
import { simplified } from './simplify.ts'
import { tube } from './strokes.ts'
import { surfaceOfSdf } from './surface.ts'

const wasm = await Manifold()
wasm.setup()

const space = { min: [-12.5, -12.5, -10] as Vec3, max: [12.5, 12.5, 10] as Vec3 }
const vent = tube(
  Array.from({ length: 30 }, (_, i): Vec3 => [2 * Math.sin(i / 8), 2 * Math.cos(i / 8), i - 15]),
  0.8,
)
const plug = roundSubtract(sphere([0, 0, 0], 9), vent, 0.4)

function sound(mesh: Mesh, genus?: number) {
  const found = solidOf(surfaceFrom(asWritten(mesh).mesh))
  assert.ok(found.watertight && found.outward)
  assert.equal(found.selfIntersections + found.pinchedVertices + found.flatTriangles, 0)
  if (genus !== undefined) assert.equal(found.genus, genus)
  const solid = new wasm.Manifold(
    new wasm.Mesh({
      numProp: 3,
      vertProperties: Float32Array.from(mesh.positions),
      triVerts: Uint32Array.from(mesh.triangles),
    }),
  )
  assert.equal(solid.status(), 'NoError')
  assert.ok(Math.abs(solid.volume() - found.volumeMm3) < 1e-3)
  solid.delete()
  return found
}

/** The farthest that a sample of one surface is from the other, mm. */
function farthest(from: Mesh, to: Mesh): number {
  const surface = surfaceFrom(to)
  const { points, count } = evenSamples(from, 20_000, 5)
  let most = 0
  for (let n = 0; n < count; n++) {
    most = Math.max(most, nearestPoint(surface, points[3 * n], points[3 * n + 1], points[3 * n + 2]))
  }
  return most
}

/** How far all but 2 in 1000 places of a mesh are from the surface at most, mm: rims have kinks. */
function mostOff(mesh: Mesh, sdf: Sdf): number {
  const { points, count } = evenSamples(mesh, 20_000, 5)
  const off = Float64Array.from({ length: count }, (_, n) =>
    Math.abs(sdf(points[3 * n], points[3 * n + 1], points[3 * n + 2])),
  ).sort()
  return off[Math.floor(count * 0.998)]
}

/** Bodies that nobody would make: blades, pinches, thin shells, tunnels that just meet. */
function oddBody(seed: number): Sdf {
  const random = seeded(seed)
  const anywhere = (): Vec3 => [(random() - 0.5) * 8, (random() - 0.5) * 8, (random() - 0.5) * 8]
  let body: Sdf = sphere([0, 0, 0], 4)
  for (let i = 0; i < 6; i++) {
    const piece = taperedCapsule(anywhere(), 0.3 + random(), anywhere(), 0.2 + random())
    const round = 0.1 + random() * 0.5
    const ways = [
      union(body, piece),
      subtract(body, piece),
      roundUnion(body, piece, round),
      roundSubtract(body, piece, round),
      shell(body, 0.4 + round),
    ]
    body = ways[Math.floor(random() * ways.length)]
  }
  return body
}
const small = { min: [-6, -6, -6] as Vec3, max: [6, 6, 6] as Vec3 }

test('where a surface is bent it gets the triangles it needs, and lies where it should', () => {
  for (const [sdf, genus] of [
    [torus([0, 0, 0], [0, 0, 1], 6, 1.2), 1],
    [plug, 1],
    [box([0, 0, 0], [6, 5, 4], 0.8), 0],
  ] as const) {
    // prettier-ignore
    const rough = surfaceOfSdf(sdf, space, 0.35)
    const fine = refined(rough, sdf, 0.01)
    sound(fine, genus)
    assert.ok(triangleCount(fine) < 2 * triangleCount(rough))
    assert.ok(mostOff(rough, sdf) > 0.03)
    assert.ok(mostOff(fine, sdf) < 0.02, `${mostOff(fine, sdf)}`)
  }
})

test('what lies near enough stays as it is', () => {
  const rough = surfaceOfSdf(sphere([0, 0, 0], 9), space, 0.35)
  assert.equal(refined(rough, sphere([0, 0, 0], 9), 0.05), rough)
})

test('however odd the body, more triangles or fewer leave it a solid of the same handles', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const sdf = oddBody(seed)
    const mesh = surfaceOfSdf(sdf, small, 0.35)
    const { genus } = sound(mesh)
    sound(refined(mesh, sdf, 0.01), genus)
    sound(simplified(mesh), genus)
  }
})

test('an insole loses nine in ten of its triangles, and moves by no more than was allowed', () => {
  const outline = Array.from({ length: 100 }, (_, i) => {
    const turn = (i / 50) * Math.PI
    return [60 * Math.cos(turn), (25 + 4 * Math.cos(2 * turn)) * Math.sin(turn)] as const
  })
  const sole = extruded(polygon(outline), { origin: [0, 0, 0], x: [1, 0, 0], y: [0, 1, 0] }, -2, 2, 1)
  const mesh = surfaceOfSdf(sole, { min: [-65, -35, -5], max: [65, 35, 5] }, 0.8)
  const few = simplified(mesh)
  sound(few, 0)
  assert.ok(triangleCount(few) < triangleCount(mesh) / 6, `${triangleCount(few)} of ${triangleCount(mesh)}`)
  assert.ok(farthest(few, mesh) < 0.02)
  assert.ok(farthest(mesh, few) < 0.02)
})

test('a plug may be thinned out to any error, its vent kept, no vertex moved', () => {
  const mesh = surfaceOfSdf(plug, space, 0.35)
  const places = new Set(
    Array.from({ length: mesh.positions.length / 3 }, (_, v) => mesh.positions.slice(3 * v, 3 * v + 3).join()),
  )
  let before = triangleCount(mesh)
  for (const maxErrorMm of [0.01, 0.05]) {
    const few = simplified(mesh, { maxErrorMm })
    sound(few, 1)
    assert.ok(triangleCount(few) < before * 0.7)
    assert.ok(farthest(few, mesh) < maxErrorMm)
    assert.ok(farthest(mesh, few) < maxErrorMm)
    for (let v = 0; v < few.positions.length; v += 3) assert.ok(places.has(few.positions.slice(v, v + 3).join()))
    before = triangleCount(few)
  }
  const short = simplified(mesh, { maxErrorMm: 0.05, longestMm: 1 })
  for (let h = 0; h < short.triangles.length; h++) {
    const [a, b] = [3 * short.triangles[h], 3 * short.triangles[h % 3 === 2 ? h - 2 : h + 1]]
    const long = Math.hypot(...[0, 1, 2].map((k) => short.positions[a + k] - short.positions[b + k]))
    assert.ok(long <= 1.001)
  }
})

test('two sheets nearer to each other than the error allowed are not pushed through each other', () => {
  // a ball in a hollow of a hair's breadth more
  const mesh = surfaceOfSdf(
    subtract(sphere([0, 0, 0], 5), (x, y, z) => Math.abs(Math.hypot(x, y, z) - 3) - 0.004),
    small,
    0.12,
    Infinity,
  )
  const few = simplified(mesh, { maxErrorMm: 0.05 })
  assert.equal(selfIntersections(few).count, 0)
  sound(few)
})
