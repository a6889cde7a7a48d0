import { clean, type Cleaned } from '../clean/clean.ts'
import { surfaceFromPoints } from '../clean/surface-from-points.ts'
import { measurers } from '../measure/measurers.ts'
import {
  type BodyPart,
  bodyParts,
  type MeasurementUnit,
  type PartReading,
  type Reading,
  type Side,
} from '../measure/measurement.ts'
import { scaling } from '../mesh/matrix.ts'
import { type Mesh, type Scan, transformed, triangleCount, vertexCount } from '../mesh/mesh.ts'
import { decimate } from '../mesh/resample.ts'
import { type Limits, readScan } from '../read/read.ts'
import { GeometryRefusal } from '../refusal.ts'
import { type Coverage, hasSurface, judgeOf, leastQuality, type Quality } from './quality.ts'
import { guessUnits, type LengthUnit, lengthUnits, radiusOf, type UnitGuess } from './units.ts'

/** The steps that work on a scan and a design goes through, in order, as progress tells them. */
export type Step = 'reading' | 'cleaning' | 'aligning' | 'extracting_measurements' | 'judging' | (string & {})

export interface ScanOptions {
  part?: BodyPart
  side?: Side
  unit?: LengthUnit
  /** how the mouth was while an ear was scanned: the canal's shape changes with it; carried along with the results */
  jaw?: 'open' | 'closed'
  limits?: Partial<Limits>
  /** told before each step, with the share of the work that is done; may throw to stop the work */
  onStep?: (step: Step, share: number) => void
}

/** Everything that was found out about a scan. */
export interface MeasuredScan extends PartReading {
  bodyPart: BodyPart
  /** 0 to 1: how sure it is that this part of the body, and no other, was scanned */
  bodyPartConfidence: number
  unit: LengthUnit
  unitConfidence: number
  jaw?: 'open' | 'closed'
  /** as the file had them */
  vertices: number
  faces: number
  /** cleaned, mm, in the scan's own frame */
  mesh: Mesh
  quality: Quality
  measurements: Record<string, Reading & { unit: MeasurementUnit }>
  judged: (coverage: Coverage) => Quality
}

/**
 * Reads, cleans, recognises, measures and judges a scan. A poor one is measured too: `refusePoor` refuses it.
 * @throws GeometryRefusal what `readScan` refuses; SCAN_EMPTY; SCAN_BODY_PART_MISMATCH when `part` is said and the
 * scan is clearly of another
 */
export function measureScan(bytes: Uint8Array, options: ScanOptions = {}): MeasuredScan {
  const { onStep = () => {} } = options
  onStep('reading', 0)
  const scan = readScan(bytes, options.limits)
  onStep('cleaning', 0.2)
  const cleaned = surfaceOf(scan)
  onStep('aligning', 0.5)
  const kind = recognise(scan, cleaned, options)
  onStep('extracting_measurements', 0.6)
  const mmPerUnit = lengthUnits[kind.unit]
  const mesh = transformed(cleaned.mesh, scaling(mmPerUnit))
  const labels = scan.labels && Int32Array.from(cleaned.fromTriangle, (t) => (t < 0 ? -1 : scan.labels![t]))
  const measurer = measurers[kind.bodyPart]
  const reading = measurer.measure(mesh, { side: options.side, labels })
  if (options.part && reading.likeness < 0.4) refuseOther(options.part, reading, cleaned.mesh)
  onStep('judging', 0.95)
  const judged = judgeOf({ bodyPart: kind.bodyPart, mesh, report: cleaned.report })
  const { definitions } = measurer
  return {
    ...kind,
    ...reading,
    jaw: options.jaw,
    vertices: vertexCount(scan),
    faces: triangleCount(scan),
    mesh,
    quality: judged(worthMeasuring(reading)),
    judged,
    measurements: Object.fromEntries(
      Object.entries(reading.measurements).map(([name, found]) => [name, { ...found, unit: definitions[name].unit }]),
    ),
  }
}

/** The scan's triangles cleaned; points alone become a surface first. */
function surfaceOf(scan: Scan): Cleaned {
  const points = triangleCount(scan) === 0
  if (points && vertexCount(scan) < 100) {
    throw new GeometryRefusal('SCAN_EMPTY', `${vertexCount(scan)} points are too few to be a surface`, {
      why: 'too few points',
    })
  }
  const cleaned = clean(points ? surfaceFromPoints(scan) : scan)
  if (!hasSurface(cleaned.mesh)) {
    throw new GeometryRefusal('SCAN_EMPTY', 'nothing is left of the scan once it is cleaned', { why: 'no surface' })
  }
  return cleaned
}

