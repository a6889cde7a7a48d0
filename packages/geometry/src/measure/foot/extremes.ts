import { dot, step, type Vec3 } from '../../mesh/vector.ts'
import { type Grain, type Skin, skinOver } from './skin.ts'

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
    const skin = skinOver(grain, point, direction)
    if (!skin) return raw
    const { x, y } = stepToTop(skin, 0.5 * skin.radius)
    const { c, u, v } = skin
    const rise = c[0] + c[1] * x + c[2] * y + c[3] * x * x + c[4] * x * y + c[5] * y * y
    point = step(step(step(point, u, x), v, y), direction, rise)
    if (Math.hypot(point[0] - start[0], point[1] - start[1], point[2] - start[2]) > 2.5 * skin.radius) return raw
    if (Math.abs(dot(point, direction) - raw.value) > 0.2 * skin.radius) return raw
    if (Math.hypot(x, y) < 1e-3) return { point, value: dot(point, direction), residual: skin.residual, smooth: true }
  }
  // a ridge without a top of its own: wherever one stands on it, it is as high
  return { point, value: dot(point, direction), residual: grain.noise, smooth: true }
}

/** The way to a patch's top: along each principal direction that is curved downwards, not along flat ones. */
function stepToTop({ c }: Skin, reach: number): { x: number; y: number } {
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
