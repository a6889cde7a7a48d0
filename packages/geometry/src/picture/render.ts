import { type Mesh, vertexNormals } from '../mesh/mesh.ts'
import { type Camera, enlarged, projectAll } from './camera.ts'
import { hollows } from './cavity.ts'
import { byteOf, type Color, gloss, lightOf, lit, type Studio, studioOf } from './light.ts'
import { pointDirections } from './points.ts'
import { emptyLayer, type Layer, rasterisePoints, rasteriseTriangles } from './raster.ts'

/** A mesh, or points alone, and how it looks. */
export interface Look {
  readonly mesh: Mesh & { readonly colors?: Uint8Array }
  readonly color?: Color
  /** 1 hides what is behind; less lets it show through */
  readonly opacity?: number
  /** One direction a triangle, not a soft one from vertex to vertex: shows the triangles themselves. */
  readonly flat?: boolean
  /** The scan's own colours, when it has some (default), or `color` alone. */
  readonly ownColors?: boolean
}

/** A drawn panel, and what is needed to draw lines into it as if they were there in space. */
export interface Rendering {
  readonly width: number
  readonly height: number
  /** r g b, sRGB, rows from the top */
  readonly pixels: Uint8Array
  /** one a pixel, of the solid surfaces, mm; -Infinity where there are none */
  readonly nearness: Float32Array
}

export const scanColor: Color = [222, 212, 198]
/** For the side of a surface that ought to be inside, seen where a scan is open or turned inside out. */
export const insideColor: Color = [168, 132, 178]
export const paper: Color = [248, 249, 250]

/** A mesh made ready for one camera. */
interface Surface {
  readonly look: Look
  readonly flat: Float64Array
  readonly normals: Float64Array
  readonly triangles: Uint32Array
  /** ids from `first` to `end` (not included): triangles, or points when there are none */
  readonly first: number
  readonly end: number
  readonly opacity: number
  readonly outside: readonly number[]
  readonly inside: readonly number[]
  readonly colors: Uint8Array | undefined
}

/**
 * Draws meshes as a studio photograph would show them: nearest surface first, translucent ones over it (two layers
 * of them), hollows darkened, the inner side of surfaces in another colour.
 * @param samples a side of a pixel: 2 gives four samples and soft edges
 */
export function render(looks: readonly Look[], camera: Camera, width: number, height: number, samples = 2): Rendering {
  const fine = enlarged(camera, samples)
  const surfaces = prepare(looks, fine)
  const solid = emptyLayer(width * samples, height * samples)
  const clear = surfaces.some((s) => s.opacity < 1)
    ? [emptyLayer(solid.width, solid.height), emptyLayer(solid.width, solid.height)]
    : []
  for (const surface of surfaces) if (surface.opacity >= 1) rasterise(surface, fine, solid)
  for (const surface of surfaces) {
    if (surface.opacity < 1)
      rasteriseTriangles(clear[0], surface.flat, surface.triangles, surface.first, clear[1], solid)
  }
  const nearness = nearestOf(solid, samples)
  const inPixels = nearness.map((n) => n * camera.scale)
  const hollow = hollows(inPixels, width, height, Math.max(width, height) * 0.07)
  const directions = surfaces.some((s) => s.triangles.length === 0)
    ? pointDirections(inPixels, width, height, camera)
    : undefined
  const pixels = develop(surfaces, [solid, ...clear], studioOf(camera), { width, height, samples, hollow, directions })
  return { width, height, pixels, nearness }
}

function prepare(looks: readonly Look[], camera: Camera): Surface[] {
  let next = 1
  return looks.map((look) => {
    const { mesh, color = scanColor, opacity = 1 } = look
    const points = mesh.triangles.length === 0
    const first = next
    next += points ? mesh.positions.length / 3 : mesh.triangles.length / 3
    const inside = color === scanColor ? insideColor : mixed(color, insideColor)
    return {
      look,
      flat: projectAll(camera, mesh.positions),
      normals: points ? new Float64Array(0) : vertexNormals(mesh),
      triangles: mesh.triangles,
      first,
      end: next,
      opacity: points ? 1 : opacity,
      outside: color.map((c) => lightOf[c]),
      inside: inside.map((c) => lightOf[c]),
      colors: look.ownColors === false ? undefined : mesh.colors,
    }
  })
}

