import type { Mesh } from '../mesh/mesh.ts'
import { type Edges, nextHalf } from '../mesh/topology.ts'

/** The median length of a triangle's side, from at most some twenty thousand of them. */
export function medianEdge({ positions, triangles }: Mesh): number {
  const stride = Math.max(1, Math.floor(triangles.length / 20_000))
  const lengths = new Float64Array(Math.ceil(triangles.length / stride))
  for (let i = 0; i < lengths.length; i++) {
    const a = 3 * triangles[i * stride]
    const b = 3 * triangles[nextHalf(i * stride)]
    lengths[i] = Math.hypot(
      positions[a] - positions[b],
      positions[a + 1] - positions[b + 1],
      positions[a + 2] - positions[b + 2],
    )
  }
  lengths.sort()
  return lengths.length > 0 ? lengths[lengths.length >> 1] : 0
}

/** Cells are this many tolerances wide: wide enough that few vertices are near a side and look into the next cell. */
const cellTolerances = 32
/** Looks a vertex may cost in the mean. A mesh made to be slow to weld is welded as far as that goes. */
const looksPerVertex = 64

/** 1 for each vertex on a border, 0 for those inside the surface. */
export function borderVertices(mesh: Mesh, edges: Edges): Uint8Array {
  const out = new Uint8Array(mesh.positions.length / 3)
  for (let e = 0; e < edges.count; e++) {
    if (edges.from[e + 1] - edges.from[e] === 1) out[edges.vertices[2 * e]] = out[edges.vertices[2 * e + 1]] = 1
  }
  return out
}

/**
 * For each vertex the first one of its kind that lies within the tolerance of it: itself, where none does. Vertices
 * are taken in their order, so that chains of near ones do not run together over any length.
 * @param kind borders are sewn to borders, and where a sheet lies twice its insides meet; but the border of an eyelash
 * does not become part of the lid that it stands on
 */
export function weldedTo({ positions }: Mesh, tolerance: number, kind: Uint8Array): Uint32Array {
  const count = positions.length / 3
  const to = Uint32Array.from({ length: count }, (_, v) => v)
  if (!(tolerance > 0) || count === 0) return to
  const cell = cellTolerances * tolerance
  let bits = 4
  while (1 << bits < 2 * count) bits++
  const first = new Int32Array(1 << bits).fill(-1) // a slot may hold vertices of several cells: distance decides
  const next = new Int32Array(count).fill(-1)
  let looks = looksPerVertex * (count + 1024)
  const slotOf = (i: number, j: number, k: number) => {
    let h = Math.imul(i, 0x8da6b343) ^ Math.imul(j, 0xd8163841) ^ Math.imul(k, 0xcb1ab31f)
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
    return (h ^ (h >>> 15)) >>> (32 - bits)
  }
  const near = tolerance * tolerance
  const find = (slot: number, v: number) => {
    for (let w = first[slot]; w >= 0 && looks > 0; w = next[w]) {
      looks--
      const dx = positions[3 * w] - positions[3 * v]
      const dy = positions[3 * w + 1] - positions[3 * v + 1]
      const dz = positions[3 * w + 2] - positions[3 * v + 2]
      if (dx * dx + dy * dy + dz * dz <= near && kind[w] === kind[v]) return w
    }
    return -1
  }
  for (let v = 0; v < count; v++) {
    const x = positions[3 * v] / cell
    const y = positions[3 * v + 1] / cell
    const z = positions[3 * v + 2] / cell
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)]
    const slot = slotOf(i, j, k)
    let found = find(slot, v)
    if (found < 0) {
      const [di, dj, dk] = [sideOf(x - i), sideOf(y - j), sideOf(z - k)]
      for (let side = 1; side < 8 && found < 0; side++) {
        if ((side & 1 && di === 0) || (side & 2 && dj === 0) || (side & 4 && dk === 0)) continue
        found = find(slotOf(side & 1 ? i + di : i, side & 2 ? j + dj : j, side & 4 ? k + dk : k), v)
      }
    }
    if (found >= 0) to[v] = found
    else {
      next[v] = first[slot]
      first[slot] = v
    }
  }
  return to
}

/** Which neighbouring cell is within a tolerance: -1, 1, or 0 for none. */
const sideOf = (share: number) => (share < 1 / cellTolerances ? -1 : share > 1 - 1 / cellTolerances ? 1 : 0)
