import { convexHull, inPlane } from '../../mesh/outline.ts'
import type { Plane } from '../../mesh/section.ts'
import { distance, type Vec3 } from '../../mesh/vector.ts'

/**
 * A tape round points of an outline, bridging its hollows. From point to point it bends as the outline does: each chord
 * is lengthened to the arc that the turns at its ends make (chord · (1 + φ²/24)); corners stay corners.
 */
export function tapeRound(points: readonly Vec3[], plane: Plane): { length: number; line: Vec3[] } {
  const flat = inPlane(Float64Array.from(points.flat()), plane)
  let hull = convexHull(flat)
  const turn = (i: number, j: number, k: number) => {
    const [ax, ay] = [flat[2 * j] - flat[2 * i], flat[2 * j + 1] - flat[2 * i + 1]]
    const [bx, by] = [flat[2 * k] - flat[2 * j], flat[2 * k + 1] - flat[2 * j + 1]]
    return Math.atan2(ax * by - ay * bx, ax * bx + ay * by)
  }
  // points in the middle of a straight side are on the hull or not by rounding alone
  hull = hull.filter((j, k) => turn(hull.at(k - 1)!, j, hull[(k + 1) % hull.length]) > 1e-7)
  const turns = hull.map((j, k) => turn(hull.at(k - 1)!, j, hull[(k + 1) % hull.length]))
  const line = hull.map((i) => points[i])
  let length = 0
  for (let k = 0; k < line.length; k++) {
    const next = (k + 1) % line.length
    const phi = (turns[k] + turns[next]) / 2
    const bent = Math.max(0, Math.min(1, (0.6 - phi) / 0.3))
    length += distance(line[k], line[next]) * (1 + (bent * phi * phi) / 24)
  }
  return { length, line }
}
