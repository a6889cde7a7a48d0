import { applyTo } from '../../mesh/matrix.ts'
import { area, faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { distance, type Vec3 } from '../../mesh/vector.ts'
import { patchAt, patchesOfPoints } from '../fit/patch.ts'
import { clamp, within } from '../fit/ramp.ts'
import { evenSamples } from '../fit/symmetry.ts'
import type { Reading } from '../measurement.ts'
import type { HeadScan } from './cranium.ts'
import { midplaneLikeness } from './midplane.ts'
import { noseLikeness } from './nose.ts'

/**
 * How much of the head is in the scan: the share of directions from its middle (the face: from behind the nose, 45°
 * round it; the skull: above the height of the eyes) in which there is a surface within 150 mm; and how much of what
 * is there belongs to a neck's base or shoulders.
 */
export function coverageOf({ bvh, pose }: HeadScan): Record<string, number> {
  const { positions, triangles } = bvh.mesh
  const faces = faceVectors(bvh.mesh)
  const middle = pose.face ? [-95, 0, 25] : [0, 0, 0]
  const bins = 12 * 24
  const seen = new Uint8Array(bins)
  let total = 0
  let shoulders = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const p = applyTo(pose.frame, [positions[a], positions[a + 1], positions[a + 2]])
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    total += size
    if (Math.abs(p[1]) > 85 && p[2] < -85) shoulders += size
    const [x, y, z] = [p[0] - middle[0], p[1] - middle[1], p[2] - middle[2]]
    const r = Math.hypot(x, y, z)
    if (!(r > 20) || r > 150) continue
    const band = Math.min(11, Math.floor(6 * (z / r + 1)))
    const sector = Math.min(23, Math.floor((12 * (Math.atan2(y, x) + Math.PI)) / Math.PI))
    seen[band * 24 + sector] = 1
  }
  const share = (belongs: (band: number, sector: number) => boolean) => {
    let all = 0
    let hit = 0
    for (let band = 0; band < 12; band++) {
      for (let sector = 0; sector < 24; sector++) {
        if (!belongs(band, sector)) continue
        all++
        hit += seen[band * 24 + sector]
      }
    }
    return hit / all
  }
  const skull = share((band) => band >= 6)
  if (!pose.face) return { skull, whole: share(() => true) }
  return {
    face: share((band, sector) => band >= 2 && band <= 8 && sector >= 9 && sector < 15),
    skull,
    back: share((band, sector) => band >= 4 && band < 11 && (sector < 6 || sector >= 18)),
    shoulders: total > 0 ? shoulders / total : 0,
  }
}

/**
 * The share of a surface that bends as a skull does: outwards in every direction, with radii from 45 to 150 mm. A
 * quarter of a head with its neck and a tenth of a single frame of one do; of hands, feet, ears and teeth next to
 * nothing.
 */
function skullShare(mesh: Mesh): number {
  const samples = evenSamples(mesh, 5000)
  const patches = patchesOfPoints(samples.points, samples.normals, area(mesh), 11)
  let seen = 0
  let skull = 0
  for (let i = 0; i < samples.points.length; i += 3 * 13) {
    const point: Vec3 = [samples.points[i], samples.points[i + 1], samples.points[i + 2]]
    const up: Vec3 = [samples.normals[i], samples.normals[i + 1], samples.normals[i + 2]]
    seen++
    const patch = patchAt(patches, point, up, 22, 0.2)
    if (!patch) continue
    const mean = -(patch.c[3] + patch.c[5])
    const spread = Math.hypot(patch.c[3] - patch.c[5], patch.c[4])
    if (mean + spread < 1 / 45 && mean + spread > 1 / 130 && mean - spread > 1 / 150) skull++
  }
  return seen > 0 ? skull / seen : 0
}

/**
 * How much a scan looks like a head: mirror-symmetric, with a nose of a nose's size, a face of a face's size, and
 * nothing much beside head and neck. Shoulders lower it (a bust may be a sculpture's). A shape without a face gets
 * 0.58 at most, when it bends as a skull does and has a skull's size.
 */
export function likenessOf(
  { bvh, pose }: HeadScan,
  coverage: Record<string, number>,
  measurements: Record<string, Reading>,
): number {
  const { positions } = bvh.mesh
  let far = 0
  for (let i = 0; i < positions.length; i += 3) {
    const p = applyTo(pose.frame, [positions[i], positions[i + 1], positions[i + 2]])
    far = Math.max(far, Math.hypot(p[0] + (pose.face ? 95 : 0), p[1], p[2]))
  }
  const alone = 1 - clamp((far - 330) / 150)
  const sizes = [
    within(measurements.head_length?.value ?? 190, 130, 165, 225, 260),
    within(measurements.head_breadth?.value ?? 150, 100, 130, 175, 210),
    within(measurements.head_circumference?.value ?? 560, 400, 480, 660, 780),
  ]
  const size = Math.min(...sizes)
  const skull = 0.58 * clamp((skullShare(bvh.mesh) - 0.04) / 0.06) * alone
  if (pose.face) {
    const nose = pose.midplane.nose ? noseLikeness(pose.midplane.nose) : 0
    const length = distance(pose.face.sellion, pose.face.subnasale)
    const proportion = within(length, 22, 36, 66, 90)
    const mirror = clamp(midplaneLikeness(pose.midplane) / 0.6)
    const shape = mirror * proportion * (0.5 + 0.5 * nose)
    const bust = 1 - 0.25 * clamp(coverage.shoulders / 0.1)
    const whole = 0.75 + 0.25 * clamp((coverage.back + coverage.skull) / 1.8)
    return Math.max(skull, clamp(shape * size * bust * whole * alone))
  }
  return measurements.head_length && measurements.head_breadth ? Math.min(skull, 0.58 * size) : skull
}
