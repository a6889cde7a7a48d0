import { girth, sectionShape } from '../../mesh/outline.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import { type Plane, section } from '../../mesh/section.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import { applyTo } from '../../mesh/matrix.ts'
import { closedSection } from '../fit/closed-section.ts'
import { smoothLine, tapeLength, typicalOf } from '../fit/smooth-girth.ts'
import { type BodyScan, inBody, inScan } from './pose.ts'

/** A girth of the body, and the tape's line in the scan. */
export interface Tape {
  readonly plane: Plane
  readonly girth: number
  readonly line: Vec3[]
  readonly residual: number
}

/** The level plane at a height over the floor. */
export const levelAt = (scan: BodyScan, height: number): Plane => ({
  point: applyTo(scan.back, [0, 0, height]),
  normal: inScan(scan, [0, 0, 1]),
})

/** The closed outlines at a plane that are larger than a finger, with their middles in the body's frame. */
export function outlinesAt(scan: BodyScan, plane: Plane): { line: Polyline; area: number; middle: Vec3 }[] {
  const out: { line: Polyline; area: number; middle: Vec3 }[] = []
  for (const line of closedSection(scan.bvh, plane, 0.06 * scan.stature)) {
    if (line.points.length < 15) continue
    const { area, centroid } = sectionShape(line, plane)
    if (area > 1.5e-4 * scan.stature ** 2) out.push({ line, area, middle: inBody(scan, centroid) })
  }
  return out.sort((a, b) => b.area - a.area)
}

/** The torso at a height: the largest outline round the midplane. */
export function torsoAt(scan: BodyScan, height: number): { line: Polyline; plane: Plane; middle: Vec3 } | null {
  const plane = levelAt(scan, height)
  const found = outlinesAt(scan, plane).find(({ middle }) => Math.abs(middle[1]) < 0.05 * scan.stature)
  return found ? { line: found.line, plane, middle: found.middle } : null
}

/** mm: patches on a body */
export const bodyRadius = ({ patches }: BodyScan) => Math.max(12, 2.2 * patches.edge)

/** A girth on the smooth surface. */
export function tapeRound(scan: BodyScan, line: Polyline, plane: Plane, radius = bodyRadius(scan)): Tape {
  const from = inScan(scan, [1, 0, 0])
  const { points, residuals } = smoothLine(scan.patches, line, plane, { spacing: radius / 3, radius, from })
  const { length, hull } = tapeLength(points, plane)
  return { plane, girth: length, line: hull, residual: typicalOf(residuals) }
}

/** How the torso's girth goes with height, as a tape lies. */
export interface Heights {
  readonly at: number[]
  readonly girths: number[]
}

/** Girths of the torso at even heights; NaN where it has none. */
export function torsoGirths(scan: BodyScan, low: number, high: number, count: number): Heights {
  const at = Array.from({ length: count }, (_, k) => low + ((high - low) * k) / (count - 1))
  const girths = at.map((height) => {
    const torso = torsoAt(scan, height)
    return torso ? girth([torso.line], torso.plane).length : NaN
  })
  return { at, girths }
}

/** The height with the largest (sense 1) or smallest (-1) of evenly spaced girths, between them by a parabola. */
export function extremeHeight({ at, girths }: Heights, sense: 1 | -1): { height: number; inside: boolean } | null {
  let best = -1
  girths.forEach((value, i) => {
    if (!Number.isNaN(value) && (best < 0 || sense * value > sense * girths[best])) best = i
  })
  if (best < 0) return null
  const inside = best > 0 && best < at.length - 1 && !Number.isNaN(girths[best - 1] + girths[best + 1])
  if (!inside) return { height: at[best], inside }
  const [a, b, c] = [girths[best - 1], girths[best], girths[best + 1]]
  const bend = a - 2 * b + c
  const share = bend === 0 ? 0 : Math.min(0.5, Math.max(-0.5, (a - c) / (2 * bend)))
  return { height: at[best] + share * (at[1] - at[0]), inside }
}

/** The crotch: the lowest point between the legs of the section in the midplane. */
export function crotchOf(scan: BodyScan): Vec3 | null {
  const { bvh, stature } = scan
  const plane = { point: applyTo(scan.back, [0, 0, 0]), normal: inScan(scan, [0, 1, 0]) }
  let best: Vec3 | null = null
  for (const { points } of section(bvh.mesh, plane, { bvh })) {
    for (let i = 0; i < points.length; i += 3) {
      const p = inBody(scan, [points[i], points[i + 1], points[i + 2]])
      if (p[2] < 0.25 * stature || p[2] > 0.62 * stature) continue
      if (!best || p[2] < best[2]) best = p
    }
  }
  return best && applyTo(scan.back, best)
}
