import type { Parameter } from '../module.ts'
import { mm, ratio } from '../parameters.ts'

export const gripParameters = {
  offsetMm: mm(0, -3, 2, 'closed hand: how far the handle presses into the skin; negative leaves room for a glove'),
  creviceMm: mm(4, 0.8, 6, 'closed hand: the smallest ball that the surface follows into crevices between fingers'),
  diameterShare: ratio(
    0.197,
    0.15,
    0.25,
    "open hand: the handle's diameter as a share of the hand's length (Kong & Lowe 2005)",
  ),
  sectionRatio: ratio(1.25, 1, 1.5, 'open hand: length to breadth of the section (Wang & Cai 2017)'),
  swellShare: ratio(
    0.4,
    0,
    1,
    'open hand: how far the handle is thinner for shorter fingers, as a share of their length',
  ),
  grooveMm: mm(1.5, 0, 4, 'open hand: the depth of the grooves for the fingers'),
  spaceMm: mm(1, 0, 4, 'open hand: room between two fingers'),
  thumbRestMm: mm(1.2, 0, 3, 'open hand: the depth of the rest for the thumb'),
  flareMm: mm(2, 0, 6, 'open hand: how much thicker the ends are, so that the hand does not slip off'),
  endMm: mm(20, 14, 60, 'how far the handle goes on beyond the hand on both sides'),
  endRadiusMm: mm(3, 1, 6, 'the rounding of its ends'),
  edgeRadiusMm: mm(1, 0.5, 2, 'closed hand: the rounding of edges beside the fingers'),
  coreMm: mm(0, 0, 35, 'the bore for the tool, tube or bar, 3 and more; 0 for none'),
  wallMm: mm(3, 2, 10, 'the least wall round the bore'),
  markDepthMm: mm(0.6, 0.3, 1, 'how deep the mark is cut'),
} as const satisfies Record<string, Parameter>
