import { largestBody } from '../../field/bodies.ts'
import { intersect, roundUnion, subtract, union } from '../../field/combine.ts'
import { interpolated, latticeOver, sampled } from '../../field/grid.ts'
import { opened } from '../../field/opened.ts'
import { cylinder, type Sdf } from '../../field/shapes.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import type { Frame } from '../../field/strokes.ts'
import { distance, dot, step, subtract as from, unit, type Vec3 } from '../../mesh/vector.ts'
import type { DesignInput, Generated } from '../module.ts'
import { type Cavity, cavityOf, outOf } from './cavity.ts'
import { type Fill, fillOf, fineMm } from './fill.ts'
import { channel, densified } from './channel.ts'
import { bored, frameOfFace, walled } from './fittings.ts'
import { type Hole, holesInTip, ventRadius } from './tip.ts'
import { wordsOf } from './lettering.ts'
import { leftAway, markWithin, standing } from './mark.ts'
import { handedOver } from './handed-over.ts'

/**
 * A hollow shell for a hearing aid, open at its faceplate: the wall thickened inwards, a vent in a wall of its own
 * along the lower side, a sound bore from the hollow to the tip along the upper one.
 */
export function hearingAidMold(input: DesignInput): Generated {
  const { parameters: p, choices, side } = input
  const ventRadiusMm = ventRadius(p.ventDiameterMm)
  input.progress('cutting')
  const cavity = cavityOf(input)
  const fill = fillOf(cavity, p)
  input.progress('shaping')
  const { solid } = fill
  const hollow = hollowOf(fill, p.wallMm, p.edgeRadiusMm)
  const vented = ventRadiusMm > 0
  const boreRadius = p.soundBoreDiameterMm / 2
  const bore: Hole = { name: 'sound bore', radiusMm: boreRadius, led: 'up' }
  const venting: Hole = { name: 'vent', radiusMm: ventRadiusMm, led: 'down' }
  let body = subtract(solid, hollow)
  let vent: Vec3[] = []
  const [boreHole, ventHole] = fill.tipAlong ? holesInTip(fill, vented ? [bore, venting] : [bore], p.wallMm) : []
  // the bore leaves square to the surface, and round it stands a nozzle that the sound tube is glued into
  const { skin, outwards } = boreHole
    ? { skin: boreHole, outwards: fill.tipAlong! }
    : leaving(fill, channel(fill, { ...bore, wallMm: p.wallMm, beyondMm: 4 }), boreRadius + p.wallMm)
  const inside = step(skin, outwards, -boreRadius - p.wallMm)
  const nozzle = cylinder(step(skin, outwards, -p.nozzleMm), step(skin, outwards, 2), boreRadius + p.wallMm, 0.2)
  // through the nozzle, and on where the hollow ends before it
  let inwards = p.nozzleMm + 1
  while (inwards < 10 && hollow(...step(skin, outwards, -inwards)) > -boreRadius / 2) inwards += 0.5
  const opening = densified([step(skin, outwards, -inwards), step(skin, outwards, 4)], 0.5)
  body = intersect(solid, roundUnion(body, nozzle, p.wallMm))
  let fittings = nozzle
  if (vented) {
    vent = channel(fill, {
      ...venting,
      wallMm: p.wallMm,
      beyondMm: 4,
      hole: ventHole,
      beside: walled(opening, boreRadius),
    })
    const walls = union(
      standingOn(vent, ventRadiusMm + p.wallMm, solid, p.wallMm),
      webBetween(vent, inside, skin, outwards),
    )
    fittings = union(nozzle, walls)
    body = intersect(solid, roundUnion(body, walls, p.wallMm))
  }
  const words = wordsOf(choices.engraving, side)
  const size = { capMm: 3, widthMm: p.markWidthMm, depthMm: p.markDepthMm }
  const offFittings: Sdf = (x, y, z) => fittings(x, y, z) - offFittingsMm
  const ground = groundFrame(hollow, fill, cavity)
  const mark = markWithin(body, hollow, ground, fill.face.outward, words, size, offFittings)
  if (mark) body = standing(body, mark, p.markDepthMm)
  // ledges and ridges thinner than a wall may be go, before the channels are cut
  body = interpolated(opened(sampled(body, latticeOver(fill.box, 0.2), 0.8), p.thinnestMm / 2))
  body = bored(body, opening, boreRadius)
  if (vented) body = bored(body, vent, ventRadiusMm)
  input.progress('meshing')
  const made = largestBody(surfaceOfSdf(body, fill.box, fineMm, 1.6))
  const named = (name: string, path: readonly Vec3[], diameterMm: number) => ({
    name,
    path: path.map((point) => outOf(cavity, point)),
    diameterMm,
  })
  const handed = handedOver(input, cavity, fill, made, mark, [
    { path: opening, diameterMm: p.soundBoreDiameterMm },
    ...(vented ? [{ path: vent, diameterMm: p.ventDiameterMm }] : []),
  ])
  return {
    ...handed,
    notes: [...handed.notes, ...leftAway(mark, words), ...withoutCanal(input)],
    bores: [
      named('sound bore', opening, p.soundBoreDiameterMm),
      ...(vented ? [named('vent', vent, p.ventDiameterMm)] : []),
    ],
    ...(vented ? { vent: 'vent' } : {}),
    genus: vented ? 2 : 1,
  }
}

