import type { Bvh } from '../../mesh/bvh.ts'
import { applyTo, inverse, type Mat4, turn } from '../../mesh/matrix.ts'
import { girth } from '../../mesh/outline.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import { type Plane, section } from '../../mesh/section.ts'
import { cross, distance, dot, length, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { type Extreme, extremeAlong } from '../fit/extreme.ts'
import { patchAt, patchesWithout, patchPoint, type Patches } from '../fit/patch.ts'
import { coverageRound, type Girth, smoothLine, tapeLength, typicalOf } from '../fit/smooth-girth.ts'
import type { Ear } from './ears.ts'
import type { HeadPose } from './pose.ts'
import { interpolated, outlineAround, outlineRays, outlineStep, vertexOfParabola, walked } from './profile.ts'

/** What is needed to measure a head. */
export interface HeadScan {
  readonly bvh: Bvh
  readonly patches: Patches
  readonly pose: HeadPose
  /** the same without the ears, so that no fit near one reaches onto it */
  readonly skull: Patches
}

/** The surface without its ears. */
export function withoutEars(patches: Patches, pose: HeadPose): Patches {
  if (!pose.ears.left && !pose.ears.right) return patches
  const { positions } = patches.mesh
  const ear = new Uint8Array(positions.length / 3)
  for (let v = 0; v < ear.length; v++) {
    if (onEar(pose, positions[3 * v], positions[3 * v + 1], positions[3 * v + 2])) ear[v] = 1
  }
  return patchesWithout(patches, ear)
}

/** mm: patches on a skull, which bends by 50 to 110 mm */
const skullRadius = ({ skull }: HeadScan) => Math.max(9, 3 * skull.edge)

/** A length between two points in the scan's frame, and how rough the surface is at them. */
interface Span {
  readonly a: Vec3
  readonly b: Vec3
  readonly value: number
  readonly residual: number
}

/**
 * The glabella: between the sellion and 35 mm above it, what bulges most over the straight line between these two. It
 * does not need to be known what is level.
 */
export function glabella({ pose }: HeadScan): Vec3 | null {
  const { face } = pose
  if (!face) return null
  const { points } = face.profile
  const from = Math.round(face.sellionAt)
  const to = walked(points, from, 35)
  if (to - from < 8 || distance(points[from], points[to]) < 25) return null
  const along = unit(subtract(points[to], points[from]))
  const bulges = points.slice(from, to + 1).map((p) => {
    const rise = subtract(p, points[from])
    const off = step(rise, along, -dot(rise, along))
    return Math.sign(turn(pose.frame, off)[0]) * length(off)
  })
  const most = bulges.reduce((best, value, i) => (value > bulges[best] ? i : best), 0)
  return interpolated(points, from + vertexOfParabola(bulges, most, 8).at)
}

/**
 * The back of the head in the midplane, as seen from the forehead, from the nape upwards, even angles apart; empty
 * where it is not in the scan.
 */
function backOfHead(scan: HeadScan, front: Vec3): Vec3[] {
  const { bvh, skull, pose } = scan
  const { plane } = pose.midplane
  const lines = section(bvh.mesh, { point: scale(plane.normal, plane.offset), normal: plane.normal }, { bvh })
  const inverted = inverse(pose.frame)
  const axes = { u: turn(inverted, [-1, 0, 0]), v: turn(inverted, [0, 0, 1]) }
  const far = outlineAround(lines, plane.normal, front, axes)
  const points: Vec3[] = []
  // from 31° below the level to 29° above it
  for (let k = -62; k <= 58; k++) {
    const distance = far[k + outlineRays / 2]
    if (!(distance > 110)) continue
    const angle = k * outlineStep
    const out = step(scale(axes.u, Math.cos(angle)), axes.v, Math.sin(angle))
    const rough = step(front, out, distance)
    const patch = patchAt(skull, rough, out, skullRadius(scan))
    points.push(patch && Math.abs(patch.c[0]) < 3 ? patchPoint(patch) : rough)
  }
  return points
}

/** From the glabella to the point of the back that is farthest, where it bulges: not down the neck. */
export function headLength(scan: HeadScan, front: Vec3): (Span & { back: Vec3[]; at: number }) | null {
  const back = backOfHead(scan, front)
  if (back.length < 20) return null
  const away = back.map((p) => distance(p, front))
  let best = -1
  for (let i = 4; i < away.length - 4; i++) {
    const bulges = away[i] >= away[i - 4] && away[i] >= away[i + 4] // not the neck, where it only grows downwards
    if (bulges && (best < 0 || away[i] > away[best])) best = i
  }
  // a neck in line with the head: then the farthest point above the level of the ears
  const turns = best >= 0
  if (!turns) {
    for (let i = 0; i < away.length; i++) {
      if (applyTo(scan.pose.frame, back[i])[2] >= 0 && (best < 0 || away[i] > away[best])) best = i
    }
  }
  if (best < 0) return null
  const top = vertexOfParabola(away, best, 8)
  const b = interpolated(back, top.at)
  const patch = patchAt(scan.patches, b, unit(subtract(b, front)), skullRadius(scan))
  return { a: front, b, value: top.value, residual: (patch?.residual ?? 1) + (turns ? 0 : 0.5), back, at: top.at }
}

/** The girth over glabella and back of the head: the plane turns about the glabella until the girth is largest. */
export function headGirth(scan: HeadScan, front: Vec3, { back, at }: { back: Vec3[]; at: number }): Girth {
  const side = scan.pose.midplane.plane.normal
  const planeTo = (i: number): Plane => ({
    point: front,
    normal: unit(cross(subtract(interpolated(back, i), front), side)),
  })
  const low = Math.max(0, at - 12)
  const high = Math.min(back.length - 1, at + 12)
  const tries = Array.from({ length: 9 }, (_, k) => low + ((high - low) * k) / 8)
  const lengths = tries.map((i) => {
    const plane = planeTo(i)
    return aboveEars(scan.pose, plane) || i === high ? girth(linesWithoutEars(scan, plane), plane).length : 0
  })
  const most = lengths.reduce((best, value, i) => (value > lengths[best] ? i : best), 0)
  const top = vertexOfParabola(lengths, most, 1).at
  const plane = planeTo(low + ((high - low) * top) / 8)
  return girthWithoutEars(scan, plane)
}

/** Whether a plane passes over the places where the ears are attached, which is some 10 mm below their tops. */
function aboveEars({ frame, ears }: HeadPose, { point, normal }: Plane): boolean {
  const p = applyTo(frame, point)
  const n = turn(frame, normal)
  return [ears.left, ears.right].every((ear) => {
    if (!ear) return true
    const x = (ear.front + ear.back) / 2
    return p[2] - ((x - p[0]) * n[0]) / n[2] > ear.top - 10
  })
}

/** Of a shape without a face: the largest level girth. */
export function levelGirth(scan: HeadScan): Girth {
  const up = turn(inverse(scan.pose.frame), [0, 0, 1])
  const { mesh } = scan.bvh
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < mesh.positions.length; i += 3) {
    const z = mesh.positions[i] * up[0] + mesh.positions[i + 1] * up[1] + mesh.positions[i + 2] * up[2]
    if (z < low) low = z
    if (z > high) high = z
  }
  const planeAt = (z: number): Plane => ({ point: scale(up, z), normal: up })
  const heights = Array.from({ length: 15 }, (_, k) => low + ((high - low) * (k + 1)) / 16)
  const lengths = heights.map((z) => girth(section(mesh, planeAt(z), { bvh: scan.bvh }), planeAt(z)).length)
  const most = lengths.reduce((best, value, i) => (value > lengths[best] ? i : best), 0)
  const top = vertexOfParabola(lengths, most, 1).at
  return girthWithoutEars(scan, planeAt(low + ((high - low) * (top + 1)) / 16))
}

