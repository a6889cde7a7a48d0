import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { one, statement } from '../database.ts'
import type { Ctx } from '../context.ts'

/**
 * What of `variant v` can still be bought, given `left join stock s`: null for a variant whose stock is not counted.
 * It is never shown below zero, though a count may have found less than was promised.
 */
export const availableExpression = sql`
  case when v.kind = 'tracked' then greatest(coalesce(s.on_hand - s.allocated, 0), 0) end`

const write = statement(
  'inventory.set_available',
  (p: { storeId: string; variantId: string; quantity: number }) =>
    sql`insert into stock (store_id, variant_id, on_hand) values (${p.storeId}, ${p.variantId}, ${p.quantity})
    on conflict (store_id, variant_id) do update set on_hand = stock.allocated + excluded.on_hand`,
)

/** Sets how many can be bought: what is promised to orders comes on top. */
export async function setAvailable(ctx: Ctx, variantId: string, quantity: number): Promise<void> {
  await write(ctx.tx, { storeId: ctx.store.storeId, variantId, quantity })
}

// `for no key update` on the stock rows in the order of their variants: whoever changes several, locks them alike
const lockedLines = sql`
  select r.store_id, r.variant_id, r.quantity from reservation r
  join stock s on s.store_id = r.store_id and s.variant_id = r.variant_id`

const releaseStatement = statement(
  'inventory.release',
  (p: { storeId: string; orderId: string }) =>
    sql<{ variantId: string }>`
    with locked as (
      ${lockedLines} where r.store_id = ${p.storeId} and r.order_id = ${p.orderId} and r.state in ('held', 'committed')
      order by r.variant_id for no key update of s, r
    ), freed as (
      update stock s set allocated = s.allocated - l.quantity
      from locked l where s.store_id = ${p.storeId} and s.variant_id = l.variant_id
    )
    update reservation r set state = 'released'
    from locked l where r.store_id = ${p.storeId} and r.order_id = ${p.orderId} and r.variant_id = l.variant_id
    returning r.variant_id`,
)

/** Gives back what an order still holds. Repeatable: what was released or has left is not touched. */
export async function releaseStock(ctx: Ctx, orderId: string): Promise<void> {
  await releaseStatement(ctx.tx, { storeId: ctx.store.storeId, orderId })
}

const takeStatement = statement(
  'inventory.take',
  (p: { storeId: string; orderId: string }) =>
    sql`
    with locked as (
      ${lockedLines} where r.store_id = ${p.storeId} and r.order_id = ${p.orderId} and r.state in ('held', 'committed')
      order by r.variant_id for no key update of s, r
    ), gone as (
      -- a count may have found less than leaves now: the parcel is the truth, so the shelf is empty
      update stock s set allocated = s.allocated - l.quantity, on_hand = greatest(s.on_hand - l.quantity, 0)
      from locked l where s.store_id = ${p.storeId} and s.variant_id = l.variant_id
    )
    update reservation r set state = 'taken'
    from locked l where r.store_id = ${p.storeId} and r.order_id = ${p.orderId} and r.variant_id = l.variant_id`,
)

/** The goods leave the building. */
export async function takeStock(ctx: Ctx, orderId: string): Promise<void> {
  await takeStatement(ctx.tx, { storeId: ctx.store.storeId, orderId })
}

interface Promised {
  storeId: string
  orderId: string
}

/**
 * Parts of a WITH: `again` is what an order gave up, its stock locked; `fits` has a row when that is there again.
 * @param order the name of a part that has a row once the order is locked: it comes before its stock
 */
export const againParts = (p: Promised, order: RawBuilder<unknown>) => sql`
  again as (
    select r.variant_id, r.quantity, s.on_hand - s.allocated as available from reservation r
    join stock s on s.store_id = r.store_id and s.variant_id = r.variant_id
    where r.store_id = ${p.storeId} and r.order_id = ${p.orderId} and r.state = 'released'
      and exists (select from ${order})
    order by r.variant_id for no key update of s
  ), fits as (
    select from again having coalesce(bool_and(available >= quantity), true)
  )`

/**
 * Parts of a WITH, after `againParts`, that promise an order its stock.
 * @param state `held` or `committed`
 * @param go the name of a part that has a row when it is to be done
 */
export const promiseParts = (p: Promised, state: unknown, go: RawBuilder<unknown>) => sql`
  held as (
    update stock s set allocated = s.allocated + a.quantity
    from ${go}, again a where s.store_id = ${p.storeId} and s.variant_id = a.variant_id
  ), promised as (
    update reservation r set state = ${state}
    from ${go} where r.store_id = ${p.storeId} and r.order_id = ${p.orderId} and r.state in ('held', 'released')
  )`

const promiseStatement = statement(
  'inventory.promise',
  (p: Promised & { state: 'held' | 'committed' }) =>
    sql<{ fits: boolean }>`
    with ${againParts(p, sql`(select) locked`)}, ${promiseParts(p, p.state, sql`fits`)} select exists (select from fits) as fits`,
)

/**
 * Promises an order its stock: what it holds, and again what it gave up; all of it or nothing.
 * @param state `held` for an order still to be paid, `committed` for one that will be filled
 * @returns whether there was enough
 */
export async function promiseStock(ctx: Ctx, orderId: string, state: 'held' | 'committed'): Promise<boolean> {
  return one(await promiseStatement(ctx.tx, { storeId: ctx.store.storeId, orderId, state })).fits
}
