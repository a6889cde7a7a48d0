import type { Mesh } from '../../mesh/mesh.ts'
import { boundaryLoops } from '../../mesh/topology.ts'
import { add, cross, distance, dot, length, scale, step, subtract, type Vec3 } from '../../mesh/vector.ts'

/** The rim of a hole in a scan, or of where it was cut off. */
export interface Rim {
  readonly points: readonly Vec3[]
  readonly middle: Vec3
  /** mm²: area and direction of what would close it, outwards */
  readonly missing: Vec3
}

/** Holes as large as a square with sides of this share of the foot's length hide what they took away. */
const hides = 0.04

/** A landmark this near to a rim, in lengths, is where the scan ends, and not where the foot does. */
const beside = 0.01

/** The rims of the holes that are too large for the surface round them to tell what they took away. */
export function rimsOf(mesh: Mesh, footLength: number): Rim[] {
  const { fringe, open } = fringeOf(mesh)
  const least = (hides * footLength) ** 2
  return boundaryLoops(fringe)
    .map((loop) => loop.map((half) => fringe.triangles[half]))
    .filter((vertices) => open[vertices[0]] !== 0)
    .map((vertices) => rimOf(vertices, mesh.positions))
    .filter(({ missing }) => length(missing) > least)
}

/**
 * The triangles at a mesh's border, so that edges need not be sorted in all of it, and which vertices are not 0 for
 * lying on it: where triangles close round a vertex each neighbour comes once as the next corner and once as the one
 * before. The border of the fringe is the mesh's where its vertices are, and none of theirs is on its other one.
 */
function fringeOf({ positions, triangles }: Mesh): { fringe: Mesh; open: Int32Array } {
  const open = new Int32Array(positions.length / 3)
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]]
    // squares, wrapped: sums of numbers as they are come out even where two holes touch in a regular mesh
    open[a] += Math.imul(b, b) - Math.imul(c, c)
    open[b] += Math.imul(c, c) - Math.imul(a, a)
    open[c] += Math.imul(a, a) - Math.imul(b, b)
  }
  const kept: number[] = []
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]]
    if (open[a] !== 0 || open[b] !== 0 || open[c] !== 0) kept.push(a, b, c)
  }
  return { fringe: { positions, triangles: Uint32Array.from(kept) }, open }
}

function rimOf(vertices: Uint32Array, positions: Float64Array): Rim {
  const points = Array.from(vertices, (v): Vec3 => [positions[3 * v], positions[3 * v + 1], positions[3 * v + 2]])
  let missing: Vec3 = [0, 0, 0]
  let middle: Vec3 = [0, 0, 0]
  let around = 0
  points.forEach((p, i) => {
    const next = points[(i + 1) % points.length]
    // seen from its first point, so that it does not matter where the foot lies; the surface is to the left of a rim
    missing = step(missing, cross(subtract(p, points[0]), subtract(next, points[0])), -0.5)
    const piece = distance(p, next)
    middle = step(middle, add(p, next), piece / 2)
    around += piece
  })
  return { points, middle: scale(middle, 1 / Math.max(around, 1e-9)), missing }
}

interface Bordered {
  readonly rims: readonly Rim[]
  readonly length: number
  /** mm: higher up lies the leg, which may end anywhere */
  readonly low: number
}

/** Whether the scan ends at a point. */
export const atBorder = ({ rims, length: footLength }: Bordered, point: Vec3): boolean =>
  rims.some(({ points }) =>
    points.some((p, i) => toPiece(point, p, points[(i + 1) % points.length]) < beside * footLength),
  )

/**
 * What may be missing of a foot's end, mm² seen along it: by the holes that face that way, when a half ball over one
 * would stand out farther than what was scanned.
 * @param direction of length 1
 * @param farthest mm: how far the scan reaches that way
 */
export function openTowards({ rims, low }: Bordered, direction: Vec3, farthest: number): number {
  return rims
    .filter(({ middle, missing }) => {
      const wide = length(missing)
      if (middle[2] > low || dot(missing, direction) < 0.5 * wide) return false
      return dot(middle, direction) + Math.sqrt(wide / Math.PI) > farthest
    })
    .reduce((sum, { missing }) => sum + dot(missing, direction), 0)
}

/** mm: from a point to the piece of a line between two others. */
function toPiece(point: Vec3, a: Vec3, b: Vec3): number {
  const along = subtract(b, a)
  const squared = dot(along, along)
  const share = squared > 0 ? Math.max(0, Math.min(1, dot(subtract(point, a), along) / squared)) : 0
  return distance(point, step(a, along, share))
}
