import { subtract, type Vec3 } from '../mesh/vector.ts'
import type { Sdf } from './shapes.ts'

/** A piece of a tube: the hull of two balls. */
export interface Link {
  readonly a: Vec3
  readonly b: Vec3
  readonly radiusA: number
  readonly radiusB: number
}

/** Links to a leaf: as many as are quicker tried than parted. */
const leaf = 4
/** Numbers kept of a link: a, b − a, both radii, and what the round cone's formula wants again and again. */
const stride = 12

/**
 * The union of many links, asked in about the logarithm of their number: a tree of balls, gone down nearest first.
 * Exact outside; inside, the depth in the deepest link.
 */
export function links(list: readonly Link[]): Sdf {
  if (list.length === 0) throw new RangeError('a tube needs at least one piece')
  const order = list.map((_, i) => i)
  const balls: number[] = []
  const from: number[] = []
  const to: number[] = []
  const right: number[] = []
  // the left child follows its parent; only the right one is noted
  const build = (start: number, end: number): number => {
    const node = from.length
    balls.push(...ballRound(order.slice(start, end).map((i) => list[i])))
    from.push(start)
    to.push(end)
    right.push(-1)
    if (end - start <= leaf) return node
    const axis = widestAxis(order.slice(start, end).map((i) => list[i]))
    const sorted = order.slice(start, end).sort((p, q) => middle(list[p], axis) - middle(list[q], axis))
    for (let i = 0; i < sorted.length; i++) order[start + i] = sorted[i]
    const cut = (start + end) >> 1
    build(start, cut)
    right[node] = build(cut, end)
    return node
  }
  build(0, list.length)
  const pieces = packed(order.map((i) => list[i]))
  const ball = Float64Array.from(balls)
  const first = Int32Array.from(from)
  const last = Int32Array.from(to)
  const other = Int32Array.from(right)
  const stack = new Int32Array(64)
  const toBall = (node: number, x: number, y: number, z: number) =>
    Math.sqrt((x - ball[4 * node]) ** 2 + (y - ball[4 * node + 1]) ** 2 + (z - ball[4 * node + 2]) ** 2) -
    ball[4 * node + 3]
  return (x, y, z) => {
    let best = Infinity
    let waiting = 0
    let node = 0
    for (;;) {
      if (other[node] < 0) {
        for (let i = first[node]; i < last[node]; i++) best = Math.min(best, toLink(pieces, stride * i, x, y, z))
      } else {
        const a = toBall(node + 1, x, y, z)
        const b = toBall(other[node], x, y, z)
        const near = a < b ? node + 1 : other[node]
        const far = a < b ? other[node] : node + 1
        if (Math.max(a, b) < best) stack[waiting++] = far
        if (Math.min(a, b) < best) {
          node = near
          continue
        }
      }
      do {
        if (waiting === 0) return best
        node = stack[--waiting]
      } while (toBall(node, x, y, z) >= best)
    }
  }
}

/**
 * A tube swept along a polyline, its radius given at each point and changing evenly between them: vents, bores,
 * tapered canal tips. Its ends are round. Exact outside.
 * @param radiiMm one for each point, or one for all
 */
export function tube(path: readonly Vec3[], radiiMm: readonly number[] | number): Sdf {
  const radius = (i: number) => (typeof radiiMm === 'number' ? radiiMm : radiiMm[i])
  if (path.length === 0) throw new RangeError('a tube needs at least one point')
  if (typeof radiiMm !== 'number' && radiiMm.length !== path.length) throw new RangeError('a radius for each point')
  if (path.length === 1) return links([{ a: path[0], b: path[0], radiusA: radius(0), radiusB: radius(0) }])
  return links(path.slice(1).map((b, i) => ({ a: path[i], b, radiusA: radius(i), radiusB: radius(i + 1) })))
}

/** A flat place in space to write on: `x` and `y` are unit and at right angles; x × y looks at the reader. */
export interface Frame {
  readonly origin: Vec3
  readonly x: Vec3
  readonly y: Vec3
}

export type Stroke = readonly (readonly [number, number])[]

/**
 * Strokes of a pen (polylines in the frame's x and y, mm) as round bars that lie in the frame's plane.
 * @param radiusMm half the pen's width, and how deep a bar reaches to either side of the plane
 */
export function strokeBars({ origin, x, y }: Frame, strokes: readonly Stroke[], radiusMm: number): Sdf {
  const at = ([u, v]: readonly [number, number]): Vec3 => [
    origin[0] + u * x[0] + v * y[0],
    origin[1] + u * x[1] + v * y[1],
    origin[2] + u * x[2] + v * y[2],
  ]
  return links(strokes.flatMap((stroke) => bars(stroke.map(at), radiusMm)))
}

/**
 * The same strokes as walls that stand on the frame's plane and reach `reachMm` to either side of it: what
 * `engraved` and `embossed` cut from a curved surface near the frame.
 */
