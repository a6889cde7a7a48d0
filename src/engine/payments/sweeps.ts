import { sql } from 'kysely'
import { statement } from '../database.ts'
import { system } from '../context.ts'
import type { Engine } from '../context.ts'
import { expireOrder } from '../orders/moves.ts'
import type { Store } from '../stores/stores.ts'
import { sweep } from '../sweep.ts'
import { GatewayError } from './gateway.ts'
import type { Gateway } from './gateway.ts'
import { performRefund } from './refunds.ts'
import { settlePayment } from './settle.ts'
import type { Session } from './settle.ts'

/** Finds a store, and its gateway of this name as long as the store has its keys. */
export type FindGateway = (
  storeId: string,
  provider: string,
) => { store: Store; gateway?: Gateway | undefined } | undefined

type DueSession = Session & { storeId: string; provider: string }

// The younger a session, the more often it is asked for: after a third of its age again, at least every six hours.
// Once more an hour after its order was paid: a second payment may have come whose webhook did not.
const dueSessions = statement(
  'sweeps.due_sessions',
  (p: { now: Date; limit: number }) =>
    sql<DueSession>`
    update payment_session s set polled_at = ${p.now}
    from (
      select s.store_id, s.id from payment_session s join orders o on o.store_id = s.store_id and o.id = s.order_id
      where s.created_at between ${p.now}::timestamptz - interval '3 days' and ${p.now}::timestamptz - interval '2 minutes'
        and s.provider_session_id is not null
        and case when o.paid_at is null then coalesce(s.polled_at, s.created_at)
            < ${p.now}::timestamptz - least((${p.now}::timestamptz - s.created_at) / 3, interval '6 hours')
          else o.paid_at < ${p.now}::timestamptz - interval '1 hour'
            and coalesce(s.polled_at, s.created_at) < o.paid_at + interval '1 hour' end
      order by o.paid_at is not null, s.created_at limit ${p.limit} for update of s skip locked
    ) due
    where s.store_id = due.store_id and s.id = due.id
    returning s.store_id, s.id, s.order_id, s.provider, s.provider_session_id, s.amount_minor`,
)

/** Asks the gateways for payments whose webhook never came. @returns how many sessions were asked for */
export async function pollPayments(engine: Engine, find: FindGateway, limit = 200): Promise<number> {
  const due = await dueSessions(engine.db, { now: engine.now(), limit })
  await forEach(due, (session) => settleSession(engine, find, session))
  return due.length
}

/** Settles all that a gateway holds for a session. @throws GatewayError */
async function settleSession(engine: Engine, find: FindGateway, session: DueSession): Promise<void> {
  const { store, gateway } = find(session.storeId, session.provider) ?? {}
  if (!store || !gateway || session.providerSessionId === null) return
  for (const payment of await gateway.paymentsOf(session.providerSessionId)) {
    if (payment.state !== 'created') await settlePayment(engine, gateway, store, session, payment.providerPaymentId)
  }
}

/**
 * Works on all of them, as `sweep` does: a store whose gateway is down waits.
 * @throws AggregateError of what was no outage
 */
export const forEach = <T extends { storeId: string }>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> =>
  sweep(
    items,
    ({ storeId }) => storeId,
    (error) => error instanceof GatewayError,
    work,
  )

const overdueOrders = statement(
  'sweeps.overdue_orders',
  (p: { now: Date; limit: number }) =>
    sql<{ storeId: string; id: string }>`
    select store_id, id from (
      select store_id, id, row_number() over (partition by store_id order by expires_at) as nth
      from orders where state = 'placed' and expires_at <= ${p.now}) overdue
    where nth <= ${p.limit}`,
)

const sessionsOf = statement(
  'sweeps.sessions',
  (p: { storeId: string; orderId: string }) =>
    sql<DueSession>`
    select store_id, id, order_id, provider, provider_session_id, amount_minor from payment_session
    where store_id = ${p.storeId} and order_id = ${p.orderId} order by created_at`,
)

/**
 * Ends unpaid orders whose time is over and gives their stock back, after asking the gateway once more. While the
 * gateway cannot be reached, an order that could be paid there stays.
 * @param limit for each store
 * @returns how many ended
 */
export async function expireOrders(engine: Engine, find: FindGateway, limit = 200): Promise<number> {
  let ended = 0
  await forEach(await overdueOrders(engine.db, { now: engine.now(), limit }), async ({ storeId, id }) => {
    const sessions = await sessionsOf(engine.db, { storeId, orderId: id })
    for (const session of sessions) await settleSession(engine, find, session)
    const store = sessions[0] && find(storeId, sessions[0].provider)?.store
    if (store && (await engine.run(store, system, (ctx) => expireOrder(ctx, id)))) ended++
  })
  return ended
}

// As with sessions: the older a refund, the longer until it is asked about again.
const dueRefunds = statement(
  'sweeps.due_refunds',
  (p: { now: Date; limit: number }) =>
    sql<{ storeId: string; id: string; provider: string }>`
    update refund r set updated_at = ${p.now}
    from (
      select r.store_id, r.id, p.provider from refund r join payment p on p.store_id = r.store_id and p.id = r.payment_id
      where r.state in ('requested', 'pending') and r.created_at < ${p.now}::timestamptz - interval '2 minutes'
        and r.updated_at < ${p.now}::timestamptz - least((${p.now}::timestamptz - r.created_at) / 3, interval '6 hours')
      order by r.updated_at limit ${p.limit} for update of r skip locked
    ) due
    where r.store_id = due.store_id and r.id = due.id
    returning r.store_id, r.id, due.provider`,
)

/**
 * Goes on with refunds that are not through: their job died with its worker or gave up, or the gateway takes its time.
 * @returns how many were asked about
 */
export async function settleRefunds(engine: Engine, find: FindGateway, limit = 200): Promise<number> {
  const due = await dueRefunds(engine.db, { now: engine.now(), limit })
  await forEach(due, async ({ storeId, id, provider }) => {
    const { store, gateway } = find(storeId, provider) ?? {}
    if (store && gateway) await performRefund(engine, gateway, store, id)
  })
  return due.length
}
