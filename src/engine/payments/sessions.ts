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
import type { Gateway, OpenedSession, SessionDetails } from './gateway.ts'
import { findSession, settlePayment } from './settle.ts'
import type { Session } from './settle.ts'

// its commit waits for the disk, and with it what placed the order
const attach = statement(
  'payments.attach',
  (p: { storeId: string; id: string; providerSessionId: string | null; url: string | null; token: string | null }) =>
    sql<{ providerSessionId: string | null; url: string | null; token: string | null }>`
    update payment_session set provider_session_id = coalesce(provider_session_id, ${p.providerSessionId}),
      url = coalesce(url, ${p.url}), token = coalesce(token, ${p.token})
    where store_id = ${p.storeId} and id = ${p.id}
    returning provider_session_id, url, token`,
)

const toOpen = statement(
  'payments.to_open',
  (p: { storeId: string; customerId: string; orderId: string }) =>
    sql<PlacedOrder & SessionRow & { state: OrderState }>`
    select o.id, o.serial, o.number, o.subtotal_minor, o.tax_minor, o.shipping_minor, o.total_minor, o.currency, o.created_at,
      o.expires_at, o.state, s.id as session_id, s.provider_session_id, s.url, s.token, s.method, s.channel
    from orders o join payment_session s on s.store_id = o.store_id and s.order_id = o.id
    where o.store_id = ${p.storeId} and o.id = ${p.orderId} and o.customer_id = ${p.customerId}
    order by s.created_at desc, s.id desc limit 1`,
)

interface SessionRow {
  providerSessionId: string | null
  url: string | null
  token: string | null
}

/** A placed order, and what is known of its session at the gateway. */
type OrderToOpen = PlacedOrder & Partial<SessionRow>

// As the order has it, and nothing that may change: asked again, a gateway compares.
const detailsOf = statement(
  'payments.session_details',
  (p: { storeId: string; orderId: string }) =>
    sql<SessionDetails>`
    select json_build_object('reference', c.serial::text, 'name', coalesce(a.recipient_name, o.number), 'email', null,
        'phone', a.phone) as customer,
      (select json_agg(json_build_object('name', l.name, 'sku', l.sku, 'quantity', l.quantity, 'priceMinor', l.unit_minor)
          order by l.place) from (
        select l.position as place, l.name, l.sku, l.quantity, l.unit_minor from order_line l
        where l.store_id = o.store_id and l.order_id = o.id
        union all select 1000000, 'Shipping', null, 1, o.shipping_minor where o.shipping_minor > 0
        union all select 1000001, 'Discount', null, 1, -o.discount_minor where o.discount_minor > 0
        union all select 1000002, 'Tax', null, 1, o.tax_minor where o.tax_mode = 'exclusive' and o.tax_minor > 0) l) as lines
    from orders o join customer c on c.store_id = o.store_id and c.id = o.customer_id
      join order_address a on a.store_id = o.store_id and a.order_id = o.id
    where o.store_id = ${p.storeId} and o.id = ${p.orderId}`,
)

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
 * @returns the session: of two that ask at once, both get the one that is kept
 * @throws Refusal gateway.unavailable, gateway.refused; the order stays and can be paid later
 */
export async function openSession(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  order: Omit<OrderToOpen, 'serial' | 'subtotalMinor' | 'taxMinor' | 'shippingMinor'>,
  isRetry: boolean,
): Promise<OpenedSession> {
  const { providerSessionId, url = null, token = null } = order
  const { sessionId, id: orderId, number: orderNumber, totalMinor: amountMinor, currency, method, channel } = order
  const reference = sessionId.replaceAll('-', '')
  const foreseen = gateway.sessionIdOf(reference)
  // where the id is known beforehand, it is the answer that tells where to pay
  if (providerSessionId && (url !== null || foreseen === null)) return { providerSessionId, url, token }
  const session = { storeId: store.storeId, id: sessionId }
  try {
    const opened = await gateway.openSession({
      reference,
      orderNumber,
      amountMinor,
      currency,
      method,
      channel,
      orderedAt: order.createdAt,
      expiresAt: order.expiresAt,
      details: async () => one(await detailsOf(engine.db, { storeId: store.storeId, orderId })),
      isRetry,
    })
    const kept = one(await attach(engine.db, { ...session, ...opened }))
    return { ...kept, providerSessionId: kept.providerSessionId! }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    // The refusal names the order, so it has to last. Of an answer that was lost, what is paid is heard all the same.
    const left = error.kind === 'unavailable' ? foreseen : null
    one(await attach(engine.db, { ...session, providerSessionId: left, url: null, token: null }))
    if (error.kind === 'refused')
      throw new Refusal('gateway.refused', { provider: gateway.name, reason: error.message, orderId, orderNumber })
    throw new Refusal('gateway.unavailable', { provider: gateway.name, orderId, orderNumber })
  }
}

const latestSession = statement(
  'payments.latest_session',
  (p: { storeId: string; orderId: string }) =>
    sql<Session & SessionRow & Pick<PlacedOrder, 'method' | 'channel'>>`
    select id, order_id, provider_session_id, amount_minor, url, token, method, channel from payment_session
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
 * @returns the gateway's session
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
  const { id: sessionId, ...known } = session
  return openSession(engine, gateway, store, { ...order, ...known, sessionId, currency: store.currency }, true)
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
