import { sql } from 'kysely'
import { hurriedCommit, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { imagesExpression } from '../catalogue/variants.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { availableExpression } from '../inventory/inventory.ts'
import { priceLines } from '../pricing/pricing.ts'
import type { Totals } from '../pricing/pricing.ts'
import { Refusal } from '../refusal.ts'

/** A line with what its variant is now: nothing in a cart is fixed before an order is placed. */
export interface CartLine {
  id: string
  productId: string
  variantId: string
  quantity: number
  attributes: Record<string, unknown>
  addedAt: Date
  name: string
  description: string | null
  sku: string | null
  optionValues: string[]
  weightGrams: number | null
  images: string[]
  listMinor: number
  unitMinor: number
  kind: string
  /** can still be bought, the cart's own lines not taken off; null where stock is not counted */
  available: number | null
  isListed: boolean
}

/** Which cart was read, and as which of its versions. */
export interface SeenCart {
  id: string
  version: number
}

export interface Cart {
  lines: CartLine[]
  totals: Totals
  /** null when there is nothing in it */
  seen: SeenCart | null
}

const linesOf = statement(
  'cart.lines',
  (p: { storeId: string; customerId: string }) =>
    sql<CartLine & { cartId: string; version: number }>`
    select k.id as cart_id, k.version, l.id, v.product_id, l.variant_id, l.quantity, l.attributes, l.added_at, v.name,
      p.description, v.sku, v.option_values, v.weight_grams, ${imagesExpression} as images, v.list_minor,
      v.price_minor as unit_minor, v.kind, ${availableExpression} as available, v.is_listed
    from cart k
    join cart_line l on l.store_id = k.store_id and l.cart_id = k.id
    join variant v on v.store_id = l.store_id and v.id = l.variant_id
    join product p on p.store_id = v.store_id and p.id = v.product_id
    left join stock s on s.store_id = v.store_id and s.variant_id = v.id
    where k.store_id = ${p.storeId} and k.customer_id = ${p.customerId} and k.state = 'open'
    order by l.added_at, l.id`,
)

/** The signed-in customer's open cart, priced as it stands. No cart is an empty cart. */
export async function getCart(ctx: Ctx<Db>): Promise<Cart> {
  const lines = await linesOf(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) })
  const [first] = lines
  const seen = first ? { id: first.cartId, version: first.version } : null
  return { lines, totals: priceLines(ctx.store, lines), seen }
}

/** No cart holds more of one variant, however much there is of it: the table's own limit for a line. */
const mostOfOne = 1_000_000

interface Added {
  found: boolean
  name: string | null
  wanted: number | null
  available: number | null
  isAdded: boolean
}

// What is in a cart is a wish: no change of it waits for the disk.
// One statement: the open cart is made or locked, then the line is raised if what the whole cart wants of this
// variant is there. Nothing is reserved: that is for the order.
const add = statement(
  'cart.add',
  (p: { storeId: string; customerId: string; variantId: string; quantity: number; attributes: string; now: Date }) =>
    sql<Added>`
      with v as (
        select v.store_id, v.id, v.name, ${availableExpression} as available
        from variant v left join stock s on s.store_id = v.store_id and s.variant_id = v.id
        where v.store_id = ${p.storeId} and v.id = ${p.variantId} and v.is_listed
      ), k as (
        insert into cart (store_id, customer_id, created_at, updated_at)
        select v.store_id, ${p.customerId}, ${p.now}, ${p.now} from v
        on conflict (store_id, customer_id) where state = 'open' do update
          set updated_at = excluded.updated_at, version = cart.version + 1
        returning store_id, id
      ), wish as (
        select ${p.quantity} + coalesce(sum(l.quantity), 0) as wanted, least((select available from v), ${mostOfOne}) as most,
          coalesce(sum(l.quantity) filter (where l.attributes <> ${p.attributes}::jsonb), 0) as in_other_lines
        from k left join cart_line l on l.store_id = k.store_id and l.cart_id = k.id and l.variant_id = ${p.variantId}
      ), l as (
        insert into cart_line (store_id, cart_id, variant_id, quantity, attributes, added_at)
        select k.store_id, k.id, v.id, ${p.quantity}, ${p.attributes}::jsonb, ${p.now}
        from k, v, wish where wish.wanted <= wish.most
        on conflict (store_id, cart_id, variant_id, attributes)
          do update set quantity = cart_line.quantity + excluded.quantity
          -- again: while it waited for the cart, a twin of this request may have raised the line
          where cart_line.quantity + excluded.quantity + (select in_other_lines from wish) <= (select most from wish)
        returning id
      )
      select exists (select from v) as found, (select name from v) as name, (select wanted from wish)::int as wanted,
        (select available from v) as available, exists (select from l) as is_added, ${hurriedCommit}`,
)

/**
 * Adds to the signed-in customer's cart; the same variant with the same attributes raises its line.
 * @throws Refusal product.unknown, stock.short
 */
