import { largestBody } from '../../field/bodies.ts'
import { roundUnion, union } from '../../field/combine.ts'
import type { Sdf } from '../../field/shapes.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import { applyTo, inverse, turn } from '../../mesh/matrix.ts'
import { type Box, transformed } from '../../mesh/mesh.ts'
import { unit, type Vec3 } from '../../mesh/vector.ts'
import type { DesignInput, Generated } from '../module.ts'
import { refusedFor } from '../refused.ts'
import { bridgeOf } from './bridge.ts'
import { type Front, offFront, rims } from './front.ts'
import { placed, pupilDistance } from './placing.ts'
import { skinOf } from './skin.ts'
import { bar, templeLine } from './temples.ts'

/** Rims and temples meet in fillets of this radius. */
const filletMm = 1.2
const cellMm = 0.42

/**
 * A spectacle frame in one piece: two rims with grooves for the lenses, a bridge that is the nose's own shape where it
 * rests on it, and temples that run along the head to behind the ears.
 */
export function spectacleFrame(input: DesignInput): Generated {
  const { parameters: p, toCanonical } = input
  input.progress('placing_lenses')
  const skin = skinOf(input)
  const { front, pupilDistanceMm, decentrationMm, bridgeMm } = placed(input, skin)
  const faceWidth = input.measurements.face_width.value
  const lines = (['left', 'right'] as const).map((side) => templeLine(front, skin, side, faceWidth, p))
  input.progress('shaping')
  const rim = rims(front, p)
  const bridge = bridgeOf(front, rim, skin, p)
  const [left, right] = lines.map((line) => bar(line, p))
  const temples: Sdf = (x, y, z) => (y > 0 ? left(x, y, z) : right(x, y, z))
  const face = before(union(bridge.body, rim), backOf(front, bridge.box, p))
  const body = roundUnion(face, temples, filletMm)
  input.progress('meshing')
  const made = largestBody(surfaceOfSdf(body, boxRound(lines, bridge.box, p), cellMm, 1.5))
  const back = inverse(toCanonical)
  return {
    body: transformed(made, back),
    intendedOffsetMm: p.offsetMm,
    contact: (x, y, z) => bridge.touches(...applyTo(toCanonical, [x, y, z])),
    bores: [],
    genus: 2,
    pressMm: p.pressMm,
    outward: unit(turn(back, [1, 0, 0.3])),
    notes: [
      `made for pupils ${pupilDistanceMm.toFixed(1)} mm apart${p.pupilDistanceMm > 0 ? ', as told' : ', as the scan shows'}`,
      `size ${p.lensWidthMm} □ ${bridgeMm.toFixed(1)}; the middle of each lens lies ${decentrationMm.toFixed(1)} mm outside its pupil`,
    ],
  }
}

/** What a head lacks for a frame: places on nose and ears, or how far apart the pupils are. */
export const missingFace = (input: DesignInput) => [
  ...refusedFor(() => skinOf(input)),
  ...refusedFor(() => pupilDistance(input)),
]

/** The least x of rims and bridge. */
function backOf(front: Front, bridge: Box, p: Readonly<Record<string, number>>): number {
  const outer = front.lensAt + p.lensWidthMm / 2 + p.rimMm
  return Math.min(bridge.min[0], offFront(front, outer, -p.frontMm / 2, -p.lensHeightMm / 2 - p.rimMm)[0])
}

/** The same body, asked only where it can be near: from far behind its back the way to that stands in. */
const before =
  (body: Sdf, back: number): Sdf =>
  (x, y, z) =>
    back - x > 3 ? back - x : body(x, y, z)

function boxRound(lines: readonly (readonly Vec3[])[], bridge: { max: Vec3 }, p: Readonly<Record<string, number>>) {
  const all = lines.flat()
  const margin = p.templeHeightMm / 2 + 3
  const least = (k: number) => Math.min(...all.map((at) => at[k])) - margin
  const most = (k: number) => Math.max(...all.map((at) => at[k])) + margin
  const high = p.lensHeightMm + 2 * p.rimMm
  return {
    min: [least(0), least(1), bridge.max[2] - p.saddleMm - high] as const,
    max: [Math.max(most(0), bridge.max[0] + 14), most(1), Math.max(most(2), bridge.max[2] + high / 2)] as const,
  }
}
