import type { MeasuredScan } from '../scan/scan.ts'
import { leastQuality } from '../scan/quality.ts'
import type { Module, Product } from './module.ts'

export interface Compatibility {
  compatible: boolean
  /** the scan's quality judged on what the best served product needs, 0 to 1 */
  score: number
  warnings: string[]
  availableProducts: string[]
}

/** Which products of a module a scan can carry. */
export function compatibilityOf(scan: MeasuredScan, module: Module): Compatibility {
  if (scan.bodyPart !== module.bodyPart) {
    const warnings = [
      `the scan is of a ${scan.bodyPart.replace('_', ' ')}, and ${module.name} is for the ${module.bodyPart.replace('_', ' ')}`,
    ]
    return { compatible: false, score: 0, warnings, availableProducts: [] }
  }
  const judged = module.products.map((product) => ({
    product,
    missing: missingFor(scan, product),
    score: scoreFor(scan, product),
  }))
  const available = judged.filter(({ missing, score }) => missing.length === 0 && score >= leastQuality)
  return {
    compatible: available.length > 0,
    score: Math.max(0, ...(available.length > 0 ? available : judged).map(({ score }) => score)),
    warnings: [...new Set(judged.flatMap(({ missing }) => missing))],
    availableProducts: available.map(({ product }) => product.id),
  }
}

/** What a product needs and a scan lacks, in words. */
export function missingFor(
  scan: Pick<MeasuredScan, 'measurements' | 'absent' | 'coverage'>,
  { needs }: Product,
): string[] {
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
  return [...measurements, ...regions]
}

/** The quality of a scan for one product: only the regions that it needs count. */
export const qualityFor = (scan: MeasuredScan, { needs }: Product) =>
  scan.judged(Object.fromEntries(Object.keys(needs.coverage).map((region) => [region, scan.coverage[region] ?? 0])))

const scoreFor = (scan: MeasuredScan, product: Product) => qualityFor(scan, product).score
