import type { Bvh } from '../../mesh/bvh.ts'
import type { Polyline } from '../../mesh/polyline.ts'
import { type Plane, section } from '../../mesh/section.ts'

/**
 * Where a plane cuts a surface, as closed lines: pieces that holes have cut a line into are joined again, end to
 * nearest beginning, over gaps of at most `gap` mm. What cannot be closed that way is left out.
 */
export function closedSection(bvh: Bvh, plane: Plane, gap: number): Polyline[] {
  const lines = section(bvh.mesh, plane, { bvh })
  const closed = lines.filter((line) => line.closed)
  const open = lines.filter((line) => !line.closed && line.points.length >= 6).map(({ points }) => [...points])
  const apart = (from: number[], to: number[]) => {
    const n = from.length
    return Math.hypot(from[n - 3] - to[0], from[n - 2] - to[1], from[n - 1] - to[2])
  }
  while (open.length > 0) {
    // the smallest gap of all is closed first, be it between two pieces or the two ends of one
    let best = { gap: Infinity, from: 0, to: 0 }
    for (let i = 0; i < open.length; i++) {
      for (let j = 0; j < open.length; j++) {
        const wide = apart(open[i], open[j])
        if (wide < best.gap) best = { gap: wide, from: i, to: j }
      }
    }
    if (!(best.gap <= gap)) break
    const { from, to } = best
    if (from === to) {
      closed.push({ points: Float64Array.from(open[from]), closed: true })
      open.splice(from, 1)
    } else {
      open[from] = [...open[from], ...open[to]]
      open.splice(to, 1)
    }
  }
  return closed
}
