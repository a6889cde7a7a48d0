import { faceVectors, type Mesh, vertexCount, vertexNormals } from '../../mesh/mesh.ts'
import { typicalEdge } from '../../mesh/topology.ts'
import { cross, perpendicular, unit, type Vec3 } from '../../mesh/vector.ts'
import { solveNormal } from '../least-squares.ts'

/**
 * A mesh made ready for local fits: its vertices in a grid of cells. The vertices of a scan lie on the skin, give or
 * take the noise; its triangles cut corners. So measurements are read from smooth patches through the vertices, not
 * from the triangles: neither coarse triangles nor noise shorten or lengthen them.
 */
export interface Patches {
  readonly mesh: Mesh
  /** unit directions outwards, three a vertex */
  readonly normals: Float64Array
  /** mm²: a third of the triangles at each vertex, so that dense places do not outweigh coarse ones */
  readonly areas: Float64Array
  /** mm: the mean edge */
  readonly edge: number
  /** mm: side of a cell */
  readonly cell: number
  readonly origin: Vec3
  readonly size: readonly [number, number, number]
  /** vertices of cell c: items[from[c]] … items[from[c + 1] - 1] */
  readonly from: Uint32Array
  readonly items: Uint32Array
  /** 1 for vertices that are left out, in no cell; null when none are */
  readonly without: Uint8Array | null
}

/** @param cell mm, at least; larger when the mesh is large, so that the grid stays below a million cells */
export function patchesOf(mesh: Mesh, cell = 4): Patches {
  const { positions } = mesh
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i++) {
    if (positions[i] < low[i % 3]) low[i % 3] = positions[i]
    if (positions[i] > high[i % 3]) high[i % 3] = positions[i]
  }
  const count = vertexCount(mesh)
  if (count === 0) low.fill(0)
  if (count === 0) high.fill(0)
  const edge = typicalEdge(mesh)
  const faces = faceVectors(mesh)
  const areas = new Float64Array(count)
  for (let corner = 0; corner < mesh.triangles.length; corner++) {
    const t = corner - (corner % 3)
    areas[mesh.triangles[corner]] += Math.hypot(faces[t], faces[t + 1], faces[t + 2]) / 6
  }
  const wide = high.map((value, axis) => value - low[axis])
  let side = Math.max(cell, edge, 1e-9)
  while ((wide[0] / side + 1) * (wide[1] / side + 1) * (wide[2] / side + 1) > 1e6) side *= 1.26
  const size = wide.map((value) => Math.floor(value / side) + 1) as [number, number, number]
  const origin: Vec3 = [low[0], low[1], low[2]]
  const rest = { mesh, normals: vertexNormals(mesh), areas, edge, cell: side, origin, size }
  return { ...rest, ...sorted(mesh, side, origin, size, null), without: null }
}

/** Points with directions, each standing for as much area, made ready for local fits. */
export function patchesOfPoints(points: Float64Array, normals: Float64Array, area: number, cell: number): Patches {
  const each = area / Math.max(1, points.length / 3)
  const made = patchesOf({ positions: points, triangles: new Uint32Array() }, cell)
  return { ...made, normals, areas: new Float64Array(points.length / 3).fill(each), edge: Math.sqrt(1.155 * each) }
}

/** The same without some vertices, so that no fit near them takes them in. @param without 1 for those */
export const patchesWithout = (patches: Patches, without: Uint8Array): Patches => ({
  ...patches,
  ...sorted(patches.mesh, patches.cell, patches.origin, patches.size, without),
  without,
})

/** The vertices by cell. */
function sorted(
  { positions }: Mesh,
  side: number,
  low: Vec3,
  size: readonly [number, number, number],
  without: Uint8Array | null,
) {
  const count = positions.length / 3
  const cellOf = (v: number) =>
    (Math.floor((positions[3 * v + 2] - low[2]) / side) * size[1] +
      Math.floor((positions[3 * v + 1] - low[1]) / side)) *
      size[0] +
    Math.floor((positions[3 * v] - low[0]) / side)
  const from = new Uint32Array(size[0] * size[1] * size[2] + 1)
  for (let v = 0; v < count; v++) if (!without?.[v]) from[cellOf(v) + 1]++
  for (let c = 1; c < from.length; c++) from[c] += from[c - 1]
  const next = from.slice()
  const items = new Uint32Array(from[from.length - 1])
  for (let v = 0; v < count; v++) if (!without?.[v]) items[next[cellOf(v)]++] = v
  return { from, items }
}

/** Calls `look` with every vertex nearer to a point than `radius`, and its squared distance. */
export function eachVertexNear(
  { mesh, cell, origin, size, from, items }: Patches,
  point: Vec3,
  radius: number,
  look: (v: number, squared: number) => void,
) {
  const { positions } = mesh
  const first = [0, 1, 2].map((k) => Math.max(0, Math.floor((point[k] - radius - origin[k]) / cell)))
  const last = [0, 1, 2].map((k) => Math.min(size[k] - 1, Math.floor((point[k] + radius - origin[k]) / cell)))
  for (let z = first[2]; z <= last[2]; z++) {
    for (let y = first[1]; y <= last[1]; y++) {
      const row = (z * size[1] + y) * size[0]
      for (let i = from[row + first[0]]; i < (first[0] <= last[0] ? from[row + last[0] + 1] : 0); i++) {
        const v = items[i]
        const dx = positions[3 * v] - point[0]
        const dy = positions[3 * v + 1] - point[1]
        const dz = positions[3 * v + 2] - point[2]
        const squared = dx * dx + dy * dy + dz * dz
        if (squared < radius * radius) look(v, squared)
      }
    }
  }
}

