import { girth } from '../../mesh/outline.ts'
import type { Plane } from '../../mesh/section.ts'
import { applyTo } from '../../mesh/matrix.ts'
import { cross, distance, dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { type Axis, crotchBetween } from '../fit/axis.ts'
import { type Limb, outerHalf } from '../fit/limbs.ts'
import { principalOfPoints } from '../fit/principal.ts'
import { section } from '../../mesh/section.ts'
import { armSection, limbDirection } from './arm-section.ts'
import { type Elbow, elbowOf } from './elbow.ts'
import { type BodyScan, inBody, inScan } from './pose.ts'
import { torsoAt } from './torso.ts'

/** An arm: its joints in the scan's frame. */
export interface Arm {
  /** the apex of the armpit */
  readonly armpit: Vec3
  /** the top of the shoulder over the armpit */
  readonly shoulder: Vec3
  /** null of an arm that is straight */
  readonly elbow: Elbow | null
  /** the middle of the section at the wrist */
  readonly wrist: Vec3
  readonly wristPlane: Plane
  /** degrees by which the arm hangs: 0 held out level, 90 straight down */
  readonly droop: number
}

/** The places along an arm from its middle to its end: middles of sections at right angles to it. */
function marched(scan: BodyScan, start: Axis, pace: number): { middle: Vec3; direction: Vec3; girth: number }[] {
  const out: { middle: Vec3; direction: Vec3; girth: number }[] = []
  let place = start.point
  let direction = start.direction
  for (let k = 0; k < 60; k++) {
    direction = limbDirection(scan, place, direction)
    const cut = armSection(scan, { point: place, normal: direction })
    if (!cut) break
    const size = girth([cut.line], cut.plane).length
    out.push({ middle: cut.middle, direction, girth: size })
    place = step(cut.middle, direction, pace)
  }
  return out
}

/**
 * The wrist: going out along the arm, where the girth is least before the hand makes it grow again; found anew round
 * itself until it stands still.
 */
function wristOf(scan: BodyScan, limb: Limb): { start: Vec3; middle: Vec3; plane: Plane } | null {
  const { stature } = scan
  const outer = principalOfPoints(outerHalf(limb))
  const towards = subtract(limb.tip, limb.root)
  const direction = dot(outer.axes[0], towards) < 0 ? scale(outer.axes[0], -1) : outer.axes[0]
  // from the middle of the arm outwards: the outer half's middle is on the forearm
  const start = step(outer.middle, direction, -0.08 * stature)
  const places = marched(scan, { point: start, direction }, 0.008 * stature)
  let wrist = -1
  for (let i = 1; i + 1 < places.length; i++) {
    if (wrist < 0 || places[i].girth < places[wrist].girth) wrist = i
    // the hand: 8 % more than the least so far
    if (places[i].girth > 1.08 * places[wrist].girth && i > wrist + 1) break
  }
  if (wrist < 1 || !(places[wrist + 1]?.girth > places[wrist].girth)) return null
  let place = places[wrist].middle
  let along = places[wrist].direction
  const pace = 0.006 * stature
  for (let round = 0; round < 40; round++) {
    along = limbDirection(scan, place, along)
    const cuts = [-pace, 0, pace].map((by) => armSection(scan, { point: step(place, along, by), normal: along }))
    if (cuts.some((cut) => cut === null)) return null
    const [a, b, c] = cuts.map((cut) => girth([cut!.line], cut!.plane).length)
    const bend = a - 2 * b + c
    const by = bend > 0 ? Math.min(1, Math.max(-1, (a - c) / (2 * bend))) * pace : a < c ? -pace : pace
    // the direction follows the place, and a whole step would swing past
    place = step(cuts[1]!.middle, along, 0.6 * by)
    if (Math.abs(by) < 1e-5) break
  }
  const cut = armSection(scan, { point: place, normal: along })
  return cut && { start, middle: cut.middle, plane: { point: cut.middle, normal: along } }
}

/**
 * Where an arm begins and ends. The armpit is the crotch between the arm and the side of the chest. The shoulder point
 * is the top of the section through the armpit by the plane that runs fore and aft and leans outwards by a third of the
 * angle by which the arm hangs: of an arm's lifting, the shoulder blade turns a third (Inman, Saunders & Abbott 1944).
 * Armpit, shoulder and elbow hang on each other and are found in turns, until they stand still.
 */
export function armOf(scan: BodyScan, limb: Limb): Arm | null {
  const { stature } = scan
  const wrist = wristOf(scan, limb)
  if (!wrist) return null
  const out = Math.sign(inBody(scan, wrist.middle)[1])
  let armpit = innerEnd(scan, wrist.start, wrist.middle)
  let along: Vec3 = wrist.start
  let found: Arm | null = null
  for (let round = 0; round < 30; round++) {
    const next = armpitBy(scan, out, armpit, along)
    if (!next) return null
    const moved = distance(next, armpit)
    armpit = next
    const top = shoulderOver(scan, out, armpit, wrist.middle)
    const bend = top && elbowOf(scan, top.shoulder, armpit, wrist.middle)
    if (!top || !bend) return null
    along = bend.middle
    found = { armpit, ...top, elbow: bend.elbow, wrist: wrist.middle, wristPlane: wrist.plane }
    if (moved < 1e-8 * stature) break
  }
  return found
}

/** Going in along the arm: the last place before its girth grows by half over the least there, where the chest begins. */
function innerEnd(scan: BodyScan, start: Vec3, wrist: Vec3): Vec3 {
  const inwards = unit(subtract(start, wrist))
  let least = Infinity
  let last = start
  for (const { middle, girth } of marched(scan, { point: start, direction: inwards }, 0.01 * scan.stature)) {
    least = Math.min(least, girth)
    if (girth > 1.5 * least) break
    last = middle
  }
  return last
}

/** The crotch between the arm, 8 % of the stature out along it, and the side of the chest beneath it. */
function armpitBy(scan: BodyScan, out: number, armpit: Vec3, down: Vec3): Vec3 | null {
  const { stature, bvh } = scan
  const [x, , z] = inBody(scan, armpit)
  const torso = torsoAt(scan, z - 0.03 * stature)
  if (!torso) return null
  const { points } = torso.line
  let wide = 0
  for (let i = 0; i < points.length; i += 3) {
    wide = Math.max(wide, out * inBody(scan, [points[i], points[i + 1], points[i + 2]])[1])
  }
  const chest: Axis = {
    point: applyTo(scan.back, [x, out * 0.6 * wide, z - 0.02 * stature]),
    direction: inScan(scan, [0, 0, -1]),
  }
  const towards = unit(subtract(down, armpit))
  const upper = step(armpit, towards, 0.08 * stature)
  const cut = armSection(scan, { point: upper, normal: limbDirection(scan, upper, towards) })
  if (!cut) return null
  const arm: Axis = { point: cut.middle, direction: cut.plane.normal }
  return crotchBetween(bvh, arm, chest, { aside: 0.06 * stature, beyond: 0.1 * stature })
}

function shoulderOver(
  scan: BodyScan,
  out: number,
  armpit: Vec3,
  wrist: Vec3,
): { shoulder: Vec3; droop: number } | null {
  const { stature, bvh } = scan
  const lateral = inScan(scan, [0, out, 0])
  const up = inScan(scan, [0, 0, 1])
  const arm = subtract(wrist, armpit)
  const droop = (Math.atan2(-dot(arm, up), dot(arm, lateral)) * 180) / Math.PI
  const lean = ((Math.max(0, droop) / 3) * Math.PI) / 180
  const upwards = step(scale(up, Math.cos(lean)), lateral, Math.sin(lean))
  const normal = cross(upwards, inScan(scan, [1, 0, 0]))
  let shoulder: Vec3 | null = null
  for (const { points } of section(bvh.mesh, { point: armpit, normal }, { bvh })) {
    for (let i = 0; i < points.length; i += 3) {
      const p: Vec3 = [points[i], points[i + 1], points[i + 2]]
      const over = dot(subtract(p, armpit), upwards)
      if (over > 0.16 * stature || over < 0) continue
      if (!shoulder || dot(p, upwards) > dot(shoulder, upwards)) shoulder = p
    }
  }
  return shoulder && { shoulder, droop }
}