/** The parts of a section that do not belong to ears. */
function linesWithoutEars(scan: HeadScan, plane: Plane): Polyline[] {
  const { bvh, pose } = scan
  const lines = section(bvh.mesh, plane, { bvh })
  if (!pose.ears.left && !pose.ears.right) return lines
  return lines.map(({ points }) => {
    const kept: number[] = []
    for (let i = 0; i < points.length; i += 3) {
      if (!onEar(pose, points[i], points[i + 1], points[i + 2])) kept.push(points[i], points[i + 1], points[i + 2])
    }
    return { points: Float64Array.from(kept), closed: false }
  })
}

/** Whether a point of the scan belongs to an ear. */
export function onEar({ frame: m, ears }: HeadPose, px: number, py: number, pz: number): boolean {
  const y = m[4] * px + m[5] * py + m[6] * pz + m[7]
  const ear = y > 20 ? ears.left : y < -20 ? ears.right : null
  if (!ear) return false
  return ear.covers(m[0] * px + m[1] * py + m[2] * pz + m[3], m[8] * px + m[9] * py + m[10] * pz + m[11])
}

function girthWithoutEars(scan: HeadScan, plane: Plane): Girth {
  const { bvh, skull, pose } = scan
  const lines = section(bvh.mesh, plane, { bvh })
  const from = turn(inverse(pose.frame), [1, 0, 0])
  const smooth = lines.map((line) => smoothLine(skull, line, plane, { spacing: 3, radius: skullRadius(scan), from }))
  const points = smooth.flatMap((line) => line.points).filter(([x, y, z]) => !onEar(pose, x, y, z))
  const residual = typicalOf(smooth.flatMap((line) => line.residuals))
  const tape = tapeLength(points, plane)
  // where the ears were left out the tape is as sure as anywhere
  const all = smooth.flatMap((line) => line.points)
  return { length: tape.length, line: tape.hull, residual, coverage: coverageRound(all, plane) }
}

