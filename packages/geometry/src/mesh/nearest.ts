import { type Bvh, maxDepth } from './bvh.ts'
import { faceVectors, type Mesh } from './mesh.ts'
import { edgeOfHalves, edgesOf } from './topology.ts'

/** A point of a surface. Functions write into one, so that a million questions allocate nothing. */
export interface Nearest {
  /** mm; Infinity when nothing was near enough */
  distance: number
  /** -1 when nothing was near enough */
  triangle: number
  x: number
  y: number
  z: number
  /** the point as a mixture of the triangle's corners: a·A + b·B + c·C, each 0 to 1, together 1 */
  a: number
  b: number
  c: number
}

export const newNearest = (): Nearest => ({ distance: Infinity, triangle: -1, x: 0, y: 0, z: 0, a: 0, b: 0, c: 0 })

// one walk at a time: nothing below calls back, so the stacks may be shared
const stack = new Uint32Array(maxDepth + 2)
const stackDistance = new Float64Array(maxDepth + 2)
const found = new Float64Array(4) // squared distance, a, b, c of the last triangle that was asked

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
        triangleDistance(mesh, order[i], x, y, z)
        if (found[0] < best || (found[0] === best && out.triangle < 0)) {
          best = found[0]
          out.triangle = order[i]
          out.a = found[1]
          out.b = found[2]
          out.c = found[3]
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
  const { positions, triangles } = mesh
  const p = 3 * triangles[3 * out.triangle]
  const q = 3 * triangles[3 * out.triangle + 1]
  const r = 3 * triangles[3 * out.triangle + 2]
  out.x = out.a * positions[p] + out.b * positions[q] + out.c * positions[r]
  out.y = out.a * positions[p + 1] + out.b * positions[q + 1] + out.c * positions[r + 1]
  out.z = out.a * positions[p + 2] + out.b * positions[q + 2] + out.c * positions[r + 2]
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

/** Nearest point of one triangle, by its Voronoi regions (Ericson, Real-Time Collision Detection, 2005, 5.1.5). */
function triangleDistance({ positions, triangles }: Mesh, t: number, x: number, y: number, z: number) {
  const p = 3 * triangles[3 * t]
  const q = 3 * triangles[3 * t + 1]
  const r = 3 * triangles[3 * t + 2]
  const ux = positions[q] - positions[p]
  const uy = positions[q + 1] - positions[p + 1]
  const uz = positions[q + 2] - positions[p + 2]
  const vx = positions[r] - positions[p]
  const vy = positions[r + 1] - positions[p + 1]
  const vz = positions[r + 2] - positions[p + 2]
  const wx = x - positions[p]
  const wy = y - positions[p + 1]
  const wz = z - positions[p + 2]
  const uu = ux * ux + uy * uy + uz * uz
  const uv = ux * vx + uy * vy + uz * vz
  const vv = vx * vx + vy * vy + vz * vz
  const d1 = ux * wx + uy * wy + uz * wz
  const d2 = vx * wx + vy * wy + vz * wz
  const d3 = d1 - uu
  const d4 = d2 - uv
  const d5 = d1 - uv
  const d6 = d2 - vv
  const va = d3 * d6 - d5 * d4
  const vb = d5 * d2 - d1 * d6
  const vc = d1 * d4 - d3 * d2
  let b = 0
  let c = 0
  let onBC = false
  if (d1 <= 0 && d2 <= 0) {
    // corner A: b = c = 0
  } else if (d3 >= 0 && d4 <= d3) b = 1
  else if (d6 >= 0 && d5 <= d6) c = 1
  else if (vc <= 0 && d1 >= 0 && d3 <= 0) b = d1 / (d1 - d3)
  else if (vb <= 0 && d2 >= 0 && d6 <= 0) c = d2 / (d2 - d6)
  else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
    c = (d4 - d3) / (d4 - d3 + (d5 - d6))
    b = 1 - c
    onBC = true
  } else {
    // never outside the triangle, whatever rounding made of a sliver
    const sum = va + vb + vc
    b = Math.min(1, Math.max(0, vb / sum))
    c = Math.min(1 - b, Math.max(0, vc / sum))
  }
  const ex = wx - b * ux - c * vx
  const ey = wy - b * uy - c * vy
  const ez = wz - b * uz - c * vz
  found[0] = ex * ex + ey * ey + ez * ez
  found[1] = onBC ? 0 : Math.max(0, 1 - b - c) // exactly 0 on an edge: it says which feature is nearest
  found[2] = b
  found[3] = c
}