/** Where a channel meets the surface at its end, and the way in which it leaves. */
function leaving({ solid }: Fill, path: readonly Vec3[], roomMm: number): { skin: Vec3; outwards: Vec3 } {
  const inside = path.findLast((point) => solid(...point) < -roomMm) ?? path[0]
  const outwards = unit(from(path[path.length - 1], inside))
  return { skin: step(inside, outwards, roomMm), outwards }
}

/** A channel's wall, filled down to the shell: a tube that stood clear of it would be one more hole through the body. */
function standingOn(path: readonly Vec3[], radiusMm: number, solid: Sdf, wallMm: number): Sdf {
  const down: Vec3 = [0, -1, 0]
  const deep = path.map((point) => {
    let far = 0
    while (far < 8 && solid(...step(point, down, far)) < -wallMm / 2) far += 0.25
    return far
  })
  const layers = Math.ceil(Math.max(...deep) / (0.8 * radiusMm))
  const lower = Array.from({ length: layers }, (_, k) =>
    path.map((point, i) => step(point, down, Math.min(deep[i], 0.8 * radiusMm * (k + 1)))),
  )
  return union(walled(path, radiusMm), ...lower.map((one) => walled(one, 0.6 * radiusMm)))
}

/** Where a channel passes the nozzle near by, material between the two down to the shell, for the same reason. */
function webBetween(path: readonly Vec3[], inner: Vec3, outer: Vec3, outwards: Vec3): Sdf {
  const axis = densified([inner, outer], 0.5)
  let pair: readonly [Vec3, Vec3] = [axis[0], path[0]]
  for (const a of axis) for (const b of path) if (distance(a, b) < distance(...pair)) pair = [a, b]
  if (distance(...pair) > nearNozzleMm) return () => Infinity
  const lower = [0, 1, 2, 3, 4, 5].map((k) => pair.map((point) => step(point, outwards, 0.8 * k)))
  return union(...(lower.map((one) => walled(densified(one, 0.5), 0.7)) as [Sdf, ...Sdf[]]))
}

/** Letters keep so far off nozzle and vent: what touched them would bridge over the floor, mm. */
const offFittingsMm = 1.2
/** Nearer than this the rounded walls of nozzle and channel run into each other. */
const nearNozzleMm = 5

/**
 * The hollow: what lies deeper in the body than the wall is thick; and from that deep under the face straight out
 * through it, so that the shell is open for the faceplate and its rim nowhere thinner than the wall.
 */
function hollowOf(fill: Fill, wallMm: number, edgeRadiusMm: number): Sdf {
  const closed = fill.solid
  const open = interpolated(opened(fill.open, edgeRadiusMm, wallMm + 1))
  const { through, outward } = fill.face
  const deep = wallMm + 0.15
  const level = step(through, outward, -deep)
  return (x, y, z) => {
    const above = dot(from([x, y, z], level), outward)
    if (above <= 0) return closed(x, y, z) + wallMm
    // straight up or not at all: where a side leans over the way out, following it would leave a blade at the face
    const [u, v, w] = step([x, y, z], outward, -above)
    let most = closed(u, v, w) + wallMm
    for (let up = 0.25; up <= deep && most < 0.5; up += 0.3) {
      most = Math.max(most, open(...step([u, v, w], outward, up)) + 0.8 * wallMm)
    }
    return most
  }
}

/** A shell leads its sound into the canal: what is known of it here is where it begins. */
const withoutCanal = ({ measurements }: DesignInput) =>
  'canal_length' in measurements
    ? []
    : ['the scan shows no canal: the shell ends in a stub at its entrance, and an impression has to show the rest']

/** Where the hollow is deepest straight under the middle of its opening: a mark costs no wall there. */
function groundFrame(hollow: Sdf, fill: Fill, cavity: Cavity): Frame {
  const [start, next] = fill.path
  const into = unit(from(next, start))
  let depth = 0
  while (depth < 20 && hollow(...step(start, into, depth + 0.2)) < 0.2) depth += 0.2
  return { ...frameOfFace(fill, [0, 0], cavity.mirrored), origin: step(start, into, depth) }
}
