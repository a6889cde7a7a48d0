import { nearestOnBorder, nearestPoint, signedByNearest, type Surface } from './nearest.ts'

/** Signed distances to a scan, about right (within a cell): negative in the body. */
export interface Distances {
  (x: number, y: number, z: number): number
  readonly cell: number
}

/** On which side of the skin a node is: beyond the scan's border there is none. */
const unasked = 0
const free = 1
const body = 2
const beyond = 3

/**
 * Signed distances to the scan between the nodes of a grid over it, each node asked when it is first wanted. Farther
 * than `deepMm` they are not told apart. Outside its box all is free, and so is what is beyond the scan's border, by
 * the distance to that.
 * @param deepMm raised to a cell where cells are larger
 */
export function lazyDistances(scan: Surface, cell: number, deepMm: number): Distances {
  const { cells } = scan
  const extents = [cells.nx, cells.ny, cells.nz].map((n) => n * cells.size)
  const nodesAlong = (e: number) => (e + 2 * (Math.max(deepMm, cell) + cell)) / cell + 2
  // a grid for a large scan is coarser, so that it fits into memory
  while (extents.reduce((product, e) => product * nodesAlong(e), 1) > 8e6) cell *= 1.25
  // two neighbouring nodes that are farther than this from the skin are on the same side of it
  const far = Math.max(deepMm, cell)
  const [nx, ny, nz] = extents.map((e) => Math.ceil((e + 2 * (far + cell)) / cell) + 1)
  const [ox, oy, oz] = cells.origin.map((value) => value - far - cell)
  const values = new Float32Array(nx * ny * nz)
  const sides = new Uint8Array(values.length)
  const plane = nx * ny
  const node = (i: number, j: number, k: number): number => {
    const n = i + nx * j + plane * k
    if (sides[n] !== unasked) return values[n]
    const x = ox + i * cell
    const y = oy + j * cell
    const z = oz + k * cell
    let d = nearestPoint(scan, x, y, z, far)
    if (d === Infinity) sides[n] = besides(i, j, k) || sideOf(x, y, z)
    else if (nearestOnBorder(scan)) sides[n] = beyond
    else {
      d = signedByNearest(scan, x, y, z)
      sides[n] = d < 0 ? body : free
    }
    return (values[n] = sides[n] === body ? Math.max(d === Infinity ? -far : d, -far) : Math.min(d, far))
  }
  /** The side of a node far from the skin, as a node next to it knows it. */
  const besides = (i: number, j: number, k: number): number => {
    const n = i + nx * j + plane * k
    return (
      (i > 0 && known(n - 1)) ||
      (i + 1 < nx && known(n + 1)) ||
      (j > 0 && known(n - nx)) ||
      (j + 1 < ny && known(n + nx)) ||
      (k > 0 && known(n - plane)) ||
      (k + 1 < nz && known(n + plane)) ||
      unasked
    )
  }
  const known = (n: number): number => (sides[n] === beyond ? unasked : sides[n])
  const sideOf = (x: number, y: number, z: number): number => {
    nearestPoint(scan, x, y, z)
    return nearestOnBorder(scan) ? beyond : signedByNearest(scan, x, y, z) < 0 ? body : free
  }
  const at = (x: number, y: number, z: number): number => {
    const u = (x - ox) / cell
    const v = (y - oy) / cell
    const w = (z - oz) / cell
    if (!(u >= 0 && v >= 0 && w >= 0 && u < nx - 1 && v < ny - 1 && w < nz - 1)) return far
    const i = Math.floor(u)
    const j = Math.floor(v)
    const k = Math.floor(w)
    const fu = u - i
    const fv = v - j
    const fw = w - k
    const along = (b: number, c: number) => {
      const low = node(i, b, c)
      return low + fu * (node(i + 1, b, c) - low)
    }
    const a = along(j, k)
    const b = along(j, k + 1)
    const low = a + fv * (along(j + 1, k) - a)
    const high = b + fv * (along(j + 1, k + 1) - b)
    return low + fw * (high - low)
  }
  return Object.assign(at, { cell })
}
