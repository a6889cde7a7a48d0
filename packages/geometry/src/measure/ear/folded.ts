import { distance, type Vec3 } from '../../mesh/vector.ts'
import { picked, type Samples } from './skin-samples.ts'

const cellMm = 8

/**
 * Where an ear may be in a scan that shows much more than one: the three places about which most skin lies in folds,
 * each with the 45 mm round it.
 */
export function foldedPlaces(all: Samples): Samples[] {
  const { count, points, normals, areas } = all
  const place = (i: number): Vec3 => [points[3 * i], points[3 * i + 1], points[3 * i + 2]]
  const origin = place(0)
  // of each cube of the space: its skin's area, the sum of its directions, and its middle, each by area
  const cells = new Map<string, Float64Array>()
  for (let i = 0; i < count; i++) {
    const key = [0, 1, 2].map((k) => Math.floor((points[3 * i + k] - origin[k]) / cellMm)).join()
    const cell = cells.get(key) ?? new Float64Array(7)
    cells.set(key, cell)
    cell[0] += areas[i]
    for (let k = 0; k < 3; k++) {
      cell[1 + k] += areas[i] * normals[3 * i + k]
      cell[4 + k] += areas[i] * points[3 * i + k]
    }
  }
  const middles = Array.from(cells.values(), (cell) => ({
    at: [cell[4] / cell[0], cell[5] / cell[0], cell[6] / cell[0]] as Vec3,
    cell,
  }))
  const places = middles.map(({ at }) => {
    const sum = new Float64Array(4)
    for (const { at: other, cell } of middles) {
      if (distance(at, other) < 28) for (let k = 0; k < 4; k++) sum[k] += cell[k]
    }
    // flat skin has as much area as it shows from its front
    return { at, folded: sum[0] - Math.hypot(sum[1], sum[2], sum[3]) }
  })
  places.sort((a, b) => b.folded - a.folded)
  const chosen: Vec3[] = []
  for (const { at } of places) {
    if (chosen.length < 3 && chosen.every((other) => distance(at, other) > 40)) chosen.push(at)
  }
  const indices = Array.from({ length: count }, (_, i) => i)
  return chosen.map((at) =>
    picked(
      all,
      indices.filter((i) => distance(place(i), at) < 45),
    ),
  )
}
