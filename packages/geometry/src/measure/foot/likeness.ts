import type { Ball } from './ball.ts'
import type { Foot } from './frame.ts'
import { across, breadthAt, cut } from './slices.ts'
import { trapezoid } from './stance.ts'

/**
 * How much like a foot this is, 0 to 1: size, slenderness, a heel narrower than the ball, a sole that lies or nearly
 * lies on the ground along most of its length, a back that falls from the ankle to thin toes.
 */
export function likenessOf(foot: Foot, ball: Ball | null): number {
  const { length, posed } = foot
  const { stance } = posed
  const breadth = ball ? ball.outer.value + ball.inner.value : posed.breadth
  const heel = breadthAt(foot, 0.16 * length)?.breadth ?? 0
  const height = (share: number) => highest(foot, share * length) / length
  const [back, middle, front, toes] = [height(0.25), height(0.5), height(0.72), height(0.9)]
  const parts = [
    trapezoid(length, 90, 150, 330, 420),
    trapezoid(breadth / length, 0.24, 0.31, 0.46, 0.58),
    0.3 + 0.7 * trapezoid(heel / breadth, 0.3, 0.5, 0.86, 1.1),
    trapezoid(stance.contact, 0.2, 0.7, 2, 3),
    0.2 + 0.8 * trapezoid(stance.sole + (posed.ground === 'floor' ? 1 : 0), 0, 0.3, 2, 3),
    trapezoid(middle, 0.12, 0.19, 0.36, 0.5),
    0.1 + 0.9 * trapezoid(back - front, 0, 0.1, 3, 4),
    trapezoid(toes, 0.02, 0.05, 0.2, 0.32),
    0.2 + 0.8 * trapezoid(middle - toes, 0, 0.08, 0.5, 0.6),
  ]
  // what is quite unlike a foot in one respect is no foot; small doubts in several add up
  return parts.reduce((product, part) => product * part, 1) ** 0.5
}

function highest(foot: Foot, x: number): number {
  let top = 0
  for (const { points } of cut(foot, across(x)))
    for (let i = 2; i < points.length; i += 3) top = Math.max(top, points[i])
  return top
}
