import { solveNormal } from '../least-squares.ts'
import { directions, planeThrough, type Rim } from './canal-ends.ts'
import type { Samples } from './canal-samples.ts'
import { tabulate, type Wall } from './canal-wall.ts'

/** Arc length of a rim at any angle. */
export const rimAt = ({ at }: Rim, theta: number) => around(at, theta)

/** What is known in each direction, at any angle. */
function around(at: Float64Array, theta: number): number {
  const t = ((theta / (2 * Math.PI)) * directions + 2 * directions) % directions
  const i = Math.floor(t)
  return at[i] + (t - i) * (at[(i + 1) % directions] - at[i])
}

/** The arc length from which (to which) the wall is there in nearly all directions. */
export function fullFrom({ s, at, lean }: Rim, side: 1 | -1): number {
  const spread = Math.hypot(lean[0], lean[1])
  const sorted = at.slice().sort()
  const full = side < 0 ? sorted[Math.floor(0.85 * directions)] : sorted[Math.floor(0.15 * directions)]
  return s - side * Math.min(spread, Math.abs(full - s))
}

/**
 * This near to its rim a wall is not looked at, mm: what is outside may have strayed there. Where the wall goes on in a
 * curve, it is looked at a little beyond, so that the rim does not lie at the fit's end.
 */
export const marginOf = (rim: Rim, noise: number) => (isSmooth(rim) ? -rim.gentle : 0.03 + Math.min(0.4, 3 * noise))

/** Whether the wall widens on into something else without an edge. */
export const isSmooth = (rim: Rim) => !rim.sharp && rim.widens > 0.5 && rim.gentle > 0.1

/** From 0 to 1 between two values, without a corner. */
function ramp(value: number, from: number, to: number): number {
  const t = (value - from) / (to - from)
  return t <= 0 ? 0 : t >= 1 ? 1 : t * t * (3 - 2 * t)
}

/**
 * How much a sample counts as wall between two rims, 0 to 1. It fades out rather than stops, here and below: what is a
 * hair to this side or that of a border moves nothing by leaps.
 */
export function wallBetween(wall: Wall, [low, high]: [Rim, Rim], noise: number) {
  const [lowMargin, highMargin] = [marginOf(low, noise), marginOf(high, noise)]
  const fade = 0.02 + Math.min(0.3, 3 * noise)
  const radius = tabulate(wall, wall.from - 2, wall.to + 2)
  const within = Math.max(0.3, 4 * noise)
  return (s: number, theta: number, r: number) => {
    if (!(s > low.s - 3 && s < high.s + 3)) return 0
    const wider = r - radius(s, theta)
    const off = Math.abs(wider)
    if (off >= within) return 0
    // a surface that leans inwards lies deeper than its edge, and none of it may pass for wall
    const beside = Math.max(0, wider) + 0.3
    const a = s - rimAt(low, theta) - Math.max(0, beside * around(low.flare, theta)) - lowMargin
    const b = rimAt(high, theta) + Math.min(0, beside * around(high.flare, theta)) - highMargin - s
    return a <= 0 || b <= 0 ? 0 : ramp(a, 0, fade) * ramp(b, 0, fade) * ramp(within - off, 0, 0.3 * within)
  }
}

/** How far from the wall that which lies outside the canal is looked at, mm. */
const outsideFrom = 0.35
const outsideTo = 3

/**
 * The rim as the edge at which the wall meets the surface outside, when there is an edge. That surface is fitted as
 * s = Σ rᵖ · waves(theta), p up to 3, over the three millimetres outside the wall, and followed to the wall itself: noise
 * and coarse triangles round an edge off, but not the surfaces to both sides of it. An edge that is not where the wall
 * was seen to widen is none: then the rim stays as it was.
 */
export function sharpened(rim: Rim, samples: Samples, wall: Wall, side: 1 | -1, noise: number): Rim {
  const outside = outsideOf(rim, samples, wall, side, noise)
  if (!outside) return rim
  const { count, wider, theta, s, weights } = outside
  let counted = weights
  let fit: Float64Array | null = null
  let spread = Infinity
  const row = new Float64Array(terms)
  for (let round = 0; round < 4; round++) {
    const a = prior(weights, noise)
    const b = new Float64Array(terms)
    for (let k = 0; k < count; k++) {
      fillRow(row, wider[k], theta[k])
      for (let p = 0; p < terms; p++) {
        const weighted = counted[k] * row[p]
        b[p] += weighted * s[k]
        for (let q = 0; q <= p; q++) a[terms * p + q] += weighted * row[q]
      }
    }
    fit = solveNormal(a, b)
    if (!fit) return rim
    const off = new Float64Array(count)
    let square = 0
    let total = 0
    for (let k = 0; k < count; k++) {
      off[k] = s[k] - valueAt(fit, row, wider[k], theta[k])
      square += counted[k] * off[k] * off[k]
      total += counted[k]
    }
    spread = Math.sqrt(square / total)
    counted = weights.map((weight, k) => weight * Math.max(0, 1 - (off[k] / (4 * spread + 1e-9)) ** 2) ** 2)
  }
  if (!fit || spread > 0.1 + 2 * noise) return rim
  const at = new Float64Array(directions)
  const flare = new Float64Array(directions)
  for (let d = 0; d < directions; d++) {
    const theta = (2 * Math.PI * d) / directions
    at[d] = valueAt(fit, row, 0, theta)
    flare[d] = (valueAt(fit, row, outsideFrom, theta) - at[d]) / outsideFrom
  }
  const plane = planeThrough(at)
  if (Math.abs(plane.s - rim.s) > edgeWithin(noise, samples.grain)) return rim
  return { ...rim, at, ...plane, sharp: true, flare }
}

