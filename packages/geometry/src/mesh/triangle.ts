import { faceVectors, type Mesh, perMesh } from './mesh.ts'
import { opposites } from './topology.ts'

/** The part of a triangle that is nearest: 0 its face; 1, 2, 3 the side from corner 0, 1, 2 on; 4, 5, 6 a corner. */
export type Feature = number

/** What a mesh's triangles need to be asked for the nearest point and for the side it is seen from. */
export interface Sides {
  readonly mesh: Mesh
  /** unit outward normals, three a triangle (0 0 0 where it has no area) */
  readonly faces: Float64Array
  /** angle-weighted normals, three a vertex, of any length */
  readonly corners: Float64Array
  /** the triangle across each side, -1 at a border */
  readonly across: Int32Array
  /** 1 for a vertex on a border */
  readonly borders: Uint8Array
}

export const sidesOf = perMesh((mesh): Sides => {
  const faces = faceVectors(mesh).slice()
  for (let i = 0; i < faces.length; i += 3) {
    const size = Math.sqrt(faces[i] ** 2 + faces[i + 1] ** 2 + faces[i + 2] ** 2) || 1
    faces[i] /= size
    faces[i + 1] /= size
    faces[i + 2] /= size
  }
  const opposite = opposites(mesh)
  const across = opposite.map((h) => (h < 0 ? -1 : Math.floor(h / 3)))
  const borders = new Uint8Array(mesh.positions.length / 3)
  const { triangles } = mesh
  for (let h = 0; h < opposite.length; h++) {
    if (opposite[h] >= 0) continue
    borders[triangles[h]] = 1
    borders[triangles[h % 3 === 2 ? h - 2 : h + 1]] = 1
  }
  return { mesh, faces, corners: angleWeighted(mesh, faces), across, borders }
})

/** Vertex normals weighted by the corner's angle: the side they tell is right at every vertex (Thürmer & Wüthrich 1998). */
function angleWeighted({ positions, triangles }: Mesh, faces: Float64Array): Float64Array {
  const out = new Float64Array(positions.length)
  for (let corner = 0; corner < triangles.length; corner++) {
    const t = corner - (corner % 3)
    const p = 3 * triangles[corner]
    const q = 3 * triangles[t + ((corner - t + 1) % 3)]
    const r = 3 * triangles[t + ((corner - t + 2) % 3)]
    const ux = positions[q] - positions[p]
    const uy = positions[q + 1] - positions[p + 1]
    const uz = positions[q + 2] - positions[p + 2]
    const vx = positions[r] - positions[p]
    const vy = positions[r + 1] - positions[p + 1]
    const vz = positions[r + 2] - positions[p + 2]
    const cx = uy * vz - uz * vy
    const cy = uz * vx - ux * vz
    const cz = ux * vy - uy * vx
    const angle = Math.atan2(Math.sqrt(cx * cx + cy * cy + cz * cz), ux * vx + uy * vy + uz * vz)
    out[p] += angle * faces[t]
    out[p + 1] += angle * faces[t + 1]
    out[p + 2] += angle * faces[t + 2]
  }
  return out
}

/** What `closestOnTriangle` found last: x, y, z, and the shares of corners 1 and 2 in that point (corner 0 has the rest). */
export const closest = new Float64Array(5)

/**
 * The point of triangle t nearest to (x, y, z): left in `closest`; returns the feature it lies on.
 * Ericson, Real-Time Collision Detection, 2005, 5.1.5.
 */
