import { largestBody } from '../../field/bodies.ts'
import { roundSubtract, roundUnion, union } from '../../field/combine.ts'
import { interpolated } from '../../field/grid.ts'
import { redistanced } from '../../field/redistance.ts'
import { box, halfSpace, moved, type Sdf } from '../../field/shapes.ts'
import type { Frame } from '../../field/strokes.ts'
import { detailedSurface } from '../../field/detailed.ts'
import { inverse, intoFrame, turn } from '../../mesh/matrix.ts'
import { add, cross, distance, dot, scale, step, subtract as from, unit, type Vec3 } from '../../mesh/vector.ts'
import type { Box } from '../../mesh/mesh.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput, Generated, KeepOut } from '../module.ts'
import { type Cavity, cavityOf, outOf } from './cavity.ts'
import { type Fill, fillOf, fineMm } from './fill.ts'
import { channel, circleRound, cone, densified, leastWall, wayThrough } from './channel.ts'
import { thinnestWall } from './tip.ts'
import { bored } from './fittings.ts'
import { wordsOf } from './lettering.ts'
import { leftAway, marked, markOn } from './mark.ts'
import { handedOver } from './handed-over.ts'

/**
 * A body for an earbud: solid in the ear, with a pocket for the electronics that opens outwards, in a housing that
 * stands out of the ear as far as the pocket needs, and a sound bore from the pocket to the tip.
 */
export function earbud(input: DesignInput): Generated {
  const { parameters: p, choices, side } = input
  input.progress('cutting')
  const cavity = cavityOf(input)
  const fill = fillOf(cavity, p)
  input.progress('placing_components')
  const inEar = interpolated(redistanced(fill.open, p.wallMm + 1.5))
  const { place, whole, bore } = laidOut(fill, inEar, p)
  input.progress('shaping')
  const words = wordsOf(choices.engraving, side)
  const size = { capMm: 2.4, widthMm: p.markWidthMm, depthMm: p.markDepthMm }
  const mark = markOn(whole, markFrame(place, p.wallMm + pocketSlackMm, cavity.mirrored), words, size)
  let body = marked(whole, mark, p.markDepthMm)
  // the pocket goes on outwards through the housing's end: the lid closes it
  body = roundSubtract(body, boxAt(place, pocketSlackMm, 2 * p.wallMm + 4), 0.3)
  body = bored(body, bore, p.soundBoreDiameterMm / 2)
  input.progress('meshing')
  const made = largestBody(detailedSurface(body, boxRound(fill, place), fineMm, 1.6, mark?.detail ?? null))
  const handed = handedOver(input, cavity, fill, made, mark, [{ path: bore, diameterMm: p.soundBoreDiameterMm }])
  return {
    ...handed,
    notes: [...handed.notes, ...leftAway(mark, words)],
    bores: [{ name: 'sound bore', path: bore.map((point) => outOf(cavity, point)), diameterMm: p.soundBoreDiameterMm }],
    keepOuts: [keepOutOf(place, cavity)],
    genus: 1,
  }
}

/** How far the housing stands out beyond the electronics, for the lid, mm. */
const rimMm = 1
/** The pocket is cut wider than the electronics are, mm on each side: its corners are rounded by as much. */
const pocketSlackMm = 0.2

interface Place {
  middle: Vec3
  axes: readonly [Vec3, Vec3, Vec3]
  half: Vec3
  toBox: ReturnType<typeof intoFrame>
}

/** The electronics' box, larger by so much on each side, its edges rounded by as much, and longer outwards by `upMm`. */
const boxAt = ({ toBox, half }: Place, grown: number, upMm: number): Sdf =>
  moved(box([0, 0, upMm / 2], [half[0] + grown, half[1] + grown, half[2] + grown + upMm / 2], grown), inverse(toBox))

/**
 * The electronics as deep as they can lie with a sound bore beside them: where, the body with their housing, the bore.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED when they have no room at all, or no way out of the pocket leaves a wall
 */
function laidOut(fill: Fill, inEar: Sdf, p: Readonly<Record<string, number>>) {
  const found = placesFor(fill, inEar, p)
  const radiusMm = p.soundBoreDiameterMm / 2
  const path =
    fill.tipAlong && found.length > 0
      ? channel(fill, { name: 'sound bore', radiusMm, wallMm: p.wallMm, beyondMm: 4, led: 'up' })
      : null
  const places = found.map((place) => {
    // the housing's end is flat, so that its rim is as thick as its walls
    const end = step(place.middle, place.axes[2], place.half[2] + rimMm)
    const beyond = halfSpace(end, scale(place.axes[2], -1))
    const housing = roundSubtract(boxAt(place, p.wallMm + pocketSlackMm, 2), beyond, 0.3)
    const whole = roundUnion(fill.solid, housing, 0.5)
    const boreWith = path ? boreAlong(path, place, fill, inEar, whole, p) : shortBore(place, fill, whole, p)
    return { place, whole, boreWith }
  })
  for (const wallShare of [leastWall, thinnestWall]) {
    for (const { place, whole, boreWith } of places) {
      const bore = boreWith(wallShare)
      if (bore) return { place, whole, bore }
    }
  }
  const [what, missing] =
    places.length === 0
      ? ['the electronics have no room in this concha', 'component space']
      : ['the sound bore has no room beside the electronics in this concha', 'sound bore']
  throw new GeometryRefusal('DESIGN_NOT_SUPPORTED', what, { missing: [missing] })
}

