import { cropped, type Grid, grownBy } from './grid.ts'
import { redistanced } from './redistance.ts'

/**
 * The body that a ball of a radius can reach from inside everywhere (morphological opening, Serra 1982): outer edges
 * are rounded by it, and what is thinner than twice the radius is left away. Elsewhere the surface stays.
 * The grid that comes out is no larger than the body needs.
 * @param grid negative inside; it need not hold true distances
 * @param reachMm how deep within the distances that come out are to be true; outside they are for three cells
 */
export function opened(grid: Grid, radiusMm: number, reachMm = 3 * grid.cell): Grid {
  const near = 3 * grid.cell
  const body = cropped(grid, near + grid.cell)
  // no distances are asked but those about the core's surface: a node beside it is no farther off than two cells
  const beside = 2 * grid.cell
  const first = redistanced(body, radiusMm + beside, Math.max(beside - radiusMm, grid.cell / 2))
  const core = grownBy(first, -radiusMm)
  return grownBy(redistanced(core, Math.max(near, reachMm - radiusMm), radiusMm + near), radiusMm)
}
