import { cross, perpendicular, step, subtract, unit, type Vec3 } from '../mesh/vector.ts'
import { nearestOnBorder, nearestPoint, signedByNearest, signedDistance, type Surface } from './nearest.ts'
import { evenSamples, pointOf, type Samples } from './samples.ts'

export interface Insertion {
  /** the direction in which it is put in, of length 1; it comes out the opposite way */
  readonly axis: Vec3
  /** how deep the product goes into the skin on that way at worst, mm, at rest included */
  readonly interferenceMm: number
  /** the place of the product's surface (at rest) that does so, and how far out it is then, mm */
  readonly at: Vec3
  readonly outMm: number
  /** how deep it is in the skin at rest at the most, mm: no way can be better than that */
  readonly restMm: number
}

export interface InsertionOptions {
  /** A way out to try first (out of the body). */
  readonly outward?: Vec3
  readonly seed?: number
}

/** Directions tried at first, about 9° apart over the whole sphere, and how finely the best is looked round. */
const directions = 400
const refinements = [0.12, 0.06, 0.03, 0.015]
/** Ways are equally good within this. */
const equalMm = 0.02
/** Deeper than about this in the skin is not told apart: the way is no way. */
const deepMm = 2.5

/**
 * The straight way on which a rigid product can be taken out, and so put in, with the least pressing into the skin.
 *
 * Points spread over the product's surface are moved along a direction in small steps until the product has left the
 * scan; at each step the depth of every point behind the skin is its signed distance to the scan. The worst depth of
 * all is the direction's interference. Directions over the whole sphere are tried with few points against distances
 * interpolated on a grid, the best of them looked round, and the result is measured again with many points and exact
 * distances. Among ways that are equally good (within 0.02 mm) the one with the most room is taken. Skin that the
 * scan does not show hinders nobody; a way through it costs nothing here. The way that was named is measured in any
 * case, and taken if no other is better.
 */
export function insertionOf(product: Surface, scan: Surface, options: InsertionOptions = {}): Insertion {
  const { outward, seed = 1 } = options
  const size = Math.hypot(product.cells.nx, product.cells.ny, product.cells.nz) * product.cells.size
  const grid = lazyDistances(scan, Math.max(0.75, size / 45))
  const few = evenSamples(product.cells.mesh, 500, seed)
  const stepMm = Math.max(0.4, size / 60)
  let best: Way = { out: [0, 0, 1], worst: Infinity, room: -Infinity }
  const consider = (out: Vec3) => {
    const way = tried(few, grid, out, size, stepMm, best.worst + equalMm)
    if (better(way, best)) best = way
  }
  if (outward) consider(unit(outward))
  for (let n = 0; n < directions; n++) consider(onSphere(n))
  for (const wide of refinements) {
    const middle = best.out
    const across = perpendicular(middle)
    const up = cross(middle, across)
    for (let k = 0; k < 8; k++) {
      const turn = (k * Math.PI) / 4
      consider(unit(step(step(middle, across, wide * Math.cos(turn)), up, wide * Math.sin(turn))))
    }
  }
  const many = evenSamples(product.cells.mesh, 3000, seed + 1)
  const found = measured(many, scan, grid, best.out, size, stepMm / 2)
  if (!outward) return found
  // of two ways that few points cannot tell apart, many may find the one that was looked for the worse
  const named = measured(many, scan, grid, unit(outward), size, stepMm / 2)
  return named.interferenceMm <= found.interferenceMm + equalMm ? named : found
}

interface Way {
  readonly out: Vec3
  readonly worst: number
  readonly room: number
}

function better(one: Way, other: Way): boolean {
  if (Math.abs(one.worst - other.worst) > equalMm) return one.worst < other.worst
  return one.room > other.room
}

/** The worst depth over all points and steps, and the mean room (up to 1 mm a point); given up above a limit. */
function tried(samples: Samples, grid: Distances, out: Vec3, farMm: number, stepMm: number, limit: number): Way {
  const { points, count } = samples
  const [dx, dy, dz] = out
  let worst = 0
  let room = 0
  for (let n = 0; n < count; n++) {
    const x = points[3 * n]
    const y = points[3 * n + 1]
    const z = points[3 * n + 2]
    let least = 1
    for (let s = 0; s <= farMm;) {
      const d = grid(x + s * dx, y + s * dy, z + s * dz)
      if (d < least) least = d
      if (-d > limit) return { out, worst: Infinity, room: -Infinity }
      // no skin is nearer than d, give or take the grid
      s += Math.max(stepMm, d - grid.cell)
    }
    room += least
    if (-least > worst) worst = -least
  }
  return { out, worst, room: room / count }
}

