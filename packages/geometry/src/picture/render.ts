import { type Camera, enlarged } from './camera.ts'
import { hollowOfSample, hollows } from './cavity.ts'
import { byteOf, lightOf, type Studio, studioOf } from './light.ts'
import { pointDirections } from './points.ts'
import { emptyLayer, type Layer, rasterisePoints, rasteriseTriangles } from './raster.ts'
import { type Model, type Paint, paintPoint, paintTriangle, paper, seenBy, type Surface } from './surface.ts'

/** How near the solid surfaces are, mm (see `project`), one a pixel; -Infinity where there are none. */
export interface Depth {
  readonly width: number
  readonly height: number
  readonly nearness: Float32Array
}

/** A drawn panel, and what is needed to draw lines into it as if they were there in space. */
export interface Rendering extends Depth {
  /** r g b, sRGB, rows from the top */
  readonly pixels: Uint8Array
}

/**
 * Draws models as a studio photograph would show them: nearest surface first, translucent ones over it (two layers
 * of them), hollows darkened, the inner side of surfaces in another colour.
 * @param samples a side of a pixel: 2 gives four samples and soft edges
 * @param spare layers of panels drawn before, to be used again
 */
export function render(
  models: readonly Model[],
  camera: Camera,
  width: number,
  height: number,
  samples = 2,
  spare: Layer[] = [],
): Rendering {
  const fine = enlarged(camera, samples)
  const surfaces = seenBy(fine, models)
  const solid = emptyLayer(width * samples, height * samples, spare)
  rasteriseSolid(surfaces, fine, solid)
  const layers = [solid]
  if (models.some((model) => model.clear < 1)) {
    const front = emptyLayer(solid.width, solid.height, spare)
    const behind = emptyLayer(solid.width, solid.height, spare)
    for (const { model, flat } of surfaces) {
      if (model.clear < 1) rasteriseTriangles(front, flat, model.mesh.triangles, model.first, behind, solid)
    }
    layers.push(behind, front)
  }
  const nearness = nearestOf(solid, samples)
  const inPixels = nearness.map((n) => n * camera.scale)
  const hollow = hollows(inPixels, width, height, sizeOf(inPixels, width) * 0.06)
  const directions = models.some((model) => model.points)
    ? pointDirections(inPixels, width, height, camera)
    : new Float32Array(0)
  const pixels = develop(surfaces, layers, studioOf(camera), {
    width,
    height,
    samples,
    hollow,
    nearness: inPixels,
    scale: camera.scale,
    directions,
  })
  spare.push(...layers)
  return { width, height, pixels, nearness }
}

/** Only how near everything is, in a coarse picture: to find out what can be seen from where. */
export function survey(models: readonly Model[], camera: Camera, width: number, height: number): Depth {
  const layer = emptyLayer(width, height)
  rasteriseSolid(seenBy(camera, models), camera, layer)
  return { width, height, nearness: layer.nearness }
}

function rasteriseSolid(surfaces: readonly Surface[], camera: Camera, layer: Layer) {
  for (const { model, flat } of surfaces) {
    if (model.points) {
      const radius = discRadius(flat)
      rasterisePoints(layer, flat, model.first, radius, (0.5 * radius) / camera.scale)
    } else if (model.clear >= 1) rasteriseTriangles(layer, flat, model.mesh.triangles, model.first)
  }
}

/** Discs so large that points spread evenly over the rectangle in which they lie just cover it. */
function discRadius(flat: Float64Array): number {
  let left = Infinity
  let right = -Infinity
  let top = Infinity
  let bottom = -Infinity
  for (let i = 0; i < flat.length; i += 3) {
    left = Math.min(left, flat[i])
    right = Math.max(right, flat[i])
    top = Math.min(top, flat[i + 1])
    bottom = Math.max(bottom, flat[i + 1])
  }
  const each = ((right - left) * (bottom - top)) / (flat.length / 3)
  return Math.max(1.5, Math.min(12, 0.75 * Math.sqrt(each)))
}

/** The nearest sample of each pixel. */
function nearestOf({ width, height, nearness }: Layer, samples: number): Float32Array {
  const columns = width / samples
  const out = new Float32Array(columns * (height / samples)).fill(-Infinity)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / samples) * columns
    for (let x = 0; x < width; x++) {
      const k = row + Math.floor(x / samples)
      const n = nearness[y * width + x]
      if (n > out[k]) out[k] = n
    }
  }
  return out
}

/** The longer side of the rectangle that is drawn on, pixels. */
function sizeOf(nearness: Float32Array, width: number): number {
  let left = width
  let right = 0
  let top = Infinity
  let bottom = 0
  for (let k = 0; k < nearness.length; k++) {
    if (nearness[k] === -Infinity) continue
    const x = k % width
    if (x < left) left = x
    if (x > right) right = x
    if (top === Infinity) top = Math.floor(k / width)
    bottom = Math.floor(k / width)
  }
  return Math.max(right - left, bottom - top, 1)
}