/** A test of places in a frame, for places in the scan's. */
export const within =
  (m: Mat4, test: (x: number, y: number, z: number) => boolean) =>
  (x: number, y: number, z: number): boolean =>
    test(
      m[0] * x + m[1] * y + m[2] * z + m[3],
      m[4] * x + m[5] * y + m[6] * z + m[7],
      m[8] * x + m[9] * y + m[10] * z + m[11],
    )

/** Largest breadth above the ears: what stands out farthest to each side, at right angles to the midplane. */
export function headBreadth(scan: HeadScan): { left: Extreme; right: Extreme; value: number } | null {
  const { skull, pose } = scan
  const { frame, ears, face } = pose
  const floor = Math.max(ears.left ? ears.left.top - 10 : 0, ears.right ? ears.right.top - 10 : 0)
  // an ear's root rises from the skin before it stands out: nothing near its frame counts
  const region = (side: Ear | null) =>
    face
      ? within(frame, (x, _y, z) => {
          const near = side && x > side.back - 8 && x < side.front + 14 && z < side.top + 6
          return z > floor && !near
        })
      : undefined
  const towards = turn(inverse(frame), [0, 1, 0])
  const left = extremeAlong(skull, towards, skullRadius(scan), region(ears.left))
  const right = extremeAlong(skull, scale(towards, -1), skullRadius(scan), region(ears.right))
  return left && right ? { left, right, value: left.value + right.value } : null
}

/** What stands out farthest both ways along an axis of the head's frame. */
export function extentOfHead(scan: HeadScan, axis: Vec3): { high: Extreme; low: Extreme; value: number } | null {
  const along = turn(inverse(scan.pose.frame), axis)
  const high = extremeAlong(scan.patches, along, skullRadius(scan))
  const low = extremeAlong(scan.patches, scale(along, -1), skullRadius(scan))
  return high && low ? { high, low, value: high.value + low.value } : null
}

/** The vertex: the highest point of the head. */
export function vertexOf(scan: HeadScan): Extreme | null {
  const up = turn(inverse(scan.pose.frame), [0, 0, 1])
  const { frame } = scan.pose
  // within what a head can be: not a raised arm
  const region = within(frame, (x, y, z) => z < 200 && Math.abs(y) < 90 && x > -230 && x < 20)
  return extremeAlong(scan.patches, up, skullRadius(scan), region)
}
