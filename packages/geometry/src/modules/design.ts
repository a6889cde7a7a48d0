import { checkFit, type FitReport } from '../check/check.ts'
import { applyTo, identity, inverse, type Mat4, turn } from '../mesh/matrix.ts'
import { type Mesh, transformed, triangleCount, vertexCount } from '../mesh/mesh.ts'
import { length, scale, unit, type Vec3 } from '../mesh/vector.ts'
import type { Color } from '../picture/picture.ts'
import { GeometryRefusal } from '../refusal.ts'
import { productPicture, scanPicture } from '../scan/picture.ts'
import { type MeasuredScan, refuseOtherSide, refusePoor, type Step } from '../scan/scan.ts'
import { glbOf } from '../write/glb.ts'
import { meshOf, roundedToFloat } from '../write/rounding.ts'
import { stlOf } from '../write/stl.ts'
import { threeMfOf } from '../write/three-mf.ts'
import { choose, type Options, productOf } from './choose.ts'
import { inputFor, missingFor, qualityFor } from './compatibility.ts'
import type { Generated, Manufacturing, Module, Sheet } from './module.ts'

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
  /** false for goods that are no body, as a size sheet: then the figures of one are 0, null or false, and none was checked */
  solid: boolean
  /** from the scan's own frame, mm, into the product's, in rows: the identity for most */
  scanToProduct: number[]
  scanQuality: number
  vertices: number
  triangles: number
  notes: string[]
}

