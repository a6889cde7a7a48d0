import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { system } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import { emit } from '../events/events.ts'
import { enqueue } from '../events/jobs.ts'
import type { Store } from '../stores/stores.ts'
import { GatewayError } from './gateway.ts'
import type { Gateway, GatewayRefund } from './gateway.ts'
import { transfer } from './ledger.ts'

const capturedOf = statement(
  'payments.captured',
  (p: { storeId: string; orderId: string }) =>
    sql<{ id: string; leftMinor: number }>`
    select id, amount_minor - refunded_minor as left_minor from payment
    where store_id = ${p.storeId} and order_id = ${p.orderId} and state = 'captured' and refunded_minor < amount_minor
    order by id for no key update`,
)

/** Gives a sold order's money back: sold no more, and a refund for each payment. */
export async function refundOrder(ctx: Ctx, order: { id: string; totalMinor: number }, reason: string): Promise<void> {
  await transfer(ctx, { orderId: order.id, debit: 'sales', credit: 'customer', amountMinor: order.totalMinor })
  await refundCaptured(ctx, order.id, reason)
}

/** Gives back all that was captured for an order and not yet given back. */
export async function refundCaptured(ctx: Ctx, orderId: string, reason: string): Promise<void> {
  const payments = await capturedOf(ctx.tx, { storeId: ctx.store.storeId, orderId })
  for (const payment of payments) await requestRefund(ctx, orderId, payment.id, payment.leftMinor, reason)
}

const insertRefund = statement(
  'payments.request_refund',
  (p: { storeId: string; orderId: string; paymentId: string; amountMinor: number; reason: string; now: Date }) =>
    sql<{ id: string; provider: string }>`
      with p as (
        update payment set refunded_minor = refunded_minor + ${p.amountMinor}
        where store_id = ${p.storeId} and id = ${p.paymentId} and state = 'captured'
          and refunded_minor + ${p.amountMinor} <= amount_minor
        returning store_id, id, provider
      )
      insert into refund (store_id, order_id, payment_id, amount_minor, reason, created_at, updated_at)
      select store_id, ${p.orderId}, id, ${p.amountMinor}, ${p.reason}, ${p.now}, ${p.now} from p
      returning id, (select provider from p)`,
)

/**
 * Sets part of a captured payment aside to be given back, and writes the job that asks the gateway. Never more than
 * was captured: of refunds that race, those that still fit are written.
 * @throws Error when it does not fit: the caller read the payment in this transaction
 */
export async function requestRefund(ctx: Ctx, orderId: string, paymentId: string, amountMinor: number, reason: string) {
  const storeId = ctx.store.storeId
  const [refund] = await insertRefund(ctx.tx, { storeId, orderId, paymentId, amountMinor, reason, now: ctx.now })
  if (!refund) throw new Error('more would be refunded than was captured')
  await enqueue(ctx, 'refund', { refundId: refund.id, provider: refund.provider }, `refund ${refund.id}`)
}

const refundToDo = statement(
  'payments.refund',
  (p: { storeId: string; id: string }) =>
    sql<{
      state: 'requested' | 'by_hand' | GatewayRefund['state']
      amountMinor: number
      reason: string
      providerPaymentId: string
      providerRefundId: string | null
    }>`
    select r.state, r.amount_minor, r.reason, p.provider_payment_id, r.provider_refund_id
    from refund r join payment p on p.store_id = r.store_id and p.id = r.payment_id
    where r.store_id = ${p.storeId} and r.id = ${p.id}`,
)

const markByHand = statement(
  'payments.refund_by_hand',
  (p: { storeId: string; id: string; now: Date }) =>
    sql`update refund set state = 'by_hand', updated_at = ${p.now}
    where store_id = ${p.storeId} and id = ${p.id} and state = 'requested'`,
)

/**
 * Asks the gateway for a refund, or how it went. Its key is the refund's own id, so asking again gives nothing twice.
 * @returns what became of it: by_hand where the gateway cannot, and a person has to; undefined when there is none such
 * @throws GatewayError unavailable: it is asked again later
 */
export async function performRefund(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  refundId: string,
): Promise<GatewayRefund['state'] | 'by_hand' | undefined> {
  const [refund] = await refundToDo(engine.db, { storeId: store.storeId, id: refundId })
  if (!refund) return undefined
  if (refund.state !== 'requested' && refund.state !== 'pending') return refund.state
  const { refunds } = gateway
  if (!refunds) {
    await markByHand(engine.db, { storeId: store.storeId, id: refundId, now: engine.now() })
    return 'by_hand'
  }
  const { providerRefundId, providerPaymentId, amountMinor, reason } = refund
  const key = refundId.replaceAll('-', '')
  let answer: GatewayRefund
  try {
    answer = providerRefundId
      ? await refunds.fetchRefund(providerRefundId)
      : await refunds.refund({ providerPaymentId, amountMinor, key, reason })
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind === 'unavailable') throw error
    await engine.run(store, system, (ctx) => settleRefund(ctx, refundId, null, 'failed'))
    return 'failed'
  }
  await engine.run(store, system, (ctx) => settleRefund(ctx, refundId, answer.providerRefundId, answer.state))
  return answer.state
}

