import { type Mesh, type Scan, vertexCount } from '../mesh/mesh.ts'
import { type Components, componentsOf, type Edges, edgesOf, nonManifoldEdges, triangleOf } from '../mesh/topology.ts'
import { fillHoles, type Opening } from './holes.ts'
import { duplicateTriangles, flipCaps, joinedPairs, splitFans, stillCrowded } from './manifold.ts'
import { agreeing, outward, type OutwardBy, turnTriangles } from './orient.ts'
import { chosenParts, type PartsReport } from './parts.ts'
import { borderVertices, medianEdge, weldedTo } from './weld.ts'

export interface CleanOptions {
  /** vertices nearer to each other than this share of the median side are one */
  weldShare?: number
  /** pieces with less than this share of the largest one's area are dropped; of a file with named parts, a hundredth of it */
  strayShare?: number
  /** borders up to this length are holes and get filled, longer ones are openings; in the scan's unit */
  holePerimeter?: number
}

/** What was done, in numbers. Lengths are in the scan's own unit. */
export interface CleanReport {
  readonly medianEdge: number
  /** null for a file without named parts */
  readonly parts: PartsReport | null
  /** vertices joined to another one */
  readonly welded: number
  /** triangles without area, dropped; and those that got area by flipping their longest side */
  readonly degenerate: number
  readonly flipped: number
  /** triangles over the same three vertices as another one, dropped */
  readonly duplicates: number
  /** edges with more than two triangles; vertices made so that two are left, and triangles dropped where that did not do */
  readonly nonManifoldEdges: number
  readonly splitVertices: number
  readonly crowdedTriangles: number
  /** edges cut because the surface there has one side only */
  readonly oneSidedCuts: number
  /** pieces dropped as too small to be part of the thing */
  readonly strayPieces: number
  readonly strayTriangles: number
  /** triangles turned about */
  readonly turned: number
  /** the pieces that stay, the largest first, and how it was settled which side is outside */
  readonly pieces: readonly { readonly area: number; readonly triangles: number; readonly outwardBy: OutwardBy }[]
  readonly holesFilled: readonly Opening[]
  readonly filledTriangles: number
  /** borders that stay, the longest first */
  readonly openings: readonly Opening[]
  /** vertices that no triangle uses, dropped */
  readonly unused: number
}

export interface Cleaned {
  readonly mesh: Mesh
  readonly report: CleanReport
  /** for each triangle the scan's triangle that it was, -1 on a patch: carries labels over */
  readonly fromTriangle: Int32Array
  /** for each vertex the scan's vertex that it was, -1 on a patch: carries colours over */
  readonly fromVertex: Int32Array
}

const defaults = { weldShare: 1e-3, strayShare: 0.01 }
/** A border is a hole when it is shorter than this share of the side of a square with the surface's area. */
const holeShare = 0.08
/** A patch makes at most this share of its piece. */
const patchShare = 0.1
/** So many times triangles are joined anew after some were flipped or dropped. Scans need it once, if at all. */
const mostRounds = 4

/**
 * A scan's triangles as one tidy surface: welded, without degenerate, double and stray triangles, a manifold whose
 * triangles agree about outside, small holes filled. Real openings (the cut of a crop, an ankle, a neck) stay open.
 * Works in any unit; what is small is measured against the scan itself. Time is linear but for sorting few things,
 * whatever the triangles are: what is done over and over has a fixed number of rounds.
 * @param scan with triangles: points alone become a surface with `surfaceFromPoints`
 */
