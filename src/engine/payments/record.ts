import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { one, statement } from '../database.ts'
import { system } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import { queuePart } from '../erp/orders.ts'
import { againParts, promiseParts, releaseStock } from '../inventory/inventory.ts'
import { enter, expireOrder, lockOrder } from '../orders/moves.ts'
import type { LockedOrder } from '../orders/moves.ts'
import { statesBefore } from '../orders/states.ts'
import { tell, tellParts } from '../orders/timeline.ts'
import { returnVoucher, takeVoucherAgain } from '../promotions/vouchers.ts'
import type { Store } from '../stores/stores.ts'
import type { Gateway, GatewayPayment } from './gateway.ts'
import { bookPart, transfer } from './ledger.ts'
import type { Transfer } from './ledger.ts'
import { refundCaptured, requestRefund } from './refunds.ts'
import type { Session } from './settle.ts'

interface Recorded {
  storeId: string
  orderId: string
  sessionId: string
  provider: string
  providerPaymentId: string
  method: string | null
  channel: string | null
  state: GatewayPayment['state']
  amountMinor: number
  currency: string
  failure: string | null
  now: Date
}

/**
 * Writes a payment once. One that failed, or was only authorized, may turn out to be captured; captured is the end.
 * @param go the name of a part that has a row when it is to be written
 */
const paymentPart = (p: Recorded, go: RawBuilder<unknown>) => sql`
  insert into payment (store_id, order_id, session_id, provider, provider_payment_id, method, channel, state,
    amount_minor, currency, failure, created_at, captured_at)
  select ${p.storeId}, ${p.orderId}, ${p.sessionId}, ${p.provider}, ${p.providerPaymentId}, ${p.method}, ${p.channel},
    ${p.state}, ${p.amountMinor}, ${p.currency}, ${p.failure}, ${p.now},
    case ${p.state} when 'captured' then ${p.now}::timestamptz end
  from ${go}
  on conflict (store_id, provider, provider_payment_id) do update
    set state = 'captured', captured_at = excluded.captured_at, amount_minor = excluded.amount_minor, failure = null
    where payment.state <> 'captured' and excluded.state = 'captured'
  returning *`

interface Filling {
  storeId: string
  orderId: string
  provider: string
  currency: string
  /** whether the store's ERP is to hear of it */
  hasErp: boolean
  /** the use of its voucher is counted, also of an order that had expired */
  hasVoucher: boolean
  now: Date
}

/** Whence an unpaid order is confirmed when its money comes. */
const openStates = statesBefore('confirmed', 'system')

/**
 * Fills an order with its money: the stock is promised for good, the money is booked and the order confirmed. All of
 * it, or nothing when the order waits for no money, or its stock was given up and somebody else has it.
 *
 * A statement that waits for the order's lock would see the order as it became, and its payments and reservations as
 * they were. So it goes on only with the very version of the order that it saw (`xmin`), and whatever changes those
 * also changes the order.
 * @param payment the part that writes or finds the payment; no row, and nothing else is written. `good` has one row when
 * the order can be filled
 */
