import { polygon, type Sdf2 } from '../../field/outline.ts'
import { corner, type Sdf } from '../../field/shapes.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import { type LensShape, lensOutline } from './lens-shapes.ts'

/**
 * The front of a spectacle frame: a sheet that leans by `tilt` and is bent to a cylinder round the face. Its own
 * coordinates are s (along the bend, to the left), d (forward from the middle of the sheet) and w (up), and the
 * lenses' middles lie at w = 0. Bending keeps lengths on the sheet's middle; away from it they stray by d / radius.
 */
export interface Front {
  /** canonical place of s = d = w = 0 */
  readonly origin: Vec3
  readonly radiusMm: number
  readonly tilt: number
  /** how far the middle of each lens lies from the midplane, along the sheet */
  readonly lensAt: number
  readonly lens: { readonly outline: ReturnType<typeof lensOutline>; readonly distance: Sdf2 }
}

export function newFront(
  origin: Vec3,
  lensAt: number,
  lens: Front['lens'],
  { tiltDeg, frontRadiusMm }: Readonly<Record<string, number>>,
): Front {
  return { origin, radiusMm: frontRadiusMm, tilt: (tiltDeg * Math.PI) / 180, lensAt, lens }
}

export function lensOf(shape: LensShape, { lensWidthMm, lensHeightMm }: Readonly<Record<string, number>>) {
  const outline = lensOutline(shape, lensWidthMm, lensHeightMm)
  return { outline, distance: polygon(outline) }
}

/** A canonical place in the front's coordinates (s, d, w). */
export function onFront({ origin, radiusMm, tilt }: Front, x: number, y: number, z: number): Vec3 {
  const ahead = x - origin[0]
  const above = z - origin[2]
  const a = ahead * Math.cos(tilt) - above * Math.sin(tilt) + radiusMm
  const w = ahead * Math.sin(tilt) + above * Math.cos(tilt)
  return [radiusMm * Math.atan2(y, a), Math.hypot(a, y) - radiusMm, w]
}

/** The canonical place of (s, d, w). */
export function offFront({ origin, radiusMm, tilt }: Front, s: number, d: number, w: number): Vec3 {
  const a = (radiusMm + d) * Math.cos(s / radiusMm) - radiusMm
  const y = (radiusMm + d) * Math.sin(s / radiusMm)
  return [origin[0] + a * Math.cos(tilt) + w * Math.sin(tilt), y, origin[2] - a * Math.sin(tilt) + w * Math.cos(tilt)]
}

/** How far (s, w) lies outside the outline of the nearer lens, mm. */
export const besideLens = ({ lensAt, lens }: Front, s: number, w: number) => lens.distance(Math.abs(s) - lensAt, w)

/** A groove is so much deeper than a bevel reaches: the triangles that make it blunt its ground by about as much. */
const playMm = 0.15

/**
 * The two rims: a band round each lens, from the depth of the groove inside the lens' outline outwards, with a groove
 * whose sides meet at 120° on the outline (the bevel of a lens: ISO 8624).
 */
export function rims(front: Front, { rimMm, frontMm, grooveMm, edgeRadiusMm }: Readonly<Record<string, number>>): Sdf {
  const middle = rimMm / 2 - grooveMm
  const steep = Math.sqrt(3) / 2
  return (x, y, z) => {
    const [s, d, w] = onFront(front, x, y, z)
    const beside = besideLens(front, s, w)
    const band = corner(Math.abs(beside - middle) - rimMm / 2, Math.abs(d) - frontMm / 2, edgeRadiusMm)
    const groove = 0.5 * Math.abs(d) + steep * (beside - playMm)
    return Math.max(band, -groove)
  }
}
