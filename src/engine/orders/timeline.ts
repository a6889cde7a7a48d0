import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { statement } from '../database.ts'
import { actorName } from '../context.ts'
import type { Ctx } from '../context.ts'
import { owedPart } from '../events/events.ts'

interface Telling {
  storeId: string
  now: Date
}

/**
 * The parts of a WITH that write what happened to an order: a line of its timeline and an event each, and that it is owed to
 * whoever follows.
 * @param happened what stands in a FROM and has `order_id`, `kind`, `actor` and `note`, in the order in which it happened
 */
export const tellParts = (p: Telling, happened: RawBuilder<unknown>) => sql`
  told as (
    insert into timeline (store_id, order_id, kind, note, actor, at)
    select ${p.storeId}, order_id, kind, note, actor, ${p.now} from ${happened}
  ), emitted as (
    insert into event (store_id, type, subject_id, at)
    select ${p.storeId}, 'order.' || kind, order_id, ${p.now} from ${happened}
    returning id, type
  ), owed as (${owedPart(p, sql`emitted`)})`

const write = statement(
  'orders.tell',
  (p: Telling & { orderId: string; kinds: string[]; actor: string; note: string | null }) =>
    sql`
      with h as (
        select ${p.orderId}::uuid as order_id, kind, ${p.actor}::text as actor, ${p.note}::text as note
        from unnest(${p.kinds}::text[]) kind
      ),
      ${tellParts(p, sql`h`)} select`,
)

/** Writes what happened to an order. */
export async function tell(ctx: Ctx, orderId: string, kinds: string[], note: string | null = null): Promise<void> {
  await write(ctx.tx, { storeId: ctx.store.storeId, orderId, kinds, note, actor: actorName(ctx.actor), now: ctx.now })
}
