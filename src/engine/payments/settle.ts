import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Engine } from '../context.ts'
import type { Store } from '../stores/stores.ts'
import type { Gateway, GatewayPayment } from './gateway.ts'
import { recordPayment } from './record.ts'

export interface Session {
  id: string
  orderId: string
  providerSessionId: string | null
  amountMinor: number
}

/** A session, whose it is, and whether the payment that it was found with is written down as captured. */
export interface FoundSession extends Session {
  customerId: string
  isCaptured: boolean
}

interface PaymentIds {
  providerSessionId: string
  providerPaymentId: string
}

const byProvider = statement(
  'payments.session',
  (p: PaymentIds & { storeId: string; provider: string }) =>
    sql<FoundSession>`
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
