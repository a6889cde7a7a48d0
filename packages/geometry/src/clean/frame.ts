import { faceVectors } from '../mesh/mesh.ts'
import { opposites } from '../mesh/topology.ts'

/**
 * A single frame of a depth camera: points at the crossings of a camera's rays, seen from the origin. Pixel
 * (column, row) holds the number of its point, or -1.
 */
export interface Frame {
  readonly columns: number
  readonly rows: number
  readonly pixels: Int32Array
  /** the coordinate along which the camera looks (0, 1, 2), with its sign */
  readonly axis: 0 | 1 | 2
  readonly sign: 1 | -1
  /** between neighbouring rays, as a share of the depth */
  readonly pitch: number
}

/** The share of points that must lie on crossings for them to be a frame, and of crossings that hold a point. */
const onCrossings = 0.98
const leastFilled = 0.05

/**
 * The camera's frame that points came from, when they lie on the rays of a pinhole camera at the origin with even
 * pixels and no pixel holds two; null otherwise. The camera may look along any axis of coordinates, either way.
 */
export function frameOf(points: Float64Array): Frame | null {
  for (const axis of [2, 0, 1] as const) {
    const sign = sideOf(points, axis)
    const frame = sign === 0 ? null : frameAlong(points, axis, sign)
    if (frame) return frame
  }
  return null
}

/** On which side of the origin all points lie; 0 when on both, or so near that they are seen from among themselves. */
function sideOf(points: Float64Array, axis: number): 1 | -1 | 0 {
  let nearest = Infinity
  let farthest = -Infinity
  for (let i = axis; i < points.length; i += 3) {
    if (points[i] < nearest) nearest = points[i]
    if (points[i] > farthest) farthest = points[i]
  }
  if (nearest > 0.02 * farthest) return 1
  if (farthest < 0.02 * nearest) return -1
  return 0
}

function frameAlong(points: Float64Array, axis: 0 | 1 | 2, sign: 1 | -1): Frame | null {
  const count = points.length / 3
  const across = new Float64Array(count)
  const down = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const depth = points[3 * i + axis] * sign
    across[i] = points[3 * i + ((axis + 1) % 3)] / depth
    down[i] = points[3 * i + ((axis + 2) % 3)] / depth
  }
  const columns = evenSteps(across)
  const rows = evenSteps(down)
  if (!columns || !rows || Math.abs(columns.pitch / rows.pitch - 1) > 0.05) return null
  const size = columns.count * rows.count
  if (size > count / leastFilled) return null
  const pixels = new Int32Array(size).fill(-1)
  let doubles = 0
  for (let i = 0; i < count; i++) {
    const pixel = columns.of(across[i]) + columns.count * rows.of(down[i])
    if (pixels[pixel] < 0) pixels[pixel] = i
    else doubles++
  }
  if (doubles > (1 - onCrossings) * count) return null
  return { columns: columns.count, rows: rows.count, pixels, axis, sign, pitch: (columns.pitch + rows.pitch) / 2 }
}

/** The even steps that values come in, but for rounding; null when they do not. */
function evenSteps(values: Float64Array) {
  const sorted = values.toSorted()
  const low = sorted[0]
  const range = sorted[sorted.length - 1] - low
  // Within a column values differ by rounding, between columns by a step or a few: the smallest jump that is common.
  const jumps: number[] = []
  for (let i = 1; i < sorted.length; i++)
    if (sorted[i] - sorted[i - 1] > range * 1e-5) jumps.push(sorted[i] - sorted[i - 1])
  if (jumps.length < 8 || jumps.length > values.length / 4) return null
  let pitch = jumps.sort((a, b) => a - b)[jumps.length >> 1]
  // counted over the whole range the step is known far better than from one jump
  const steps = Math.round(range / pitch)
  pitch = range / steps
  let on = 0
  for (const value of values) {
    const at = (value - low) / pitch
    if (Math.abs(at - Math.round(at)) < 0.1) on++
  }
  if (on < onCrossings * values.length) return null
  return {
    pitch,
    count: steps + 1,
    of: (value: number) => Math.min(steps, Math.max(0, Math.round((value - low) / pitch))),
  }
}

