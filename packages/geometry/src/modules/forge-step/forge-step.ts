import type { Module, Needs, Parameter } from '../module.ts'
import { insole } from './insole.ts'
import { mm, ratio } from '../parameters.ts'

const insoleParameters = {
  offsetMm: mm(0, -3, 1, 'how far the insole presses into the sole; negative leaves room for a cover'),
  baseMm: mm(3, 2, 8, 'the thickness under the heel'),
  wallMm: mm(2.5, 1.5, 5, 'the thickness of the cup at its rim'),
  cupHeightMm: mm(12, 4, 20, 'how high the cup stands round the heel'),
  archFlangeMm: mm(10, 0, 20, 'how high the flange stands along the arch'),
  edgeRadiusMm: mm(1, 0.5, 1.2, 'the rounding of every outer edge'),
  pressMm: mm(3, 0.5, 6, "how far the heel's soft tissue gives way when the foot steps in"),
} as const satisfies Record<string, Parameter>

const sole: Needs = {
  measurements: { foot_length: 0.6, ball_width: 0.6, heel_width: 0.5 },
  coverage: { sole: 0.8, heel: 0.8 },
}

/** Goods for the foot: insoles that follow its sole. */
export const forgeStep: Module = {
  id: 'forge-step',
  name: 'ForgeStep',
  description: 'Custom insoles with arch support and heel cup',
  bodyPart: 'foot',
  version: '1.0.0',
  products: [
    {
      id: 'insole-full',
      name: 'Custom Insole, full length',
      description: 'Insole from heel to toes, with arch support and heel cup',
      basePriceMinor: 249900,
      currency: 'INR',
      needs: sole,
      parameters: { version: '2026-11', values: insoleParameters },
      manufacturing: { process: 'sls', material: 'tpu', minWallMm: 1.2, estimatedDays: 4 },
      generate: (input) => insole(input, 'full'),
    },
    {
      id: 'insole-three-quarter',
      name: 'Custom Insole, three-quarter length',
      description: 'Insole from the heel to behind the ball, with arch support and heel cup',
      basePriceMinor: 219900,
      currency: 'INR',
      needs: sole,
      parameters: {
        version: '2026-11',
        values: {
          ...insoleParameters,
          lengthShare: ratio(0.68, 0.6, 0.75, 'its length as a share of the foot: behind the ball'),
          edgeMm: mm(1.8, 1.2, 3, 'the thickness of its front edge'),
          skiveMm: mm(18, 8, 40, 'over what length it gets thinner at its front'),
        },
      },
      manufacturing: { process: 'sls', material: 'tpu', minWallMm: 1.2, estimatedDays: 4 },
      generate: (input) => insole(input, 'three-quarter'),
    },
  ],
  customizations: [
    {
      id: 'material',
      type: 'select',
      about: 'what it is printed or milled from',
      default: 'tpu-medium',
      options: [
        { id: 'tpu-soft', priceMinor: 0, manufacturing: { material: 'tpu-75a' } },
        { id: 'tpu-medium', priceMinor: 0, manufacturing: { material: 'tpu-85a' } },
        {
          id: 'eva',
          priceMinor: 20000,
          sets: { edgeMm: 2 },
          manufacturing: { process: 'milling', material: 'eva-45', minWallMm: 1.5 },
        },
        { id: 'carbon', priceMinor: 120000, sets: { baseMm: 2.2 }, manufacturing: { material: 'pa12-cf' } },
      ],
    },
    {
      id: 'support',
      type: 'select',
      about: 'how far the flange along the arch goes up',
      default: 'medium',
      options: [
        { id: 'low', priceMinor: 0, sets: { archFlangeMm: 5 } },
        { id: 'medium', priceMinor: 0, sets: { archFlangeMm: 10 } },
        { id: 'high', priceMinor: 0, sets: { archFlangeMm: 15 } },
      ],
    },
    {
      id: 'heelCup',
      type: 'select',
      about: 'how deep the heel sits',
      default: 'medium',
      options: [
        { id: 'shallow', priceMinor: 0, sets: { cupHeightMm: 8 } },
        { id: 'medium', priceMinor: 0, sets: { cupHeightMm: 12 } },
        { id: 'deep', priceMinor: 10000, sets: { cupHeightMm: 18 } },
      ],
    },
    {
      id: 'cover',
      type: 'select',
      about: 'a soft cover that is glued on: the body leaves room for it',
      default: 'none',
      options: [
        { id: 'none', priceMinor: 0, sets: { offsetMm: 0 } },
        { id: 'foam', priceMinor: 30000, sets: { offsetMm: -1.5 } },
      ],
    },
  ],
}
