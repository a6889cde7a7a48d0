import { cubicBasis, cubicSlopes, solveBand } from './canal-banded.ts'
import type { Samples } from './canal-samples.ts'

/** Waves round the canal that a section may have: enough for an ellipse twice as long as wide, to 0.01 mm. */
const waves = 8
const terms = 2 * waves + 1

/** A canal's wall as a function: the distance from the centre line at arc length s and angle theta. */
export interface Wall {
  readonly from: number
  readonly to: number
  readonly intervals: number
  /** cubic B-spline coefficients: `terms` a spline, of 1, cos, sin, cos 2, sin 2 … */
  readonly coefficients: Float64Array
}

/** Penalties, as shares of what the samples of one knot interval weigh. They rule where there are none: in holes. */
const leastAlong = 3e-4
const leastSlope = 2e-4
const roundPenalty = 2e-7

/**
 * Fits a wall to samples by weighted least squares: cubic splines along the line (a knot each 0.75 mm, and a penalty on second differences) times waves
 * round it, a closed curve at every station. It bridges holes and averages noise out.
 * @param samples needs some all along; those beyond the ends do not count
 * @param felt noise times distance of the samples, mm²
 */
export function fitWall(samples: Samples, from: number, to: number, felt = 0): Wall | null {
  if (!(to - from > 0.5)) return null
  const intervals = Math.max(2, Math.ceil((to - from) / 0.75))
  const knot = (to - from) / intervals
  const splines = intervals + 3
  // Of each pair of splines that overlap, the sums of cos m·theta and sin m·theta: all products of waves follow
  // from them (cos k · cos l = ½ cos (k - l) + ½ cos (k + l), …), at a tenth of the cost.
  const sums = 2 * (2 * waves + 1)
  const pairs = new Float64Array(splines * 4 * sums)
  const right = new Float64Array(splines * terms)
  const basis = new Float64Array(4)
  const trig = new Float64Array(sums)
  let total = 0
  for (let i = 0; i < samples.count; i++) {
    const t = (samples.s[i] - from) / knot
    if (!(t >= 0 && t <= intervals)) continue
    const at = Math.min(intervals - 1, Math.floor(t))
    cubicBasis(t - at, basis)
    const weight = samples.weights[i]
    total += weight
    fillTrig(samples.theta[i], trig)
    for (let p = 0; p < 4; p++) {
      const wp = weight * basis[p]
      const value = wp * samples.r[i]
      const row = (at + p) * terms
      right[row] += value
      for (let k = 1; k <= waves; k++) {
        right[row + 2 * k - 1] += value * trig[2 * k]
        right[row + 2 * k] += value * trig[2 * k + 1]
      }
      for (let q = 0; q <= p; q++) {
        const both = wp * basis[q]
        const slot = ((at + p) * 4 + p - q) * sums
        for (let m = 0; m < sums; m++) pairs[slot + m] += both * trig[m]
      }
    }
  }
  if (!(total > 0)) return null
  const half = 4 * terms - 1
  const band = assemble(pairs, splines, half, sums)
  penalise(band, splines, half, total / intervals, (leastAlong + 30 * felt * felt) / knot ** 4)
  if (!solveBand(band, half, right)) return null
  return { from, to, intervals, coefficients: right }
}

/** cos and sin of 0, theta, 2·theta … in turn. */
function fillTrig(theta: number, out: Float64Array): void {
  const c = Math.cos(theta)
  const s = Math.sin(theta)
  out[0] = 1
  out[1] = 0
  for (let m = 2; m < out.length; m += 2) {
    out[m] = out[m - 2] * c - out[m - 1] * s
    out[m + 1] = out[m - 1] * c + out[m - 2] * s
  }
}

function assemble(pairs: Float64Array, splines: number, half: number, sums: number): Float64Array {
  const width = half + 1
  const band = new Float64Array(splines * terms * width)
  for (let j = 0; j < splines; j++) {
    for (let apart = 0; apart < 4 && apart <= j; apart++) {
      const slot = (j * 4 + apart) * sums
      for (let a = 0; a < terms; a++) {
        const row = j * terms + a
        for (let b = 0; b < terms; b++) {
          const column = (j - apart) * terms + b
          if (column <= row) band[row * width + half - row + column] = product(pairs, slot, a, b)
        }
      }
    }
  }
  return band
}

/** The sum of wave a times wave b. */
function product(pairs: Float64Array, slot: number, a: number, b: number): number {
  const k = (a + 1) >> 1
  const l = (b + 1) >> 1
  const cosA = a % 2 === 1 || a === 0
  const cosB = b % 2 === 1 || b === 0
  const plus = slot + 2 * (k + l)
  const minus = slot + 2 * Math.abs(k - l)
  if (cosA && cosB) return (pairs[minus] + pairs[plus]) / 2
  if (!cosA && !cosB) return (pairs[minus] - pairs[plus]) / 2
  const sinMinus = (k >= l ? 1 : -1) * pairs[minus + 1] // sin (k - l)·theta
  return cosA ? (pairs[plus + 1] - sinMinus) / 2 : (pairs[plus + 1] + sinMinus) / 2
}

