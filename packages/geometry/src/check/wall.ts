import type { Vec3 } from '../mesh/vector.ts'
import { visitBox } from './cells.ts'
import { nearest, nearestOfTriangle, type Surface } from './nearest.ts'
import { isSharpGround, isTooth, pitsOf } from './pits.ts'
import { castRay, isFree } from './rays.ts'
import { closeSamples, pointOf, type Samples } from './samples.ts'
import { smoothNormal } from './smooth-normal.ts'
import { facingOfThree, strutOf } from './strut.ts'

export interface Wall {
  /** the least thickness, mm; for a body without any two sides that face each other its own least extent along x, y or z */
  readonly minWallMm: number
  /** where that is, and the place on the other side */
  readonly at: Vec3 | null
  readonly opposite: Vec3 | null
  /** the shortest way straight through to the far side, mm, for comparison */
  readonly minRayMm: number
  readonly samples: number
}

export interface WallOptions {
  /** A thin place at least this wide is found. Default 0.6 mm, or a 200th of the body's size if that is more. */
  readonly spacingMm?: number
  /** Places that are not walls: raised or cut letters, a handle with its own measure. */
  readonly ignore?: (x: number, y: number, z: number) => boolean
}

/**
 * A ball lies between two sides of a wall when it touches them at places at least 140° apart, seen from its centre.
 * Surfaces that meet at more than 40° are an edge: there the largest ball becomes nothing, thin or not.
 */
const facing = Math.cos((140 * Math.PI) / 180)
/** Walls up to this are searched at every sample; a body that has none below it is thick, and searched at fewer. */
const thinMm = 3
const fewSamples = 150

/**
 * The least wall thickness of a closed body.
 *
 * At each sample p of the surface: the diameter of the largest ball that touches it there from inside and that no
 * surface on the far side (see `facing`) reaches into, as far as p sees that through the material. Where no edge is
 * near, that is the local thickness of Hildebrand & Rüegsegger (1997), found by shrinking the ball (Ma, Bae & Choi,
 * 3D medial axis point approximation, 2012). Leaving out what touches the ball elsewhere keeps edges out: sharp or
 * rounded by however little, a blunt edge makes no wall thin, while a blade of less than 40° is thin towards its tip,
 * and so is what a sharp groove or pit leaves under it, whose grounds are samples too (`pitsOf`). The ball and not the ray (shape diameter, Shapira et al. 2008) is
 * what is reported: a ray goes past the nearest place of the other side when that is askew or small.
 *
 * The least is sought, so that a sample whose ball of the least diameter so far is free needs no more. A body whose
 * every wall is thicker than 3 mm is searched only where the rays are shortest, and its figure is less certain.
 */
export function wallOf(surface: Surface, options: WallOptions = {}): Wall {
  const { cells } = surface
  const diagonal = Math.hypot(cells.nx, cells.ny, cells.nz) * cells.size
  const { spacingMm = Math.max(0.6, diagonal / 200), ignore } = options
  const even = closeSamples(cells.mesh, spacingMm)
  const samples = joined(even, pitsOf(surface, spacingMm / 2))
  const search = searchIn(surface, samples, even.count)
  const asked: number[] = []
  for (let n = 0; n < samples.count; n++) {
    if (!ignore?.(samples.points[3 * n], samples.points[3 * n + 1], samples.points[3 * n + 2])) asked.push(n)
  }
  for (const n of asked) search.ray(n)
  search.start(thinMm)
  // what the rays found bounds every ball from the beginning
  if (asked.length > 0) search.ball(asked.reduce((a, b) => (search.rays[b] < search.rays[a] ? b : a)))
  for (const n of asked) search.ball(n)
  if (!search.found()) {
    // a thick body: balls are large and hold much of its surface, so only where the way through is shortest
    search.start(Infinity)
    const shortest = asked.sort((n, m) => search.rays[n] - search.rays[m])
    for (const n of shortest.slice(0, fewSamples)) search.ball(n)
  }
  return search.result()
}

