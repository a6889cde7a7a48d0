import { checkFit, type FitReport } from '../check/check.ts'
import { identity } from '../mesh/matrix.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Color } from '../picture/picture.ts'
import { GeometryRefusal } from '../refusal.ts'
import { productPicture } from '../scan/picture.ts'
import { type MeasuredScan, refusePoor, type Step } from '../scan/scan.ts'
import { glbOf } from '../write/glb.ts'
import { meshOf, roundedToFloat } from '../write/rounding.ts'
import { stlOf } from '../write/stl.ts'
import { threeMfOf } from '../write/three-mf.ts'
import { choose, productOf } from './choose.ts'
import { missingFor, qualityFor } from './compatibility.ts'
import type { Generated, Manufacturing, Module } from './module.ts'

/** What is stored with a design, and what a maker needs to trust it. */
export interface DesignReport extends FitReport {
  moduleId: string
  productId: string
  /** the code that made it, and the practice it followed */
  moduleVersion: string
  parametersVersion: string
  parameters: Record<string, number>
  customizations: Record<string, string>
  bodyPart: string
  side: string | null
  jaw?: string
  pricing: { baseMinor: number; customizationsMinor: number; currency: string }
  manufacturing: Manufacturing
  /** the product lies in the scan's own frame, in millimetres: the identity, in rows */
  scanToProduct: number[]
  scanQuality: number
  vertices: number
  triangles: number
  notes: string[]
}

export interface Design {
  report: DesignReport
  /** as it is written, in single precision, the scan's own frame */
  product: Mesh
  /** file name -> bytes: product.stl, product.3mf, preview.glb, preview.png, report.json, and what the product adds */
  files: Record<string, Uint8Array>
}

const tints: Record<string, Color> = {
  black: [60, 62, 70],
  white: [235, 235, 232],
  navy: [52, 78, 140],
  coral: [240, 120, 100],
}

/**
 * Makes a product for a scan, and has it checked by code that shares nothing with what made it.
 * @throws GeometryRefusal SCAN_BODY_PART_MISMATCH, SCAN_QUALITY_LOW (judged on what the product needs),
 * DESIGN_OPTION_UNKNOWN, DESIGN_NOT_SUPPORTED, and DESIGN_DOES_NOT_FIT: a design that fails is never handed over
 */
export function design(
  scan: MeasuredScan,
  module: Module,
  productId: string,
  options: Readonly<Record<string, string>> = {},
  onStep: (step: Step, share: number) => void = () => {},
): Design {
  const product = productOf(module, productId)
  const chosen = choose(module, product, options)
  refuseUnsuited(scan, module)
  const quality = qualityFor(scan, product)
  refusePoor(quality)
  const missing = missingFor(scan, product)
  if (missing.length > 0) {
    throw new GeometryRefusal(
      'DESIGN_NOT_SUPPORTED',
      `the scan lacks what ${product.name} needs: ${missing.join('; ')}`,
      { missing },
    )
  }
  onStep('generating', 0)
  const generated = product.generate({
    ...scan,
    curves: scan.curves ?? {},
    parameters: chosen.parameters,
    choices: chosen.choices,
    progress: (step) => onStep(step, 0.3),
  })
  onStep('checking', 0.6)
  const rounded = roundedToFloat(generated.body)
  const body = meshOf(rounded)
  const fit = checkFit(body, scan.mesh, { ...expectationsOf(generated), minWallMm: chosen.manufacturing.minWallMm })
  if (fit.failures.length > 0) {
    throw new GeometryRefusal('DESIGN_DOES_NOT_FIT', `the design failed its check: ${fit.failures.join('; ')}`, {
      failures: fit.failures,
    })
  }
  onStep('writing', 0.85)
  const report: DesignReport = {
    ...fit,
    moduleId: module.id,
    productId,
    moduleVersion: module.version,
    parametersVersion: product.parameters.version,
    parameters: chosen.parameters,
    customizations: chosen.choices,
    bodyPart: scan.bodyPart,
    side: scan.side,
    ...(scan.jaw ? { jaw: scan.jaw } : {}),
    pricing: {
      baseMinor: chosen.priceMinor.base,
      customizationsMinor: chosen.priceMinor.customizations,
      currency: product.currency,
    },
    manufacturing: chosen.manufacturing,
    scanToProduct: [...identity],
    scanQuality: quality.score,
    vertices: body.positions.length / 3,
    triangles: body.triangles.length / 3,
    notes: [...generated.notes],
  }
  return { report, product: body, files: filesOf(scan, body, generated, report, product.name) }
}

function refuseUnsuited({ bodyPart, bodyPartConfidence }: MeasuredScan, module: Module) {
  if (bodyPart === module.bodyPart) return
  throw new GeometryRefusal(
    'SCAN_BODY_PART_MISMATCH',
    `the scan is of a ${bodyPart.replace('_', ' ')}, and ${module.name} is made for the ${module.bodyPart.replace('_', ' ')}`,
    { expected: module.bodyPart, found: bodyPart, confidence: bodyPartConfidence },
  )
}

/** What the check is told of the intent; it finds out by itself whether the body keeps it. */
const expectationsOf = ({ intendedOffsetMm, contact, bores, vent, genus, pressMm, outward, keepOuts }: Generated) => ({
  intendedOffsetMm,
  contact,
  bores,
  vent,
  genus,
  pressMm,
  outward,
  keepOuts,
})

function filesOf(scan: MeasuredScan, body: Mesh, { sheets = [] }: Generated, report: DesignReport, name: string) {
  const color = tints[report.customizations.color] ?? [110, 160, 215]
  const caption = [
    `${name} · ${report.volumeMm3.toFixed(0)} mm³ · wall at least ${report.minWallMm.toFixed(2)} mm`,
    ...(report.contact
      ? [
          `contact: ${report.contact.p50.toFixed(2)} mm (median), ${report.contact.p95.toFixed(2)} mm (95 %), meant: ${report.intendedOffsetMm} mm`,
        ]
      : []),
  ]
  const files: Record<string, Uint8Array> = {
    'product.stl': stlOf(body, `${report.moduleId} ${report.productId}`),
    'product.3mf': threeMfOf(body, { name, application: `Saudagar ${report.moduleId} ${report.moduleVersion}` }),
    'preview.glb': glbOf([{ mesh: body, name, color: [color[0] / 255, color[1] / 255, color[2] / 255, 1] }]),
    'preview.png': productPicture(scan, body, color, caption),
    'report.json': new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`),
  }
  for (const sheet of sheets) files[sheet.name] = new TextEncoder().encode(sheet.text)
  return files
}
