import { bvhOf } from '../../mesh/bvh.ts'
import { applyTo, identity, turn } from '../../mesh/matrix.ts'
import { bounds, type Mesh, triangleCount } from '../../mesh/mesh.ts'
import { distance, scale, type Vec3 } from '../../mesh/vector.ts'
import { extremeAlong } from '../fit/extreme.ts'
import type { PartMeasurer, PartReading, Side, Trace } from '../measurement.ts'
import { type ArchCurve, archCurve } from './curve.ts'
import { definitions } from './definitions.ts'
import { likenessOf } from './likeness.ts'
import { archPose, type ArchScan, inArch } from './pose.ts'
import { contactsOf, type RowProfile, rowProfile } from './profile.ts'
import {
  between,
  crownMiddle,
  cuspOf,
  joined,
  numberAt,
  placed,
  type PlacedTooth,
  sideOfLabels,
  teethBetween,
  teethLabelled,
  type Tooth,
} from './tooth.ts'

/**
 * Measures one dental arch, upper or lower: a scan from a mouth, or a model with a base. Canonical pose: x towards the
 * incisors, y at right angles to the midplane, z out of the gum (the biting side); the origin on the level of the tops.
 */
export const teeth: PartMeasurer = { bodyPart: 'teeth', definitions, measure }

type Found = Pick<PartReading, 'measurements' | 'absent' | 'landmarks'>

function measure(mesh: Mesh, options: { labels?: Int32Array } = {}): PartReading {
  const found: Found = { measurements: {}, absent: {}, landmarks: {} }
  const arch = triangleCount(mesh) > 200 && ofASize(mesh) ? archOf(mesh) : null
  if (!arch) {
    for (const name of Object.keys(definitions)) found.absent[name] = 'no row of teeth is to be seen'
    const coverage = { row: 0, teeth: 0 }
    return { ...found, side: null, sideConfidence: 0, toCanonical: identity, coverage, likeness: 0 }
  }
  const { scan, curve, profile } = arch
  measureArch(scan, curve, profile, found)
  const labelled = options.labels ? teethLabelled(scan, curve, profile, options.labels) : null
  const apart = teethBetween(profile, contactsOf(profile))
  const single = labelled ? joined(apart, labelled) : apart
  const row = single && placed(single, profile)
  if (row) measureTeeth(arch, row, found)
  for (const name of Object.keys(definitions)) {
    if (!found.measurements[name]) found.absent[name] ??= row ? 'that tooth is not in the scan' : 'the single teeth cannot be told' // prettier-ignore
  }
  const coverage = { row: Math.min(1, (profile.to - profile.from) / profile.stations.length), teeth: (row?.length ?? 0) / 14 } // prettier-ignore
  const likeness = likenessOf(arch, single?.length ?? 0, found.measurements)
  const curves = { arch: lineOf(scan, curve, profile) }
  return { ...found, side: null, sideConfidence: 0, toCanonical: scan.frame, curves, coverage, likeness }
}

/** An arch, and what was read along it. */
export interface Arch {
  readonly scan: ArchScan
  readonly curve: ArchCurve
  readonly profile: RowProfile
}

/** An arch fits in a box of 120 mm: whatever is larger need not be searched for teeth. */
function ofASize(mesh: Mesh): boolean {
  const { min, max } = bounds(mesh)
  const size = Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2])
  return size > 35 && size < 140
}

function archOf(mesh: Mesh): Arch | null {
  const scan = archPose(bvhOf(mesh))
  const curve = scan && archCurve(scan)
  const profile = curve && rowProfile(scan, curve)
  return scan && curve && profile ? { scan, curve, profile } : null
}

function read(found: Found, name: string, value: number, confidence: number, trace: Trace[]) {
  if (value > 0 && Number.isFinite(value)) found.measurements[name] = { value, confidence, trace }
}

function measureArch(scan: ArchScan, curve: ArchCurve, profile: RowProfile, found: Found) {
  const { stations, from, to } = profile
  const radius = Math.max(1.2, 2 * scan.patches.edge)
  const ends = [between(stations, from), between(stations, to)]
  const m = scan.frame
  const crown = (test: (x: number, y: number) => boolean) => (px: number, py: number, pz: number) => {
    const x = m[0] * px + m[1] * py + m[2] * pz + m[3]
    const y = m[4] * px + m[5] * py + m[6] * pz + m[7]
    const z = m[8] * px + m[9] * py + m[10] * pz + m[11]
    const angle = Math.atan2(y, x - curve.centre)
    if (angle < ends[0].angle || angle > ends[1].angle) return false
    const aside = Math.hypot(x - curve.centre, y) - curve.radius(angle)
    return z > curve.top(angle) - 4.5 && Math.abs(aside) < 8 && test(x, y)
  }
  const lateral = turn(scan.back, [0, 1, 0])
  const everywhere = crown(() => true)
  const left = extremeAlong(scan.patches, lateral, radius, everywhere)
  const right = extremeAlong(scan.patches, scale(lateral, -1), radius, everywhere)
  if (left && right) {
    const trace: Trace[] = [{ kind: 'span', points: [left.point, right.point] }]
    read(found, 'arch_width', left.value + right.value, left.smooth && right.smooth ? 0.85 : 0.6, trace)
  }
  const front = extremeAlong(
    scan.patches,
    turn(scan.back, [1, 0, 0]),
    radius,
    crown((_, y) => Math.abs(y) < 10),
  )
  const depth = front && inArch(scan, front.point)[0] - (ends[0].x + ends[1].x) / 2
  if (front && depth) {
    const middle: Vec3 = [(ends[0].x + ends[1].x) / 2, 0, 0]
    const ahead: Vec3 = [middle[0] + depth, 0, 0]
    const points = [ahead, middle].map((p) => applyTo(scan.back, p))
    read(found, 'arch_depth', depth, 0.75, [{ kind: 'span', points }])
  }
  read(found, 'arch_perimeter', ends[1].s - ends[0].s, 0.75, [{ kind: 'curve', points: lineOf(scan, curve, profile) }])
}

