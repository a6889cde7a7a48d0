import { createEngine } from '../../context.ts'
import type { Engine } from '../../context.ts'
import { execute, openPool } from '../../database.ts'
import { addStore, listStores } from '../../stores/stores.ts'
import type { Store } from '../../stores/stores.ts'
import { exportProducts } from './export.ts'
import { importProducts } from './import.ts'
import type { ImportOptions } from './import.ts'
import type { Remark } from './record.ts'

/** An engine with empty stores, one a currency, at a time that the test moves. */
export async function openShop(url: string, currencies: string[] = ['INR'], connections = 4) {
  const pool = openPool(url, connections)
  const clock = { now: new Date('2026-01-05T10:00:00Z') }
  const engine = createEngine(pool, () => clock.now)
  for (const [i, currency] of currencies.entries()) {
    await addStore(engine.db, {
      slug: `shop-${i + 1}`,
      name: 'Shop',
      contracts: ['ionora'],
      currency,
      timeZone: 'Asia/Kolkata',
      taxRateBps: 1800,
      taxMode: 'exclusive',
      taxRounding: 'order',
      shippingMinor: 0,
      orderNumberTemplate: '{number:4}',
      unpaidMinutes: 30,
      tokenMinutes: 60,
      paymentProvider: 'razorpay',
      country: 'IN',
      profile: {},
      couriers: {},
      erpProvider: null,
      isDemo: false,
      hosts: [],
    })
  }
  const stores = await listStores(engine.db)
  return { engine, stores, store: stores[0]!, clock, close: () => pool.end() }
}

/** Imports a text in small pieces, so that characters and cells are cut. */
export async function importText(engine: Engine, store: Store, csv: string | Uint8Array, options: ImportOptions = {}) {
  const remarks: Remark[] = []
  const bytes = Buffer.from(csv)
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
  }
  const onRemark = (remark: Remark) => remarks.push(remark)
  return { ...(await importProducts(engine, store, pieces(), { ...options, onRemark })), remarks }
}

export async function exportText(engine: Engine, store: Store) {
  let csv = ''
  for await (const piece of exportProducts(engine, store)) csv += piece
  return csv
}

/** Every row of a store's catalogue, and its version: what "changes nothing" is about. */
export async function everything({ db }: Engine, { storeId }: Store): Promise<unknown> {
  const tables = ['category', 'catalogue_version', 'product', 'variant', 'image', 'stock']
  const rows = await Promise.all(
    tables.map((table) =>
      execute(db, `select to_jsonb(t) from ${table} t where store_id = $1 order by to_jsonb(t)::text`, [storeId]),
    ),
  )
  return Object.fromEntries(tables.map((table, i) => [table, rows[i]!.map(([row]) => row)]))
}
