import { solveNormal } from '../least-squares.ts'
import { type Cap, capNear } from './extremes.ts'
import type { Foot } from './frame.ts'
import { reachOf, type Slices, slicesOf } from './slices.ts'
import { across, cut, edgeOf, topInSlice } from './surface.ts'

/** The ball of the foot: the outermost points of its inner and outer side. */
export interface Ball {
  /** MTH1, the bulge of the first metatarsal's head, at the inner side */
  readonly inner: Cap
  /** MTH5, that of the fifth, at the outer side */
  readonly outer: Cap
}

/** Where the bulges are looked for, in hundredths of the length: the heads lie at about 73 and 62. */
const innerRange = { from: 58, to: 84 }
const outerRange = { from: 50, to: 76 }
/** Where the outer side bends, when toes hide its bulge. */
const bendRange = { from: 52, to: 70 }
/** Where else the foot may be broadest, when it has no bulge there. */
const anywhere = { from: 45, to: 90 }

export function ballOf(foot: Foot): Ball | null {
  const inner = sideOfBall(foot, -1, innerRange)
  const outer = sideOfBall(foot, 1, outerRange)
  if (!inner || !outer) return null
  // spread toes reach farther out than the ball: what stands out farthest beside or before MTH1 is the little toe
  const toe = outer.point[0] > inner.point[0] + 0.015 * foot.length
  return { inner, outer: (toe && bendOf(foot, 1, bendRange)) || outer }
}

interface Range {
  readonly from: number
  readonly to: number
}

function sideOfBall(foot: Foot, sign: 1 | -1, range: Range): Cap | null {
  const { length, grain, slices, low, mesh } = foot
  const whole = profileOf(foot, slices, sign)
  const at = peakWithin(whole.values, range.from - 1, range.to - 1)
  if (at < 0) return null
  // a bulge is long and flat: its top is read from a stretch of the outline, longer where unevenness would move it
  const rough = Math.max(0, Math.min(1, (grain.noise - 0.002) / 0.015))
  const window = (0.008 + 0.05 * rough) * length
  const near = whole.places[at]
  const fine = profileOf(
    foot,
    slicesOf(mesh, near - 0.05 * length, window / 8, Math.ceil((0.1 * length * 8) / window) + 1),
    sign,
  )
  const most = Math.max(...fine.values)
  if (!Number.isFinite(most)) return null
  const x = topNear(fine.places, fine.values, fine.places[fine.values.indexOf(most)], window)
  const start = edgeOf(grain, cut(foot, across(x)), [0, sign, 0], ([, , z]) => z < low)
  if (!start) return null
  const cap = capNear(grain, start, [0, sign, 0])
  // the cap knows how far the bulge reaches, the stretch of outline where it does
  return { ...cap, point: [x, cap.point[1], start[2]] }
}

/** Where a side stands out farthest from the straight line past it, from the heel to the toes. */
function bendOf(foot: Foot, sign: 1 | -1, { from, to }: Range): Cap | null {
  const { places, values } = profileOf(foot, foot.slices, sign)
  const [a, b] = [30, 80]
  const line = (x: number) =>
    values[a - 1] + ((values[b - 1] - values[a - 1]) * (x - places[a - 1])) / (places[b - 1] - places[a - 1])
  const bent = values.map((value, i) => value - line(places[i]))
  const most = Math.max(...bent.slice(from - 1, to))
  if (!(most > 0)) return null
  const x = topNear(places, bent, places[bent.indexOf(most, from - 1)], 0.06 * foot.length)
  const point = edgeOf(foot.grain, cut(foot, across(x)), [0, sign, 0], ([, , z]) => z < foot.low)
  return point && { point, value: sign * point[1], residual: foot.grain.noise, smooth: false }
}

/** How far the smooth surface reaches to one side in each slice, below the ankle. */
function profileOf({ grain, low }: Foot, slices: Slices, sign: 1 | -1): { places: number[]; values: number[] } {
  const places = Array.from({ length: slices.count }, (_, i) => slices.first + i * slices.step)
  const values = places.map((x, i) => {
    const reach = reachOf(slices, i, low)
    if (!reach) return -Infinity
    const [y, z] = sign > 0 ? [reach.left, reach.leftZ] : [reach.right, reach.rightZ]
    return sign * topInSlice(grain, [x, y, z], [0, sign, 0])[1]
  })
  return { places, values }
}

/** The highest bulge within a range; without one, the highest place of fore and middle foot. */
function peakWithin(values: readonly number[], from: number, to: number): number {
  let bulge = -1
  for (let i = from; i <= to; i++) {
    if (!(values[i] >= values[i - 1] && values[i] >= values[i + 1])) continue
    if (bulge < 0 || values[i] > values[bulge]) bulge = i
  }
  if (bulge >= 0) return bulge
  const part = values.slice(anywhere.from - 1, anywhere.to)
  const most = Math.max(...part)
  return Number.isFinite(most) ? anywhere.from - 1 + part.indexOf(most) : -1
}

/**
 * Where a cubic through the values near a place is highest (weights (1 - d²/window²)²), found again from there. Cubic,
 * since a bulge falls off more steeply to the toes than to the heel.
 */
function topNear(places: readonly number[], values: readonly number[], start: number, window: number): number {
  let at = start
  for (let round = 0; round < 12; round++) {
    const a = new Float64Array(16)
    const b = new Float64Array(4)
    places.forEach((x, i) => {
      const t = (x - at) / window
      if (Math.abs(t) >= 1 || !Number.isFinite(values[i])) return
      const w = (1 - t * t) ** 2
      const terms = [1, t, t * t, t * t * t]
      for (let p = 0; p < 4; p++) {
        for (let q = 0; q <= p; q++) a[4 * p + q] += w * terms[p] * terms[q]
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
