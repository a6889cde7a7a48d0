import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { cross, unit, type Vec3 } from '../../mesh/vector.ts'

/** The middle of a surface and the directions in which it spreads most and least. */
export interface Principal {
  readonly middle: Vec3
  /** directions of length 1, right-handed, the widest spread first; their signs are arbitrary */
  readonly axes: readonly [Vec3, Vec3, Vec3]
  /** mean square distance from the middle along each axis, mm² */
  readonly spreads: readonly [number, number, number]
}

/**
 * Middle and principal axes of a surface, by exact integrals over its triangles: they do not depend on how the
 * surface is divided into triangles, and they move and turn with it.
 * @param keep which triangles count, all when not given
 */
export function principalOf(mesh: Mesh, keep?: (triangle: number) => boolean): Principal {
  const { positions, triangles } = mesh
  const faces = faceVectors(mesh)
  const [ox, oy, oz] = positions.length > 0 ? positions : [0, 0, 0] // sums from a point of the mesh: far from the origin they would cancel
  let total = 0
  const first = new Float64Array(3)
  const second = new Float64Array(6) // xx yy zz xy xz yz
  for (let t = 0; t < triangles.length; t += 3) {
    if (keep && !keep(t / 3)) continue
    const w = Math.hypot(faces[t], faces[t + 1], faces[t + 2]) / 2
    if (!(w > 0)) continue
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const ax = positions[a] - ox
    const ay = positions[a + 1] - oy
    const az = positions[a + 2] - oz
    const bx = positions[b] - ox
    const by = positions[b + 1] - oy
    const bz = positions[b + 2] - oz
    const cx = positions[c] - ox
    const cy = positions[c + 1] - oy
    const cz = positions[c + 2] - oz
    const sx = ax + bx + cx
    const sy = ay + by + cy
    const sz = az + bz + cz
    total += w
    first[0] += (w * sx) / 3
    first[1] += (w * sy) / 3
    first[2] += (w * sz) / 3
    second[0] += (w * (ax * ax + bx * bx + cx * cx + sx * sx)) / 12
    second[1] += (w * (ay * ay + by * by + cy * cy + sy * sy)) / 12
    second[2] += (w * (az * az + bz * bz + cz * cz + sz * sz)) / 12
    second[3] += (w * (ax * ay + bx * by + cx * cy + sx * sy)) / 12
    second[4] += (w * (ax * az + bx * bz + cx * cz + sx * sz)) / 12
    second[5] += (w * (ay * az + by * bz + cy * cz + sy * sz)) / 12
  }
  if (total === 0) return { middle: [ox, oy, oz], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], spreads: [0, 0, 0] } // prettier-ignore
  const m = Array.from(first, (value) => value / total)
  const [xx, yy, zz, xy, xz, yz] = Array.from(second, (value) => value / total)
  const { values, vectors } = eigenOfSymmetric([
    [xx - m[0] * m[0], xy - m[0] * m[1], xz - m[0] * m[2]],
    [xy - m[0] * m[1], yy - m[1] * m[1], yz - m[1] * m[2]],
    [xz - m[0] * m[2], yz - m[1] * m[2], zz - m[2] * m[2]],
  ])
  const third = cross(vectors[0], vectors[1])
  return {
    middle: [m[0] + ox, m[1] + oy, m[2] + oz],
    axes: [vectors[0], vectors[1], third],
    spreads: [values[0], values[1], values[2]],
  }
}

/** Middle and principal axes of points, each counting the same. @param points x y z each, at least one */
export function principalOfPoints(points: Float64Array): Principal {
  const n = points.length / 3
  const middle = [0, 0, 0]
  for (let i = 0; i < points.length; i++) middle[i % 3] += points[i] / n
  const second = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]
  for (let i = 0; i < points.length; i += 3) {
    for (let p = 0; p < 3; p++) {
      for (let q = 0; q < 3; q++) second[p][q] += ((points[i + p] - middle[p]) * (points[i + q] - middle[q])) / n
    }
  }
  const { values, vectors } = eigenOfSymmetric(second)
  return {
    middle: [middle[0], middle[1], middle[2]],
    axes: [vectors[0], vectors[1], cross(vectors[0], vectors[1])],
    spreads: values,
  }
}

/**
 * Eigenvalues, the largest first, and unit eigenvectors of a symmetric 3x3 matrix.
 * Cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, 4th ed., 8.5): accurate for small eigenvalues too.
 */
export function eigenOfSymmetric(matrix: readonly (readonly number[])[]): {
  values: [number, number, number]
  vectors: [Vec3, Vec3, Vec3]
} {
  const a = matrix.map((row) => [...row])
  const v = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]
  for (let sweep = 0; sweep < 30; sweep++) {
    const off = a[0][1] ** 2 + a[0][2] ** 2 + a[1][2] ** 2
    if (off <= 1e-32 * (a[0][0] ** 2 + a[1][1] ** 2 + a[2][2] ** 2)) break
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      // prettier-ignore
      if (a[p][q] === 0) continue
      const tau = (a[q][q] - a[p][p]) / (2 * a[p][q])
      const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau))
      const c = 1 / Math.sqrt(1 + t * t)
      const s = t * c
      for (let k = 0; k < 3; k++) {
        const kp = a[k][p]
        a[k][p] = c * kp - s * a[k][q]
        a[k][q] = s * kp + c * a[k][q]
      }
      for (let k = 0; k < 3; k++) {
        const pk = a[p][k]
        a[p][k] = c * pk - s * a[q][k]
        a[q][k] = s * pk + c * a[q][k]
        const vp = v[k][p]
        v[k][p] = c * vp - s * v[k][q]
        v[k][q] = s * vp + c * v[k][q]
      }
    }
  }
  const order = [0, 1, 2].sort((i, j) => a[j][j] - a[i][i])
  const column = (j: number): Vec3 => unit([v[0][j], v[1][j], v[2][j]])
  return {
    values: [a[order[0]][order[0]], a[order[1]][order[1]], a[order[2]][order[2]]],
    vectors: [column(order[0]), column(order[1]), column(order[2])],
  }
}

/** How far the vertices of a mesh reach along a direction of length 1, mm. */
export function extentAlong({ positions }: Mesh, direction: Vec3): { size: number; middle: number } {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < positions.length; i += 3) {
    const along = positions[i] * direction[0] + positions[i + 1] * direction[1] + positions[i + 2] * direction[2]
    if (along < low) low = along
    if (along > high) high = along
  }
  return high >= low ? { size: high - low, middle: (low + high) / 2 } : { size: 0, middle: 0 }
}

/** The mean of points, each with its weight. */
export function middleOfPoints(points: Float64Array, weights: Float64Array): Vec3 {
  let sum = 0
  let x = 0
  let y = 0
  let z = 0
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]
    x += weights[i] * points[3 * i]
    y += weights[i] * points[3 * i + 1]
    z += weights[i] * points[3 * i + 2]
  }
  return [x / sum, y / sum, z / sum]
}
