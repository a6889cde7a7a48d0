import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Ctx } from '../context.ts'

/** What followers of a store can hear of. */
export type EventType = 'customer.registered' | `order.${string}` | `payment.${string}` | `refund.${string}`

const insertEvent = statement(
  'events.emit',
  (p: { storeId: string; type: EventType; subjectId: string; data: string; now: Date }) =>
    sql`insert into event (store_id, type, subject_id, data, at)
      values (${p.storeId}, ${p.type}, ${p.subjectId}, ${p.data}::jsonb, ${p.now})`,
)

/** Writes an event in the transaction of the change that it tells of. */
export async function emit(ctx: Ctx, type: EventType, subjectId: string, data: object = {}): Promise<void> {
  await insertEvent(ctx.tx, { storeId: ctx.store.storeId, type, subjectId, data: JSON.stringify(data), now: ctx.now })
}
