import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { hurriedCommit } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx } from '../context.ts'
import { availableExpression } from '../inventory/inventory.ts'
import { Refusal } from '../refusal.ts'
import type { CartLine } from './cart.ts'
import { cartStatement, ownerOf } from './owner.ts'
import type { Owner } from './owner.ts'

// What is in a cart is a wish: no change of it waits for the disk.

/** No cart holds more of one variant, however much there is of it: the table's own limit for a line. */
export const mostOfOne = 1_000_000

interface Added {
  found: boolean
  name: string | null
  wanted: number | null
  available: number | null
  isAdded: boolean
}

// One statement: the open cart is made or locked, then the line is raised if what the whole cart wants of this
// variant is there. Nothing is reserved: that is for the order.
const add = cartStatement(
  'cart.add',
  (p: Owner & { variantId: string; quantity: number; attributes: string; now: Date }, _theirs, conflict) =>
    sql<Added>`
      with v as (
        select v.store_id, v.id, v.name, v.price_minor, ${availableExpression} as available
        from variant v left join stock s on s.store_id = v.store_id and s.variant_id = v.id
        where v.store_id = ${p.storeId} and v.id = ${p.variantId} and v.is_listed
      ), k as (
        insert into cart (store_id, customer_id, token_hash, created_at, updated_at)
        select v.store_id, ${p.customerId}, ${p.tokenHash}, ${p.now}, ${p.now} from v
        on conflict ${conflict} do update
          set updated_at = excluded.updated_at, version = cart.version + 1
        returning store_id, id
      ), wish as (
        select ${p.quantity} + coalesce(sum(l.quantity), 0) as wanted, least((select available from v), ${mostOfOne}) as most,
          coalesce(sum(l.quantity) filter (where l.attributes <> ${p.attributes}::jsonb), 0) as in_other_lines
        from k left join cart_line l on l.store_id = k.store_id and l.cart_id = k.id and l.variant_id = ${p.variantId}
      ), l as (
        insert into cart_line (store_id, cart_id, variant_id, quantity, attributes, added_at, seen_minor)
        select k.store_id, k.id, v.id, ${p.quantity}, ${p.attributes}::jsonb, ${p.now}, v.price_minor
        from k, v, wish where wish.wanted <= wish.most
        on conflict (store_id, cart_id, variant_id, attributes)
          do update set quantity = cart_line.quantity + excluded.quantity, seen_minor = excluded.seen_minor
          -- again: while it waited for the cart, a twin of this request may have raised the line
          where cart_line.quantity + excluded.quantity + (select in_other_lines from wish) <= (select most from wish)
        returning id
      )
      select exists (select from v) as found, (select name from v) as name, (select wanted from wish)::int as wanted,
        (select available from v) as available, exists (select from l) as is_added, ${hurriedCommit}`,
)

/**
 * Adds to a cart; the same variant with the same attributes raises its line.
 * @throws Refusal product.unknown, stock.short
 */
export async function addToCart(
  ctx: Ctx<Db>,
  variantId: string,
  quantity: number,
  attributes: Record<string, unknown> = {},
): Promise<void> {
  const wish = { variantId, quantity, attributes: JSON.stringify(attributes), now: ctx.now }
  const [row] = await add(ctx.tx, { ...ownerOf(ctx), ...wish })
  if (!row!.found) throw new Refusal('product.unknown', { variantId })
  if (!row!.isAdded) throw short(variantId, row!)
}

const mostToHave = (available: number | null) => Math.min(available ?? mostOfOne, mostOfOne)

function short(variantId: string, { name, wanted, available }: Pick<Added, 'name' | 'wanted' | 'available'>) {
  const line = { variantId, name: name!, wanted: wanted!, available: mostToHave(available) }
  return new Refusal('stock.short', { lines: [line] })
}

/** Locks a cart, and marks that it has changed: a part of a WITH. */
const touch = (p: { now: Date }, theirs: RawBuilder<unknown>) => sql`
  update cart k set updated_at = ${p.now}, version = version + 1 where ${theirs} returning store_id, id`

