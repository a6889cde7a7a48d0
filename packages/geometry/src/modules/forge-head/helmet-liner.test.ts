import assert from 'node:assert/strict'
import { test } from 'node:test'
import { turn } from '../../mesh/matrix.ts'
import { transformed } from '../../mesh/mesh.ts'
import { step, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { design } from '../design.ts'
import { compatibilityOf } from '../compatibility.ts'
import { forgeHead } from './forge-head.ts'
import { checkedFor, headScan, inputFor } from './heads.ts'
import { helmetLiner } from './helmet-liner.ts'
import { skinOf } from './skin.ts'

test('a liner lies on a real skull, can be put on, and has the holes that were ordered', () => {
  const input = inputFor(headScan('ict'), 'helmet-liner', { ventilation: 'five', thicknessMm: '8' })
  const { fit } = checkedFor(input, 'helmet-liner')
  assert.deepEqual(fit.failures, [])
  assert.deepEqual([fit.watertight, fit.selfIntersections, fit.components, fit.genus], [true, 0, 1, 5])
  assert.ok(fit.contactDeviation!.p95 < 0.1)
  assert.ok(fit.contact!.areaMm2 > 30_000, 'most of the skull')
  assert.ok(fit.minWallMm > 6 && fit.minWallMm < 8.1)
  assert.ok(fit.bores.length === 5 && fit.bores.every(({ open, diameterMm }) => open && diameterMm < 16.5))
})

test('a liner with room for hair keeps it on the whole way, and goes straight down where the skull gets narrower', () => {
  const input = inputFor(headScan('cgtub'), 'helmet-liner', { napeMm: '4', undercutMm: '0' }, { offsetMm: -5 })
  const { body, contact, outward } = helmetLiner(input)
  const skin = skinOf(input)
  const { positions } = transformed(body, input.toCanonical)
  const up = turn(input.toCanonical, outward!)
  let touching = 0
  let least = Infinity
  for (let i = 0; i < positions.length; i += 3 * 40) {
    const at: Vec3 = [positions[i], positions[i + 1], positions[i + 2]]
    const off = skin.distance(...at, 30)
    if (off < 10 && contact!(body.positions[i], body.positions[i + 1], body.positions[i + 2])) {
      touching++
      assert.ok(Math.abs(off - 5) < 0.1)
    }
    for (let far = 0; far < 180; far += 3) least = Math.min(least, skin.distance(...step(at, up, far), 30))
  }
  assert.ok(touching > 500)
  // beside an ear the liner keeps from the skull and not from the ear's root
  assert.ok(least > 4.5, `${least} mm of 5`)
})

test('a face alone is refused, with what is missing', () => {
  const mask = headScan('mask')
  const { compatible, availableProducts, warnings } = compatibilityOf(mask, forgeHead)
  assert.deepEqual([compatible, availableProducts], [false, []])
  assert.ok(warnings.some((warning) => /head_circumference is not known: the back of the head/.test(warning)))
  assert.throws(() => design(mask, forgeHead, 'helmet-liner'), GeometryRefusal)
})
