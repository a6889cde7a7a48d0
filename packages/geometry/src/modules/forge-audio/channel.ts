import { gradientAt } from '../../field/grid.ts'
import { subtract as cutOut } from '../../field/combine.ts'
import type { Sdf } from '../../field/shapes.ts'
import {
  add,
  between,
  cross,
  distance,
  dot,
  length,
  perpendicular,
  scale,
  step,
  subtract,
  unit,
  type Vec3,
} from '../../mesh/vector.ts'
import type { Fill } from './fill.ts'
import { type Hole, holesInTip, straightMm } from './tip.ts'

/** Of the wall that is wanted, this share has to be there all round a channel on its way out. */
export const leastWall = 0.85

interface Wanted extends Hole {
  wallMm: number
  beyondMm: number
  /** from how far below the face, mm along the path, it may go straight out; 0: it keeps to the path, and so to the wall */
  shortcutMm?: number
  /** where it leaves through a tip in the canal, when that is settled */
  hole?: Vec3
  /** another channel, from which this one keeps off where it leaves */
  beside?: Sdf
}

/**
 * A channel through the body: from in front of the face along the path to beyond the tip. Between its ends it keeps
 * `wallMm` of material to the skin, towards which it is led: a vent down, as in the trade's shells, a sound bore up.
 * At its ends it leaves straight, by the way on which most is left round it.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED when the canal is too narrow for it
 */
export function channel(fill: Fill, wanted: Wanted): Vec3[] {
  const { radiusMm, wallMm, beyondMm, led: way, shortcutMm = 0, beside } = wanted
  const { hole = fill.tipAlong ? holesInTip(fill, [wanted], wallMm)[0] : null } = wanted
  const dense = densified(fill.path, 0.5)
  const along = (i: number) => unit(subtract(dense[Math.min(dense.length - 1, i + 1)], dense[Math.max(0, i - 1)]))
  const clearance = radiusMm + wallMm + 0.15
  const free = beside ? cutOut(fill.solid, beside) : fill.solid
  const ways = dense.map((point, i) => wayToWall(fill.untipped, point, along(i), clearance, way === 'down' ? -1 : 1))
  const first = ways.findIndex((way) => way !== null)
  if (first < 0) return dense
  const last = ways.findLastIndex((way) => way !== null)
  const led = dense.slice(first, last + 1).map((point, i) => add(point, ways[first + i] ?? [0, 0, 0]))
  const smooth = eased(
    smoothed(hole ? endedIn(led, hole, fill.tipAlong!) : led, 8),
    radiusMm + easeMm,
    (point) => fill.untipped(...point) < -(radiusMm + leastWall * wallMm),
  )
  const room = radiusMm + wallMm + beyondMm
  const wide = radiusMm + leastWall * wallMm
  const { index: from, way: out } = bestWay(fill.solid, free, smooth, shortcutMm, fill.face.outward, wide)
  const back = smooth.slice(from).toReversed()
  const { index: to, way: onward } = fill.tipAlong
    ? { index: 0, way: fill.tipAlong }
    : bestWay(fill.solid, free, back, 0, along(last), wide)
  const inner = back.slice(to).toReversed()
  const end = inner[inner.length - 1]
  return [...straight(step(inner[0], out, room + 8), inner[0]), ...inner, ...straight(end, step(end, onward, room))]
}

/** The path turned to a hole some millimetres before it, and straight through it. */
function endedIn(path: readonly Vec3[], hole: Vec3, along: Vec3): Vec3[] {
  const kept = path.filter((point) => dot(subtract(hole, point), along) > straightMm + 1)
  const inner = step(hole, along, -straightMm)
  const turned = kept.length > 0 ? densified([kept[kept.length - 1], inner], 0.5).slice(1) : [inner]
  return [...kept, ...turned, ...densified([inner, hole], 0.5).slice(1)]
}

/**
 * Where a channel leaves a path for the outside, and in which direction: a short way on which much is left round it, and
 * that goes on about as the path has come, as what a sharp bend leaves between its arms is no wall. Without any, the
 * shortest way from the first point, square to the surface.
 * @param path its points are half a millimetre apart; it comes from its end
 * @param withinMm it leaves from as far along the path, or else from the first place from which it can
 * @param about the direction round which ways are tried, up to 60° from it
 */
function bestWay(
  body: Sdf,
  material: Sdf,
  path: readonly Vec3[],
  withinMm: number,
  about: Vec3,
  wideMm: number,
): { index: number; way: Vec3 } {
  const shortest = unit(gradientAt(body, ...path[0]))
  const square = dot(shortest, about) > 0.5 ? shortest : about
  const ways = [square, ...cone(about)]
  let best = { index: 0, way: square }
  let most = -Infinity
  for (let index = 0; index < path.length && (index <= 2 * withinMm || most === -Infinity); index++) {
    const before = index + 2 < path.length ? unit(subtract(path[index], path[index + 2])) : about
    for (const way of ways) {
      const bend = dot(before, way)
      if (bend < leastBend) continue
      const found = wayThrough(body, material, path[index], way, wideMm)
      if (!found) continue
      // no detours: a millimetre longer has to leave a tenth of one more, and so has a bend by 35°
      const score = found.roomMm - 0.1 * (found.lengthMm - index / 2) - 0.5 * (1 - bend)
      if (score <= most) continue
      most = score
      best = { index, way }
    }
  }
  return best
}

