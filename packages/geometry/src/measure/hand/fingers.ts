import { angleDeg, distance, dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { bendOf, bodyOf, type Limb, limbsOf, middleOfBody } from '../fit/limbs.ts'
import { type Axis, crotchBetween } from '../fit/axis.ts'
import { type Finger, fingerAlong, type HandScan, roughAxis } from './finger.ts'

export const fingerNames = ['thumb', 'index', 'middle', 'ring', 'little'] as const
type FingerName = (typeof fingerNames)[number]

/** Five fingers that stand apart, named, and the four places where neighbours meet. */
export interface Fingers {
  readonly of: Readonly<Record<FingerName, Finger>>
  /** thumb and index, index and middle, middle and ring, ring and little */
  readonly crotches: readonly [Vec3, Vec3, Vec3, Vec3]
}

/** What sticks out of a hand. */
export interface HandLimbs {
  readonly fingers: Limb[]
  /** forearm, or what is left of it; null when nothing thick sticks out */
  readonly arm: Limb | null
  /** about the middle of the scan */
  readonly middle: Vec3
}

/**
 * Fingers are longer than 16 mm and thinner than 34; what is thicker and ends the scan is the arm.
 * @param size mm, the scan's largest extent
 */
export function handLimbs({ bvh }: HandScan, size: number): HandLimbs {
  const body = bodyOf(bvh.mesh, Math.min(2, size / 100))
  if (!body) return { fingers: [], arm: null, middle: [0, 0, 0] }
  const limbs = limbsOf(body, Math.min(18, size / 10))
  const thin = ({ length, diameter }: Limb) => length > 16 && diameter < 34 && length > 1.15 * diameter
  const thick = limbs.filter((limb) => limb.diameter >= 34).sort((a, b) => b.diameter - a.diameter)
  return { fingers: limbs.filter(thin).sort((a, b) => b.length - a.length).slice(0, 5), arm: thick[0] ?? null, middle: middleOfBody(body) } // prettier-ignore
}

/** Names five fingers: which is the thumb, and the others in their order from it. */
export function named(axes: readonly Axis[], tips: readonly Vec3[]): number[] {
  const others = (i: number) => axes.map((_, k) => k).filter((k) => k !== i)
  const meanOf = (points: Vec3[]) =>
    scale(
      points.reduce((a, b) => step(a, b, 1)),
      1 / points.length,
    )
  // the thumb points aside, and ends farther back than the others do
  const apart = axes.map((axis, i) => {
    const along = unit(meanOf(others(i).map((k) => axes[k].direction)))
    const drop = dot(subtract(meanOf(others(i).map((k) => tips[k])), tips[i]), along)
    return angleDeg(axis.direction, along) + 0.7 * drop
  })
  const thumb = apart.indexOf(Math.max(...apart))
  const four = others(thumb)
  const along = unit(meanOf(four.map((k) => axes[k].direction)))
  const towards = subtract(axes[thumb].point, meanOf(four.map((k) => axes[k].point)))
  const aside = unit(step(towards, along, -dot(towards, along)))
  return [thumb, ...four.sort((a, b) => dot(axes[b].point, aside) - dot(axes[a].point, aside))]
}

/**
 * The five fingers, measured along their own straight axes. Axes and crotches hang on each other, so they are found in
 * turns, until the tips stand still.
 */
export function fingersOf(scan: HandScan, limbs: readonly Limb[]): Fingers | null {
  if (limbs.length !== 5) return null
  const rough = limbs.map(roughAxis)
  const order = named(
    rough,
    limbs.map((limb) => limb.tip),
  )
  let widths = order.map((i) => limbs[i].diameter)
  let axes = order.map((i) => rough[i])
  let fingers: Finger[] = []
  let crotches: Vec3[] = []
  for (let round = 0; round < 24; round++) {
    const found = [0, 1, 2, 3].map((i) => crotchBetween(scan.bvh, axes[i], axes[i + 1], { aside: 25, beyond: 60 }))
    if (found.some((crotch) => crotch === null)) return null
    const next = found.map((crotch) => crotch!)
    const moved = crotches.length > 0 ? Math.max(...next.map((c, i) => distance(c, crotches[i]))) : Infinity
    crotches = next
    if (moved < 1e-5) break
    const roots = [[0], [1], [1, 2], [2, 3], [3]].map((numbers) => numbers.map((k) => crotches[k]))
    const tried = axes.map((axis, i) => fingerAlong(scan, axis, widths[i], roots[i]))
    if (tried.some((finger) => finger === null)) return null
    fingers = tried.map((finger) => finger!)
    axes = fingers.map((finger) => finger.axis)
    widths = fingers.map((finger) => finger.width)
  }
  // the thumb's inner half is as thick as long, and tells no direction
  const [thumb, index, middle, ring, little] = fingers.map((finger, k) =>
    k > 0 && bendOf(limbs[order[k]]) > 35 ? { ...finger, bend: 1 } : finger,
  )
  return { of: { thumb, index, middle, ring, little }, crotches: [crotches[0], crotches[1], crotches[2], crotches[3]] }
}