/** The curve of the arch between the ends of the row, over the tops of the teeth, in the scan's frame. */
function lineOf(scan: ArchScan, curve: ArchCurve, { stations, from, to }: RowProfile): Vec3[] {
  const inner = stations.slice(Math.ceil(from), Math.floor(to) + 1)
  const arc = [between(stations, from), ...inner, between(stations, to)]
  return arc.map(({ x, y, angle }) => applyTo(scan.back, [x, y, curve.top(angle)]))
}

function measureTeeth({ scan, curve, profile }: Arch, row: readonly PlacedTooth[], found: Found) {
  const labelled = row.every(({ label }) => label !== null)
  const sure = labelled ? 0.88 : 0.65
  const at = (position: number, positive: boolean) =>
    row.find((tooth) => tooth.position === position && tooth.positive === positive)
  const width = (tooth: Tooth) => tooth.to - tooth.from
  const pair = (position: number) => {
    const [a, b] = [at(position, true), at(position, false)]
    return a && b ? ([a, b] as const) : null
  }

  const canines = pair(3)
  const tips = canines?.map((tooth) => cuspOf(scan, curve, profile, tooth))
  if (tips?.[0] && tips[1]) {
    const points = [tips[0], tips[1]]
    read(found, 'intercanine_width', distance(points[0], points[1]), sure, [{ kind: 'span', points }])
  } else found.absent.intercanine_width = 'the canines are not both in the scan'

  const molars = pair(6)
  const premolars = pair(5)
  // where teeth are counted, a sixth one that is no wider than the fifth is no first molar: one is missing before it
  const counted =
    molars && premolars && width(molars[0]) + width(molars[1]) > 1.15 * (width(premolars[0]) + width(premolars[1]))
  if (molars && (labelled || counted)) {
    const middles = molars.map((tooth) => crownMiddle(scan, curve, profile, tooth))
    if (middles[0] && middles[1]) {
      const points = [middles[0], middles[1]]
      read(found, 'intermolar_width', distance(points[0], points[1]), sure, [{ kind: 'span', points }])
    }
  } else found.absent.intermolar_width = molars ? 'which teeth are the first molars cannot be told' : 'the first molars are not both in the scan' // prettier-ignore

  const negative = negativeSide(row, pair, width)
  for (const tooth of row) {
    const [x, y] = placeAt(profile, (tooth.from + tooth.to) / 2)
    const side: Side | null = negative && (tooth.positive ? (negative === 'left' ? 'right' : 'left') : negative)
    const name = side ? `${side}_${tooth.position}` : `${tooth.positive ? 'a' : 'b'}_${tooth.position}`
    const angle = Math.atan2(y, x - curve.centre)
    found.landmarks[`tooth_${name}`] = applyTo(scan.back, [x, y, curve.top(angle)])
    if (!side) continue
    const ends = [tooth.from, tooth.to].map((s): Vec3 => {
      const [ex, ey] = placeAt(profile, s)
      return applyTo(scan.back, [ex, ey, curve.top(angle)])
    })
    read(found, `${name}_width`, width(tooth), labelled ? 0.7 : 0.5, [{ kind: 'span', points: ends }])
  }
  if (!negative) {
    const why = 'whether this is an upper or a lower jaw cannot be told, and so not which side is left'
    for (const name of Object.keys(definitions)) if (name.endsWith('_width') && /^(left|right)/.test(name)) found.absent[name] = why // prettier-ignore
  }
}

const placeAt = (profile: RowProfile, s: number): [number, number] => {
  const { x, y } = between(profile.stations, numberAt(profile, s))
  return [x, y]
}

/**
 * The side of the patient on which y is negative: by the labels, or by the jaw. Upper first incisors are 7.3 to 10 mm
 * wide, lower ones 4.5 to 6.3 (Wheeler's Dental Anatomy); seen with the biting side up, y runs to the left of a lower
 * jaw and to the right of an upper one.
 */
function negativeSide(
  row: readonly PlacedTooth[],
  pair: (position: number) => readonly [Tooth, Tooth] | null,
  width: (tooth: Tooth) => number,
): Side | null {
  const told = sideOfLabels(row)
  if (told) return told
  const first = pair(1)
  if (!first) return null
  const mean = (width(first[0]) + width(first[1])) / 2
  return mean > 7.2 ? 'left' : mean < 6.4 ? 'right' : null
}
