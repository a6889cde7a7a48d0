/**
 * Points in a tree that halves them by their widest coordinate (Bentley 1975). `order` holds the points' numbers so
 * that the part from..to of a node is split in its middle; leaves hold up to eight. `axes` and `cuts` say, at the
 * middle's place, by which coordinate and where.
 */
export interface KdTree {
  readonly points: Float64Array
  readonly order: Uint32Array
  /** the points in the order of `order`, so that a leaf is read in one go */
  readonly sorted: Float64Array
  readonly axes: Uint8Array
  readonly cuts: Float64Array
}

const leaf = 8

/** Builds the tree over finite points x y z; n log n. */
export function buildKdTree(points: Float64Array): KdTree {
  const count = points.length / 3
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const axes = new Uint8Array(count)
  const cuts = new Float64Array(count)
  const keys = new Float64Array(count)
  const split = (from: number, to: number) => {
    if (to - from <= leaf) return
    const axis = widestAxis(points, order, from, to)
    for (let i = from; i < to; i++) keys[i] = points[3 * order[i] + axis]
    const middle = (from + to) >> 1
    select(keys, order, from, to - 1, middle)
    axes[middle] = axis
    cuts[middle] = keys[middle]
    split(from, middle)
    split(middle, to)
  }
  split(0, count)
  const sorted = new Float64Array(points.length)
  for (let i = 0; i < count; i++) {
    sorted[3 * i] = points[3 * order[i]]
    sorted[3 * i + 1] = points[3 * order[i] + 1]
    sorted[3 * i + 2] = points[3 * order[i] + 2]
  }
  return { points, order, sorted, axes, cuts }
}

function widestAxis(points: Float64Array, order: Uint32Array, from: number, to: number): number {
  let [x0, y0, z0, x1, y1, z1] = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity]
  for (let i = from; i < to; i++) {
    const p = 3 * order[i]
    x0 = Math.min(x0, points[p])
    y0 = Math.min(y0, points[p + 1])
    z0 = Math.min(z0, points[p + 2])
    x1 = Math.max(x1, points[p])
    y1 = Math.max(y1, points[p + 1])
    z1 = Math.max(z1, points[p + 2])
  }
  const [x, y, z] = [x1 - x0, y1 - y0, z1 - z0]
  return x >= y && x >= z ? 0 : y >= z ? 1 : 2
}

/** Puts the k-th smallest key in place, smaller ones before it (Hoare 1961; three-way, so that equal keys cost nothing). */
function select(keys: Float64Array, order: Uint32Array, first: number, last: number, k: number) {
  let [low, high] = [first, last]
  while (low < high) {
    const pivot = medianOf(keys[low], keys[(low + high) >> 1], keys[high])
    let [less, i, more] = [low, low, high]
    while (i <= more) {
      if (keys[i] < pivot) swap(keys, order, i++, less++)
      else if (keys[i] > pivot) swap(keys, order, i, more--)
      else i++
    }
    if (k < less) high = less - 1
    else if (k > more) low = more + 1
    else return
  }
}

const medianOf = (a: number, b: number, c: number) => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))

function swap(keys: Float64Array, order: Uint32Array, i: number, j: number) {
  const key = keys[i]
  keys[i] = keys[j]
  keys[j] = key
  const item = order[i]
  order[i] = order[j]
  order[j] = item
}

/** The nearest points of a question, nearest first: the first `count` numbers and squared distances are its answer. */
export interface Neighbours {
  count: number
  readonly points: Uint32Array
  readonly squared: Float64Array
}

export const newNeighbours = (most: number): Neighbours => ({
  count: 0,
  points: new Uint32Array(most),
  squared: new Float64Array(most),
})

/**
 * The points nearest to a place, as many as `out` holds.
 * @param maxDistance points farther away do not count
 * @param out written and returned
 */
export function nearestPoints(
  tree: KdTree,
  x: number,
  y: number,
  z: number,
  out: Neighbours,
  maxDistance = Infinity,
): Neighbours {
  const { sorted, order, axes, cuts } = tree
  const most = out.points.length
  const { points, squared } = out
  let count = 0
  let worst = maxDistance * maxDistance
  const visit = (from: number, to: number) => {
    if (to - from <= leaf) {
      for (let i = from; i < to; i++) {
        const dx = sorted[3 * i] - x
        const dy = sorted[3 * i + 1] - y
        const dz = sorted[3 * i + 2] - z
        const d = dx * dx + dy * dy + dz * dz
        if (d > worst || (count === most && d === worst)) continue
        let at = count < most ? count++ : most - 1
        while (at > 0 && squared[at - 1] > d) {
          squared[at] = squared[at - 1]
          points[at] = points[at - 1]
          at--
        }
        squared[at] = d
        points[at] = order[i]
        if (count === most) worst = squared[most - 1]
      }
      return
    }
    const middle = (from + to) >> 1
    const axis = axes[middle]
    const across = (axis === 0 ? x : axis === 1 ? y : z) - cuts[middle]
    if (across < 0) {
      visit(from, middle)
      if (across * across <= worst) visit(middle, to)
    } else {
      visit(middle, to)
      if (across * across <= worst) visit(from, middle)
    }
  }
  visit(0, order.length)
  out.count = count
  return out
}

/** All points within a distance of a place, in no order; no more than `out` holds. */
export function pointsWithin(
  tree: KdTree,
  x: number,
  y: number,
  z: number,
  distance: number,
  out: Neighbours,
): Neighbours {
  const { sorted, order, axes, cuts } = tree
  const { points, squared } = out
  const most = points.length
  const reach = distance * distance
  let count = 0
  const visit = (from: number, to: number) => {
    if (to - from <= leaf) {
      for (let i = from; i < to && count < most; i++) {
        const dx = sorted[3 * i] - x
        const dy = sorted[3 * i + 1] - y
        const dz = sorted[3 * i + 2] - z
        const d = dx * dx + dy * dy + dz * dz
        if (d > reach) continue
        squared[count] = d
        points[count++] = order[i]
      }
      return
    }
    const middle = (from + to) >> 1
    const axis = axes[middle]
    const across = (axis === 0 ? x : axis === 1 ? y : z) - cuts[middle]
    if (across <= distance) visit(from, middle)
    if (across >= -distance) visit(middle, to)
  }
  visit(0, order.length)
  out.count = count
  return out
}
