import { type Plane, section } from '../../mesh/section.ts'
import { type Bvh, bvhOf } from '../../mesh/bvh.ts'
import { applyTo } from '../../mesh/matrix.ts'
import { type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { sectionShape } from '../../mesh/outline.ts'
import { componentsOf } from '../../mesh/topology.ts'
import { dot, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput } from '../module.ts'

/** A cut of a limb: what lies beyond `plane` (its normal points out along the limb) and on the limb's side of `apart`. */
export interface Cut {
  readonly name: string
  readonly plane: Plane
  readonly apart: Plane | null
}

/** A standing body in its canonical pose (x forward, y to its left, z up from the floor), and where its limbs begin. */
export interface Trunk {
  readonly skin: Mesh
  readonly crotch: Vec3
  readonly neck: Cut
  readonly arms: readonly [Cut, Cut]
  readonly thighs: readonly [Cut, Cut]
}

type Places = Readonly<Record<string, Vec3>>

const landmarks = [
  'vertex',
  'crotch',
  'shoulder_left',
  'shoulder_right',
  'armpit_left',
  'armpit_right',
  'wrist_left',
  'wrist_right',
] as const

/**
 * Where neck, arms and thighs are cut, each at right angles to itself.
 * @param armMm how far beyond the armpit
 * @param crotchMm how far above the crotch the cuts of the thighs meet
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED for a scan without the landmarks, or with gaps at neck or thighs
 */
export function trunkOf(input: DesignInput, { armMm, crotchMm }: Readonly<Record<string, number>>): Trunk {
  const missing = landmarks.filter((name) => !input.landmarks[name])
  if (missing.length > 0) throw lacking(missing)
  const at = Object.fromEntries(
    Object.entries(input.landmarks).map(([name, point]) => [name, applyTo(input.toCanonical, point)]),
  )
  const pieces = componentsOf(input.mesh)
  const largest = pieces.count > 1 ? submesh(input.mesh, (t) => pieces.of[t] === 0) : input.mesh
  const skin = transformed({ positions: largest.positions, triangles: largest.triangles }, input.toCanonical)
  const bvh = bvhOf(skin)
  return {
    skin,
    crotch: at.crotch,
    neck: neckCut(bvh, at),
    arms: [armCut('left', at, armMm), armCut('right', at, armMm)],
    thighs: [thighCut(bvh, 'left', at, crotchMm), thighCut(bvh, 'right', at, crotchMm)],
  }
}

const lacking = (missing: readonly string[]) =>
  new GeometryRefusal('DESIGN_NOT_SUPPORTED', `the scan does not show ${missing.join(', ')}`, { missing: [...missing] })

/**
 * At the least section of the neck, found over level planes between shoulders and chin, and at right angles to the
 * line through the middles of the sections below and above it.
 */
function neckCut(bvh: Bvh, { vertex, shoulder_left, shoulder_right }: Places): Cut {
  const low = Math.max(shoulder_left[2], shoulder_right[2])
  const high = vertex[2] - 0.09 * vertex[2]
  const sections = Array.from({ length: 25 }, (_, k) => middleAt(bvh, low + ((high - low) * (k + 1)) / 26, 0))
  const found = sections.filter((one) => one !== null)
  if (found.length < 5) throw lacking(['the neck'])
  const least = found.reduce((best, one, i) => (one.area < found[best].area ? i : best), 0)
  const [below, above] = [found[Math.max(0, least - 2)], found[Math.min(found.length - 1, least + 2)]]
  const along = subtract(above.middle, below.middle)
  // the line leans in the midplane, by no more than a neck does
  const normal = unit([Math.max(-0.1, Math.min(0.6 * along[2], along[0])), 0, along[2]])
  return { name: 'neck', plane: { point: found[least].middle, normal }, apart: null }
}

/**
 * At right angles to the upper arm, a little beyond the armpit. Only what lies above the plane that halves the angle
 * between arm and side of the chest belongs to the arm.
 */
function armCut(side: 'left' | 'right', at: Places, beyondMm: number): Cut {
  const armpit = at[`armpit_${side}`]
  const root = scale([armpit[0] + at[`shoulder_${side}`][0], armpit[1] + at[`shoulder_${side}`][1], armpit[2] + at[`shoulder_${side}`][2]], 0.5) // prettier-ignore
  // of a straight arm the elbow does not show
  const along = unit(subtract(at[`elbow_${side}`] ?? at[`wrist_${side}`], root))
  return {
    name: `${side} arm`,
    plane: { point: step(armpit, along, beyondMm), normal: along },
    apart: { point: armpit, normal: unit(subtract(along, [0, 0, -1])) },
  }
}

/**
 * At right angles to the thigh, whose direction is that of the middles of its sections below the crotch. Both cuts
 * meet over the crotch, so that nothing of the gap between the thighs is left.
 */
function thighCut(bvh: Bvh, side: 'left' | 'right', { crotch, vertex }: Places, aboveMm: number): Cut {
  const sign = side === 'left' ? 1 : -1
  const upper = middleAt(bvh, crotch[2] - 0.02 * vertex[2], sign)
  const lower = middleAt(bvh, crotch[2] - 0.12 * vertex[2], sign)
  if (!upper || !lower) throw lacking([`the ${side} thigh below the crotch`])
  return {
    name: `${side} thigh`,
    plane: { point: [crotch[0], 0, crotch[2] + aboveMm], normal: unit(subtract(lower.middle, upper.middle)) },
    apart: { point: [0, 0, 0], normal: [0, sign, 0] },
  }
}

/** The middle of the largest closed section at a height, on one side of the midplane or (0) round it. */
function middleAt(bvh: Bvh, height: number, side: 1 | 0 | -1): { middle: Vec3; area: number } | null {
  const plane: Plane = { point: [0, 0, height], normal: [0, 0, 1] }
  let best: { middle: Vec3; area: number } | null = null
  for (const line of section(bvh.mesh, plane, { bvh })) {
    if (line.points.length < 24) continue
    const { area, centroid } = sectionShape(line, plane)
    const belongs = side === 0 ? Math.abs(centroid[1]) < 60 : side * centroid[1] > 15 && Math.abs(centroid[1]) < 250
    if (belongs && line.closed && (!best || area > best.area)) best = { middle: centroid, area }
  }
  return best
}

/** How far a place lies beyond a cut, mm: positive where the limb is cut off. */
export function beyond({ plane, apart }: Cut, x: number, y: number, z: number): number {
  const p: Vec3 = [x, y, z]
  const along = dot(subtract(p, plane.point), plane.normal)
  return apart ? Math.min(along, dot(subtract(p, apart.point), apart.normal)) : along
}
