import type { Box } from '../mesh/mesh.ts'
import type { Sdf } from './shapes.ts'

/**
 * The body-centred cubic lattice: the corners of cubes and their middles. Between two neighbouring middles and each
 * side of the square between them stands a tetrahedron; all of them are alike and fill space (Sommerville).
 * Cube n = i + nx · (j + ny · k) owns node 2n, its lowest corner, and node 2n + 1, its middle.
 */
export interface Nodes {
  readonly origin: readonly [number, number, number]
  /** a cube's side, mm */
  readonly side: number
  readonly nx: number
  readonly ny: number
  readonly nz: number
  /** the function's value at each node, or where only its sign matters, any number of that sign */
  readonly values: Float64Array
  /** row of `places` of each node that does not stand at its place on the lattice, else -1 */
  readonly moved: Int32Array
  readonly places: number[]
}

/** Nodes nearer to the surface than this share of a cube's side are pushed away from it, by no more than as much. */
const clearance = 0.18
/** More cubes than this are refused (1.6 GB). */
export const mostCubes = 40e6

/**
 * Values of a function on the lattice over a box, which is meant to end in it: what would reach out of the box is
 * cut off at its sides. Cubes are asked where the surface may be, by halving boxes: where the value in the middle
 * tells that the surface is farther than the box reaches, the whole box is of that sign.
 *
 * Nodes very near to the surface make slivers. They are moved away from it along the gradient, still on their side.
 * A tetrahedron of the lattice is nowhere thinner than half a side, so that moves by less than a quarter never
 * turn one inside out: the moved lattice fills space as well.
 *
 * @param lipschitz how much the function may change over 1 mm; Infinity when that is not known: every node is asked
 */
export function nodesOver(sdf: Sdf, { min, max }: Box, side: number, lipschitz: number): Nodes {
  // a cube more at each end, so that all of the outer nodes are outside
  const count = (axis: 0 | 1 | 2) => Math.ceil((max[axis] - min[axis]) / side - 1e-9) + 3
  const [nx, ny, nz] = [count(0), count(1), count(2)]
  if (!(nx * ny * nz <= mostCubes)) throw new RangeError(`${nx} x ${ny} x ${nz} cubes are more than ${mostCubes}`)
  const origin = [min[0] - side, min[1] - side, min[2] - side] as const
  const size = nx * ny * nz
  const values = new Float64Array(2 * size)
  const nodes: Nodes = { origin, side, nx, ny, nz, values, moved: new Int32Array(2 * size).fill(-1), places: [] }
  const [ox, oy, oz] = origin

  const ask = (i0: number, i1: number, j0: number, j1: number, k0: number, k1: number) => {
    const cubes = Math.max(i1 - i0, j1 - j0, k1 - k0)
    // the nodes of cubes i0 … i1 - 1 reach from corner i0 to middle i1 - 1
    const hx = ((i1 - i0 - 0.5) * side) / 2
    const hy = ((j1 - j0 - 0.5) * side) / 2
    const hz = ((k1 - k0 - 0.5) * side) / 2
    if (cubes > 1 && lipschitz < Infinity) {
      const middle = sdf(ox + i0 * side + hx, oy + j0 * side + hy, oz + k0 * side + hz)
      if (Math.abs(middle) > lipschitz * (Math.sqrt(hx * hx + hy * hy + hz * hz) + clearance * side)) {
        for (let k = k0; k < k1; k++) {
          for (let j = j0; j < j1; j++) values.fill(middle, 2 * (i0 + nx * (j + ny * k)), 2 * (i1 + nx * (j + ny * k)))
        }
        return
      }
    }
    if (cubes <= 2) {
      for (let k = k0; k < k1; k++) {
        for (let j = j0; j < j1; j++) {
          for (let i = i0; i < i1; i++) {
            const x = ox + i * side
            const y = oy + j * side
            const z = oz + k * side
            const n = 2 * (i + nx * (j + ny * k))
            values[n] = sdf(x, y, z)
            values[n + 1] = sdf(x + side / 2, y + side / 2, z + side / 2)
          }
        }
      }
      return
    }
    const cut = (from: number, to: number) => (to - from > 1 ? [from, (from + to) >> 1, to] : [from, to])
    const [is, js, ks] = [cut(i0, i1), cut(j0, j1), cut(k0, k1)]
    for (let c = 1; c < ks.length; c++) {
      for (let b = 1; b < js.length; b++) {
        for (let a = 1; a < is.length; a++) ask(is[a - 1], is[a], js[b - 1], js[b], ks[c - 1], ks[c])
      }
    }
  }
  ask(0, nx, 0, ny, 0, nz)
  pushAway(sdf, nodes)
  return nodes
}

function pushAway(sdf: Sdf, nodes: Nodes) {
  const { side, values, moved, places } = nodes
  const near = clearance * side
  const step = side / 50
  const p = new Float64Array(3)
  for (let n = 0; n < values.length; n++) {
    const f = values[n]
    if (!(Math.abs(f) < near)) continue
    placeOf(nodes, n, p)
    const [x, y, z] = p
    const gx = (sdf(x + step, y, z) - f) / step
    const gy = (sdf(x, y + step, z) - f) / step
    const gz = (sdf(x, y, z + step) - f) / step
    const g = Math.sqrt(gx * gx + gy * gy + gz * gz)
    if (!(g > 1e-3)) continue
    const way = Math.min((near - Math.abs(f)) / g, near) * (f < 0 ? -1 : 1)
    const qx = x + (way * gx) / g
    const qy = y + (way * gy) / g
    const qz = z + (way * gz) / g
    const after = sdf(qx, qy, qz)
    // over an edge or through a thin wall the gradient leads astray: then the node had better stay
    if (after < 0 !== f < 0 || Math.abs(after) <= Math.abs(f)) continue
    values[n] = after
    moved[n] = places.length
    places.push(qx, qy, qz)
  }
}

/** Writes where a node stands to `out`. */
export function placeOf({ origin, side, nx, ny, moved, places }: Nodes, node: number, out: Float64Array) {
  const row = moved[node]
  if (row >= 0) {
    out[0] = places[row]
    out[1] = places[row + 1]
    out[2] = places[row + 2]
    return
  }
  const n = node >> 1
  const half = node & 1 ? 0.5 : 0
  out[0] = origin[0] + ((n % nx) + half) * side
  out[1] = origin[1] + ((Math.floor(n / nx) % ny) + half) * side
  out[2] = origin[2] + (Math.floor(n / (nx * ny)) + half) * side
}
