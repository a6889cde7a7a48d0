import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import type { Limiter } from '../contracts/toolkit/limits.ts'
import { statement } from '../engine/database.ts'
import type { Db } from '../engine/database.ts'

const syncMs = 400

interface Count {
  bucket: string
  windowStart: number
  endsAt: number
  /** what the database told last: everybody's requests, ours included as far as they were told */
  told: number
  /** ours that the database does not know yet */
  untold: number
}

// Adds what this process counted, and answers every counter that changed since the last time, whoever changed it.
const exchange = statement(
  'limits.exchange',
  (p: { buckets: string[]; windows: number[]; counts: number[]; since: Date }) =>
    sql<{ bucket: string; windowStart: number; count: number; at: Date }>`
      with mine as (
        insert into rate_counter (bucket, window_start, count, changed_at)
        select b, w, c, clock_timestamp() from unnest(${p.buckets}::text[], ${p.windows}::bigint[], ${p.counts}::bigint[]) as x(b, w, c)
        order by b, w
        on conflict (bucket, window_start) do update
          set count = rate_counter.count + excluded.count, changed_at = excluded.changed_at
        returning bucket, window_start, count
      )
      select bucket, window_start, count, clock_timestamp() as at from mine
      union all
      select r.bucket, r.window_start, r.count, clock_timestamp() from rate_counter r
      where r.changed_at > ${p.since} and not exists (
        select from mine m where m.bucket = r.bucket and m.window_start = r.window_start)`,
)

const forget = statement(
  'limits.forget',
  (p: { before: Date }) => sql`delete from rate_counter where changed_at < ${p.before}`,
)

/**
 * Counts requests in fixed windows, in memory: a request never waits for the database. Twice a second and more, all
 * counts since are told to the database in one statement, which answers what the other processes counted.
 * @param key for names of buckets: what lies in the table cannot be turned back into an address
 * @returns the limiter, and how to stop it
 */
export function createLimiter(db: Db, key: Buffer, onError: (error: unknown) => void): Limiter & { close(): void } {
  const counts = new Map<string, Count>()
  let since = new Date(Date.now() - 60_000)
  let syncs = 0
  let isClosed = false

  const sync = async () => {
    const telling = [...counts.values()].filter((count) => count.untold > 0)
    const told = telling.map((count) => count.untold)
    const rows = await exchange(db, {
      buckets: telling.map((count) => count.bucket),
      windows: telling.map((count) => count.windowStart),
      counts: told,
      since,
    })
    telling.forEach((count, i) => (count.untold -= told[i]!))
    for (const row of rows) {
      const count = counts.get(row.bucket)
      if (count && count.windowStart === row.windowStart) count.told = row.count
      else if (!count) counts.set(row.bucket, { ...row, endsAt: Infinity, told: row.count, untold: 0 })
    }
    // clocks differ and transactions overlap: a second's overlap tells some counters twice, and misses none
    if (rows.length > 0) since = new Date(rows.at(-1)!.at.getTime() - 1000)
    if (++syncs % 150 === 0) await forgetOld()
  }

  const forgetOld = async () => {
    const now = Date.now()
    for (const [bucket, count] of counts)
      if (count.endsAt < now || count.windowStart < now - 3_600_000) counts.delete(bucket)
    await forget(db, { before: new Date(now - 3_600_000) })
  }

  const loop = async () => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, syncMs).unref())
      if (isClosed) return
      await sync().catch(onError) // untold counts stay, and are told the next time
    }
  }
  void loop()

  return {
    count: ({ bucket, limit, seconds }) => {
      const now = Date.now()
      const length = seconds * 1000
      const windowStart = now - (now % length)
      let count = counts.get(bucket)
      if (!count || count.windowStart !== windowStart) {
        count = { bucket, windowStart, endsAt: windowStart + length, told: 0, untold: 0 }
        counts.set(bucket, count)
      }
      count.untold++
      const used = count.told + count.untold
      return {
        isExceeded: used > limit,
        remaining: Math.max(limit - used, 0),
        resetsAt: new Date(windowStart + length),
      }
    },
    conceal: (text) => createHmac('sha256', key).update(text).digest('base64url').slice(0, 22),
    close: () => {
      isClosed = true
    },
  }
}

/** For load tests. */
export const noLimiter: Limiter & { close(): void } = {
  count: ({ limit, seconds }) => ({
    isExceeded: false,
    remaining: limit,
    resetsAt: new Date(Date.now() + seconds * 1000),
  }),
  conceal: (text) => text,
  close: () => {},
}
