import type { Engine } from '../engine/context.ts'
import { trackParcels } from '../engine/fulfilment/tracking.ts'
import { parcelsBehind } from '../engine/fulfilment/behind.ts'
import type { StuckParcel } from '../engine/fulfilment/behind.ts'
import { numberParcel, rebookParcel } from '../engine/fulfilment/booking.ts'
import { CourierError } from '../engine/fulfilment/courier.ts'
import { moveOrder } from '../engine/orders/moves.ts'
import { orderIdOf } from '../engine/orders/orders.ts'
import { refundsByHand, settleRefund } from '../engine/payments/refunds.ts'
import { isRefusal } from '../engine/refusal.ts'
import type { Store } from '../engine/stores/stores.ts'
import type { Place } from './stores.ts'
import { UsageError, say } from './usage.ts'

/** Where staff can move an order; the transition table has the last word. */
const states = ['confirmed', 'processing', 'shipped', 'delivered', 'returned', 'cancelled'] as const

const staff = { kind: 'staff', name: 'staff' } as const

const orderNamed = (engine: Engine, store: Store, number: string) =>
  orderIdOf(engine.direct(store, staff), number).catch((error: unknown) => {
    throw isRefusal(error, 'order.unknown') ? new UsageError(`${store.slug} has no order ${number}`) : error
  })

/** Moves an order to another state. Shipped without a tracking number, a parcel has its courier ordered by a job. */
export async function move(
  { engine, store }: Place,
  number: string,
  to: string,
  { tracking = null, note = null }: { tracking?: string | null; note?: string | null },
): Promise<void> {
  const state = states.find((known) => known === to)
  if (!state) throw new UsageError(`an order is moved to ${states.join(', ')}, not to ${to}`)
  const orderId = await orderNamed(engine, store, number)
  try {
    await engine.run(store, staff, (ctx) => moveOrder(ctx, orderId, state, { trackingNumber: tracking, note }))
  } catch (error) {
    if (isRefusal(error, 'order.step_refused'))
      throw new UsageError(`order ${number} is ${error.details.from}: it cannot become ${to}`)
    if (isRefusal(error, 'stock.short'))
      throw new UsageError(`order ${number} gave its stock up, and it is no longer there`)
    throw error
  }
  say(`Order ${number} is ${to}.`)
}

/** Asks the couriers now, instead of waiting for the worker. */
export async function track(place: Place): Promise<void> {
  const { engine, store, registry, providers } = place
  const asked = await trackParcels(engine, providers.courierOf, registry.byId, store)
  say(`${asked} parcels were asked for.`)
  await listParcels(place)
}

const troubles: Record<StuckParcel['why'], string> = {
  failed: 'no courier could be ordered',
  cancelled: 'cancelled by its courier',
  lost: 'lost by its courier',
  flagged: 'its tag was read far from the address',
  elsewhere: 'ordered through a service that the store does not use for it any more',
}

/** What waits for a courier, and what somebody has to see to. */
export async function listParcels({ engine, store }: Place): Promise<void> {
  const { wanted, stuck } = await parcelsBehind(engine.db, store)
  say(`${wanted} wait for a courier, ${stuck.length} need somebody to see to them.`)
  for (const { number, courier, trackingNumber, why, note } of stuck)
    say([number, courier ?? '-', trackingNumber ?? '-', troubles[why] + (note === null ? '' : `: ${note}`)].join('  '))
}

/** Sends the courier of an order's parcel away and orders it anew. */
export async function rebook({ engine, store, providers }: Place, number: string): Promise<void> {
  const orderId = await orderNamed(engine, store, number)
  try {
    const isDone = await rebookParcel(engine, providers.courierOf, store, orderId)
    if (!isDone) throw new UsageError(`no courier was ordered for order ${number}`)
  } catch (error) {
    if (error instanceof CourierError) throw new UsageError(error.message)
    throw error
  }
  say(`The courier of order ${number} is ordered anew.`)
}

/** Gives a parcel the number under which somebody has sent it. */
export async function numbered({ engine, store }: Place, number: string, trackingNumber: string): Promise<void> {
  const orderId = await orderNamed(engine, store, number)
  try {
    const isTaken = await numberParcel(engine, store, orderId, trackingNumber)
    if (!isTaken) throw new UsageError(`order ${number} has no parcel that is without its courier's number`)
  } catch (error) {
    if (error instanceof CourierError) throw new UsageError(error.message)
    throw error
  }
  say(`The parcel of order ${number} is ${trackingNumber}.`)
}

/** Refunds that the gateway cannot make: somebody has to, by a bank transfer. */
export async function listRefunds({ engine, store }: Place): Promise<void> {
  const refunds = await refundsByHand(engine.db, store.storeId)
  for (const { id, number, amountMinor, customer, reason, createdAt } of refunds)
    say([id, number, `${store.currency} ${amountMinor}`, customer, reason, createdAt.toISOString()].join('  '))
  if (refunds.length === 0) say('Nothing is to be given back by hand.')
}

/** Writes down that somebody has given money back. */
export async function refundDone({ engine, store }: Place, id: string, reference: string): Promise<void> {
  const open = await refundsByHand(engine.db, store.storeId)
  if (!open.some((refund) => refund.id === id)) throw new UsageError(`there is no refund ${id} to be made by hand`)
  await engine.run(store, staff, (ctx) => settleRefund(ctx, id, reference, 'processed'))
  say(`Refund ${id} is done.`)
}
