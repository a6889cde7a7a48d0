import type { BodyPart, MeasurementUnit, Side } from '../measure/measurement.ts'
import type { Mat4 } from '../mesh/matrix.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Vec3 } from '../mesh/vector.ts'

/**
 * What makes one kind of goods that fit a part of the body: a plain object, shipped here or as an npm package of
 * somebody else whose main export it is. docs/module-sdk.md builds one from nothing.
 */
export interface Module {
  /** lower case and hyphens: 'forge-audio' */
  id: string
  name: string
  description: string
  bodyPart: BodyPart
  /** semantic version of the code; stored with each design, so that it can be made again */
  version: string
  products: readonly Product[]
  customizations: readonly Customization[]
}

export interface Product {
  id: string
  name: string
  description: string
  /** whole minor units (paise) */
  basePriceMinor: number
  currency: string
  needs: Needs
  parameters: ParameterSet
  manufacturing: Manufacturing
  /** The customizations of the module that this product takes; all when left out. */
  customizations?: readonly string[]
  /**
   * What else generate() would refuse a scan for, in words; none: it would not. Asked with the defaults when a shop wants
   * to know what a scan can carry, and before each design, so it takes no longer than a look.
   */
  missing?(input: DesignInput): string[]
  /** Makes the body, or sheets alone. It may refuse (`DESIGN_NOT_SUPPORTED`), and hands over nothing it knows is wrong. */
  generate(input: DesignInput): Generated | GeneratedSheets
}

/** What a scan must have before a product can be made from it. */
export interface Needs {
  /** measurement -> the least confidence */
  measurements: Readonly<Record<string, number>>
  /** region -> the least share of it that the scan shows, 0 to 1 */
  coverage: Readonly<Record<string, number>>
}

/** A number that shapes the product. Data, so that another lab's or another year's practice is another row. */
export interface Parameter {
  value: number
  unit: MeasurementUnit | 'count'
  least: number
  most: number
  about: string
}

export interface ParameterSet {
  /** changes when any value does; stored with each design */
  version: string
  values: Readonly<Record<string, Parameter>>
}

export interface Choice {
  id: string
  /** added to the product's price, minor units */
  priceMinor: number
  /** parameters that this choice sets */
  sets?: Readonly<Record<string, number>>
  /** what it changes about the making */
  manufacturing?: Partial<Manufacturing>
}

export type Customization =
  | { id: string; type: 'select'; about: string; default: string; options: readonly Choice[] }
  | { id: string; type: 'text'; about: string; default: string; maxLength: number; pattern: string; priceMinor: number }

export interface Manufacturing {
  process: 'sla' | 'sls' | 'fdm' | 'mjf' | 'milling' | 'cutting'
  material: string
  /** the thinnest wall that the process makes reliably, mm */
  minWallMm: number
  estimatedDays: number
}

export interface DesignInput {
  /** cleaned, mm, in the scan's own frame */
  mesh: Mesh
  side: Side | null
  toCanonical: Mat4
  measurements: Readonly<Record<string, { value: number; confidence: number }>>
  /** measurements that the scan does not support -> why */
  absent?: Readonly<Record<string, string>>
  /** named points and lines, scan frame */
  landmarks: Readonly<Record<string, Vec3>>
  curves: Readonly<Record<string, readonly Vec3[]>>
  /** every parameter of the product, after the choices made */
  parameters: Readonly<Record<string, number>>
  /** customization -> chosen option or text */
  choices: Readonly<Record<string, string>>
  /** Says how far it is; throws when the caller has asked to stop. Call it between steps that take long. */
  progress(step: string): void
}

/** A product as made, in the scan's own frame, with what the independent check needs to know of the intent. */
export interface Generated {
  body: Mesh
  /**
   * Where the product is handed over in another place, pose or size than the scan's (a model at half size): from the
   * scan's frame into the product's, even in all directions. The check and the files are of the product then.
   */
  scanToProduct?: Mat4
  /** how far the surface is meant to lie beyond the skin over the contact region, mm; negative: a gap */
  intendedOffsetMm: number
  /** true for places (scan frame) at which the product is meant to touch; null when it touches nowhere */
  contact: ((x: number, y: number, z: number) => boolean) | null
  /** a copy of the scan (a dress form) and not its counterpart: the offset is how far it lies outside the skin */
  copies?: boolean
  /** tunnels right through the body: centre line in the scan frame and the free diameter, no less and hardly more */
  bores: readonly { name: string; path: readonly Vec3[]; diameterMm: number }[]
  /** true among cut or raised letters: ridges between their strokes are no walls, and need not be as thick */
  ignoreWall?: (x: number, y: number, z: number) => boolean
  /**
   * The least wall that is meant, at the scan's size, mm: where the check finds clearly less, though not less than the
   * process makes, the report says so. Left out: the parameter `wallMm` of what has bores.
   */
  wallMm?: number
  /** spaces that must stay free for what is built in */
  keepOuts?: readonly KeepOut[]
  /** which of the bores is the vent, if there is one */
  vent?: string
  /** how many handles the finished body has: 0 for a solid plug, 1 with one bore */
  genus: number
  /** how far material and tissue together give way when it is put in, mm; null when it is not put in anywhere */
  pressMm: number | null
  /** straight ways to try first for putting it in, scan frame, pointing out of the body */
  outward?: Vec3
  /** what a person should know: "the canal is closed in the scan: a stub was made" */
  notes: readonly string[]
  /** further files of the product: a size sheet */
  sheets?: readonly Sheet[]
}

/** A product that is no body at all: what it is stands in its sheets. Nothing of it can be checked for fit. */
export interface GeneratedSheets {
  body: null
  sheets: readonly [Sheet, ...Sheet[]]
  notes: readonly string[]
}

/** A text that goes with a product, or is it. `name` is a file's name with its ending. */
export interface Sheet {
  name: string
  text: string
}

/** A box in the scan's frame: its middle, its axes (unit, at right angles) and half its size along each, mm. */
export interface KeepOut {
  name: string
  middle: Vec3
  axes: readonly [Vec3, Vec3, Vec3]
  half: Vec3
}
