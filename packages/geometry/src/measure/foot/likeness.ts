import type { Ball } from './ball.ts'
import type { Foot } from './frame.ts'
import { reachOf } from './slices.ts'
import { trapezoid } from './stance.ts'

/**
 * How much like a foot this is, 0 to 1: size, slenderness, a heel narrower than the ball, a sole that lies or nearly
 * lies on the ground along most of its length, a back that falls from the ankle to thin toes, and no fingers.
 */
export function likenessOf(foot: Foot, ball: Ball | null): number {
  const { length, posed } = foot
  const { stance } = posed
  const breadth = ball ? ball.outer.value + ball.inner.value : posed.breadth
  const at = (hundredth: number) => reachOf(foot.slices, hundredth - 1, foot.low)
  const heelAt = at(16)
  const heel = heelAt ? heelAt.left - heelAt.right : 0
  const [heelTop, back, middle, front, toes] = [16, 25, 50, 72, 90].map(
    (hundredth) => (at(hundredth)?.top ?? 0) / length,
  )
  const parts = [
    trapezoid(length, 90, 150, 330, 420),
    trapezoid(breadth / length, 0.24, 0.31, 0.46, 0.58),
    0.3 + 0.7 * trapezoid(heel / breadth, 0.3, 0.5, 0.86, 1.1),
    trapezoid(stance.contact, 0.2, 0.7, 2, 3),
    0.2 + 0.8 * trapezoid(posed.ground === 'floor' ? 1 : stance.flat, 0, 0.3, 2, 3),
    trapezoid(heelTop, 0.12, 0.25, 3, 4),
    trapezoid(Math.max(gapsAt(foot, 64), gapsAt(foot, 70)), -2, -1, 0.05, 0.22),
    trapezoid(middle, 0.12, 0.19, 0.36, 0.5),
    0.1 + 0.9 * trapezoid(back - front, 0, 0.1, 3, 4),
    trapezoid(toes, 0.02, 0.05, 0.2, 0.32),
    0.2 + 0.8 * trapezoid(middle - toes, 0, 0.08, 0.5, 0.6),
  ]
  // what is quite unlike a foot in one respect is no foot; small doubts in several add up
  return parts.reduce((product, part) => product * part, 1) ** 0.5
}

/** The share of a slice's breadth between its pieces: toes part only farther forward, fingers do here. */
function gapsAt({ slices, low }: Foot, hundredth: number): number {
  const reach = reachOf(slices, hundredth - 1, low)
  if (!reach) return 1
  const cells = 50
  const filled = new Uint8Array(cells)
  const { from, pieces } = slices
  for (let k = 4 * from[hundredth - 1]; k < 4 * from[hundredth]; k += 4) {
    const a = ((pieces[k] - reach.right) / (reach.left - reach.right)) * cells
    const b = ((pieces[k + 2] - reach.right) / (reach.left - reach.right)) * cells
    for (let i = Math.max(0, Math.floor(Math.min(a, b))); i <= Math.min(cells - 1, Math.floor(Math.max(a, b))); i++) {
      filled[i] = 1
    }
  }
  return 1 - filled.reduce((sum, one) => sum + one, 0) / cells
}
