import type { Bvh } from '../../mesh/bvh.ts'
import { median } from '../../mesh/median.ts'
import { vertex } from '../../mesh/mesh.ts'
import { castRay } from '../../mesh/ray.ts'
import { cross, dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { beside, type OwnAxes } from './canal-pose.ts'

/** A surface to send rays at, with axes of its own. */
export interface Scene {
  readonly bvh: Bvh
  readonly own: OwnAxes
}

/** What rays in a plane see of a tube round a point within it. */
export interface Ring {
  /** the middle of the area */
  readonly centre: Vec3
  /** of the circle with the same area, mm */
  readonly radius: number
  /** nearest and farthest wall from the middle */
  readonly least: number
  readonly most: number
  /** share of the rays that meet a wall, 0 to 1 */
  readonly coverage: number
}

/** Farther than this no canal's wall is, mm. */
export const reach = 20

const rays = 24
const radii = new Float64Array(rays)

/** Looks round from a point at right angles to an axis. Null where less than half is seen. */
export function ringAt({ bvh, own }: Scene, from: Vec3, axis: Vec3): Ring | null {
  const u = beside(own, axis)
  const v = cross(axis, u)
  const known: number[] = []
  for (let i = 0; i < rays; i++) {
    const angle = (2 * Math.PI * i) / rays
    const [c, s] = [Math.cos(angle), Math.sin(angle)]
    const hit = castRay(bvh, from, [u[0] * c + v[0] * s, u[1] * c + v[1] * s, u[2] * c + v[2] * s], { max: reach })
    radii[i] = hit ? hit.t : NaN
    if (hit) known.push(hit.t)
  }
  if (known.length < rays / 2) return null
  const usual = median(known)
  let seen = 0
  for (let i = 0; i < rays; i++) {
    // far beyond the others: through a hole, onto something else
    if (radii[i] > 2.5 * usual) radii[i] = NaN
    if (radii[i] > 0) seen++
  }
  bridgeGaps()
  const { area, x, y } = middleOf()
  let least = Infinity
  let most = 0
  for (let i = 0; i < rays; i++) {
    const angle = (2 * Math.PI * i) / rays
    const d = Math.hypot(radii[i] * Math.cos(angle) - x, radii[i] * Math.sin(angle) - y)
    least = Math.min(least, d)
    most = Math.max(most, d)
  }
  const centre = step(step(from, u, x), v, y)
  return { centre, radius: Math.sqrt(area / Math.PI), least, most, coverage: seen / rays }
}

/** Where a ray met nothing: between its neighbours. */
function bridgeGaps() {
  const seen = radii.findIndex((r) => r > 0)
  let last = seen
  for (let k = seen + 1; k <= seen + rays; k++) {
    if (!(radii[k % rays] > 0)) continue
    const [a, b] = [radii[last % rays], radii[k % rays]]
    for (let j = last + 1; j < k; j++) radii[j % rays] = a + ((b - a) * (j - last)) / (k - last)
    last = k
  }
}

/** Area and middle of the polygon of the radii. */
function middleOf() {
  let area = 0
  let x = 0
  let y = 0
  for (let i = 0; i < rays; i++) {
    const next = (i + 1) % rays
    const [p, q] = [(2 * Math.PI * i) / rays, (2 * Math.PI * next) / rays]
    const [ax, ay] = [radii[i] * Math.cos(p), radii[i] * Math.sin(p)]
    const [bx, by] = [radii[next] * Math.cos(q), radii[next] * Math.sin(q)]
    const w = ax * by - bx * ay
    area += w / 2
    x += ((ax + bx) * w) / 6
    y += ((ay + by) * w) / 6
  }
  return { area, x: x / area, y: y / area }
}

/** A tube as rays found it: points along its middle, and how wide it is there. */
export interface RoughTube {
  readonly points: Vec3[]
  readonly rings: Ring[]
  /** mm */
  readonly length: number
}

const pace = 0.75

/** A tube is left where fewer rays meet its wall. */
const enough = 0.6

/** Follows a tube from a point within it to both ends. @param most radius that still counts, mm */
export function followTube(scene: Scene, from: Vec3, axis: Vec3, most: number): RoughTube | null {
  const start = ringAt(scene, from, axis)
  if (!start || !fits(start, most)) return null
  const ahead = walk(scene, start, axis, most)
  const behind = walk(scene, start, [-axis[0], -axis[1], -axis[2]], most)
  const rings = [...behind.toReversed(), start, ...ahead]
  const points = rings.map((ring) => ring.centre)
  let length = 0
  for (let i = 1; i < points.length; i++) {
    const [dx, dy, dz] = subtract(points[i], points[i - 1])
    length += Math.hypot(dx, dy, dz)
  }
  return { points, rings, length }
}

const fits = ({ radius, least, most, coverage }: Ring, limit: number) =>
  coverage >= enough && radius > 0.8 && radius < limit && most < 4 * least

function walk(scene: Scene, start: Ring, axis: Vec3, limit: number): Ring[] {
  const out: Ring[] = []
  let last = start
  let direction = axis
  for (let i = 0; i < 120; i++) {
    // a wall straight ahead: the tube's closed end
    const wall = castRay(scene.bvh, last.centre, direction, { max: pace + 0.4 })
    if (wall) break
    const ring = ringAt(scene, step(last.centre, direction, pace), direction)
    if (!ring || !fits(ring, limit)) break
    const moved = subtract(ring.centre, last.centre)
    const advance = dot(moved, direction)
    if (advance < 0.5 * pace) break
    // wider by more than the mouth's slope allows, or aside: this is something else
    if (ring.radius - last.radius > 0.9 * pace) break
    const aside = Math.sqrt(Math.max(0, dot(moved, moved) - advance * advance))
    if (aside > 0.75 * pace + 0.1) break
    out.push(ring)
    // half-way: the middle of noisy rings jumps about, and tubes bend slowly
    direction = unit(step(direction, unit(moved), 1))
    last = ring
  }
  return out
}

/** Whether the triangles face a tube's middle, as skin does, or away from it, as an impression does: the most of some 100 rays. */
export function seenFrom({ bvh, own }: Scene, { points }: RoughTube): 'lumen' | 'outside' {
  let votes = 0
  const stride = Math.max(1, Math.floor(points.length / 8))
  for (let i = 1; i < points.length; i += stride) {
    const axis = unit(subtract(points[i], points[i - 1]))
    const u = beside(own, axis)
    const v = cross(axis, u)
    for (let k = 0; k < 12; k++) {
      const angle = (2 * Math.PI * k) / 12
      const direction = step(scale(u, Math.cos(angle)), v, Math.sin(angle))
      const hit = castRay(bvh, points[i], direction, { max: reach })
      if (!hit) continue
      const [a, b, c] = [0, 1, 2].map((corner) => vertex(bvh.mesh, bvh.mesh.triangles[3 * hit.triangle + corner]))
      votes += Math.sign(dot(cross(subtract(b, a), subtract(c, a)), direction))
    }
  }
  return votes > 0 ? 'outside' : 'lumen'
}
