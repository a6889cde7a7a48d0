import { dot, type Vec3 } from '../../mesh/vector.ts'
import { type Patch, patchAt, type Patches, patchPoint } from './patch.ts'

/** Where a patch is highest, when it is a summit; moves at most `reach` mm from its middle. */
function summit(patch: Patch, reach: number): { x: number; y: number } | null {
  const { c } = patch
  const det = 4 * c[3] * c[5] - c[4] * c[4]
  if (!(det > 0) || !(c[3] < 0)) return null
  const x = (-2 * c[5] * c[1] + c[4] * c[2]) / det
  const y = (-2 * c[3] * c[2] + c[4] * c[1]) / det
  return Math.hypot(x, y) <= reach ? { x, y } : null
}

/** What stands out farthest in a direction: the summit of the smooth surface there, not the most extreme vertex. */
export interface Extreme {
  readonly point: Vec3
  /** its coordinate along the direction, mm */
  readonly value: number
  /** mm: how rough the surface is there */
  readonly residual: number
  /** false where no summit could be fitted (a border, a sharp edge): then it is the most extreme vertex itself */
  readonly smooth: boolean
  /** the vertex it started from */
  readonly vertex: number
}

/**
 * The farthest point of a surface in a direction. Where climbing from the most extreme vertex ends at a border or
 * outside of the region, other starts are tried, at least `radius` from those that failed.
 * @param direction of length 1
 * @param radius mm, of the patch
 * @param region which points are looked at; all when not given
 * @param widest mm, what patches may grow to where vertices are few
 * @returns with `smooth` false when no summit was found: then it is the most extreme vertex; null without any vertex
 */
export function extremeAlong(
  patches: Patches,
  direction: Vec3,
  radius: number,
  region?: (x: number, y: number, z: number) => boolean,
  widest = Infinity,
): Extreme | null {
  const { positions } = patches.mesh
  const inside = new Uint8Array(positions.length / 3)
  for (let v = 0; v < inside.length; v++) {
    if (patches.without?.[v]) continue
    if (!region || region(positions[3 * v], positions[3 * v + 1], positions[3 * v + 2])) inside[v] = 1
  }
  let first: Extreme | null = null
  for (let tries = 0; tries < 6; tries++) {
    let best = -1
    let most = -Infinity
    for (let v = 0; v < inside.length; v++) {
      if (!inside[v]) continue
      const along =
        positions[3 * v] * direction[0] + positions[3 * v + 1] * direction[1] + positions[3 * v + 2] * direction[2]
      if (along > most) {
        most = along
        best = v
      }
    }
    if (best < 0) return first
    const found = summitNear(patches, best, direction, radius, widest)
    if (first && most < first.value - radius) return first // not the farthest any more
    if (found.smooth && (!region || region(found.point[0], found.point[1], found.point[2]))) return found
    first ??= { ...found, smooth: false }
    const at = 3 * best
    for (let v = 0; v < inside.length; v++) {
      const away = Math.hypot(
        positions[3 * v] - positions[at],
        positions[3 * v + 1] - positions[at + 1],
        positions[3 * v + 2] - positions[at + 2],
      )
      if (away < radius) inside[v] = 0
    }
  }
  return first
}

/**
 * Climbs the smooth surface from a vertex to the summit in a direction: to the patch's own summit where it has one
 * near, else up its slope. On what is flat or cylindrical it stops where there is nothing more to gain.
 */
function summitNear(patches: Patches, vertex: number, direction: Vec3, radius: number, widest: number): Extreme {
  const { positions } = patches.mesh
  const start: Vec3 = [positions[3 * vertex], positions[3 * vertex + 1], positions[3 * vertex + 2]]
  let point = start
  let best: Extreme | null = null
  for (let round = 0; round < 40; round++) {
    const patch = patchAt(patches, point, direction, radius, 0.35, widest)
    if (!patch) return { point: start, value: dot(start, direction), residual: 0, smooth: false, vertex }
    const here = patchPoint(patch)
    const value = dot(here, direction)
    // neighbouring patches disagree by a share of the noise: no gain, no summit farther on
    if (best && !(value > best.value + 1e-5)) break
    best = { point: here, value, residual: patch.residual, smooth: true, vertex }
    const { x, y } = uphill(patch, 0.5 * radius)
    point = patchPoint(patch, x, y)
  }
  return best!
}

/** Where a patch is higher than at its middle: at its summit, or up its slope; at most `reach` mm away. */
function uphill(patch: Patch, reach: number): { x: number; y: number } {
  const top = summit(patch, Infinity)
  const [, cx, cy, cxx, cxy, cyy] = patch.c
  if (top) {
    const far = Math.hypot(top.x, top.y)
    const by = far > reach ? reach / far : 1
    return { x: by * top.x, y: by * top.y }
  }
  const slope = Math.hypot(cx, cy)
  if (slope === 0) return { x: 0, y: 0 }
  const [ux, uy] = [cx / slope, cy / slope]
  const bend = cxx * ux * ux + cxy * ux * uy + cyy * uy * uy
  const by = bend < 0 ? Math.min(reach, -slope / (2 * bend)) : reach
  return { x: by * ux, y: by * uy }
}
