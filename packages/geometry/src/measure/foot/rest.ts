import { convexHull } from '../../mesh/outline.ts'
import { cross, dot, length, perpendicular, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'

/** A face of a body's convex hull on which it stands without tipping over. */
export interface Rest {
  /** of length 1, out of the body through the face */
  readonly down: Vec3
  /** the three points that carry it: the weight falls between them */
  readonly feet: readonly [Vec3, Vec3, Vec3]
}

/**
 * Rolls a body downhill from one attitude until it stands: over a point, over an edge, onto a face, and over that
 * face's edges, until its weight falls within the face. No hull is built: each step looks at every point once
 * (gift wrapping: Jarvis 1973; resting poses as minima of the centre's height: Goldberg et al. 1999, Part pose
 * statistics).
 * @param points x y z a point
 * @param centre where the weight acts, inside the hull
 * @param down of length 1, the attitude to start from
 * @returns null for points that span no volume
 */
export function rollToRest(points: Float64Array, centre: Vec3, down: Vec3): Rest | null {
  let d = down
  for (let turn = 0; turn < 300; turn++) {
    const contact = contactOf(points, d, centre)
    if (contact.around) return { down: d, feet: contact.around }
    const [a, b] = contact.edge
    const lever = subtract(a, centre)
    let towards: Vec3
    if (b) {
      towards = cross(subtract(b, a), d)
      if (dot(towards, lever) > 0) towards = scale(towards, -1)
    } else {
      towards = subtract(scale(d, dot(lever, d)), lever)
      if (length(towards) < 1e-9 * length(lever)) towards = perpendicular(d)
    }
    const next = turnToMeet(points, a, d, unit(towards))
    if (!next) return null
    d = next
  }
  return null
}

/**
 * What touches the ground: three points round the weight, or the edge (or point) over which the body rolls on.
 * All points of a flat face are taken together, so that it does not matter how many there are.
 */
function contactOf(points: Float64Array, d: Vec3, centre: Vec3): { around?: Rest['feet']; edge: Vec3[] } {
  let most = -Infinity
  for (let i = 0; i < points.length; i += 3) {
    const along = points[i] * d[0] + points[i + 1] * d[1] + points[i + 2] * d[2]
    if (along > most) most = along
  }
  const touch = most - 1e-8 * Math.max(1, Math.abs(most - dot(centre, d)))
  const u = perpendicular(d)
  const v = cross(d, u)
  const flat: number[] = []
  const touching: Vec3[] = []
  for (let i = 0; i < points.length; i += 3) {
    if (points[i] * d[0] + points[i + 1] * d[1] + points[i + 2] * d[2] < touch) continue
    const p: Vec3 = [points[i], points[i + 1], points[i + 2]]
    touching.push(p)
    flat.push(dot(subtract(p, centre), u), dot(subtract(p, centre), v))
  }
  const hull = convexHull(Float64Array.from(flat))
  if (hull.length < 3)
    return {
      edge: overWhich(
        hull.map((i) => touching[i]),
        centre,
      ),
    }
  // the weight is the origin of `flat`, and the hull runs anticlockwise round it if it is inside
  let worst = 1e-9
  let edge: Vec3[] | null = null
  for (let k = 0; k < hull.length; k++) {
    const i = hull[k]
    const j = hull[(k + 1) % hull.length]
    const [ex, ey] = [flat[2 * j] - flat[2 * i], flat[2 * j + 1] - flat[2 * i + 1]]
    const outside = (ex * flat[2 * i + 1] - ey * flat[2 * i]) / Math.hypot(ex, ey)
    if (outside > worst) {
      worst = outside
      edge = [touching[i], touching[j]]
    }
  }
  if (edge) return { edge: overWhich(edge, centre) }
  for (let k = 1; k + 1 < hull.length; k++) {
    const [i, j, l] = [hull[0], hull[k], hull[k + 1]]
    const turn = (p: number, q: number) => flat[2 * p] * flat[2 * q + 1] - flat[2 * p + 1] * flat[2 * q]
    if (turn(i, j) >= -1e-6 && turn(j, l) >= -1e-6 && turn(l, i) >= -1e-6)
      return { around: [touching[i], touching[j], touching[l]], edge: [] }
  }
  return { around: [touching[hull[0]], touching[hull[1]], touching[hull[2]]], edge: [] }
}

/** The edge, or that end of it beyond which the weight falls: then the body rolls over the corner. */
function overWhich(edge: Vec3[], centre: Vec3): Vec3[] {
  if (edge.length < 2) return edge
  const along = subtract(edge[1], edge[0])
  const share = dot(subtract(centre, edge[0]), along) / dot(along, along)
  return share <= 0 ? [edge[0]] : share >= 1 ? [edge[1]] : edge
}

/** The attitude in which the ground, turning from `d` towards `towards` about a point, meets the next point. */
function turnToMeet(points: Float64Array, [x, y, z]: Vec3, d: Vec3, towards: Vec3): Vec3 | null {
  let bestSin = 0
  let bestCos = -1 // half a turn: everything comes before it
  let found = false
  for (let i = 0; i < points.length; i += 3) {
    const px = points[i] - x
    const py = points[i + 1] - y
    const pz = points[i + 2] - z
    const ahead = px * towards[0] + py * towards[1] + pz * towards[2]
    const above = -(px * d[0] + py * d[1] + pz * d[2])
    if (!(ahead > 1e-7)) continue
    const size = Math.hypot(ahead, above)
    const sin = Math.max(0, above / size)
    const cos = ahead / size
    if (sin * bestCos - cos * bestSin < 0) {
      bestSin = sin
      bestCos = cos
      found = true
    }
  }
  return found ? unit(step(scale(d, bestCos), towards, bestSin)) : null
}

/** Even directions over the sphere (Fibonacci lattice: González 2010). */
export function directions(count: number): Vec3[] {
  const golden = Math.PI * (3 - Math.sqrt(5))
  return Array.from({ length: count }, (_, i) => {
    const z = 1 - (2 * i + 1) / count
    const r = Math.sqrt(1 - z * z)
    return [r * Math.cos(golden * i), r * Math.sin(golden * i), z]
  })
}
