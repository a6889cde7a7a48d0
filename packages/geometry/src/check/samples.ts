import type { Mesh } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import type { Vec3 } from '../mesh/vector.ts'

/** Points on a surface with the outward normal of the triangle each lies on, three numbers a point. */
export interface Samples {
  readonly count: number
  /** of the whole surface, mm² */
  readonly areaMm2: number
  readonly points: Float64Array
  readonly normals: Float64Array
  readonly triangles: Uint32Array
}

/**
 * Points spread evenly over a surface: each stands for the same area (stratified by area, the same for a seed).
 */
export function evenSamples(mesh: Mesh, count: number, seed = 1): Samples {
  const { positions: p, triangles } = mesh
  const upTo = new Float64Array(triangles.length / 3)
  const normals = normalsOf(mesh)
  let total = 0
  for (let t = 0; t < upTo.length; t++) {
    total += Math.hypot(normals[3 * t], normals[3 * t + 1], normals[3 * t + 2])
    upTo[t] = total
  }
  const random = seeded(seed)
  const out = room(total > 0 ? count : 0, total / 2)
  let t = 0
  for (let n = 0; n < out.count; n++) {
    const share = ((n + random()) / count) * total
    while (t < upTo.length - 1 && upTo[t] < share) t++
    // Osada et al., Shape distributions, 2002
    const root = Math.sqrt(random())
    const b = root * random()
    put(out, n, p, triangles, normals, t, 1 - root, root - b)
  }
  return out
}

/**
 * Points so close that from any place of the surface one is within `spacingMm`, on a triangle that looks about the
 * same way: the middles of the parts into which each triangle is cut, and of those in one small cube, one.
 */
export function closeSamples(mesh: Mesh, spacingMm: number): Samples {
  const all = middles(mesh, spacingMm)
  const { points, normals } = all
  const cube = spacingMm / Math.sqrt(3)
  const taken = new Set<number>()
  const kept: number[] = []
  for (let n = 0; n < all.count; n++) {
    let key = 0
    let most = 0
    let side = 0
    for (let k = 0; k < 3; k++) {
      key = key * 100_003 + Math.floor(points[3 * n + k] / cube) + 50_000
      if (Math.abs(normals[3 * n + k]) <= most) continue
      most = Math.abs(normals[3 * n + k])
      side = 2 * k + (normals[3 * n + k] < 0 ? 1 : 0)
    }
    key = key * 6 + side
    if (taken.has(key)) continue
    taken.add(key)
    kept.push(n)
  }
  const out = room(kept.length, all.areaMm2)
  kept.forEach((n, i) => {
    out.triangles[i] = all.triangles[n]
    for (let k = 0; k < 3; k++) {
      out.points[3 * i + k] = points[3 * n + k]
      out.normals[3 * i + k] = normals[3 * n + k]
    }
  })
  return out
}

function middles(mesh: Mesh, spacingMm: number): Samples {
  const { positions: p, triangles } = mesh
  const normals = normalsOf(mesh)
  const cuts = new Uint32Array(triangles.length / 3)
  let count = 0
  let twice = 0
  for (let t = 0; t < cuts.length; t++) {
    twice += Math.hypot(normals[3 * t], normals[3 * t + 1], normals[3 * t + 2])
    let longest = 0
    for (let k = 0; k < 3; k++) {
      const a = 3 * triangles[3 * t + k]
      const b = 3 * triangles[3 * t + ((k + 1) % 3)]
      longest = Math.max(longest, (p[a] - p[b]) ** 2 + (p[a + 1] - p[b + 1]) ** 2 + (p[a + 2] - p[b + 2]) ** 2)
    }
    cuts[t] = Math.max(1, Math.ceil(Math.sqrt(longest) / spacingMm))
    count += cuts[t] ** 2
  }
  const out = room(count, twice / 2)
  let n = 0
  for (let t = 0; t < cuts.length; t++) {
    const k = cuts[t]
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k - i; j++) {
        put(out, n++, p, triangles, normals, t, (i + 1 / 3) / k, (j + 1 / 3) / k)
        if (j < k - i - 1) put(out, n++, p, triangles, normals, t, (i + 2 / 3) / k, (j + 2 / 3) / k)
      }
    }
  }
  return out
}

export const pointOf = ({ points }: Samples, n: number): Vec3 => [points[3 * n], points[3 * n + 1], points[3 * n + 2]]

const room = (count: number, areaMm2: number): Samples => ({
  count,
  areaMm2,
  points: new Float64Array(3 * count),
  normals: new Float64Array(3 * count),
  triangles: new Uint32Array(count),
})

/** Twice the area along the outward direction, three a triangle. */
function normalsOf({ positions: p, triangles }: Mesh): Float64Array {
  const out = new Float64Array(triangles.length)
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const ux = p[b] - p[a]
    const uy = p[b + 1] - p[a + 1]
    const uz = p[b + 2] - p[a + 2]
    const vx = p[c] - p[a]
    const vy = p[c + 1] - p[a + 1]
    const vz = p[c + 2] - p[a + 2]
    out[t] = uy * vz - uz * vy
    out[t + 1] = uz * vx - ux * vz
    out[t + 2] = ux * vy - uy * vx
  }
  return out
}

function put(
  out: Samples,
  n: number,
  p: Float64Array,
  triangles: Uint32Array,
  normals: Float64Array,
  t: number,
  ofA: number,
  ofB: number,
) {
  const a = 3 * triangles[3 * t]
  const b = 3 * triangles[3 * t + 1]
  const c = 3 * triangles[3 * t + 2]
  const size = Math.sqrt(normals[3 * t] ** 2 + normals[3 * t + 1] ** 2 + normals[3 * t + 2] ** 2) || 1
  out.triangles[n] = t
  for (let k = 0; k < 3; k++) {
    out.points[3 * n + k] = ofA * p[a + k] + ofB * p[b + k] + (1 - ofA - ofB) * p[c + k]
    out.normals[3 * n + k] = normals[3 * t + k] / size
  }
}
