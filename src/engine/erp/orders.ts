import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx, Engine } from '../context.ts'
import { enqueue } from '../events/jobs.ts'
import { toDecimalNumber } from '../money.ts'
import type { Store } from '../stores/stores.ts'
import { ensureKnown } from './customers.ts'
import { ErpError } from './erp.ts'
import type { Erp, NewErpOrder } from './erp.ts'

// Orders go out one after the other, in the order in which they were paid: an outage keeps them waiting, and none is lost,
// since the row that says so commits with the payment.

/**
 * The part of a WITH that has an order written in the ERP, where it is confirmed by its payment.
 * @param go stands in a FROM and has a row when it is to be done
 */
export const queuePart = (p: { storeId: string; orderId: string; now: Date }, go: RawBuilder<unknown>) => sql`
  insert into erp_order (store_id, order_id, queued_at, changed_at)
  select ${p.storeId}, ${p.orderId}, ${p.now}, ${p.now} from ${go} on conflict do nothing`

const queueMissed = statement(
  'erp.queue_missed',
  (p: { storeId: string; now: Date }) =>
    sql`
    insert into erp_order (store_id, order_id, queued_at, changed_at)
    select o.store_id, o.id, ${p.now}, ${p.now} from orders o
    where o.store_id = ${p.storeId} and o.state in ('confirmed', 'processing', 'shipped', 'delivered')
      and o.paid_at > ${p.now}::timestamptz - interval '7 days'
      and not exists (select from erp_order e where e.store_id = o.store_id and e.order_id = o.id)
    order by o.paid_at on conflict do nothing`,
)

// also one that waits, or was refused: of a try whose answer was lost, nobody knows what it left there
const queueCancel = statement(
  'erp.queue_cancel',
  (p: { storeId: string; orderId: string; now: Date }) =>
    sql`update erp_order set state = 'to_cancel', changed_at = ${p.now}
    where store_id = ${p.storeId} and order_id = ${p.orderId} and state in ('waiting', 'sent', 'refused')`,
)

/** A store's orders are worked on by one job at a time, so that they keep their order. */
const wake = (ctx: Ctx) => enqueue(ctx, 'erp-orders', {}, `erp orders ${ctx.store.storeId}`)

/** Has an order that was cancelled cancelled there too. */
export async function tellErpOfCancel(ctx: Ctx, orderId: string): Promise<void> {
  if (ctx.store.erpProvider === null) return
  await queueCancel(ctx.tx, { storeId: ctx.store.storeId, orderId, now: ctx.now })
  await wake(ctx)
}

interface Queued {
  orderId: string
  state: 'waiting' | 'to_cancel'
  erpId: number | null
  tries: number
  serial: number
}

// what the ERP refused waits for a person, and keeps none behind it
const nextQueued = statement(
  'erp.next_order',
  (p: { storeId: string; after: number }) =>
    sql<Queued>`
    select order_id, state, erp_id, tries, serial from erp_order
    where store_id = ${p.storeId} and state in ('waiting', 'to_cancel') and serial > ${p.after}
    order by serial limit 1`,
)

interface OutgoingOrder {
  number: string
  customerId: string
  createdAt: Date
  shippingMinor: number
  discountMinor: number
  customerNote: string | null
  lines: { variantErpId: number | null; name: string; quantity: number; unitMinor: number }[]
}

const outgoing = statement(
  'erp.outgoing_order',
  (p: { storeId: string; orderId: string }) =>
    sql<OutgoingOrder>`
    select o.number, o.customer_id, o.created_at, o.shipping_minor, o.discount_minor, o.customer_note,
      (select json_agg(json_build_object('variantErpId', v.erp_id, 'name', l.name, 'quantity', l.quantity,
          'unitMinor', l.unit_minor) order by l.position)
        from order_line l join variant v on v.store_id = l.store_id and v.id = l.variant_id
        where l.store_id = o.store_id and l.order_id = o.id) as lines
    from orders o where o.store_id = ${p.storeId} and o.id = ${p.orderId}`,
)

const settle = statement(
  'erp.settle_order',
  (p: {
    storeId: string
    orderId: string
    from: string
    to: string
    erpId: number | null
    erpName: string | null
    error: string | null
    now: Date
  }) =>
    sql`update erp_order set
      state = case when state = ${p.from} then ${p.to} else state end,
      erp_id = coalesce(${p.erpId}, erp_id), erp_name = coalesce(${p.erpName}, erp_name), tries = tries + 1,
      last_error = ${p.error}, changed_at = ${p.now}
    where store_id = ${p.storeId} and order_id = ${p.orderId}`,
)

/** One that failed so often, while the ERP answers, may be itself why, and lets those behind it pass. */
const manyTries = 10

/**
 * Sends what waits, oldest first, until nothing does or the ERP cannot be reached.
 * @returns how many went
 * @throws ErpError unavailable: what could not go waits, and is tried again
 */
