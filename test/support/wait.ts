import { AssertionError } from 'node:assert/strict'
import { system } from '../../src/engine/context.ts'
import type { Ctx, Engine } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import type { Db } from '../../src/engine/database.ts'
import type { Store } from '../../src/engine/stores/stores.ts'

/**
 * Looks again and again until there is something to see. What goes wrong on the way means: not yet; a failed assertion
 * means never.
 * @param what is waited for, for the message when the time is over
 * @returns what was seen
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  patienceMs = 20_000,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    let cause: unknown
    try {
      const seen = await look()
      if (seen) return seen as Exclude<T, undefined | null | false>
    } catch (error) {
      if (error instanceof AssertionError) throw error
      cause = error
    }
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`, { cause })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/**
 * Waits until so many statements wait for a lock.
 * @param db none that is in a transaction: there, this view is as it was when it was first looked at
 */
export const untilLockIsAwaited = (db: Db, count = 1) =>
  until(`${count} wait for a lock`, async () => {
    const waits = `select count(*)::int from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    return Number((await execute(db, waits))[0]![0]) >= count
  })

/**
 * Has something done while a request waits for a lock.
 * @param lock takes it, in a transaction
 * @param ask sends what will wait
 * @param meanwhile in that transaction, which then commits
 * @returns what was answered in the end
 */
export async function whileItWaits<T>(
  { engine, store }: { engine: Engine; store: Store },
  lock: (ctx: Ctx) => Promise<unknown>,
  ask: () => Promise<T>,
  meanwhile: (ctx: Ctx) => Promise<unknown> = async () => {},
): Promise<T> {
  const asked = await engine.run(store, system, async (ctx) => {
    await lock(ctx)
    const answer = ask()
    await untilLockIsAwaited(engine.db)
    await meanwhile(ctx)
    return { answer } // not awaited here: it comes after the commit
  })
  return asked.answer
}
