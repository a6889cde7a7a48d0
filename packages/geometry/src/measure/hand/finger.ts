import type { Bvh } from '../../mesh/bvh.ts'
import { sectionShape } from '../../mesh/outline.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import type { Plane } from '../../mesh/section.ts'
import { distance, dot, scale, step, subtract, type Vec3 } from '../../mesh/vector.ts'
import { alongAxis, type Axis } from '../fit/axis.ts'
import { closedSection } from '../fit/closed-section.ts'
import { extremeAlong } from '../fit/extreme.ts'
import { type Limb, outerHalf } from '../fit/limbs.ts'
import type { Patches } from '../fit/patch.ts'
import { principalOfPoints } from '../fit/principal.ts'

/** A finger that stands apart from the others. */
export interface Finger {
  readonly axis: Axis
  /** mm: mean diameter of its sections, were they round */
  readonly width: number
  readonly tip: Vec3
  /** coordinate of the tip along the axis, from the axis' point, mm */
  readonly tipAt: number
  /** coordinate of where it leaves the others */
  readonly rootAt: number
  /** how far the middles of its sections leave the straight line, as a share of its length */
  readonly bend: number
  /** the middles of its sections, from root to tip */
  readonly middles: Vec3[]
}

/** What is asked about hands again and again. */
export interface HandScan {
  readonly bvh: Bvh
  readonly patches: Patches
}

/** The line through a limb's outer half, from root to tip: where the search for the finger's axis begins. */
export function roughAxis(limb: Limb): Axis {
  const { middle, axes } = principalOfPoints(outerHalf(limb))
  return { point: middle, direction: dot(axes[0], subtract(limb.tip, limb.root)) < 0 ? scale(axes[0], -1) : axes[0] }
}

/** The farthest point of a finger along its axis. */
export function tipOf({ patches }: HandScan, axis: Axis, width: number): Vec3 | null {
  const { point, direction } = axis
  const reach = 0.65 * width
  const near = (x: number, y: number, z: number) => {
    const dx = x - point[0]
    const dy = y - point[1]
    const dz = z - point[2]
    const along = dx * direction[0] + dy * direction[1] + dz * direction[2]
    return along > 0 && along < 90 && dx * dx + dy * dy + dz * dz - along * along < reach * reach
  }
  // no wider than the finger: else a patch would take in its neighbours
  const radius = Math.min(Math.max(3, 2 * patches.edge), 0.4 * width)
  return extremeAlong(patches, direction, radius, near, 0.5 * width)?.point ?? null
}

/** A section of a finger. */
interface Outline {
  readonly line: Polyline
  readonly plane: Plane
  readonly middle: Vec3
  /** mm: of a round section with as much area */
  readonly diameter: number
}

/** The outline of a finger at a place of its axis, at right angles to it: the closed section nearest to the axis. */
export function outlineAt({ bvh }: HandScan, axis: Axis, at: number, width: number): Outline | null {
  const plane: Plane = { point: step(axis.point, axis.direction, at), normal: axis.direction }
  let best: Outline | null = null
  for (const line of closedSection(bvh, plane, 0.8 * width)) {
    if (line.points.length < 12) continue
    const { area, centroid } = sectionShape(line, plane)
    const away = distance(centroid, plane.point)
    if (!(area > 0.15 * width * width) || away > width) continue
    if (!best || away < distance(best.middle, plane.point))
      best = { line, middle: centroid, plane, diameter: 2 * Math.sqrt(area / Math.PI) }
  }
  return best
}

/**
 * The axis of a finger, one step better than the last: the straight line through the middles of its sections, at right
 * angles to the last one, between its roots and its tip.
 */
export function fingerAlong(scan: HandScan, start: Axis, roughWidth: number, roots: readonly Vec3[]): Finger | null {
  const end = tipOf(scan, start, roughWidth)
  if (!end) return null
  const to = alongAxis(start, end)
  const from = roots.reduce((sum, root) => sum + alongAxis(start, root), 0) / roots.length
  if (!(to - from > 12)) return null
  const places = Array.from({ length: 9 }, (_, k) => from + (to - from) * (0.15 + (0.7 * k) / 8))
  const sections = places.map((at) => outlineAt(scan, start, at, roughWidth)).filter((cut) => cut !== null)
  if (sections.length < 6) return null
  const middles = sections.map((cut) => cut.middle)
  const width = sections.reduce((sum, cut) => sum + cut.diameter, 0) / sections.length
  const line = principalOfPoints(Float64Array.from(middles.flat()))
  const direction = dot(line.axes[0], start.direction) < 0 ? scale(line.axes[0], -1) : line.axes[0]
  const axis: Axis = { point: line.middle, direction }
  const tip = tipOf(scan, axis, width)
  if (!tip) return null
  const tipAt = alongAxis(axis, tip)
  const rootAt = roots.reduce((sum, root) => sum + alongAxis(axis, root), 0) / roots.length
  const offAxis = (p: Vec3) => distance(p, step(axis.point, axis.direction, alongAxis(axis, p)))
  const bend = Math.max(...middles.map(offAxis)) / (tipAt - rootAt)
  // a finger that is bent by much is straight again beyond the joint, but its line misses its root
  const root = scale(
    roots.reduce((a, b) => step(a, b, 1)),
    1 / roots.length,
  )
  const misses = offAxis(root) > 1.6 * width
  return { axis, width, tip, tipAt, rootAt, bend: misses ? 1 : bend, middles }
}
