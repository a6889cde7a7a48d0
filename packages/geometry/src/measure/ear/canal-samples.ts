import { faceVectors, type Mesh, triangleCount, vertexNormals } from '../../mesh/mesh.ts'
import type { CentreLine } from './canal-line.ts'

/** Points of a surface near a line, each standing for some of its area. */
export interface Samples {
  readonly count: number
  /** mean length of the longest edges of the triangles, mm */
  readonly grain: number
  /** x y z a point */
  readonly points: Float64Array
  /** mm² */
  readonly weights: Float64Array
  /** where each lies along the line (NaN: beyond its ends), and at which angle and distance from it */
  readonly s: Float64Array
  readonly theta: Float64Array
  readonly r: Float64Array
  /** the station before each, to begin the next search from */
  readonly station: Int32Array
}

/** Triangles with longer edges stand for several points. */
const longEdge = 0.8
const mostParts = 10

/**
 * Takes the vertices of the triangles near a line, and more points of large triangles. Those are lifted onto the curved
 * surface that the vertices lie on (Phong tessellation with half the weight, which is exact on circles: Boubekeur &
 * Alexa 2008), for the chords of a coarse mesh run inside it.
 * @param reach mm from the line
 */
export function samplesNear(mesh: Mesh, line: CentreLine, reach: number): Samples {
  const { positions, triangles } = mesh
  const near = nearVertices(mesh, line, reach)
  const faces = faceVectors(mesh)
  const weightOf = new Float64Array(positions.length / 3)
  const large: number[] = []
  let [edges, taken, parts, vertices] = [0, 0, 0, 0]
  for (let t = 0; t < triangleCount(mesh); t++) {
    const [a, b, c] = [triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]]
    if (!near[a] && !near[b] && !near[c]) continue
    const longest = Math.max(edge(positions, a, b), edge(positions, b, c), edge(positions, c, a))
    edges += longest
    taken++
    if (longest <= longEdge) {
      const third = Math.hypot(faces[3 * t], faces[3 * t + 1], faces[3 * t + 2]) / 6
      for (const v of [a, b, c]) {
        if (!near[v]) continue
        if (weightOf[v] === 0) vertices++
        weightOf[v] += third
      }
    } else {
      const n = Math.min(mostParts, Math.ceil(longest / longEdge) + 1)
      large.push(t, n)
      parts += n * n
    }
  }
  const samples = samplesAt(parts + vertices, taken > 0 ? edges / taken : 0)
  let at = 0
  for (let v = 0; v < weightOf.length; v++) {
    if (weightOf[v] === 0) continue
    for (let axis = 0; axis < 3; axis++) samples.points[3 * at + axis] = positions[3 * v + axis]
    samples.weights[at++] = weightOf[v]
  }
  const normals = large.length > 0 ? vertexNormals(mesh) : faces
  for (let k = 0; k < large.length; k += 2) at = addLifted(mesh, large[k], large[k + 1], faces, normals, samples, at)
  return samples
}

function edge(positions: Float64Array, a: number, b: number): number {
  return Math.hypot(
    positions[3 * a] - positions[3 * b],
    positions[3 * a + 1] - positions[3 * b + 1],
    positions[3 * a + 2] - positions[3 * b + 2],
  )
}

/** Which vertices lie within `reach` of a station. */
function nearVertices({ positions }: Mesh, { count, centres, spacing }: CentreLine, reach: number): Uint8Array {
  const stride = Math.max(1, Math.floor(1 / spacing)) // a station each millimetre is enough
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < 3 * count; i++) {
    low[i % 3] = Math.min(low[i % 3], centres[i] - reach)
    high[i % 3] = Math.max(high[i % 3], centres[i] + reach)
  }
  const out = new Uint8Array(positions.length / 3)
  for (let v = 0; v < out.length; v++) {
    const [x, y, z] = [positions[3 * v], positions[3 * v + 1], positions[3 * v + 2]]
    if (!(x > low[0] && x < high[0] && y > low[1] && y < high[1] && z > low[2] && z < high[2])) continue
    for (let i = 0; i < 3 * count; i += 3 * stride) {
      const d = (x - centres[i]) ** 2 + (y - centres[i + 1]) ** 2 + (z - centres[i + 2]) ** 2
      if (d < reach * reach) {
        out[v] = 1
        break
      }
    }
  }
  return out
}

/** The middles of n² equal parts of a triangle, lifted where the triangle is part of something smooth. */
function addLifted(
  { positions, triangles }: Mesh,
  t: number,
  n: number,
  faces: Float64Array,
  normals: Float64Array,
  { points, weights }: Samples,
  start: number,
): number {
  const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
  const [fx, fy, fz] = [faces[3 * t], faces[3 * t + 1], faces[3 * t + 2]]
  const twice = Math.hypot(fx, fy, fz)
  const along = (v: number) => normals[v] * fx + normals[v + 1] * fy + normals[v + 2] * fz
  // all corners within 37° of the triangle's own direction
  const lift = Math.min(along(a), along(b), along(c)) > 0.8 * twice ? 0.5 : 0
  const above = (v: number, x: number, y: number, z: number) =>
    (x - positions[v]) * normals[v] + (y - positions[v + 1]) * normals[v + 1] + (z - positions[v + 2]) * normals[v + 2]
  let at = start
  const add = (p: number, q: number, r: number) => {
    const x = p * positions[a] + q * positions[b] + r * positions[c]
    const y = p * positions[a + 1] + q * positions[b + 1] + r * positions[c + 1]
    const z = p * positions[a + 2] + q * positions[b + 2] + r * positions[c + 2]
    const [u, v, w] = [lift * p * above(a, x, y, z), lift * q * above(b, x, y, z), lift * r * above(c, x, y, z)]
    points[3 * at] = x - u * normals[a] - v * normals[b] - w * normals[c]
    points[3 * at + 1] = y - u * normals[a + 1] - v * normals[b + 1] - w * normals[c + 1]
    points[3 * at + 2] = z - u * normals[a + 2] - v * normals[b + 2] - w * normals[c + 2]
    weights[at++] = twice / (2 * n * n)
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n - i; j++) {
      const k = n - 1 - i - j
      add((i + 1 / 3) / n, (j + 1 / 3) / n, (k + 1 / 3) / n)
      if (k > 0) add((i + 2 / 3) / n, (j + 2 / 3) / n, (k - 1 / 3) / n)
    }
  }
  return at
}

