import { type Polyline, polylineLength } from './polyline.ts'
import type { Plane } from './section.ts'
import { cross, perpendicular, unit, type Vec3 } from './vector.ts'

/** Two directions of length 1 that span a plane: u × v is its normal. */
export function axesOf(normal: Vec3): { u: Vec3; v: Vec3 } {
  const u = perpendicular(normal)
  return { u, v: cross(normal, u) }
}

/** The points in the plane's own axes: x y a point, from the plane's point. */
export function inPlane(points: Float64Array, plane: Plane, { u, v } = axesOf(plane.normal)): Float64Array {
  const out = new Float64Array((points.length / 3) * 2)
  for (let i = 0; i < points.length / 3; i++) {
    const x = points[3 * i] - plane.point[0]
    const y = points[3 * i + 1] - plane.point[1]
    const z = points[3 * i + 2] - plane.point[2]
    out[2 * i] = x * u[0] + y * u[1] + z * u[2]
    out[2 * i + 1] = x * v[0] + y * v[1] + z * v[2]
  }
  return out
}

/** What a closed line round an area is like. */
export interface SectionShape {
  /** mm², positive when the line runs anticlockwise seen from the normal's tip (round a solid), negative round a hole */
  area: number
  /** the middle of the area */
  centroid: Vec3
  /** mm: full axes of the ellipse that has the same second moments of area */
  major: number
  minor: number
  /** direction of the major axis, of length 1; its sign is arbitrary */
  majorDirection: Vec3
}

/** Area, middle and spread of a polygon in the plane. */
export interface Moments {
  /** positive when its points run anticlockwise */
  area: number
  x: number
  y: number
  /** second moments of area about the middle, over the area */
  xx: number
  xy: number
  yy: number
}

/**
 * The moments of a polygon (Green's theorem). @param flat x y a point
 */
export function momentsOf(flat: Float64Array): Moments {
  const n = flat.length / 2
  // from the first point: from far away they would cancel
  const ox = n > 0 ? flat[0] : 0
  const oy = n > 0 ? flat[1] : 0
  let area = 0
  let mx = 0
  let my = 0
  let xx = 0
  let xy = 0
  let yy = 0
  for (let i = 0; i < n; i++) {
    const j = (i + 1) % n
    const ax = flat[2 * i] - ox
    const ay = flat[2 * i + 1] - oy
    const bx = flat[2 * j] - ox
    const by = flat[2 * j + 1] - oy
    const w = ax * by - bx * ay
    area += w / 2
    mx += ((ax + bx) * w) / 6
    my += ((ay + by) * w) / 6
    xx += ((ax * ax + ax * bx + bx * bx) * w) / 12
    yy += ((ay * ay + ay * by + by * by) * w) / 12
    xy += ((2 * ax * ay + ax * by + bx * ay + 2 * bx * by) * w) / 24
  }
  const cx = mx / area
  const cy = my / area
  return { area, x: cx + ox, y: cy + oy, xx: xx / area - cx * cx, xy: xy / area - cx * cy, yy: yy / area - cy * cy }
}

/** The direction in which an area spreads most, radians. */
export const widestAngle = ({ xx, xy, yy }: Moments): number => Math.atan2(2 * xy, xx - yy) / 2

/** Area, middle and principal axes of a closed section. */
export function sectionShape({ points }: Polyline, plane: Plane): SectionShape {
  const axes = axesOf(plane.normal)
  const moments = momentsOf(inPlane(points, plane, axes))
  const { area, x, y, xx, xy, yy } = moments
  const spread = Math.hypot((xx - yy) / 2, xy)
  const angle = widestAngle(moments)
  const place = (x: number, y: number, from: Vec3): Vec3 => [
    from[0] + x * axes.u[0] + y * axes.v[0],
    from[1] + x * axes.u[1] + y * axes.v[1],
    from[2] + x * axes.u[2] + y * axes.v[2],
  ]
  return {
    area,
    centroid: place(x, y, plane.point),
    major: 4 * Math.sqrt((xx + yy) / 2 + spread),
    minor: 4 * Math.sqrt(Math.max(0, (xx + yy) / 2 - spread)),
    majorDirection: unit(place(Math.cos(angle), Math.sin(angle), [0, 0, 0])),
  }
}

/**
 * The convex hull of points in the plane, anticlockwise, without points in the middle of its sides.
 * @param flat x y a point
 * @returns numbers of the points on it
 * Monotone chain: Andrew 1979, Another efficient algorithm for convex hulls in two dimensions.
 */
export function convexHull(flat: Float64Array): number[] {
  const order = Array.from({ length: flat.length / 2 }, (_, i) => i)
  order.sort((i, j) => flat[2 * i] - flat[2 * j] || flat[2 * i + 1] - flat[2 * j + 1])
  const turns = (i: number, j: number, k: number) =>
    (flat[2 * j] - flat[2 * i]) * (flat[2 * k + 1] - flat[2 * i + 1]) -
    (flat[2 * j + 1] - flat[2 * i + 1]) * (flat[2 * k] - flat[2 * i])
  const half = (points: number[]) => {
    const chain: number[] = []
    for (const p of points) {
      while (chain.length > 1 && turns(chain.at(-2)!, chain.at(-1)!, p) <= 0) chain.pop()
      chain.push(p)
    }
    return chain.slice(0, -1)
  }
  return order.length < 2 ? order : [...half(order), ...half(order.toReversed())]
}

/**
 * The girth of a section as a tape goes: round its convex hull, bridging every hollow.
 * @param lines of one plane, taken together
 * @returns mm, and the hull's points in space, in order
 */
export function girth(lines: Polyline[], plane: Plane): { length: number; line: Polyline } {
  const all = new Float64Array(lines.reduce((sum, { points }) => sum + points.length, 0))
  let at = 0
  for (const { points } of lines) {
    all.set(points, at)
    at += points.length
  }
  const hull = convexHull(inPlane(all, plane))
  const line = { points: Float64Array.from(hull.flatMap((i) => [...all.subarray(3 * i, 3 * i + 3)])), closed: true }
  return { length: polylineLength(line), line }
}
