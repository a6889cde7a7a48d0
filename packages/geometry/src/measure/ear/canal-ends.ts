import type { Bvh } from '../../mesh/bvh.ts'
import { median } from '../../mesh/median.ts'
import { castRay } from '../../mesh/ray.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import { solveNormal } from '../least-squares.ts'
import { along, type CentreLine } from './canal-line.ts'
import type { Samples } from './canal-samples.ts'
import { radiusOf, type Wall, wavesAt } from './canal-wall.ts'

/** A wall that widens by more than this, mm of radius a mm of length, is canal no longer; one that closes by more, its end. */
export const mouthSlope = 0.5

/** Directions round the line in which the wall's end is looked for. */
export const directions = 72

/** Where a canal's wall ends. */
export interface Rim {
  /** in each direction: the arc length at which the wall is no more, or widens or closes by more than mouthSlope */
  readonly at: Float64Array
  /** the arc length at which the centre line passes through the rim: of a plane through it, without what strays */
  readonly s: number
  /** how far the plane through the rim leans: s = s + lean[0]·cos + lean[1]·sin */
  readonly lean: readonly [number, number]
  /** shares of the directions in which the wall is lost, widens, closes */
  readonly lost: number
  readonly widens: number
  readonly closes: number
  /** how far beyond the rim the wall goes on without an edge, up to 0.3 mm: to where it slopes by more than 45° */
  readonly gentle: number
  /** there is an edge, and the rim is read from the surfaces to both sides of it */
  readonly sharp: boolean
  /** in each direction: how fast the surface outside an edge goes inwards (arc length a mm of distance from the wall) */
  readonly flare: Float64Array
}

export interface RimSearch {
  /** +1 for the end at greater arc length, -1 for the one at smaller */
  readonly side: 1 | -1
  /** from which arc length, within the wall, to which beyond it */
  readonly from: number
  readonly to: number
  /** mm between looks */
  readonly pace: number
  /** noise of the surface, mm: what it can feign is no end */
  readonly noise: number
}

/** Looks along the wall in all directions round the line, by rays from the line, for the place where it ends. */
export function findRim(bvh: Bvh, line: CentreLine, wall: Wall, search: RimSearch): Rim {
  const { side, from, to, pace, noise } = search
  const steps = Math.max(4, Math.ceil(Math.abs(to - from) / pace) + 1)
  const radii = new Float64Array(steps * directions).fill(NaN)
  const lostAt = new Float64Array(directions).fill(NaN)
  const frames = Array.from({ length: steps }, (_, k) => frameAt(line, from + side * k * pace))
  const first = wavesAt(wall, from)
  const look = rayFrom(bvh)
  for (let d = 0; d < directions; d++) {
    const theta = (2 * Math.PI * d) / directions
    const start = radiusOf(first, theta)
    let last = start
    radii[d] = last
    // well past the place where it sloped too much, there is nothing more to see
    for (let k = 1; k < steps && Math.abs(last - start) < mouthSlope * k * pace + 0.5 + 2 * noise; k++) {
      const r = look(frames[k], theta, last, 3 * pace + slack(noise))
      if (!Number.isNaN(r)) {
        radii[k * directions + d] = last = r
        continue
      }
      const over = bridge(look, frames, k, theta, last, pace, noise)
      if (over > 0) {
        const far = look(frames[over], theta, last, slack(noise) + 0.5 * (over - k + 1) * pace)
        for (let j = k; j <= over; j++) radii[j * directions + d] = last + ((far - last) * (j - k + 1)) / (over - k + 1)
        k = over
        last = far
        continue
      }
      lostAt[d] = lostBetween(look, line, from + side * (k - 1) * pace, side * pace, theta, last, noise)
      break
    }
  }
  return rimOf(radii, steps, lostAt, search)
}

/** A ray has to meet the wall this near to where the last one did, mm. */
const slack = (noise: number) => 0.3 + 3 * noise

/** Holes up to this size are no end, mm. */
const longestHole = 2.5

type Look = (frame: LineFrame, theta: number, expected: number, within: number) => number

interface LineFrame {
  readonly centre: Vec3
  readonly first: Vec3
  readonly second: Vec3
}

function frameAt(line: CentreLine, s: number): LineFrame {
  return {
    centre: along(line, line.centres, s),
    first: along(line, line.first, s, true),
    second: along(line, line.second, s, true),
  }
}

/** How far the wall is in a direction; NaN when there is none near the distance expected. */
function rayFrom(bvh: Bvh): Look {
  return ({ centre, first, second }, theta, expected, within) => {
    const [c, s] = [Math.cos(theta), Math.sin(theta)]
    const direction: Vec3 = [first[0] * c + second[0] * s, first[1] * c + second[1] * s, first[2] * c + second[2] * s]
    const hit = castRay(bvh, centre, direction, { min: Math.max(0, expected - within), max: expected + within })
    return hit ? hit.t : NaN
  }
}

