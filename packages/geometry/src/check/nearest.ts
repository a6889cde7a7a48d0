import type { Mesh } from '../mesh/mesh.ts'
import { type Cells, cellsOf } from './cells.ts'
import { pairSides, type Sides, sideAfter } from './sides.ts'

/** A mesh that can be asked for the point nearest to another and for the side that is seen from there. */
export interface Surface {
  readonly cells: Cells
  readonly sides: Sides
  /** unit outward normals, three a triangle */
  readonly faces: Float64Array
  /** the triangle across side k (corner k to the next) of triangle t at 3t + k; -1 at a border */
  readonly across: Int32Array
  /** sums of the normals round each vertex, weighted by angle */
  readonly tips: Float64Array
  /** 1 for a vertex on a border */
  readonly borders: Uint8Array
}

/** What `nearestPoint` found last. */
export const nearest = {
  /** mm; Infinity when nothing is within the limit */
  distance: Infinity,
  triangle: -1,
  x: 0,
  y: 0,
  z: 0,
  /** -1: within the triangle; 0, 1, 2: on the side from that corner on; 3, 4, 5: at corner 0, 1, 2 */
  part: -1,
}

export function surfaceFrom(mesh: Mesh, cellMm = 0): Surface {
  const { positions: p, triangles } = mesh
  const faces = new Float64Array(triangles.length)
  const tips = new Float64Array(p.length)
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const ux = p[b] - p[a]
    const uy = p[b + 1] - p[a + 1]
    const uz = p[b + 2] - p[a + 2]
    const vx = p[c] - p[a]
    const vy = p[c + 1] - p[a + 1]
    const vz = p[c + 2] - p[a + 2]
    const nx = uy * vz - uz * vy
    const ny = uz * vx - ux * vz
    const nz = ux * vy - uy * vx
    const size = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1
    faces[t] = nx / size
    faces[t + 1] = ny / size
    faces[t + 2] = nz / size
    // the three angles, by the law of cosines
    const ab = ux * ux + uy * uy + uz * uz
    const ca = vx * vx + vy * vy + vz * vz
    const bc = (vx - ux) ** 2 + (vy - uy) ** 2 + (vz - uz) ** 2
    addTip(tips, a, faces, t, ab, ca, bc)
    addTip(tips, b, faces, t, ab, bc, ca)
    addTip(tips, c, faces, t, bc, ca, ab)
  }
  const sides = pairSides(triangles, p.length / 3)
  const { opposite } = sides
  const across = opposite.map((h) => (h < 0 ? -1 : Math.floor(h / 3)))
  const borders = new Uint8Array(p.length / 3)
  for (let h = 0; h < opposite.length; h++) {
    if (opposite[h] < 0) borders[triangles[h]] = borders[triangles[sideAfter(h)]] = 1
  }
  return { cells: cellsOf(mesh, cellMm), sides, faces, across, tips, borders }
}

/** Adds a face's normal to a vertex by its angle there, from the squared lengths of the two sides at it and the third. */
function addTip(
  tips: Float64Array,
  v: number,
  faces: Float64Array,
  t: number,
  one: number,
  two: number,
  across: number,
) {
  const cosine = (one + two - across) / (2 * Math.sqrt(one * two) || 1)
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)))
  tips[v] += angle * faces[t]
  tips[v + 1] += angle * faces[t + 1]
  tips[v + 2] += angle * faces[t + 2]
}

/**
 * The point of the surface nearest to (x, y, z), left in `nearest`. Rings of cubes round the point are searched
 * until the next ring is farther than what was found.
 * @param limitMm nothing farther is looked for
 * @returns the distance, mm; Infinity when there is none
 */
