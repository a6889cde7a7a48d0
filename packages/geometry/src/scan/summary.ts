import type { BodyPart, MeasurementUnit, Side } from '../measure/measurement.ts'
import type { QualityIssue } from './quality.ts'
import type { MeasuredScan } from './scan.ts'
import type { LengthUnit } from './units.ts'

/** What a scan came to, as it is stored and printed: plain values, rounded to what they are worth. */
export interface ScanSummary {
  bodyPart: BodyPart
  bodyPartConfidence: number
  side: Side | null
  sideConfidence: number
  unit: LengthUnit
  unitConfidence: number
  jaw?: 'open' | 'closed'
  vertices: number
  faces: number
  quality: { score: number; issues: QualityIssue[] }
  measurements: Record<string, { value: number; unit: MeasurementUnit; confidence: number }>
  absent: Record<string, string>
  landmarks: Record<string, [number, number, number]>
  /** from the scan's frame, in mm, into the part's canonical pose: a 4x4 matrix in rows */
  toCanonical: number[]
}

export function summaryOf(scan: MeasuredScan): ScanSummary {
  return {
    bodyPart: scan.bodyPart,
    bodyPartConfidence: share(scan.bodyPartConfidence),
    side: scan.side,
    sideConfidence: share(scan.sideConfidence),
    unit: scan.unit,
    unitConfidence: share(scan.unitConfidence),
    ...(scan.jaw ? { jaw: scan.jaw } : {}),
    vertices: scan.vertices,
    faces: scan.faces,
    quality: { score: scan.quality.score, issues: scan.quality.issues },
    measurements: Object.fromEntries(
      Object.entries(scan.measurements).map(([name, { value, unit, confidence }]) => [
        name,
        { value: length(value), unit, confidence: share(confidence) },
      ]),
    ),
    absent: scan.absent,
    landmarks: Object.fromEntries(
      Object.entries(scan.landmarks).map(([name, [x, y, z]]) => [name, [length(x), length(y), length(z)]]),
    ),
    toCanonical: [...scan.toCanonical],
  }
}

/** To a thousandth of a millimetre: ten times finer than the least that a pose moves it by. */
const length = (mm: number) => Math.round(mm * 1000) / 1000 + 0 // and no -0
const share = (value: number) => Math.round(Math.max(0, Math.min(1, value)) * 1000) / 1000
