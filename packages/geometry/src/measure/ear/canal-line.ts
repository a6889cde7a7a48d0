import { cubicBasis, cubicSlopes, solveBand } from './canal-banded.ts'

/**
 * A smooth line through a canal with a frame that turns with it but never about it. Station i lies at arc length
 * `from + i·spacing`. From 0 to `length` the line is fitted to points; before and after it goes straight on.
 */
export interface CentreLine {
  readonly spacing: number
  readonly from: number
  readonly length: number
  readonly count: number
  /** x y z a station, as the four that follow */
  readonly centres: Float64Array
  readonly tangents: Float64Array
  readonly first: Float64Array
  readonly second: Float64Array
  /** 1/mm: how fast the tangent turns, and to which side */
  readonly bending: Float64Array
}

const spacing = 0.2

/**
 * A cubic spline by least squares with a penalty on changes of its curvature (P-spline: Eilers & Marx 1996, with third
 * differences): an arc of constant curvature is not flattened.
 * @param points x y z a point, in order
 * @param at arc length of each point, from 0
 * @param levers the spline is to meet position + lever · direction, mm; null: positions
 * @param stiffness weight of the penalty; the wavelength that is damped by half is about 4·stiffness^(1/6) mm
 * @param beyond mm that the line goes straight on at both ends
 */
export function lineThrough(
  points: Float64Array,
  at: Float64Array,
  levers: Float64Array | null,
  stiffness: number,
  beyond: number,
): CentreLine | null {
  const n = points.length / 3
  const total = at[n - 1]
  if (n < 5 || !(total > 0.5)) return null
  const intervals = Math.max(2, Math.ceil(2 * total))
  const knot = total / intervals
  const size = intervals + 3
  const band = new Float64Array(4 * size)
  const right = new Float64Array(3 * size)
  const basis = new Float64Array(4)
  const slopes = new Float64Array(4)
  for (let i = 0; i < n; i++) {
    const first = Math.min(intervals - 1, Math.floor(at[i] / knot))
    cubicBasis(at[i] / knot - first, basis)
    if (levers) {
      cubicSlopes(at[i] / knot - first, slopes)
      for (let p = 0; p < 4; p++) basis[p] += (levers[i] / knot) * slopes[p]
    }
    for (let p = 0; p < 4; p++) {
      for (let q = 0; q <= p; q++) band[4 * (first + p) + 3 - p + q] += basis[p] * basis[q]
      for (let axis = 0; axis < 3; axis++) right[3 * (first + p) + axis] += basis[p] * points[3 * i + axis]
    }
  }
  // knots lie closer than the penalty lets the line bend: it makes no difference where they are
  const weight = (stiffness * n) / (5 * total * knot ** 5)
  const third = [-1, 3, -3, 1]
  for (let j = 0; j + 3 < size; j++) {
    for (let p = 0; p < 4; p++) {
      for (let q = 0; q <= p; q++) band[4 * (j + p) + 3 - p + q] += weight * third[p] * third[q]
    }
  }
  if (!solveBand(band, 3, right, 3)) return null
  return stationsOf(right, intervals, knot, beyond)
}

/** Arc lengths along a polyline, from 0. */
export function chordsOf(points: Float64Array): Float64Array {
  const out = new Float64Array(points.length / 3)
  for (let i = 1; i < out.length; i++) {
    const [a, b] = [3 * i - 3, 3 * i]
    out[i] =
      out[i - 1] + Math.hypot(points[b] - points[a], points[b + 1] - points[a + 1], points[b + 2] - points[a + 2])
  }
  return out
}

function stationsOf(spline: Float64Array, intervals: number, knot: number, beyond: number): CentreLine | null {
  // arc length over a fine parameter, then stations where it is a multiple of the spacing
  const fine = Math.max(20, Math.ceil((intervals * knot) / 0.05))
  const arc = new Float64Array(fine + 1)
  const here = new Float64Array(9)
  let [px, py, pz] = [0, 0, 0]
  for (let i = 0; i <= fine; i++) {
    evaluate(spline, intervals, knot, (i / fine) * intervals, here)
    if (i > 0) arc[i] = arc[i - 1] + Math.hypot(here[0] - px, here[1] - py, here[2] - pz)
    ;[px, py, pz] = here
  }
  const length = arc[fine]
  if (!(length > 0.5)) return null
  const before = Math.ceil(beyond / spacing)
  const count = before + Math.ceil((length + beyond) / spacing) + 1
  const from = -before * spacing
  const line = {
    spacing,
    from,
    length,
    count,
    centres: new Float64Array(3 * count),
    tangents: new Float64Array(3 * count),
    first: new Float64Array(3 * count),
    second: new Float64Array(3 * count),
    bending: new Float64Array(3 * count),
  }
  let at = 0
  for (let i = 0; i < count; i++) {
    const s = from + i * spacing
    const within = Math.min(length, Math.max(0, s))
    while (at < fine - 1 && arc[at + 1] < within) at++
    const share = (at + (within - arc[at]) / (arc[at + 1] - arc[at])) / fine
    evaluate(spline, intervals, knot, share * intervals, here)
    const size = Math.hypot(here[3], here[4], here[5])
    const along = (here[3] * here[6] + here[4] * here[7] + here[5] * here[8]) / (size * size)
    for (let axis = 0; axis < 3; axis++) {
      const tangent = here[3 + axis] / size
      line.tangents[3 * i + axis] = tangent
      line.centres[3 * i + axis] = here[axis] + (s - within) * tangent
      line.bending[3 * i + axis] = s === within ? (here[6 + axis] - along * here[3 + axis]) / (size * size) : 0
    }
  }
  carryFrames(line)
  return line
}

