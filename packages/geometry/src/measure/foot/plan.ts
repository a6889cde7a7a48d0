import { convexHull, momentsOf, widestAngle } from '../../mesh/outline.ts'

/** The rectangle round an outline in plan, with its sides along and across a direction. */
export interface Rectangle {
  readonly from: number
  readonly to: number
  readonly right: number
  readonly left: number
}

/** The convex outline in plan (x y a point, anticlockwise) of what lies below a height. */
export function lowOutline(positions: Float64Array, triangles: Uint32Array, limit: number): Float64Array {
  const low = new Uint8Array(positions.length / 3)
  let crossings = 0
  for (let t = 0; t < triangles.length; t++) {
    if (positions[3 * triangles[t] + 2] <= limit) low[triangles[t]] = 1
    else if (positions[3 * triangles[t % 3 === 2 ? t - 2 : t + 1] + 2] <= limit) crossings++
  }
  const flat = new Float64Array(2 * (low.reduce((sum, one) => sum + one, 0) + 2 * crossings))
  let n = 0
  for (let v = 0; v < low.length; v++) {
    if (low[v] === 0) continue
    flat[n++] = positions[3 * v]
    flat[n++] = positions[3 * v + 1]
  }
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const a = 3 * triangles[t + k]
      const b = 3 * triangles[t + ((k + 1) % 3)]
      const za = positions[a + 2]
      const zb = positions[b + 2]
      // where an edge leaves the layer, so that the outline does not depend on where the vertices are
      if (!(za > limit && zb <= limit)) continue
      const share = (limit - za) / (zb - za)
      flat[n++] = positions[a] + share * (positions[b] - positions[a])
      flat[n++] = positions[a + 1] + share * (positions[b + 1] - positions[a + 1])
    }
  }
  const points = outer(flat.subarray(0, n))
  return Float64Array.from(convexHull(points).flatMap((i) => [points[2 * i], points[2 * i + 1]]))
}

/** The points that are not well inside: outside the polygon of those farthest out in 16 directions (Akl & Toussaint 1978). */
function outer(flat: Float64Array): Float64Array {
  const sides = 16
  const far = new Int32Array(sides)
  for (let k = 0; k < sides; k++) {
    const c = Math.cos((2 * Math.PI * k) / sides)
    const s = Math.sin((2 * Math.PI * k) / sides)
    let most = -Infinity
    for (let i = 0; i < flat.length; i += 2) {
      const along = c * flat[i] + s * flat[i + 1]
      if (along > most) {
        most = along
        far[k] = i
      }
    }
  }
  const corners = [...new Set(far)]
  const edges = corners.map((i, k) => {
    const j = corners[(k + 1) % corners.length]
    return { x: flat[i], y: flat[i + 1], dx: flat[j] - flat[i], dy: flat[j + 1] - flat[i + 1] }
  })
  const keep: number[] = []
  for (let i = 0; i < flat.length; i += 2) {
    let inside = true
    for (let k = 0; k < edges.length && inside; k++) {
      const { x, y, dx, dy } = edges[k]
      inside = dx * (flat[i + 1] - y) - dy * (flat[i] - x) > 0
    }
    if (!inside) keep.push(flat[i], flat[i + 1])
  }
  return Float64Array.from(keep)
}

export function rectangleAlong(outline: Float64Array, angle: number): Rectangle {
  const c = Math.cos(angle)
  const s = Math.sin(angle)
  let from = Infinity
  let to = -Infinity
  let right = Infinity
  let left = -Infinity
  for (let i = 0; i < outline.length; i += 2) {
    const x = c * outline[i] + s * outline[i + 1]
    const y = c * outline[i + 1] - s * outline[i]
    if (x < from) from = x
    if (x > to) to = x
    if (y < right) right = y
    if (y > left) left = y
  }
  return { from, to, right, left }
}

/** Area, middle and direction of the widest spread of a convex outline. */
export function spreadOf(outline: Float64Array): { area: number; x: number; y: number; angle: number } {
  const moments = momentsOf(outline)
  const { area, x, y } = moments
  if (!(area > 0)) return { area: 0, x: outline[0] ?? 0, y: outline[1] ?? 0, angle: 0 }
  return { area, x, y, angle: widestAngle(moments) }
}

/**
 * The foot's long axis in plan, radians: the direction in which the area within its convex outline spreads most. It is
 * the axis of symmetry of an outline that has one; on feet it runs within about a degree of the long side of the
 * smallest rectangle round them (as in a measuring box), and of the line from the heel's middle to the second toe, but
 * unlike these it does not depend on one or two points of the outline.
 */
export const longAxis = (outline: Float64Array): number => spreadOf(outline).angle
