import type { Module } from '../module.ts'
import { gripHandle, missingHand } from './grip.ts'
import { gripParameters } from './parameters.ts'

/** Goods for the hand: handles. */
export const forgeGrip: Module = {
  id: 'forge-grip',
  name: 'ForgeGrip',
  description: 'Handles for tools, canes and bars that fit one hand',
  bodyPart: 'hand',
  version: '1.0.0',
  products: [
    {
      id: 'grip-handle',
      name: 'Custom Grip',
      description: 'Handle from the hollow of a closed hand, or from the measurements of an open one',
      basePriceMinor: 189900,
      currency: 'INR',
      // a closed hand has a hollow and nothing that can be measured, an open one the reverse
      needs: { measurements: {}, coverage: {} },
      parameters: { version: '2026-11', values: gripParameters },
      manufacturing: { process: 'sls', material: 'pa12', minWallMm: 1.2, estimatedDays: 4 },
      missing: missingHand,
      generate: gripHandle,
    },
  ],
  customizations: [
    {
      id: 'core',
      type: 'select',
      about: 'what it is put on',
      default: 'none',
      options: [
        { id: 'none', priceMinor: 0, sets: { coreMm: 0 } },
        { id: 'tool-10', priceMinor: 0, sets: { coreMm: 10.2 } },
        { id: 'cane-16', priceMinor: 10000, sets: { coreMm: 16.2 } },
        { id: 'bicycle-22', priceMinor: 10000, sets: { coreMm: 22.3, sectionRatio: 1, wallMm: 2 } },
      ],
    },
    {
      id: 'material',
      type: 'select',
      about: 'what it is printed from',
      default: 'pa12',
      options: [
        { id: 'pa12', priceMinor: 0, manufacturing: { material: 'pa12' } },
        { id: 'tpu', priceMinor: 30000, manufacturing: { material: 'tpu-85a' } },
        { id: 'tough-resin', priceMinor: 40000, manufacturing: { process: 'sla', material: 'tough-resin' } },
      ],
    },
    {
      id: 'glove',
      type: 'select',
      about: 'whether a glove is worn over a hand that was scanned closed and bare',
      default: 'none',
      options: [
        { id: 'none', priceMinor: 0, sets: { offsetMm: 0 } },
        { id: 'thin', priceMinor: 0, sets: { offsetMm: -0.8 } },
        { id: 'work', priceMinor: 0, sets: { offsetMm: -1.8 } },
      ],
    },
    {
      id: 'engraving',
      type: 'text',
      about: 'initials or a number on its end, before side and size',
      default: '',
      maxLength: 6,
      pattern: '[A-Za-z0-9 -]*',
      priceMinor: 15000,
    },
  ],
}
