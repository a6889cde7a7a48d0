import { largestBody } from '../../field/bodies.ts'
import { detailedSurface } from '../../field/detailed.ts'
import type { DesignInput, Generated } from '../module.ts'
import { cavityOf, outOf } from './cavity.ts'
import { cellMm, fillOf, fineMm } from './fill.ts'
import { handedOver } from './handed-over.ts'
import { channel } from './channel.ts'
import { bored, frameOfFace, handled, handlePlace } from './fittings.ts'
import { wordsOf } from './lettering.ts'
import { ventRadius } from './tip.ts'
import { leftAway, marked, markOn } from './mark.ts'

const noHandle = 'the handle finds no room between skin and vent, and is left away'

/** A solid plug for cavum and canal, with a handle, a mark on its face and, when wanted, a vent. */
export function earPlug(input: DesignInput): Generated {
  const { parameters: p, choices, side } = input
  const ventRadiusMm = ventRadius(p.ventDiameterMm)
  input.progress('cutting')
  const cavity = cavityOf(input)
  const fill = fillOf(cavity, p)
  input.progress('shaping')
  let body = fill.solid
  const vented = ventRadiusMm > 0
  const vent = vented
    ? channel(fill, {
        name: 'vent',
        radiusMm: ventRadiusMm,
        wallMm: p.wallMm,
        beyondMm: 4,
        led: 'down',
        shortcutMm: 10,
      })
    : []
  const wantsHandle = choices.handle === 'stem'
  const stem = wantsHandle
    ? handlePlace(fill, p.handleLengthMm, cavity.mirrored, { path: vent, radiusMm: ventRadiusMm })
    : null
  if (stem) body = handled(body, stem, p.handleLengthMm)
  const words = wordsOf(choices.engraving, side)
  const size = { capMm: 3, widthMm: p.markWidthMm, depthMm: p.markDepthMm }
  const whole = vented ? bored(body, vent, ventRadiusMm) : body
  const mark = markOn(whole, frameOfFace(fill, [0, 2.6], cavity.mirrored), words, size)
  body = marked(body, mark, p.markDepthMm)
  if (vented) body = bored(body, vent, ventRadiusMm)
  input.progress('meshing')
  const { min, max } = fill.box
  const box = { min, max: [max[0], max[1], max[2] + p.handleLengthMm] as const }
  const made = largestBody(detailedSurface(body, box, vented ? fineMm : cellMm, 1.6, mark?.detail ?? null))
  const handed = handedOver(
    input,
    cavity,
    fill,
    made,
    mark,
    vented ? [{ path: vent, diameterMm: p.ventDiameterMm }] : [],
  )
  return {
    ...handed,
    notes: [...handed.notes, ...(wantsHandle && !stem ? [noHandle] : []), ...leftAway(mark, words)],
    bores: vented
      ? [{ name: 'vent', path: vent.map((point) => outOf(cavity, point)), diameterMm: p.ventDiameterMm }]
      : [],
    ...(vented ? { vent: 'vent' } : {}),
    genus: vented ? 1 : 0,
  }
}
