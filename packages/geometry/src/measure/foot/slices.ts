import type { Mesh } from '../../mesh/mesh.ts'

/**
 * Slices across the x axis at even places: slice i lies at first + i · step. Its pieces of line are y z y z, four
 * numbers each, `pieces[4 from[i]]` to `pieces[4 from[i + 1] - 1]`. Seen from +x they run anticlockwise round what is
 * inside: along the sole towards +y.
 */
export interface Slices {
  readonly first: number
  readonly step: number
  readonly count: number
  readonly from: Uint32Array
  readonly pieces: Float64Array
}

/** All slices in two passes over the triangles: many slices cost hardly more than one. */
export function slicesOf(mesh: Mesh, first: number, step: number, count: number): Slices {
  const { positions, triangles } = mesh
  const from = new Uint32Array(count + 1)
  const place = (x: number) => (x - first) / step
  const eachCrossing = (visit: (slice: number, t: number) => void) => {
    for (let t = 0; t < triangles.length; t += 3) {
      const a = place(positions[3 * triangles[t]])
      const b = place(positions[3 * triangles[t + 1]])
      const c = place(positions[3 * triangles[t + 2]])
      const low = a < b ? (a < c ? a : c) : b < c ? b : c
      const high = a > b ? (a > c ? a : c) : b > c ? b : c
      // a vertex on a slice counts as in front of it
      const last = Math.min(count - 1, Math.floor(high))
      for (let i = Math.max(0, Math.floor(low) + 1); i <= last; i++) visit(i, t)
    }
  }
  eachCrossing((i) => from[i + 1]++)
  for (let i = 0; i < count; i++) from[i + 1] += from[i]
  const pieces = new Float64Array(4 * from[count])
  const next = from.slice()
  eachCrossing((i, t) => {
    const at = 4 * next[i]++
    for (let k = 0; k < 3; k++) {
      const p = 3 * triangles[t + k]
      const q = 3 * triangles[k === 2 ? t : t + k + 1]
      const pa = place(positions[p]) - i
      const qa = place(positions[q]) - i
      if (pa >= 0 === qa >= 0) continue
      const share = pa / (pa - qa)
      // the line comes in by the side that leads backwards
      const to = pa >= 0 ? at : at + 2
      pieces[to] = positions[p + 1] + share * (positions[q + 1] - positions[p + 1])
      pieces[to + 1] = positions[p + 2] + share * (positions[q + 2] - positions[p + 2])
    }
  })
  return { first, step, count, from, pieces }
}

/** What a slice's pieces reach to, of those points that lie below a height. */
export interface Reach {
  readonly right: number
  readonly left: number
  /** heights of the outermost points on both sides */
  readonly rightZ: number
  readonly leftZ: number
  /** highest point below three such heights: a leg that leans over the foot is not the foot's top */
  readonly top: number
}

/** @returns null where a slice has nothing below the height */
export function reachOf({ from, pieces }: Slices, i: number, low: number): Reach | null {
  let right = Infinity
  let left = -Infinity
  let rightZ = 0
  let leftZ = 0
  let top = -Infinity
  for (let k = 4 * from[i]; k < 4 * from[i + 1]; k += 2) {
    const y = pieces[k]
    const z = pieces[k + 1]
    if (z > top && z < 3 * low) top = z
    if (z > low) continue
    if (y < right) {
      right = y
      rightZ = z
    }
    if (y > left) {
      left = y
      leftZ = z
    }
  }
  return left > right ? { right, left, rightZ, leftZ, top } : null
}

/** The lowest height at which a slice is met from below at y, null where its sole is missing. */
export function soleAt({ from, pieces }: Slices, i: number, y: number): number | null {
  let lowest = Infinity
  let faces = 0
  for (let k = 4 * from[i]; k < 4 * from[i + 1]; k += 4) {
    const a = pieces[k] - y
    const b = pieces[k + 2] - y
    if (a > 0 === b > 0) continue
    const z = pieces[k + 1] + (a / (a - b)) * (pieces[k + 3] - pieces[k + 1])
    if (z < lowest) {
      lowest = z
      faces = b - a
    }
  }
  // through a hole in the sole one would see the back of the foot from within
  return faces > 0 ? lowest : null
}
