import { sql } from 'kysely'
import { hurriedCommit, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { findIssues, getCart } from '../cart/cart.ts'
import type { Cart, CartLine, SeenCart } from '../cart/cart.ts'
import { numberColumn, orderPeriod } from '../orders/numbers.ts'
import type { OrderState, PaymentState } from '../orders/states.ts'
import { tellParts } from '../orders/timeline.ts'
import { priceLines } from '../pricing/pricing.ts'
import type { Totals } from '../pricing/pricing.ts'
import { shippingDiscountOf } from '../promotions/vouchers.ts'
import { Refusal } from '../refusal.ts'

/** An order just placed, and the payment session opened for it. */
export interface PlacedOrder {
  id: string
  serial: number
  number: string
  subtotalMinor: number
  taxMinor: number
  shippingMinor: number
  totalMinor: number
  currency: string
  sessionId: string
  method: string | null
  channel: string | null
  createdAt: Date
  expiresAt: Date
}

// Locks are taken in one order everywhere: key, cart, order, voucher, address, stock by variant, counter. What is locked is seen as it
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
    shippingDiscountMinor: number
    courier: string | null
    courierService: string | null
    isShippingEstimated: boolean
    weightGrams: number | null
    voucherId: string | null
    voucherCode: string | null
    customerNote: string | null
    addressUpdatedAt: Date | null
    itemCount: number
    provider: string
    method: string | null
    channel: string | null
    state: OrderState
    paymentState: PaymentState
    reservationState: string
    paidAt: Date | null
    kinds: string[]
    now: Date
    expiresAt: Date
  }) =>
    sql<Pick<PlacedOrder, 'id' | 'serial' | 'number' | 'sessionId'>>`
      with hold as (
        select variant_id, quantity from jsonb_to_recordset(${p.holds}::jsonb) as (variant_id uuid, quantity int)
      ), k as (
        select id from cart
        where store_id = ${p.storeId} and id = ${p.cartId} and state = 'open' and version = ${p.cartVersion}
        for no key update
      ), u as (
        select id from voucher
        where store_id = ${p.storeId} and id = ${p.voucherId} and exists (select from k) and is_active
          and starts_at <= ${p.now} and (ends_at is null or ends_at > ${p.now})
          and (usage_limit is null or used < usage_limit)
        for no key update
      ), a as (
        select * from address
        where store_id = ${p.storeId} and customer_id = ${p.customerId} and id = ${p.addressId} and exists (select from k)
          and (${p.voucherId}::uuid is null or exists (select from u))
          and (${p.addressUpdatedAt}::timestamptz is null or date_trunc('milliseconds', updated_at) = ${p.addressUpdatedAt})
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
      ), counted as (
        update voucher set used = used + 1 from good where store_id = ${p.storeId} and id = ${p.voucherId}
      ), counter as (
        -- counting the rows above makes this the last lock that is taken
        insert into order_counter (store_id, period, last)
        select ${p.storeId}, ${p.period}, 1 from good, (select count(*) from allocated) a
        on conflict (store_id, period) do update set last = order_counter.last + 1
        returning last
      ), o as (
        insert into orders (store_id, number, customer_id, state, payment_state, currency, tax_rate_bps, tax_mode,
          subtotal_minor, discount_minor, tax_minor, shipping_minor, total_minor, shipping_method,
          shipping_discount_minor, courier, courier_service, is_shipping_estimated, weight_grams, voucher_code,
          customer_note, item_count, expires_at, created_at, updated_at, paid_at, confirmed_at)
        select ${p.storeId}, ${numberColumn(p)},
          ${p.customerId}, ${p.state}, ${p.paymentState}, ${p.currency}, ${p.taxRateBps}, ${p.taxMode},
          ${p.subtotalMinor}, ${p.discountMinor}, ${p.taxMinor}, ${p.shippingMinor}, ${p.totalMinor}, ${p.shippingMethod},
          ${p.shippingDiscountMinor}, ${p.courier}, ${p.courierService}, ${p.isShippingEstimated}, ${p.weightGrams},
          ${p.voucherCode}, ${p.customerNote}, ${p.itemCount}, ${p.expiresAt}, ${p.now}, ${p.now}, ${p.paidAt}, ${p.paidAt}
        from counter
        returning id, serial, number
      ), lines as (
        insert into order_line (store_id, order_id, position, product_id, variant_id, quantity, name, description, sku,
          option_names, option_values, is_counted, attributes, images, weight_grams, length_cm, width_cm, height_cm, product_name,
          list_minor, unit_minor, discount_minor, tax_minor, total_minor)
        select ${p.storeId}, o.id, l.position, l.product_id, l.variant_id, l.quantity, l.name, l.description, l.sku,
          l.option_names, l.option_values, l.is_counted, l.attributes, l.images, l.weight_grams, l.length_cm, l.width_cm, l.height_cm,
          l.product_name, l.list_minor, l.unit_minor, l.discount_minor, l.tax_minor, l.unit_minor * l.quantity
        from o, jsonb_to_recordset(${p.lines}::jsonb) as l(position int, product_id uuid, variant_id uuid, quantity int,
          name text, description text, sku text, option_names text[], option_values text[], is_counted boolean, attributes jsonb, images text[],
          weight_grams int, length_cm int, width_cm int, height_cm int, product_name text, list_minor bigint,
          unit_minor bigint, discount_minor bigint, tax_minor bigint)
      ), used as (
        insert into voucher_use (store_id, order_id, voucher_id, customer_id, at)
        select ${p.storeId}, o.id, u.id, ${p.customerId}, ${p.now} from o, u
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
        insert into payment_session (store_id, order_id, provider, method, channel, amount_minor, currency, created_at)
        select ${p.storeId}, o.id, ${p.provider}, ${p.method}, ${p.channel}, ${p.totalMinor}, ${p.currency}, ${p.now}
        from o
        returning id
      )
      select o.id, o.serial, o.number, asked.id as session_id, case when ${p.paidAt}::timestamptz is null then ${hurriedCommit} end
      from o, asked`,
)

