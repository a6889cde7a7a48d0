import type { Vec3 } from '../../mesh/vector.ts'
import type { Ball } from './ball.ts'
import { atBorder } from './border.ts'
import { heelShare, type Foot } from './frame.ts'
import { soleAt } from './slices.ts'
import { across, breadthAt, cut, edgeOf, ofFoot } from './surface.ts'

/** Where the big toe is measured, in lengths from the heel. */
export const bigToeShare = 0.9

export interface ToeAngle {
  readonly degrees: number
  /** heel, MTH1, big toe: the line that is bent at MTH1 */
  readonly line: readonly [Vec3, Vec3, Vec3]
}

/**
 * The hallux valgus angle read from the inner outline: the bend at MTH1 between the line from the heel's inner side and
 * that to the big toe's. Positive when the toe points outwards, towards the other toes.
 */
export function toeAngleOf(foot: Foot, ball: Ball): ToeAngle | null {
  const heel = breadthAt(foot, heelShare * foot.length)
  const toe = breadthAt(foot, bigToeShare * foot.length)
  const joint = ball.inner.point
  if (!heel || !toe || atBorder(foot, toe.right) || !(toe.right[0] > joint[0] + 0.03 * foot.length)) return null
  const back = Math.atan2(joint[1] - heel.right[1], joint[0] - heel.right[0])
  const front = Math.atan2(toe.right[1] - joint[1], toe.right[0] - joint[0])
  return { degrees: ((front - back) * 180) / Math.PI, line: [heel.right, joint, toe.right] }
}

/** The highest point of a slice across the foot, on the smooth surface. */
export function topOf(foot: Foot, x: number, keep: (y: number) => boolean = () => true): Vec3 | null {
  return edgeOf(foot.grain, ofFoot(cut(foot, across(x)), foot.low), [0, 0, 1], ([, y]) => keep(y))
}

/**
 * The big toe's highest point in a slice, and the lowest point under it.
 * @returns null for `bottom` where its underside was not scanned: a floor need not be where it is, toes may be lifted
 */
export function bigToeOf(foot: Foot): { top: Vec3; bottom: Vec3 | null } | null {
  const x = bigToeShare * foot.length
  const sides = breadthAt(foot, x)
  if (!sides) return null
  const middle = (sides.right[1] + sides.left[1]) / 2
  const onToe = (y: number) => y < middle
  const top = topOf(foot, x, onToe)
  if (!top || atBorder(foot, top)) return null
  if (soleAt(foot.slices, Math.round(100 * bigToeShare) - 1, top[1]) === null) return { top, bottom: null }
  const bottom = edgeOf(foot.grain, cut(foot, across(x)), [0, 0, -1], ([, y]) => onToe(y))
  return { top, bottom: bottom && top[2] > bottom[2] && !atBorder(foot, bottom) ? bottom : null }
}