export function strokeColumn(frame: Frame, strokes: readonly Stroke[], radiusMm: number, reachMm: number): Sdf {
  const flat = links(
    strokes.flatMap((s) =>
      bars(
        s.map(([u, v]): Vec3 => [u, v, 0]),
        radiusMm,
      ),
    ),
  )
  const [ox, oy, oz] = frame.origin
  const [xx, xy, xz] = frame.x
  const [yx, yy, yz] = frame.y
  return (px, py, pz) => {
    const dx = px - ox
    const dy = py - oy
    const dz = pz - oz
    const u = dx * xx + dy * xy + dz * xz
    const v = dx * yx + dy * yy + dz * yz
    const w = Math.sqrt(Math.max(dx * dx + dy * dy + dz * dz - u * u - v * v, 0)) - reachMm
    return Math.max(flat(u, v, 0), w)
  }
}

function bars(points: readonly Vec3[], radius: number): Link[] {
  if (points.length === 1) return [{ a: points[0], b: points[0], radiusA: radius, radiusB: radius }]
  return points.slice(1).map((b, i) => ({ a: points[i], b, radiusA: radius, radiusB: radius }))
}

const middle = ({ a, b }: Link, axis: number) => a[axis] + b[axis]

function extent(list: readonly Link[]) {
  const min = [Infinity, Infinity, Infinity]
  const max = [-Infinity, -Infinity, -Infinity]
  for (const { a, b, radiusA, radiusB } of list) {
    for (let k = 0; k < 3; k++) {
      min[k] = Math.min(min[k], a[k] - radiusA, b[k] - radiusB)
      max[k] = Math.max(max[k], a[k] + radiusA, b[k] + radiusB)
    }
  }
  return { min, max }
}

function widestAxis(list: readonly Link[]): number {
  const { min, max } = extent(list)
  const size = max.map((value, k) => value - min[k])
  return size.indexOf(Math.max(...size))
}

/** A ball that holds all of them: round the middle of their box. */
function ballRound(list: readonly Link[]): number[] {
  const { min, max } = extent(list)
  const centre = min.map((value, k) => (value + max[k]) / 2)
  const reach = (p: Vec3, radius: number) => Math.hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]) + radius
  return [...centre, Math.max(...list.flatMap((link) => [reach(link.a, link.radiusA), reach(link.b, link.radiusB)]))]
}

function packed(list: readonly Link[]): Float64Array {
  const out = new Float64Array(stride * list.length)
  list.forEach((link, i) => {
    let { a, b, radiusA, radiusB } = link
    const away = subtract(b, a)
    // a ball within the other: the greater one alone
    if (Math.hypot(...away) <= Math.abs(radiusA - radiusB)) {
      if (radiusB > radiusA) [a, radiusA] = [b, radiusB]
      b = a
      radiusB = radiusA
    }
    const [dx, dy, dz] = subtract(b, a)
    const l2 = dx * dx + dy * dy + dz * dz
    const shrink = radiusA - radiusB
    out.set([...a, dx, dy, dz, radiusA, radiusB, l2, l2 > 0 ? 1 / l2 : 0, l2 - shrink * shrink, shrink], stride * i)
  })
  return out
}

/** The distance to one link: `taperedCapsule` with its numbers read from an array. */
function toLink(p: Float64Array, i: number, x: number, y: number, z: number): number {
  const px = x - p[i]
  const py = y - p[i + 1]
  const pz = z - p[i + 2]
  const dx = p[i + 3]
  const dy = p[i + 4]
  const dz = p[i + 5]
  const l2 = p[i + 8]
  const inverse = p[i + 9]
  const shrink = p[i + 11]
  const along = px * dx + py * dy + pz * dz
  if (shrink === 0) {
    const t = Math.min(Math.max(along * inverse, 0), 1)
    const qx = px - t * dx
    const qy = py - t * dy
    const qz = pz - t * dz
    return Math.sqrt(qx * qx + qy * qy + qz * qz) - p[i + 6]
  }
  const beyond = along - l2
  const wx = px * l2 - dx * along
  const wy = py * l2 - dy * along
  const wz = pz * l2 - dz * along
  const across2 = wx * wx + wy * wy + wz * wz
  const along2 = along * along * l2
  const beyond2 = beyond * beyond * l2
  const k = Math.sign(shrink) * shrink * shrink * across2
  if (Math.sign(beyond) * p[i + 10] * beyond2 > k) return Math.sqrt(across2 + beyond2) * inverse - p[i + 7]
  if (Math.sign(along) * p[i + 10] * along2 < k) return Math.sqrt(across2 + along2) * inverse - p[i + 6]
  return (Math.sqrt(across2 * p[i + 10] * inverse) + along * shrink) * inverse - p[i + 6]
}
