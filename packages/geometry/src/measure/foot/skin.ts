import { type Mesh, triangleCount, vertexCount } from '../../mesh/mesh.ts'
import { typicalEdge } from '../../mesh/topology.ts'
import { cross, perpendicular, unit, type Vec3 } from '../../mesh/vector.ts'
import { eachVertexNear, type Patches, patchesOf } from '../fit/patch.ts'
import { solveNormal } from '../least-squares.ts'

/**
 * A scan's points, ready to be asked for those near a point, and how rough they are. The points are its vertices and,
 * where it is coarse, the middles of its triangles too: a scanner's vertices lie on the skin and its triangles within,
 * those of a decimated mesh lie outside and its triangles on the skin. Taken together neither is far off.
 */
export interface Grain {
  readonly patches: Patches
  /** points from this number on are middles of triangles */
  readonly vertices: number
  /** mm: the mean edge of the scan */
  readonly edge: number
  /** mm: standard deviation of the vertices from the smooth surface */
  readonly noise: number
}

/** The smooth surface over a point p: p + x·u + y·v + (c0 + c1 x + c2 y + c3 x² + c4 xy + c5 y²) · direction. */
export interface Skin {
  readonly u: Vec3
  readonly v: Vec3
  readonly c: readonly number[]
  /** mm: root of the mean square distance of its vertices */
  readonly residual: number
  /** vertices it was fitted to */
  readonly count: number
  /** mm */
  readonly radius: number
}

/** Wider patches would say more about the fit than about the foot, mm. */
const widest = 15
/** A vertex belongs to the surface when it faces the same way to within 70 degrees. */
const facing = 0.35

// the points near the one that is asked for: x y height weight, in this call alone
let near = new Float64Array(4 * 64)
let count = 0
let distances = new Float64Array(64)

/**
 * The smooth surface over a point, from the vertices round it (moving least squares: Levin 1998; a quadratic patch,
 * weights (1 - d²/r²)²). The radius follows the vertices: it grows and shrinks with their distances, and noise wants at
 * least 6 mm to even out. A second fit looks farther where the surface is straight and less far where it is bent, so
 * that the rim of the sole is neither cut off nor drawn out.
 * @param direction of length 1, roughly outwards; heights are measured along it
 * @param roughest mm, the largest residual that is taken
 * @returns null where there is too little surface, or it is too coarse or too sharp to be fitted
 */
export function skinOver(
  grain: Grain,
  point: Vec3,
  direction: Vec3,
  roughest = Math.max(0.03, 5 * grain.noise),
): Skin | null {
  if (!(Math.hypot(direction[0], direction[1], direction[2]) > 0.5)) return null
  const u = perpendicular(direction)
  const v = unit(cross(direction, u))
  const radius = gather(grain, point, { direction, u, v })
  if (radius > widest) return null
  const frame = { u, v, radius, noise: grain.noise }
  const round = fitted(frame, 1, 1, 0)
  if (!round) return null
  // principal directions and curvatures: bent k1 along `turn`, k2 across it
  const half = Math.hypot(round.c[3] - round.c[5], round.c[4])
  const middle = round.c[3] + round.c[5]
  const bent = Math.max(Math.abs(middle + half), Math.abs(middle - half))
  const straight = Math.min(Math.abs(middle + half), Math.abs(middle - half))
  let turn = Math.atan2(round.c[4], round.c[3] - round.c[5]) / 2
  if (Math.abs(middle + half) < Math.abs(middle - half)) turn += Math.PI / 2
  // errors of a fit grow with (curvature)³ (radius)⁴: they come out alike when radii go with curvatures to the 3/4
  const stretch = Math.min(1.6, ((bent + 1e-4) / (straight + 1e-4)) ** 0.375)
  const skin = stretch > 1.02 ? (fitted(frame, 1 / stretch, stretch, turn) ?? round) : round
  if (skin.residual > roughest || Math.abs(skin.c[0]) > 0.2 * radius) return null
  return skin
}

interface Frame {
  readonly direction: Vec3
  readonly u: Vec3
  readonly v: Vec3
}

/** Collects the vertices round a point, and says how wide a patch needs to be. */
function gather({ patches, noise, edge, vertices }: Grain, point: Vec3, { direction, u, v }: Frame): number {
  const { normals } = patches
  const { positions } = patches.mesh
  const wanted = Math.round(12 + 3 * Math.min(1, noise / 0.05))
  // as much as evens noise out, unless that were half of the scan
  const least = Math.min(noise > 0.03 ? 6 : 1, 8 * edge)
  let reach = Math.max(2.6 * edge, 1.7 * least)
  for (let attempt = 0; attempt < 3; attempt++, reach *= 1.6) {
    count = 0
    let counted = 0
    eachVertexNear(patches, point, reach, (i, squared) => {
      if (
        normals[3 * i] * direction[0] + normals[3 * i + 1] * direction[1] + normals[3 * i + 2] * direction[2] <
        facing
      )
        return
      if (4 * count >= near.length) near = grown(near)
      const dx = positions[3 * i] - point[0]
      const dy = positions[3 * i + 1] - point[1]
      const dz = positions[3 * i + 2] - point[2]
      near[4 * count] = dx * u[0] + dy * u[1] + dz * u[2]
      near[4 * count + 1] = dx * v[0] + dy * v[1] + dz * v[2]
      near[4 * count + 2] = dx * direction[0] + dy * direction[1] + dz * direction[2]
      // there are two triangles to a vertex
      near[4 * count + 3] = i < vertices ? 1 : 0.5
      count++
      if (i >= vertices) return
      if (counted >= distances.length) distances = grown(distances)
      distances[counted++] = squared
    })
    if (counted >= wanted) {
      const far = Math.sqrt(distances.subarray(0, counted).sort()[wanted - 1])
      const radius = Math.max(1.2 * far, least)
      if (1.6 * radius <= reach || attempt === 2) return radius
    } else if (reach > 2 * widest) break
  }
  return Infinity
}

