import { type KdTree, newNeighbours, pointsWithin } from '../mesh/kd-tree.ts'

/** Points with normals, and over which distance each of them has a say. */
export interface Oriented {
  readonly tree: KdTree
  readonly points: Float64Array
  readonly mass: Float64Array
  readonly normals: Float64Array
  readonly reach: Float64Array
  readonly longestReach: number
}

/** A question's answer, written into. */
export interface Fitted {
  /** signed distance to the surface, positive outside; NaN where the points say nothing */
  distance: number
  /** the way outwards, of length 1 */
  nx: number
  ny: number
  nz: number
}

export const newFitted = (): Fitted => ({ distance: NaN, nx: 0, ny: 0, nz: 0 })

const found = newNeighbours(4096)
/** Beyond the points' border: their weighted middle lies this share of their reach to one side. At it: 0.235. */
const farthestAside = 0.38
/** Normals that add up to this share of their number look the same way, but for a few. */
const coherent = 0.7
/** A sphere needs five points; a few more, and one stray point does not make it. */
const fewestPoints = 6

/**
 * The surface that the points round a place have in common: the sphere or plane that fits them and their normals
 * best, weighted by how near they are (algebraic point set surfaces: Guennebaud & Gross 2007; its closed form in
 * Guennebaud, Germann & Gross 2008). Curvature makes no bias, as it would for planes, and noise is averaged over the
 * reach. Points that look the other way than those nearest are of another sheet, and have no say.
 * @param out written and returned
 */
export function fittedAt(cloud: Oriented, x: number, y: number, z: number, out: Fitted): Fitted {
  const { points, mass, normals, reach } = cloud
  pointsWithin(cloud.tree, x, y, z, cloud.longestReach, found)
  out.distance = NaN
  let nearest = -1
  let least = Infinity
  let [ax, ay, az, around] = [0, 0, 0, 0]
  for (let n = 0; n < found.count; n++) {
    const i = found.points[n]
    if (found.squared[n] < least) {
      least = found.squared[n]
      nearest = i
    }
    const share = (4 * found.squared[n]) / (reach[i] * reach[i])
    if (share >= 1) continue
    const w = (1 - share) * mass[i]
    ax += w * normals[3 * i]
    ay += w * normals[3 * i + 1]
    az += w * normals[3 * i + 2]
    around += w
  }
  if (nearest < 0) return out
  // What is nearest all round looks one way: that is the way. Else there are two sheets, and the nearest point decides.
  if (Math.hypot(ax, ay, az) < coherent * around || around === 0) {
    ax = normals[3 * nearest]
    ay = normals[3 * nearest + 1]
    az = normals[3 * nearest + 2]
  }
  let [weight, px, py, pz, nx, ny, nz, pn, pp] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  let used = 0
  for (let n = 0; n < found.count; n++) {
    const i = found.points[n]
    const share = found.squared[n] / (reach[i] * reach[i])
    if (share >= 1) continue
    const agree = ax * normals[3 * i] + ay * normals[3 * i + 1] + az * normals[3 * i + 2]
    if (agree <= 0) continue
    const near = (1 - share) * (1 - share)
    const w = near * near * agree * mass[i] // the size of the direction does not matter: all have it in common
    const dx = points[3 * i] - x
    const dy = points[3 * i + 1] - y
    const dz = points[3 * i + 2] - z
    used++
    weight += w
    px += w * dx
    py += w * dy
    pz += w * dz
    nx += w * normals[3 * i]
    ny += w * normals[3 * i + 1]
    nz += w * normals[3 * i + 2]
    pn += w * (dx * normals[3 * i] + dy * normals[3 * i + 1] + dz * normals[3 * i + 2])
    pp += w * (dx * dx + dy * dy + dz * dz)
  }
  if (used < fewestPoints) return out
  const spread = pp - (px * px + py * py + pz * pz) / weight
  const bend = spread > 0 ? (pn - (px * nx + py * ny + pz * nz) / weight) / (2 * spread) : 0
  // the sphere c0 + l·p + bend·p², seen from the place that was asked for
  const lx = (nx - 2 * bend * px) / weight
  const ly = (ny - 2 * bend * py) / weight
  const lz = (nz - 2 * bend * pz) / weight
  const c0 = -(lx * px + ly * py + lz * pz + bend * pp) / weight
  const size = Math.hypot(lx, ly, lz)
  const root = size * size - 4 * c0 * bend
  if (!(size > 0) || root < 0) return out
  out.nx = lx / size
  out.ny = ly / size
  out.nz = lz / size
  // how far the points' middle lies aside, along the surface
  const [mx, my, mz] = [px / weight, py / weight, pz / weight]
  const up = mx * out.nx + my * out.ny + mz * out.nz
  const aside = mx * mx + my * my + mz * mz - up * up
  if (aside > (farthestAside * reach[nearest]) ** 2) return out
  out.distance = (2 * c0) / (size + Math.sqrt(root))
  return out
}
