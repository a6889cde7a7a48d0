import type { Vec3 } from '../mesh/vector.ts'
import type { Grid } from './grid.ts'

/**
 * How deep in the skin a point comes at worst on the straight way out, itself included: at each node the greatest
 * depth (minus the distance) along the ray from it in a direction. A body cut back to where this stays small can be
 * put in and taken out that way: undercuts are blocked out, as the trade does with wax.
 * @param skin distances, positive in the air
 * @param out the way out, of length 1; any direction
 */
export function depthOnWayOut(skin: Grid, out: Vec3): Grid {
  const { nx, ny, nz, cell } = skin
  const values = new Float32Array(skin.values.length)
  // steps as long as to the next layer across the axis that the way follows most
  const along = [0, 1, 2].reduce((best, axis) => (Math.abs(out[axis]) > Math.abs(out[best]) ? axis : best), 0)
  const stride = 1 / Math.abs(out[along])
  const shift = out.map((value) => value * stride)
  const forward = out[along] > 0
  const sizes = [nx, ny, nz]
  const strides = [1, nx, nx * ny]
  const [b, c] = [0, 1, 2].filter((axis) => axis !== along)
  const at = [0, 0, 0]
  for (let layer = 0; layer < sizes[along]; layer++) {
    at[along] = forward ? sizes[along] - 1 - layer : layer
    for (at[b] = 0; at[b] < sizes[b]; at[b]++) {
      for (at[c] = 0; at[c] < sizes[c]; at[c]++) {
        const n = at[0] + nx * (at[1] + ny * at[2])
        const u = at[b] + shift[b]
        const v = at[c] + shift[c]
        let beyond = -Infinity
        if (layer > 0 && u >= 0 && v >= 0 && u <= sizes[b] - 1 && v <= sizes[c] - 1) {
          const i = Math.min(sizes[b] - 2, Math.floor(u))
          const j = Math.min(sizes[c] - 2, Math.floor(v))
          const s = u - i
          const t = v - j
          const m =
            n + (forward ? strides[along] : -strides[along]) + (i - at[b]) * strides[b] + (j - at[c]) * strides[c]
          beyond =
            (1 - t) * ((1 - s) * values[m] + s * values[m + strides[b]]) +
            t * ((1 - s) * values[m + strides[c]] + s * values[m + strides[b] + strides[c]])
        }
        values[n] = Math.max(-skin.values[n], beyond)
      }
    }
  }
  return { origin: skin.origin, cell, nx, ny, nz, values }
}

/** Every so many-th node of a grid along each axis: for a first look. */
export function coarser(grid: Grid, by: number): Grid {
  const [nx, ny, nz] = [grid.nx, grid.ny, grid.nz].map((count) => Math.floor((count - 1) / by) + 1)
  const values = new Float32Array(nx * ny * nz)
  for (let k = 0, n = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) values[n] = grid.values[i * by + grid.nx * (j * by + grid.ny * k * by)]
    }
  }
  return { origin: grid.origin, cell: grid.cell * by, nx, ny, nz, values }
}