export function nearestPoint({ cells }: Surface, x: number, y: number, z: number, limitMm = Infinity): number {
  const { origin, size, nx, ny, nz, start, items, seen, query } = cells
  const number = ++query.number
  begin(x, y, z, limitMm)
  const fx = (x - origin[0]) / size
  const fy = (y - origin[1]) / size
  const fz = (z - origin[2]) / size
  const ci = Math.floor(fx)
  const cj = Math.floor(fy)
  const ck = Math.floor(fz)
  // how near the point is to the sides of its own cube
  const slack = Math.min(fx - ci, 1 - fx + ci, fy - cj, 1 - fy + cj, fz - ck, 1 - fz + ck)
  const first = Math.max(0, -ci, ci - nx + 1, -cj, cj - ny + 1, -ck, ck - nz + 1)
  const last = Math.max(ci, nx - 1 - ci, cj, ny - 1 - cj, ck, nz - 1 - ck)
  for (let ring = first; ring <= last; ring++) {
    if (ring > 0 && ((ring - 1 + slack) * size) ** 2 >= state[3]) break
    const k0 = Math.max(0, ck - ring)
    const k1 = Math.min(nz - 1, ck + ring)
    const j0 = Math.max(0, cj - ring)
    const j1 = Math.min(ny - 1, cj + ring)
    const i0 = Math.max(0, ci - ring)
    const i1 = Math.min(nx - 1, ci + ring)
    for (let k = k0; k <= k1; k++) {
      const wholeK = k === ck - ring || k === ck + ring
      const dz = k > ck ? k - fz : k < ck ? fz - k - 1 : 0
      for (let j = j0; j <= j1; j++) {
        const dy = j > cj ? j - fy : j < cj ? fy - j - 1 : 0
        const aside = dy * dy + dz * dz
        if (aside * size * size >= state[3]) continue
        const whole = wholeK || j === cj - ring || j === cj + ring
        const row = nx * (j + ny * k)
        const step = whole || ring === 0 ? 1 : 2 * ring
        for (let i = whole ? i0 : ci - ring; i <= i1; i += step) {
          if (i < 0) continue
          const n = row + i
          if (start[n] === start[n + 1]) continue
          const dx = i > ci ? i - fx : i < ci ? fx - i - 1 : 0
          if ((aside + dx * dx) * size * size >= state[3]) continue
          for (let q = start[n]; q < start[n + 1]; q++) {
            const t = items[q]
            if (seen[t] === number) continue
            seen[t] = number
            tryTriangle(cells.mesh, t)
          }
        }
      }
    }
  }
  return end()
}

/**
 * The point that is asked about (0 to 2), the least square of a distance so far (3) and the point there (4 to 6).
 * In an array, since numbers handed between functions are put on the heap one by one.
 */
const state = new Float64Array(7)

function begin(x: number, y: number, z: number, limitMm: number) {
  state[0] = x
  state[1] = y
  state[2] = z
  state[3] = limitMm * limitMm
  nearest.distance = Infinity
  nearest.triangle = -1
}

function end(): number {
  if (nearest.triangle < 0) return Infinity
  nearest.distance = Math.sqrt(state[3])
  nearest.x = state[4]
  nearest.y = state[5]
  nearest.z = state[6]
  return nearest.distance
}

/** As `nearestPoint`, of one triangle alone. */
export function nearestOfTriangle(mesh: Mesh, t: number, x: number, y: number, z: number, limitMm: number): number {
  begin(x, y, z, limitMm)
  tryTriangle(mesh, t)
  return end()
}

