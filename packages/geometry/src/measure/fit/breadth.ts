import { axesOf, convexHull, inPlane } from '../../mesh/outline.ts'
import type { Plane } from '../../mesh/section.ts'
import type { Vec3 } from '../../mesh/vector.ts'

/** A distance across an outline, between two of its points. */
export interface Across {
  readonly value: number
  readonly ends: readonly [Vec3, Vec3]
}

/** The breadth of points along a direction, as a sliding caliper takes it. @param direction of length 1 */
export function breadthAlong(points: readonly Vec3[], direction: Vec3): Across {
  let low = 0
  let high = 0
  const at = points.map((p) => p[0] * direction[0] + p[1] * direction[1] + p[2] * direction[2])
  for (let i = 1; i < at.length; i++) {
    if (at[i] < at[low]) low = i
    if (at[i] > at[high]) high = i
  }
  return { value: at[high] - at[low], ends: [points[low], points[high]] }
}

/** The largest breadth of an outline in a plane, whichever way it is turned. */
export function largestBreadth(points: readonly Vec3[], plane: Plane): Across {
  const flat = inPlane(Float64Array.from(points.flat()), plane, axesOf(plane.normal))
  const hull = convexHull(flat)
  let best: [number, number] = [0, 0]
  let most = 0
  for (let a = 0; a < hull.length; a++) {
    for (let b = 0; b < a; b++) {
      const i = hull[a]
      const j = hull[b]
      const away = Math.hypot(flat[2 * i] - flat[2 * j], flat[2 * i + 1] - flat[2 * j + 1])
      if (away > most) {
        most = away
        best = [i, j]
      }
    }
  }
  return { value: most, ends: [points[best[0]], points[best[1]]] }
}
