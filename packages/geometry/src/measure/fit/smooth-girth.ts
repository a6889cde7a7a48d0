import { axesOf, convexHull, inPlane } from '../../mesh/outline.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import type { Plane } from '../../mesh/section.ts'
import { angleDeg, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { patchAt, type Patches } from './patch.ts'

/** A girth, and the line it was read from. */
export interface Girth {
  /** mm */
  readonly length: number
  /** the tape's line in space, closed */
  readonly line: Vec3[]
  /** mm: how rough the surface is along the line */
  readonly residual: number
  /** the share of directions round the middle in which the section has a surface, 0 to 1 */
  readonly coverage: number
}

export interface SmoothOptions {
  /** mm between the points of the answer */
  readonly spacing: number
  /** mm, of the patches that are fitted, and what they may grow to where vertices are few */
  readonly radius: number
  readonly widest?: number
  /** a direction of the body: on whose side closed lines are begun, so that they are the same in any pose */
  readonly from: Vec3
}

/**
 * Moves the points of a section onto the smooth surface, within the plane, so that neither the chords of coarse
 * triangles nor noise change its length. `residuals` tells how rough the surface is at each, mm; NaN where a point was
 * left as it is, since nothing smooth fits there.
 */
export function smoothLine(
  patches: Patches,
  line: Polyline,
  plane: Plane,
  { spacing, radius, widest, from }: SmoothOptions,
): { points: Vec3[]; residuals: number[] } {
  const { points: even, sagittas } = evenly(line, spacing, from)
  const n = even.length
  const reach = Math.max(1, Math.round((0.5 * radius) / spacing))
  const residuals: number[] = Array.from({ length: n }, () => NaN)
  const points = even.map((point, i) => {
    const before = even[line.closed ? (i - reach + n) % n : Math.max(0, i - reach)]
    const after = even[line.closed ? (i + reach) % n : Math.min(n - 1, i + reach)]
    // seen from the normal's tip the line runs anticlockwise round what is inside: outwards is to its right
    const along: Vec3 = [after[0] - before[0], after[1] - before[1], after[2] - before[2]]
    const out = unit(crossOf(along, plane.normal))
    if (!(Math.hypot(out[0], out[1], out[2]) > 0.5)) return point
    const patch = patchAt(patches, point, out, radius, 0.6, widest)
    // a fit that leaves the line by more than its chords can explain has taken in an edge, or another side
    if (!patch || Math.abs(patch.c[0]) > 0.3 + 2 * sagittas[i]) return point
    residuals[i] = patch.residual
    return [point[0] + patch.c[0] * out[0], point[1] + patch.c[0] * out[1], point[2] + patch.c[0] * out[2]] as Vec3
  })
  return { points, residuals }
}

const crossOf = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]

/**
 * Points along a line at even distances. A closed line is begun at its point farthest along `from` (without it:
 * farthest from its middle), since where its list of points begins is chance.
 */
export const resampled = (line: Polyline, spacing: number, from?: Vec3): Vec3[] => evenly(line, spacing, from).points

