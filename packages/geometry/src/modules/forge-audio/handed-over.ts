import { applyTo } from '../../mesh/matrix.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import type { DesignInput, Generated } from '../module.ts'
import { bodyOutOf, type Cavity, outwardOf } from './cavity.ts'
import type { Fill } from './fill.ts'

/** What every product of the ear says of itself. */
export function handedOver({ parameters: p }: DesignInput, cavity: Cavity, fill: Fill, body: Mesh) {
  return {
    body: bodyOutOf(cavity, body),
    intendedOffsetMm: p.offsetMm,
    contact: (x: number, y: number, z: number) => {
      const [u, v, w] = applyTo(cavity.toCanonical, [x, y, z])
      return fill.touches(u, v, w)
    },
    pressMm: p.pressMm,
    outward: outwardOf(cavity),
    notes:
      cavity.canalMm === 0
        ? ["the scan ends at the canal's entrance: the product fills the concha and ends in a stub there"]
        : [],
  } satisfies Partial<Generated>
}
