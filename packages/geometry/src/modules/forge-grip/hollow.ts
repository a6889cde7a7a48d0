import { type Bvh, bvhOf } from '../../mesh/bvh.ts'
import { eigenOfSymmetric, extentAlong, principalOf } from '../../measure/fit/principal.ts'
import { faceVectors, type Mesh } from '../../mesh/mesh.ts'
import { castRay } from '../../mesh/ray.ts'
import { add, cross, distance, dot, perpendicular, scale, step, unit, type Vec3 } from '../../mesh/vector.ts'

/** The hollow of a hand that holds something, as a piece of a line with the skin's distance all round it. */
export interface Hollow {
  /** where the line lies and runs, of length 1 */
  middle: Vec3
  axis: Vec3
  /** at right angles to the axis and to each other: angles are counted from u towards v */
  u: Vec3
  v: Vec3
  /** where the hand begins and ends to hold, along the axis from the middle, mm */
  from: number
  to: number
  /** which share of the hollow's wall is skin, 0 to 1 */
  enclosed: number
  /** the least distance from the line to skin, mm */
  least: number
}

/** Farther than this from the line is no hollow of a hand, mm: 40 mm is more than the thickest handle's radius. */
export const farthestMm = 40
const roundSteps = 72

/** A scan made ready for being looked at from within the hollow. */
export interface Skin {
  bvh: Bvh
  faces: Float64Array
}

/** A handle thinner than a pencil cannot be held. */
export const leastRadiusMm = 5

/**
 * Finds the hollow of a hand that is closed or half closed round something, or round nothing: the place that most
 * directions from which end at the palm's side of skin, and the line through it along which they do not. Of several,
 * the one with the most wall; a hollow in which no handle has room only when there is no other.
 * @returns null for an open hand, which holds nothing
 */
export function hollowOf(mesh: Mesh, skin = skinOf(mesh)): Hollow | null {
  let best: Hollow | null = null
  let most = 0
  for (const start of enclosedPlaces(mesh, skin)) {
    const found = hollowFrom(skin, start)
    if (!found) continue
    const worth = found.enclosed * found.to * (found.least < leastRadiusMm ? 1e-3 : 1)
    if (worth <= most) continue
    most = worth
    best = found
  }
  return best
}

function hollowFrom(skin: Skin, start: Vec3): Hollow | null {
  let middle = start
  let axis = openAxis(skin, start)
  // to the middle first: seen from beside it, the way out looks askew
  for (let round = 0; round < 3; round++) {
    const across = perpendicular(axis)
    middle = ring(skin, middle, across, cross(axis, across))?.middle ?? middle
    axis = openAxis(skin, middle)
  }
  // until it stays where it is, so that it does not matter from where it was begun
  for (let round = 0; round < 20; round++) {
    const line = refined(skin, middle, axis)
    if (!line) return null
    const still = round >= 4 && Math.abs(dot(line.axis, axis)) > 1 - 1e-9
    ;({ middle, axis } = line)
    if (still) break
  }
  const u = perpendicular(axis)
  const v = cross(axis, u)
  const tight = ringsAlong(skin, middle, axis, u, v, 0)
  const held =
    ringsAlong(skin, middle, axis, u, v, leastRadiusMm) ?? (tight && tight.enclosed > leastTight ? tight : null)
  if (!held) return null
  const { from, to, enclosed, least } = held
  const half = (to - from) / 2
  return { middle: step(middle, axis, (from + to) / 2), axis, u, v, from: -half, to: half, enclosed, least }
}

/** How far the skin is from a place in a direction, mm; Infinity when it is not within reach, -1 from within the hand. */
export function wayToSkin({ bvh, faces }: Skin, from: Vec3, direction: Vec3, max = farthestMm): number {
  const hit = castRay(bvh, from, direction, { max })
  if (!hit) return Infinity
  const t = 3 * hit.triangle
  return faces[t] * direction[0] + faces[t + 1] * direction[1] + faces[t + 2] * direction[2] < 0 ? hit.t : -1
}

