import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx } from '../context.ts'

/** Something that is to be sent now, by whoever claimed it. */
export interface Claimed {
  storeId: string
  id: string
  endpointId: string
  /** with this one */
  tries: number
  url: string
  form: string | null
  secretSealed: Buffer
  isOff: boolean
  type: string
  subjectId: string
  data: Record<string, unknown>
  at: Date
}

/** How long who has claimed something has for it, before another takes it for dead. */
export const leaseMs = 30_000

// Candidates first, in turn over the endpoints, so that one with much to be told keeps none waiting; then, of those that
// nobody else has taken in between, as many as there is room for. Those are found by their keys: asked for as they are above,
// they would be sought among all that is due, by plans that were made while that was little.
const claim = statement(
  'webhooks.claim',
  (p: { now: Date; leasedUntil: Date; busy: string[]; counts: number[]; each: number; limit: number }) =>
    sql<Claimed>`
    with candidate as materialized (
      select d.store_id, d.id, d.due_at,
        coalesce(b.count, 0) + row_number() over (partition by e.store_id, e.id order by d.due_at) as nth
      from webhook_endpoint e
      left join unnest(${p.busy}::uuid[], ${p.counts}::int[]) as b(endpoint_id, count) on b.endpoint_id = e.id,
      lateral (
        select store_id, id, due_at from webhook_delivery
        where store_id = e.store_id and endpoint_id = e.id and delivered_at is null and failed_at is null
          and due_at <= ${p.now}
        order by due_at limit ${p.each}
      ) d
    ), taken as (
      select d.store_id, d.id from candidate c join webhook_delivery d on d.store_id = c.store_id and d.id = c.id
      where c.nth <= ${p.each} and d.due_at = c.due_at and coalesce(d.delivered_at, d.failed_at) is null
      order by c.nth, c.due_at limit ${p.limit}
      for no key update of d skip locked
    )
    update webhook_delivery d set due_at = ${p.leasedUntil}, tries = d.tries + 1
    from taken t, webhook_endpoint e, event v
    where d.store_id = t.store_id and d.id = t.id and e.store_id = d.store_id and e.id = d.endpoint_id
      and v.store_id = d.store_id and v.id = d.event_id
    returning d.store_id, d.id, d.endpoint_id, d.tries, e.url, e.form, e.secret_sealed, e.disabled_at is not null as is_off,
      v.type, v.subject_id, v.data, v.at`,
)

/**
 * Takes what is due, for `leaseMs`; with several workers, each takes something else.
 * @param busy how much is under way for each endpoint already
 * @param each how much may be under way for one endpoint
 * @param limit how much is taken at most
 */
export const claimDeliveries = (
  db: Db,
  now: Date,
  { busy, each, limit }: { busy: ReadonlyMap<string, number>; each: number; limit: number },
): Promise<Claimed[]> =>
  claim(db, {
    now,
    leasedUntil: new Date(now.getTime() + leaseMs),
    busy: [...busy.keys()],
    counts: [...busy.values()],
    each,
    limit,
  })

/** What a try came to. */
export interface Attempt {
  at: Date
  /** of the answer; null when there was none */
  status: number | null
  problem: string | null
  durationMs: number
}

type Named = { storeId: string; id: string } & Attempt

const attemptPart = (p: Named) => sql`
  insert into webhook_attempt (store_id, delivery_id, at, status, problem, duration_ms)
  values (${p.storeId}, ${p.id}, ${p.at}, ${p.status}, ${p.problem}, ${p.durationMs})`

const delivered = statement(
  'webhooks.delivered',
  (p: Named & { now: Date }) =>
    sql`
    with logged as (${attemptPart(p)})
    update webhook_delivery set delivered_at = ${p.now}, failed_at = null
    where store_id = ${p.storeId} and id = ${p.id} and delivered_at is null`,
)

/** It has arrived, whatever others may have made of it meanwhile. */
export const recordDelivered = async (db: Db, named: Named, now: Date): Promise<void> =>
  void (await delivered(db, { ...named, now }))

