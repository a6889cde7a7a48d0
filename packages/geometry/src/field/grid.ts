import type { Box } from '../mesh/mesh.ts'
import type { Vec3 } from '../mesh/vector.ts'
import type { Sdf } from './shapes.ts'

/** Where a grid's nodes lie: node (i, j, k) at origin + cell · (i, j, k), its value at number i + nx · (j + ny · k). */
export interface Lattice {
  readonly origin: Vec3
  /** mm between neighbours */
  readonly cell: number
  readonly nx: number
  readonly ny: number
  readonly nz: number
}

/** A signed distance (or any other quantity) known at the nodes of a lattice. */
export interface Grid extends Lattice {
  readonly values: Float32Array
}

/** More nodes than this are refused: 64 million, 256 MB of values. */
export const mostNodes = 64e6

/** The lattice that covers a box and `marginMm` round it. @throws RangeError for more than `mostNodes` */
export function latticeOver({ min, max }: Box, cell: number, marginMm = 0): Lattice {
  if (!(cell > 0)) throw new RangeError('a cell has a size')
  const nodes = (axis: 0 | 1 | 2) => Math.max(2, Math.ceil((max[axis] - min[axis] + 2 * marginMm) / cell - 1e-6) + 1)
  const [nx, ny, nz] = [nodes(0), nodes(1), nodes(2)]
  if (!(nx * ny * nz <= mostNodes)) throw new RangeError(`${nx} x ${ny} x ${nz} nodes are more than ${mostNodes}`)
  const centred = (axis: 0 | 1 | 2, count: number) => (min[axis] + max[axis] - (count - 1) * cell) / 2
  return { origin: [centred(0, nx), centred(1, ny), centred(2, nz)], cell, nx, ny, nz }
}

export const boxOf = ({ origin, cell, nx, ny, nz }: Lattice): Box => ({
  min: origin,
  max: [origin[0] + (nx - 1) * cell, origin[1] + (ny - 1) * cell, origin[2] + (nz - 1) * cell],
})

/** Nodes of a block's side: blocks are what is skipped at once. */
const block = 8

/**
 * A function's value at each node. With `bandMm`, values are right only that near to the surface: where a block's
 * middle tells that the surface is farther, all of it gets the middle's bound, with the right sign.
 * @param lipschitz how much the function may change over 1 mm (1 for a true distance, √2 for a rounded combination)
 */
export function sampled(sdf: Sdf, lattice: Lattice, bandMm = Infinity, lipschitz = Math.SQRT2): Grid {
  const { origin, cell, nx, ny, nz } = lattice
  const [ox, oy, oz] = origin
  const values = new Float32Array(nx * ny * nz)
  const half = ((block - 1) * cell) / 2
  const reach = lipschitz * (half * Math.sqrt(3))
  for (let k0 = 0; k0 < nz; k0 += block) {
    for (let j0 = 0; j0 < ny; j0 += block) {
      for (let i0 = 0; i0 < nx; i0 += block) {
        let all: number | undefined
        if (bandMm < Infinity) {
          const middle = sdf(ox + i0 * cell + half, oy + j0 * cell + half, oz + k0 * cell + half)
          const nearest = Math.abs(middle) - reach
          if (nearest > bandMm * lipschitz) all = Math.sign(middle) * nearest
        }
        for (let k = k0; k < Math.min(k0 + block, nz); k++) {
          for (let j = j0; j < Math.min(j0 + block, ny); j++) {
            const row = nx * (j + ny * k)
            for (let i = i0; i < Math.min(i0 + block, nx); i++) {
              values[row + i] = all ?? sdf(ox + i * cell, oy + j * cell, oz + k * cell)
            }
          }
        }
      }
    }
  }
  return { ...lattice, values }
}

/**
 * A grid as a function: between nodes interpolated in x, y and z (trilinear). Beyond the grid: the value at its
 * nearest point plus the way there, so that a body that is cut off by the grid's side ends there or soon after.
 */
