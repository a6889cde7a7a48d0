import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Engine } from '../context.ts'
import type { Store } from '../stores/stores.ts'
import type { Cursor, Erp } from './erp.ts'
import { followOrder } from './follow.ts'
import { takeCounts } from './stock.ts'
import { takeVariants } from './variants.ts'

type Kind = 'variants' | 'stock' | 'orders'

const cursorOf = statement(
  'erp.cursor',
  (p: { storeId: string; kind: Kind }) =>
    sql<Cursor & { reachedAt: Date; readAt: Date }>`
    select changed_at, last_id as id, reached_at, read_at from erp_cursor where store_id = ${p.storeId} and kind = ${p.kind}`,
)

const keepCursor = statement(
  'erp.keep_cursor',
  (p: { storeId: string; kind: Kind; changedAt: Date; lastId: number; began: Date; isDone: boolean; now: Date }) =>
    sql`insert into erp_cursor as c (store_id, kind, changed_at, last_id, reached_at, read_at)
    values (${p.storeId}, ${p.kind}, ${p.changedAt}, ${p.lastId}, ${p.now}, ${p.began})
    on conflict (store_id, kind) do update set
      read_at = case when ${p.isDone} then excluded.read_at else c.read_at end,
      changed_at = greatest(c.changed_at, excluded.changed_at),
      last_id = case when excluded.changed_at >= c.changed_at then excluded.last_id else c.last_id end,
      reached_at = case when (excluded.changed_at, excluded.last_id) > (c.changed_at, c.last_id) then excluded.reached_at
        else c.reached_at end`,
)

/**
 * A change that was written before another may be seen after it, as its transaction was longer. So as much before the
 * last change is read again, until that was done as long after it was seen, however late; by then whoever was still
 * writing is done. Durations of both clocks are used, never the difference between them.
 */
const overlapMs = 2 * 60_000
const pageSize = 100
const beginning = new Date('2000-01-01T00:00:00Z')

/**
 * Reads all that changed since the last time, a page at a time, oldest first; what was taken is kept with each page. What is
 * read again is taken again, since a second change within one second looks like the first.
 */
async function readOn<T extends Cursor>(
  engine: Engine,
  store: Store,
  kind: Kind,
  read: (since: Date, after: Cursor | null, limit: number) => Promise<T[]>,
  take: (page: T[]) => Promise<void>,
): Promise<number> {
  const { storeId } = store
  const [kept] = await cursorOf(engine.db, { storeId, kind })
  const isSettled = kept && kept.readAt.getTime() - kept.reachedAt.getTime() > overlapMs
  const began = engine.now()
  const since = !kept ? beginning : isSettled ? kept.changedAt : new Date(kept.changedAt.getTime() - overlapMs)
  let taken = 0
  for (let after: Cursor | null = isSettled ? kept : null; ;) {
    const page = await read(since, after, pageSize)
    const last: T | undefined = page.at(-1)
    if (last) await take(page)
    const { changedAt, id: lastId } = last ?? after ?? kept ?? { changedAt: beginning, id: 0 }
    const isDone = page.length < pageSize
    await keepCursor(engine.db, { storeId, kind, changedAt, lastId, began, isDone, now: engine.now() })
    taken += page.length
    if (!last || isDone) return taken
    after = last
  }
}

/**
 * Takes over what changed in a store's ERP: variants and prices, then what staff did with orders there, then stock. In
 * that order, so that what has left there has left the shop as well before it is counted, and is not taken off twice.
 * @throws ErpError unavailable; what was read before it is taken
 */
export async function pullErp(
  engine: Engine,
  erp: Erp,
  store: Store,
): Promise<{ variants: number; stock: number; orders: number }> {
  const variants = await readOn(engine, store, 'variants', erp.changedVariants, (page) =>
    takeVariants(engine, store, page),
  )
  const orders = await followOrders(engine, erp, store)
  // a page's stock is asked for anew: what the change was is not said, only of what
  const stock = await readOn(engine, store, 'stock', erp.changedStock, async (page) => {
    const ids = [...new Set(page.map((change) => change.variantId))]
    await count(engine, erp, store, ids)
  })
  return { variants, stock, orders }
}

