import { cellsOf } from '../check/cells.ts'
import { selfIntersections } from '../check/crossings.ts'
import { type Mesh, submesh } from '../mesh/mesh.ts'
import { cornersOf } from '../mesh/topology.ts'

export interface SimplifyOptions {
  /** how far the surface may move, either way, mm; default 0.02 */
  readonly maxErrorMm?: number
  /** no side becomes longer, mm: flat places keep some points; default none */
  readonly longestMm?: number
}

/** Rounds in which each place is thinned out once. */
const mostRounds = 40
/** A triangle may look so far away from the mean of those that it takes the place of: 45°. */
const mostTurn = Math.SQRT1_2
/** How far from equilateral a triangle may become: 4√3 area / sum of squared sides, 1 at best. */
const leastShape = 0.12

/**
 * The same body with fewer triangles: vertices that lie nearly flat among their neighbours are drawn into one of
 * them (half-edge collapse, so that every vertex left is where it was, in single precision). A closed manifold stays
 * one: the link condition (Dey, Edelsbrunner, Guha & Nekhayev 1999) holds at each step.
 *
 * The error is kept for each triangle as a bound on how far the surface has moved there: before and after, the star
 * of the vertex is a graph over one plane, and two graphs of triangles differ most at the vertex or where their
 * sides cross, so that their distance is found exactly; what was moved before is added to it.
 *
 * Where sheets of the surface lie closer than the error allows, one could be pushed through the other. The result is
 * searched for that, and places where it happened are left as they were.
 */
export function simplified(mesh: Mesh, { maxErrorMm = 0.02, longestMm = Infinity }: SimplifyOptions = {}): Mesh {
  const locked = new Uint8Array(mesh.positions.length / 3)
  for (let attempt = 0; attempt < 4; attempt++) {
    const few = thinned(mesh, locked, maxErrorMm, longestMm)
    const { pairs } = selfIntersections(few, cellsOf(few), 1000)
    if (pairs.length === 0) return submesh(few, () => true)
    for (const t of pairs.flat()) lockRound(few, t, mesh.positions, locked)
  }
  return mesh
}

/** Locks every vertex in the box of a triangle, and a little round it. */
function lockRound({ positions, triangles }: Mesh, t: number, all: Float64Array, locked: Uint8Array) {
  const corners = [0, 1, 2].map((k) => 3 * triangles[3 * t + k])
  const low = [0, 1, 2].map((k) => Math.min(...corners.map((v) => positions[v + k])))
  const high = [0, 1, 2].map((k) => Math.max(...corners.map((v) => positions[v + k])))
  const more = Math.max(...high.map((value, k) => value - low[k])) / 2
  for (let v = 0; v < locked.length; v++) {
    if ([0, 1, 2].every((k) => all[3 * v + k] >= low[k] - more && all[3 * v + k] <= high[k] + more)) locked[v] = 1
  }
}

/** As many rounds as do any good; vertices keep their numbers. */
function thinned(mesh: Mesh, locked: Uint8Array, maxErrorMm: number, longestMm: number): Mesh {
  const { positions } = mesh
  let triangles: Uint32Array = mesh.triangles
  let errors: Float32Array = new Float32Array(triangles.length / 3)
  const count = positions.length / 3
  // what drawing a vertex into its best neighbour costs; NaN when it has to be looked at (again)
  const cost = new Float32Array(count).fill(NaN)
  const target = new Int32Array(count).fill(-1)
  for (let round = 0; round < mostRounds; round++) {
    const star = starsOf({ positions, triangles }, errors, maxErrorMm, longestMm)
    const ready: number[] = []
    for (let v = 0; v < count; v++) {
      if (locked[v] || !star.used(v)) continue
      if (Number.isNaN(cost[v])) {
        target[v] = star.bestTarget(v)
        cost[v] = star.best.cost
      }
      if (target[v] >= 0) ready.push(v)
    }
    ready.sort((a, b) => cost[a] - cost[b])
    const touched = new Uint8Array(count)
    const gone = new Uint8Array(triangles.length / 3)
    let done = 0
    const next = triangles.slice()
    for (const v of ready) {
      if (touched[v] || !star.free(v, touched)) continue
      const error = star.errorOf(v) + cost[v]
      star.collapse(v, target[v], next, gone, errors, error)
      star.touch(v, touched, cost)
      done++
    }
    if (done === 0) break
    const left = without(gone, next, errors)
    triangles = next.subarray(0, 3 * left)
    errors = errors.subarray(0, left)
    if (done < left / 400) break
  }
  return { positions, triangles }
}

