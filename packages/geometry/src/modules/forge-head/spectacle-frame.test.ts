import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bvhOf } from '../../mesh/bvh.ts'
import { transformed } from '../../mesh/mesh.ts'
import { castRay } from '../../mesh/ray.ts'
import { distance, subtract, unit } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { offFront } from './front.ts'
import { checkedFor, headScan, inputFor } from './heads.ts'
import { lensOutline, lensShapes } from './lens-shapes.ts'
import { placed } from './placing.ts'
import { skinOf } from './skin.ts'
import { templeLine } from './temples.ts'

const told = { pupilDistanceMm: '64', shape: 'round' }
const refusedFor = (missing: RegExp) => (error: unknown) =>
  error instanceof GeometryRefusal && error.code === 'DESIGN_NOT_SUPPORTED' && missing.test(error.message)

test('a frame for a real head passes the check: its bridge lies on the nose, and lenses fit its grooves', () => {
  const input = inputFor(headScan('cgtub'), 'spectacle-frame', told)
  const { fit, body } = checkedFor(input, 'spectacle-frame')
  assert.deepEqual(fit.failures, [])
  assert.deepEqual([fit.watertight, fit.selfIntersections, fit.components, fit.genus], [true, 0, 1, 2])
  assert.ok(fit.minWallMm >= 1.5)
  assert.ok(fit.contactDeviation!.p95 < 0.1)
  assert.ok(fit.contact!.areaMm2 > 120, 'bridge and both pads carry')
  assert.ok(fit.insertionAxis)
  // straight along the middle of each lens' plane the way ends in the groove, half a lens' width away
  const { front } = placed(input, skinOf(input))
  const bvh = bvhOf(transformed(body, input.toCanonical))
  const lens = input.parameters.lensWidthMm
  for (const side of [1, -1]) {
    const middle = offFront(front, side * front.lensAt, 0, 0)
    for (const way of [1, -1]) {
      const ground = offFront(front, side * (front.lensAt + (way * lens) / 2), 0, 0)
      const hit = castRay(bvh, middle, unit(subtract(ground, middle)))
      assert.ok(hit && Math.abs(hit.t - distance(ground, middle)) < 0.15, `${hit?.t} mm to the groove`)
    }
    assert.equal(castRay(bvh, middle, [1, 0, 0]), null, 'nothing stands before a pupil')
  }
})

test("the pupils' distance is the scan's or the customer's, and never invented", () => {
  const eyes = inputFor(headScan('ict'), 'spectacle-frame')
  const { pupilDistanceMm, decentrationMm, bridgeMm } = placed(eyes, skinOf(eyes))
  assert.equal(pupilDistanceMm, headScan('ict').measurements.interpupillary_distance.value)
  assert.ok(Math.abs(bridgeMm + eyes.parameters.lensWidthMm - pupilDistanceMm - 2 * decentrationMm) < 1e-9)
  const closed = inputFor(headScan('cgtub'), 'spectacle-frame')
  assert.throws(() => placed(closed, skinOf(closed)), refusedFor(/say it as pupilDistanceMm/))
  const silly = inputFor(headScan('cgtub'), 'spectacle-frame', { pupilDistanceMm: '30' })
  assert.throws(() => placed(silly, skinOf(silly)), refusedFor(/none of an adult's/))
})

test('lenses that the nose leaves no room for are refused', () => {
  const input = inputFor(headScan('ict'), 'spectacle-frame', {}, { lensWidthMm: 60, lensHeightMm: 56 })
  assert.throws(() => placed(input, skinOf(input)), refusedFor(/smaller lenses/))
})

test('temples pass above the ears, clear of the skin all along and nowhere narrower behind than before', () => {
  for (const name of ['cgtub', 'ict'] as const) {
    const input = inputFor(headScan(name), 'spectacle-frame', told)
    const p = input.parameters
    const skin = skinOf(input)
    const { front } = placed(input, skin)
    for (const side of ['left', 'right'] as const) {
      const line = templeLine(front, skin, side, input.measurements.face_width.value, p)
      const [tail] = line.slice(-1)
      assert.ok(tail[0] < skin.tragions[side][0] - 25 && tail[2] > skin.tragions[side][2] + 8)
      const reach = p.templeMm / 2 + p.templeClearanceMm
      for (let i = 1; i < line.length; i++) {
        for (let share = 0; share <= 1; share += 0.05) {
          const [x, y, z] = [0, 1, 2].map((k) => line[i - 1][k] + share * (line[i][k] - line[i - 1][k]))
          assert.ok(skin.distance(x, y, z, 40) > reach - 0.15, `${name} ${side} at x = ${x.toFixed(0)}`)
        }
        if (i > 14) assert.ok(Math.abs(line[i][1]) >= Math.abs(line[i - 1][1]) - 1e-9)
      }
    }
  }
})

test('a lens just fits its box, whatever its shape', () => {
  for (const shape of lensShapes) {
    const outline = lensOutline(shape, 48, 36)
    for (const [k, size] of [
      [0, 48],
      [1, 36],
    ] as const) {
      // prettier-ignore
      const all = outline.map((point) => point[k])
      assert.ok(Math.abs(Math.max(...all) - size / 2) < 1e-9 && Math.abs(Math.min(...all) + size / 2) < 1e-9)
    }
  }
})