const fillStatement = <P extends Filling>(name: string, payment: (p: P) => RawBuilder<unknown>) =>
  statement(name, (p: P) => {
    const from = sql.join(openStates.map((state) => sql.lit(state)))
    const transfers = sql`(
      select order_id, 'gateway.' || ${p.provider} as debit, 'customer' as credit, amount_minor, id as payment_id,
        null::uuid as refund_id from p
      union all
      select order_id, 'customer', 'sales', good.total_minor, null, null from p, good) t`
    const happened = sql`(
      select p.order_id, kind, 'system' as actor, null as note from p, unnest('{paid,confirmed}'::text[]) kind) h`
    return sql<{ isFilled: boolean }>`
      with seen as materialized (
        select xmin as version from orders where store_id = ${p.storeId} and id = ${p.orderId}
      ), o as (
        select o.total_minor from orders o, seen
        where o.store_id = ${p.storeId} and o.id = ${p.orderId} and o.xmin = seen.version
          and o.state in (${from}) and o.paid_at is null
          and (o.state <> 'expired' or o.voucher_code is null or ${p.hasVoucher})
        for no key update of o
      ), ${againParts(p, sql`o`)}, good as (
        select total_minor from o, fits
      ), p as (${payment(p)}), ${promiseParts(p, sql.lit('committed'), sql`p`)}, booked as (
        ${bookPart(p, transfers)}
      ), confirmed as (
        update orders o set state = 'confirmed', payment_state = 'paid', paid_at = ${p.now}, updated_at = ${p.now},
          confirmed_at = coalesce(confirmed_at, ${p.now})
        from p where o.store_id = ${p.storeId} and o.id = ${p.orderId}
      ), for_erp as (${queuePart(p, sql`p where ${p.hasErp}`)}), ${tellParts(p, happened)}
      select exists (select from p) as is_filled`
  })

/** Writes the payment that pays all of an order, and fills it. */
const payInFull = fillStatement('payments.pay_in_full', (p: Filling & Recorded) =>
  paymentPart(
    p,
    sql`good where total_minor = ${p.amountMinor} and not exists (
      select from payment where store_id = ${p.storeId} and order_id = ${p.orderId} and state = 'captured')`,
  ),
)

/** Fills an order that several payments come to; this one, already written, is the last of them. */
const fillWith = fillStatement(
  'payments.fill',
  (p: Filling & { paymentId: string }) =>
    sql`select payment.* from payment, good where store_id = ${p.storeId} and payment.id = ${p.paymentId}`,
)

/** Writes down a payment that the gateway has just told of. */
export async function recordPayment(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  session: Session,
  payment: GatewayPayment,
) {
  if (payment.state === 'expired') {
    await engine.run(store, system, (ctx) => expireOrder(ctx, session.orderId))
    return
  }
  if (payment.state !== 'captured' && payment.state !== 'failed') return
  if (payment.currency !== store.currency) throw new Error(`paid in ${payment.currency}, asked in ${store.currency}`)
  const { providerSessionId: _, ...facts } = payment
  const ours = {
    storeId: store.storeId,
    orderId: session.orderId,
    sessionId: session.id,
    provider: gateway.name,
    hasErp: store.erpProvider !== null,
    hasVoucher: false,
  }
  if (payment.state === 'captured') {
    // nearly every payment is the one and only
    if (one(await payInFull(engine.db, { ...facts, ...ours, now: engine.now() })).isFilled) return
  }
  await engine.run(store, system, async (ctx) => {
    const [order, [known]] = await Promise.all([
      lockOrder(ctx, session.orderId),
      recordOnce(ctx.tx, { ...facts, ...ours, now: ctx.now }),
    ])
    if (!known) return
    if (payment.state === 'captured')
      await receive(ctx, order, gateway.name, { ...known, amountMinor: facts.amountMinor })
    else await fail(ctx, order, payment.failure, gateway.failureFreesStock)
  })
}

/**
 * Returns what the order's payments come to with this one; nothing when it was known already. The order is touched, so
 * that who is about to fill it sees that its money has changed.
 */
const recordOnce = statement(
  'payments.record',
  (p: Recorded) =>
    sql<{ id: string; heldMinor: number }>`
      with p as (${paymentPart(p, sql`(select) go`)}), touched as (
        update orders o set updated_at = ${p.now} from p where o.store_id = ${p.storeId} and o.id = ${p.orderId}
      )
      select p.id, p.amount_minor + (
        select coalesce(sum(o.amount_minor - o.refunded_minor), 0) from payment o
        where o.store_id = ${p.storeId} and o.order_id = ${p.orderId} and o.state = 'captured' and o.id <> p.id
      )::bigint as held_minor from p`,
)

