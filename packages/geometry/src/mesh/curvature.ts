import { type Mesh, vertexNormals } from './mesh.ts'
import { neighboursOf } from './topology.ts'

/** 1/mm, positive where the surface bulges outwards (a ball of radius r: 1/r). NaN where it cannot be told. */
export interface Curvature {
  /** the larger principal curvature of each vertex, and the smaller */
  readonly k1: Float64Array
  readonly k2: Float64Array
  /** direction of the larger, of length 1, x y z a vertex; its sign is arbitrary */
  readonly direction1: Float64Array
}

/**
 * Principal curvatures at each vertex: a quadric is fitted to the vertices that hang together within a radius (Goldfeather
 * & Interrante 2004, A novel cubic-order algorithm, its quadratic part; Cazals & Pouget 2005). The radius decides what
 * counts as shape and what as noise: noise of s mm is felt as about s/radius² · 10/√(vertices within).
 * @param radiusMm of the neighbourhood; where it holds too few vertices, the next ring is taken in
 */
export function curvature(mesh: Mesh, radiusMm: number): Curvature {
  const { positions } = mesh
  const count = positions.length / 3
  const { from, items } = neighboursOf(mesh)
  const normals = vertexNormals(mesh)
  const k1 = new Float64Array(count).fill(NaN)
  const k2 = new Float64Array(count).fill(NaN)
  const direction1 = new Float64Array(3 * count).fill(NaN)
  const seenBy = new Int32Array(count).fill(-1)
  const near: number[] = []
  const system = new Float64Array(6 * 7)
  const frame = new Float64Array(9)

  /** The vertices that can be reached without leaving the ball, v first. */
  const gather = (v: number) => {
    near.length = 0
    near.push(v)
    seenBy[v] = v
    for (let next = 0; next < near.length; next++) {
      const p = near[next]
      for (let i = from[p]; i < from[p + 1]; i++) {
        const q = items[i]
        if (seenBy[q] === v) continue
        const dx = positions[3 * q] - positions[3 * v]
        const dy = positions[3 * q + 1] - positions[3 * v + 1]
        const dz = positions[3 * q + 2] - positions[3 * v + 2]
        // a fit has six unknowns: two rings at the very least
        if (dx * dx + dy * dy + dz * dz > radiusMm * radiusMm && near.length > 9) continue
        seenBy[q] = v
        near.push(q)
      }
    }
  }

  for (let v = 0; v < count; v++) {
    if (from[v + 1] === from[v]) continue
    gather(v)
    if (near.length < 6 || !frameOf(near, normals, frame)) continue
    fitQuadric(positions, near, frame, system)
    if (!solve(system)) continue
    const [a, b, c, d, e] = [system[6], system[13], system[20], system[27], system[34]]
    shape(v, a, b, c, d, e)
  }
  return { k1, k2, direction1 }

  /** From z = a·x² + b·x·y + c·y² + d·x + e·y + f to the principal curvatures (do Carmo, 3.3). */
  function shape(v: number, a: number, b: number, c: number, d: number, e: number) {
    const [E, F, G] = [1 + d * d, d * e, 1 + e * e]
    const root = Math.sqrt(1 + d * d + e * e)
    // outwards is up: a bulge has a and c below 0, and counts as positive
    const [L, M, N] = [(-2 * a) / root, -b / root, (-2 * c) / root]
    const det = E * G - F * F
    const mean = (E * N - 2 * F * M + G * L) / (2 * det)
    const gauss = (L * N - M * M) / det
    const spread = Math.sqrt(Math.max(0, mean * mean - gauss))
    k1[v] = mean + spread
    k2[v] = mean - spread
    // (II - k·I) w = 0: of its two rows the one that says more
    let [wx, wy] = [F * k1[v] - M, L - k1[v] * E]
    if (Math.hypot(wx, wy) < Math.hypot(G * k1[v] - N, M - k1[v] * F)) [wx, wy] = [G * k1[v] - N, M - k1[v] * F]
    const wz = wx * d + wy * e
    const size = Math.hypot(wx, wy, wz) || 1
    for (let axis = 0; axis < 3; axis++) {
      direction1[3 * v + axis] = (wx * frame[axis] + wy * frame[3 + axis] + wz * frame[6 + axis]) / size
    }
  }
}

/** x, y and z axes: z the mean normal of the vertices. False when they cancel. */
function frameOf(near: number[], normals: Float64Array, frame: Float64Array): boolean {
  let x = 0
  let y = 0
  let z = 0
  for (const p of near) {
    x += normals[3 * p]
    y += normals[3 * p + 1]
    z += normals[3 * p + 2]
  }
  const size = Math.hypot(x, y, z)
  if (size < 1e-9) return false
  x /= size
  y /= size
  z /= size
  // Duff et al. 2017, Building an orthonormal basis, revisited
  const sign = z >= 0 ? 1 : -1
  const a = -1 / (sign + z)
  const b = x * y * a
  frame[0] = 1 + sign * x * x * a
  frame[1] = sign * b
  frame[2] = -sign * x
  frame[3] = b
  frame[4] = sign + y * y * a
  frame[5] = -y
  frame[6] = x
  frame[7] = y
  frame[8] = z
  return true
}

/** The normal equations of z = a·x² + b·x·y + c·y² + d·x + e·y + f, six rows of seven. */
function fitQuadric(at: Float64Array, near: number[], frame: Float64Array, system: Float64Array) {
  system.fill(0)
  const v = 3 * near[0]
  const row = new Float64Array(7)
  row[5] = 1
  for (const p of near) {
    const dx = at[3 * p] - at[v]
    const dy = at[3 * p + 1] - at[v + 1]
    const dz = at[3 * p + 2] - at[v + 2]
    const x = dx * frame[0] + dy * frame[1] + dz * frame[2]
    const y = dx * frame[3] + dy * frame[4] + dz * frame[5]
    row[0] = x * x
    row[1] = x * y
    row[2] = y * y
    row[3] = x
    row[4] = y
    row[6] = dx * frame[6] + dy * frame[7] + dz * frame[8]
    for (let i = 0; i < 6; i++) for (let j = i; j < 7; j++) system[7 * i + j] += row[i] * row[j]
  }
  for (let i = 1; i < 6; i++) for (let j = 0; j < i; j++) system[7 * i + j] = system[7 * j + i]
}

/** Solves six equations in place by elimination with pivots; the answers end up in the last column. */
function solve(system: Float64Array): boolean {
  const size = Math.max(...[0, 1, 2, 3, 4, 5].map((i) => system[8 * i]))
  for (let i = 0; i < 6; i++) {
    let pivot = i
    for (let k = i + 1; k < 6; k++) if (Math.abs(system[7 * k + i]) > Math.abs(system[7 * pivot + i])) pivot = k
    if (!(Math.abs(system[7 * pivot + i]) > 1e-14 * size)) return false
    for (let j = i; j < 7; j++) {
      const value = system[7 * i + j]
      system[7 * i + j] = system[7 * pivot + j]
      system[7 * pivot + j] = value
    }
    for (let k = 0; k < 6; k++) {
      if (k === i) continue
      const by = system[7 * k + i] / system[7 * i + i]
      for (let j = i; j < 7; j++) system[7 * k + j] -= by * system[7 * i + j]
    }
  }
  for (let i = 0; i < 6; i++) system[7 * i + 6] /= system[7 * i + i]
  return true
}
