import type { Box, Mesh } from '../mesh/mesh.ts'
import { boxOf, type Grid, interpolated } from './grid.ts'
import { type Nodes, nodesOver, placeOf } from './lattice.ts'
import { box, type Sdf } from './shapes.ts'

/**
 * The surface of the body that a function describes, as triangles: a closed 2-manifold without self-intersections,
 * whatever the function, with its vertices on the surface and representable in single precision (as STL has them).
 * Where the function has no value (NaN) is outside.
 *
 * Marching tetrahedra on the body-centred cubic lattice of side 2 · cell (Treece, Prager & Gee, Regularised marching
 * tetrahedra, 1999; the lattice of Labelle & Shewchuk, Isosurface stuffing, 2007): each tetrahedron is crossed by
 * one triangle or one quadrilateral, so that no case is ambiguous and no two pieces share more than their side. It
 * makes about as many triangles as marching cubes with cubes of side `cell`. What is thinner than about two cells
 * may get lost or holes, never a broken surface.
 *
 * @param within the body is cut off at this box
 * @param cell mm
 * @param lipschitz see `nodesOver`
 */
export function surfaceOfSdf(sdf: Sdf, within: Box, cell: number, lipschitz: number = Math.SQRT2): Mesh {
  if (!(cell > 0)) throw new RangeError('a cell has a size')
  const { min, max } = within
  const cut = box(
    [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, (min[2] + max[2]) / 2],
    [(max[0] - min[0]) / 2, (max[1] - min[1]) / 2, (max[2] - min[2]) / 2],
  )
  // no way to a root leads through infinity
  const closed: Sdf = (x, y, z) => {
    const value = Math.max(sdf(x, y, z), cut(x, y, z))
    return value < -farMm ? -farMm : value < farMm ? value : farMm
  }
  return march(nodesOver(closed, within, 2 * cell, lipschitz), closed)
}

/** Farther than this from the surface distances are not told apart, mm. */
const farMm = 1e6

/** The surface of what a grid holds, cut off at the grid's sides. The grid need not hold true distances. */
export const surfaceOf = (grid: Grid): Mesh => surfaceOfSdf(interpolated(grid), boxOf(grid), grid.cell, Infinity)

/** Sides of a cube's tetrahedra that it owns: corner to corner (3), middle to middle (3), middle to each corner (8). */
const owned = 14
/** A vertex keeps this share of the tetrahedron's side away from its ends: what two vertices are apart at least. */
const margin = 0.005
/** The square between two middles along an axis, once round: which of the cube's corners (x + 2y + 4z). */
const squares = [
  [1, 3, 7, 5],
  [2, 6, 7, 3],
  [4, 5, 7, 6],
]

