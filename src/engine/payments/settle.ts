import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { system } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import { promiseStock, releaseStock } from '../inventory/inventory.ts'
import { enter, lockOrder, tell } from '../orders/moves.ts'
import type { LockedOrder } from '../orders/moves.ts'
import { checkStep } from '../orders/states.ts'
import type { Store } from '../stores/stores.ts'
import type { Gateway, GatewayPayment } from './gateway.ts'
import { transfer } from './ledger.ts'
import type { Transfer } from './ledger.ts'
import { refundCaptured, requestRefund } from './refunds.ts'

export interface Session {
  id: string
  orderId: string
  providerSessionId: string | null
  amountMinor: number
}

interface PaymentIds {
  providerSessionId: string
  providerPaymentId: string
}

const byProvider = statement(
  'payments.session',
  (p: PaymentIds & { storeId: string; provider: string }) =>
    sql<Session & { customerId: string; isCaptured: boolean }>`
      select s.id, s.order_id, s.provider_session_id, s.amount_minor, o.customer_id, exists (
        select from payment p where p.store_id = s.store_id and p.provider = s.provider
          and p.provider_payment_id = ${p.providerPaymentId} and p.session_id = s.id and p.state = 'captured') as is_captured
      from payment_session s join orders o on o.store_id = s.store_id and o.id = s.order_id
      where s.store_id = ${p.storeId} and s.provider = ${p.provider} and s.provider_session_id = ${p.providerSessionId}`,
)

/**
 * The session that a gateway or a browser names, and whether this payment of it is written down as captured, so that
 * nobody has to ask the gateway any more; undefined when the session is none of this store's.
 */
export async function findSession(db: Db, gateway: Gateway, store: Store, ids: PaymentIds) {
  return (await byProvider(db, { storeId: store.storeId, provider: gateway.name, ...ids }))[0]
}

/** Settlements under way in this process, by gateway and payment: the webhook often comes beside the browser. */
const underWay = new WeakMap<Gateway, Map<string, Promise<GatewayPayment>>>()

/**
 * Asks the gateway what became of a payment and writes it down. The browser's return, the webhook and the poller all
 * end here, as often as they like, at once or in any order: it happens once.
 * @returns the payment as the gateway told it
 * @throws GatewayError
 */
export async function settlePayment(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  session: Session,
  providerPaymentId: string,
): Promise<GatewayPayment> {
  let running = underWay.get(gateway)
  if (!running) underWay.set(gateway, (running = new Map()))
  // captured is the end of it, whoever asked; any other answer may be from before what this caller heard
  const twin = await running.get(providerPaymentId)?.catch(() => undefined)
  if (twin?.state === 'captured' && twin.providerSessionId === session.providerSessionId) return twin

  const settling = askAndRecord(engine, gateway, store, session, providerPaymentId)
  running.set(providerPaymentId, settling)
  try {
    return await settling
  } finally {
    if (running.get(providerPaymentId) === settling) running.delete(providerPaymentId)
  }
}

async function askAndRecord(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  session: Session,
  providerPaymentId: string,
): Promise<GatewayPayment> {
  let payment = await gateway.fetchPayment(providerPaymentId)
  if (payment.providerSessionId !== session.providerSessionId) return payment // genuine, and for something else
  if (payment.state === 'authorized') payment = await gateway.capture(payment)
  await recordPayment(engine, gateway, store, session, payment)
  return payment
}

/** Writes down a payment that the gateway has just told of. */
export async function recordPayment(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  session: Session,
  payment: GatewayPayment,
) {
  if (payment.state !== 'captured' && payment.state !== 'failed') return
  await engine.run(store, system, async (ctx) => {
    const { amountMinor } = payment
    const [order, known] = await Promise.all([
      lockOrder(ctx, session.orderId),
      insertOnce(ctx, gateway.name, session, payment),
    ])
    if (!known) return
    if (payment.state === 'captured') await receive(ctx, order, gateway.name, { ...known, amountMinor })
    else await fail(ctx, order, payment.failure)
  })
}

