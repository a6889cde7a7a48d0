import { bvhOf } from '../../mesh/bvh.ts'
import { applyTo, identity } from '../../mesh/matrix.ts'
import { type Mesh, triangleCount } from '../../mesh/mesh.ts'
import { girth } from '../../mesh/outline.ts'
import { between, distance, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { extremeAlong } from '../fit/extreme.ts'
import { extentAlong, principalOf } from '../fit/principal.ts'
import { clamp } from '../fit/ramp.ts'
import type { PartMeasurer, PartReading, Reading, Trace } from '../measurement.ts'
import { armSection, limbDirection } from './arm-section.ts'
import { type Arm, armOf } from './arms.ts'
import { chestOf } from './chest.ts'
import { definitions } from './definitions.ts'
import { likenessOf } from './likeness.ts'
import { neckOf } from './neck.ts'
import type { Elbow } from './elbow.ts'
import { bodyPose, type BodyScan, inBody, inScan } from './pose.ts'
import {
  bodyRadius,
  crotchOf,
  extremeHeight,
  levelAt,
  outlinesAt,
  type Tape,
  tapeRound,
  torsoAt,
  torsoGirths,
} from './torso.ts'

/**
 * Measures somebody who stands with arms and legs apart (T or A pose), in any pose of the scan. Canonical pose: x
 * forward, y to the body's left, z up, the floor at z = 0, the midplane at y = 0.
 */
export const fullBody: PartMeasurer = { bodyPart: 'full_body', definitions, measure }

type Found = Pick<PartReading, 'measurements' | 'absent' | 'landmarks'>

function measure(mesh: Mesh): PartReading {
  const found: Found = { measurements: {}, absent: {}, landmarks: {} }
  const size = triangleCount(mesh) > 50 ? extentAlong(mesh, principalOf(mesh).axes[0]).size : 0
  // a newborn is 450 mm tall
  const scan = size > 400 ? bodyPose(bvhOf(mesh), size) : null
  if (!scan) {
    const why =
      size > 400 ? 'no head, two arms and two legs that stand apart are to be seen' : 'it is too small for a whole body'
    for (const name of Object.keys(definitions)) found.absent[name] = why
    const coverage = { head: 0, arms: 0, torso: 0, legs: 0 }
    return { ...found, side: null, sideConfidence: 0, toCanonical: identity, coverage, likeness: 0 }
  }
  const { stature, frame, vertex } = scan
  const foot: Vec3 = applyTo(scan.back, [inBody(scan, vertex)[0], 0, 0])
  found.landmarks.vertex = vertex
  read(found, 'stature', stature, 0.92, [{ kind: 'span', points: [foot, vertex] }])
  const crotch = crotchOf(scan)
  const arms = scan.parts.arms.map((limb) => armOf(scan, limb)).filter((arm) => arm !== null)
  if (crotch) measureLegs(scan, crotch, found)
  if (arms.length > 0) measureArms(scan, arms, found)
  if (crotch && arms.length > 0) measureTorso(scan, crotch, arms, found)
  measureSpan(scan, arms, found)
  for (const name of Object.keys(definitions)) {
    if (!found.measurements[name]) {
      found.absent[name] ??= crotch
        ? 'the arms do not stand apart from the body'
        : 'the legs do not stand apart, or the body has gaps'
    }
  }
  const coverage = {
    head: 1,
    arms: arms.length / 2,
    torso: ['chest_girth', 'waist_girth', 'hip_girth'].filter((name) => found.measurements[name]).length / 3,
    legs: crotch ? 1 : 0.5,
  }
  const likeness = likenessOf(scan, crotch ? inBody(scan, crotch)[2] : null, coverage)
  return { ...found, side: null, sideConfidence: 0, toCanonical: frame, coverage, likeness }
}

function read(found: Found, name: keyof typeof definitions, value: number, confidence: number, trace: Trace[]) {
  if (value > 0 && Number.isFinite(value)) {
    const reading: Reading = { value, confidence: clamp(confidence), trace }
    found.measurements[name] = reading
  } else found.absent[name] = 'the scan does not show where it is measured'
}

const round = ({ line }: Tape): Trace => ({ kind: 'curve', points: line, closed: true })
/** How much a girth is worth on a surface that rough: 1 when smooth, 0.8 at 1 mm. */
const smooth = (tapes: readonly Tape[]) => 1 / (1 + 0.25 * Math.max(...tapes.map(({ residual }) => residual)))
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

function measureLegs(scan: BodyScan, crotch: Vec3, found: Found) {
  const [x, y, height] = inBody(scan, crotch)
  found.landmarks.crotch = crotch
  const under = applyTo(scan.back, [x, y, 0])
  read(found, 'inseam', height, 0.88, [{ kind: 'span', points: [under, crotch] }])
  const plane = levelAt(scan, height - 0.015 * scan.stature)
  const thighs = outlinesAt(scan, plane).filter(({ middle }) => Math.abs(middle[1]) < 0.2 * scan.stature)
  const left = thighs.find(({ middle }) => middle[1] > 0.015 * scan.stature)
  const right = thighs.find(({ middle }) => middle[1] < -0.015 * scan.stature)
  if (!left || !right) {
    found.absent.thigh_girth = 'the thighs touch each other below the crotch, or have gaps'
    return
  }
  const tapes = [left, right].map(({ line }) => tapeRound(scan, line, plane))
  read(found, 'thigh_girth', meanOf(tapes.map(({ girth }) => girth)), 0.9 * smooth(tapes), tapes.map(round))
}

function measureArms(scan: BodyScan, arms: readonly Arm[], found: Found) {
  const upper: { tape: Tape; doubt: number }[] = []
  const wrists: Tape[] = []
  const ways: Vec3[][] = []
  const small = Math.max(8, 1.8 * scan.patches.edge)
  for (const arm of arms) {
    const side = inBody(scan, arm.wrist)[1] > 0 ? 'left' : 'right'
    found.landmarks[`shoulder_${side}`] = arm.shoulder
    found.landmarks[`armpit_${side}`] = arm.armpit
    if (arm.elbow) found.landmarks[`elbow_${side}`] = arm.elbow.place
    found.landmarks[`wrist_${side}`] = arm.wrist
    ways.push([arm.shoulder, ...(arm.elbow ? [arm.elbow.place] : []), arm.wrist])
    const cut = arm.elbow && upperArm(scan, arm.shoulder, arm.elbow)
    if (cut) upper.push({ tape: tapeRound(scan, cut.line, cut.plane, small), doubt: cut.doubt })
    const end = armSection(scan, arm.wristPlane)
    if (end) wrists.push(tapeRound(scan, end.line, end.plane, small))
  }
  const sure = arms.length === 2 ? 1 : 0.8
  if (upper.length > 0) {
    const tapes = upper.map(({ tape }) => tape)
    const doubt = 1 + 10 * Math.max(...upper.map((one) => one.doubt))
    const confidence = ((upper.length === 2 ? 0.85 : 0.68) * smooth(tapes)) / doubt
    read(found, 'upper_arm_girth', meanOf(tapes.map(({ girth }) => girth)), confidence, tapes.map(round))
  } else if (arms.every(({ elbow }) => !elbow)) {
    found.absent.upper_arm_girth = 'the arm is straight: the elbow does not show'
  }
  if (wrists.length > 0) {
    const value = meanOf(wrists.map(({ girth }) => girth))
    read(found, 'wrist_girth', value, 0.85 * sure * smooth(wrists), wrists.map(round))
  }
  const lengths = ways.map((places) => places.slice(1).reduce((sum, p, i) => sum + distance(places[i], p), 0))
  const lines = ways.map((points): Trace => ({ kind: 'curve', points }))
  const bent = arms.every(({ elbow }) => elbow)
  read(found, 'sleeve_length', meanOf(lengths), (bent ? 0.8 : 0.7) * sure, lines)
  if (arms.length === 2) {
    const ends = arms.map((arm) => arm.shoulder)
    // arms that are held out level push the shoulders up and in
    const hang = meanOf(arms.map(({ droop }) => droop))
    read(found, 'shoulder_breadth', distance(ends[0], ends[1]), hang > 15 ? 0.8 : 0.6, [{ kind: 'span', points: ends }])
  } else found.absent.shoulder_breadth = 'only one arm stands apart from the body'
}

/**
 * The section at right angles to the arm half way from shoulder point to elbow, and by what share its girth changes
 * over where the elbow may be.
 */
function upperArm(scan: BodyScan, shoulder: Vec3, { place, reach }: Elbow) {
  const towards = unit(subtract(place, shoulder))
  const at = (half: Vec3) => {
    // the shoulder point lies on top of the arm: half way, the middle of the arm is beneath
    const middle = armSection(scan, { point: half, normal: towards })?.middle
    return middle ? armSection(scan, { point: middle, normal: limbDirection(scan, middle, towards) }) : null
  }
  const half = between(shoulder, place, 0.5)
  const cut = at(half)
  if (!cut) return null
  const size = girth([cut.line], cut.plane).length
  const changes = [reach / 2, -reach / 2].map((by) => {
    const other = at(step(half, towards, by))
    return other ? Math.abs(girth([other.line], other.plane).length - size) / size : 0
  })
  return { line: cut.line, plane: cut.plane, doubt: Math.max(...changes) }
}

function measureTorso(scan: BodyScan, crotch: Vec3, arms: readonly Arm[], found: Found) {
  const { stature } = scan
  const low = inBody(scan, crotch)[2]
  const high = Math.min(...arms.map((arm) => inBody(scan, arm.armpit)[2]))
  const shoulders = Math.max(...arms.map((arm) => inBody(scan, arm.shoulder)[2]))
  const tall = high - low
  if (!(tall > 0.15 * stature)) return
  const tape = (name: 'chest_girth' | 'waist_girth' | 'hip_girth', height: number, sure: number) => {
    const torso = torsoAt(scan, height)
    if (!torso) found.absent[name] = 'the torso has gaps at that height'
    else {
      const line = tapeRound(scan, torso.line, torso.plane)
      read(found, name, line.girth, sure * smooth([line]), [round(line)])
    }
  }
  const chest = chestOf(scan, high)
  if (chest) tape('chest_girth', chest.height, (chest.seen ? 0.88 : 0.7) / (1 + 10 * chest.doubt))
  else found.absent.chest_girth = 'the torso has gaps at that height'
  const rearmost = rearmostBetween(scan, low + 0.012 * stature, low + 0.42 * tall)
  const widest = extremeHeight(torsoGirths(scan, low + 0.012 * stature, low + 0.42 * tall, 12), 1)
  const hip = rearmost ?? widest?.height
  if (hip !== undefined) tape('hip_girth', hip, rearmost === null ? 0.65 : 0.9)
  if (hip !== undefined) {
    const waist = extremeHeight(torsoGirths(scan, hip, chest?.height ?? high, 16), -1)
    if (waist) tape('waist_girth', waist.height, waist.inside ? 0.9 : 0.5)
  }
  const neck = neckOf(scan, shoulders)
  if (neck) read(found, 'neck_girth', neck.girth, 0.82 * smooth([neck]), [round(neck)])
  else found.absent.neck_girth = 'the neck has gaps'
}

/** The height of the rearmost place of the torso between two heights, where it bulges there. */
function rearmostBetween(scan: BodyScan, low: number, high: number): number | null {
  const found = extremeAlong(scan.patches, inScan(scan, [-1, 0, 0]), bodyRadius(scan), (x, y, z) => {
    const [, across, up] = inBody(scan, [x, y, z])
    return up > low && up < high && Math.abs(across) < 0.1 * scan.stature
  })
  return found?.smooth ? inBody(scan, found.point)[2] : null
}

function measureSpan(scan: BodyScan, arms: readonly Arm[], found: Found) {
  const out = (arm: Arm) => Math.abs(inBody(scan, arm.wrist)[1] - inBody(scan, arm.armpit)[1])
  const level = arms.every((arm) => out(arm) > 0.92 * distance(arm.wrist, arm.armpit))
  if (arms.length < 2 || !level) {
    found.absent.arm_span = 'the arms are not held out level to the sides'
    return
  }
  const lateral = inScan(scan, [0, 1, 0])
  const radius = Math.max(6, 1.6 * scan.patches.edge)
  const left = extremeAlong(scan.patches, lateral, radius, undefined, 1.2 * radius)
  const right = extremeAlong(scan.patches, scale(lateral, -1), radius, undefined, 1.2 * radius)
  if (!left || !right) return
  read(found, 'arm_span', left.value + right.value, 0.8, [{ kind: 'span', points: [left.point, right.point] }])
}
