import type { Vec3 } from '../../mesh/vector.ts'
import { heightAt, type HeightMap } from '../../mesh/height-map.ts'

/** The free border of the pinna in the lateral view of a left ear: where its edge stands before what lies behind it. */
export interface Pinna {
  /** the border point by point, from the helix over the back to the lobule */
  border: readonly Vec3[]
  /** the highest point of the helix, the lowest of the lobule, the rearmost of the helix */
  superaurale: Vec3 | null
  subaurale: Vec3 | null
  postaurale: Vec3 | null
}

/**
 * Reads the border along rays from the middle of the ear: the place of the steepest fall of at least 2.5 mm within
 * 1.5 mm, taken half-way down. An ellipse of 20.5 x 30 mm, sized to the ear, says roughly where to look.
 */
export function readPinna(view: HeightMap, middle: readonly [number, number], size: number): Pinna {
  const border: (Vec3 | null)[] = []
  for (let degrees = 125; degrees >= -130; degrees--) {
    const angle = (degrees * Math.PI) / 180
    const rough = size / Math.hypot(Math.cos(angle) / 20.5, Math.sin(angle) / 30)
    border.push(fallAlong(view, middle, [Math.cos(angle), Math.sin(angle)], 0.75 * rough, 1.4 * rough))
  }
  return {
    border: border.filter((point) => point !== null),
    superaurale: extreme(border, 125 - 120, 125 - 50, [0, 1]),
    subaurale: extreme(border, 125 + 70, 125 + 130, [0, -1]),
    postaurale: extreme(border, 125 - 50, 125 + 40, [1, 0]),
  }
}

/** The outermost place on a ray where the skin falls steeply away. */
function fallAlong(
  view: HeightMap,
  middle: readonly [number, number],
  direction: readonly [number, number],
  from: number,
  to: number,
): Vec3 | null {
  const stride = 0.05
  const span = 30 // 1.5 mm
  const count = Math.ceil((to - from) / stride)
  const heights = Float64Array.from({ length: count }, (_, i) => {
    const at = from + i * stride
    return heightAt(view, middle[0] + direction[0] * at, middle[1] + direction[1] * at)
  })
  let steepest = -1
  let most = 2.5
  for (let i = 0; i + span < count; i++) {
    const fall = heights[i] - heights[i + span]
    if (fall > most) {
      most = fall
      steepest = i
    }
  }
  if (steepest < 0) return null
  const half = (heights[steepest] + heights[steepest + span]) / 2
  let i = steepest
  while (heights[i] > half) i++
  if (Number.isNaN(heights[i])) return null // a gap on the way down: where half-way is, nobody knows
  const share = (heights[i - 1] - half) / (heights[i - 1] - heights[i])
  const at = from + (i - 1 + share) * stride
  const x = middle[0] + direction[0] * at
  const y = middle[1] + direction[1] * at
  return [x, y, heights[Math.max(0, steepest)]]
}

/**
 * The point farthest along a direction, of the border's points from one to another; each counts with the median of
 * itself and its four neighbours.
 * @returns null where the border is not seen to both sides of it: the scan may end there, and the ear go on
 */
function extreme(
  border: readonly (Vec3 | null)[],
  first: number,
  last: number,
  along: readonly [number, number],
): Vec3 | null {
  let best: Vec3 | null = null
  let at = 0
  let most = -Infinity
  for (let i = first + 2; i + 2 <= last; i++) {
    const near = border.slice(i - 2, i + 3).filter((point) => point !== null)
    if (near.length < 4) continue
    const reaches = near.map((point) => point[0] * along[0] + point[1] * along[1]).sort((a, b) => a - b)
    const reach = reaches[reaches.length >> 1]
    if (reach <= most) continue
    most = reach
    at = i
    const point = near[near.length >> 1]
    const slack = reach - (point[0] * along[0] + point[1] * along[1])
    best = [point[0] + slack * along[0], point[1] + slack * along[1], point[2]]
  }
  const seen = (from: number, to: number) => {
    const part = border.slice(Math.max(0, from), to)
    return part.filter((point) => point !== null).length >= 0.7 * part.length
  }
  return seen(at - asideDegrees, at) && seen(at + 1, at + 1 + asideDegrees) ? best : null
}

/** An extreme is one when so much of the border is seen to either side of it, as the rays that find it turn. */
const asideDegrees = 8
