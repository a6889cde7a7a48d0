import { sql } from 'kysely'
import { hurriedCommit, statement } from '../database.ts'
import type { Engine } from '../context.ts'
import { shared } from '../sharing.ts'
import type { Store } from '../stores/stores.ts'
import { GatewayError } from './gateway.ts'
import type { Gateway, GatewayEvent } from './gateway.ts'
import { recordPayment } from './record.ts'
import { findRefund, performRefund } from './refunds.ts'
import { findSession, settlePayment } from './settle.ts'
import type { FoundSession } from './settle.ts'
import { forEach } from './sweeps.ts'
import type { FindGateway } from './sweeps.ts'

// Most events tell of what the browser told before, or of nothing of ours: those are done with as they are stored.
const insertEvents = statement(
  'webhooks.store',
  (p: {
    storeId: string
    provider: string
    now: Date
    ids: string[]
    types: string[]
    bodies: string[]
    sessionIds: (string | null)[]
    paymentIds: (string | null)[]
    areRefunds: boolean[]
  }) =>
    sql<{ eventId: string; isNews: boolean }>`
      insert into webhook_inbox (store_id, provider, event_id, type, body, received_at, done_at)
      select ${p.storeId}, ${p.provider}, e.id, e.type, e.body, ${p.now}, case when not is_news then ${p.now}::timestamptz end
      from unnest(${p.ids}::text[], ${p.types}::text[], ${p.bodies}::text[], ${p.sessionIds}::text[],
        ${p.paymentIds}::text[], ${p.areRefunds}::boolean[]) as e(id, type, body, session_id, payment_id, is_refund),
      lateral (select e.is_refund or exists (
        select from payment_session s
        where s.store_id = ${p.storeId} and s.provider = ${p.provider} and s.provider_session_id = e.session_id
          and not exists (select from payment p where p.store_id = s.store_id and p.provider = s.provider
            and p.provider_payment_id = e.payment_id and p.session_id = s.id and p.state = 'captured')) as is_news) news
      order by e.id -- two processes that store the same events wait for each other one way round
      on conflict do nothing returning event_id, done_at is null as is_news`,
)

interface Arrived {
  event: GatewayEvent
  body: string
}

/**
 * How long a webhook waits for others to be stored with it, by one statement and one commit. The gateway has seconds;
 * meanwhile the browser mostly tells the same, and then nothing is left to do. Where the gateway's own word is enough, no
 * browser tells it, and nobody waits.
 */
const gatherMs = 40

type Inbox = (key: string, item: Arrived) => Promise<Map<string, boolean>>

/** Store events, for each engine. They answer which of them are new and tell of something that is still to be done. */
const inboxes = new WeakMap<Engine, { gathering: Inbox; prompt: Inbox }>()

function inboxOf(engine: Engine, event: GatewayEvent): Inbox {
  let both = inboxes.get(engine)
  if (!both) {
    const store = async (key: string, arrived: Arrived[]) => {
      const [storeId, provider] = key.split(' ') as [string, string]
      const stored = await insertEvents(engine.db, {
        storeId,
        provider,
        now: engine.now(),
        ids: arrived.map(({ event }) => event.eventId),
        types: arrived.map(({ event }) => event.type),
        bodies: arrived.map(({ body }) => body),
        sessionIds: arrived.map(({ event }) => event.payment?.providerSessionId ?? null),
        paymentIds: arrived.map(({ event }) => event.payment?.providerPaymentId ?? null),
        areRefunds: arrived.map(({ event }) => event.refund !== undefined),
      })
      return new Map(stored.map(({ eventId, isNews }) => [eventId, isNews]))
    }
    inboxes.set(engine, (both = { gathering: shared(store, gatherMs), prompt: shared(store) }))
  }
  return event.told ? both.prompt : both.gathering
}

const markDone = statement(
  'webhooks.done',
  (p: { storeId: string; provider: string; eventId: string; now: Date }) =>
    sql`update webhook_inbox set done_at = ${p.now}
    where store_id = ${p.storeId} and provider = ${p.provider} and event_id = ${p.eventId} returning ${hurriedCommit}`,
)

/** How long a webhook may be worked on before it is answered: gateways give up after 5 s. */
const patienceMs = 3500

/**
 * Takes what a gateway's webhook was read as: stored under the gateway's event id first, then acted on. Once it is stored,
 * it is acknowledged whatever happens: what could not be done now is done by `settleStored` later.
 * @param session that it tells of, where somebody has looked already
 */
export async function receiveEvent(
  engine: Engine,
  gateway: Gateway,
  store: Store,
  event: GatewayEvent,
  body: Buffer,
  session?: FoundSession,
): Promise<void> {
  const ours = { storeId: store.storeId, provider: gateway.name, eventId: event.eventId }
  const inbox = inboxOf(engine, event)
  const news = await inbox(`${ours.storeId} ${ours.provider}`, { event, body: body.toString('utf8') })
  // a repeat, which whoever stored it acts on; or nothing to act on
  if (!news.get(event.eventId)) return
  news.delete(event.eventId) // of two that were stored together, the first acts
  const work = actOn(engine, gateway, store, event, session).then(
    () => markDone(engine.db, { ...ours, now: engine.now() }),
    () => {}, // it stays in the inbox, and the sweep takes it from there
  )
  await Promise.race([work, new Promise((resolve) => setTimeout(resolve, patienceMs).unref())])
}

/** @throws GatewayError unavailable. What the gateway refuses to tell it will never tell: the event is done with. */
async function actOn(engine: Engine, gateway: Gateway, store: Store, event: GatewayEvent, seen?: FoundSession) {
  try {
    await follow(engine, gateway, store, event, seen)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind === 'unavailable') throw error
  }
}

async function follow(engine: Engine, gateway: Gateway, store: Store, event: GatewayEvent, seen?: FoundSession) {
  if (event.payment) {
    const session = seen ?? (await findSession(engine.db, gateway, store, event.payment))
    if (session && !session.isCaptured) {
      // where a gateway signs what it says, that is enough; else its word on amount and state is not believed
      if (event.told) await recordPayment(engine, gateway, store, session, event.told)
      else await settlePayment(engine, gateway, store, session, event.payment.providerPaymentId)
    }
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
