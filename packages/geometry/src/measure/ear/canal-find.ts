import { type Mesh, triangleCount, vertexNormals } from '../../mesh/mesh.ts'
import { castRay } from '../../mesh/ray.ts'
import { distance, dot, length, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { inOwn, inSpace, type OwnAxes } from './canal-pose.ts'
import { followTube, type Ring, ringAt, type RoughTube, type Scene } from './canal-ring.ts'
import { widest } from './canal-tube.ts'

/** Where a canal may be, and which way it leads. */
export interface CanalHint {
  readonly entrance: Vec3
  readonly inward: Vec3
}

/** How near a hinted entrance the canal's has to be, mm. */
export const nearHint = 15

/** How many triangles are looked out from, and how many tubes are followed to their ends. */
const lookouts = 1200
const followed = 24
const kept = 8

/**
 * Tubes among the surfaces of a mesh, the longest first. From places all over the surface a ray is sent along the normal,
 * to both sides; half-way to the wall across lies a point that may be within a tube. It is, when rays at right angles to
 * some axis meet walls all round it, and when the middles of two such rings, a little before and behind, show the axis.
 * It makes no difference which side of the surface is the outside.
 */
export function findTubes(scene: Scene, hint?: CanalHint): RoughTube[] {
  const starts = hint ? [...startsNear(scene, hint), ...startsIn(scene)] : startsIn(scene)
  const tubes: RoughTube[] = []
  let tries = 0
  for (const { centre, axis } of starts) {
    if (tries >= followed) break
    if (tubes.some((tube) => tube.points.some((p, i) => distance(p, centre) < tube.rings[i].radius))) continue
    tries++
    const tube = followTube(scene, centre, axis, widest + 1)
    if (tube && tube.length >= 2) tubes.push(tube)
  }
  const hinted = ({ points }: RoughTube) => {
    const ends = [points[0], points[points.length - 1]]
    return hint && ends.some((end) => distance(end, hint.entrance) < nearHint) ? 1 : 0
  }
  return tubes.sort((a, b) => hinted(b) - hinted(a) || b.length - a.length).slice(0, kept)
}

interface Start {
  readonly centre: Vec3
  readonly axis: Vec3
  readonly score: number
}

function startsNear(scene: Scene, { entrance, inward }: CanalHint): Start[] {
  const out: Start[] = []
  const direction = unit(inward)
  for (let depth = 0; depth <= 9; depth += 1.5) {
    const start = startAt(scene, step(entrance, direction, depth), direction)
    if (start) out.push(start)
  }
  return out.sort((a, b) => b.score - a.score)
}

function startsIn(scene: Scene): Start[] {
  const { bvh, own } = scene
  const { mesh } = bvh
  const normals = vertexNormals(mesh)
  const oneOf = Math.max(1, Math.floor(triangleCount(mesh) / lookouts))
  // of places that lie near together the one nearest to the middle of its cell: one that lies at the very end of a tube
  // would not see that it is one
  const places = new Map<number, { at: Vec3; off: number }>()
  for (let t = 0; t < triangleCount(mesh); t++) {
    if (!isLookout(own, mesh, t, oneOf)) continue
    const { middle, normal } = outlook(mesh, normals, t)
    if (!(length(normal) > 0.5)) continue // where triangles have no area there is no outlook
    for (const side of [1, -1]) {
      const direction: Vec3 = [side * normal[0], side * normal[1], side * normal[2]]
      const hit = castRay(bvh, middle, direction, { skip: t, min: 0.5, max: 2 * widest })
      if (!hit || hit.t < 2.4) continue
      if (Math.abs(dot(outlook(mesh, normals, hit.triangle).normal, normal)) < 0.6) continue
      const at = step(middle, direction, hit.t / 2)
      const { cell, off } = cellOf(inOwn(own, at))
      const other = places.get(cell)
      if (!other || off < other.off) places.set(cell, { at, off })
    }
  }
  const out: Start[] = []
  for (const { at } of places.values()) {
    const axis = axisAt(scene, normals, at)
    const start = axis && startAt(scene, at, axis)
    if (start) out.push(start)
  }
  return out.sort((a, b) => b.score - a.score)
}

function outlook({ positions, triangles }: Mesh, normals: Float64Array, t: number): { middle: Vec3; normal: Vec3 } {
  const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
  const mean = (values: Float64Array, axis: number) => (values[a + axis] + values[b + axis] + values[c + axis]) / 3
  return {
    middle: [mean(positions, 0), mean(positions, 1), mean(positions, 2)],
    normal: unit([mean(normals, 0), mean(normals, 1), mean(normals, 2)]),
  }
}

/** One triangle of so many is looked out from: which, its place decides, not its number. */
function isLookout(own: OwnAxes, { positions, triangles }: Mesh, t: number, oneOf: number): boolean {
  if (oneOf === 1) return true
  const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
  const mean = (axis: number) => (positions[a + axis] + positions[b + axis] + positions[c + axis]) / 3
  const [x, y, z] = inOwn(own, [mean(0), mean(1), mean(2)])
  const mixed = Math.imul(Math.floor(x * 50), 73856093) ^ Math.imul(Math.floor(y * 50), 19349663)
  const hash = (mixed ^ Math.imul(Math.floor(z * 50), 83492791)) >>> 0
  return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0) % oneOf === 0
}

