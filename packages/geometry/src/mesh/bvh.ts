import { type Mesh, perMesh, triangleCount } from './mesh.ts'

/**
 * A tree of boxes over the triangles of a mesh, in flat arrays. Node n holds the box bounds[6n … 6n+5] (min, max),
 * in single precision, rounded outwards.
 * Where `size[n]` is 0 its children are nodes `start[n]` and `start[n] + 1`; else its triangles are
 * order[start[n]] … order[start[n] + size[n] - 1].
 */
export interface Bvh {
  readonly mesh: Mesh
  readonly bounds: Float32Array
  readonly start: Uint32Array
  readonly size: Uint32Array
  readonly order: Uint32Array
}

const mostBins = 16
const leaf = 4
/** Below this depth a node is halved by number, so that no mesh, however odd, makes a tree deeper than 96. */
const sahDepth = 64
export const maxDepth = 96

/**
 * The tree by the binned surface area heuristic (Wald 2007, On fast construction of SAH-based bounding volume
 * hierarchies), with the triangles' middles standing in for their boxes: on a scan the triangles are small against
 * the nodes that matter. Positions must be finite. One million triangles take about half a second, once (`perMesh`).
 */
export const bvhOf = perMesh((mesh): Bvh => {
  const count = triangleCount(mesh)
  const order = Uint32Array.from({ length: count }, (_, t) => t)
  const middles = middlesOf(mesh)
  // a leaf holds at least one triangle, so that 2n - 1 nodes always do
  const most = Math.max(1, 2 * count)
  const start = new Uint32Array(most)
  const size = new Uint32Array(most)
  const spread = new Float32Array(6 * most) // of each node: the box round its triangles' middles, later its own box
  const binBox = new Float32Array(6 * mostBins)
  const binCount = new Uint32Array(mostBins)
  const rightCost = new Float64Array(mostBins)
  const sweep = new Float32Array(6)
  let nodes = 1

  const build = (node: number, from: number, to: number, depth: number) => {
    if (to - from <= leaf) {
      start[node] = from
      size[node] = to - from
      return
    }
    const left = nodes
    nodes += 2
    start[node] = left
    const axis = widest(spread, 6 * node)
    const low = spread[6 * node + axis]
    const wide = spread[6 * node + 3 + axis] - low
    let middle = from
    if (wide > 0 && depth < sahDepth) {
      const bins = to - from > 128 ? mostBins : 6
      const scale = (bins * (1 - 1e-9)) / wide
      fillBins(from, to, axis, low, scale, bins)
      const cut = bestCut(bins)
      let right = to - 1
      while (middle <= right) {
        if (Math.floor((middles[3 * middle + axis] - low) * scale) <= cut) middle++
        else swap(middles, order, middle, right--)
      }
      clear(spread, 6 * left)
      clear(spread, 6 * left + 6)
      for (let b = 0; b < bins; b++) grow(spread, b <= cut ? 6 * left : 6 * left + 6, binBox, 6 * b)
    }
    if (middle === from || middle === to) {
      middle = (from + to) >> 1
      spreadOf(left, from, middle)
      spreadOf(left + 1, middle, to)
    }
    build(left, from, middle, depth + 1)
    build(left + 1, middle, to, depth + 1)
  }

  const spreadOf = (node: number, from: number, to: number) => {
    clear(spread, 6 * node)
    for (let i = from; i < to; i++) growByPoint(spread, 6 * node, middles, 3 * i)
  }

  const fillBins = (from: number, to: number, axis: number, low: number, scale: number, bins: number) => {
    binCount.fill(0)
    for (let b = 0; b < bins; b++) clear(binBox, 6 * b)
    for (let i = from; i < to; i++) {
      const b = Math.floor((middles[3 * i + axis] - low) * scale)
      binCount[b]++
      growByPoint(binBox, 6 * b, middles, 3 * i)
    }
  }

  /** The bin after which cutting costs least: sum of area times number of triangles on both sides. */
  const bestCut = (bins: number) => {
    clear(sweep, 0)
    let seen = 0
    for (let b = bins - 1; b > 0; b--) {
      grow(sweep, 0, binBox, 6 * b)
      seen += binCount[b]
      rightCost[b - 1] = seen > 0 ? halfArea(sweep) * seen : 0
    }
    clear(sweep, 0)
    seen = 0
    let best = 0
    let cheapest = Infinity
    for (let b = 0; b < bins - 1; b++) {
      grow(sweep, 0, binBox, 6 * b)
      seen += binCount[b]
      const cost = (seen > 0 ? halfArea(sweep) * seen : 0) + rightCost[b]
      if (cost < cheapest) {
        cheapest = cost
        best = b
      }
    }
    return best
  }

  spreadOf(0, 0, count)
  build(0, 0, count, 0)
  // views, not copies: pages that were never touched cost nothing
  const bounds = spread.subarray(0, 6 * nodes)
  const tree = { mesh, bounds, start: start.subarray(0, nodes), size: size.subarray(0, nodes), order }
  fit(tree)
  return tree
})

