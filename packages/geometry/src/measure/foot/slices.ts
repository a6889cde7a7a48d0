import type { Bvh } from '../../mesh/bvh.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import { type Plane, section } from '../../mesh/section.ts'
import { between, cross, distance, dot, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { patchAt, type Patch } from '../fit/patch.ts'
import { type Grain, radiusAt, widestPatch } from './extremes.ts'

/** What is needed to cut a foot into slices. */
export interface Sliced {
  readonly grain: Grain
  readonly bvh: Bvh
  readonly low: number
}

export const across = (x: number): Plane => ({ point: [x, 0, 0], normal: [1, 0, 0] })
export const level = (z: number): Plane => ({ point: [0, 0, z], normal: [0, 0, 1] })

export const cut = ({ bvh }: Pick<Sliced, 'bvh'>, plane: Plane): Polyline[] => section(bvh.mesh, plane, { bvh })

/**
 * The points of a cut moved within its plane onto the smooth surface, so that neither the chords of coarse triangles
 * nor noise make it shorter or longer. Where the surface is too coarse, or sharp, they stay on the triangles.
 * @param spacing mm from point to point
 * @param keep which points are wanted
 */
export function smoothed(
  { grain }: Sliced,
  lines: readonly Polyline[],
  plane: Plane,
  spacing = 1.5,
  keep?: (p: Vec3) => boolean,
): Vec3[][] {
  return lines.map((line) => {
    const fine = divided(line, spacing)
    const n = fine.length
    const out: Vec3[] = []
    for (let i = 0; i < n; i++) {
      if (keep && !keep(fine[i])) continue
      // seen from the normal's tip a line runs anticlockwise round what is inside: outwards is to its right
      const along = directionAt(fine, i, 0.7 * spacing, line.closed)
      out.push(ontoSurface(grain, fine[i], unit(cross(along, plane.normal))))
    }
    return out
  })
}

/** The line with its longer sides divided: its own points stay, so that it does not matter where it begins. */
function divided({ points, closed }: Polyline, spacing: number): Vec3[] {
  const n = points.length / 3
  const out: Vec3[] = []
  for (let i = 0; i < n; i++) {
    const p = pointOf(points, i)
    out.push(p)
    if (!closed && i === n - 1) break
    const q = pointOf(points, (i + 1) % n)
    const parts = Math.ceil(distance(p, q) / spacing)
    for (let k = 1; k < parts; k++) out.push(between(p, q, k / parts))
  }
  return out
}

/** The direction of a line at one of its points, over at least `reach` to both sides. */
function directionAt(line: readonly Vec3[], at: number, reach: number, closed: boolean): Vec3 {
  const n = line.length
  const walk = (step: 1 | -1) => {
    let i = at
    for (let k = 0; k < n; k++) {
      const next = closed ? (i + step + n) % n : i + step
      if (next < 0 || next >= n) break
      i = next
      if (distance(line[i], line[at]) >= reach) break
    }
    return line[i]
  }
  return subtract(walk(1), walk(-1))
}

/** The point moved along a direction onto the smooth surface; itself where there is none to be fitted. */
export function ontoSurface(grain: Grain, point: Vec3, direction: Vec3): Vec3 {
  const patch = patchOn(grain, point, direction)
  return patch ? step(point, direction, patch.c[0]) : point
}

/** The smooth surface over a point of the triangles; null where it is too coarse or too sharp to be fitted. */
function patchOn(grain: Grain, point: Vec3, direction: Vec3): Patch | null {
  if (!(Math.hypot(direction[0], direction[1], direction[2]) > 0.5)) return null
  const radius = radiusAt(grain, point, direction)
  if (radius > widestPatch) return null
  const patch = patchAt(grain.patches, point, direction, radius)
  if (!patch || patch.residual > Math.max(0.25, 3 * grain.noise) || Math.abs(patch.c[0]) > 0.2 * radius) return null
  return patch
}

/** The foot's breadth at right angles to its axis, below the ankle: its two ends, and null where there is no foot. */
export function breadthAt(foot: Sliced, x: number): { right: Vec3; left: Vec3; breadth: number } | null {
  const lines = cut(foot, across(x))
  const right = edgeOf(foot, lines, [0, -1, 0], ([, , z]) => z < foot.low)
  const left = edgeOf(foot, lines, [0, 1, 0], ([, , z]) => z < foot.low)
  return right && left && left[1] > right[1] ? { right, left, breadth: left[1] - right[1] } : null
}

/** The outermost point of a slice across the foot in one direction of its plane, on the smooth surface. */
export function edgeOf(
  { grain }: Sliced,
  lines: readonly Polyline[],
  direction: Vec3,
  keep: (p: Vec3) => boolean,
): Vec3 | null {
  let edge: Vec3 | null = null
  for (const { points } of lines) {
    for (let i = 0; i < points.length; i += 3) {
      const p = pointOf(points, i / 3)
      if (keep(p) && (!edge || dot(p, direction) > dot(edge, direction))) edge = p
    }
  }
  if (!edge) return null
  const patch = patchOn(grain, edge, direction)
  if (!patch) return edge
  // along the slice the patch is a parabola: its top, when it has one near
  const { u, v, c } = patch
  const aside = cross(direction, [1, 0, 0])
  const [pu, pv] = [dot(aside, u), dot(aside, v)]
  const slope = c[1] * pu + c[2] * pv
  const curve = c[3] * pu * pu + c[4] * pu * pv + c[5] * pv * pv
  const shift = curve < 0 ? Math.max(-3, Math.min(3, -slope / (2 * curve))) : 0
  const rise = c[0] + slope * shift + curve * shift * shift
  const top: Vec3 = [0, 1, 2].map((k) => edge[k] + shift * aside[k] + rise * direction[k]) as unknown as Vec3
  return keep(top) ? top : edge
}

const pointOf = (points: Float64Array, i: number): Vec3 => [points[3 * i], points[3 * i + 1], points[3 * i + 2]]
