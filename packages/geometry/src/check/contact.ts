import type { Vec3 } from '../mesh/vector.ts'
import { nearest, nearestOnBorder, signedDistance, type Surface } from './nearest.ts'
import { isFree } from './rays.ts'
import { evenSamples, pointOf } from './samples.ts'
import { facing, sharedBy } from './share.ts'

/** How far the product's surface lies beyond the skin, mm: positive where it presses in, negative where a gap is. */
export interface Contact {
  readonly p05: number
  readonly p50: number
  readonly p95: number
  readonly min: number
  readonly max: number
  /** how far that is from what was intended, either way */
  readonly deviation: { readonly p50: number; readonly p95: number; readonly max: number; readonly at: Vec3 }
  readonly areaMm2: number
  /** of the skin in the region, what has the product before it (`sharedBy`), 0 to 1; 1 without a region */
  readonly share: number
  readonly samples: number
}

export interface ContactOptions {
  readonly intendedOffsetMm: number
  /** Where it is meant to touch. Without it: all of the product's surface that faces the scan within `reachMm`. */
  readonly region?: ((x: number, y: number, z: number) => boolean) | null
  /**
   * The product is a copy of the scan and not its counterpart (a dress form): its surface is meant to look the same way
   * as the skin and to lie outside it by the offset.
   */
  readonly copies?: boolean
  /** How far the skin may be for a place to count; default 2 mm more than the offset. */
  readonly reachMm?: number
  readonly samples?: number
  readonly seed?: number
}

/**
 * The distance from the product to the scan over the contact region, from points spread evenly over the product's
 * surface. Counted are those whose nearest point of the scan is within reach, looks back at them, is not hidden from
 * them by the product itself (an inner face of a shell touches nothing) and does not lie on the scan's border: past that
 * nobody knows where the skin is.
 * @returns null when no point counts
 */
export function contactOf(product: Surface, scan: Surface, options: ContactOptions): Contact | null {
  const {
    intendedOffsetMm,
    region,
    copies = false,
    reachMm = Math.abs(intendedOffsetMm) + 2,
    samples: count = 20_000,
    seed = 1,
  } = options
  const { mesh } = product.cells
  const samples = evenSamples(mesh, count, seed)
  const found: number[] = []
  const from: number[] = []
  for (let n = 0; n < samples.count; n++) {
    const [x, y, z] = pointOf(samples, n)
    if (region && !region(x, y, z)) continue
    const d = signedDistance(scan, x, y, z, reachMm)
    if (d === Infinity || nearestOnBorder(scan)) continue
    const t = 3 * nearest.triangle
    const towards =
      samples.normals[3 * n] * scan.faces[t] +
      samples.normals[3 * n + 1] * scan.faces[t + 1] +
      samples.normals[3 * n + 2] * scan.faces[t + 2]
    if ((copies ? -towards : towards) > facing) continue
    const own = samples.triangles[n]
    if (Math.abs(d) > farMm && !isFree(product.cells, x, y, z, nearest.x, nearest.y, nearest.z, own)) continue
    found.push(copies ? d : -d)
    from.push(n)
  }
  if (found.length === 0) return null
  let worst = 0
  found.forEach((value, i) => {
    if (Math.abs(value - intendedOffsetMm) > Math.abs(found[worst] - intendedOffsetMm)) worst = i
  })
  const off = Float64Array.from(found, (value) => Math.abs(value - intendedOffsetMm)).sort()
  const at = pointOf(samples, from[worst])
  const values = Float64Array.from(found).sort()
  return {
    p05: quantile(values, 0.05),
    p50: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    min: values[0],
    max: values[values.length - 1],
    deviation: { p50: quantile(off, 0.5), p95: quantile(off, 0.95), max: off[off.length - 1], at },
    areaMm2: (samples.areaMm2 * found.length) / samples.count,
    share: region ? sharedBy(product, scan, region, copies, reachMm) : 1,
    samples: found.length,
  }
}

/** Nearer than this to the skin no product has two faces, mm. */
const farMm = 0.6

/** Of sorted values, that below which a share of them lies. */
const quantile = (sorted: Float64Array, share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
