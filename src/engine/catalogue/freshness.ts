import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { shared } from '../sharing.ts'

/** What the database said at one moment after the question was asked. */
export interface Fresh {
  version: number
  /** what can be bought, by variant id; a variant without a stock row is missing */
  available: Readonly<Record<string, number>>
}

const look = statement(
  'catalogue.freshness',
  (p: { storeId: string; ids: readonly string[] }) =>
    sql<Fresh>`
    select version, coalesce((
      select json_object_agg(variant_id, greatest(on_hand - allocated, 0)) from stock
      where store_id = ${p.storeId} and variant_id = any(${p.ids})), '{}') as available
    from catalogue_version where store_id = ${p.storeId}`,
)

/**
 * Asks which version of a catalogue stands and what is in stock of some variants, for many requests with one statement.
 * @returns (storeId, variantIds) => answer
 */
export const createFreshness = (db: Db) =>
  shared((storeId, asked: (readonly string[])[]): Promise<Fresh> => {
    const ids = asked.length === 1 ? asked[0]! : [...new Set(asked.flat())]
    return look(db, { storeId, ids }).then(one)
  })
