import { MeshoptSimplifier } from 'meshoptimizer/simplifier'

import { area, bounds, compact, faceVectors, type Mesh, triangleCount, vertexCount } from './mesh.ts'
import { edgeOfHalves, edgesOf } from './topology.ts'

await MeshoptSimplifier.ready // WebAssembly, compiled once when this module is loaded

/**
 * The surface with fewer triangles, where they matter least (quadric error: Garland & Heckbert 1997, as meshoptimizer
 * does it). Borders stay where they are as far as the number allows, pieces are not joined, and vertices move to where
 * the error is least.
 * @param target triangles to come down to; fewer are never made, more only where no edge can go without folding
 * @param even makes triangles of one size and shape where that costs little
 */
export function decimate(mesh: Mesh, target: number, { even = false }: { even?: boolean } = {}): Mesh {
  if (triangleCount(mesh) <= target) return mesh
  // single precision is enough round the middle of the box: a millionth of the mesh's size
  const { min, max } = bounds(mesh)
  const middle = [0, 1, 2].map((axis) => (min[axis] + max[axis]) / 2)
  const moved = new Float32Array(mesh.positions.length)
  for (let i = 0; i < moved.length; i++) moved[i] = mesh.positions[i] - middle[i % 3]
  const indices = mesh.triangles.slice()
  const [count] = MeshoptSimplifier.simplifyWithUpdate(
    indices,
    moved,
    3,
    new Float32Array(),
    0,
    [],
    null,
    3 * target,
    Infinity,
    even ? ['Regularize'] : [],
  )
  const back = Float64Array.from(moved, (value, i) => value + middle[i % 3])
  return compact({ positions: back, triangles: indices.subarray(0, count) })
}

/** Each triangle cut into four at the middles of its edges: the same surface, exactly. */
export function subdivide(mesh: Mesh): Mesh {
  const { positions, triangles } = mesh
  const edges = edgesOf(mesh)
  const first = vertexCount(mesh)
  const out = new Float64Array(positions.length + 3 * edges.count)
  out.set(positions)
  for (let e = 0; e < edges.count; e++) {
    const a = 3 * edges.vertices[2 * e]
    const b = 3 * edges.vertices[2 * e + 1]
    for (let axis = 0; axis < 3; axis++) out[3 * (first + e) + axis] = (positions[a + axis] + positions[b + axis]) / 2
  }
  const of = edgeOfHalves(edges)
  const four = new Uint32Array(4 * triangles.length)
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]]
    const [ab, bc, ca] = [first + of[t], first + of[t + 1], first + of[t + 2]]
    four.set([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], 4 * t)
  }
  return { positions: out, triangles: four }
}

/** Other triangles over the same surface, near one size and shape, with edges of about the length asked for. */
export function remesh(mesh: Mesh, edgeMm: number): Mesh {
  const target = Math.max(4, Math.round(area(mesh) / ((Math.sqrt(3) / 4) * edgeMm * edgeMm)))
  let fine = mesh
  while (triangleCount(fine) < 3 * target) fine = subdivide(fine)
  return decimate(fine, target, { even: true })
}

/**
 * Points thrown onto the surface, as many to each square millimetre (Turk 1990, Generating random points in triangles).
 * @param random numbers from 0 to 1: `seeded(…)`
 * @returns x y z a point, and the triangle of each
 */
export function samplePoints(mesh: Mesh, count: number, random: () => number) {
  const { positions, triangles } = mesh
  const faces = faceVectors(mesh)
  const upTo = new Float64Array(triangleCount(mesh))
  let sum = 0
  for (let t = 0; t < upTo.length; t++) upTo[t] = sum += Math.hypot(faces[3 * t], faces[3 * t + 1], faces[3 * t + 2])
  const points = new Float64Array(3 * count)
  const on = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const t = firstAbove(upTo, random() * sum)
    const root = Math.sqrt(random())
    const b = root * (1 - random())
    const c = root - b
    for (let axis = 0; axis < 3; axis++) {
      points[3 * i + axis] =
        (1 - root) * positions[3 * triangles[3 * t] + axis] +
        b * positions[3 * triangles[3 * t + 1] + axis] +
        c * positions[3 * triangles[3 * t + 2] + axis]
    }
    on[i] = t
  }
  return { points, triangles: on }
}

/** The first place in a rising list that is above a value. */
function firstAbove(rising: Float64Array, value: number): number {
  let low = 0
  let high = rising.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (rising[middle] > value) high = middle
    else low = middle + 1
  }
  return low
}