export function closestOnTriangle({ positions, triangles }: Mesh, t: number, x: number, y: number, z: number): Feature {
  const a = 3 * triangles[3 * t]
  const b = 3 * triangles[3 * t + 1]
  const c = 3 * triangles[3 * t + 2]
  const ax = positions[a]
  const ay = positions[a + 1]
  const az = positions[a + 2]
  const ux = positions[b] - ax
  const uy = positions[b + 1] - ay
  const uz = positions[b + 2] - az
  const vx = positions[c] - ax
  const vy = positions[c + 1] - ay
  const vz = positions[c + 2] - az
  const px = x - ax
  const py = y - ay
  const pz = z - az
  const pu = px * ux + py * uy + pz * uz
  const pv = px * vx + py * vy + pz * vz
  if (pu <= 0 && pv <= 0) return at(ax, ay, az, 0, 0, 4)
  const uu = ux * ux + uy * uy + uz * uz
  const uv = ux * vx + uy * vy + uz * vz
  const d3 = pu - uu
  const d4 = pv - uv
  if (d3 >= 0 && d4 <= d3) return at(ax + ux, ay + uy, az + uz, 1, 0, 5)
  const vv = vx * vx + vy * vy + vz * vz
  const vc = pu * d4 - d3 * pv
  // a side without length is not the nearest: the others have its corner too
  if (vc <= 0 && pu >= 0 && d3 <= 0 && uu > 0) {
    const s = pu / uu
    return at(ax + s * ux, ay + s * uy, az + s * uz, s, 0, 1)
  }
  const d5 = pu - uv
  const d6 = pv - vv
  if (d6 >= 0 && d5 <= d6) return at(ax + vx, ay + vy, az + vz, 0, 1, 6)
  const vb = d5 * pv - pu * d6
  if (vb <= 0 && pv >= 0 && d6 <= 0) {
    const s = vv > 0 ? pv / vv : 0
    return at(ax + s * vx, ay + s * vy, az + s * vz, 0, s, 3)
  }
  const va = d3 * d6 - d5 * d4
  if (va <= 0 && d4 >= d3 && d5 >= d6) {
    const s = (d4 - d3) / (d4 - d3 + (d5 - d6) || 1)
    return at(ax + ux + s * (vx - ux), ay + uy + s * (vy - uy), az + uz + s * (vz - uz), 1 - s, s, 2)
  }
  // never outside the triangle, whatever rounding made of a sliver
  const sum = va + vb + vc
  const s = Math.min(1, Math.max(0, vb / sum))
  const r = Math.min(1 - s, Math.max(0, vc / sum))
  return at(ax + s * ux + r * vx, ay + s * uy + r * vy, az + s * uz + r * vz, s, r, 0)
}

function at(x: number, y: number, z: number, s: number, r: number, feature: Feature): Feature {
  closest[0] = x
  closest[1] = y
  closest[2] = z
  closest[3] = s
  closest[4] = r
  return feature
}

/** Whether a triangle's feature is on the border of an open surface. */
export function onBorder({ mesh, across, borders }: Sides, t: number, feature: Feature): boolean {
  if (feature === 0) return false
  return feature < 4 ? across[3 * t + feature - 1] < 0 : borders[mesh.triangles[3 * t + feature - 4]] === 1
}

/** The pseudonormal of a triangle's feature, not of length 1 (Bærentzen & Aanæs 2005), written to `out`. */
export function pseudonormal({ mesh, faces, corners, across }: Sides, t: number, feature: Feature, out: Float64Array) {
  if (feature >= 4) {
    const v = 3 * mesh.triangles[3 * t + feature - 4]
    out[0] = corners[v]
    out[1] = corners[v + 1]
    out[2] = corners[v + 2]
    return
  }
  out[0] = faces[3 * t]
  out[1] = faces[3 * t + 1]
  out[2] = faces[3 * t + 2]
  const other = feature === 0 ? -1 : across[3 * t + feature - 1]
  if (other < 0) return
  out[0] += faces[3 * other]
  out[1] += faces[3 * other + 1]
  out[2] += faces[3 * other + 2]
}

/**
 * The triangle at which a walk over the surface from triangle t, always nearer to (x, y, z), ends: across a side
 * when the nearest point lies on it, round a corner when on that.
 */
export function downhill(sides: Sides, t: number, x: number, y: number, z: number): number {
  const { mesh, across } = sides
  let here = t
  let feature = closestOnTriangle(mesh, here, x, y, z)
  let best = squareTo(x, y, z)
  for (;;) {
    let next = -1
    const side = feature < 4 ? feature - 1 : (feature - 4 + 2) % 3
    const last = feature < 4 ? side : feature - 4
    for (let k = side; feature > 0; k = last) {
      // round a corner the walk goes on both ways, through triangles that touch no nearer than that corner
      let over = here
      let out = k
      for (let steps = 0; steps < 32; steps++) {
        const other = across[3 * over + out]
        if (other < 0 || other === here) break
        const found = closestOnTriangle(mesh, other, x, y, z)
        const d2 = squareTo(x, y, z)
        if (d2 < best * (1 - 1e-12)) {
          best = d2
          next = other
          feature = found
          break
        }
        if (feature < 4) break
        const corner = mesh.triangles[3 * here + feature - 4]
        out = otherSide(mesh, other, corner, over, across)
        over = other
        if (out < 0) break
      }
      if (next >= 0 || k === last) break
    }
    if (next < 0) return here
    here = next
  }
}

const squareTo = (x: number, y: number, z: number) =>
  (x - closest[0]) ** 2 + (y - closest[1]) ** 2 + (z - closest[2]) ** 2

/** Of the two sides of triangle t at a vertex, the one that does not lead back to `before`; -1 if there is none. */
function otherSide({ triangles }: Mesh, t: number, vertex: number, before: number, across: Int32Array): number {
  for (let k = 0; k < 3; k++) {
    const atVertex = triangles[3 * t + k] === vertex || triangles[3 * t + ((k + 1) % 3)] === vertex
    if (atVertex && across[3 * t + k] !== before) return k
  }
  return -1
}
