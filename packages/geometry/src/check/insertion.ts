import { cross, dot, perpendicular, step, subtract, unit, type Vec3 } from '../mesh/vector.ts'
import { type Distances, lazyDistances } from './distances.ts'
import { nearest, nearestOnBorder, signedDistance, type Surface } from './nearest.ts'
import { castRay } from './rays.ts'
import { evenSamples, pointOf, type Samples } from './samples.ts'
import { roundTheEdge } from './sheet.ts'

export interface Insertion {
  /** the direction in which it is put in, of length 1; it comes out the opposite way */
  readonly axis: Vec3
  /** how deep the product goes into the skin on that way at worst, mm, at rest included; `deepMm` stands for all more */
  readonly interferenceMm: number
  /** whether that is the limit, and the truth may be more */
  readonly deeper: boolean
  /** the place of the product's surface (at rest) that does so, and how far out it is then, mm */
  readonly at: Vec3
  readonly outMm: number
  /** how deep it is in the skin at rest at the most, mm: no way can be better than that */
  readonly restMm: number
}

export interface InsertionOptions {
  /** A way out to try first (out of the body); one that keeps to the press is taken, and no other is looked for. */
  readonly outward?: Vec3
  /** How deep it may go into the skin, mm: what keeps to it is not measured against others once more. Default 0. */
  readonly pressMm?: number
  /** Deeper than this is not told apart: the way is no way. Default 1 mm more than `pressMm`, 2.5 mm at least. */
  readonly deepMm?: number
  readonly seed?: number
}

/** Directions tried at first, about 9° apart over the whole sphere, and how finely the best is looked round. */
const directions = 400
const refinements = [0.12, 0.06, 0.03, 0.015]
/** Ways are equally good within this. */
const equalMm = 0.02
/** So many best ways are measured until one keeps to the press; those nearer to a refuted one are not tried, radians. */
const rounds = 5
const besideRefuted = 0.2
/** Measuring steps no wider than this near the skin: thinner flesh may be stepped over. */
const widestStepMm = 1

/**
 * The straight way on which a rigid product can be taken out, and so put in, with the least pressing into the skin.
 *
 * Points spread over the product's surface are moved along a direction in small steps until the product has left the
 * scan; at each step the depth of every point behind the skin is its distance to the scan, or, where the point has
 * come to another side of the flesh than the one it went in by, the way round that flesh's edge (`roundTheEdge`): thin
 * flesh is not gone through. The worst depth of all is the direction's interference. Directions over the whole sphere
 * are tried with few points against distances interpolated on a grid, the best of them looked round, and the result is
 * measured again with many points and exact distances; where that refutes it the next best is measured. Among ways
 * that are equally good (within 0.02 mm) the one with the most room is taken. Skin that the scan does not show hinders
 * nobody; a way through it costs nothing here. A way that was named is measured first, and taken when it keeps to the
 * press or no other is better.
 * @throws RangeError where depths up to the press could not be told apart
 */
export function insertionOf(product: Surface, scan: Surface, options: InsertionOptions = {}): Insertion {
  const { outward, pressMm = 0, seed = 1 } = options
  const { deepMm = Math.max(2.5, pressMm + 1) } = options
  if (!(pressMm < deepMm)) throw new RangeError('a press as deep as can be told apart is no limit')
  const size = Math.hypot(product.cells.nx, product.cells.ny, product.cells.nz) * product.cells.size
  const grid = lazyDistances(scan, Math.max(0.75, size / 45), deepMm)
  const many = evenSamples(product.cells.mesh, 3000, seed + 1)
  const stepMm = Math.max(0.4, size / 60)
  const exact = (out: Vec3) => measured(many, scan, grid, out, size, Math.min(stepMm / 2, widestStepMm), deepMm)
  const named = outward ? exact(unit(outward)) : null
  if (named && named.interferenceMm <= pressMm + equalMm) return named
  const few = evenSamples(product.cells.mesh, 500, seed)
  const refuted: Vec3[] = []
  let found: Insertion | null = null
  for (let round = 0; round < rounds; round++) {
    const best = bestOf(few, grid, size, stepMm, deepMm, outward, refuted)
    const way = exact(best.out)
    if (!found || way.interferenceMm < found.interferenceMm - equalMm) found = way
    if (found.interferenceMm <= pressMm + equalMm || best.worst > pressMm + grid.cell) break
    refuted.push(best.out)
  }
  // of two ways that few points cannot tell apart, many may find the one that was looked for the worse
  return named && named.interferenceMm <= found!.interferenceMm + equalMm ? named : found!
}

