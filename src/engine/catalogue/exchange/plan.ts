import type { FoundProduct, FoundVariant } from './existing.ts'
import { newId } from '../../new-id.ts'
import { planImages } from './plan-images.ts'
import type { PlannedImages } from './plan-images.ts'
import { matchVariants, planVariants, variantName, variantRefusal } from './plan-variants.ts'
import type { Pair } from './plan-variants.ts'
import { newer } from './record.ts'
import type { ProductRecord, Remark } from './record.ts'
import { uncategorized } from './rows.ts'

/** What has to be written so that the catalogue says what the file says; empty when it does. */
export interface Plan {
  addedProducts: PlannedProduct[]
  /** also those of which only a variant or an image changes: their time of change moves */
  changedProducts: PlannedProduct[]
  addedVariants: PlannedVariant[]
  changedVariants: PlannedVariant[]
  /** products whose change is seen in all of their variants */
  refreshed: string[]
  images: PlannedImages[]
  stock: { variantId: string; quantity: number }[]
  remarks: Remark[]
  counts: Counts
}

export interface Counts {
  productsAdded: number
  productsChanged: number
  productsUnchanged: number
  /** in the file, and left out whole */
  productsRefused: number
  variantsAdded: number
  variantsChanged: number
  stockChanged: number
}

export type PlannedProduct = Omit<FoundProduct, 'categoryId' | 'variants' | 'images'>
export type PlannedVariant = Omit<FoundVariant, 'priceMinor' | 'available'> & { productId: string }

export const newCounts = (): Counts => ({
  productsAdded: 0,
  productsChanged: 0,
  productsUnchanged: 0,
  productsRefused: 0,
  variantsAdded: 0,
  variantsChanged: 0,
  stockChanged: 0,
})

/** Compares what a file says with what is kept. Reads and writes nothing. */
export function planImport(records: readonly ProductRecord[], found: ReadonlyMap<string, FoundProduct>): Plan {
  const plan: Plan = {
    addedProducts: [],
    changedProducts: [],
    addedVariants: [],
    changedVariants: [],
    refreshed: [],
    images: [],
    stock: [],
    remarks: [],
    counts: newCounts(),
  }
  for (const record of records) planProduct(plan, record, found.get(record.handle))
  plan.counts.variantsAdded = plan.addedVariants.length
  plan.counts.variantsChanged = plan.changedVariants.length
  plan.counts.stockChanged = plan.stock.length
  return plan
}

/** Whether what the catalogue shows changes; stock is read fresh and is no part of it. */
export const changesCatalogue = (plan: Plan) => plan.addedProducts.length + plan.changedProducts.length > 0

function planProduct(plan: Plan, record: ProductRecord, found: FoundProduct | undefined) {
  const optionNames = record.optionNames ?? found?.optionNames ?? []
  const pairs = matchVariants(record.variants, found).filter((pair) => {
    const text = variantRefusal(pair, optionNames)
    if (text) plan.remarks.push({ line: pair.record.line, kind: 'refused', text })
    return !text
  })
  if (!found && (!record.title || pairs.length === 0)) {
    refuse(plan, record, record.title ? 'no variant of it can go in' : 'has no Title')
    return
  }

  const product = productOf(record, found, optionNames, pairs)
  const isRenamed = product.name !== found?.name
  const known = plan.addedVariants.length + plan.changedVariants.length
  const stocked = plan.stock.length
  for (const [i, variant] of planVariants(pairs, product, isRenamed, record.isPublished).entries()) {
    const { kept, record } = pairs[i]!
    if (!kept) plan.addedVariants.push(variant)
    else if (!sameVariant(variant, kept)) plan.changedVariants.push(variant)
    if (variant.kind !== 'tracked') continue
    const available = kept?.available ?? null
    const quantity = record.quantity ?? available ?? 0
    if (quantity !== available) plan.stock.push({ variantId: variant.id, quantity })
  }
  if (isRenamed) renameOthers(plan, product, pairs, found)
  const images = planImages(product.id, record.images, pairs, found?.images ?? [])
  if (images) plan.images.push(images)

  if (!found) {
    plan.addedProducts.push(product)
    plan.counts.productsAdded++
    return
  }
  const isChanged = !sameProduct(product, found)
  if (isChanged || images) plan.refreshed.push(product.id)
  const isSeen = isChanged || images || plan.addedVariants.length + plan.changedVariants.length > known
  if (isSeen) plan.changedProducts.push(product)
  if (isSeen || plan.stock.length > stocked) plan.counts.productsChanged++
  else plan.counts.productsUnchanged++
}