/** Moves what is not gone to the front; how many triangles that is. */
function without(gone: Uint8Array, triangles: Uint32Array, errors: Float32Array): number {
  let left = 0
  for (let t = 0; t < gone.length; t++) {
    if (gone[t]) continue
    errors[left] = errors[t]
    triangles[3 * left] = triangles[3 * t]
    triangles[3 * left + 1] = triangles[3 * t + 1]
    triangles[3 * left + 2] = triangles[3 * t + 2]
    left++
  }
  return left
}

/** The fans of triangles round the vertices of a closed mesh, and what comes of drawing one into a neighbour. */
function starsOf(mesh: Mesh, errors: Float32Array, maxErrorMm: number, longestMm: number) {
  const { positions: p, triangles } = mesh
  const { from, items } = cornersOf(mesh)
  const best = { cost: Infinity }
  const ring: number[] = []
  const others: number[] = []
  // of the ring in the plane: u and w of each point, and its height over the plane, the middle at 0
  const us: number[] = []
  const ws: number[] = []
  const hs: number[] = []

  const end = (corner: number, by: number) => triangles[corner - (corner % 3) + ((corner + by) % 3)]

  /** The neighbours of v in order round it; false when its triangles are not one closed fan. */
  const walk = (v: number, out: number[]): boolean => {
    const degree = from[v + 1] - from[v]
    out.length = 0
    if (degree < 3 || degree > 24) return false
    const first = items[from[v]]
    let at = end(first, 1)
    for (let i = 0; i < degree; i++) {
      out.push(at)
      let next = -1
      for (let q = from[v]; q < from[v + 1]; q++) if (end(items[q], 1) === at) next = end(items[q], 2)
      if (next < 0) return false
      at = next
    }
    return at === out[0]
  }

  /** Lays the ring of v flat along the mean normal of its star; false when the star is not a graph over that plane. */
  const flatten = (v: number): boolean => {
    const n = ring.length
    let nx = 0
    let ny = 0
    let nz = 0
    for (let i = 0; i < n; i++) {
      const a = 3 * ring[i]
      const b = 3 * ring[(i + 1) % n]
      const [ax, ay, az] = [p[a] - p[3 * v], p[a + 1] - p[3 * v + 1], p[a + 2] - p[3 * v + 2]]
      const [bx, by, bz] = [p[b] - p[3 * v], p[b + 1] - p[3 * v + 1], p[b + 2] - p[3 * v + 2]]
      nx += ay * bz - az * by
      ny += az * bx - ax * bz
      nz += ax * by - ay * bx
    }
    const size = Math.sqrt(nx * nx + ny * ny + nz * nz)
    if (!(size > 0)) return false
    nx /= size
    ny /= size
    nz /= size
    // any direction across the normal
    let [ux, uy, uz] = Math.abs(nx) < 0.6 ? [0, nz, -ny] : [-nz, 0, nx]
    const long = Math.sqrt(ux * ux + uy * uy + uz * uz)
    ux /= long
    uy /= long
    uz /= long
    const [wx, wy, wz] = [ny * uz - nz * uy, nz * ux - nx * uz, nx * uy - ny * ux]
    for (let i = 0; i < n; i++) {
      const a = 3 * ring[i]
      const [x, y, z] = [p[a] - p[3 * v], p[a + 1] - p[3 * v + 1], p[a + 2] - p[3 * v + 2]]
      us[i] = x * ux + y * uy + z * uz
      ws[i] = x * wx + y * wy + z * wz
      hs[i] = x * nx + y * ny + z * nz
    }
    for (let i = 0; i < n; i++) {
      const j = (i + 1) % n
      if (!(us[i] * ws[j] - us[j] * ws[i] > 0)) return false
    }
    return true
  }

  /** How far the surface moves when v is drawn into ring[c]; Infinity when it must not. */
  const moves = (c: number): number => {
    const n = ring.length
    let most = 0
    let holds = false
    for (let s = 1; s < n - 1; s++) {
      const i = (c + s) % n
      const j = (c + s + 1) % n
      const area = (us[i] - us[c]) * (ws[j] - ws[c]) - (us[j] - us[c]) * (ws[i] - ws[c])
      if (!(area > 0)) return Infinity
      const [ax, ay, az] = [us[i] - us[c], ws[i] - ws[c], hs[i] - hs[c]]
      const [bx, by, bz] = [us[j] - us[c], ws[j] - ws[c], hs[j] - hs[c]]
      const whole = Math.sqrt((ay * bz - az * by) ** 2 + (az * bx - ax * bz) ** 2 + area * area)
      if (area < mostTurn * whole) return Infinity
      const sides =
        ax * ax + ay * ay + az * az + bx * bx + by * by + bz * bz + (ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2
      if (2 * Math.sqrt(3) * whole < leastShape * sides) return Infinity
      if (Math.max(ax * ax + ay * ay + az * az, bx * bx + by * by + bz * bz) > longestMm * longestMm) return Infinity
      // the triangle over the middle: its height there
      const ofI = (us[j] * ws[c] - us[c] * ws[j]) / area
      const ofJ = (us[c] * ws[i] - us[i] * ws[c]) / area
      if (ofI >= 0 && ofJ >= 0 && ofI + ofJ <= 1) {
        holds = true
        most = Math.max(most, Math.abs(hs[c] + ofI * (hs[i] - hs[c]) + ofJ * (hs[j] - hs[c])))
      }
    }
    if (!holds) return Infinity
    // new sides from c to k across old ones from the middle to m
    for (let s = 2; s < n - 1; s++) {
      const k = (c + s) % n
      const [dx, dy, dh] = [us[k] - us[c], ws[k] - ws[c], hs[k] - hs[c]]
      for (let m = 0; m < n; m++) {
        if (m === c || m === k) continue
        const det = us[m] * dy - ws[m] * dx
        if (det === 0) continue
        const onOld = (us[c] * dy - ws[c] * dx) / det
        const onNew = (us[c] * ws[m] - ws[c] * us[m]) / det
        if (onOld <= 0 || onOld >= 1 || onNew <= 0 || onNew >= 1) continue
        most = Math.max(most, Math.abs(onOld * hs[m] - (hs[c] + onNew * dh)))
      }
    }
    return most
  }

  /** Of v and ring[c]: no common neighbours but the two on either side. */
  const linked = (c: number): boolean => {
    const n = ring.length
    if (!walk(ring[c], others)) return false
    let common = 0
    for (let i = 0; i < n; i++) if (others.includes(ring[i])) common++
    // drawing in must leave three at the vertex across, too
    return common === 2 && n + others.length > 6
  }

  const errorOf = (v: number) => {
    let most = 0
    for (let q = from[v]; q < from[v + 1]; q++) most = Math.max(most, errors[Math.floor(items[q] / 3)])
    return most
  }

  return {
    best,
    errorOf,
    used: (v: number) => from[v + 1] > from[v],
    /** The neighbour that v can be drawn into with the least movement, -1 if there is none; `best` holds that. */
    bestTarget: (v: number): number => {
      best.cost = Infinity
      if (!walk(v, ring) || !flatten(v)) return -1
      const allowed = maxErrorMm - errorOf(v)
      let found = -1
      for (let c = 0; c < ring.length; c++) {
        const moved = moves(c)
        if (moved > allowed || moved >= best.cost || !linked(c)) continue
        best.cost = moved
        found = ring[c]
      }
      return found
    },
    /** Whether nothing round v has changed in this round. */
    free: (v: number, touched: Uint8Array): boolean => {
      for (let q = from[v]; q < from[v + 1]; q++) if (touched[end(items[q], 1)]) return false
      return true
    },
    collapse: (v: number, u: number, out: Uint32Array, gone: Uint8Array, errors: Float32Array, error: number) => {
      for (let q = from[v]; q < from[v + 1]; q++) {
        const t = Math.floor(items[q] / 3)
        out[items[q]] = u
        errors[t] = error
        if (end(items[q], 1) === u || end(items[q], 2) === u) gone[t] = 1
      }
    },
    /** What lies round v is not to be changed again in this round, and is to be looked at anew in the next. */
    touch: (v: number, touched: Uint8Array, cost: Float32Array) => {
      touched[v] = 1
      for (let q = from[v]; q < from[v + 1]; q++) {
        const w = end(items[q], 1)
        touched[w] = 1
        cost[w] = NaN
        for (let r = from[w]; r < from[w + 1]; r++) cost[end(items[r], 1)] = NaN
      }
    },
  }
}
