import assert from 'node:assert/strict'
import { test } from 'node:test'

import { geodesic, geodesicDistances, type SurfacePoint } from './geodesic.ts'
import { newHeap } from './heap.ts'
import type { Mesh } from './mesh.ts'
import { convexHull } from './outline.ts'
import { gaussian, seeded } from './random.ts'
import { icosphere, parametric } from './shapes.ts'
import { boundaryLoops, cornersOf } from './topology.ts'
import { angleDeg, distance, type Vec3 } from './vector.ts'

const at = (points: Float64Array, i: number): Vec3 => [points[3 * i], points[3 * i + 1], points[3 * i + 2]]

const somewhere = (mesh: Mesh, random: () => number): SurfacePoint => {
  const a = random()
  const b = random() * (1 - a)
  return { triangle: Math.floor((random() * mesh.triangles.length) / 3), a, b, c: 1 - a - b }
}

test('a heap gives back what it was given, smallest key first', () => {
  const random = seeded(1)
  const heap = newHeap(4)
  const keys = Array.from({ length: 500 }, () => Math.floor(random() * 200))
  for (const [i, key] of keys.entries()) heap.push(key, i)
  const out: number[] = []
  while (heap.size() > 0) {
    const item = heap.pop()
    assert.equal(keys[item], heap.key())
    out.push(heap.key())
  }
  assert.deepEqual(
    out,
    keys.toSorted((a, b) => a - b),
  )
  assert.equal(heap.pop(), -1)
})

test('over a cylinder of long triangles distances are those of the unrolled sheet', () => {
  const [radius, sides] = [5, 60]
  const mesh = parametric(
    sides,
    10,
    (u, v) => [radius * Math.cos(2 * Math.PI * u), radius * Math.sin(2 * Math.PI * u), 60 * v],
    { u: true },
  )
  const found = geodesicDistances(mesh, [0])
  const side = 2 * radius * Math.sin(Math.PI / sides) * sides
  for (let v = 1; v < found.length; v++) {
    const [x, y, z] = at(mesh.positions, v)
    const truth = Math.hypot((Math.abs(Math.atan2(y, x)) / (2 * Math.PI)) * side, z)
    assert.ok(Math.abs(found[v] / truth - 1) < 1e-9)
  }
})

test('over a sphere distances are within one percent, those of ways within a tenth of one', () => {
  const mesh = icosphere(10, 20)
  const found = geodesicDistances(mesh, [0])
  let sum = 0
  for (let v = 1; v < found.length; v++) {
    const truth = (10 * Math.PI * angleDeg(at(mesh.positions, 0), at(mesh.positions, v))) / 180
    sum += Math.abs(found[v] / truth - 1)
    assert.ok(Math.abs(found[v] / truth - 1) < 0.011)
  }
  assert.ok(sum / found.length < 0.003)

  const random = seeded(3)
  const corners = cornersOf(mesh)
  for (let i = 0; i < 150; i++) {
    const way = geodesic(mesh, somewhere(mesh, random), somewhere(mesh, random), { corners })!
    const { points } = way.line
    const angle = angleDeg(at(points, 0), at(points, points.length / 3 - 1))
    assert.ok(Math.abs(way.length - (10 * Math.PI * angle) / 180) < 0.001 * way.length + 0.01)
  }
})

test('over noise a way is no shorter than the straight line, and hardly longer than the distances say', () => {
  const random = seeded(9)
  const noise = gaussian(random)
  const mesh = parametric(60, 60, (u, v) => [60 * u + 0.2 * noise(), 60 * v + 0.2 * noise(), 0.1 * noise()])
  const corners = cornersOf(mesh)
  for (let i = 0; i < 40; i++) {
    const from = somewhere(mesh, random)
    const to = somewhere(mesh, random)
    const { length, line } = geodesic(mesh, from, to, { corners })!
    const straight = distance(at(line.points, 0), at(line.points, line.points.length / 3 - 1))
    assert.ok(length >= straight)
    assert.ok(length < 1.03 * straight + 0.5, `${length} ${straight}`)
  }
})

test('a way goes round a hole, the shorter side; two pieces have no way between them', () => {
  const sheet = parametric(40, 40, (u, v) => [4 * u - 2, 4 * v - 2, 0])
  const inHole = (t: number) =>
    [0, 1, 2].some((k) => Math.hypot(...at(sheet.positions, sheet.triangles[3 * t + k])) < 0.999)
  const triangles = sheet.triangles.filter((_, i) => !inHole(Math.floor(i / 3)))
  const holed = { ...sheet, triangles }
  const find = (x: number, y: number): SurfacePoint => {
    for (let t = 0; t < triangles.length / 3; t++) {
      for (let k = 0; k < 3; k++) {
        if (distance(at(sheet.positions, triangles[3 * t + k]), [x, y, 0]) < 1e-9) {
          return { triangle: t, a: k === 0 ? 1 : 0, b: k === 1 ? 1 : 0, c: k === 2 ? 1 : 0 }
        }
      }
    }
    throw new Error('no such vertex')
  }
  const way = geodesic(holed, find(-1.5, 0.2), find(1.5, 0.2))!
  // a string pulled tight over the upper part of the hole's jagged border
  const border = boundaryLoops(holed).find((loop) => loop.length < 100)!
  const upper = [...border].map((h) => at(sheet.positions, triangles[h])).filter(([, y]) => y > 0.2)
  const pins: Vec3[] = [[-1.5, 0.2, 0], ...upper, [1.5, 0.2, 0]]
  const hull = convexHull(Float64Array.from(pins.flatMap(([x, y]) => [x, y])))
  const round = hull.reduce((sum, i, k) => sum + distance(pins[i], pins[hull[(k + 1) % hull.length]]), 0)
  assert.ok(Math.abs(way.length - (round - 3)) < 1e-9, `${way.length} ${round - 3}`)

  const apart = { positions: sheet.positions, triangles: Uint32Array.of(0, 1, 41, 800, 801, 841) }
  assert.equal(geodesic(apart, { triangle: 0, a: 1, b: 0, c: 0 }, { triangle: 1, a: 1, b: 0, c: 0 }), null)
  assert.equal(geodesicDistances(apart, [0])[800], Infinity)
  assert.equal(geodesicDistances(sheet, [0], { max: 1 })[1600], Infinity)
})
