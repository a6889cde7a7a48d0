import type { Grid } from './grid.ts'

/**
 * The body with what lies in the shadow of its own upper parts filled, seen along z; of each overhang the outer
 * `held` mm still hold. The shadow of a shrunk body is the least distance straight above, shrunk likewise.
 * @param grid true distances outside the body
 * @param held over each place, mm: 0 fills every overhang whole
 */
export function blockedOut(grid: Grid, held: (x: number, y: number) => number): Grid {
  const { nx, ny, nz, cell, origin } = grid
  const values = grid.values.slice()
  const plane = nx * ny
  for (let n = 0; n < plane; n++) {
    const shrunk = held(origin[0] + (n % nx) * cell, origin[1] + Math.floor(n / nx) * cell)
    let above = Infinity
    for (let k = nz - 1; k >= 0; k--) {
      const d = grid.values[n + k * plane]
      if (d < above) above = d
      values[n + k * plane] = Math.min(d, above + shrunk)
    }
  }
  return { ...grid, values }
}