export const skinOf = (mesh: Mesh): Skin => ({ bvh: bvhOf(mesh), faces: faceVectors(mesh) })

/** Even directions over the sphere (Fibonacci lattice). */
const directions: readonly Vec3[] = Array.from({ length: 96 }, (_, i) => {
  const z = 1 - (2 * i + 1) / 96
  const r = Math.sqrt(1 - z * z)
  const turn = i * Math.PI * (3 - Math.sqrt(5))
  return [r * Math.cos(turn), r * Math.sin(turn), z]
})

/** The most enclosed places outside the hand, well apart, on a lattice along its own axes. */
function enclosedPlaces(mesh: Mesh, skin: Skin): Vec3[] {
  const { axes } = principalOf(mesh)
  const extents = axes.map((axis) => extentAlong(mesh, axis))
  const pitch = 8
  const steps = extents.map(({ size }) => Math.min(40, Math.ceil(size / pitch)))
  const found: { at: Vec3; score: number }[] = []
  for (let i = 1; i < steps[0]; i++) {
    for (let j = 1; j < steps[1]; j++) {
      for (let k = 1; k < steps[2]; k++) {
        let at: Vec3 = [0, 0, 0]
        for (const [a, n] of [i, j, k].entries()) {
          const { middle, size } = extents[a]
          at = step(at, axes[a], middle - size / 2 + (size * n) / steps[a])
        }
        const score = enclosure(skin, at, leastEnclosure)
        if (score > leastEnclosure) found.push({ at, score })
      }
    }
  }
  const apart: Vec3[] = []
  for (const { at } of found.sort((p, q) => q.score - p.score)) {
    if (apart.length < 6 && apart.every((other) => distance(other, at) > 12)) apart.push(at)
  }
  return apart
}

/** Less than this share of all directions is no hollow. An open palm has one half, a gap between fingers a bit more. */
const leastEnclosure = 0.6

/** The share of directions that end at skin; 0 as soon as it cannot be more than `least`. */
function enclosure(skin: Skin, at: Vec3, least: number): number {
  let hits = 0
  for (let n = 0; n < directions.length; n++) {
    const way = wayToSkin(skin, at, directions[n], 1.5 * farthestMm)
    if (way < 0) return 0
    if (way < Infinity) hits++
    if (hits + directions.length - n - 1 <= least * directions.length) return 0
  }
  return hits / directions.length
}

/** The axis along which most of the open directions lie. */
function openAxis(skin: Skin, at: Vec3): Vec3 {
  const m = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]
  for (const d of directions) {
    if (wayToSkin(skin, at, d, 1.5 * farthestMm) < Infinity) continue
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) m[i][j] += d[i] * d[j]
  }
  return eigenOfSymmetric(m).vectors[0]
}

/** The skin round a place, at right angles to the axis: the middle of the circle that fits it, and the share that is skin. */
function ring(skin: Skin, at: Vec3, u: Vec3, v: Vec3): { middle: Vec3; share: number; least: number } | null {
  let points: [number, number][] = []
  let least = Infinity
  for (let k = 0; k < roundSteps; k++) {
    const angle = (2 * Math.PI * k) / roundSteps
    const d = add(scale(u, Math.cos(angle)), scale(v, Math.sin(angle)))
    const way = wayToSkin(skin, at, d)
    if (way < 0) return null
    least = Math.min(least, way)
    if (way < Infinity) points.push([way * Math.cos(angle), way * Math.sin(angle)])
  }
  const share = points.length / roundSteps
  if (points.length < roundSteps / 3) return { middle: at, share, least }
  // the circle that fits what is skin (Kåsa 1976), without what lies far outside it
  let circle = circleThrough(points)
  for (let round = 0; round < 2 && circle; round++) {
    const { x, y, r } = circle
    const close = points.filter(([px, py]) => Math.abs(Math.hypot(px - x, py - y) - r) < 0.35 * r)
    if (close.length < roundSteps / 3) break
    points = close
    circle = circleThrough(points)
  }
  if (!circle || Math.hypot(circle.x, circle.y) > 12) return { middle: at, share, least }
  return { middle: step(step(at, u, circle.x), v, circle.y), share, least }
}

