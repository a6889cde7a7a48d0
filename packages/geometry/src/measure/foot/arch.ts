import type { Vec3 } from '../../mesh/vector.ts'
import { solveNormal } from '../least-squares.ts'
import type { Ball } from './ball.ts'
import { atBorder } from './border.ts'
import type { Foot } from './frame.ts'

import { reachOf, soleAt } from './slices.ts'
import { ontoSurface, topInSlice } from './surface.ts'

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
 * @returns a reason where the sole was not scanned, or the inner side by whose edge the curve is laid
 */
export function archOf(foot: Foot, ball: Ball): Arch | string {
  const { length, grain, slices, low } = foot
  const aside = inset * (ball.outer.point[1] - ball.inner.point[1])
  const curve: Vec3[] = []
  let sideless = 0
  for (let i = 12; i <= Math.floor((100 * ball.inner.point[0]) / length); i++) {
    const x = (i / 100) * length
    const reach = reachOf(slices, i - 1, low)
    if (!reach) continue
    const edge = topInSlice(grain, [x, reach.right, reach.rightZ], [0, -1, 0])
    if (atBorder(foot, edge)) sideless++
    const y = edge[1] + aside
    const z = soleAt(slices, i - 1, y)
    if (z !== null) curve.push(ontoSurface(grain, [x, y, z], [0, 0, -1]))
  }
  if (sideless > 0.1 * curve.length) return 'the inner side of the foot is not there'
  return readArch(foot, curve)
}

function readArch(foot: Foot, curve: Vec3[]): Arch | string {
  const { length } = foot
  const missing = 'the sole under the arch is not there'
  if (curve.length < 20) return missing
  const rest = (from: number, to: number) =>
    curve
      .filter(([x]) => x >= from * length && x <= to * length)
      .reduce<Vec3 | null>((low, p) => (!low || p[2] < low[2] ? p : low), null)
  const heel = rest(0, 0.3)
  const front = rest(0.6, 1)
  if (!heel || !front) return missing
  if (atBorder(foot, heel) || atBorder(foot, front)) return 'the sole ends where the curve would rest at heel or ball'
  const line = (x: number) => heel[2] + ((front[2] - heel[2]) * (x - heel[0])) / (front[0] - heel[0])
  const between = curve.filter(([x]) => x > heel[0] && x < front[0])
  if (between.length < 5) return missing
  const rises = between.map(([x, , z]) => z - line(x))
  const top = rises.indexOf(Math.max(...rises))
  if (atBorder(foot, between[top])) return missing
  // a parabola through the neighbours: the top lies between two places, and noise is evened out
  const a = new Float64Array(9)
  const b = new Float64Array(3)
  for (let i = Math.max(0, top - 3); i <= Math.min(rises.length - 1, top + 3); i++) {
    const t = (between[i][0] - between[top][0]) / (0.04 * length)
    const w = Math.max(0, 1 - t * t) ** 2
    const terms = [1, t, t * t]
    for (let p = 0; p < 3; p++) {
      for (let q = 0; q <= p; q++) a[3 * p + q] += w * terms[p] * terms[q]
      b[p] += w * terms[p] * rises[i]
    }
  }
  const c = solveNormal(a, b)
  const bent = c && c[2] < 0 ? c : null
  const at = bent ? Math.max(-0.5, Math.min(0.5, -bent[1] / (2 * bent[2]))) : 0
  const height = bent ? bent[0] + bent[1] * at + bent[2] * at * at : rises[top]
  const x = between[top][0] + at * 0.04 * length
  const y = between[top][1]
  return { height, apex: [x, y, line(x) + height], below: [x, y, line(x)], curve }
}
