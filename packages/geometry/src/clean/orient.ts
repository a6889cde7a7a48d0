import { bvhOf } from '../mesh/bvh.ts'
import { faceVectors, type Mesh } from '../mesh/mesh.ts'
import { seeded } from '../mesh/random.ts'
import { castRay } from '../mesh/ray.ts'
import { samplePoints } from '../mesh/resample.ts'
import { type Components, componentsOf, nextHalf, opposites, triangleOf } from '../mesh/topology.ts'
import { scale, step, unit, type Vec3 } from '../mesh/vector.ts'

/**
 * Turns triangles so that neighbours agree, the first of each piece as it is. Where a piece cannot agree with itself
 * (a Möbius strip) it is cut: `opposite` is set to -1 there.
 * @returns 1 for each triangle that has to be turned
 */
export function agreeing({ triangles }: Mesh, opposite: Int32Array): { turned: Uint8Array; cuts: number } {
  const count = triangles.length / 3
  const turned = new Uint8Array(count)
  const seen = new Uint8Array(count)
  const queue = new Uint32Array(count)
  let cuts = 0
  for (let start = 0; start < count; start++) {
    if (seen[start]) continue
    let head = 0
    let tail = 1
    queue[0] = start
    seen[start] = 1
    while (head < tail) {
      const t = queue[head++]
      for (let h = 3 * t; h < 3 * t + 3; h++) {
        const across = opposite[h]
        if (across < 0) continue
        const other = triangleOf(across)
        const disagree = triangles[h] === triangles[across] ? 1 : 0
        if (!seen[other]) {
          seen[other] = 1
          turned[other] = turned[t] ^ disagree
          queue[tail++] = other
        } else if (turned[other] !== (turned[t] ^ disagree)) {
          opposite[h] = opposite[across] = -1
          cuts++
        }
      }
    }
  }
  return { turned, cuts }
}

/** How it was settled which side of a piece is outside. */
export type OutwardBy =
  /** it holds a volume, all of it or but for a lid of less than a tenth of its area */
  | 'volume'
  /** it is open, and the file turns nearly all of it the same way */
  | 'file'
  /** it is open, the file turns it both ways, and from one side more can be seen of the sky */
  | 'sight'

/** Lids of at most this share of a piece's area leave no doubt about what it holds. */
const lidShare = 0.1
/** The file is believed about an open piece when it turns this share of its area the same way. */
const believed = 0.75

/**
 * Decides for each piece of a mesh whose triangles agree whether its outside is on the other side. An open piece may
 * be a hollow as well as a bulge (a canal seen from inside, an impression of it), which only the file can know.
 * @param turned which triangles were turned to agree, against the file
 * @returns per piece, whether all of it has to be turned, and how that was settled
 */
export function outward(mesh: Mesh, pieces: Components, opposite: Int32Array, turned: Uint8Array) {
  const faces = faceVectors(mesh)
  const asInFile = new Float64Array(pieces.count)
  for (let t = 0; t < turned.length; t++) {
    if (!turned[t])
      asInFile[pieces.of[t]] += Math.sqrt(faces[3 * t] ** 2 + faces[3 * t + 1] ** 2 + faces[3 * t + 2] ** 2) / 2
  }
  const { volumes, lids } = cappedVolumes(mesh, pieces, opposite)
  const turn = new Uint8Array(pieces.count)
  const by: OutwardBy[] = []
  for (let piece = 0; piece < pieces.count; piece++) {
    const area = pieces.areas[piece]
    if (holds(volumes[piece], lids[piece], area)) {
      turn[piece] = volumes[piece] < 0 ? 1 : 0
      by.push('volume')
    } else if (asInFile[piece] >= believed * area || asInFile[piece] <= (1 - believed) * area) {
      turn[piece] = asInFile[piece] < area / 2 ? 1 : 0
      by.push('file')
    } else {
      const share = skyShare(mesh, pieces.of, piece)
      turn[piece] = share < 0 || (share === 0 && volumes[piece] < 0) ? 1 : 0
      by.push('sight')
    }
  }
  return { turn, by }
}

/** Whether a piece is shut enough to tell inside from outside. */
const holds = (volume: number, lid: number, area: number) =>
  // a sheet holds next to nothing, whatever its lid: the ball of the same area holds area^1.5 / 10.6
  lid <= lidShare * area && Math.abs(volume) > 1e-3 * area ** 1.5

/**
 * The mesh with its open pieces turned about: those of which a file that turns them one way may be wrong.
 * @param mesh cleaned
 * @returns and the share of its area that was turned
 */
export function openPiecesTurned(mesh: Mesh): { mesh: Mesh; share: number } {
  const opposite = opposites(mesh)
  const pieces = componentsOf(mesh, opposite)
  const { volumes, lids } = cappedVolumes(mesh, pieces, opposite)
  const open = pieces.areas.map((area, piece) => (holds(volumes[piece], lids[piece], area) ? 0 : 1))
  const triangles = mesh.triangles.slice()
  turnTriangles(triangles, opposite, (t) => open[pieces.of[t]] === 1)
  const areas = [0, 0]
  for (let piece = 0; piece < pieces.count; piece++) areas[open[piece]] += pieces.areas[piece]
  return { mesh: { ...mesh, triangles }, share: areas[1] / (areas[0] + areas[1]) }
}

