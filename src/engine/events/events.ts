import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { statement } from '../database.ts'
import type { Ctx } from '../context.ts'

/** What an event can be about: its name begins with it, `order.placed`. */
export const eventFamilies = ['customer', 'order', 'payment', 'refund', 'proof'] as const

/** What followers of a store can hear of. */
export type EventType = 'customer.registered' | `${Exclude<(typeof eventFamilies)[number], 'customer'>}.${string}`

/**
 * The inside of a part of a WITH that owes events to the endpoints of their store that want to hear of them. It belongs
 * into every statement that writes an event, so that none can be there without being owed. A store without endpoints pays
 * one look into an index.
 * @param events what stands in a FROM and has `id` and `type`, of events that the same statement writes
 */
export const owedPart = (p: { storeId: string; now: Date }, events: RawBuilder<unknown>) => sql`
    insert into webhook_delivery (store_id, endpoint_id, event_id, created_at, due_at)
    select ${p.storeId}, e.id, v.id, ${p.now}, ${p.now}
    from ${events} v join webhook_endpoint e on e.store_id = ${p.storeId} and e.disabled_at is null
      and e.events && array[v.type, split_part(v.type, '.', 1) || '.*', '*']`

const insertEvent = statement(
  'events.emit',
  (p: { storeId: string; type: EventType; subjectId: string; data: string; now: Date }) =>
    sql`
      with emitted as (
        insert into event (store_id, type, subject_id, data, at)
        values (${p.storeId}, ${p.type}, ${p.subjectId}, ${p.data}::jsonb, ${p.now})
        returning id, type
      ), owed as (${owedPart(p, sql`emitted`)}) select`,
)

/** Writes an event in the transaction of the change that it tells of. */
export async function emit(ctx: Ctx, type: EventType, subjectId: string, data: object = {}): Promise<void> {
  await insertEvent(ctx.tx, { storeId: ctx.store.storeId, type, subjectId, data: JSON.stringify(data), now: ctx.now })
}
