import { area, faceVectors, type Mesh, triangleCount, vertexCount } from './mesh.ts'
import { type Rows, rowsBy, sortedByTwo } from './rows.ts'

/**
 * How triangles hang together. Half-edge h = 3·t + k is the side of triangle t from its corner k to the next one:
 * `triangles[h]` is where it starts. All of it is linear in time and held in flat arrays.
 */
export interface Edges {
  readonly count: number
  /** two vertices an edge, the lower number first; edges are sorted by them */
  readonly vertices: Uint32Array
  /** the half-edges of edge e are halves[from[e]] … halves[from[e + 1] - 1] */
  readonly from: Uint32Array
  readonly halves: Uint32Array
}

/** The half-edge after h in its triangle. */
export const nextHalf = (h: number) => (h % 3 === 2 ? h - 2 : h + 1)

/** The triangle of a half-edge (whole-number division: `Math.floor` would be one of fractions, at three times the price). */
export const triangleOf = (h: number) => (h / 3) | 0

/** The edges of a mesh, each with the triangles at it (one: border, two: the rule, more: not manifold). */
export function edgesOf(mesh: Mesh): Edges {
  const { triangles } = mesh
  const size = triangles.length
  const low = new Uint32Array(size)
  const high = new Uint32Array(size)
  for (let t = 0; t < size; t += 3) {
    for (let k = 0; k < 3; k++) {
      const a = triangles[t + k]
      const b = triangles[k === 2 ? t : t + k + 1]
      low[t + k] = a < b ? a : b
      high[t + k] = a < b ? b : a
    }
  }
  const halves = sortedByTwo(low, high, vertexCount(mesh))
  const from = new Uint32Array(size + 1)
  const ends = new Uint32Array(2 * size)
  let count = 0
  let [a, b] = [-1, -1]
  for (let i = 0; i < size; i++) {
    const h = halves[i]
    if (low[h] !== a || high[h] !== b) {
      a = low[h]
      b = high[h]
      from[count] = i
      ends[2 * count] = a
      ends[2 * count + 1] = b
      count++
    }
  }
  from[count] = size
  return { count, vertices: ends.subarray(0, 2 * count), from: from.subarray(0, count + 1), halves }
}

/** The edge of each half-edge. */
export function edgeOfHalves({ count, from, halves }: Edges): Uint32Array {
  const out = new Uint32Array(halves.length)
  for (let e = 0; e < count; e++) for (let i = from[e]; i < from[e + 1]; i++) out[halves[i]] = e
  return out
}

/**
 * The half-edge on the other side of each half-edge, -1 at a border. It always holds that opposite(opposite(h)) = h:
 * where more than two triangles meet, they are paired two by two, first those that run in opposite directions,
 * and one left over counts as a border.
 */
export function opposites(mesh: Mesh, edges = edgesOf(mesh)): Int32Array {
  const { from, halves } = edges
  const out = new Int32Array(mesh.triangles.length).fill(-1)
  for (let e = 0; e < edges.count; e++) {
    if (from[e + 1] - from[e] === 2) {
      out[halves[from[e]]] = halves[from[e] + 1]
      out[halves[from[e] + 1]] = halves[from[e]]
    } else if (from[e + 1] - from[e] > 2) pairUp(mesh, halves.subarray(from[e], from[e + 1]), out)
  }
  return out
}

function pairUp({ triangles }: Mesh, halves: Uint32Array, out: Int32Array) {
  const forward = halves.filter((h) => triangles[h] < triangles[nextHalf(h)])
  const backward = halves.filter((h) => triangles[h] >= triangles[nextHalf(h)])
  const paired = Math.min(forward.length, backward.length)
  for (let i = 0; i < paired; i++) {
    out[forward[i]] = backward[i]
    out[backward[i]] = forward[i]
  }
  const rest = forward.length > paired ? forward : backward
  for (let i = paired; i + 1 < rest.length; i += 2) {
    out[rest[i]] = rest[i + 1]
    out[rest[i + 1]] = rest[i]
  }
}

/**
 * The borders of the surface, each a closed loop of half-edges in their own direction (the surface to their left).
 * A border follows the fans: past a vertex where two holes touch it goes on along the fan, from one into the other.
 * @returns half-edge numbers; the vertex where one starts is mesh.triangles[h]
 */
export function boundaryLoops(mesh: Mesh, opposite = opposites(mesh)): Uint32Array[] {
  const { triangles } = mesh
  const seen = new Uint8Array(opposite.length)
  const loops: Uint32Array[] = []
  for (let first = 0; first < opposite.length; first++) {
    if (opposite[first] >= 0 || seen[first]) continue
    const loop: number[] = []
    let h = first
    // Corners, not vertices, say at which end the walk goes on: so it closes in any mesh, degenerate or turned about.
    let corner = nextHalf(h)
    do {
      seen[h] = 1
      loop.push(h)
      for (;;) {
        h = corner === h ? nextHalf(nextHalf(h)) : corner
        const across = opposite[h]
        if (across < 0) break
        const atStart = (h === corner) === (triangles[h] === triangles[across])
        h = across
        corner = atStart ? across : nextHalf(across)
      }
      corner = h === corner ? nextHalf(h) : h
    } while (h !== first)
    loops.push(Uint32Array.from(loop))
  }
  return loops
}

/** Edges at which more than two triangles meet. */
export function nonManifoldEdges({ count, from }: Edges): number[] {
  const out: number[] = []
  for (let e = 0; e < count; e++) if (from[e + 1] - from[e] > 2) out.push(e)
  return out
}

