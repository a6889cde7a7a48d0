import { angleDeg, cross, dot, length, unit, type Vec3 } from '../../mesh/vector.ts'
import { along, type CentreLine } from './canal-line.ts'

/** A place where a canal's centre line turns. */
export interface Bend {
  /** arc length of its middle, mm in the line's own count */
  readonly s: number
  readonly from: number
  readonly to: number
  /** between the directions of the line before and behind it */
  readonly angleDeg: number
  /** at right angles to the plane in which it turns; sign by the right-hand rule */
  readonly normal: Vec3
}

/** What turns less is no bend. */
export const leastBendDeg = 8

/** Curvature is taken over this length (standard deviation of a Gaussian), mm; over more where noise is felt. */
const blur = 0.8

/** A bend reaches to where curvature has fallen to this share of its maximum, its middle is that of the upper half. */
const foot = 0.03
const low = 0.15
const upper = 0.5

/**
 * The bends of a centre line between two arc lengths: maxima of its curvature (blurred by 0.8 mm). Two maxima are one
 * bend when curvature between them stays above half of the lower one and its direction turns by less than 60°. A bend
 * reaches to where curvature has fallen to a thirtieth of its maximum, or to a lowest place below a sixth of it. Its
 * middle is the mean of arc length weighted by squared curvature, over the part with at least half of the maximum: the
 * place of the maximum where that is a peak, and the middle of an arc, where curvature has no peak.
 * @param felt noise times distance of the surface's samples, mm²
 */
export function bendsOf(line: CentreLine, from: number, to: number, felt = 0): Bend[] {
  const spacing = 0.1
  const n = Math.floor((to - from) / spacing) + 1
  if (n < 20) return []
  const { curvature, tangents } = blurred(line, from, spacing, n, felt)
  const size = curvature.map((k) => length(k))
  const peaks = peaksOf(curvature, size)
  const bends = peaks.map(({ first, last, left, right }): Bend => {
    const top = Math.max(...size.slice(first, last + 1))
    const a = walkDown(size, first, -1, left, foot * top, low * top)
    const b = walkDown(size, last, 1, right, foot * top, low * top)
    const before = walkDown(size, first, -1, left, upper * top)
    const behind = walkDown(size, last, 1, right, upper * top)
    let weight = 0
    let moment = 0
    for (let i = Math.floor(before); i <= Math.ceil(behind); i++) {
      // at both ends a part of a step counts
      const part = Math.max(0, Math.min(behind, i + 0.5) - Math.max(before, i - 0.5))
      weight += part * size[i] ** 2
      moment += part * size[i] ** 2 * i
    }
    const at = (i: number) => from + i * spacing
    const [t0, t1] = [tangents[Math.round(a)], tangents[Math.round(b)]]
    return {
      s: at(moment / weight),
      from: at(a),
      to: at(b),
      angleDeg: angleDeg(t0, t1),
      normal: unit(cross(t0, t1)),
    }
  })
  return bends.filter((bend) => bend.angleDeg >= leastBendDeg)
}

/** Curvature vectors and directions of the line, as means over a Gaussian; beyond its ends both go on as they were. */
function blurred(line: CentreLine, from: number, spacing: number, n: number, felt: number) {
  const raw = Array.from({ length: n }, (_, i) => along(line, line.bending, from + i * spacing))
  const direct = Array.from({ length: n }, (_, i) => along(line, line.tangents, from + i * spacing, true))
  // an arc that runs to the very end goes on turning; but where there is noise, the last direction alone says little
  const odd = 1 / (1 + (felt / 0.02) ** 2)
  const [wide, narrow] = [blur + 8 * felt, 0.75 * blur + 12 * felt]
  return { curvature: mean(raw, wide / spacing, 0), tangents: mean(direct, narrow / spacing, odd).map(unit) }
}

/** Gaussian means; beyond the ends values are mirrored, and for a share of `odd` turned about the last one. */
function mean(values: readonly Vec3[], sigma: number, odd: number): Vec3[] {
  const n = values.length
  const reach = Math.ceil(3 * sigma)
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma ** 2)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return values.map((_, i): Vec3 => {
    const sum = [0, 0, 0]
    for (let k = 0; k <= 2 * reach; k++) {
      const j = i + k - reach
      const end = j < 0 ? 0 : n - 1
      const inside = j < 0 || j >= n ? Math.min(n - 1, Math.max(0, 2 * end - j)) : j
      for (let axis = 0; axis < 3; axis++) {
        const value = values[inside][axis]
        sum[axis] += (weights[k] / total) * (inside === j ? value : value + 2 * odd * (values[end][axis] - value))
      }
    }
    return [sum[0], sum[1], sum[2]]
  })
}

interface Peak {
  /** the first and last maximum that belong to it */
  first: number
  last: number
  /** how far it may reach to both sides */
  left: number
  right: number
}

function peaksOf(curvature: Vec3[], size: number[]): Peak[] {
  const tops: number[] = []
  const least = 0.1 * Math.max(...size)
  for (let i = 0; i < size.length; i++) {
    const higherThanBefore = i === 0 || size[i] > size[i - 1]
    const notLowerThanNext = i === size.length - 1 || size[i] >= size[i + 1]
    if (higherThanBefore && notLowerThanNext && size[i] >= least) tops.push(i)
  }
  const peaks: Peak[] = []
  for (const top of tops) {
    const before = peaks.at(-1)
    if (!before) {
      peaks.push({ first: top, last: top, left: 0, right: size.length - 1 })
      continue
    }
    const valley = lowest(size, before.last, top)
    const height = Math.min(Math.max(...size.slice(before.first, before.last + 1)), size[top])
    const sameWay = dot(unit(curvature[before.last]), unit(curvature[top])) > 0.5
    if (sameWay && size[valley] > upper * height) before.last = top
    else {
      before.right = valley
      peaks.push({ first: top, last: top, left: valley, right: size.length - 1 })
    }
  }
  return peaks
}

function lowest(size: number[], from: number, to: number): number {
  let best = from
  for (let i = from; i <= to; i++) if (size[i] < size[best]) best = i
  return best
}

/** Where curvature falls below a height, between two samples; or is lowest, below another; or the limit. */
function walkDown(size: number[], start: number, way: 1 | -1, limit: number, height: number, valley = 0): number {
  for (let i = start; i !== limit; i += way) {
    if (size[i + way] < height) return i + (way * (size[i] - height)) / (size[i] - size[i + way])
    if (size[i] < valley && size[i + way] >= size[i]) return i
  }
  return limit
}
