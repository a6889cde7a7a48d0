import type { Mesh } from '../mesh/mesh.ts'
import { cellsOf } from './cells.ts'
import { orient2, orient3 } from './predicates.ts'

/** Pairs of triangles that meet where they should not. */
export interface Crossings {
  readonly count: number
  /** the first pairs found, two triangle numbers each */
  readonly pairs: readonly (readonly [number, number])[]
}

/** Pairs after which counting stops: such a mesh is no solid, however many there are. */
const mostCounted = 100_000

/**
 * Counts the pairs of triangles that have more in common than the vertices or the side they share: that cross,
 * touch, overlap or fold back on each other. The mesh's positions must be representable in single precision
 * (`asWritten`): then the answer is exact.
 *
 * Two triangles meet when a side of one meets the other (Möller 1997; Guigue & Devillers 2003, by signs of
 * orientations alone). Neighbours by a vertex: when the side across from it of one meets the other. Neighbours by a
 * side: when they lie in one plane on the same side of it.
 * @param mostPairs how many pairs are listed at most
 */
export function selfIntersections(mesh: Mesh, cells = cellsOf(mesh), mostPairs = 20): Crossings {
  const { triangles } = mesh
  const { nx, ny, nz, origin, size, start, items, boxes, large } = cells
  const p = mesh.positions
  const triangleTotal = triangles.length / 3
  const pairs: (readonly [number, number])[] = []
  const known = new Set<number>()
  const index = (value: number, k: number) => Math.floor((value - origin[k]) / size)
  for (let n = 0; n < nx * ny * nz; n++) {
    const end = start[n + 1]
    if (end - start[n] < 2) continue
    const i = n % nx
    const j = Math.floor(n / nx) % ny
    const k = Math.floor(n / (nx * ny))
    for (let q = start[n]; q < end; q++) {
      const s = items[q]
      for (let r = q + 1; r < end; r++) {
        const t = items[r]
        const x = Math.max(boxes[6 * s], boxes[6 * t])
        if (x > boxes[6 * s + 3] || x > boxes[6 * t + 3]) continue
        const y = Math.max(boxes[6 * s + 1], boxes[6 * t + 1])
        if (y > boxes[6 * s + 4] || y > boxes[6 * t + 4]) continue
        const z = Math.max(boxes[6 * s + 2], boxes[6 * t + 2])
        if (z > boxes[6 * s + 5] || z > boxes[6 * t + 5]) continue
        // two that share several cubes are tried in that of their overlap's corner, which holds both unless they are large
        const elsewhere = index(x, 0) !== i || index(y, 1) !== j || index(z, 2) !== k
        if (elsewhere && !large[s] && !large[t]) continue
        if (!meet(p, triangles, s, t)) continue
        const pair = Math.min(s, t) * triangleTotal + Math.max(s, t)
        if (known.has(pair)) continue
        known.add(pair)
        if (pairs.length < mostPairs) pairs.push([Math.min(s, t), Math.max(s, t)])
        if (known.size === mostCounted) return { count: mostCounted, pairs }
      }
    }
  }
  return { count: known.size, pairs }
}

/** Whether two triangles have more in common than what they share by their vertex numbers. */
function meet(p: Float64Array, triangles: Uint32Array, s: number, t: number): boolean {
  const a = 3 * triangles[3 * s]
  const b = 3 * triangles[3 * s + 1]
  const c = 3 * triangles[3 * s + 2]
  const d = 3 * triangles[3 * t]
  const e = 3 * triangles[3 * t + 1]
  const f = 3 * triangles[3 * t + 2]
  // bit k: corner k of s is a corner of t
  const shared =
    (a === d || a === e || a === f ? 1 : 0) |
    (b === d || b === e || b === f ? 2 : 0) |
    (c === d || c === e || c === f ? 4 : 0)
  if (shared === 0) {
    // most pairs are apart by a plane, and that is seen from six signs
    if (apart(p, a, b, c, d, e, f) || apart(p, d, e, f, a, b, c)) return false
    // those that lie side by side in about one plane, by one of their sides seen from above
    if (besideInPlane(p, a, b, c, d, e, f)) return false
    return (
      sideMeets(p, a, b, d, e, f) ||
      sideMeets(p, b, c, d, e, f) ||
      sideMeets(p, c, a, d, e, f) ||
      sideMeets(p, d, e, a, b, c) ||
      sideMeets(p, e, f, a, b, c) ||
      sideMeets(p, f, d, a, b, c)
    )
  }
  if (shared === 7) return true
  const inT = (v: number) => v === a || v === b || v === c
  if (shared === 1 || shared === 2 || shared === 4) {
    const [u, v] = shared === 1 ? [b, c] : shared === 2 ? [c, a] : [a, b]
    const [w, x] = inT(d) ? [e, f] : inT(e) ? [f, d] : [d, e]
    const atW = orient3(p, a, b, c, w)
    if (atW !== 0 && orient3(p, a, b, c, x) === atW) return false
    const atU = orient3(p, d, e, f, u)
    if (atU !== 0 && orient3(p, d, e, f, v) === atU) return false
    const tip = shared === 1 ? a : shared === 2 ? b : c
    if (fansApart(p, tip, u, v, w, x)) return false
    return sideMeets(p, u, v, d, e, f) || sideMeets(p, w, x, a, b, c)
  }
  const tip = shared === 3 ? c : shared === 5 ? b : a
  const [from, to] = shared === 3 ? [a, b] : shared === 5 ? [c, a] : [b, c]
  const other = inT(d) ? (inT(e) ? f : e) : d
  if (orient3(p, a, b, c, other) !== 0) return false
  const [u, v] = plane(p, a, b, c)
  const one = orient2(p, from, to, tip, u, v)
  const two = orient2(p, from, to, other, u, v)
  return one === two || one === 0 || two === 0
}

