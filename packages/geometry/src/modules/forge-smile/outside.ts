import { closed } from '../../field/closed.ts'
import { roundIntersect } from '../../field/combine.ts'
import { distanceGrid } from '../../field/distance.ts'
import { type Grid, grownBy, interpolated, latticeOver } from '../../field/grid.ts'
import { corner, type Sdf } from '../../field/shapes.ts'
import type { Box } from '../../mesh/mesh.ts'
import { blockedOut } from '../../field/block-out.ts'
import type { Crowns } from './crowns.ts'

/** The outside of a splint as a body without a hollow, in the crowns' frame. */
export interface Outside {
  /** a wall's thickness off the crowns everywhere */
  walls: Sdf
  /** the same, raised over the cusps */
  raised: Sdf
  /** what goes on over the place of a missing tooth; null for a row without a gap */
  bar: Sdf | null
}

/** The outside is smooth, and a coarse lattice does for it. */
export const coarseMm = 0.85
/** What straight lines between the coarse lattice's points may take from the wall. */
const coarseErrorMm = 0.1

/**
 * As thick as wanted over the crowns, and smooth: it is grown by more than the wall and shrunk again by what that was
 * too much, so that a ball of that radius rolls over fissures and the gaps between teeth.
 * @param flat a plane to bite on instead of a surface that follows the cusps
 */
export function outsideOf(crowns: Crowns, box: Box, p: Readonly<Record<string, number>>, flat: boolean): Outside {
  const reach = p.wallMm + p.smoothMm
  const lattice = latticeOver(box, coarseMm, reach + 2 * coarseMm)
  const teeth = blockedOut(distanceGrid(crowns.teeth, lattice, reach + 2 * coarseMm), () => 0)
  const grid = grownBy(closed(grownBy(teeth, p.wallMm), p.smoothMm), coarseErrorMm)
  const walls = interpolated(grid)
  const bar = barOver(crowns, p, flat)
  if (!flat) return { walls, raised: interpolated(raisedBy(grid, p.occlusalMm - p.wallMm)), bar }
  const prism = interpolated(raisedBy(grid, box.max[2] - box.min[2]))
  const under: Sdf = (x, y, z) => z - crowns.level(x, y) - p.occlusalMm
  return { walls, raised: roundIntersect(prism, under, 2 * p.edgeRadiusMm), bar }
}

/** Free of the gum; within the row it lies inside the splint. */
function barOver({ span, cusps, level }: Crowns, p: Readonly<Record<string, number>>, flat: boolean): Sdf | null {
  if (!span) return null
  // below what is bitten on: it would bulge where both lie in one surface
  const top = (x: number, y: number) =>
    flat ? level(x, y) + p.occlusalMm - 1.2 : cusps.height(x, y) + p.occlusalMm / 2
  return (x, y, z) => {
    const middle = span(x, y)
    if (middle > 3) return middle
    // the plan is made of squares, and its outline a bit rough
    const inner = (2 * middle + span(x - 0.6, y) + span(x + 0.6, y) + span(x, y - 0.6) + span(x, y + 0.6)) / 6 + 0.3
    return corner(inner, Math.max(cusps.height(x, y) - Math.min(3, p.coverMm) - z, z - top(x, y)), 1)
  }
}

/** The body and all that it sweeps when it is lifted by so much along z. */
function raisedBy(grid: Grid, byMm: number): Grid {
  const { nx, ny, nz, cell } = grid
  if (!(byMm > 0)) return grid
  const plane = nx * ny
  const whole = Math.floor(byMm / cell)
  const part = byMm / cell - whole
  const values = grid.values.slice()
  for (let k = 0; k < nz; k++) {
    for (let n = 0; n < plane; n++) {
      const at = n + k * plane
      let least = grid.values[at]
      for (let s = 1; s <= whole && k - s >= 0; s++) least = Math.min(least, grid.values[at - s * plane])
      // the last piece of the way by straight lines
      if (k - whole - 1 >= 0) {
        const low = grid.values[at - (whole + 1) * plane]
        const high = grid.values[at - whole * plane]
        least = Math.min(least, high + part * (low - high))
      }
      values[at] = least
    }
  }
  return { ...grid, values }
}
