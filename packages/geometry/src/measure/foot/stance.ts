import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { subdivide } from '../../mesh/resample.ts'
import { cross, dot, perpendicular, scale, unit, type Vec3 } from '../../mesh/vector.ts'
import { evenSamples, type Samples } from '../fit/symmetry.ts'
import { principalOf } from '../fit/principal.ts'
import { directions, rollToRest } from './rest.ts'

/** What a body looks like when it stands on one of the faces of its hull. Lengths in mm, shares 0 to 1. */
export interface Stance {
  readonly down: Vec3
  /** the support: points p on the ground have down · p = offset */
  readonly offset: number
  /** length and breadth in plan of what is low (below 0.22 lengths) */
  readonly length: number
  readonly breadth: number
  readonly height: number
  /** direction of the length in plan, from the higher end to the lower */
  readonly forward: Vec3
  /** share of the length along which the body is near the ground */
  readonly contact: number
  /** area near the ground facing down, against length x breadth */
  readonly sole: number
  /** the same with the opening of a foot that was scanned from above, and has no sole */
  readonly flat: number
  /** the same of what faces up: a floor, seen from above */
  readonly floor: number
  /** height of the front quarter and of the back two fifths, in lengths */
  readonly toes: number
  readonly ankle: number
  /** 0 to 1: how much like a foot on its sole */
  readonly score: number
}

/** The share that a value has of a plateau from b to c, falling to 0 at a and d. */
export const trapezoid = (value: number, a: number, b: number, c: number, d: number) =>
  Math.max(0, Math.min(1, (value - a) / (b - a), (d - value) / (d - c)))

/**
 * The attitudes in which a body can stand, the most foot-like first. Rough: on some thousand points of it, so that
 * the ground is right within a few millimetres and degrees.
 */
export function stancesOf(mesh: Mesh): Stance[] {
  const body = bodyOf(mesh)
  if (body.points.length < 12 || body.outer.length < 12) return []
  const found: Stance[] = []
  for (const weight of weightsOf(mesh)) {
    for (const start of directions(40)) {
      const rest = rollToRest(body.outer, weight, start)
      if (!rest || found.some(({ down }) => dot(down, rest.down) > Math.cos(Math.PI / 90))) continue
      found.push(stanceOf(body, rest.down))
    }
  }
  return found.sort((a, b) => b.score - a.score)
}

/** Where a body's weight may act: in its middle, and of a long one, as a leg is, also in the middle of either end. */
function weightsOf(mesh: Mesh): Vec3[] {
  const { middle, axes, spreads } = principalOf(mesh)
  if (spreads[0] < 4 * spreads[1]) return [middle]
  const { positions, triangles } = mesh
  const beyond = Math.sqrt(spreads[0])
  const ends = [1, -1].map((sign) =>
    principalOf(mesh, (t) => {
      const v = 3 * triangles[3 * t]
      const from: Vec3 = [positions[v] - middle[0], positions[v + 1] - middle[1], positions[v + 2] - middle[2]]
      return sign * dot(from, axes[0]) > beyond
    }),
  )
  return [middle, ...ends.map((end) => end.middle)]
}

/** The attitude in which a body stands with its lowest point on a ground that is known. */
export function stanceOn(mesh: Mesh, down: Vec3): Stance | null {
  const body = bodyOf(mesh)
  return body.points.length < 12 || body.outer.length < 12 ? null : stanceOf(body, down)
}

interface Body extends Samples {
  readonly area: number
  /** area and direction of what would close the surface: the areas of a closed one cancel out */
  readonly missing: Vec3
  readonly outer: Float64Array
}

function bodyOf(mesh: Mesh): Body {
  // samples are middles of triangles: a few large ones would make too few
  let fine = mesh
  while (fine.triangles.length > 0 && fine.triangles.length < 24000) fine = subdivide(fine)
  const faces = faceVectors(fine)
  let area = 0
  let [x, y, z] = [0, 0, 0]
  for (let t = 0; t < faces.length; t += 3) {
    area += Math.hypot(faces[t], faces[t + 1], faces[t + 2]) / 2
    x -= faces[t] / 2
    y -= faces[t + 1] / 2
    z -= faces[t + 2] / 2
  }
  return {
    ...evenSamples(fine, 4000),
    area,
    missing: [x, y, z],
    outer: outerPoints(mesh),
  }
}

/** Vertices that stand out farthest in some of 320 directions: nearly the convex hull. */
function outerPoints({ positions, triangles }: Mesh): Float64Array {
  const stride = Math.max(1, Math.ceil(triangles.length / 3000))
  const chosen = new Set<number>()
  for (const [x, y, z] of directions(320)) {
    let best = -1
    let most = -Infinity
    for (let i = 0; i < triangles.length; i += stride) {
      const v = 3 * triangles[i]
      const along = positions[v] * x + positions[v + 1] * y + positions[v + 2] * z
      if (along > most) {
        most = along
        best = v
      }
    }
    if (best >= 0) chosen.add(best)
  }
  return Float64Array.from([...chosen].flatMap((v) => [positions[v], positions[v + 1], positions[v + 2]]))
}

