import type { Parameter } from '../module.ts'
import { mm } from '../parameters.ts'

/** How an ear's hollow is filled: what all products of the ear share. */
export const fillParameters = {
  offsetMm: mm(
    0.3,
    -0.5,
    1,
    'how far the body presses into the skin, at most 0.3 mm less than pressMm; a wax coat of 0.3 mm keeps remakes low (Earmolds part 5, hearingreview.com 2006/09)',
  ),
  recessMm: mm(1, -3, 5, "how far the face lies under the plane of the concha's rim"),
  canalDepthMm: mm(
    9,
    3,
    16,
    "how deep it goes into the canal from the entrance, as far as the scan reaches; most canals' second bend lies deeper",
  ),
  tipTaperMm: mm(0.4, 0, 1.5, 'how much narrower than the canal its tip is, on each side'),
  tipTaperLengthMm: mm(4, 1, 8, 'over what length the tip gets narrower'),
  edgeRadiusMm: mm(0.6, 0.3, 1.5, 'the rounding of every outer edge'),
  wallMm: mm(1, 0.6, 3, 'the least material between a channel or hollow and the outside'),
  pressMm: mm(0.8, 0.2, 2, 'how far skin and material give way while it is put in'),
  markWidthMm: mm(14, 4, 16, 'the widest that the mark on the face may be'),
  markDepthMm: mm(0.4, 0.2, 0.8, 'how deep the mark is cut'),
} as const satisfies Record<string, Parameter>

export const plugParameters = {
  ...fillParameters,
  ventDiameterMm: mm(0, 0, 3, 'the vent right through the plug; 0 for none, or 0.8 and more'),
  handleLengthMm: mm(7, 4, 15, 'how far the handle stands out of the face'),
} as const

export const moldParameters = {
  ...fillParameters,
  recessMm: { ...fillParameters.recessMm, value: 0.5 },
  pressMm: { ...fillParameters.pressMm, value: 0.6 },
  ventDiameterMm: mm(1.4, 0, 3, 'the vent along the lower wall; 0 for none, or 0.8 and more'),
  soundBoreDiameterMm: mm(2, 1, 3, 'the bore for the sound tube (size 13 tubing is 1.93 mm inside)'),
  thinnestMm: mm(0.66, 0.5, 0.8, 'ledges and ridges thinner than this are left away'),
  nozzleMm: mm(3, 1.5, 8, 'how far the nozzle round the sound bore stands into the hollow, from the outside'),
} as const

export const earbudParameters = {
  ...fillParameters,
  markDepthMm: { ...fillParameters.markDepthMm, value: 0.3 },
  soundBoreDiameterMm: mm(2.5, 1, 3.5, 'the bore from the driver to the tip'),
  componentLengthMm: mm(11, 6, 25, 'the electronics as a box: length'),
  componentWidthMm: mm(8, 4, 20, 'its width'),
  componentHeightMm: mm(6, 3, 15, 'its height, along the way out of the ear'),
} as const
