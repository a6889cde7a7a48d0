import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import { customerIdOf, system } from '../context.ts'
import type { Ctx } from '../context.ts'
import { imagesExpression } from '../catalogue/variants.ts'
import { findIssues } from '../cart/cart.ts'
import type { CartLine } from '../cart/cart.ts'
import { moveOrder } from '../orders/moves.ts'
import { orderPeriod } from '../orders/numbers.ts'
import { priceLines } from '../pricing/pricing.ts'
import { Refusal } from '../refusal.ts'

/** An order just placed, and the payment session opened for it. */
export interface PlacedOrder {
  id: string
  number: string
  subtotalMinor: number
  taxMinor: number
  shippingMinor: number
  totalMinor: number
  currency: string
  sessionId: string
}

// Locks are taken in one order everywhere: key, cart, stock by variant, counter. Each of these is a statement of its
// own, so that it sees what was committed while it waited for its lock.

const lockCart = statement(
  'checkout.lock_cart',
  (p: { storeId: string; customerId: string }) =>
    sql<{ id: string }>`
    select id from cart where store_id = ${p.storeId} and customer_id = ${p.customerId} and state = 'open'
    for no key update`,
)

const lockStock = statement(
  'checkout.lock_stock',
  (p: { storeId: string; customerId: string }) =>
    sql<{ variantId: string; available: number }>`
    select s.variant_id, s.on_hand - s.allocated as available from stock s
    where s.store_id = ${p.storeId} and s.variant_id in (
      select l.variant_id from cart k join cart_line l on l.store_id = k.store_id and l.cart_id = k.id
      where k.store_id = ${p.storeId} and k.customer_id = ${p.customerId} and k.state = 'open')
    order by s.variant_id for no key update`,
)

type Line = CartLine & {
  productId: string
  sku: string | null
  optionValues: string[]
  weightGrams: number | null
  listMinor: number
  kind: string
}

const readLines = statement(
  'checkout.lines',
  (p: { storeId: string; customerId: string }) =>
    sql<Line>`
    select l.id, l.variant_id, l.quantity, l.attributes, l.added_at, v.name, p.description,
      ${imagesExpression} as images,
      v.list_minor, v.price_minor as unit_minor, v.is_listed, v.product_id, v.sku, v.option_values, v.weight_grams, v.kind
    from cart k
    join cart_line l on l.store_id = k.store_id and l.cart_id = k.id
    join variant v on v.store_id = l.store_id and v.id = l.variant_id
    join product p on p.store_id = v.store_id and p.id = v.product_id
    where k.store_id = ${p.storeId} and k.customer_id = ${p.customerId} and k.state = 'open'
    order by l.added_at, l.id`,
)

/** Lines and holds travel as JSON: the statement is the same for one line and for a hundred. */
const write = statement(
  'checkout.place',
  (p: {
    storeId: string
    customerId: string
    cartId: string
    addressId: string
    lines: string
    holds: string
    period: string
    prefix: string
    digits: number
    suffix: string
    currency: string
    taxRateBps: number
    taxMode: string
    subtotalMinor: number
    discountMinor: number
    taxMinor: number
    shippingMinor: number
    totalMinor: number
    shippingMethod: string
    itemCount: number
    provider: string
    now: Date
    expiresAt: Date
  }) =>
    sql<PlacedOrder>`
      with hold as (
        select variant_id, quantity from jsonb_to_recordset(${p.holds}::jsonb) as (variant_id uuid, quantity int)
      ), allocated as (
        update stock s set allocated = s.allocated + h.quantity
        from hold h where s.store_id = ${p.storeId} and s.variant_id = h.variant_id
        returning s.variant_id
      ), closed as (
        update cart set state = 'ordered', updated_at = ${p.now}
        where store_id = ${p.storeId} and id = ${p.cartId}
      ), counter as (
        -- counting the rows above makes this the last lock that is taken
        insert into order_counter (store_id, period, last)
        select ${p.storeId}, ${p.period}, 1 from (select count(*) from allocated) a
        on conflict (store_id, period) do update set last = order_counter.last + 1
        returning last
      ), o as (
        insert into orders (store_id, number, customer_id, currency, tax_rate_bps, tax_mode, subtotal_minor,
          discount_minor, tax_minor, shipping_minor, total_minor, shipping_method, item_count, expires_at, created_at,
          updated_at)
        select ${p.storeId}, ${p.prefix} || lpad(last::text, greatest(${p.digits}, length(last::text)), '0') || ${p.suffix},
          ${p.customerId}, ${p.currency}, ${p.taxRateBps}, ${p.taxMode}, ${p.subtotalMinor}, ${p.discountMinor},
          ${p.taxMinor}, ${p.shippingMinor}, ${p.totalMinor}, ${p.shippingMethod}, ${p.itemCount}, ${p.expiresAt},
          ${p.now}, ${p.now}
        from counter
        returning id, number
      ), lines as (
        insert into order_line (store_id, order_id, position, product_id, variant_id, quantity, name, description, sku,
          option_values, is_counted, attributes, images, weight_grams, list_minor, unit_minor, tax_minor, total_minor)
        select ${p.storeId}, o.id, l.position, l.product_id, l.variant_id, l.quantity, l.name, l.description, l.sku,
          l.option_values, l.is_counted, l.attributes, l.images, l.weight_grams, l.list_minor, l.unit_minor, l.tax_minor,
          l.unit_minor * l.quantity
        from o, jsonb_to_recordset(${p.lines}::jsonb) as l(position int, product_id uuid, variant_id uuid, quantity int,
          name text, description text, sku text, option_values text[], is_counted boolean, attributes jsonb, images text[],
          weight_grams int, list_minor bigint, unit_minor bigint, tax_minor bigint)
      ), reserved as (
        insert into reservation (store_id, order_id, variant_id, quantity, state)
        select ${p.storeId}, o.id, h.variant_id, h.quantity, 'held' from o, hold h
      ), addressed as (
        insert into order_address (store_id, order_id, source_id, was_default, kind, label, recipient_name, phone, line1,
          line2, district, city, region, postal_code, country)
        select a.store_id, o.id, a.id, a.is_default, a.kind, a.label, a.recipient_name, a.phone, a.line1, a.line2,
          a.district, a.city, a.region, a.postal_code, a.country
        from o, address a
        where a.store_id = ${p.storeId} and a.customer_id = ${p.customerId} and a.id = ${p.addressId}
      ), told as (
        insert into timeline (store_id, order_id, kind, actor, at)
        select ${p.storeId}, o.id, 'placed', 'customer', ${p.now} from o
      ), emitted as (
        insert into event (store_id, type, subject_id, data, at)
        select ${p.storeId}, 'order.placed', o.id, '{}', ${p.now} from o
      ), asked as (
        insert into payment_session (store_id, order_id, provider, amount_minor, currency, created_at)
        select ${p.storeId}, o.id, ${p.provider}, ${p.totalMinor}, ${p.currency}, ${p.now} from o
        returning id
      )
      select o.id, o.number, asked.id as session_id from o, asked`,
)

