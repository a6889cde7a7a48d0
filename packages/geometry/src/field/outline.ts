import type { Vec3 } from '../mesh/vector.ts'
import { corner, type Sdf } from './shapes.ts'
import { type Frame, links } from './strokes.ts'

export type Ring = readonly (readonly [number, number])[]
/** A signed distance in the plane, mm, negative inside. */
export type Sdf2 = (x: number, y: number) => number

/**
 * The flat region within closed rings (the last point joins the first; either way round; a ring in a ring is a
 * hole). Exact. Rings that cross themselves are read by the even-odd rule.
 */
export function polygon(...rings: readonly Ring[]): Sdf2 {
  const edges = rings.flatMap((ring) => ring.map((a, i) => [a, ring[(i + 1) % ring.length]] as const))
  if (edges.length < 3) throw new RangeError('a polygon needs three corners at least')
  const border = links(edges.map(([a, b]) => ({ a: [a[0], a[1], 0], b: [b[0], b[1], 0], radiusA: 0, radiusB: 0 })))
  const inside = crossings(edges)
  return (x, y) => (inside(x, y) ? -border(x, y, 0) : border(x, y, 0))
}

type Edge = readonly [readonly [number, number], readonly [number, number]]

/** Even-odd test by the edges a ray in x crosses; edges sorted into rows, so that few are looked at. */
function crossings(edges: readonly Edge[]): (x: number, y: number) => boolean {
  const ys = edges.map(([a]) => a[1])
  const low = ys.reduce((least, y) => Math.min(least, y), Infinity)
  const high = ys.reduce((most, y) => Math.max(most, y), -Infinity)
  const rows = Math.max(1, edges.length >> 1)
  const perMm = rows / Math.max(high - low, 1e-9)
  const row = (y: number) => Math.min(rows - 1, Math.max(0, Math.floor((y - low) * perMm)))
  const lists: number[][] = Array.from({ length: rows }, () => [])
  edges.forEach(([a, b], i) => {
    for (let r = row(Math.min(a[1], b[1])); r <= row(Math.max(a[1], b[1])); r++) lists[r].push(i)
  })
  const flat = Float64Array.from(edges.flat(2))
  const rowsOf = lists.map((list) => Int32Array.from(list))
  return (x, y) => {
    if (y < low || y > high) return false
    let odd = false
    for (const i of rowsOf[row(y)]) {
      const ay = flat[4 * i + 1]
      const by = flat[4 * i + 3]
      if (ay > y !== by > y && x < flat[4 * i] + ((y - ay) / (by - ay)) * (flat[4 * i + 2] - flat[4 * i])) odd = !odd
    }
    return odd
  }
}

/** A flat region drawn out along the frame's normal from `from` to `to`, both rims rounded. Exact when not rounded. */
export function extruded(region: Sdf2, { origin, x, y }: Frame, from: number, to: number, roundMm = 0): Sdf {
  if (!(to > from && roundMm >= 0 && roundMm <= (to - from) / 2)) throw new RangeError('from must lie below to')
  const [ox, oy, oz] = origin
  const n: Vec3 = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]
  const half = (to - from) / 2
  const level = (to + from) / 2
  return (px, py, pz) => {
    const dx = px - ox
    const dy = py - oy
    const dz = pz - oz
    const w = Math.abs(dx * n[0] + dy * n[1] + dz * n[2] - level) - half
    return corner(region(dx * x[0] + dy * x[1] + dz * x[2], dx * y[0] + dy * y[1] + dz * y[2]), w, roundMm)
  }
}

/**
 * All that lies under a surface z = height(x, y). Not exact: (z − height) / √(1 + steepest²), which is never more
 * than the true distance; `redistanced` makes a grid of it one.
 * @param steepest the greatest slope of `height` (rise over run) where it is asked
 */
export function underHeight(height: (x: number, y: number) => number, steepest: number): Sdf {
  const by = 1 / Math.sqrt(1 + steepest * steepest)
  return (x, y, z) => (z - height(x, y)) * by
}