const mixed = (a: Color, b: Color): Color => [(a[0] + b[0]) >> 1, (a[1] + b[1]) >> 1, (a[2] + b[2]) >> 1]

function rasterise(surface: Surface, camera: Camera, solid: Layer) {
  if (surface.triangles.length > 0) rasteriseTriangles(solid, surface.flat, surface.triangles, surface.first)
  else {
    const radius = discRadius(surface.flat)
    rasterisePoints(solid, surface.flat, surface.first, radius, (0.5 * radius) / camera.scale)
  }
}

/** Discs so large that evenly spread points just cover the rectangle in which they lie. */
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

interface Sheet {
  readonly width: number
  readonly height: number
  readonly samples: number
  readonly hollow: Float32Array
  readonly directions: Float32Array | undefined
}

/** From ids to colours: each pixel is the mean of its samples, in amounts of light. */
function develop(surfaces: readonly Surface[], layers: readonly Layer[], studio: Studio, sheet: Sheet): Uint8Array {
  const { width, height, samples, hollow, directions } = sheet
  const pixels = new Uint8Array(width * height * 3)
  const [solid, clear, behind] = layers
  const ground = paper.map((c) => lightOf[c])
  const color = new Float64Array(4)
  const share = 1 / (samples * samples)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      let red = 0
      let green = 0
      let blue = 0
      for (let sy = y * samples; sy < (y + 1) * samples; sy++) {
        for (let sx = x * samples; sx < (x + 1) * samples; sx++) {
          const k = sy * solid.width + sx
          let r = ground[0]
          let g = ground[1]
          let b = ground[2]
          if (solid.id[k] > 0) {
            paint(surfaces, solid.id[k], sx + 0.5, sy + 0.5, studio, hollow[at], directions, at, color)
            r = color[0]
            g = color[1]
            b = color[2]
          }
          if (behind && behind.id[k] > 0) {
            paint(surfaces, behind.id[k], sx + 0.5, sy + 0.5, studio, 0, directions, at, color)
            r += (color[0] - r) * color[3]
            g += (color[1] - g) * color[3]
            b += (color[2] - b) * color[3]
          }
          if (clear && clear.id[k] > 0) {
            paint(surfaces, clear.id[k], sx + 0.5, sy + 0.5, studio, 0, directions, at, color)
            r += (color[0] - r) * color[3]
            g += (color[1] - g) * color[3]
            b += (color[2] - b) * color[3]
          }
          red += r
          green += g
          blue += b
        }
      }
      pixels[3 * at] = byteOf(red * share)
      pixels[3 * at + 1] = byteOf(green * share)
      pixels[3 * at + 2] = byteOf(blue * share)
    }
  }
  return pixels
}

/** Beyond this angle (its cosine) from the triangle, a vertex' direction belongs to the other side of an edge. */
const crease = Math.cos((45 * Math.PI) / 180)

