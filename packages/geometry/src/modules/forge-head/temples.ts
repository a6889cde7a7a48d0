import type { Sdf } from '../../field/shapes.ts'
import { between, distance, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import { type Front, offFront } from './front.ts'
import type { Skin } from './skin.ts'

type Parameters = Readonly<Record<string, number>>
type Point2 = readonly [number, number]

/**
 * The middle line of a temple from inside the rim round the corner to behind the ear, canonical pose: straight as far
 * as the head lets it, above the ear's root (in the fold behind the ear where that is wide enough), nowhere nearer to
 * the skin than `templeClearanceMm`, and never narrower behind than before, so that it can be put on straight.
 * @param faceWidthMm the corner stands out as far as the face is wide, or beyond the rim
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED
 */
export function templeLine(
  front: Front,
  skin: Skin,
  side: 'left' | 'right',
  faceWidthMm: number,
  p: Parameters,
): Vec3[] {
  const sign = side === 'left' ? 1 : -1
  const ear: Vec3 = [skin.tragions[side][0], Math.abs(skin.tragions[side][1]), skin.tragions[side][2]]
  const half = ribbonHalf(p)
  const room = p.templeClearanceMm + p.templeMm / 2
  const free = (x: number, y: number, z: number) =>
    Math.min(...[-half, 0, half].map((up) => skin.distance(x, sign * y, z + up, 40)))
  const { inside, corner } = endpiece(front, faceWidthMm, p)
  const tail = ear[0] - p.templeBehindEarMm
  for (let height = ear[2] + 8; height < ear[2] + 45; height += 0.5) {
    const level = (x: number) => {
      const share = (corner[0] - x) / (corner[0] - (ear[0] + 6))
      return corner[2] + Math.min(1, share) * (height - corner[2])
    }
    const places: Point2[] = [[-corner[0], corner[1]]]
    let most = corner[1]
    for (let x = corner[0] - 10; x > tail - 1; x -= 2) {
      most = Math.max(most, firstFree(x, level(x), ear[1] - 14, free, room))
      places.push([-x, most])
    }
    if (most > ear[1] + 9) continue // round the outside of the ear
    const line = taut(places)
    if (!line.every(([back, y], i) => i === 0 || free(-back, y, level(-back)) >= room - 0.1)) continue
    const points = [inside, corner, ...line.slice(1).map(([back, y]): Vec3 => [-back, y, level(-back)])]
    return straightened(roundedAt(points, 1, 9)).map(([x, y, z]): Vec3 => [x, sign * y, z])
  }
  throw new GeometryRefusal('DESIGN_NOT_SUPPORTED', `above the ${side} ear there is no room for a temple`, {
    missing: [`room above the ${side} ear`],
  })
}

/** Where the left endpiece begins inside the rim, and where the temple turns back. */
function endpiece(front: Front, faceWidthMm: number, p: Parameters): { inside: Vec3; corner: Vec3 } {
  const high = Math.min(0.24 * p.lensHeightMm, p.lensHeightMm / 2 - 3)
  const rim = front.lens.outline.reduce((most, [u, w]) => (Math.abs(w - high) < 2 && u > most ? u : most), -Infinity)
  const beyondRim = front.lensAt + p.lensWidthMm / 2 + p.rimMm - p.grooveMm + p.templeMm
  return {
    inside: offFront(front, front.lensAt + rim + (p.rimMm - p.grooveMm) / 2, 0, high),
    corner: offFront(front, Math.max(beyondRim, faceWidthMm / 2 - 3), 0, high),
  }
}

/** The first place outwards from inside the head with so much room round it; behind an ear that is the fold. */
function firstFree(
  x: number,
  z: number,
  from: number,
  free: (x: number, y: number, z: number) => number,
  room: number,
): number {
  let y = from
  for (let turn = 0; turn < 200; turn++) {
    const short = room - free(x, y, z)
    if (short <= 0) break
    y += Math.max(0.05, short)
  }
  return y
}

/** A string pulled tight over posts, which it may pass on the far side only: their concave hull, at each post. */
function taut(posts: readonly Point2[]): Point2[] {
  const hull: Point2[] = []
  for (const post of posts) {
    while (hull.length > 1) {
      const [a, b] = hull.slice(-2)
      if ((b[0] - a[0]) * (post[1] - a[1]) - (b[1] - a[1]) * (post[0] - a[0]) < 0) break
      hull.pop()
    }
    hull.push(post)
  }
  let i = 0
  return posts.map(([back]) => {
    while (i + 2 < hull.length && back > hull[i + 1][0]) i++
    const [a, b] = [hull[i], hull[i + 1]]
    return [back, a[1] + ((back - a[0]) / (b[0] - a[0])) * (b[1] - a[1])]
  })
}

/** The line with a corner replaced by an arc (a quadratic curve) that begins and ends `reachMm` before and behind it. */
function roundedAt(points: readonly Vec3[], corner: number, reachMm: number): Vec3[] {
  const [a, b, c] = [points[corner - 1], points[corner], points[corner + 1]]
  const from = between(b, a, Math.min(0.9, reachMm / distance(a, b)))
  const to = between(b, c, Math.min(0.9, reachMm / distance(b, c)))
  const arc = Array.from({ length: 13 }, (_, i) => {
    const t = i / 12
    return between(between(from, b, t), between(b, to, t), t)
  })
  return [...points.slice(0, corner), ...arc, ...points.slice(corner + 1)]
}

/** The line without the points that lie on the straight way between their neighbours. */
function straightened(points: readonly Vec3[]): Vec3[] {
  const kept: Vec3[] = [points[0]]
  for (let i = 1; i + 1 < points.length; i++) {
    const [a, b, c] = [kept[kept.length - 1], points[i], points[i + 1]]
    if (distance(a, b) + distance(b, c) - distance(a, c) > 1e-6) kept.push(b)
  }
  return [...kept, points[points.length - 1]]
}

const ribbonHalf = ({ templeHeightMm, templeMm }: Parameters) => Math.max(0, templeHeightMm - templeMm) / 2

/**
 * A bar along a line that lies nearly level: upright, `templeHeightMm` high and `templeMm` thick, its edges round.
 * The distance is exact where the line is level, and at most too large by its slope's share.
 */
export function bar(line: readonly Vec3[], p: Parameters): Sdf {
  const half = ribbonHalf(p)
  const radius = p.templeMm / 2
  const size = line.length - 1
  const flat = Float64Array.from(line.flat())
  return (x, y, z) => {
    let best = Infinity
    for (let i = 0; i < size; i++) {
      const a = 3 * i
      const dx = flat[a + 3] - flat[a]
      const dy = flat[a + 4] - flat[a + 1]
      const along = ((x - flat[a]) * dx + (y - flat[a + 1]) * dy) / (dx * dx + dy * dy)
      const t = along < 0 ? 0 : along > 1 ? 1 : along
      const px = x - flat[a] - t * dx
      const py = y - flat[a + 1] - t * dy
      const pz = Math.abs(z - flat[a + 2] - t * (flat[a + 5] - flat[a + 2])) - half
      const d = px * px + py * py + (pz > 0 ? pz * pz : 0)
      if (d < best) best = d
    }
    return Math.sqrt(best) - radius
  }
}