type Kind = Pick<MeasuredScan, 'bodyPart' | 'bodyPartConfidence' | 'unit' | 'unitConfidence'>

/** Parts and units that fit the size, tried on a thinned copy where there is a choice. */
function recognise(scan: Scan, { mesh }: Cleaned, { part, unit = scan.unit }: ScanOptions): Kind {
  const size = radiusOf(mesh)
  const guesses = guessUnits(size, part ? [part] : bodyParts).filter((guess) => !unit || guess.unit === unit)
  const plausible = guesses.filter(({ weight }, i) => i === 0 || weight > 0.06)
  const lone = plausible.length === 1
  const small = lone ? mesh : decimate(mesh, 8000)
  const tried: (UnitGuess & { likeness: number })[] = []
  let most = 0
  for (const guess of plausible) {
    // however alike, it would not make the best one found so far doubtful
    if (guess.weight < 0.1 * most) break
    const likeness = lone ? 1 : likenessAs(small, guess)
    most = Math.max(most, guess.weight * likeness)
    tried.push({ ...guess, likeness, weight: guess.weight * likeness })
  }
  tried.sort((a, b) => b.weight - a.weight)
  const best = tried[0]
  const rival = (of: (guess: UnitGuess) => boolean) => Math.max(0, ...tried.filter(of).map(({ weight }) => weight))
  const against = (other: number) => (best.weight > 0 ? best.weight / (best.weight + other) : 0)
  const fits = Math.min(1, guesses[0].weight * 2)
  return {
    bodyPart: best.bodyPart,
    // the best of bad guesses is no sure one
    bodyPartConfidence: part
      ? 1
      : against(rival((guess) => guess.bodyPart !== best.bodyPart)) * Math.min(1, 2 * best.likeness),
    unit: best.unit,
    unitConfidence: unit ? 1 : against(rival((guess) => guess.unit !== best.unit)) * fits,
  }
}

function likenessAs(mesh: Mesh, { unit, bodyPart }: UnitGuess): number {
  const inMm = transformed(mesh, scaling(lengthUnits[unit]))
  const measurer = measurers[bodyPart]
  return 0.02 + (measurer.likeness?.(inMm) ?? measurer.measure(inMm).likeness)
}

/** Whether what does not look like the part that was said clearly looks like another. */
function refuseOther(part: BodyPart, { likeness }: PartReading, mesh: Mesh) {
  const small = decimate(mesh, 8000)
  const others = guessUnits(radiusOf(mesh), bodyParts).filter(
    ({ bodyPart, weight }) => bodyPart !== part && weight > 0.2,
  )
  for (const other of others) {
    const confidence = likenessAs(small, other) - 0.02
    if (confidence < 0.65 || confidence < likeness + 0.3) continue
    throw new GeometryRefusal(
      'SCAN_BODY_PART_MISMATCH',
      `the scan looks like a ${named(other.bodyPart)} (${Math.round(confidence * 100)} % sure), not like a ${named(part)}`,
      { expected: part, found: other.bodyPart, confidence },
    )
  }
}

const named = (part: BodyPart) => (part === 'full_body' ? 'whole body' : part === 'teeth' ? 'row of teeth' : part)

/**
 * What decides whether a scan is worth measuring: its best seen region. A face alone is worth measuring, and so is a
 * canal; what is not seen makes absences. Products judge by the regions that they need.
 */
function worthMeasuring({ coverage, measurements }: PartReading): Record<string, number> {
  if (Object.keys(measurements).length === 0) return { 'part that can be measured': 0 }
  // a head's shoulders tell a bust: nobody needs them
  const regions = Object.entries(coverage).filter(([region]) => region !== 'shoulders')
  const best = regions.reduce((most, region) => (region[1] > most[1] ? region : most), ['scan', 0])
  return Object.fromEntries([best])
}

/** @throws GeometryRefusal SCAN_QUALITY_LOW for a scan below the contract's least */
export function refusePoor({ score, suggestions }: Quality) {
  if (score >= leastQuality) return
  throw new GeometryRefusal(
    'SCAN_QUALITY_LOW',
    `the scan's quality is ${score}, and ${leastQuality} is needed: ${suggestions.join('; ')}`,
    {
      qualityScore: score,
      minimumRequired: leastQuality,
      suggestions,
    },
  )
}
