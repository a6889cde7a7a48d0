import { sql } from 'kysely'
import { statement } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { tellErpOfCancel } from '../erp/orders.ts'
import { wantCourier } from '../fulfilment/booking.ts'
import { promiseStock, releaseStock, takeStock } from '../inventory/inventory.ts'
import { refundCaptured, refundOrder } from '../payments/refunds.ts'
import { returnVoucher } from '../promotions/vouchers.ts'
import { Refusal, isRefusal } from '../refusal.ts'
import { checkStep } from './states.ts'
import type { Mover, OrderState } from './states.ts'
import { tell } from './timeline.ts'

/** What decides about an order's next step. Locked: it stays true until the transaction ends. */
export interface LockedOrder {
  id: string
  number: string
  customerId: string
  state: OrderState
  totalMinor: number
  paidAt: Date | null
  createdAt: Date
  expiresAt: Date
  voucherCode: string | null
}

const lock = statement(
  'orders.lock',
  (p: { storeId: string; id: string }) =>
    sql<LockedOrder>`
    select id, number, customer_id, state, total_minor, paid_at, created_at, expires_at, voucher_code from orders
    where store_id = ${p.storeId} and id = ${p.id} for no key update`,
)

/** @throws Refusal order.unknown, also for a customer who is not its owner */
export async function lockOrder(ctx: Ctx, orderId: string): Promise<LockedOrder> {
  const [order] = await lock(ctx.tx, { storeId: ctx.store.storeId, id: orderId })
  const { actor } = ctx
  const isHidden = actor.kind === 'customer' && !actor.isAdmin && order?.customerId !== actor.id
  if (!order || isHidden) throw new Refusal('order.unknown', { orderId })
  return order
}

const setState = statement(
  'orders.set_state',
  (p: { storeId: string; id: string; state: OrderState; cause: string | null; now: Date }) =>
    sql`
      update orders set state = ${p.state}, cancel_cause = ${p.cause}, updated_at = ${p.now},
        confirmed_at = case when ${p.state} in ('confirmed', 'processing') then coalesce(confirmed_at, ${p.now}) else confirmed_at end,
        shipped_at = case when ${p.state} = 'shipped' then coalesce(shipped_at, ${p.now}) else shipped_at end,
        delivered_at = case when ${p.state} = 'delivered' then coalesce(delivered_at, ${p.now}) else delivered_at end,
        payment_state = case when ${p.state} in ('cancelled', 'expired') and paid_at is null then 'failed'
          else payment_state end
      where store_id = ${p.storeId} and id = ${p.id}`,
)

export interface MoveDetails {
  trackingNumber?: string | null
  cause?: 'customer' | 'admin' | 'unfillable'
  note?: string | null | undefined
}

/**
 * Moves an order to another state, with what follows from it for stock, parcels and money.
 * @throws Refusal order.unknown, order.step_refused, stock.short (its stock was given up and is no longer there)
 */
export async function moveOrder(ctx: Ctx, orderId: string, to: OrderState, details: MoveDetails = {}): Promise<void> {
  const order = await lockOrder(ctx, orderId)
  checkStep(order.state, to, moverOf(ctx))
  const willBeFilled = to === 'confirmed' || to === 'processing'
  if (willBeFilled && !(await promiseStock(ctx, orderId, 'committed'))) throw new Refusal('stock.short', { lines: [] })
  await enter(ctx, order, to, details)
}

/**
 * As `moveOrder`; where the order can no longer take the step, somebody was quicker, and nothing is done.
 * @returns whether it moved
 */
export async function moveIfPossible(
  ctx: Ctx,
  orderId: string,
  to: OrderState,
  details?: MoveDetails,
): Promise<boolean> {
  try {
    await moveOrder(ctx, orderId, to, details)
    return true
  } catch (error) {
    if (!isRefusal(error, 'order.step_refused')) throw error
    return false
  }
}

/** Cancelling as the customer's own step, also for an administrator who buys. @throws Refusal as moveOrder */
export async function cancelOwnOrder(ctx: Ctx, orderId: string, note?: string | null): Promise<void> {
  const asCustomer = { ...ctx, actor: { kind: 'customer', id: customerIdOf(ctx), isAdmin: false } as const }
  await moveOrder(asCustomer, orderId, 'cancelled', { note })
}

function moverOf({ actor }: Ctx): Mover {
  if (actor.kind === 'customer') return actor.isAdmin ? 'admin' : 'customer'
  if (actor.kind === 'staff') return 'admin'
  return actor.kind === 'provider' ? 'courier' : 'system'
}

/** What entering a state does, whoever decided it. The step has been checked, and the stock is promised. */
export async function enter(ctx: Ctx, order: LockedOrder, to: OrderState, details: MoveDetails): Promise<void> {
  const ends = to === 'cancelled' || to === 'expired'
  if (to === 'shipped') await takeStock(ctx, order.id)
  if (ends && order.voucherCode !== null) await returnVoucher(ctx, order.id)
  if (ends) await releaseStock(ctx, order.id)
  if (to === 'shipped' || to === 'delivered' || details.trackingNumber) await writeShipment(ctx, order.id, to, details)

  const cause = to === 'cancelled' ? (details.cause ?? (moverOf(ctx) === 'customer' ? 'customer' : 'admin')) : null
  await Promise.all([
    setState(ctx.tx, { storeId: ctx.store.storeId, id: order.id, state: to, cause, now: ctx.now }),
    tell(ctx, order.id, [to], details.note),
  ])
  if (to === 'shipped') await wantCourier(ctx, order.id)
  if (ends && order.paidAt) await tellErpOfCancel(ctx, order.id)
  if (ends && order.paidAt) await refundOrder(ctx, order, 'order cancelled')
  else if (ends) await refundCaptured(ctx, order.id, 'order ended unpaid')
}

/**
 * Ends an order that nobody paid in time, or whose gateway says that nobody can any more.
 * @returns false when it is no longer waiting for its money
 */
export async function expireOrder(ctx: Ctx, orderId: string): Promise<boolean> {
  const order = await lockOrder(ctx, orderId)
  if (order.state !== 'placed') return false
  checkStep(order.state, 'expired', 'system')
  await enter(ctx, order, 'expired', {})
  return true
}

const upsertShipment = statement(
  'orders.shipment',
  (p: { storeId: string; orderId: string; tracking: string | null; shipped: Date | null; delivered: Date | null }) =>
    sql`
      insert into shipment as s (store_id, order_id, tracking_number, shipped_at, delivered_at)
      values (${p.storeId}, ${p.orderId}, ${p.tracking}, ${p.shipped}, ${p.delivered})
      on conflict (store_id, order_id) do update set
        tracking_number = coalesce(excluded.tracking_number, s.tracking_number),
        shipped_at = coalesce(s.shipped_at, excluded.shipped_at),
        delivered_at = coalesce(s.delivered_at, excluded.delivered_at)`,
)

async function writeShipment(ctx: Ctx, orderId: string, to: OrderState, { trackingNumber = null }: MoveDetails) {
  await upsertShipment(ctx.tx, {
    storeId: ctx.store.storeId,
    orderId,
    tracking: trackingNumber,
    shipped: to === 'shipped' ? ctx.now : null,
    delivered: to === 'delivered' ? ctx.now : null,
  })
}
