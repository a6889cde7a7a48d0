import { applyTo } from '../../mesh/matrix.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import { extremeAlong } from '../fit/extreme.ts'
import { turn } from '../../mesh/matrix.ts'
import type { ArchCurve, Station } from './curve.ts'
import { type ArchScan, crownDepth, inArch } from './pose.ts'
import type { Contact, RowProfile } from './profile.ts'

/** A tooth in its row. */
export interface Tooth {
  /** along the curve of the arch, mm from the right end (negative y) of the curve */
  readonly from: number
  readonly to: number
  /** the number that somebody gave it; null when it was found */
  readonly label: number | null
}

/** A tooth with its place from the midline: 1 the first incisor, 3 the canine, 6 the first molar. */
export interface PlacedTooth extends Tooth {
  readonly position: number
  /** on the side of positive y of the arch's frame, or of negative */
  readonly positive: boolean
}

/** The place on the curve between stations, by a fractional number. */
export function between(stations: readonly Station[], i: number): Station {
  const k = Math.max(0, Math.min(stations.length - 2, Math.floor(i)))
  const [a, b, share] = [stations[k], stations[k + 1], i - k]
  const mix = (p: number, q: number) => p + (q - p) * share
  return { angle: mix(a.angle, b.angle), s: mix(a.s, b.s), x: mix(a.x, b.x), y: mix(a.y, b.y) }
}

/** The number, with its fraction, of the place that lies s mm along the curve. */
export const numberAt = ({ stations, pace }: RowProfile, s: number) => (s - stations[0].s) / pace

/** Teeth between contacts, when they make a row: 8 to 16 of them, 3.5 to 14 mm wide. */
export function teethBetween({ stations, from, to }: RowProfile, contacts: readonly Contact[]): Tooth[] | null {
  const lengthAt = (i: number) => between(stations, i).s
  const begins = [from, ...contacts.map((contact) => contact.to)].map(lengthAt)
  const ends = [...contacts.map((contact) => contact.from), to].map(lengthAt)
  const teeth = begins.map((begin, i): Tooth => ({ from: begin, to: ends[i], label: null }))
  const plausible = teeth.length >= 8 && teeth.length <= 16
  return plausible && teeth.every((tooth) => tooth.to - tooth.from > 3.5 && tooth.to - tooth.from < 14) ? teeth : null
}

/**
 * Teeth as somebody labelled their triangles; label 0 and less is gum. Each reaches as far along the curve as its
 * triangles do in the direction of the curve at its middle, turned by up to 20° to where that is least.
 */
export function teethLabelled(
  scan: ArchScan,
  curve: ArchCurve,
  { stations }: RowProfile,
  labels: Int32Array,
): Tooth[] | null {
  const { positions, triangles } = scan.bvh.mesh
  if (labels.length !== triangles.length / 3) return null
  const places = new Map<number, number[]>()
  for (let t = 0; t < labels.length; t++) {
    if (labels[t] <= 0) continue
    let list = places.get(labels[t])
    if (!list) places.set(labels[t], (list = []))
    const v = 3 * triangles[3 * t]
    list.push(...inArch(scan, [positions[v], positions[v + 1], positions[v + 2]]))
  }
  const teeth: Tooth[] = []
  for (const [label, all] of places) {
    // teeth touch in their outer half; near the gum the paint runs into the gaps
    let top = -Infinity
    for (let i = 2; i < all.length; i += 3) top = Math.max(top, all[i])
    const list: number[] = []
    for (let i = 0; i < all.length; i += 3) if (all[i + 2] > top - crownDepth) list.push(all[i], all[i + 1])
    if (list.length < 60) continue
    const n = list.length / 2
    const [mx, my] = list.reduce((sum, value, i) => (i % 2 === 0 ? [sum[0] + value / n, sum[1]] : [sum[0], sum[1] + value / n]), [0, 0]) // prettier-ignore
    const angle = Math.atan2(my, mx - curve.centre)
    const k = stations.findIndex((station) => station.angle > angle)
    const [before, at] = [stations[Math.max(0, k - 2)], stations[Math.max(0, k)]]
    const after = stations[Math.min(stations.length - 1, Math.max(0, k) + 2)]
    const size = Math.hypot(after.x - before.x, after.y - before.y)
    const tangent = Math.atan2((after.y - before.y) / size, (after.x - before.x) / size)
    // a few triangles at the rim may be painted wrongly
    const cut = Math.floor(0.002 * n)
    const extent = (turn: number) => {
      const [tx, ty] = [Math.cos(tangent + turn), Math.sin(tangent + turn)]
      const along = Float64Array.from({ length: n }, (_, i) => (list[2 * i] - at.x) * tx + (list[2 * i + 1] - at.y) * ty).sort() // prettier-ignore
      return { from: along[cut], to: along[n - 1 - cut] }
    }
    // a caliper is laid parallel to the tooth, which may stand turned in the row: where it reads least
    const turns = [-0.34, -0.17, 0, 0.17, 0.34]
    const { from, to } = turns.map(extent).reduce((a, b) => (b.to - b.from < a.to - a.from ? b : a))
    teeth.push({ from: at.s + from, to: at.s + to, label })
  }
  return teeth.length >= 4 ? teeth.sort((a, b) => a.from + a.to - b.from - b.to) : null
}