/** The best direction as few points and the grid have it. */
function bestOf(
  few: Samples,
  grid: Distances,
  size: number,
  stepMm: number,
  deepMm: number,
  outward: Vec3 | undefined,
  refuted: readonly Vec3[],
): Way {
  let best: Way = { out: unit(outward ?? [0, 0, 1]), worst: Infinity, room: -Infinity }
  const consider = (out: Vec3) => {
    if (refuted.some((other) => dot(out, other) > Math.cos(besideRefuted))) return
    const way = tried(few, grid, out, size, stepMm, Math.min(best.worst + equalMm, 0.95 * deepMm))
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
  return best
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

/** The same with exact distances, which are asked only where the grid says that the skin is near, and round edges. */
function measured(
  samples: Samples,
  scan: Surface,
  grid: Distances,
  out: Vec3,
  farMm: number,
  stepMm: number,
  deepMm: number,
): Insertion {
  let deepest = 0
  let rest = 0
  let at: Vec3 = pointOf(samples, 0)
  let outMm = 0
  for (let n = 0; n < samples.count; n++) {
    const p = pointOf(samples, n)
    let was = 0
    // the triangle nearest to the last place, or -1 where that was free
    let side = -1
    let reach = Infinity
    let next = 0
    for (let s = 0; s <= farMm; s = next) {
      const [x, y, z] = step(p, out, s)
      const about = grid(x, y, z)
      next = s + Math.max(stepMm, about - grid.cell)
      // the grid is off by less than its own cell; and no step changes a distance by more than it is long
      const d = about > grid.cell ? Infinity : signedDistance(scan, x, y, z, reach + s - was)
      reach = d === Infinity ? Infinity : Math.abs(d) + 1e-6
      const free = !(d < 0) || nearestOnBorder(scan)
      if (free && d < Infinity) next = Math.max(next, s + d)
      const here = free ? -1 : nearest.triangle
      let deep = free ? 0 : -d
      if (s === 0) rest = Math.max(rest, deep)
      else if (here >= 0 || side >= 0) {
        // between air and flesh the side is where the way crosses the skin
        const one = side >= 0 ? side : crossed(scan, step(p, out, was), out, s - was, -1)
        const other = here >= 0 ? here : crossed(scan, step(p, out, was), out, s - was, 1)
        if (onTwoSides(scan, one, other)) {
          const [u, v, w] = here >= 0 ? [x, y, z] : step(p, out, was)
          deep = Math.max(deep, roundTheEdge(scan, one, other, u, v, w, deepMm))
        }
      }
      was = s
      side = here
      if (deep <= deepest) continue
      deepest = Math.min(deep, deepMm)
      at = p
      outMm = s
    }
  }
  return {
    axis: subtract([0, 0, 0], out),
    interferenceMm: deepest,
    deeper: deepest >= deepMm,
    at,
    outMm,
    restMm: Math.min(rest, deepMm),
  }
}

/** The skin's triangle that a stretch crosses, going out of the body (1) or in (-1): the nearest to the flesh. -1: none. */
function crossed({ cells }: Surface, [x, y, z]: Vec3, [dx, dy, dz]: Vec3, mm: number, way: 1 | -1): number {
  let found = -1
  let nearestMm = Infinity
  castRay(cells, x, y, z, dx, dy, dz, mm, (t, to, side) => {
    const fromFlesh = way === 1 ? to : mm - to
    if (side === way && fromFlesh < nearestMm) {
      nearestMm = fromFlesh
      found = t
    }
    return Infinity
  })
  return found
}

/** Whether two triangles of the skin look so far apart that between them lies an edge and no curve. */
const onTwoSides = ({ faces }: Surface, one: number, other: number) =>
  one >= 0 &&
  other >= 0 &&
  faces[3 * one] * faces[3 * other] +
    faces[3 * one + 1] * faces[3 * other + 1] +
    faces[3 * one + 2] * faces[3 * other + 2] <
    0.5

/** The n-th of `directions` spread evenly over the sphere (Vogel's spiral). */
function onSphere(n: number): Vec3 {
  const z = 1 - (2 * n + 1) / directions
  const r = Math.sqrt(1 - z * z)
  const turn = n * Math.PI * (3 - Math.sqrt(5))
  return [r * Math.cos(turn), r * Math.sin(turn), z]
}
