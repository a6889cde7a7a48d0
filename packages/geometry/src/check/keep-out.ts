import type { Vec3 } from '../mesh/vector.ts'
import { visitBox } from './cells.ts'
import type { Surface } from './nearest.ts'
import { windingAt } from './rays.ts'

/** A box that must hold no material: its middle, its axes (unit, at right angles) and half its size along each, mm. */
export interface KeepOut {
  readonly name: string
  readonly middle: Vec3
  readonly axes: readonly [Vec3, Vec3, Vec3]
  readonly half: Vec3
}

/**
 * How far material reaches into a box, mm: the depth of the deepest point of the body's surface within it, or half of
 * the box's least side when its middle is in material.
 */
export function intrusionOf({ cells }: Surface, { middle, axes, half }: KeepOut): number {
  if (windingAt(cells, middle[0], middle[1], middle[2]) !== 0) return Math.min(...half)
  const reach = [0, 1, 2].map((k) => axes.reduce((sum, axis, i) => sum + Math.abs(axis[k]) * half[i], 0))
  const { positions: p, triangles } = cells.mesh
  let deepest = 0
  const local = (v: number, i: number) =>
    (p[v] - middle[0]) * axes[i][0] + (p[v + 1] - middle[1]) * axes[i][1] + (p[v + 2] - middle[2]) * axes[i][2]
  visitBox(
    cells,
    middle[0] - reach[0],
    middle[1] - reach[1],
    middle[2] - reach[2],
    middle[0] + reach[0],
    middle[1] + reach[1],
    middle[2] + reach[2],
    (t) => {
      const corners = [0, 1, 2].map((k) => [0, 1, 2].map((i) => local(3 * triangles[3 * t + k], i)))
      deepest = Math.max(deepest, depthOf(corners, half))
    },
  )
  return deepest
}

/** Of a triangle, given in the box's own axes, the depth of its deepest point in the box; 0 when it is outside. */
function depthOf(corners: number[][], half: Vec3): number {
  // the depth is the least of six heights over the box's sides, each of which is linear: by halving how deep a box,
  // shrunk by that much all round, the triangle still meets
  let low = 0
  let high = Math.min(...half)
  if (!meetsBox(corners, half, 0)) return 0
  for (let turn = 0; turn < 30; turn++) {
    const middle = (low + high) / 2
    if (meetsBox(corners, half, middle)) low = middle
    else high = middle
  }
  return low
}

/** Whether a triangle meets the box shrunk by so much: it is cut by each of the six sides and something is left. */
function meetsBox(corners: number[][], half: Vec3, shrunk: number): boolean {
  let polygon = corners
  for (let k = 0; k < 3; k++) {
    for (const side of [-1, 1]) {
      const limit = half[k] - shrunk
      const cut: number[][] = []
      for (let i = 0; i < polygon.length; i++) {
        const a = polygon[i]
        const b = polygon[(i + 1) % polygon.length]
        const over = side * a[k] - limit
        const next = side * b[k] - limit
        if (over <= 0) cut.push(a)
        // Sutherland & Hodgman 1974
        if (over < 0 !== next < 0 && over !== next)
          cut.push(a.map((value, axis) => value + ((b[axis] - value) * over) / (over - next)))
      }
      polygon = cut
    }
  }
  return polygon.length > 0
}
