import { type Bvh, maxDepth } from './bvh.ts'
import { type Mesh, triangleCount } from './mesh.ts'
import { type Polyline, polylineLength } from './polyline.ts'
import type { Vec3 } from './vector.ts'

/** `normal` has length 1. */
export interface Plane {
  readonly point: Vec3
  readonly normal: Vec3
}

/**
 * Where a plane cuts a surface. Triangles are chained through the edges they share, so that a closed surface gives
 * closed lines; a border or an edge that is not manifold may end one. Seen from the tip of the normal, a line runs
 * anticlockwise round what is inside.
 *
 * A vertex that lies on the plane counts as above it (simulation of simplicity: Edelsbrunner & Mücke 1990): a cut
 * through vertices, along edges or along whole triangles needs no case of its own, and is that of a plane a hair below.
 * @param bvh spares looking at every triangle
 * @returns the longest first
 */
export function section(mesh: Mesh, plane: Plane, { bvh }: { bvh?: Bvh } = {}): Polyline[] {
  const { positions, triangles } = mesh
  const [nx, ny, nz] = plane.normal
  const offset = nx * plane.point[0] + ny * plane.point[1] + nz * plane.point[2]
  const height = (v: number) => nx * positions[3 * v] + ny * positions[3 * v + 1] + nz * positions[3 * v + 2] - offset

  // Per cut triangle: the edge by which the line enters, and that by which it leaves, named by their two vertices.
  const cut: number[] = []
  const enters: number[] = []
  const leaves: number[] = []
  const name = (a: number, b: number) => (a < b ? a * (positions.length / 3) + b : b * (positions.length / 3) + a)
  const look = (t: number) => {
    let enter = -1
    let leave = -1
    for (let k = 0; k < 3; k++) {
      const a = triangles[3 * t + k]
      const b = triangles[3 * t + ((k + 1) % 3)]
      const above = height(a) >= 0
      if (above === height(b) >= 0) continue
      if (above) enter = name(a, b)
      else leave = name(a, b)
    }
    if (enter < 0) return
    cut.push(t)
    enters.push(enter)
    leaves.push(leave)
  }
  if (bvh) eachAcross(bvh, nx, ny, nz, offset, look)
  else for (let t = 0; t < triangleCount(mesh); t++) look(t)

  const ends = pairedEnds(enters, leaves)
  const lines = chained(ends).map(({ edges, closed }) => {
    const points = new Float64Array(3 * edges.length)
    let used = 0
    for (const edge of edges) {
      const a = Math.floor(edge / (positions.length / 3))
      const b = edge % (positions.length / 3)
      const share = height(a) / (height(a) - height(b))
      for (let axis = 0; axis < 3; axis++) {
        points[used + axis] = positions[3 * a + axis] + (positions[3 * b + axis] - positions[3 * a + axis]) * share
      }
      if (used === 0 || !samePoint(points, used, used - 3)) used += 3
    }
    if (closed && used > 3 && samePoint(points, 0, used - 3)) used -= 3
    return { points: points.slice(0, used), closed }
  })
  const long = lines.filter(({ points }) => points.length > 3).map((line) => ({ line, size: polylineLength(line) }))
  return long.sort((p, q) => q.size - p.size).map(({ line }) => line)
}

const samePoint = (points: Float64Array, i: number, j: number) =>
  points[i] === points[j] && points[i + 1] === points[j + 1] && points[i + 2] === points[j + 2]

/** Calls `look` with every triangle whose node reaches across the plane. */
function eachAcross(bvh: Bvh, nx: number, ny: number, nz: number, offset: number, look: (t: number) => void) {
  const { bounds, start, size, order } = bvh
  const stack = new Uint32Array(maxDepth + 2)
  let top = order.length > 0 ? 1 : 0
  while (top > 0) {
    const node = stack[--top]
    const at = 6 * node
    const lowest =
      nx * bounds[nx > 0 ? at : at + 3] + ny * bounds[ny > 0 ? at + 1 : at + 4] + nz * bounds[nz > 0 ? at + 2 : at + 5]
    const highest =
      nx * bounds[nx > 0 ? at + 3 : at] + ny * bounds[ny > 0 ? at + 4 : at + 1] + nz * bounds[nz > 0 ? at + 5 : at + 2]
    if (lowest > offset || highest < offset) continue
    if (size[node] > 0) for (let i = start[node]; i < start[node] + size[node]; i++) look(order[i])
    else {
      stack[top++] = start[node]
      stack[top++] = start[node] + 1
    }
  }
}

interface Ends {
  enters: number[]
  leaves: number[]
  /** the triangle that has the same edge: -1 where the line ends */
  beforeEnter: Int32Array
  afterLeave: Int32Array
}

/** Which cut triangle the line comes from, and which it goes on to: two and two of those that share an edge. */
function pairedEnds(enters: number[], leaves: number[]): Ends {
  const waiting = new Map<number, number[]>() // 2i for the enter end of triangle i, 2i + 1 for its leave end
  const beforeEnter = new Int32Array(enters.length).fill(-1)
  const afterLeave = new Int32Array(enters.length).fill(-1)
  const set = (end: number, other: number) => {
    if (end % 2 === 0) beforeEnter[end >> 1] = other
    else afterLeave[end >> 1] = other
  }
  const offer = (edge: number, end: number) => {
    const others = waiting.get(edge)
    if (!others) {
      waiting.set(edge, [end])
      return
    }
    // an end of the other kind first: only where triangles disagree about their orientation do two alike meet
    const found = others.findIndex((other) => other % 2 !== end % 2)
    const i = found >= 0 ? found : others.length - 1
    if (i < 0) {
      others.push(end)
      return
    }
    const [other] = others.splice(i, 1)
    set(end, other)
    set(other, end)
  }
  for (let i = 0; i < enters.length; i++) {
    offer(enters[i], 2 * i)
    offer(leaves[i], 2 * i + 1)
  }
  return { enters, leaves, beforeEnter, afterLeave }
}

/** Follows the line through the triangles: first the open ones from their start, then the closed ones. */
function chained({ enters, leaves, beforeEnter, afterLeave }: Ends) {
  const seen = new Uint8Array(enters.length)
  const chains: { edges: number[]; closed: boolean }[] = []
  const follow = (first: number, closed: boolean) => {
    const edges: number[] = []
    let end = first // the end by which the next triangle is entered
    for (;;) {
      const i = end >> 1
      if (seen[i]) break
      seen[i] = 1
      const forward = end % 2 === 0
      edges.push(forward ? enters[i] : leaves[i])
      end = forward ? afterLeave[i] : beforeEnter[i]
      if (end < 0) {
        edges.push(forward ? leaves[i] : enters[i])
        break
      }
    }
    chains.push({ edges, closed })
  }
  for (let i = 0; i < enters.length; i++) if (beforeEnter[i] < 0 && !seen[i]) follow(2 * i, false)
  for (let i = 0; i < enters.length; i++) if (afterLeave[i] < 0 && !seen[i]) follow(2 * i + 1, false)
  for (let i = 0; i < enters.length; i++) if (!seen[i]) follow(2 * i, true)
  return chains
}
