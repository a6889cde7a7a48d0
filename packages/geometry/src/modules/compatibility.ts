import { type MeasuredScan, refusePoor } from '../scan/scan.ts'
import { leastQuality } from '../scan/quality.ts'
import { choose, type Chosen } from './choose.ts'
import type { DesignInput, Module, Product } from './module.ts'
import { refusedFor } from './refused.ts'

export interface Compatibility {
  compatible: boolean
  /** the scan's quality judged on what the best served product needs, 0 to 1 */
  score: number
  /** why products are not available: what the scan lacks for them, or how poor it is */
  warnings: string[]
  availableProducts: string[]
}

/** Which products of a module a scan can carry, as they are by default. */
export function compatibilityOf(scan: MeasuredScan, module: Module): Compatibility {
  if (scan.bodyPart !== module.bodyPart) {
    const warnings = [
      `the scan is of a ${scan.bodyPart.replace('_', ' ')}, and ${module.name} is for the ${module.bodyPart.replace('_', ' ')}`,
    ]
    return { compatible: false, score: 0, warnings, availableProducts: [] }
  }
  const judged = module.products.map((product) => ({
    product,
    missing: missingFor(scan, product, choose(module, product, {})),
    quality: qualityFor(scan, product),
  }))
  const available = judged.filter(({ missing, quality }) => missing.length === 0 && quality.score >= leastQuality)
  const poor = judged.flatMap(({ quality }) => refusedFor(() => refusePoor(quality)))
  return {
    compatible: available.length > 0,
    score: Math.max(0, ...(available.length > 0 ? available : judged).map(({ quality }) => quality.score)),
    warnings: [...new Set([...poor, ...judged.flatMap(({ missing }) => missing)])],
    availableProducts: available.map(({ product }) => product.id),
  }
}

/** What a product needs and a scan lacks, in words. */
export function missingFor(scan: MeasuredScan, product: Product, chosen: Chosen): string[] {
  const { needs } = product
  const measurements = Object.entries(needs.measurements).flatMap(([name, least]) => {
    const found = scan.measurements[name]
    if (!found) return [`${name} is not known: ${scan.absent[name] ?? 'it was not measured'}`]
    return found.confidence < least
      ? [`${name} is known too roughly (confidence ${found.confidence.toFixed(2)}, needed ${least})`]
      : []
  })
  const regions = Object.entries(needs.coverage).flatMap(([region, least]) => {
    const seen = scan.coverage[region] ?? 0
    return seen < least
      ? [`${Math.round(seen * 100)} % of the ${region} is in the scan, and ${Math.round(least * 100)} % is needed`]
      : []
  })
  const lacking = [...measurements, ...regions]
  return lacking.length > 0 ? lacking : (product.missing?.(inputFor(scan, chosen)) ?? [])
}

/** What a product is made from: a scan, and what was chosen. */
export function inputFor(
  scan: MeasuredScan,
  { parameters, choices }: Chosen,
  progress: DesignInput['progress'] = () => {},
): DesignInput {
  return { ...scan, curves: scan.curves ?? {}, parameters, choices, progress }
}

/** The quality of a scan for one product: only the regions that it needs count. */
export const qualityFor = (scan: MeasuredScan, { needs }: Product) =>
  scan.judged(Object.fromEntries(Object.keys(needs.coverage).map((region) => [region, scan.coverage[region] ?? 0])))
