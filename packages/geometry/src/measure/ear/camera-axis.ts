import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { angleDeg, cross, perpendicular, step, unit, type Vec3 } from '../../mesh/vector.ts'

/**
 * The direction from which a range image was taken: the one that every triangle faces. A surface seen from one side
 * has walls that stand almost along that direction all round, so they pin it down to a fraction of a degree: it is
 * where the sum of area · exp(-sharp · cosine to it) is least (convex; Newton's method). What faces away clearly counts
 * by its area alone (the sum goes on straight there): a sliver that a remeshing left must not outweigh the walls.
 *
 * @param near where to begin, and 20° round which the direction is looked for
 * @returns null for a surface with undercuts, which no single view can have given
 */
export function cameraAxis(mesh: Mesh, near: Vec3): Vec3 | null {
  const faces = faceVectors(mesh)
  let axis = unit(near)
  const steep = steepOf(faces, axis)
  for (let round = 0; round < 60; round++) {
    // softly at first, so that Newton's steps find their way; sharply in the end, so that the steepest walls decide
    const sharp = round < 15 ? 25 : 100
    const u = perpendicular(axis)
    const v = cross(axis, u)
    let gu = 0
    let gv = 0
    let uu = 0
    let uv = 0
    let vv = 0
    for (let i = 0; i < steep.length; i += 4) {
      const x = steep[i]
      const y = steep[i + 1]
      const z = steep[i + 2]
      const cosine = x * axis[0] + y * axis[1] + z * axis[2]
      if (cosine > flat) continue
      const steepness = -sharp * cosine
      const pull = steep[i + 3] * Math.exp(Math.min(1, steepness))
      const a = x * u[0] + y * u[1] + z * u[2]
      const b = x * v[0] + y * v[1] + z * v[2]
      gu -= pull * a
      gv -= pull * b
      if (steepness > 1) continue
      uu += pull * sharp * a * a
      uv += pull * sharp * a * b
      vv += pull * sharp * b * b
    }
    const det = uu * vv - uv * uv
    if (!(det > 0)) return null
    let su = -(gu * vv - gv * uv) / det
    let sv = -(gv * uu - gu * uv) / det
    const size = Math.hypot(su, sv)
    if (size > 0.1) [su, sv] = [(su * 0.1) / size, (sv * 0.1) / size]
    axis = unit(step(step(axis, u, su), v, sv))
    if (size < 1e-10 && round >= 15) break
  }
  let away = 0
  let all = 0
  for (let i = 0; i < faces.length; i += 3) {
    const facing = faces[i] * axis[0] + faces[i + 1] * axis[1] + faces[i + 2] * axis[2]
    if (facing < 0) away -= facing
    all += Math.sqrt(faces[i] ** 2 + faces[i + 1] ** 2 + faces[i + 2] ** 2)
  }
  return away < undercut * all && angleDeg(axis, near) < 20 ? axis : null
}

/** This share of a surface may face away by its roughness; a piece of an ear's canal is ten times as much. */
const undercut = 2e-4

/** Triangles that face the camera more squarely than this cosine add next to nothing. */
const flat = 0.6

/** What may count from any axis within 20° of the expected one: direction of length 1 and twice the area, four a triangle. */
function steepOf(faces: Float64Array, axis: Vec3): Float64Array {
  const most = Math.cos(Math.acos(flat) - (20 * Math.PI) / 180)
  const out = new Float64Array((4 * faces.length) / 3)
  let used = 0
  for (let i = 0; i < faces.length; i += 3) {
    const x = faces[i]
    const y = faces[i + 1]
    const z = faces[i + 2]
    const size = Math.sqrt(x * x + y * y + z * z)
    if (size === 0 || x * axis[0] + y * axis[1] + z * axis[2] > most * size) continue
    out[used++] = x / size
    out[used++] = y / size
    out[used++] = z / size
    out[used++] = size
  }
  return out.subarray(0, used)
}
