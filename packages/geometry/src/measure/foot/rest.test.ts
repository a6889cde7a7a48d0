import assert from 'node:assert/strict'
import { test } from 'node:test'
import { box, icosphere } from '../../mesh/shapes.ts'
import { dot, type Vec3 } from '../../mesh/vector.ts'
import { directions, rollToRest } from './rest.ts'

test('a box let go in any attitude comes to lie on one of its six faces', () => {
  const { positions } = box([0, 0, 0], [260, 100, 65])
  for (const start of directions(60)) {
    const rest = rollToRest(positions, [130, 50, 32.5], start)
    assert.ok(rest)
    assert.ok(Math.max(...rest.down.map(Math.abs)) > 1 - 1e-9, `from ${start.join()}`)
  }
})

test('what is too heavy at one end tips over the edge of a face', () => {
  // a tower that stands on a square foot, its weight beyond the foot's edge
  const tower = Float64Array.from([
    0, 0, 0, 40, 0, 0, 40, 40, 0, 0, 40, 0, 120, 0, 200, 160, 0, 200, 160, 40, 200, 120, 40, 200,
  ])
  const down: Vec3 = [0, 0, -1]
  const steady = rollToRest(tower, [20, 20, 10], down)
  assert.ok(steady && dot(steady.down, down) > 1 - 1e-9)
  const tipped = rollToRest(tower, [80, 20, 100], down)
  assert.ok(tipped && dot(tipped.down, down) < 0.9)
})

test('the weight falls between the three feet', () => {
  const { positions } = icosphere(50, 3)
  const weight: Vec3 = [3, -2, 1]
  for (const start of directions(20)) {
    const rest = rollToRest(positions, weight, start)
    assert.ok(rest)
    const [a, b, c] = rest.feet
    // seen along the fall, the weight's place is a mixture of the feet's with no negative share
    const area = (p: Vec3, q: Vec3, r: Vec3) => {
      const [ux, uy, uz] = [q[0] - p[0], q[1] - p[1], q[2] - p[2]]
      const [vx, vy, vz] = [r[0] - p[0], r[1] - p[1], r[2] - p[2]]
      return dot([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx], rest.down)
    }
    const all = area(a, b, c)
    for (const share of [area(weight, b, c), area(a, weight, c), area(a, b, weight)]) assert.ok(share / all > -1e-6)
  }
})