/** As `resampled`, and how far a smooth line can lie beside each point: the sagitta of its side, as its ends turn. */
function evenly({ points, closed }: Polyline, spacing: number, from?: Vec3): { points: Vec3[]; sagittas: number[] } {
  const n = points.length / 3
  let first = 0
  let most = -Infinity
  const middle = [0, 0, 0]
  for (let i = 0; i < points.length; i++) middle[i % 3] += points[i] / n
  for (let i = 0; i < (closed ? n : 0); i++) {
    const [x, y, z] = [0, 1, 2].map((k) => points[3 * i + k] - middle[k])
    const far = from ? x * from[0] + y * from[1] + z * from[2] : x * x + y * y + z * z
    if (far > most) {
      most = far
      first = i
    }
  }
  const at = (k: number): Vec3 => {
    const i = (first + k) % n
    return [points[3 * i], points[3 * i + 1], points[3 * i + 2]]
  }
  const sides = closed ? n : n - 1
  const lengths = Array.from({ length: sides }, (_, i) => {
    const a = at(i)
    const b = at(i + 1)
    return Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2])
  })
  const total = lengths.reduce((sum, one) => sum + one, 0)
  const count = Math.max(closed ? 12 : 2, Math.round(total / spacing))
  const turns = Array.from({ length: n }, (_, i) =>
    closed || (i > 0 && i < n - 1) ? angleDeg(subtract(at(i), at(i + n - 1)), subtract(at(i + 1), at(i))) : 0,
  )
  const out: Vec3[] = []
  const sagittas: number[] = []
  let side = 0
  let passed = 0
  for (let k = 0; k < (closed ? count : count + 1); k++) {
    const wanted = (k * total) / count
    while (side < sides - 1 && passed + lengths[side] < wanted) passed += lengths[side++]
    const share = lengths[side] > 0 ? Math.min(1, (wanted - passed) / lengths[side]) : 0
    const a = at(side)
    const b = at(side + 1)
    out.push([a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share])
    sagittas.push((lengths[side] * ((turns[side] + turns[(side + 1) % n]) / 2) * Math.PI) / 180 / 8)
  }
  return { points: out, sagittas }
}

/** The median of what is known, 0 when nothing is. */
export function typicalOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  return known.length > 0 ? known[Math.floor(known.length / 2)] : 0
}

/**
 * The length of a tape round points of a smooth outline. Between neighbouring points of the outline the tape bends as
 * the outline does: each chord is lengthened to the arc that its two ends' directions make (chord · (1 + φ²/24)).
 */
export function tapeLength(points: readonly Vec3[], plane: Plane): { length: number; hull: Vec3[] } {
  const flat = inPlane(Float64Array.from(points.flat()), plane)
  const hull = convexHull(flat)
  const n = hull.length
  const side = (i: number) => {
    const a = hull[(i + n) % n]
    const b = hull[(i + 1) % n]
    return [flat[2 * b] - flat[2 * a], flat[2 * b + 1] - flat[2 * a + 1]]
  }
  let length = 0
  for (let i = 0; i < n; i++) {
    const [x, y] = side(i)
    const chord = Math.hypot(x, y)
    const turn = (j: number, k: number) => {
      const [ax, ay] = side(j)
      const [bx, by] = side(k)
      return Math.atan2(ax * by - ay * bx, ax * bx + ay * by)
    }
    // half of the turn at each end belongs to this chord, when it is no corner
    const phi = (turn(i - 1, i) + turn(i, i + 1)) / 2
    length += chord * (phi < 0.5 ? 1 + (phi * phi) / 24 : 1)
  }
  return { length, hull: hull.map((i) => points[i]) }
}

/** The share of directions round the middle of points in a plane in which there are some: gaps above 6° count as such. */
export function coverageRound(points: readonly Vec3[], plane: Plane): number {
  if (points.length < 3) return 0
  const flat = inPlane(Float64Array.from(points.flat()), plane, axesOf(plane.normal))
  const hull = convexHull(flat)
  let cx = 0
  let cy = 0
  let weight = 0
  for (let i = 0; i < hull.length; i++) {
    const a = hull[i]
    const b = hull[(i + 1) % hull.length]
    const w = Math.hypot(flat[2 * a] - flat[2 * b], flat[2 * a + 1] - flat[2 * b + 1])
    cx += (w * (flat[2 * a] + flat[2 * b])) / 2
    cy += (w * (flat[2 * a + 1] + flat[2 * b + 1])) / 2
    weight += w
  }
  if (weight === 0) return 0
  const angles = points
    .map((_, i) => Math.atan2(flat[2 * i + 1] - cy / weight, flat[2 * i] - cx / weight))
    .sort((a, b) => a - b)
  let gaps = 0
  for (let i = 0; i < angles.length; i++) {
    const next = i + 1 < angles.length ? angles[i + 1] : angles[0] + 2 * Math.PI
    const gap = next - angles[i]
    if (gap > Math.PI / 30) gaps += gap
  }
  return 1 - gaps / (2 * Math.PI)
}
