import { type Mesh, submesh } from '../../mesh/mesh.ts'
import { componentsOf } from '../../mesh/topology.ts'
import { principalOf } from '../fit/principal.ts'

/** A piece that keeps to a plane by this, mm (root mean square), and is broader than a toe, is no part of a body. */
const flatMm = 1
const broadMm = 20

/**
 * A scan without the pieces of floor, table or wall that hang together with nothing else of it.
 * @returns null when there are none, or nothing but such
 */
export function withoutSheets(scan: Mesh): Mesh | null {
  const { of, areas, count } = componentsOf(scan)
  if (count === 1) return null
  const isSheet = Array.from(areas, (area, piece) => {
    if (area < broadMm ** 2) return false
    const { spreads } = principalOf(scan, (t) => of[t] === piece)
    return spreads[2] < flatMm ** 2 && spreads[1] > (broadMm / 4) ** 2
  })
  return isSheet.includes(true) && isSheet.includes(false) ? submesh(scan, (t) => !isSheet[of[t]]) : null
}
