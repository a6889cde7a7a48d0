import type { Mesh } from '../mesh/mesh.ts'
import { triangleCount } from '../mesh/mesh.ts'
import type { Grid, Lattice } from './grid.ts'
import { closest, closestOnTriangle, downhill, onBorder, pseudonormal, type Sides, sidesOf } from '../mesh/triangle.ts'

/** Distances to a surface that may be open, with how far each is to be trusted. */
export interface DistanceGrid extends Grid {
  /**
   * 1 where the nearest point lies within the surface (or the surface has no border). Where the nearest point lies
   * on a border: the cosine between the way to it and the surface's normal there, so 1 straight above the border,
   * falling to 0 in the direction in which the surface would have gone on. 0 beyond the reach that was asked for.
   */
  readonly trust: Float32Array
}

/** Triangles are laid into the grid so many cells to either side; from there nearest triangles are handed on. */
const bandCells = 1.25

/**
 * The signed distance from each node of a lattice to a mesh, mm, negative behind its triangles.
 *
 * Near the surface exact: each triangle is tried at the nodes round it. From there each node hands its nearest
 * triangle on to its neighbours in order of distance (vector propagation, as in Mauch, Efficient algorithms for
 * solving static Hamilton–Jacobi equations, 2003), which then walks downhill from it over the surface, so that values
 * far away are true distances too, but for rare nodes whose part of the surface no neighbour knows. Parts of the mesh outside the lattice count as well.
 *
 * The side is told by pseudonormals (Bærentzen & Aanæs 2005) near the surface and handed on with the triangles: it
 * cannot change on a way that meets no surface. An open surface has sides only near itself: beyond its border it is
 * continued straight, by the plane that touches it at the nearest border point, and the value is the distance to
 * that plane (continuous with what is above the surface); `trust` tells where that is so.
 *
 * @param reachMm nodes farther behind the surface get -reachMm; what is needed and no more makes it quicker
 * @param outsideMm nodes farther in front of it get that
 */
export function distanceGrid(mesh: Mesh, lattice: Lattice, reachMm = Infinity, outsideMm = reachMm): DistanceGrid {
  if (triangleCount(mesh) === 0) throw new RangeError('a distance needs a surface')
  const front = frontOf(sidesOf(mesh), lattice)
  const { cell, nx, ny, nz } = lattice
  const [ox, oy, oz] = lattice.origin
  const { values, trust, square, nearest, settled, buckets } = front
  const farthest = Math.max(reachMm, outsideMm)
  rasterise(front.sides, lattice, farthest, square, nearest)
  front.tried.set(nearest)

  const reach2 = farthest * farthest
  for (let n = 0; n < values.length; n++) if (nearest[n] >= 0) put(front, n)
  const plane = nx * ny
  // a bucket may grow while it is worked off; one below it only by rounding, and then its node waits in this one
  for (let b = 0; b < buckets.length; b++) {
    const bucket = buckets[b]
    if (!bucket) continue
    for (let q = 0; q < bucket.length; q++) {
      const n = bucket[q]
      if (settled[n] || square[n] > reach2) continue
      const i = n % nx
      const j = Math.floor(n / nx) % ny
      const k = Math.floor(n / plane)
      const x = ox + i * cell
      const y = oy + j * cell
      const z = oz + k * cell
      settle(front, n, x, y, z)
      if (values[n] > outsideMm || values[n] < -reachMm) continue
      if (i > 0) offer(front, n - 1, n, x - cell, y, z)
      if (i < nx - 1) offer(front, n + 1, n, x + cell, y, z)
      if (j > 0) offer(front, n - nx, n, x, y - cell, z)
      if (j < ny - 1) offer(front, n + nx, n, x, y + cell, z)
      if (k > 0) offer(front, n - plane, n, x, y, z - cell)
      if (k < nz - 1) offer(front, n + plane, n, x, y, z + cell)
    }
    buckets[b] = []
  }
  if (farthest < Infinity) fillBeyond(lattice, values, settled, reachMm, outsideMm)
  return { ...lattice, values, trust }
}

