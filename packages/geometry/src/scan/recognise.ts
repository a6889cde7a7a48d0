import { type BodyPart, bodyParts } from '../measure/measurement.ts'
import { measurers } from '../measure/measurers.ts'
import { scaling } from '../mesh/matrix.ts'
import { type Mesh, transformed } from '../mesh/mesh.ts'
import { decimate } from '../mesh/resample.ts'
import { GeometryRefusal } from '../refusal.ts'
import { guessUnits, type LengthUnit, lengthUnits, radiusOf, type UnitGuess } from './units.ts'

/** What is known of a scan before it is measured; each may be missing. */
export interface Known {
  /** the customer says it */
  part?: BodyPart
  /** the customer says it */
  unit?: LengthUnit
  /** the format fixes it, whatever the scanner wrote */
  formatUnit?: LengthUnit
}

/** The best of the guesses what a scan is. */
export interface Recognised extends UnitGuess {
  /** how alike it is, tried on a thinned copy; null where there is no choice and nothing was tried */
  likeness: number | null
  /** 0 to 1, how it stands against the best guess of another part, and against that of another unit */
  againstParts: number
  againstUnits: number
}

/** Parts and units that fit the size, tried on a thinned copy where there is a choice. */
export function recognise(mesh: Mesh, { part, unit: said, formatUnit }: Known): Recognised {
  const unit = said ?? formatUnit
  const guesses = guessUnits(radiusOf(mesh), part ? [part] : bodyParts).filter((guess) => !unit || guess.unit === unit)
  const plausible = guesses.filter(({ weight }, i) => i === 0 || weight > 0.06)
  if (plausible.length === 1) {
    const [lone] = plausible
    // nothing else is of its size, which makes it no likelier to be of a size that it hardly has
    const sure = Math.min(1, 2 * lone.fit)
    return { ...lone, likeness: null, againstParts: sure, againstUnits: Math.min(1, 2 * lone.weight) }
  }
  const small = decimate(mesh, 8000)
  const tried: (UnitGuess & { likeness: number })[] = []
  let most = 0
  for (const guess of plausible) {
    // however alike, it would not make the best one found so far doubtful
    if (guess.weight < 0.1 * most) break
    const likeness = 0.02 + likenessAs(small, guess)
    most = Math.max(most, guess.weight * likeness)
    tried.push({ ...guess, likeness, weight: guess.weight * likeness })
  }
  tried.sort((a, b) => b.weight - a.weight)
  const best = tried[0]
  const rival = (of: (guess: UnitGuess) => boolean) => Math.max(0, ...tried.filter(of).map(({ weight }) => weight))
  const against = (other: number) => (best.weight > 0 ? best.weight / (best.weight + other) : 0)
  const fits = Math.min(1, 2 * guesses[0].weight)
  return {
    ...best,
    againstParts: against(rival((guess) => guess.bodyPart !== best.bodyPart)),
    againstUnits: against(rival((guess) => guess.unit !== best.unit)) * fits,
  }
}

/**
 * What a scan is by its shape alone, for one that was brought to some size that no unit explains.
 * @returns null when it is clearly like no part of the body, of whatever size
 */
export function recogniseShape(mesh: Mesh, unit?: LengthUnit): Recognised | null {
  const radius = radiusOf(mesh)
  const small = decimate(mesh, 8000)
  const off = ({ times }: UnitGuess) => Math.abs(Math.log(times))
  const alike = bodyParts.map((part) => {
    const guesses = guessUnits(radius, [part]).filter((guess) => !unit || guess.unit === unit)
    const nearest = guesses.reduce((a, b) => (off(b) < off(a) ? b : a))
    return { ...nearest, likeness: likenessOf(small, part, lengthUnits[nearest.unit] / nearest.times) }
  })
  const [first, second] = alike.sort((a, b) => b.likeness - a.likeness)
  if (first.likeness < 0.6) return null
  const againstParts = first.likeness / (first.likeness + second.likeness)
  return { ...first, againstParts, againstUnits: first.weight }
}

/** How sure part and unit are, 0 to 1, once it is known how alike the scan is to what it was taken for. */
export function confidences({ likeness, againstParts, againstUnits, fit }: Recognised, measured: number, known: Known) {
  return {
    // the best of bad guesses is no sure one
    bodyPartConfidence: known.part ? 1 : againstParts * Math.min(1, 2 * (likeness ?? measured)),
    unitConfidence: known.unit ? 1 : known.formatUnit ? Math.min(1, 2 * fit) : againstUnits,
  }
}

/** How alike a scan, in its own unit, is to a part of the body in a unit, 0 to 1. */
export const likenessAs = (mesh: Mesh, { unit, bodyPart }: Pick<UnitGuess, 'unit' | 'bodyPart'>): number =>
  likenessOf(mesh, bodyPart, lengthUnits[unit])

function likenessOf(mesh: Mesh, bodyPart: BodyPart, mm: number): number {
  const inMm = transformed(mesh, scaling(mm))
  const measurer = measurers[bodyPart]
  return measurer.likeness?.(inMm) ?? measurer.measure(inMm).likeness
}

/**
 * Refuses what does not look like the part that was said when it clearly looks like another.
 * @param mesh cleaned, in the scan's own unit
 * @param likeness how alike it is to the part that was said
 * @throws GeometryRefusal SCAN_BODY_PART_MISMATCH
 */
export function refuseOther(part: BodyPart, likeness: number, mesh: Mesh) {
  const small = decimate(mesh, 8000)
  const others = guessUnits(radiusOf(mesh), bodyParts).filter(
    ({ bodyPart, weight }) => bodyPart !== part && weight > 0.2,
  )
  for (const other of others) {
    const confidence = likenessAs(small, other)
    if (confidence < 0.65 || confidence < likeness + 0.3) continue
    throw new GeometryRefusal(
      'SCAN_BODY_PART_MISMATCH',
      `the scan looks like a ${named(other.bodyPart)} (${Math.round(confidence * 100)} % sure), not like a ${named(part)}`,
      { expected: part, found: other.bodyPart, confidence },
    )
  }
}

export const named = (part: BodyPart) =>
  part === 'full_body' ? 'whole body' : part === 'teeth' ? 'row of teeth' : part