const addressOf = statement(
  'checkout.address',
  (p: { storeId: string; customerId: string; id: string }) =>
    sql<{ updatedAt: Date }>`
    select updated_at from address where store_id = ${p.storeId} and customer_id = ${p.customerId} and id = ${p.id}`,
)

/** Whoever changes the cart, its stock or the address more often than this in between is told that it did not work. */
const tries = 5

/** How a parcel will go, and for how much: asked of a courier for the cart and the address as they were then. */
export interface ChosenShipping {
  courier: string
  service: string
  costMinor: number
  isEstimated: boolean
  weightGrams: number
  /** what the goods cost then, without any discount */
  subtotalMinor: number
  cartVersion: number
  addressUpdatedAt: Date
}

/** What a customer says when placing an order. */
export interface OrderWish {
  addressId: string
  /** left out where the store ships for one price */
  shipping?: ChosenShipping
  note?: string | null
  /** how it will be paid, where that is said beforehand */
  payment?: { method: string; channel: string }
}

/**
 * Turns the signed-in customer's open cart into an order: checks every line, fixes prices, holds the stock until
 * the store's limit, numbers the order and opens a payment session, all or nothing. The cart is closed by it. An order
 * that costs nothing is confirmed at once. Reads, then writes with one statement that holds only for what was read.
 * An order that is to be paid is committed without waiting for the disk: a later commit waits before anybody is told
 * of it (openSession).
 * @throws Refusal cart.empty, address.unknown, stock.short (also for what is no longer sold), order.too_large,
 * voucher.refused, checkout.changed (the shipping was asked for another cart or address than there is now)
 */
