import type { FoundProduct, FoundVariant } from './existing.ts'
import { newId } from '../../new-id.ts'
import type { PlannedProduct, PlannedVariant } from './plan.ts'
import { newer, optionKey } from './record.ts'
import type { VariantRecord } from './record.ts'

/** A variant of the file, with the one that is kept under the same options. */
export interface Pair {
  record: VariantRecord
  kept?: FoundVariant
  /** the kept one's place among its siblings */
  place: number
  /** the kept one's id, or a new one */
  id: string
}

export function matchVariants(records: readonly VariantRecord[], found: FoundProduct | undefined): Pair[] {
  const places = new Map(found?.variants.map((variant, place) => [optionKey(variant.optionValues), place]))
  return records.map((record) => {
    const place = places.get(optionKey(record.optionValues))
    const kept = place === undefined ? undefined : found!.variants[place]
    return { record, kept, place: place ?? Infinity, id: kept?.id ?? newId() }
  })
}

/** Why a variant cannot go in, which only shows beside its product; undefined when it can. */
export function variantRefusal({ record, kept }: Pair, optionNames: readonly string[]): string | undefined {
  const count = record.optionValues.length
  if (!kept && count > optionNames.length) return `an option has the value "${record.optionValues.at(-1)}" but no name`
  if (!kept && count > 0 && count < optionNames.length) return `the option "${optionNames[count]}" has no value`
  if (!kept && record.priceMinor === undefined) return 'a new variant needs a price'
  return undefined
}

/** "Clay Plant Pot - Large": what a list of variants shows and an order keeps. */
export const variantName = (product: string, options: readonly string[]) =>
  options.length === 0 ? product : `${product} - ${options.join(' / ')}`

/**
 * The variants as they will be, in the order of the file.
 * @param isRenamed the product gets another name; else a name that somebody gave a variant stays
 * @param isPublished what the file says; true also brings back a variant that was taken off
 */
export function planVariants(
  pairs: readonly Pair[],
  product: PlannedProduct,
  isRenamed: boolean,
  isPublished: boolean | undefined,
): PlannedVariant[] {
  const positions = positionsOf(pairs)
  return pairs.map(({ record, kept, id }, i) => {
    const optionValues = kept?.optionValues ?? record.optionValues
    return {
      id,
      productId: product.id,
      position: positions[i]!,
      optionValues,
      name: kept && !isRenamed ? kept.name : variantName(product.name, optionValues),
      sku: newer(record.sku, kept?.sku ?? null),
      barcode: newer(record.barcode, kept?.barcode ?? null),
      kind: kindOf(record, kept),
      ...pricesOf(record, kept),
      weightGrams: record.weightGrams === undefined ? (kept?.weightGrams ?? null) : record.weightGrams,
      isActive: isPublished === true || (kept?.isActive ?? true),
    }
  })
}

/** Who already follows the one before keeps the position, so that a file in the kept order moves nothing. */
function positionsOf(pairs: readonly Pair[]) {
  let last = { position: 0, place: Infinity }
  return pairs.map(({ kept, place }) => {
    // two that were kept may share a position: their places tell which comes first
    const follows = kept && (kept.position > last.position || (kept.position === last.position && place > last.place))
    last = follows ? { position: kept.position, place } : { position: last.position + 1, place: Infinity }
    return last.position
  })
}

function kindOf({ isContinued, isGiftCard }: VariantRecord, kept: FoundVariant | undefined) {
  if (isGiftCard) return 'digital'
  if (isGiftCard === undefined && kept?.kind === 'digital') return 'digital'
  if (isContinued !== undefined) return isContinued ? 'made_to_order' : 'tracked'
  return kept && kept.kind !== 'digital' ? kept.kind : 'tracked'
}

/** A price before that is not higher is none. Prices that come to the same stay as they were given. */
function pricesOf(record: VariantRecord, kept: FoundVariant | undefined) {
  const { priceMinor, compareMinor } = record
  if (kept && (priceMinor === undefined || isSame(kept, priceMinor, compareMinor))) {
    return { listMinor: kept.listMinor, discountBps: kept.discountBps, saleMinor: kept.saleMinor }
  }
  const listMinor = Math.max(priceMinor!, compareMinor === undefined ? (kept?.listMinor ?? 0) : (compareMinor ?? 0))
  return { listMinor, discountBps: null, saleMinor: priceMinor! < listMinor ? priceMinor! : null }
}

const isSame = (kept: FoundVariant, priceMinor: number, compareMinor: number | null | undefined) =>
  kept.priceMinor === priceMinor &&
  (compareMinor === undefined || kept.listMinor === Math.max(priceMinor, compareMinor ?? 0))
