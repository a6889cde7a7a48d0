import type { Bvh } from '../../mesh/bvh.ts'
import { faceVectors, type Mesh, vertexNormals } from '../../mesh/mesh.ts'
import { nearest, newNearest } from '../../mesh/nearest.ts'
import { cross, dot, perpendicular, unit, type Vec3 } from '../../mesh/vector.ts'
import { solveNormal } from '../least-squares.ts'

/** A plane that mirrors a surface onto itself: points p with normal · p = offset. */
export interface MirrorPlane {
  readonly normal: Vec3
  readonly offset: number
  /** the share of the surface whose mirror image lies on the surface, within `tolerance`, facing the same way */
  readonly agreement: number
  /** mm: root of the mean square distance of that share */
  readonly residual: number
}

/** Middles of triangles at even steps of area: points, unit directions outwards. */
export interface Samples {
  readonly points: Float64Array
  readonly normals: Float64Array
}

/**
 * Samples a surface evenly, without chance: one triangle each time another 1/count of the area has passed. They stick
 * to the surface however it is moved.
 */
export function evenSamples(mesh: Mesh, count: number, keep?: (t: number) => boolean): Samples {
  const faces = faceVectors(mesh)
  const { positions, triangles } = mesh
  let total = 0
  for (let t = 0; t < faces.length; t += 3) {
    if (!keep || keep(t / 3)) total += Math.hypot(faces[t], faces[t + 1], faces[t + 2])
  }
  const step = total / count
  const points: number[] = []
  const normals: number[] = []
  let passed = 0
  let next = 0.5
  for (let t = 0; t < faces.length; t += 3) {
    if (keep && !keep(t / 3)) continue
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    passed += size
    if (!(passed > next * step)) continue
    while (next * step < passed) next++
    for (let k = 0; k < 3; k++) {
      points.push(
        (positions[3 * triangles[t] + k] + positions[3 * triangles[t + 1] + k] + positions[3 * triangles[t + 2] + k]) /
          3,
      )
      normals.push(faces[t + k] / size)
    }
  }
  return { points: Float64Array.from(points), normals: Float64Array.from(normals) }
}

interface Search {
  readonly bvh: Bvh
  readonly outwards: Float64Array
}

/** What looking for mirror planes needs of a mesh. */
export const searchIn = (bvh: Bvh): Search => ({ bvh, outwards: vertexNormals(bvh.mesh) })

/**
 * The mirror plane near a guess: samples are mirrored, their nearest points sought, and the plane moved so that they
 * fall onto the surface's tangent planes, from coarse to fine (symmetric point-to-plane ICP, after Benz et al. 2002,
 * The symmetry of faces). Pairs that are too far apart or face apart are left out: gaps on one side do no harm.
 * @param reaches mm, the largest distance of a pair in each round
 * @param tolerance mm, for `agreement`
 */
export function mirrorPlaneNear(
  { bvh, outwards }: Search,
  { points, normals }: Samples,
  guess: { normal: Vec3; offset: number },
  { reaches, tolerance = 3 }: { reaches: readonly number[]; tolerance?: number },
): MirrorPlane {
  // the plane leans about the middle of the samples: about a far origin, leaning and shifting would be one and the same
  const middle = middleOf(points)
  let normal = guess.normal
  let offset = guess.offset - dot(normal, middle)
  const hit = newNearest()
  const { triangles } = bvh.mesh
  const a = new Float64Array(9)
  const b = new Float64Array(3)
  const pair = (i: number, reach: number) => {
    const px = points[i] - middle[0]
    const py = points[i + 1] - middle[1]
    const pz = points[i + 2] - middle[2]
    const off = px * normal[0] + py * normal[1] + pz * normal[2] - offset
    const tilt = normals[i] * normal[0] + normals[i + 1] * normal[1] + normals[i + 2] * normal[2]
    const x = points[i] - 2 * off * normal[0]
    const y = points[i + 1] - 2 * off * normal[1]
    const z = points[i + 2] - 2 * off * normal[2]
    nearest(bvh, x, y, z, reach, hit)
    if (hit.triangle < 0) return null
    // the direction that changes steadily across edges: which of two triangles was named nearest makes no difference
    const p = 3 * triangles[3 * hit.triangle]
    const q = 3 * triangles[3 * hit.triangle + 1]
    const r = 3 * triangles[3 * hit.triangle + 2]
    const m = unit([
      hit.a * outwards[p] + hit.b * outwards[q] + hit.c * outwards[r],
      hit.a * outwards[p + 1] + hit.b * outwards[q + 1] + hit.c * outwards[r + 1],
      hit.a * outwards[p + 2] + hit.b * outwards[q + 2] + hit.c * outwards[r + 2],
    ])
    const facing =
      (normals[i] - 2 * tilt * normal[0]) * m[0] +
      (normals[i + 1] - 2 * tilt * normal[1]) * m[1] +
      (normals[i + 2] - 2 * tilt * normal[2]) * m[2]
    const away = (x - hit.x) * m[0] + (y - hit.y) * m[1] + (z - hit.z) * m[2]
    // past a border the nearest point is aside, not beneath
    const aside = Math.sqrt(Math.max(0, hit.distance * hit.distance - away * away))
    if (facing < 0.5 || aside > 0.7 * Math.abs(away) + 0.3) return null
    return { m, away, off, p: [px, py, pz] as Vec3 }
  }
  for (const reach of reaches) {
    const u = perpendicular(normal)
    const v = cross(normal, u)
    a.fill(0)
    b.fill(0)
    for (let i = 0; i < points.length; i += 3) {
      const found = pair(i, reach)
      if (!found) continue
      const { m, away, off, p: at } = found
      const mn = dot(m, normal)
      // how the mirrored point moves along m when the plane leans towards u, towards v, or is shifted
      const row = [-2 * (mn * dot(at, u) + off * dot(m, u)), -2 * (mn * dot(at, v) + off * dot(m, v)), 2 * mn]
      const w = (1 - (away / reach) ** 2) ** 2
      for (let p = 0; p < 3; p++) {
        for (let q = 0; q <= p; q++) a[3 * p + q] += w * row[p] * row[q]
        b[p] -= w * row[p] * away
      }
    }
    for (let p = 0; p < 3; p++) a[4 * p] *= 1 + 1e-9
    const step = solveNormal(a, b)
    if (!step) break
    const lean = Math.hypot(step[0], step[1])
    // a linear step must stay small to be true
    const by = lean > 0.3 ? 0.3 / lean : 1
    normal = unit([
      normal[0] + by * (step[0] * u[0] + step[1] * v[0]),
      normal[1] + by * (step[0] * u[1] + step[1] * v[1]),
      normal[2] + by * (step[0] * u[2] + step[1] * v[2]),
    ])
    offset += by * step[2]
    if (reach === reaches.at(-1) && lean < 1e-8 && Math.abs(step[2]) < 1e-7) break
  }
  let matched = 0
  let squares = 0
  for (let i = 0; i < points.length; i += 3) {
    const found = pair(i, tolerance)
    if (!found) continue
    matched++
    squares += found.away ** 2
  }
  return {
    normal,
    offset: offset + dot(normal, middle),
    agreement: points.length > 0 ? (3 * matched) / points.length : 0,
    residual: matched > 0 ? Math.sqrt(squares / matched) : Infinity,
  }
}

function middleOf(points: Float64Array): Vec3 {
  const sum = [0, 0, 0]
  for (let i = 0; i < points.length; i++) sum[i % 3] += points[i]
  const n = Math.max(1, points.length / 3)
  return [sum[0] / n, sum[1] / n, sum[2] / n]
}
