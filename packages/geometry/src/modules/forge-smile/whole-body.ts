import { largestBody } from '../../field/bodies.ts'
import { type Mesh, volume } from '../../mesh/mesh.ts'
import { GeometryRefusal } from '../../refusal.ts'

/** What may be cut off as a crumb, against the whole. */
const crumbShare = 0.02

/**
 * The one body that a splint is.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED when a gap in the row would leave it in pieces
 */
export function wholeBody(surface: Mesh): Mesh {
  const body = largestBody(surface)
  if (volume(body) > (1 - crumbShare) * volume(surface)) return body
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    'a gap in the row of teeth is too wide: the splint would be in pieces',
    { missing: ['a row of teeth without wide gaps'] },
  )
}
