import { createHash } from 'node:crypto'
import { DatabaseError } from 'pg'
import { sql } from 'kysely'
import { one, execute, statement } from './database.ts'
import type { Db } from './database.ts'
import type { Actor, Ctx, Engine } from './context.ts'
import { Refusal } from './refusal.ts'
import type { Store } from './stores/stores.ts'

/** A request that its client may send again, under a key of its own making. Kept for 24 hours. */
export interface KeyedRequest {
  key: string
  /** method and path pattern: one key on two routes is two keys */
  route: string
  /** everything that the client sent: another content under the same key is a mistake of the client's */
  content: string
}

export interface Answer<T> {
  status: number
  body: T
}

/** An answer, and whether it is the one of an earlier request. */
export interface OnceAnswer<T> extends Answer<T> {
  isReplay: boolean
}

const waitMs = 3000
const leaseMs = 10_000 // longer than a gateway is waited for; a crash keeps its retry waiting no longer than this

interface KeyParams {
  storeId: string
  actor: string
  route: string
  key: string
}

interface KeyRow {
  requestHash: Buffer
  orderId: string | null
  leasedUntil: Date | null
  status: number | null
  body: string | null
}

const claim = statement(
  'idempotency.claim',
  (p: KeyParams & { hash: Buffer; now: Date }) =>
    sql<{ key: string }>`
    insert into idempotency_key (store_id, actor, route, key, request_hash, created_at)
    values (${p.storeId}, ${p.actor}, ${p.route}, ${p.key}, ${p.hash}, ${p.now})
    on conflict do nothing returning key`,
)

const read = statement(
  'idempotency.read',
  (p: KeyParams) =>
    sql<KeyRow>`
    select request_hash, order_id, leased_until, status, body from idempotency_key
    where store_id = ${p.storeId} and actor = ${p.actor} and route = ${p.route} and key = ${p.key}`,
)

const finish = statement(
  'idempotency.finish',
  (p: KeyParams & { status: number; body: string }) =>
    sql`update idempotency_key set status = ${p.status}, body = ${p.body}, leased_until = null
    where store_id = ${p.storeId} and actor = ${p.actor} and route = ${p.route} and key = ${p.key}`,
)

const lease = statement(
  'idempotency.lease',
  (p: KeyParams & { orderId: string | null; until: Date | null; now: Date }) =>
    sql<{ orderId: string }>`
    update idempotency_key set order_id = coalesce(${p.orderId}, order_id), leased_until = ${p.until}
    where store_id = ${p.storeId} and actor = ${p.actor} and route = ${p.route} and key = ${p.key} and status is null
      and (${p.orderId}::uuid is not null or ${p.until}::timestamptz is null or leased_until is null or leased_until <= ${p.now})
    returning order_id`,
)

const keyParams = (store: Store, actor: Actor, keyed: KeyedRequest): KeyParams => {
  const { route, key } = keyed
  return { storeId: store.storeId, actor: whose(actor, keyed), route, key }
}

/** One client's key is nobody else's: of a guest of whom nothing is known, it is good for that very request. */
function whose(actor: Actor, keyed: KeyedRequest): string {
  if (actor.kind === 'customer') return actor.id
  if (actor.kind === 'guest') return `guest ${(actor.cartToken ?? hashOf(keyed)).toString('hex')}`
  return actor.kind === 'system' ? actor.kind : `${actor.kind} ${actor.name}`
}

const hashOf = ({ content }: KeyedRequest) => createHash('sha256').update(content).digest()

/**
 * Runs work whose effect is one transaction; with a key, the key and the answer commit with it. A twin of a request
 * still running waits on its key's row.
 * @throws Refusal idempotency.key_reused, idempotency.running, and what the work refuses (which keeps no key)
 */
export async function runOnce<T>(
  engine: Engine,
  store: Store,
  actor: Actor,
  keyed: KeyedRequest | null,
  work: (ctx: Ctx) => Promise<Answer<T>>,
): Promise<OnceAnswer<T>> {
  if (!keyed) return { ...(await engine.run(store, actor, work)), isReplay: false }
  const params = keyParams(store, actor, keyed)
  return engine.run(store, actor, async (ctx) => {
    if (!(await claimKey(ctx, params, keyed))) return replay<T>(one(await read(ctx.tx, params)), keyed)
    const answer = await work(ctx)
    await finish(ctx.tx, { ...params, status: answer.status, body: JSON.stringify(answer.body) })
    return { ...answer, isReplay: false }
  })
}

/**
 * As `runOnce`, for work that first looks, outside its transaction: what the look counts stays counted when the work is
 * refused. A repeat is not looked at.
 * @throws Refusal as runOnce
 */
