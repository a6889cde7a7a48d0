import type { Vec3 } from '../../mesh/vector.ts'
import { solveNormal } from '../least-squares.ts'
import { type Cap, capNear } from './extremes.ts'
import type { Foot } from './frame.ts'
import { across, cut, ontoSurface } from './slices.ts'

/** The ball of the foot: the outermost points of its inner and outer side. */
export interface Ball {
  /** MTH1, the bulge of the first metatarsal's head, at the inner side */
  readonly inner: Cap
  /** MTH5, that of the fifth, at the outer side */
  readonly outer: Cap
}

/** Where the ball is looked for, in lengths from the heel: the heads lie at about 0.73 and 0.62. */
const from = 0.5
const to = 0.85

export function ballOf(foot: Foot): Ball | null {
  const inner = sideOfBall(foot, -1)
  const outer = sideOfBall(foot, 1)
  return inner && outer ? { inner, outer } : null
}

function sideOfBall(foot: Foot, sign: 1 | -1): Cap | null {
  const { length, grain } = foot
  const steps = 70
  const places = Array.from({ length: steps + 1 }, (_, i) => (from + ((to - from) * i) / steps) * length)
  const reach = places.map((x) => outermostAcross(foot, x, sign))
  let best = peakFrom(reach, 0)
  // behind the ball the outline may still be as broad as the ankle makes it: then the ball is the next bulge
  if (best <= 2) {
    const next = peakFrom(reach, 10)
    if (next > 10 && next < steps) best = next
  }
  if (best < 0) return null
  // a bulge is long and flat: its top is read from a stretch of the outline, longer where noise would move it about
  const window = (0.02 + 0.02 * Math.min(1, grain.noise / 0.1)) * length
  const x = topNear(places, reach, places[best], window)
  const start = pointAcross(foot, x, sign)
  return start && capAt(foot, start, [0, sign, 0])
}

/** The top of the surface at a place along the axis that is known already. */
function capAt({ grain }: Foot, start: Vec3, direction: Vec3): Cap {
  const cap = capNear(grain, start, direction)
  const by = Math.abs(cap.point[0] - start[0])
  // the top of a patch, when the patch has one here; its height is that of the bulge all the same
  const point: Vec3 = by < 0.5 ? cap.point : [start[0], cap.point[1], start[2]]
  return { ...cap, point }
}

function peakFrom(reach: readonly number[], first: number): number {
  let best = -1
  for (let i = first; i < reach.length; i++) if (reach[i] > (best < 0 ? -Infinity : reach[best])) best = i
  return best
}

/** Where a parabola through the values near a place is highest (weights (1 - d²/window²)²), found again from there. */
function topNear(places: readonly number[], values: readonly number[], start: number, window: number): number {
  let at = start
  for (let round = 0; round < 8; round++) {
    const a = new Float64Array(9)
    const b = new Float64Array(3)
    places.forEach((x, i) => {
      const t = (x - at) / window
      if (Math.abs(t) >= 1 || !Number.isFinite(values[i])) return
      const w = (1 - t * t) ** 2
      const terms = [1, t, t * t]
      for (let p = 0; p < 3; p++) {
        for (let q = 0; q <= p; q++) a[3 * p + q] += w * terms[p] * terms[q]
        b[p] += w * terms[p] * values[i]
      }
    })
    const c = solveNormal(a, b)
    if (!c || !(c[2] < 0)) return at
    const step = Math.max(-0.5, Math.min(0.5, -c[1] / (2 * c[2])))
    at += step * window
    if (Math.abs(step) < 1e-6) return at
  }
  return at
}

/** How far the foot reaches to one side at a place along its axis, below the ankle. */
function outermostAcross(foot: Foot, x: number, sign: 1 | -1): number {
  const found = pointAcross(foot, x, sign)
  return found ? sign * found[1] : -Infinity
}

function pointAcross(foot: Foot, x: number, sign: 1 | -1): Vec3 | null {
  let found: Vec3 | null = null
  for (const { points } of cut(foot, across(x))) {
    for (let i = 0; i < points.length; i += 3) {
      if (points[i + 2] < foot.low && (!found || sign * points[i + 1] > sign * found[1]))
        found = [points[i], points[i + 1], points[i + 2]]
    }
  }
  return found && ontoSurface(foot.grain, found, [0, sign, 0])
}
