import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { customerIdOf, system } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import type { PlacedOrder } from '../checkout/place.ts'
import { promiseStock } from '../inventory/inventory.ts'
import { lockOrder } from '../orders/moves.ts'
import type { OrderState } from '../orders/states.ts'
import { Refusal } from '../refusal.ts'
import type { Store } from '../stores/stores.ts'
import { GatewayError } from './gateway.ts'
import type { Gateway } from './gateway.ts'
import { findSession, settlePayment } from './settle.ts'
import type { Session } from './settle.ts'

// its commit waits for the disk, and with it what placed the order
const attach = statement(
  'payments.attach',
  (p: { storeId: string; id: string; providerSessionId: string | null }) =>
    sql<{ providerSessionId: string | null }>`
    update payment_session set provider_session_id = coalesce(provider_session_id, ${p.providerSessionId})
    where store_id = ${p.storeId} and id = ${p.id}
    returning provider_session_id`,
)

const toOpen = statement(
  'payments.to_open',
  (p: { storeId: string; customerId: string; orderId: string }) =>
    sql<PlacedOrder & { state: OrderState; providerSessionId: string | null }>`
    select o.id, o.number, o.subtotal_minor, o.tax_minor, o.shipping_minor, o.total_minor, o.currency, s.id as session_id,
      o.state, s.provider_session_id
    from orders o join payment_session s on s.store_id = o.store_id and s.order_id = o.id
    where o.store_id = ${p.storeId} and o.id = ${p.orderId} and o.customer_id = ${p.customerId}
    order by s.created_at desc, s.id desc limit 1`,
)

/** A placed order, and the gateway's id of its session as far as that is known. */
type OrderToOpen = PlacedOrder & { providerSessionId?: string | null }

/**
 * An order of the signed-in customer as it was when it was placed, to go on from there.
 * @throws Refusal order.unknown, order.ended: nobody is to pay for it any more
 */
export async function orderToOpen(ctx: Ctx<Db>, orderId: string): Promise<OrderToOpen> {
  const [order] = await toOpen(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), orderId })
  if (!order) throw new Refusal('order.unknown', { orderId })
  const { state } = order
  if (state === 'cancelled' || state === 'expired') throw new Refusal('order.ended', { orderId, state })
  return order
}

/**
 * Asks the gateway for the money of an order. The session's row is there before, so that a crash or a lost answer
 * leaves something to go on from.
 * @param isRetry the gateway may have been asked before
 * @returns the gateway's id of the session: of two that ask at once, both get the one that is kept
 * @throws Refusal gateway.unavailable, gateway.refused; the order stays and can be paid later
 */
export async function openSession(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  order: Pick<OrderToOpen, 'id' | 'number' | 'totalMinor' | 'currency' | 'sessionId' | 'providerSessionId'>,
  isRetry: boolean,
): Promise<string> {
  if (order.providerSessionId) return order.providerSessionId
  const { sessionId, id: orderId, number: orderNumber, totalMinor: amountMinor, currency } = order
  const reference = sessionId.replaceAll('-', '')
  const session = { storeId: store.storeId, id: sessionId }
  try {
    const { providerSessionId } = await gateway.openSession({ reference, orderNumber, amountMinor, currency, isRetry })
    return one(await attach(engine.db, { ...session, providerSessionId })).providerSessionId!
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    one(await attach(engine.db, { ...session, providerSessionId: null })) // the refusal names the order: it has to last
    if (error.kind === 'refused')
      throw new Refusal('gateway.refused', { provider: gateway.name, reason: error.message, orderId, orderNumber })
    throw new Refusal('gateway.unavailable', { provider: gateway.name, orderId, orderNumber })
  }
}

const latestSession = statement(
  'payments.latest_session',
  (p: { storeId: string; orderId: string }) =>
    sql<Session>`
    select id, order_id, provider_session_id, amount_minor from payment_session
    where store_id = ${p.storeId} and order_id = ${p.orderId} order by created_at desc, id desc limit 1`,
)

const markPending = statement(
  'payments.mark_pending',
  (p: { storeId: string; orderId: string; now: Date }) =>
    sql`update orders set payment_state = 'pending', updated_at = ${p.now}
    where store_id = ${p.storeId} and id = ${p.orderId} and payment_state = 'failed'`,
)

