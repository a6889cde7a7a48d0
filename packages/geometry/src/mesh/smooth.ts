import type { Mesh } from './mesh.ts'
import type { Rows } from './rows.ts'
import { type Edges, edgesOf } from './topology.ts'

export interface SmoothOptions {
  /** pairs of a step inwards and one outwards */
  rounds?: number
  /** share of the way to the middle of the neighbours, 0 to 1 */
  lambda?: number
  /** the step back: a little more than lambda, negative */
  mu?: number
  /** borders stay as they are ('fixed'), or are smoothed along themselves alone ('along') */
  border?: 'fixed' | 'along'
  /** vertices that do not move */
  fixed?: (vertex: number) => boolean
}

/**
 * Takes noise off without shrinking (Taubin 1995, A signal processing approach to fair surface design): what is finer
 * than a few edges goes, what is coarser stays. Triangles are untouched.
 */
export function smooth(
  mesh: Mesh,
  { rounds = 10, lambda = 0.5, mu = -0.53, border = 'fixed', fixed }: SmoothOptions = {},
): Mesh {
  const count = mesh.positions.length / 3
  const { from, items } = listenedTo(edgesOf(mesh), count, border, fixed)
  let now = mesh.positions.slice()
  let next = now.slice()
  const pass = (by: number) => {
    for (let v = 0; v < count; v++) {
      const around = from[v + 1] - from[v]
      if (around === 0) continue
      for (let axis = 0; axis < 3; axis++) {
        let sum = 0
        for (let i = from[v]; i < from[v + 1]; i++) sum += now[3 * items[i] + axis]
        const here = now[3 * v + axis]
        next[3 * v + axis] = here + by * (sum / around - here)
      }
    }
    ;[now, next] = [next, now]
  }
  for (let round = 0; round < rounds; round++) {
    pass(lambda)
    pass(mu)
  }
  return { ...mesh, positions: now }
}

/** Whose middle each vertex goes towards: its neighbours; on a border those along it; nobody's where it stays. */
function listenedTo(edges: Edges, count: number, border: 'fixed' | 'along', fixed?: (vertex: number) => boolean): Rows {
  const borderEdges = new Uint32Array(count)
  const isBorder = (e: number) => edges.from[e + 1] - edges.from[e] !== 2
  for (let e = 0; e < edges.count; e++) {
    if (!isBorder(e)) continue
    borderEdges[edges.vertices[2 * e]]++
    borderEdges[edges.vertices[2 * e + 1]]++
  }
  const listens = (v: number, e: number) => {
    if (fixed?.(v)) return false
    if (borderEdges[v] === 0) return true
    return border === 'along' && borderEdges[v] === 2 && isBorder(e) // a corner where borders meet stays
  }
  const from = new Uint32Array(count + 1)
  const each = (visit: (v: number, other: number) => void) => {
    for (let e = 0; e < edges.count; e++) {
      const a = edges.vertices[2 * e]
      const b = edges.vertices[2 * e + 1]
      if (listens(a, e)) visit(a, b)
      if (listens(b, e)) visit(b, a)
    }
  }
  each((v) => from[v + 1]++)
  for (let v = 0; v < count; v++) from[v + 1] += from[v]
  const items = new Uint32Array(from[count])
  const at = from.slice()
  each((v, other) => (items[at[v]++] = other))
  return { from, items }
}