export async function runAfter<S, T>(
  engine: Engine,
  store: Store,
  actor: Actor,
  keyed: KeyedRequest | null,
  look: () => Promise<S>,
  work: (ctx: Ctx, seen: S) => Promise<Answer<T>>,
): Promise<OnceAnswer<T>> {
  const isRepeat = async () => keyed !== null && (await read(engine.db, keyParams(store, actor, keyed))).length > 0
  let seen: { value: S } | undefined
  if (!(await isRepeat())) {
    try {
      seen = { value: await look() }
    } catch (error) {
      if (!(await isRepeat())) throw error // else a twin was quicker, and this is what it changed
    }
  }
  return runOnce(engine, store, actor, keyed, (ctx) => {
    if (!seen) throw new Refusal('idempotency.running', {}) // its twin was refused after all: the next try looks anew
    return work(ctx, seen.value)
  })
}

/** @returns whether the key is new. Waits for a twin that holds it. @throws Refusal idempotency.running */
async function claimKey(ctx: Ctx, params: KeyParams, keyed: KeyedRequest): Promise<boolean> {
  try {
    const [, claimed] = await Promise.all([
      execute(ctx.tx, `set local lock_timeout = ${waitMs}`),
      claim(ctx.tx, { ...params, hash: hashOf(keyed), now: ctx.now }),
      execute(ctx.tx, 'set local lock_timeout to default'), // whatever the work waits for is no twin
    ])
    return claimed.length > 0
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '55P03') throw new Refusal('idempotency.running', {})
    throw error
  }
}

function replay<T>(row: KeyRow, keyed: KeyedRequest): OnceAnswer<T> {
  if (!row.requestHash.equals(hashOf(keyed))) throw new Refusal('idempotency.key_reused', {})
  if (row.status === null) throw new Refusal('idempotency.running', {})
  return { status: row.status, body: JSON.parse(row.body!) as T, isReplay: true }
}

/** Work in two steps with a provider between them, as placing an order that is paid at a gateway. */
export interface SteppedWork<O extends { id: string }, T> {
  /** asks outside what `place` needs to know; not for a repeat, whose order is placed */
  prepare?(): Promise<void>
  /** places an order, committed before the provider is asked; with a key, in the transaction that claims it */
  place(ctx: Ctx<Db>): Promise<O>
  /** reads that order again, for a retry */
  resume(orderId: string): Promise<O>
  /** outside a transaction: asks the provider and makes the answer. @param isRetry the provider may have been asked */
  proceed(order: O, isRetry: boolean): Promise<Answer<T>>
}

/**
 * Runs stepped work. With a key, the first transaction also writes a lease that names the order: after a crash, or a
 * provider's outage, a retry goes on from that order instead of placing another.
 * @throws Refusal as runOnce
 */
export async function runSteps<O extends { id: string }, T>(
  engine: Engine,
  store: Store,
  actor: Actor,
  keyed: KeyedRequest | null,
  steps: SteppedWork<O, T>,
): Promise<OnceAnswer<T>> {
  const params = keyed && keyParams(store, actor, keyed)
  const isRepeat = async () => params !== null && (await read(engine.db, params)).length > 0
  if (steps.prepare && !(await isRepeat())) {
    try {
      await steps.prepare()
    } catch (error) {
      if (!(await isRepeat())) throw error // else a twin placed the order meanwhile, and took what was looked for
    }
  }
  if (!keyed || !params) {
    const order = await steps.place(engine.direct(store, actor))
    return { ...(await steps.proceed(order, false)), isReplay: false }
  }
  const placed = await engine.run(store, actor, async (ctx) => {
    if (!(await claimKey(ctx, params, keyed))) return null
    const order = await steps.place(ctx)
    await lease(ctx.tx, { ...params, orderId: order.id, until: new Date(ctx.now.getTime() + leaseMs), now: ctx.now })
    return order
  })
  const taken = placed ?? (await takeOver<T>(engine, params, keyed))
  if ('isReplay' in taken) return taken
  try {
    const order = placed ?? (await steps.resume(taken.id))
    const answer = await steps.proceed(order, !placed)
    await finish(engine.db, { ...params, status: answer.status, body: JSON.stringify(answer.body) })
    return { ...answer, isReplay: false }
  } catch (error) {
    await lease(engine.db, { ...params, orderId: null, until: null, now: engine.now() }) // the next try need not wait
    throw error
  }
}

/** Waits for the answer of the one who holds the lease, or takes the lease over. @returns the answer, or the order */
async function takeOver<T>(
  engine: Engine,
  params: KeyParams,
  keyed: KeyedRequest,
): Promise<OnceAnswer<T> | { id: string }> {
  const deadline = Date.now() + waitMs
  for (;;) {
    const row = one(await read(engine.db, params))
    if (row.status !== null || !row.requestHash.equals(hashOf(keyed))) return replay<T>(row, keyed)
    const now = engine.now()
    const until = new Date(now.getTime() + leaseMs)
    const [taken] = await lease(engine.db, { ...params, orderId: null, until, now })
    if (taken) return { id: taken.orderId }
    if (Date.now() > deadline) throw new Refusal('idempotency.running', {})
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const forget = statement(
  'idempotency.forget',
  (p: { before: Date }) => sql`delete from idempotency_key where created_at < ${p.before}`,
)

/** Keys are kept for 24 hours. */
export async function forgetOldKeys(db: Db, now: Date): Promise<void> {
  await forget(db, { before: new Date(now.getTime() - 86_400_000) })
}
