import { inverse, type Mat4 } from '../mesh/matrix.ts'
import { cross, distance, dot, length, subtract, unit, type Vec3 } from '../mesh/vector.ts'

/**
 * A signed distance function: how far (x, y, z) is from a body's surface, mm, negative inside. Every one here is
 * 1-Lipschitz (two points' values differ by no more than the points lie apart), so that |value| is never more than
 * the way to the surface; those that are more than a bound say "exact".
 * Formulas: Quilez, "Distance functions"; Hart, Sphere tracing, 1996.
 */
export type Sdf = (x: number, y: number, z: number) => number

/** A ball. Exact. */
export function sphere([cx, cy, cz]: Vec3, radiusMm: number): Sdf {
  return (x, y, z) => Math.sqrt((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) - radiusMm
}

/** All within a radius of the segment from a to b. Exact. */
export const capsule = (a: Vec3, b: Vec3, radiusMm: number): Sdf => taperedCapsule(a, radiusMm, b, radiusMm)

/** The convex hull of two balls (a round cone). Exact. */
export function taperedCapsule(a: Vec3, radiusA: number, b: Vec3, radiusB: number): Sdf {
  const [ax, ay, az] = a
  const [dx, dy, dz] = subtract(b, a)
  const l2 = dx * dx + dy * dy + dz * dz
  const shrink = radiusA - radiusB
  // one ball holds the other, or both are one
  if (l2 <= shrink * shrink) return radiusA >= radiusB ? sphere(a, radiusA) : sphere(b, radiusB)
  const a2 = l2 - shrink * shrink
  const inverseL2 = 1 / l2
  return (x, y, z) => {
    const px = x - ax
    const py = y - ay
    const pz = z - az
    const along = px * dx + py * dy + pz * dz
    const beyond = along - l2
    const wx = px * l2 - dx * along
    const wy = py * l2 - dy * along
    const wz = pz * l2 - dz * along
    const across2 = wx * wx + wy * wy + wz * wz
    const along2 = along * along * l2
    const beyond2 = beyond * beyond * l2
    const k = Math.sign(shrink) * shrink * shrink * across2
    if (Math.sign(beyond) * a2 * beyond2 > k) return Math.sqrt(across2 + beyond2) * inverseL2 - radiusB
    if (Math.sign(along) * a2 * along2 < k) return Math.sqrt(across2 + along2) * inverseL2 - radiusA
    return (Math.sqrt(across2 * a2 * inverseL2) + along * shrink) * inverseL2 - radiusA
  }
}

/** An upright box from its centre and half its size, its edges rounded by `roundMm` (within the size). Exact. */
export function box([cx, cy, cz]: Vec3, [hx, hy, hz]: Vec3, roundMm = 0): Sdf {
  if (!(roundMm >= 0 && roundMm <= Math.min(hx, hy, hz))) throw new RangeError('rounding must fit into the box')
  return (x, y, z) => {
    const dx = Math.abs(x - cx) - hx + roundMm
    const dy = Math.abs(y - cy) - hy + roundMm
    const dz = Math.abs(z - cz) - hz + roundMm
    const ox = Math.max(dx, 0)
    const oy = Math.max(dy, 0)
    const oz = Math.max(dz, 0)
    return Math.sqrt(ox * ox + oy * oy + oz * oz) + Math.min(Math.max(dx, dy, dz), 0) - roundMm
  }
}

/** All behind a plane: the side that `outward` points away from. Exact. */
export function halfSpace(through: Vec3, outward: Vec3): Sdf {
  const [nx, ny, nz] = unit(outward)
  const shift = nx * through[0] + ny * through[1] + nz * through[2]
  return (x, y, z) => nx * x + ny * y + nz * z - shift
}

/** A round rod from the middle of one end to that of the other, its two rims rounded by `roundMm`. Exact. */
export function cylinder(a: Vec3, b: Vec3, radiusMm: number, roundMm = 0): Sdf {
  const half = distance(a, b) / 2
  if (!(half > 0)) throw new RangeError('a cylinder needs two different ends')
  if (!(roundMm >= 0 && roundMm <= Math.min(half, radiusMm))) throw new RangeError('rounding must fit into the rod')
  const [ux, uy, uz] = unit(subtract(b, a))
  const mx = (a[0] + b[0]) / 2
  const my = (a[1] + b[1]) / 2
  const mz = (a[2] + b[2]) / 2
  return (x, y, z) => {
    const px = x - mx
    const py = y - my
    const pz = z - mz
    const along = px * ux + py * uy + pz * uz
    const across = Math.sqrt(Math.max(px * px + py * py + pz * pz - along * along, 0))
    return corner(across - radiusMm, Math.abs(along) - half, roundMm)
  }
}

/** A ring about an axis: `ringMm` from the centre to the middle of the tube, `tubeMm` the tube's radius. Exact. */
export function torus(centre: Vec3, axis: Vec3, ringMm: number, tubeMm: number): Sdf {
  const [cx, cy, cz] = centre
  const [ux, uy, uz] = unit(axis)
  return (x, y, z) => {
    const px = x - cx
    const py = y - cy
    const pz = z - cz
    const along = px * ux + py * uy + pz * uz
    const across = Math.sqrt(Math.max(px * px + py * py + pz * pz - along * along, 0)) - ringMm
    return Math.sqrt(across * across + along * along) - tubeMm
  }
}

/** The same body after a rigid motion. @throws RangeError for a transform that stretches or mirrors */
export function moved(sdf: Sdf, m: Mat4): Sdf {
  const columns: Vec3[] = [0, 1, 2].map((k) => [m[k], m[k + 4], m[k + 8]])
  const right = dot(cross(columns[0], columns[1]), columns[2])
  const stretched = columns.some((column) => Math.abs(length(column) - 1) > 1e-6)
  if (stretched || Math.abs(right - 1) > 1e-6) throw new RangeError('only a rigid motion keeps distances')
  const [a, b, c, tx, d, e, f, ty, g, h, i, tz] = inverse(m)
  return (x, y, z) => sdf(a * x + b * y + c * z + tx, d * x + e * y + f * z + ty, g * x + h * y + i * z + tz)
}

/** The distance to a right-angled corner region {u <= 0, v <= 0} whose corner is rounded by `roundMm`. */
export function corner(u: number, v: number, roundMm: number): number {
  const a = u + roundMm
  const b = v + roundMm
  if (a > 0 && b > 0) return Math.sqrt(a * a + b * b) - roundMm
  return Math.max(a, b) - roundMm
}
