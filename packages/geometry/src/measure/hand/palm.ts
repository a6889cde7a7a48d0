import { girth, sectionShape } from '../../mesh/outline.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import type { Plane } from '../../mesh/section.ts'
import { cross, dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { type Across, breadthAlong } from '../fit/breadth.ts'
import { closedSection } from '../fit/closed-section.ts'
import { smoothLine, tapeLength, typicalOf } from '../fit/smooth-girth.ts'
import { alongAxis, type Axis } from '../fit/axis.ts'
import type { HandScan } from './finger.ts'
import type { Fingers } from './fingers.ts'

/** How a palm lies. */
export interface Palm {
  /** mm: the major axis of its section under the crotches */
  readonly major: number
  /** the middle finger's axis, its point at that finger's root: coordinates along it grow towards the tip */
  readonly axis: Axis
  /** across the palm, towards the thumb, of length 1 */
  readonly aside: Vec3
  /** coordinates of the crotch of the three that lies lowest, and of that of the thumb */
  readonly webAt: number
  readonly thumbAt: number
}

/** The frame of a palm: along the middle finger, and across along the longer axis of its section. */
export function palmOf(scan: HandScan, { of, crotches }: Fingers): Palm | null {
  const { axis: line, rootAt, tipAt } = of.middle
  const axis: Axis = { point: step(line.point, line.direction, rootAt), direction: line.direction }
  const webAt = Math.min(...crotches.slice(1).map((crotch) => alongAxis(axis, crotch)))
  const thumbAt = alongAxis(axis, crotches[0])
  const cut = palmSection(scan, axis, webAt - 0.2 * (tipAt - rootAt))
  if (!cut) return null
  const { major, majorDirection, centroid } = sectionShape(cut.line, cut.plane)
  const thumb = subtract(of.thumb.axis.point, centroid)
  const aside = dot(majorDirection, thumb) >= 0 ? majorDirection : scale(majorDirection, -1)
  return { major, axis, aside, webAt, thumbAt }
}

/** The section of the palm or arm at a place of the axis: the closed outline with the largest area. */
function palmSection({ bvh }: HandScan, axis: Axis, at: number): { line: Polyline; plane: Plane } | null {
  const plane: Plane = { point: step(axis.point, axis.direction, at), normal: axis.direction }
  let best: Polyline | null = null
  let most = 0
  for (const line of closedSection(bvh, plane, 25)) {
    if (line.points.length < 12) continue
    const { area } = sectionShape(line, plane)
    if (Math.abs(area) > most) {
      most = Math.abs(area)
      best = line
    }
  }
  return best && { line: best, plane }
}

/** A section on the smooth surface, with its girth. */
interface Girdle {
  readonly at: number
  readonly plane: Plane
  readonly points: Vec3[]
  readonly girth: number
  readonly tape: Vec3[]
  readonly residual: number
}

/** The outline of palm or arm at a place of the axis, on the smooth surface. */
function girdleAt(scan: HandScan, { axis, aside }: Palm, at: number): Girdle | null {
  const cut = palmSection(scan, axis, at)
  if (!cut) return null
  const radius = Math.max(5, 2.2 * scan.patches.edge)
  const { points, residuals } = smoothLine(scan.patches, cut.line, cut.plane, {
    spacing: 1.5,
    radius,
    widest: 1.6 * radius,
    from: aside,
  })
  const { length, hull } = tapeLength(points, cut.plane)
  return { at, plane: cut.plane, points, girth: length, tape: hull, residual: typicalOf(residuals) }
}

/** Breadth and girth over the heads of the metacarpals, without the thumb. */
interface Knuckles {
  readonly breadth: Across
  readonly girdle: Girdle
}

/**
 * The largest breadth and girth over the heads of the metacarpals, each the top of the parabola through what seven
 * sections have, so that noise does not choose the largest. The lines are those of the section nearest to it.
 */
export function knuckles(scan: HandScan, palm: Palm, fingerLength: number): Knuckles | null {
  const high = palm.webAt - 0.15 * fingerLength
  const low = Math.max(palm.webAt - 0.35 * fingerLength, palm.thumbAt + 2)
  // a thumb that lies against the palm leaves no place without it: then right under the crotches
  const places = low < high ? Array.from({ length: 7 }, (_, k) => high + ((low - high) * k) / 6) : [high]
  const girdles = places.map((at) => girdleAt(scan, palm, at))
  const whole = girdles.filter((girdle) => girdle !== null)
  if (whole.length < places.length) return null
  const wide = whole.map((girdle) => breadthAlong(girdle.points, palm.aside))
  const breadth = highest(wide.map(({ value }) => value))
  const girth = highest(whole.map((girdle) => girdle.girth))
  return {
    breadth: { ...wide[breadth.at], value: breadth.value },
    girdle: { ...whole[girth.at], girth: girth.value },
  }
}

/** The largest value, within their range, of the parabola that fits evenly spaced values best, and the nearest one's number. */
function highest(values: readonly number[]): { at: number; value: number } {
  if (values.length < 4) return { at: values.indexOf(Math.max(...values)), value: Math.max(...values) }
  const middle = (values.length - 1) / 2
  const s = values.map((_, i) => i - middle)
  const sum = (f: (x: number, i: number) => number) => s.reduce((total, x, i) => total + f(x, i), 0)
  const [n, xx, xxxx] = [values.length, sum((x) => x * x), sum((x) => x ** 4)]
  const [y, xy, xxy] = [sum((_, i) => values[i]), sum((x, i) => x * values[i]), sum((x, i) => x * x * values[i])]
  const c2 = (n * xxy - xx * y) / (n * xxxx - xx * xx)
  const [c0, c1] = [(y - c2 * xx) / n, xy / xx]
  const top = c2 < 0 ? -c1 / (2 * c2) : c1 > 0 ? middle : -middle
  const best = [-middle, middle, Math.min(middle, Math.max(-middle, top))]
    .map((x) => ({ x, value: c0 + c1 * x + c2 * x * x }))
    .reduce((a, b) => (b.value > a.value ? b : a))
  return { at: Math.round(best.x + middle), value: best.value }
}

/** Where a hand ends. */
export interface Wrist {
  /** coordinate along the palm's axis */
  readonly at: number
  /** null when it is only the end of a palm that does not narrow */
  readonly girdle: Girdle | null
}

/**
 * The wrist: going from the crotch of the thumb up the arm, the first place from which the girth falls by less than
 * 0.6 % per mm over the next 12 mm, where the arm is narrower than 0.82 of the palm.
 */
export function wristOf(scan: HandScan, palm: Palm): Wrist | null {
  const ahead = 12
  const pace = 2
  const start = Math.min(palm.thumbAt, palm.webAt) - 4
  const end = lowestOf(scan, palm)
  const girths: number[] = []
  const majors: number[] = []
  for (let at = start; at > end + 1 && girths.length < 100; at -= pace) {
    const cut = palmSection(scan, palm.axis, at)
    if (!cut) break
    girths.push(girth([cut.line], cut.plane).length)
    majors.push(sectionShape(cut.line, cut.plane).major)
  }
  if (girths.length < 5) return null
  const last = start - pace * (girths.length - 1)
  const valueNear = (values: number[], at: number) => {
    const k = (start - at) / pace
    const i = Math.min(values.length - 2, Math.max(0, Math.floor(k)))
    return values[i] + (values[i + 1] - values[i]) * (k - i)
  }
  const fall = (at: number) => (valueNear(girths, at) / valueNear(girths, at - ahead) - 1) / ahead
  let before = Infinity
  for (let at = start; at - ahead >= last; at -= 0.5) {
    const here = fall(at)
    if (valueNear(majors, at) < 0.82 * palm.major && here < 0.006) {
      // between this place and the one before
      const share = before < Infinity && before > 0.006 ? (0.006 - here) / (before - here) : 0
      const wrist = at + 0.5 * share
      return { at: wrist, girdle: leastGirdle(scan, palm, wrist, ahead) }
    }
    before = here
  }
  return majors[majors.length - 1] > 0.9 * palm.major ? { at: end, girdle: null } : null
}

/** The least girth of five between a place and `ahead` mm up the arm. */
function leastGirdle(scan: HandScan, palm: Palm, at: number, ahead: number): Girdle | null {
  const girdles = Array.from({ length: 5 }, (_, k) => girdleAt(scan, palm, at - (ahead * k) / 4))
  return girdles.reduce((least, one) => (one && (!least || one.girth < least.girth) ? one : least), null)
}

/** Where the scan ends towards the arm: the lowest coordinate along the palm's axis of anything near that axis. */
function lowestOf({ bvh }: HandScan, { axis }: Palm): number {
  const { positions } = bvh.mesh
  const { point, direction: d } = axis
  let low = Infinity
  for (let i = 0; i < positions.length; i += 3) {
    const x = positions[i] - point[0]
    const y = positions[i + 1] - point[1]
    const z = positions[i + 2] - point[2]
    const along = x * d[0] + y * d[1] + z * d[2]
    if (along < low) low = along
  }
  return low
}

/** What tells the palm from the back of a hand. */
interface PalmSide {
  /** out of the palm, of length 1 */
  readonly palmar: Vec3
  /** 0 (a guess) to 1 */
  readonly sureness: number
}

/**
 * Which side of the hand is the palm: the one that is hollow between thumb and little finger, and to which the thumb
 * stands out.
 */
export function palmSide(scan: HandScan, palm: Palm, { of }: Fingers, fingerLength: number): PalmSide {
  const { axis, aside } = palm
  const up = unit(cross(axis.direction, aside))
  let hollow = 0
  for (let k = 0; k < 6; k++) {
    const girdle = girdleAt(scan, palm, palm.webAt - fingerLength * (0.15 + 0.12 * k))
    if (girdle) hollow += (gapUnder(girdle, aside, up) - gapUnder(girdle, aside, scale(up, -1))) / 6
  }
  const thumb = dot(subtract(of.thumb.tip, axis.point), up)
  const vote = 0.6 * Math.tanh(hollow / 0.6) + 0.4 * Math.tanh(thumb / 15)
  return { palmar: vote >= 0 ? up : scale(up, -1), sureness: Math.min(1, Math.abs(vote)) }
}

/** mm: how far the outline lies under its hull on one side, in the mean over the middle three fifths of its breadth. */
function gapUnder({ points, tape }: Girdle, aside: Vec3, up: Vec3): number {
  const flat = (p: Vec3) => [dot(p, aside), dot(p, up)]
  const line = points.map(flat)
  const hull = tape.map(flat)
  const low = Math.min(...line.map((p) => p[0]))
  const high = Math.max(...line.map((p) => p[0]))
  const heightAt = (polygon: number[][], x: number) => {
    let best = -Infinity
    for (let i = 0; i < polygon.length; i++) {
      const [ax, ay] = polygon[i]
      const [bx, by] = polygon[(i + 1) % polygon.length]
      if ((ax - x) * (bx - x) <= 0 && ax !== bx) best = Math.max(best, ay + ((x - ax) / (bx - ax)) * (by - ay))
    }
    return best
  }
  let sum = 0
  for (let k = 0; k <= 12; k++) {
    const x = low + (high - low) * (0.2 + (0.6 * k) / 12)
    sum += heightAt(hull, x) - heightAt(line, x)
  }
  return sum / 13
}
