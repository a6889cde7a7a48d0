import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { availableExpression } from '../inventory/inventory.ts'
import { mostOfOne } from './changes.ts'

/** A line of which less went into the customer's cart than both carts had of it: no more is in stock, or fits a line. */
export interface CutLine {
  variantSerial: number
  name: string
  wanted: number
  kept: number
}

// Both carts are locked, the guest's first: nobody else locks two.
const lockGuest = statement(
  'cart.lock_guest',
  (p: { storeId: string; tokenHash: Buffer }) =>
    sql<{ id: string }>`
    select id from cart where store_id = ${p.storeId} and token_hash = ${p.tokenHash} and state = 'open'
    for no key update`,
)

const lockCustomers = statement(
  'cart.lock_customers',
  (p: { storeId: string; customerId: string; now: Date }) =>
    sql<{ id: string }>`
    insert into cart (store_id, customer_id, created_at, updated_at)
    values (${p.storeId}, ${p.customerId}, ${p.now}, ${p.now})
    on conflict (store_id, customer_id) where state = 'open'
      do update set updated_at = excluded.updated_at, version = cart.version + 1
    returning id`,
)

// What is out of stock altogether stays as it was wanted: the checkout's own check says so, and nothing vanishes.
const move = statement(
  'cart.merge',
  (p: { storeId: string; guestId: string; ownId: string; now: Date }) =>
    sql<CutLine>`
    with both_lines as (
      select g.variant_id, g.attributes, g.added_at, g.seen_minor, v.serial, v.name, g.quantity + coalesce(o.quantity, 0) as wanted,
        case when ${availableExpression} = 0 then greatest(g.quantity, coalesce(o.quantity, 0))
          else least(g.quantity + coalesce(o.quantity, 0), ${availableExpression}, ${mostOfOne}) end as kept
      from cart_line g
      join variant v on v.store_id = g.store_id and v.id = g.variant_id
      left join stock s on s.store_id = v.store_id and s.variant_id = v.id
      left join cart_line o on o.store_id = g.store_id and o.cart_id = ${p.ownId} and o.variant_id = g.variant_id
        and o.attributes = g.attributes
      where g.store_id = ${p.storeId} and g.cart_id = ${p.guestId}
    ), moved as (
      insert into cart_line (store_id, cart_id, variant_id, quantity, attributes, added_at, seen_minor)
      select ${p.storeId}, ${p.ownId}, variant_id, kept, attributes, added_at, seen_minor from both_lines
      on conflict (store_id, cart_id, variant_id, attributes)
        do update set quantity = excluded.quantity, seen_minor = excluded.seen_minor
    ), closed as (
      update cart set state = 'merged', updated_at = ${p.now} where store_id = ${p.storeId} and id = ${p.guestId}
    )
    select serial as variant_serial, name, wanted::int, kept::int from both_lines where kept < wanted order by added_at`,
)

const forget = statement(
  'cart.forget_guests',
  (p: { before: Date }) => sql`delete from cart where customer_id is null and updated_at < ${p.before}`,
)

/** Guests' carts that nobody came back to for 90 days, and those that were merged as long ago. */
export async function forgetGuestCarts(db: Db, now: Date): Promise<void> {
  await forget(db, { before: new Date(now.getTime() - 90 * 86_400_000) })
}

/**
 * Puts what a guest had in the cart into the cart of the customer who has just signed in. Quantities add up, to what is
 * in stock. Twice is once: a merged cart is nobody's.
 * @param tokenHash by which the guest's cart is known
 * @returns what had to be cut
 */
export async function mergeGuestCart(ctx: Ctx, tokenHash: Buffer): Promise<CutLine[]> {
  const { tx, now } = ctx
  const { storeId } = ctx.store
  const [guest] = await lockGuest(tx, { storeId, tokenHash })
  if (!guest) return []
  const [own] = await lockCustomers(tx, { storeId, customerId: customerIdOf(ctx), now })
  return move(tx, { storeId, guestId: guest.id, ownId: own!.id, now })
}
