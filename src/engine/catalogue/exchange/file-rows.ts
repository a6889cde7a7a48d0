import { toDecimalString } from '../../money.ts'
import { defuse } from './defuse.ts'
import type { FoundImage, FoundProduct, FoundVariant } from './existing.ts'
import { noOption } from './rows.ts'

/** Shopify's columns, in its order: those that other programs look for are there, though we may have nothing to say. */
export const header = [
  'Handle', 'Title', 'Body (HTML)', 'Vendor', 'Type', 'Tags', 'Published', 'Option1 Name', 'Option1 Value',
  'Option2 Name', 'Option2 Value', 'Option3 Name', 'Option3 Value', 'Variant SKU', 'Variant Grams',
  'Variant Inventory Tracker', 'Variant Inventory Qty', 'Variant Inventory Policy', 'Variant Fulfillment Service',
  'Variant Price', 'Variant Compare At Price', 'Variant Requires Shipping', 'Variant Taxable', 'Variant Barcode',
  'Image Src', 'Image Position', 'Image Alt Text', 'Gift Card', 'SEO Title', 'SEO Description',
  'Google Shopping / Google Product Category', 'Google Shopping / Gender', 'Google Shopping / Age Group',
  'Google Shopping / MPN', 'Google Shopping / AdWords Grouping', 'Google Shopping / AdWords Labels',
  'Google Shopping / Condition', 'Google Shopping / Custom Product', 'Google Shopping / Custom Label 0',
  'Google Shopping / Custom Label 1', 'Google Shopping / Custom Label 2', 'Google Shopping / Custom Label 3',
  'Google Shopping / Custom Label 4', 'Variant Image', 'Variant Weight Unit', 'Variant Tax Code', 'Cost per item',
  'Status', 'Short Description', 'Featured', 'Length (cm)', 'Width (cm)', 'Height (cm)',
] as const // oxfmt-ignore

type Cells = Partial<Record<(typeof header)[number], string>>

/**
 * The rows of one product: the first says what it is, and variants and images go beside each other down the rows.
 * Variants that were taken off are left out while the product has others; when it has none, it is a draft.
 * @param exponent digits after the point of the store's currency, in which the prices are printed
 */
export function fileRows(product: FoundProduct, exponent: number): string[][] {
  const active = product.variants.filter((variant) => variant.isActive)
  const variants = active.length > 0 ? active : product.variants
  const images = imagesOf(product, variants)
  const rows: string[][] = []
  for (let i = 0; i < Math.max(variants.length, images.length, 1); i++) {
    const variant = variants[i]
    const image = images[i]
    const cells: Cells = {
      Handle: defuse(product.slug),
      ...(i === 0 && productCells(product, product.isActive && active.length > 0)),
      ...(variant && variantCells(product, variant, exponent)),
      ...(image && {
        'Image Src': defuse(image.url),
        'Image Position': `${i + 1}`,
        'Image Alt Text': defuse(image.alt ?? ''),
      }),
    }
    rows.push(header.map((name) => cells[name] ?? ''))
  }
  return rows
}

function productCells(product: FoundProduct, isPublished: boolean): Cells {
  const names = product.optionNames.length > 0 ? product.optionNames : [noOption.name]
  return {
    Title: defuse(product.name),
    'Body (HTML)': defuse(product.description ?? ''),
    Vendor: defuse(product.vendor ?? ''),
    Type: defuse(product.category),
    Tags: defuse(product.tags.join(', ')),
    Published: `${isPublished}`,
    Status: isPublished ? 'active' : 'draft',
    'Option1 Name': defuse(names[0] ?? ''),
    'Option2 Name': defuse(names[1] ?? ''),
    'Option3 Name': defuse(names[2] ?? ''),
    'Short Description': defuse(product.shortDescription ?? ''),
    Featured: `${product.isFeatured}`,
    'Length (cm)': centimetres(product.lengthCm),
    'Width (cm)': centimetres(product.widthCm),
    'Height (cm)': centimetres(product.heightCm),
  }
}

const centimetres = (size: number | null) => (size === null ? '' : `${size}`)

function variantCells(product: FoundProduct, variant: FoundVariant, exponent: number): Cells {
  const values = variant.optionValues.length > 0 ? variant.optionValues : [noOption.value]
  const isCounted = variant.kind === 'tracked'
  return {
    'Option1 Value': defuse(values[0] ?? ''),
    'Option2 Value': defuse(values[1] ?? ''),
    'Option3 Value': defuse(values[2] ?? ''),
    'Variant SKU': defuse(variant.sku ?? ''),
    'Variant Grams': variant.weightGrams === null ? '' : `${variant.weightGrams}`,
    'Variant Inventory Tracker': isCounted ? 'shopify' : '',
    'Variant Inventory Qty': isCounted ? `${variant.available ?? 0}` : '',
    'Variant Inventory Policy': variant.kind === 'made_to_order' ? 'continue' : 'deny',
    'Variant Fulfillment Service': 'manual',
    'Variant Price': toDecimalString(variant.priceMinor, exponent),
    'Variant Compare At Price':
      variant.listMinor > variant.priceMinor ? toDecimalString(variant.listMinor, exponent) : '',
    'Variant Requires Shipping': `${variant.kind !== 'digital'}`,
    'Variant Taxable': 'true',
    'Variant Barcode': defuse(variant.barcode ?? ''),
    'Gift Card': `${variant.kind === 'digital'}`,
    'Variant Image': defuse(product.images.find((image) => image.variantId === variant.id)?.url ?? ''),
    'Variant Weight Unit': 'g',
  }
}

/** An image of several variants is written once. */
function imagesOf(product: FoundProduct, variants: readonly FoundVariant[]): FoundImage[] {
  const ids = new Set(variants.map((variant) => variant.id))
  const owned = new Set<string>()
  return product.images.filter((image) => {
    if (image.variantId === null) return true
    if (!ids.has(image.variantId) || owned.has(image.url)) return false
    owned.add(image.url)
    return true
  })
}
