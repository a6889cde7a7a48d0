import { type Mesh, vertexNormals } from '../mesh/mesh.ts'
import { type Camera, projectAll } from './camera.ts'
import { type Color, gloss, lightOf, lit, type Studio } from './light.ts'

/** A mesh, or points alone, and how it looks. */
export interface Look {
  readonly mesh: Mesh & { readonly colors?: Uint8Array }
  readonly color?: Color
  /** 1 hides what is behind; less lets it show through */
  readonly opacity?: number
  /**
   * smooth: light runs softly from vertex to vertex (default, for bodies); edges: the same, but what bends by more
   * than 45° stays an edge (for products); flat: shows the triangles themselves.
   */
  readonly shading?: 'smooth' | 'edges' | 'flat'
  /** false: `color` alone, also when the scan has colours of its own */
  readonly ownColors?: boolean
}

export const scanColor: Color = [226, 216, 202]
/** For the side of a surface that ought to be inside, seen where a scan is open or turned inside out. */
export const insideColor: Color = [166, 128, 178]
export const paper: Color = [249, 250, 251]

/** A mesh made ready for light, once for all views. */
export interface Model extends Look {
  /** the vertices' directions; of points without faces, none */
  readonly normals: Float64Array
  /** ids from `first` to `end` (not included): of triangles, or of points when there are none */
  readonly first: number
  readonly end: number
  readonly points: boolean
  readonly clear: number
  /** amounts of light */
  readonly outside: Float64Array
  readonly inside: Float64Array
  readonly colors: Uint8Array | undefined
}

/** A model as one camera sees it. */
export interface Surface {
  readonly model: Model
  /** x y nearness, three a vertex */
  readonly flat: Float64Array
}

export function modelsOf(looks: readonly Look[]): Model[] {
  let next = 1
  return looks.map((look) => {
    const { mesh, color = scanColor, opacity = 1, ownColors = true } = look
    const points = mesh.triangles.length === 0
    const first = next
    next += (points ? mesh.positions.length : mesh.triangles.length) / 3
    return {
      ...look,
      normals: points ? new Float64Array(0) : vertexNormals(mesh),
      first,
      end: next,
      points,
      // translucent points would be a fog of discs
      clear: points ? 1 : opacity,
      outside: Float64Array.from(color, (c) => lightOf[c]),
      inside: Float64Array.from(color === scanColor ? insideColor : mixed(color, insideColor), (c) => lightOf[c]),
      colors: ownColors ? mesh.colors : undefined,
    }
  })
}

const mixed = (a: Color, b: Color): Color => [(a[0] + b[0]) >> 1, (a[1] + b[1]) >> 1, (a[2] + b[2]) >> 1]

export const seenBy = (camera: Camera, models: readonly Model[]): Surface[] =>
  models.map((model) => ({ model, flat: projectAll(camera, model.mesh.positions) }))

/** Beyond this angle (its cosine) from the triangle, a vertex' direction belongs to the other side of an edge. */
const crease = Math.cos(Math.PI / 4)

/** Added to the scan's own colours: black hair and cloth, too, have a shape to be seen. */
const faintest = 0.035

/** What a sample shows: amounts of light r g b, opacity. Written by `paint`. */
export type Paint = Float64Array

/**
 * The light and opacity of triangle `t` where the sample (x, y) hits it.
 * @param hollow see `hollows`
 */
