/** What a file says of one product: its rows of one handle. What the file does not speak of is undefined. */
export interface ProductRecord {
  handle: string
  /** the first row's line */
  line: number
  /** lines that were read without a fault */
  lines: number[]
  title?: string
  /** HTML, cleaned; '' for none */
  description?: string
  vendor?: string
  /** '' for none */
  category?: string
  tags?: string[]
  isPublished?: boolean
  optionNames?: string[]
  /** '' for none */
  shortDescription?: string
  isFeatured?: boolean
  /** whole centimetres; null for an empty cell */
  lengthCm?: number | null
  widthCm?: number | null
  heightCm?: number | null
  variants: VariantRecord[]
  /** in the order in which they are shown, each once */
  images: ImageRecord[]
}

export interface VariantRecord {
  line: number
  /** none for a product that has no options */
  optionValues: string[]
  sku?: string
  barcode?: string
  /** null for an empty cell */
  weightGrams?: number | null
  /** what is asked, in the store's minor units */
  priceMinor?: number
  /** what was asked before; null for an empty cell */
  compareMinor?: number | null
  /** what can be bought */
  quantity?: number
  /** sold also when none is there, and so not counted */
  isContinued?: boolean
  isGiftCard?: boolean
  imageUrl?: string
}

export interface ImageRecord {
  url: string
  alt?: string
}

/** Something to tell about a line: it was left out, or went in with a change. */
export interface Remark {
  line: number
  kind: 'refused' | 'note'
  text: string
}

/** The file as a whole cannot be imported, and nothing of it was. The message says why and what would be right. */
export class FileRefused extends Error {}

/** A row cannot be imported; the message is the reason. */
export class RowRefused extends Error {}

/** What a variant is known by among its siblings. */
export const optionKey = (values: readonly string[]) => JSON.stringify(values.map((value) => value.trim()))

/** What the file says if it says something else than is kept, spaces around it aside; '' says that there is none. */
export const newer = (said: string | undefined, kept: string | null) =>
  said === undefined || said.trim() === (kept ?? '').trim() ? kept : said || null
