import type { Parameter } from '../module.ts'
import { mm } from '../parameters.ts'
import type { ChartId } from './charts.ts'

/**
 * Wearing ease: how much larger than the body a garment of woven cloth is, so that its wearer can move. Chest, waist,
 * hip and thigh within the ranges of Robinson, Costume Text, ch. 16, Central Washington University; neck, arm, wrist:
 * ours. Ease is a matter of design that no standard fixes: these are where a shop starts from.
 */
export const easeParameters = {
  shirtNeckMm: mm(15, 0, 40, 'shirt: ease of the collar; two fingers'),
  shirtChestMm: mm(55, 20, 120, 'shirt: wearing ease of the chest (fitted shirts: 1 1/2 to 2 1/2 inches)'),
  shirtWaistMm: mm(50, 20, 150, 'shirt: wearing ease of the waist'),
  shirtHipMm: mm(55, 20, 150, 'shirt: wearing ease of the hip (all garments: 2 to 2 3/4 inches)'),
  shirtArmMm: mm(50, 20, 120, 'shirt: ease of the sleeve at the upper arm'),
  shirtWristMm: mm(40, 20, 80, 'shirt: ease of the cuff'),
  trousersWaistMm: mm(22, 0, 60, 'trousers: wearing ease of the waist (3/4 to 1 inch)'),
  trousersHipMm: mm(45, 20, 120, 'trousers: wearing ease of the seat (1 1/2 to 2 inches)'),
  trousersThighMm: mm(30, 25, 120, 'trousers: wearing ease of the thigh (1 inch at least)'),
  dressChestMm: mm(45, 20, 120, 'dress: wearing ease of the bust (bodices: 1 1/2 to 2 inches)'),
  dressWaistMm: mm(22, 0, 60, 'dress: wearing ease of the waist (3/4 to 1 inch)'),
  dressHipMm: mm(60, 30, 120, 'dress: wearing ease of the hip (2 to 2 3/4 inches)'),
  dressArmMm: mm(50, 20, 120, 'dress: ease of the sleeve at the upper arm'),
  designEaseMm: mm(30, 0, 200, 'what the cut adds to chest, waist and hip beyond wearing ease'),
  knownMm: mm(10, 2, 30, 'how well girths are known: nearer to the border of a size the next one is named too'),
} as const satisfies Record<string, Parameter>

type Ease = keyof typeof easeParameters

/** A measurement that a garment is cut by, and the ease that it gets. */
export interface Line {
  readonly measurement: string
  readonly ease: Ease | null
  /** whether the cut adds design ease */
  readonly cut?: boolean
}

export interface Garment {
  readonly name: string
  /** the standard sizes that it is mostly made in */
  readonly chart: ChartId
  readonly lines: readonly Line[]
  /** the dimension by which its size is named (EN 13402-2 names the neck for shirts; chest sizes serve both sexes) */
  readonly primary: { readonly measurement: string; readonly series: 'chest' | 'waist' }
}

export const garments = {
  shirt: {
    name: 'Shirt',
    chart: 'en-men',
    primary: { measurement: 'chest_girth', series: 'chest' },
    lines: [
      { measurement: 'neck_girth', ease: 'shirtNeckMm' },
      { measurement: 'chest_girth', ease: 'shirtChestMm', cut: true },
      { measurement: 'waist_girth', ease: 'shirtWaistMm', cut: true },
      { measurement: 'hip_girth', ease: 'shirtHipMm', cut: true },
      { measurement: 'upper_arm_girth', ease: 'shirtArmMm' },
      { measurement: 'wrist_girth', ease: 'shirtWristMm' },
      { measurement: 'shoulder_breadth', ease: null },
      { measurement: 'sleeve_length', ease: null },
      { measurement: 'stature', ease: null },
    ],
  },
  trousers: {
    name: 'Trousers',
    chart: 'en-men',
    primary: { measurement: 'waist_girth', series: 'waist' },
    lines: [
      { measurement: 'waist_girth', ease: 'trousersWaistMm' },
      { measurement: 'hip_girth', ease: 'trousersHipMm', cut: true },
      { measurement: 'thigh_girth', ease: 'trousersThighMm', cut: true },
      { measurement: 'inseam', ease: null },
      { measurement: 'stature', ease: null },
    ],
  },
  dress: {
    name: 'Dress',
    chart: 'en-women',
    primary: { measurement: 'chest_girth', series: 'chest' },
    lines: [
      { measurement: 'chest_girth', ease: 'dressChestMm', cut: true },
      { measurement: 'waist_girth', ease: 'dressWaistMm', cut: true },
      { measurement: 'hip_girth', ease: 'dressHipMm', cut: true },
      { measurement: 'upper_arm_girth', ease: 'dressArmMm' },
      { measurement: 'shoulder_breadth', ease: null },
      { measurement: 'sleeve_length', ease: null },
      { measurement: 'stature', ease: null },
    ],
  },
} as const satisfies Record<string, Garment>

export type GarmentId = keyof typeof garments
