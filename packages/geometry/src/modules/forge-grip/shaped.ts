import type { Sdf } from '../../field/shapes.ts'
import type { Mat4 } from '../../mesh/matrix.ts'

/** A handle as it is shaped, before its ends, its bore and its mark: in its own frame, whose z is its axis. */
export interface Shaped {
  /** without ends */
  body: Sdf
  /** from the scan's frame; mirrors when the handle is made as for the other hand */
  toHandle: Mat4
  /** both ends, along z */
  ends: readonly [number, number]
  /** no part of it lies farther from the axis, mm */
  reachMm: number
  /** the least distance from the axis to its surface, mm */
  thinnestMm: number
  /** where marks go, near the upper and the lower end: angle round the axis (from x towards y), place along it, radius */
  marks: readonly [MarkPlace, MarkPlace]
  /** how thick it is, for the mark, mm */
  sizeMm: number
  /** where it is meant to touch, handle's frame; null when the hand does not hold it in the scan */
  contact: ((x: number, y: number, z: number) => boolean) | null
  notes: string[]
}

export interface MarkPlace {
  angle: number
  z: number
  radiusMm: number
}
