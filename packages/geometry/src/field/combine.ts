import type { Vec3 } from '../mesh/vector.ts'
import type { Sdf } from './shapes.ts'

/**
 * Bodies from bodies. What comes out is 1-Lipschitz when what goes in is (the rounded ones: √2 at worst, where
 * both surfaces run side by side), exact outside for a union and inside for an intersection, a bound elsewhere;
 * `redistanced` makes a grid of one a true distance again.
 */

/** What is in any of them. */
export function union(...parts: Sdf[]): Sdf {
  if (parts.length === 2) {
    const [a, b] = parts
    return (x, y, z) => Math.min(a(x, y, z), b(x, y, z))
  }
  return (x, y, z) => {
    let least = Infinity
    for (const part of parts) {
      const d = part(x, y, z)
      if (d < least) least = d
    }
    return least
  }
}

/** What is in all of them. */
export function intersect(...parts: Sdf[]): Sdf {
  if (parts.length === 2) {
    const [a, b] = parts
    return (x, y, z) => Math.max(a(x, y, z), b(x, y, z))
  }
  return (x, y, z) => {
    let most = -Infinity
    for (const part of parts) {
      const d = part(x, y, z)
      if (d > most) most = d
    }
    return most
  }
}

/** What is in the first and in none of the others. */
export function subtract(from: Sdf, ...tools: Sdf[]): Sdf {
  const tool = tools.length === 1 ? tools[0] : union(...tools)
  return (x, y, z) => Math.max(from(x, y, z), -tool(x, y, z))
}

/** A union whose inner corner is filled by a fillet of this radius (exact where the surfaces meet at 90°). */
export function roundUnion(a: Sdf, b: Sdf, radiusMm: number): Sdf {
  if (!(radiusMm > 0)) return union(a, b)
  return (x, y, z) => {
    const da = a(x, y, z)
    const db = b(x, y, z)
    // a fillet reaches no farther than its radius from both
    if (da >= radiusMm || db >= radiusMm) return Math.min(da, db)
    const u = radiusMm - da
    const v = radiusMm - db
    return Math.max(radiusMm, Math.min(da, db)) - Math.sqrt(u * u + v * v)
  }
}

/** An intersection whose edge is rounded by this radius (exact where the surfaces meet at 90°). */
export function roundIntersect(a: Sdf, b: Sdf, radiusMm: number): Sdf {
  if (!(radiusMm > 0)) return intersect(a, b)
  return (x, y, z) => {
    const da = a(x, y, z)
    const db = b(x, y, z)
    if (da <= -radiusMm || db <= -radiusMm) return Math.max(da, db)
    const u = radiusMm + da
    const v = radiusMm + db
    return Math.min(-radiusMm, Math.max(da, db)) + Math.sqrt(u * u + v * v)
  }
}

/** A cut whose new edge is rounded by this radius. */
export function roundSubtract(from: Sdf, tool: Sdf, radiusMm: number): Sdf {
  return roundIntersect(from, (x, y, z) => -tool(x, y, z), radiusMm)
}

/** Grown by so many mm (shrunk when negative). True to the amount where the given distance is exact. */
export const offset =
  (sdf: Sdf, byMm: number): Sdf =>
  (x, y, z) =>
    sdf(x, y, z) - byMm

/** The body hollowed out: a wall of this thickness inwards from its surface. */
export const shell =
  (sdf: Sdf, wallMm: number): Sdf =>
  (x, y, z) => {
    const d = sdf(x, y, z)
    return Math.max(d, -d - wallMm)
  }

/**
 * The same body, quicker to ask from afar: `sdf` is asked only within its ball (which must hold the whole body)
 * and `nearMm` round it; farther away the distance to the ball stands in, which is never more than the true one.
 * `nearMm` must be more than the radius of whatever rounds this body against another.
 */
export function inBall(sdf: Sdf, [cx, cy, cz]: Vec3, radiusMm: number, nearMm = 1): Sdf {
  const asked = (radiusMm + nearMm) ** 2
  return (x, y, z) => {
    const d2 = (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2
    return d2 > asked ? Math.sqrt(d2) - radiusMm : sdf(x, y, z)
  }
}

/**
 * Signs cut into a body's surface to an even depth, whatever its form: `column` is the signs' outline as a column
 * that runs through the surface (`strokeColumn`), `roundMm` rounds the upper edge of the cut.
 */
export const engraved = (body: Sdf, column: Sdf, depthMm: number, roundMm = 0): Sdf =>
  roundSubtract(
    body,
    intersect(column, (x, y, z) => -body(x, y, z) - depthMm),
    roundMm,
  )

/** Signs that stand up from a body's surface by an even height. */
export const embossed = (body: Sdf, column: Sdf, heightMm: number, roundMm = 0): Sdf =>
  roundUnion(body, intersect(column, offset(body, heightMm)), roundMm)
