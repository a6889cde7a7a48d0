import type { Vec3 } from './vector.ts'

/** A 4x4 transform in rows: p' = M · (p, 1). The last row is always 0 0 0 1. */
export type Mat4 = readonly number[]

export const identity: Mat4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

export const applyTo = (m: Mat4, p: Vec3): Vec3 => [
  m[0] * p[0] + m[1] * p[1] + m[2] * p[2] + m[3],
  m[4] * p[0] + m[5] * p[1] + m[6] * p[2] + m[7],
  m[8] * p[0] + m[9] * p[1] + m[10] * p[2] + m[11],
]

/** The direction d turned by M, without its shift. */
export const turn = (m: Mat4, d: Vec3): Vec3 => [
  m[0] * d[0] + m[1] * d[1] + m[2] * d[2],
  m[4] * d[0] + m[5] * d[1] + m[6] * d[2],
  m[8] * d[0] + m[9] * d[1] + m[10] * d[2],
]

/** First b, then a: (a · b) p = a (b p). */
export function compose(a: Mat4, b: Mat4): Mat4 {
  const out: number[] = []
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) {
      let sum = 0
      for (let k = 0; k < 4; k++) sum += a[row * 4 + k] * b[k * 4 + column]
      out.push(sum)
    }
  }
  return out
}

export const scaling = (by: number): Mat4 => [by, 0, 0, 0, 0, by, 0, 0, 0, 0, by, 0, 0, 0, 0, 1]
export const translation = (by: Vec3): Mat4 => [1, 0, 0, by[0], 0, 1, 0, by[1], 0, 0, 1, by[2], 0, 0, 0, 1]

/** Into the frame whose axes x, y, z (unit, at right angles) and origin are given in today's coordinates. */
export function intoFrame(x: Vec3, y: Vec3, z: Vec3, origin: Vec3): Mat4 {
  const shift = (axis: Vec3) => -(axis[0] * origin[0] + axis[1] * origin[1] + axis[2] * origin[2])
  return [...x, shift(x), ...y, shift(y), ...z, shift(z), 0, 0, 0, 1]
}

/** A turn about an axis of length 1 through the origin, by the right-hand rule (Rodrigues). */
export function rotation(axis: Vec3, radians: number): Mat4 {
  const [x, y, z] = axis
  const c = Math.cos(radians)
  const s = Math.sin(radians)
  const t = 1 - c
  return fromRows(
    [t * x * x + c, t * x * y - s * z, t * x * z + s * y, 0],
    [t * x * y + s * z, t * y * y + c, t * y * z - s * x, 0],
    [t * x * z - s * y, t * y * z + s * x, t * z * z + c, 0],
  )
}

const fromRows = (...rows: number[][]): Mat4 => [...rows.flat(), 0, 0, 0, 1]

/** How many times larger it makes a volume; negative when it turns left into right. */
const determinant = (m: Mat4): number =>
  m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) + m[2] * (m[4] * m[9] - m[5] * m[8])

/** Whether it turns left into right. */
export const isMirror = (m: Mat4): boolean => determinant(m) < 0

/** The inverse of any transform that keeps volume apart from zero. @throws RangeError for one that flattens */
export function inverse(m: Mat4): Mat4 {
  const [a, b, c, , d, e, f, , g, h, i] = m
  const det = determinant(m)
  if (det === 0) throw new RangeError('a transform that flattens space has no inverse')
  const r = [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f]
  const s = [d * h - e * g, b * g - a * h, a * e - b * d]
  const rows = [...r, ...s].map((value) => value / det)
  const back = (k: number) => -(rows[k] * m[3] + rows[k + 1] * m[7] + rows[k + 2] * m[11])
  return [...rows.slice(0, 3), back(0), ...rows.slice(3, 6), back(3), ...rows.slice(6, 9), back(6), 0, 0, 0, 1]
}
