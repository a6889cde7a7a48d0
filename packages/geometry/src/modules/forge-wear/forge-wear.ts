import type { Module, Parameter } from '../module.ts'
import { dressForm, missingTrunk } from './dress-form.ts'
import { easeParameters } from './garments.ts'
import { missingSizes, sizeSheet } from './size-sheet.ts'
import { mm, ratio } from '../parameters.ts'

const formParameters = {
  easeMm: mm(0, 0, 30, 'how much larger than the body the form is all round, at the size of the body'),
  scale: ratio(1, 0.1, 1, 'the size of the form as a share of the body'),
  hollow: { value: 0, unit: 'count', least: 0, most: 1, about: '1: a shell that is open at the thighs; 0: solid' },
  wallMm: mm(10, 8, 40, 'the wall of a hollow form, at the size of the body'),
  edgeRadiusMm: mm(5, 1, 8, 'the rounding of the edges of the cuts'),
  armMm: mm(15, 5, 60, 'how far beyond the armpit the arms are cut, at the size of the body'),
  crotchMm: mm(8, 4, 40, 'how far above the crotch the cuts of the thighs meet, at the size of the body'),
  socketMm: mm(26, 6, 60, 'the diameter of the socket for a stand'),
  socketDepthMm: mm(80, 15, 200, 'how deep the socket is'),
  socketWallMm: mm(8, 3, 30, 'the material round the socket'),
} as const satisfies Record<string, Parameter>

/** Goods for the whole body: what a garment is cut by, and what it is cut on. */
export const forgeWear: Module = {
  id: 'forge-wear',
  name: 'ForgeWear',
  description: 'Made-to-measure size sheets and dress forms',
  bodyPart: 'full_body',
  version: '1.0.0',
  products: [
    {
      id: 'size-sheet',
      name: 'Size Sheet',
      description: 'What a garment is cut to, and the nearest standard size',
      basePriceMinor: 49900,
      currency: 'INR',
      needs: { measurements: { stature: 0.5 }, coverage: { torso: 0.3 } },
      parameters: { version: '2026-11', values: easeParameters },
      manufacturing: { process: 'cutting', material: 'none', minWallMm: 0, estimatedDays: 0 },
      customizations: ['garment', 'fit', 'chart'],
      missing: missingSizes,
      generate: sizeSheet,
    },
    {
      id: 'dress-form',
      name: 'Dress Form',
      description: "The customer's own trunk to drape and fit garments on",
      basePriceMinor: 599900,
      currency: 'INR',
      needs: {
        measurements: { stature: 0.5, chest_girth: 0.4, hip_girth: 0.4, inseam: 0.4, shoulder_breadth: 0.4 },
        coverage: { torso: 0.6, arms: 1, legs: 0.9 },
      },
      parameters: { version: '2026-11', values: formParameters },
      manufacturing: { process: 'fdm', material: 'pla', minWallMm: 2, estimatedDays: 8 },
      customizations: ['color', 'size', 'body'],
      missing: missingTrunk,
      generate: dressForm,
    },
  ],
  customizations: [
    {
      id: 'garment',
      type: 'select',
      about: 'what is to be cut',
      default: 'shirt',
      options: ['shirt', 'trousers', 'dress'].map((id) => ({ id, priceMinor: 0 })),
    },
    {
      id: 'fit',
      type: 'select',
      about: 'how loose it is worn: what the cut adds to wearing ease',
      default: 'regular',
      options: [
        { id: 'fitted', priceMinor: 0, sets: { designEaseMm: 0 } },
        { id: 'regular', priceMinor: 0, sets: { designEaseMm: 30 } },
        { id: 'loose', priceMinor: 0, sets: { designEaseMm: 90 } },
      ],
    },
    {
      id: 'chart',
      type: 'select',
      about: "the standard sizes to compare with; by-garment: women's for a dress, men's for the others",
      default: 'by-garment',
      options: ['by-garment', 'en-men', 'en-women'].map((id) => ({ id, priceMinor: 0 })),
    },
    {
      id: 'color',
      type: 'select',
      about: 'colour of the body',
      default: 'white',
      options: ['black', 'white', 'navy', 'coral'].map((id) => ({ id, priceMinor: 0 })),
    },
    {
      id: 'size',
      type: 'select',
      about: "the form's size",
      default: '1:1',
      options: [
        { id: '1:1', priceMinor: 1900000, sets: { scale: 1 } },
        { id: '1:2', priceMinor: 700000, sets: { scale: 0.5, socketDepthMm: 50, socketMm: 16, edgeRadiusMm: 3 } },
        {
          id: '1:4',
          priceMinor: 0,
          sets: { scale: 0.25, socketDepthMm: 30, socketMm: 8, edgeRadiusMm: 1.5, socketWallMm: 4 },
        },
      ],
    },
    {
      id: 'body',
      type: 'select',
      about: 'solid, or a shell that is open at the thighs',
      default: 'solid',
      options: [
        { id: 'solid', priceMinor: 0, sets: { hollow: 0 } },
        { id: 'hollow', priceMinor: 0, sets: { hollow: 1 } },
      ],
    },
  ],
}
