import type { BodyPart } from '../measure/measurement.ts'
import { faceVectors, type Mesh } from '../mesh/mesh.ts'

/** Millimetres in each unit that scans come in. */
export const lengthUnits = { mm: 1, cm: 10, dm: 100, m: 1000, in: 25.4 } as const
export type LengthUnit = keyof typeof lengthUnits

/**
 * How large the scans of each part are: the root mean square distance of their surface from its middle, mm, and how
 * far (as a factor, e to this power) scans usually stray from it: an ear comes with more or less skin round it, or as
 * a canal alone.
 */
const sizes: Record<BodyPart, { typicalMm: number; spread: number }> = {
  ear: { typicalMm: 26, spread: 0.6 },
  teeth: { typicalMm: 26, spread: 0.25 },
  hand: { typicalMm: 60, spread: 0.3 },
  foot: { typicalMm: 86, spread: 0.28 },
  head: { typicalMm: 100, spread: 0.32 },
  full_body: { typicalMm: 500, spread: 0.22 },
}

/** How common each unit is among scanners' files. */
const common: Record<LengthUnit, number> = { mm: 1, m: 0.9, cm: 0.7, in: 0.4, dm: 0.2 }

export interface UnitGuess {
  unit: LengthUnit
  bodyPart: BodyPart
  /** how well the size fits, 0 to 1 */
  fit: number
  /** how many times as large as usual it would be */
  times: number
  /** how well the size fits, times how common the unit is; comparable among guesses for one scan */
  weight: number
}

/** The units in which a scan of this size can be one of these parts, the likeliest first. */
export function guessUnits(size: number, parts: readonly BodyPart[]): UnitGuess[] {
  const guesses = parts.flatMap((bodyPart) =>
    (Object.keys(lengthUnits) as LengthUnit[]).map((unit) => {
      const { typicalMm, spread } = sizes[bodyPart]
      const times = (size * lengthUnits[unit]) / typicalMm
      const fit = Math.exp(-0.5 * (Math.log(times) / spread) ** 2)
      return { unit, bodyPart, fit, times, weight: fit * common[unit] }
    }),
  )
  return guesses.sort((a, b) => b.weight - a.weight)
}

/** The root mean square distance of a surface (or of points) from its middle, in the mesh's own unit. */
export function radiusOf(mesh: Mesh): number {
  const { positions, triangles } = mesh
  const sums = [0, 0, 0, 0, 0]
  const count = (v: number, weight: number) => {
    const [x, y, z] = [positions[v], positions[v + 1], positions[v + 2]]
    sums[0] += weight
    sums[1] += weight * x
    sums[2] += weight * y
    sums[3] += weight * z
    sums[4] += weight * (x * x + y * y + z * z)
  }
  if (triangles.length > 0) {
    const faces = faceVectors(mesh)
    for (let t = 0; t < triangles.length; t += 3) {
      const weight = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
      for (let corner = 0; corner < 3; corner++) count(3 * triangles[t + corner], weight)
    }
  } else for (let v = 0; v < positions.length; v += 3) count(v, 1)
  const [all, x, y, z, square] = sums
  return all > 0 ? Math.sqrt(Math.max(0, square / all - (x * x + y * y + z * z) / (all * all))) : 0
}
