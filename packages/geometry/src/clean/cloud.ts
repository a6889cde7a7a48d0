import { buildKdTree, type KdTree, nearestPoints, newNeighbours } from '../mesh/kd-tree.ts'
import { median } from '../mesh/median.ts'
import { weldedTo } from './weld.ts'

/** Points with what is known of the surface round each. */
export interface Cloud {
  readonly tree: KdTree
  /** x y z a point, and how many measured ones it is the middle of */
  readonly points: Float64Array
  readonly mass: Float64Array
  /** numbers of the `k` nearest others of each point, nearest first */
  readonly k: number
  readonly near: Uint32Array
  /** the mean distance of points over the surface round each: one over the root of their density */
  readonly spacing: Float64Array
}

/** Neighbours that a point's normal and density are read from. */
const k = 20
/** A point whose neighbours are this many times as far as theirs are from each other is an outlier. */
const lonely = 2.5
/** So is one whose neighbours are this many times as far as they are in the middle of the whole cloud. */
const farOff = 8
/** And one that so few others have among their neighbours; a point inside a surface is in the lists of about `k`. */
const fewest = 2

/** Points, each with what it weighs and, where the file has one, its normal. */
export interface Points {
  readonly points: Float64Array
  readonly mass: Float64Array
  readonly normals?: Float64Array
}

/** Only some of the points. */
export const picked = ({ points, mass, normals }: Points, which: Uint32Array): Points => ({
  points: rows(points, which),
  mass: Float64Array.from(which, (i) => mass[i]),
  normals: normals && rows(normals, which),
})

function rows(values: Float64Array, which: Uint32Array): Float64Array {
  const out = new Float64Array(3 * which.length)
  for (let i = 0; i < which.length; i++) {
    out[3 * i] = values[3 * which[i]]
    out[3 * i + 1] = values[3 * which[i] + 1]
    out[3 * i + 2] = values[3 * which[i] + 2]
  }
  return out
}

/** From how many points the size of a cloud is told, and how many of them, at each end of an axis, have no say in it. */
const sizedBy = 20_000
const withoutSay = 0.1
/** This many sizes from the middle of a cloud nothing is part of the same thing. */
const farthest = 30

/** The middle of a cloud and its size along the axis on which most of its points reach farthest. */
export function extentOf(points: Float64Array): { middle: readonly number[]; size: number } {
  const count = points.length / 3
  const stride = Math.max(1, Math.floor(count / sizedBy))
  const axes = [0, 1, 2].map((axis) =>
    Float64Array.from({ length: Math.ceil(count / stride) }, (_, i) => points[3 * i * stride + axis]).sort(),
  )
  const reach = (share: number) => {
    const out = Math.floor(share * axes[0].length)
    return Math.max(...axes.map((values) => values[values.length - 1 - out] - values[out]))
  }
  // where nearly all points are one, the others tell
  return { middle: axes.map((values) => values[values.length >> 1]), size: reach(withoutSay) || reach(0) }
}

/**
 * Without points that were put where nothing was seen: at exactly 0 0 0, as depth cameras mark a missing pixel, or at
 * some number far beyond the thing.
 */
export function withoutMissing(all: Points): Points {
  const seen = kept(all, (x, y, z) => x !== 0 || y !== 0 || z !== 0)
  if (seen.mass.length === 0) return seen
  const { middle, size } = extentOf(seen.points)
  const most = farthest * size
  const [mx, my, mz] = middle
  return kept(seen, (x, y, z) => Math.abs(x - mx) <= most && Math.abs(y - my) <= most && Math.abs(z - mz) <= most)
}

function kept(all: Points, stays: (x: number, y: number, z: number) => boolean): Points {
  const { points } = all
  const which = Uint32Array.from(all.mass.keys()).filter((i) =>
    stays(points[3 * i], points[3 * i + 1], points[3 * i + 2]),
  )
  return which.length === all.mass.length ? all : picked(all, which)
}

