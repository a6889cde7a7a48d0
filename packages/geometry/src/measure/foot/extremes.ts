import type { Vec3 } from '../../mesh/vector.ts'
import { dot } from '../../mesh/vector.ts'
import { eachVertexNear, patchAt, patchPoint, type Patch, type Patches } from '../fit/patch.ts'

/** How rough a scan is, and so how wide one must look to see its surface. */
export interface Grain {
  readonly patches: Patches
  /** mm: standard deviation of the vertices from the smooth surface */
  readonly noise: number
}

/** Wider patches would say more about the fit than about the foot, mm. */
export const widestPatch = 15
const distances: number[] = []

/**
 * The radius round a point within which a patch has enough vertices to be fitted to, mm: it grows and shrinks with the
 * triangles, and does not jump when one vertex comes or goes. Noise wants at least 6 mm to even out.
 */
export function radiusAt({ patches, noise }: Grain, point: Vec3, up: Vec3): number {
  const { normals, edge } = patches
  const wanted = Math.round(9 + 5 * Math.min(1, noise / 0.05))
  let reach = 2.5 * edge
  for (let attempt = 0; attempt < 4; attempt++, reach *= 1.6) {
    distances.length = 0
    eachVertexNear(patches, point, reach, (v, squared) => {
      if (normals[3 * v] * up[0] + normals[3 * v + 1] * up[1] + normals[3 * v + 2] * up[2] > 0.35)
        distances.push(squared)
    })
    if (distances.length >= wanted) break
  }
  distances.sort((a, b) => a - b)
  const far = distances.length >= wanted ? Math.sqrt(distances[wanted - 1]) : 2.5 * edge
  return Math.max(1.2 * far, noise > 0.03 ? 6 : 0, 1)
}

/** The noise of a scan: the median distance of its vertices from smooth patches, at some 200 places over it. */
export function grainOf(patches: Patches): Grain {
  const { mesh, normals } = patches
  const count = mesh.positions.length / 3
  const residuals: number[] = []
  const stride = Math.max(1, Math.floor(count / 200))
  for (let v = 0; v < count; v += stride) {
    const point: Vec3 = [mesh.positions[3 * v], mesh.positions[3 * v + 1], mesh.positions[3 * v + 2]]
    const up: Vec3 = [normals[3 * v], normals[3 * v + 1], normals[3 * v + 2]]
    if (!(Math.hypot(...up) > 0.5)) continue
    const patch = patchAt(patches, point, up, radiusAt({ patches, noise: 0 }, point, up))
    // six of the distances are taken up by the fit itself
    if (patch && patch.count > 8) residuals.push(patch.residual * Math.sqrt(patch.count / (patch.count - 6)))
  }
  residuals.sort((a, b) => a - b)
  return { patches, noise: residuals.length > 0 ? residuals[residuals.length >> 1] : 0 }
}

/** What stands out farthest in a direction, on the smooth surface. */
export interface Cap {
  readonly point: Vec3
  /** coordinate along the direction, mm */
  readonly value: number
  /** mm: how rough the surface is there */
  readonly residual: number
  /** false at a border or a sharp edge: then it is the outermost vertex */
  readonly smooth: boolean
}

/**
 * The outermost point of the smooth surface near the outermost vertex: the top of a paraboloid fitted to the cap. The
 * vertex itself stands out too far on a noisy scan, and not far enough on a coarse one.
 * @param start the outermost vertex
 * @param direction of length 1
 */
export function capNear(grain: Grain, start: Vec3, direction: Vec3): Cap {
  const raw: Cap = { point: start, value: dot(start, direction), residual: grain.noise, smooth: false }
  let point = start
  for (let round = 0; round < 12; round++) {
    const radius = radiusAt(grain, point, direction)
    const patch = patchAt(grain.patches, point, direction, radius)
    if (!patch || radius > widestPatch || patch.residual > Math.max(0.25, 3 * grain.noise)) return raw
    const { x, y } = stepToTop(patch, 0.5 * radius)
    point = patchPoint(patch, x, y)
    if (Math.hypot(point[0] - start[0], point[1] - start[1], point[2] - start[2]) > 2.5 * radius) return raw
    if (Math.abs(dot(point, direction) - raw.value) > 0.2 * radius) return raw
    if (Math.hypot(x, y) < 1e-3) return { point, value: dot(point, direction), residual: patch.residual, smooth: true }
  }
  // a ridge without a top of its own: wherever one stands on it, it is as high
  return { point, value: dot(point, direction), residual: grain.noise, smooth: true }
}

/** The way to a patch's top: along each principal direction that is curved downwards, not along flat ones. */
function stepToTop({ c }: Patch, reach: number): { x: number; y: number } {
  const half = Math.hypot(c[3] - c[5], c[4])
  const turn = Math.atan2(c[4], c[3] - c[5]) / 2
  let x = 0
  let y = 0
  for (const [angle, curve] of [
    [turn, c[3] + c[5] + half],
    [turn + Math.PI / 2, c[3] + c[5] - half],
  ]) {
    const dx = Math.cos(angle)
    const dy = Math.sin(angle)
    const slope = c[1] * dx + c[2] * dy
    // flatter than a radius of 1 m it has no top that noise would not move about
    if (curve > -0.001) continue
    const by = Math.max(-reach, Math.min(reach, -slope / curve))
    x += by * dx
    y += by * dy
  }
  return { x, y }
}

/** The outermost vertex in a direction. @returns null when none is kept */
export function outermost(
  positions: Float64Array,
  direction: Vec3,
  keep: (x: number, y: number, z: number) => boolean,
): Vec3 | null {
  let best = -1
  let most = -Infinity
  for (let i = 0; i < positions.length; i += 3) {
    const along = positions[i] * direction[0] + positions[i + 1] * direction[1] + positions[i + 2] * direction[2]
    if (along > most && keep(positions[i], positions[i + 1], positions[i + 2])) {
      most = along
      best = i
    }
  }
  return best < 0 ? null : [positions[best], positions[best + 1], positions[best + 2]]
}
