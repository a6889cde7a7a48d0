import type { Parameter } from '../module.ts'
import { mm } from '../parameters.ts'

const count = (value: number, least: number, most: number, about: string): Parameter => ({
  ...mm(value, least, most, about),
  unit: 'count',
})

export const frameParameters = {
  pupilDistanceMm: mm(
    0,
    0,
    80,
    'the distance of the pupils (48 to 80), for a scan whose eyes are closed or blank; 0 takes it from the scan',
  ),
  lensWidthMm: mm(48, 38, 60, 'a lens from side to side (boxing system, ISO 8624)'),
  lensHeightMm: mm(40, 24, 56, 'a lens from top to bottom'),
  rimMm: mm(3.2, 2.6, 6, 'how wide the rim round a lens is, seen from the front, its groove included'),
  frontMm: mm(4, 3.6, 6, 'how thick the front is'),
  grooveMm: mm(0.8, 0.5, 1, 'how deep the groove is that holds the bevel of a lens, its sides at 120°'),
  vertexMm: mm(12, 8, 18, 'the least distance from a lens to the skin before it, lids included'),
  tiltDeg: {
    value: 8,
    unit: 'deg',
    least: 0,
    most: 15,
    about: 'how far the lower rims lean to the face',
  },
  frontRadiusMm: mm(260, 120, 600, 'the radius in which the front bends round the face'),
  datumBelowSellionMm: mm(5, -4, 15, "how far the lenses' middle lies below the deepest point between the brows"),
  decentrationMm: mm(4, 0, 6, 'the most that the middle of a lens may lie beside its pupil'),
  offsetMm: mm(0, -0.5, 0.5, 'how far bridge and pads press into the nose'),
  padMm: mm(2.4, 2, 4, 'how thick a nose pad is'),
  padDepthMm: mm(9, 6, 14, 'how far the pads reach back from the middle of the front'),
  padHeightMm: mm(14, 8, 20, 'how far the pads reach down from the bridge'),
  saddleMm: mm(6, 4, 10, 'how high the bridge is where it crosses the nose'),
  templeMm: mm(3.2, 2.4, 5, 'how thick a temple is'),
  templeHeightMm: mm(6, 4, 12, 'how high a temple is'),
  templeBehindEarMm: mm(32, 15, 45, 'how far a temple goes on behind the tragus'),
  templeClearanceMm: mm(1, 0.5, 4, 'the least distance of a temple to the skin'),
  rimClearanceMm: mm(1.5, 0.5, 4, 'the least distance of a rim to brow and cheek'),
  edgeRadiusMm: mm(0.8, 0.75, 1, 'the rounding of every outer edge'),
  pressMm: mm(0.5, 0.1, 1.5, 'how far the skin gives way when it is put on'),
} as const satisfies Record<string, Parameter>

export const linerParameters = {
  offsetMm: mm(0, -20, 2, 'how far the liner presses into the scan; negative leaves room for hair and a comfort pad'),
  thicknessMm: mm(10, 3, 40, 'the thickness of the liner'),
  browMm: mm(12, 4, 40, 'how far the front edge lies above the glabella, the foremost point between the brows'),
  napeMm: mm(24, 0, 60, 'how far the rear edge lies above the tragions'),
  earMm: mm(6, 3, 30, 'how far the edge keeps from the ears'),
  vents: count(0, 0, 9, 'how many holes let air through'),
  ventDiameterMm: mm(16, 6, 30, 'the diameter of each'),
  edgeRadiusMm: mm(2, 1, 4, 'the rounding of every outer edge'),
  undercutMm: mm(
    1,
    0,
    1.8,
    'how far it may follow the skull where that gets narrower downwards: so much it has to give way when it is put on',
  ),
  pressMm: mm(0.5, 0.1, 0.6, 'how far hair and skin give way besides'),
} as const satisfies Record<string, Parameter>