/** Whether d, e and f are all strictly on one side of the plane of a, b, c. */
function apart(p: Float64Array, a: number, b: number, c: number, d: number, e: number, f: number): boolean {
  const first = orient3(p, a, b, c, d)
  return first !== 0 && orient3(p, a, b, c, e) === first && orient3(p, a, b, c, f) === first
}

/** Whether, seen along the first triangle's normal, a side of one of them has the other strictly beyond it. */
function besideInPlane(p: Float64Array, a: number, b: number, c: number, d: number, e: number, f: number): boolean {
  const [u, v] = plane(p, a, b, c)
  const turn = orient2(p, a, b, c, u, v)
  const other = orient2(p, d, e, f, u, v)
  const beyond = (q: number, r: number, side: number, x: number, y: number, z: number) =>
    side !== 0 &&
    orient2(p, q, r, x, u, v) === -side &&
    orient2(p, q, r, y, u, v) === -side &&
    orient2(p, q, r, z, u, v) === -side
  return (
    beyond(a, b, turn, d, e, f) ||
    beyond(b, c, turn, d, e, f) ||
    beyond(c, a, turn, d, e, f) ||
    beyond(d, e, other, a, b, c) ||
    beyond(e, f, other, a, b, c) ||
    beyond(f, d, other, a, b, c)
  )
}

/** Whether, seen along the first's normal, a line through their common tip parts the triangles tip-u-v and tip-w-x. */
function fansApart(p: Float64Array, tip: number, u: number, v: number, w: number, x: number): boolean {
  const [i, j] = plane(p, tip, u, v)
  const turn = orient2(p, tip, u, v, i, j)
  const other = orient2(p, tip, w, x, i, j)
  const beyond = (q: number, r: number, side: number, y: number, z: number) =>
    side !== 0 && orient2(p, q, r, y, i, j) === -side && orient2(p, q, r, z, i, j) === -side
  return (
    beyond(tip, u, turn, w, x) ||
    beyond(v, tip, turn, w, x) ||
    beyond(tip, w, other, u, v) ||
    beyond(x, tip, other, u, v)
  )
}

/** Whether the segment from q to r has a point in common with the triangle a, b, c, borders included. */
function sideMeets(p: Float64Array, q: number, r: number, a: number, b: number, c: number): boolean {
  const atQ = orient3(p, a, b, c, q)
  const atR = orient3(p, a, b, c, r)
  if (atQ === 0 && atR === 0) return meetsInPlane(p, q, r, a, b, c)
  if (atQ === atR) return false
  const ab = orient3(p, q, r, a, b)
  const bc = orient3(p, q, r, b, c)
  if (ab * bc < 0) return false
  const ca = orient3(p, q, r, c, a)
  return ab * ca >= 0 && bc * ca >= 0
}

/** The two axes of a plane in which a triangle has an area, seen along the third. */
function plane(p: Float64Array, a: number, b: number, c: number): readonly [number, number] {
  const ux = p[b] - p[a]
  const uy = p[b + 1] - p[a + 1]
  const uz = p[b + 2] - p[a + 2]
  const vx = p[c] - p[a]
  const vy = p[c + 1] - p[a + 1]
  const vz = p[c + 2] - p[a + 2]
  const x = Math.abs(uy * vz - uz * vy)
  const y = Math.abs(uz * vx - ux * vz)
  const z = Math.abs(ux * vy - uy * vx)
  return x >= y && x >= z ? [1, 2] : y >= z ? [2, 0] : [0, 1]
}

function meetsInPlane(p: Float64Array, q: number, r: number, a: number, b: number, c: number): boolean {
  const [u, v] = plane(p, a, b, c)
  const crosses = (g: number, h: number) => {
    const one = orient2(p, q, r, g, u, v)
    const two = orient2(p, q, r, h, u, v)
    const three = orient2(p, g, h, q, u, v)
    const four = orient2(p, g, h, r, u, v)
    if (one === 0 && two === 0) {
      // all on one line: they meet where their spans do
      const low = (m: number) => Math.max(Math.min(p[q + m], p[r + m]), Math.min(p[g + m], p[h + m]))
      const high = (m: number) => Math.min(Math.max(p[q + m], p[r + m]), Math.max(p[g + m], p[h + m]))
      return low(u) <= high(u) && low(v) <= high(v)
    }
    return one * two <= 0 && three * four <= 0
  }
  if (crosses(a, b) || crosses(b, c) || crosses(c, a)) return true
  const ab = orient2(p, a, b, q, u, v)
  const bc = orient2(p, b, c, q, u, v)
  const ca = orient2(p, c, a, q, u, v)
  return ab === bc && bc === ca && ab !== 0
}