const addressExists = statement(
  'checkout.address',
  (p: { storeId: string; customerId: string; id: string }) =>
    sql<{ id: string }>`
    select id from address where store_id = ${p.storeId} and customer_id = ${p.customerId} and id = ${p.id}
    for key share`,
)

/**
 * Turns the signed-in customer's open cart into an order: checks every line, fixes prices, holds the stock until
 * the store's limit, numbers the order and opens a payment session, all or nothing. The cart is closed by it. An order
 * that costs nothing is confirmed at once.
 * @throws Refusal cart.empty, address.unknown, stock.short (also for what is no longer sold), order.too_large
 */
export async function placeOrder(ctx: Ctx, addressId: string): Promise<PlacedOrder> {
  const { tx, now, store } = ctx
  const own = { storeId: store.storeId, customerId: customerIdOf(ctx) }
  // sent together; PostgreSQL runs them one after another
  const [[cart], stock, rows, [address]] = await Promise.all([
    lockCart(tx, own),
    lockStock(tx, own),
    readLines(tx, own),
    addressExists(tx, { ...own, id: addressId }),
  ])
  if (!cart || rows.length === 0) throw new Refusal('cart.empty', {})
  if (!address) throw new Refusal('address.unknown', { addressId })

  const inStock = new Map(stock.map((row) => [row.variantId, row.available]))
  const lines = rows.map((row) => ({
    ...row,
    available: row.kind === 'tracked' ? Math.max(inStock.get(row.variantId) ?? 0, 0) : null,
  }))
  const issues = findIssues(lines)
  if (issues.length > 0) throw new Refusal('stock.short', { lines: issues })

  const { lineTaxMinor, ...totals } = priceLines(store, lines)
  if (totals.totalMinor > Number.MAX_SAFE_INTEGER) throw new Refusal('order.too_large', {})
  const { period, prefix, digits, suffix } = orderPeriod(store, now)
  const writing = write(tx, {
    ...own,
    cartId: cart.id,
    addressId,
    lines: JSON.stringify(lines.map((line, i) => snapshot(line, i, lineTaxMinor[i]!))),
    holds: JSON.stringify(holdsOf(lines)),
    period,
    prefix,
    digits,
    suffix,
    currency: store.currency,
    taxRateBps: store.taxRateBps,
    taxMode: store.taxMode,
    ...totals,
    shippingMethod: 'standard',
    itemCount: lines.reduce((count, line) => count + line.quantity, 0),
    provider: store.paymentProvider,
    now,
    expiresAt: new Date(now.getTime() + store.unpaidMinutes * 60_000),
  })
  const isFree = totals.totalMinor === 0
  const placed = one(await (isFree ? writing : ctx.last(writing)))
  // nothing is to be paid, so no gateway is asked
  if (isFree) await moveOrder({ ...ctx, actor: system }, placed.id, 'confirmed', { isPaid: true })
  return { ...placed, ...totals, currency: store.currency }
}

const snapshot = (line: Line, position: number, taxMinor: number) => ({
  position,
  product_id: line.productId,
  variant_id: line.variantId,
  quantity: line.quantity,
  name: line.name,
  description: line.description,
  sku: line.sku,
  option_values: line.optionValues,
  is_counted: line.kind === 'tracked',
  attributes: line.attributes,
  images: line.images,
  weight_grams: line.weightGrams,
  list_minor: line.listMinor,
  unit_minor: line.unitMinor,
  tax_minor: taxMinor,
})

function holdsOf(lines: readonly Line[]) {
  const holds = new Map<string, number>()
  for (const { variantId, quantity, kind } of lines) {
    if (kind === 'tracked') holds.set(variantId, (holds.get(variantId) ?? 0) + quantity)
  }
  return [...holds].map(([variant_id, quantity]) => ({ variant_id, quantity }))
}
