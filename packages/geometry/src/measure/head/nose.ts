import type { Bvh } from '../../mesh/bvh.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import { castRay } from '../../mesh/ray.ts'
import { section } from '../../mesh/section.ts'
import { cross, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { clamp, within } from '../fit/ramp.ts'
import { resampled } from '../fit/smooth-girth.ts'
import type { MirrorPlane } from '../fit/symmetry.ts'

/** A nose: the one place of a head's outline that stands far out and is narrow. */
export interface Nose {
  /** roughly its tip, on the midplane */
  readonly tip: Vec3
  /** outwards at the tip, in the midplane, of length 1 */
  readonly forward: Vec3
  /** towards the forehead, in the midplane, at right angles to `forward` */
  readonly up: Vec3
  /** mm: how far the tip stands out over the cheeks, beyond what a round shape would */
  readonly relief: number
  /** mm: relief of the bridge, 12 to 32 mm above the tip, less that of what is as far below it */
  readonly upness: number
}

const spacing = 2
const near = 20
const far = 35

/**
 * Finds the nose on the outline in a plane of symmetry. Its relief is the height of the outline over the surface 20 mm
 * to the side, less what a cylinder or ball of any size would have (the surface 35 mm to the side tells): foreheads,
 * chins and the back of a head have none. Upwards there is a bridge, downwards a lip.
 */
export function findNose(bvh: Bvh, plane: MirrorPlane): Nose | null {
  const point = scale(plane.normal, plane.offset)
  const lines = section(bvh.mesh, { point, normal: plane.normal }, { bvh }).slice(0, 6)
  let best: Nose | null = null
  for (const line of lines) {
    const nose = noseOn(bvh, line, plane.normal)
    if (nose && (!best || nose.relief > best.relief)) best = nose
  }
  return best
}

function noseOn(bvh: Bvh, line: Polyline, normal: Vec3): Nose | null {
  const points = resampled(line, spacing)
  const n = points.length
  if (n < 30) return null
  const at = (i: number) => points[line.closed ? (i + 4 * n) % n : Math.min(n - 1, Math.max(0, i))]
  // over 48 mm, so that at the tip it points forwards and not along the bridge or the underside
  const outs = points.map((_, i) => unit(cross(subtract(at(i + 12), at(i - 12)), normal)))
  const reliefs = points.map((p, i) => reliefAt(bvh, p, outs[i], normal))
  let peak = -1
  let most = 6
  for (let i = 0; i < n; i++) {
    const around = [i - 1, i, i + 1].map((k) => reliefs[line.closed ? (k + n) % n : Math.min(n - 1, Math.max(0, k))])
    const mean = (around[0] + around[1] + around[2]) / 3 // NaN, so no peak, where one is unknown
    if (mean > most) {
      most = mean
      peak = i
    }
  }
  if (peak < 0) return null
  const forward = outs[peak]
  const along = unit(cross(normal, forward))
  const ridge = (sense: number) => {
    let sum = 0
    let count = 0
    for (let away = 12; away <= 32; away += 4) {
      const middle = fall(bvh, step(points[peak], along, sense * away), forward)
      const sides = [18, -18].map((aside) =>
        fall(bvh, step(step(points[peak], along, sense * away), normal, aside), forward),
      )
      const side = either(sides[0], sides[1])
      if (Number.isNaN(middle) || Number.isNaN(side)) continue
      sum += Math.min(30, side - middle)
      count++
    }
    return count > 0 ? sum / count : 0
  }
  const difference = ridge(1) - ridge(-1)
  return {
    tip: points[peak],
    forward,
    up: difference >= 0 ? along : scale(along, -1),
    relief: most,
    upness: Math.abs(difference),
  }
}

const height = 60
const either = (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : (a + b) / 2)

/** mm: how far beneath a point the surface lies, looked at from outside; negative above it, NaN where there is none. */
function fall(bvh: Bvh, from: Vec3, out: Vec3): number {
  const hit = castRay(bvh, step(from, out, height), scale(out, -1), { max: 2.2 * height })
  return hit ? hit.t - height : NaN
}

/** mm: how far a point of the outline stands out, beyond what a round shape would; NaN where that cannot be said. */
function reliefAt(bvh: Bvh, p: Vec3, out: Vec3, normal: Vec3): number {
  const aside = (by: number) => fall(bvh, step(p, normal, by), out)
  const close = either(aside(near), aside(-near))
  if (!(close > 5)) return Number.isNaN(close) ? NaN : 0
  if (castRay(bvh, p, out, { min: 3 })) return 0 // inside of a mouth, under a chin
  const wide = either(aside(far), aside(-far))
  // over a ball both grow with the square of the distance: 3 : 1
  const round = Number.isNaN(wide) ? close / 2 : Math.max(0, wide - close) / ((far / near) ** 2 - 1)
  return close - round
}

/** How much of a nose this is, 0 to 1: noses stand out by 12 to 40 mm and have a bridge on one side only. */
export function noseLikeness({ relief, upness }: Nose): number {
  return within(relief, 6, 14, 40, 60) * clamp((upness - 1) / 4)
}
