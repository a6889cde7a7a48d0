import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Mesh, submesh, transformed } from '../mesh/mesh.ts'
import { scaling } from '../mesh/matrix.ts'
import { seeded } from '../mesh/random.ts'
import { box as boxMesh, icosphere, parametric, torus as torusMesh } from '../mesh/shapes.ts'
import { roundSubtract } from './combine.ts'
import { type DistanceGrid, distanceGrid } from './distance.ts'
import {
  boxOf,
  differenceOf,
  gradientAt,
  type Grid,
  grownBy,
  interpolated,
  intersectionOf,
  latticeOver,
  sampled,
  unionOf,
} from './grid.ts'
import { redistanced } from './redistance.ts'
import { box, type Sdf, sphere, torus } from './shapes.ts'
import { closest, closestOnTriangle } from '../mesh/triangle.ts'

const space = { min: [-6, -6, -6] as const, max: [6, 6, 6] as const }

function nodesOf(grid: Grid, visit: (x: number, y: number, z: number, value: number, n: number) => void, every = 1) {
  for (let n = 0; n < grid.values.length; n += every) {
    const i = n % grid.nx
    const j = Math.floor(n / grid.nx) % grid.ny
    const k = Math.floor(n / (grid.nx * grid.ny))
    visit(
      grid.origin[0] + i * grid.cell,
      grid.origin[1] + j * grid.cell,
      grid.origin[2] + k * grid.cell,
      grid.values[n],
      n,
    )
  }
}

function bruteDistance(mesh: Mesh, x: number, y: number, z: number): number {
  let least = Infinity
  for (let t = 0; t < mesh.triangles.length / 3; t++) {
    closestOnTriangle(mesh, t, x, y, z)
    least = Math.min(least, (x - closest[0]) ** 2 + (y - closest[1]) ** 2 + (z - closest[2]) ** 2)
  }
  return Math.sqrt(least)
}

test('a lattice covers its box and its margin, and one that would not fit into memory is refused', () => {
  const { min, max } = boxOf(latticeOver({ min: [0, 0, 0], max: [10, 3, 1] }, 0.4, 1))
  assert.ok(min.every((value) => value <= -1) && max[0] >= 11 && max[1] >= 4 && max[2] >= 2)
  assert.throws(() => latticeOver({ min: [0, 0, 0], max: [1e6, 1e6, 1e6] }, 0.1), RangeError)
  assert.throws(() => latticeOver(space, 0), RangeError)
})

test('sampling only near the surface tells the same there and the same side everywhere, and asks far less', () => {
  let asked = 0
  const ball = sphere([0.1, 0.2, 0.3], 3)
  const counted: Sdf = (x, y, z) => {
    asked++
    return ball(x, y, z)
  }
  const lattice = latticeOver(space, 0.15)
  const all = sampled(ball, lattice)
  const near = sampled(counted, lattice, 0.5, 1)
  assert.ok(asked < all.values.length / 2)
  nodesOf(all, (_x, _y, _z, d, n) => {
    assert.equal(near.values[n] < 0, d < 0)
    if (Math.abs(d) < 0.5) assert.equal(near.values[n], d)
    else assert.ok(Math.abs(near.values[n]) >= 0.5 - 1e-6 && Math.abs(near.values[n]) <= Math.abs(d) + 1e-6)
  })
})

test("between its nodes a grid is a quarter of a cell square off, has its function's slope, and ends beyond its sides", () => {
  const ball = sphere([0.1, 0.2, 0.3], 3)
  const grid = sampled(ball, latticeOver(space, 0.3))
  const field = interpolated(grid)
  const random = seeded(2)
  for (let n = 0; n < 2000; n++) {
    const p = [0, 1, 2].map(() => (random() - 0.5) * 11)
    if (Math.abs(ball(p[0], p[1], p[2])) > 1.5) continue
    assert.ok(Math.abs(field(p[0], p[1], p[2]) - ball(p[0], p[1], p[2])) < 0.3 ** 2 / 4)
    const g = gradientAt(field, p[0], p[1], p[2], 0.1)
    assert.ok(Math.abs(Math.hypot(...g) - 1) < 0.1)
  }
  const solid = interpolated({ ...grid, values: grid.values.map(() => -1) })
  assert.equal(solid(0, 0, 0), -1)
  assert.ok(solid(8.5, 0, 0) > 0)
})

test('grids combine node by node, and only on one lattice', () => {
  const lattice = latticeOver(space, 1)
  const a = sampled(sphere([0, 0, 0], 3), lattice)
  const b = sampled(sphere([2, 0, 0], 3), lattice)
  nodesOf(
    a,
    (_x, _y, _z, d, n) => {
      assert.equal(unionOf(a, b).values[n], Math.min(d, b.values[n]))
      assert.equal(intersectionOf(a, b).values[n], Math.max(d, b.values[n]))
      assert.equal(differenceOf(a, b).values[n], Math.max(d, -b.values[n]))
      assert.equal(grownBy(a, 0.5).values[n], Math.fround(d - 0.5))
    },
    7,
  )
  assert.throws(() => unionOf(a, sampled(sphere([0, 0, 0], 3), latticeOver(space, 0.9))), RangeError)
})

