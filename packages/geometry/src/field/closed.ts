import { type Grid, grownBy } from './grid.ts'
import { redistanced } from './redistance.ts'

/**
 * The body with every hollow filled that a ball of a radius cannot enter from outside (morphological closing, Serra
 * 1982): what a round tool, or skin, would leave of fissures and crevices. Elsewhere the surface stays.
 * @param grid true distances outside the body, as far as the radius and a cell
 * @returns true distances near the surface
 */
export function closed(grid: Grid, radiusMm: number): Grid {
  return grownBy(redistanced(grownBy(grid, radiusMm), radiusMm + 3 * grid.cell, 3 * grid.cell), -radiusMm)
}
