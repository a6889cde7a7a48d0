import { grown } from './grow.ts'

/** The polygons of more than three corners that were cut into fans: first triangle, corners, two numbers a polygon. */
export interface Fans {
  list: Uint32Array<ArrayBuffer>
  count: number
}

export const noFans = (): Fans => ({ list: new Uint32Array(64), count: 0 })

export function rememberFan(fans: Fans, firstTriangle: number, corners: number) {
  fans.list = grown(fans.list, 2 * (fans.count + 1))
  fans.list[2 * fans.count] = firstTriangle
  fans.list[2 * fans.count + 1] = corners
  fans.count++
}

/** Cutting ears takes up to n³ steps, so that only polygons that real programs write are cut so. */
const MOST_CORNERS = 32

/**
 * A polygon is first cut into a fan from its first corner, which is right when it is convex. This looks at each and
 * cuts those whose fan folds over itself (a concave polygon) into ears instead, in place: any cut of n corners makes
 * n - 2 triangles. Ear clipping: Meisters, Polygons have ears, American Mathematical Monthly 82, 1975.
 * @returns how many were left folded: of more than 32 corners, or without an ear (they cross themselves)
 */
export function unfoldFans(positions: Float64Array, triangles: Uint32Array, fans: Fans): number {
  let folded = 0
  const corners: number[] = []
  for (let i = 0; i < fans.count; i++) {
    const first = 3 * fans.list[2 * i]
    const n = fans.list[2 * i + 1]
    if (!folds(positions, triangles, first, n)) continue
    corners.length = 0
    if (n <= MOST_CORNERS) {
      corners.push(triangles[first], triangles[first + 1])
      for (let k = 0; k < n - 2; k++) corners.push(triangles[first + 3 * k + 2])
    }
    if (n > MOST_CORNERS || !cutEars(positions, corners, triangles, first)) folded++
  }
  return folded
}

/** Whether a triangle of the fan faces away from the polygon's whole (Newell) direction, the sum of all of them. */
function folds(p: Float64Array, triangles: Uint32Array, first: number, n: number): boolean {
  let nx = 0
  let ny = 0
  let nz = 0
  for (let t = first; t < first + 3 * (n - 2); t += 3) {
    faceOf(p, triangles[t], triangles[t + 1], triangles[t + 2])
    nx += face[0]
    ny += face[1]
    nz += face[2]
  }
  for (let t = first; t < first + 3 * (n - 2); t += 3) {
    faceOf(p, triangles[t], triangles[t + 1], triangles[t + 2])
    if (face[0] * nx + face[1] * ny + face[2] * nz < 0) return true
  }
  return false
}

const face = new Float64Array(3)
function faceOf(p: Float64Array, a: number, b: number, c: number) {
  const ux = p[3 * b] - p[3 * a]
  const uy = p[3 * b + 1] - p[3 * a + 1]
  const uz = p[3 * b + 2] - p[3 * a + 2]
  const vx = p[3 * c] - p[3 * a]
  const vy = p[3 * c + 1] - p[3 * a + 1]
  const vz = p[3 * c + 2] - p[3 * a + 2]
  face[0] = uy * vz - uz * vy
  face[1] = uz * vx - ux * vz
  face[2] = ux * vy - uy * vx
}

/** Writes n - 2 triangles from `at` on; false, and nothing written, when it gets stuck. */
function cutEars(p: Float64Array, corners: readonly number[], triangles: Uint32Array, at: number): boolean {
  const flat = flattened(p, corners)
  const left = corners.map((_, i) => i)
  const cut: number[] = []
  while (left.length > 3) {
    const ear = left.findIndex((_, i) => isEar(flat, left, i))
    if (ear < 0) return false
    const [a, b, c] = neighbours(left, ear)
    cut.push(corners[a], corners[b], corners[c])
    left.splice(ear, 1)
  }
  cut.push(...left.map((i) => corners[i]))
  triangles.set(cut, at)
  return true
}

/** The corners seen along the polygon's direction: u v each, anticlockwise. */
function flattened(p: Float64Array, corners: readonly number[]): readonly (readonly [number, number])[] {
  const normal = [0, 0, 0]
  for (let i = 1; i + 1 < corners.length; i++) {
    faceOf(p, corners[0], corners[i], corners[i + 1])
    for (let axis = 0; axis < 3; axis++) normal[axis] += face[axis]
  }
  const size = normal.map(Math.abs)
  const along = size[0] > size[1] && size[0] > size[2] ? 0 : size[1] > size[2] ? 1 : 2
  const u = (along + 1) % 3
  const v = (along + 2) % 3
  const turned = normal[along] < 0
  return corners.map((c) => (turned ? [p[3 * c + v], p[3 * c + u]] : [p[3 * c + u], p[3 * c + v]]))
}

const neighbours = (left: readonly number[], i: number) =>
  [left[(i + left.length - 1) % left.length], left[i], left[(i + 1) % left.length]] as const

type Flat = readonly (readonly [number, number])[]

/** Twice the area of the corner triangle a, b, c, positive when it runs anticlockwise. */
const twiceArea = (flat: Flat, a: number, b: number, c: number) =>
  (flat[b][0] - flat[a][0]) * (flat[c][1] - flat[a][1]) - (flat[b][1] - flat[a][1]) * (flat[c][0] - flat[a][0])

/** A corner that points outwards, with no other corner inside of what cutting it would take away. */
function isEar(flat: Flat, left: readonly number[], i: number): boolean {
  const [a, b, c] = neighbours(left, i)
  if (!(twiceArea(flat, a, b, c) > 0)) return false
  return left.every((q) => {
    if (q === a || q === b || q === c) return true
    const inside = twiceArea(flat, a, b, q) >= 0 && twiceArea(flat, b, c, q) >= 0 && twiceArea(flat, c, a, q) >= 0
    return !inside
  })
}
