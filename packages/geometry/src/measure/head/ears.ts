import type { Bvh } from '../../mesh/bvh.ts'
import { applyTo, inverse, type Mat4, turn } from '../../mesh/matrix.ts'
import { castRay } from '../../mesh/ray.ts'
import type { Vec3 } from '../../mesh/vector.ts'

/** An ear as seen from its side, in the head's frame (x forward, y left, z up). */
export interface Ear {
  /** mm, in the head's frame, of what stands out from the head */
  readonly top: number
  readonly bottom: number
  readonly front: number
  readonly back: number
  /** whether a place of the side view belongs to the ear, with a margin of 8 mm: where it is attached the skin rises */
  covers(x: number, z: number): boolean
  /** where the tragus meets the cheek above the ear canal; null where the ear's hollow is not in the scan */
  readonly tragion: Vec3 | null
}

const cell = 3
const columns = 33 // x from -148 to -52
const rows = 51 // z from -75 to 75
const left = -148
const low = -75

/**
 * Finds an ear in the view from one side. An ear stands out from the head by 10 to 25 mm and is less than 45 mm wide:
 * it is what a morphological opening with a larger disc removes (top hat: Serra 1982).
 * @param frame into the head's frame with its origin between sellion and subnasale
 * @param side 1 left, -1 right
 */
export function findEar(bvh: Bvh, frame: Mat4, side: 1 | -1): Ear | null {
  const heights = sideView(bvh, frame, side)
  const opened = spread(spread(heights, 24, -1), 24, 1)
  const stands = heights.map((h, i) => h - opened[i]) // NaN where nothing was seen
  const region = largestRegion(stands, (i) => stands[i] > 5)
  const size = region.reduce((sum, one) => sum + one, 0) * cell * cell
  const ear = extentOf(region)
  if (size < 250 || size > 3600 || ear.top - ear.bottom < 30 || ear.top - ear.bottom > 95) return null
  const wide = spread(Float64Array.from(region), 8, 1)
  const covers = (x: number, z: number) => {
    const column = Math.round((x - left) / cell)
    const row = Math.round((z - low) / cell)
    return column >= 0 && column < columns && row >= 0 && row < rows && wide[row * columns + column] > 0
  }
  return { ...ear, covers, tragion: tragionOf(heights, ear, side) }
}

/** How far the surface lies from the midplane, at a grid of places, seen from the side; NaN where there is none. */
function sideView(bvh: Bvh, frame: Mat4, side: 1 | -1): Float64Array {
  const back = inverse(frame)
  const towards = turn(back, [0, -side, 0])
  const out = new Float64Array(columns * rows).fill(NaN)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = applyTo(back, [left + column * cell, 160 * side, low + row * cell])
      const hit = castRay(bvh, from, towards, { max: 160 })
      if (hit) out[row * columns + column] = 160 - hit.t
    }
  }
  return out
}

/** Each cell's largest (sense 1) or smallest (-1) value within a radius, mm; cells without a value are left out. */
function spread(values: Float64Array, radius: number, sense: 1 | -1): Float64Array {
  const reach = Math.floor(radius / cell)
  const out = new Float64Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let best = -Infinity
      for (let r = Math.max(0, row - reach); r <= Math.min(rows - 1, row + reach); r++) {
        for (let c = Math.max(0, column - reach); c <= Math.min(columns - 1, column + reach); c++) {
          if ((r - row) ** 2 + (c - column) ** 2 > (radius / cell) ** 2) continue
          const value = sense * values[r * columns + c]
          if (value > best) best = value
        }
      }
      out[row * columns + column] = best > -Infinity ? sense * best : NaN
    }
  }
  return out
}

/** 1 for the cells of the largest connected region for which `inside` holds. */
function largestRegion(values: Float64Array, inside: (i: number) => boolean): Uint8Array {
  const label = new Int32Array(values.length).fill(-1)
  let best: number[] = []
  for (let start = 0; start < values.length; start++) {
    if (label[start] >= 0 || !inside(start)) continue
    const region = [start]
    label[start] = start
    for (let k = 0; k < region.length; k++) {
      const row = Math.floor(region[k] / columns)
      const column = region[k] % columns
      for (const [r, c] of [
        [row - 1, column],
        [row + 1, column],
        [row, column - 1],
        [row, column + 1],
      ]) {
        // prettier-ignore
        const i = r * columns + c
        if (r < 0 || r >= rows || c < 0 || c >= columns || label[i] >= 0 || !inside(i)) continue
        label[i] = start
        region.push(i)
      }
    }
    if (region.length > best.length) best = region
  }
  const out = new Uint8Array(values.length)
  for (const i of best) out[i] = 1
  return out
}

function extentOf(region: Uint8Array) {
  let top = -Infinity
  let bottom = Infinity
  let front = -Infinity
  let back = Infinity
  for (let i = 0; i < region.length; i++) {
    if (!region[i]) continue
    const z = low + Math.floor(i / columns) * cell
    const x = left + (i % columns) * cell
    top = Math.max(top, z)
    bottom = Math.min(bottom, z)
    front = Math.max(front, x)
    back = Math.min(back, x)
  }
  return { top, bottom, front, back }
}

/**
 * The tragion, from the concha: the hollow that a closing with a disc of 12 mm fills by more than 3 mm. It lies at the
 * hollow's front edge, 0.7 of its standard deviation above its middle (where the tragus ends upwards), on the cheek.
 * The hollow's figures are weighted by its depth, so that they do not jump from cell to cell.
 */
function tragionOf(
  heights: Float64Array,
  ear: { top: number; bottom: number; front: number; back: number },
  side: 1 | -1,
): Vec3 | null {
  const closed = spread(spread(heights, 12, 1), 12, -1)
  const depth = heights.map((h, i) => {
    const z = low + Math.floor(i / columns) * cell
    const x = left + (i % columns) * cell
    const near = z < ear.top - 8 && z > ear.bottom + 4 && x > ear.back && x < ear.front + 12
    return near ? Math.max(0, closed[i] - h - 3) : 0
  })
  const hollow = largestRegion(depth, (i) => depth[i] > 0)
  let weight = 0
  let mx = 0
  let mz = 0
  let xx = 0
  let zz = 0
  for (let i = 0; i < depth.length; i++) {
    if (!hollow[i]) continue
    const z = low + Math.floor(i / columns) * cell
    const x = left + (i % columns) * cell
    weight += depth[i]
    mx += depth[i] * x
    mz += depth[i] * z
    xx += depth[i] * x * x
    zz += depth[i] * z * z
  }
  if (weight < 25) return null
  const x = mx / weight + 1.9 * Math.sqrt(Math.max(0, xx / weight - (mx / weight) ** 2))
  const z = mz / weight + 0.7 * Math.sqrt(Math.max(0, zz / weight - (mz / weight) ** 2))
  const y = meanHeight(heights, x + 3, z)
  return Number.isNaN(y) ? null : [x, side * y, z]
}

/** The mean height near a place, nearer cells weighing more. */
function meanHeight(heights: Float64Array, x: number, z: number): number {
  let sum = 0
  let weight = 0
  for (let i = 0; i < heights.length; i++) {
    const dx = left + (i % columns) * cell - x
    const dz = low + Math.floor(i / columns) * cell - z
    const w = Math.exp(-(dx * dx + dz * dz) / (2 * 3 * 3))
    if (w < 0.01 || Number.isNaN(heights[i])) continue
    sum += w * heights[i]
    weight += w
  }
  return weight > 0.3 ? sum / weight : NaN
}
