import type { Vec3 } from '../../mesh/vector.ts'
import type { Ball } from './ball.ts'
import { atBorder, openTowards } from './border.ts'
import type { Foot, heelWidthOf } from './frame.ts'

const places = {
  heelBack: 'the back of the heel',
  toeTip: 'the tip of the toes',
  heelInner: 'the inner side of the heel',
  heelOuter: 'the outer side of the heel',
  mth1: 'the inner side of the ball',
  mth5: 'the outer side of the ball',
} as const
type Place = keyof typeof places

const ends = ['heelBack', 'toeTip'] as const
const ball = [...ends, 'mth1', 'mth5'] as const

/**
 * The landmarks that a measurement stands on. Without both ends there is no length, and nothing that is read at a share
 * of it: the ball, too, is looked for where feet have theirs.
 */
const needs: Record<string, readonly Place[]> = {
  foot_length: ends,
  heel_width: [...ends, 'heelInner', 'heelOuter'],
  ball_width: ball,
  ball_width_anatomical: ball,
  ball_girth: ball,
  ball_length: [...ends, 'mth1'],
  // what stands out beside MTH1 or before it is the little toe
  outer_ball_length: ball,
  ball_angle: ball,
  instep_height: ends,
  instep_girth: ends,
  arch_height: ball,
  arch_index: ball,
  heel_girth: ['heelBack'],
  toe_angle: [...ends, 'heelInner', 'mth1'],
  toe_height: ends,
  toe_spring: ends,
}

/** Landmarks and curves that are shown with a measurement, or not at all. */
const shownWith: Record<string, string> = {
  heelCentre: 'heel_width',
  heelInner: 'heel_width',
  heelOuter: 'heel_width',
  mth1: 'ball_length',
  mth5: 'outer_ball_length',
  instep: 'instep_height',
  archApex: 'arch_height',
  innerSole: 'arch_height',
}

/** What a scan that ends at a landmark cannot say. */
export interface Support {
  /** why, of measurements */
  readonly unsupported: Readonly<Record<string, string>>
  /** whether a landmark or curve is none of the foot's: the scan ends there, or at what it is found by */
  hidden(name: string): boolean
}

export function supportOf(foot: Foot, sides: Ball | null, heel: ReturnType<typeof heelWidthOf>): Support {
  const at: Partial<Record<Place, Vec3>> = {
    heelBack: foot.heelBack.point,
    toeTip: foot.toeTip.point,
    heelInner: heel?.right,
    heelOuter: heel?.left,
    mth1: sides?.inner.point,
    mth5: sides?.outer.point,
  }
  const cut = new Set<string>(Object.entries(at).flatMap(([name, point]) => (atBorder(foot, point) ? [name] : [])))
  // what is left of the longest toe may be shorter than the next one, which is whole
  if (openTowards(foot, [-1, 0, 0], 0) > 0) cut.add('heelBack')
  if (openTowards(foot, [1, 0, 0], foot.length) > 0) cut.add('toeTip')
  const unsupported: Record<string, string> = {}
  for (const [name, landmarks] of Object.entries(needs)) {
    const gone = landmarks.find((place) => cut.has(place))
    if (!gone) continue
    const lengthless = !['foot_length', 'heel_girth'].includes(name) && ends.some((end) => end === gone)
    unsupported[name] =
      `the scan ends, or has a hole, at ${places[gone]}` +
      (lengthless ? ': without it the foot’s length is not known' : '')
  }
  return { unsupported, hidden: (name) => cut.has(name) || shownWith[name] in unsupported }
}