const markRefund = statement(
  'payments.mark_refund',
  (p: { storeId: string; id: string; providerRefundId: string | null; state: string; now: Date }) =>
    sql<{ orderId: string; paymentId: string; amountMinor: number; provider: string }>`
      update refund r set state = ${p.state}, updated_at = ${p.now},
        provider_refund_id = coalesce(${p.providerRefundId}, provider_refund_id)
      from payment p
      where r.store_id = ${p.storeId} and r.id = ${p.id} and r.state in ('requested', 'pending', 'by_hand')
        and (r.state <> ${p.state} or r.provider_refund_id is null)
        and p.store_id = r.store_id and p.id = r.payment_id
      returning r.order_id, r.payment_id, r.amount_minor, p.provider`,
)

const markOrder = statement(
  'payments.mark_order_refunded',
  (p: { storeId: string; orderId: string; now: Date }) =>
    sql`
    update orders o set updated_at = ${p.now},
      payment_state = case when m.refunded >= m.captured then 'refunded' else 'partly_refunded' end
    from (
      select (select coalesce(sum(amount_minor), 0) from payment
          where store_id = ${p.storeId} and order_id = ${p.orderId} and state = 'captured') as captured,
        (select coalesce(sum(amount_minor), 0) from refund
          where store_id = ${p.storeId} and order_id = ${p.orderId} and state = 'processed') as refunded
    ) m
    where o.store_id = ${p.storeId} and o.id = ${p.orderId} and o.paid_at is not null
      and (o.state in ('cancelled', 'returned') or m.refunded > m.captured - o.total_minor)`,
)

const lockOrderOf = statement(
  'payments.lock_order_of_refund',
  (p: { storeId: string; refundId: string }) =>
    sql`
    select o.id from refund r join orders o on o.store_id = r.store_id and o.id = r.order_id
    where r.store_id = ${p.storeId} and r.id = ${p.refundId} for no key update of o`,
)

/** Writes what became of a refund. Repeatable. */
export async function settleRefund(
  ctx: Ctx,
  refundId: string,
  providerRefundId: string | null,
  state: GatewayRefund['state'],
) {
  const { tx, now, store } = ctx
  // of two refunds of one order that end at once, the later has to see the other to know that all is given back
  await lockOrderOf(tx, { storeId: store.storeId, refundId })
  const [refund] = await markRefund(tx, { storeId: store.storeId, id: refundId, providerRefundId, state, now })
  if (!refund || state === 'pending') return
  const { orderId, paymentId, amountMinor } = refund
  await emit(ctx, `refund.${state}`, refundId)
  if (state === 'failed') return // the money is still ours to give back: the audit names it until somebody does
  await transfer(ctx, {
    orderId,
    debit: 'customer',
    credit: `gateway.${refund.provider}`,
    amountMinor,
    paymentId,
    refundId,
  })
  await markOrder(tx, { storeId: store.storeId, orderId, now })
}

const byHand = statement(
  'payments.by_hand',
  (p: { storeId: string }) =>
    sql<{ id: string; number: string; amountMinor: number; customer: string; reason: string; createdAt: Date }>`
    select r.id, o.number, r.amount_minor, coalesce(c.email, c.phone, c.full_name) as customer, r.reason, r.created_at
    from refund r join orders o on o.store_id = r.store_id and o.id = r.order_id
    join customer c on c.store_id = o.store_id and c.id = o.customer_id
    where r.store_id = ${p.storeId} and r.state = 'by_hand' order by r.created_at`,
)

/** What somebody has to give back, because the gateway cannot; oldest first. */
export const refundsByHand = (db: Db, storeId: string) => byHand(db, { storeId })

const refundByProvider = statement(
  'payments.refund_by_provider',
  (p: { storeId: string; provider: string; providerPaymentId: string; providerRefundId: string }) =>
    sql<{ id: string }>`
      select r.id from refund r join payment p on p.store_id = r.store_id and p.id = r.payment_id
      where p.store_id = ${p.storeId} and p.provider = ${p.provider} and p.provider_payment_id = ${p.providerPaymentId}
        and r.provider_refund_id = ${p.providerRefundId}`,
)

/** Our refund that a gateway speaks of; undefined when it was made elsewhere, or its answer has not reached us yet. */
export async function findRefund(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  ids: { providerRefundId: string; providerPaymentId: string },
) {
  return (await refundByProvider(engine.db, { storeId: store.storeId, provider: gateway.name, ...ids }))[0]?.id
}
