import { type Grid, grownBy } from './grid.ts'
import { redistanced } from './redistance.ts'

/**
 * The body that a ball of a radius can reach from inside everywhere (morphological opening, Serra 1982): outer edges
 * are rounded by it, and what is thinner than twice the radius is left away. Elsewhere the surface stays.
 * @param grid negative inside; it need not hold true distances
 * @param reachMm how far from the surface the distances that come out are to be true
 */
export function opened(grid: Grid, radiusMm: number, reachMm = 3 * grid.cell): Grid {
  const core = grownBy(redistanced(grid, radiusMm + 3 * grid.cell), -radiusMm)
  return grownBy(redistanced(core, radiusMm + reachMm), radiusMm)
}