/** Size of the cells into which samples are gathered, mm along, and cells round. */
const cellLength = 0.35
const cellsRound = 72

/**
 * The samples that count, gathered into cells along and round the line, each at its samples' mean: quicker to fit, and
 * the same for any order of the triangles. On a wall of 4 mm radius the mean lies less than 0.002 mm within it.
 * @param used how much each sample counts, 0 to 1
 */
export function gathered(samples: Samples, used: Float64Array, from: number, to: number): Samples {
  const rows = Math.max(1, Math.ceil((to - from) / cellLength))
  const sums = new Float64Array(4 * rows * cellsRound)
  for (let i = 0; i < samples.count; i++) {
    if (used[i] === 0 || !(samples.s[i] >= from && samples.s[i] <= to)) continue
    const row = Math.min(rows - 1, Math.floor((samples.s[i] - from) / cellLength))
    const column = Math.floor(((samples.theta[i] / (2 * Math.PI) + 1) % 1) * cellsRound)
    const cell = 4 * (row * cellsRound + column)
    const weight = used[i] * samples.weights[i]
    sums[cell] += weight
    for (let axis = 0; axis < 3; axis++) sums[cell + 1 + axis] += weight * samples.points[3 * i + axis]
  }
  let count = 0
  for (let cell = 0; cell < sums.length; cell += 4) {
    if (sums[cell] === 0) continue
    const weight = sums[cell]
    sums[4 * count] = weight
    for (let axis = 1; axis < 4; axis++) sums[4 * count + axis] = sums[cell + axis] / weight
    count++
  }
  const cells = samplesAt(count, samples.grain)
  for (let i = 0; i < count; i++) {
    cells.weights[i] = sums[4 * i]
    cells.points.set(sums.subarray(4 * i + 1, 4 * i + 4), 3 * i)
  }
  return cells
}

function samplesAt(count: number, grain: number): Samples {
  return {
    count,
    grain,
    points: new Float64Array(3 * count),
    weights: new Float64Array(count),
    s: new Float64Array(count),
    theta: new Float64Array(count),
    r: new Float64Array(count),
    station: new Int32Array(count).fill(-1),
  }
}

/** Says of each sample where it lies along a line: in the plane at right angles to the line at s. */
export function straighten({ count, points, s, theta, r, station }: Samples, line: CentreLine): void {
  const { centres, tangents, first, second, from, spacing } = line
  const last = line.count - 1
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [points[3 * i], points[3 * i + 1], points[3 * i + 2]]
    let at = station[i] >= 0 ? Math.min(last - 1, station[i]) : nearest(line, x, y, z)
    let here = ahead(centres, tangents, at, x, y, z)
    let next = ahead(centres, tangents, at + 1, x, y, z)
    let moves = 0
    while (moves++ < last && ((here < 0 && at > 0) || (next >= 0 && at < last - 1))) {
      if (here < 0) {
        at--
        next = here
        here = ahead(centres, tangents, at, x, y, z)
      } else {
        at++
        here = next
        next = ahead(centres, tangents, at + 1, x, y, z)
      }
    }
    station[i] = at
    if (here < 0 || next >= 0) {
      s[i] = NaN
      continue
    }
    const share = here / (here - next)
    const [a, b] = [3 * at, 3 * at + 3]
    let u = 0
    let v = 0
    for (let axis = 0; axis < 3; axis++) {
      const centre = centres[a + axis] + share * (centres[b + axis] - centres[a + axis])
      const away = points[3 * i + axis] - centre
      u += away * (first[a + axis] + share * (first[b + axis] - first[a + axis]))
      v += away * (second[a + axis] + share * (second[b + axis] - second[a + axis]))
    }
    s[i] = from + (at + share) * spacing
    theta[i] = Math.atan2(v, u)
    r[i] = Math.hypot(u, v)
  }
}

/** How far a point lies ahead of a station, mm. */
function ahead(centres: Float64Array, tangents: Float64Array, at: number, x: number, y: number, z: number): number {
  const k = 3 * at
  return (
    (x - centres[k]) * tangents[k] + (y - centres[k + 1]) * tangents[k + 1] + (z - centres[k + 2]) * tangents[k + 2]
  )
}

function nearest({ count, centres }: CentreLine, x: number, y: number, z: number): number {
  let best = 0
  let least = Infinity
  for (let i = 0; i < count - 1; i += 3) {
    const d = (x - centres[3 * i]) ** 2 + (y - centres[3 * i + 1]) ** 2 + (z - centres[3 * i + 2]) ** 2
    if (d < least) {
      least = d
      best = i
    }
  }
  return best
}
