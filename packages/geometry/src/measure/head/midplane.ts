import type { Bvh } from '../../mesh/bvh.ts'
import { dot, step, unit, type Vec3 } from '../../mesh/vector.ts'
import type { Principal } from '../fit/principal.ts'
import { evenSamples, type MirrorPlane, mirrorPlaneNear, searchIn } from '../fit/symmetry.ts'
import { findNose, type Nose, noseLikeness } from './nose.ts'

/** A plane that mirrors the scan onto itself, and the nose that lies on it. */
export interface Midplane {
  readonly plane: MirrorPlane
  readonly nose: Nose | null
}

const coarse = [40, 40, 40, 30, 30, 30, 20, 15, 10, 8]
const fine = [8, 6, 5, 4, 4, 4, 4, 4]

/**
 * The planes of mirror symmetry of a scan, the likeliest midplane of a head first. Searched from the principal axes
 * (of a mirror-symmetric surface one of them is at right angles to the mirror, exactly); where none of these is
 * convincing, as with one frame that shows more of one side, also from planes that lean to them.
 */
export function midplanes(bvh: Bvh, principal: Principal): Midplane[] {
  const search = searchIn(bvh)
  const few = evenSamples(bvh.mesh, 150)
  const many = evenSamples(bvh.mesh, 900)
  const { axes, middle } = principal
  const from = (normal: Vec3) =>
    mirrorPlaneNear(search, few, { normal, offset: dot(normal, middle) }, { reaches: coarse })
  const found = axes.map(from)
  if (!found.some((plane) => plane.agreement > 0.8)) {
    for (let k = 0; k < 3; k++) {
      for (const [other, lean] of [
        [1, 0.4],
        [1, -0.4],
        [2, 0.4],
        [2, -0.4],
      ]) {
        // prettier-ignore
        found.push(from(unit(step(axes[k], axes[(k + other) % 3], Math.tan(lean)))))
      }
    }
  }
  const distinct: MirrorPlane[] = []
  for (const plane of found.sort((a, b) => b.agreement - a.agreement)) {
    const known = distinct.some((one) => Math.abs(dot(one.normal, plane.normal)) > 0.995)
    if (!known && plane.agreement > 0.15) distinct.push(plane)
  }
  return distinct
    .slice(0, 4)
    .map((plane) => mirrorPlaneNear(search, many, plane, { reaches: fine }))
    .map((plane) => ({ plane, nose: findNose(bvh, plane) }))
    .sort((a, b) => midplaneLikeness(b) - midplaneLikeness(a))
}

/** 0 to 1: how much a plane looks like the midplane of a head. */
export const midplaneLikeness = ({ plane, nose }: Midplane) =>
  plane.agreement * (0.3 + 0.7 * (nose ? noseLikeness(nose) : 0))
