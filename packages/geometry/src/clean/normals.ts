import { newHeap } from '../mesh/heap.ts'
import type { Cloud } from './cloud.ts'

/** A normal of length 1 for each point, and how far its neighbours lie off their common plane (root mean square). */
export interface PlaneFits {
  readonly normals: Float64Array
  readonly roughness: Float64Array
}

/** The plane nearest to each point and its neighbours; its normal's sign says nothing yet (Hoppe et al. 1992). */
export function planeFits({ points, mass, near, k }: Cloud): PlaneFits {
  const count = points.length / 3
  const normals = new Float64Array(points.length)
  const roughness = new Float64Array(count)
  const normal = new Float64Array(3)
  for (let i = 0; i < count; i++) {
    let m = mass[i] // the point itself is one of them, at 0 0 0
    let [sx, sy, sz, xx, xy, xz, yy, yz, zz] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
    for (let n = 0; n < k; n++) {
      const q = 3 * near[i * k + n]
      const x = points[q] - points[3 * i]
      const y = points[q + 1] - points[3 * i + 1]
      const z = points[q + 2] - points[3 * i + 2]
      const w = mass[near[i * k + n]]
      m += w
      sx += w * x
      sy += w * y
      sz += w * z
      xx += w * x * x
      xy += w * x * y
      xz += w * x * z
      yy += w * y * y
      yz += w * y * z
      zz += w * z * z
    }
    const least = leastDirection(
      xx / m - (sx * sx) / (m * m),
      xy / m - (sx * sy) / (m * m),
      xz / m - (sx * sz) / (m * m),
      yy / m - (sy * sy) / (m * m),
      yz / m - (sy * sz) / (m * m),
      zz / m - (sz * sz) / (m * m),
      normal,
    )
    normals.set(normal, 3 * i)
    roughness[i] = Math.sqrt(Math.max(0, least))
  }
  return { normals, roughness }
}

/**
 * The least eigenvalue of a symmetric matrix, and its direction in `out` (roots of the cubic by cosines: Smith 1961;
 * the direction at right angles to the two rows that span most).
 */
function leastDirection(a: number, b: number, c: number, d: number, e: number, f: number, out: Float64Array): number {
  const mean = (a + d + f) / 3
  const off = b * b + c * c + e * e
  const spread = Math.sqrt(((a - mean) ** 2 + (d - mean) ** 2 + (f - mean) ** 2 + 2 * off) / 6)
  let least = mean
  if (spread > 0) {
    const [p, q, r] = [(a - mean) / spread, (d - mean) / spread, (f - mean) / spread]
    const [u, v, w] = [b / spread, c / spread, e / spread]
    const half = (p * (q * r - w * w) - u * (u * r - w * v) + v * (u * w - q * v)) / 2
    least = mean + 2 * spread * Math.cos(Math.acos(Math.min(1, Math.max(-1, half))) / 3 + (2 * Math.PI) / 3)
  }
  const [p, q, r] = [a - least, d - least, f - least]
  // rows (p b c), (b q e), (c e r)
  const pairs = [
    [b * e - c * q, c * b - p * e, p * q - b * b],
    [b * r - c * e, c * c - p * r, p * e - b * c],
    [q * r - e * e, e * c - b * r, b * e - q * c],
  ]
  let best = pairs[0]
  for (const pair of pairs) if (Math.hypot(...pair) > Math.hypot(...best)) best = pair
  const size = Math.hypot(...best)
  out.set(size > 0 ? best.map((value) => value / size) : [0, 0, 1])
  return least
}

/**
 * Turns the normals so that neighbours agree: along a spanning tree that crosses from point to point where the
 * surface is flattest, and not from one side of a thin wall to the other (Hoppe et al. 1992, with the cost of leaving
 * the tangent planes). Then each connected part is turned so that, seen from its middle, more points outwards:
 * right for what is closed or bulges, a guess for a bowl.
 * @param given normals of the file, x y z a point: where they are there, they decide instead of the guess
 */
export function orient({ points, near, k }: Cloud, normals: Float64Array, given?: Float64Array) {
  const count = points.length / 3
  const edges = symmetric(near, k, count)
  const reached = new Uint8Array(count)
  const heap = newHeap()
  const cost = (i: number, j: number) => {
    const x = points[3 * j] - points[3 * i]
    const y = points[3 * j + 1] - points[3 * i + 1]
    const z = points[3 * j + 2] - points[3 * i + 2]
    const size = Math.hypot(x, y, z) || 1
    const leaves = Math.abs(x * normals[3 * i] + y * normals[3 * i + 1] + z * normals[3 * i + 2])
    const arrives = Math.abs(x * normals[3 * j] + y * normals[3 * j + 1] + z * normals[3 * j + 2])
    return 1 - Math.abs(dot(normals, i, j)) + (leaves + arrives) / (2 * size)
  }
  const from = new Uint32Array(count)
  const best = new Float64Array(count).fill(Infinity)
  for (let seed = 0; seed < count; seed++) {
    if (reached[seed]) continue
    const part: number[] = []
    from[seed] = seed
    heap.push(0, seed)
    for (let i = heap.pop(); i >= 0; i = heap.pop()) {
      if (reached[i]) continue
      reached[i] = 1
      part.push(i)
      if (dot(normals, i, from[i]) < 0) flip(normals, i)
      for (let e = edges.from[i]; e < edges.from[i + 1]; e++) {
        const j = edges.items[e]
        if (reached[j]) continue
        const price = cost(i, j)
        if (price >= best[j]) continue
        best[j] = price
        from[j] = i
        heap.push(price, j)
      }
    }
    if (pointsInwards(points, normals, part, given)) for (const i of part) flip(normals, i)
  }
}

/** Neighbours both ways, of the nearest dozen of each point. */
function symmetric(near: Uint32Array, k: number, count: number) {
  const used = Math.min(k, 12)
  const from = new Uint32Array(count + 1)
  const each = (visit: (i: number, j: number) => void) => {
    for (let i = 0; i < count; i++) {
      for (let n = 0; n < used; n++) {
        visit(i, near[i * k + n])
        visit(near[i * k + n], i)
      }
    }
  }
  each((i) => from[i + 1]++)
  for (let i = 0; i < count; i++) from[i + 1] += from[i]
  const items = new Uint32Array(from[count])
  const at = from.slice()
  each((i, j) => (items[at[i]++] = j))
  return { from, items }
}

const dot = (n: Float64Array, i: number, j: number) =>
  n[3 * i] * n[3 * j] + n[3 * i + 1] * n[3 * j + 1] + n[3 * i + 2] * n[3 * j + 2]

function flip(normals: Float64Array, i: number) {
  normals[3 * i] = -normals[3 * i]
  normals[3 * i + 1] = -normals[3 * i + 1]
  normals[3 * i + 2] = -normals[3 * i + 2]
}

function pointsInwards(points: Float64Array, normals: Float64Array, part: number[], given?: Float64Array): boolean {
  let told = 0
  if (given)
    for (const i of part) for (let axis = 0; axis < 3; axis++) told += normals[3 * i + axis] * given[3 * i + axis]
  if (told !== 0) return told < 0
  const middle = [0, 0, 0]
  for (const i of part) for (let axis = 0; axis < 3; axis++) middle[axis] += points[3 * i + axis] / part.length
  let outwards = 0
  for (const i of part) {
    for (let axis = 0; axis < 3; axis++) outwards += normals[3 * i + axis] * (points[3 * i + axis] - middle[axis])
  }
  return outwards < 0
}
