import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Engine } from '../context.ts'
import { lockOrder, moveIfPossible } from '../orders/moves.ts'
import type { OrderState } from '../orders/states.ts'
import { tell } from '../orders/timeline.ts'
import type { Store } from '../stores/stores.ts'
import { forEachParcel, ifOrderedBy } from './courier.ts'
import type { Tracked, Tracking } from './courier.ts'
import type { FindCourier } from './quotes.ts'

interface DueParcel extends Tracked {
  storeId: string
  orderId: string
  /** who ordered its courier; null for one that staff ordered */
  provider: string | null
}

// The younger a parcel, the more often it is asked for: after a tenth of its age again, at least every two hours.
const dueParcels = statement(
  'parcels.due',
  (p: { now: Date; limit: number; storeId: string | null; asked: string[] }) =>
    sql<DueParcel>`
    update shipment s set polled_at = ${p.now}
    from (
      select s.store_id, s.order_id, coalesce(a.phone, c.phone, '') as phone from shipment s
      join orders o on o.store_id = s.store_id and o.id = s.order_id
      join customer c on c.store_id = o.store_id and c.id = o.customer_id
      left join order_address a on a.store_id = o.store_id and a.order_id = o.id
      where s.courier is not null and s.tracking_number is not null and s.delivered_at is null and o.state = 'shipped'
        and s.shipped_at > ${p.now}::timestamptz - interval '60 days'
        and case when ${p.storeId}::uuid is null then coalesce(s.polled_at, s.shipped_at)
            < ${p.now}::timestamptz - least((${p.now}::timestamptz - s.shipped_at) / 10, interval '2 hours')
          else s.store_id = ${p.storeId} and s.order_id <> all (${p.asked}::uuid[]) end
      order by s.polled_at nulls first limit ${p.limit} for update of s skip locked
    ) due
    where s.store_id = due.store_id and s.order_id = due.order_id
    returning s.store_id, s.order_id, s.courier, s.provider, s.tracking_number, s.provider_id, due.phone`,
)

// what is told of a parcel that was ordered anew meanwhile is told of another one
const keepTracking = statement(
  'parcels.tracked',
  (p: { storeId: string; orderId: string; trackingNumber: string; state: Tracking['state']; events: string }) =>
    sql<{ before: string | null }>`
    update shipment s set state = ${p.state}, events = ${p.events}::jsonb
    from shipment old
    where s.store_id = ${p.storeId} and s.order_id = ${p.orderId} and s.tracking_number = ${p.trackingNumber}
      and old.store_id = s.store_id and old.order_id = s.order_id
    returning old.state as before`,
)

/**
 * Asks the couriers where parcels are, and moves their orders on.
 * @param storeById whose parcels they are
 * @param only every parcel of this store that is under way, however lately it was asked for; without it, those that it
 *   is time for, as many as `limit`
 * @returns how many were asked for
 * @throws AggregateError of what went wrong and was no courier's outage
 */
export async function trackParcels(
  engine: Engine,
  find: FindCourier,
  storeById: (storeId: string) => Store | undefined,
  only: Store | null = null,
  limit = 200,
): Promise<number> {
  const due: DueParcel[] = []
  for (;;) {
    const asked = due.map(({ orderId }) => orderId)
    const more = await dueParcels(engine.db, { now: engine.now(), limit, storeId: only?.storeId ?? null, asked })
    due.push(...more)
    if (!only || more.length === 0) break
  }
  await forEachParcel(due, async (parcel) => {
    const store = storeById(parcel.storeId)
    const service = store && ifOrderedBy(find(store, parcel.courier), parcel.provider)
    if (service) await follow(engine, store, service.name, parcel, await service.track(parcel))
  })
  return due.length
}

async function follow(engine: Engine, store: Store, courier: string, parcel: DueParcel, tracking: Tracking) {
  const { orderId, trackingNumber } = parcel
  await engine.run(store, { kind: 'provider', name: courier }, async (ctx) => {
    const { state, events } = tracking
    const order = await lockOrder(ctx, orderId) // before its parcel, as whoever moves an order does
    const kept = { storeId: store.storeId, orderId, trackingNumber, state, events: JSON.stringify(events) }
    const [parcel] = await keepTracking(ctx.tx, kept)
    if (!parcel) return
    const isAmiss = state === 'cancelled' || state === 'lost'
    if (isAmiss && parcel.before !== state && order.state === 'shipped')
      await tell(ctx, orderId, [`parcel_${state}`], events.at(-1)?.description)
    const next: OrderState | null = state === 'delivered' ? 'delivered' : state === 'returned' ? 'returned' : null
    if (next) await moveIfPossible(ctx, orderId, next)
  })
}
