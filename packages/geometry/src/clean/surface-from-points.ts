import { median } from '../mesh/median.ts'
import type { Mesh, Scan } from '../mesh/mesh.ts'
import { type Cloud, extentOf, type Points, thinned, withoutDoubles, withoutMissing, withoutOutliers } from './cloud.ts'
import { frameOf, triangulatedFrame } from './frame.ts'
import { fittedAt, newFitted, type Oriented } from './moving-spheres.ts'
import { surfaceNet } from './nets.ts'
import { orient, type PlaneFits, planeFits } from './normals.ts'

export interface SurfaceFromPoints extends Mesh {
  /** what the points were taken for: one frame of a depth camera at the origin, or a cloud from all round */
  readonly from: 'frame' | 'cloud'
  /** points that are no part of the surface: missing ones, flying pixels of a frame, lonely points of a cloud */
  readonly outliers: number
}

/** Fewer points than this are no surface. */
const fewestPoints = 30
/** A cloud of more points is thinned to this many first: each the middle of those in a small cube. */
const mostPoints = 250_000
/** Roughness against the reach of a neighbourhood, up to which its plane can be told. */
const flatEnough = 0.11
/** Over how many spacings a point has its say, and over how many times the roughness at least. */
const reachSpacings = 4
const reachRoughness = 6
/** No point has its say over more than this many times what is usual in the cloud. */
const longestOfMedian = 3
/** The surface's vertices are this many spacings apart. */
const cellSpacings = 1.1

/**
 * A surface through points that have none. A frame of a depth camera (every point on its own ray from the origin) is
 * triangulated in the picture, its points untouched; any other cloud gets a new surface in the middle of its noise,
 * which ends where the points do. Of either, points that mark what was not seen are left out first. In the points' own
 * unit; not yet cleaned.
 * @param scan points; its normals, where it has them, say which side is outside
 */
export function surfaceFromPoints(scan: Pick<Scan, 'positions' | 'normals'>): SurfaceFromPoints {
  const count = scan.positions.length / 3
  const seen = withoutMissing({
    points: scan.positions,
    mass: new Float64Array(count).fill(1),
    normals: scan.normals,
  })
  const { points: positions } = seen
  const missing = count - seen.mass.length
  if (seen.mass.length < fewestPoints) {
    return { positions, triangles: new Uint32Array(), from: 'cloud', outliers: missing }
  }
  const frame = frameOf(positions)
  if (frame) {
    const { triangles, flying } = triangulatedFrame(positions, frame)
    return { positions, triangles, from: 'frame', outliers: missing + flying }
  }
  const { oriented, cell, outliers } = cloudWithNormals(seen)
  const fit = newFitted()
  const net = surfaceNet((x, y, z) => fittedAt(oriented, x, y, z, fit).distance, oriented.points, cell)
  settle(net.positions, oriented)
  return { ...net, from: 'cloud', outliers: missing + outliers }
}

/** The cloud without outliers, thinned until it is flat enough to tell which way each place of it looks. */
function cloudWithNormals(seen: Points) {
  let points = withoutDoubles(seen)
  if (points.mass.length > mostPoints) points = thinned(points, sideFor(points))
  const { cloud: first, left } = withoutOutliers(points)
  const outliers = points.mass.length - left.mass.length
  let cloud = first
  let fits = planeFits(cloud)
  points = left
  for (let round = 0; round < 4; round++) {
    const apart = median(cloud.spacing)
    const rough = median(fits.roughness)
    if (rough < flatEnough * neighbourhoodRadius(cloud, apart)) break
    // where noise is deeper than points are apart, neighbours are a ball of noise: the middles of more of them are needed
    points = thinned(points, Math.max(1.2 * apart, Math.sqrt(2 * rough * apart)))
    ;({ cloud, left: points } = withoutOutliers(points))
    fits = planeFits(cloud)
  }
  orient(cloud, fits.normals, points.normals)
  return { oriented: withReach(cloud, fits), cell: cellSpacings * median(cloud.spacing), outliers }
}

/** How far the `k` neighbours of a point reach over a surface. */
const neighbourhoodRadius = ({ k }: Cloud, spacing: number) => spacing * Math.sqrt(k / Math.PI)

function withReach(cloud: Cloud, { normals, roughness }: PlaneFits): Oriented {
  const { k, near, spacing, points, mass, tree } = cloud
  const own = spacing.map((apart, i) => Math.max(reachSpacings * apart, reachRoughness * roughness[i]))
  const longestReach = longestOfMedian * median(own)
  const around = new Float64Array(k + 1)
  const reach = new Float64Array(own.length)
  for (let i = 0; i < own.length; i++) {
    // the median of the neighbourhood: a reach that jumped from point to point would show in the surface
    around[k] = own[i]
    for (let n = 0; n < k; n++) around[n] = own[near[i * k + n]]
    around.sort()
    reach[i] = Math.min(around[k >> 1], longestReach)
  }
  return { tree, points, mass, normals, reach, longestReach: reach.reduce((most, value) => Math.max(most, value), 0) }
}

/** Moves vertices onto the fitted surface: the net has them in the middle of crossings, a hair off where it is curved. */
function settle(positions: Float64Array, oriented: Oriented) {
  const fit = newFitted()
  for (let v = 0; v < positions.length; v += 3) {
    fittedAt(oriented, positions[v], positions[v + 1], positions[v + 2], fit)
    if (Number.isNaN(fit.distance)) continue
    positions[v] -= fit.distance * fit.nx
    positions[v + 1] -= fit.distance * fit.ny
    positions[v + 2] -= fit.distance * fit.nz
  }
}

/** The side of cubes that leave few enough points. */
function sideFor(points: Points): number {
  for (let side = extentOf(points.points).size / 1000; ;) {
    const left = thinned(points, side).mass.length
    if (left <= mostPoints) return side
    side *= Math.max(1.1, Math.sqrt(left / mostPoints))
  }
}
