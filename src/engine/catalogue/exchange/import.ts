import { sql } from 'kysely'
import { system } from '../../context.ts'
import type { Ctx, Engine } from '../../context.ts'
import { statement } from '../../database.ts'
import type { Store } from '../../stores/stores.ts'
import { findProducts } from './existing.ts'
import { byHalves } from './halves.ts'
import { newCounts, planImport } from './plan.ts'
import type { Counts, Plan } from './plan.ts'
import { priceReader } from './prices.ts'
import { readProducts } from './read-products.ts'
import type { Batch } from './read-products.ts'
import { FileRefused } from './record.ts'
import type { ProductRecord, Remark } from './record.ts'
import { writePlan } from './write.ts'

export interface ImportOptions {
  /** what the file's prices are in, when it is not the store's currency: "USD" */
  currency?: string
  /** what one unit of it is in the store's currency, as typed: "83.5" */
  rate?: string
  /** told of every line that was left out or changed, in the order of the file but for a product's own lines */
  onRemark?: (remark: Remark) => void
  /** told after every some hundred products */
  onProgress?: (summary: Readonly<ImportSummary>) => void
}

export interface ImportSummary extends Counts {
  /** rows read, the first line aside */
  rows: number
  rowsRefused: number
}

/**
 * Imports Shopify's product CSV, of either generation of headers, into a store.
 *
 * Products are found by their handle, variants by their options; what the file says wins, and what it does not speak
 * of (a missing column, a variant that is not in it) stays. A quantity sets what can be bought now. Importing the same
 * file again changes nothing, also not a time of change or the catalogue's version. Each some hundred products are a
 * transaction: what was imported before an error stays, and a second run goes on from there.
 * @param source the file's bytes, in pieces of any size
 * @throws FileRefused when nothing can be imported: another kind of file, or a currency without a rate
 */
export async function importProducts(
  engine: Engine,
  store: Store,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
): Promise<ImportSummary> {
  const readPrice = priceReader(store.exponent, rateOf(store, options))
  const summary: ImportSummary = { rows: 0, rowsRefused: 0, ...newCounts() }

  const finish = async (batch: Batch) => {
    const plans = await importBatch(engine, store, batch.products)
    const remarks = [...batch.remarks, ...plans.flatMap((plan) => plan.remarks)].sort((a, b) => a.line - b.line)
    for (const remark of remarks) {
      if (remark.kind === 'refused') summary.rowsRefused++
      options.onRemark?.(remark)
    }
    summary.rows += batch.rows
    for (const { counts } of plans)
      for (const key of Object.keys(counts) as (keyof Counts)[]) summary[key] += counts[key]
    options.onProgress?.(summary)
  }

  // the next batch is read while the one before is written
  let writing: Promise<void> = Promise.resolve()
  for await (const batch of readProducts(source, readPrice)) {
    await writing
    writing = finish(batch)
    writing.catch(() => {}) // thrown where it is awaited
  }
  await writing
  return summary
}

function rateOf(store: Store, { currency = store.currency, rate }: ImportOptions): string | undefined {
  if (!/^[A-Z]{3}$/.test(currency)) throw new FileRefused(`a currency is three letters such as USD, not "${currency}"`)
  if (currency !== store.currency && rate === undefined) {
    throw new FileRefused(`the store's prices are in ${store.currency}: say with --rate what one ${currency} is in it`)
  }
  if (currency === store.currency && rate !== undefined) {
    throw new FileRefused(`prices in ${store.currency} need no rate: say with --currency what else they are in`)
  }
  try {
    priceReader(store.exponent, rate)
  } catch (error) {
    throw new FileRefused((error as RangeError).message)
  }
  return rate
}

const lock = statement(
  'exchange.lock_catalogue',
  (p: { storeId: string }) =>
    sql`select version from catalogue_version where store_id = ${p.storeId} for no key update`,
)

/** Compares and writes in one transaction, in which nobody else changes the store's catalogue. */
const importBatch = (engine: Engine, store: Store, products: readonly ProductRecord[]): Promise<Plan[]> =>
  byHalves(
    products,
    (some) => engine.run(store, system, (ctx) => importRecords(ctx, some)),
    (product, error) => Promise.resolve(refusedPlan(product, error.message)),
  )

/**
 * Compares what is said of some products with what is kept, and writes the difference, in the caller's transaction.
 * @returns what was written, and what had to be left out
 */
export async function importRecords(ctx: Ctx, products: readonly ProductRecord[]): Promise<Plan> {
  const { storeId } = ctx.store
  await lock(ctx.tx, { storeId })
  const found = await findProducts(
    ctx.tx,
    storeId,
    products.map((product) => product.handle),
  )
  const plan = planImport(products, found)
  await writePlan(ctx, plan, found)
  return plan
}

function refusedPlan(product: ProductRecord, message: string): Plan {
  const plan = planImport([], new Map())
  plan.counts.productsRefused = 1
  plan.remarks = product.lines.map((line) => ({
    line,
    kind: 'refused',
    text: `the database refuses the product: ${message}`,
  }))
  return plan
}
