import { faceVectors } from '../../mesh/mesh.ts'
import { solveNormal } from '../least-squares.ts'
import { extentAlong } from '../fit/principal.ts'
import { turn } from '../../mesh/matrix.ts'
import type { ArchScan } from './pose.ts'

/**
 * The middle line of a row of teeth, seen from above, in the arch's frame: at the angle a from x (towards y) round
 * (centre, 0) it lies at the distance radius(a).
 */
export interface ArchCurve {
  readonly centre: number
  radius(angle: number): number
  /** height of the teeth's tops over the level, smooth along the arch */
  top(angle: number): number
  /** the angles between which there are teeth: right end (negative) and left end */
  readonly ends: readonly [number, number]
}

/** Terms 1, cos, sin, cos 2a, sin 2a … of the curves: four waves follow an arch, not its single teeth. */
const terms = 9
function termsAt(angle: number, out: Float64Array) {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  out[0] = 1
  out[1] = cos
  out[2] = sin
  // cos ka and sin ka from those before (angle addition)
  for (let k = 3; k < terms; k += 2) {
    out[k] = out[k - 2] * cos - out[k - 1] * sin
    out[k + 1] = out[k - 1] * cos + out[k - 2] * sin
  }
}

/** A sum of waves that fits weighted values best; smoothness is preferred where there are none. */
function wavesThrough(angles: ArrayLike<number>, values: ArrayLike<number>, weights: ArrayLike<number>) {
  const a = new Float64Array(terms * terms)
  const b = new Float64Array(terms)
  const row = new Float64Array(terms)
  let all = 0
  for (let k = 0; k < angles.length; k++) {
    const weight = weights[k]
    if (weight === 0) continue
    termsAt(angles[k], row)
    for (let i = 0; i < terms; i++) {
      const w = weight * row[i]
      for (let j = 0; j <= i; j++) a[terms * i + j] += w * row[j]
      b[i] += w * values[k]
    }
    all += weight
  }
  for (let k = 1; k <= 4; k++) {
    // the square of the second derivative, small against the data
    a[(terms + 1) * (2 * k - 1)] += 3e-6 * all * k ** 4
    a[(terms + 1) * 2 * k] += 3e-6 * all * k ** 4
  }
  const c = all > 0 ? solveNormal(a, b) : null
  if (!c) return null
  return (angle: number) => {
    termsAt(angle, row)
    let sum = 0
    for (let i = 0; i < terms; i++) sum += row[i] * c[i]
    return sum
  }
}

const halfAngle = 2.3

/**
 * The curve through the middles of the crowns: of all surface within 2.5 mm of the tops, each piece counts by its area
 * seen from above and by how high it lies.
 */
export function archCurve(scan: ArchScan): ArchCurve | null {
  const { mesh } = scan.bvh
  const reach = extentAlong(mesh, turn(scan.back, [1, 0, 0]))
  const origin = -scan.frame[3] // coordinate of the frame's origin along x
  const centre = reach.middle - origin - 0.28 * reach.size
  const pieces = piecesOf(scan, centre)
  const tops = topWaves(pieces)
  if (!tops) return null
  const crowns = pieces
    .map((piece) => ({ ...piece, w: piece.w * Math.min(1, Math.max(0, (piece.h - tops(piece.angle) + 3) / 3)) ** 2 }))
    .filter(({ w }) => w > 0)
  const angles = Float64Array.from(crowns, ({ angle }) => angle)
  const radii = Float64Array.from(crowns, ({ r }) => r)
  const all = Float64Array.from(crowns, ({ w }) => w)
  let radius = wavesThrough(angles, radii, all)
  for (let round = 0; round < 3 && radius; round++) {
    // crowns are no wider than 14 mm
    const known = radius
    const near = all.map((w, i) => (Math.abs(radii[i] - known(angles[i])) > 7.5 ? 0 : w))
    radius = wavesThrough(angles, radii, near)
  }
  if (!radius) return null
  const found = radius
  const ends = endsOf(pieces, found, tops)
  return ends && { centre, radius: found, top: tops, ends }
}

interface Piece {
  readonly angle: number
  readonly r: number
  readonly h: number
  /** area seen from above */
  readonly w: number
}

