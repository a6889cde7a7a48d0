import type { Mesh } from '../../mesh/mesh.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import type { Ball } from './ball.ts'
import type { Trace } from '../measurement.ts'
import type { Foot } from './frame.ts'
import { spreadOf } from './plan.ts'
import { cut, level } from './surface.ts'

/** What lies no higher above the ground than this counts as footprint, mm. */
export const printHeight = 2

/** How far in front of the line between MTH1 and MTH5 the ball's pad ends and the toes begin, in lengths. */
export const padShare = 0.08

export interface Footprint {
  /** mm², without the toes */
  readonly area: number
  /** mm²: hind, middle and front third of its length */
  readonly thirds: readonly [number, number, number]
  /** mm: where along the axis it begins and ends */
  readonly from: number
  readonly to: number
  /** true when all that is low lies in one plane, as where the scanner or a program closed the sole */
  readonly closed: boolean
  readonly outline: Trace[]
}

/**
 * The footprint without its toes. A scan has no ink: the print is what lies within 2 mm of the ground. Where toes begin
 * cannot be seen when they are pressed flat: it ends 8 percent of the foot's length in front of the line MTH1–MTH5.
 * @returns a reason where the foot does not stand on its sole
 */
export function footprintOf(foot: Foot, ball: Ball): Footprint | string {
  const { mesh, length } = foot
  const front = padShare * length
  const [ix, iy] = ball.inner.point
  const [ox, oy] = ball.outer.point
  // keeps a x + b y <= c: what lies behind the line in front of the pad
  const n = Math.hypot(oy - iy, ox - ix)
  const a = (oy - iy) / n
  const b = -(ox - ix) / n
  const pad = { a, b, c: a * (ix + front) + b * iy }
  const back = backOf(mesh)
  const to = ix + front
  if (back === null || !(to > back)) return 'the sole is not there'
  const third = (to - back) / 3
  const low = belowPrint(mesh)
  const part = (from: number, until: number) =>
    areaWithin(low, [pad, { a: 1, b: 0, c: until }, { a: -1, b: 0, c: -from }])
  const thirds: [number, number, number] = [
    part(-Infinity, back + third),
    part(back + third, back + 2 * third),
    part(back + 2 * third, Infinity),
  ]
  const area = thirds[0] + thirds[1] + thirds[2]
  const breadth = oy - iy
  if (area < 0.1 * length * breadth)
    return 'too little of the sole lies on the ground: it was not scanned, or bore no weight'
  if (thirds[0] < 0.25 * third * 0.6 * breadth || thirds[2] < 0.25 * third * breadth)
    return 'heel or ball hardly touches the ground: the foot bore no weight'
  const open = foot.rims
    .filter(({ points }) => points.some(([x, , z]) => x < to && z < printHeight))
    .reduce((sum, { missing }) => sum + Math.abs(missing[2]), 0)
  if (open > 0.05 * area) return 'a part of the sole is not there'
  const flat = areaWithin(low, [], 0.25)
  return {
    area,
    thirds,
    from: back,
    to,
    closed: flat > 0.6 * spreadOf(foot.posed.outline).area,
    outline: outlineOf(foot, pad),
  }
}

/** The print's border, behind the line in front of the pad. */
function outlineOf(foot: Foot, { a, b, c }: HalfPlane): Trace[] {
  return cut(foot, level(printHeight)).flatMap(({ points }) => {
    const line: Vec3[] = []
    for (let i = 0; i < points.length; i += 3) {
      if (a * points[i] + b * points[i + 1] <= c) line.push([points[i], points[i + 1], points[i + 2]])
    }
    return line.length > 2 ? [{ kind: 'curve' as const, points: line, closed: true }] : []
  })
}

/** The triangles that come below the print's height. */
function belowPrint({ positions, triangles }: Mesh): Mesh {
  const low: number[] = []
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]]
    if (Math.min(positions[3 * a + 2], positions[3 * b + 2], positions[3 * c + 2]) < printHeight) low.push(a, b, c)
  }
  return { positions, triangles: Uint32Array.from(low) }
}

