import { bvhOf } from '../../mesh/bvh.ts'
import { applyTo, inverse, isMirror, type Mat4, turn } from '../../mesh/matrix.ts'
import { type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { castRay } from '../../mesh/ray.ts'
import { between, distance, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput } from '../module.ts'

/**
 * The hollow of an ear that a product fills, in the canonical pose of a left ear (x backwards, y up, z outward):
 * what bounds it besides the skin.
 */
export interface Cavity {
  /** the scan round the ear's hollow, canonical pose */
  skin: Mesh
  toCanonical: Mat4
  fromCanonical: Mat4
  /** a right ear was mirrored: what is written on the product has to be mirrored too */
  mirrored: boolean
  /** the concha's rim in the lateral view, or null when the scan has no concha */
  rim: readonly (readonly [number, number])[] | null
  /** the plane that closes it outwards: a point, the direction out of the ear */
  mouth: { through: Vec3; outward: Vec3 }
  /** from the mouth inwards: over the cavum to the canal's entrance and along the canal, as far as the scan reaches */
  path: readonly Vec3[]
  /** how much of the path, from its end back, is canal, mm (0: the canal is closed in the scan, or not in it) */
  canalMm: number
}

/** @throws GeometryRefusal DESIGN_NOT_SUPPORTED for a scan with neither concha nor canal */
export function cavityOf({ mesh, toCanonical, landmarks, curves }: DesignInput): Cavity {
  const canonical = (points: readonly Vec3[] | undefined) => (points ?? []).map((point) => applyTo(toCanonical, point))
  const rim = canonical(curves.conchaRim)
  const canal = canonical(curves.canalCentreLine)
  const [floor, mouth] = canonical([landmarks.cavumFloor, landmarks.cavumMouth].filter((point) => point !== undefined))
  const pinned = rim.length > 30 && floor && mouth
  if (!pinned && canal.length < 2) {
    throw new GeometryRefusal('DESIGN_NOT_SUPPORTED', 'the scan shows neither a concha nor an ear canal to fill', {
      missing: ['concha', 'canal'],
    })
  }
  const all = pinned ? [...rim, floor, mouth, ...canal] : canal
  const skin = near(transformed({ positions: mesh.positions, triangles: mesh.triangles }, toCanonical), all, 9)
  const base = {
    skin,
    toCanonical,
    fromCanonical: inverse(toCanonical),
    mirrored: isMirror(toCanonical),
    canalMm: canal.slice(1).reduce((sum, point, i) => sum + distance(point, canal[i]), 0),
  }
  if (!pinned)
    return {
      ...base,
      rim: null,
      mouth: { through: canal[0], outward: unit(subtract(canal[0], canal[1])) },
      path: canal,
    }

  const outward = unit(subtract(mouth, floor))
  const middle: Vec3 = [
    rim.reduce((sum, point) => sum + point[0], 0) / rim.length,
    rim.reduce((sum, point) => sum + point[1], 0) / rim.length,
    floor[2],
  ]
  const over = between(middle, step(middle, outward, distance(floor, mouth)), 0.45)
  const inner = canal.length > 1 ? canal : [pocket(mesh, base.fromCanonical, over)]
  return {
    ...base,
    rim: outline(rim, middle),
    mouth: { through: mouth, outward },
    path: [step(over, outward, distance(floor, mouth)), over, ...inner],
  }
}

/**
 * The rim as an outline to cut by, seen from its middle: without the narrow tongue that it has between the tail of the
 * crus and the antihelix (nothing less than 30° wide), and smoothed over 5°, since a range image's edges are steps.
 */
function outline(rim: readonly Vec3[], middle: Vec3): (readonly [number, number])[] {
  const count = 180
  const radii = Array.from({ length: count }, () => NaN)
  for (const [x, y] of rim) {
    const angle = Math.atan2(y - middle[1], x - middle[0])
    const at = ((Math.round((angle / (2 * Math.PI)) * count) % count) + count) % count
    radii[at] = Math.max(Math.hypot(x - middle[0], y - middle[1]), radii[at] || 0)
  }
  const known = Array.from({ length: count }, (_, i) => {
    for (let k = 0; k < count; k++) {
      const found = radii[(i + k) % count] || radii[(i - k + count) % count]
      if (found > 0) return found
    }
    return 0
  })
  const over = (values: readonly number[], reach: number, of: (near: number[]) => number) =>
    values.map((_, i) => of(Array.from({ length: 2 * reach + 1 }, (_, k) => values[(i + k - reach + count) % count])))
  const least = (near: number[]) => Math.min(...near)
  const most = (near: number[]) => Math.max(...near)
  const mean = (near: number[]) => near.reduce((sum, value) => sum + value, 0) / near.length
  const smooth = over(over(over(over(known, 7, least), 7, most), 2, mean), 2, mean)
  return smooth.map((radius, i) => {
    const angle = (i * 2 * Math.PI) / count
    return [middle[0] + radius * Math.cos(angle), middle[1] + radius * Math.sin(angle)] as const
  })
}

/** The triangles near some points' box. */
function near(mesh: Mesh, points: readonly Vec3[], marginMm: number): Mesh {
  const low = [0, 1, 2].map((k) => Math.min(...points.map((point) => point[k])) - marginMm)
  const high = [0, 1, 2].map((k) => Math.max(...points.map((point) => point[k])) + marginMm)
  const inside = (v: number) => {
    for (let k = 0; k < 3; k++) {
      const at = mesh.positions[3 * v + k]
      if (at < low[k] || at > high[k]) return false
    }
    return true
  }
  return submesh(mesh, (t) => [0, 1, 2].some((corner) => inside(mesh.triangles[3 * t + corner])))
}

/**
 * Where the closed entrance of the canal lies: from over the cavum the way forward and inward, behind the tragus,
 * along which the skin is farthest off; the mean of the farthest of a fan of rays.
 */
function pocket(scan: Mesh, fromCanonical: Mat4, from: Vec3): Vec3 {
  const bvh = bvhOf(scan)
  const origin = applyTo(fromCanonical, from)
  const ahead = unit([-0.6, 0.1, -0.8])
  const hits: { at: Vec3; far: number }[] = []
  for (let i = -4; i <= 4; i++) {
    for (let j = -4; j <= 4; j++) {
      const direction = unit([ahead[0] + 0.12 * i, ahead[1] + 0.12 * j, ahead[2] + 0.08 * i])
      const hit = castRay(bvh, origin, turn(fromCanonical, direction), { max: 16 })
      if (hit) hits.push({ at: step(from, direction, hit.t), far: hit.t })
    }
  }
  if (hits.length === 0) return step(from, ahead, 4)
  const farthest = hits.sort((a, b) => b.far - a.far).slice(0, Math.max(1, Math.floor(hits.length / 8)))
  const mean = (k: number) => farthest.reduce((sum, { at }) => sum + at[k], 0) / farthest.length
  return [mean(0), mean(1), mean(2)]
}

/** A point or direction of the canonical pose in the scan's own frame. */
export const outOf = (cavity: Cavity, point: Vec3): Vec3 => applyTo(cavity.fromCanonical, point)
/** A body of the canonical pose in the scan's own frame. */
export const bodyOutOf = (cavity: Cavity, body: Mesh): Mesh => transformed(body, cavity.fromCanonical)
