import type { Plane } from '../../mesh/section.ts'
import { cross, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { girth } from '../../mesh/outline.ts'
import { coverageRound } from '../fit/smooth-girth.ts'
import { atBorder } from './border.ts'
import { capNear, outermost } from './extremes.ts'
import type { Foot } from './frame.ts'
import { across, cut, level, ofFoot, smoothed } from './surface.ts'
import { tapeRound } from './tape.ts'

/** A tape's way round the foot. */
export interface Tape {
  /** mm */
  readonly length: number
  readonly line: Vec3[]
  /** share of the directions round its middle in which there is a surface, 0 to 1 */
  readonly coverage: number
}

/** @returns null where the plane meets no surface, or less than half of one */
export function tapeAlong(foot: Foot, plane: Plane): Tape | null {
  const all = cut(foot, plane)
  const lines = Math.abs(plane.normal[2]) < 0.1 ? ofFoot(all, foot.low) : all
  if (lines.length === 0) return null
  const points = smoothed(foot.grain, lines, plane, 0.006 * foot.length).flat()
  const coverage = coverageRound(points, plane)
  if (points.length < 12 || coverage < 0.5) return null
  return { ...tapeRound(points, plane), coverage }
}

/** Upright, through the two sides of the ball. */
export function ballPlane(inner: Vec3, outer: Vec3): Plane {
  return { point: inner, normal: unit(cross(subtract(outer, inner), [0, 0, 1])) }
}

/** Upright, across the axis, at half of the foot's length. */
export const instepPlane = (foot: Foot): Plane => across(foot.length / 2)

/** The heel's lower back edge: where a plane at 45 degrees touches it. */
export function heelCorner(foot: Foot): Vec3 | null {
  const down: Vec3 = [-Math.SQRT1_2, 0, -Math.SQRT1_2]
  const { positions } = foot.mesh
  const start = outermost(positions, down, (x, _y, z) => x < 0.3 * foot.length && z < foot.low)
  return start && capNear(foot.grain, start, down).point
}

/**
 * The girth over heel and instep bend: of all planes through the heel's lower back edge and across the foot, the one
 * round which the tape is shortest, as it settles there by itself.
 * @returns a reason where the scan does not reach over the bend
 */
export function heelTape(foot: Foot): { tape: Tape; plane: Plane } | string {
  const corner = heelCorner(foot)
  if (!corner) return 'the heel is not there'
  const planeAt = (degrees: number): Plane => {
    const a = (degrees * Math.PI) / 180
    return { point: corner, normal: [-Math.sin(a), 0, Math.cos(a)] }
  }
  const lengthAt = (degrees: number) => {
    const plane = planeAt(degrees)
    const lines = cut(foot, plane)
    return lines.length > 0 ? girth(lines, plane).length : Infinity
  }
  const steps = Array.from({ length: 21 }, (_, i) => 20 + 2.5 * i)
  const lengths = steps.map(lengthAt)
  const best = lengths.indexOf(Math.min(...lengths))
  const notOver = 'the scan does not reach over the bend between foot and leg'
  if (!Number.isFinite(lengths[best])) return notOver
  if (best === 0 || best === steps.length - 1) return notOver
  // a parabola through the three shortest
  const [a, b, c] = [lengths[best - 1], lengths[best], lengths[best + 1]]
  const angle = steps[best] + (2.5 * (a - c)) / (2 * (a - 2 * b + c))
  const plane = planeAt(angle)
  const tape = tapeAlong(foot, plane)
  if (!tape) return notOver
  const front = tape.line.reduce((p, q) => (q[2] > p[2] ? q : p))
  if (endsNear(foot, front)) return notOver
  // where the leg was cut off too low the tape would be laid over its opening
  if (tape.line.some((p) => p[2] > foot.low && atBorder(foot, p))) return notOver
  return { tape, plane }
}

/** Whether the scan was cut off here: the surface faces straight up, or there is a hole, near a point in front of the leg. */
function endsNear(foot: Foot, [x, , z]: Vec3): boolean {
  const { positions } = foot.mesh
  let top = -Infinity
  for (let i = 0; i < positions.length; i += 3)
    if (positions[i] < x + 2 && positions[i + 2] > top) top = positions[i + 2]
  return top < z + 0.03 * foot.length
}

/**
 * The ankle's girth: level, the smallest above the ankle bones.
 * @returns a reason where the scan ends below it
 */
export function ankleTape(foot: Foot): { tape: Tape; plane: Plane } | string {
  const { positions } = foot.mesh
  let top = -Infinity
  for (let i = 2; i < positions.length; i += 3) top = Math.max(top, positions[i])
  const first = 0.3 * foot.length
  const last = Math.min(top - 0.02 * foot.length, 0.9 * foot.length)
  const ends = `the scan ends ${Math.round(top)} mm above the ground, below the ankle's narrowest place`
  if (last < first + 0.05 * foot.length) return ends
  const step = 0.015 * foot.length
  const lengths: number[] = []
  for (let z = first; z <= last; z += step) {
    const lines = cut(foot, level(z))
    lengths.push(lines.length > 0 ? girth(lines, level(z)).length : Infinity)
  }
  let best = -1
  // the first narrow place from below: above the calf it may be narrower still
  for (let i = 2; i + 2 < lengths.length && best < 0; i++) {
    if ([1, 2].every((k) => lengths[i] <= lengths[i - k] && lengths[i] <= lengths[i + k])) best = i
  }
  if (best < 0) return ends
  const [a, b, c] = [lengths[best - 1], lengths[best], lengths[best + 1]]
  const bend = a - 2 * b + c
  const plane = level(first + step * (best + (bend > 0 ? (a - c) / (2 * bend) : 0)))
  const tape = tapeAlong(foot, plane)
  return tape ? { tape, plane } : ends
}