function march(nodes: Nodes, sdf: Sdf): Mesh {
  const { nx, ny, nz, values } = nodes
  const plane = nx * ny
  const strides = [1, nx, plane]
  const cornerSteps = [0, 1, nx, nx + 1, plane, plane + 1, plane + nx, plane + nx + 1]
  const rowOf = new Int32Array(nx * ny * nz).fill(-1)
  const vertexOn: number[] = []
  const positions: number[] = []
  const triangles: number[] = []
  const root = rootFinder(nodes, sdf, positions)

  /** The vertex on the side that cube n owns as its `slot`-th, between two nodes of different sign. */
  const vertex = (n: number, slot: number, a: number, b: number): number => {
    if (rowOf[n] < 0) {
      rowOf[n] = vertexOn.length
      for (let i = 0; i < owned; i++) vertexOn.push(-1)
    }
    const row = rowOf[n] + slot
    if (vertexOn[row] < 0) vertexOn[row] = root(a, b)
    return vertexOn[row]
  }
  const apart = (a: number, b: number) =>
    (positions[3 * a] - positions[3 * b]) ** 2 +
    (positions[3 * a + 1] - positions[3 * b + 1]) ** 2 +
    (positions[3 * a + 2] - positions[3 * b + 2]) ** 2
  const triangle = (flip: boolean, a: number, b: number, c: number) =>
    flip ? triangles.push(a, c, b) : triangles.push(a, b, c)
  const quadrilateral = (flip: boolean, a: number, b: number, c: number, d: number) => {
    if (apart(a, c) < apart(b, d)) {
      triangle(flip, a, b, c)
      triangle(flip, a, c, d)
    } else {
      triangle(flip, a, b, d)
      triangle(flip, b, c, d)
    }
  }

  /** The tetrahedron of middles n and m and the corners p and q of the square between them, which are next to each other. */
  const cross = (n: number, axis: number, p: number, q: number) => {
    const m = n + strides[axis]
    const a = 2 * n + 1
    const b = 2 * m + 1
    const c = 2 * (n + cornerSteps[p])
    const d = 2 * (n + cornerSteps[q])
    const signs = (values[a] < 0 ? 1 : 0) | (values[b] < 0 ? 2 : 0) | (values[c] < 0 ? 4 : 0) | (values[d] < 0 ? 8 : 0)
    if (signs === 0 || signs === 15) return
    const ab = () => vertex(n, 3 + axis, a, b)
    const ac = () => vertex(n, 6 + p, a, c)
    const ad = () => vertex(n, 6 + q, a, d)
    const bc = () => vertex(m, 6 + (p & ~(1 << axis)), b, c)
    const bd = () => vertex(m, 6 + (q & ~(1 << axis)), b, d)
    const low = p & q
    const cd = () => vertex(n + cornerSteps[low], ((p ^ q) >> 1) % 3, c < d ? c : d, c < d ? d : c)
    // a set of inner nodes and its complement are crossed by the same piece, seen from the other side
    const flip = (signs & 1) === 0
    switch (flip ? signs ^ 15 : signs) {
      case 1:
        return triangle(flip, ab(), ac(), ad())
      case 3:
        return quadrilateral(flip, ac(), ad(), bd(), bc())
      case 5:
        return quadrilateral(flip, ad(), ab(), bc(), cd())
      case 9:
        return quadrilateral(flip, ab(), ac(), cd(), bd())
      case 13: // all but b
        return triangle(!flip, ab(), bd(), bc())
      case 11: // all but c
        return triangle(!flip, ac(), bc(), cd())
      default: // 7: all but d
        return triangle(!flip, ad(), cd(), bd())
    }
  }

  for (let k = 0; k < nz - 1; k++) {
    for (let j = 0; j < ny - 1; j++) {
      for (let i = 0; i < nx - 1; i++) {
        const n = i + nx * j + plane * k
        for (let axis = 0; axis < 3; axis++) {
          const square = squares[axis]
          const inside = values[2 * n + 1] < 0
          if (
            values[2 * (n + strides[axis]) + 1] < 0 === inside &&
            values[2 * (n + cornerSteps[square[0]])] < 0 === inside &&
            values[2 * (n + cornerSteps[square[1]])] < 0 === inside &&
            values[2 * (n + cornerSteps[square[2]])] < 0 === inside &&
            values[2 * (n + cornerSteps[square[3]])] < 0 === inside
          ) {
            continue
          }
          for (let s = 0; s < 4; s++) cross(n, axis, square[s], square[(s + 1) % 4])
        }
      }
    }
  }
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) }
}

/** Finds where the function is zero between two nodes (regula falsi, Illinois), appends it, returns its number. */
function rootFinder(nodes: Nodes, sdf: Sdf, positions: number[]) {
  const p = new Float64Array(3)
  const q = new Float64Array(3)
  const enough = Math.min(1e-3, nodes.side / 1000)
  return (a: number, b: number): number => {
    placeOf(nodes, a, p)
    placeOf(nodes, b, q)
    const dx = q[0] - p[0]
    const dy = q[1] - p[1]
    const dz = q[2] - p[2]
    let low = 0
    let high = 1
    let f = nodes.values[a]
    let g = nodes.values[b]
    let t = f / (f - g)
    for (let turn = 0; turn < 8; turn++) {
      const value = sdf(p[0] + t * dx, p[1] + t * dy, p[2] + t * dz)
      if (Math.abs(value) < enough) break
      if (value < 0 === f < 0) {
        low = t
        f = value
        g /= 2
      } else {
        high = t
        g = value
        f /= 2
      }
      t = low + ((high - low) * f) / (f - g)
    }
    t = Math.min(Math.max(t, margin), 1 - margin)
    positions.push(Math.fround(p[0] + t * dx), Math.fround(p[1] + t * dy), Math.fround(p[2] + t * dz))
    return positions.length / 3 - 1
  }
}