/** Body and housing. */
const boxRound = ({ box: { min, max } }: Fill, { half }: Place): Box => ({
  min,
  max: [max[0] + 3, max[1] + 3, max[2] + 2 * half[2] + 4],
})

/**
 * Where the electronics lie deepest, for each turn in the face's plane, the deepest first: flat under the face, shifted
 * in its plane; everywhere in the ear with the wall's thickness to the skin, and before the face clear of it. Their floor
 * is no higher over the face than the housing's bottom is thick, which would no longer meet the body.
 */
function placesFor(fill: Fill, inEar: Sdf, p: Readonly<Record<string, number>>): Place[] {
  const skin = interpolated(fill.skin)
  const normal = fill.face.outward
  const level = unit(cross([0, 1, 0], normal))
  const half: Vec3 = [p.componentLengthMm / 2, p.componentWidthMm / 2, p.componentHeightMm / 2]
  const found: { place: Place; up: number }[] = []
  for (let degrees = 0; degrees < 180; degrees += 15) {
    let best: Place | null = null
    let deepest = Infinity
    const angle = (degrees * Math.PI) / 180
    const x = unit(add(scale(level, Math.cos(angle)), scale(cross(normal, level), Math.sin(angle))))
    const y = cross(normal, x)
    const samples = surfaceSamples(half)
    const at = (middle: Vec3): Place => ({
      middle,
      axes: [x, y, normal],
      half,
      toBox: intoFrame(x, y, normal, middle),
    })
    for (let u = -3; u <= 3; u += 1) {
      for (let v = -3; v <= 3; v += 1) {
        const origin = add(fill.path[0], add(scale(x, u), scale(y, v)))
        for (let up = -half[2] - 4; up <= half[2] + 3 && up < deepest; up += 0.5) {
          const middle = step(origin, normal, up)
          if (!clear(middle, [x, y, normal], samples, fill, inEar, skin, p.wallMm)) continue
          deepest = up
          best = at(middle)
        }
      }
    }
    const over = best && dot(from(step(best.middle, normal, -half[2]), fill.face.through), normal)
    if (best && over !== null && over < p.wallMm) found.push({ place: best, up: deepest })
  }
  return found.sort((one, other) => one.up - other.up).map(({ place }) => place)
}

/** Points on the faces of a box, about 2 mm apart. */
function surfaceSamples(half: Vec3): Vec3[] {
  const out: Vec3[] = []
  const steps = half.map((h) => Math.max(2, Math.ceil(h)))
  for (let i = 0; i <= steps[0]; i++) {
    for (let j = 0; j <= steps[1]; j++) {
      for (let k = 0; k <= steps[2]; k++) {
        const onFace = i === 0 || i === steps[0] || j === 0 || j === steps[1] || k === 0 || k === steps[2]
        if (!onFace) continue
        out.push([
          half[0] * ((2 * i) / steps[0] - 1),
          half[1] * ((2 * j) / steps[1] - 1),
          half[2] * ((2 * k) / steps[2] - 1),
        ])
      }
    }
  }
  return out
}

function clear(
  middle: Vec3,
  [x, y, z]: readonly [Vec3, Vec3, Vec3],
  samples: readonly Vec3[],
  fill: Fill,
  inEar: Sdf,
  skin: Sdf,
  wallMm: number,
): boolean {
  return samples.every(([a, b, c]) => {
    const point = add(middle, add(scale(x, a), add(scale(y, b), scale(z, c))))
    const front = dot(from(point, fill.face.through), fill.face.outward)
    return front < wallMm
      ? inEar(point[0], point[1], point[2]) <= -wallMm || (front > 0 && skin(point[0], point[1], point[2]) >= wallMm)
      : skin(point[0], point[1], point[2]) >= wallMm + 0.2
  })
}

/** A bore that leaves so much of the wall round it, as a share; null where there is none. */
type BoreWith = (wallShare: number) => Vec3[] | null

/** A bore leaves the pocket's floor at no less than 17° from it: the sine. */
const leastSlant = 0.3

