import { type Bvh, bvhOf } from '../../mesh/bvh.ts'
import { applyTo, compose, inverse, type Mat4, translation } from '../../mesh/matrix.ts'
import { type Mesh, transformed } from '../../mesh/mesh.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import type { Side } from '../measurement.ts'
import { type Rim, rimsOf } from './border.ts'
import { type Cap, capNear, outermost } from './extremes.ts'
import { lowShare, type Posed } from './pose.ts'
import { type Grain, grainOf } from './skin.ts'
import { reachOf, type Slices, slicesOf } from './slices.ts'
import { breadthAt, topInSlice } from './surface.ts'

/**
 * A left foot in its canonical pose (a right one is mirrored and measured as a left one, so that both are measured
 * alike): sole on z = 0, z up, x from the back of the heel (pternion) along the long axis to the toes, y to the left,
 * 0 in the middle of the heel. The big toe's side is -y.
 */
export interface Foot {
  readonly mesh: Mesh
  readonly grain: Grain
  readonly bvh: Bvh
  /** where the scan ends, or has a large hole */
  readonly rims: readonly Rim[]
  /** at each hundredth of the length: slice i - 1 at i hundredths */
  readonly slices: Slices
  readonly heelBack: Cap
  readonly toeTip: Cap
  /** mm, from heelBack to toeTip along x */
  readonly length: number
  /** mm: what lies higher may be ankle */
  readonly low: number
  /** from the scan's frame into this one; it mirrors a right foot */
  readonly toCanonical: Mat4
  /** a point of this frame in the scan's frame */
  toScan(p: Vec3): Vec3
  readonly posed: Posed
}

const mirror: Mat4 = [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

/** @returns null when heel and toes cannot be found */
export function footOf(posed: Posed, side: Side | null): Foot | null {
  const flip = side === 'right'
  const mesh = flip ? transformed(posed.mesh, mirror) : posed.mesh
  const grain = grainOf(mesh)
  const limit = 0.25 * posed.length
  const below = (_x: number, _y: number, z: number) => z < limit
  const back = outermost(mesh.positions, [-1, 0, 0], below)
  const front = outermost(mesh.positions, [1, 0, 0], below)
  if (!back || !front) return null
  const heelBack = capNear(grain, back, [-1, 0, 0])
  const toeTip = capNear(grain, front, [1, 0, 0])
  const length = toeTip.value + heelBack.value
  if (!(length > 0)) return null
  const low = lowShare * length
  const heel = reachOf(slicesOf(mesh, -heelBack.value + heelShare * length, 1, 1), 0, low)
  const heelX = -heelBack.value + heelShare * length
  const sides = heel && [
    topInSlice(grain, [heelX, heel.right, heel.rightZ], [0, -1, 0])[1],
    topInSlice(grain, [heelX, heel.left, heel.leftZ], [0, 1, 0])[1],
  ]
  const shift: Vec3 = [heelBack.value, sides ? -(sides[0] + sides[1]) / 2 : 0, 0]
  const moved = transformed(mesh, translation(shift))
  const by = ([x, y, z]: Vec3): Vec3 => [x + shift[0], y + shift[1], z + shift[2]]
  const into = compose(translation(shift), flip ? compose(mirror, posed.pose) : posed.pose)
  const outOf = inverse(into)
  const { patches } = grain
  return {
    mesh: moved,
    grain: {
      ...grain,
      patches: {
        ...patches,
        mesh: patches.mesh === mesh ? moved : transformed(patches.mesh, translation(shift)),
        origin: by(patches.origin),
      },
    },
    bvh: bvhOf(moved),
    rims: rimsOf(moved, length),
    slices: slicesOf(moved, length / 100, length / 100, 99),
    heelBack: { ...heelBack, point: by(heelBack.point), value: 0 },
    toeTip: { ...toeTip, point: by(toeTip.point), value: length },
    length,
    low,
    toCanonical: into,
    toScan: (p) => applyTo(outOf, p),
    posed,
  }
}

/** Up to where the heel's breadth is taken, as a share of the foot's length. */
export const heelShare = 0.16

/** The heel where it is broadest. */
export function heelWidthOf(foot: Foot) {
  let widest = breadthAt(foot, heelShare * foot.length)
  // only a heel that narrows again before the limit is broader farther back
  for (let share = heelShare - 0.01; share > 0.07; share -= 0.01) {
    const here = breadthAt(foot, share * foot.length)
    if (!here || (widest && here.breadth < widest.breadth)) break
    widest = here
  }
  return widest
}
