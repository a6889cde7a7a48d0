import { applyTo } from '../../mesh/matrix.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput, Generated } from '../module.ts'
import { bodyOutOf, type Cavity, outwardOf } from './cavity.ts'
import type { Fill } from './fill.ts'

/** What every product of the ear says of itself. */
export function handedOver(input: DesignInput, cavity: Cavity, fill: Fill, body: Mesh) {
  const p = input.parameters
  return {
    body: bodyOutOf(cavity, body),
    intendedOffsetMm: p.offsetMm,
    contact: (x: number, y: number, z: number) => {
      const [u, v, w] = applyTo(cavity.toCanonical, [x, y, z])
      return fill.touches(u, v, w)
    },
    pressMm: p.pressMm,
    outward: outwardOf(cavity),
    notes: [...canalNotes(cavity), ...sideNotes(input)],
  } satisfies Partial<Generated>
}

const canalNotes = ({ canalMm }: Cavity) =>
  canalMm === 0 ? ["the scan ends at the canal's entrance: the product fills the concha and ends in a stub there"] : []

/** One scan is one ear. @throws GeometryRefusal DESIGN_NOT_SUPPORTED when the other ear alone was asked for */
function sideNotes({ choices, side }: DesignInput): string[] {
  const wanted = choices.leftRight
  if (wanted === 'both') return [`made for the ${side ?? 'scanned'} ear: the other one needs a scan of its own`]
  if (wanted === undefined || wanted === 'scan' || side === null || wanted === side) return []
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    `the scan is of the ${side} ear, and the ${wanted} one was asked for`,
    {
      missing: [`scan of the ${wanted} ear`],
    },
  )
}