/** Three times the middle of each triangle's corners, from the first vertex: single precision is enough to sort by. */
function middlesOf({ positions, triangles }: Mesh): Float32Array {
  const out = new Float32Array(triangles.length)
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    out[t] = positions[a] + positions[b] + positions[c] - 3 * positions[0]
    out[t + 1] = positions[a + 1] + positions[b + 1] + positions[c + 1] - 3 * positions[1]
    out[t + 2] = positions[a + 2] + positions[b + 2] + positions[c + 2] - 3 * positions[2]
  }
  return out
}

/** The exact box of every node, from the leaves up: children always have higher numbers than their parent. */
function fit({ mesh, bounds, start, size, order }: Bvh) {
  const { positions, triangles } = mesh
  for (let node = start.length - 1; node >= 0; node--) {
    clear(bounds, 6 * node)
    if (size[node] === 0 && order.length > 0) {
      grow(bounds, 6 * node, bounds, 6 * start[node])
      grow(bounds, 6 * node, bounds, 6 * start[node] + 6)
      continue
    }
    for (let i = start[node]; i < start[node] + size[node]; i++) {
      for (let corner = 3 * order[i]; corner < 3 * order[i] + 3; corner++) {
        const p = 3 * triangles[corner]
        for (let axis = 0; axis < 3; axis++) {
          const value = positions[p + axis]
          const slack = Math.abs(value) * 1.2e-7 + 1e-40
          if (value - slack < bounds[6 * node + axis]) bounds[6 * node + axis] = value - slack
          if (value + slack > bounds[6 * node + 3 + axis]) bounds[6 * node + 3 + axis] = value + slack
        }
      }
    }
  }
}

function clear(box: Float32Array, at: number) {
  box[at] = box[at + 1] = box[at + 2] = Infinity
  box[at + 3] = box[at + 4] = box[at + 5] = -Infinity
}

function grow(box: Float32Array, at: number, by: Float32Array, from: number) {
  if (by[from] < box[at]) box[at] = by[from]
  if (by[from + 1] < box[at + 1]) box[at + 1] = by[from + 1]
  if (by[from + 2] < box[at + 2]) box[at + 2] = by[from + 2]
  if (by[from + 3] > box[at + 3]) box[at + 3] = by[from + 3]
  if (by[from + 4] > box[at + 4]) box[at + 4] = by[from + 4]
  if (by[from + 5] > box[at + 5]) box[at + 5] = by[from + 5]
}

function growByPoint(box: Float32Array, at: number, points: Float32Array, from: number) {
  const x = points[from]
  const y = points[from + 1]
  const z = points[from + 2]
  if (x < box[at]) box[at] = x
  if (y < box[at + 1]) box[at + 1] = y
  if (z < box[at + 2]) box[at + 2] = z
  if (x > box[at + 3]) box[at + 3] = x
  if (y > box[at + 4]) box[at + 4] = y
  if (z > box[at + 5]) box[at + 5] = z
}

function widest(box: Float32Array, at: number): number {
  const x = box[at + 3] - box[at]
  const y = box[at + 4] - box[at + 1]
  const z = box[at + 5] - box[at + 2]
  return x >= y && x >= z ? 0 : y >= z ? 1 : 2
}

function halfArea(box: Float32Array): number {
  const x = box[3] - box[0]
  const y = box[4] - box[1]
  const z = box[5] - box[2]
  return x * y + y * z + z * x
}

function swap(points: Float32Array, order: Uint32Array, i: number, j: number) {
  const item = order[i]
  order[i] = order[j]
  order[j] = item
  for (let k = 0; k < 3; k++) {
    const value = points[3 * i + k]
    points[3 * i + k] = points[3 * j + k]
    points[3 * j + k] = value
  }
}