/**
 * What is known of each node while nearest triangles are handed on. Functions of the module work on it, and no
 * closures of each call: what the engine compiles for one call then serves the next.
 */
interface Front {
  readonly sides: Sides
  readonly cell: number
  readonly values: Float32Array
  readonly trust: Float32Array
  /** to the nearest triangle known so far */
  readonly square: Float64Array
  readonly nearest: Int32Array
  /** the node that handed it on */
  readonly from: Int32Array
  /** the triangle that was tried last */
  readonly tried: Int32Array
  readonly settled: Uint8Array
  /** nodes that wait, by distance, half a cell a bucket */
  readonly buckets: number[][]
}

function frontOf(sides: Sides, { cell, nx, ny, nz }: Lattice): Front {
  const size = nx * ny * nz
  return {
    sides,
    cell,
    values: new Float32Array(size),
    trust: new Float32Array(size),
    square: new Float64Array(size).fill(Infinity),
    nearest: new Int32Array(size).fill(-1),
    from: new Int32Array(size).fill(-1),
    tried: new Int32Array(size),
    settled: new Uint8Array(size),
    buckets: [],
  }
}

function put({ square, cell, buckets }: Front, n: number) {
  const bucket = Math.floor(Math.sqrt(square[n]) / (cell / 2))
  ;(buckets[bucket] ??= []).push(n)
}

const normal = new Float64Array(3)

/** The node's nearest triangle is final: its distance and its side are taken from it. */
function settle(
  { sides, cell, values, trust, square, nearest, from, settled }: Front,
  n: number,
  x: number,
  y: number,
  z: number,
) {
  settled[n] = 1
  // within the band every triangle near was tried
  const t = square[n] <= (bandCells * cell) ** 2 ? nearest[n] : downhill(sides, nearest[n], x, y, z)
  const feature = closestOnTriangle(sides.mesh, t, x, y, z)
  const rx = x - closest[0]
  const ry = y - closest[1]
  const rz = z - closest[2]
  const d = Math.sqrt(rx * rx + ry * ry + rz * rz)
  nearest[n] = t
  const before = from[n]
  const open = onBorder(sides, t, feature)
  trust[n] = 1
  if (!open && before >= 0 && trust[before] === 1 && d > cell) {
    values[n] = values[before] < 0 ? -d : d
    return
  }
  pseudonormal(sides, t, feature, normal)
  const along = normal[0] * rx + normal[1] * ry + normal[2] * rz
  values[n] = along < 0 ? -d : d
  if (!open || d === 0) return
  const height = along / (Math.hypot(normal[0], normal[1], normal[2]) || 1)
  values[n] = height
  trust[n] = Math.min(1 - 2 ** -24, Math.abs(height) / d)
}

/** Node m is offered the nearest triangle of its neighbour n. */
function offer(front: Front, m: number, n: number, x: number, y: number, z: number) {
  const { sides, square, nearest, from, tried, settled } = front
  const t = nearest[n]
  if (settled[m] || tried[m] === t || nearest[m] === t) return
  tried[m] = t
  closestOnTriangle(sides.mesh, t, x, y, z)
  const d2 = (x - closest[0]) ** 2 + (y - closest[1]) ** 2 + (z - closest[2]) ** 2
  if (d2 >= square[m]) return
  square[m] = d2
  nearest[m] = t
  from[m] = n
  put(front, m)
}

