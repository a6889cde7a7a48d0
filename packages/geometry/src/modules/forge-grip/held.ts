import { closed } from '../../field/closed.ts'
import { distanceGrid } from '../../field/distance.ts'
import { grownBy, interpolated, latticeOver } from '../../field/grid.ts'
import { redistanced } from '../../field/redistance.ts'
import type { Sdf } from '../../field/shapes.ts'
import { intoFrame } from '../../mesh/matrix.ts'
import { type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { step } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput } from '../module.ts'
import { type Hollow, leastRadiusMm, type Skin, wayToSkin } from './hollow.ts'
import type { MarkPlace, Shaped } from './shaped.ts'
import { onWall, towards, type WallMap, wallMap } from './wall-map.ts'

/** Skin is round enough for this. */
const cellMm = 0.8

/**
 * A handle that fills the hollow of a closed or half closed hand: its surface is the skin's where the scan shows it,
 * a membrane over the gaps, and a round handle beyond the hand.
 */
export function heldShape({ mesh, parameters: p, progress }: DesignInput, skin: Skin, hollow: Hollow): Shaped {
  const toHandle = intoFrame(hollow.u, hollow.v, hollow.axis, hollow.middle)
  refuseTight(hollow)
  const beyond = beyondHand(skin, hollow)
  const map = wallMap(skin, hollow, Math.max(beyond.lower, beyond.upper) + p.endMm)
  const ends: [number, number] = [hollow.from - beyond.lower - p.endMm, hollow.to + beyond.upper + p.endMm]
  const reachMm = map.radius.reduce((most, r) => Math.max(most, r), 0) + p.offsetMm + 1
  const box = {
    min: [-reachMm - 2, -reachMm - 2, ends[0] - 3] as const,
    max: [reachMm + 2, reachMm + 2, ends[1] + 3] as const,
  }
  const lattice = latticeOver(box, cellMm)
  const hand = distanceGrid(
    near(transformed({ positions: mesh.positions, triangles: mesh.triangles }, toHandle), box),
    lattice,
    p.creviceMm + 3 * cellMm,
  )
  progress('filling')
  const thinnest = map.radius.reduce((least, r) => Math.min(least, r), Infinity)
  const model = closed(hand, Math.min(p.creviceMm, thinnest / 2))
  const values = new Float32Array(model.values.length)
  const { nx, ny, nz, origin } = lattice
  for (let k = 0, n = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        const pressed = -model.values[n] - p.offsetMm
        const spanned = inMembrane(map, p, origin[0] + i * cellMm, origin[1] + j * cellMm, origin[2] + k * cellMm)
        values[n] = Math.max(pressed, spanned) + p.edgeRadiusMm
      }
    }
  }
  // all that a ball reaches from within: the edges beside the fingers are rounded by it
  const core = redistanced({ ...lattice, values }, p.edgeRadiusMm + 3 * cellMm)
  const body = interpolated(grownBy(core, p.edgeRadiusMm))
  const skinAt = interpolated(hand)
  const share = Math.round(100 * hollow.enclosed)
  return {
    body,
    toHandle,
    ends,
    reachMm,
    thinnestMm: Math.min(thinnest, beyond.least) + Math.min(0, p.offsetMm),
    marks: [placeForMark(skinAt, map, ends[1] - p.endMm / 2), placeForMark(skinAt, map, ends[0] + p.endMm / 2)],
    sizeMm: 2 * map.radius.reduce((sum, r) => sum + r / map.radius.length, 0),
    contact: touching(map, hollow, skinAt, interpolated(model), p),
    notes: [
      `made for a closed hand: the surface follows the hollow of palm and fingers, whose wall is skin on ${share} % of it over ${(hollow.to - hollow.from).toFixed(0)} mm; gaps are spanned`,
    ],
  }
}

/** @throws GeometryRefusal DESIGN_NOT_SUPPORTED for a hollow that leaves no room for a handle */
export function refuseTight({ least }: Hollow) {
  if (least >= leastRadiusMm) return
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    `the hand is closed so tight that only ${(2 * least).toFixed(0)} mm are left for a handle`,
    { missing: ['a hollow for a handle'] },
  )
}

/**
 * How far the hand goes on past both ends of the hollow beside a handle of its width (a thumb along it, the heel of
 * the hand), mm: the ends that are free of skin begin there. And the least distance of the axis to skin on that way.
 */
function beyondHand(skin: Skin, { middle, axis, u, v, from, to }: Hollow) {
  const farthest = 40
  let least = Infinity
  const past = (end: number, way: 1 | -1) => {
    let last = 0
    for (let mm = 2; mm <= farthest; mm += 2) {
      const centre = step(middle, axis, end + way * mm)
      let near = Infinity
      for (let k = 0; k < 36; k++) {
        near = Math.min(near, wayToSkin(skin, centre, towards(u, v, (Math.PI * k) / 18), besideMm))
      }
      if (near === Infinity) continue
      last = mm
      least = Math.min(least, Math.max(0, near))
    }
    return last
  }
  return { lower: past(from, -1), upper: past(to, 1), least }
}

/** Half the width of a handle, and a bit. */
const besideMm = 22

/** The hand's skin near the handle. */
function near(mesh: Mesh, { min, max }: { min: readonly number[]; max: readonly number[] }): Mesh {
  const { positions: p, triangles } = mesh
  const inside = (v: number) => [0, 1, 2].every((k) => p[3 * v + k] > min[k] - 8 && p[3 * v + k] < max[k] + 8)
  return submesh(mesh, (t) => [0, 1, 2].some((corner) => inside(triangles[3 * t + corner])))
}

/**
 * Outside the membrane's tube, mm (nearly: the tube's slope is taken at 45° at most). Where skin is, the tube is a bit
 * wider, so that the skin alone decides; towards a gap it comes down onto the membrane.
 */
function inMembrane(map: WallMap, p: Readonly<Record<string, number>>, x: number, y: number, z: number): number {
  const r = Math.hypot(x, y)
  const angle = Math.atan2(y, x)
  const wider = Math.min(2 + p.offsetMm, 0.5 * Math.max(0, onWall(map, map.within, angle, z) - 0.5))
  return 0.8 * (r - onWall(map, map.radius, angle, z) - wider)
}

/**
 * Meant to touch within the hand, off the gaps' edges and off what was closed between two fingers; at the wall, not at
 * the skin on the other side of the fingers.
 */
function touching(map: WallMap, { from, to }: Hollow, hand: Sdf, model: Sdf, p: Readonly<Record<string, number>>) {
  const clear = 2 * p.edgeRadiusMm + 2
  const atWall = 2 + Math.abs(p.offsetMm)
  return (x: number, y: number, z: number) => {
    if (z <= from + clear || z >= to - clear) return false
    const angle = Math.atan2(y, x)
    return (
      Math.abs(Math.hypot(x, y) - onWall(map, map.radius, angle, z)) < atWall &&
      onWall(map, map.within, angle, z) > clear &&
      model(x, y, z) > hand(x, y, z) - 0.03
    )
  }
}

/** At the angle where it is freest of skin. */
function placeForMark(hand: Sdf, map: WallMap, z: number): MarkPlace {
  let best = { angle: 0, z, radiusMm: 0, free: -Infinity }
  for (let k = 0; k < 24; k++) {
    const angle = (2 * Math.PI * k) / 24
    const radiusMm = onWall(map, map.radius, angle, z)
    const free = hand(radiusMm * Math.cos(angle), radiusMm * Math.sin(angle), z)
    if (free > best.free + 0.5) best = { angle, z, radiusMm, free }
  }
  return best
}