/** The same with exact distances, which are asked only where the grid says that the skin is near. */
function measured(
  samples: Samples,
  scan: Surface,
  grid: Distances,
  out: Vec3,
  farMm: number,
  stepMm: number,
): Insertion {
  let deepest = 0
  let rest = 0
  let at: Vec3 = pointOf(samples, 0)
  let outMm = 0
  for (let n = 0; n < samples.count; n++) {
    const p = pointOf(samples, n)
    let next = 0
    for (let s = 0; s <= farMm; s = next) {
      const [x, y, z] = step(p, out, s)
      const about = grid(x, y, z)
      next = s + Math.max(stepMm, about - grid.cell)
      // the grid is off by less than its own cell, and what is less deep than what was found need not be known
      if (about > -deepest + grid.cell) continue
      const d = signedDistance(scan, x, y, z, deepMm)
      if (d === Infinity || nearestOnBorder(scan)) continue
      if (s === 0) rest = Math.max(rest, -d)
      if (-d <= deepest) continue
      deepest = -d
      at = p
      outMm = s
    }
  }
  return { axis: subtract([0, 0, 0], out), interferenceMm: deepest, at, outMm, restMm: rest }
}

/** The n-th of `directions` spread evenly over the sphere (Vogel's spiral). */
function onSphere(n: number): Vec3 {
  const z = 1 - (2 * n + 1) / directions
  const r = Math.sqrt(1 - z * z)
  const turn = n * Math.PI * (3 - Math.sqrt(5))
  return [r * Math.cos(turn), r * Math.sin(turn), z]
}

interface Distances {
  (x: number, y: number, z: number): number
  readonly cell: number
}

/**
 * Signed distances to the scan between the nodes of a grid over it, each node asked when it is first wanted. Farther
 * than `deepMm` and outside its box all is free, and so is what is beyond the scan's border, by the distance to that.
 */
function lazyDistances(scan: Surface, cell: number): Distances {
  const { cells } = scan
  const margin = deepMm + cell
  const wide = [cells.nx, cells.ny, cells.nz].map((n) => n * cells.size + 2 * margin)
  // a grid for a large scan is coarser, so that it fits into memory
  while (wide.reduce((product, w) => product * (w / cell + 2), 1) > 8e6) cell *= 1.25
  const [nx, ny, nz] = wide.map((w) => Math.ceil(w / cell) + 1)
  const [ox, oy, oz] = cells.origin.map((value) => value - margin)
  const values = new Float32Array(nx * ny * nz).fill(NaN)
  const plane = nx * ny
  const node = (i: number, j: number, k: number): number => {
    const n = i + nx * j + plane * k
    const known = values[n]
    if (known === known) return known
    const x = ox + i * cell
    const y = oy + j * cell
    const z = oz + k * cell
    let d = Math.min(deepMm, nearestPoint(scan, x, y, z, deepMm))
    if (d < deepMm && !nearestOnBorder(scan)) d = signedByNearest(scan, x, y, z)
    values[n] = d
    return d
  }
  const at = (x: number, y: number, z: number): number => {
    const u = (x - ox) / cell
    const v = (y - oy) / cell
    const w = (z - oz) / cell
    if (!(u >= 0 && v >= 0 && w >= 0 && u < nx - 1 && v < ny - 1 && w < nz - 1)) return deepMm
    const i = Math.floor(u)
    const j = Math.floor(v)
    const k = Math.floor(w)
    const fu = u - i
    const fv = v - j
    const fw = w - k
    const along = (b: number, c: number) => {
      const low = node(i, b, c)
      return low + fu * (node(i + 1, b, c) - low)
    }
    const a = along(j, k)
    const b = along(j, k + 1)
    const low = a + fv * (along(j + 1, k) - a)
    const high = b + fv * (along(j + 1, k + 1) - b)
    return low + fw * (high - low)
  }
  return Object.assign(at, { cell })
}
