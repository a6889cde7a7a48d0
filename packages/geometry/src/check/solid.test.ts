import assert from 'node:assert/strict'
import { test } from 'node:test'
import Manifold from 'manifold-3d'
import { roundSubtract, shell } from '../field/combine.ts'
import { cylinder, box as boxSdf, sphere, torus as torusSdf } from '../field/shapes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { compose, rotation, scaling, translation } from '../mesh/matrix.ts'
import { type Mesh, submesh, transformed, turned } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import { box, icosphere, torus } from '../mesh/shapes.ts'
import { unit, type Vec3 } from '../mesh/vector.ts'
import { selfIntersections } from './crossings.ts'
import { surfaceFrom } from './nearest.ts'
import { orient2, orient3 } from './predicates.ts'
import { solidOf } from './solid.ts'
import { asWritten } from './written.ts'

const wasm = await Manifold()
wasm.setup()

const judged = (mesh: Mesh) => solidOf(surfaceFrom(asWritten(mesh).mesh))
const crossings = (mesh: Mesh) => selfIntersections(asWritten(mesh).mesh).count
const space = { min: [-12.5, -12.5, -10] as Vec3, max: [12.5, 12.5, 10] as Vec3 }

function together(...meshes: Mesh[]): Mesh {
  const positions = meshes.flatMap((mesh) => [...mesh.positions])
  let from = 0
  const triangles = meshes.flatMap((mesh) => {
    const shifted = Array.from(mesh.triangles, (v) => v + from)
    from += mesh.positions.length / 3
    return shifted
  })
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) }
}

const list = (points: number[][], triangles: number[][]): Mesh => ({
  positions: Float64Array.from(points.flat()),
  triangles: Uint32Array.from(triangles.flat()),
})

test('bodies are judged as they are: closed, whole, with their volume and their handles', () => {
  const cases: [Mesh, number, number][] = [
    [box([0, 0, 0], [2, 3, 4]), 0, 24],
    [icosphere(5, 20), 0, (4 / 3) * Math.PI * 125],
    [torus(6, 2, 120, 60), 1, 2 * Math.PI ** 2 * 24],
    [surfaceOfSdf(roundSubtract(boxSdf([0, 0, 0], [6, 5, 4]), cylinder([0, 0, -9], [0, 0, 9], 1), 0.3), space, 0.3), 1, NaN],
  ] // prettier-ignore
  for (const [mesh, genus, mm3] of cases) {
    const found = judged(mesh)
    assert.ok(found.watertight && found.outward)
    assert.equal(found.selfIntersections + found.pinchedVertices + found.flatTriangles, 0)
    assert.equal(found.genus, genus)
    assert.equal(found.shells.length, 1)
    if (mm3 > 0) assert.ok(Math.abs(found.volumeMm3 / mm3 - 1) < 0.01)
    const solid = new wasm.Manifold(
      new wasm.Mesh({ numProp: 3, vertProperties: Float32Array.from(mesh.positions), triVerts: mesh.triangles }),
    )
    assert.equal(solid.status(), 'NoError')
    assert.equal(solid.genus(), genus)
    assert.ok(Math.abs(solid.volume() - found.volumeMm3) < 1e-3)
  }
})

test('a hollow body has two shells, the void turned inwards, and a void that is not turned is found', () => {
  const hollow = judged(surfaceOfSdf(shell(sphere([0, 0, 0], 8), 2), space, 0.4))
  assert.equal(hollow.shells.length, 2)
  assert.ok(hollow.outward && hollow.shells[1].volumeMm3 < 0)
  assert.ok(Math.abs(hollow.volumeMm3 - (4 / 3) * Math.PI * (512 - 216)) < 15)
  const wrong = judged(together(icosphere(8, 12), icosphere(6, 12)))
  assert.ok(wrong.watertight && !wrong.outward)
  const insideOut = icosphere(5, 8)
  assert.equal(judged({ ...insideOut, triangles: turned(insideOut.triangles) }).outward, false)
})

test('a hole, a third wall, a triangle turned about and a pinched vertex are each counted', () => {
  const ball = icosphere(5, 8)
  const open = judged(submesh(ball, (t) => t !== 17))
  assert.equal(open.watertight, false)
  assert.equal(open.openSides, 3)
  const flipped = ball.triangles.slice()
  ;[flipped[0], flipped[1]] = [flipped[1], flipped[0]]
  const turnedOne = judged({ ...ball, triangles: flipped })
  assert.equal(turnedOne.watertight, false)
  assert.equal(turnedOne.turnedSides, 3)
  const wall = judged({
    positions: Float64Array.from([...ball.positions, 0, 0, 9]),
    triangles: Uint32Array.from([...ball.triangles, ball.triangles[0], ball.triangles[1], ball.positions.length / 3]),
  })
  assert.equal(wall.crowdedSides, 1)
  assert.equal(wall.openSides, 2)
  assert.equal(wall.watertight, false)
  // two boxes that share a corner
  const touching = judged(together(box([0, 0, 0], [1, 1, 1]), box([1, 1, 1], [2, 2, 2])))
  assert.equal(touching.pinchedVertices, 1)
  assert.equal(touching.shells.length, 2)
  assert.equal(touching.genus, 0)
})