export async function placeOrder(ctx: Ctx<Db>, wish: OrderWish): Promise<PlacedOrder> {
  const { store } = ctx
  const { addressId, shipping } = wish
  for (let left = tries; left > 0; left--) {
    const cart = await getCart(ctx)
    const { lines, voucher, seen } = cart
    if (!seen) throw new Refusal('cart.empty', {})
    const isAsSeen = shipping?.cartVersion === seen.version && shipping.subtotalMinor === cart.totals.subtotalMinor
    if (shipping && !isAsSeen) throw new Refusal('checkout.changed', {})
    if (voucher?.problem) throw new Refusal('voucher.refused', { code: voucher.voucher.code, problem: voucher.problem })
    const issues = findIssues(lines)
    const { totals, shippingDiscountMinor } = withShipping(ctx, cart, shipping)
    const isTooLarge = totals.totalMinor > Number.MAX_SAFE_INTEGER
    if (issues.length === 0 && !isTooLarge) {
      const order = toOrder(ctx, wish, cart, seen, totals, shippingDiscountMinor)
      const [placed] = await write(ctx.tx, order)
      const { method, channel, expiresAt } = order
      if (placed)
        return { ...placed, ...totals, currency: store.currency, method, channel, createdAt: ctx.now, expiresAt }
    }
    const own = { storeId: store.storeId, customerId: customerIdOf(ctx) }
    const [address] = await addressOf(ctx.tx, { ...own, id: addressId })
    if (!address) throw new Refusal('address.unknown', { addressId })
    if (issues.length > 0) throw new Refusal('stock.short', { lines: issues })
    if (isTooLarge) throw new Refusal('order.too_large', {})
    if (shipping && shipping.addressUpdatedAt.getTime() !== address.updatedAt.getTime())
      throw new Refusal('checkout.changed', {})
  }
  throw new Refusal('stock.short', { lines: [] })
}

/** What the cart costs with the shipping that was chosen, less what its voucher takes off that. */
function withShipping({ store }: Ctx<Db>, { lines, totals, voucher }: Cart, shipping: ChosenShipping | undefined) {
  if (!shipping) return { totals, shippingDiscountMinor: 0 }
  const shippingDiscountMinor = shippingDiscountOf(voucher?.voucher ?? null, shipping.costMinor)
  const shippingMinor = shipping.costMinor - shippingDiscountMinor
  return {
    totals: priceLines(store, lines, { discountMinor: totals.discountMinor, shippingMinor }),
    shippingDiscountMinor,
  }
}

/** What is written of an order. One that costs nothing needs no gateway: it begins as what payment would make of it. */
function toOrder(
  ctx: Ctx<Db>,
  { addressId, shipping, note = null, payment }: OrderWish,
  { lines, voucher }: Cart,
  seen: SeenCart,
  totals: Totals,
  shippingDiscountMinor: number,
) {
  const { store, now } = ctx
  const { lineTaxMinor, lineDiscountMinor, ...amounts } = totals
  const isFree = totals.totalMinor === 0
  return {
    storeId: store.storeId,
    customerId: customerIdOf(ctx),
    cartId: seen.id,
    cartVersion: seen.version,
    addressId,
    lines: JSON.stringify(lines.map((line, i) => snapshot(line, i, lineTaxMinor[i]!, lineDiscountMinor[i]!))),
    holds: JSON.stringify(holdsOf(lines)),
    ...orderPeriod(store, now),
    currency: store.currency,
    taxRateBps: store.taxRateBps,
    taxMode: store.taxMode,
    ...amounts,
    shippingMethod: shipping ? shipping.service : 'standard',
    shippingDiscountMinor,
    courier: shipping?.courier ?? null,
    courierService: shipping?.service ?? null,
    isShippingEstimated: shipping?.isEstimated ?? false,
    weightGrams: shipping?.weightGrams ?? null,
    addressUpdatedAt: shipping?.addressUpdatedAt ?? null,
    voucherId: voucher?.voucher.id ?? null,
    voucherCode: voucher?.voucher.code ?? null,
    customerNote: note,
    method: payment?.method ?? null,
    channel: payment?.channel ?? null,
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

const snapshot = (line: CartLine, position: number, taxMinor: number, discountMinor: number) => ({
  position,
  product_id: line.productId,
  variant_id: line.variantId,
  quantity: line.quantity,
  name: line.name,
  description: line.description,
  sku: line.sku,
  option_names: line.optionNames,
  option_values: line.optionValues,
  is_counted: line.kind === 'tracked',
  attributes: line.attributes,
  images: line.images,
  weight_grams: line.weightGrams,
  length_cm: line.lengthCm,
  width_cm: line.widthCm,
  height_cm: line.heightCm,
  product_name: line.productName,
  list_minor: line.listMinor,
  unit_minor: line.unitMinor,
  discount_minor: discountMinor,
  tax_minor: taxMinor,
})

function holdsOf(lines: readonly CartLine[]) {
  const holds = new Map<string, number>()
  for (const { variantId, quantity, kind } of lines) {
    if (kind === 'tracked') holds.set(variantId, (holds.get(variantId) ?? 0) + quantity)
  }
  return [...holds].map(([variant_id, quantity]) => ({ variant_id, quantity }))
}
