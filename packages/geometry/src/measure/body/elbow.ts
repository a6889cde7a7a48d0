import { between, distance, dot, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { armSection } from './arm-section.ts'
import type { BodyScan } from './pose.ts'

/** The elbow of an arm that is bent, if ever so little. */
export interface Elbow {
  /** the middle of the arm there, in the scan's frame */
  readonly place: Vec3
  /** mm: how far along the arm from there its middles lie as far off the straight line, give or take what muscles do */
  readonly reach: number
}

/** Shares of the way from shoulder to wrist: where the line begins, past the shoulder's muscle, and where elbows end. */
const root = 0.3
const end = 0.75
const count = 13
/** share of that way by which the middles of a bent arm leave the line at least: those of a straight one wander so far */
const bent = 0.01
/** share of the stature by which muscles move the middle of an arm */
const wander = 0.001

/**
 * Where an arm bends: its middle farthest from the straight line through its middles at the root and at the wrist. (The
 * shoulder point would not do for that line: it lies on top of the arm.)
 * @param armpit the root lies beyond it, so that the chest stays out
 * @returns `elbow` null where the arm is straight; `middle` is a place half way down the arm; null where the arm has gaps
 */
export function elbowOf(
  scan: BodyScan,
  shoulder: Vec3,
  armpit: Vec3,
  wrist: Vec3,
): { elbow: Elbow | null; middle: Vec3 } | null {
  const { stature } = scan
  const along = unit(subtract(wrist, shoulder))
  const length = distance(shoulder, wrist)
  const wayOf = (p: Vec3) => dot(subtract(p, shoulder), along)
  const from = Math.min(0.5, Math.max(root, (wayOf(armpit) + 0.02 * stature) / length))
  const middles: Vec3[] = []
  for (let k = 0; k < count; k++) {
    const way = length * (from + ((end - from) * k) / (count - 1))
    const near = middles.at(-1) ?? step(shoulder, along, way)
    const cut = armSection(scan, { point: step(near, along, way - wayOf(near)), normal: along })
    if (!cut) return null
    middles.push(cut.middle)
  }
  const line = unit(subtract(wrist, middles[0]))
  const off = middles.map((p) => {
    const to = subtract(p, middles[0])
    return distance(to, step([0, 0, 0], line, dot(to, line)))
  })
  const most = off.indexOf(Math.max(...off))
  const half = middles[Math.floor(count / 2)]
  if (most === 0 || most === count - 1 || off[most] < bent * length) return { elbow: null, middle: half }
  const bend = off[most - 1] - 2 * off[most] + off[most + 1]
  const share = bend < 0 ? (off[most - 1] - off[most + 1]) / (2 * bend) : 0
  const place = between(middles[most], middles[most + Math.sign(share || 1)], Math.abs(share))
  const alike = off.filter((one) => one > off[most] - wander * stature).length
  const pace = (length * (end - from)) / (count - 1)
  return { elbow: { place, reach: (alike * pace) / 2 }, middle: place }
}