const setQuantity = cartStatement(
  'cart.set_quantity',
  (p: Owner & { lineId: string; quantity: number; now: Date }, theirs) =>
    sql<Omit<Added, 'found'> & { variantId: string }>`
      with k as (${touch(p, theirs)}), l as (
        select l.store_id, l.id, l.variant_id, v.name, v.price_minor, ${availableExpression} as available,
          ${p.quantity} + coalesce((select sum(o.quantity) from cart_line o
            where o.store_id = l.store_id and o.cart_id = l.cart_id and o.variant_id = l.variant_id and o.id <> l.id), 0)
            as wanted
        from k join cart_line l on l.store_id = k.store_id and l.cart_id = k.id
        join variant v on v.store_id = l.store_id and v.id = l.variant_id
        left join stock s on s.store_id = v.store_id and s.variant_id = v.id
        where l.id = ${p.lineId}
      ), changed as (
        update cart_line c set quantity = ${p.quantity}, seen_minor = l.price_minor
        from l where c.store_id = l.store_id and c.id = l.id and l.wanted <= least(l.available, ${mostOfOne})
        returning c.id
      )
      select variant_id, name, wanted::int, available, exists (select from changed) as is_added, ${hurriedCommit} from l`,
)

/** Replaces the quantity of a line. @throws Refusal cart.line_unknown (also for another's line), stock.short */
export async function setCartLine(ctx: Ctx<Db>, lineId: string, quantity: number): Promise<void> {
  const [row] = await setQuantity(ctx.tx, { ...ownerOf(ctx), lineId, quantity, now: ctx.now })
  if (!row) throw new Refusal('cart.line_unknown', { lineId })
  if (row.isAdded) return
  if (row.wanted! > mostToHave(row.available)) throw short(row.variantId, row)
  throw new Refusal('cart.line_unknown', { lineId }) // it was removed while this waited for the cart
}

const accept = cartStatement(
  'cart.accept_prices',
  (p: Owner & { ids: readonly string[]; prices: readonly number[] }, theirs) =>
    sql`
    update cart_line l set seen_minor = t.price
    from cart k, unnest(${p.ids}::uuid[], ${p.prices}::bigint[]) as t(id, price)
    where ${theirs} and l.store_id = k.store_id and l.cart_id = k.id and l.id = t.id returning ${hurriedCommit}`,
)

/** The buyer has been told what these lines cost now. */
export async function acceptPrices(ctx: Ctx<Db>, lines: readonly Pick<CartLine, 'id' | 'unitMinor'>[]): Promise<void> {
  const ids = lines.map((line) => line.id)
  await accept(ctx.tx, { ...ownerOf(ctx), ids, prices: lines.map((line) => line.unitMinor) })
}

const removeLine = cartStatement(
  'cart.remove',
  (p: Owner & { lineId: string; now: Date }, theirs) =>
    sql<{ id: string }>`
    with k as (${touch(p, theirs)})
    delete from cart_line l using k where l.store_id = k.store_id and l.cart_id = k.id and l.id = ${p.lineId}
    returning l.id, ${hurriedCommit}`,
)

/** @throws Refusal cart.line_unknown */
export async function removeCartLine(ctx: Ctx<Db>, lineId: string): Promise<void> {
  const removed = await removeLine(ctx.tx, { ...ownerOf(ctx), lineId, now: ctx.now })
  if (removed.length === 0) throw new Refusal('cart.line_unknown', { lineId })
}

const clear = cartStatement(
  'cart.clear',
  (p: Owner & { now: Date }, theirs) =>
    sql`
    with k as (${touch(p, theirs)})
    delete from cart_line l using k where l.store_id = k.store_id and l.cart_id = k.id returning ${hurriedCommit}`,
)

/** Empties a cart. */
export async function clearCart(ctx: Ctx<Db>): Promise<void> {
  await clear(ctx.tx, { ...ownerOf(ctx), now: ctx.now })
}

const nameVoucher = cartStatement(
  'cart.voucher',
  (p: Owner & { voucherId: string | null; now: Date }, theirs) =>
    sql`update cart k set voucher_id = ${p.voucherId}, updated_at = ${p.now}, version = version + 1 where ${theirs}
    returning ${hurriedCommit}`,
)

/** Names a cart's voucher, or none. Nothing is used up by it: that is for the order. */
export async function setCartVoucher(ctx: Ctx<Db>, voucherId: string | null): Promise<void> {
  await nameVoucher(ctx.tx, { ...ownerOf(ctx), voucherId, now: ctx.now })
}
