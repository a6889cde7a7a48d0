import type { Mat4 } from '../mesh/matrix.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Vec3 } from '../mesh/vector.ts'

export const bodyParts = ['ear', 'foot', 'teeth', 'hand', 'head', 'full_body'] as const
export type BodyPart = (typeof bodyParts)[number]
export type Side = 'left' | 'right'
export type MeasurementUnit = 'mm' | 'mm2' | 'deg' | 'ratio'

/** What a measurement was read from, in the scan's own frame, mm, so that a picture can show it. */
export interface Trace {
  /** span: two ends of a straight distance; curve: a line on the surface or a section; points: landmarks */
  kind: 'span' | 'curve' | 'points'
  points: readonly Vec3[]
  /** a curve that ends where it begins (a girth, a section) */
  closed?: boolean
}

/** A measurement that the scan supports. */
export interface Reading {
  value: number
  /** 0 to 1: how far noise, gaps and doubt about the landmarks can have moved it; 0.9 and more is as good as calipers */
  confidence: number
  trace: readonly Trace[]
}

/** What a name means: published with the figures, since definitions are what differ between studies. */
export interface Definition {
  unit: MeasurementUnit
  /** landmarks, axis and section in one or two sentences */
  definition: string
  /** the standard, study or textbook whose definition it is, or 'ours' with the reason */
  source: string
}

/** What measuring one body part yields. Every defined name stands in `measurements` or, with a reason, in `absent`. */
export interface PartReading {
  /** null for parts without sides, or when it cannot be told */
  side: Side | null
  sideConfidence: number
  /** from the scan's frame (mm) into the part's canonical pose (see each part's file) */
  toCanonical: Mat4
  measurements: Record<string, Reading>
  absent: Record<string, string>
  /** named anatomical points, scan frame, mm */
  landmarks: Record<string, Vec3>
  /** named lines that products are cut by (the concha's rim, the canal's centre line), scan frame, mm */
  curves?: Record<string, readonly Vec3[]>
  /** the regions that matter and how much of each the scan covers, 0 to 1 */
  coverage: Record<string, number>
  /** 0 to 1: how well the shape agrees with what this part of the body looks like */
  likeness: number
}

/** How one body part is measured: pure, deterministic, and the same however the scan is moved and turned. */
export interface PartMeasurer {
  bodyPart: BodyPart
  definitions: Record<string, Definition>
  /**
   * @param mesh cleaned, oriented, mm, in any pose
   * @param options.labels one number a triangle, where somebody has labelled them (teeth)
   * @param options.side what the customer says; believed against a doubtful finding, reported when it contradicts a sure one
   */
  measure(mesh: Mesh, options?: { side?: Side; labels?: Int32Array }): PartReading
  /** The likeness that `measure` finds, where it takes less than measuring. */
  likeness?(mesh: Mesh): number
}