/** The step at which the wall is there again beyond a hole, or 0. */
function bridge(look: Look, frames: LineFrame[], k: number, theta: number, last: number, pace: number, noise: number) {
  const stride = Math.max(1, Math.round(0.4 / pace))
  for (let j = k + stride; j < frames.length && (j - k) * pace <= longestHole; j += stride) {
    if (!Number.isNaN(look(frames[j], theta, last, slack(noise) + 0.5 * (j - k + 1) * pace))) return j
  }
  return 0
}

function lostBetween(
  look: Look,
  line: CentreLine,
  seen: number,
  ahead: number,
  theta: number,
  last: number,
  noise: number,
) {
  let there = 0
  let gone = 1
  for (let i = 0; i < 7; i++) {
    const middle = (there + gone) / 2
    const r = look(frameAt(line, seen + middle * ahead), theta, last, 3 * Math.abs(ahead) + slack(noise))
    if (Number.isNaN(r)) gone = middle
    else there = middle
  }
  return seen + there * ahead
}

const gentleAtMost = 0.3

/** Of each direction, the first place where the wall slopes too much, or where it was lost. */
function rimOf(
  radii: Float64Array,
  steps: number,
  lostAt: Float64Array,
  { side, from, to, pace, noise }: RimSearch,
): Rim {
  const at = new Float64Array(directions)
  const counts = { lost: 0, widens: 0, closes: 0 }
  const gentle: number[] = []
  const goesOn = new Uint8Array(directions)
  // the slope is taken over as short a piece as noise allows, and over neighbours round
  const window = Math.max(1, Math.round(Math.min(0.3, 0.05 + 2.5 * noise) / pace))
  const beside = Math.min(4, Math.round(40 * noise))
  for (let d = 0; d < directions; d++) {
    let before = 0
    let found = false
    const end = Number.isNaN(lostAt[d]) ? steps : Math.floor(Math.abs(lostAt[d] - from) / pace + 1e-6) + 1
    for (let k = 0; k < end; k++) {
      const slope = slopeAt(radii, steps, d, k, window, beside) / pace
      if (Math.abs(slope) > mouthSlope && k > 0) {
        const target = slope > 0 ? mouthSlope : -mouthSlope
        const share = Math.min(1, Math.max(0, (target - before) / (slope - before)))
        at[d] = from + side * (k - 1 + share) * pace
        if (slope > 0) {
          counts.widens++
          let j = k
          while ((j - k) * pace < gentleAtMost && j < end && slopeAt(radii, steps, d, j, window, beside) / pace < 1) j++
          gentle.push(Math.min(gentleAtMost, (j - k + 1 - share) * pace))
        } else counts.closes++
        found = true
        break
      }
      before = slope
    }
    if (found) continue
    if (Number.isNaN(lostAt[d])) goesOn[d] = 1
    else counts.lost++
    at[d] = Number.isNaN(lostAt[d]) ? to : lostAt[d]
  }
  const { s, lean } = planeThrough(at, goesOn)
  return {
    at,
    s,
    lean,
    lost: counts.lost / directions,
    widens: counts.widens / directions,
    closes: counts.closes / directions,
    gentle: gentle.length > 0 ? median(gentle) : 0,
    sharp: false,
    flare: new Float64Array(directions),
  }
}

/** Change of radius a step: the straight line of least squares through the steps near k, in directions near d. */
function slopeAt(radii: Float64Array, steps: number, d: number, k: number, window: number, beside: number): number {
  let n = 0
  let sx = 0
  let sy = 0
  let sxx = 0
  let sxy = 0
  for (let e = -beside; e <= beside; e++) {
    const column = (d + e + directions) % directions
    // each direction with its own mean, so that an oval section feigns no slope
    let m = 0
    let mx = 0
    let my = 0
    for (let j = Math.max(0, k - window); j <= Math.min(steps - 1, k + window); j++) {
      const r = radii[j * directions + column]
      if (Number.isNaN(r)) break
      m++
      mx += j
      my += r
    }
    if (m < 2) continue
    mx /= m
    my /= m
    for (let j = Math.max(0, k - window), left = m; left > 0; j++, left--) {
      const x = j - mx
      n++
      sx += x
      sy += radii[j * directions + column] - my
      sxx += x * x
      sxy += x * (radii[j * directions + column] - my)
    }
  }
  return n < 2 || sxx === 0 ? 0 : (sxy - (sx * sy) / n) / (sxx - (sx * sx) / n)
}

