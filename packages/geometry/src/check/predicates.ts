/**
 * Signs of orientation determinants that are always right, for coordinates that single precision can hold: computed
 * in double precision with a bound on its error, and in whole numbers where that does not settle it.
 * Shewchuk, Adaptive precision floating-point arithmetic and fast robust geometric predicates, 1997 (the bounds).
 */

const epsilon = 2 ** -53
const bound2 = (3 + 16 * epsilon) * epsilon
const bound3 = (7 + 56 * epsilon) * epsilon
/** Every single-precision number times this is whole. */
const whole = 2 ** 149

/**
 * On which side of the plane through a, b and c the point d is: 1 where a, b, c run anticlockwise seen from it,
 * -1 on the other side, 0 in the plane. Points are given by where their x stands in `p`.
 */
export function orient3(p: Float64Array, a: number, b: number, c: number, d: number): -1 | 0 | 1 {
  const bx = p[b] - p[a]
  const by = p[b + 1] - p[a + 1]
  const bz = p[b + 2] - p[a + 2]
  const cx = p[c] - p[a]
  const cy = p[c + 1] - p[a + 1]
  const cz = p[c + 2] - p[a + 2]
  const dx = p[d] - p[a]
  const dy = p[d + 1] - p[a + 1]
  const dz = p[d + 2] - p[a + 2]
  const byCz = by * cz
  const bzCy = bz * cy
  const bzCx = bz * cx
  const bxCz = bx * cz
  const bxCy = bx * cy
  const byCx = by * cx
  const det = dx * (byCz - bzCy) + dy * (bzCx - bxCz) + dz * (bxCy - byCx)
  const most =
    (Math.abs(byCz) + Math.abs(bzCy)) * Math.abs(dx) +
    (Math.abs(bzCx) + Math.abs(bxCz)) * Math.abs(dy) +
    (Math.abs(bxCy) + Math.abs(byCx)) * Math.abs(dz)
  const error = bound3 * most
  if (det > error) return 1
  if (det < -error) return -1
  return most === 0 ? 0 : exact3(p, a, b, c, d)
}

/**
 * The same in a plane: 1 where a, b, c run anticlockwise. `u` and `v` say which two of x, y, z (0, 1, 2) are looked
 * at.
 */
export function orient2(p: Float64Array, a: number, b: number, c: number, u: number, v: number): -1 | 0 | 1 {
  const left = (p[b + u] - p[a + u]) * (p[c + v] - p[a + v])
  const right = (p[b + v] - p[a + v]) * (p[c + u] - p[a + u])
  const det = left - right
  const error = bound2 * (Math.abs(left) + Math.abs(right))
  if (det > error) return 1
  if (det < -error) return -1
  if (error === 0) return 0
  const at = (i: number) => BigInt(p[i] * whole)
  const sign = (at(b + u) - at(a + u)) * (at(c + v) - at(a + v)) - (at(b + v) - at(a + v)) * (at(c + u) - at(a + u))
  return signOf(sign)
}

function exact3(p: Float64Array, a: number, b: number, c: number, d: number): -1 | 0 | 1 {
  const from = (i: number) => [0, 1, 2].map((k) => BigInt(p[i + k] * whole) - BigInt(p[a + k] * whole))
  const [bx, by, bz] = from(b)
  const [cx, cy, cz] = from(c)
  const [dx, dy, dz] = from(d)
  return signOf(dx * (by * cz - bz * cy) + dy * (bz * cx - bx * cz) + dz * (bx * cy - by * cx))
}

const signOf = (n: bigint) => (n > 0n ? 1 : n < 0n ? -1 : 0)