test('vertices that become one in single precision are found, and what collapses by it', () => {
  const ball = icosphere(5, 4)
  const split = together(ball, ball)
  assert.equal(asWritten(split).merged, ball.positions.length / 3)
  const thin = list([[5, 0, 100], [6, 0, 100], [5 + 1e-9, 0, 100]], [[0, 1, 2]]) // prettier-ignore
  assert.deepEqual([asWritten(thin).merged, asWritten(thin).collapsed], [1, 1])
  assert.equal(asWritten(list([[0, 0, 0], [-0, 0, 0]], [])).merged, 1) // prettier-ignore
  const flat = list([[0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 3]]) // prettier-ignore
  assert.equal(judged(flat).flatTriangles, 1)
})

const still = [[0, 0, 0], [4, 0, 0], [0, 4, 0]] // prettier-ignore
const pairs: [name: string, other: number[][], meet: boolean][] = [
  ['pierced in the middle', [[1, 1, -1], [1, 1, 1], [2, 1, 1]], true],
  ['above it', [[1, 1, 0.001], [2, 1, 0.001], [1, 2, 0.001]], false],
  ['touched by a corner', [[1, 1, 0], [1, 1, 1], [2, 1, 1]], true],
  ['touched by a side in its own plane', [[1, 1, 0], [2, 1, 0], [1, 1, 3]], true],
  ['touched on its side', [[2, -1, -1], [2, -1, 1], [2, 0, 0]], true],
  ['past its side', [[2, -1, -1], [2, -1, 1], [2, -0.001, 0]], false],
  ['in one plane, overlapping', [[1, 1, 0], [5, 1, 0], [1, 5, 0]], true],
  ['in one plane, within', [[1, 1, 0], [1.5, 1, 0], [1, 1.5, 0]], true],
  ['in one plane, around', [[-9, -9, 0], [30, -9, 0], [-9, 30, 0]], true],
  ['in one plane, apart', [[3, 3, 0], [5, 3, 0], [3, 5, 0]], false],
  ['in one plane, with a stretch of a side in common', [[1, 0, 0], [3, 0, 0], [2, -3, 0]], true],
  ['in a line with a side, apart', [[5, 0, 0], [7, 0, 0], [6, -3, 0]], false],
  ['crossing planes, yet apart', [[3, 3, -1], [3, 3, 1], [5, 5, 0]], false],
] // prettier-ignore

for (const [name, other, meet] of pairs) {
  test(`two triangles, one ${name}: ${meet ? 'they meet' : 'they do not'}, turned and moved however`, () => {
    const random = seeded(3)
    for (let n = 0; n < 40; n++) {
      // quarter turns and whole steps keep the coordinates exact, so that touching stays touching
      const quarter = Math.floor(random() * 4) - 1
      const axes: Vec3[] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] // prettier-ignore
      const about = axes[n % 3]
      const turn = rotation(about, (quarter * Math.PI) / 2).map((value) => Math.round(value))
      const m = compose(translation([Math.floor(random() * 50), 7, Math.floor(random() * 9)]), turn)
      const both = list([...still, ...other], n % 2 ? [[0, 1, 2], [3, 4, 5]] : [[5, 3, 4], [1, 0, 2]]) // prettier-ignore
      const moved = transformed(both, m)
      const snapped = { ...moved, positions: moved.positions.map((value) => Math.round(value * 8192) / 8192) }
      assert.equal(crossings(snapped), meet ? 1 : 0)
    }
  })
}

test('neighbours by a vertex or a side meet only where they go on into each other', () => {
  const fan = (p: number[]) => list([[0, 0, 0], [4, 0, 0], [0, 4, 0], p, [-1, -1, 3]], [[0, 1, 2], [0, 3, 4]]) // prettier-ignore
  assert.equal(crossings(fan([-2, 1, 0])), 0)
  assert.equal(crossings(list([[0, 0, 0], [4, 0, 0], [0, 4, 0], [1, 1, 1], [1, 1, -1]], [[0, 1, 2], [0, 3, 4]])), 1) // prettier-ignore
  assert.equal(crossings(list([[0, 0, 0], [4, 0, 0], [0, 4, 0], [1, 1, 0], [9, 9, 0]], [[0, 1, 2], [0, 3, 4]])), 1) // prettier-ignore
  const fold = (x: number, y: number, z: number) =>
    crossings(list([[0, 0, 0], [4, 0, 0], [0, 4, 0], [x, y, z]], [[0, 1, 2], [1, 0, 3]])) // prettier-ignore
  assert.equal(fold(1, -3, 0), 0)
  assert.equal(fold(1, 3, 0), 1, 'folded back flat')
  assert.equal(fold(1, 3, 0.0001), 0)
  assert.equal(crossings(list([[0, 0, 0], [4, 0, 0], [0, 4, 0]], [[0, 1, 2], [0, 2, 1]])), 1, 'twice the same') // prettier-ignore
})

