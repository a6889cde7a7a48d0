import { restore } from './defuse.ts'
import { FileRefused, RowRefused } from './record.ts'

/**
 * Every column that is read, by its two names: Shopify's product CSV before and after its change of headers. The last five
 * are ours: what Shopify keeps in each shop's own fields.
 */
const names = {
  handle: ['Handle', 'URL handle'],
  title: ['Title'],
  description: ['Body (HTML)', 'Description'],
  vendor: ['Vendor'],
  category: ['Type'],
  tags: ['Tags'],
  published: ['Published', 'Published on online store'],
  status: ['Status'],
  optionName1: ['Option1 Name'],
  optionValue1: ['Option1 Value'],
  optionName2: ['Option2 Name'],
  optionValue2: ['Option2 Value'],
  optionName3: ['Option3 Name'],
  optionValue3: ['Option3 Value'],
  optionName4: ['Option4 Name'],
  optionValue4: ['Option4 Value'],
  sku: ['Variant SKU', 'SKU'],
  barcode: ['Variant Barcode', 'Barcode'],
  grams: ['Variant Grams', 'Weight value (grams)'],
  quantity: ['Variant Inventory Qty', 'Inventory quantity'],
  policy: ['Variant Inventory Policy', 'Continue selling when out of stock'],
  price: ['Variant Price', 'Price'],
  compare: ['Variant Compare At Price', 'Compare-at price'],
  imageUrl: ['Image Src', 'Product image URL'],
  imagePosition: ['Image Position'],
  imageAlt: ['Image Alt Text'],
  variantImage: ['Variant Image', 'Variant image URL'],
  giftCard: ['Gift Card'],
  shortDescription: ['Short Description'],
  featured: ['Featured'],
  length: ['Length (cm)'],
  width: ['Width (cm)'],
  height: ['Height (cm)'],
} as const satisfies Record<string, readonly string[]>

export type Column = keyof typeof names

/** Characters at most. Where there is none named, a cell is a number or a word of a known few. */
const limits: Partial<Record<Column, number>> = {
  handle: 255,
  title: 500,
  description: 500_000,
  vendor: 255,
  category: 255,
  tags: 5000,
  optionName1: 255,
  optionName2: 255,
  optionName3: 255,
  optionValue1: 255,
  optionValue2: 255,
  optionValue3: 255,
  sku: 255,
  barcode: 255,
  imageUrl: 2048,
  imageAlt: 1000,
  variantImage: 2048,
  shortDescription: 500,
}
const otherLimit = 50

/** Text that is kept to the last space. */
const untrimmed: ReadonlySet<Column> = new Set(['description'])
/** Numbers and known words: an apostrophe before them is a fault, not a defused formula. */
const plain: ReadonlySet<Column> = new Set([
  'grams',
  'quantity',
  'price',
  'compare',
  'imagePosition',
  'length',
  'width',
  'height',
])

/** The columns of one file. */
export interface Columns {
  has(column: Column): boolean
  /** the name that the file gives the column, for messages */
  nameOf(column: Column): string
  /** A cell's text, '' when it is empty. @throws RowRefused when it is too long */
  read(cells: readonly string[], column: Column): string
}

/**
 * Finds the columns by the names in the first line, in any order and case; others are passed over.
 * @throws FileRefused when it is the first line of something else
 */
export function readHeader(header: readonly string[]): Columns {
  const places = new Map<string, number>()
  for (const [place, name] of header.entries()) {
    const key = name.trim().toLowerCase()
    if (!places.has(key)) places.set(key, place)
    else if (known.has(key)) throw new FileRefused(`the column "${name.trim()}" stands twice in the first line`)
  }
  const found: Partial<Record<Column, number>> = {}
  for (const column of Object.keys(names) as Column[]) {
    const here = names[column].filter((name) => places.has(name.toLowerCase()))
    if (here.length > 1) throw new FileRefused(`the columns "${here.join('" and "')}" say the same: leave one of them`)
    if (here[0]) found[column] = places.get(here[0].toLowerCase())!
  }
  if (found.handle === undefined || Object.keys(found).length === 1) throw new FileRefused(strange(header))
  return {
    has: (column) => found[column] !== undefined,
    nameOf: (column) => header[found[column]!]?.trim() ?? names[column][0],
    read: (cells, column) => {
      const cell = cells[found[column] ?? -1] ?? ''
      if (cell === '') return ''
      const text = plain.has(column) ? cell.trim() : untrimmed.has(column) ? restore(cell) : restore(cell).trim()
      const limit = limits[column] ?? otherLimit
      if (text.length > limit) {
        throw new RowRefused(
          `${header[found[column]!]!.trim()} has ${text.length} characters, at most ${limit} are taken`,
        )
      }
      return text
    },
  }
}

const known = new Set(Object.values(names).flatMap((both) => both.map((name) => name.toLowerCase())))

function strange(header: readonly string[]) {
  const line = header.join(',')
  const separator = [';', '\t'].find((sign) => line.split(sign).some((name) => known.has(name.trim().toLowerCase())))
  const hint =
    separator && !line.includes(',')
      ? `cells are separated by ${separator === ';' ? 'semicolons' : 'tabs'}: save it with commas`
      : 'its first line names no column "Handle" or "URL handle" beside others that are known'
  return `this is no product CSV as Shopify writes it: ${hint}`
}