/** The hindmost point of the print. */
function backOf({ positions, triangles }: Mesh): number | null {
  let back = Infinity
  for (let t = 0; t < triangles.length; t++) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t % 3 === 2 ? t - 2 : t + 1]
    const za = positions[a + 2] - printHeight
    const zb = positions[b + 2] - printHeight
    if (za <= 0 && positions[a] < back) back = positions[a]
    if (za <= 0 !== zb <= 0) back = Math.min(back, positions[a] + (za / (za - zb)) * (positions[b] - positions[a]))
  }
  return Number.isFinite(back) ? back : null
}

/** a x + b y <= c */
interface HalfPlane {
  readonly a: number
  readonly b: number
  readonly c: number
}

/**
 * The area in plan of the surface below the print's height within some half-planes, mm²: what faces down counts, what
 * faces up is taken off, so that folds are counted once. Exact for the triangles, which are cut at the borders.
 */
function areaWithin({ positions, triangles }: Mesh, limits: readonly HalfPlane[], height = printHeight): number {
  let sum = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const low = Math.min(
      positions[3 * triangles[t] + 2],
      positions[3 * triangles[t + 1] + 2],
      positions[3 * triangles[t + 2] + 2],
    )
    if (low > height) continue
    if (wholly(positions, triangles, t, limits, height)) {
      sum += turnOf(positions, triangles, t) / 2
      continue
    }
    let polygon: Vec3[] = [0, 1, 2].map((k) => {
      const v = 3 * triangles[t + k]
      return [positions[v], positions[v + 1], positions[v + 2]]
    })
    polygon = clipped(polygon, ([, , z]) => z - height)
    for (const { a, b, c } of limits) {
      if (c < Infinity) polygon = clipped(polygon, ([x, y]) => a * x + b * y - c)
    }
    for (let i = 0; i < polygon.length; i++) {
      const [ax, ay] = polygon[i]
      const [bx, by] = polygon[(i + 1) % polygon.length]
      sum += (bx * ay - ax * by) / 2
    }
  }
  return sum
}

/** Whether a triangle needs no cutting. */
function wholly(
  positions: Float64Array,
  triangles: Uint32Array,
  t: number,
  limits: readonly HalfPlane[],
  height: number,
): boolean {
  for (let k = 0; k < 3; k++) {
    const v = 3 * triangles[t + k]
    if (positions[v + 2] > height) return false
    for (const { a, b, c } of limits) if (!(a * positions[v] + b * positions[v + 1] <= c)) return false
  }
  return true
}

/** Twice the area of a triangle in plan, positive when it faces down. */
function turnOf(positions: Float64Array, triangles: Uint32Array, t: number): number {
  const a = 3 * triangles[t]
  const b = 3 * triangles[t + 1]
  const c = 3 * triangles[t + 2]
  return (
    (positions[b + 1] - positions[a + 1]) * (positions[c] - positions[a]) -
    (positions[b] - positions[a]) * (positions[c + 1] - positions[a + 1])
  )
}

/** The part of a convex polygon where a linear function is not positive (Sutherland & Hodgman 1974). */
function clipped(polygon: Vec3[], value: (p: Vec3) => number): Vec3[] {
  const out: Vec3[] = []
  for (let i = 0; i < polygon.length; i++) {
    const p = polygon[i]
    const q = polygon[(i + 1) % polygon.length]
    const vp = value(p)
    const vq = value(q)
    if (vp <= 0) out.push(p)
    if (vp <= 0 !== vq <= 0) {
      const s = vp / (vp - vq)
      out.push([p[0] + s * (q[0] - p[0]), p[1] + s * (q[1] - p[1]), p[2] + s * (q[2] - p[2])])
    }
  }
  return out
}