export function interpolated(grid: Grid): Sdf {
  const { origin, cell, nx, ny, nz, values } = grid
  const [ox, oy, oz] = origin
  const per = 1 / cell
  const plane = nx * ny
  return (x, y, z) => {
    const u = Math.min(Math.max((x - ox) * per, 0), nx - 1)
    const v = Math.min(Math.max((y - oy) * per, 0), ny - 1)
    const w = Math.min(Math.max((z - oz) * per, 0), nz - 1)
    const i = Math.min(Math.floor(u), nx - 2)
    const j = Math.min(Math.floor(v), ny - 2)
    const k = Math.min(Math.floor(w), nz - 2)
    const fu = u - i
    const fv = v - j
    const fw = w - k
    const n = i + nx * j + plane * k
    const a = values[n] + fu * (values[n + 1] - values[n])
    const b = values[n + nx] + fu * (values[n + nx + 1] - values[n + nx])
    const m = n + plane
    const c = values[m] + fu * (values[m + 1] - values[m])
    const d = values[m + nx] + fu * (values[m + nx + 1] - values[m + nx])
    const low = a + fv * (b - a)
    const inner = low + fw * (c + fv * (d - c) - low)
    const bx = x - ox - u * cell
    const by = y - oy - v * cell
    const bz = z - oz - w * cell
    const beyond = bx * bx + by * by + bz * bz
    // nodes are met again through a rounded division: that is not beyond
    return beyond > 1e-18 * cell * cell ? inner + Math.sqrt(beyond) : inner
  }
}

/** The part of a grid that holds its body, nodes below 0, and `marginMm` round it; of a grid without one, all of it. */
export function cropped(grid: Grid, marginMm: number): Grid {
  const { nx, ny, nz, origin, cell, values } = grid
  const low = [nx, ny, nz]
  const high = [-1, -1, -1]
  for (let k = 0, n = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        if (values[n] >= 0) continue
        if (i < low[0]) low[0] = i
        if (i > high[0]) high[0] = i
        if (j < low[1]) low[1] = j
        if (j > high[1]) high[1] = j
        if (k < low[2]) low[2] = k
        high[2] = k
      }
    }
  }
  if (high[0] < 0) return grid
  const margin = Math.ceil(marginMm / cell)
  const from = low.map((first) => Math.max(0, first - margin))
  const to = high.map((last, axis) => Math.min([nx, ny, nz][axis], last + margin + 1))
  const [mx, my, mz] = to.map((end, axis) => end - from[axis])
  const out = new Float32Array(mx * my * mz)
  for (let k = 0; k < mz; k++) {
    for (let j = 0; j < my; j++) {
      const row = from[0] + nx * (from[1] + j + ny * (from[2] + k))
      out.set(values.subarray(row, row + mx), mx * (j + my * k))
    }
  }
  const at = (axis: 0 | 1 | 2) => origin[axis] + from[axis] * cell
  return { origin: [at(0), at(1), at(2)], cell, nx: mx, ny: my, nz: mz, values: out }
}

/** The direction of steepest rise of any function and how steep, by central differences over `stepMm`. */
export function gradientAt(sdf: Sdf, x: number, y: number, z: number, stepMm = 1e-3): Vec3 {
  const per = 1 / (2 * stepMm)
  return [
    (sdf(x + stepMm, y, z) - sdf(x - stepMm, y, z)) * per,
    (sdf(x, y + stepMm, z) - sdf(x, y - stepMm, z)) * per,
    (sdf(x, y, z + stepMm) - sdf(x, y, z - stepMm)) * per,
  ]
}

/** Each node's value from that of one or two grids of the same lattice. @throws RangeError if they differ */
function each(a: Grid, b: Grid, of: (p: number, q: number) => number): Grid {
  const same =
    a.cell === b.cell &&
    a.nx === b.nx &&
    a.ny === b.ny &&
    a.nz === b.nz &&
    a.origin.every((value, axis) => value === b.origin[axis])
  if (!same) throw new RangeError('only grids of one lattice can be combined')
  const values = new Float32Array(a.values.length)
  for (let n = 0; n < values.length; n++) values[n] = of(a.values[n], b.values[n])
  return { ...a, values }
}

export const unionOf = (a: Grid, b: Grid): Grid => each(a, b, Math.min)
export const intersectionOf = (a: Grid, b: Grid): Grid => each(a, b, Math.max)
export const differenceOf = (a: Grid, b: Grid): Grid => each(a, b, (p, q) => Math.max(p, -q))
export const grownBy = (grid: Grid, byMm: number): Grid => ({ ...grid, values: grid.values.map((d) => d - byMm) })
