import type { Module } from '../module.ts'
import { frameParameters, linerParameters } from './parameters.ts'
import { missingFace, spectacleFrame } from './spectacle-frame.ts'
import { helmetLiner, missingSkull } from './helmet-liner.ts'

/** Goods for the head: what rests on nose and ears, and what lies round the skull. */
export const forgeHead: Module = {
  id: 'forge-head',
  name: 'ForgeHead',
  description: 'Spectacle frames and helmet liners made to the head',
  bodyPart: 'head',
  version: '1.0.0',
  products: [
    {
      id: 'spectacle-frame',
      name: 'Spectacle Frame',
      description: "Frame in one piece whose bridge is the nose's own shape, with grooved rims for lenses",
      basePriceMinor: 699900,
      currency: 'INR',
      needs: {
        measurements: { face_width: 0.5, bitragion_breadth: 0.5, nose_bridge_width: 0.4 },
        coverage: { face: 0.9 },
      },
      parameters: { version: '2026-11', values: frameParameters },
      manufacturing: { process: 'mjf', material: 'pa12', minWallMm: 1.5, estimatedDays: 7 },
      customizations: ['color', 'shape', 'lensSize', 'frameMaterial'],
      missing: missingFace,
      generate: spectacleFrame,
    },
    {
      id: 'helmet-liner',
      name: 'Helmet Liner',
      description: 'Liner between the skull and the shell of a helmet',
      basePriceMinor: 399900,
      currency: 'INR',
      needs: {
        measurements: {
          head_circumference: 0.6,
          head_length: 0.6,
          head_breadth: 0.6,
          bitragion_breadth: 0.5,
        },
        coverage: { skull: 0.9, back: 0.8 },
      },
      parameters: { version: '2026-11', values: linerParameters },
      manufacturing: { process: 'sls', material: 'tpu', minWallMm: 2, estimatedDays: 6 },
      customizations: ['color', 'comfort', 'ventilation'],
      missing: missingSkull,
      generate: helmetLiner,
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
      id: 'shape',
      type: 'select',
      about: 'the shape of the lenses',
      default: 'panto',
      options: [
        { id: 'panto', priceMinor: 0, sets: { lensHeightMm: 41 } },
        { id: 'round', priceMinor: 0, sets: { lensHeightMm: 44 } },
        { id: 'rectangle', priceMinor: 0, sets: { lensHeightMm: 32 } },
      ],
    },
    {
      id: 'lensSize',
      type: 'select',
      about: 'the width of a lens',
      default: 'medium',
      options: [
        { id: 'small', priceMinor: 0, sets: { lensWidthMm: 45 } },
        { id: 'medium', priceMinor: 0, sets: { lensWidthMm: 48 } },
        { id: 'large', priceMinor: 0, sets: { lensWidthMm: 51 } },
      ],
    },
    {
      id: 'frameMaterial',
      type: 'select',
      about: 'what the frame is printed from',
      default: 'pa12',
      options: [
        { id: 'pa12', priceMinor: 0 },
        { id: 'pa11', priceMinor: 50000, manufacturing: { process: 'sls', material: 'pa11' } },
      ],
    },
    {
      id: 'comfort',
      type: 'select',
      about: 'room for hair and a pad between scan and liner',
      default: 'contact',
      options: [
        { id: 'contact', priceMinor: 0, sets: { offsetMm: 0 } },
        { id: 'short-hair', priceMinor: 0, sets: { offsetMm: -3 } },
        { id: 'hair-and-pad', priceMinor: 40000, sets: { offsetMm: -8 } },
      ],
    },
    {
      id: 'ventilation',
      type: 'select',
      about: 'holes that let air through',
      default: 'none',
      options: [
        { id: 'none', priceMinor: 0, sets: { vents: 0 } },
        { id: 'five', priceMinor: 20000, sets: { vents: 5 } },
        { id: 'nine', priceMinor: 30000, sets: { vents: 9 } },
      ],
    },
  ],
}
