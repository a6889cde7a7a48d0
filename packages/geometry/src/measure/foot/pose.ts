import { compose, intoFrame, type Mat4 } from '../../mesh/matrix.ts'
import { faceVectors, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { componentsOf } from '../../mesh/topology.ts'
import { cross, dot, scale, step, subtract, unit } from '../../mesh/vector.ts'
import { floorUnder, type Ground, groundUnder } from './ground.ts'
import { longAxis, lowOutline, rectangleAlong, spreadOf } from './plan.ts'
import { withoutSheets } from './sheets.ts'
import { type Stance, stanceOn, stancesOf } from './stance.ts'

/**
 * A foot that stands: the ground is z = 0 and z points up, x runs along the foot's long axis (see `longAxis`) towards
 * the toes, with x = 0 and y = 0 at the back and in the middle of the rectangle round it. Left or right is not yet told.
 */
export interface Posed {
  /** posed, without the floor */
  readonly mesh: Mesh
  /** from the scan's frame */
  readonly pose: Mat4
  readonly ground: Ground['kind']
  readonly stance: Stance
  /** mm: of the rectangle round what is low */
  readonly length: number
  readonly breadth: number
  /** convex outline in plan of what is low, x y a point */
  readonly outline: Float64Array
}

/** What is higher than this share of the foot's length may be ankle. */
export const lowShare = 0.2

/** With less than this of its rectangle near the ground, a foot was scanned without its sole. */
const leastSole = 0.2

/** @returns null for what cannot stand: no surface, or no volume */
export function poseOf(given: Mesh): Posed | null {
  // a foot with its sole needs no floor, and a piece of one beside it, small or askew, would lead astray
  const bare = withoutSheets(given)
  const bareStances = bare ? stancesOf(bare) : []
  const hasSole = bareStances.length > 0 && bareStances[0].sole > leastSole
  const [scan, stances] = bare && hasSole ? [bare, bareStances] : [given, stancesOf(given)]
  const onFloor = stances.find(({ floor, sole }) => floor > 0.2 && floor > 3 * sole)
  let mesh = scan
  let stance = stances[0]
  let floor: Ground | null = null
  if (onFloor) {
    floor = floorUnder(scan, onFloor)
    const above = floor && withoutFloor(scan, floor)
    const upright = floor && above && stanceOn(above, scale(floor.up, -1))
    if (upright) {
      mesh = above
      stance = upright
    } else floor = null
  }
  if (!stance) return null
  const ground = floor ?? groundUnder(mesh, stance)
  const flatForward = unit(subtract(stance.forward, scale(ground.up, dot(stance.forward, ground.up))))
  if (!(Math.abs(dot(flatForward, ground.up)) < 1e-6 && Math.hypot(...flatForward) > 0.5)) return null
  const origin = step([0, 0, 0], ground.up, ground.offset)
  const level = intoFrame(flatForward, cross(ground.up, flatForward), ground.up, origin)
  const along = alongAxis(transformed(mesh, level), stance.length)
  if (!along) return null
  const pose = compose(along.turn, level)
  return {
    mesh: transformed(mesh, pose),
    pose,
    ground: ground.kind,
    stance,
    length: along.length,
    breadth: along.breadth,
    outline: along.outline,
  }
}

/** The scan without its floor and without loose scraps. */
function withoutFloor(scan: Mesh, { up, offset }: Ground): Mesh | null {
  const faces = faceVectors(scan)
  const { positions, triangles } = scan
  const height = (v: number) =>
    positions[3 * v] * up[0] + positions[3 * v + 1] * up[1] + positions[3 * v + 2] * up[2] - offset
  const above = submesh(scan, (t) => {
    const size = Math.hypot(faces[3 * t], faces[3 * t + 1], faces[3 * t + 2])
    const facing = faces[3 * t] * up[0] + faces[3 * t + 1] * up[1] + faces[3 * t + 2] * up[2]
    const highest = Math.max(height(triangles[3 * t]), height(triangles[3 * t + 1]), height(triangles[3 * t + 2]))
    return highest > 4 || (highest > 1 && facing < 0.7 * size)
  })
  if (above.triangles.length === 0) return null
  const { of, areas } = componentsOf(above)
  return submesh(above, (t) => areas[of[t]] > 0.1 * areas[0])
}

/** The turn about the vertical that lays the long axis along x, toes forward. */
function alongAxis(level: Mesh, roughLength: number) {
  let length = roughLength
  let angle = 0
  let outline: Float64Array = new Float64Array(0)
  // what counts as low depends on the length, and the length on what is low: a second round settles it
  for (let round = 0; round < 2; round++) {
    outline = lowOutline(level.positions, level.triangles, lowShare * length)
    if (outline.length < 6) return null
    angle = longAxis(outline)
    const { from, to } = rectangleAlong(outline, angle)
    length = to - from
  }
  // longAxis knows no forward: of its two directions the one nearer to where the toes were seen
  if (Math.cos(angle) < 0) angle += Math.PI
  if (toesAhead(level, outline, angle) < 0) angle += Math.PI
  const c = Math.cos(angle)
  const s = Math.sin(angle)
  const { from, right, left } = rectangleAlong(outline, angle)
  const middle = (right + left) / 2
  return {
    turn: intoFrame([c, s, 0], [-s, c, 0], [0, 0, 1], [c * from - s * middle, s * from + c * middle, 0]),
    outline: outline.map((value, i) =>
      i % 2 === 0 ? c * value + s * outline[i + 1] - from : c * value - s * outline[i - 1] - middle,
    ),
    length,
    breadth: left - right,
  }
}

/** Positive when the toes lie in the direction of the angle: the ankle is high at the heel, the ball is broad. */
function toesAhead({ positions, triangles }: Mesh, outline: Float64Array, angle: number): number {
  const c = Math.cos(angle)
  const s = Math.sin(angle)
  const { from, to } = rectangleAlong(outline, angle)
  const length = to - from
  const middle = (from + to) / 2
  let top = 0
  for (let i = 2; i < positions.length; i += 3) if (positions[i] > top) top = positions[i]
  const high = 0.5 * Math.min(top, 0.45 * length)
  let area = 0
  let moment = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const d = 3 * triangles[t + 2]
    const z = (positions[a + 2] + positions[b + 2] + positions[d + 2]) / 3
    if (z < high || z > 0.6 * length) continue
    // area in plan of what faces up: the top of the foot
    const w =
      (positions[b] - positions[a]) * (positions[d + 1] - positions[a + 1]) -
      (positions[b + 1] - positions[a + 1]) * (positions[d] - positions[a])
    if (w <= 0) continue
    const x =
      c * (positions[a] + positions[b] + positions[d]) + s * (positions[a + 1] + positions[b + 1] + positions[d + 1])
    area += w
    moment += w * (x / 3 - middle)
  }
  const spread = spreadOf(outline)
  const broad = (c * spread.x + s * spread.y - middle) / length
  return (area > 0 ? -moment / area / length : 0) + 3 * broad
}
