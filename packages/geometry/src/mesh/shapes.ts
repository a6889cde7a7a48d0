import type { Mesh } from './mesh.ts'
import type { Vec3 } from './vector.ts'

/**
 * A surface over a grid of parameters: `at(u, v)` is called with u and v from 0 to 1.
 * @param across number of cells along u, >= 1 (>= 3 when it closes)
 * @param along number of cells along v
 * @param closes which of the two directions meets itself again (a tube closes in u, a torus in both)
 */
export function parametric(
  across: number,
  along: number,
  at: (u: number, v: number) => Vec3,
  closes: { u?: boolean; v?: boolean } = {},
): Mesh {
  const columns = closes.u ? across : across + 1
  const rows = closes.v ? along : along + 1
  const positions = new Float64Array(3 * columns * rows)
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) positions.set(at(i / across, j / along), 3 * (j * columns + i))
  }
  const triangles = new Uint32Array(6 * across * along)
  let next = 0
  for (let j = 0; j < along; j++) {
    for (let i = 0; i < across; i++) {
      const a = j * columns + i
      const b = j * columns + ((i + 1) % columns)
      const c = ((j + 1) % rows) * columns + ((i + 1) % columns)
      const d = ((j + 1) % rows) * columns + i
      triangles.set([a, b, c, a, c, d], next)
      next += 6
    }
  }
  return { positions, triangles }
}

/** A torus round the z axis. @param ring radius of the middle circle, mm @param pipe radius of the pipe, mm */
export function torus(ring: number, pipe: number, around = 64, across = 32): Mesh {
  return parametric(
    around,
    across,
    (u, v) => {
      const r = ring + pipe * Math.cos(2 * Math.PI * v)
      return [r * Math.cos(2 * Math.PI * u), r * Math.sin(2 * Math.PI * u), pipe * Math.sin(2 * Math.PI * v)]
    },
    { u: true, v: true },
  )
}

/** An upright box, twelve triangles. */
export function box(min: Vec3, max: Vec3): Mesh {
  const positions = new Float64Array(24)
  for (let i = 0; i < 8; i++) {
    positions.set([i & 1 ? max[0] : min[0], i & 2 ? max[1] : min[1], i & 4 ? max[2] : min[2]], 3 * i)
  }
  const faces = [
    [0, 2, 3, 1], // bottom
    [4, 5, 7, 6], // top
    [0, 1, 5, 4],
    [2, 6, 7, 3],
    [0, 4, 6, 2],
    [1, 3, 7, 5],
  ]
  return { positions, triangles: Uint32Array.from(faces.flatMap(([a, b, c, d]) => [a, b, c, a, c, d])) }
}

/**
 * A sphere from an icosahedron whose edges are cut into `cuts` parts: 20·cuts² triangles of nearly one size,
 * every vertex on the sphere.
 */
export function icosphere(radius: number, cuts: number): Mesh {
  const g = (1 + Math.sqrt(5)) / 2
  const corners: Vec3[] = [
    [-1, g, 0], [1, g, 0], [-1, -g, 0], [1, -g, 0],
    [0, -1, g], [0, 1, g], [0, -1, -g], [0, 1, -g],
    [g, 0, -1], [g, 0, 1], [-g, 0, -1], [-g, 0, 1],
  ] // prettier-ignore
  const faces = [
    [0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11],
    [1, 5, 9], [5, 11, 4], [11, 10, 2], [10, 7, 6], [7, 1, 8],
    [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9],
    [4, 9, 5], [2, 4, 11], [6, 2, 10], [8, 6, 7], [9, 8, 1],
  ] // prettier-ignore
  const positions: number[] = []
  const known = new Map<string, number>()
  // a point of the lattice is named by its corners and shares, so that faces meet at the very same vertex
  const vertexAt = (face: number[], shares: number[]) => {
    const used = face.map((corner, k) => [corner, shares[k]]).filter(([, share]) => share > 0)
    const name = used.sort((p, q) => p[0] - q[0]).join()
    const found = known.get(name)
    if (found !== undefined) return found
    const p = [0, 1, 2].map((axis) => used.reduce((sum, [corner, share]) => sum + corners[corner][axis] * share, 0))
    const size = Math.hypot(p[0], p[1], p[2])
    positions.push(...p.map((value) => (value / size) * radius))
    known.set(name, positions.length / 3 - 1)
    return positions.length / 3 - 1
  }
  const triangles: number[] = []
  for (const face of faces) {
    for (let i = 0; i < cuts; i++) {
      for (let j = 0; j < cuts - i; j++) {
        const at = (di: number, dj: number) => vertexAt(face, [cuts - i - di - j - dj, i + di, j + dj])
        triangles.push(at(0, 0), at(1, 0), at(0, 1))
        if (j < cuts - i - 1) triangles.push(at(1, 0), at(1, 1), at(0, 1))
      }
    }
  }
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) }
}