export async function addToCart(
  ctx: Ctx<Db>,
  variantId: string,
  quantity: number,
  attributes: Record<string, unknown> = {},
): Promise<void> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  const [row] = await add(ctx.tx, { ...own, variantId, quantity, attributes: JSON.stringify(attributes), now: ctx.now })
  if (!row!.found) throw new Refusal('product.unknown', { variantId })
  if (!row!.isAdded) throw short(variantId, row!)
}

const mostToHave = (available: number | null) => Math.min(available ?? mostOfOne, mostOfOne)

function short(variantId: string, { name, wanted, available }: Pick<Added, 'name' | 'wanted' | 'available'>) {
  const line = { variantId, name: name!, wanted: wanted!, available: mostToHave(available) }
  return new Refusal('stock.short', { lines: [line] })
}

const setQuantity = statement(
  'cart.set_quantity',
  (p: { storeId: string; customerId: string; lineId: string; quantity: number; now: Date }) =>
    sql<Omit<Added, 'found'> & { variantId: string }>`
      with k as (
        update cart set updated_at = ${p.now}, version = version + 1
        where store_id = ${p.storeId} and customer_id = ${p.customerId} and state = 'open' returning store_id, id
      ), l as (
        select l.store_id, l.id, l.variant_id, v.name, ${availableExpression} as available,
          ${p.quantity} + coalesce((select sum(o.quantity) from cart_line o
            where o.store_id = l.store_id and o.cart_id = l.cart_id and o.variant_id = l.variant_id and o.id <> l.id), 0)
            as wanted
        from k join cart_line l on l.store_id = k.store_id and l.cart_id = k.id
        join variant v on v.store_id = l.store_id and v.id = l.variant_id
        left join stock s on s.store_id = v.store_id and s.variant_id = v.id
        where l.id = ${p.lineId}
      ), changed as (
        update cart_line c set quantity = ${p.quantity}
        from l where c.store_id = l.store_id and c.id = l.id and l.wanted <= least(l.available, ${mostOfOne})
        returning c.id
      )
      select variant_id, name, wanted::int, available, exists (select from changed) as is_added, ${hurriedCommit} from l`,
)

/** Replaces the quantity of a line. @throws Refusal cart.line_unknown (also for another's line), stock.short */
export async function setCartLine(ctx: Ctx<Db>, lineId: string, quantity: number): Promise<void> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  const [row] = await setQuantity(ctx.tx, { ...own, lineId, quantity, now: ctx.now })
  if (!row) throw new Refusal('cart.line_unknown', { lineId })
  if (row.isAdded) return
  if (row.wanted! > mostToHave(row.available)) throw short(row.variantId, row)
  throw new Refusal('cart.line_unknown', { lineId }) // it was removed while this waited for the cart
}

const removeLine = statement(
  'cart.remove',
  (p: { storeId: string; customerId: string; lineId: string; now: Date }) =>
    sql<{ id: string }>`
    with k as (
      update cart set updated_at = ${p.now}, version = version + 1
      where store_id = ${p.storeId} and customer_id = ${p.customerId} and state = 'open' returning store_id, id
    )
    delete from cart_line l using k where l.store_id = k.store_id and l.cart_id = k.id and l.id = ${p.lineId}
    returning l.id, ${hurriedCommit}`,
)

/** @throws Refusal cart.line_unknown */
export async function removeCartLine(ctx: Ctx<Db>, lineId: string): Promise<void> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  if ((await removeLine(ctx.tx, { ...own, lineId, now: ctx.now })).length === 0) {
    throw new Refusal('cart.line_unknown', { lineId })
  }
}

const clear = statement(
  'cart.clear',
  (p: { storeId: string; customerId: string; now: Date }) =>
    sql`
    with k as (
      update cart set updated_at = ${p.now}, version = version + 1
      where store_id = ${p.storeId} and customer_id = ${p.customerId} and state = 'open' returning store_id, id
    )
    delete from cart_line l using k where l.store_id = k.store_id and l.cart_id = k.id returning ${hurriedCommit}`,
)

/** Empties the signed-in customer's cart. */
export async function clearCart(ctx: Ctx<Db>): Promise<void> {
  await clear(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), now: ctx.now })
}

/** What stands between a cart and an order. */
export interface CartIssue {
  lineId: string
  variantId: string
  name: string
  kind: 'unavailable' | 'out_of_stock' | 'insufficient_stock'
  wanted: number
  available: number
}

/** Checks every line; lines of one variant count together. */
export function findIssues(lines: readonly CartLine[]): CartIssue[] {
  const wanted = new Map<string, number>()
  for (const line of lines) wanted.set(line.variantId, (wanted.get(line.variantId) ?? 0) + line.quantity)
  const issues: CartIssue[] = []
  for (const { id, variantId, name, available, isListed } of lines) {
    const want = wanted.get(variantId)!
    const fact = { lineId: id, variantId, name, wanted: want, available: available ?? want }
    if (!isListed) issues.push({ ...fact, kind: 'unavailable', available: 0 })
    else if (available === 0) issues.push({ ...fact, kind: 'out_of_stock' })
    else if (available !== null && want > available) issues.push({ ...fact, kind: 'insufficient_stock' })
  }
  return issues
}
