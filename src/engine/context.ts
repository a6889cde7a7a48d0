import { Client } from 'pg'
import type { Pool, QueryArrayResult } from 'pg'
import { execute, isRetryable } from './database.ts'
import type { Db, Transaction } from './database.ts'
import type { Store } from './stores/stores.ts'

export type { Db } from './database.ts'

/** Who asks. An id alone grants nothing: what an actor may see is in every statement's WHERE. */
export type Actor =
  /** @param cartToken the hash of the token by which a guest's cart is known */
  | { readonly kind: 'guest'; readonly cartToken?: Buffer }
  | { readonly kind: 'customer'; readonly id: string; readonly isAdmin: boolean }
  /** somebody of the shop, through the command line or the ERP; a program of its own, by its API key */
  | { readonly kind: 'staff'; readonly name: string }
  | { readonly kind: 'provider'; readonly name: string }
  | { readonly kind: 'system' }

/** Who acts for the shop: an administrator, somebody at its command line, a program with its API key. */
export const isOfShop = (actor: Actor): boolean =>
  actor.kind === 'staff' || (actor.kind === 'customer' && actor.isAdmin)

export const guest: Actor = { kind: 'guest' }
export const system: Actor = { kind: 'system' }

/**
 * What every engine function is given first: the connection, the time, who asks, and in which store.
 * `Ctx` is inside a transaction. A function that takes `Ctx<Db>` changes with one statement, or only reads, and runs without.
 */
export interface Ctx<D extends Db = Transaction> {
  readonly tx: D
  readonly now: Date
  readonly actor: Actor
  readonly store: Store
}

/** Opens transactions. A function that takes the engine calls the outside world between them. */
export interface Engine {
  /** Runs work in one transaction: all of it commits, or none. Tried again after a deadlock. */
  run<T>(store: Store, actor: Actor, work: (ctx: Ctx) => Promise<T>): Promise<T>
  /** For work that is whole after each of its statements, or that only reads: no transaction of its own. */
  direct(store: Store, actor: Actor): Ctx<Db>
  /**
   * As `direct`, on one connection: statements that are sent together travel together, and each sees the one before.
   * What ends in a deadlock is not tried again: not for what locks rows in two tables that others lock too.
   */
  inTurn<T>(store: Store, actor: Actor, work: (ctx: Ctx<Db>) => Promise<T>): Promise<T>
  /**
   * For work between transactions that nobody else may do at the same time, on whatever process: as long as it runs, a
   * connection of its own holds its name, and lets it go should the process die. Should the connection break, the name is
   * free while the work goes on: so it must be of a kind that does no harm when it is done twice.
   * @returns undefined when somebody is at it
   */
  alone<T>(name: string, work: () => Promise<T>): Promise<T | undefined>
  /** For what belongs to the installation, not to a store. */
  readonly db: Db
  readonly now: () => Date
}

const tries = 4

export function createEngine(pool: Pool, now: () => Date = () => new Date()): Engine {
  const attempt = async <T>(store: Store, actor: Actor, work: (ctx: Ctx) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    const tx: Transaction = { inTransaction: true, query: (config) => client.query(config) }
    let broken: Error | undefined
    try {
      // not awaited: it travels with the first statement of the work, and fails with it
      const begun = execute(client, 'begin')
      const [result] = await Promise.all([work({ tx, now: now(), actor, store }), begun])
      await execute(client, 'commit')
      return result
    } catch (error) {
      await execute(client, 'rollback').catch((failure: Error) => (broken = failure))
      throw error
    } finally {
      client.release(broken)
    }
  }

  const direct: Db = { query: (config) => retried(() => pool.query(config)) }
  return {
    db: direct,
    now,
    direct: (store, actor) => ({ tx: direct, now: now(), actor, store }),
    inTurn: async (store, actor, work) => {
      const client = await pool.connect()
      let latest: Promise<QueryArrayResult> | undefined
      const tx: Db = { query: (config) => (latest = client.query(config)) }
      try {
        return await work({ tx, now: now(), actor, store })
      } finally {
        await latest?.catch(() => {}) // the answers come in turn too: with the last, all are there
        client.release()
      }
    },
    run: (store, actor, work) => retried(() => attempt(store, actor, work)),
    alone: async (name, work) => {
      // not one of the pool's: the work takes those, and many at once would leave it none
      const client = new Client(pool.options)
      client.on('error', () => {}) // the name is free, and the work goes on
      try {
        await client.connect()
        const [[isTaken] = []] = await execute(client, 'select pg_try_advisory_lock(hashtextextended($1, 0))', [name])
        return isTaken === true ? await work() : undefined
      } finally {
        await client.end().catch(() => {}) // with the connection ends the lock
      }
    },
  }
}

/** Does again what PostgreSQL undid because of a deadlock: nothing of it is left. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let left = tries; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left <= 1 || !isRetryable(error)) throw error
    }
  }
}

/** The signed-in customer's id. @throws Error for any other actor: the route should have asked for a sign-in */
export function customerIdOf({ actor }: Ctx<Db>): string {
  if (actor.kind !== 'customer') throw new Error(`a customer was expected, not a ${actor.kind}`)
  return actor.id
}

/** How an actor is named in a timeline: who did it, without personal data. */
export const actorName = (actor: Actor) =>
  actor.kind === 'customer'
    ? actor.isAdmin
      ? 'admin'
      : 'customer'
    : actor.kind === 'provider' || actor.kind === 'staff'
      ? actor.name
      : actor.kind
