import type { Module, Needs } from '../module.ts'
import { earPlug } from './ear-plugs.ts'
import { earbud } from './earbuds.ts'
import { hearingAidMold } from './hearing-aid-mold.ts'
import { earbudParameters, moldParameters, plugParameters } from './parameters.ts'

/** The walls of the concha are what all of them sit between. */
const concha: Needs = {
  measurements: { cavum_height: 0.6, cavum_width: 0.6, cavum_depth: 0.6 },
  coverage: { concha: 0.9 },
}

/** Goods for the ear: plugs, earbuds, hearing-aid shells. */
export const forgeAudio: Module = {
  id: 'forge-audio',
  name: 'ForgeAudio',
  description: 'Custom-fit earbuds and audio devices',
  bodyPart: 'ear',
  version: '1.0.0',
  products: [
    {
      id: 'earbuds-pro',
      name: 'Custom Earbuds Pro',
      description: 'Premium custom-fit wireless earbuds',
      basePriceMinor: 499900,
      currency: 'INR',
      needs: concha,
      parameters: { version: '2026-11', values: earbudParameters },
      manufacturing: { process: 'sla', material: 'medical-silicone', minWallMm: 0.6, estimatedDays: 5 },
      customizations: ['color', 'material', 'engraving', 'leftRight'],
      generate: earbud,
    },
    {
      id: 'ear-plugs',
      name: 'Sleep Ear Plugs',
      description: 'Perfect-fit noise blocking ear plugs',
      basePriceMinor: 149900,
      currency: 'INR',
      needs: concha,
      parameters: { version: '2026-11', values: plugParameters },
      manufacturing: { process: 'sla', material: 'medical-silicone', minWallMm: 0.6, estimatedDays: 5 },
      customizations: ['color', 'material', 'vent', 'handle', 'engraving', 'leftRight'],
      generate: earPlug,
    },
    {
      id: 'hearing-aid-mold',
      name: 'Hearing Aid Shell',
      description: 'Hollow shell for a custom hearing aid, with vent and sound bore',
      basePriceMinor: 349900,
      currency: 'INR',
      needs: concha,
      parameters: { version: '2026-11', values: moldParameters },
      manufacturing: { process: 'sla', material: 'biocompatible-resin', minWallMm: 0.6, estimatedDays: 6 },
      // hard resin alone: a soft wall of a millimetre would not hold the faceplate
      customizations: ['color', 'engraving', 'leftRight'],
      generate: hearingAidMold,
    },
  ],
  customizations: [
    {
      id: 'color',
      type: 'select',
      about: 'colour of the body',
      default: 'black',
      options: ['black', 'white', 'navy', 'coral'].map((id) => ({ id, priceMinor: 0 })),
    },
    {
      id: 'material',
      type: 'select',
      about: 'what it is cast or printed in; softer material may press a little more',
      default: 'silicone-soft',
      options: [
        {
          id: 'silicone-soft',
          priceMinor: 50000,
          sets: { pressMm: 1 },
          manufacturing: { material: 'medical-silicone' },
        },
        {
          id: 'silicone-firm',
          priceMinor: 50000,
          sets: { pressMm: 0.8 },
          manufacturing: { material: 'medical-silicone' },
        },
        {
          id: 'medical-grade',
          priceMinor: 100000,
          sets: { pressMm: 0.6, offsetMm: 0.2 },
          manufacturing: { material: 'biocompatible-resin' },
        },
      ],
    },
    {
      id: 'leftRight',
      type: 'select',
      about: 'for which ears; the other ear needs a scan of its own',
      default: 'scan',
      options: ['scan', 'left', 'right', 'both'].map((id) => ({ id, priceMinor: 0 })),
    },
    {
      id: 'vent',
      type: 'select',
      about: 'an opening right through, against the feeling of a closed ear',
      default: 'none',
      options: [
        { id: 'none', priceMinor: 0, sets: { ventDiameterMm: 0 } },
        { id: 'small', priceMinor: 10000, sets: { ventDiameterMm: 1 } },
        { id: 'large', priceMinor: 10000, sets: { ventDiameterMm: 2 } },
      ],
    },
    {
      id: 'handle',
      type: 'select',
      about: 'what it is pulled out by',
      default: 'stem',
      options: [
        { id: 'stem', priceMinor: 0 },
        { id: 'none', priceMinor: 0 },
      ],
    },
    {
      id: 'engraving',
      type: 'text',
      about: 'initials or a number on the face, before the side',
      default: '',
      maxLength: 6,
      pattern: '[A-Za-z0-9 -]*',
      priceMinor: 15000,
    },
  ],
}