const cellSize = 2.5

/** Points of one cell need not be looked at twice; how far one is from the cell's middle. */
function cellOf(point: Vec3): { cell: number; off: number } {
  const [i, j, k] = point.map((value) => Math.floor(value / cellSize))
  const off = distance(point, [(i + 0.5) * cellSize, (j + 0.5) * cellSize, (k + 0.5) * cellSize])
  return { cell: ((i & 0xffff) * 0x10000 + (j & 0xffff)) * 0x10000 + (k & 0xffff), off }
}

/** 26 directions: to the faces, edges and corners of a cube. */
const sphere: Vec3[] = []
for (const x of [-1, 0, 1])
  for (const y of [-1, 0, 1]) for (const z of [-1, 0, 1]) if (x || y || z) sphere.push(unit([x, y, z]))

/** The direction to which the walls round a point are most nearly parallel: the least eigenvector of their normals. */
function axisAt({ bvh, own }: Scene, normals: Float64Array, from: Vec3): Vec3 | null {
  const m = new Float64Array(6)
  let seen = 0
  for (const direction of sphere) {
    const hit = castRay(bvh, from, inSpace(own, direction), { max: 2 * widest })
    if (!hit) continue
    seen++
    const { normal } = outlook(bvh.mesh, normals, hit.triangle)
    // near walls tell more than far ones
    const weight = 1 / (1 + hit.t * hit.t)
    m[0] += weight * normal[0] * normal[0]
    m[1] += weight * normal[0] * normal[1]
    m[2] += weight * normal[0] * normal[2]
    m[3] += weight * normal[1] * normal[1]
    m[4] += weight * normal[1] * normal[2]
    m[5] += weight * normal[2] * normal[2]
  }
  return seen < 10 ? null : leastAxis(m)
}

/** The eigenvector of the least eigenvalue of [0 1 2; 1 3 4; 2 4 5], by inverse iteration. */
function leastAxis(m: Float64Array): Vec3 {
  const shift = 1e-3 * (m[0] + m[3] + m[5]) + 1e-12
  const [a, b, c, d, e, f] = [m[0] + shift, m[1], m[2], m[3] + shift, m[4], m[5] + shift]
  const rows: Vec3[] = [
    [d * f - e * e, c * e - b * f, b * e - c * d],
    [c * e - b * f, a * f - c * c, b * c - a * e],
    [b * e - c * d, b * c - a * e, a * d - b * b],
  ] // the adjugate: the inverse but for its scale
  let axis = rows.reduce((best, row) => (dot(row, row) > dot(best, best) ? row : best))
  for (let i = 0; i < 8; i++)
    axis = unit([dot(rows[0], unit(axis)), dot(rows[1], unit(axis)), dot(rows[2], unit(axis))])
  return axis
}

/** Looks whether a point lies in a tube, and turns the axis to where the middles of its sections lead. */
function startAt(scene: Scene, from: Vec3, guess: Vec3): Start | null {
  let axis = guess
  let ring: Ring | null = null
  let at = from
  for (let round = 0; round < 2; round++) {
    ring = ringAt(scene, at, axis)
    if (!ring || ring.coverage < 0.7 || ring.radius > widest + 1) return null
    const ahead = ringAt(scene, step(ring.centre, axis, 1), axis)
    const behind = ringAt(scene, step(ring.centre, axis, -1), axis)
    if (!ahead || !behind || Math.min(ahead.coverage, behind.coverage) < 0.7) return null
    const leads = subtract(ahead.centre, behind.centre)
    if (dot(leads, axis) < 1) return null // the middles run away: no tube
    axis = unit(leads)
    at = ring.centre
  }
  if (!ring) return null
  const round = ring.least / ring.most
  return { centre: ring.centre, axis, score: ring.coverage + 0.3 * round }
}
