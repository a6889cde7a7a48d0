import type { Bvh } from '../../mesh/bvh.ts'
import { applyTo, intoFrame, inverse, type Mat4 } from '../../mesh/matrix.ts'
import { between, cross, dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import type { Patches } from '../fit/patch.ts'
import { extentAlong, type Principal } from '../fit/principal.ts'
import { type Ear, findEar } from './ears.ts'
import type { MirrorPlane } from '../fit/symmetry.ts'
import { type Midplane, midplaneLikeness, midplanes } from './midplane.ts'
import type { Nose } from './nose.ts'
import { deepestHollow, faceProfile, type Profile, walked } from './profile.ts'

/** A head in its own frame: x forward, y to its left, z up, the midplane at y = 0. */
export interface HeadPose {
  /** from the scan's frame */
  readonly frame: Mat4
  readonly midplane: Midplane
  /** whether a tragion shows which way is level; else an average of heads does, and lengths that hang on it are no fact */
  readonly level: boolean
  /** null for a shape without a nose: then the frame is that of its principal axes, and its signs mean nothing */
  readonly face: Face | null
  readonly ears: { readonly left: Ear | null; readonly right: Ear | null }
}

/** What the outline of the face in the midplane tells, in the scan's frame. */
export interface Face {
  readonly profile: Profile
  /** deepest place between forehead and nose, and how deep it is */
  readonly sellion: Vec3
  readonly sellionAt: number
  /** deepest place between nose and upper lip */
  readonly subnasale: Vec3
  readonly subnasaleAt: number
}

/**
 * How sellion over subnasale leans back from the vertical when the Frankfurt plane is level: about 5° (-2° to 8° in
 * the heads at hand). Where tragions are found they decide instead.
 */
const lean = (5 * Math.PI) / 180

/**
 * Finds how a head lies: its midplane by mirror symmetry, front and up by the nose, and the horizontal by the line
 * from the tragions to the height of the orbits, half way between sellion and subnasale (close to the Frankfurt plane,
 * which runs to a point of the bone that a scan does not show). The origin is that half-way point.
 */
export function headPose(bvh: Bvh, patches: Patches, principal: Principal): HeadPose {
  const candidates = midplanes(bvh, principal)
  const midplane = candidates[0]
  if (!midplane) return withoutFace(patches, principal, candidates)
  const { plane, nose } = midplane
  if (!nose || midplaneLikeness(midplane) < 0.4) return withoutFace(patches, principal, candidates)
  const face = faceAlong(bvh, patches, plane, nose)
  if (!face) return withoutFace(patches, principal, candidates)
  const origin = onto(between(face.sellion, face.subnasale, 0.5), midplane)
  const line = unit(subtract(onto(face.sellion, midplane), onto(face.subnasale, midplane)))
  const front = unit(step(nose.forward, line, -dot(nose.forward, line)))
  const up = step(scale(line, Math.cos(lean)), front, Math.sin(lean))
  const first = frameOf(up, step(scale(front, Math.cos(lean)), line, -Math.sin(lean)), origin)
  const seen = { left: findEar(bvh, first, 1), right: findEar(bvh, first, -1) }
  const tragions = [seen.left?.tragion, seen.right?.tragion].filter((t) => t !== null && t !== undefined)
  const unlevelled = { frame: first, midplane, level: false, face, ears: seen }
  if (tragions.length === 0) return unlevelled
  const x = tragions.reduce((sum, t) => sum + t[0], 0) / tragions.length
  const z = tragions.reduce((sum, t) => sum + t[2], 0) / tragions.length
  // ears far off that height are no ears, or the head is bent: a lean of more than 20° is not believed
  if (!(x < -50) || Math.abs(Math.atan2(z, -x)) > 0.35) return unlevelled
  const back = inverse(first)
  const middle = applyTo(back, [x, 0, z])
  const forward = unit(subtract(origin, middle))
  const side = cross(up, forward)
  const frame = frameOf(cross(forward, unit(side)), forward, origin)
  const ears = { left: findEar(bvh, frame, 1), right: findEar(bvh, frame, -1) }
  return { frame, midplane, level: true, face, ears }
}

/**
 * The outline of the face and its two hollows. The nose's tip was found to 2 mm only: so the outline is taken anew,
 * seen from a place that follows from the hollows, until it does not depend on where the search began.
 */
function faceAlong(bvh: Bvh, patches: Patches, plane: MirrorPlane, nose: Nose): Face | null {
  let view: Pick<Nose, 'tip' | 'forward' | 'up'> = nose
  let face: Face | null = null
  for (let round = 0; round < 3; round++) {
    const profile = faceProfile(bvh, patches, plane, view)
    if (!profile) return null
    const { points, tip } = profile
    const above = deepestHollow(profile, tip, walked(points, tip, 130), view.forward, plane.normal)
    const below = deepestHollow(profile, walked(points, tip, -42), tip, view.forward, plane.normal)
    if (!above || !below || !(above.depth > 1) || !(below.depth > 1)) return null
    face = { profile, sellion: above.point, sellionAt: above.at, subnasale: below.point, subnasaleAt: below.at }
    const up = unit(subtract(above.point, below.point))
    const forward = unit(step(view.forward, up, -dot(view.forward, up)))
    view = { tip: step(between(above.point, below.point, 0.4), forward, 18), forward, up }
  }
  return face
}

const frameOf = (up: Vec3, forward: Vec3, origin: Vec3) => intoFrame(forward, cross(up, forward), up, origin)

const onto = (p: Vec3, { plane }: Midplane) => step(p, plane.normal, plane.offset - dot(p, plane.normal))

/**
 * A head without a face (an ellipsoid, a cap): the width is the axis along which a skull is narrowest, and of the
 * other two the length is the one that gives a cephalic index (breadth : length) nearer to 0.78, the mean of adults.
 */
function withoutFace(patches: Patches, principal: Principal, candidates: Midplane[]): HeadPose {
  const axes = principal.axes.map((axis) => ({ axis, extent: extentAlong(patches.mesh, axis) }))
  axes.sort((a, b) => a.extent.size - b.extent.size)
  const [breadth, p, q] = axes
  const off = (other: { extent: { size: number } }) =>
    Math.abs(Math.log(breadth.extent.size / other.extent.size / 0.78))
  const [length, height] = off(p) < off(q) ? [p, q] : [q, p]
  const middleOf = ({ axis, extent }: typeof p) => scale(axis, extent.middle)
  const origin = [breadth, length, height].map(middleOf).reduce((a, b) => step(a, b, 1))
  const side = cross(height.axis, length.axis)
  const plane = candidates.find((one) => Math.abs(dot(one.plane.normal, side)) > 0.99)
  return {
    frame: intoFrame(length.axis, side, height.axis, origin),
    midplane: plane ?? {
      plane: { normal: side, offset: dot(side, origin), agreement: 0, residual: Infinity },
      nose: null,
    },
    level: false,
    face: null,
    ears: { left: null, right: null },
  }
}