function circleThrough(points: readonly (readonly [number, number])[]): { x: number; y: number; r: number } | null {
  const n = points.length
  let [sx, sy, sxx, syy, sxy, sxz, syz, sz] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (const [x, y] of points) {
    const z = x * x + y * y
    sx += x
    sy += y
    sxx += x * x
    syy += y * y
    sxy += x * y
    sxz += x * z
    syz += y * z
    sz += z
  }
  const a = sxx - (sx * sx) / n
  const b = sxy - (sx * sy) / n
  const c = syy - (sy * sy) / n
  const p = (sxz - (sx * sz) / n) / 2
  const q = (syz - (sy * sz) / n) / 2
  const det = a * c - b * b
  if (!(Math.abs(det) > 1e-9)) return null
  const x = (p * c - q * b) / det
  const y = (a * q - b * p) / det
  return { x, y, r: Math.sqrt(Math.max(0, sz / n - 2 * ((x * sx) / n + (y * sy) / n) + x * x + y * y)) }
}

/** Enough of a round is skin for the hand to hold there. */
const leastShare = 0.5
/**
 * What the hand holds by is at least this long, mm: three fingers of a child. And of its wall there is this much skin:
 * mm of length times share. A hand that lies loosely open bends its fingers round less.
 */
const leastLengthMm = 42
const leastWallMm = 36
/** A hand that leaves no room for a handle is closed when this share is skin; else it only lies there. */
const leastTight = 0.8
const paceMm = 2

/** The line through the middles of the rounds near the old line. */
function refined(skin: Skin, middle: Vec3, axis: Vec3): { middle: Vec3; axis: Vec3 } | null {
  const u = perpendicular(axis)
  const v = cross(axis, u)
  const found: Vec3[] = []
  for (const way of [1, -1]) {
    let at = middle
    for (let n = 0; n * paceMm < 70; n++) {
      const round = ring(skin, at, u, v)
      if (!round || round.share < leastShare) break
      if (n > 0 || way === 1) found.push(round.middle)
      // each round begins at the middle of the one before: a line that is still askew does not run into a finger
      at = step(round.middle, axis, way * paceMm)
    }
  }
  if (found.length < 8) return null
  const mean = scale(
    found.reduce((sum, p) => add(sum, p), [0, 0, 0] as Vec3),
    1 / found.length,
  )
  const m = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => found.reduce((sum, p) => sum + (p[i] - mean[i]) * (p[j] - mean[j]), 0)),
  )
  const along = eigenOfSymmetric(m).vectors[0]
  // rounds that scatter sideways more than they reach along say nothing of the direction
  const turned = dot(along, axis) < 0 ? scale(along, -1) : along
  return { middle: mean, axis: dot(turned, axis) > 0.8 ? turned : unit(add(axis, scale(turned, 0.2))) }
}

/**
 * How far along the line the hand holds, how much of the wall there is skin, and how near it comes.
 * @param roomMm nearer skin ends it
 */
function ringsAlong(skin: Skin, middle: Vec3, axis: Vec3, u: Vec3, v: Vec3, roomMm: number) {
  const ends = [1, -1].map((way) => {
    let reach = 0
    let shares = 0
    let near = Infinity
    // in ever smaller steps to where it ends
    for (let pace = paceMm; pace > 0.1 && reach < 80;) {
      const round = ring(skin, step(middle, axis, way * (reach + pace)), u, v)
      if (!round || round.share < leastShare || round.least < roomMm) {
        pace /= 2
        continue
      }
      reach += pace
      shares += round.share * pace
      near = Math.min(near, round.least)
    }
    return { reach, shares, near }
  })
  const to = ends[0].reach
  const from = -ends[1].reach
  const wall = ends[0].shares + ends[1].shares
  const held = to - from >= leastLengthMm && wall >= leastWallMm
  return held ? { from, to, enclosed: wall / (to - from), least: Math.min(ends[0].near, ends[1].near) } : null
}
