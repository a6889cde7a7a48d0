import { clean, type Cleaned } from '../clean/clean.ts'
import { openPiecesTurned } from '../clean/orient.ts'
import { surfaceFromPoints } from '../clean/surface-from-points.ts'
import { measurers } from '../measure/measurers.ts'
import {
  type BodyPart,
  type MeasurementUnit,
  type PartMeasurer,
  type PartReading,
  type Reading,
  type Side,
} from '../measure/measurement.ts'
import { scaling } from '../mesh/matrix.ts'
import { type Mesh, type Scan, transformed, triangleCount, vertexCount } from '../mesh/mesh.ts'
import { decimate } from '../mesh/resample.ts'
import { type Limits, readScan } from '../read/read.ts'
import { GeometryRefusal } from '../refusal.ts'
import { type Coverage, hasSurface, judgeOf, leastQuality, type Noticed, type Quality } from './quality.ts'
import {
  confidences,
  type Known,
  likenessAs,
  named,
  type Recognised,
  recognise,
  recogniseShape,
  refuseOther,
} from './recognise.ts'
import { type LengthUnit, lengthUnits } from './units.ts'

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
  const known: Known = { part: options.part, unit: options.unit, formatUnit: scan.unit }
  const labels = scan.labels && Int32Array.from(cleaned.fromTriangle, (t) => (t < 0 ? -1 : scan.labels![t]))
  const taken = measuredOutside(cleaned, known, (given, kind) => {
    onStep('extracting_measurements', 0.6)
    const mesh = transformed(given, scaling(lengthUnits[kind.unit]))
    return { kind, mesh, reading: measurers[kind.bodyPart].measure(mesh, { side: options.side, labels }) }
  })
  const { kind, mesh, reading } = taken
  if (options.part && reading.likeness < 0.4) refuseOther(options.part, reading.likeness, cleaned.mesh)
  onStep('judging', 0.95)
  const sure = confidences(kind, reading.likeness, known)
  const noticed = [...noticedOf(taken, options.side), ...doubtfulUnit(kind.unit, sure.unitConfidence)]
  const judged = judgeOf({ bodyPart: kind.bodyPart, mesh, report: cleaned.report, size: kind, noticed })
  return {
    bodyPart: kind.bodyPart,
    unit: kind.unit,
    ...sure,
    ...reading,
    ...finiteOf(reading, measurers[kind.bodyPart]),
    jaw: options.jaw,
    vertices: vertexCount(scan),
    faces: triangleCount(scan),
    mesh,
    quality: judged(worthMeasuring(reading)),
    judged,
  }
}

