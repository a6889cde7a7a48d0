import assert from 'node:assert/strict'
import { test } from 'node:test'
import { intersect, roundSubtract, shell, subtract, union } from '../field/combine.ts'
import { box, capsule, halfSpace, type Sdf, sphere } from '../field/shapes.ts'
import { tube } from '../field/strokes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { compose, rotation, translation } from '../mesh/matrix.ts'
import { type Mesh, transformed } from '../mesh/mesh.ts'
import { box as boxMesh } from '../mesh/shapes.ts'
import { distance, unit, type Vec3 } from '../mesh/vector.ts'
import { surfaceFrom } from './nearest.ts'
import { closeSamples, pointOf } from './samples.ts'
import { wallOf } from './wall.ts'
import { asWritten } from './written.ts'

const space = { min: [-12.5, -12.5, -10] as Vec3, max: [12.5, 12.5, 10] as Vec3 }
const wallOfMesh = (mesh: Mesh, spacingMm?: number) => wallOf(surfaceFrom(asWritten(mesh).mesh), { spacingMm })
const wallOfSdf = (sdf: Sdf, cell = 0.35, spacingMm?: number) => wallOfMesh(surfaceOfSdf(sdf, space, cell), spacingMm)
const near = (value: number, truth: number, by: number) =>
  assert.ok(Math.abs(value - truth) <= by, `${value} is not ${truth} ± ${by}`)

test('a hollow ball has the wall it was given, everywhere the same', () => {
  for (const wall of [0.6, 1.2]) {
    const found = wallOfSdf(shell(sphere([0.1, 0.2, 0.3], 5), wall), 0.25)
    near(found.minWallMm, wall, 0.02)
    near(found.minRayMm, wall, 0.02)
    near(distance(found.at!, found.opposite!), wall, 0.02)
  }
})

test('edges, sharp or rounded by any radius, make a slab no thinner than it is', () => {
  for (const round of [0, 0.2, 0.5, 1]) near(wallOfSdf(box([0, 0, 0], [8, 7, 1], round)).minWallMm, 2, 0.11)
  // of twelve triangles, turned about: exactly
  for (let n = 0; n < 5; n++) {
    const turned = transformed(
      boxMesh([0, 0, 0], [20, 10, 2]),
      compose(translation([n, 2 * n, -n]), rotation(unit([1, n, 3]), n)),
    )
    near(wallOfMesh(turned).minWallMm, 2, 1e-5)
  }
})

test('a blade of 30° is thin towards its tip, a roof of 90° is an edge', () => {
  const wedge = (degrees: number) => {
    const half = (degrees * Math.PI) / 360
    return intersect(
      halfSpace([0, 0, 0], [Math.sin(half), 0, Math.cos(half)]),
      halfSpace([0, 0, 0], [Math.sin(half), 0, -Math.cos(half)]),
      box([-4, 0, 0], [4, 4, 5]),
    )
  }
  assert.ok(wallOfSdf(wedge(30)).minWallMm < 0.5)
  assert.ok(wallOfSdf(wedge(90)).minWallMm > 3)
})

test('a thin spot in a shell is found however small it is, down to the spacing', () => {
  for (const radius of [0.6, 1, 3]) {
    // a ball pressed into the wall of 1.2 mm from outside leaves 0.5 mm under its deepest point
    const dent = subtract(shell(sphere([0, 0, 0], 5), 1.2), sphere([0, 0, 4.3 + radius], radius))
    const found = wallOfSdf(dent, 0.2, 0.4)
    near(found.minWallMm, 0.5, 0.03)
    assert.ok(Math.hypot(found.at![0], found.at![1]) < 0.4)
  }
})

test('what a sharp groove leaves under it is the wall, though nothing there is parallel', () => {
  // a plate of 3 mm with a V of 60° cut 2 mm deep along its middle, by hand
  const w = 2 * Math.tan(Math.PI / 6)
  const profile = [[-8, 0], [8, 0], [8, 3], [w, 3], [0, 1], [-w, 3], [-8, 3]] as const // prettier-ignore
  const plate = prism(profile, [[0, 1, 4], [0, 4, 6], [1, 2, 4], [4, 2, 3], [6, 4, 5]], 6) // prettier-ignore
  near(wallOfMesh(plate, 0.2).minWallMm, 1, 0.02)
})

