import { checkFit } from '../../check/check.ts'
import { meshOf, roundedToFloat } from '../../write/rounding.ts'
import { type MeasuredScan, measureScan } from '../../scan/scan.ts'
import { choose } from '../choose.ts'
import type { DesignInput, Generated } from '../module.ts'
import { forgeHead } from './forge-head.ts'
import { scanBytes } from '../../test-support/scans.ts'

/** Scans of heads for tests: a person with closed eyes, and a model with eyeballs. */
const files = {
  cgtub: 'cgtub_head.ply',
  ict: 'ict_facekit_neutral.obj',
  mask: 'mediapipe_canonical_face.obj',
}
const known = new Map<string, MeasuredScan>()

export function headScan(name: keyof typeof files): MeasuredScan {
  const scan =
    known.get(name) ??
    measureScan(scanBytes(`head/${files[name]}`), {
      part: 'head',
    })
  known.set(name, scan)
  return scan
}

/**
 * What a product's generate() is given for options as a person gives them.
 * @param set parameters besides: those that a choice decides, too
 */
export function inputFor(
  scan: MeasuredScan,
  productId: string,
  options: Readonly<Record<string, string>> = {},
  set: Readonly<Record<string, number>> = {},
): DesignInput {
  const product = forgeHead.products.find(({ id }) => id === productId)!
  const { parameters, choices } = choose(forgeHead, product, options)
  return { ...scan, curves: scan.curves ?? {}, parameters: { ...parameters, ...set }, choices, progress: () => {} }
}

/** A product as it would be written, and what the independent check says of it: a design without files and pictures. */
export function checkedFor(input: DesignInput, productId: string) {
  const product = forgeHead.products.find(({ id }) => id === productId)!
  const generated = product.generate(input) as Generated
  const body = meshOf(roundedToFloat(generated.body))
  return { body, fit: checkFit(body, input.mesh, { ...generated, minWallMm: product.manufacturing.minWallMm }) }
}