/** Measurements with their units. What came out as no number is absent. */
export function finiteOf(
  { measurements, absent, landmarks }: Pick<PartReading, 'measurements' | 'absent' | 'landmarks'>,
  { definitions }: Pick<PartMeasurer, 'definitions'>,
): Pick<MeasuredScan, 'measurements' | 'absent' | 'landmarks'> {
  const read = Object.entries(measurements)
  const whole = ([, { value, confidence }]: [string, Reading]) => Number.isFinite(value) && Number.isFinite(confidence)
  const gaps = read
    .filter((found) => !whole(found))
    .map(([name]) => [name, 'it cannot be read: the scan has a gap or a fault there'])
  return {
    measurements: Object.fromEntries(
      read.filter(whole).map(([name, found]) => [name, { ...found, unit: definitions[name].unit }]),
    ),
    absent: { ...absent, ...Object.fromEntries(gaps) },
    landmarks: Object.fromEntries(Object.entries(landmarks).filter(([, point]) => point.every(Number.isFinite))),
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

/** A scan taken for something, and measured as that. */
interface Taken {
  kind: Recognised
  /** mm */
  mesh: Mesh
  reading: PartReading
}

/** Below this likeness an open scan is tried the other way round, as it may be inside out. */
const alike = 0.9
/** How much likelier it has to be the other way round: scans the right way round lose 0.2 and more by turning. */
const clearly = 0.15

type Measure = (mesh: Mesh, kind: Recognised) => Taken

/**
 * Measured with the outside that the file gives it. Only the file knows that of an open scan, and some are written
 * inside out: one that looks like little that way, and clearly more like something the other way, is turned about.
 * What looks like nothing that its size allows is taken for what its shape is like.
 */
function measuredOutside(cleaned: Cleaned, known: Known, measure: Measure) {
  const asInFile = measure(cleaned.mesh, recognise(cleaned.mesh, known))
  const { likeness } = asInFile.reading
  if (likeness > alike) return { ...asInFile, turned: 0 }
  const about = outsideFromFile(cleaned) ? measuredTurned(cleaned, known, asInFile, measure) : null
  if (about) return about
  const shape = likeness < 0.3 && !known.part ? recogniseShape(cleaned.mesh, known.unit ?? known.formatUnit) : null
  return { ...(shape ? measure(cleaned.mesh, shape) : asInFile), turned: 0 }
}

/** @returns null when it is no likelier to be anything that way */
function measuredTurned(cleaned: Cleaned, known: Known, asInFile: Taken, measure: Measure) {
  const { likeness } = asInFile.reading
  const { mesh, share } = openPiecesTurned(cleaned.mesh)
  const small = decimate(mesh, 8000)
  // half alike is the same part inside out; what is like nothing may be any
  const kind = likeness > 0.5 ? { ...asInFile.kind, likeness: null } : recognise(small, known)
  if ((kind.likeness ?? likenessAs(small, kind)) < likeness + clearly) return null
  const other = measure(mesh, kind)
  // what mirrors a scan turns it inside out too: left and right may be swapped
  const sideConfidence = Math.min(0.5, other.reading.sideConfidence)
  return { ...other, reading: { ...other.reading, sideConfidence }, turned: share }
}

/** Whether the file alone says of most of the surface which side is outside. */
function outsideFromFile({ report: { pieces } }: Cleaned): boolean {
  const areaOf = (some: typeof pieces) => some.reduce((sum, { area }) => sum + area, 0)
  return areaOf(pieces.filter(({ outwardBy }) => outwardBy === 'file')) > areaOf(pieces) / 2
}

/** What the customer should know of, and what is no flaw of the surface. */
function noticedOf({ kind, reading, turned }: Taken & { turned: number }, said: Side | undefined): Noticed[] {
  const noticed = otherSide(said, reading, kind.bodyPart)
  if (turned === 0) return noticed
  return [
    ...noticed,
    {
      code: 'INSIDE_OUT',
      message: `the file has ${Math.round(turned * 100)} % of the surface inside out; it was turned about`,
      value: Math.round(turned * 1000) / 1000,
      suggestion:
        'Export the scan with its normals pointing outwards; if the export mirrors it, left and right are swapped',
    },
  ]
}

/** A unit that is little better than any other: all lengths hang on it. */
function doubtfulUnit(unit: LengthUnit, confidence: number): Noticed[] {
  if (confidence >= 0.3) return []
  return [
    {
      code: 'UNIT_UNCERTAIN',
      message: `the scan's size fits no unit well; its lengths are taken for ${unit} (${Math.round(confidence * 100)} % sure)`,
      value: Math.round(confidence * 1000) / 1000,
      suggestion: 'Say in which unit the scan is',
    },
  ]
}

/** A side that was said, and that measuring overruled because it is sure of the other one. */
function otherSide(said: Side | undefined, { side, sideConfidence }: PartReading, part: BodyPart): Noticed[] {
  if (!said || !side || side === said) return []
  return [
    {
      code: 'SIDE_MISMATCH',
      message: `the scan is of a ${side} ${named(part)} (${Math.round(sideConfidence * 100)} % sure), not of the ${said} one`,
      value: Math.round(sideConfidence * 1000) / 1000,
      suggestion: `Scan the ${said} ${named(part)}, or say that this is the ${side} one`,
    },
  ]
}

/**
 * Refuses a scan that is of the other side than was said, as a product made on it would be for the other side. Measuring
 * does not refuse it: its figures are right, and its side is told.
 * @throws GeometryRefusal SCAN_BODY_PART_MISMATCH
 */
export function refuseOtherSide({ bodyPart, side, sideConfidence, quality }: MeasuredScan) {
  const mismatch = quality.issues.find(({ code }) => code === 'SIDE_MISMATCH')
  if (!mismatch) return
  const expected = side === 'left' ? 'right' : 'left'
  throw new GeometryRefusal('SCAN_BODY_PART_MISMATCH', mismatch.message, {
    expected: `${expected} ${named(bodyPart)}`,
    found: `${side} ${named(bodyPart)}`,
    confidence: sideConfidence,
  })
}

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