/** A surface near a point p as heights over a plane: p + x·u + y·v + (c0 + c1 x + c2 y + c3 x² + c4 xy + c5 y²)·up. */
export interface Patch {
  readonly point: Vec3
  readonly up: Vec3
  readonly u: Vec3
  readonly v: Vec3
  readonly c: readonly number[]
  /** vertices it was fitted to */
  readonly count: number
  /** mm: root of the mean square distance of its vertices, along `up` */
  readonly residual: number
}

/**
 * How far vertices lie outside the surface, in areas per vertex times mean curvature. Those that somebody sampled lie
 * on it: 0. Those that a decimation by quadric error placed lie outside of it, by 0.1: nearest to the planes of the
 * triangles round it that were taken away, all of which pass above the middle of what bulges. Nothing in a mesh tells
 * which it is; 0.075 leaves at most 0.05 mm on a skull of 5,000 triangles, either way.
 */
const outside = 0.09

const rows = new Float64Array(36)
const right = new Float64Array(6)
const terms = new Float64Array(6)

/**
 * The quadratic patch that fits the vertices round a point best, nearer ones and those that stand for more area
 * weighing more (moving least squares: Levin 1998; weights (1 - d²/r²)² times area). Only vertices that face like `up` count, so that the other side of something thin
 * stays out.
 * @param up the direction in which heights are measured, of length 1, roughly outwards
 * @param radius mm; where vertices are few it grows by half up to three times, but not past `widest`
 * @param facing least cosine between a vertex's outward direction and `up`
 * @returns null where there is too little surface, or it is too lopsided, to say
 */
export function patchAt(
  patches: Patches,
  point: Vec3,
  up: Vec3,
  radius: number,
  facing = 0.35,
  widest = Infinity,
): Patch | null {
  const u = perpendicular(up)
  const v = unit(cross(up, u))
  for (let attempt = 0, r = radius; attempt < 4 && (attempt === 0 || r <= widest); attempt++, r *= 1.5) {
    const patch = fitted(patches, { point, up, u, v }, r, facing)
    if (patch) return patch
  }
  return null
}

function fitted(
  patches: Patches,
  frame: { point: Vec3; up: Vec3; u: Vec3; v: Vec3 },
  r: number,
  facing: number,
): Patch | null {
  const { point, up, u, v } = frame
  const { normals, areas } = patches
  const { positions } = patches.mesh
  rows.fill(0)
  right.fill(0)
  let count = 0
  let weight = 0
  let squares = 0
  let cells = 0
  eachVertexNear(patches, point, r, (i, squared) => {
    if (normals[3 * i] * up[0] + normals[3 * i + 1] * up[1] + normals[3 * i + 2] * up[2] < facing) return
    const dx = positions[3 * i] - point[0]
    const dy = positions[3 * i + 1] - point[1]
    const dz = positions[3 * i + 2] - point[2]
    const w = areas[i] * (1 - squared / (r * r)) ** 2
    const x = (dx * u[0] + dy * u[1] + dz * u[2]) / r
    const y = (dx * v[0] + dy * v[1] + dz * v[2]) / r
    const h = dx * up[0] + dy * up[1] + dz * up[2]
    terms[0] = 1
    terms[1] = x
    terms[2] = y
    terms[3] = x * x
    terms[4] = x * y
    terms[5] = y * y
    for (let a = 0; a < 6; a++) {
      for (let b = 0; b <= a; b++) rows[6 * a + b] += w * terms[a] * terms[b]
      right[a] += w * terms[a] * h
    }
    count++
    cells += w * areas[i]
    weight += w
    squares += w * h * h
  })
  // few vertices, or all to one side (at a border): the middle would be extrapolated
  if (count < 9 || !(weight > 0) || Math.hypot(rows[6], rows[12]) > 0.25 * weight) return null
  // Where the vertices do not settle the bending (few of them, in rows), none: the same in whichever way the axes of the
  // patch lie, since it is the square sum of the second derivatives that is kept small.
  rows[21] += 2e-6 * weight
  rows[28] += 1e-6 * weight
  rows[35] += 2e-6 * weight
  const found = solveNormal(rows, right)
  if (!found) return null
  let explained = 0
  for (let a = 0; a < 6; a++) explained += found[a] * right[a]
  const c = [found[0], found[1] / r, found[2] / r, found[3] / (r * r), found[4] / (r * r), found[5] / (r * r)]
  if (!(Math.abs(c[0]) < r)) return null
  c[0] += outside * (cells / weight) * (c[3] + c[5])
  const residual = Math.sqrt(Math.max(0, squares - explained) / weight)
  return { point, up, u, v, c, count, residual }
}

/** The point of a patch over its own middle, shifted by x and y, mm. */
export function patchPoint({ point, up, u, v, c }: Patch, x = 0, y = 0): Vec3 {
  const h = c[0] + c[1] * x + c[2] * y + c[3] * x * x + c[4] * x * y + c[5] * y * y
  return [0, 1, 2].map((k) => point[k] + x * u[k] + y * v[k] + h * up[k]) as unknown as Vec3
}