const upsertPayment = statement(
  'payments.upsert',
  (
    p: Omit<GatewayPayment, 'providerSessionId'> & {
      storeId: string
      orderId: string
      sessionId: string
      provider: string
      now: Date
    },
  ) =>
    sql<{ id: string; heldMinor: number }>`
      insert into payment (store_id, order_id, session_id, provider, provider_payment_id, method, channel, state,
        amount_minor, currency, failure, created_at, captured_at)
      values (${p.storeId}, ${p.orderId}, ${p.sessionId}, ${p.provider}, ${p.providerPaymentId}, ${p.method}, ${p.channel},
        ${p.state}, ${p.amountMinor}, ${p.currency}, ${p.failure}, ${p.now},
        case ${p.state} when 'captured' then ${p.now}::timestamptz end)
      on conflict (store_id, provider, provider_payment_id) do update
        set state = 'captured', captured_at = excluded.captured_at, amount_minor = excluded.amount_minor, failure = null
        where payment.state <> 'captured' and excluded.state = 'captured'
      returning id, amount_minor + (
        select coalesce(sum(o.amount_minor - o.refunded_minor), 0) from payment o
        where o.store_id = payment.store_id and o.order_id = payment.order_id and o.state = 'captured'
          and o.id <> payment.id)::bigint as held_minor`,
)

/** @returns what the order's payments come to with this one; undefined when it was known already */
async function insertOnce(ctx: Ctx, provider: string, session: Session, payment: GatewayPayment) {
  const { store, now } = ctx
  if (payment.currency !== store.currency) throw new Error(`paid in ${payment.currency}, asked in ${store.currency}`)
  const { providerSessionId: _, ...facts } = payment
  const ours = { storeId: store.storeId, orderId: session.orderId, sessionId: session.id, provider, now }
  return (await upsertPayment(ctx.tx, { ...facts, ...ours }))[0]
}

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
 * Money has come. It fills the order where that can still be; otherwise it goes back.
 * @param heldMinor with what came before and was not given back
 */
async function receive(
  ctx: Ctx,
  order: LockedOrder,
  provider: string,
  { id: paymentId, heldMinor, amountMinor }: { id: string; heldMinor: number; amountMinor: number },
) {
  const orderId = order.id
  const storeId = ctx.store.storeId
  const received: Transfer = { orderId, debit: `gateway.${provider}`, credit: 'customer', amountMinor, paymentId }
  const reason = unwanted(order, heldMinor)
  if (reason || heldMinor < order.totalMinor) {
    await transfer(ctx, received)
    if (!reason) return // a part: the order waits for the rest
    await tell(ctx, orderId, ['payment_returned'], reason)
    return requestRefund(ctx, orderId, paymentId, amountMinor, reason)
  }
  const isOpen = order.state === 'placed' || order.state === 'expired'
  if (isOpen && !(await promiseStock(ctx, orderId, 'committed'))) {
    await transfer(ctx, received)
    return giveBack(ctx, order)
  }
  if (isOpen) checkStep(order.state, 'confirmed', 'system')
  const paid = isOpen
    ? [enter(ctx, order, 'confirmed', { isPaid: true })]
    : [markPaid(ctx.tx, { storeId, orderId, now: ctx.now }), tell(ctx, orderId, ['paid'])]
  const sold: Transfer = { orderId, debit: 'customer', credit: 'sales', amountMinor: order.totalMinor }
  const writing = Promise.all([transfer(ctx, received, sold), ...paid])
  const surplus = heldMinor - order.totalMinor
  if (surplus <= 0) return ctx.last(writing)
  await writing
  await requestRefund(ctx, orderId, paymentId, Math.min(surplus, amountMinor), 'paid too much')
}

/** Its stock was given up and somebody else has it. */
async function giveBack(ctx: Ctx, order: LockedOrder) {
  if (order.state === 'placed') return enter(ctx, order, 'cancelled', { cause: 'unfillable' })
  await tell(ctx, order.id, ['payment_returned'], 'out of stock')
  await refundCaptured(ctx, order.id, 'out of stock')
}

const markFailed = statement(
  'payments.mark_failed',
  (p: { storeId: string; orderId: string; now: Date }) =>
    sql`update orders set payment_state = 'failed', updated_at = ${p.now}
    where store_id = ${p.storeId} and id = ${p.orderId} and payment_state = 'pending'`,
)

/** An attempt failed: the stock is free for others, and the order can be paid until its limit. */
async function fail(ctx: Ctx, order: LockedOrder, reason: string | null) {
  await tell(ctx, order.id, ['payment_failed'], reason)
  if (order.state !== 'placed') return
  await releaseStock(ctx, order.id)
  await markFailed(ctx.tx, { storeId: ctx.store.storeId, orderId: order.id, now: ctx.now })
}