interface Sheet {
  readonly width: number
  readonly height: number
  readonly samples: number
  readonly hollow: Float32Array
  /** one a pixel, in pixels' widths */
  readonly nearness: Float32Array
  /** pixels a millimetre */
  readonly scale: number
  readonly directions: Float32Array
}

/** From ids to colours: each pixel is the mean of its samples, in amounts of light. */
function develop(surfaces: readonly Surface[], layers: readonly Layer[], studio: Studio, sheet: Sheet): Uint8Array {
  const { width, height, samples, scale } = sheet
  const pixels = new Uint8Array(width * height * 3)
  const wide = layers[0].width
  const sum = new Float64Array(3)
  const others = Uint32Array.from(
    { length: samples * samples },
    (_, i) => (i % samples) + wide * Math.floor(i / samples),
  ).slice(1)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const first = y * samples * wide + x * samples
      // one surface alone over the whole pixel needs one sample only, in its middle
      const once = uniform(surfaces, layers, first, others, scale)
      if (once && layers.every(({ id }) => id[first] === 0)) {
        pixels.set(paper, 3 * at)
        continue
      }
      const count = once ? 1 : samples
      const stride = samples / count
      sum.fill(0)
      for (let j = 0; j < count; j++) {
        for (let i = 0; i < count; i++) {
          addSample(
            surfaces,
            layers,
            studio,
            sheet,
            at,
            x * samples + i * stride,
            y * samples + j * stride,
            stride,
            sum,
          )
        }
      }
      const share = 1 / (count * count)
      pixels[3 * at] = byteOf(sum[0] * share)
      pixels[3 * at + 1] = byteOf(sum[1] * share)
      pixels[3 * at + 2] = byteOf(sum[2] * share)
    }
  }
  return pixels
}

const paint: Paint = new Float64Array(4)
const ground = paper.map((c) => lightOf[c])

/** Adds what a sample shows, in amounts of light: its layers, the nearest last, over the paper. */
function addSample(
  surfaces: readonly Surface[],
  layers: readonly Layer[],
  studio: Studio,
  { width, height, hollow, nearness, scale, directions }: Sheet,
  pixel: number,
  sx: number,
  sy: number,
  stride: number,
  sum: Float64Array,
) {
  const k = sy * layers[0].width + sx
  let r = ground[0]
  let g = ground[1]
  let b = ground[2]
  for (let layer = 0; layer < layers.length; layer++) {
    const id = layers[layer].id[k]
    if (id === 0) continue
    let s = 0
    while (id >= surfaces[s].model.end) s++
    const surface = surfaces[s]
    const own = id - surface.model.first
    let deep = 0
    if (layer === 0) {
      const near = layers[0].nearness[k] * scale
      deep = nearness[pixel] - near < 4 ? hollow[pixel] : hollowOfSample(hollow, nearness, width, height, pixel, near)
    }
    if (surface.model.points) paintPoint(surface, own, directions, pixel, studio, deep, paint)
    else paintTriangle(surface, own, sx + stride / 2, sy + stride / 2, studio, deep, paint)
    r += (paint[0] - r) * paint[3]
    g += (paint[1] - g) * paint[3]
    b += (paint[2] - b) * paint[3]
  }
  sum[0] += r
  sum[1] += g
  sum[2] += b
}

/**
 * Whether all samples of the pixel that begins at sample `k` show the same thing in every layer: the same triangle, or
 * neighbours on one softly shaded surface.
 * @param others where a pixel's other samples lie, from its first one on
 */
function uniform(
  surfaces: readonly Surface[],
  layers: readonly Layer[],
  k: number,
  others: Uint32Array,
  scale: number,
): boolean {
  for (let layer = 0; layer < layers.length; layer++) {
    const { id, nearness } = layers[layer]
    const first = id[k]
    let soft: Surface['model'] | null = null
    for (let i = 0; i < others.length; i++) {
      const at = k + others[i]
      const other = id[at]
      if (other === first) continue
      if (first === 0 || other === 0) return false
      soft ??= softlyShaded(surfaces, first)
      if (!soft || other < soft.first || other >= soft.end) return false
      if (Math.abs(nearness[at] - nearness[k]) * scale > foldPx) return false
    }
  }
  return true
}

/** Farther apart than this, in pixels' widths, two samples of a pixel lie on two folds of a surface. */
const foldPx = 2

function softlyShaded(surfaces: readonly Surface[], id: number): Surface['model'] | null {
  for (const { model } of surfaces) {
    if (id < model.end) return model.points || model.shading === 'flat' || model.shading === 'edges' ? null : model
  }
  return null
}
