import { closed } from '../../field/closed.ts'
import { roundIntersect, roundUnion } from '../../field/combine.ts'
import { distanceGrid } from '../../field/distance.ts'
import { type Grid, interpolated, latticeOver } from '../../field/grid.ts'
import type { Sdf } from '../../field/shapes.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import { applyTo, turn } from '../../mesh/matrix.ts'
import { type Box, transformed } from '../../mesh/mesh.ts'
import { unit } from '../../mesh/vector.ts'
import type { DesignInput, Generated } from '../module.ts'
import { blockedOut } from '../../field/block-out.ts'
import { type Crowns, crownsOf } from './crowns.ts'
import { coarseMm, type Outside, outsideOf } from './outside.ts'
import { wholeBody } from './whole-body.ts'

type Parameters = Readonly<Record<string, number>>

/** The tooth surface is followed to some hundredths of a millimetre on a lattice as fine as this. */
const cellMm = 0.36
/** What is made of it is drawn finer: flat triangles in the print of a cusp of 1 mm radius would press on its tip. */
const meshMm = 0.28
/** Overhangs hold a splint at the row's outline alone: what it would hold between two teeth is blocked out. */
const holdingMm = 1.2
/** How far the model may stand off the scanned tooth where the splint is still meant to touch it. */
const asScannedMm = 0.03

/**
 * A splint over the crowns of one jaw. The crowns are blocked out below what hangs over along the way of insertion,
 * all but the retention, and relieved where a milling bur could not follow; the inside lies a gap off that model. The
 * outside lies a wall's thickness off it (more over the cusps) and is closed over fissures and the gaps between teeth.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED for a scan without a row of crowns, or with a gap that parts it
 */
export function splint(input: DesignInput): Generated {
  const { parameters: p } = input
  input.progress('cutting')
  const crowns = crownsOf(input, p.coverMm, p.smoothMm + p.wallMm - 0.4)
  const box = boxFor(crowns, p)
  const teeth = distanceGrid(crowns.teeth, latticeOver(box, cellMm), p.reliefMm + 3 * cellMm)
  input.progress('blocking_out')
  const held = (x: number, y: number) => (crowns.outline(x, y) > -holdingMm ? p.retentionMm : 0)
  const model = closed(blockedOut(teeth, held), p.reliefMm)
  input.progress('shaping')
  const outside = outsideOf(crowns, box, p, input.choices.surface === 'flat')
  const solid = between(interpolated(model), outside, crowns, p)
  input.progress('meshing')
  const made = wholeBody(surfaceOfSdf(solid, box, meshMm, 1.6))
  return {
    body: transformed(made, crowns.fromFrame),
    intendedOffsetMm: -p.gapMm,
    contact: contactOf(crowns, teeth, model, p),
    bores: [],
    genus: 0,
    pressMm: p.pressMm,
    outward: unit(turn(crowns.fromFrame, [0, 0, 1])),
    notes: [
      `covers the crowns down to ${p.coverMm} mm under the cusps along the way of insertion, which is tilted by ${crowns.tiltDeg.toFixed(0)}° against the cusps' plane`,
      ...(crowns.leastCoverMm < p.coverMm - 0.1
        ? [
            `at the back of a last tooth it reaches down ${crowns.leastCoverMm.toFixed(1)} mm only: there the gum begins, or the scan ends`,
          ]
        : []),
      ...(crowns.span ? ['a gap in the row is spanned by a bar that does not touch the gum'] : []),
    ],
  }
}

function boxFor({ box: { min, max }, level }: Crowns, p: Parameters): Box {
  const side = p.wallMm + 2.5
  const corners = [min[0], max[0]].flatMap((x) => [min[1], max[1]].map((y) => level(x, y)))
  const top = Math.max(max[2], ...corners) + p.occlusalMm + 1.5
  return {
    min: [min[0] - side, min[1] - side, min[2] - 2.5],
    max: [max[0] + side, max[1] + side, top],
  }
}

/** What lies outside the model, within the outside, and not deeper than the rim, whose edges are rounded. */
function between(model: Sdf, { walls, raised, bar }: Outside, crowns: Crowns, p: Parameters): Sdf {
  const wall: Sdf = (x, y, z) => Math.max(p.gapMm - model(x, y, z), raised(x, y, z))
  const beside = (x: number, y: number) => crowns.outline(x, y) - p.wallMm - 0.6
  const reach = 2 * p.wallMm + p.edgeRadiusMm
  // The rim stands square on the tooth: a place lies as deep as that of the tooth's surface below it. Cut level, the
  // slanting back of a front tooth would leave a blade.
  const cut: Sdf = (x, y, z) => {
    const level = crowns.rim(x, y) - z
    if (Math.abs(level) > reach) return Math.max(level, beside(x, y))
    const slope = (walls(x, y, z + coarseMm) - walls(x, y, z - coarseMm)) / (2 * coarseMm)
    const lean = Math.max(-1, Math.min(1, slope))
    const off = Math.max(-p.wallMm, Math.min(2 * p.wallMm, walls(x, y, z) + p.wallMm))
    return Math.max((level + off * lean) / Math.sqrt(Math.max(0.3, 1 - lean * lean)), beside(x, y))
  }
  const body = roundIntersect(wall, cut, p.edgeRadiusMm)
  if (!bar) return body
  const joined = roundUnion(body, bar, 1)
  return (x, y, z) => Math.max(joined(x, y, z), p.gapMm - model(x, y, z))
}

/** Meant to touch where the model is the tooth itself: neither relieved nor blocked out, and clear of the rim. */
function contactOf(crowns: Crowns, teeth: Grid, model: Grid, p: Parameters) {
  const tooth = interpolated(teeth)
  const filled = interpolated(model)
  const clear = p.edgeRadiusMm + 0.5
  return (x: number, y: number, z: number) => {
    const [u, v, w] = applyTo(crowns.toFrame, [x, y, z])
    if (w < crowns.rim(u, v) + clear) return false
    return filled(u, v, w) > tooth(u, v, w) - asScannedMm
  }
}