test('the triangles that cross between two bodies are as many as trying every pair finds', () => {
  const one = icosphere(5, 7)
  const random = seeded(11)
  for (let n = 0; n < 6; n++) {
    const two = transformed(
      one,
      compose(translation([3 * random(), 3 * random(), 2 * random()]), rotation(unit([1, random(), 2]), random() * 3)),
    )
    const both = asWritten(together(one, two)).mesh
    const halves = both.triangles.length / 6
    let tried = 0
    for (let s = 0; s < halves; s++) {
      for (let t = halves; t < 2 * halves; t++) {
        const pair = { positions: both.positions, triangles: both.triangles.slice(3 * s, 3 * s + 3) }
        // far apart pairs are left out to save time: by more than two of the longest sides
        const [p, q] = [3 * both.triangles[3 * s], 3 * both.triangles[3 * t]]
        const away = [0, 1, 2].reduce((sum, k) => sum + (both.positions[p + k] - both.positions[q + k]) ** 2, 0)
        if (away > 8) continue
        const triangles = Uint32Array.from([...pair.triangles, ...both.triangles.slice(3 * t, 3 * t + 3)])
        tried += bruteMeet(both.positions, triangles) ? 1 : 0
      }
    }
    assert.ok(tried > 20)
    assert.equal(selfIntersections(both).count, tried)
  }
})

/** Two triangles in general position meet when a side of one runs through the other. */
function bruteMeet(p: Float64Array, [a, b, c, d, e, f]: Uint32Array): boolean {
  const det = (i: number, j: number, k: number, l: number) => orient3(p, 3 * i, 3 * j, 3 * k, 3 * l)
  const through = (q: number, r: number, x: number, y: number, z: number) =>
    det(x, y, z, q) !== det(x, y, z, r) && det(q, r, x, y) === det(q, r, y, z) && det(q, r, y, z) === det(q, r, z, x)
  return (
    through(a, b, d, e, f) || through(b, c, d, e, f) || through(c, a, d, e, f) ||
    through(d, e, a, b, c) || through(e, f, a, b, c) || through(f, d, a, b, c)
  ) // prettier-ignore
}

test('a large triangle among small ones is not overlooked', () => {
  const ball = icosphere(5, 20)
  const blade = list([[-40, -40, 0.1], [40, -40, 0.3], [0, 60, 0.2]], [[0, 1, 2]]) // prettier-ignore
  assert.ok(crossings(together(ball, blade)) > 60)
  const slanted = transformed(blade, rotation(unit([1, 1, 0]), 0.7))
  assert.ok(crossings(together(ball, slanted)) > 60)
})

test('signs are right where double precision is at its end', () => {
  const f = Math.fround
  const tiny = f(1e-7)
  // three points on a line through large coordinates, the fourth a hair off it, and exactly on it
  const p = Float64Array.from([
    f(1000.1),
    f(1000.1),
    0,
    f(1000.2),
    f(1000.2),
    0,
    f(1000.3),
    f(1000.3),
    0,
    0,
    0,
    0,
    0,
    0,
    1,
  ])
  assert.equal(orient3(p, 0, 3, 12, 6), 0)
  assert.equal(orient2(p, 0, 3, 6, 0, 1), 0)
  const off = p.slice()
  off[6] = f(1000.3 + 7e-5)
  assert.equal(orient2(off, 0, 3, 6, 0, 1), -1)
  const small = Float64Array.from([0, 0, 0, 1, 0, 0, 0, 1, 0, f(1 / 3), f(1 / 3), tiny * 1e-30])
  assert.equal(orient3(small, 0, 3, 6, 9), 1)
  small[11] = -small[11]
  assert.equal(orient3(small, 0, 3, 6, 9), -1)
})

test('a mesh scaled to the size of a person is judged as well as one of an ear', () => {
  const found = judged(transformed(surfaceOfSdf(torusSdf([0, 0, 0], [0, 0, 1], 6, 2), space, 0.4), scaling(100)))
  assert.ok(found.watertight && found.outward)
  assert.equal(found.selfIntersections, 0)
  assert.equal(found.genus, 1)
})

test('200,000 triangles are searched for self-intersections in under two seconds, flat ones too', () => {
  for (const sdf of [sphere([0.1, 0.2, 0.3], 9), boxSdf([0, 0, 0], [10, 10, 5])]) {
    const mesh = asWritten(surfaceOfSdf(sdf, space, 0.2)).mesh
    const start = process.cpuUsage()
    assert.equal(selfIntersections(mesh).count, 0)
    assert.ok(process.cpuUsage(start).user / 1000 / (mesh.triangles.length / 3) < 2000 / 200_000)
  }
})