/**
 * Teeth between contacts with the labels of those that lie there: when each has one, contacts say better where teeth
 * end than what somebody painted.
 */
export function joined(found: readonly Tooth[] | null, labelled: readonly Tooth[]): readonly Tooth[] {
  if (found?.length !== labelled.length) return labelled
  const both = found.map((tooth) => {
    const inside = labelled.filter(({ from, to }) => (from + to) / 2 > tooth.from && (from + to) / 2 < tooth.to)
    return inside.length === 1 ? { ...tooth, label: inside[0].label } : null
  })
  return both.every((tooth) => tooth !== null) ? both : labelled
}

/**
 * Counts teeth from the midline. Labels count as they are in the FDI's or the universal notation; other teeth are
 * counted from the contact that lies on the midplane, within 3 mm, up to the first gap: behind it, nobody knows how
 * many are missing.
 */
export function placed(teeth: readonly Tooth[], profile: RowProfile): PlacedTooth[] | null {
  const labels = teeth.map(({ label }) => label)
  const notation = labels.every((label) => label !== null) ? notationOf(labels) : null
  if (notation) return teeth.map((tooth, i) => ({ ...tooth, ...notation[i] }))
  const yAt = (s: number) => between(profile.stations, numberAt(profile, s)).y
  let middle = -1
  let least = 3
  for (let i = 1; i < teeth.length; i++) {
    const off = Math.abs(yAt((teeth[i - 1].to + teeth[i].from) / 2))
    if (off < least) {
      least = off
      middle = i
    }
  }
  if (middle < 0) return null
  const gapAfter = (i: number) => teeth[i + 1].from - teeth[i].to > 0.5
  const out: PlacedTooth[] = []
  for (let i = middle; i < teeth.length && !(i > 0 && gapAfter(i - 1)); i++) {
    out.push({ ...teeth[i], positive: true, position: i - middle + 1 })
  }
  for (let i = middle - 1; i >= 0 && !gapAfter(i); i--) {
    out.unshift({ ...teeth[i], positive: false, position: middle - i })
  }
  return out
}

/** Positions by the numbers on the teeth; null when these are of no known notation, or not in the order of a jaw. */
function notationOf(labels: readonly (number | null)[]): { position: number; positive: boolean }[] | null {
  const numbers = labels.map((label) => label!)
  const fdi = numbers.every((n) => n >= 11 && n <= 48 && n % 10 >= 1 && n % 10 <= 8)
  const universal = numbers.every((n) => n >= 1 && n <= 32)
  if (!fdi && !universal) return null
  const upperOnly = universal && numbers.every((n) => n <= 16)
  const places = numbers.map((n) => {
    if (fdi && !upperOnly) return { position: n % 10, right: Math.floor(n / 10) === 1 || Math.floor(n / 10) === 4 }
    const k = n <= 16 ? n : 33 - n
    return k <= 8 ? { position: 9 - k, right: true } : { position: k - 8, right: false }
  })
  const rightFirst = places[0].right
  const order = places.map(({ position, right }) => (right === rightFirst ? -position : position))
  if (order.some((place, i) => i > 0 && place <= order[i - 1])) return null
  return places.map(({ position, right }) => ({ position, positive: right !== rightFirst }))
}