/** Cells into which what lies outside is gathered: round, and outwards to outsideTo. */
const cellsRound = 72
const cellsOut = 12

/**
 * The surface outside a rim, if there is some all round it, gathered into cells: how far outside the wall, at which angle
 * and arc length, how much it counts.
 */
function outsideOf(rim: Rim, samples: Samples, wall: Wall, side: 1 | -1, noise: number) {
  const radius = tabulate(wall, rim.s - 2, rim.s + 2)
  const sums = new Float64Array(4 * cellsRound * cellsOut)
  const from = outsideFrom + 2 * noise
  for (let i = 0; i < samples.count; i++) {
    const near = side * (samples.s[i] - rim.s)
    if (!(near > -8 && near < 10)) continue
    // beyond its rim the wall is as wide as there; within, what closes must not pass for what lies outside
    const off = samples.r[i] - radius(near > 0 ? rim.s : samples.s[i], samples.theta[i])
    if (!(off > from && off < outsideTo)) continue
    const out = side * (samples.s[i] - rimAt(rim, samples.theta[i]))
    const weight = ramp(off, from, from + 0.3) * ramp(outsideTo - off, 0, 0.5) * ramp(out, -2, -1) * ramp(4 - out, 0, 1)
    if (weight === 0) continue
    const turn = binOf(samples.theta[i], cellsRound)
    const cell = 4 * (turn * cellsOut + Math.floor((off / outsideTo) * cellsOut))
    const counts = weight * samples.weights[i]
    sums[cell] += counts
    sums[cell + 1] += counts * off
    // from the cell's middle: angles have no mean where they leap
    sums[cell + 2] += counts * turned(samples.theta[i], (2 * Math.PI * (turn + 0.5)) / cellsRound)
    sums[cell + 3] += counts * samples.s[i]
  }
  const size = cellsRound * cellsOut
  const [wider, theta, s, weights] = [0, 1, 2, 3].map(() => new Float64Array(size))
  const seen = new Uint8Array(24)
  let count = 0
  for (let cell = 0; cell < size; cell++) {
    const counts = sums[4 * cell]
    if (counts === 0) continue
    const turn = Math.floor(cell / cellsOut)
    wider[count] = sums[4 * cell + 1] / counts
    theta[count] = sums[4 * cell + 2] / counts + (2 * Math.PI * (turn + 0.5)) / cellsRound
    s[count] = sums[4 * cell + 3] / counts
    weights[count++] = counts
    seen[Math.floor(turn / 3)] = 1
  }
  if (seen.reduce((sum, one) => sum + one, 0) < 18) return null
  return { count, wider, theta, s, weights: weights.subarray(0, count) }
}

/** An angle from another, -π to π. */
const turned = (angle: number, from: number) => angle - from - 2 * Math.PI * Math.round((angle - from) / (2 * Math.PI))

const terms = 22

/** What is known beforehand of the surface outside: how strongly it curves. It rules where noise would. */
function prior(weights: Float64Array, noise: number): Float64Array {
  const a = new Float64Array(terms * terms)
  const each = weights.reduce((sum, weight) => sum + weight, 0) / weights.length
  const scales = [10, 3, 0.1, 0.01] // of the coefficients of r⁰, r¹, r², r³, mm
  for (let p = 0; p < terms; p++)
    a[terms * p + p] = each * (Math.max(0.005, noise) / (p < 20 ? scales[Math.floor(p / 5)] : 0.1)) ** 2
  return a
}

function valueAt(fit: Float64Array, row: Float64Array, wider: number, theta: number): number {
  fillRow(row, wider, theta)
  let sum = 0
  for (let p = 0; p < terms; p++) sum += row[p] * fit[p]
  return sum
}

/** How far from where the wall was seen to widen an edge may be, mm: noise and large triangles round it off. */
const edgeWithin = (noise: number, grain: number) =>
  0.1 + 3 * Math.min(0.12, noise) + 0.6 * Math.min(0.6, Math.max(0, grain - 0.4))

function fillRow(row: Float64Array, wider: number, theta: number): void {
  for (let p = 0, power = 1; p < 4; p++, power *= wider) {
    row[5 * p] = power
    row[5 * p + 1] = power * Math.cos(theta)
    row[5 * p + 2] = power * Math.sin(theta)
    row[5 * p + 3] = power * Math.cos(2 * theta)
    row[5 * p + 4] = power * Math.sin(2 * theta)
  }
  // an oblique plane through an oval canal has three waves too
  row[20] = Math.cos(3 * theta)
  row[21] = Math.sin(3 * theta)
}

const binOf = (theta: number, bins: number) => Math.floor(((theta / (2 * Math.PI) + 1) % 1) * bins)

/** Shares of the directions in which there is surface outside the rim, and further on along the line. */
export function beyondRim(samples: Samples, radius: (s: number, theta: number) => number, rim: Rim, side: 1 | -1) {
  const bins = 24
  const around = new Uint8Array(bins)
  const ahead = new Uint8Array(bins)
  for (let i = 0; i < samples.count; i++) {
    const s = samples.s[i]
    const theta = samples.theta[i]
    const out = side * (s - rimAt(rim, theta))
    if (!(out > -2 && out < 4)) continue
    const wall = radius(side * (s - rim.s) > 0 ? rim.s : s, theta)
    const bin = binOf(theta, bins)
    const wider = samples.r[i] - wall
    if (wider > 0.5 && wider < 3.5) around[bin] = 1
    else if (out > 0.7 && wider > -0.5 * wall) ahead[bin] = 1
  }
  const share = (set: Uint8Array) => set.reduce((sum, one) => sum + one, 0) / bins
  return { around: share(around), ahead: share(ahead) }
}
