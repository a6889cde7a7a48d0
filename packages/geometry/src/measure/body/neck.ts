import { girth } from '../../mesh/outline.ts'
import { applyTo } from '../../mesh/matrix.ts'
import type { Plane } from '../../mesh/section.ts'
import { distance } from '../../mesh/vector.ts'
import { type BodyScan, inScan } from './pose.ts'
import { outlinesAt, type Tape, tapeRound, torsoAt } from './torso.ts'

/**
 * The least girth of the neck: over heights between the shoulders and a tenth of the stature below the top of the
 * head, and over planes that lean forward by up to 35°.
 * @param from height of the shoulder points over the floor, mm
 */
export function neckOf(scan: BodyScan, from: number): Tape | null {
  const { stature } = scan
  const girthOf = (height: number, lean: number) => {
    const cut = neckAt(scan, height, lean)
    return cut ? girth([cut.line], cut.plane).length : Infinity
  }
  let best = { height: NaN, lean: 0, girth: Infinity }
  for (let height = from + 0.005 * stature; height < 0.9 * stature; height += 0.008 * stature) {
    for (let lean = 0; lean <= 0.5; lean += 0.125) {
      const size = girthOf(height, lean)
      if (size < best.girth) best = { height, lean, girth: size }
    }
  }
  if (!(best.girth < Infinity)) return null
  // then parabolas along both, ever narrower
  for (let up = 0.005 * stature, bend = 0.08, round = 0; round < 7; round++, up *= 0.6, bend *= 0.6) {
    const height = best.height + up * least((k) => girthOf(best.height + k * up, best.lean), best.girth)
    const level = girthOf(height, best.lean)
    if (level <= best.girth) best = { height, lean: best.lean, girth: level }
    const lean = Math.min(
      0.61,
      Math.max(0, best.lean + bend * least((k) => girthOf(best.height, best.lean + k * bend), best.girth)),
    )
    const leaning = girthOf(best.height, lean)
    if (leaning <= best.girth) best = { height: best.height, lean, girth: leaning }
  }
  const cut = neckAt(scan, best.height, best.lean)
  return cut && tapeRound(scan, cut.line, cut.plane)
}

/** Where the parabola through the values at -1, 0 and 1 is least, within these. */
function least(value: (k: number) => number, middle: number): number {
  const [a, b, c] = [value(-1), middle, value(1)]
  const bend = a - 2 * b + c
  if (!(bend < Infinity)) return 0
  return bend > 0 ? Math.min(1, Math.max(-1, (a - c) / (2 * bend))) : a < c ? -1 : 1
}

function neckAt(scan: BodyScan, height: number, lean: number) {
  const level = torsoAt(scan, height)
  if (!level) return null
  const [x, , z] = level.middle
  const plane: Plane = {
    point: applyTo(scan.back, [x, 0, z]),
    normal: inScan(scan, [Math.sin(lean), 0, Math.cos(lean)]),
  }
  const found = outlinesAt(scan, plane).filter(({ middle }) => distance(middle, [x, 0, z]) < 0.05 * scan.stature)
  return found.length > 0 ? { line: found[0].line, plane } : null
}