/**
 * The plane through a rim by least squares, from which what strays is left out (Tukey's biweight). It begins with the
 * plane through three places from which the median place is nearest (least median of squares: Rousseeuw 1984), so that
 * even a quarter of the rim that is torn away in one piece does not pull it aside.
 * @param leftOut 1 where the wall goes on beyond what was looked at, as at the tragus: not to be counted
 */
export function planeThrough(at: Float64Array, leftOut?: Uint8Array): { s: number; lean: [number, number] } {
  const n = at.length
  const counted = leftOut ? at.map((_, d) => 1 - leftOut[d]) : new Float64Array(n).fill(1)
  const most = counted.reduce((sum, one) => sum + one, 0)
  if (most < 0.4 * n) counted.fill(1) // then it is no rim, and every place is as good
  const cosines = at.map((_, d) => Math.cos((2 * Math.PI * d) / n))
  const sines = at.map((_, d) => Math.sin((2 * Math.PI * d) / n))
  const apart = new Float64Array(n)
  const measure = ([s, c, t]: Plane) => {
    for (let d = 0; d < n; d++) apart[d] = Math.abs(at[d] - s - c * cosines[d] - t * sines[d])
    return median(apart.filter((_, d) => counted[d] === 1))
  }
  let fit: Plane = [median(at.filter((_, d) => counted[d] === 1)), 0, 0]
  let least = measure(fit)
  for (let i = 0; i < n; i += 3) {
    for (const gap of [Math.floor(n / 6), Math.floor(n / 4), Math.floor(n / 3)]) {
      const plane = weighted(at, cosines, sines, (d) =>
        d === i || d === (i + gap) % n || d === (i + 2 * gap) % n ? counted[d] : 0,
      )
      const off = plane ? measure(plane) : Infinity
      if (off < least) [fit, least] = [plane!, off]
    }
  }
  for (let round = 0; round < 30; round++) {
    const scale = Math.max(0.3, 1.4826 * measure(fit))
    const next = weighted(
      at,
      cosines,
      sines,
      (d) => counted[d] * Math.max(0, 1 - (apart[d] / (4.685 * scale)) ** 2) ** 2,
    )
    if (!next) break
    const moved = Math.abs(next[0] - fit[0]) + Math.abs(next[1] - fit[1]) + Math.abs(next[2] - fit[2])
    fit = next
    if (moved < 1e-7) break
  }
  return { s: fit[0], lean: [fit[1], fit[2]] }
}

/** s + c·cos + t·sin */
type Plane = [number, number, number]

function weighted(
  at: Float64Array,
  cosines: Float64Array,
  sines: Float64Array,
  weight: (d: number) => number,
): Plane | null {
  const a = new Float64Array(9)
  const b = new Float64Array(3)
  for (let d = 0; d < at.length; d++) {
    const w = weight(d)
    if (w === 0) continue
    const [c, t] = [cosines[d], sines[d]]
    a[0] += w
    a[3] += w * c
    a[4] += w * c * c
    a[6] += w * t
    a[7] += w * c * t
    a[8] += w * t * t
    b[0] += w * at[d]
    b[1] += w * c * at[d]
    b[2] += w * t * at[d]
  }
  const fit = solveNormal(a, b)
  return fit ? [fit[0], fit[1], fit[2]] : null
}

/**
 * The arc length at which a surface closes the tube beyond its wall's end at s; NaN when it stays open. The samples near
 * the axis tell: depth = a + b·u + c·v + d·r² + e·r⁴ fits a cap that is flat or round, upright or not.
 */
export function capBeyond(samples: Samples, s: number, side: 1 | -1, radius: number): number {
  const near = 0.55 * radius
  const a = new Float64Array(25)
  const b = new Float64Array(5)
  const row = new Float64Array(5)
  const seen = new Uint8Array(24)
  for (let i = 0; i < samples.count; i++) {
    const depth = side * (samples.s[i] - s)
    const share = samples.r[i] / near
    if (!(share < 1 && depth > -0.3 * radius - 1 && depth < 2 * radius)) continue
    const angle = samples.theta[i] / (2 * Math.PI) + 1
    seen[Math.floor((angle % 1) * 8) + (share < 0.4 ? 0 : share < 0.75 ? 8 : 16)] = 1
    row[0] = 1
    row[1] = share * Math.cos(samples.theta[i])
    row[2] = share * Math.sin(samples.theta[i])
    row[3] = share * share
    row[4] = row[3] * row[3]
    for (let p = 0; p < 5; p++) {
      b[p] += samples.weights[i] * row[p] * depth
      for (let q = 0; q <= p; q++) a[5 * p + q] += samples.weights[i] * row[p] * row[q]
    }
  }
  if (seen.reduce((sum, one) => sum + one, 0) < 15) return NaN
  const fit = solveNormal(a, b)
  return fit ? s + side * fit[0] : NaN
}
