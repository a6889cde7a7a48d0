import { applyTo, turn } from '../../mesh/matrix.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import { unit, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput, Generated } from '../module.ts'
import { bodyOutOf, type Cavity } from './cavity.ts'
import type { Fill } from './fill.ts'
import { amongLetters, type Mark } from './mark.ts'

/** What every product of the ear says of itself. */
export function handedOver(
  input: DesignInput,
  cavity: Cavity,
  fill: Fill,
  body: Mesh,
  mark: Mark | null,
  channels: readonly { path: readonly Vec3[]; diameterMm: number }[],
) {
  const p = input.parameters
  return {
    body: bodyOutOf(cavity, body),
    intendedOffsetMm: p.offsetMm,
    contact: (x: number, y: number, z: number) => {
      const [u, v, w] = applyTo(cavity.toCanonical, [x, y, z])
      return fill.touches(u, v, w) && !channels.some((channel) => nearChannel(channel, u, v, w))
    },
    ...(mark
      ? {
          ignoreWall: (x: number, y: number, z: number) => amongLetters(mark, applyTo(cavity.toCanonical, [x, y, z])),
        }
      : {}),
    pressMm: p.pressMm,
    outward: unit(turn(cavity.fromCanonical, fill.out)),
    notes: [...canalNotes(cavity), ...sideNotes(input)],
  } satisfies Partial<Generated>
}

/** The mouth of a channel is no contact, nor is its rim. */
const nearChannel = (
  { path, diameterMm }: { path: readonly Vec3[]; diameterMm: number },
  x: number,
  y: number,
  z: number,
) => path.some((point) => Math.hypot(x - point[0], y - point[1], z - point[2]) < diameterMm / 2 + 0.8)

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
