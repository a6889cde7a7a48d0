import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GeometryRefusal } from '../refusal.ts'
import { choose, productOf } from './choose.ts'
import { compatibilityOf, missingFor } from './compatibility.ts'
import { design } from './design.ts'
import { forgeGrip } from './forge-grip/forge-grip.ts'
import { handMesh, handScan } from './forge-grip/hands.ts'
import { forgeHead } from './forge-head/forge-head.ts'
import { headScan } from './forge-head/heads.ts'

const hand = handScan(handMesh('webxr'))
const refused = (code: string) => (error: unknown) => error instanceof GeometryRefusal && error.code === code

test('a scan that is too poor is told so, with what would make a better one', () => {
  const poor = {
    ...hand,
    judged: (coverage: Parameters<typeof hand.judged>[0]) => ({
      ...hand.judged(coverage),
      score: 0.55,
      suggestions: ['Scan again in even light'],
    }),
  }
  const { compatible, score, warnings, availableProducts } = compatibilityOf(poor, forgeGrip)
  assert.deepEqual([compatible, score, availableProducts], [false, 0.55, []])
  assert.match(warnings.join('\n'), /^the scan's quality is 0\.55, and 0\.6 is needed: .*even light/)
})

test('a hand that is neither closed nor measured is not compatible, for the reason that a design is refused', () => {
  assert.deepEqual(compatibilityOf(hand, forgeGrip).availableProducts, ['grip-handle'])
  const { thumb_width: _, ...others } = hand.measurements
  const unmeasured = { ...hand, measurements: others }
  const { compatible, warnings } = compatibilityOf(unmeasured, forgeGrip)
  assert.equal(compatible, false)
  assert.match(warnings.join(), /neither a hand that holds something nor an open hand.*lacks thumb_width/)
  assert.throws(() => design(unmeasured, forgeGrip, 'grip-handle'), refused('DESIGN_NOT_SUPPORTED'))
})

test("a head with closed eyes is not compatible with a frame until the pupils' distance is told", () => {
  const head = headScan('cgtub')
  const { availableProducts, warnings } = compatibilityOf(head, forgeHead)
  assert.deepEqual(availableProducts, ['helmet-liner'])
  assert.match(warnings.join(), /how far apart the pupils are: say it as pupilDistanceMm/)
  const frame = productOf(forgeHead, 'spectacle-frame')
  assert.deepEqual(missingFor(head, frame, choose(forgeHead, frame, { pupilDistanceMm: 64 })), [])
  assert.throws(() => design(head, forgeHead, 'spectacle-frame'), refused('DESIGN_NOT_SUPPORTED'))
})
