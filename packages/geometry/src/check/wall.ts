import type { Vec3 } from '../mesh/vector.ts'
import { visitBox } from './cells.ts'
import { nearest, nearestOfTriangle, type Surface } from './nearest.ts'
import { castRay, isFree } from './rays.ts'
import { closeSamples, pointOf, type Samples } from './samples.ts'

export interface Wall {
  /** the least thickness, mm; Infinity for a body without any two surfaces that face each other */
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
/** Sides of a groove whose ground is not seen as a surface of its own: at least 75° between their normals. */
const groove = 0.25
/** Normals at the corners of a triangle are believed when they are no more than 30° from its own. */
const smooth = Math.cos(Math.PI / 6)
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
 * and so is what a sharp groove leaves under it. The ball and not the ray (shape diameter, Shapira et al. 2008) is
 * what is reported: a ray goes past the nearest place of the other side when that is askew or small.
 *
 * The least is sought, so that a sample whose ball of the least diameter so far is free needs no more. A body whose
 * every wall is thicker than 3 mm is searched only where the rays are shortest, and its figure is less certain.
 */
export function wallOf(surface: Surface, options: WallOptions = {}): Wall {
  const { cells } = surface
  const diagonal = Math.hypot(cells.nx, cells.ny, cells.nz) * cells.size
  const { spacingMm = Math.max(0.6, diagonal / 200), ignore } = options
  const samples = closeSamples(cells.mesh, spacingMm)
  const search = searchIn(surface, samples)
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

function searchIn(surface: Surface, samples: Samples) {
  const { cells, faces } = surface
  const { mesh } = cells
  const rays = new Float32Array(samples.count).fill(Infinity)
  let best = Infinity
  let from = -1
  const where = [0, 0, 0]
  const touch = [0, 0, 0]
  const normal = [0, 0, 0]

  /** Whether nothing lies between p and q but material. */
  const seen = (n: number, qx: number, qy: number, qz: number, other: number) => {
    const [px, py, pz] = pointOf(samples, n)
    return isFree(cells, px, py, pz, qx, qy, qz, samples.triangles[n], other)
  }

  /** Straight through to the far side: what it finds makes every ball smaller, and costs little. */
  const ray = (n: number) => {
    const [px, py, pz] = pointOf(samples, n)
    const own = samples.triangles[n]
    smoothNormal(surface, own, px, py, pz, normal)
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
    if (through < 0 || first < 1e-6) return
    if (nx * faces[3 * through] + ny * faces[3 * through + 1] + nz * faces[3 * through + 2] <= facing) rays[n] = first
  }

  const ball = (n: number) => {
    const [px, py, pz] = pointOf(samples, n)
    smoothNormal(surface, samples.triangles[n], px, py, pz, normal)
    const [nx, ny, nz] = normal
    if (rays[n] < best) {
      touch[0] = px - nx * rays[n]
      touch[1] = py - ny * rays[n]
      touch[2] = pz - nz * rays[n]
      take(n, rays[n])
    }
    if (best === Infinity) return
    const radius = best / 2
    const cx = px - nx * radius
    const cy = py - ny * radius
    const cz = pz - nz * radius
    visitBox(cells, cx - radius, cy - radius, cz - radius, cx + radius, cy + radius, cz + radius, (t) => {
      // what looks the same way cannot be the far side
      if (nx * faces[3 * t] + ny * faces[3 * t + 1] + nz * faces[3 * t + 2] > 0.2) return
      const wide = touching(t, px, py, pz, nx, ny, nz, best)
      if (wide < best && seen(n, touch[0], touch[1], touch[2], t)) take(n, wide)
    })
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
    if (towards > facing) return most
    return part < 0 || sharpGroove(t, part, cx, cy, cz, r * (1 - 1e-6)) ? wide : most
  }

  /**
   * Whether the ball touches the ground of a groove or pit: at a side or corner of triangles none of which reaches
   * into the ball (one that does will be touched itself) and that look far enough apart. The little steps of a
   * surface made of triangles are no grooves.
   */
  const sharpGroove = (t: number, part: number, x: number, y: number, z: number, r: number): boolean => {
    const around = part < 3 ? [t, surface.across[3 * t + part]] : fanOf(surface, t, part - 3)
    if (around.some((other) => other < 0 || nearestOfTriangle(mesh, other, x, y, z, r) < Infinity)) return false
    return around.some((one) =>
      around.some(
        (two) =>
          faces[3 * one] * faces[3 * two] +
            faces[3 * one + 1] * faces[3 * two + 1] +
            faces[3 * one + 2] * faces[3 * two + 2] <=
          groove,
      ),
    )
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
      minWallMm: from >= 0 ? best : Infinity,
      at: from >= 0 ? pointOf(samples, from) : null,
      opposite: from >= 0 ? [where[0], where[1], where[2]] : null,
      minRayMm: rays.reduce((least, mm) => Math.min(least, mm), Infinity),
      samples: samples.count,
    }),
  }
}

/** The triangles round corner k of triangle t, -1 among them where the surface is open. */
function fanOf({ cells, across }: Surface, t: number, k: number): number[] {
  const { triangles } = cells.mesh
  const v = triangles[3 * t + k]
  const out: number[] = []
  let at = t
  do {
    out.push(at)
    if (at < 0 || out.length > 1000) break
    const corner = triangles[3 * at] === v ? 0 : triangles[3 * at + 1] === v ? 1 : 2
    at = across[3 * at + ((corner + 2) % 3)]
  } while (at !== t)
  return out
}

/**
 * The surface's normal at a point of a triangle: that of its corners, by their shares, where it is smooth there. A
 * triangle on a curved surface has the right normal only in its middle, and 10° make the wall of a tube 7% thinner.
 */
function smoothNormal({ cells, faces, tips }: Surface, t: number, x: number, y: number, z: number, out: number[]) {
  const { positions: p, triangles } = cells.mesh
  const fx = faces[3 * t]
  const fy = faces[3 * t + 1]
  const fz = faces[3 * t + 2]
  let nx = 0
  let ny = 0
  let nz = 0
  for (let k = 0; k < 3; k++) {
    const v = 3 * triangles[3 * t + k]
    const b = 3 * triangles[3 * t + ((k + 1) % 3)]
    const c = 3 * triangles[3 * t + ((k + 2) % 3)]
    // the share of a corner is the area across from it
    const ux = p[b] - x
    const uy = p[b + 1] - y
    const uz = p[b + 2] - z
    const vx = p[c] - x
    const vy = p[c + 1] - y
    const vz = p[c + 2] - z
    const share = Math.max(0, (uy * vz - uz * vy) * fx + (uz * vx - ux * vz) * fy + (ux * vy - uy * vx) * fz)
    const size = Math.sqrt(tips[v] ** 2 + tips[v + 1] ** 2 + tips[v + 2] ** 2) || 1
    const believed = (tips[v] * fx + tips[v + 1] * fy + tips[v + 2] * fz) / size > smooth
    nx += share * (believed ? tips[v] / size : fx)
    ny += share * (believed ? tips[v + 1] / size : fy)
    nz += share * (believed ? tips[v + 2] / size : fz)
  }
  const size = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1
  out[0] = nx / size
  out[1] = ny / size
  out[2] = nz / size
}
