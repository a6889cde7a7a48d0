import type { Module, Needs } from '../module.ts'
import { guardParameters, retainerParameters } from './parameters.ts'
import { splint } from './splint.ts'

/** A row of teeth that was recognised as one; how many stand in it does not matter. */
const crowns: Needs = { measurements: { arch_width: 0.4, arch_depth: 0.4 }, coverage: { row: 0.7 } }

/** Goods for the teeth: what is worn over the crowns of one jaw. */
export const forgeSmile: Module = {
  id: 'forge-smile',
  name: 'ForgeSmile',
  description: 'Night guards and retainers over the teeth of one jaw',
  bodyPart: 'teeth',
  version: '1.0.0',
  products: [
    {
      id: 'night-guard',
      name: 'Night Guard',
      description: 'Occlusal splint against grinding, over the crowns of one jaw',
      basePriceMinor: 699900,
      currency: 'INR',
      needs: crowns,
      parameters: { version: '2026-11', values: guardParameters },
      manufacturing: {
        process: 'sla',
        material: 'splint-resin-hard',
        minWallMm: 1,
        estimatedDays: 4,
      },
      customizations: ['material', 'surface', 'thickness'],
      generate: splint,
    },
    {
      id: 'retainer',
      name: 'Retainer',
      description: 'Thin clear shell that keeps teeth where they are',
      basePriceMinor: 349900,
      currency: 'INR',
      needs: crowns,
      parameters: { version: '2026-11', values: retainerParameters },
      manufacturing: {
        process: 'sla',
        material: 'aligner-resin',
        minWallMm: 0.6,
        estimatedDays: 4,
      },
      customizations: [],
      generate: splint,
    },
  ],
  customizations: [
    {
      id: 'material',
      type: 'select',
      about: 'hard for strong grinding, soft for comfort, dual: soft on the teeth and hard outside',
      default: 'hard',
      options: [
        { id: 'hard', priceMinor: 0, sets: { gapMm: 0.05, retentionMm: 0.15, pressMm: 0.25 } },
        {
          id: 'hard-milled',
          priceMinor: 200000,
          sets: { gapMm: 0.05, retentionMm: 0.15, pressMm: 0.25, reliefMm: 1 },
          manufacturing: { process: 'milling', material: 'pmma', estimatedDays: 5 },
        },
        {
          id: 'soft',
          priceMinor: -50000,
          sets: { gapMm: 0, retentionMm: 0.3, pressMm: 0.6 },
          manufacturing: { material: 'splint-resin-soft' },
        },
        {
          id: 'dual',
          priceMinor: 150000,
          sets: { gapMm: 0.02, retentionMm: 0.2, pressMm: 0.4 },
          manufacturing: { material: 'splint-resin-dual', estimatedDays: 6 },
        },
      ],
    },
    {
      id: 'surface',
      type: 'select',
      about: 'what the other jaw bites on: a surface that follows the row of cusps, or a flat plane',
      default: 'natural',
      options: [
        { id: 'natural', priceMinor: 0 },
        { id: 'flat', priceMinor: 50000 },
      ],
    },
    {
      id: 'thickness',
      type: 'select',
      about: 'over the cusps',
      default: 'standard',
      options: [
        { id: 'slim', priceMinor: 0, sets: { occlusalMm: 1.5 } },
        { id: 'standard', priceMinor: 0, sets: { occlusalMm: 2 } },
        { id: 'strong', priceMinor: 30000, sets: { occlusalMm: 3 } },
      ],
    },
  ],
}
