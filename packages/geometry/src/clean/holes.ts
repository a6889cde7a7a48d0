import type { Mesh } from '../mesh/mesh.ts'
import type { Rows } from '../mesh/rows.ts'
import { boundaryLoops, type Components, cornersOf, nextHalf } from '../mesh/topology.ts'
import { fair } from './fair.ts'
import { longestRim, type Patch, patchArea, refined, triangulated } from './patch.ts'

/** A border of the surface. */
export interface Opening {
  /** in the mesh's unit */
  readonly perimeter: number
  /** number of its sides */
  readonly sides: number
}

export interface HoleLimits {
  /** longer borders are openings, and stay; in the mesh's unit */
  perimeter: number
  /** a patch that makes more than this share of its piece is none: the border of an eyelash is no hole in it */
  areaShare: number
}

/** New points on a patch at most: as many as its limits let a reasonable one have. */
const mostPoints = 5000

/**
 * Closes small holes with patches that carry on the surface round them.
 * @param mesh a manifold whose triangles agree
 * @returns the mesh with the patches' triangles behind the others, and its new points behind the others
 */
export function fillHoles(mesh: Mesh, opposite: Int32Array, pieces: Components, limits: HoleLimits) {
  const filled: Opening[] = []
  const open: Opening[] = []
  const newPoints: number[] = []
  const newTriangles: number[] = []
  const loops = boundaryLoops(mesh, opposite)
  const perimeters = loops.map((loop) => loop.reduce((sum, h) => sum + sideLength(mesh, h), 0))
  const small = perimeters.map((perimeter, i) => perimeter <= limits.perimeter && loops[i].length <= longestRim)
  const corners = small.some(Boolean) ? cornersOf(mesh) : null
  for (const [i, loop] of loops.entries()) {
    const opening = { perimeter: perimeters[i], sides: loop.length }
    const area = pieces.areas[pieces.of[Math.floor(loop[0] / 3)]]
    const patch = small[i] ? patchFor(mesh, corners!, loop, limits.areaShare * area) : null
    if (!patch) {
      open.push(opening)
      continue
    }
    filled.push(opening)
    const first = mesh.positions.length / 3 + newPoints.length / 3
    const rim = rimOf(mesh, loop)
    for (const v of patch.triangles) newTriangles.push(v < patch.rim ? rim[v] : first + v - patch.rim)
    for (let k = 3 * patch.rim; k < patch.positions.length; k++) newPoints.push(patch.positions[k])
  }
  return { mesh: extended(mesh, newPoints, newTriangles), filled, open }
}

function extended({ positions, triangles }: Mesh, newPoints: number[], newTriangles: number[]): Mesh {
  if (newTriangles.length === 0) return { positions, triangles }
  const more = {
    positions: new Float64Array(positions.length + newPoints.length),
    triangles: new Uint32Array(triangles.length + newTriangles.length),
  }
  more.positions.set(positions)
  more.positions.set(newPoints, positions.length)
  more.triangles.set(triangles)
  more.triangles.set(newTriangles, triangles.length)
  return more
}

const sideLength = ({ positions, triangles }: Mesh, h: number) => apart(positions, triangles[h], triangles[nextHalf(h)])

const apart = (at: Float64Array, v: number, w: number) =>
  Math.hypot(at[3 * v] - at[3 * w], at[3 * v + 1] - at[3 * w + 1], at[3 * v + 2] - at[3 * w + 2])

/** The border's vertices as the patch sees them: the other way round. */
const rimOf = ({ triangles }: Mesh, loop: Uint32Array) => Array.from(loop, (h) => triangles[h]).toReversed()

function patchFor(mesh: Mesh, corners: Rows, loop: Uint32Array, mostArea: number): Patch | null {
  const { positions, triangles } = mesh
  const rim = rimOf(mesh, loop)
  const place = new Map(rim.map((v, i) => [v, i]))
  if (place.size < rim.length) return null // it touches itself: fans were not split
  // sides between rim points that exist already: a patch must not use them a second time
  const taken = new Set<number>()
  const outside = rim.map(() => new Set<number>())
  for (const [i, v] of rim.entries()) {
    for (let c = corners.from[v]; c < corners.from[v + 1]; c++) {
      const t = corners.items[c] - (corners.items[c] % 3)
      for (let k = t; k < t + 3; k++) {
        const w = triangles[k]
        if (w === v) continue
        outside[i].add(w)
        const j = place.get(w)
        if (j !== undefined) taken.add(Math.min(i, j) * rim.length + Math.max(i, j))
      }
    }
  }
  const forbidden = (i: number, j: number) => taken.has(i * rim.length + j)
  const polygon = rim.flatMap((v) => [positions[3 * v], positions[3 * v + 1], positions[3 * v + 2]])
  const flat = triangulated(polygon, forbidden)
  if (!flat || patchArea(flat) > mostArea) return null
  const sizes = rim.map((v, i) => {
    let sum = 0
    for (const w of outside[i]) sum += apart(positions, v, w)
    return sum / outside[i].size
  })
  const fine = refined(flat, sizes, forbidden, flat.rim + mostPoints)
  return fine.positions.length === flat.positions.length ? fine : faired(mesh, fine, rim, outside)
}

/** The patch with its inner points where the surface round it points them to. */
function faired({ positions }: Mesh, patch: Patch, rim: number[], outside: Set<number>[]): Patch {
  const count = patch.positions.length / 3
  const around = Array.from({ length: count }, () => new Set<number>())
  for (let t = 0; t < patch.triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      around[patch.triangles[t + k]].add(patch.triangles[t + ((k + 1) % 3)])
      around[patch.triangles[t + ((k + 1) % 3)]].add(patch.triangles[t + k])
    }
  }
  const all = [...patch.positions]
  const numberOf = new Map(rim.map((v, i) => [v, i]))
  for (const [i, others] of outside.entries()) {
    for (const w of others) {
      let q = numberOf.get(w)
      if (q === undefined) {
        q = all.length / 3
        numberOf.set(w, q)
        all.push(positions[3 * w], positions[3 * w + 1], positions[3 * w + 2])
      }
      around[i].add(q)
    }
  }
  const lists = Array.from({ length: all.length / 3 }, (_, p) => [...(around[p] ?? [])])
  const at = Float64Array.from(all)
  let wide = 0
  for (let i = 0; i < patch.rim; i++) {
    wide = Math.max(wide, Math.hypot(at[3 * i] - at[0], at[3 * i + 1] - at[1], at[3 * i + 2] - at[2]))
  }
  fair(at, lists, (p) => p >= patch.rim && p < count, wide / 2)
  return { ...patch, positions: Array.from(at.subarray(0, 3 * count)) }
}