/** @param smoothed the samples up to this number have the surface's normal there, the others their own */
function searchIn(surface: Surface, samples: Samples, smoothed: number) {
  const { cells, faces } = surface
  const { mesh } = cells
  const rays = new Float32Array(samples.count).fill(Infinity)
  let best = Infinity
  let from = -1
  const where = [0, 0, 0]
  const touch = [0, 0, 0]
  const normal = [0, 0, 0]
  /** the least ball at a sample that touches another side askew: such as may have a third side */
  const aslant = { wide: Infinity, touch: [0, 0, 0] }

  /** Whether nothing lies between p and q but material. */
  const seen = (n: number, qx: number, qy: number, qz: number, other: number) => {
    const [px, py, pz] = pointOf(samples, n)
    return isFree(cells, px, py, pz, qx, qy, qz, samples.triangles[n], other)
  }

  const normalAt = (n: number, px: number, py: number, pz: number) => {
    if (n < smoothed) smoothNormal(surface, samples.triangles[n], px, py, pz, normal)
    else for (let k = 0; k < 3; k++) normal[k] = samples.normals[3 * n + k]
  }

  /** Straight through to the far side: what it finds makes every ball smaller, and costs little. */
  const ray = (n: number) => {
    const [px, py, pz] = pointOf(samples, n)
    const own = samples.triangles[n]
    normalAt(n, px, py, pz)
    const [nx, ny, nz] = normal
    let first = Infinity
    let through = -1
    castRay(cells, px, py, pz, -nx, -ny, -nz, Infinity, (t, mm, way) => {
      if (t !== own && way === 1 && mm < first) {
        first = mm
        through = t
      }
      return first
    })
    if (through < 0 || first < 1e-6 || (n >= smoothed && isTooth(surface, own, through, [px, py, pz], first))) return
    if (nx * faces[3 * through] + ny * faces[3 * through + 1] + nz * faces[3 * through + 2] <= facing) rays[n] = first
  }

  const ball = (n: number) => {
    const [px, py, pz] = pointOf(samples, n)
    normalAt(n, px, py, pz)
    const [nx, ny, nz] = normal
    if (rays[n] < best) {
      touch[0] = px - nx * rays[n]
      touch[1] = py - ny * rays[n]
      touch[2] = pz - nz * rays[n]
      take(n, rays[n])
    }
    if (best === Infinity) return
    aslant.wide = Infinity
    const radius = best / 2
    const cx = px - nx * radius
    const cy = py - ny * radius
    const cz = pz - nz * radius
    visitBox(cells, cx - radius, cy - radius, cz - radius, cx + radius, cy + radius, cz + radius, (t) => {
      // what looks the same way cannot be the far side
      if (nx * faces[3 * t] + ny * faces[3 * t + 1] + nz * faces[3 * t + 2] > 0.2) return
      const wide = touching(t, px, py, pz, nx, ny, nz, best)
      if (wide >= best || (n >= smoothed && isTooth(surface, samples.triangles[n], t, [px, py, pz], wide))) return
      if (seen(n, touch[0], touch[1], touch[2], t)) take(n, wide)
    })
    if (aslant.wide < best && best <= thinMm) {
      const strut = strutOf(surface, [px, py, pz], [nx, ny, nz], aslant, best)
      if (!strut) return
      for (let k = 0; k < 3; k++) touch[k] = strut.touch[k]
      take(n, strut.wide)
    }
  }

  /** The diameter of the ball at p that touches triangle t on its far side, the place left in `touch`; else `most`. */
  const touching = (
    t: number,
    px: number,
    py: number,
    pz: number,
    nx: number,
    ny: number,
    nz: number,
    most: number,
  ) => {
    let wide = most
    let part = -1
    for (let turn = 0; turn < 32; turn++) {
      const r = wide / 2
      const limit = r * (1 - 1e-7)
      if (nearestOfTriangle(mesh, t, px - nx * r, py - ny * r, pz - nz * r, limit) === Infinity) break
      const depth = nx * (px - nearest.x) + ny * (py - nearest.y) + nz * (pz - nearest.z)
      const way2 = (px - nearest.x) ** 2 + (py - nearest.y) ** 2 + (pz - nearest.z) ** 2
      if (!(depth > 0 && way2 / depth < wide)) return most
      touch[0] = nearest.x
      touch[1] = nearest.y
      touch[2] = nearest.z
      part = nearest.part
      wide = way2 / depth
    }
    if (wide >= most) return most
    const r = wide / 2
    const [cx, cy, cz] = [px - nx * r, py - ny * r, pz - nz * r]
    const towards = (nx * (touch[0] - cx) + ny * (touch[1] - cy) + nz * (touch[2] - cz)) / r
    if (towards > facing) {
      if (part < 0 && towards <= facingOfThree && wide < aslant.wide) {
        aslant.wide = wide
        for (let k = 0; k < 3; k++) aslant.touch[k] = touch[k]
      }
      return most
    }
    return part < 0 || isSharpGround(surface, t, part, cx, cy, cz, r * (1 - 1e-6)) ? wide : most
  }

  const take = (n: number, mm: number) => {
    best = mm
    from = n
    for (let k = 0; k < 3; k++) where[k] = touch[k]
  }

  return {
    ray,
    rays,
    ball,
    found: () => from >= 0,
    start: (most: number) => {
      best = most
    },
    result: (): Wall => ({
      minWallMm: from >= 0 ? best : leastExtent(mesh.positions),
      at: from >= 0 ? pointOf(samples, from) : null,
      opposite: from >= 0 ? [where[0], where[1], where[2]] : null,
      minRayMm: rays.reduce((least, mm) => Math.min(least, mm), Infinity),
      samples: samples.count,
    }),
  }
}

/** No wall is thicker than a body is wide. */
function leastExtent(positions: Float64Array): number {
  const min = [Infinity, Infinity, Infinity]
  const max = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i++) {
    min[i % 3] = Math.min(min[i % 3], positions[i])
    max[i % 3] = Math.max(max[i % 3], positions[i])
  }
  return Math.min(max[0] - min[0], max[1] - min[1], max[2] - min[2])
}

const joined = (one: Samples, other: Samples): Samples => ({
  count: one.count + other.count,
  areaMm2: one.areaMm2,
  points: appended(one.points, other.points, new Float64Array(3 * (one.count + other.count))),
  normals: appended(one.normals, other.normals, new Float64Array(3 * (one.count + other.count))),
  triangles: appended(one.triangles, other.triangles, new Uint32Array(one.count + other.count)),
})

function appended<A extends Float64Array | Uint32Array>(one: A, other: A, room: A): A {
  room.set(one)
  room.set(other, one.length)
  return room
}
