import type { Bvh } from '../../mesh/bvh.ts'
import { inPlane } from '../../mesh/outline.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import { section } from '../../mesh/section.ts'
import { cross, dot, scale, step, type Vec3 } from '../../mesh/vector.ts'
import { patchAt, patchPoint, type Patches } from '../fit/patch.ts'
import type { MirrorPlane } from '../fit/symmetry.ts'
import type { Nose } from './nose.ts'

/** The outline of a face in the midplane, from under the chin over nose and forehead, even steps of angle apart. */
export interface Profile {
  /** points on the smooth surface, in order from below upwards */
  readonly points: Vec3[]
  /** number of the point nearest to the nose's tip */
  readonly tip: number
}

const inside = 85 // mm behind the nose's tip: about the middle of a head, from where a face is seen without overhangs
/** radians between the rays of an outline, and their number: half a degree, all round */
export const outlineStep = Math.PI / 360
export const outlineRays = 720

/**
 * The face's outline, as seen from the middle of the head: of each ray the farthest point of the section. Points are
 * on the smooth surface. It ends where the scan does.
 */
export function faceProfile(
  bvh: Bvh,
  patches: Patches,
  plane: MirrorPlane,
  nose: Pick<Nose, 'tip' | 'forward' | 'up'>,
): Profile | null {
  const cut = { point: scale(plane.normal, plane.offset), normal: plane.normal }
  const lines = section(bvh.mesh, cut, { bvh })
  const eye = step(nose.tip, nose.forward, -inside)
  const axes = { u: nose.forward, v: nose.up }
  const far = outlineAround(lines, plane.normal, eye, axes)
  const points: Vec3[] = []
  let tip = -1
  let begun = 360
  // from the tip's direction outwards to both sides until the outline ends for more than 12 degrees
  while (begun > 60 && hasNear(far, begun - 1, -1)) begun--
  let end = 360
  while (end < 660 && hasNear(far, end + 1, 1)) end++
  let highest = -Infinity
  for (let k = begun; k <= end; k++) {
    if (Number.isNaN(far[k])) continue
    const angle = (k - 360) * outlineStep
    const out = step(scale(nose.forward, Math.cos(angle)), nose.up, Math.sin(angle))
    const rough = step(eye, out, far[k])
    const patch = patchAt(patches, rough, out, Math.max(5, 1.8 * patches.edge), 0.2)
    const smooth = patch && Math.abs(patch.c[0]) < 2 ? patchPoint(patch) : rough
    points.push(smooth)
    const along = dot(smooth, nose.forward)
    if (Math.abs(angle) < 0.35 && along > highest) {
      highest = along
      tip = points.length - 1
    }
  }
  return tip < 0 || points.length < 40 ? null : { points, tip }
}

const hasNear = (far: Float64Array, from: number, sense: number) => {
  for (let k = 0; k < 24; k++) if (!Number.isNaN(far[from + sense * k])) return true
  return false
}

/**
 * The outline of a section as seen from a point inside: for each ray the distance of the farthest crossing, NaN where
 * there is none. Ray k points at the angle (k - outlineRays / 2) · outlineStep from `u` towards `v`.
 */
export function outlineAround(
  lines: readonly Polyline[],
  normal: Vec3,
  eye: Vec3,
  axes: { u: Vec3; v: Vec3 },
): Float64Array {
  const far = new Float64Array(outlineRays + 1).fill(NaN)
  for (const { points, closed } of lines) {
    const flat = inPlane(points, { point: eye, normal }, axes)
    const n = flat.length / 2
    for (let i = 0; i < (closed ? n : n - 1); i++) {
      const j = (i + 1) % n
      crossings(flat[2 * i], flat[2 * i + 1], flat[2 * j], flat[2 * j + 1], far)
    }
  }
  return far
}

/** Notes the distance at which each ray of even angles crosses a side, where that is farther than what is known. */
function crossings(ax: number, ay: number, bx: number, by: number, far: Float64Array) {
  let a = Math.atan2(ay, ax) / outlineStep
  let b = Math.atan2(by, bx) / outlineStep
  if (Math.abs(a - b) > 360) return // across the back
  if (a > b) [a, b] = [b, a]
  for (let k = Math.ceil(a); k <= b; k++) {
    if (Math.abs(k) > 360) continue
    const cos = Math.cos(k * outlineStep)
    const sin = Math.sin(k * outlineStep)
    const across = (bx - ax) * sin - (by - ay) * cos
    if (across === 0) continue
    const t = (ay * cos - ax * sin) / across
    const r = (ax + t * (bx - ax)) * cos + (ay + t * (by - ay)) * sin
    if (r > 0 && !(r <= far[k + 360])) far[k + 360] = r
  }
}

