import { castRay } from '../../mesh/ray.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import type { Ball } from './ball.ts'
import type { Foot } from './frame.ts'

import { breadthAt, ontoSurface } from './slices.ts'

/** How far the inner curve of the sole runs inside the foot's inner edge, as a share of the ball's breadth. */
const inset = 0.1

export interface Arch {
  /** mm, over the line on which the curve rests at heel and ball */
  readonly height: number
  readonly apex: Vec3
  /** its foot on that line */
  readonly below: Vec3
  /** the curve on the sole, heel to ball */
  readonly curve: Vec3[]
}

/**
 * The inner longitudinal arch: the curve on the sole that runs a tenth of the ball's breadth inside the foot's inner
 * edge, and its highest point over the straight line on which it rests at heel and ball.
 * @returns a reason where the sole was not scanned
 */
export function archOf(foot: Foot, ball: Ball): Arch | string {
  const { length, grain } = foot
  const aside = inset * (ball.outer.point[1] - ball.inner.point[1])
  const first = 0.12
  const last = ball.inner.point[0] / length
  const steps = 40
  const curve: Vec3[] = []
  for (let i = 0; i <= steps; i++) {
    const x = (first + ((last - first) * i) / steps) * length
    const sides = breadthAt(foot, x)
    if (!sides) continue
    const y = sides.right[1] + aside
    const hit = castRay(foot.bvh, [x, y, -10], [0, 0, 1])
    // through a hole in the sole one would see the back of the foot from within
    if (!hit || !facesDown(foot, hit.triangle)) continue
    const z = hit.t - 10
    const [, , smooth] = ontoSurface(grain, [x, y, z], [0, 0, -1])
    curve.push([x, y, smooth])
  }
  return readArch(curve, length)
}

function facesDown({ mesh: { positions, triangles } }: Foot, t: number): boolean {
  const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
  const turn =
    (positions[b] - positions[a]) * (positions[c + 1] - positions[a + 1]) -
    (positions[b + 1] - positions[a + 1]) * (positions[c] - positions[a])
  return turn < 0
}

function readArch(curve: Vec3[], length: number): Arch | string {
  const missing = 'the sole under the arch is not there'
  if (curve.length < 20) return missing
  const rest = (from: number, to: number) =>
    curve
      .filter(([x]) => x >= from * length && x <= to * length)
      .reduce<Vec3 | null>((low, p) => (!low || p[2] < low[2] ? p : low), null)
  const heel = rest(0, 0.3)
  const front = rest(0.6, 1)
  if (!heel || !front) return missing
  const line = (x: number) => heel[2] + ((front[2] - heel[2]) * (x - heel[0])) / (front[0] - heel[0])
  const between = curve.filter(([x]) => x > heel[0] && x < front[0])
  if (between.length < 5) return missing
  const rises = between.map(([x, , z]) => z - line(x))
  const top = rises.indexOf(Math.max(...rises))
  let at = 0
  let height = rises[top]
  if (top > 0 && top < rises.length - 1) {
    const [a, b, c] = [rises[top - 1], rises[top], rises[top + 1]]
    const bend = a - 2 * b + c
    if (bend < 0) {
      at = Math.max(-1, Math.min(1, (a - c) / (2 * bend)))
      height = b - ((a - c) * at) / 4
    }
  }
  const p = between[top]
  const q = between[Math.max(0, Math.min(between.length - 1, top + Math.sign(at)))]
  const share = Math.abs(at)
  const x = p[0] + share * (q[0] - p[0])
  const y = p[1] + share * (q[1] - p[1])
  return { height, apex: [x, y, line(x) + height], below: [x, y, line(x)], curve }
}