export function clean(scan: Mesh & Pick<Scan, 'parts'>, options: CleanOptions = {}): Cleaned {
  const { weldShare, strayShare } = { ...defaults, ...options }
  const { keep, report: parts } = chosenParts(scan)
  const median = medianEdge(scan)
  // doubles first: between two of them no border shows, and only borders are sewn to borders
  const edges = edgesOf(scan)
  const double = duplicateTriangles(scan, edges)
  const kind = borderVertices(scan, double ? edgesOf({ ...scan, triangles: without(scan.triangles, double) }) : edges)
  const to = weldedTo(scan, weldShare * median, kind)
  const tidy = wholeTriangles(scan, to, keep)
  const welded = to.reduce((sum, first, v) => sum + (first === v ? 0 : 1), 0)
  const same = welded === 0 && tidy.from.length === scan.triangles.length / 3
  const joined = manifold(scan.positions, tidy.triangles, tidy.from, same ? edges : undefined)
  const least = parts && parts.kept.length > 1 ? strayShare / 100 : strayShare
  const kept = withoutStrays(joined, least)
  const { turn, by } = outward(kept.mesh, kept.pieces, kept.opposite, kept.turned)
  const { triangles } = kept.mesh
  turnTriangles(triangles, kept.opposite, (t) => turn[kept.pieces.of[t]] === 1)
  const turned = kept.turned.reduce((sum, was, t) => sum + (was ^ turn[kept.pieces.of[t]]), 0)

  const packed = packedVertices(kept.mesh, joined.copyOf, vertexCount(scan))
  const area = kept.pieces.areas.reduce((sum, value) => sum + value, 0)
  const holes = fillHoles(packed.mesh, kept.opposite, kept.pieces, {
    perimeter: options.holePerimeter ?? holeShare * Math.sqrt(area),
    areaShare: patchShare,
  })
  const trianglesOf = new Uint32Array(kept.pieces.count)
  for (const piece of kept.pieces.of) trianglesOf[piece]++
  return {
    mesh: holes.mesh,
    report: {
      medianEdge: median,
      parts,
      welded,
      degenerate: tidy.degenerate,
      flipped: joined.flipped,
      duplicates: joined.duplicates,
      nonManifoldEdges: joined.crowdedEdges,
      splitVertices: joined.copyOf.length,
      crowdedTriangles: joined.dropped,
      oneSidedCuts: joined.cuts,
      strayPieces: joined.pieces.count - kept.pieces.count,
      strayTriangles: joined.triangles.length / 3 - triangles.length / 3,
      turned,
      pieces: by.map((outwardBy, i) => ({ area: kept.pieces.areas[i], triangles: trianglesOf[i], outwardBy })),
      holesFilled: holes.filled.toSorted((p, q) => q.perimeter - p.perimeter),
      filledTriangles: (holes.mesh.triangles.length - triangles.length) / 3,
      openings: holes.open.toSorted((p, q) => q.perimeter - p.perimeter),
      unused: packed.unused,
    },
    fromTriangle: padded(kept.from, holes.mesh.triangles.length / 3),
    fromVertex: padded(packed.from, vertexCount(holes.mesh)),
  }
}

/** The triangles that are kept and have three different vertices after welding. */
function wholeTriangles({ triangles }: Mesh, to: Uint32Array, keep: Uint8Array | null) {
  const out = new Uint32Array(triangles.length)
  const from = new Int32Array(triangles.length / 3)
  let used = 0
  let degenerate = 0
  for (let t = 0; t < from.length; t++) {
    if (keep?.[t] === 0) continue
    const a = to[triangles[3 * t]]
    const b = to[triangles[3 * t + 1]]
    const c = to[triangles[3 * t + 2]]
    if (a === b || b === c || c === a) {
      degenerate++
      continue
    }
    out[3 * used] = a
    out[3 * used + 1] = b
    out[3 * used + 2] = c
    from[used++] = t
  }
  return { triangles: out.slice(0, 3 * used), from: from.slice(0, used), degenerate }
}

interface Joined {
  positions: Float64Array
  triangles: Uint32Array
  /** the scan's triangle of each */
  from: Int32Array
  opposite: Int32Array
  turned: Uint8Array
  pieces: Components
  /** of the vertices behind the scan's own */
  copyOf: number[]
  duplicates: number
  crowdedEdges: number
  dropped: number
  cuts: number
  flipped: number
}

/** Two triangles at each edge at most, all of a piece agreeing, and a vertex for each fan. */
function manifold(positions: Float64Array, all: Uint32Array, allFrom: Int32Array, known?: Edges): Joined {
  let [triangles, from] = [all, allFrom]
  let duplicates = 0
  let flipped = 0
  let dropped = 0
  let crowdedEdges = -1
  // against the file, over all rounds
  let turned: Uint8Array = new Uint8Array(from.length)
  const drop = (gone: Uint8Array) => {
    const before = from.length
    triangles = without(triangles, gone)
    from = staying(from, gone)
    turned = staying(turned, gone)
    return before - from.length
  }
  for (let round = 0; ; round++) {
    let edges = known && round === 0 ? known : edgesOf({ positions, triangles })
    const double = duplicateTriangles({ positions, triangles }, edges)
    if (double) {
      duplicates += drop(double)
      edges = edgesOf({ positions, triangles })
    }
    if (crowdedEdges < 0) crowdedEdges = nonManifoldEdges(edges).length
    let opposite = joinedPairs({ positions, triangles }, edges)
    const agreed = agreeing({ positions, triangles }, opposite)
    turnTriangles(triangles, opposite, (t) => agreed.turned[t] === 1)
    for (let t = 0; t < turned.length; t++) turned[t] ^= agreed.turned[t]
    // flipping may bring an edge about that exists already: then all is looked at once more
    const flips = round < 3 ? flipCaps({ positions, triangles }, opposite) : 0
    flipped += flips
    if (flips > 0) continue
    let { mesh, copyOf } = withFansApart({ positions, triangles }, opposite)
    const crowded = crowdedEdges > 0 || round > 0 ? stillCrowded(mesh, opposite, edgesOf(mesh)) : null
    if (crowded) {
      dropped += drop(crowded)
      if (round < mostRounds) continue
      // joined anew, triangles may crowd once more; those that stay joined as they are cannot: fans only come apart
      opposite = oppositeAmong(opposite, crowded)
      ;({ mesh, copyOf } = withFansApart({ positions, triangles }, opposite))
    }
    const pieces = componentsOf(mesh, opposite)
    const { cuts } = agreed
    return { ...mesh, from, opposite, turned, pieces, copyOf, duplicates, crowdedEdges, dropped, cuts, flipped }
  }
}