/** Tells of each of its lines that has not been told of. */
function refuse(plan: Plan, record: ProductRecord, why: string) {
  plan.counts.productsRefused++
  const told = new Set(plan.remarks.map((remark) => remark.line))
  const text = `the product "${record.handle}" is new and ${why}`
  for (const line of record.lines) if (!told.has(line)) plan.remarks.push({ line, kind: 'refused', text })
}

function productOf(
  record: ProductRecord,
  found: FoundProduct | undefined,
  optionNames: string[],
  pairs: Pair[],
): PlannedProduct {
  return {
    id: found?.id ?? newId(),
    slug: record.handle,
    name: record.title === undefined || record.title === found?.name.trim() ? found!.name : record.title,
    description: newer(record.description, found?.description ?? null),
    vendor: newer(record.vendor, found?.vendor ?? null),
    tags: !record.tags || (found && record.tags.join() === splitAgain(found.tags)) ? (found?.tags ?? []) : record.tags,
    category: newer(record.category, found?.category ?? null) ?? uncategorized,
    optionNames: sameTexts(optionNames, found?.optionNames) ? found!.optionNames : optionNames,
    isActive: activeAfter(record.isPublished, found, pairs),
    shortDescription: newer(record.shortDescription, found?.shortDescription ?? null),
    isFeatured: record.isFeatured ?? found?.isFeatured ?? false,
    lengthCm: sizeOf(record.lengthCm, found?.lengthCm),
    widthCm: sizeOf(record.widthCm, found?.widthCm),
    heightCm: sizeOf(record.heightCm, found?.heightCm),
  }
}

const sizeOf = (said: number | null | undefined, kept: number | null = null) => (said === undefined ? kept : said)

/** What is taken off variant by variant is not shown either: that an unpublished product stays so needs no change. */
function activeAfter(isPublished: boolean | undefined, found: FoundProduct | undefined, pairs: Pair[]) {
  if (isPublished !== false) return isPublished ?? found?.isActive ?? true
  if (!found?.isActive) return false
  const isShown = found.variants.some((variant) => variant.isActive) || pairs.some((pair) => !pair.kept)
  return !isShown
}

/** A new name of the product is also in the names of the variants that the file does not have. */
function renameOthers(plan: Plan, product: PlannedProduct, pairs: Pair[], found: FoundProduct | undefined) {
  const inFile = new Set(pairs.map((pair) => pair.kept?.id))
  for (const { priceMinor: _, available: __, ...variant } of found?.variants ?? []) {
    if (inFile.has(variant.id)) continue
    plan.changedVariants.push({
      ...variant,
      productId: product.id,
      name: variantName(product.name, variant.optionValues),
    })
  }
}

const splitAgain = (tags: readonly string[]) =>
  [
    ...new Set(
      tags
        .join()
        .split(',')
        .map((tag) => tag.trim())
        .filter((tag) => tag !== ''),
    ),
  ].join()

const sameTexts = (a: readonly string[], b: readonly string[] | undefined) =>
  b !== undefined && a.length === b.length && a.every((text, i) => text === b[i]!.trim())

const sameProduct = (a: PlannedProduct, b: FoundProduct) =>
  a.name === b.name &&
  a.description === b.description &&
  a.vendor === b.vendor &&
  a.tags === b.tags &&
  a.category === b.category &&
  a.optionNames === b.optionNames &&
  a.isActive === b.isActive &&
  a.shortDescription === b.shortDescription &&
  a.isFeatured === b.isFeatured &&
  a.lengthCm === b.lengthCm &&
  a.widthCm === b.widthCm &&
  a.heightCm === b.heightCm

const sameVariant = (a: PlannedVariant, b: FoundVariant) =>
  a.position === b.position &&
  a.name === b.name &&
  a.sku === b.sku &&
  a.barcode === b.barcode &&
  a.kind === b.kind &&
  a.listMinor === b.listMinor &&
  a.discountBps === b.discountBps &&
  a.saleMinor === b.saleMinor &&
  a.weightGrams === b.weightGrams &&
  a.isActive === b.isActive
