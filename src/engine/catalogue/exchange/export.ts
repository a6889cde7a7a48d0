import { stringify } from 'csv-stringify/sync'
import { system } from '../../context.ts'
import type { Engine } from '../../context.ts'
import type { Store } from '../../stores/stores.ts'
import { productsAfter } from './existing.ts'
import { fileRows, header } from './file-rows.ts'

const pageSize = 500

/**
 * A store's products as Shopify's product CSV, with the older headers, in pieces of some hundred products and in the
 * order of their slugs: `importProducts` takes it back without a change. Prices are in the store's currency; text that
 * a spreadsheet would run as a formula begins with an apostrophe.
 * @param onProgress told how many products were written so far
 */
export async function* exportProducts(
  engine: Engine,
  store: Store,
  onProgress?: (products: number) => void,
): AsyncGenerator<string> {
  const { tx } = engine.direct(store, system)
  yield toCsv([[...header]])
  let written = 0
  for (let slug = ''; ;) {
    const products = await productsAfter(tx, store.storeId, slug, pageSize)
    if (products.length === 0) return
    yield toCsv(products.flatMap((product) => fileRows(product, store.exponent)))
    slug = products.at(-1)!.slug
    onProgress?.((written += products.length))
  }
}

// a lone carriage return ends a record for many readers
const toCsv = (rows: string[][]) => stringify(rows, { record_delimiter: '\n', quoted_match: /[\r\n]/ })
