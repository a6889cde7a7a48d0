import { type Bvh, maxDepth } from './bvh.ts'
import type { Vec3 } from './vector.ts'

/** Where a ray meets a triangle: at origin + t·direction. */
export interface Hit {
  readonly t: number
  readonly triangle: number
}

export interface RayLimits {
  /** smallest t that counts, 0 when not given */
  min?: number
  /** largest t that counts */
  max?: number
  /** a triangle that does not count: the one that the ray starts from */
  skip?: number
}

const stack = new Uint32Array(maxDepth + 2)
// the ray as the test wants it: its largest axis last, sheared so that it runs along that axis
const ray = { kx: 0, ky: 1, kz: 2, sx: 0, sy: 0, sz: 1 }

/**
 * The first triangle that a ray meets, on either side, or null. `t` counts in lengths of `direction`: millimetres when
 * that has length 1.
 * @throws RangeError for a direction of length 0
 */
export function castRay(bvh: Bvh, origin: Vec3, direction: Vec3, limits: RayLimits = {}): Hit | null {
  let best: Hit | null = null
  walk(bvh, origin, direction, limits, (hit) => {
    // of two triangles met at their common edge, the lower number: the answer does not hang on the tree
    if (!best || hit.t < best.t || hit.triangle < best.triangle) best = hit
    return best.t
  })
  return best
}

/**
 * Everything that a ray meets, the nearest first. A ray through an edge meets the triangles on both sides of it, and
 * never slips between them.
 */
export function castRayAll(bvh: Bvh, origin: Vec3, direction: Vec3, limits: RayLimits = {}): Hit[] {
  const hits: Hit[] = []
  const max = limits.max ?? Infinity
  walk(bvh, origin, direction, limits, (hit) => {
    hits.push(hit)
    return max
  })
  return hits.sort((p, q) => p.t - q.t || p.triangle - q.triangle)
}

/** Calls `meet` for each triangle met; what it returns is the largest t that counts from then on. */
function walk(bvh: Bvh, origin: Vec3, direction: Vec3, limits: RayLimits, meet: (hit: Hit) => number) {
  const { bounds, start, size, order } = bvh
  if (direction[0] === 0 && direction[1] === 0 && direction[2] === 0) throw new RangeError('a ray needs a direction')
  if (order.length === 0) return
  const [ox, oy, oz] = origin
  const ix = 1 / direction[0]
  const iy = 1 / direction[1]
  const iz = 1 / direction[2]
  const min = limits.min ?? 0
  const skip = limits.skip ?? -1
  let max = limits.max ?? Infinity
  shear(direction)
  let top = 0
  if (enters(bounds, 0, ox, oy, oz, ix, iy, iz, min, max) < Infinity) stack[top++] = 0
  while (top > 0) {
    const node = stack[--top]
    if (size[node] > 0) {
      for (let i = start[node]; i < start[node] + size[node]; i++) {
        if (order[i] === skip) continue
        const t = meets(bvh, order[i], ox, oy, oz)
        if (t >= min && t <= max) max = meet({ t, triangle: order[i] })
      }
      continue
    }
    const left = start[node]
    const toLeft = enters(bounds, 6 * left, ox, oy, oz, ix, iy, iz, min, max)
    const toRight = enters(bounds, 6 * left + 6, ox, oy, oz, ix, iy, iz, min, max)
    if (toLeft <= toRight) {
      if (toRight < Infinity) stack[top++] = left + 1
      if (toLeft < Infinity) stack[top++] = left
    } else {
      if (toLeft < Infinity) stack[top++] = left
      stack[top++] = left + 1
    }
  }
}

/** Where the ray enters a box, Infinity when it misses it (slabs; the widening is that of Ize 2013, Robust BVH ray traversal). */
function enters(
  bounds: Float32Array,
  at: number,
  ox: number,
  oy: number,
  oz: number,
  ix: number,
  iy: number,
  iz: number,
  min: number,
  max: number,
): number {
  let near = min
  let far = max
  // 0 · Infinity is NaN (a ray along a side of the box): every comparison with it is false, and the slab does not cut
  let low = (bounds[at] - ox) * ix
  let high = (bounds[at + 3] - ox) * ix
  if (ix < 0) {
    const other = low
    low = high
    high = other
  }
  if (low > near) near = low
  if (high * widening < far) far = high * widening
  low = (bounds[at + 1] - oy) * iy
  high = (bounds[at + 4] - oy) * iy
  if (iy < 0) {
    const other = low
    low = high
    high = other
  }
  if (low > near) near = low
  if (high * widening < far) far = high * widening
  low = (bounds[at + 2] - oz) * iz
  high = (bounds[at + 5] - oz) * iz
  if (iz < 0) {
    const other = low
    low = high
    high = other
  }
  if (low > near) near = low
  if (high * widening < far) far = high * widening
  return near <= far ? near : Infinity
}

const widening = 1 + 4 * Number.EPSILON

function shear([dx, dy, dz]: Vec3) {
  const x = Math.abs(dx)
  const y = Math.abs(dy)
  const z = Math.abs(dz)
  ray.kz = x > y && x > z ? 0 : y > z ? 1 : 2
  ray.kx = (ray.kz + 1) % 3
  ray.ky = (ray.kz + 2) % 3
  const along = [dx, dy, dz]
  ray.sz = 1 / along[ray.kz]
  ray.sx = along[ray.kx] * ray.sz
  ray.sy = along[ray.ky] * ray.sz
}

/** t where the ray meets a triangle, -Infinity when it misses (Woop, Benthin & Wald 2013, Watertight ray/triangle intersection). */
function meets({ mesh }: Bvh, triangle: number, ox: number, oy: number, oz: number): number {
  const { positions, triangles } = mesh
  const { kx, ky, kz, sx, sy } = ray
  const a = 3 * triangles[3 * triangle]
  const b = 3 * triangles[3 * triangle + 1]
  const c = 3 * triangles[3 * triangle + 2]
  const px = kx === 0 ? ox : kx === 1 ? oy : oz
  const py = ky === 0 ? ox : ky === 1 ? oy : oz
  const pz = kz === 0 ? ox : kz === 1 ? oy : oz
  const az = positions[a + kz] - pz
  const bz = positions[b + kz] - pz
  const cz = positions[c + kz] - pz
  const ax = positions[a + kx] - px - sx * az
  const ay = positions[a + ky] - py - sy * az
  const bx = positions[b + kx] - px - sx * bz
  const by = positions[b + ky] - py - sy * bz
  const cx = positions[c + kx] - px - sx * cz
  const cy = positions[c + ky] - py - sy * cz
  const u = cx * by - cy * bx
  const v = ax * cy - ay * cx
  const w = bx * ay - by * ax
  if ((u < 0 || v < 0 || w < 0) && (u > 0 || v > 0 || w > 0)) return -Infinity
  const det = u + v + w
  if (det === 0) return -Infinity
  return ((u * az + v * bz + w * cz) * ray.sz) / det
}
