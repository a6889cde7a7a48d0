import type { Mesh } from '../mesh/mesh.ts'
import type { Cells } from './cells.ts'
import { selfIntersections } from './crossings.ts'
import type { Surface } from './nearest.ts'
import { windingAt } from './rays.ts'
import { sideAfter, sideBefore } from './sides.ts'

/** One connected piece of a surface. */
export interface Shell {
  readonly triangles: number
  /** mm³, negative for a void (a piece that is turned inside out) */
  readonly volumeMm3: number
  /** handles: 0 for a ball, 1 with one hole through it */
  readonly genus: number
  /** whether its outside is really outside: what a body or a void within a body must be */
  readonly outward: boolean
}

export interface Solid {
  /** every side is of exactly two triangles and runs once in each direction */
  readonly watertight: boolean
  /** sides of one triangle alone, of more than two, and of two that run the same way */
  readonly openSides: number
  readonly crowdedSides: number
  readonly turnedSides: number
  /** vertices whose triangles are not one single fan */
  readonly pinchedVertices: number
  /** triangles without area */
  readonly flatTriangles: number
  readonly selfIntersections: number
  /** mm³ within */
  readonly volumeMm3: number
  /** handles of all pieces together */
  readonly genus: number
  /** connected pieces, largest volume first; a void is a piece of its own */
  readonly shells: readonly Shell[]
  /** all pieces face outwards, voids into their hollow */
  readonly outward: boolean
}

/**
 * Whether a surface bounds a solid body. Positions must be representable in single precision (`asWritten`).
 * Written for the check alone: it shares no code with what makes or cleans meshes.
 */
export function solidOf({ cells, sides }: Surface): Solid {
  const { mesh } = cells
  const shells = shellsOf(cells, sides.opposite)
  const crossed = selfIntersections(mesh, cells).count
  return {
    watertight: sides.open + sides.crowded + sides.turned === 0 && mesh.triangles.length > 0,
    openSides: sides.open,
    crowdedSides: sides.crowded,
    turnedSides: sides.turned,
    pinchedVertices: pinched(mesh, sides.opposite),
    flatTriangles: flat(mesh),
    selfIntersections: crossed,
    volumeMm3: shells.reduce((sum, shell) => sum + shell.volumeMm3, 0),
    genus: shells.reduce((sum, shell) => sum + shell.genus, 0),
    shells,
    outward: shells.every((shell) => shell.outward),
  }
}

/** Vertices from which not all of their triangles are reached by walking round across sides. */
function pinched({ positions, triangles }: Mesh, opposite: Int32Array): number {
  const around = new Uint32Array(positions.length / 3)
  const one = new Int32Array(around.length).fill(-1)
  for (let h = 0; h < triangles.length; h++) {
    around[triangles[h]]++
    one[triangles[h]] = h
  }
  let count = 0
  for (let v = 0; v < around.length; v++) {
    if (one[v] < 0) continue
    let walked = 0
    let h = one[v]
    do {
      walked++
      h = opposite[sideBefore(h)]
    } while (h >= 0 && h !== one[v] && walked <= around[v])
    // an open fan is walked to its other end too
    if (h < 0) {
      h = one[v]
      while (opposite[h] >= 0 && walked <= around[v]) {
        h = sideAfter(opposite[h])
        walked++
      }
    }
    if (walked !== around[v]) count++
  }
  return count
}

function flat(mesh: Mesh): number {
  let count = 0
  // differences of neighbouring single-precision numbers and their products are exact in double precision
  for (let t = 0; t < mesh.triangles.length / 3; t++) if (faceOf(mesh, t).every((value) => value === 0)) count++
  return count
}

function shellsOf(cells: Cells, opposite: Int32Array): Shell[] {
  const { mesh } = cells
  const { positions: p, triangles } = mesh
  const count = triangles.length / 3
  const shellOf = new Int32Array(count).fill(-1)
  const lists: { first: number; triangles: number; volume: number; sides: number }[] = []
  const stack: number[] = []
  for (let first = 0; first < count; first++) {
    if (shellOf[first] >= 0) continue
    const shell = { first, triangles: 0, volume: 0, sides: 0 }
    shellOf[first] = lists.length
    stack.push(first)
    while (stack.length > 0) {
      const t = stack.pop()!
      shell.triangles++
      const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
      shell.volume +=
        (p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) -
          p[a + 1] * (p[b] * p[c + 2] - p[b + 2] * p[c]) +
          p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c])) /
        6
      for (let h = 3 * t; h < 3 * t + 3; h++) {
        // two half-edges make a side, one alone is a side by itself
        shell.sides += opposite[h] >= 0 ? 0.5 : 1
        if (opposite[h] < 0) continue
        const other = Math.floor(opposite[h] / 3)
        if (shellOf[other] >= 0) continue
        shellOf[other] = lists.length
        stack.push(other)
      }
    }
    lists.push(shell)
  }
  const vertices = verticesOf(mesh, shellOf, lists.length)
  const largest = largestTriangles(mesh, shellOf, lists.length)
  return lists
    .map((shell, i) => ({
      triangles: shell.triangles,
      volumeMm3: shell.volume,
      genus: 1 - (vertices[i] - shell.sides + shell.triangles) / 2,
      outward: facesOut(cells, largest[i]),
    }))
    .sort((a, b) => b.volumeMm3 - a.volumeMm3)
}

/** How many different vertices each piece has; one where two pieces touch counts in both. */
function verticesOf({ positions, triangles }: Mesh, shellOf: Int32Array, shells: number): number[] {
  const first = new Int32Array(positions.length / 3).fill(-1)
  const further = new Set<number>()
  const counts: number[] = Array.from({ length: shells }, () => 0)
  for (let h = 0; h < triangles.length; h++) {
    const v = triangles[h]
    const shell = shellOf[Math.floor(h / 3)]
    if (first[v] === shell || further.has(v * shells + shell)) continue
    if (first[v] < 0) first[v] = shell
    else further.add(v * shells + shell)
    counts[shell]++
  }
  return counts
}

/** Twice a triangle's area along its outward direction. */
function faceOf({ positions: p, triangles }: Mesh, t: number): [number, number, number] {
  const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
  const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]]
  const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]]
  return [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
}

function largestTriangles(mesh: Mesh, shellOf: Int32Array, shells: number): Int32Array {
  const most = new Float64Array(shells).fill(-1)
  const best = new Int32Array(shells)
  for (let t = 0; t < shellOf.length; t++) {
    const [x, y, z] = faceOf(mesh, t)
    const size = x * x + y * y + z * z
    if (size <= most[shellOf[t]]) continue
    most[shellOf[t]] = size
    best[shellOf[t]] = t
  }
  return best
}

/** Whether there is no body just before a triangle and just one behind it. */
function facesOut(cells: Cells, t: number): boolean {
  const { positions: p, triangles } = cells.mesh
  const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
  const n = faceOf(cells.mesh, t)
  const size = Math.hypot(...n)
  if (size === 0) return false
  const step = Math.sqrt(size) * 1e-3
  const beside = (side: number) => {
    const [x, y, z] = [0, 1, 2].map((k) => (p[a + k] + p[b + k] + p[c + k]) / 3 + (side * step * n[k]) / size)
    return windingAt(cells, x, y, z)
  }
  return beside(1) === 0 && beside(-1) === 1
}
