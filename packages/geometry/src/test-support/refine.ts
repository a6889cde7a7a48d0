import { cellsOf } from '../check/cells.ts'
import { selfIntersections } from '../check/crossings.ts'
import { faceVectors, type Mesh, submesh } from '../mesh/mesh.ts'
import { edgeOfHalves, edgesOf, nextHalf } from '../mesh/topology.ts'
import type { Sdf } from '../field/shapes.ts'

/** A split point may leave its side by this share of the side's length (an arc of 72° does); more is a kink. */
const mostShare = 0.16
/** A part of a triangle may look so far away from it: 30°. */
const mostTurn = Math.cos(Math.PI / 6)

/**
 * The same surface with more triangles where it is bent more than they can follow: a side whose middle is farther
 * than a tolerance from the body's surface is split there, and the new vertex put onto the surface. A bore of 1.2 mm
 * drawn with cells of 0.25 mm is 0.1 mm too narrow before, and right after. Closed stays closed: both triangles at
 * a side are split at the same point. Splits that would fold the surface or make it cross itself are not made.
 *
 * @param sdf the function that the surface is of; its slope near the surface about 1
 * @param rounds each halves the sides that are still too long
 */
export function refined(mesh: Mesh, sdf: Sdf, toleranceMm: number, rounds = 2): Mesh {
  let fine = mesh
  for (let round = 0; round < rounds; round++) {
    const next = splitOnce(fine, sdf, toleranceMm)
    if (next === fine) break
    fine = next
  }
  return fine
}

function splitOnce(mesh: Mesh, sdf: Sdf, toleranceMm: number): Mesh {
  const { positions, triangles } = mesh
  const edges = edgesOf(mesh)
  const of = edgeOfHalves(edges)
  const faces = faceVectors(mesh)
  const middleOf = new Int32Array(edges.count).fill(-1)
  const added: number[] = []
  const first = positions.length / 3
  for (let e = 0; e < edges.count; e++) {
    if (edges.from[e + 1] - edges.from[e] !== 2) continue
    const point = onSurface(mesh, faces, edges, e, sdf, toleranceMm)
    if (!point) continue
    middleOf[e] = first + added.length / 3
    added.push(...point)
  }
  if (added.length === 0) return mesh
  const places = new Float64Array(positions.length + added.length)
  places.set(positions)
  places.set(added, positions.length)
  const split = { positions: places, triangles }
  for (let turn = 0; turn < 8; turn++) {
    leaveFolds(split, faces, of, middleOf)
    const { fine, parents } = drawn(split, of, middleOf)
    // the surface that was given crosses itself nowhere; where this one does, it stays as it was
    const { pairs } = selfIntersections(fine, cellsOf(fine), 1000)
    if (pairs.length === 0) return fine
    for (const t of pairs.flat()) for (let k = 0; k < 3; k++) middleOf[of[3 * parents[t] + k]] = -1
  }
  return mesh
}

/** The mesh with the splits made, and for each triangle the one it is of. */
function drawn(mesh: Mesh, of: Uint32Array, middleOf: Int32Array) {
  const out: number[] = []
  const parents: number[] = []
  const parts: number[] = []
  for (let t = 0; t < mesh.triangles.length; t += 3) {
    partsOf(mesh, t, of, middleOf, parts)
    for (const corner of parts) out.push(corner)
    for (let i = 0; i < parts.length; i += 3) parents.push(t / 3)
  }
  const whole = { positions: mesh.positions, triangles: Uint32Array.from(out) }
  // without the vertices that no triangle uses
  return { fine: submesh(whole, () => true), parents }
}

/**
 * Takes back splits until no part of a triangle looks more than 30° away from the triangle: near a kink of the body
 * a vertex that jumps to the surface could fold it.
 */
