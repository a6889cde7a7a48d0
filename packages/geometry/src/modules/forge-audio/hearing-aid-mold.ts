import { largestBody } from '../../field/bodies.ts'
import { intersect, subtract, union } from '../../field/combine.ts'
import { grownBy, interpolated } from '../../field/grid.ts'
import { opened } from '../../field/opened.ts'
import { redistanced } from '../../field/redistance.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import type { Sdf } from '../../field/shapes.ts'
import { distance, step, subtract as from, unit } from '../../mesh/vector.ts'
import type { DesignInput, Generated } from '../module.ts'
import { type Cavity, cavityOf, outOf } from './cavity.ts'
import { type Fill, fillOf, fineMm } from './fill.ts'
import { bored, channel, frameOfFace, markColumn, markOf, walled } from './fittings.ts'
import { handedOver } from './handed-over.ts'

/**
 * A hollow shell for a hearing aid, open at its faceplate: the wall thickened inwards, a vent in a wall of its own
 * along the lower side, a sound bore from the hollow to the tip along the upper one.
 */
export function hearingAidMold(input: DesignInput): Generated {
  const { parameters: p } = input
  input.progress('cutting')
  const cavity = cavityOf(input)
  const fill = fillOf(cavity, p)
  input.progress('shaping')
  const solid = interpolated(fill.grid)
  // the hollow goes on through the face: there the shell stays open for the faceplate
  const hollow = interpolated(grownBy(redistanced(opened(fill.open, p.edgeRadiusMm), p.wallMm + 1), -p.wallMm))
  const ventRadius = p.ventDiameterMm / 2
  const vented = ventRadius > 0
  const boreRadius = p.soundBoreDiameterMm / 2
  const bore = channel(fill, solid, { radiusMm: boreRadius, wallMm: p.wallMm, beyondMm: 4, led: 'up' })
  let body = subtract(solid, hollow)
  let vent: typeof bore = []
  // the tip stays full where the bores leave it: a nozzle as long as the parameter says
  const tip = bore[bore.length - 2]
  body = union(
    body,
    intersect(solid, (x, y, z) => Math.hypot(x - tip[0], y - tip[1], z - tip[2]) - p.nozzleMm),
  )
  if (vented) {
    vent = channel(fill, solid, { radiusMm: ventRadius, wallMm: p.wallMm, beyondMm: 4, led: 'down' })
    body = union(body, intersect(solid, walled(vent, ventRadius + p.wallMm)))
  }
  const inner = bore.filter((point) => distance(point, tip) < p.nozzleMm + 2)
  body = bored(body, [...inner], boreRadius)
  if (vented) body = bored(body, vent, ventRadius)
  body = union(body, standing(body, hollow, fill, cavity, input))
  input.progress('meshing')
  const made = largestBody(surfaceOfSdf(body, fill.box, fineMm, 1.6))
  const named = (name: string, path: typeof bore, diameterMm: number) => ({
    name,
    path: path.map((point) => outOf(cavity, point)),
    diameterMm,
  })
  return {
    ...handedOver(input, cavity, fill, made),
    bores: [
      named('sound bore', inner, p.soundBoreDiameterMm),
      ...(vented ? [named('vent', vent, p.ventDiameterMm)] : []),
    ],
    ...(vented ? { vent: 'vent' } : {}),
    genus: vented ? 2 : 1,
  }
}

/** The mark stands up from the hollow's floor, where it costs no wall and is read through the open face. */
function standing(
  body: Sdf,
  hollow: Sdf,
  fill: Fill,
  cavity: Cavity,
  { parameters: p, choices, side }: DesignInput,
): Sdf {
  const [start, next] = fill.path
  const into = unit(from(next, start))
  let depth = 0
  while (depth < 20 && hollow(...step(start, into, depth + 0.2)) < 0.2) depth += 0.2
  const frame = { ...frameOfFace(fill, [0, 0], cavity.mirrored), origin: step(start, into, depth) }
  const column = markColumn(frame, markOf(choices.engraving, side), 2.6, p.markWidthMm)
  return column
    ? (x, y, z) => Math.max(column(x, y, z), body(x, y, z) - p.markDepthMm, hollow(x, y, z) - 0.05)
    : () => Infinity
}
