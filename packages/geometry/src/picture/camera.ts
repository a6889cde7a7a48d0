import { type Box } from '../mesh/mesh.ts'
import { cross, dot, length, perpendicular, scale, unit, type Vec3 } from '../mesh/vector.ts'

/** Where one looks from. */
export interface View {
  /** The side on which the eye stands, as seen from the scan: [0, 0, 1] looks down from above when z is up. */
  readonly from: Vec3
  /** What points to the picture's upper edge; without it z, or y when one looks along z. */
  readonly up?: Vec3
  /** Written above the panel: "front", "from the side". */
  readonly title?: string
  /** The eye's distance in sizes of the scan (3 and more look natural); without it the picture has no perspective. */
  readonly distance?: number
  /** What the panel shows, when that is not everything: the concha of an ear, the sole's middle. */
  readonly around?: Box
}

/** A rectangle of the picture, pixels, y downwards. */
export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** How space becomes a picture: unit axes, the point of space that is drawn at (centerX, centerY), and the scale. */
export interface Camera {
  readonly right: Vec3
  readonly up: Vec3
  /** away from the eye */
  readonly look: Vec3
  readonly target: Vec3
  readonly centerX: number
  readonly centerY: number
  /** pixels a millimetre, at the target's distance */
  readonly scale: number
  /** mm from the eye to the target; Infinity without perspective */
  readonly distance: number
}

/** What a picture that shows everything would have to hold, in pixels at one pixel a millimetre. */
export interface Aim {
  /** at one pixel a millimetre, with the target at (0, 0) */
  readonly camera: Camera
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/**
 * Turns a camera to all the points (x y z …), or to those of `view.around` alone.
 * @throws RangeError for a view from nowhere (a direction of no length)
 */
export function aim(view: View, points: readonly Float64Array[]): Aim {
  if (!(length(view.from) > 0)) throw new RangeError('a view needs a side to look from')
  const look = scale(unit(view.from), -1)
  const wished = view.up ?? (Math.abs(look[2]) > 0.9 ? [0, 1, 0] : [0, 0, 1])
  const aside = cross(look, wished)
  const right = length(aside) > 1e-6 * length(wished) ? unit(aside) : perpendicular(look)
  const up = cross(right, look)
  const shown = view.around ? [cornersOf(view.around)] : points
  const { min, max } = extent(shown)
  const target: Vec3 = [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, (min[2] + max[2]) / 2]
  const size = Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2]) || 1
  // nearer than this some of the scan would lie behind the eye
  const distance = view.distance ? Math.max(view.distance, 0.75) * size : Infinity
  const camera: Camera = { right, up, look, target, centerX: 0, centerY: 0, scale: 1, distance }
  return { camera, ...extentInPicture(camera, shown) }
}

/** The aimed camera, drawing into the middle of an area; as large as the area takes it, or at this scale. */
export function fitted({ camera, left, right, top, bottom }: Aim, area: Area, scale?: number): Camera {
  const wide = Math.max(right - left, 1e-9)
  const high = Math.max(bottom - top, 1e-9)
  const zoom = scale ?? Math.min(area.width / wide, area.height / high)
  return {
    ...camera,
    scale: zoom,
    centerX: area.x + area.width / 2 - ((left + right) / 2) * zoom,
    centerY: area.y + area.height / 2 - ((top + bottom) / 2) * zoom,
  }
}

/** The same camera on a picture of `by` times as many pixels a side. */
export const enlarged = (camera: Camera, by: number): Camera => ({
  ...camera,
  centerX: camera.centerX * by,
  centerY: camera.centerY * by,
  scale: camera.scale * by,
})

/**
 * A point in the picture: [x, y, nearness], pixels (y downwards) and a nearness that grows towards the eye, is linear
 * along straight lines of the picture, and is in millimetres at the target's distance.
 * A point behind the eye has the nearness NaN.
 */
export function project(camera: Camera, p: Vec3): Vec3 {
  const { right, up, look, target, distance } = camera
  const d: Vec3 = [p[0] - target[0], p[1] - target[1], p[2] - target[2]]
  const depth = dot(d, look)
  const shrink = distance === Infinity ? 1 : distance / (distance + depth)
  return [
    camera.centerX + dot(d, right) * camera.scale * shrink,
    camera.centerY - dot(d, up) * camera.scale * shrink,
    shrink > 0 ? (distance === Infinity ? -depth : distance * (shrink - 1)) : Number.NaN,
  ]
}

/** All vertices at once: x y nearness, three a vertex. */
export function projectAll(camera: Camera, positions: Float64Array): Float64Array {
  const { right: r, up: u, look: l, target: t, scale: s, distance, centerX, centerY } = camera
  const out = new Float64Array(positions.length)
  for (let i = 0; i < positions.length; i += 3) {
    const x = positions[i] - t[0]
    const y = positions[i + 1] - t[1]
    const z = positions[i + 2] - t[2]
    const depth = x * l[0] + y * l[1] + z * l[2]
    const shrink = distance === Infinity ? 1 : distance / (distance + depth)
    out[i] = centerX + (x * r[0] + y * r[1] + z * r[2]) * s * shrink
    out[i + 1] = centerY - (x * u[0] + y * u[1] + z * u[2]) * s * shrink
    out[i + 2] = shrink > 0 ? (distance === Infinity ? -depth : distance * (shrink - 1)) : Number.NaN
  }
  return out
}

function cornersOf({ min, max }: Box): Float64Array {
  const out = new Float64Array(24)
  for (let corner = 0; corner < 8; corner++) {
    for (let axis = 0; axis < 3; axis++) out[3 * corner + axis] = (corner >> axis) & 1 ? max[axis] : min[axis]
  }
  return out
}

function extent(sets: readonly Float64Array[]) {
  const min: [number, number, number] = [Infinity, Infinity, Infinity]
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  for (const points of sets) {
    for (let i = 0; i < points.length; i += 3) {
      for (let axis = 0; axis < 3; axis++) {
        const value = points[i + axis]
        if (value < min[axis]) min[axis] = value
        if (value > max[axis]) max[axis] = value
      }
    }
  }
  return min[0] <= max[0] ? { min, max } : { min: [0, 0, 0] as const, max: [1, 1, 1] as const }
}

function extentInPicture(camera: Camera, sets: readonly Float64Array[]) {
  const seen = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity }
  for (const points of sets) {
    const flat = projectAll(camera, points)
    for (let i = 0; i < flat.length; i += 3) {
      if (flat[i] < seen.left) seen.left = flat[i]
      if (flat[i] > seen.right) seen.right = flat[i]
      if (flat[i + 1] < seen.top) seen.top = flat[i + 1]
      if (flat[i + 1] > seen.bottom) seen.bottom = flat[i + 1]
    }
  }
  return seen.left <= seen.right ? seen : { left: -1, right: 1, top: -1, bottom: 1 }
}
