/** A patch for a hole: points x y z, of which the first `rim` are those of the hole's border, in order. */
export interface Patch {
  positions: number[]
  readonly rim: number
  triangles: number[]
}

/** Time for a rim of n points grows with n³. */
export const longestRim = 400

/**
 * The triangulation of a closed polygon in space that has the least area, among those that use none of the forbidden
 * diagonals (Barequet & Sharir 1995, Filling gaps in the boundary of a polyhedron; Liepa 2003). Its triangles run
 * round as the polygon does.
 * @param forbidden whether a side from point i to point j > i exists already outside the hole
 * @returns null when every triangulation is forbidden
 */
export function triangulated(polygon: number[], forbidden: (i: number, j: number) => boolean): Patch | null {
  const n = polygon.length / 3
  const cost = new Float64Array(n * n)
  const cut = new Int32Array(n * n).fill(-1)
  for (let span = 2; span < n; span++) {
    for (let i = 0; i + span < n; i++) {
      const k = i + span
      let best = Infinity
      if (span === n - 1 || !forbidden(i, k)) {
        for (let j = i + 1; j < k; j++) {
          const before = cost[i * n + j] + cost[j * n + k]
          if (before >= best) continue
          const sum = before + triangleArea(polygon, i, j, k)
          if (sum < best) {
            best = sum
            cut[i * n + k] = j
          }
        }
      }
      cost[i * n + k] = best
    }
  }
  if (!(cost[n - 1] < Infinity)) return null
  const triangles: number[] = []
  const open = [[0, n - 1]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [i, k] = next
    if (k - i < 2) continue
    const j = cut[i * n + k]
    triangles.push(i, j, k)
    open.push([i, j], [j, k])
  }
  return { positions: [...polygon], rim: n, triangles }
}

function triangleArea(at: number[], i: number, j: number, k: number): number {
  const ux = at[3 * j] - at[3 * i]
  const uy = at[3 * j + 1] - at[3 * i + 1]
  const uz = at[3 * j + 2] - at[3 * i + 2]
  const vx = at[3 * k] - at[3 * i]
  const vy = at[3 * k + 1] - at[3 * i + 1]
  const vz = at[3 * k + 2] - at[3 * i + 2]
  return Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2
}

export const patchArea = ({ positions, triangles }: Patch) => {
  let sum = 0
  for (let t = 0; t < triangles.length; t += 3) {
    sum += triangleArea(positions, triangles[t], triangles[t + 1], triangles[t + 2])
  }
  return sum
}

/**
 * Cuts a patch's triangles until they are about as small as those round the hole, and keeps them well shaped
 * (Liepa 2003, Filling holes in meshes, section 4). The rim's own sides stay.
 * @param size the mean length of the mesh's sides at each point of the rim
 */
export function refined(
  patch: Patch,
  size: number[],
  forbidden: (i: number, j: number) => boolean,
  mostPoints: number,
): Patch {
  const positions = [...patch.positions]
  const sizes = [...size]
  let triangles = [...patch.triangles]
  for (let round = 0; round < 40; round++) {
    const next: number[] = []
    let cuts = 0
    for (let t = 0; t < triangles.length; t += 3) {
      const corners = triangles.slice(t, t + 3)
      const middle = [0, 1, 2].map((axis) => corners.reduce((sum, v) => sum + positions[3 * v + axis], 0) / 3)
      const sizeHere = corners.reduce((sum, v) => sum + sizes[v], 0) / 3
      const coarse = corners.every((v) => {
        const far = Math.hypot(...middle.map((value, axis) => value - positions[3 * v + axis])) * Math.SQRT2
        return far > sizeHere && far > sizes[v]
      })
      if (!coarse || sizes.length >= mostPoints) {
        next.push(...corners)
        continue
      }
      const v = sizes.length
      positions.push(...middle)
      sizes.push(sizeHere)
      const [a, b, c] = corners
      next.push(a, b, v, b, c, v, c, a, v)
      cuts++
    }
    triangles = next
    relax(positions, triangles, (a, b) => a < patch.rim && b < patch.rim && forbidden(Math.min(a, b), Math.max(a, b)))
    if (cuts === 0) break
  }
  return { positions, rim: patch.rim, triangles }
}

/** Flips sides between two triangles until each is the better of the two diagonals (Delaunay, by opposite angles). */
function relax(at: number[], triangles: number[], forbidden: (a: number, b: number) => boolean) {
  const count = at.length / 3
  const owner = new Map<number, number>() // half-edge by its two ends
  const name = (a: number, b: number) => a * count + b
  const enter = (t: number) => {
    for (let k = 0; k < 3; k++) owner.set(name(triangles[t + k], triangles[t + ((k + 1) % 3)]), t + k)
  }
  for (let t = 0; t < triangles.length; t += 3) enter(t)
  const waiting = [...owner.values()]
  // every flip makes the triangulation better, but rounding may see it otherwise
  for (let steps = 20 * waiting.length; waiting.length > 0 && steps > 0; steps--) {
    const h = waiting.pop()!
    const t = h - (h % 3)
    const [a, b, c] = [triangles[h], triangles[t + ((h + 1) % 3)], triangles[t + ((h + 2) % 3)]]
    const across = owner.get(name(b, a))
    if (across === undefined) continue
    const s = across - (across % 3)
    const d = triangles[s + ((across + 2) % 3)]
    if (owner.has(name(c, d)) || owner.has(name(d, c)) || forbidden(c, d)) continue
    if (angleAt(at, c, a, b) + angleAt(at, d, a, b) <= Math.PI * (1 + 1e-9)) continue
    owner.delete(name(a, b))
    owner.delete(name(b, a))
    ;[triangles[t], triangles[t + 1], triangles[t + 2]] = [c, a, d]
    ;[triangles[s], triangles[s + 1], triangles[s + 2]] = [d, b, c]
    enter(t)
    enter(s)
    waiting.push(t, t + 1, s, s + 1)
  }
}

function angleAt(at: number[], p: number, q: number, r: number): number {
  const u = [0, 1, 2].map((axis) => at[3 * q + axis] - at[3 * p + axis])
  const v = [0, 1, 2].map((axis) => at[3 * r + axis] - at[3 * p + axis])
  const across = Math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
  return Math.atan2(across, u[0] * v[0] + u[1] * v[1] + u[2] * v[2])
}