for (const [name, mesh, cell] of [
  ['coarse ball', icosphere(4, 4), 0.3],
  ['fine ball', icosphere(4, 30), 0.3],
  ['box', boxMesh([-3, -2, -4], [3, 4, 4]), 0.4],
  ['torus', torusMesh(3.5, 1.5, 60, 30), 0.25],
] as const) {
  test(`distances to a ${name} are those of trying every triangle, on the right side`, () => {
    const grid = distanceGrid(mesh, latticeOver(space, cell))
    const inside: Sdf =
      name === 'torus'
        ? torus([0, 0, 0], [0, 0, 1], 3.5, 1.5)
        : name === 'box'
          ? box([0, 1, 0], [3, 3, 4])
          : sphere([0, 0, 0], 4)
    const errors: number[] = []
    nodesOf(
      grid,
      (x, y, z, d, n) => {
        const truth = bruteDistance(mesh, x, y, z)
        errors.push(Math.abs(Math.abs(d) - truth))
        assert.ok(Math.abs(d) >= truth - 1e-5, 'never nearer than it is')
        if (truth < 1.2 * cell) assert.ok(errors.at(-1)! < 1e-5)
        assert.equal(grid.trust[n], 1)
        if (Math.abs(inside(x, y, z)) > 0.1) assert.equal(d < 0, inside(x, y, z) < 0)
      },
      197,
    )
    errors.sort((p, q) => p - q)
    assert.ok(errors[Math.floor(errors.length * 0.9)] < 1e-5, 'nine in ten are exact')
    assert.ok(errors.at(-1)! < 0.1)
  })
}

test('the part of a surface that is outside the lattice counts as well', () => {
  const mesh = icosphere(4, 12)
  const whole = distanceGrid(mesh, latticeOver({ min: [3, -2, -2], max: [8, 2, 2] }, 0.25))
  nodesOf(whole, (x, y, z, d) => assert.ok(Math.abs(d - (Math.hypot(x, y, z) - 4)) < 0.04))
  const beside = distanceGrid(mesh, latticeOver({ min: [5, -2, -2], max: [8, 2, 2] }, 0.25))
  nodesOf(beside, (x, y, z, d) => assert.ok(Math.abs(d - (Math.hypot(x, y, z) - 4)) < 0.1))
})

test('a reach that was asked for ends the distances there, the side still right', () => {
  const mesh = icosphere(4, 12)
  const grid = distanceGrid(mesh, latticeOver(space, 0.3), 1)
  nodesOf(grid, (x, y, z, d, n) => {
    const truth = Math.hypot(x, y, z) - 4
    if (Math.abs(truth) < 0.9) assert.ok(Math.abs(d - truth) < 0.04)
    if (Math.abs(truth) > 1.1) assert.equal(d, Math.sign(truth))
    if (Math.abs(truth) > 1.1) assert.equal(grid.trust[n], 0)
  })
  const nothing = distanceGrid(mesh, latticeOver({ min: [20, 20, 20], max: [22, 22, 22] }, 0.5), 1)
  assert.ok(nothing.values.every((d) => d === 1))
})

test('an open sheet has a side above and below, goes on straight beyond its border, and says how far to trust that', () => {
  const sheet = parametric(20, 20, (u, v) => [6 * u - 3, 6 * v - 3, 0])
  const grid: DistanceGrid = distanceGrid(sheet, latticeOver(space, 0.3))
  nodesOf(grid, (x, y, z, d, n) => {
    assert.ok(Math.abs(d - z) < 1e-5, 'the distance to the plane, within the sheet and beyond')
    const out = Math.hypot(Math.max(Math.abs(x) - 3, 0), Math.max(Math.abs(y) - 3, 0))
    if (Math.max(Math.abs(x), Math.abs(y)) < 2.99) assert.equal(grid.trust[n], 1)
    else if (out > 0.01) assert.ok(Math.abs(grid.trust[n] - Math.abs(z) / Math.hypot(out, z)) < 1e-3)
  })
})

test('of an open bowl, what is above its inside is outside, and what is behind it is inside', () => {
  const ball = icosphere(5, 20)
  const bowl = submesh(ball, (t) => [0, 1, 2].every((k) => ball.positions[3 * ball.triangles[3 * t + k] + 2] < 0))
  const turnedOut = transformed(bowl, scaling(1))
  const grid = distanceGrid(turnedOut, latticeOver(space, 0.4))
  nodesOf(grid, (x, y, z, d, n) => {
    const r = Math.hypot(x, y, z)
    if (grid.trust[n] < 1 || z > -0.5 || Math.abs(r - 5) > 1.5) return
    assert.ok(Math.abs(d - (r - 5)) < 0.05)
  })
})

test('a cut body gets true distances again: an offset by them is even', () => {
  const ball = sphere([0.1, 0.2, 0.3], 4)
  const wavy: Sdf = (x, y, z) => ball(x, y, z) * (1 + 0.4 * Math.sin(2 * x))
  const grid = redistanced(sampled(wavy, latticeOver(space, 0.3)))
  const errors: number[] = []
  nodesOf(grid, (x, y, z, d) => {
    const truth = ball(x, y, z)
    if (truth > -2.5) errors.push(Math.abs(d - truth))
  })
  assert.ok(errors.reduce((most, e) => Math.max(most, e)) < 0.03)
  assert.ok(errors.reduce((sum, e) => sum + e) / errors.length < 0.01)
})

test('a cut with a rounded edge is one body whose grid and function tell the same', () => {
  const cut = roundSubtract(sphere([0, 0, 0], 5), sphere([4, 0, 0], 3), 0.8)
  const grid = sampled(cut, latticeOver(space, 0.25), 0.6)
  nodesOf(grid, (x, y, z, d) => {
    const truth = cut(x, y, z)
    assert.equal(d < 0, truth < 0)
    if (Math.abs(truth) < 0.5) assert.equal(d, Math.fround(truth))
  })
})
