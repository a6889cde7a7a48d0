import { solveNormal } from '../../measure/least-squares.ts'
import { blurred, type HeightMap, heightMap } from '../../mesh/height-map.ts'
import { identity } from '../../mesh/matrix.ts'
import { bounds, type Mesh } from '../../mesh/mesh.ts'
import { unit, type Vec3 } from '../../mesh/vector.ts'

/** The surface through the cusps and biting edges of a row of teeth whose crowns point along z. */
export interface CuspSurface {
  /** its height over each place, mm: a paraboloid, as the curves of Spee and Wilson bend the row both ways */
  height(x: number, y: number): number
  /** the normal of the plane that fits the cusps best, pointing out of the jaw */
  normal: Vec3
  /** the highest points of single cusps and edges, as the view along z shows them */
  tips: readonly Vec3[]
}

const cellMm = 0.4
/** A cusp is the highest place within this radius. */
const cuspRadiusMm = 1.8
/** Cusps lie no farther than this below the highest one: deeper summits are gum, palate and damage. */
const withinMm = 7

/** @returns null for a surface without a row of summits */
export function cuspSurface(teeth: Mesh): CuspSurface | null {
  const { min, max } = bounds(teeth)
  const view = heightMap(teeth, identity, { x0: min[0] - 1, y0: min[1] - 1, x1: max[0] + 1, y1: max[1] + 1 }, cellMm)
  const tips = summits(blurred(view, 0.4))
  const top = tips.reduce((most, tip) => Math.max(most, tip[2]), -Infinity)
  let kept = tips.filter((tip) => tip[2] > top - withinMm)
  if (kept.length < 6) return null
  let fit = fitted(kept)
  // what lies far under the surface is no cusp of its row; what stands out of it is
  for (let round = 0; round < 8 && fit; round++) {
    const { height } = fit
    const next = kept.filter((tip) => tip[2] > height(tip[0], tip[1]) - (round < 4 ? 2.5 : 1.5))
    if (next.length === kept.length && round >= 4) break
    if (next.length < 6) return null
    kept = next
    fit = fitted(kept)
  }
  if (!fit) return null
  let height = followed(fit.height, kept)
  // a molar that tips backwards leads away from the paraboloid, cusp by cusp
  for (let round = 0; round < 5; round++) {
    const next = tips.filter((tip) => kept.includes(tip) || tip[2] > height(tip[0], tip[1]) - 2)
    if (next.length === kept.length) break
    kept = next
    height = followed(fit.height, kept)
  }
  return { height, normal: fit.normal, tips: kept }
}

/** A tooth may stand lower or higher than the paraboloid: the cusps near a place draw the surface towards them. */
function followed(height: CuspSurface['height'], tips: readonly Vec3[]): CuspSurface['height'] {
  const off = tips.map(([x, y, z]) => z - height(x, y))
  const reach = 6
  return (x, y) => {
    let sum = 0
    let weight = 0.2
    for (let i = 0; i < tips.length; i++) {
      const far = ((x - tips[i][0]) ** 2 + (y - tips[i][1]) ** 2) / (reach * reach)
      if (far > 9) continue
      const w = Math.exp(-0.5 * far)
      sum += w * off[i]
      weight += w
    }
    return height(x, y) + sum / weight
  }
}

function summits({ x0, y0, cell, columns, rows, heights }: HeightMap): Vec3[] {
  const reach = Math.round(cuspRadiusMm / cell)
  const found: Vec3[] = []
  for (let row = reach; row < rows - reach; row++) {
    for (let column = reach; column < columns - reach; column++) {
      const here = heights[row * columns + column]
      if (Number.isNaN(here)) continue
      let highest = true
      for (let j = -reach; j <= reach && highest; j++) {
        for (let i = -reach; i <= reach; i++) {
          if (i * i + j * j > reach * reach || heights[(row + j) * columns + column + i] <= here) continue
          if (Number.isNaN(heights[(row + j) * columns + column + i])) continue
          highest = false
          break
        }
      }
      if (highest) found.push([x0 + column * cell, y0 + row * cell, here])
    }
  }
  return found
}

/** Least squares; bending is held back as by one cusp a term, so that few cusps in a line do not bend it wildly. */
function fitted(tips: readonly Vec3[]): Omit<CuspSurface, 'tips'> | null {
  const mx = tips.reduce((sum, tip) => sum + tip[0], 0) / tips.length
  const my = tips.reduce((sum, tip) => sum + tip[1], 0) / tips.length
  const size = 25
  const terms = (x: number, y: number) => {
    const u = (x - mx) / size
    const v = (y - my) / size
    return [1, u, v, u * u, u * v, v * v]
  }
  const solved = (count: number) => {
    const a = new Float64Array(count * count)
    const b = new Float64Array(count)
    for (const [x, y, z] of tips) {
      const t = terms(x, y)
      for (let i = 0; i < count; i++) {
        b[i] += t[i] * z
        for (let j = 0; j < count; j++) a[i * count + j] += t[i] * t[j]
      }
    }
    for (let i = 3; i < count; i++) a[i * count + i] += 1
    return solveNormal(a, b)
  }
  const plane = solved(3)
  const bent = solved(6)
  if (!plane || !bent) return null
  return {
    height: (x, y) => terms(x, y).reduce((sum, term, i) => sum + term * bent[i], 0),
    normal: unit([-plane[1] / size, -plane[2] / size, 1]),
  }
}
