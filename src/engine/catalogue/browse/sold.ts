import { sql } from 'kysely'
import { statement } from '../../database.ts'
import type { Ctx } from '../../context.ts'
import { touchCatalogue } from '../categories.ts'

/** For how long a sale counts, in days. */
const days = 90

const changed = statement(
  'catalogue.sold_changed',
  (p: { storeId: string; since: Date }) =>
    sql<{ id: string; sold: number }>`
    select p.id, coalesce(n.sold, 0) as sold from product p left join (
      select l.product_id, sum(l.quantity)::int as sold from orders o
      join order_line l on l.store_id = o.store_id and l.order_id = o.id
      where o.store_id = ${p.storeId} and o.created_at > ${p.since} and o.paid_at is not null
        and o.state not in ('cancelled', 'expired')
      group by l.product_id) n on n.product_id = p.id
    where p.store_id = ${p.storeId} and p.sold_count <> coalesce(n.sold, 0)`,
)

const keep = statement(
  'catalogue.keep_sold',
  (p: { storeId: string; rows: string }) =>
    sql`
    update product p set sold_count = r.sold from jsonb_to_recordset(${p.rows}::jsonb) as r(id uuid, sold int)
    where p.store_id = ${p.storeId} and p.id = r.id`,
)

/** Counts what was sold of late: by it, lists are sorted by popularity. No order waits for this. */
export async function countSold(ctx: Ctx): Promise<void> {
  const { storeId } = ctx.store
  const since = new Date(ctx.now.getTime() - days * 86_400_000)
  const rows = await changed(ctx.tx, { storeId, since })
  if (rows.length === 0) return
  await touchCatalogue(ctx)
  await keep(ctx.tx, { storeId, rows: JSON.stringify(rows) })
}