/** Tries each triangle at the nodes within the band round it; one outside the lattice, at the nodes nearest to it. */
function rasterise(
  { mesh, faces }: Sides,
  { origin, cell, nx, ny, nz }: Lattice,
  reachMm: number,
  square: Float64Array,
  nearest: Int32Array,
) {
  const { positions, triangles } = mesh
  const band = bandCells * cell
  const [ox, oy, oz] = origin
  const far = [ox + (nx - 1) * cell, oy + (ny - 1) * cell, oz + (nz - 1) * cell]
  const low = [0, 0, 0]
  const high = [0, 0, 0]
  const most = [nx - 1, ny - 1, nz - 1]
  for (let t = 0; t < triangles.length / 3; t++) {
    const a = 3 * triangles[3 * t]
    const b = 3 * triangles[3 * t + 1]
    const c = 3 * triangles[3 * t + 2]
    let away = 0
    for (let axis = 0; axis < 3; axis++) {
      const p = positions[a + axis]
      const q = positions[b + axis]
      const r = positions[c + axis]
      const min = Math.min(p, q, r)
      const max = Math.max(p, q, r)
      away = Math.max(away, min - far[axis], origin[axis] - max)
      low[axis] = Math.min(Math.max(Math.ceil((min - band - origin[axis]) / cell), 0), most[axis])
      high[axis] = Math.min(Math.max(Math.floor((max + band - origin[axis]) / cell), 0), most[axis])
    }
    if (away > reachMm) continue
    const nX = faces[3 * t]
    const nY = faces[3 * t + 1]
    const nZ = faces[3 * t + 2]
    const level = nX * positions[a] + nY * positions[a + 1] + nZ * positions[a + 2]
    const slab = away < band && Math.abs(nX) > 1e-9
    for (let k = low[2]; k <= high[2]; k++) {
      for (let j = low[1]; j <= high[1]; j++) {
        const y = oy + j * cell
        const z = oz + k * cell
        let i0 = low[0]
        let i1 = high[0]
        if (slab) {
          // of this row, only what lies within the band about the triangle's plane
          const middle = ((level - nY * y - nZ * z) / nX - ox) / cell
          const half = band / Math.abs(nX) / cell
          i0 = Math.max(i0, Math.ceil(middle - half))
          i1 = Math.min(i1, Math.floor(middle + half))
        }
        for (let i = i0; i <= i1; i++) {
          const x = ox + i * cell
          closestOnTriangle(mesh, t, x, y, z)
          const d2 = (x - closest[0]) ** 2 + (y - closest[1]) ** 2 + (z - closest[2]) ** 2
          const n = i + nx * (j + ny * k)
          if (d2 < square[n]) {
            square[n] = d2
            nearest[n] = t
          }
        }
      }
    }
  }
}

/** Gives nodes that no triangle reached the side of the node next to them, and the reach as their distance. */
function fillBeyond(
  { nx, ny, nz }: Lattice,
  values: Float32Array,
  settled: Uint8Array,
  reachMm: number,
  outsideMm: number,
) {
  for (let n = 0; n < values.length; n++) values[n] = Math.max(-reachMm, Math.min(outsideMm, values[n]))
  const queue = new Int32Array(values.length)
  let waiting = 0
  const plane = nx * ny
  const spread = (n: number) => {
    const i = n % nx
    const j = Math.floor(n / nx) % ny
    const k = Math.floor(n / plane)
    const side = values[n] < 0 ? -reachMm : outsideMm
    if (i > 0) take(n - 1, side)
    if (i < nx - 1) take(n + 1, side)
    if (j > 0) take(n - nx, side)
    if (j < ny - 1) take(n + nx, side)
    if (k > 0) take(n - plane, side)
    if (k < nz - 1) take(n + plane, side)
  }
  const take = (m: number, side: number) => {
    if (settled[m]) return
    settled[m] = 1
    values[m] = side
    queue[waiting++] = m
  }
  const first = Uint8Array.from(settled)
  for (let n = 0; n < values.length; n++) if (first[n]) spread(n)
  for (let q = 0; q < waiting; q++) spread(queue[q])
  // nothing within reach at all: nobody can tell a side, so all of it is outside
  if (!first.includes(1)) values.fill(outsideMm)
}
