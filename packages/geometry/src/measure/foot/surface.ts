import type { Bvh } from '../../mesh/bvh.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import { type Plane, section } from '../../mesh/section.ts'
import { between, cross, distance, dot, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { type Grain, type Skin, skinOver } from './skin.ts'

export const across = (x: number): Plane => ({ point: [x, 0, 0], normal: [1, 0, 0] })
export const level = (z: number): Plane => ({ point: [0, 0, z], normal: [0, 0, 1] })

export const cut = ({ bvh }: { readonly bvh: Bvh }, plane: Plane): Polyline[] => section(bvh.mesh, plane, { bvh })

/** Those lines of a cut that belong to the foot: a leg that leans over it makes others, higher up. */
export const ofFoot = (lines: readonly Polyline[], low: number): Polyline[] =>
  lines.filter(({ points }) => {
    for (let i = 2; i < points.length; i += 3) if (points[i] < low) return true
    return false
  })

/**
 * The points of a cut moved within its plane onto the smooth surface, so that neither the chords of coarse triangles
 * nor noise make it shorter or longer. Where the surface is too coarse, or sharp, they stay on the triangles.
 * @param spacing mm from point to point, at most
 */
export function smoothed(grain: Grain, lines: readonly Polyline[], plane: Plane, spacing: number): Vec3[][] {
  return lines.map((line) => {
    const fine = divided(line, spacing)
    return fine.map((point, i) => {
      // seen from the normal's tip a line runs anticlockwise round what is inside: outwards is to its right
      const along = directionAt(fine, i, 0.7 * spacing, line.closed)
      return ontoSurface(grain, point, unit(cross(along, plane.normal)))
    })
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
  const walk = (by: 1 | -1) => {
    let i = at
    for (let k = 0; k < n; k++) {
      const next = closed ? (i + by + n) % n : i + by
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
  const skin = skinOver(grain, point, direction)
  return skin ? step(point, direction, skin.c[0]) : point
}

/** The foot's breadth at right angles to its axis, below a height: its two ends, and null where there is no foot. */
export function breadthAt(
  foot: { readonly grain: Grain; readonly bvh: Bvh; readonly low: number },
  x: number,
): { right: Vec3; left: Vec3; breadth: number } | null {
  const lines = cut(foot, across(x))
  const isLow = ([, , z]: Vec3) => z < foot.low
  const right = edgeOf(foot.grain, lines, [0, -1, 0], isLow)
  const left = edgeOf(foot.grain, lines, [0, 1, 0], isLow)
  return right && left && left[1] > right[1] ? { right, left, breadth: left[1] - right[1] } : null
}

/** The outermost point of a slice across the foot in one direction of its plane, on the smooth surface. */
export function edgeOf(
  grain: Grain,
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
  const top = topInSlice(grain, edge, direction)
  return keep(top) ? top : edge
}

/** The outermost point of the smooth surface within the slice across the foot through a point. */
export function topInSlice(grain: Grain, edge: Vec3, direction: Vec3): Vec3 {
  const skin = skinOver(grain, edge, direction)
  if (!skin) return edge
  const aside = cross(direction, [1, 0, 0])
  const { slope, curve } = alongSkin(skin, aside)
  const shift = curve < 0 ? Math.max(-3, Math.min(3, -slope / (2 * curve))) : 0
  const rise = skin.c[0] + slope * shift + curve * shift * shift
  return Math.abs(rise) > 0.2 * skin.radius ? edge : step(step(edge, aside, shift), direction, rise)
}

/** The smooth surface's rise along a direction at right angles to its own: slope · t + curve · t². */
function alongSkin({ u, v, c }: Skin, aside: Vec3) {
  const [pu, pv] = [dot(aside, u), dot(aside, v)]
  return { slope: c[1] * pu + c[2] * pv, curve: c[3] * pu * pu + c[4] * pu * pv + c[5] * pv * pv }
}

const pointOf = (points: Float64Array, i: number): Vec3 => [points[3 * i], points[3 * i + 1], points[3 * i + 2]]