/** The surface that faces the biting side, in polar places round the centre. */
function piecesOf(scan: ArchScan, centre: number): Piece[] {
  const { mesh } = scan.bvh
  const { positions, triangles } = mesh
  const faces = faceVectors(mesh)
  const m = scan.frame
  const out: Piece[] = []
  for (let t = 0; t < triangles.length; t += 3) {
    const w = (faces[t] * m[8] + faces[t + 1] * m[9] + faces[t + 2] * m[10]) / 2
    if (!(w > 0)) continue
    let [px, py, pz] = [0, 0, 0]
    for (let k = 0; k < 3; k++) {
      const v = 3 * triangles[t + k]
      px += positions[v] / 3
      py += positions[v + 1] / 3
      pz += positions[v + 2] / 3
    }
    const h = m[8] * px + m[9] * py + m[10] * pz + m[11]
    if (h < -9) continue
    const x = m[0] * px + m[1] * py + m[2] * pz + m[3] - centre
    const y = m[4] * px + m[5] * py + m[6] * pz + m[7]
    const angle = Math.atan2(y, x)
    if (Math.abs(angle) < halfAngle) out.push({ angle, r: Math.hypot(x, y), h, w })
  }
  return out
}

/** The tops of the teeth along the arch: a smooth line over the highest places, not below them in the mean. */
function topWaves(pieces: readonly Piece[]) {
  const bins = 60
  const highest = new Float64Array(bins).fill(-Infinity)
  for (const { angle, h } of pieces) {
    const bin = Math.floor(((angle + halfAngle) / (2 * halfAngle)) * bins)
    if (h > highest[bin]) highest[bin] = h
  }
  const angles = Float64Array.from(highest, (_, bin) => ((bin + 0.5) / bins) * 2 * halfAngle - halfAngle)
  const seen = Float64Array.from(highest, (h) => (h > -6 ? 1 : 0))
  return seen.reduce((sum, one) => sum + one, 0) > 12 ? wavesThrough(angles, highest, seen) : null
}

/** Where the teeth begin and end: going out from the front, where nothing of the row rises to 3 mm below the tops. */
function endsOf(
  pieces: readonly Piece[],
  radius: (angle: number) => number,
  tops: (angle: number) => number,
): [number, number] | null {
  const bins = 420
  const area = new Float64Array(bins)
  for (const { angle, r, h, w } of pieces) {
    if (Math.abs(r - radius(angle)) > 5) continue
    const high = (h - tops(angle) + 3.5) / 1.5
    if (high > 0) area[Math.floor(((angle + halfAngle) / (2 * halfAngle)) * bins)] += w * Math.min(1, high)
  }
  const angleOf = (bin: number) => ((bin + 0.5) / bins) * 2 * halfAngle - halfAngle
  const middle = bins / 2
  const end = (sense: 1 | -1) => {
    let last = middle
    for (let bin = middle; bin >= 0 && bin < bins; bin += sense) {
      if (area[bin] > 0.02 * radius(angleOf(bin))) last = bin
      // a gap of two teeth ends the row
      if (Math.abs(bin - last) * ((2 * halfAngle) / bins) * radius(angleOf(last)) > 16) break
    }
    return angleOf(last)
  }
  const ends: [number, number] = [end(-1), end(1)]
  return ends[1] - ends[0] > 1 ? ends : null
}

/** A place on the curve: s mm along it from the midplane, negative on the side of negative y. */
export interface Station {
  readonly angle: number
  readonly s: number
  readonly x: number
  readonly y: number
}

/** Places at even steps of the curve's length, counted from the midplane to both sides, so that mirrored they are the same. */
export function alongCurve({ centre, radius, ends }: ArchCurve, pace: number): Station[] {
  const half = (end: number): Station[] => {
    const fine = 1500
    const out: Station[] = []
    let s = 0
    let [px, py] = [centre + radius(0), 0]
    for (let k = 1; k <= fine; k++) {
      const angle = (end * k) / fine
      const x = centre + radius(angle) * Math.cos(angle)
      const y = radius(angle) * Math.sin(angle)
      const way = Math.hypot(x - px, y - py)
      while ((out.length + 1) * pace <= s + way) {
        const share = ((out.length + 1) * pace - s) / way
        const at = angle - (end / fine) * (1 - share)
        out.push({
          angle: at,
          s: Math.sign(end) * (out.length + 1) * pace,
          x: px + (x - px) * share,
          y: py + (y - py) * share,
        })
      }
      s += way
      px = x
      py = y
    }
    return out
  }
  return [...half(ends[0]).toReversed(), { angle: 0, s: 0, x: centre + radius(0), y: 0 }, ...half(ends[1])]
}
