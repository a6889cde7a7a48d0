import assert from 'node:assert/strict'
import { test } from 'node:test'
import Manifold from 'manifold-3d'
import { area, bounds, type Mesh, triangleCount, volume } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import { componentsOf, genus, nonManifoldVertices, opposites } from '../mesh/topology.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { assertSound, withoutAdmesh } from '../test-support/admesh.ts'
import { stlOf } from '../write/stl.ts'
import { largestBody, withoutCrumbs } from './bodies.ts'
import { roundSubtract, roundUnion, shell, subtract, union } from './combine.ts'
import { latticeOver, sampled } from './grid.ts'
import { box, capsule, cylinder, type Sdf, sphere, torus } from './shapes.ts'
import { tube } from './strokes.ts'
import { surfaceOf, surfaceOfSdf } from './surface.ts'

const wasm = await Manifold()
wasm.setup()

/** What another program, that knows nothing of this one, makes of a mesh. */
function referee({ positions, triangles }: Mesh) {
  const solid = new wasm.Manifold(
    new wasm.Mesh({ numProp: 3, vertProperties: Float32Array.from(positions), triVerts: Uint32Array.from(triangles) }),
  )
  const says = {
    status: solid.status(),
    genus: solid.genus(),
    volume: solid.volume(),
    bodies: solid.decompose().length,
  }
  solid.delete()
  return says
}

const space = { min: [-12.5, -12.5, -10] as Vec3, max: [12.5, 12.5, 10] as Vec3 }
const vent = tube(
  Array.from({ length: 30 }, (_, i): Vec3 => [2 * Math.sin(i / 8), 2 * Math.cos(i / 8), i - 15]),
  0.8,
)

const bodies: [name: string, sdf: Sdf, genus: number, volume: number][] = [
  ['ball', sphere([0.1, 0.2, 0.3], 8), 0, (4 / 3) * Math.PI * 512],
  ['torus', torus([0, 0, 0], [0, 0, 1], 6, 2), 1, 2 * Math.PI ** 2 * 6 * 4],
  ['box with rounded edges', box([0, 0, 0], [6, 5, 4], 1), 0, 8 * 4 * 5 * 3 + 8 * (20 + 15 + 12) + Math.PI * 2 * 12 + (4 / 3) * Math.PI],
  ['ball with a bent vent', roundSubtract(sphere([0, 0, 0], 8), vent, 0.4), 1, NaN],
  ['hollow ball', shell(sphere([0, 0, 0], 8), 2), 0, (4 / 3) * Math.PI * (512 - 216)],
] // prettier-ignore

for (const [name, sdf, handles, mm3] of bodies) {
  test(`a ${name} comes out closed, of the right volume and genus, for another program too`, () => {
    const mesh = surfaceOfSdf(sdf, space, 0.35)
    assert.ok(opposites(mesh).every((h) => h >= 0))
    assert.deepEqual(nonManifoldVertices(mesh), [])
    const shells = componentsOf(mesh).count
    assert.equal(shells, name === 'hollow ball' ? 2 : 1)
    assert.equal(genus(mesh), handles)
    const says = referee(mesh)
    assert.equal(says.status, 'NoError')
    assert.ok(Math.abs(says.volume - volume(mesh)) < 1e-3)
    assert.equal(says.genus, handles - (shells - 1), 'it counts 1 − χ/2 over all shells at once')
    // flat triangles lie a little within a rounded surface: 4 µm on average here
    if (mm3 > 0) assert.ok(Math.abs(volume(mesh) - mm3) < 6e-3 * area(mesh))
    let worst = 0
    for (let i = 0; i < mesh.positions.length; i += 3) {
      assert.equal(mesh.positions[i], Math.fround(mesh.positions[i]))
      worst = Math.max(worst, Math.abs(sdf(mesh.positions[i], mesh.positions[i + 1], mesh.positions[i + 2])))
    }
    assert.ok(worst < 0.004, `a vertex is ${worst} mm off the surface`)
  })
}

test('noise, for which no surface was ever meant, still comes out as closed manifolds without a double vertex', () => {
  const random = seeded(7)
  const waves = Array.from({ length: 12 }, () => [random() * 6, random() * 6, random() * 6, random() * 6])
  const noise: Sdf = (x, y, z) => waves.reduce((sum, [a, b, c, d]) => sum + Math.sin(a * x + b * y + c * z + d), 0)
  const mesh = surfaceOfSdf(noise, { min: [-3, -3, -3], max: [3, 3, 3] }, 0.12, Infinity)
  assert.ok(triangleCount(mesh) > 30_000)
  assert.ok(opposites(mesh).every((h) => h >= 0))
  assert.deepEqual(nonManifoldVertices(mesh), [])
  assert.equal(referee(mesh).status, 'NoError')
  const places = new Set<string>()
  for (let i = 0; i < mesh.positions.length; i += 3) places.add(mesh.positions.slice(i, i + 3).join())
  assert.equal(places.size, mesh.positions.length / 3)
})

test('triangles are well shaped: none of a ball or a vented plug has an angle under 8°', () => {
  for (const sdf of [sphere([0.1, 0.2, 0.3], 8), roundSubtract(sphere([0, 0, 0], 8), vent, 0.4)]) {
    const { positions, triangles } = surfaceOfSdf(sdf, space, 0.35)
    for (let t = 0; t < triangles.length; t += 3) {
      for (let k = 0; k < 3; k++) {
        const [p, q, r] = [0, 1, 2].map((step) => 3 * triangles[t + ((k + step) % 3)])
        const side = (from: number, to: number) =>
          [0, 1, 2].map((axis) => positions[to + axis] - positions[from + axis])
        const [u, v] = [side(p, q), side(p, r)]
        const cosine = (u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) / Math.hypot(...u) / Math.hypot(...v)
        assert.ok(cosine < Math.cos((8 * Math.PI) / 180))
      }
    }
  }
})

