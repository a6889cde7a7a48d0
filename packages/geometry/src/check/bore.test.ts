import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundSubtract, subtract, union } from '../field/combine.ts'
import { refined } from '../test-support/refine.ts'
import { capsule, cylinder, type Sdf, sphere } from '../field/shapes.ts'
import { tube } from '../field/strokes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { boreOf } from './bore.ts'
import { intrusionOf } from './keep-out.ts'
import { surfaceFrom } from './nearest.ts'
import { asWritten } from './written.ts'

const space = { min: [-12.5, -12.5, -10] as Vec3, max: [12.5, 12.5, 10] as Vec3 }
const surface = (sdf: Sdf) => surfaceFrom(asWritten(refined(surfaceOfSdf(sdf, space, 0.25), sdf, 0.01)).mesh)
const bend = Array.from({ length: 31 }, (_, i): Vec3 => [2 * Math.sin(i / 9), 2 * Math.cos(i / 9), (i - 15) / 1.5])
const ball = sphere([0, 0, 0], 7)

test('a bent vent has the width it was drilled with, and is open at both ends', () => {
  for (const radius of [0.6, 1, 1.4]) {
    const bore = boreOf(surface(roundSubtract(ball, tube(bend, radius), 0.3)), bend)
    assert.ok(Math.abs(bore.diameterMm - 2 * radius) < 0.04, `${bore.diameterMm} for ${2 * radius}`)
    assert.deepEqual(bore.open, [true, true])
  }
})

test('a narrow place, however short, is what counts, and it is told where', () => {
  const radii = bend.map((_, i) => (i === 12 || i === 13 ? 0.5 : 1))
  const bore = boreOf(surface(subtract(ball, tube(bend, radii))), bend)
  assert.ok(Math.abs(bore.diameterMm - 1) < 0.05)
  assert.ok(Math.hypot(...bore.narrowest.map((value, k) => value - (bend[12][k] + bend[13][k]) / 2)) < 0.5)
})

test('a blind end, a membrane and a membrane with a pinhole are not open', () => {
  const straight: Vec3[] = [[0, 0, 5.5], [0, 0, -12]] // prettier-ignore
  // the path ends in the bore, 1.5 mm below the surface that closes it
  const blind = boreOf(surface(subtract(ball, capsule([0, 0, 4.5], [0, 0, -12], 1))), [[0, 0, 4.5], [0, 0, -12]]) // prettier-ignore
  assert.deepEqual(blind.open, [false, true])
  const open = subtract(ball, cylinder([0, 0, 12], [0, 0, -12], 1))
  assert.deepEqual(boreOf(surface(open), straight).open, [true, true])
  const lid = cylinder([0, 0, 6.1], [0, 0, 6.7], 1.5)
  assert.equal(boreOf(surface(union(open, lid)), straight).open[0], false)
  const pinhole = subtract(union(open, lid), cylinder([0, 0, 0], [0, 0, 12], 0.4))
  assert.equal(boreOf(surface(pinhole), straight).open[0], false)
  assert.equal(boreOf(surface(union(open, lid)), [[0, 0, 12], [0, 0, -12]]).diameterMm, 0) // prettier-ignore
})

test('a line through solid material is no bore', () => {
  const solid = surface(ball)
  assert.equal(boreOf(solid, [[0, 0, 3], [0, 0, -3]]).diameterMm, 0) // prettier-ignore
  assert.equal(boreOf(solid, [[0, 0, 12], [0, 0, -12]]).diameterMm, 0) // prettier-ignore
  assert.throws(() => boreOf(solid, [[0, 0, 0]]), RangeError)
})

test('material in a space that is kept free is found with its depth', () => {
  const middle: Vec3 = [1, 0, 0]
  const axes = [[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]] as const // prettier-ignore
  const half: Vec3 = [2, 3, 1.5]
  const space = { name: 'battery', middle, axes, half }
  const hollow = (shrunk: number): Sdf => {
    const inner: Sdf = (x, y, z) => {
      const [dx, dy] = [x - 1, y]
      const u = Math.abs(dx * 0.6 + dy * 0.8) - half[0] + shrunk
      const v = Math.abs(dx * -0.8 + dy * 0.6) - half[1]
      const w = Math.abs(z) - half[2]
      return Math.max(u, v, w) - 0.2
    }
    return subtract(ball, inner)
  }
  assert.equal(intrusionOf(surface(hollow(0)), space), 0)
  // walls moved inwards by 0.5 mm, 0.2 of which were play
  assert.ok(Math.abs(intrusionOf(surface(hollow(0.5)), space) - 0.3) < 0.02)
  assert.equal(intrusionOf(surface(ball), space), 1.5)
  assert.equal(intrusionOf(surface(ball), { ...space, middle: [20, 0, 0] }), 0)
})
