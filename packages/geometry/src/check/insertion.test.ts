import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundSubtract, subtract, union } from '../field/combine.ts'
import { box, cylinder, type Sdf, sphere } from '../field/shapes.ts'
import { surfaceOfSdf } from '../field/surface.ts'
import { icosphere } from '../mesh/shapes.ts'
import type { Vec3 } from '../mesh/vector.ts'
import { checkFit } from './check.ts'
import { insertionOf } from './insertion.ts'
import { surfaceFrom } from './nearest.ts'
import { asWritten } from './written.ts'

const space = { min: [-12.5, -12.5, -12.5] as Vec3, max: [12.5, 12.5, 12.5] as Vec3 }
const made = (sdf: Sdf, cell = 0.5) => asWritten(surfaceOfSdf(sdf, space, cell)).mesh

test('what is closed all round a body cannot be put on, however much may be pressed', () => {
  const casing = made(subtract(box([0, 0, 0], [12, 12, 12]), sphere([0, 0, 0], 9)), 1.2)
  for (const pressMm of [0.5, 3, 6]) {
    const { failures, interferenceMm, insertionAxis } = checkFit(casing, icosphere(9, 12), {
      intendedOffsetMm: 0,
      minWallMm: 1,
      components: 2,
      pressMm,
      outward: [0, 0, 1],
    })
    assert.match(failures.join('\n'), /cannot be put in: on the best straight way it presses [\d.]+ mm or more into/)
    assert.equal(insertionAxis, null)
    assert.equal(interferenceMm, Math.max(2.5, pressMm + 1))
  }
})

test('a press that could not be told from more is a mistake of the caller', () => {
  const ball = surfaceFrom(icosphere(2, 6))
  const skin = surfaceFrom(icosphere(9, 12))
  assert.throws(() => insertionOf(ball, skin, { pressMm: 3, deepMm: 3 }), RangeError)
  assert.throws(() => insertionOf(ball, skin, { pressMm: NaN }), RangeError)
})

/** A sheet of flesh with a round hole. */
const flesh = (thick: number) =>
  surfaceFrom(
    made(roundSubtract(box([0, 0, 0], [11, 11, thick / 2], 0.3), cylinder([0, 0, -9], [0, 0, 9], 4), 0.2), 0.4),
  )
const shank = (thick: number) => cylinder([0, 0, -thick / 2 - 2], [0, 0, thick / 2 + 2], 3.9)
const flange = (thick: number, side: 1 | -1) =>
  cylinder([0, 0, side * (thick / 2 + 0.1)], [0, 0, side * (thick / 2 + 2)], 7)

for (const thick of [1.2, 1.9]) {
  test(`a rivet cannot be put in through ${thick} mm of flesh, a pin with one flange can`, () => {
    const skin = flesh(thick)
    const rivet = surfaceFrom(made(union(shank(thick), flange(thick, 1), flange(thick, -1))))
    const stuck = insertionOf(rivet, skin, { pressMm: thick / 2 + 0.05, outward: [0, 0, 1] })
    assert.ok(stuck.interferenceMm > thick / 2 + 0.1, `${stuck.interferenceMm}`)
    const pin = surfaceFrom(made(union(shank(thick), flange(thick, 1))))
    const way = insertionOf(pin, skin, { pressMm: 0.2, outward: [0, 0, 1] })
    assert.ok(way.interferenceMm < 0.1 && way.axis[2] < -0.99, `${way.interferenceMm}`)
  })
}
