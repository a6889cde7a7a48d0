import { bvhOf } from '../../mesh/bvh.ts'
import { identity, intoFrame } from '../../mesh/matrix.ts'
import { area, bounds, type Mesh, triangleCount } from '../../mesh/mesh.ts'
import { angleDeg, cross, dot, step, type Vec3 } from '../../mesh/vector.ts'
import { largestBreadth } from '../fit/breadth.ts'
import { patchesOf } from '../fit/patch.ts'
import { smoothLine } from '../fit/smooth-girth.ts'
import type { PartMeasurer, PartReading, Reading, Side } from '../measurement.ts'
import { definitions } from './definitions.ts'
import { type Finger, type HandScan, outlineAt } from './finger.ts'
import { fingerNames, type Fingers, fingersOf, handLimbs } from './fingers.ts'
import { likenessOf } from './likeness.ts'
import { knuckles, type Palm, palmOf, palmSide, type Wrist, wristOf } from './palm.ts'

/**
 * Measures an open hand, with a piece of the arm or without. Canonical pose: x from the wrist to the tip of the middle
 * finger, y across the palm towards the thumb, z at right angles to both (of a left hand out of the palm, of a right
 * one out of its back); the origin at the root of the middle finger.
 */
export const hand: PartMeasurer = { bodyPart: 'hand', definitions, measure }

/** A finger whose middles leave the straight line by more than this share of its length is bent. */
const mostBend = 0.05

function measure(mesh: Mesh, options: { side?: Side } = {}): PartReading {
  const reading: PartReading = {
    side: null,
    sideConfidence: 0,
    toCanonical: identity,
    measurements: {},
    absent: {},
    landmarks: {},
    coverage: { fingers: 0, palm: 0, wrist: 0 },
    likeness: 0,
  }
  const scan: HandScan = { bvh: bvhOf(mesh), patches: patchesOf(mesh) }
  const none = { fingers: [], arm: null, middle: [0, 0, 0] as Vec3 }
  const { min, max } = bounds(mesh)
  const size = Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2])
  // from a child's hand to one with the whole arm
  const limbs = triangleCount(mesh) > 20 && area(mesh) > 0 && size > 60 && size < 1000 ? handLimbs(scan, size) : none
  const fingers = fingersOf(scan, limbs.fingers)
  const palm = fingers && palmOf(scan, fingers)
  if (!fingers || !palm) {
    const count = limbs.fingers.length
    const why =
      count > 0 && count < 5
        ? `only ${count} of five fingers stand apart: the others are bent, closed or not in the scan`
        : count === 5
          ? 'the fingers are bent'
          : 'no fingers stand apart'
    for (const name of Object.keys(definitions)) reading.absent[name] = why
    const coverage = { fingers: Math.min(5, count) / 5, palm: 0, wrist: 0 }
    const likeness = likenessOf({ mesh, fingers: null, limbs, wrist: null, breadth: null })
    // of a closed hand nothing tells the side but what the customer says
    const { side = null } = options
    return { ...reading, side, sideConfidence: side ? 0.3 : 0, coverage, likeness }
  }
  return measureOpen(scan, fingers, palm, limbs.middle, reading, options)
}