const followOrders = (engine: Engine, erp: Erp, store: Store) =>
  readOn(engine, store, 'orders', erp.changedOrders, async (page) => {
    for (const order of page) await followOrder(engine, erp, store, order)
  })

/**
 * Takes over what lies on the shelf. What staff sends off between our look at the orders and that at the shelf is off the
 * one and not yet out of the other: so what looks short is counted once more, after another look at the orders.
 */
async function count(engine: Engine, erp: Erp, store: Store, ids: readonly number[]): Promise<void> {
  const short = await takeCounts(engine, store, await erp.stockOf(ids), false)
  if (short.length === 0) return
  await followOrders(engine, erp, store)
  await takeCounts(engine, store, await erp.stockOf(short), true)
}

const linkedVariants = statement(
  'erp.linked_variants',
  (p: { storeId: string; after: number; limit: number }) =>
    sql<{ erpId: number }>`
    select erp_id from variant where store_id = ${p.storeId} and erp_id > ${p.after} order by erp_id limit ${p.limit}`,
)

/** Asks for all counts: an ERP forgets rows that came to nothing, and such a change is then in no list. */
export async function recountErp(engine: Engine, erp: Erp, store: Store): Promise<void> {
  const { storeId } = store
  const [begun] = await recountOf(engine.db, { storeId })
  for (let after = begun?.lastId ?? 0; ;) {
    const page = await linkedVariants(engine.db, { storeId, after, limit: pageSize })
    const last = page.at(-1)
    if (last)
      await count(
        engine,
        erp,
        store,
        page.map((variant) => variant.erpId),
      )
    // where an ERP that fails in the midst of it is gone on with
    await keepRecount(engine.db, { storeId, lastId: last?.erpId ?? 0, finishedAt: last ? null : engine.now() })
    if (!last) return
    after = last.erpId
  }
}

/** As `recountErp`, once a night: the first time after a quarter past three in Jakarta, or whenever it is possible again. */
export async function recountNightly(engine: Engine, erp: Erp, store: Store): Promise<void> {
  const [begun] = await recountOf(engine.db, { storeId: store.storeId })
  if (begun?.finishedAt && begun.finishedAt >= latestNight(engine.now())) return
  await recountErp(engine, erp, store)
}

const latestNight = (now: Date) => {
  const night = new Date(now)
  night.setUTCHours(20, 15, 0, 0)
  return night <= now ? night : new Date(night.getTime() - 86_400_000)
}

const recountOf = statement(
  'erp.recount',
  (p: { storeId: string }) =>
    sql<{ lastId: number; finishedAt: Date | null }>`
    select last_id, finished_at from erp_recount where store_id = ${p.storeId}`,
)

const keepRecount = statement(
  'erp.keep_recount',
  (p: { storeId: string; lastId: number; finishedAt: Date | null }) =>
    sql`insert into erp_recount as r (store_id, last_id, finished_at)
    values (${p.storeId}, ${p.lastId}, ${p.finishedAt})
    on conflict (store_id) do update set last_id = excluded.last_id,
      finished_at = coalesce(excluded.finished_at, r.finished_at)`,
)

/** When each kind was read last; kinds that never were are missing. */
export async function erpReadTimes(db: Db, storeId: string): Promise<{ kind: Kind; readAt: Date; changedAt: Date }[]> {
  return readTimes(db, { storeId })
}

const readTimes = statement(
  'erp.read_times',
  (p: { storeId: string }) =>
    sql<{ kind: Kind; readAt: Date; changedAt: Date }>`
    select kind, read_at, changed_at from erp_cursor where store_id = ${p.storeId} order by kind`,
)

/** When all counts were asked for last; null when they never were. */
export const recountedAt = async (db: Db, storeId: string): Promise<Date | null> =>
  (await recountOf(db, { storeId }))[0]?.finishedAt ?? null
