import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Engine } from '../context.ts'
import type { Store } from '../stores/stores.ts'
import { GatewayError } from './gateway.ts'
import type { Gateway, GatewayEvent } from './gateway.ts'
import { findRefund, performRefund } from './refunds.ts'
import { findSession, settlePayment } from './settle.ts'
import { forEach } from './sweeps.ts'
import type { FindGateway } from './sweeps.ts'

// Most events tell of what the browser told before, or of nothing of ours: those are done with as they are stored.
const insertEvent = statement(
  'webhooks.store',
  (p: {
    storeId: string
    provider: string
    eventId: string
    type: string
    body: string
    now: Date
    providerSessionId: string | null
    providerPaymentId: string | null
    isRefund: boolean
  }) =>
    sql<{ isNews: boolean }>`
      with news as (
        select ${p.isRefund}::boolean or exists (
          select from payment_session s
          where s.store_id = ${p.storeId} and s.provider = ${p.provider} and s.provider_session_id = ${p.providerSessionId}
            and not exists (select from payment p where p.store_id = s.store_id and p.provider = s.provider
              and p.provider_payment_id = ${p.providerPaymentId} and p.session_id = s.id and p.state = 'captured')
        ) as is_news
      )
      insert into webhook_inbox (store_id, provider, event_id, type, body, received_at, done_at)
      select ${p.storeId}, ${p.provider}, ${p.eventId}, ${p.type}, ${p.body}, ${p.now},
        case when not is_news then ${p.now}::timestamptz end from news
      on conflict do nothing returning done_at is null as is_news`,
)

const markDone = statement(
  'webhooks.done',
  (p: { storeId: string; provider: string; eventId: string; now: Date }) =>
    sql`update webhook_inbox set done_at = ${p.now}
    where store_id = ${p.storeId} and provider = ${p.provider} and event_id = ${p.eventId}`,
)

/** How long a webhook may be worked on before it is answered: gateways give up after 5 s. */
const patienceMs = 3500

/**
 * Takes a gateway's webhook: stored under the gateway's event id first, then acted on. Once it is stored, it is
 * acknowledged whatever happens: what could not be done now is done by `settleStored` later.
 * @returns the event, or null when the signature is missing or wrong
 * @throws UnreadableWebhook
 */
export async function receiveWebhook(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  body: Buffer,
  headers: Record<string, string | string[] | undefined>,
): Promise<GatewayEvent | null> {
  const event = gateway.readWebhook(body, headers)
  if (!event) return null
  const ours = { storeId: store.storeId, provider: gateway.name, eventId: event.eventId }
  const { providerSessionId = null, providerPaymentId = null } = event.payment ?? {}
  const [stored] = await insertEvent(engine.db, {
    ...ours,
    type: event.type,
    body: body.toString('utf8'),
    now: engine.now(),
    providerSessionId,
    providerPaymentId,
    isRefund: event.refund !== undefined,
  })
  if (!stored?.isNews) return event // a repeat, which whoever stored it acts on; or nothing to act on
  const work = actOn(engine, gateway, store, event).then(
    () => markDone(engine.db, { ...ours, now: engine.now() }),
    () => {}, // it stays in the inbox, and the sweep takes it from there
  )
  await Promise.race([work, new Promise((resolve) => setTimeout(resolve, patienceMs).unref())])
  return event
}

/** @throws GatewayError unavailable. What the gateway refuses to tell it will never tell: the event is done with. */
async function actOn(engine: Engine, gateway: Gateway, store: Store, event: GatewayEvent): Promise<void> {
  try {
    await follow(engine, gateway, store, event)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind === 'unavailable') throw error
  }
}

async function follow(engine: Engine, gateway: Gateway, store: Store, event: GatewayEvent): Promise<void> {
  if (event.payment) {
    const session = await findSession(engine.db, gateway, store, event.payment)
    // what the webhook says of amount and state is not believed: the gateway is asked
    if (session) await settlePayment(engine, gateway, store, session, event.payment.providerPaymentId)
  }
  if (event.refund) {
    const refundId = await findRefund(engine, gateway, store, event.refund)
    if (refundId) await performRefund(engine, gateway, store, refundId)
  }
}

const openOnes = statement(
  'webhooks.open',
  (p: { before: Date; since: Date; limit: number }) =>
    sql<{ storeId: string; provider: string; eventId: string; body: string }>`
    select store_id, provider, event_id, body from (
      select *, row_number() over (partition by store_id order by received_at) as nth from webhook_inbox
      where done_at is null and received_at < ${p.before} and received_at > ${p.since}) open
    where nth <= ${p.limit} order by received_at`,
)

/** Acts on stored webhooks that nobody finished: the gateway was down, or the process died. */
export async function settleStored(engine: Engine, find: FindGateway): Promise<void> {
  const now = engine.now()
  const minute = 60_000
  const open = await openOnes(engine.db, {
    before: new Date(now.getTime() - minute / 2),
    since: new Date(now.getTime() - 3 * 1440 * minute), // the poller has looked after those that are older
    limit: 200,
  })
  await forEach(open, async ({ storeId, provider, eventId, body }) => {
    const { store, gateway } = find(storeId, provider) ?? {}
    if (!store || !gateway) return
    await actOn(engine, gateway, store, gateway.readStored(Buffer.from(body), eventId))
    await markDone(engine.db, { storeId, provider, eventId, now: engine.now() })
  })
}