function grown(old: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(2 * old.length)
  out.set(old)
  return out
}

const rows = new Float64Array(36)
const right = new Float64Array(6)
const terms = new Float64Array(6)

/** The patch that fits the gathered vertices best, within an ellipse: `bent` radii along `turn`, `long` across it. */
function fitted(
  { u, v, radius, noise }: { u: Vec3; v: Vec3; radius: number; noise: number },
  bent: number,
  long: number,
  turn: number,
): Skin | null {
  const cos = Math.cos(turn) / (radius * bent)
  const sin = Math.sin(turn) / (radius * bent)
  const shrink = bent / long
  rows.fill(0)
  right.fill(0)
  let used = 0
  let weight = 0
  let squares = 0
  for (let i = 0; i < 4 * count; i += 4) {
    const h = near[i + 2]
    const p = cos * near[i] + sin * near[i + 1]
    const q = (cos * near[i + 1] - sin * near[i]) * shrink
    const squared = p * p + q * q + (h / radius) ** 2
    if (squared >= 1) continue
    const w = near[i + 3] * (1 - squared) ** 2
    const x = near[i] / radius
    const y = near[i + 1] / radius
    terms[0] = 1
    terms[1] = x
    terms[2] = y
    terms[3] = x * x
    terms[4] = x * y
    terms[5] = y * y
    for (let a = 0; a < 6; a++) {
      const wa = w * terms[a]
      for (let b = 0; b <= a; b++) rows[6 * a + b] += wa * terms[b]
      right[a] += wa * h
    }
    used++
    weight += w
    squares += w * h * h
  }
  // few vertices, or all to one side (at a border): the middle would be extrapolated
  if (used < 8 || Math.hypot(rows[6], rows[12]) > 0.26 * weight) return null
  // where the vertices do not settle how the surface bends one way (rows of them far apart), it bends little: as a
  // prior, by radii of 10 mm and more, against vertices that are true to some thousandths of a millimetre
  const prior = ((0.005 + noise) / (0.05 * radius * radius)) ** 2
  for (let a = 3; a < 6; a++) rows[7 * a] += prior
  rows[7] += 0.01 * prior
  rows[14] += 0.01 * prior
  const found = solveNormal(rows, right)
  if (!found) return null
  let explained = 0
  for (let a = 0; a < 6; a++) explained += found[a] * right[a]
  const r2 = radius * radius
  return {
    u,
    v,
    c: [found[0], found[1] / radius, found[2] / radius, found[3] / r2, found[4] / r2, found[5] / r2],
    residual: Math.sqrt(Math.max(0, squares - explained) / weight),
    count: used,
    radius,
  }
}

/** Triangles above which the skin is told by the vertices alone: their chords are short. */
const coarse = 40000

/** The points of a mesh, and its noise: the median distance of points from smooth patches, at some 200 places. */
export function grainOf(mesh: Mesh): Grain {
  const vertices = vertexCount(mesh)
  const patches = patchesOf(triangleCount(mesh) < coarse ? withMiddles(mesh) : mesh, 2.5 * typicalEdge(mesh))
  const { normals } = patches
  const residuals: number[] = []
  const stride = Math.max(1, Math.floor(vertices / 200))
  const grain = { patches, vertices, edge: typicalEdge(mesh), noise: 0 }
  for (let v = 0; v < vertices; v += stride) {
    const point: Vec3 = [mesh.positions[3 * v], mesh.positions[3 * v + 1], mesh.positions[3 * v + 2]]
    const direction: Vec3 = [normals[3 * v], normals[3 * v + 1], normals[3 * v + 2]]
    const skin = skinOver(grain, point, direction, Infinity)
    // six of the distances are taken up by the fit itself
    if (skin && skin.count > 8) residuals.push(skin.residual * Math.sqrt(skin.count / (skin.count - 6)))
  }
  residuals.sort((a, b) => a - b)
  return { ...grain, noise: residuals.length > 0 ? residuals[residuals.length >> 1] : 0 }
}

/** The same surface with a vertex in the middle of each triangle, after the others. */
function withMiddles({ positions, triangles }: Mesh): Mesh {
  const first = positions.length / 3
  const out = new Float64Array(positions.length + triangles.length)
  out.set(positions)
  const three = new Uint32Array(3 * triangles.length)
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]]
    const m = first + t / 3
    for (let k = 0; k < 3; k++)
      out[3 * m + k] = (positions[3 * a + k] + positions[3 * b + k] + positions[3 * c + k]) / 3
    three.set([a, b, m, b, c, m, c, a, m], 3 * t)
  }
  return { positions: out, triangles: three }
}
