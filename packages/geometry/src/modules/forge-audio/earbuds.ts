import { largestBody } from '../../field/bodies.ts'
import { roundSubtract, roundUnion, union } from '../../field/combine.ts'
import { interpolated } from '../../field/grid.ts'
import { redistanced } from '../../field/redistance.ts'
import { box, halfSpace, moved, type Sdf } from '../../field/shapes.ts'
import type { Frame } from '../../field/strokes.ts'
import { detailedSurface } from '../../field/detailed.ts'
import { inverse, intoFrame, turn } from '../../mesh/matrix.ts'
import { add, cross, distance, dot, scale, step, subtract as from, unit, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput, Generated, KeepOut } from '../module.ts'
import { type Cavity, cavityOf, outOf } from './cavity.ts'
import { type Fill, fillOf, fineMm } from './fill.ts'
import { channel, cone, densified, leastWall, thinnestWall, wayThrough } from './channel.ts'
import { bored } from './fittings.ts'
import { marked, markOf, markOn } from './mark.ts'
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
  const place = placed(fill, inEar, p)
  const { toBox, half } = place
  const at = (grown: number, upMm: number): Sdf =>
    moved(box([0, 0, upMm / 2], [half[0] + grown, half[1] + grown, half[2] + grown + upMm / 2], grown), inverse(toBox))
  input.progress('shaping')
  // the housing's end is flat, so that its rim is as thick as its walls
  const end = step(place.middle, place.axes[2], half[2] + rimMm)
  const beyond = halfSpace(end, scale(place.axes[2], -1))
  const housing = roundSubtract(at(p.wallMm + pocketSlackMm, 2), beyond, 0.3)
  const whole = roundUnion(fill.solid, housing, 0.5)
  const mark = markOn(
    whole,
    markFrame(place, p.wallMm + pocketSlackMm, cavity.mirrored),
    markOf(choices.engraving, side),
    2.4,
    p.markWidthMm,
  )
  let body = marked(whole, mark, p.markDepthMm)
  // the pocket goes on outwards through the housing's end: the lid closes it
  body = roundSubtract(body, at(pocketSlackMm, 2 * p.wallMm + 4), 0.3)
  const bore = boreFrom(place, fill, inEar, whole, p)
  body = bored(body, bore, p.soundBoreDiameterMm / 2)
  input.progress('meshing')
  const { min, max } = fill.box
  const grownBox = { min, max: [max[0] + 3, max[1] + 3, max[2] + 2 * half[2] + 4] as const }
  const made = largestBody(detailedSurface(body, grownBox, fineMm, 1.6, mark?.detail ?? null))
  return {
    ...handedOver(input, cavity, fill, made, mark, [{ path: bore, diameterMm: p.soundBoreDiameterMm }]),
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

/**
 * Where the electronics lie deepest: flat under the face, turned and shifted in its plane; everywhere in the ear with
 * the wall's thickness to the skin, and before the face clear of it.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED when they have no room at all
 */
function placed(fill: Fill, inEar: Sdf, p: Readonly<Record<string, number>>): Place {
  const skin = interpolated(fill.skin)
  const normal = fill.face.outward
  const level = unit(cross([0, 1, 0], normal))
  const half: Vec3 = [p.componentLengthMm / 2, p.componentWidthMm / 2, p.componentHeightMm / 2]
  let best: Place | null = null
  let deepest = Infinity
  for (let degrees = 0; degrees < 180; degrees += 15) {
    const angle = (degrees * Math.PI) / 180
    const x = unit(add(scale(level, Math.cos(angle)), scale(cross(normal, level), Math.sin(angle))))
    const y = cross(normal, x)
    const samples = surfaceSamples(half)
    for (let u = -3; u <= 3; u += 1) {
      for (let v = -3; v <= 3; v += 1) {
        const origin = add(fill.path[0], add(scale(x, u), scale(y, v)))
        for (let up = -half[2] - 4; up <= half[2] + 3 && up < deepest; up += 0.5) {
          const middle = step(origin, normal, up)
          if (!clear(middle, [x, y, normal], samples, fill, inEar, skin, p.wallMm)) continue
          deepest = up
          best = { middle, axes: [x, y, normal], half, toBox: intoFrame(x, y, normal, middle) }
        }
      }
    }
  }
  if (best) return best
  throw new GeometryRefusal('DESIGN_NOT_SUPPORTED', 'the electronics have no room in this concha', {
    missing: ['component space'],
  })
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

/** @throws GeometryRefusal DESIGN_NOT_SUPPORTED when no way out of the pocket leaves a wall round it */
function boreFrom(place: Place, fill: Fill, inEar: Sdf, whole: Sdf, p: Readonly<Record<string, number>>): Vec3[] {
  if (fill.tipAlong) return boreAlong(place, fill, inEar, p)
  const bore = shortBore(place, fill, whole, p, leastWall) ?? shortBore(place, fill, whole, p, thinnestWall)
  if (bore) return bore
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    'the sound bore has no room beside the electronics in this concha',
    {
      missing: ['sound bore'],
    },
  )
}

/** From within the pocket straight to a channel along the upper wall, as far along it as the way is clear, and out. */
function boreAlong({ middle, axes, half }: Place, fill: Fill, inEar: Sdf, p: Readonly<Record<string, number>>): Vec3[] {
  const radiusMm = p.soundBoreDiameterMm / 2
  const path = channel(fill, { radiusMm, wallMm: p.wallMm, beyondMm: 4, led: 'up' })
  const room = radiusMm + p.wallMm
  const floor = step(middle, axes[2], -half[2])
  // it begins within the pocket, off its walls, as near to where it goes as it can
  const straightTo = (end: Vec3) => {
    const across = (axis: 0 | 1) => {
      const most = half[axis] - radiusMm - 0.3
      return Math.max(-most, Math.min(most, dot(from(end, floor), axes[axis])))
    }
    const start = add(step(floor, axes[2], 1), add(scale(axes[0], across(0)), scale(axes[1], across(1))))
    return densified([start, end], 0.5)
  }
  // a canal bends: straight to its tip would be through its wall
  const material = union(inEar, fill.untipped)
  const floorOf = (point: Vec3) => dot(from(point, floor), axes[2])
  const clear = (i: number) =>
    straightTo(path[i]).every((point) => floorOf(point) > -p.wallMm || material(...point) < -room)
  let join = path.findLastIndex((point) => fill.solid(...point) < -room - 0.3)
  while (join > 0 && !clear(join)) join--
  return [...straightTo(path[join] ?? path[path.length - 1]), ...path.slice(join + 1)]
}

/** Where the ear shows no canal: from the pocket's floor out on the way on which most is left round it. */
function shortBore(
  { middle, axes, half }: Place,
  fill: Fill,
  whole: Sdf,
  p: Readonly<Record<string, number>>,
  wallShare: number,
): Vec3[] | null {
  const radiusMm = p.soundBoreDiameterMm / 2
  const floor = step(middle, axes[2], -half[2])
  const tip = fill.path[fill.path.length - 1]
  const inward = unit(from(tip, floor))
  let best: Vec3[] | null = null
  let most = -Infinity
  const [mostU, mostV] = [half[0] - radiusMm - 0.4, half[1] - radiusMm - 0.4]
  if (mostU < 0 || mostV < 0) return null
  for (const way of cone(inward)) {
    const down = -dot(way, axes[2])
    if (down < 0.3) continue
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
