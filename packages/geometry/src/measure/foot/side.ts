import type { Side } from '../measurement.ts'
import { lowShare, type Posed } from './pose.ts'
import { reachOf, slicesOf } from './slices.ts'

/**
 * Left or right, by what tells them apart: the toes' tip lies towards the big toe's side, the ball stands out farther
 * forward on that side, the sole is hollow there, and the back of the foot is higher there. Each sign counts as far as
 * it is plain.
 * @returns null for a foot that is its own mirror image
 */
export function sideOf({ mesh, outline, length }: Posed): { side: Side | null; confidence: number } {
  // positive: the big toe lies to the right of the axis, as a left foot's does
  const signs = [
    1.2 * soft(toeLine(outline, length) / 0.05),
    1.0 * soft(ballLean(outline, length) / 0.05),
    ...hollowAndRidge(mesh, length),
  ]
  const sum = signs.reduce((total, one) => total + one, 0)
  const confidence = 1 - Math.exp(-1.6 * Math.abs(sum))
  return { side: confidence < 0.05 ? null : sum > 0 ? 'left' : 'right', confidence: confidence < 0.05 ? 0 : confidence }
}

const soft = (x: number) => x / Math.hypot(1, x)

/** How far the outline's front lies to the right of the ball's middle, in lengths. */
function toeLine(outline: Float64Array, length: number): number {
  const front = acrossAt(outline, 0.96 * length)
  const ball = acrossAt(outline, 0.7 * length)
  return front && ball ? ((ball[0] + ball[1]) / 2 - (front[0] + front[1]) / 2) / length : 0
}

/** How much farther forward the outline is broadest on the right than on the left, in lengths. */
function ballLean(outline: Float64Array, length: number): number {
  const peak = (sign: 1 | -1) => {
    let most = -Infinity
    for (let x = 0.5; x < 0.851; x += 0.01) {
      const across = acrossAt(outline, x * length)
      if (across) most = Math.max(most, sign > 0 ? across[1] : -across[0])
    }
    let weight = 0
    let sum = 0
    for (let x = 0.5; x < 0.851; x += 0.01) {
      const across = acrossAt(outline, x * length)
      if (!across) continue
      const w = Math.exp(((sign > 0 ? across[1] : -across[0]) - most) / (0.004 * length))
      weight += w
      sum += w * x
    }
    return weight > 0 ? sum / weight : 0
  }
  return peak(-1) - peak(1)
}

/** Where a line across meets a convex outline, right and left. */
export function acrossAt(outline: Float64Array, x: number): [number, number] | null {
  let right = Infinity
  let left = -Infinity
  const n = outline.length / 2
  for (let i = 0; i < n; i++) {
    const j = (i + 1) % n
    const a = outline[2 * i] - x
    const b = outline[2 * j] - x
    if (a > 0 === b > 0) continue
    const y = outline[2 * i + 1] + (a / (a - b)) * (outline[2 * j + 1] - outline[2 * i + 1])
    right = Math.min(right, y)
    left = Math.max(left, y)
  }
  return left > right ? [right, left] : null
}

/** From slices across: on which side the sole is hollow behind the ball, and on which the back of the foot is higher. */
function hollowAndRidge(mesh: Posed['mesh'], length: number): [number, number] {
  const slices = slicesOf(mesh, 0.3 * length, 0.06 * length, 9)
  let hollow = 0
  let ridge = 0
  let n = 0
  for (let i = 0; i < slices.count; i++) {
    const share = 0.3 + 0.06 * i
    const reach = reachOf(slices, i, lowShare * length)
    if (!reach || !(reach.left - reach.right > 0.1 * length)) continue
    const heights = (part: number) => {
      const y = reach.right + part * (reach.left - reach.right)
      let low = Infinity
      let high = -Infinity
      for (let k = 4 * slices.from[i]; k < 4 * slices.from[i + 1]; k += 4) {
        const a = slices.pieces[k] - y
        const b = slices.pieces[k + 2] - y
        if (a > 0 === b > 0) continue
        const z = slices.pieces[k + 1] + (a / (a - b)) * (slices.pieces[k + 3] - slices.pieces[k + 1])
        low = Math.min(low, z)
        high = Math.max(high, z)
      }
      return { low, high }
    }
    const onRight = heights(0.2)
    const onLeft = heights(0.8)
    if (!Number.isFinite(onRight.low) || !Number.isFinite(onLeft.low)) continue
    n++
    // a sole that is missing has no hollow: what is met first from below is then the back of the foot
    if (share < 0.63 && onRight.high > onRight.low && onLeft.high > onLeft.low) {
      hollow += (onRight.low - onLeft.low) / length
    }
    if (share > 0.5) ridge += (onRight.high - onLeft.high) / length
  }
  return n > 0 ? [1.2 * soft(hollow / n / 0.01), 0.8 * soft(ridge / n / 0.02)] : [0, 0]
}