/** Without points that lie twice. */
export function withoutDoubles(all: Points): Points {
  const { points } = all
  const to = weldedTo(
    { positions: points, triangles: new Uint32Array() },
    extentOf(points).size * 1e-7,
    new Uint8Array(points.length / 3),
  )
  const first = Uint32Array.from(to.keys()).filter((i) => to[i] === i)
  return first.length === to.length ? all : picked(all, first)
}

/**
 * Without points that are no part of a surface: by far farther from their neighbours than those are from theirs, or
 * than points are from each other in the whole cloud; and points that hardly any other has for a neighbour.
 */
export function withoutOutliers(all: Points): { cloud: Cloud; left: Points } {
  let left = all
  let cloud = cloudOf(left)
  // outliers that are each other's neighbours come to light when others are gone
  for (let round = 0; round < 8; round++) {
    const lonely = lonelyPoints(cloud)
    const stays = Uint32Array.from(left.mass.keys()).filter((i) => lonely[i] === 0)
    if (stays.length === left.mass.length || stays.length <= k) break
    left = picked(left, stays)
    cloud = cloudOf(left)
  }
  return { cloud, left }
}

function lonelyPoints({ near, spacing, k }: Cloud): Uint8Array {
  const known = new Uint32Array(spacing.length)
  for (let i = 0; i < near.length; i++) known[near[i]]++
  const most = farOff * median(spacing)
  const around = new Float64Array(k)
  return Uint8Array.from(spacing, (apart, i) => {
    if (apart > most || known[i] <= fewest) return 1
    for (let n = 0; n < k; n++) around[n] = spacing[near[i * k + n]]
    around.sort()
    return apart > lonely * around[k >> 1] ? 1 : 0
  })
}

/** The middles of the points in small cubes, by mass. */
export function thinned({ points, mass, normals }: Points, side: number): Points {
  const lowest = [0, 1, 2].map((axis) =>
    points.reduce((least, value, i) => (i % 3 === axis && value < least ? value : least), Infinity),
  )
  const cubes = new Map<number, number>()
  const of = new Uint32Array(mass.length)
  for (let i = 0; i < of.length; i++) {
    const x = Math.floor((points[3 * i] - lowest[0]) / side)
    const y = Math.floor((points[3 * i + 1] - lowest[1]) / side)
    const z = Math.floor((points[3 * i + 2] - lowest[2]) / side)
    const key = x + 131072 * (y + 131072 * z)
    let cube = cubes.get(key)
    if (cube === undefined) cubes.set(key, (cube = cubes.size))
    of[i] = cube
  }
  const sum = new Float64Array(cubes.size)
  for (let i = 0; i < of.length; i++) sum[of[i]] += mass[i]
  const means = (values: Float64Array) => {
    const out = new Float64Array(3 * sum.length)
    for (let i = 0; i < values.length; i++)
      out[3 * of[Math.floor(i / 3)] + (i % 3)] += values[i] * mass[Math.floor(i / 3)]
    for (let i = 0; i < out.length; i++) out[i] /= sum[Math.floor(i / 3)]
    return out
  }
  return { points: means(points), mass: sum, normals: normals && means(normals) }
}

function cloudOf({ points, mass }: Points): Cloud {
  const tree = buildKdTree(points)
  const count = points.length / 3
  const most = Math.min(k, count - 1)
  const near = new Uint32Array(most * count)
  const spacing = new Float64Array(count)
  const found = newNeighbours(most + 1)
  for (let i = 0; i < count; i++) {
    nearestPoints(tree, points[3 * i], points[3 * i + 1], points[3 * i + 2], found)
    let used = 0
    for (let n = 0; n < found.count && used < most; n++)
      if (found.points[n] !== i) near[i * most + used++] = found.points[n]
    // `most` points in the disc that reaches to the last of them
    spacing[i] = Math.sqrt((Math.PI * found.squared[found.count - 1]) / most)
  }
  return { tree, points, mass, k: most, near, spacing }
}
