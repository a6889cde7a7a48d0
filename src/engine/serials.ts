import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import { statement } from './database.ts'
import type { Db } from './database.ts'
import type { Ctx } from './context.ts'

/** What contracts that show integers name by them. */
const tables = ['address', 'cart_line', 'product', 'review', 'variant', 'wishlist_item'] as const
type Table = (typeof tables)[number]

type Find = (db: Db, params: { storeId: string; serial: number }) => Promise<{ id: string }[]>

const finds = Object.fromEntries(
  tables.map((table) => [
    table,
    statement(
      `serials.${table}`,
      (p: { storeId: string; serial: number }) =>
        sql<{ id: string }>`
        select id from ${sql.table(table)} where store_id = ${p.storeId} and serial = ${p.serial}`,
    ),
  ]),
) as Record<Table, Find>

/** Rows of these are never removed, so what their numbers stand for can be kept. */
const known = new LRUCache<string, string>({ max: 50_000 })
const lasting: ReadonlySet<Table> = new Set(['product', 'variant'])

/**
 * The id of the row that a contract names by its number in a store. It grants nothing: whoever uses it asks whose it is.
 * @returns an id that no row has when there is none
 */
export async function idOf(ctx: Ctx<Db>, table: Table, serial: number): Promise<string> {
  const { storeId } = ctx.store
  const key = `${storeId} ${table} ${serial}`
  const kept = known.get(key)
  if (kept) return kept
  const [row] = await finds[table](ctx.tx, { storeId, serial })
  if (row && lasting.has(table)) known.set(key, row.id)
  return row?.id ?? nobody
}

const nobody = '00000000-0000-0000-0000-000000000000'
