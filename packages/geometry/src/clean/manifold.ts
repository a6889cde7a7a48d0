import type { Mesh } from '../mesh/mesh.ts'
import { componentsOf, type Edges, fansOf, nextHalf, opposites, triangleOf } from '../mesh/topology.ts'

/** Which triangles have the same three vertices as an earlier one, turned either way: 1 for each, null when none has. */
export function duplicateTriangles({ triangles }: Mesh, { count, from, halves }: Edges): Uint8Array | null {
  let out: Uint8Array | null = null
  const tip = (h: number) => triangles[nextHalf(nextHalf(h))]
  for (let e = 0; e < count; e++) {
    // sorted by triangle: the first of equals stays
    for (let i = from[e] + 1; i < from[e + 1]; i++) {
      // a fan of a thousand at one edge is no scan; it gets taken apart later without being compared all with all
      for (let j = Math.max(from[e], i - 32); j < i; j++) {
        const [s, t] = [triangleOf(halves[i]), triangleOf(halves[j])]
        if (tip(halves[i]) !== tip(halves[j]) || s === t) continue
        out ??= new Uint8Array(triangles.length / 3)
        if (out[s] === 0 && out[t] === 0) out[Math.max(s, t)] = 1
      }
    }
  }
  return out
}

/**
 * Turns a triangle without area that has three vertices (one of them on the opposite side) into one with area: its
 * longest side is flipped with the neighbour across. @returns how many were flipped; `triangles` is changed
 */
export function flipCaps(mesh: Mesh, opposite: Int32Array): number {
  const { positions, triangles } = mesh
  const touched = new Uint8Array(triangles.length / 3)
  let flipped = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const a0 = 3 * triangles[t]
    const b0 = 3 * triangles[t + 1]
    const c0 = 3 * triangles[t + 2]
    const ux = positions[b0] - positions[a0]
    const uy = positions[b0 + 1] - positions[a0 + 1]
    const uz = positions[b0 + 2] - positions[a0 + 2]
    const vx = positions[c0] - positions[b0]
    const vy = positions[c0 + 1] - positions[b0 + 1]
    const vz = positions[c0 + 2] - positions[b0 + 2]
    const ab = ux * ux + uy * uy + uz * uz
    const bc = vx * vx + vy * vy + vz * vz
    const ca = (ux + vx) * (ux + vx) + (uy + vy) * (uy + vy) + (uz + vz) * (uz + vz)
    const longest = Math.max(ab, bc, ca)
    const nx = uy * vz - uz * vy
    const ny = uz * vx - ux * vz
    const nz = ux * vy - uy * vx
    // twice the area against the square of the longest side is its height against it
    if (nx * nx + ny * ny + nz * nz > 1e-12 * longest * longest) continue
    const h = t + (longest === ab ? 0 : longest === bc ? 1 : 2)
    const across = opposite[h]
    if (across < 0 || touched[t / 3] || touched[triangleOf(across)]) continue
    if (triangles[across] !== triangles[nextHalf(h)]) continue // turned against each other: not yet
    const [a, c] = [triangles[h], triangles[nextHalf(h)]]
    const b = triangles[nextHalf(nextHalf(h))]
    const d = triangles[nextHalf(nextHalf(across))]
    if (b === d) continue
    const s = across - (across % 3)
    triangles.set([a, d, b], t)
    triangles.set([d, c, b], s)
    touched[t / 3] = touched[s / 3] = 1
    flipped++
  }
  return flipped
}

/**
 * Who is across each half-edge, where at most two triangles are joined at an edge. Of more, the pair that agrees about
 * outside and carries on the larger pieces in the flattest way is joined first; what stays over gets a border there.
 */
