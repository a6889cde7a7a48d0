import type { Mesh } from '../mesh/mesh.ts'

/** A signed distance at a place; NaN where there is no surface near. */
export type Field = (x: number, y: number, z: number) => number

/** Corners (x + 2y + 4z) of a cell's sides, a bit for each: low x, high x, low y … */
const faces = [0x55, 0xaa, 0x33, 0xcc, 0x0f, 0xf0]

/** Cells round the seeds' box. */
const margin = 8
/** Cells that are looked at, at most. */
const mostCells = 20e6

/**
 * The zero surface of a field as triangles of about one size: one vertex in each cell of a grid that the surface
 * crosses, at the middle of its crossings (surface nets: Gibson 1998, Constrained elastic surface nets). It is
 * followed from cell to cell, from those that hold a seed; where the field is NaN it ends.
 * @param cell side of a cell, mm
 * @returns triangles that are seen from where the field is positive
 */
export function surfaceNet(field: Field, seeds: Float64Array, cell: number): Mesh {
  const [lowX, highX] = rangeOf(seeds, 0)
  const [lowY, highY] = rangeOf(seeds, 1)
  const [lowZ] = rangeOf(seeds, 2)
  // room for the surface to go beyond its seeds
  const [ox, oy, oz] = [lowX - margin * cell, lowY - margin * cell, lowZ - margin * cell]
  const nx = Math.ceil((highX - lowX) / cell) + 2 * margin
  const ny = Math.ceil((highY - lowY) / cell) + 2 * margin
  const name = (i: number, j: number, k: number) => i + nx * (j + ny * k)
  const values = new Map<number, number>()
  const valueAt = (i: number, j: number, k: number) => {
    const key = name(i, j, k)
    let value = values.get(key)
    if (value === undefined) {
      value = field(ox + i * cell, oy + j * cell, oz + k * cell)
      values.set(key, value)
    }
    return value
  }
  const vertexOf = new Map<number, number>() // -1 for a cell that the surface does not cross
  const positions: number[] = []
  const crossed: number[] = [] // i j k of a cell, and a bit for each corner that is inside
  const corner = new Float64Array(8)
  const enter = (i: number, j: number, k: number) => {
    if (i < 0 || j < 0 || k < 0 || i + 1 >= nx || j + 1 >= ny) return
    const key = name(i, j, k)
    if (vertexOf.has(key) || vertexOf.size >= mostCells) return
    let inside = 0
    let known = true
    for (let c = 0; c < 8 && known; c++) {
      corner[c] = valueAt(i + (c & 1), j + ((c >> 1) & 1), k + (c >> 2))
      known = !Number.isNaN(corner[c])
      if (corner[c] < 0) inside |= 1 << c
    }
    if (!known || inside === 0 || inside === 255) {
      vertexOf.set(key, -1)
      return
    }
    vertexOf.set(key, positions.length / 3)
    const [x, y, z] = middleOfCrossings(corner)
    positions.push(ox + (i + x) * cell, oy + (j + y) * cell, oz + (k + z) * cell)
    crossed.push(i, j, k, inside)
  }
  for (let s = 0; s < seeds.length; s += 3) {
    enter(
      Math.floor((seeds[s] - ox) / cell),
      Math.floor((seeds[s + 1] - oy) / cell),
      Math.floor((seeds[s + 2] - oz) / cell),
    )
  }
  for (let c = 0; c < crossed.length; c += 4) {
    const [i, j, k, inside] = [crossed[c], crossed[c + 1], crossed[c + 2], crossed[c + 3]]
    for (const [face, corners] of faces.entries()) {
      if ((inside & corners) === 0 || (inside & corners) === corners) continue
      const step = face % 2 === 0 ? -1 : 1
      enter(i + (face < 2 ? step : 0), j + (face === 2 || face === 3 ? step : 0), k + (face > 3 ? step : 0))
    }
  }
  const triangles: number[] = []
  // a quadrilateral round each crossed side of the grid: its four cells meet there
  const strides = [1, nx, nx * ny]
  const quad = [0, 0, 0, 0]
  for (let c = 0; c < crossed.length; c += 4) {
    const here = name(crossed[c], crossed[c + 1], crossed[c + 2])
    const inside = crossed[c + 3]
    for (let axis = 0; axis < 3; axis++) {
      const low = inside & 1
      const high = (inside >> (1 << axis)) & 1
      if (low === high) continue
      const [u, v] = [strides[(axis + 1) % 3], strides[(axis + 2) % 3]]
      quad[0] = vertexOf.get(here)!
      quad[1] = vertexOf.get(here - u) ?? -1
      quad[2] = vertexOf.get(here - u - v) ?? -1
      quad[3] = vertexOf.get(here - v) ?? -1
      if (quad[1] < 0 || quad[2] < 0 || quad[3] < 0) continue
      if (high === 1) quad.reverse()
      const [p, q, r, s] = quad
      if (apart(positions, p, r) <= apart(positions, q, s)) triangles.push(p, q, r, p, r, s)
      else triangles.push(p, q, s, q, r, s)
    }
  }
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) }
}

function rangeOf(points: Float64Array, axis: number): [number, number] {
  let [least, most] = [Infinity, -Infinity]
  for (let i = axis; i < points.length; i += 3) {
    if (points[i] < least) least = points[i]
    if (points[i] > most) most = points[i]
  }
  return [least, most]
}

/** Where the sides of a cell are crossed, in the middle, in shares of its side. */
function middleOfCrossings(corner: Float64Array): [number, number, number] {
  let [x, y, z, count] = [0, 0, 0, 0]
  for (let c = 0; c < 8; c++) {
    for (let axis = 0; axis < 3; axis++) {
      const d = c | (1 << axis)
      if (d === c || corner[c] < 0 === corner[d] < 0) continue
      const share = corner[c] / (corner[c] - corner[d])
      x += axis === 0 ? share : c & 1
      y += axis === 1 ? share : (c >> 1) & 1
      z += axis === 2 ? share : c >> 2
      count++
    }
  }
  return [x / count, y / count, z / count]
}

const apart = (at: number[], p: number, q: number) =>
  Math.hypot(at[3 * p] - at[3 * q], at[3 * p + 1] - at[3 * q + 1], at[3 * p + 2] - at[3 * q + 2])
