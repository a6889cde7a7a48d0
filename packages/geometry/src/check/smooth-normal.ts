import type { Surface } from './nearest.ts'

/** Normals at the corners of a triangle are believed when they are no more than 30° from its own. */
const smooth = Math.cos(Math.PI / 6)

/**
 * The surface's normal at a point of a triangle: that of its corners, by their shares, where it is smooth there. A
 * triangle on a curved surface has the right normal only in its middle, and 10° make the wall of a tube 7% thinner.
 */
export function smoothNormal(
  { cells, faces, tips }: Surface,
  t: number,
  x: number,
  y: number,
  z: number,
  out: number[],
) {
  const { positions: p, triangles } = cells.mesh
  const fx = faces[3 * t]
  const fy = faces[3 * t + 1]
  const fz = faces[3 * t + 2]
  let nx = 0
  let ny = 0
  let nz = 0
  for (let k = 0; k < 3; k++) {
    const v = 3 * triangles[3 * t + k]
    const b = 3 * triangles[3 * t + ((k + 1) % 3)]
    const c = 3 * triangles[3 * t + ((k + 2) % 3)]
    // the share of a corner is the area across from it
    const ux = p[b] - x
    const uy = p[b + 1] - y
    const uz = p[b + 2] - z
    const vx = p[c] - x
    const vy = p[c + 1] - y
    const vz = p[c + 2] - z
    const share = Math.max(0, (uy * vz - uz * vy) * fx + (uz * vx - ux * vz) * fy + (ux * vy - uy * vx) * fz)
    const size = Math.sqrt(tips[v] ** 2 + tips[v + 1] ** 2 + tips[v + 2] ** 2) || 1
    const believed = (tips[v] * fx + tips[v + 1] * fy + tips[v + 2] * fz) / size > smooth
    nx += share * (believed ? tips[v] / size : fx)
    ny += share * (believed ? tips[v + 1] / size : fy)
    nz += share * (believed ? tips[v + 2] / size : fz)
  }
  const size = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1
  out[0] = nx / size
  out[1] = ny / size
  out[2] = nz / size
}
