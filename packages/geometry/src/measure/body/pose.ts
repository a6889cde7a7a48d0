import type { Bvh } from '../../mesh/bvh.ts'
import { applyTo, intoFrame, inverse, type Mat4, turn } from '../../mesh/matrix.ts'
import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { convexHull } from '../../mesh/outline.ts'
import { cross, dot, scale, step, unit, type Vec3 } from '../../mesh/vector.ts'
import { principalOf } from '../fit/principal.ts'
import { extremeAlong } from '../fit/extreme.ts'
import { type Patches, patchesOf } from '../fit/patch.ts'
import { evenSamples, type MirrorPlane, mirrorPlaneNear, searchIn } from '../fit/symmetry.ts'
import { type BodyParts, bodyParts } from './parts.ts'

/** Somebody who stands, in the body's own frame: x forward, y to the left, z up, the floor at z = 0, the midplane at y = 0. */
export interface BodyScan {
  readonly bvh: Bvh
  readonly patches: Patches
  readonly parts: BodyParts
  /** from the scan's frame into the body's, and back */
  readonly frame: Mat4
  readonly back: Mat4
  readonly midplane: MirrorPlane
  /** mm from the floor to the top of the head, and its place in the scan */
  readonly stature: number
  readonly vertex: Vec3
}

/**
 * Finds how a body stands: its midplane by mirror symmetry, the vertical by how it stands on its feet (of a
 * scan that could not: from the feet to the head), forward by the feet, which point there.
 * @param size mm, its largest extent
 */
export function bodyPose(bvh: Bvh, size: number): BodyScan | null {
  const { mesh } = bvh
  const parts = bodyParts(mesh, size)
  if (!parts) return null
  const middle = scale(step(parts.legs[0].tip, parts.legs[1].tip, 1), 0.5)
  const search = searchIn(bvh)
  const guess = { normal: parts.across, offset: dot(parts.across, middle) }
  const first = mirrorPlaneNear(search, evenSamples(mesh, 400), guess, {
    reaches: [0.05, 0.05, 0.05, 0.04, 0.03, 0.02, 0.015, 0.01].map((share) => share * size),
  })
  const plane = mirrorPlaneNear(search, evenSamples(mesh, 1500), first, {
    reaches: Array.from({ length: 10 }, () => 0.006 * size),
    tolerance: 0.003 * size,
  })
  const up = verticalOf(mesh, principalOf(mesh).middle, plane.normal, inPlane(parts.up, plane.normal), size)
  const side = cross(up, plane.normal)
  const forward = feetPoint(mesh, up, side, size) >= 0 ? side : scale(side, -1)
  const left = cross(up, forward)
  const patches = patchesOf(mesh, 10)
  const radius = Math.max(12, 2.2 * patches.edge)
  const floor = lowestAlong(mesh, up)
  const top = extremeAlong(patches, up, radius, headOnly(parts, up, size))
  if (!top) return null
  const offset = dot(left, plane.normal) > 0 ? plane.offset : -plane.offset
  const origin = step(step(scale(up, floor), left, offset), forward, dot(forward, middle))
  const frame = intoFrame(forward, left, up, origin)
  return {
    bvh,
    patches,
    parts,
    frame,
    back: inverse(frame),
    midplane: plane,
    stature: top.value - floor,
    vertex: top.point,
  }
}

const inPlane = (d: Vec3, normal: Vec3) => unit(step(d, normal, -dot(d, normal)))

/** Near the head's end: a raised hand is not the top of the head. */
function headOnly({ head }: BodyParts, up: Vec3, size: number) {
  const [tx, ty, tz] = head.tip
  return (x: number, y: number, z: number) => {
    const dx = x - tx
    const dy = y - ty
    const dz = z - tz
    const along = dx * up[0] + dy * up[1] + dz * up[2]
    return dx * dx + dy * dy + dz * dz - along * along < (0.06 * size) ** 2
  }
}

/**
 * The vertical: at right angles to the floor on which this body would stand, seen from its side: the line under its
 * feet (the lower side of the convex hull) that lies beneath its middle.
 * @param start roughly the vertical
 */
function verticalOf(
  { positions }: Pick<Mesh, 'positions'>,
  middle: Vec3,
  across: Vec3,
  start: Vec3,
  size: number,
): Vec3 {
  const ahead = cross(start, across)
  const low: number[] = []
  const least = lowestAlong({ positions }, start)
  for (let i = 0; i < positions.length; i += 3) {
    const z = positions[i] * start[0] + positions[i + 1] * start[1] + positions[i + 2] * start[2]
    if (z > least + 0.08 * size) continue
    low.push(positions[i] * ahead[0] + positions[i + 1] * ahead[1] + positions[i + 2] * ahead[2], z)
  }
  const hull = convexHull(Float64Array.from(low)) // anticlockwise: its lower side runs the way of `ahead`
  const at = dot(middle, ahead)
  for (let k = 0; k < hull.length; k++) {
    const [a, b] = [hull[k], hull[(k + 1) % hull.length]]
    if (!(low[2 * a] <= at && at < low[2 * b])) continue
    const tilt = Math.atan2(low[2 * b + 1] - low[2 * a + 1], low[2 * b] - low[2 * a])
    // nobody leans by more than 10°: the scan is cut at the ankles, or stands on toes
    if (Math.abs(tilt) > 0.17) return start
    return unit(step(scale(start, Math.cos(tilt)), ahead, -Math.sin(tilt)))
  }
  return start
}

/** The coordinate of the lowest vertex along a direction: a body stands on what touches the floor first. */
function lowestAlong({ positions }: Pick<Mesh, 'positions'>, up: Vec3): number {
  let low = Infinity
  for (let i = 0; i < positions.length; i += 3) {
    low = Math.min(low, positions[i] * up[0] + positions[i + 1] * up[1] + positions[i + 2] * up[2])
  }
  return low
}

/** mm: how far the soles lie towards `side` of the ankles. */
function feetPoint(mesh: Mesh, up: Vec3, side: Vec3, size: number): number {
  const { positions, triangles } = mesh
  const faces = faceVectors(mesh)
  const low = lowestAlong(mesh, up)
  const sums = [0, 0, 0, 0] // soles and ankles: area times place, area
  for (let t = 0; t < triangles.length; t += 3) {
    const v = 3 * triangles[t]
    const height = positions[v] * up[0] + positions[v + 1] * up[1] + positions[v + 2] * up[2] - low
    const k = height < 0.02 * size ? 0 : height > 0.05 * size && height < 0.09 * size ? 2 : -1
    if (k < 0) continue
    const w = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    sums[k] += w * (positions[v] * side[0] + positions[v + 1] * side[1] + positions[v + 2] * side[2])
    sums[k + 1] += w
  }
  return sums[1] > 0 && sums[3] > 0 ? sums[0] / sums[1] - sums[2] / sums[3] : 0
}

/** A direction of the body in the scan's frame. */
export const inScan = ({ back }: Pick<BodyScan, 'back'>, direction: Vec3) => turn(back, direction)

/** A place of the scan in the body's frame. */
export const inBody = ({ frame }: Pick<BodyScan, 'frame'>, place: Vec3) => applyTo(frame, place)