export function joinedPairs(mesh: Mesh, edges: Edges): Int32Array {
  const opposite = opposites(mesh, edges)
  const crowded: number[] = []
  for (let e = 0; e < edges.count; e++) {
    if (edges.from[e + 1] - edges.from[e] <= 2) continue
    crowded.push(e)
    for (let i = edges.from[e]; i < edges.from[e + 1]; i++) opposite[edges.halves[i]] = -1
  }
  if (crowded.length === 0) return opposite
  const pieces = componentsOf(mesh, opposite)
  for (const e of crowded) {
    const halves = [...edges.halves.subarray(edges.from[e], edges.from[e + 1])].slice(0, 32)
    const size = halves.map((h) => pieces.areas[pieces.of[triangleOf(h)]])
    const away = halves.map((h) => awayFrom(mesh, h))
    const pairs: { i: number; j: number; score: number }[] = []
    for (let i = 0; i < halves.length; i++) {
      for (let j = 0; j < i; j++) {
        if (triangleOf(halves[i]) === triangleOf(halves[j])) continue
        const flat = -away[i].reduce((sum, value, axis) => sum + value * away[j][axis], 0)
        const large = Math.min(size[i], size[j]) / Math.max(...size, Number.MIN_VALUE)
        const agree = mesh.triangles[halves[i]] !== mesh.triangles[halves[j]] ? 1 : 0
        pairs.push({ i, j, score: flat + 2 * large + 1.5 * agree })
      }
    }
    for (const { i, j } of pairs.sort((p, q) => q.score - p.score)) {
      if (opposite[halves[i]] >= 0 || opposite[halves[j]] >= 0) continue
      opposite[halves[i]] = halves[j]
      opposite[halves[j]] = halves[i]
    }
  }
  return opposite
}

/** The direction of length 1 in the triangle's plane, at right angles to the side h, towards its tip. */
function awayFrom({ positions, triangles }: Mesh, h: number): number[] {
  const at = (v: number) => [positions[3 * v], positions[3 * v + 1], positions[3 * v + 2]]
  const [a, b, c] = [at(triangles[h]), at(triangles[nextHalf(h)]), at(triangles[nextHalf(nextHalf(h))])]
  const u = b.map((value, axis) => value - a[axis])
  const v = c.map((value, axis) => value - a[axis])
  const share = (u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) / (u[0] * u[0] + u[1] * u[1] + u[2] * u[2] || 1)
  const w = v.map((value, axis) => value - share * u[axis])
  const size = Math.hypot(...w) || 1
  return w.map((value) => value / size)
}

/**
 * A vertex for each fan of triangles: after it the mesh is a manifold, wherever `opposite` joins two triangles at
 * most (Guéziec et al. 2001, Cutting and stitching). The first fan of a vertex keeps it.
 * @returns the new triangles, and for every vertex beyond the old ones the vertex that it is a copy of
 */
export function splitFans(mesh: Mesh, opposite: Int32Array): { triangles: Uint32Array; copyOf: number[] } {
  const fans = fansOf(mesh, opposite)
  const { triangles } = mesh
  const count = mesh.positions.length / 3
  const firstFan = new Int32Array(count).fill(-1)
  const vertexOfFan = new Map<number, number>()
  const copyOf: number[] = []
  const out = triangles.slice()
  for (let corner = 0; corner < triangles.length; corner++) {
    const v = triangles[corner]
    if (firstFan[v] < 0) firstFan[v] = fans[corner]
    if (firstFan[v] === fans[corner]) continue
    let copy = vertexOfFan.get(fans[corner])
    if (copy === undefined) {
      copy = count + copyOf.length
      vertexOfFan.set(fans[corner], copy)
      copyOf.push(v)
    }
    out[corner] = copy
  }
  return { triangles: out, copyOf }
}

/**
 * Edges that more than two triangles share even after fans have been split: two sheets that hang together round both
 * of its ends. One pair of triangles stays at each; the others are dropped, and leave a small hole. No edge is crowded
 * then, unless triangles are joined anew.
 * @returns 1 for each triangle to drop, null when there are none
 */
export function stillCrowded(mesh: Mesh, opposite: Int32Array, edges: Edges): Uint8Array | null {
  let drop: Uint8Array | null = null
  for (let e = 0; e < edges.count; e++) {
    if (edges.from[e + 1] - edges.from[e] <= 2) continue
    drop ??= new Uint8Array(mesh.triangles.length / 3)
    const halves = [...edges.halves.subarray(edges.from[e], edges.from[e + 1])]
    const first = halves.find((h) => opposite[h] >= 0) ?? halves[0]
    for (const h of halves) if (h !== first && h !== opposite[first]) drop[triangleOf(h)] = 1
  }
  return drop
}
