import { slugify } from '../slugs.ts'
import type { Column, Columns } from './columns.ts'
import type { ReadPrice } from './prices.ts'
import { RowRefused, optionKey } from './record.ts'
import type { ImageRecord, ProductRecord, Remark, VariantRecord } from './record.ts'

/** The category of products whose type is empty. */
export const uncategorized = 'Uncategorized'

const optionNames = ['optionName1', 'optionName2', 'optionName3'] as const
const optionValues = ['optionValue1', 'optionValue2', 'optionValue3'] as const

/** How Shopify writes the one variant of a product that has no options. */
export const noOption = { name: 'Title', value: 'Default Title' }

/** Shopify's own limits, which also bound what one product can take of our memory. */
const maxVariants = 2048
const maxImages = 250

/** Bytes of a variant's option values together: they are a key, and PostgreSQL's index takes 2,700. */
const maxKeyBytes = 2000

interface PlacedImage extends ImageRecord {
  position?: number
}

/** Collects the rows of one handle. */
export interface ProductRows {
  readonly handle: string
  /** @throws RowRefused when the row cannot go in; what the first row says of the product still counts */
  add(line: number, cells: readonly string[]): void
  /** undefined when every row was refused */
  finish(): ProductRecord | undefined
}

/** The handle of a row, as slugs are written. @throws RowRefused when there is none */
export function handleOf(columns: Columns, cells: readonly string[]): string {
  const handle = columns.read(cells, 'handle')
  if (handle === '') throw new RowRefused(`${columns.nameOf('handle')} is empty`)
  return /[\s/?#\\%]/.test(handle) ? slugify(handle).toWellFormed() : handle
}

/**
 * The first row says what the product is, when it has a title; each row with an option, a price, a SKU or a barcode is
 * a variant, and any row may bring an image.
 */
export function productRows(
  handle: string,
  columns: Columns,
  readPrice: ReadPrice,
  remark: (remark: Remark) => void,
): ProductRows {
  let record: ProductRecord | undefined
  let isFirst = true
  let isGiftCard: boolean | undefined
  const keys = new Map<string, number>()
  const images = new Map<string, PlacedImage>()

  const given = (cells: readonly string[], column: Column) =>
    columns.has(column) ? columns.read(cells, column) : undefined

  const productOf = (line: number, cells: readonly string[]): ProductRecord => {
    const empty = { handle, line, lines: [], variants: [], images: [] }
    const title = given(cells, 'title')
    // without a title it may be a product's later row whose first was no CSV: its empty cells say nothing
    if (title === '') return empty
    const description = given(cells, 'description')
    const names = optionNames.map((column) => columns.read(cells, column))
    while (names.at(-1) === '') names.pop()
    return {
      ...empty,
      title,
      description,
      vendor: given(cells, 'vendor'),
      category: given(cells, 'category'),
      tags: columns.has('tags') ? splitTags(columns.read(cells, 'tags')) : undefined,
      isPublished: publishedOf(columns, cells),
      shortDescription: given(cells, 'shortDescription'),
      isFeatured: booleanOf(columns, cells, 'featured'),
      lengthCm: centimetresOf(columns, cells, 'length'),
      widthCm: centimetresOf(columns, cells, 'width'),
      heightCm: centimetresOf(columns, cells, 'height'),
      optionNames: names.length === 0 || (names.length === 1 && names[0] === noOption.name) ? undefined : names,
    }
  }

  const variantOf = (
    line: number,
    cells: readonly string[],
    isGift: boolean | undefined,
  ): VariantRecord | undefined => {
    const values = optionsOf(columns, cells)
    const price = columns.read(cells, 'price')
    const sku = given(cells, 'sku')
    const barcode = given(cells, 'barcode')
    if (values.length === 0 && !price && !sku && !barcode) return undefined
    const compare = given(cells, 'compare')
    return {
      line,
      optionValues: values.length === 1 && values[0] === noOption.value ? [] : values,
      sku,
      barcode,
      weightGrams: weightOf(columns, cells),
      priceMinor: price === '' ? undefined : amountOf(columns, 'price', price, readPrice),
      compareMinor: compare ? amountOf(columns, 'compare', compare, readPrice) : compare === '' ? null : undefined,
      quantity: quantityOf(columns, cells),
      isContinued: policyOf(columns, cells),
      isGiftCard: isGift,
      imageUrl: addressOf(columns, cells, 'variantImage'),
    }
  }

  return {
    handle,
    add: (line, cells) => {
      // kept though the row's variant may be refused: its siblings belong to the product that it names
      record ??= productOf(line, cells)
      const gift = booleanOf(columns, cells, 'giftCard')
      if (isFirst) isGiftCard = gift
      isFirst = false
      const variant = variantOf(line, cells, gift ?? isGiftCard)
      const image = imageOf(columns, cells)
      const key = variant && optionKey(variant.optionValues)
      if (key) {
        const before = keys.get(key)
        if (before !== undefined) throw new RowRefused(`the options ${wordsOf(variant)} came already on line ${before}`)
        if (keys.size === maxVariants) throw new RowRefused(`a product has ${maxVariants} variants at most`)
        if (Buffer.byteLength(key) > maxKeyBytes) throw new RowRefused('the option values are too long together')
      }
      // some repeat the image on every row; only another position makes it a second one
      const place = image && `${image.position ?? ''} ${image.url}`
      if (place && !images.has(place) && images.size === maxImages) {
        throw new RowRefused(`a product has ${maxImages} images at most`)
      }
      record.lines.push(line)
      if (place && !images.has(place)) images.set(place, image)
      if (!key) return
      keys.set(key, line)
      record.variants.push(variant)
      if (Number(columns.read(cells, 'quantity')) < 0)
        remark({ line, kind: 'note', text: 'a quantity below zero went in as 0' })
    },
    finish: () => {
      if (!record || record.lines.length === 0) return undefined
      const placed = [...images.values()].sort((a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || 0)
      const urls = new Set(placed.map((image) => image.url))
      for (const { imageUrl } of record.variants) {
        if (!imageUrl || urls.has(imageUrl)) continue
        urls.add(imageUrl)
        placed.push({ url: imageUrl })
      }
      record.images = placed.map(({ url, alt }) => ({ url, alt }))
      return record
    },
  }
}

const wordsOf = (variant: VariantRecord) =>
  variant.optionValues.length > 0 ? `"${variant.optionValues.join(' / ')}"` : `"${noOption.value}"`

function splitTags(text: string) {
  const tags = text.split(',').map((tag) => tag.trim())
  return [...new Set(tags.filter((tag) => tag !== ''))]
}

function optionsOf(columns: Columns, cells: readonly string[]) {
  if (columns.read(cells, 'optionValue4') || columns.read(cells, 'optionName4')) {
    throw new RowRefused('a product has 3 options at most')
  }
  const values = optionValues.map((column) => columns.read(cells, column))
  while (values.at(-1) === '') values.pop()
  const gap = values.indexOf('')
  if (gap >= 0) throw new RowRefused(`${columns.nameOf(optionValues[gap]!)} is empty, but a later option is not`)
  return values
}

function amountOf(columns: Columns, column: Column, text: string, readPrice: ReadPrice) {
  const minor = readPrice(text)
  if (minor === null) throw new RowRefused(`${columns.nameOf(column)} "${text}" is no amount such as 1299.50`)
  return minor
}

function quantityOf(columns: Columns, cells: readonly string[]) {
  const text = columns.read(cells, 'quantity')
  if (text === '') return undefined
  if (!/^[+-]?\d{1,9}$/.test(text)) throw new RowRefused(`${columns.nameOf('quantity')} "${text}" is no whole number`)
  return Math.max(Number(text), 0)
}

function weightOf(columns: Columns, cells: readonly string[]) {
  if (!columns.has('grams')) return undefined
  const text = columns.read(cells, 'grams')
  if (text === '') return null
  if (!/^\d{1,9}(\.\d{0,12})?$/.test(text))
    throw new RowRefused(`${columns.nameOf('grams')} "${text}" is no weight in grams`)
  return Math.round(Number(text))
}

function centimetresOf(columns: Columns, cells: readonly string[], column: Column) {
  if (!columns.has(column)) return undefined
  const text = columns.read(cells, column)
  if (text === '') return null
  if (!/^\d{1,6}(\.\d{0,6})?$/.test(text))
    throw new RowRefused(`${columns.nameOf(column)} "${text}" is no length in cm`)
  return Math.round(Number(text))
}

function booleanOf(columns: Columns, cells: readonly string[], column: Column) {
  const text = columns.read(cells, column).toLowerCase()
  if (text === '') return undefined
  if (text !== 'true' && text !== 'false')
    throw new RowRefused(`${columns.nameOf(column)} "${text}" is neither true nor false`)
  return text === 'true'
}

/** deny and continue in one header, false and true in the other; an empty cell is Shopify's own default. */
function policyOf(columns: Columns, cells: readonly string[]) {
  if (!columns.has('policy')) return undefined
  const text = columns.read(cells, 'policy').toLowerCase()
  if (text === 'continue' || text === 'true') return true
  if (text === 'deny' || text === 'false' || text === '') return false
  throw new RowRefused(`${columns.nameOf('policy')} "${text}" is neither deny nor continue`)
}

/** Drafts and archived products are not shown, whatever the other column says. */
function publishedOf(columns: Columns, cells: readonly string[]) {
  if (!columns.has('published') && !columns.has('status')) return undefined
  const status = columns.read(cells, 'status').toLowerCase()
  if (!['', 'active', 'draft', 'archived', 'unlisted'].includes(status)) {
    throw new RowRefused(`${columns.nameOf('status')} "${status}" is none of active, draft and archived`)
  }
  return (booleanOf(columns, cells, 'published') ?? true) && (status === '' || status === 'active')
}

function imageOf(columns: Columns, cells: readonly string[]): PlacedImage | undefined {
  const url = addressOf(columns, cells, 'imageUrl')
  if (!url) return undefined
  const position = columns.read(cells, 'imagePosition')
  if (!/^\d{0,9}$/.test(position))
    throw new RowRefused(`${columns.nameOf('imagePosition')} "${position}" is no whole number`)
  const alt = columns.read(cells, 'imageAlt')
  return { url, alt: alt || undefined, position: position === '' ? undefined : Number(position) }
}

/** An address on the web, or a path on our own site: nothing that a browser would run. */
function addressOf(columns: Columns, cells: readonly string[], column: Column) {
  const text = columns.read(cells, column)
  if (text === '') return undefined
  // oxlint-disable-next-line no-control-regex -- browsers pass over them inside "java\tscript:"
  if (/[\u0000-\u0020]/.test(text) || (/^[a-z][a-z0-9+.-]*:/i.test(text) && !/^https?:\/\/[^/]/i.test(text))) {
    throw new RowRefused(`${columns.nameOf(column)} is no web address`)
  }
  return text
}