export function paintTriangle(
  { model, flat }: Surface,
  t: number,
  x: number,
  y: number,
  studio: Studio,
  hollow: number,
  out: Paint,
) {
  const { colors, clear, normals, shading } = model
  const { positions, triangles } = model.mesh
  const a = 3 * triangles[3 * t]
  const b = 3 * triangles[3 * t + 1]
  const c = 3 * triangles[3 * t + 2]
  const ux = flat[b] - flat[a]
  const uy = flat[b + 1] - flat[a + 1]
  const wx = flat[c] - flat[a]
  const wy = flat[c + 1] - flat[a + 1]
  const px = x - flat[a]
  const py = y - flat[a + 1]
  const doubled = ux * wy - uy * wx
  // rounded corners can put a sample a little outside; a triangle seen from its edge counts for its first corner
  const share = doubled === 0 ? 0 : 1 / doubled
  const bw = Math.max(0, Math.min(1, (px * wy - py * wx) * share))
  const cw = Math.max(0, Math.min(1 - bw, (ux * py - uy * px) * share))
  const aw = 1 - bw - cw
  let nx = aw * normals[a] + bw * normals[b] + cw * normals[c]
  let ny = aw * normals[a + 1] + bw * normals[b + 1] + cw * normals[c + 1]
  let nz = aw * normals[a + 2] + bw * normals[b + 2] + cw * normals[c + 2]
  if (shading === 'flat' || shading === 'edges') {
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
    // no direction of length 1 passes 2: flat takes the triangle's alone
    const soft = shading === 'edges' ? crease : 2
    const atA = normals[a] * fx + normals[a + 1] * fy + normals[a + 2] * fz > soft
    const atB = normals[b] * fx + normals[b + 1] * fy + normals[b + 2] * fz > soft
    const atC = normals[c] * fx + normals[c + 1] * fy + normals[c + 2] * fz > soft
    nx = aw * (atA ? normals[a] : fx) + bw * (atB ? normals[b] : fx) + cw * (atC ? normals[c] : fx)
    ny = aw * (atA ? normals[a + 1] : fy) + bw * (atB ? normals[b + 1] : fy) + cw * (atC ? normals[c + 1] : fy)
    nz = aw * (atA ? normals[a + 2] : fz) + bw * (atB ? normals[b + 2] : fz) + cw * (atC ? normals[c + 2] : fz)
  }
  // y runs downwards in the picture: what runs anticlockwise in space runs clockwise there
  const within = doubled > 0
  const size = (within ? -1 : 1) / (Math.sqrt(nx * nx + ny * ny + nz * nz) || 1)
  const base = within ? model.inside : model.outside
  if (colors && !within) {
    for (let i = 0; i < 3; i++) {
      out[i] = faintest + aw * lightOf[colors[a + i]] + bw * lightOf[colors[b + i]] + cw * lightOf[colors[c + i]]
    }
  } else {
    out[0] = base[0]
    out[1] = base[1]
    out[2] = base[2]
  }
  illuminate(studio, nx * size, ny * size, nz * size, hollow, out)
  if (clear < 1) {
    const e = studio.towardsEye
    const facing = Math.abs(nx * e[0] + ny * e[1] + nz * e[2]) * Math.abs(size)
    // a thin wall that is looked along hides more than one that is looked through
    out[3] = clear + (1 - clear) * 0.6 * (1 - facing) ** 2
  } else out[3] = 1
}

/** The light of point `p`, on a surface of this direction. */
export function paintPoint(
  { model }: Surface,
  p: number,
  directions: Float32Array,
  pixel: number,
  studio: Studio,
  hollow: number,
  out: Paint,
) {
  const { colors, outside } = model
  for (let i = 0; i < 3; i++) out[i] = colors ? faintest + lightOf[colors[3 * p + i]] : outside[i]
  illuminate(studio, directions[3 * pixel], directions[3 * pixel + 1], directions[3 * pixel + 2], hollow, out)
  out[3] = 1
}

function illuminate(studio: Studio, nx: number, ny: number, nz: number, hollow: number, out: Paint) {
  const light = lit(studio, nx, ny, nz, hollow)
  const shine = 0.05 * gloss(studio, nx, ny, nz) * (hollow > 0 ? 1 - hollow : 1)
  out[0] = out[0] * light + shine
  out[1] = out[1] * light + shine
  out[2] = out[2] * light + shine
}
