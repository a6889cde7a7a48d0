import assert from 'node:assert/strict'
import { test } from 'node:test'
import Manifold from 'manifold-3d'
import { surfaceFrom } from '../check/nearest.ts'
import { evenSamples } from '../check/samples.ts'
import { solidOf } from '../check/solid.ts'
import { asWritten } from '../check/written.ts'
import { type Mesh, triangleCount } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { roundSubtract, roundUnion, shell, subtract, union } from './combine.ts'
import { refined } from '../test-support/refine.ts'
import { box, type Sdf, sphere, taperedCapsule, torus } from './shapes.ts'
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

test('however odd the body, more triangles leave it a solid of the same handles', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const sdf = oddBody(seed)
    const mesh = surfaceOfSdf(sdf, small, 0.35)
    const { genus } = sound(mesh)
    sound(refined(mesh, sdf, 0.01), genus)
  }
})