/** The deepest place of a hollow in an outline: what is farthest from the straight line that bridges it. */
export interface Hollow {
  readonly point: Vec3
  /** mm beneath the bridging line */
  readonly depth: number
  /** fractional number of the point in the profile */
  readonly at: number
}

/**
 * The deepest hollow of a stretch of the profile, found without knowing what is upright: bridged by the convex hull,
 * and its bottom by a parabola through the points near it.
 */
export function deepestHollow({ points }: Profile, from: number, to: number, out: Vec3, normal: Vec3): Hollow | null {
  const low = Math.max(0, Math.min(from, to))
  const high = Math.min(points.length - 1, Math.max(from, to))
  if (high - low < 6) return null
  const side = cross(normal, out)
  const flat = points.map((p) => [dot(p, out), dot(p, side)])
  // the hull's outer chain between the two ends (Andrew's monotone chain would need an order: the outline is one)
  const chain: number[] = []
  const sense = Math.sign(flat[high][1] - flat[low][1]) || 1
  const turns = (i: number, j: number, k: number) =>
    sense *
    ((flat[j][0] - flat[i][0]) * (flat[k][1] - flat[i][1]) - (flat[j][1] - flat[i][1]) * (flat[k][0] - flat[i][0]))
  for (let i = low; i <= high; i++) {
    while (chain.length > 1 && turns(chain.at(-2)!, chain.at(-1)!, i) <= 0) chain.pop()
    chain.push(i)
  }
  let best: Hollow | null = null
  for (let c = 1; c < chain.length; c++) {
    const [i, j] = [chain[c - 1], chain[c]]
    if (j - i < 4) continue
    const length = Math.hypot(flat[j][0] - flat[i][0], flat[j][1] - flat[i][1])
    const depths = Array.from(
      { length: j - i + 1 },
      (_, k) =>
        (sense *
          ((flat[j][0] - flat[i][0]) * (flat[i + k][1] - flat[i][1]) -
            (flat[j][1] - flat[i][1]) * (flat[i + k][0] - flat[i][0]))) /
        length,
    )
    const deepest = depths.reduce((a, d, k) => (d > depths[a] ? k : a), 0)
    if (!best || depths[deepest] > best.depth) {
      const bottom = vertexOfParabola(depths, deepest, 6)
      best = { point: interpolated(points, i + bottom.at), depth: bottom.value, at: i + bottom.at }
    }
  }
  return best
}

/** The top of the parabola that fits values round a maximum best; the maximum itself at an end. */
export function vertexOfParabola(values: readonly number[], at: number, reach: number): { at: number; value: number } {
  const low = Math.max(0, at - reach)
  const high = Math.min(values.length - 1, at + reach)
  const s = [0, 0, 0, 0, 0]
  const r = [0, 0, 0]
  for (let k = low; k <= high; k++) {
    const x = k - at
    for (let p = 0; p < 5; p++) s[p] += x ** p
    for (let p = 0; p < 3; p++) r[p] += values[k] * x ** p
  }
  const det =
    s[0] * (s[2] * s[4] - s[3] * s[3]) - s[1] * (s[1] * s[4] - s[2] * s[3]) + s[2] * (s[1] * s[3] - s[2] * s[2])
  if (!(Math.abs(det) > 1e-9)) return { at, value: values[at] }
  const a =
    (r[0] * (s[2] * s[4] - s[3] * s[3]) - s[1] * (r[1] * s[4] - s[3] * r[2]) + s[2] * (r[1] * s[3] - s[2] * r[2])) / det
  const b =
    (s[0] * (r[1] * s[4] - s[3] * r[2]) - r[0] * (s[1] * s[4] - s[2] * s[3]) + s[2] * (s[1] * r[2] - r[1] * s[2])) / det
  const c =
    (s[0] * (s[2] * r[2] - r[1] * s[3]) - s[1] * (s[1] * r[2] - r[1] * s[2]) + r[0] * (s[1] * s[3] - s[2] * s[2])) / det
  const top = -b / (2 * c)
  if (!(c < 0) || !(Math.abs(top) <= reach)) return { at, value: values[at] }
  return { at: at + top, value: a + b * top + c * top * top }
}

/** The point of an outline at a fractional number. */
export function interpolated(points: readonly Vec3[], at: number): Vec3 {
  const i = Math.min(points.length - 2, Math.max(0, Math.floor(at)))
  const share = at - i
  return step(scale(points[i], 1 - share), points[i + 1], share)
}

/** The number of the point that lies `along` mm farther along the outline (below it when negative). */
export function walked(points: readonly Vec3[], from: number, along: number): number {
  const sense = along > 0 ? 1 : -1
  let left = Math.abs(along)
  let i = from
  while (i + sense >= 0 && i + sense < points.length) {
    const a = points[i]
    const b = points[i + sense]
    left -= Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
    if (left < 0) break
    i += sense
  }
  return i
}
