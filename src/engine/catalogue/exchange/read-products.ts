import { cleanHtml } from '../html.ts'
import { readHeader } from './columns.ts'
import type { Columns } from './columns.ts'
import { readCsv } from './csv-reader.ts'
import type { ReadPrice } from './prices.ts'
import { FileRefused, RowRefused } from './record.ts'
import type { ProductRecord, Remark } from './record.ts'
import { handleOf, productRows } from './rows.ts'
import type { ProductRows } from './rows.ts'

/** Some hundred products, read and cleaned, with what is to be said of the lines between them. */
export interface Batch {
  products: ProductRecord[]
  remarks: Remark[]
  /** rows of the file in it, refused ones too */
  rows: number
}

/** Enough to make a statement worth its way, few enough not to keep other writers of the catalogue waiting. */
const batchRows = 1500
const batchCharacters = 2_000_000

/**
 * Reads a product CSV. Rows of one product stand together, as Shopify writes them: rows of a handle that came already
 * are refused, since what they would change depended on what lies between.
 * @throws FileRefused when it is no such file
 */
export async function* readProducts(source: AsyncIterable<Uint8Array>, readPrice: ReadPrice): AsyncGenerator<Batch> {
  let columns: Columns | undefined
  let batch: Batch = { products: [], remarks: [], rows: 0 }
  let characters = 0
  let open: ProductRows | undefined
  const seen = new Map<string, number>()

  const remark = (entry: Remark) => batch.remarks.push(entry)
  const close = () => {
    const product = open?.finish()
    if (product) batch.products.push(product)
    open = undefined
  }

  for await (const row of readCsv(source)) {
    if (!columns) {
      if ('fault' in row) throw new FileRefused(`line ${row.line} is no CSV: ${row.fault}`)
      columns = readHeader(row.cells)
      continue
    }
    if (!('fault' in row) && row.cells.every((cell) => cell === '')) continue
    // the product whose rows are being read goes with the next batch
    if (batch.rows >= batchRows || characters >= batchCharacters) {
      yield await cleaned(batch)
      batch = { products: [], remarks: [], rows: 0 }
      characters = 0
    }
    batch.rows++
    try {
      if ('fault' in row) throw new RowRefused(row.fault)
      const { line, cells } = row
      if (cells.some((cell) => cell.includes('\0'))) throw new RowRefused('holds a NUL, or bytes that are not UTF-8')
      const handle = handleOf(columns, cells)
      if (handle !== open?.handle) {
        close()
        const before = seen.get(handle)
        if (before !== undefined) {
          throw new RowRefused(`"${handle}" came already on line ${before}: rows of one product stand together`)
        }
        seen.set(copyOf(handle), line)
        open = productRows(handle, columns, readPrice, remark)
      }
      characters += cells.reduce((sum, cell) => sum + cell.length, 0)
      open.add(line, cells)
    } catch (error) {
      if (!(error instanceof RowRefused)) throw error
      remark({ line: row.line, kind: 'refused', text: error.message })
    }
  }
  if (!columns) throw new FileRefused('the file is empty')
  close()
  yield await cleaned(batch)
}

async function cleaned(batch: Batch) {
  for (const product of batch.products) {
    if (product.description) product.description = await cleanHtml(product.description)
  }
  return batch
}

/** A part of a text keeps the whole of it in memory; what is kept for long is copied. */
const copyOf = (text: string) => Buffer.from(text).toString()
