import { sectionShape } from '../../mesh/outline.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import type { Plane } from '../../mesh/section.ts'
import { distance, dot, scale, type Vec3 } from '../../mesh/vector.ts'
import { closedSection } from '../fit/closed-section.ts'
import { eigenOfSymmetric } from '../fit/principal.ts'
import type { BodyScan } from './pose.ts'

/** A section of an arm near a place: the closed outline whose middle is nearest to it. */
export function armSection(
  { bvh, stature }: BodyScan,
  plane: Plane,
): { line: Polyline; middle: Vec3; area: number; plane: Plane } | null {
  let best: { line: Polyline; middle: Vec3; area: number; plane: Plane } | null = null
  for (const line of closedSection(bvh, plane, 0.03 * stature)) {
    if (line.points.length < 12) continue
    const { area, centroid } = sectionShape(line, plane)
    const away = distance(centroid, plane.point)
    if (!(area > 4e-5 * stature * stature) || away > 0.06 * stature) continue
    if (!best || away < distance(best.middle, plane.point)) best = { line, middle: centroid, area, plane }
  }
  return best
}

/**
 * The direction of a limb at a place, from the directions of its surface: the one that all of them are at right
 * angles to, in the sense of least squares, over a stretch to both sides that fades out.
 * @param along roughly the direction, of length 1
 */
export function limbDirection({ bvh, stature }: BodyScan, place: Vec3, along: Vec3): Vec3 {
  const { positions, triangles } = bvh.mesh
  const reach = 0.028 * stature
  const wide = 0.055 * stature
  const ball = Math.hypot(reach, wide)
  const m = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]
  const mean = [0, 0, 0]
  let weight = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const x = (positions[a] + positions[b] + positions[c]) / 3 - place[0]
    if (x > ball || x < -ball) continue
    const y = (positions[a + 1] + positions[b + 1] + positions[c + 1]) / 3 - place[1]
    const z = (positions[a + 2] + positions[b + 2] + positions[c + 2]) / 3 - place[2]
    const at = x * along[0] + y * along[1] + z * along[2]
    if (Math.abs(at) > reach || x * x + y * y + z * z - at * at > wide * wide) continue
    const ux = positions[b] - positions[a]
    const uy = positions[b + 1] - positions[a + 1]
    const uz = positions[b + 2] - positions[a + 2]
    const vx = positions[c] - positions[a]
    const vy = positions[c + 1] - positions[a + 1]
    const vz = positions[c + 2] - positions[a + 2]
    const n = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
    const size = Math.hypot(n[0], n[1], n[2])
    if (!(size > 0)) continue
    const w = size * (1 - (at / reach) ** 2) ** 2
    weight += w
    for (let p = 0; p < 3; p++) {
      mean[p] += (w * n[p]) / size
      for (let q = 0; q < 3; q++) m[p][q] += (w * n[p] * n[q]) / (size * size)
    }
  }
  if (!(weight > 0)) return along
  // a limb that tapers has all its directions lean one way along it: that is taken out
  const centred = m.map((row, p) => row.map((value, q) => value / weight - (mean[p] * mean[q]) / (weight * weight)))
  const direction = eigenOfSymmetric(centred).vectors[2]
  const turned = dot(direction, along) < 0 ? scale(direction, -1) : direction
  return dot(turned, along) > 0.7 ? turned : along
}