export interface Design {
  report: DesignReport
  /** as it is written, in single precision; null for goods that are no body */
  product: Mesh | null
  /**
   * file name -> bytes: report.json, preview.png, what the product adds, and of a body product.stl, product.3mf and
   * preview.glb
   */
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
 * @throws GeometryRefusal SCAN_BODY_PART_MISMATCH (also of the other side than was said), SCAN_QUALITY_LOW (judged on
 * what the product needs), DESIGN_OPTION_UNKNOWN, DESIGN_NOT_SUPPORTED, and DESIGN_DOES_NOT_FIT: a design that fails is never handed over
 */
export function design(
  scan: MeasuredScan,
  module: Module,
  productId: string,
  options: Options = {},
  onStep: (step: Step, share: number) => void = () => {},
): Design {
  const product = productOf(module, productId)
  const chosen = choose(module, product, options)
  refuseUnsuited(scan, module)
  refuseOtherSide(scan)
  const quality = qualityFor(scan, product)
  refusePoor(quality)
  const missing = missingFor(scan, product, chosen)
  if (missing.length > 0) {
    throw new GeometryRefusal(
      'DESIGN_NOT_SUPPORTED',
      `${product.name} cannot be made from this scan: ${missing.join('; ')}`,
      { missing },
    )
  }
  onStep('generating', 0)
  const generated = product.generate(inputFor(scan, chosen, (step) => onStep(step, 0.3)))
  const made: Made | null = generated.body ? checked(scan, generated, chosen.manufacturing, onStep) : null
  onStep('writing', 0.85)
  const report: DesignReport = {
    ...(made?.fit ?? nothingToCheck),
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
    solid: made !== null,
    scanToProduct: [...(made?.scanToProduct ?? identity)],
    scanQuality: quality.score,
    vertices: made ? vertexCount(made.body) : 0,
    triangles: made ? triangleCount(made.body) : 0,
    notes: [...generated.notes, ...(made ? thinNotes(made, chosen.parameters) : [])],
  }
  const files = made ? filesOf(scan, made, report, product.name) : { 'preview.png': scanPicture(scan) }
  return {
    report,
    product: made?.body ?? null,
    files: {
      ...files,
      ...textFiles([
        { name: 'report.json', text: `${JSON.stringify(report, null, 2)}\n` },
        ...(generated.sheets ?? []),
      ]),
    },
  }
}

/** A body as it is written, what the check found, and where it lies. */
interface Made {
  generated: Generated
  body: Mesh
  fit: FitReport
  scanToProduct: Mat4
}

/** @throws GeometryRefusal DESIGN_DOES_NOT_FIT */
function checked(
  scan: MeasuredScan,
  generated: Generated,
  { minWallMm }: Manufacturing,
  onStep: (step: Step, share: number) => void,
): Made {
  onStep('checking', 0.6)
  const scanToProduct = generated.scanToProduct ?? identity
  const moved = scanToProduct !== identity
  if (triangleCount(generated.body) === 0) throw unfit(['nothing of it is left'])
  if (!generated.body.positions.every(Number.isFinite)) throw unfit(['a point of it is nowhere'])
  const body = meshOf(roundedToFloat(moved ? transformed(generated.body, scanToProduct) : generated.body))
  const skin = moved
    ? transformed({ positions: scan.mesh.positions, triangles: scan.mesh.triangles }, scanToProduct)
    : scan.mesh
  const fit = checkFit(body, skin, { ...expectationsOf(generated, scanToProduct), minWallMm })
  if (fit.failures.length > 0) throw unfit(fit.failures)
  return { generated, body, fit, scanToProduct }
}

/** A wall of less than this share of what was meant is told. */
const nearlyMeant = 0.9

/** The process makes it, but it is not the wall that was asked for. */
function thinNotes({ generated, fit, scanToProduct }: Made, parameters: Readonly<Record<string, number>>): string[] {
  const wallMm = generated.wallMm ?? (generated.bores.length > 0 ? (parameters.wallMm ?? 0) : 0)
  const meant = wallMm * length(turn(scanToProduct, [1, 0, 0]))
  if (!fit.minWallAt || fit.minWallMm >= nearlyMeant * meant) return []
  const at = fit.minWallAt.map((value) => value.toFixed(1)).join(', ')
  return [`walls of ${Number(meant.toFixed(2))} mm were meant: ${fit.minWallMm.toFixed(2)} mm are left at (${at})`]
}

const unfit = (failures: string[]) =>
  new GeometryRefusal('DESIGN_DOES_NOT_FIT', `the design failed its check: ${failures.join('; ')}`, { failures })

/** The fit report of goods that are no body. */
const nothingToCheck: FitReport = {
  intendedOffsetMm: 0,
  contact: null,
  contactDeviation: null,
  minWallMm: 0,
  minWallAt: null,
  volumeMm3: 0,
  genus: 0,
  components: 0,
  ventDiameterMm: null,
  bores: [],
  keepOuts: [],
  watertight: false,
  selfIntersections: 0,
  insertionAxis: null,
  interferenceMm: null,
  failures: [],
}

function refuseUnsuited({ bodyPart, bodyPartConfidence }: MeasuredScan, module: Module) {
  if (bodyPart === module.bodyPart) return
  throw new GeometryRefusal(
    'SCAN_BODY_PART_MISMATCH',
    `the scan is of a ${bodyPart.replace('_', ' ')}, and ${module.name} is made for the ${module.bodyPart.replace('_', ' ')}`,
    { expected: module.bodyPart, found: bodyPart, confidence: bodyPartConfidence },
  )
}

/** What the check is told of the intent, in the product's frame; it finds out by itself whether the body keeps it. */
function expectationsOf(generated: Generated, toProduct: Mat4) {
  const {
    intendedOffsetMm,
    contact,
    copies,
    bores,
    vent,
    genus,
    pressMm,
    outward,
    ignoreWall,
    keepOuts = [],
  } = generated
  if (toProduct === identity)
    return { intendedOffsetMm, contact, copies, ignoreWall, bores, vent, genus, pressMm, outward, keepOuts }
  const back = inverse(toProduct)
  const by = length(turn(toProduct, [1, 0, 0]))
  const turned = (way: Vec3) => unit(turn(toProduct, way))
  return {
    intendedOffsetMm: by * intendedOffsetMm,
    contact: contact && ((x: number, y: number, z: number) => contact(...applyTo(back, [x, y, z]))),
    copies,
    ignoreWall: ignoreWall && ((x: number, y: number, z: number) => ignoreWall(...applyTo(back, [x, y, z]))),
    bores: bores.map(({ name, path, diameterMm }) => ({
      name,
      path: path.map((point) => applyTo(toProduct, point)),
      diameterMm: by * diameterMm,
    })),
    vent,
    genus,
    pressMm: pressMm === null ? null : by * pressMm,
    outward: outward && turned(outward),
    keepOuts: keepOuts.map(({ name, middle, axes, half }) => ({
      name,
      middle: applyTo(toProduct, middle),
      axes: [turned(axes[0]), turned(axes[1]), turned(axes[2])] as const,
      half: scale(half, by),
    })),
  }
}

function filesOf(scan: MeasuredScan, { body, scanToProduct }: Made, report: DesignReport, name: string) {
  const color = tints[report.customizations.color] ?? [110, 160, 215]
  const caption = [
    `${name} · ${report.volumeMm3.toFixed(0)} mm³ · wall at least ${report.minWallMm.toFixed(2)} mm`,
    ...(report.contact
      ? [
          `contact: ${report.contact.p50.toFixed(2)} mm (median), ${report.contact.p95.toFixed(2)} mm (95 %), meant: ${report.intendedOffsetMm} mm`,
        ]
      : []),
  ]
  // the picture shows both where the scan lies
  const onScan = scanToProduct === identity ? body : transformed(body, inverse(scanToProduct))
  return {
    'product.stl': stlOf(body, `${report.moduleId} ${report.productId}`),
    'product.3mf': threeMfOf(body, { name, application: `Saudagar ${report.moduleId} ${report.moduleVersion}` }),
    'preview.glb': glbOf([{ mesh: body, name, color: [color[0] / 255, color[1] / 255, color[2] / 255, 1] }]),
    'preview.png': productPicture(scan, onScan, color, caption),
  }
}

const textFiles = (sheets: readonly Sheet[]) =>
  Object.fromEntries(sheets.map(({ name, text }) => [name, new TextEncoder().encode(text)]))
