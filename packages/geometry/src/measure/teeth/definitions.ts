import type { Definition } from '../measurement.ts'

const mm = 'mm' as const
const row =
  'The row ends where, going back, nothing rises to 2 mm below the tops of the last tooth any more (of labelled teeth: where they end).'
const curve =
  'The curve of the arch is a smooth line (four waves of the angle) through the middles of the crowns, seen from the biting side.'

const widths = Object.fromEntries(
  ['left', 'right'].flatMap((side) =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((position): [string, Definition] => [
      `${side}_${position}_width`,
      {
        unit: mm,
        definition: `Mesiodistal width of the ${side} tooth ${position} from the midline, along the curve of the arch: between the narrowest places of the row on both sides of it; where these do not show, the extent of the labelled tooth. ${curve}`,
        source: 'Moorrees 1957, The Dentition of the Growing Child (mesiodistal crown diameter); along a curve is ours',
      },
    ]),
  ),
)

export const definitions: Record<string, Definition> = {
  arch_width: {
    unit: mm,
    definition:
      'Outer breadth of the teeth where the arch is widest, at right angles to the midplane, within 4.5 mm of their tops.',
    source: 'ours: the breadth that a tray or splint has to take in',
  },
  arch_depth: {
    unit: mm,
    definition: `From the foremost place of the incisors back to the line that joins the ends of both rows of teeth. ${row}`,
    source: 'Moorrees 1957 (arch depth), to the last tooth of the scan instead of the first molar',
  },
  arch_perimeter: {
    unit: mm,
    definition: `Length of the curve of the arch from the end of one row of teeth to that of the other. ${curve} ${row}`,
    source: 'Moorrees 1957 (arch perimeter), to the last tooth of the scan instead of the first molar',
  },
  intercanine_width: {
    unit: mm,
    definition: 'Distance of the cusp tips of both canines, the third teeth from the midline.',
    source: 'Moorrees 1957; Bishara et al. 1997',
  },
  intermolar_width: {
    unit: mm,
    definition: 'Distance of the middles of the crowns of both first molars, the sixth teeth from the midline.',
    source: 'Bishara et al. 1997 (central fossae); the middle of the crown for the fossa is ours',
  },
  ...widths,
}