function penalise(band: Float64Array, splines: number, half: number, perKnot: number, alongPenalty: number): void {
  const width = half + 1
  const second = [1, -2, 1]
  for (let a = 0; a < terms; a++) {
    const k = (a + 1) >> 1
    // fine waves change slowly along a canal; where a part of the wall round is missing they must not run wild
    const stiff = perKnot * (1 + k * k)
    for (let j = 0; j < splines; j++) {
      const row = j * terms + a
      band[row * width + half] += perKnot * (roundPenalty * k ** 4 + 1e-9)
      if (j + 1 < splines) {
        // hardly felt where there are samples; far from them it keeps the wall from running away
        const next = row + terms
        band[row * width + half] += leastSlope * stiff
        band[next * width + half] += leastSlope * stiff
        band[next * width + half - terms] -= leastSlope * stiff
      }
      if (j + 2 >= splines) continue
      for (let p = 0; p < 3; p++) {
        for (let q = 0; q <= p; q++) {
          const at = (j + p) * terms + a
          band[at * width + half - (p - q) * terms] += alongPenalty * stiff * second[p] * second[q]
        }
      }
    }
  }
}

const basisHere = new Float64Array(4)
const slopesHere = new Float64Array(4)
const trigHere = new Float64Array(2 * (waves + 1))

/** The wall's waves at arc length s; beyond its ends they go straight on. */
export function wavesAt(
  { from, to, intervals, coefficients }: Wall,
  s: number,
  out = new Float64Array(terms),
): Float64Array {
  const knot = (to - from) / intervals
  const inside = Math.min(to, Math.max(from, s))
  const t = (inside - from) / knot
  const at = Math.min(intervals - 1, Math.floor(t))
  const u = t - at
  cubicBasis(u, basisHere)
  const beyond = s - inside
  if (beyond !== 0) {
    cubicSlopes(u, slopesHere)
    for (let p = 0; p < 4; p++) basisHere[p] += (beyond / knot) * slopesHere[p]
  }
  for (let a = 0; a < terms; a++) {
    let sum = 0
    for (let p = 0; p < 4; p++) sum += basisHere[p] * coefficients[(at + p) * terms + a]
    out[a] = sum
  }
  return out
}

/** Waves at evenly spaced angles, kept: `terms` an angle. */
const wavesRound = new Map<number, Float64Array>()

/** A section's distance from the line at `round` evenly spaced angles, into `out`. */
export function radiiOf(section: Float64Array, round: number, out: Float64Array, at = 0): void {
  let table = wavesRound.get(round)
  if (!table) {
    table = new Float64Array(round * terms)
    for (let c = 0; c < round; c++) {
      fillTrig((2 * Math.PI * c) / round, trigHere)
      table[c * terms] = 1
      for (let k = 1; k <= waves; k++) {
        table[c * terms + 2 * k - 1] = trigHere[2 * k]
        table[c * terms + 2 * k] = trigHere[2 * k + 1]
      }
    }
    wavesRound.set(round, table)
  }
  for (let c = 0; c < round; c++) {
    let sum = 0
    for (let a = 0; a < terms; a++) sum += section[a] * table[c * terms + a]
    out[at + c] = sum
  }
}

/** A section's distance from the line at an angle. */
export function radiusOf(section: Float64Array, theta: number): number {
  fillTrig(theta, trigHere)
  let sum = section[0]
  for (let k = 1; k <= waves; k++) sum += section[2 * k - 1] * trigHere[2 * k] + section[2 * k] * trigHere[2 * k + 1]
  return sum
}

/** A table of a wall's radius, quick to look up: rows each `spacing` mm along, columns round. */
export function tabulate(wall: Wall, from: number, to: number, spacing = 0.2, round = 96) {
  const rows = Math.max(2, Math.ceil((to - from) / spacing) + 1)
  const step = (to - from) / (rows - 1)
  const table = new Float64Array(rows * round)
  const section = new Float64Array(terms)
  for (let row = 0; row < rows; row++) {
    wavesAt(wall, from + row * step, section)
    radiiOf(section, round, table, row * round)
  }
  return (s: number, theta: number) => {
    const t = Math.min(rows - 1.001, Math.max(0, (s - from) / step))
    const row = Math.floor(t)
    const p = t - row
    const turn = ((theta / (2 * Math.PI)) * round + 4 * round) % round
    const c = Math.floor(turn)
    const q = turn - c
    const next = (c + 1) % round
    const a = row * round
    const b = a + round
    return (1 - p) * ((1 - q) * table[a + c] + q * table[a + next]) + p * ((1 - q) * table[b + c] + q * table[b + next])
  }
}