// only as long as nobody else has taken it, or asked for it anew
const failed = statement(
  'webhooks.failed',
  (p: Named & { leasedUntil: Date; nextAt: Date | null; now: Date }) =>
    sql`
    with logged as (${attemptPart(p)})
    update webhook_delivery set due_at = coalesce(${p.nextAt}, due_at),
      failed_at = case when ${p.nextAt}::timestamptz is null then ${p.now}::timestamptz end
    where store_id = ${p.storeId} and id = ${p.id} and delivered_at is null and failed_at is null
      and due_at = ${p.leasedUntil}`,
)

/**
 * It has not arrived.
 * @param claimedAt when it was claimed for this try
 * @param nextAt when it is tried again; null gives it up
 */
export const recordFailed = async (
  db: Db,
  named: Named,
  { claimedAt, nextAt, now }: { claimedAt: Date; nextAt: Date | null; now: Date },
): Promise<void> =>
  void (await failed(db, { ...named, leasedUntil: new Date(claimedAt.getTime() + leaseMs), nextAt, now }))

/** A delivery, and how its last try went. */
export interface DeliveryLine {
  id: string
  url: string
  type: string
  createdAt: Date
  state: 'delivered' | 'failed' | 'waiting'
  tries: number
  /** of those that are waiting */
  dueAt: Date
  lastAt: Date | null
  lastStatus: number | null
  lastProblem: string | null
}

const lines = statement(
  'webhooks.deliveries',
  (p: { storeId: string; isFailed: boolean; limit: number }) =>
    sql<DeliveryLine>`
    select d.id, e.url, v.type, d.created_at, d.tries, d.due_at,
      case when d.delivered_at is not null then 'delivered' when d.failed_at is not null then 'failed' else 'waiting' end as state,
      a.at as last_at, a.status as last_status, a.problem as last_problem
    from webhook_delivery d join webhook_endpoint e on e.store_id = d.store_id and e.id = d.endpoint_id
    join event v on v.store_id = d.store_id and v.id = d.event_id
    left join lateral (
      select at, status, problem from webhook_attempt a
      where a.store_id = d.store_id and a.delivery_id = d.id order by a.id desc limit 1) a on true
    where d.store_id = ${p.storeId} and (not ${p.isFailed} or d.failed_at is not null)
    order by d.id desc limit ${p.limit}`,
  { plan: 'anew' },
)

/** A store's deliveries, newest first. */
export const listDeliveries = ({ tx, store }: Ctx<Db>, isFailed: boolean, limit: number): Promise<DeliveryLine[]> =>
  lines(tx, { storeId: store.storeId, isFailed, limit })

// Whoever switches an endpoint off waits for this lock, and then gives up what it finds open.
const again = statement(
  'webhooks.redeliver',
  (p: { storeId: string; id: string | null; now: Date }) =>
    sql<{ id: string; isOff: boolean }>`
    with e as materialized (
      select id, disabled_at is not null as is_off from webhook_endpoint where store_id = ${p.storeId} for share
    ), asked as (
      select d.id, e.is_off from webhook_delivery d join e on e.id = d.endpoint_id
      where d.store_id = ${p.storeId} and (d.id = ${p.id}::uuid or ${p.id}::uuid is null and d.failed_at is not null)
    ), again as (
      update webhook_delivery d set due_at = ${p.now}, tries = 0, delivered_at = null, failed_at = null
      from asked a where d.store_id = ${p.storeId} and d.id = a.id and not a.is_off
    )
    select id, is_off from asked`,
  { plan: 'anew' },
)

/**
 * Sends it again, now and with as many tries as a new one: under the same id, by which a receiver knows it.
 * @param id null for all that failed
 * @returns what was asked for: sent again, unless its endpoint is off
 */
export const redeliver = ({ tx, store, now }: Ctx<Db>, id: string | null): Promise<{ id: string; isOff: boolean }[]> =>
  again(tx, { storeId: store.storeId, id, now })

const forget = statement(
  'webhooks.forget',
  (p: { before: Date }) =>
    sql`delete from webhook_delivery
    where created_at < ${p.before} and (delivered_at is not null or failed_at is not null)`,
)

/** How long is known what was delivered, and when. */
const rememberedDays = 90

/** Deliveries that are over, with their tries. */
export async function forgetOldDeliveries(db: Db, now: Date): Promise<void> {
  await forget(db, { before: new Date(now.getTime() - rememberedDays * 86_400_000) })
}
