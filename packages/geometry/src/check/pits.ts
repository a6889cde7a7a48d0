import type { Vec3 } from '../mesh/vector.ts'
import { nearestOfTriangle, type Surface } from './nearest.ts'
import type { Samples } from './samples.ts'

/** Faces at least 75° apart make a pit or groove whose ground is not seen as a surface of its own. */
const sharp = 0.25
/** All round the ground of a pit the sides rise by 15° at least. */
const rising = 0.26

/**
 * Where a surface is sharply hollow, one place in each cube of a spacing: the grounds of pits (vertices below all that
 * is next to them) and of grooves (middles of sides whose triangles look over them), each with the direction midway
 * between its faces, outwards. An even spread of places does not meet a point or a line.
 */
export function pitsOf(surface: Surface, spacingMm: number): Samples {
  const { cells, faces, across, tips, sides } = surface
  const { positions: p, triangles } = cells.mesh
  const taken = new Set<string>()
  const points: number[] = []
  const normals: number[] = []
  const at: number[] = []
  const keep = (t: number, x: number, y: number, z: number, n: ArrayLike<number>) => {
    const size = Math.hypot(n[0], n[1], n[2])
    const key = [x, y, z].map((value) => Math.floor(value / spacingMm)).join()
    if (size === 0 || taken.has(key)) return
    taken.add(key)
    points.push(x, y, z)
    normals.push(n[0] / size, n[1] / size, n[2] / size)
    at.push(t)
  }
  const isSharp = (fan: number[]) => fan.every((t) => t >= 0) && fan.some((t) => fan.some((u) => areApart(faces, t, u)))
  // of each vertex, the least that its neighbours lie above it: the sine of the angle
  const least = new Float64Array(p.length / 3).fill(Infinity)
  for (let h = 0; h < triangles.length; h++) {
    const v = triangles[h]
    const w = triangles[h % 3 === 2 ? h - 2 : h + 1]
    const dx = p[3 * w] - p[3 * v]
    const dy = p[3 * w + 1] - p[3 * v + 1]
    const dz = p[3 * w + 2] - p[3 * v + 2]
    const height = dx * tips[3 * v] + dy * tips[3 * v + 1] + dz * tips[3 * v + 2]
    if (least[v] <= 0) continue
    const tip2 = tips[3 * v] ** 2 + tips[3 * v + 1] ** 2 + tips[3 * v + 2] ** 2
    const above = height <= 0 ? 0 : height / Math.sqrt(tip2 * (dx * dx + dy * dy + dz * dz))
    if (above < least[v]) least[v] = above
  }
  for (let h = 0; h < triangles.length; h++) {
    const t = (h / 3) | 0
    const v = triangles[h]
    if (least[v] > rising && isSharp(fanOf(surface, t, h % 3)))
      keep(t, p[3 * v], p[3 * v + 1], p[3 * v + 2], tips.subarray(3 * v, 3 * v + 3))
    const other = across[h]
    if (other <= t || !areApart(faces, t, other)) continue
    const w = triangles[h % 3 === 2 ? h - 2 : h + 1]
    const far = triangles[sides.opposite[h] % 3 === 0 ? sides.opposite[h] + 2 : sides.opposite[h] - 1]
    const rises =
      (p[3 * far] - p[3 * v]) * faces[3 * t] +
      (p[3 * far + 1] - p[3 * v + 1]) * faces[3 * t + 1] +
      (p[3 * far + 2] - p[3 * v + 2]) * faces[3 * t + 2]
    if (rises <= 0) continue
    const [x, y, z] = [0, 1, 2].map((k) => (p[3 * v + k] + p[3 * w + k]) / 2)
    keep(
      t,
      x,
      y,
      z,
      [0, 1, 2].map((k) => faces[3 * t + k] + faces[3 * other + k]),
    )
  }
  return {
    count: at.length,
    areaMm2: 0,
    points: Float64Array.from(points),
    normals: Float64Array.from(normals),
    triangles: Uint32Array.from(at),
  }
}

/** The triangles round corner k of triangle t, -1 among them where the surface is open. */
function fanOf({ cells, across }: Surface, t: number, k: number): number[] {
  const { triangles } = cells.mesh
  const v = triangles[3 * t + k]
  const out: number[] = []
  let at = t
  do {
    out.push(at)
    if (at < 0 || out.length > 1000) break
    const corner = triangles[3 * at] === v ? 0 : triangles[3 * at + 1] === v ? 1 : 2
    at = across[3 * at + ((corner + 2) % 3)]
  } while (at !== t)
  return out
}

/**
 * Whether what lies across the material from a pit is the other flank of a tooth hardly higher than it is thick, such as
 * triangles leave where two surfaces meet askew: the surface goes on to it close by. Under a pit in a wall it does not.
 * @param own the pit's triangle, at `place`
 * @param other what lies across, `wideMm` away
 */
export function isTooth(surface: Surface, own: number, other: number, place: Vec3, wideMm: number): boolean {
  const { cells, across } = surface
  const { positions: p, triangles } = cells.mesh
  const reach2 = (3 * wideMm + 0.15) ** 2
  const near = (t: number) =>
    [0, 1, 2].some((k) => {
      const v = 3 * triangles[3 * t + k]
      return (p[v] - place[0]) ** 2 + (p[v + 1] - place[1]) ** 2 + (p[v + 2] - place[2]) ** 2 < reach2
    })
  const met = new Set([own])
  for (const t of met) {
    if (t === other) return true
    for (let k = 0; k < 3; k++) {
      const next = across[3 * t + k]
      if (next >= 0 && !met.has(next) && near(next)) met.add(next)
    }
  }
  return false
}

/**
 * Whether a ball touches the ground of a groove or pit: at a side or corner of triangles none of which reaches into
 * the ball (one that does will be touched itself) and that look far enough apart. The little steps of a surface made
 * of triangles are no grooves.
 * @param part of triangle t that the ball touches, as `nearest.part` has it: a side from 0, or a corner from 3
 * @param r the ball's radius, mm, about x, y, z
 */
export function isSharpGround(
  surface: Surface,
  t: number,
  part: number,
  x: number,
  y: number,
  z: number,
  r: number,
): boolean {
  const { cells, faces, across } = surface
  const around = part < 3 ? [t, across[3 * t + part]] : fanOf(surface, t, part - 3)
  if (around.some((other) => other < 0 || nearestOfTriangle(cells.mesh, other, x, y, z, r) < Infinity)) return false
  return around.some((one) => around.some((two) => areApart(faces, one, two)))
}

/** Whether two triangles look so far apart that what lies between them is sharp. */
const areApart = (faces: Float64Array, t: number, u: number) =>
  faces[3 * t] * faces[3 * u] + faces[3 * t + 1] * faces[3 * u + 1] + faces[3 * t + 2] * faces[3 * u + 2] <= sharp
