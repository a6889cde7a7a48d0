import type { Mesh } from '../mesh/mesh.ts'

/**
 * Triangles sorted into cubes of one size: those of cube n are items[start[n]] … items[start[n + 1] - 1]. It serves
 * the checks alone and shares no code with what makes the products.
 */
export interface Cells {
  readonly mesh: Mesh
  readonly origin: readonly [number, number, number]
  readonly size: number
  readonly nx: number
  readonly ny: number
  readonly nz: number
  readonly start: Uint32Array
  readonly items: Uint32Array
  /** the upright box of each triangle: min and max, six numbers */
  readonly boxes: Float64Array
  /** 1 for a triangle over so many cubes that it is only in those that its plane passes */
  readonly large: Uint8Array
  /** the number of the last query that looked at each triangle */
  readonly seen: Uint32Array
  readonly query: { number: number }
}

const mostCells = 8e6

/**
 * @param size a cube's side, mm; by default half as much again as the mean triangle is wide. Made larger where it would take more than 8 million cubes.
 */
export function cellsOf(mesh: Mesh, size = 0): Cells {
  const { triangles } = mesh
  const boxes = boxesOf(mesh)
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  let widths = 0
  for (let t = 0; t < boxes.length; t += 6) {
    let wide = 0
    for (let k = 0; k < 3; k++) {
      if (boxes[t + k] < low[k]) low[k] = boxes[t + k]
      if (boxes[t + 3 + k] > high[k]) high[k] = boxes[t + 3 + k]
      wide = Math.max(wide, boxes[t + 3 + k] - boxes[t + k])
    }
    widths += wide
  }
  if (triangles.length === 0) {
    low.fill(0)
    high.fill(0)
  }
  const extent = low.map((value, k) => high[k] - value)
  let side = size > 0 ? size : (1.5 * widths) / Math.max(1, boxes.length / 6)
  if (!(side > 0)) side = 1
  const count = () => extent.map((e) => Math.floor(e / side) + 1)
  while (count().reduce((product, n) => product * n, 1) > mostCells) side *= 1.2
  const [nx, ny, nz] = count()
  const start = new Uint32Array(nx * ny * nz + 1)
  const large = new Uint8Array(triangles.length / 3)
  const scratch = { mesh, origin: [low[0], low[1], low[2]] as const, size: side, nx, ny, nz, large }
  // twice through the triangles: first to count, then to put them down
  visitCells(scratch, boxes, (n) => start[n + 1]++)
  for (let n = 0; n < start.length - 1; n++) start[n + 1] += start[n]
  const items = new Uint32Array(start[start.length - 1])
  const at = start.slice()
  visitCells(scratch, boxes, (n, t) => (items[at[n]++] = t))
  const seen = new Uint32Array(triangles.length / 3)
  return { ...scratch, start, items, boxes, seen, query: { number: 0 } }
}

/** The upright box of each triangle: min and max, six numbers. */
function boxesOf({ positions, triangles }: Mesh): Float64Array {
  const out = new Float64Array(2 * triangles.length)
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const p = positions[3 * triangles[t] + k]
      const q = positions[3 * triangles[t + 1] + k]
      const r = positions[3 * triangles[t + 2] + k]
      out[2 * t + k] = Math.min(p, q, r)
      out[2 * t + 3 + k] = Math.max(p, q, r)
    }
  }
  return out
}

type Layout = Pick<Cells, 'mesh' | 'origin' | 'size' | 'nx' | 'ny' | 'nz' | 'large'>

/** Every cube that a triangle may touch: those of its box, of a large one only those that its plane passes. */
function visitCells(
  { mesh, origin, size, nx, ny, large }: Layout,
  boxes: Float64Array,
  visit: (cell: number, triangle: number) => void,
) {
  const { positions, triangles } = mesh
  const at = (value: number, k: number) => Math.floor((value - origin[k]) / size)
  for (let t = 0; t < triangles.length / 3; t++) {
    const i0 = at(boxes[6 * t], 0)
    const j0 = at(boxes[6 * t + 1], 1)
    const k0 = at(boxes[6 * t + 2], 2)
    const i1 = at(boxes[6 * t + 3], 0)
    const j1 = at(boxes[6 * t + 4], 1)
    const k1 = at(boxes[6 * t + 5], 2)
    large[t] = Number((i1 - i0 + 1) * (j1 - j0 + 1) * (k1 - k0 + 1) > 12)
    const a = 3 * triangles[3 * t]
    const b = 3 * triangles[3 * t + 1]
    const c = 3 * triangles[3 * t + 2]
    const ux = positions[b] - positions[a]
    const uy = positions[b + 1] - positions[a + 1]
    const uz = positions[b + 2] - positions[a + 2]
    const vx = positions[c] - positions[a]
    const vy = positions[c + 1] - positions[a + 1]
    const vz = positions[c + 2] - positions[a + 2]
    const px = uy * vz - uz * vy
    const py = uz * vx - ux * vz
    const pz = ux * vy - uy * vx
    const level = px * positions[a] + py * positions[a + 1] + pz * positions[a + 2]
    // a hair more than half a cube's extent along the normal, for rounding
    const reach = 0.5001 * size * (Math.abs(px) + Math.abs(py) + Math.abs(pz))
    for (let k = k0; k <= k1; k++) {
      for (let j = j0; j <= j1; j++) {
        for (let i = i0; i <= i1; i++) {
          if (large[t]) {
            const height =
              px * (origin[0] + (i + 0.5) * size) +
              py * (origin[1] + (j + 0.5) * size) +
              pz * (origin[2] + (k + 0.5) * size) -
              level
            if (Math.abs(height) > reach) continue
          }
          visit(i + nx * (j + ny * k), t)
        }
      }
    }
  }
}

/** Calls `visit` once for each triangle whose cube meets a box; it may be outside the box itself. */
export function visitBox(
  cells: Cells,
  x0: number,
  y0: number,
  z0: number,
  x1: number,
  y1: number,
  z1: number,
  visit: (triangle: number) => void,
) {
  const { origin, size, nx, ny, nz, start, items, seen, query } = cells
  const number = ++query.number
  const i0 = Math.max(0, Math.floor((x0 - origin[0]) / size))
  const j0 = Math.max(0, Math.floor((y0 - origin[1]) / size))
  const k0 = Math.max(0, Math.floor((z0 - origin[2]) / size))
  const i1 = Math.min(nx - 1, Math.floor((x1 - origin[0]) / size))
  const j1 = Math.min(ny - 1, Math.floor((y1 - origin[1]) / size))
  const k1 = Math.min(nz - 1, Math.floor((z1 - origin[2]) / size))
  for (let k = k0; k <= k1; k++) {
    for (let j = j0; j <= j1; j++) {
      const row = nx * (j + ny * k)
      // cubes of a row follow each other, so that their triangles are one run
      if (i1 < i0) continue
      const end = start[row + i1 + 1]
      for (let q = start[row + i0]; q < end; q++) {
        const t = items[q]
        if (seen[t] === number) continue
        seen[t] = number
        visit(t)
      }
    }
  }
}
