import { girth } from '../../mesh/outline.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import { extremeAlong } from '../fit/extreme.ts'
import { patchAt } from '../fit/patch.ts'
import { resampled } from '../fit/smooth-girth.ts'
import { type BodyScan, inBody, inScan } from './pose.ts'
import { bodyRadius, torsoAt } from './torso.ts'

/** Where the chest's girth is taken. */
export interface Chest {
  /** mm over the floor */
  readonly height: number
  /** whether that is where breasts stand out; else it is a share of the stature */
  readonly seen: boolean
  /** by what share the girth changes from that height to the highest or lowest that may be meant */
  readonly doubt: number
}

// All are shares of the stature.
/** where summits are looked for: down to so far below the armpits, and so far to each side of the midline */
const farthest = 0.075
const inner = 0.03
const outer = 0.1
/** what of the front counts as its midline, to each side */
const middle = 0.01
/** the height of a front without summits: so far below the armpits, and how far nipples lie above and below it */
const usual = 0.035
const spread = 0.015
/** by how much a summit stands out over the front above it, beneath it and in the midline */
const prominence = 0.0015
/** between the heights at which the front is looked at, from above the armpits to below them */
const pace = 0.004
const highest = 0.024
const deepest = 0.1
/** mm: of two places nobody can say which is farther in front when they differ by less */
const level = 0.5

/**
 * The height of the chest: that of the topmost summits of the front to the left and right of the midline, where breasts
 * or pectorals stand out. Each side is searched by itself, since breastbone, rib margin or belly may reach farther
 * forward than they do. A front without two like summits is measured at a share of the stature below the armpits.
 * @param armpit mm over the floor
 * @returns null where the torso has gaps
 */
export function chestOf(scan: BodyScan, armpit: number): Chest | null {
  const { stature } = scan
  const count = Math.round((highest + deepest) / pace) + 1
  const heights = Array.from({ length: count }, (_, k) => armpit + (highest - k * pace) * stature)
  const fronts = heights.map((height) => frontAt(scan, height))
  const left = summitOf(scan, 'left', heights, fronts)
  const right = summitOf(scan, 'right', heights, fronts)
  const seen = left !== null && right !== null && Math.abs(left.height - right.height) < 0.02 * stature
  const height = seen ? (left.height + right.height) / 2 : armpit - usual * stature
  const reach = seen ? (left.reach + right.reach) / 2 : spread * stature
  const [above, at, beneath] = [height + reach, height, height - reach].map((z) => {
    const torso = torsoAt(scan, z)
    return torso ? girth([torso.line], torso.plane).length : NaN
  })
  if (Number.isNaN(at)) return null
  const changes = [above, beneath].filter((one) => !Number.isNaN(one)).map((one) => Math.abs(one - at) / at)
  return { height, seen, doubt: Math.max(0, ...changes) }
}

/** mm: how far forward the torso reaches at a height, in the midline and to both sides; NaN where it has no surface. */
type Front = Readonly<Record<'middle' | 'left' | 'right', number>>

function frontAt(scan: BodyScan, height: number): Front {
  const { stature, patches } = scan
  const forward = inScan(scan, [1, 0, 0])
  const foremost: Record<keyof Front, { at: number; place: Vec3 } | null> = { middle: null, left: null, right: null }
  const torso = torsoAt(scan, height)
  for (const place of torso ? resampled(torso.line, 0.004 * stature, forward) : []) {
    const [at, y] = inBody(scan, place)
    const away = Math.abs(y) / stature
    if (away > outer || (away > middle && away < inner)) continue
    const part = away <= middle ? 'middle' : y > 0 ? 'left' : 'right'
    const best = foremost[part]
    if (!best || at > best.at) foremost[part] = { at, place }
  }
  const reach = (part: keyof Front) => {
    const found = foremost[part]
    if (!found) return NaN
    const patch = patchAt(patches, found.place, forward, bodyRadius(scan))
    return found.at + (patch && Math.abs(patch.c[0]) < bodyRadius(scan) / 4 ? patch.c[0] : 0)
  }
  return { middle: reach('middle'), left: reach('left'), right: reach('right') }
}

/** The topmost summit of one side of the front, and how far from its height the front is still level with it, mm. */
function summitOf(
  scan: BodyScan,
  side: 'left' | 'right',
  heights: readonly number[],
  fronts: readonly Front[],
): { height: number; reach: number } | null {
  const { stature } = scan
  const reaches = fronts.map((front) => front[side])
  const least = prominence * stature
  const fallsBack = (from: number, sense: 1 | -1) => {
    for (let i = from + sense; reaches[i] <= reaches[from]; i += sense)
      if (reaches[i] < reaches[from] - least) return true
    return false
  }
  const top = heights.findIndex((height, i) => {
    const down = (heights[0] - height) / stature - highest
    return (
      down > -1e-9 && down < farthest && reaches[i] - fronts[i].middle > least && fallsBack(i, -1) && fallsBack(i, 1)
    )
  })
  if (top < 0) return null
  const sign = side === 'left' ? 1 : -1
  const found = extremeAlong(scan.patches, inScan(scan, [1, 0, 0]), bodyRadius(scan), (x, y, z) => {
    const [, across, up] = inBody(scan, [x, y, z])
    const away = (sign * across) / stature
    return away > inner && away < outer && Math.abs(up - heights[top]) < 3 * pace * stature
  })
  if (!found?.smooth) return null
  const levelTo = (sense: 1 | -1) => {
    let i = top
    while (reaches[i + sense] > reaches[top] - level) i += sense
    // between the last height that is level and the first that is not
    const share = (reaches[i] - reaches[top] + level) / (reaches[i] - reaches[i + sense])
    return (Math.abs(i - top) + (Number.isNaN(share) ? 0 : share)) * pace * stature
  }
  return { height: inBody(scan, found.point)[2], reach: (levelTo(1) + levelTo(-1)) / 2 }
}
