/** A point or direction, [x, y, z]; lengths in millimetres unless said otherwise. */
export type Vec3 = readonly [number, number, number]

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
export const scale = (a: Vec3, by: number): Vec3 => [a[0] * by, a[1] * by, a[2] * by]
/** a + b·by: a step from a along b. */
export const step = (a: Vec3, b: Vec3, by: number): Vec3 => [a[0] + b[0] * by, a[1] + b[1] * by, a[2] + b[2] * by]
export const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]
export const length = (a: Vec3) => Math.hypot(a[0], a[1], a[2])
export const distance = (a: Vec3, b: Vec3) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
/** The point a share of the way from a to b (0: a, 1: b). */
export const between = (a: Vec3, b: Vec3, share: number): Vec3 => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
]

/** The direction of a, of length 1; the zero vector stays as it is. */
export function unit(a: Vec3): Vec3 {
  const size = length(a)
  return size > 0 ? [a[0] / size, a[1] / size, a[2] / size] : a
}

/** The angle between two directions, in degrees, 0 to 180. */
export const angleDeg = (a: Vec3, b: Vec3) => (Math.atan2(length(cross(a, b)), dot(a, b)) * 180) / Math.PI

/** A direction at right angles to a, chosen the same way each time. */
export function perpendicular(a: Vec3): Vec3 {
  const smallest =
    Math.abs(a[0]) < Math.abs(a[1])
      ? Math.abs(a[0]) < Math.abs(a[2])
        ? 0
        : 2
      : Math.abs(a[1]) < Math.abs(a[2])
        ? 1
        : 2
  return unit(cross(a, [smallest === 0 ? 1 : 0, smallest === 1 ? 1 : 0, smallest === 2 ? 1 : 0]))
}
