import type { Parameter } from '../module.ts'
import { mm } from '../parameters.ts'

export const guardParameters = {
  coverMm: mm(
    4.5,
    2,
    9,
    'how far down the crowns it reaches from the cusps, along the way of insertion; natural crowns stand 5 to 9 mm out of the gum',
  ),
  occlusalMm: mm(
    2,
    1,
    5,
    'the least thickness over the cusps; printed splints need 1.5 (dental.formlabs.com, splints)',
  ),
  wallMm: mm(1.5, 0.8, 3, 'the least thickness at the sides; printed splints need 1.0 (dental.formlabs.com, splints)'),
  gapMm: mm(0.05, 0, 0.3, 'the room between tooth and splint'),
  retentionMm: mm(0.15, 0, 0.5, 'how much of an overhang is not blocked out, so that the splint snaps on'),
  reliefMm: mm(0.8, 0.3, 1.5, 'the smallest ball that the inside follows: fissures narrower than it are bridged'),
  smoothMm: mm(5, 0.8, 8, 'the ball that rolls over the outside: gaps between teeth do not show'),
  edgeRadiusMm: mm(0.6, 0.2, 0.9, 'the rounding of the rim'),
  pressMm: mm(0.25, 0.05, 1, 'how far splint and teeth give way while it is put in'),
} as const satisfies Record<string, Parameter>

export const retainerParameters = {
  ...guardParameters,
  coverMm: { ...guardParameters.coverMm, value: 5 },
  occlusalMm: { ...guardParameters.occlusalMm, value: 1, least: 0.8 },
  wallMm: { ...guardParameters.wallMm, value: 0.9, least: 0.7 },
  gapMm: { ...guardParameters.gapMm, value: 0.03 },
  reliefMm: { ...guardParameters.reliefMm, value: 0.6 },
  smoothMm: { ...guardParameters.smoothMm, value: 1.5 },
  edgeRadiusMm: { ...guardParameters.edgeRadiusMm, value: 0.3 },
} as const