/**
 * Lets the signed-in customer pay an order that is not paid yet: after a failed attempt its stock is held again.
 * @param amountMinor what the customer thinks it costs
 * @returns the gateway's session id
 * @throws Refusal order.unknown, order.not_yours, order.paid, order.ended, payment.amount_differs, stock.short,
 * gateway.unavailable, gateway.refused
 */
export async function payAgain(engine: Engine, gateway: Gateway, ctx: Ctx<Db>, orderId: string, amountMinor: number) {
  const { store } = ctx
  const customerId = customerIdOf(ctx)
  const { order, session } = await engine.run(store, system, async (inner) => {
    const order = await lockOrder(inner, orderId)
    if (order.customerId !== customerId) throw new Refusal('order.not_yours', { orderId })
    if (order.paidAt) throw new Refusal('order.paid', { orderId })
    if (order.state === 'cancelled' || order.state === 'expired')
      throw new Refusal('order.ended', { orderId, state: order.state })
    if (order.totalMinor !== amountMinor)
      throw new Refusal('payment.amount_differs', { expectedMinor: order.totalMinor })
    if (order.state === 'placed' && !(await promiseStock(inner, orderId, 'held')))
      throw new Refusal('stock.short', { lines: [] })
    await markPending(inner.tx, { storeId: store.storeId, orderId, now: inner.now })
    return { order, session: one(await latestSession(inner.tx, { storeId: store.storeId, orderId })) }
  })
  const { id: sessionId, providerSessionId } = session
  return openSession(engine, gateway, store, { ...order, sessionId, providerSessionId, currency: store.currency }, true)
}

export interface BrowserReturn {
  providerSessionId: string
  providerPaymentId: string
  signature: string
}

/**
 * The browser comes back from the gateway's checkout with a signed pair of ids: they are checked against our own
 * session, then the gateway itself is asked.
 * @param orderId the order that the browser believes it paid, where the contract names one
 * @returns the order's id
 * @throws Refusal order.unknown, order.not_yours, payment.signature, payment.not_captured, payment.unconfirmed
 */
export async function acceptReturn(
  engine: Engine,
  gateway: Gateway,
  ctx: Ctx<Db>,
  back: BrowserReturn,
  orderId?: string,
) {
  const { store } = ctx
  const customerId = customerIdOf(ctx)
  const { providerSessionId, providerPaymentId, signature } = back
  const session = await findSession(ctx.tx, gateway, store, { providerSessionId, providerPaymentId })
  if (orderId !== undefined && session?.orderId !== orderId) throw await wrongOrder(ctx, orderId)
  if (!session) throw new Refusal('order.unknown', { orderId: providerSessionId })
  if (session.customerId !== customerId) {
    throw new Refusal(orderId === undefined ? 'order.not_yours' : 'order.unknown', { orderId: session.orderId })
  }
  if (!gateway.isGenuine(providerSessionId, providerPaymentId, signature)) throw new Refusal('payment.signature', {})
  if (session.isCaptured) return session.orderId // the webhook was quicker
  try {
    const payment = await settlePayment(engine, gateway, store, session, providerPaymentId)
    if (payment.providerSessionId !== providerSessionId) throw new Refusal('payment.signature', {})
    if (payment.state !== 'captured') throw new Refusal('payment.not_captured', { state: payment.state })
  } catch (error) {
    // it may well have been made: the webhook or the poller tells
    if (error instanceof GatewayError) throw new Refusal('payment.unconfirmed', { orderId: session.orderId })
    throw error
  }
  return session.orderId
}

const ownOrder = statement(
  'payments.own_order',
  (p: { storeId: string; customerId: string; orderId: string }) =>
    sql<{ id: string }>`
    select id from orders where store_id = ${p.storeId} and customer_id = ${p.customerId} and id = ${p.orderId}`,
)

/** The session is of another order than the one named: unknown if that is not theirs either, else a forged pair. */
async function wrongOrder(ctx: Ctx<Db>, orderId: string) {
  const own = await ownOrder(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), orderId })
  return own.length > 0 ? new Refusal('payment.signature', {}) : new Refusal('order.unknown', { orderId })
}