/** From within the pocket straight to a channel along the upper wall, as far along it as the way is clear, and out. */
function boreAlong(
  path: readonly Vec3[],
  { middle, axes, half }: Place,
  fill: Fill,
  inEar: Sdf,
  whole: Sdf,
  p: Readonly<Record<string, number>>,
): BoreWith {
  const radiusMm = p.soundBoreDiameterMm / 2
  const floor = step(middle, axes[2], -half[2])
  // a canal bends: straight to its tip would be through its wall
  const material = union(inEar, fill.untipped)
  const above = (point: Vec3) => dot(from(point, floor), axes[2])
  // under the floor housing and ear run into each other: there no distance is true, and all round is asked
  const clear = (point: Vec3, circle: readonly Vec3[], roomMm: number) =>
    above(point) > 0 ||
    (above(point) > -p.wallMm
      ? circle.every((beside) => whole(...add(point, beside)) < -0.05)
      : material(...point) < -roomMm)
  const last = path.findLastIndex((point) => fill.solid(...point) < -radiusMm - p.wallMm)
  // or the channel itself, when it comes through the pocket
  const throughPocket = path.findLastIndex((point) =>
    axes.every((axis, k) => Math.abs(dot(from(point, middle), axis)) < half[k] - 0.5),
  )
  const across = (axis: 0 | 1) =>
    [-1, -0.5, 0, 0.5, 1].map((share) => scale(axes[axis], share * (half[axis] - radiusMm - 0.3)))
  const mouths = across(0).flatMap((u) => across(1).map((v) => add(floor, add(u, v))))
  return (wallShare) => {
    const roomMm = radiusMm + wallShare * p.wallMm
    for (let join = last; join > 0; join--) {
      const end = path[join]
      // of the places in the floor, off its walls, the one nearest to where it goes comes first
      const nearest = mouths.toSorted((one, other) => distance(one, end) - distance(other, end))
      for (const mouth of nearest) {
        if (-above(end) < leastSlant * distance(mouth, end)) continue
        const circle = circleRound(unit(from(end, mouth)), roomMm)
        const way = densified([step(mouth, axes[2], 1), mouth, end], 0.5)
        if (way.every((point) => clear(point, circle, roomMm))) return [...way, ...path.slice(join + 1)]
      }
    }
    return throughPocket < 0 ? null : path.slice(throughPocket)
  }
}

/** Where the ear shows no canal: from the pocket's floor out on the way on which most is left round it. */
function shortBore(
  { middle, axes, half }: Place,
  fill: Fill,
  whole: Sdf,
  p: Readonly<Record<string, number>>,
): BoreWith {
  const radiusMm = p.soundBoreDiameterMm / 2
  const floor = step(middle, axes[2], -half[2])
  const tip = fill.path[fill.path.length - 1]
  const inward = unit(from(tip, floor))
  const [mostU, mostV] = [half[0] - radiusMm - 0.4, half[1] - radiusMm - 0.4]
  if (mostU < 0 || mostV < 0) return () => null
  return (wallShare) => {
    let best: Vec3[] | null = null
    let most = -Infinity
    for (const way of cone(inward)) {
      const down = -dot(way, axes[2])
      if (down < leastSlant) continue
      // square into the floor first, so that the mouth has no sharp side, until the slanted part is a wall below it
      const elbowMm = radiusMm * Math.sqrt(1 - down * down) + wallShare * p.wallMm
      for (let a = -1; a <= 1; a += 0.5) {
        for (let b = -1; b <= 1; b += 0.5) {
          const mouth = add(floor, add(scale(axes[0], a * mostU), scale(axes[1], b * mostV)))
          const elbow = step(mouth, axes[2], -elbowMm)
          const found = wayThrough(whole, whole, elbow, way, radiusMm + wallShare * p.wallMm)
          if (!found) continue
          const out = step(elbow, way, found.lengthMm)
          // into the ear, not from under the housing; towards the canal rather than with more room
          if (dot(from(out, fill.face.through), fill.face.outward) > -radiusMm - p.wallMm) continue
          const worth = found.roomMm - 0.2 * distance(out, tip)
          if (worth <= most) continue
          most = worth
          const beyond = step(elbow, way, found.lengthMm + 4 + radiusMm)
          best = densified([step(mouth, axes[2], 1), elbow, beyond], 0.5)
        }
      }
    }
    return best
  }
}

/** The mark stands on the long side of the housing that looks up, near its open end. */
function markFrame({ middle, axes, half }: Place, wallMm: number, mirrored: boolean): Frame {
  const side = axes[1][1] >= 0 ? axes[1] : scale(axes[1], -1)
  const across = cross(axes[2], side)
  const origin = add(middle, add(scale(side, half[1] + wallMm), scale(axes[2], half[2] - 2)))
  return { origin, x: mirrored ? scale(across, -1) : across, y: axes[2] }
}

function keepOutOf({ middle, axes, half }: Place, cavity: Cavity): KeepOut {
  const out = (axis: Vec3): Vec3 => unit(turn(cavity.fromCanonical, axis))
  return { name: 'electronics', middle: outOf(cavity, middle), axes: [out(axes[0]), out(axes[1]), out(axes[2])], half }
}
