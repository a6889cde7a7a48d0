import type { Mat4 } from './matrix.ts'
import { type Mesh, transformed } from './mesh.ts'

/**
 * A surface seen along z from above: over each point (x, y) the height of what is seen first, mm. Undercuts lie
 * hidden, and their edge is a jump. For an ear it is the lateral view, as a photograph for anthropometry shows it.
 */
export interface HeightMap {
  /** the view's corner and the distance between its points, mm */
  readonly x0: number
  readonly y0: number
  readonly cell: number
  readonly columns: number
  readonly rows: number
  /** row by row from y0 upwards; NaN where the scan shows nothing */
  readonly heights: Float64Array
}

/** The map of a mesh after a transform, over a box in the map's coordinates: each triangle's exact height at each point. */
export function heightMap(
  mesh: Mesh,
  intoView: Mat4,
  box: { x0: number; y0: number; x1: number; y1: number },
  cell: number,
): HeightMap {
  const columns = Math.ceil((box.x1 - box.x0) / cell) + 1
  const rows = Math.ceil((box.y1 - box.y0) / cell) + 1
  const heights = new Float64Array(columns * rows).fill(NaN)
  const { positions, triangles } = transformed({ positions: mesh.positions, triangles: mesh.triangles }, intoView)
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const ax = (positions[a] - box.x0) / cell
    const ay = (positions[a + 1] - box.y0) / cell
    const bx = (positions[b] - box.x0) / cell
    const by = (positions[b + 1] - box.y0) / cell
    const cx = (positions[c] - box.x0) / cell
    const cy = (positions[c + 1] - box.y0) / cell
    const twice = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if (!(twice > 1e-12)) continue // turned away, or seen on edge
    const fromRow = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 1e-9))
    const toRow = Math.min(rows - 1, Math.floor(Math.max(ay, by, cy) + 1e-9))
    const fromColumn = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 1e-9))
    const toColumn = Math.min(columns - 1, Math.floor(Math.max(ax, bx, cx) + 1e-9))
    for (let row = fromRow; row <= toRow; row++) {
      for (let column = fromColumn; column <= toColumn; column++) {
        const wb = ((column - ax) * (cy - ay) - (row - ay) * (cx - ax)) / twice
        const wc = ((bx - ax) * (row - ay) - (by - ay) * (column - ax)) / twice
        if (wb < -1e-9 || wc < -1e-9 || wb + wc > 1 + 1e-9) continue
        const z =
          positions[a + 2] + wb * (positions[b + 2] - positions[a + 2]) + wc * (positions[c + 2] - positions[a + 2])
        const at = row * columns + column
        if (!(heights[at] >= z)) heights[at] = z
      }
    }
  }
  return { x0: box.x0, y0: box.y0, cell, columns, rows, heights }
}

/** The height over (x, y), between the view's points by straight lines; NaN outside and beside gaps. */
export function heightAt({ x0, y0, cell, columns, rows, heights }: HeightMap, x: number, y: number): number {
  const u = (x - x0) / cell
  const v = (y - y0) / cell
  const column = Math.floor(u)
  const row = Math.floor(v)
  if (!(column >= 0 && row >= 0 && column < columns - 1 && row < rows - 1)) return NaN
  const at = row * columns + column
  const s = u - column
  const t = v - row
  return (
    (1 - t) * ((1 - s) * heights[at] + s * heights[at + 1]) +
    t * ((1 - s) * heights[at + columns] + s * heights[at + columns + 1])
  )
}

/** The view blurred by a Gaussian of the given standard deviation, mm; what is not seen does not count. */
export function blurred(view: HeightMap, sigma: number): HeightMap {
  const { cell, columns, rows } = view
  const reach = Math.ceil((3 * sigma) / cell)
  const weights = Array.from({ length: reach + 1 }, (_, k) => Math.exp(-0.5 * ((k * cell) / sigma) ** 2))
  const along = (from: Float64Array, step: number, count: number, other: number, otherStep: number) => {
    const out = new Float64Array(from.length)
    for (let line = 0; line < other; line++) {
      for (let i = 0; i < count; i++) {
        let sum = 0
        let weight = 0
        for (let k = Math.max(0, i - reach); k <= Math.min(count - 1, i + reach); k++) {
          const value = from[line * otherStep + k * step]
          if (Number.isNaN(value)) continue
          sum += weights[Math.abs(k - i)] * value
          weight += weights[Math.abs(k - i)]
        }
        out[line * otherStep + i * step] = weight > 0 ? sum / weight : NaN
      }
    }
    return out
  }
  const across = along(view.heights, 1, columns, rows, columns)
  return { ...view, heights: along(across, columns, rows, columns, 1) }
}