function stanceOf(samples: Body, down: Vec3): Stance {
  const { outer } = samples
  const u = perpendicular(down)
  const v = cross(down, u)
  let offset = -Infinity
  for (let i = 0; i < outer.length; i += 3) offset = Math.max(offset, along(outer, i, down))
  let height = 0
  for (let i = 0; i < outer.length; i += 3) height = Math.max(height, offset - along(outer, i, down))
  const below = (points: Float64Array, limit: number) => {
    const out: number[] = []
    for (let i = 0; i < points.length; i += 3) {
      if (offset - along(points, i, down) <= limit) out.push(along(points, i, u), along(points, i, v))
    }
    return out
  }
  const both = (limit: number) => [...below(samples.points, limit), ...below(outer, limit)]
  let plan = planOf(both(Infinity))
  for (const share of [0.3, 0.22]) {
    const low = both(Math.max(share * plan.length, 0.1 * height))
    if (low.length >= 8) plan = planOf(low)
  }
  const { length, breadth, angle, from } = plan
  let axis: Vec3 = unit([0, 1, 2].map((k) => Math.cos(angle) * u[k] + Math.sin(angle) * v[k]) as unknown as Vec3)
  const count = samples.points.length / 3
  const each = samples.area / count
  let first = Infinity
  let last = -Infinity
  let sole = 0
  let floor = 0
  const top = new Float64Array(20)
  for (let i = 0; i < samples.points.length; i += 3) {
    const h = offset - along(samples.points, i, down)
    const x = (along(samples.points, i, axis) - from) / length
    const bin = Math.max(0, Math.min(19, Math.floor(20 * x)))
    if (x > -0.03 && x < 1.03) top[bin] = Math.max(top[bin], h / length)
    if (h > 0.03 * length) continue
    first = Math.min(first, x)
    last = Math.max(last, x)
    const facing = along(samples.normals, i, down)
    if (facing > 0.8) sole += each
    if (facing < -0.9 && h < 0.015 * length) floor += each
  }
  const highest = (a: number, b: number) => Math.max(...top.subarray(a, b))
  let ankle = highest(0, 8)
  let toes = highest(15, 20)
  if (highest(12, 20) - highest(0, 5) > ankle - toes) {
    ankle = highest(12, 20)
    toes = highest(0, 5)
    axis = scale(axis, -1)
  }
  const contact = last > first ? Math.min(1, last - first) : 0
  const ends = endsOf(samples, down, offset, { axis, length })
  // a foot that was scanned from above has no sole: its opening counts as one
  const open = Math.max(0, dot(samples.missing, down))
  const flat = (sole + Math.min(open, 0.8 * length * breadth)) / (length * breadth)
  const score =
    trapezoid(length / breadth, 1.2, 2.1, 3.3, 5) *
    (0.15 + 0.85 * trapezoid(contact, 0.25, 1, 2, 3)) *
    (0.3 + 0.6 * Math.min(1, flat / 0.4) + 0.1 * Math.min(1, flat)) *
    (0.3 + 0.7 * Math.max(0, Math.min(1, (ankle - toes) / 0.15))) *
    (0.1 + 0.9 * trapezoid(toes, 0, 0.03, 0.26, 0.45)) *
    // a wedge of a foot lies on its sloping back as well as on its sole; but then heel and toes lean over
    (0.3 + 0.7 * trapezoid(Math.abs(ends.lean), -2, -1, 8, 24)) *
    (0.2 + 0.8 * trapezoid(ends.lift, -2, -1, 0.022, 0.05))
  return {
    down,
    offset,
    length,
    breadth,
    height,
    forward: axis,
    contact,
    sole: sole / (length * breadth),
    flat,
    floor: floor / (length * breadth),
    toes,
    ankle,
    score,
  }
}

/**
 * How the foot's ends stand: by how many degrees the walls of heel and toes lean over (both the same way when the
 * whole is tilted along its length), and how far the heel's underside is lifted off the ground, in lengths.
 */
function endsOf(
  { points, normals }: Samples,
  down: Vec3,
  offset: number,
  { axis, length }: { axis: Vec3; length: number },
): { lean: number; lift: number } {
  let upright = 0
  let leaning = 0
  let back = Infinity
  const low: number[] = []
  for (let i = 0; i < points.length; i += 3) {
    const h = (offset - along(points, i, down)) / length
    if (h >= 0.45) continue
    const x = along(points, i, axis) / length
    low.push(x, h)
    back = Math.min(back, x)
    const ahead = along(normals, i, axis)
    const below = along(normals, i, down)
    if (Math.abs(below) > 0.5 || Math.abs(ahead) < 0.7) continue
    upright += ahead * ahead
    leaning += ahead * below
  }
  let lift = Infinity
  for (let i = 0; i < low.length; i += 2) {
    if (low[i] > back + 0.04 && low[i] < back + 0.09) lift = Math.min(lift, low[i + 1])
  }
  return {
    lean: upright > 0 ? (Math.atan(leaning / upright) * 180) / Math.PI : 0,
    lift: Number.isFinite(lift) ? lift : 0,
  }
}

const along = (points: Float64Array, i: number, d: Vec3) =>
  points[i] * d[0] + points[i + 1] * d[1] + points[i + 2] * d[2]

/** Length and breadth of points in plan (x y a point) along their principal axes. */
function planOf(flat: number[]) {
  const n = flat.length / 2
  let mx = 0
  let my = 0
  for (let i = 0; i < flat.length; i += 2) {
    mx += flat[i] / n
    my += flat[i + 1] / n
  }
  let xx = 0
  let xy = 0
  let yy = 0
  for (let i = 0; i < flat.length; i += 2) {
    xx += (flat[i] - mx) ** 2
    xy += (flat[i] - mx) * (flat[i + 1] - my)
    yy += (flat[i + 1] - my) ** 2
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2
  const c = Math.cos(angle)
  const s = Math.sin(angle)
  let from = Infinity
  let to = -Infinity
  let left = Infinity
  let right = -Infinity
  for (let i = 0; i < flat.length; i += 2) {
    const x = c * flat[i] + s * flat[i + 1]
    const y = c * flat[i + 1] - s * flat[i]
    from = Math.min(from, x)
    to = Math.max(to, x)
    left = Math.min(left, y)
    right = Math.max(right, y)
  }
  return { length: Math.max(to - from, 1e-9), breadth: Math.max(right - left, 1e-9), angle, from }
}