/** The side of the patient on which the teeth with negative y are, by their labels; null when these do not say. */
export function sideOfLabels(teeth: readonly Tooth[]): 'left' | 'right' | null {
  const numbers = teeth.map(({ label }) => label)
  if (numbers.some((n) => n === null)) return null
  const first = numbers[0]!
  const all = numbers.map((n) => n!)
  if (all.every((n) => n >= 1 && n <= 16)) return first <= 8 ? 'right' : 'left'
  if (all.every((n) => n >= 11 && n % 10 >= 1 && n % 10 <= 8))
    return Math.floor(first / 10) === 1 || Math.floor(first / 10) === 4 ? 'right' : 'left'
  if (all.every((n) => n >= 17 && n <= 32)) return first >= 25 ? 'right' : 'left'
  return null
}

/** Whether a place of the scan lies over a tooth: between its ends along the curve, on its crown. */
function onTooth(scan: ArchScan, curve: ArchCurve, profile: RowProfile, tooth: Tooth) {
  const angleAt = (s: number) => between(profile.stations, numberAt(profile, s)).angle
  const [low, high] = [angleAt(tooth.from), angleAt(tooth.to)]
  const middle = between(profile.stations, numberAt(profile, (tooth.from + tooth.to) / 2))
  const [mx, my] = [middle.x - curve.centre, middle.y]
  const m = scan.frame
  return (px: number, py: number, pz: number) => {
    const x = m[0] * px + m[1] * py + m[2] * pz + m[3] - curve.centre
    const y = m[4] * px + m[5] * py + m[6] * pz + m[7]
    if (Math.abs(x - mx) > 14 || Math.abs(y - my) > 14) return false
    const angle = Math.atan2(y, x)
    return angle > low && angle < high && Math.abs(Math.hypot(x, y) - curve.radius(angle)) < 7
  }
}

/** The highest place of a tooth. */
export function cuspOf(scan: ArchScan, curve: ArchCurve, profile: RowProfile, tooth: Tooth): Vec3 | null {
  const radius = Math.max(1, 1.8 * scan.patches.edge)
  const found = extremeAlong(
    scan.patches,
    turn(scan.back, [0, 0, 1]),
    radius,
    onTooth(scan, curve, profile, tooth),
    2.5,
  )
  return found && found.point
}

/** The middle of a tooth's crown: of all its surface within 3 mm of its highest place, by area seen from above. */
export function crownMiddle(scan: ArchScan, curve: ArchCurve, profile: RowProfile, tooth: Tooth): Vec3 | null {
  const { positions, triangles } = scan.bvh.mesh
  const inside = onTooth(scan, curve, profile, tooth)
  const m = scan.frame
  const pieces: { p: Vec3; w: number }[] = []
  let top = -Infinity
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    if (!inside(positions[a], positions[a + 1], positions[a + 2])) continue
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const [ux, uy, uz] = [0, 1, 2].map((k) => positions[b + k] - positions[a + k])
    const [vx, vy, vz] = [0, 1, 2].map((k) => positions[c + k] - positions[a + k])
    const w = (m[8] * (uy * vz - uz * vy) + m[9] * (uz * vx - ux * vz) + m[10] * (ux * vy - uy * vx)) / 2
    if (!(w > 0)) continue
    const [x, y, z] = [0, 1, 2].map((k) => (positions[a + k] + positions[b + k] + positions[c + k]) / 3)
    const p = inArch(scan, [x, y, z])
    top = Math.max(top, p[2])
    pieces.push({ p, w })
  }
  let [sx, sy, all] = [0, 0, 0]
  for (const { p, w } of pieces) {
    const high = Math.min(1, Math.max(0, (p[2] - top + 3) / 1.5)) * w
    sx += high * p[0]
    sy += high * p[1]
    all += high
  }
  return all > 0 ? applyTo(scan.back, [sx / all, sy / all, top - 1]) : null
}