/** Steeper than this against the camera's ray a surface is not believed: there depth cameras invent points. */
const steepestDeg = 78
/** A triangle that hangs by one side is believed up to this. */
const steepestHangingDeg = 65
const peelings = 8

export interface FrameSurface {
  readonly triangles: Uint32Array
  /** points between a near and a far surface, where there is nothing */
  readonly flying: number
  /** triangles taken off the border because they hang there by one side, away from the camera */
  readonly peeled: number
}

/**
 * Triangles between neighbouring pixels, seen by the camera from their front. Left out: points with a step on both
 * sides (flying pixels, between a near and a far surface), triangles that are steeper than 78° against the ray, and
 * the whiskers to which the last pixels of a silhouette are drawn out.
 */
export function triangulatedFrame(points: Float64Array, frame: Frame): FrameSurface {
  const { columns, rows, axis, sign, pitch } = frame
  const pixels = frame.pixels.slice()
  const depth = (pixel: number) => points[3 * pixels[pixel] + axis] * sign
  const steepest = Math.tan((steepestDeg * Math.PI) / 180)
  /** Whether depth jumps between two neighbouring pixels, both of which hold a point. */
  const jumps = (from: number, to: number) => {
    if (pixels[from] < 0 || pixels[to] < 0) return false
    const [p, q] = [depth(from), depth(to)]
    return Math.abs(p - q) > steepest * pitch * Math.min(p, q)
  }
  const flying: number[] = []
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const column = pixel % columns
    const [up, down] = [pixel - columns, pixel + columns]
    const stepAcross = column > 0 && column + 1 < columns && jumps(pixel, pixel - 1) && jumps(pixel, pixel + 1)
    if (stepAcross || (up >= 0 && down < pixels.length && jumps(pixel, up) && jumps(pixel, down))) flying.push(pixel)
  }
  for (const pixel of flying) pixels[pixel] = -1

  const triangles: number[] = []
  const add = (a: number, b: number, c: number) => {
    if (pixels[a] < 0 || pixels[b] < 0 || pixels[c] < 0 || jumps(a, b) || jumps(b, c) || jumps(c, a)) return
    // Columns, rows and depth are axes of coordinates in cyclic order: a b c is seen from where depth grows to.
    if (sign < 0) triangles.push(pixels[a], pixels[b], pixels[c])
    else triangles.push(pixels[a], pixels[c], pixels[b])
  }
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const a = row * columns + column
      const [b, c, d] = [a + 1, a + columns + 1, a + columns]
      // the diagonal over which depth changes less, or the one that leaves out the empty corner
      const all = pixels[a] >= 0 && pixels[b] >= 0 && pixels[c] >= 0 && pixels[d] >= 0
      if (all ? Math.abs(depth(a) - depth(c)) <= Math.abs(depth(b) - depth(d)) : pixels[b] < 0 || pixels[d] < 0) {
        add(a, b, c)
        add(a, c, d)
      } else {
        add(a, b, d)
        add(b, c, d)
      }
    }
  }
  const all = Uint32Array.from(triangles)
  const left = peeled(points, all)
  return { triangles: left, flying: flying.length, peeled: (all.length - left.length) / 3 }
}

/** Without the triangles that hang by one side and are seen from the origin at too flat an angle, a few times over. */
function peeled(positions: Float64Array, all: Uint32Array): Uint32Array {
  const least = Math.cos((steepestHangingDeg * Math.PI) / 180)
  let triangles = all
  for (let round = 0; round < peelings; round++) {
    const faces = faceVectors({ positions, triangles })
    const opposite = opposites({ positions, triangles })
    const gone = new Uint8Array(triangles.length / 3)
    let count = 0
    for (let t = 0; t < triangles.length; t += 3) {
      const sides = [opposite[t], opposite[t + 1], opposite[t + 2]]
      if (sides.filter((across) => across >= 0).length > 1) continue
      const p = 3 * triangles[t]
      const facing = -(faces[t] * positions[p] + faces[t + 1] * positions[p + 1] + faces[t + 2] * positions[p + 2])
      const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
      if (facing >= least * size * Math.hypot(positions[p], positions[p + 1], positions[p + 2])) continue
      gone[t / 3] = 1
      count++
    }
    if (count === 0) break
    triangles = triangles.filter((_, corner) => gone[Math.floor(corner / 3)] === 0)
  }
  return triangles
}