function withFansApart(mesh: Mesh, opposite: Int32Array) {
  const { triangles, copyOf } = splitFans(mesh, opposite)
  return { mesh: { positions: withCopies(mesh.positions, copyOf), triangles }, copyOf }
}

/** What a list says of the triangles that are not gone, `each` entries a triangle. (`filter` takes ten times as long.) */
function staying<T extends Uint32Array | Int32Array | Uint8Array>(list: T, gone: Uint8Array, each = 1): T {
  const out = list.slice() as T
  let used = 0
  for (let t = 0; t < gone.length; t++) {
    if (gone[t] !== 0) continue
    for (let k = each * t; k < each * (t + 1); k++) out[used++] = list[k]
  }
  return out.subarray(0, used) as T
}

const without = (triangles: Uint32Array, gone: Uint8Array) => staying(triangles, gone, 3)

/** Who is across each half-edge among the triangles that are not gone; where one of those was, there is a border. */
function oppositeAmong(opposite: Int32Array, gone: Uint8Array): Int32Array {
  const number = new Int32Array(gone.length).fill(-1)
  let used = 0
  for (let t = 0; t < gone.length; t++) if (gone[t] === 0) number[t] = used++
  const out = new Int32Array(3 * used).fill(-1)
  for (let h = 0; h < opposite.length; h++) {
    const [mine, other] = [number[triangleOf(h)], opposite[h]]
    if (mine < 0 || other < 0) continue
    const theirs = number[triangleOf(other)]
    if (theirs >= 0) out[3 * mine + (h % 3)] = 3 * theirs + (other % 3)
  }
  return out
}

function withCopies(positions: Float64Array, copyOf: number[]): Float64Array {
  if (copyOf.length === 0) return positions
  const out = new Float64Array(positions.length + 3 * copyOf.length)
  out.set(positions)
  for (const [i, v] of copyOf.entries()) out.set(positions.subarray(3 * v, 3 * v + 3), positions.length + 3 * i)
  return out
}

/** Without the pieces that are too small against the largest. */
function withoutStrays({ positions, triangles, from, opposite, turned, pieces }: Joined, share: number) {
  const count = pieces.areas.findIndex((area) => area < share * pieces.areas[0])
  if (count < 0) return { mesh: { positions, triangles }, from, opposite, turned, pieces }
  const gone = new Uint8Array(from.length)
  for (let t = 0; t < from.length; t++) gone[t] = pieces.of[t] < count ? 0 : 1
  return {
    mesh: { positions, triangles: without(triangles, gone) },
    from: staying(from, gone),
    opposite: oppositeAmong(opposite, gone),
    turned: staying(turned, gone),
    pieces: { count, of: staying(pieces.of, gone), areas: pieces.areas.slice(0, count) },
  }
}

/** The mesh without vertices that nothing uses. */
function packedVertices({ positions, triangles }: Mesh, copyOf: number[], scanVertices: number) {
  const number = new Int32Array(positions.length / 3).fill(-1)
  for (let i = 0; i < triangles.length; i++) number[triangles[i]] = 0
  let used = 0
  for (let v = 0; v < number.length; v++) if (number[v] === 0) number[v] = used++
  const out = new Float64Array(3 * used)
  const from = new Int32Array(used)
  for (let v = 0; v < number.length; v++) {
    const w = number[v]
    if (w < 0) continue
    out[3 * w] = positions[3 * v]
    out[3 * w + 1] = positions[3 * v + 1]
    out[3 * w + 2] = positions[3 * v + 2]
    from[w] = v < scanVertices ? v : copyOf[v - scanVertices]
  }
  const mesh = { positions: out, triangles: triangles.map((v) => number[v]) }
  return { mesh, from, unused: number.length - used }
}

function padded(from: Int32Array, length: number): Int32Array {
  const out = new Int32Array(length).fill(-1)
  out.set(from)
  return out
}
