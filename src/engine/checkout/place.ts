import { sql } from 'kysely'
import { hurriedCommit, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { findIssues, getCart } from '../cart/cart.ts'
import type { CartLine, SeenCart } from '../cart/cart.ts'
import { orderPeriod } from '../orders/numbers.ts'
import type { OrderState, PaymentState } from '../orders/states.ts'
import { tellParts } from '../orders/timeline.ts'
import type { Totals } from '../pricing/pricing.ts'
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

// Locks are taken in one order everywhere: key, cart, address, stock by variant, counter. What is locked is seen as it
// stands when the lock is given, so whatever changed since the cart was priced leaves this statement without an order.
// Lines and holds travel as JSON: the statement is the same for one line and for a hundred.
const write = statement(
  'checkout.place',
  (p: {
    storeId: string
    customerId: string
    cartId: string
    cartVersion: number
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
    state: OrderState
    paymentState: PaymentState
    reservationState: string
    paidAt: Date | null
    kinds: string[]
    now: Date
    expiresAt: Date
  }) =>
    sql<Pick<PlacedOrder, 'id' | 'number' | 'sessionId'>>`
      with hold as (
        select variant_id, quantity from jsonb_to_recordset(${p.holds}::jsonb) as (variant_id uuid, quantity int)
      ), k as (
        select id from cart
        where store_id = ${p.storeId} and id = ${p.cartId} and state = 'open' and version = ${p.cartVersion}
        for no key update
      ), a as (
        select * from address
        where store_id = ${p.storeId} and customer_id = ${p.customerId} and id = ${p.addressId} and exists (select from k)
        for key share
      ), locked as (
        select s.on_hand - s.allocated >= h.quantity as fits
        from hold h join stock s on s.store_id = ${p.storeId} and s.variant_id = h.variant_id
        where exists (select from a)
        order by s.variant_id for no key update of s
      ), good as (
        select from locked
        having exists (select from a) and count(*) = (select count(*) from hold) and coalesce(bool_and(fits), true)
      ), allocated as (
        update stock s set allocated = s.allocated + h.quantity
        from good, hold h where s.store_id = ${p.storeId} and s.variant_id = h.variant_id
        returning s.variant_id
      ), closed as (
        update cart set state = 'ordered', updated_at = ${p.now}
        from good where store_id = ${p.storeId} and id = ${p.cartId}
      ), counter as (
        -- counting the rows above makes this the last lock that is taken
        insert into order_counter (store_id, period, last)
        select ${p.storeId}, ${p.period}, 1 from good, (select count(*) from allocated) a
        on conflict (store_id, period) do update set last = order_counter.last + 1
        returning last
      ), o as (
        insert into orders (store_id, number, customer_id, state, payment_state, currency, tax_rate_bps, tax_mode,
          subtotal_minor, discount_minor, tax_minor, shipping_minor, total_minor, shipping_method, item_count, expires_at,
          created_at, updated_at, paid_at, confirmed_at)
        select ${p.storeId}, ${p.prefix} || lpad(last::text, greatest(${p.digits}, length(last::text)), '0') || ${p.suffix},
          ${p.customerId}, ${p.state}, ${p.paymentState}, ${p.currency}, ${p.taxRateBps}, ${p.taxMode},
          ${p.subtotalMinor}, ${p.discountMinor}, ${p.taxMinor}, ${p.shippingMinor}, ${p.totalMinor}, ${p.shippingMethod},
          ${p.itemCount}, ${p.expiresAt}, ${p.now}, ${p.now}, ${p.paidAt}, ${p.paidAt}
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
        select ${p.storeId}, o.id, h.variant_id, h.quantity, ${p.reservationState} from o, hold h
      ), addressed as (
        insert into order_address (store_id, order_id, source_id, was_default, kind, label, recipient_name, phone, line1,
          line2, district, city, region, postal_code, country)
        select a.store_id, o.id, a.id, a.is_default, a.kind, a.label, a.recipient_name, a.phone, a.line1, a.line2,
          a.district, a.city, a.region, a.postal_code, a.country
        from o, a
      ), happened as (
        -- what follows from there being nothing to pay is no act of the customer's
        select o.id as order_id, kind, case kind when 'placed' then 'customer' else 'system' end as actor, null as note
        from o, unnest(${p.kinds}::text[]) kind
      ), ${tellParts(p, sql`happened`)},
      asked as (
        insert into payment_session (store_id, order_id, provider, amount_minor, currency, created_at)
        select ${p.storeId}, o.id, ${p.provider}, ${p.totalMinor}, ${p.currency}, ${p.now} from o
        returning id
      )
      select o.id, o.number, asked.id as session_id, case when ${p.paidAt}::timestamptz is null then ${hurriedCommit} end
      from o, asked`,
)

const addressExists = statement(
  'checkout.address',
  (p: { storeId: string; customerId: string; id: string }) =>
    sql<{ id: string }>`
    select id from address where store_id = ${p.storeId} and customer_id = ${p.customerId} and id = ${p.id}`,
)

/** Whoever changes the cart, its stock or the address more often than this in between is told that it did not work. */
const tries = 5

/**
 * Turns the signed-in customer's open cart into an order: checks every line, fixes prices, holds the stock until
 * the store's limit, numbers the order and opens a payment session, all or nothing. The cart is closed by it. An order
 * that costs nothing is confirmed at once. Reads, then writes with one statement that holds only for what was read.
 * An order that is to be paid is committed without waiting for the disk: a later commit waits before anybody is told
 * of it (openSession).
 * @throws Refusal cart.empty, address.unknown, stock.short (also for what is no longer sold), order.too_large
 */
export async function placeOrder(ctx: Ctx<Db>, addressId: string): Promise<PlacedOrder> {
  const { store } = ctx
  for (let left = tries; left > 0; left--) {
    const { lines, totals, seen } = await getCart(ctx)
    if (!seen) throw new Refusal('cart.empty', {})
    const issues = findIssues(lines)
    const isTooLarge = totals.totalMinor > Number.MAX_SAFE_INTEGER
    if (issues.length === 0 && !isTooLarge) {
      const [placed] = await write(ctx.tx, toOrder(ctx, addressId, lines, totals, seen))
      if (placed) return { ...placed, ...totals, currency: store.currency }
    }
    const own = { storeId: store.storeId, customerId: customerIdOf(ctx) }
    const [address] = await addressExists(ctx.tx, { ...own, id: addressId })
    if (!address) throw new Refusal('address.unknown', { addressId })
    if (issues.length > 0) throw new Refusal('stock.short', { lines: issues })
    if (isTooLarge) throw new Refusal('order.too_large', {})
  }
  throw new Refusal('stock.short', { lines: [] })
}

/** What is written of an order. One that costs nothing needs no gateway: it begins as what payment would make of it. */
function toOrder(ctx: Ctx<Db>, addressId: string, lines: CartLine[], totals: Totals, seen: SeenCart) {
  const { store, now } = ctx
  const { lineTaxMinor, ...amounts } = totals
  const isFree = totals.totalMinor === 0
  return {
    storeId: store.storeId,
    customerId: customerIdOf(ctx),
    cartId: seen.id,
    cartVersion: seen.version,
    addressId,
    lines: JSON.stringify(lines.map((line, i) => snapshot(line, i, lineTaxMinor[i]!))),
    holds: JSON.stringify(holdsOf(lines)),
    ...orderPeriod(store, now),
    currency: store.currency,
    taxRateBps: store.taxRateBps,
    taxMode: store.taxMode,
    ...amounts,
    shippingMethod: 'standard',
    itemCount: lines.reduce((count, line) => count + line.quantity, 0),
    provider: store.paymentProvider,
    ...(isFree
      ? { state: 'confirmed' as const, paymentState: 'paid' as const, reservationState: 'committed', paidAt: now }
      : { state: 'placed' as const, paymentState: 'pending' as const, reservationState: 'held', paidAt: null }),
    kinds: isFree ? ['placed', 'paid', 'confirmed'] : ['placed'],
    now,
    expiresAt: new Date(now.getTime() + store.unpaidMinutes * 60_000),
  }
}

const snapshot = (line: CartLine, position: number, taxMinor: number) => ({
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

function holdsOf(lines: readonly CartLine[]) {
  const holds = new Map<string, number>()
  for (const { variantId, quantity, kind } of lines) {
    if (kind === 'tracked') holds.set(variantId, (holds.get(variantId) ?? 0) + quantity)
  }
  return [...holds].map(([variant_id, quantity]) => ({ variant_id, quantity }))
}
