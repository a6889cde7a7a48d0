import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { distance, length, unit, type Vec3 } from '../../mesh/vector.ts'
import { middleOfPoints } from '../fit/principal.ts'

/** Middles of triangles with their outward directions and areas: what is aligned. */
export interface Samples {
  count: number
  points: Float64Array
  normals: Float64Array
  areas: Float64Array
}

/**
 * Triangles cut into four until each piece is small beside the whole, so that a coarse mesh is asked as evenly as a
 * fine one; of a mesh of very many triangles, one in so many.
 */
export function samplesOf(mesh: Mesh, most: number): Samples {
  const faces = faceVectors(mesh)
  const stride = Math.max(1, Math.ceil(faces.length / 3 / most))
  let total = 0
  for (let t = 0; t < faces.length; t += 3) total += Math.hypot(faces[t], faces[t + 1], faces[t + 2]) / 2
  const piece = total / 5000
  const parts = (t: number) =>
    Math.max(1, Math.min(32, Math.ceil(Math.sqrt(Math.hypot(faces[t], faces[t + 1], faces[t + 2]) / 2 / piece))))
  let count = 0
  for (let t = 0; t < faces.length; t += 3 * stride) count += parts(t) ** 2
  const out: Samples = {
    count,
    points: new Float64Array(3 * count),
    normals: new Float64Array(3 * count),
    areas: new Float64Array(count),
  }
  const { positions, triangles } = mesh
  let at = 0
  for (let t = 0; t < faces.length; t += 3 * stride) {
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
    const sides = parts(t)
    // the middles of the equal triangles that lines along the sides cut it into: i + j below `sides`, upright ones
    // (thirds 1) and, between them, turned ones (thirds 2)
    for (let i = 0; i < sides; i++) {
      for (let j = 0; j < sides - i; j++) {
        for (let thirds = 1; thirds <= (j < sides - i - 1 ? 2 : 1); thirds++) {
          const p = (i + thirds / 3) / sides
          const q = (j + thirds / 3) / sides
          for (let k = 0; k < 3; k++) {
            const corner = positions[a + k]
            out.points[3 * at + k] = corner + p * (positions[b + k] - corner) + q * (positions[c + k] - corner)
            out.normals[3 * at + k] = size > 0 ? faces[t + k] / size : 0
          }
          out.areas[at++] = size / 2 / (sides * sides)
        }
      }
    }
  }
  return out
}

/** Some of the samples, each standing for an equal share of the area, taken along the list. */
export function thinned(all: Samples, wanted: number): Samples {
  if (all.count <= wanted) return all
  const total = all.areas.reduce((sum, area) => sum + area, 0)
  const chosen: number[] = []
  let passed = 0
  for (let i = 0; i < all.count; i++) {
    passed += all.areas[i]
    if (passed * wanted >= total * (chosen.length + 0.5)) chosen.push(i)
  }
  return { ...picked(all, chosen), areas: new Float64Array(chosen.length).fill(total / chosen.length) }
}

/** Those samples alone. */
export function picked({ points, normals, areas }: Samples, chosen: readonly number[]): Samples {
  const pick = (from: Float64Array) => Float64Array.from(chosen.flatMap((i) => [...from.subarray(3 * i, 3 * i + 3)]))
  return {
    count: chosen.length,
    points: pick(points),
    normals: pick(normals),
    areas: Float64Array.from(chosen, (i) => areas[i]),
  }
}

/** How far they reach from their middle, mm. */
export function reachOf({ count, points, areas }: Samples): number {
  const middle = middleOfPoints(points, areas)
  let reach = 0
  for (let i = 0; i < count; i++) {
    reach = Math.max(reach, distance([points[3 * i], points[3 * i + 1], points[3 * i + 2]], middle))
  }
  return reach
}

/** The direction to which they look all together; null when no side is shown more than the others, as of a closed skin. */
export function openSide({ count, normals, areas }: Samples): Vec3 | null {
  const sum: [number, number, number] = [0, 0, 0]
  let total = 0
  for (let i = 0; i < count; i++) {
    total += areas[i]
    for (let k = 0; k < 3; k++) sum[k] += areas[i] * normals[3 * i + k]
  }
  return length(sum) > 0.15 * total ? unit(sum) : null
}