test('a body that leaves the box is cut off flat at its sides', () => {
  const mesh = surfaceOfSdf(sphere([0, 0, 0], 11), space, 0.35)
  assert.equal(referee(mesh).status, 'NoError')
  const { min, max } = bounds(mesh)
  assert.ok(Math.abs(max[2] - 10) < 2e-3 && Math.abs(min[2] + 10) < 2e-3)
  const cap = (Math.PI / 3) * (3 * 11 - 1)
  assert.ok(Math.abs(volume(mesh) / ((4 / 3) * Math.PI * 1331 - 2 * cap) - 1) < 3e-3)
})

test('a grid gives the surface of what it holds, and an empty one none', () => {
  const grid = sampled(capsule([-2, 0, 0], [3, 1, 0], 3), latticeOver(space, 0.35))
  const mesh = surfaceOf(grid)
  assert.equal(referee(mesh).status, 'NoError')
  const truth = (4 / 3) * Math.PI * 27 + Math.PI * 9 * Math.hypot(5, 1)
  assert.ok(Math.abs(volume(mesh) / truth - 1) < 0.01)
  assert.equal(triangleCount(surfaceOf({ ...grid, values: grid.values.fill(1) })), 0)
})

test('skipping what is far from the surface changes nothing', () => {
  const sdf = roundUnion(sphere([0, 0, 0], 5), cylinder([0, 0, 0], [9, 2, 3], 1.5), 1)
  const quick = surfaceOfSdf(sdf, space, 0.4)
  const slow = surfaceOfSdf(sdf, space, 0.4, Infinity)
  assert.deepEqual(quick.triangles, slow.triangles)
  assert.ok(quick.positions.every((value, i) => Math.abs(value - slow.positions[i]) < 4e-3))
})

test('crumbs and tiny voids go, the body and the void that is meant stay', () => {
  const sdf = union(
    subtract(sphere([0, 0, 0], 6), sphere([2, 0, 0], 2), sphere([-3, 0, 0], 0.6)),
    sphere([9, 9, 0], 0.7),
    sphere([-9, 0, 0], 1.5),
  )
  const mesh = surfaceOfSdf(sdf, space, 0.35)
  assert.equal(componentsOf(mesh).count, 5)
  assert.equal(componentsOf(withoutCrumbs(mesh, 5)).count, 3)
  assert.equal(componentsOf(largestBody(mesh, 5)).count, 2)
  assert.equal(componentsOf(largestBody(mesh)).count, 1)
  assert.ok(Math.abs(volume(largestBody(mesh, 5)) / ((4 / 3) * Math.PI * (216 - 8)) - 1) < 5e-3)
})

test('whatever the function says far from its surface, every vertex is somewhere', () => {
  for (const far of [Infinity, NaN, 1e300]) {
    const ball: Sdf = (x, y, z) => (Math.hypot(x, y, z) < 3 ? -1 : far)
    const { positions } = surfaceOfSdf(ball, space, 0.8, Infinity)
    assert.ok(positions.length > 100 && positions.every(Number.isFinite))
  }
  const solid: Sdf = (x, y, z) => (Math.hypot(x, y, z) < 3 ? -Infinity : 1)
  assert.ok(surfaceOfSdf(solid, space, 0.8, Infinity).positions.every(Number.isFinite))
})

test('the largest of very many pieces is found', () => {
  const many = 130_000
  const corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]] // prettier-ignore
  const sides = [0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3]
  const positions = new Float64Array(12 * many)
  const triangles = new Uint32Array(12 * many)
  for (let n = 0; n < many; n++) {
    const size = n === 77 ? 1.5 : 1
    corners.forEach(([x, y, z], v) => positions.set([2 * n + size * x, size * y, size * z], 12 * n + 3 * v))
    triangles.set(sides.map((v) => v + 4 * n), 12 * n) // prettier-ignore
  }
  assert.equal(triangleCount(largestBody({ positions, triangles })), 4)
})

test('an STL of a plug is read by admesh without a complaint', { skip: withoutAdmesh }, () => {
  const mesh = surfaceOfSdf(roundSubtract(sphere([0, 0, 0], 8), vent, 0.4), space, 0.35)
  assert.equal(assertSound(stlOf(mesh, 'plug')), triangleCount(mesh))
})

test('an ear plug is drawn in well under a second, an insole in two and a half', () => {
  const plug = roundSubtract(sphere([0, 0, 0], 9), vent, 0.4)
  // the processor's time: the machine may have other things to do
  const time = (work: () => Mesh) => {
    let least = Infinity
    for (let run = 0; run < 2; run++) {
      const start = process.cpuUsage()
      work()
      least = Math.min(least, process.cpuUsage(start).user / 1000)
    }
    return least
  }
  assert.ok(time(() => surfaceOfSdf(plug, space, 0.35)) < 500)
  const insole = box([0, 0, 0], [140, 50, 4], 2)
  const room = { min: [-145, -57, -17] as Vec3, max: [145, 57, 17] as Vec3 }
  assert.ok(time(() => surfaceOfSdf(insole, room, 0.8)) < 2500)
  assert.ok(area(surfaceOfSdf(insole, room, 0.8)) > 55_000)
})
