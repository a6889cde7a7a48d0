import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'

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

interface Batch {
  ids: Set<string>
  answer: Promise<Fresh>
}

/**
 * Asks which version of a catalogue stands and what is in stock, for many requests with one statement: those that
 * come while one is under way wait for the next, which is sent after they came. None is answered by a statement
 * that began before it asked.
 */
export function createFreshness(db: Db) {
  const waiting = new Map<string, Batch>()
  const running = new Map<string, Promise<unknown>>()

  const send = async (storeId: string, batch: Batch): Promise<Fresh> => {
    // after the one that runs, and not before this turn's other requests have joined
    await running.get(storeId)
    await new Promise(setImmediate)
    waiting.delete(storeId)
    const answer = look(db, { storeId, ids: [...batch.ids] }).then(one)
    running.set(
      storeId,
      answer.catch(() => {}),
    )
    return answer
  }

  return {
    ask: (storeId: string, ids: readonly string[]): Promise<Fresh> => {
      let batch = waiting.get(storeId)
      if (!batch) {
        batch = { ids: new Set(), answer: Promise.resolve({} as Fresh) }
        waiting.set(storeId, batch)
        batch.answer = send(storeId, batch)
      }
      for (const id of ids) batch.ids.add(id)
      return batch.answer
    },
  }
}
