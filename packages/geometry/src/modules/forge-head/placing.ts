import { castRay } from '../../mesh/ray.ts'
import { subtract, unit } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput } from '../module.ts'
import { type Front, lensOf, newFront, offFront } from './front.ts'
import type { LensShape } from './lens-shapes.ts'
import type { Skin } from './skin.ts'

/** Where the front stands before a face. */
export interface Placed {
  readonly front: Front
  readonly pupilDistanceMm: number
  /** how far the middle of each lens lies outside its pupil, mm */
  readonly decentrationMm: number
  /** between the lenses */
  readonly bridgeMm: number
}

/**
 * Finds how far apart the lenses stand and how far before the face: as near to the pupils' distance as the nose
 * between the rims allows, and as near to the face as lids, brows and cheeks do. Of all ways the one with the least
 * sum of decentration and of distance beyond the nearest possible is taken.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED without a pupils' distance, or when no way is left
 */
export function placed(input: DesignInput, skin: Skin): Placed {
  const { parameters: p, choices } = input
  const pupilDistanceMm = pupilDistance(input)
  const lens = lensOf(choices.shape as LensShape, p)
  const points = samplesOf(lens, p)
  const level = skin.sellion[2] - p.datumBelowSellionMm
  const nearest = skin.sellion[0] - 12
  let best: (Placed & { cost: number }) | null = null
  for (let beside = 0; beside <= p.decentrationMm + 1e-9; beside += 0.5) {
    const lensAt = pupilDistanceMm / 2 + beside
    const limit = best ? best.cost - beside : Infinity
    let x = nearest
    for (let turn = 0; turn < 200 && x - nearest < limit; turn++) {
      const front = newFront([x, 0, level], lensAt, lens, p)
      // past that the saddle does not reach the nose
      if (-ridgeBefore(front, skin, p.saddleMm / 2) > p.padDepthMm - 1) break
      const ridge = Math.max(...[0, 0.5, 1].map((share) => ridgeBefore(front, skin, share * p.saddleMm)))
      const short = Math.max(shortage(front, skin, points), ridge + p.padMm - p.frontMm / 2)
      if (short <= 0.02) {
        const cost = x - nearest + beside
        best = {
          front,
          pupilDistanceMm,
          decentrationMm: beside,
          bridgeMm: 2 * lensAt - p.lensWidthMm,
          cost,
        }
        break
      }
      // nothing comes nearer to the skin by more than it is moved
      x += Math.max(0.05, short)
    }
  }
  if (best) return best
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    `lenses of ${p.lensWidthMm} mm before pupils ${pupilDistanceMm.toFixed(1)} mm apart clear nose, brows and lids nowhere near enough for the bridge to reach the nose: smaller lenses or deeper pads may`,
    { missing: ['room beside the nose'] },
  )
}

/** How far before the middle of the sheet the ridge of the nose lies at a height, mm; negative behind it. */
export function ridgeBefore(front: Front, { bvh }: Skin, w: number): number {
  const from = offFront(front, 0, 60, w)
  const hit = castRay(bvh, from, unit(subtract(offFront(front, 0, 0, w), from)), { max: 120 })
  return hit ? 60 - hit.t : -Infinity
}

/** @throws GeometryRefusal DESIGN_NOT_SUPPORTED when neither the scan nor the customer tells it */
export function pupilDistance({ measurements, parameters: { pupilDistanceMm } }: DesignInput): number {
  const found = measurements.interpupillary_distance
  const told = pupilDistanceMm > 0
  const value = told ? pupilDistanceMm : found && found.confidence >= 0.6 ? found.value : NaN
  if (value >= 48 && value <= 80) return value
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    told
      ? `a pupils' distance of ${value} mm is none of an adult's (48 to 80 mm)`
      : 'the scan does not show how far apart the pupils are: say it as pupilDistanceMm',
    { missing: ['interpupillary_distance'] },
  )
}

/** Places of the front (u and w from a lens' middle, d) and how much room each needs. */
type Sample = readonly [u: number, d: number, w: number, roomMm: number]

function samplesOf(lens: Front['lens'], p: Readonly<Record<string, number>>): Sample[] {
  const { outline } = lens
  const samples: Sample[] = []
  const back = -p.frontMm / 2 + p.edgeRadiusMm
  const outer = p.rimMm - p.grooveMm - p.edgeRadiusMm
  for (let i = 0; i < outline.length; i += 6) {
    const [u, w] = outline[i]
    const [before, after] = [outline[(i + outline.length - 1) % outline.length], outline[(i + 1) % outline.length]]
    const size = Math.hypot(after[0] - before[0], after[1] - before[1])
    const [nu, nw] = [(after[1] - before[1]) / size, -(after[0] - before[0]) / size]
    // towards the nose the pads lie between rim and skin
    const beside = u < -0.25 * p.lensWidthMm && Math.abs(w) < 0.4 * p.lensHeightMm
    const room = p.edgeRadiusMm + (beside ? 0.2 : p.rimClearanceMm)
    samples.push([u + outer * nu, back, w + outer * nw, room], [u, back, w, room])
  }
  for (let i = -2; i <= 2; i++) {
    for (let k = -2; k <= 2; k++) {
      const [u, w] = [(i * p.lensWidthMm) / 6, (k * p.lensHeightMm) / 6]
      if (lens.distance(u, w) > -3) continue
      samples.push([u, -1, w, Math.hypot(i, k) < 1.5 ? p.vertexMm : 4])
    }
  }
  return samples
}

/** How much nearer to the skin than it may be the worst place lies, mm. */
function shortage(front: Front, skin: Skin, samples: readonly Sample[]): number {
  let worst = -Infinity
  for (const side of [1, -1]) {
    for (const [u, d, w, room] of samples) {
      const [x, y, z] = offFront(front, side * (front.lensAt + u), d, w)
      const reach = Math.max(room, 30)
      worst = Math.max(worst, room - skin.distance(x, y, z, reach))
    }
  }
  return worst
}