function measureOpen(
  scan: HandScan,
  fingers: Fingers,
  palm: Palm,
  middleOfScan: Vec3,
  blank: PartReading,
  options: { side?: Side },
): PartReading {
  const measurements: Record<string, Reading> = {}
  const absent: Record<string, string> = {}
  const landmarks: Record<string, Vec3> = {}
  const { middle } = fingers.of
  const fingerLength = middle.tipAt - middle.rootAt
  const bent = new Set(fingerNames.filter((name) => fingers.of[name].bend > mostBend))

  for (const name of fingerNames) {
    const finger = fingers.of[name]
    landmarks[`${name}_tip`] = finger.tip
    landmarks[`${name}_root`] = step(finger.axis.point, finger.axis.direction, finger.rootAt)
    const width = widthOf(scan, finger, palm.aside)
    if (width) measurements[`${name}_width`] = width
    else absent[`${name}_width`] = 'the finger is not whole in the scan'
    if (bent.has(name)) absent[`${name}_length`] = 'the finger is bent'
    else measurements[`${name}_length`] = lengthOf(scan, finger, name === 'thumb' ? 0.7 : 0.85)
  }

  // the palm is found along the middle finger: not when the fingers are bent, at their joints or at the knuckles
  const inPalm = step(palm.axis.point, middleOfScan, -1)
  const bentUp = bent.has('middle') || angleDeg(inPalm, palm.axis.direction) > 35
  const across = bentUp ? null : knuckles(scan, palm, fingerLength)
  if (bentUp) {
    const why = 'the fingers are bent: the palm is measured with straight ones'
    for (const name of Object.keys(definitions)) if (!measurements[name]) absent[name] ??= why
  } else if (across) {
    const { breadth, girdle } = across
    const sure = (palm.thumbAt < palm.webAt - 0.15 * fingerLength ? 0.85 : 0.5) * rough(girdle.residual)
    measurements.hand_breadth = {
      value: breadth.value,
      confidence: sure,
      trace: [{ kind: 'span', points: breadth.ends }],
    }
    measurements.hand_circumference = {
      value: girdle.girth,
      confidence: sure,
      trace: [{ kind: 'curve', points: girdle.tape, closed: true }],
    }
  } else absent.hand_breadth = absent.hand_circumference = 'the palm has gaps below the fingers'

  const wrist = bentUp ? null : wristOf(scan, palm)
  if (!bentUp) measureWrist(palm, wrist, fingers, { measurements, absent, landmarks })
  const { palmar, sureness } = palmSide(scan, palm, fingers, fingerLength)
  const found: Side = dot(cross(palm.axis.direction, palmar), palm.aside) > 0 ? 'right' : 'left'
  const side = sureness < 0.3 && options.side ? options.side : sureness < 0.1 ? null : found
  const z = cross(palm.axis.direction, palm.aside)
  const coverage = {
    fingers: 1,
    palm: across ? 1 : 0.5,
    wrist: wrist?.girdle ? 1 : 0,
  }
  return {
    ...blank,
    side,
    sideConfidence: side ? (side === found ? sureness : 0.3) : 0,
    toCanonical: intoFrame(palm.axis.direction, palm.aside, z, palm.axis.point),
    measurements,
    absent,
    landmarks,
    coverage,
    likeness: likenessOf({
      mesh: scan.bvh.mesh,
      fingers,
      limbs: null,
      wrist,
      breadth: measurements.hand_breadth?.value ?? null,
    }),
  }
}

function measureWrist(
  palm: Palm,
  wrist: Wrist | null,
  fingers: Fingers,
  { measurements, absent, landmarks }: Pick<PartReading, 'measurements' | 'absent' | 'landmarks'>,
) {
  const none = 'the wrist is not in the scan'
  if (!wrist) {
    for (const name of ['hand_length', 'palm_length', 'wrist_circumference', 'wrist_breadth']) absent[name] = none
    return
  }
  const { axis } = palm
  const base = step(axis.point, axis.direction, wrist.at)
  const sure = wrist.girdle ? 0.8 : 0.4
  landmarks.wrist = base
  measurements.palm_length = {
    value: -wrist.at,
    confidence: sure,
    trace: [{ kind: 'span', points: [base, axis.point] }],
  }
  const value = fingers.of.middle.tipAt - fingers.of.middle.rootAt - wrist.at
  const tip = step(axis.point, axis.direction, value + wrist.at)
  measurements.hand_length = { value, confidence: sure, trace: [{ kind: 'span', points: [base, tip] }] }
  if (!wrist.girdle) {
    absent.wrist_circumference = absent.wrist_breadth = 'the palm does not narrow to a wrist before the scan ends'
    return
  }
  const { girth, tape, points, plane, residual } = wrist.girdle
  const wide = largestBreadth(points, plane)
  measurements.wrist_circumference = {
    value: girth,
    confidence: 0.8 * rough(residual),
    trace: [{ kind: 'curve', points: tape, closed: true }],
  }
  measurements.wrist_breadth = {
    value: wide.value,
    confidence: 0.8 * rough(residual),
    trace: [{ kind: 'span', points: wide.ends }],
  }
}

function lengthOf(scan: HandScan, { axis, rootAt, tipAt, bend }: Finger, sure: number): Reading {
  const ends = [step(axis.point, axis.direction, rootAt), step(axis.point, axis.direction, tipAt)]
  const straight = 1 - 0.3 * Math.min(1, bend / mostBend)
  const fine = 1 / (1 + (scan.patches.edge / 8) ** 2)
  return { value: tipAt - rootAt, confidence: sure * straight * fine, trace: [{ kind: 'span', points: ends }] }
}

function widthOf(scan: HandScan, finger: Finger, from: Vec3): Reading | null {
  const cut = outlineAt(scan, finger.axis, (finger.rootAt + finger.tipAt) / 2, finger.width)
  if (!cut) return null
  const radius = Math.min(Math.max(2.5, 1.6 * scan.patches.edge), 0.4 * finger.width)
  const options = { spacing: 0.8, radius, widest: 0.5 * finger.width, from }
  const { points } = smoothLine(scan.patches, cut.line, cut.plane, options)
  const wide = largestBreadth(points, cut.plane)
  const fine = 1 / (1 + (scan.patches.edge / 5) ** 2)
  return { value: wide.value, confidence: 0.9 * fine, trace: [{ kind: 'span', points: wide.ends }] }
}

/** How much a reading is worth on a surface that rough: 1 when smooth, 0.8 at 0.5 mm. */
const rough = (residual: number) => 1 / (1 + 0.5 * residual)