/** The volume of each piece under flat lids (from the middle of each border to its sides), and the lids' area. */
function cappedVolumes({ positions, triangles }: Mesh, pieces: Components, opposite: Int32Array) {
  const volumes = new Float64Array(pieces.count)
  const lids = new Float64Array(pieces.count)
  // measured from a point of the piece, as from far away volumes cancel
  const origin = new Int32Array(pieces.count).fill(-1)
  const add = (piece: number, a: number, b: number, c: Vec3) => {
    const o = origin[piece]
    const [ax, ay, az] = [
      positions[a] - positions[o],
      positions[a + 1] - positions[o + 1],
      positions[a + 2] - positions[o + 2],
    ]
    const [bx, by, bz] = [
      positions[b] - positions[o],
      positions[b + 1] - positions[o + 1],
      positions[b + 2] - positions[o + 2],
    ]
    const [cx, cy, cz] = [c[0] - positions[o], c[1] - positions[o + 1], c[2] - positions[o + 2]]
    volumes[piece] += (ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)) / 6
  }
  for (let t = 0; t < pieces.of.length; t++) {
    const piece = pieces.of[t]
    const c = 3 * triangles[3 * t + 2]
    if (origin[piece] < 0) origin[piece] = c
    add(piece, 3 * triangles[3 * t], 3 * triangles[3 * t + 1], [positions[c], positions[c + 1], positions[c + 2]])
  }
  for (const loop of bordersOf(opposite, triangles)) {
    const piece = pieces.of[triangleOf(loop[0])]
    const middle: [number, number, number] = [0, 0, 0]
    for (const h of loop)
      for (let axis = 0; axis < 3; axis++) middle[axis] += positions[3 * triangles[h] + axis] / loop.length
    const lid: [number, number, number] = [0, 0, 0]
    for (const h of loop) {
      const [a, b] = [3 * triangles[nextHalf(h)], 3 * triangles[h]] // the lid sees the border from the other side
      add(piece, a, b, middle)
      const u = [0, 1, 2].map((axis) => positions[a + axis] - middle[axis])
      const v = [0, 1, 2].map((axis) => positions[b + axis] - middle[axis])
      for (let axis = 0; axis < 3; axis++) {
        lid[axis] += (u[(axis + 1) % 3] * v[(axis + 2) % 3] - u[(axis + 2) % 3] * v[(axis + 1) % 3]) / 2
      }
    }
    lids[piece] += Math.hypot(...lid)
  }
  return { volumes, lids }
}

/** Chains of border half-edges, for triangles that agree and fans that are apart: each vertex has one border at most. */
function bordersOf(opposite: Int32Array, triangles: Uint32Array): number[][] {
  const after = new Map<number, number>() // from vertex to the border half-edge that starts there
  for (let h = 0; h < opposite.length; h++) if (opposite[h] < 0) after.set(triangles[h], h)
  const loops: number[][] = []
  for (const start of after.values()) {
    const loop: number[] = []
    for (let h: number | undefined = start; h !== undefined; h = after.get(triangles[nextHalf(h)])) {
      after.delete(triangles[h]) // what has been walked is not walked again
      loop.push(h)
    }
    loops.push(loop)
  }
  return loops
}

/** How much more of the sky the front of a piece sees than its back: -1 to 1, from 400 rays on each side. */
function skyShare(mesh: Mesh, of: Uint32Array, piece: number): number {
  const rays = 400
  const random = seeded(piece + 1)
  const mine = { ...mesh, triangles: mesh.triangles.filter((_, corner) => of[Math.floor(corner / 3)] === piece) }
  const bvh = bvhOf(mine)
  const faces = faceVectors(mine)
  const { points, triangles } = samplePoints(mine, rays, random)
  let more = 0
  for (let i = 0; i < rays; i++) {
    const t = 3 * triangles[i]
    const normal = unit([faces[t], faces[t + 1], faces[t + 2]])
    const origin: Vec3 = [points[3 * i], points[3 * i + 1], points[3 * i + 2]]
    const aside = unit([random() - 0.5, random() - 0.5, random() - 0.5])
    for (const side of [1, -1]) {
      const direction = step(scale(normal, side), aside, 0.9) // never into the triangle itself
      if (castRay(bvh, origin, direction, { skip: triangles[i] }) === null) more += side
    }
  }
  return more / rays
}

/** Swaps two corners of each triangle that is to be turned, and keeps `opposite` in step. Both are changed. */
export function turnTriangles(triangles: Uint32Array, opposite: Int32Array, turned: (triangle: number) => boolean) {
  for (let t = 0; t < triangles.length; t += 3) {
    if (!turned(t / 3)) continue
    ;[triangles[t + 1], triangles[t + 2]] = [triangles[t + 2], triangles[t + 1]]
    // a b c becomes a c b: the side ab, which was the first, is now the last
    ;[opposite[t], opposite[t + 2]] = [opposite[t + 2], opposite[t]]
    if (opposite[t] >= 0) opposite[opposite[t]] = t
    if (opposite[t + 2] >= 0) opposite[opposite[t + 2]] = t + 2
  }
}