/** What `signedDistance` needs to know of a mesh beside its tree; made once with `signsOf`. */
export interface Signs {
  /** outward direction of each triangle, edge and vertex (not of length 1) */
  readonly faces: Float64Array
  readonly edges: Float64Array
  readonly vertices: Float64Array
  readonly edgeOf: Uint32Array
  /** 1 where only one triangle lies at the edge, or at an edge of the vertex */
  readonly openEdge: Uint8Array
  readonly openVertex: Uint8Array
}

/**
 * Angle-weighted pseudonormals: the direction that tells inside from outside at edges and vertices too (Bærentzen &
 * Aanæs 2005, Signed distance computation using the angle weighted pseudonormal). The mesh must be welded and
 * consistently oriented.
 */
export function signsOf(mesh: Mesh): Signs {
  const { positions, triangles } = mesh
  const edges = edgesOf(mesh)
  const edgeOf = edgeOfHalves(edges)
  const faces = faceVectors(mesh)
  const atEdges = new Float64Array(3 * edges.count)
  const atVertices = new Float64Array(positions.length)
  for (let t = 0; t < triangles.length; t += 3) {
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2]) || 1
    for (let k = 0; k < 3; k++) {
      const v = 3 * triangles[t + k]
      const e = 3 * edgeOf[t + k]
      const angle = cornerAngle(positions, v, 3 * triangles[t + ((k + 1) % 3)], 3 * triangles[t + ((k + 2) % 3)])
      for (let axis = 0; axis < 3; axis++) {
        const normal = faces[t + axis] / size
        atEdges[e + axis] += normal
        atVertices[v + axis] += normal * angle
      }
    }
  }
  const openEdge = new Uint8Array(edges.count)
  const openVertex = new Uint8Array(positions.length / 3)
  for (let e = 0; e < edges.count; e++) {
    if (edges.from[e + 1] - edges.from[e] !== 1) continue
    openEdge[e] = openVertex[edges.vertices[2 * e]] = openVertex[edges.vertices[2 * e + 1]] = 1
  }
  return { faces, edges: atEdges, vertices: atVertices, edgeOf, openEdge, openVertex }
}

/** The angle at p between q and r, radians, true for slivers too. */
function cornerAngle(at: Float64Array, p: number, q: number, r: number): number {
  const ux = at[q] - at[p]
  const uy = at[q + 1] - at[p + 1]
  const uz = at[q + 2] - at[p + 2]
  const vx = at[r] - at[p]
  const vy = at[r + 1] - at[p + 1]
  const vz = at[r + 2] - at[p + 2]
  const across = Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)
  return Math.atan2(across, ux * vx + uy * vy + uz * vz)
}

export interface SignedNearest extends Nearest {
  /** mm, positive outside; `distance` is its size */
  signed: number
  /** The nearest point lies on an open border: the sign says on which side of the border's triangle, no more. */
  onBorder: boolean
}

export const newSignedNearest = (): SignedNearest => ({ ...newNearest(), signed: Infinity, onBorder: false })

const known = new WeakMap<Mesh, Signs>()
// the last one is held apart: a map look-up for each of a million questions about one mesh would show
let last: { mesh: Mesh; signs: Signs } | undefined

function signsFor(mesh: Mesh): Signs {
  if (last?.mesh === mesh) return last.signs
  const signs = known.get(mesh) ?? signsOf(mesh)
  known.set(mesh, signs)
  last = { mesh, signs }
  return signs
}

/**
 * The distance to the mesh with a sign: positive outside, that is on the side to which the triangles' normals point.
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
  const signs = signsFor(bvh.mesh)
  const t = 3 * out.triangle
  let normals = signs.faces
  let at = t
  const zeros = (out.a === 0 ? 1 : 0) + (out.b === 0 ? 1 : 0) + (out.c === 0 ? 1 : 0)
  if (zeros === 2) {
    const v = bvh.mesh.triangles[t + (out.a > 0 ? 0 : out.b > 0 ? 1 : 2)]
    normals = signs.vertices
    at = 3 * v
    out.onBorder = signs.openVertex[v] === 1
  } else if (zeros === 1) {
    const e = signs.edgeOf[t + (out.c === 0 ? 0 : out.a === 0 ? 1 : 2)]
    normals = signs.edges
    at = 3 * e
    out.onBorder = signs.openEdge[e] === 1
  }
  const side = (x - out.x) * normals[at] + (y - out.y) * normals[at + 1] + (z - out.z) * normals[at + 2]
  out.signed = side < 0 ? -out.distance : out.distance
  return out
}