/**
 * The fan that each corner of a triangle belongs to: the triangles round a vertex that hang together across edges.
 * A vertex with two fans is two cones that touch at the tip.
 * @returns per corner, a number that its fan has alone
 */
export function fansOf(mesh: Mesh, opposite = opposites(mesh)): Uint32Array {
  const { triangles } = mesh
  const none = 0xffffffff
  const out = new Uint32Array(triangles.length).fill(none)
  for (let first = 0; first < triangles.length; first++) {
    if (out[first] !== none) continue
    out[first] = first
    // round the vertex by the side that starts at the corner, then, where a border was met, by the other one too
    for (const way of [true, false]) {
      let startsHere = way
      let side = startsHere ? first : nextHalf(nextHalf(first))
      for (let across = opposite[side]; across >= 0; across = opposite[side]) {
        const sameWay = triangles[side] === triangles[across]
        const atStart = sameWay === startsHere
        const corner = atStart ? across : nextHalf(across)
        if (out[corner] !== none) break
        out[corner] = first
        side = atStart ? nextHalf(nextHalf(across)) : corner
        startsHere = !atStart
      }
    }
  }
  return out
}

/** Vertices where the surface is pinched: more than one fan of triangles. */
export function nonManifoldVertices(mesh: Mesh, opposite = opposites(mesh)): number[] {
  const fans = fansOf(mesh, opposite)
  const first = new Int32Array(vertexCount(mesh)).fill(-1)
  const pinched = new Set<number>()
  for (let corner = 0; corner < fans.length; corner++) {
    const v = mesh.triangles[corner]
    if (first[v] < 0) first[v] = fans[corner]
    else if (first[v] !== fans[corner]) pinched.add(v)
  }
  return [...pinched].sort((a, b) => a - b)
}

/** Vertices that some triangle uses, minus edges, plus triangles: 2 for a sphere, 0 for a torus, 1 for a disc. */
export function eulerCharacteristic(mesh: Mesh, edges = edgesOf(mesh)): number {
  const used = new Uint8Array(vertexCount(mesh))
  for (let i = 0; i < mesh.triangles.length; i++) used[mesh.triangles[i]] = 1
  return used.reduce((sum, one) => sum + one, 0) - edges.count + triangleCount(mesh)
}

/**
 * Handles of an orientable surface, all pieces together; each border counts as if it were capped, each pinched vertex
 * as if its fans were apart.
 */
export function genus(mesh: Mesh): number {
  const edges = edgesOf(mesh)
  const opposite = opposites(mesh, edges)
  const fans = new Set(fansOf(mesh, opposite)).size
  const capped = fans - edges.count + triangleCount(mesh) + boundaryLoops(mesh, opposite).length
  return componentsOf(mesh, opposite).count - capped / 2
}

export interface Components {
  readonly count: number
  /** piece of each triangle; 0 is the piece with the largest area, and so on downwards */
  readonly of: Uint32Array
  /** mm² of each piece */
  readonly areas: Float64Array
}

/** The pieces that hang together across edges (touching at a vertex alone does not join). */
export function componentsOf(mesh: Mesh, opposite = opposites(mesh)): Components {
  const count = triangleCount(mesh)
  const none = 0xffffffff
  const of = new Uint32Array(count).fill(none)
  const queue = new Uint32Array(count)
  const faces = faceVectors(mesh)
  const sizes: number[] = []
  for (let first = 0; first < count; first++) {
    if (of[first] !== none) continue
    let size = 0
    let tail = 1
    queue[0] = first
    of[first] = sizes.length
    for (let head = 0; head < tail; head++) {
      const h = 3 * queue[head]
      size += Math.sqrt(faces[h] * faces[h] + faces[h + 1] * faces[h + 1] + faces[h + 2] * faces[h + 2]) / 2
      for (let k = h; k < h + 3; k++) {
        if (opposite[k] < 0) continue
        const other = triangleOf(opposite[k])
        if (of[other] !== none) continue
        of[other] = sizes.length
        queue[tail++] = other
      }
    }
    sizes.push(size)
  }
  const sorted = sizes.map((_, piece) => piece).sort((a, b) => sizes[b] - sizes[a])
  const rank = new Uint32Array(sizes.length)
  for (const [i, piece] of sorted.entries()) rank[piece] = i
  for (let t = 0; t < count; t++) of[t] = rank[of[t]]
  return { count: sorted.length, of, areas: Float64Array.from(sorted, (piece) => sizes[piece]) }
}

/** The vertices that share an edge with each vertex. */
export function neighboursOf(mesh: Mesh, edges = edgesOf(mesh)): Rows {
  const from = new Uint32Array(vertexCount(mesh) + 1)
  const { vertices } = edges
  for (let i = 0; i < vertices.length; i++) from[vertices[i] + 1]++
  for (let v = 0; v + 1 < from.length; v++) from[v + 1] += from[v]
  const items = new Uint32Array(vertices.length)
  const at = from.slice()
  for (let i = 0; i < vertices.length; i += 2) {
    items[at[vertices[i]]++] = vertices[i + 1]
    items[at[vertices[i + 1]]++] = vertices[i]
  }
  return { from, items }
}

/** The corners (half-edge numbers) at each vertex; corner c is of triangle floor(c / 3). */
export const cornersOf = (mesh: Mesh): Rows => rowsBy(mesh.triangles, vertexCount(mesh))

/** The mean length of an edge of an even triangulation with as many triangles and as much area, mm. */
export const typicalEdge = (mesh: Mesh) =>
  triangleCount(mesh) === 0 ? 0 : Math.sqrt(((4 / Math.sqrt(3)) * area(mesh)) / triangleCount(mesh))
