import { add, cross, dot, scale, subtract, type Vec3 } from '../mesh/vector.ts'
import type { Box, Mesh } from '../mesh/mesh.ts'
import { box, type Sdf } from './shapes.ts'
import type { Frame } from './strokes.ts'
import { surfaceOfSdf } from './surface.ts'

/** A place that is to be drawn more finely: a box in a frame's own directions, with the frame's origin in its middle. */
export interface Detail {
  readonly frame: Frame
  readonly half: Vec3
  /** mm; see `surfaceOfSdf` */
  readonly cell: number
}

/**
 * As `surfaceOfSdf`, with finer cells in one place, such as that of letters. The lattice is turned into the place's
 * frame, and its planes stand closer where they pass through the place: what is drawn stays one closed surface.
 */
export function detailedSurface(sdf: Sdf, within: Box, cell: number, lipschitz: number, detail: Detail | null): Mesh {
  if (!detail) return surfaceOfSdf(sdf, within, cell, lipschitz)
  const { frame, half } = detail
  const axes = [frame.x, frame.y, cross(frame.x, frame.y)] as const
  const { min, max } = within
  const middle = scale(add(min, max), 0.5)
  const size = scale(subtract(max, min), 0.5)
  const cut = box(middle, size)
  const along = axes.map((axis, k) => {
    const reach = Math.abs(axis[0]) * size[0] + Math.abs(axis[1]) * size[1] + Math.abs(axis[2]) * size[2]
    const centre = dot(subtract(middle, frame.origin), axis)
    return closerPlanes(centre - reach, centre + reach, half[k], detail.cell / cell)
  })
  const [u, v, w] = along
  const place = (p: number, q: number, r: number): Vec3 =>
    add(frame.origin, add(scale(axes[0], u.at(p)), add(scale(axes[1], v.at(q)), scale(axes[2], w.at(r)))))
  const turned: Sdf = (p, q, r) => {
    const [x, y, z] = place(p, q, r)
    return Math.max(sdf(x, y, z), cut(x, y, z))
  }
  const lattice: Box = { min: [u.from, v.from, w.from], max: [u.to, v.to, w.to] }
  const { positions, triangles } = surfaceOfSdf(turned, lattice, cell, lipschitz)
  const out = new Float64Array(positions.length)
  for (let i = 0; i < positions.length; i += 3) out.set(place(positions[i], positions[i + 1], positions[i + 2]), i)
  return { positions: out, triangles }
}

/**
 * An axis from `low` to `high` whose lattice planes stand `share` times as close between -half and half: where each
 * place on the even lattice lies on it.
 */
function closerPlanes(low: number, high: number, half: number, share: number) {
  const from = Math.max(low, -half)
  const to = Math.min(high, half)
  if (!(from < to)) return { from: low, to: high, at: (p: number) => p }
  const wide = (to - from) / share
  return {
    from: low,
    to: from + wide + (high - to),
    at: (p: number) => (p < from ? p : p < from + wide ? from + (p - from) * share : to + p - from - wide),
  }
}