const markPaid = statement(
  'payments.mark_paid',
  (p: { storeId: string; orderId: string; now: Date }) =>
    sql`update orders set payment_state = 'paid', paid_at = ${p.now}, updated_at = ${p.now}
    where store_id = ${p.storeId} and id = ${p.orderId}`,
)

/** Why money cannot fill an order; null when it can, or when the rest of it can still come. */
function unwanted(order: LockedOrder, heldMinor: number): string | null {
  if (order.paidAt) return 'paid twice'
  if (order.state === 'cancelled') return 'order was cancelled'
  return order.state === 'expired' && heldMinor < order.totalMinor ? 'order has expired' : null
}

/**
 * Money has come that is not simply all of an order's. It fills the order where that can still be; otherwise it goes
 * back.
 * @param heldMinor with what came before and was not given back
 */
async function receive(
  ctx: Ctx,
  order: LockedOrder,
  provider: string,
  { id: paymentId, heldMinor, amountMinor }: { id: string; heldMinor: number; amountMinor: number },
) {
  const { storeId, currency, erpProvider } = ctx.store
  const { id: orderId, totalMinor } = order
  const received: Transfer = { orderId, debit: `gateway.${provider}`, credit: 'customer', amountMinor, paymentId }
  const reason = unwanted(order, heldMinor)
  if (reason || heldMinor < totalMinor) {
    await transfer(ctx, received)
    if (!reason) return // a part: the order waits for the rest
    await tell(ctx, orderId, ['payment_returned'], reason)
    return requestRefund(ctx, orderId, paymentId, amountMinor, reason)
  }
  if (openStates.includes(order.state)) {
    const hasVoucher = order.state !== 'expired' || order.voucherCode === null || (await takeVoucherAgain(ctx, orderId))
    const hasErp = erpProvider !== null
    const filling = { storeId, orderId, provider, currency, hasErp, hasVoucher, now: ctx.now, paymentId }
    if (!one(await fillWith(ctx.tx, filling)).isFilled) {
      await transfer(ctx, received)
      return giveBack(ctx, order, hasVoucher ? 'out of stock' : 'its voucher has been used up')
    }
  } else {
    // the shop is filling it already, unpaid
    const sold: Transfer = { orderId, debit: 'customer', credit: 'sales', amountMinor: totalMinor }
    const paying = markPaid(ctx.tx, { storeId, orderId, now: ctx.now })
    await Promise.all([transfer(ctx, received, sold), paying, tell(ctx, orderId, ['paid'])])
  }
  const surplus = heldMinor - totalMinor
  if (surplus > 0) await requestRefund(ctx, orderId, paymentId, Math.min(surplus, amountMinor), 'paid too much')
}

/** Its stock was given up, or the last use of its voucher, and somebody else has it. */
async function giveBack(ctx: Ctx, order: LockedOrder, why: string) {
  if (order.state === 'placed') return enter(ctx, order, 'cancelled', { cause: 'unfillable' })
  if (order.voucherCode !== null) await returnVoucher(ctx, order.id)
  await tell(ctx, order.id, ['payment_returned'], why)
  await refundCaptured(ctx, order.id, why)
}

const markFailed = statement(
  'payments.mark_failed',
  (p: { storeId: string; orderId: string; now: Date }) =>
    sql`update orders set payment_state = 'failed', updated_at = ${p.now}
    where store_id = ${p.storeId} and id = ${p.orderId} and payment_state = 'pending'`,
)

/** An attempt failed, and the order can be paid until its limit. Where the next attempt begins anew, the stock is free for others. */
async function fail(ctx: Ctx, order: LockedOrder, reason: string | null, freesStock: boolean) {
  await tell(ctx, order.id, ['payment_failed'], reason)
  if (order.state !== 'placed' || !freesStock) return
  await releaseStock(ctx, order.id)
  await markFailed(ctx.tx, { storeId: ctx.store.storeId, orderId: order.id, now: ctx.now })
}