export async function sendOrders(engine: Engine, erp: Erp, store: Store): Promise<number> {
  const { storeId } = store
  // those that cost nothing, or were paid when the shop was filling them already
  await queueMissed(engine.db, { storeId, now: engine.now() })
  let sent = 0
  let failure: ErpError | undefined
  for (let after = 0; ;) {
    const [queued] = await nextQueued(engine.db, { storeId, after })
    if (!queued) {
      if (failure) throw failure
      return sent
    }
    const { orderId, state: from } = queued
    after = queued.serial
    const facts = { storeId, orderId, from, erpId: null, erpName: null, error: null }
    let hasAnswered = false
    try {
      const order = one(await outgoing(engine.db, { storeId, orderId }))
      // by our number, also after a try whose answer was lost: so there is never a second one
      const known = await erp.findOrder(order.number)
      hasAnswered = true
      if (from === 'to_cancel') {
        const erpId = queued.erpId ?? known?.id ?? null
        if (erpId !== null) await erp.cancelOrder(erpId)
        await settle(engine.db, { ...facts, to: 'cancelled', erpId, now: engine.now() })
      } else {
        const written = known ?? (await erp.createOrder(await toErp(engine.db, erp, store, order)))
        if (written.state === 'draft' || written.state === 'sent') await erp.confirmOrder(written.id)
        await settle(engine.db, { ...facts, to: 'sent', erpId: written.id, erpName: written.name, now: engine.now() })
      }
      sent++
    } catch (error) {
      if (!(error instanceof ErpError)) throw error
      const isFinal = error.kind === 'refused' && !(error instanceof NotThereYet)
      const to = isFinal ? 'refused' : from
      await settle(engine.db, { ...facts, to, error: error.message.slice(0, 500), now: engine.now() })
      if (error.kind !== 'unavailable') continue
      if (!hasAnswered || queued.tries < manyTries) throw error
      failure = error
    }
  }
}

/** What was ordered is not known there: the order waits until it is, and keeps none behind it. */
class NotThereYet extends ErpError {
  constructor(message: string) {
    super('refused', message)
  }
}

async function toErp(db: Db, erp: Erp, store: Store, order: OutgoingOrder): Promise<NewErpOrder> {
  const unknown = order.lines.find((line) => line.variantErpId === null)
  if (unknown) throw new NotThereYet(`${unknown.name} is not linked with the ERP`)
  const amount = (minor: number) => toDecimalNumber(minor, store.exponent)
  const extras = [
    { name: 'Shipping', price: amount(order.shippingMinor) },
    { name: 'Discount', price: -amount(order.discountMinor) },
  ]
  return {
    reference: order.number,
    partnerId: await ensureKnown(db, erp, store, order.customerId),
    orderedAt: order.createdAt,
    lines: order.lines.map(({ variantErpId, name, quantity, unitMinor }) => ({
      variantId: variantErpId!,
      quantity,
      unitPrice: amount(unitMinor),
      name,
    })),
    extras: extras.filter(({ price }) => price !== 0),
    note: order.customerNote,
  }
}

/** What a store's ERP does not know yet. */
export interface ErpBacklog {
  waiting: number
  refused: number
  sent: number
  oldestWaitingAt: Date | null
  lastError: string | null
}

const backlog = statement(
  'erp.backlog',
  (p: { storeId: string }) =>
    sql<ErpBacklog>`
    select count(*) filter (where state in ('waiting', 'to_cancel'))::int as waiting,
      count(*) filter (where state = 'refused')::int as refused, count(*) filter (where state = 'sent')::int as sent,
      min(queued_at) filter (where state in ('waiting', 'to_cancel')) as oldest_waiting_at,
      (select last_error from erp_order e where e.store_id = ${p.storeId} and last_error is not null
        and state in ('waiting', 'to_cancel', 'refused') order by changed_at desc limit 1) as last_error
    from erp_order where store_id = ${p.storeId}`,
)

export const erpBacklog = async (db: Db, storeId: string): Promise<ErpBacklog> => one(await backlog(db, { storeId }))

const retryRefused = statement(
  'erp.retry_refused',
  (p: { storeId: string; now: Date }) =>
    sql<{ orderId: string }>`
    update erp_order e set state = case o.state when 'cancelled' then 'to_cancel' else 'waiting' end, changed_at = ${p.now}
    from orders o where e.store_id = ${p.storeId} and e.state = 'refused' and o.store_id = e.store_id and o.id = e.order_id
    returning e.order_id`,
)

/** Lets what the ERP refused be tried again, once somebody has seen to the cause. @returns how many */
export async function retryRefusedOrders(ctx: Ctx): Promise<number> {
  const again = await retryRefused(ctx.tx, { storeId: ctx.store.storeId, now: ctx.now })
  if (again.length > 0) await wake(ctx)
  return again.length
}