/** Keeps a triangle's nearest point in `state` if it is nearer than what is there. */
function tryTriangle({ positions: p, triangles }: Mesh, t: number) {
  const a = 3 * triangles[3 * t]
  const b = 3 * triangles[3 * t + 1]
  const c = 3 * triangles[3 * t + 2]
  const ux = p[b] - p[a]
  const uy = p[b + 1] - p[a + 1]
  const uz = p[b + 2] - p[a + 2]
  const vx = p[c] - p[a]
  const vy = p[c + 1] - p[a + 1]
  const vz = p[c + 2] - p[a + 2]
  const nX = uy * vz - uz * vy
  const nY = uz * vx - ux * vz
  const nZ = ux * vy - uy * vx
  const n2 = nX * nX + nY * nY + nZ * nZ
  const wx = state[0] - p[a]
  const wy = state[1] - p[a + 1]
  const wz = state[2] - p[a + 2]
  const height = wx * nX + wy * nY + wz * nZ
  if (n2 > 0 && height * height >= state[3] * n2) return
  // shares of corners b and c of the foot on the plane (Heidrich, Computing the barycentric coordinates, 2005)
  const ofC = ux * (wy * nZ - wz * nY) + uy * (wz * nX - wx * nZ) + uz * (wx * nY - wy * nX)
  const ofB = wx * (vy * nZ - vz * nY) + wy * (vz * nX - vx * nZ) + wz * (vx * nY - vy * nX)
  if (n2 > 0 && ofB > 0 && ofC > 0 && ofB + ofC < n2) {
    const s = height / n2
    state[3] = height * s
    state[4] = state[0] - s * nX
    state[5] = state[1] - s * nY
    state[6] = state[2] - s * nZ
    nearest.triangle = t
    nearest.part = -1
    return
  }
  trySide(p, t, 0, a, b)
  trySide(p, t, 1, b, c)
  trySide(p, t, 2, c, a)
}

function trySide(p: Float64Array, t: number, k: number, a: number, b: number) {
  const ux = p[b] - p[a]
  const uy = p[b + 1] - p[a + 1]
  const uz = p[b + 2] - p[a + 2]
  const wx = state[0] - p[a]
  const wy = state[1] - p[a + 1]
  const wz = state[2] - p[a + 2]
  const along = wx * ux + wy * uy + wz * uz
  const whole = ux * ux + uy * uy + uz * uz
  const s = along <= 0 ? 0 : along >= whole ? 1 : along / whole
  const dx = wx - s * ux
  const dy = wy - s * uy
  const dz = wz - s * uz
  const d2 = dx * dx + dy * dy + dz * dz
  if (d2 >= state[3]) return
  state[3] = d2
  state[4] = state[0] - dx
  state[5] = state[1] - dy
  state[6] = state[2] - dz
  nearest.triangle = t
  nearest.part = s === 0 ? 3 + k : s === 1 ? 3 + ((k + 1) % 3) : k
}

/** Whether the point in `nearest` lies on the border of an open surface: beyond it there is no side to tell. */
export function nearestOnBorder({ cells, across, borders }: Surface): boolean {
  const { triangle, part } = nearest
  if (part < 0) return false
  return part < 3 ? across[3 * triangle + part] < 0 : borders[cells.mesh.triangles[3 * triangle + part - 3]] === 1
}

/** The distance in `nearest` with its side: negative behind the surface (pseudonormals, Bærentzen & Aanæs 2005). */
export function signedByNearest(surface: Surface, x: number, y: number, z: number): number {
  const { triangle: t, part } = nearest
  const { faces, across, tips, cells } = surface
  const dx = x - nearest.x
  const dy = y - nearest.y
  const dz = z - nearest.z
  let along: number
  if (part >= 3) {
    const v = 3 * cells.mesh.triangles[3 * t + part - 3]
    along = dx * tips[v] + dy * tips[v + 1] + dz * tips[v + 2]
  } else {
    along = dx * faces[3 * t] + dy * faces[3 * t + 1] + dz * faces[3 * t + 2]
    const other = part >= 0 ? across[3 * t + part] : -1
    if (other >= 0) along += dx * faces[3 * other] + dy * faces[3 * other + 1] + dz * faces[3 * other + 2]
  }
  return along < 0 ? -nearest.distance : nearest.distance
}

/** The signed distance to the surface, mm; Infinity farther than the limit. `nearest` tells more about it. */
export function signedDistance(surface: Surface, x: number, y: number, z: number, limitMm = Infinity): number {
  return nearestPoint(surface, x, y, z, limitMm) < Infinity ? signedByNearest(surface, x, y, z) : Infinity
}