/** The colour (amounts of light) and opacity of what has this id, where the sample (x, y) hits it. */
function paint(
  surfaces: readonly Surface[],
  id: number,
  x: number,
  y: number,
  studio: Studio,
  hollow: number,
  directions: Float32Array | undefined,
  pixel: number,
  out: Float64Array,
) {
  let s = 0
  while (id >= surfaces[s].end) s++
  const surface = surfaces[s]
  const { flat, triangles, colors, opacity } = surface
  const e = studio.towardsEye
  let nx = e[0]
  let ny = e[1]
  let nz = e[2]
  let base = surface.outside
  let v = 3 * (id - surface.first)
  if (triangles.length === 0) {
    if (directions) {
      nx = directions[3 * pixel]
      ny = directions[3 * pixel + 1]
      nz = directions[3 * pixel + 2]
    }
    if (colors) {
      out[0] = lightOf[colors[v]]
      out[1] = lightOf[colors[v + 1]]
      out[2] = lightOf[colors[v + 2]]
    }
  } else {
    const a = 3 * triangles[v]
    const b = 3 * triangles[v + 1]
    const c = 3 * triangles[v + 2]
    const ux = flat[b] - flat[a]
    const uy = flat[b + 1] - flat[a + 1]
    const wx = flat[c] - flat[a]
    const wy = flat[c + 1] - flat[a + 1]
    const doubled = ux * wy - uy * wx
    const px = x - flat[a]
    const py = y - flat[a + 1]
    let bw = (px * wy - py * wx) / doubled
    let cw = (ux * py - uy * px) / doubled
    bw = bw > 0 ? (bw < 1 ? bw : 1) : 0
    cw = cw > 0 ? (cw < 1 - bw ? cw : 1 - bw) : 0
    const aw = 1 - bw - cw
    const positions = surface.look.mesh.positions
    const normals = surface.normals
    // the triangle's own direction, from its corners in space
    const ex = positions[b] - positions[a]
    const ey = positions[b + 1] - positions[a + 1]
    const ez = positions[b + 2] - positions[a + 2]
    const gx = positions[c] - positions[a]
    const gy = positions[c + 1] - positions[a + 1]
    const gz = positions[c + 2] - positions[a + 2]
    let fx = ey * gz - ez * gy
    let fy = ez * gx - ex * gz
    let fz = ex * gy - ey * gx
    const size = Math.sqrt(fx * fx + fy * fy + fz * fz) || 1
    fx /= size
    fy /= size
    fz /= size
    if (surface.look.flat) {
      nx = fx
      ny = fy
      nz = fz
    } else {
      const useA = normals[a] * fx + normals[a + 1] * fy + normals[a + 2] * fz > crease
      const useB = normals[b] * fx + normals[b + 1] * fy + normals[b + 2] * fz > crease
      const useC = normals[c] * fx + normals[c + 1] * fy + normals[c + 2] * fz > crease
      nx = aw * (useA ? normals[a] : fx) + bw * (useB ? normals[b] : fx) + cw * (useC ? normals[c] : fx)
      ny = aw * (useA ? normals[a + 1] : fy) + bw * (useB ? normals[b + 1] : fy) + cw * (useC ? normals[c + 1] : fy)
      nz = aw * (useA ? normals[a + 2] : fz) + bw * (useB ? normals[b + 2] : fz) + cw * (useC ? normals[c + 2] : fz)
      const long = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1
      nx /= long
      ny /= long
      nz /= long
    }
    // y runs downwards in the picture: what runs anticlockwise in space runs clockwise there
    if (doubled > 0) {
      nx = -nx
      ny = -ny
      nz = -nz
      base = surface.inside
    } else if (colors) {
      for (let i = 0; i < 3; i++) {
        out[i] = aw * lightOf[colors[a + i]] + bw * lightOf[colors[b + i]] + cw * lightOf[colors[c + i]]
      }
    }
  }
  if (!colors || base === surface.inside) {
    out[0] = base[0]
    out[1] = base[1]
    out[2] = base[2]
  }
  const light = lit(studio, nx, ny, nz, hollow)
  const shine = 0.06 * gloss(studio, nx, ny, nz) * (hollow > 0 ? 1 - hollow : 1)
  out[0] = out[0] * light + shine
  out[1] = out[1] * light + shine
  out[2] = out[2] * light + shine
  const facing = Math.abs(nx * e[0] + ny * e[1] + nz * e[2])
  // a thin wall that is looked along hides more than one that is looked through
  out[3] = opacity < 1 ? opacity + (1 - opacity) * 0.6 * (1 - facing) ** 2 : 1
}