/** Position, first and second derivative at parameter t (in knots), into out[0…8]. */
function evaluate(spline: Float64Array, intervals: number, knot: number, t: number, out: Float64Array): void {
  const at = Math.min(intervals - 1, Math.max(0, Math.floor(t)))
  const u = t - at
  out.fill(0)
  cubicBasis(u, value)
  cubicSlopes(u, slope)
  bend[0] = 1 - u
  bend[1] = 3 * u - 2
  bend[2] = 1 - 3 * u
  bend[3] = u
  for (let p = 0; p < 4; p++) {
    for (let axis = 0; axis < 3; axis++) {
      const c = spline[3 * (at + p) + axis]
      out[axis] += value[p] * c
      out[3 + axis] += (slope[p] / knot) * c
      out[6 + axis] += (bend[p] / (knot * knot)) * c
    }
  }
}

const value = new Float64Array(4)
const slope = new Float64Array(4)
const bend = new Float64Array(4)

/**
 * Frames without twist, each the last one turned as little as can be. The first one points to where the line bends
 * away from its chord, so that it turns with the scan.
 */
function carryFrames({ count, from, length, centres, tangents, first, second }: CentreLine): void {
  const start = 3 * Math.round(-from / spacing)
  const middle = 3 * Math.round((length / 2 - from) / spacing)
  const end = 3 * Math.round((length - from) / spacing)
  const t = tangents.subarray(0, 3)
  const bow = [0, 1, 2].map((axis) => (centres[start + axis] + centres[end + axis]) / 2 - centres[middle + axis])
  let along = bow[0] * t[0] + bow[1] * t[1] + bow[2] * t[2]
  let x = bow.map((value, axis) => value - along * t[axis])
  if (Math.hypot(...x) < 1e-6) {
    const least =
      Math.abs(t[0]) < Math.abs(t[1])
        ? Math.abs(t[0]) < Math.abs(t[2])
          ? 0
          : 2
        : Math.abs(t[1]) < Math.abs(t[2])
          ? 1
          : 2
    x = [0, 1, 2].map((axis) => (axis === least ? 1 : 0) - t[least] * t[axis])
  }
  for (let i = 0; i < count; i++) {
    const [tx, ty, tz] = tangents.subarray(3 * i, 3 * i + 3)
    along = x[0] * tx + x[1] * ty + x[2] * tz
    x = [x[0] - along * tx, x[1] - along * ty, x[2] - along * tz]
    const size = Math.hypot(x[0], x[1], x[2])
    x = [x[0] / size, x[1] / size, x[2] / size]
    first.set(x, 3 * i)
    second.set([ty * x[2] - tz * x[1], tz * x[0] - tx * x[2], tx * x[1] - ty * x[0]], 3 * i)
  }
}

/** One of a line's arrays between its stations, of length 1 if `direction`. */
export function along(
  { spacing, from, count }: CentreLine,
  values: Float64Array,
  s: number,
  direction = false,
): [number, number, number] {
  const t = Math.min(count - 1, Math.max(0, (s - from) / spacing))
  const i = Math.min(count - 2, Math.floor(t))
  const share = t - i
  const at = (axis: number) => values[3 * i + axis] * (1 - share) + values[3 * i + 3 + axis] * share
  const out: [number, number, number] = [at(0), at(1), at(2)]
  if (!direction) return out
  const size = Math.hypot(out[0], out[1], out[2])
  return [out[0] / size, out[1] / size, out[2] / size]
}

/** The point at arc length s, `r` mm from the line at an angle round it, and the direction that leads there. */
export function placeAt(line: CentreLine, s: number, theta: number, r: number) {
  const [cx, cy, cz] = along(line, line.centres, s)
  const a = along(line, line.first, s, true)
  const b = along(line, line.second, s, true)
  const [c, d] = [Math.cos(theta), Math.sin(theta)]
  const direction: [number, number, number] = [a[0] * c + b[0] * d, a[1] * c + b[1] * d, a[2] * c + b[2] * d]
  const point: [number, number, number] = [cx + r * direction[0], cy + r * direction[1], cz + r * direction[2]]
  return { centre: [cx, cy, cz] as [number, number, number], direction, point }
}