/** No channel bends by more than 75°: its cosine. */
const leastBend = 0.25

/** Directions up to 60° from one, 15° apart. */
export function cone(about: Vec3): Vec3[] {
  const u = perpendicular(about)
  const v = cross(about, u)
  const out: Vec3[] = [about]
  for (let tilt = 1; tilt <= 4; tilt++) {
    const [cosine, sine] = [Math.cos((tilt * Math.PI) / 12), Math.sin((tilt * Math.PI) / 12)]
    for (let k = 0; k < 6 * tilt; k++) {
      const turn = (k * Math.PI) / (3 * tilt)
      out.push(add(scale(about, cosine), add(scale(u, sine * Math.cos(turn)), scale(v, sine * Math.sin(turn)))))
    }
  }
  return out
}

/**
 * Straight from a point to where the body ends, when there is material in a circle round the way: all of it, until the
 * way is half as deep as the circle is wide (where it leaves at a slant, the near side ends first). It does not run so
 * near under the surface for long.
 * @param material the body as far as it is free for this
 * @returns how long it is and how deep the circle lies at the least, up to a millimetre; null where it is not whole, and
 * from outside
 */
export function wayThrough(
  body: Sdf,
  material: Sdf,
  from: Vec3,
  way: Vec3,
  wideMm: number,
): { lengthMm: number; roomMm: number } | null {
  let lengthMm = 0
  while (lengthMm < 25 && body(...step(from, way, lengthMm)) < 0) lengthMm += 0.25
  if (lengthMm === 0 || lengthMm >= 25) return null
  const circle = circleRound(way, wideMm)
  let roomMm = 1
  for (let far = 0; far < lengthMm; far += 0.25) {
    const at = step(from, way, far)
    if (-body(...at) < wideMm / 2 && far > lengthMm - 2.5 * wideMm) continue
    for (const beside of circle) {
      const deep = -material(...add(at, beside))
      if (deep <= 0.05) return null
      if (deep < roomMm) roomMm = deep
    }
  }
  return { lengthMm, roomMm }
}

/** Points of a circle round a direction, from its middle, and of a smaller one in it: no groove passes between them. */
export function circleRound(way: Vec3, radiusMm: number): Vec3[] {
  const u = perpendicular(way)
  const v = cross(way, u)
  const ring = (radius: number, count: number) =>
    Array.from({ length: count }, (_, k) => {
      const angle = (2 * Math.PI * k) / count
      return add(scale(u, radius * Math.cos(angle)), scale(v, radius * Math.sin(angle)))
    })
  return [...ring(radiusMm, 20), ...ring(0.8 * radiusMm, 12)]
}

/** The points between two, half a millimetre apart, without the nearer end that the neighbours have. */
const straight = (from: Vec3, to: Vec3): Vec3[] => densified([from, to], 0.5)

/** From a point of the path sideways, up or down, as far as the material allows; null where even the point lies too near. */
function wayToWall(body: Sdf, point: Vec3, along: Vec3, clearance: number, sign: 1 | -1): Vec3 | null {
  const upOrDown: Vec3 = [0, sign, 0]
  const side = unit(step(upOrDown, along, -dot(upOrDown, along)))
  let best: Vec3 | null = null
  for (let far = 0; far <= 6; far += 0.25) {
    const there = step(point, side, far)
    if (body(there[0], there[1], there[2]) > -clearance) break
    best = scale(side, far)
  }
  return best
}

/** A path with points so far apart, mm. */
export function densified(path: readonly Vec3[], every: number): Vec3[] {
  const out: Vec3[] = [path[0]]
  for (let i = 1; i < path.length; i++) {
    const pieces = Math.max(1, Math.round(distance(path[i], path[i - 1]) / every))
    for (let k = 1; k <= pieces; k++) out.push(between(path[i - 1], path[i], k / pieces))
  }
  return out
}

/** A channel's bends are wider than itself by this: in narrower ones its wall folds, and what stands in the fold is thin. */
const easeMm = 0.4

/** A path smoothed further until it bends nowhere more tightly than said, as far as it stays where it may. */
function eased(path: readonly Vec3[], leastRadiusMm: number, mayBe: (point: Vec3) => boolean): readonly Vec3[] {
  let best = path
  for (let round = 0; round < 12 && tightest(best) < leastRadiusMm; round++) {
    const next = smoothed(best, 4)
    if (next.some((point, i) => !mayBe(point) && mayBe(best[i]))) return best
    best = next
  }
  return best
}

/** The radius of the tightest bend, mm: of the circle through three points a millimetre apart. */
function tightest(path: readonly Vec3[]): number {
  let least = Infinity
  for (let i = 2; i + 2 < path.length; i++) {
    const [a, b, c] = [
      subtract(path[i], path[i - 2]),
      subtract(path[i + 2], path[i]),
      subtract(path[i + 2], path[i - 2]),
    ]
    const twiceArea = length(cross(a, b))
    if (twiceArea > 0) least = Math.min(least, (length(a) * length(b) * length(c)) / (2 * twiceArea))
  }
  return least
}

/** Each point at the mean of its neighbours, so often; the ends stay. */
function smoothed(path: readonly Vec3[], times: number): Vec3[] {
  let out = [...path]
  for (let round = 0; round < times; round++) {
    out = out.map((point, i) =>
      i === 0 || i === out.length - 1 ? point : between(between(out[i - 1], out[i + 1], 0.5), point, 0.5),
    )
  }
  return out
}
