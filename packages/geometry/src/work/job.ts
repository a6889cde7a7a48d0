import { design } from '../modules/design.ts'
import type { DesignReport } from '../modules/design.ts'
import { choose, type Options, productOf } from '../modules/choose.ts'
import type { Module } from '../modules/module.ts'
import { moduleOf, shippedModules } from '../modules/registry.ts'
import { compatibilityOf, type Compatibility } from '../modules/compatibility.ts'
import { GeometryRefusal } from '../refusal.ts'
import { scanPicture, scanPreview } from '../scan/picture.ts'
import { measureScan, refusePoor, type ScanOptions, type Step } from '../scan/scan.ts'
import { type ScanSummary, summaryOf } from '../scan/summary.ts'
import { glbOf } from '../write/glb.ts'

interface OnScan {
  bytes: Uint8Array
  scan: Omit<ScanOptions, 'onStep'>
  /** npm packages or file URLs of modules besides those shipped; each module is a package's default export */
  modulePackages?: readonly string[]
}

/** What can be asked to be done with a scan, away from whoever asks. Plain values: they cross to a thread. */
export type Job =
  | ({ kind: 'measure'; refusePoor: boolean; files: boolean } & OnScan)
  | ({ kind: 'picture'; width?: number; height?: number } & OnScan)
  | ({ kind: 'compatibility'; moduleId: string } & OnScan)
  | ({ kind: 'design'; moduleId: string; productId: string; options: Options } & OnScan)

export interface Outcome {
  summary: ScanSummary
  report?: DesignReport
  compatibility?: Compatibility
  /** file name -> bytes */
  files: Record<string, Uint8Array>
}

/**
 * Does a job from beginning to end in this thread.
 * @param onStep told before each step; what it throws stops the work
 * @throws GeometryRefusal
 */
export async function runJob(job: Job, onStep: (step: Step, share: number) => void = () => {}): Promise<Outcome> {
  const module = 'moduleId' in job ? moduleOf(job.moduleId, await modulesOf(job.modulePackages)) : null
  const making = job.kind === 'design'
  // what cannot be made is refused before a second's work
  if (making) choose(module!, productOf(module!, job.productId), job.options)
  const measured = measureScan(job.bytes, {
    ...job.scan,
    onStep: (step, share) => onStep(step, making ? share * 0.3 : share * 0.9),
  })
  const summary = summaryOf(measured)
  switch (job.kind) {
    case 'measure': {
      if (job.refusePoor) refusePoor(measured.quality)
      if (!job.files) return { summary, files: {} }
      onStep('drawing', 0.9)
      const body = { mesh: measured.mesh, name: summary.bodyPart, color: [0.87, 0.76, 0.68, 1] } as const
      return { summary, files: { 'scan.glb': glbOf([body]), 'preview.png': scanPreview(measured) } }
    }
    case 'picture':
      onStep('drawing', 0.9)
      return { summary, files: { 'picture.png': scanPicture(measured, job) } }
    case 'compatibility':
      return { summary, compatibility: compatibilityOf(measured, module!), files: {} }
    default: {
      const made = design(measured, module!, job.productId, job.options, (step, share) =>
        onStep(step, 0.3 + 0.7 * share),
      )
      return { summary, report: made.report, files: made.files }
    }
  }
}

/**
 * The shipped modules and those of other packages.
 * @throws GeometryRefusal DESIGN_OPTION_UNKNOWN for a package without a module in it
 */
export async function modulesOf(packages: readonly string[] = []): Promise<Module[]> {
  const others: Module[] = []
  for (const specifier of packages) {
    const { default: module } = (await import(specifier)) as { default?: Module }
    if (!module?.id || !Array.isArray(module.products) || !Array.isArray(module.customizations)) {
      throw new GeometryRefusal(
        'DESIGN_OPTION_UNKNOWN',
        `${specifier} has no module (id, products, customizations) as its default export`,
        { option: 'module-package', value: specifier, allowed: ['packages whose default export is a module'] },
      )
    }
    others.push(module)
  }
  return [...shippedModules, ...others]
}