function leaveFolds(mesh: Mesh, faces: Float64Array, of: Uint32Array, middleOf: Int32Array) {
  const { positions: p, triangles } = mesh
  const parts: number[] = []
  for (let changed = true; changed;) {
    changed = false
    for (let t = 0; t < triangles.length; t += 3) {
      if (middleOf[of[t]] < 0 && middleOf[of[t + 1]] < 0 && middleOf[of[t + 2]] < 0) continue
      partsOf(mesh, t, of, middleOf, parts)
      const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
      for (let i = 0; i < parts.length; i += 3) {
        const [a, b, c] = [3 * parts[i], 3 * parts[i + 1], 3 * parts[i + 2]]
        const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]]
        const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]]
        const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
        const alike = nx * faces[t] + ny * faces[t + 1] + nz * faces[t + 2]
        if (alike > mostTurn * size * Math.hypot(nx, ny, nz)) continue
        for (let k = 0; k < 3; k++) middleOf[of[t + k]] = -1
        changed = true
        break
      }
    }
  }
}

/** The corners of what a triangle is split into, written to `out`. */
function partsOf({ positions: p, triangles }: Mesh, t: number, of: Uint32Array, middleOf: Int32Array, out: number[]) {
  const split = [middleOf[of[t]], middleOf[of[t + 1]], middleOf[of[t + 2]]]
  const marked = (split[0] >= 0 ? 1 : 0) + (split[1] >= 0 ? 1 : 0) + (split[2] >= 0 ? 1 : 0)
  // turned so that the side from a to b is split when one is, and the one from c to a is not when two are
  let k = 0
  if (marked === 1) k = split.findIndex((m) => m >= 0)
  if (marked === 2) k = (split.findIndex((m) => m < 0) + 1) % 3
  const a = triangles[t + k]
  const b = triangles[t + ((k + 1) % 3)]
  const c = triangles[t + ((k + 2) % 3)]
  const ab = split[k]
  const bc = split[(k + 1) % 3]
  const ca = split[(k + 2) % 3]
  const apart = (v: number, w: number) =>
    (p[3 * v] - p[3 * w]) ** 2 + (p[3 * v + 1] - p[3 * w + 1]) ** 2 + (p[3 * v + 2] - p[3 * w + 2]) ** 2
  out.length = 0
  if (marked === 0) out.push(a, b, c)
  else if (marked === 1) out.push(a, ab, c, ab, b, c)
  else if (marked === 2) {
    out.push(ab, b, bc)
    if (apart(a, bc) < apart(ab, c)) out.push(a, ab, bc, a, bc, c)
    else out.push(a, ab, c, ab, bc, c)
  } else out.push(a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca)
}

/** Where to split an edge, in single precision; null when its middle is near enough or the surface is not found. */
function onSurface(
  { positions, triangles }: Mesh,
  faces: Float64Array,
  edges: ReturnType<typeof edgesOf>,
  e: number,
  sdf: Sdf,
  toleranceMm: number,
): [number, number, number] | null {
  const half = edges.halves[edges.from[e]]
  const other = edges.halves[edges.from[e] + 1]
  const a = 3 * triangles[half]
  const b = 3 * triangles[nextHalf(half)]
  const x = (positions[a] + positions[b]) / 2
  const y = (positions[a + 1] + positions[b + 1]) / 2
  const z = (positions[a + 2] + positions[b + 2]) / 2
  const off = sdf(x, y, z)
  if (Math.abs(off) <= toleranceMm) return null
  const s = half - (half % 3)
  const t = other - (other % 3)
  let nx = faces[s] + faces[t]
  let ny = faces[s + 1] + faces[t + 1]
  let nz = faces[s + 2] + faces[t + 2]
  const size = Math.sqrt(nx * nx + ny * ny + nz * nz)
  if (!(size > 0)) return null
  nx /= size
  ny /= size
  nz /= size
  const most =
    mostShare *
    Math.sqrt(
      (positions[a] - positions[b]) ** 2 +
        (positions[a + 1] - positions[b + 1]) ** 2 +
        (positions[a + 2] - positions[b + 2]) ** 2,
    )
  // secant steps along the normal of both triangles
  let before = 0
  let valueBefore = off
  let at = -off
  for (let turn = 0; turn < 5; turn++) {
    if (!(Math.abs(at) <= most)) return null
    const value = sdf(x + at * nx, y + at * ny, z + at * nz)
    if (Math.abs(value) < toleranceMm / 10) {
      return [Math.fround(x + at * nx), Math.fround(y + at * ny), Math.fround(z + at * nz)]
    }
    const next = at - (value * (at - before)) / (value - valueBefore)
    before = at
    valueBefore = value
    at = next
  }
  return null
}
