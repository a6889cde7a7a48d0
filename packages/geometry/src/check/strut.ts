import type { Vec3 } from '../mesh/vector.ts'
import { nearest, nearestPoint, type Surface } from './nearest.ts'
import { castRay } from './rays.ts'

/** A ball that touches three sides lies between them when each two are at least 115° apart: a three-cornered strut. */
export const facingOfThree = Math.cos((115 * Math.PI) / 180)

/**
 * The ball at p that touches another side askew: rolled on between the two, away from their edge, until it touches a
 * third.
 * @param normal of the surface at p
 * @param aslant the ball's diameter, mm, and where it touches the other side
 * @returns the ball's diameter when it then lies between three sides, and where it touches the third; null where that is
 * no less than `most`, or it lies between no three
 */
export function strutOf(
  surface: Surface,
  [px, py, pz]: Vec3,
  normal: Vec3,
  aslant: { wide: number; touch: readonly number[] },
  most: number,
): { wide: number; touch: Vec3 } | null {
  const r = aslant.wide / 2
  const [cx, cy, cz] = [px - normal[0] * r, py - normal[1] * r, pz - normal[2] * r]
  const free = (x: number, y: number, z: number, mm: number) =>
    nearestPoint(surface, x, y, z, mm * (1 - 1e-4)) === Infinity
  const other: Vec3 = [(aslant.touch[0] - cx) / r, (aslant.touch[1] - cy) / r, (aslant.touch[2] - cz) / r]
  const both = Math.hypot(normal[0] + other[0], normal[1] + other[1], normal[2] + other[2])
  const [ux, uy, uz] = [0, 1, 2].map((k) => -(normal[k] + other[k]) / both)
  let low = 0
  let high = most
  // beyond what the ball meets next on its way it cannot get
  castRay(surface.cells, cx, cy, cz, ux, uy, uz, 1.5 * most, (_t, mm, way) =>
    way === 1 ? (high = Math.min(high, mm)) : high,
  )
  if (high === most || !free(cx, cy, cz, r)) return null
  let touch: Vec3 = [0, 0, 0]
  while (high - low > 1e-4 * most) {
    const s = (low + high) / 2
    if (free(cx + s * ux, cy + s * uy, cz + s * uz, r + (s * both) / 2)) low = s
    else {
      high = s
      touch = [nearest.x, nearest.y, nearest.z]
    }
  }
  const wide = 2 * r + low * both
  const way = [touch[0] - cx - low * ux, touch[1] - cy - low * uy, touch[2] - cz - low * uz]
  const size = Math.hypot(way[0], way[1], way[2])
  const along = (side: Vec3) => (way[0] * side[0] + way[1] * side[1] + way[2] * side[2]) / size
  return wide >= most || along(normal) > facingOfThree || along(other) > facingOfThree ? null : { wide, touch }
}
