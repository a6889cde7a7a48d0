import type { Mesh } from '../mesh/mesh.ts'
import { nearest, nearestPoint, type Surface } from './nearest.ts'
import { evenSamples, type Samples } from './samples.ts'

type Region = (x: number, y: number, z: number) => boolean

/** Product and skin look at each other where their outward normals are at least 120° apart. */
export const facing = -0.5
/** So many points of the skin in a region are enough to tell a share by. */
const enough = 400
const count = 20_000

/**
 * Of the skin in the region of contact, the share that has the product before it: whose nearest point of the product
 * is within reach and looks back at it (the same way, for a copy). The distances from the product to the skin say
 * nothing of a part of the product that is missing; this does.
 * @returns 0 to 1; 0 where no skin is in the region
 */
export function sharedBy(product: Surface, scan: Surface, region: Region, copies: boolean, reachMm: number): number {
  const samples = skinIn(region, scan.cells.mesh)
  let all = 0
  let met = 0
  for (let n = 0; n < samples.count; n++) {
    const x = samples.points[3 * n]
    const y = samples.points[3 * n + 1]
    const z = samples.points[3 * n + 2]
    if (!region(x, y, z)) continue
    all++
    if (nearestPoint(product, x, y, z, reachMm) === Infinity) continue
    const t = 3 * nearest.triangle
    const towards =
      samples.normals[3 * n] * product.faces[t] +
      samples.normals[3 * n + 1] * product.faces[t + 1] +
      samples.normals[3 * n + 2] * product.faces[t + 2]
    if ((copies ? -towards : towards) <= facing) met++
  }
  return all === 0 ? 0 : met / all
}

/** Points spread evenly over the skin; where too few are in the region, over what of the skin is about it. */
function skinIn(region: Region, mesh: Mesh): Samples {
  const samples = evenSamples(mesh, count)
  const min = [Infinity, Infinity, Infinity]
  const max = [-Infinity, -Infinity, -Infinity]
  let inside = 0
  for (let n = 0; n < samples.count; n++) {
    const p = samples.points.subarray(3 * n, 3 * n + 3)
    if (!region(p[0], p[1], p[2])) continue
    inside++
    for (let k = 0; k < 3; k++) {
      min[k] = Math.min(min[k], p[k])
      max[k] = Math.max(max[k], p[k])
    }
  }
  if (inside === 0 || inside >= enough) return samples
  // some spacings of the points that were found, so that the whole region is in the box
  const apart = 4 * Math.sqrt(samples.areaMm2 / samples.count)
  const { positions: p, triangles } = mesh
  const near: number[] = []
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
    let meets = true
    for (let k = 0; meets && k < 3; k++) {
      meets =
        Math.min(p[a + k], p[b + k], p[c + k]) <= max[k] + apart &&
        Math.max(p[a + k], p[b + k], p[c + k]) >= min[k] - apart
    }
    if (meets) near.push(triangles[t], triangles[t + 1], triangles[t + 2])
  }
  return evenSamples({ positions: p, triangles: Uint32Array.from(near) }, count)
}