test('what a pit with a sharp ground leaves under it is the wall, however narrow its tip', () => {
  // a plate of 3 mm with a pyramid of 90° sunk into its top, aside of where samples lie; all by hand
  for (const left of [0.05, 0.4]) {
    const around = (half: number, z: number) => [[-half, -half], [half, -half], [half, half], [-half, half]].map(([x, y]) => [x + 0.31, y + 0.17, z]) // prettier-ignore
    const corners = [...around(12, 0), ...around(12, 3), ...around(3 - left, 3), [0.31, 0.17, left]]
    const ring = (i: number) => (i + 1) % 4
    const walls = [0, 1, 2, 3].flatMap((i) => [
      [i, ring(i), 4 + ring(i)], [i, 4 + ring(i), 4 + i],
      [4 + i, 4 + ring(i), 8 + ring(i)], [4 + i, 8 + ring(i), 8 + i],
      [8 + i, 8 + ring(i), 12],
    ]) // prettier-ignore
    const triangles = Uint32Array.from([[0, 2, 1], [0, 3, 2], ...walls].flat())
    const found = wallOfMesh({ positions: Float64Array.from(corners.flat()), triangles })
    near(found.minWallMm, left, 1e-4)
  }
})

test('a three-cornered strut is as thick as the ball between its three sides, a thick one and a roof of 60° are not thin', () => {
  const rod = (r: number) => {
    const corners = [0, 1, 2].map(
      (k) => [r * Math.cos((2 * Math.PI * k) / 3), r * Math.sin((2 * Math.PI * k) / 3)] as const,
    )
    return prism([corners[0], corners[2], corners[1]].toReversed(), [[0, 1, 2]], 10)
  }
  // the circle within is half as wide as that round it
  for (const r of [0.2, 0.7]) near(wallOfMesh(rod(r)).minWallMm, r, 1e-3)
  assert.ok(wallOfMesh(rod(5)).minWallMm > 4.9)
})

test('the wall between a bent vent and the outside is found where it is thinnest', () => {
  const path = Array.from({ length: 21 }, (_, i): Vec3 => [0, 3.6 - 0.02 * (i - 10) ** 2, i - 10])
  const plug = roundSubtract(capsule([0, 0, -6], [0, 0, 6], 5), tube(path, 0.8), 0.2)
  const found = wallOfSdf(plug, 0.25)
  // at its highest the vent's wall is 5 − 3.6 − 0.8 from the outside
  near(found.minWallMm, 0.6, 0.02)
  assert.ok(Math.abs(found.at![2]) < 1.5)
})

test('material beyond a gap is no wall: two plates side by side are each as thick as they are', () => {
  const plates = union(box([0, 0, 1.5], [6, 6, 1], 0.4), box([0, 0, -1.2], [6, 6, 1], 0.4))
  near(wallOfSdf(plates).minWallMm, 2, 0.11)
})

test('a thin pillar is thin, and what is to be left out is left out', () => {
  const withPillar = union(box([0, 0, 0], [6, 6, 2], 0.5), capsule([0, 0, 2], [0, 0, 5], 0.4))
  const mesh = surfaceFrom(asWritten(surfaceOfSdf(withPillar, space, 0.25)).mesh)
  near(wallOf(mesh).minWallMm, 0.8, 0.05)
  assert.ok(wallOf(mesh, { ignore: (_x, _y, z) => z > 1.6 }).minWallMm > 3.8)
})

test('a thick body has its own width', () => {
  near(wallOfSdf(sphere([0, 0, 0], 6)).minWallMm, 12, 0.1)
  near(wallOfSdf(box([0, 0, 0], [8, 7, 3], 0.5)).minWallMm, 6, 0.35)
})

test('a body of which no two sides face each other is at most as thick as it is wide', () => {
  const tetrahedron = {
    positions: Float64Array.from([1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1]),
    triangles: Uint32Array.from([0, 1, 2, 0, 3, 1, 0, 2, 3, 1, 3, 2]),
  }
  near(wallOfMesh(tetrahedron).minWallMm, 2, 1e-6)
})

test('samples leave no place of a surface farther than their spacing', () => {
  const mesh = asWritten(surfaceOfSdf(box([0, 0, 0], [3, 2, 1], 0.3), space, 0.3)).mesh
  for (const spacing of [0.3, 0.8]) {
    const samples = closeSamples(mesh, spacing)
    for (let v = 0; v < mesh.positions.length; v += 33) {
      const p = mesh.positions.subarray(v, v + 3)
      let least = Infinity
      for (let n = 0; n < samples.count; n++) least = Math.min(least, distance(pointOf(samples, n), [p[0], p[1], p[2]]))
      assert.ok(least <= spacing + 0.3)
    }
  }
})

/** A flat outline, given with its triangles, drawn out along y. */
function prism(outline: readonly (readonly [number, number])[], caps: number[][], long: number): Mesh {
  const n = outline.length
  const positions = [0, long].flatMap((y) => outline.flatMap(([x, z]) => [x, y, z]))
  const sides = outline.flatMap((_, i) => {
    const j = (i + 1) % n
    return [i, i + n, j, j, i + n, j + n]
  })
  const front = caps.flat()
  const back = caps.flatMap(([a, b, c]) => [a + n, c + n, b + n])
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from([...sides, ...front, ...back]) }
}
