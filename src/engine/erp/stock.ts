import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { system } from '../context.ts'
import type { Engine } from '../context.ts'
import type { Store } from '../stores/stores.ts'
import type { ErpStock } from './erp.ts'

const countedRows = (p: { storeId: string; rows: string }) => sql`
  select v.id as variant_id, v.erp_id, r.on_hand, r.reserved
  from jsonb_to_recordset(${p.rows}::jsonb) as r(erp_id int, on_hand int, reserved int)
  join variant v on v.store_id = ${p.storeId} and v.erp_id = r.erp_id and v.kind = 'tracked'`

const make = statement(
  'erp.make_stock',
  (p: { storeId: string; rows: string }) =>
    sql`
    insert into stock (store_id, variant_id, on_hand)
    select ${p.storeId}, variant_id, 0 from (${countedRows(p)}) c order by variant_id on conflict do nothing`,
)

const lock = statement(
  'erp.lock_stock',
  (p: { storeId: string; rows: string }) =>
    sql`
    select from (${countedRows(p)}) c join stock s on s.store_id = ${p.storeId} and s.variant_id = c.variant_id
    order by s.variant_id for no key update of s`,
)

// The rule: the ERP counts the shelf, the shop knows what it has promised. What lies on the shelf for us is the ERP's
// count, less what has left the shop though the ERP has not seen it leave, less what the ERP has promised to others than
// us. If that is less than the shop has promised, the ERP's count is taken all the same, nothing more is sold, and the
// conflict is written down: somebody has to find the missing pieces, or disappoint a customer.
const take = statement(
  'erp.take_counts',
  (p: { storeId: string; rows: string; isSure: boolean; now: Date }) =>
    sql<{ erpId: number }>`
    with counted as (${countedRows(p)}), ours as (
      select r.variant_id, sum(r.quantity) as left_unseen
      from erp_order e
      join orders o on o.store_id = e.store_id and o.id = e.order_id and o.state <> 'returned'
      join reservation r on r.store_id = e.store_id and r.order_id = e.order_id and r.state = 'taken'
      where e.store_id = ${p.storeId} and e.delivered_at is null and e.state <> 'cancelled'
        and r.variant_id in (select variant_id from counted)
      group by r.variant_id
    ), wanted as (
      select c.variant_id, c.erp_id, c.on_hand as erp_on_hand, c.reserved, s.on_hand, s.allocated,
        greatest(c.on_hand - coalesce(o.left_unseen, 0) - c.reserved, 0)::int as taken
      from counted c join stock s on s.store_id = ${p.storeId} and s.variant_id = c.variant_id
      left join ours o on o.variant_id = c.variant_id
    ), short as (
      select * from wanted where allocated > taken and on_hand <> taken
    ), changed as (
      update stock s set on_hand = w.taken from wanted w
      where s.store_id = ${p.storeId} and s.variant_id = w.variant_id and s.on_hand <> w.taken
        and (${p.isSure} or w.variant_id not in (select variant_id from short))
    ), told as (
      insert into erp_conflict (store_id, variant_id, at, erp_on_hand, erp_reserved, our_on_hand, our_allocated, taken_on_hand)
      select ${p.storeId}, variant_id, ${p.now}, erp_on_hand, reserved, on_hand, allocated, taken from short
      where ${p.isSure}
    )
    select erp_id from short`,
)

/**
 * Takes over the ERP's counts. Those that say less than the shop has promised are left as they are, unless it is sure that
 * they are so: then they are written down.
 * @returns the ERP's ids of these
 */
export async function takeCounts(
  engine: Engine,
  store: Store,
  counts: readonly ErpStock[],
  isSure: boolean,
): Promise<number[]> {
  if (counts.length === 0) return []
  const { storeId } = store
  const rows = JSON.stringify(
    counts.map(({ variantId, onHand, reserved }) => ({
      erp_id: variantId,
      on_hand: Math.max(0, Math.floor(onHand)),
      reserved: Math.max(0, Math.ceil(reserved)),
    })),
  )
  // a statement sees what was there as it began: what is shipped while the lock is waited for is in the next one's sight
  return engine.run(store, system, async ({ tx, now }) => {
    const [, , short] = await Promise.all([
      make(tx, { storeId, rows }),
      lock(tx, { storeId, rows }),
      take(tx, { storeId, rows, isSure, now }),
    ])
    return short.map(({ erpId }) => erpId)
  })
}

export interface StockConflict {
  variant: string
  at: Date
  erpOnHand: number
  erpReserved: number
  ourOnHand: number
  ourAllocated: number
  takenOnHand: number
}

const latest = statement(
  'erp.conflicts',
  (p: { storeId: string; limit: number }) =>
    sql<StockConflict>`
    select v.name as variant, c.at, c.erp_on_hand, c.erp_reserved, c.our_on_hand, c.our_allocated, c.taken_on_hand
    from erp_conflict c join variant v on v.store_id = c.store_id and v.id = c.variant_id
    where c.store_id = ${p.storeId} order by c.at desc, c.id desc limit ${p.limit}`,
)

/** Where the ERP counted less than the shop had promised, newest first. */
export const stockConflicts = (db: Db, storeId: string, limit: number) => latest(db, { storeId, limit })
