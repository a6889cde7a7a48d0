import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { angleDeg, cross, perpendicular, step, unit, type Vec3 } from '../../mesh/vector.ts'

/**
 * The direction from which a range image was taken: the one that every triangle faces. A surface seen from one side
 * has walls that stand almost along that direction all round, so they pin it down to a fraction of a degree: it is
 * where the sum of area · exp(-sharp · cosine to it) is least (convex; Newton's method).
 *
 * @param near where to begin, and 20° round which the direction is looked for
 * @returns null for a surface with undercuts, which no single view can have given
 */
export function cameraAxis(mesh: Mesh, near: Vec3): Vec3 | null {
  const faces = faceVectors(mesh)
  const count = faces.length / 3
  let axis = unit(near)
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
    for (let i = 0; i < count; i++) {
      const x = faces[3 * i]
      const y = faces[3 * i + 1]
      const z = faces[3 * i + 2]
      const size = Math.sqrt(x * x + y * y + z * z)
      if (size === 0) continue
      const cosine = (x * axis[0] + y * axis[1] + z * axis[2]) / size
      if (cosine > 0.6) continue // adds next to nothing
      const weight = size * Math.exp(-sharp * cosine)
      const a = (x * u[0] + y * u[1] + z * u[2]) / size
      const b = (x * v[0] + y * v[1] + z * v[2]) / size
      gu -= weight * a
      gv -= weight * b
      uu += weight * sharp * a * a
      uv += weight * sharp * a * b
      vv += weight * sharp * b * b
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
  for (let i = 0; i < count; i++) {
    const facing = faces[3 * i] * axis[0] + faces[3 * i + 1] * axis[1] + faces[3 * i + 2] * axis[2]
    if (facing < 0) away -= facing
    all += Math.hypot(faces[3 * i], faces[3 * i + 1], faces[3 * i + 2])
  }
  return away < 0.005 * all && angleDeg(axis, near) < 20 ? axis : null
}
