import type { Bvh } from '../../mesh/bvh.ts'
import { section } from '../../mesh/section.ts'
import { cross, dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'

/** A line through the middle of a limb. */
export interface Axis {
  readonly point: Vec3
  /** towards the tip, of length 1 */
  readonly direction: Vec3
}

/** Where a point lies along an axis, mm. */
export const alongAxis = ({ point, direction }: Axis, p: Vec3) => dot(subtract(p, point), direction)

/**
 * The crotch between two limbs: on the plane midway between their axes, the point of the surface that lies farthest
 * towards the tips.
 * @param reach mm: how far from the place midway between the axes' points it is looked for, to either side in the
 * plane; and how far beyond that place towards the tips
 */
export function crotchBetween(bvh: Bvh, a: Axis, b: Axis, reach: { aside: number; beyond: number }): Vec3 | null {
  const along = unit(step(a.direction, b.direction, 1))
  // the places of both axes that are level with each other, at the root end
  const level = Math.min(dot(a.point, along), dot(b.point, along))
  const at = (axis: Axis) =>
    step(axis.point, axis.direction, (level - dot(axis.point, along)) / dot(axis.direction, along))
  const [p, q] = [at(a), at(b)]
  const across = unit(step(subtract(q, p), along, -dot(subtract(q, p), along)))
  const middle = scale(step(p, q, 1), 0.5)
  const up = cross(along, across)
  let best: Vec3 | null = null
  for (const { points } of section(bvh.mesh, { point: middle, normal: across }, { bvh })) {
    for (let i = 0; i < points.length; i += 3) {
      const c: Vec3 = [points[i], points[i + 1], points[i + 2]]
      const off = subtract(c, middle)
      if (Math.abs(dot(off, up)) > reach.aside || dot(off, along) > reach.beyond) continue
      if (!best || dot(c, along) > dot(best, along)) best = c
    }
  }
  return best
}
