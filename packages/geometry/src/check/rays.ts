import type { Cells } from './cells.ts'

/**
 * Walks a ray through the cubes (Amanatides & Woo 1987) and hands every triangle it crosses to `hit` with the way
 * there and whether it goes out (1: along the triangle's normal) or in (-1). Cubes come in order, triangles within
 * one do not; each is handed on once.
 * @param dx the direction, of length 1 with dy and dz
 * @param hit tells how far the ray is still wanted; a number below 0 ends it
 */
export function castRay(
  cells: Cells,
  x: number,
  y: number,
  z: number,
  dx: number,
  dy: number,
  dz: number,
  farMm: number,
  hit: (triangle: number, mm: number, way: 1 | -1) => number,
): void {
  const { origin, size, nx, ny, nz, start, items, seen, query } = cells
  const number = ++query.number
  let near = 0
  let far = farMm
  const from = [x - origin[0], y - origin[1], z - origin[2]]
  const along = [dx, dy, dz]
  const counts = [nx, ny, nz]
  for (let k = 0; k < 3; k++) {
    if (along[k] === 0) {
      if (from[k] < 0 || from[k] > counts[k] * size) return
      continue
    }
    const s = -from[k] / along[k]
    const t = (counts[k] * size - from[k]) / along[k]
    near = Math.max(near, Math.min(s, t))
    far = Math.min(far, Math.max(s, t))
  }
  // a ray from nowhere, or in no direction, meets nothing
  if (!(near <= far)) return
  const at = [0, 0, 0]
  const next = [0, 0, 0]
  const per = [0, 0, 0]
  for (let k = 0; k < 3; k++) {
    at[k] = Math.min(counts[k] - 1, Math.max(0, Math.floor((from[k] + near * along[k]) / size)))
    per[k] = along[k] === 0 ? Infinity : size / Math.abs(along[k])
    next[k] = along[k] === 0 ? Infinity : ((at[k] + (along[k] > 0 ? 1 : 0)) * size - from[k]) / along[k]
  }
  for (;;) {
    const n = at[0] + nx * (at[1] + ny * at[2])
    for (let q = start[n]; q < start[n + 1]; q++) {
      const t = items[q]
      if (seen[t] === number) continue
      seen[t] = number
      const mm = crossing(cells, t, x, y, z, dx, dy, dz)
      if (mm !== 0 && Math.abs(mm) <= farMm) far = Math.min(far, hit(t, Math.abs(mm), mm > 0 ? 1 : -1))
    }
    const k = next[0] < next[1] ? (next[0] < next[2] ? 0 : 2) : next[1] < next[2] ? 1 : 2
    if (next[k] > far) return
    at[k] += along[k] > 0 ? 1 : -1
    if (at[k] < 0 || at[k] >= counts[k]) return
    next[k] += per[k]
  }
}

/** The way to where a ray crosses a triangle, negative where it goes in; 0 when it does not (Möller & Trumbore 1997). */
function crossing({ mesh }: Cells, t: number, x: number, y: number, z: number, dx: number, dy: number, dz: number) {
  const { positions: p, triangles } = mesh
  const a = 3 * triangles[3 * t]
  const b = 3 * triangles[3 * t + 1]
  const c = 3 * triangles[3 * t + 2]
  const ux = p[b] - p[a]
  const uy = p[b + 1] - p[a + 1]
  const uz = p[b + 2] - p[a + 2]
  const vx = p[c] - p[a]
  const vy = p[c + 1] - p[a + 1]
  const vz = p[c + 2] - p[a + 2]
  const hx = dy * vz - dz * vy
  const hy = dz * vx - dx * vz
  const hz = dx * vy - dy * vx
  // -det is the direction along the normal
  const det = ux * hx + uy * hy + uz * hz
  if (det === 0) return 0
  const sx = x - p[a]
  const sy = y - p[a + 1]
  const sz = z - p[a + 2]
  const u = (sx * hx + sy * hy + sz * hz) / det
  if (u < 0 || u > 1) return 0
  const qx = sy * uz - sz * uy
  const qy = sz * ux - sx * uz
  const qz = sx * uy - sy * ux
  const v = (dx * qx + dy * qy + dz * qz) / det
  if (v < 0 || u + v > 1) return 0
  const mm = (vx * qx + vy * qy + vz * qz) / det
  if (!(mm > 0)) return 0
  return det < 0 ? mm : -mm
}

/** Directions that no mesh made on a grid is likely to have a side along. */
const odd = [
  [0.2672612, 0.5345225, 0.8017837],
  [-0.6133, 0.3391, 0.71332],
  [0.1213, -0.8417, -0.5261],
].map(([x, y, z]) => {
  const size = Math.hypot(x, y, z)
  return [x / size, y / size, z / size]
})

/**
 * How often a closed surface goes round a point: 1 within a body, 0 outside. Crossings of a ray are counted, out less
 * in; of three rays the middle answer is taken, since one may pass exactly through a side.
 */
export function windingAt(cells: Cells, x: number, y: number, z: number): number {
  const counts = odd.map(([dx, dy, dz]) => {
    let sum = 0
    castRay(cells, x, y, z, dx, dy, dz, Infinity, (_t, _mm, way) => {
      sum += way
      return Infinity
    })
    return sum
  })
  return counts.sort((a, b) => a - b)[1]
}

/** Whether a mesh has nothing between two places on it or near it, but for two triangles and what lies at the ends. */
export function isFree(
  cells: Cells,
  px: number,
  py: number,
  pz: number,
  qx: number,
  qy: number,
  qz: number,
  one: number,
  other = -1,
): boolean {
  const way = Math.hypot(qx - px, qy - py, qz - pz)
  if (way === 0) return false
  const slack = 1e-3 * way + 1e-6
  let free = true
  castRay(cells, px, py, pz, (qx - px) / way, (qy - py) / way, (qz - pz) / way, way, (t, mm) => {
    free &&= t === one || t === other || mm <= slack || mm >= way - slack
    return free ? Infinity : -1
  })
  return free
}
