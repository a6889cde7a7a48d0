import { type Grid, grownBy } from './grid.ts'
import { redistanced } from './redistance.ts'

/**
 * The body that a ball of a radius can reach from inside everywhere (morphological opening, Serra 1982): outer edges
 * are rounded by it, and what is thinner than twice the radius is left away. Elsewhere the surface stays.
 * @param grid negative inside; it need not hold true distances
 * @returns true distances near the surface
 */
export function opened(grid: Grid, radiusMm: number): Grid {
  const reach = radiusMm + 3 * grid.cell
  const core = grownBy(redistanced(grid, reach), -radiusMm)
  return grownBy(redistanced(core, reach), radiusMm)
}
