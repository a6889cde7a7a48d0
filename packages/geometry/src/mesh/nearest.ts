import { type Bvh, maxDepth } from './bvh.ts'
import type { Mesh } from './mesh.ts'
import { closest, closestOnTriangle, type Feature, onBorder, pseudonormal, type Sides, sidesOf } from './triangle.ts'

/** A point of a surface. Functions write into one, so that a million questions allocate nothing. */
export interface Nearest {
  /** mm; Infinity when nothing was near enough */
  distance: number
  /** -1 when nothing was near enough */
  triangle: number
  /** of that triangle */
  feature: Feature
  x: number
  y: number
  z: number
  /** the point as a mixture of the triangle's corners: a·A + b·B + c·C, each 0 to 1, together 1 */
  a: number
  b: number
  c: number
}

export const newNearest = (): Nearest => ({
  distance: Infinity,
  triangle: -1,
  feature: 0,
  x: 0,
  y: 0,
  z: 0,
  a: 0,
  b: 0,
  c: 0,
})

// one walk at a time: nothing below calls back, so the stacks may be shared
const stack = new Uint32Array(maxDepth + 2)
const stackDistance = new Float64Array(maxDepth + 2)

/**
 * The point of the mesh nearest to (x, y, z): exact, and one of equals.
 * @param maxDistance mm; farther triangles are not looked at
 * @param out written and returned
 */
export function nearest(
  bvh: Bvh,
  x: number,
  y: number,
  z: number,
  maxDistance = Infinity,
  out: Nearest = newNearest(),
): Nearest {
  const { bounds, start, size, order, mesh } = bvh
  let best = maxDistance * maxDistance
  out.triangle = -1
  out.distance = Infinity
  let top = 0
  if (order.length > 0 && boxDistance(bounds, 0, x, y, z) <= best) {
    stack[0] = 0
    stackDistance[0] = 0
    top = 1
  }
  while (top > 0) {
    top--
    if (stackDistance[top] > best) continue
    const node = stack[top]
    if (size[node] > 0) {
      for (let i = start[node]; i < start[node] + size[node]; i++) {
        const feature = closestOnTriangle(mesh, order[i], x, y, z)
        const square = (x - closest[0]) ** 2 + (y - closest[1]) ** 2 + (z - closest[2]) ** 2
        if (square < best || (square === best && out.triangle < 0)) {
          best = square
          out.triangle = order[i]
          out.feature = feature
          out.x = closest[0]
          out.y = closest[1]
          out.z = closest[2]
          out.b = closest[3]
          out.c = closest[4]
        }
      }
      continue
    }
    const left = start[node]
    const toLeft = boxDistance(bounds, 6 * left, x, y, z)
    const toRight = boxDistance(bounds, 6 * left + 6, x, y, z)
    // the nearer child is looked at first: pushed last
    const leftFirst = toLeft <= toRight
    const far = leftFirst ? toRight : toLeft
    const near = leftFirst ? toLeft : toRight
    if (far <= best) {
      stack[top] = leftFirst ? left + 1 : left
      stackDistance[top++] = far
    }
    if (near <= best) {
      stack[top] = leftFirst ? left : left + 1
      stackDistance[top++] = near
    }
  }
  if (out.triangle < 0) return out
  out.a = Math.max(0, 1 - out.b - out.c)
  out.distance = Math.sqrt(best)
  return out
}

/** Squared distance to a box, 0 inside. */
function boxDistance(bounds: Float32Array, at: number, x: number, y: number, z: number): number {
  const dx = x < bounds[at] ? bounds[at] - x : x > bounds[at + 3] ? x - bounds[at + 3] : 0
  const dy = y < bounds[at + 1] ? bounds[at + 1] - y : y > bounds[at + 4] ? y - bounds[at + 4] : 0
  const dz = z < bounds[at + 2] ? bounds[at + 2] - z : z > bounds[at + 5] ? z - bounds[at + 5] : 0
  return dx * dx + dy * dy + dz * dz
}

export interface SignedNearest extends Nearest {
  /** mm, positive outside; `distance` is its size */
  signed: number
  /** The nearest point lies on an open border: the sign says on which side of the border's triangle, no more. */
  onBorder: boolean
}

export const newSignedNearest = (): SignedNearest => ({ ...newNearest(), signed: Infinity, onBorder: false })

// the last one is held apart: a map look-up for each of a million questions about one mesh would show
let last: Sides | undefined

function sidesFor(mesh: Mesh): Sides {
  if (last?.mesh !== mesh) last = sidesOf(mesh)
  return last
}

const direction = new Float64Array(3)

/**
 * The distance to the mesh with a sign: positive outside, that is on the side to which the triangles' normals point.
 * The mesh must be welded and consistently oriented.
 * @param out written and returned; `signed` is Infinity when nothing is within maxDistance
 */
export function signedDistance(
  bvh: Bvh,
  x: number,
  y: number,
  z: number,
  maxDistance = Infinity,
  out: SignedNearest = newSignedNearest(),
): SignedNearest {
  nearest(bvh, x, y, z, maxDistance, out)
  out.signed = Infinity
  out.onBorder = false
  if (out.triangle < 0) return out
  const sides = sidesFor(bvh.mesh)
  out.onBorder = onBorder(sides, out.triangle, out.feature)
  pseudonormal(sides, out.triangle, out.feature, direction)
  const side = (x - out.x) * direction[0] + (y - out.y) * direction[1] + (z - out.z) * direction[2]
  out.signed = side < 0 ? -out.distance : out.distance
  return out
}
