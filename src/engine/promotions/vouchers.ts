import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { shareOf } from '../money.ts'
import { Refusal } from '../refusal.ts'

/** A voucher, with what one customer has made of it so far. */
export interface Voucher {
  id: string
  code: string
  name: string
  description: string
  kind: 'percentage' | 'fixed_amount' | 'free_shipping'
  percentBps: number | null
  amountMinor: number | null
  /** at most this is taken off; null: no limit */
  maxDiscountMinor: number | null
  minPurchaseMinor: number
  startsAt: Date
  /** null: it does not end */
  endsAt: Date | null
  /** uses of all customers together, and of one; null: no limit */
  usageLimit: number | null
  customerLimit: number | null
  firstOrderOnly: boolean
  isActive: boolean
  used: number
  usedByCustomer: number
  /** has an order that was not cancelled and has not expired */
  hasOrdered: boolean
}

/** Why a voucher is refused: the first of these that is true. */
export type VoucherProblem =
  | 'unknown'
  | 'not_started'
  | 'expired'
  | 'used_up'
  | 'used_by_customer'
  | 'first_order_only'
  | 'not_for_these'
  | 'below_minimum'

/** The columns of a Voucher, for a statement that has `voucher u`. */
export const voucherColumns = (p: { customerId: string | null }) => sql`
  u.id, u.code, u.name, u.description, u.kind, u.percent_bps, u.amount_minor, u.max_discount_minor, u.min_purchase_minor,
  u.starts_at, u.ends_at, u.usage_limit, u.customer_limit, u.first_order_only, u.is_active, u.used,
  (select count(*)::int from voucher_use x where x.store_id = u.store_id and x.voucher_id = u.id
    and x.customer_id = ${p.customerId}::uuid and x.returned_at is null) as used_by_customer,
  u.first_order_only and exists (select from orders o where o.store_id = u.store_id
    and o.customer_id = ${p.customerId}::uuid and o.state not in ('cancelled', 'expired')) as has_ordered`

/**
 * Whether a voucher can be used.
 * @param subtotalMinor what is to be bought
 * @param eligibleMinor the part of it that the voucher is for
 * @returns null when it can
 */
export function problemOf(
  voucher: Voucher,
  now: Date,
  subtotalMinor: number,
  eligibleMinor: number,
): VoucherProblem | null {
  if (!voucher.isActive) return 'unknown'
  if (voucher.startsAt > now) return 'not_started'
  if (voucher.endsAt && voucher.endsAt <= now) return 'expired'
  if (voucher.usageLimit !== null && voucher.used >= voucher.usageLimit) return 'used_up'
  if (voucher.customerLimit !== null && voucher.usedByCustomer >= voucher.customerLimit) return 'used_by_customer'
  if (voucher.firstOrderOnly && voucher.hasOrdered) return 'first_order_only'
  if (subtotalMinor > 0 && eligibleMinor === 0) return 'not_for_these'
  return subtotalMinor < voucher.minPurchaseMinor ? 'below_minimum' : null
}

const capped = (amountMinor: number, { maxDiscountMinor }: Voucher) =>
  maxDiscountMinor === null ? amountMinor : Math.min(amountMinor, maxDiscountMinor)

/** What a voucher takes off the goods that it is for, in minor units. */
export function discountOf(voucher: Voucher, eligibleMinor: number): number {
  if (voucher.kind === 'percentage') return capped(shareOf(eligibleMinor, voucher.percentBps!), voucher)
  return voucher.kind === 'fixed_amount' ? capped(Math.min(voucher.amountMinor!, eligibleMinor), voucher) : 0
}

/** What a voucher takes off the shipping, in minor units. */
export const shippingDiscountOf = (voucher: Voucher | null, shippingMinor: number): number =>
  voucher?.kind === 'free_shipping' ? capped(shippingMinor, voucher) : 0

/** Codes are typed in any case. */
const codeOf = (typed: string) => typed.trim().toUpperCase()

const byCode = statement(
  'promotions.voucher',
  (p: { storeId: string; code: string; customerId: string }) =>
    sql<Voucher>`select ${voucherColumns(p)} from voucher u where u.store_id = ${p.storeId} and u.code = ${p.code}`,
)

/** @throws Refusal voucher.unknown */
export async function findVoucher(ctx: Ctx<Db>, typed: string): Promise<Voucher> {
  const code = codeOf(typed)
  const [voucher] = await byCode(ctx.tx, { storeId: ctx.store.storeId, code, customerId: customerIdOf(ctx) })
  if (!voucher?.isActive) throw new Refusal('voucher.unknown', { code })
  return voucher
}

const offered = statement(
  'promotions.offered',
  (p: { storeId: string; customerId: string; now: Date }) =>
    sql<Voucher>`
    select * from (
      select ${voucherColumns(p)} from voucher u
      where u.store_id = ${p.storeId} and u.is_active and u.is_public and u.starts_at <= ${p.now}
        and (u.ends_at is null or u.ends_at > ${p.now}) and (u.usage_limit is null or u.used < u.usage_limit)
    ) u
    where (customer_limit is null or used_by_customer < customer_limit) and not (first_order_only and has_ordered)
    order by ends_at nulls last, code`,
)

/** What the signed-in customer can use now, what ends first first. */
export async function offeredVouchers(ctx: Ctx<Db>): Promise<Voucher[]> {
  return offered(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), now: ctx.now })
}

const returnUse = statement(
  'promotions.return_use',
  (p: { storeId: string; orderId: string; now: Date }) =>
    sql`
    with r as (
      update voucher_use set returned_at = ${p.now}
      where store_id = ${p.storeId} and order_id = ${p.orderId} and returned_at is null returning voucher_id
    )
    update voucher u set used = u.used - 1 from r where u.store_id = ${p.storeId} and u.id = r.voucher_id`,
)

/** Gives back the use of an order that ended: once, however often it is asked. Call it before its stock is released. */
export async function returnVoucher(ctx: Ctx, orderId: string): Promise<void> {
  await returnUse(ctx.tx, { storeId: ctx.store.storeId, orderId, now: ctx.now })
}

// on its own, so that what is counted after it is seen as it stands when the voucher is ours
const lockVoucher = statement(
  'promotions.lock',
  (p: { storeId: string; orderId: string }) =>
    sql`
    select from voucher u join voucher_use x on x.store_id = u.store_id and x.voucher_id = u.id
    where x.store_id = ${p.storeId} and x.order_id = ${p.orderId} for no key update of u`,
)

const takeAgain = statement(
  'promotions.take_again',
  (p: { storeId: string; orderId: string }) =>
    sql<{ orderId: string }>`
    with u as (
      update voucher u set used = u.used + 1 from voucher_use x
      where x.store_id = ${p.storeId} and x.order_id = ${p.orderId} and x.returned_at is not null
        and u.store_id = x.store_id and u.id = x.voucher_id and (u.usage_limit is null or u.used < u.usage_limit)
        and (u.customer_limit is null or u.customer_limit > (
          select count(*) from voucher_use y where y.store_id = x.store_id and y.voucher_id = x.voucher_id
            and y.customer_id = x.customer_id and y.returned_at is null))
        and not (u.first_order_only and exists (
          select from orders o where o.store_id = x.store_id and o.customer_id = x.customer_id and o.id <> x.order_id
            and o.state not in ('cancelled', 'expired')))
      returning u.id
    )
    update voucher_use x set returned_at = null from u
    where x.store_id = ${p.storeId} and x.order_id = ${p.orderId} returning x.order_id`,
)

/**
 * Counts the use of an order that had ended and goes on.
 * @returns false when it is no longer the customer's: it was the last, or they have used it for another order since
 */
export async function takeVoucherAgain(ctx: Ctx, orderId: string): Promise<boolean> {
  const own = { storeId: ctx.store.storeId, orderId }
  await lockVoucher(ctx.tx, own)
  return (await takeAgain(ctx.tx, own)).length > 0
}

export interface NewVoucher extends Omit<Voucher, 'id' | 'isActive' | 'used' | 'usedByCustomer' | 'hasOrdered'> {
  isPublic: boolean
  /** slugs; none: for everything */
  categories: string[]
}

const insert = statement(
  'promotions.add_voucher',
  (p: Omit<NewVoucher, 'categories'> & { storeId: string; categories: readonly string[]; now: Date }) =>
    sql<{ categories: number }>`
    with u as (
      insert into voucher (store_id, code, name, description, kind, percent_bps, amount_minor, max_discount_minor,
        min_purchase_minor, starts_at, ends_at, usage_limit, customer_limit, first_order_only, is_public, created_at)
      values (${p.storeId}, ${p.code}, ${p.name}, ${p.description}, ${p.kind}, ${p.percentBps}, ${p.amountMinor},
        ${p.maxDiscountMinor}, ${p.minPurchaseMinor}, ${p.startsAt}, ${p.endsAt}, ${p.usageLimit}, ${p.customerLimit},
        ${p.firstOrderOnly}, ${p.isPublic}, ${p.now})
      returning store_id, id
    ), c as (
      insert into voucher_category (store_id, voucher_id, category_id)
      select u.store_id, u.id, c.id from u join category c on c.store_id = u.store_id
      where c.slug = any(${p.categories}::text[])
      returning category_id
    )
    select (select count(*)::int from c) as categories from u`,
)

/**
 * @throws Refusal category.unknown: without its category it would be for everything
 * @throws DatabaseError with constraint voucher_code when there is one of this code
 */
export async function addVoucher(ctx: Ctx, voucher: NewVoucher): Promise<void> {
  const { storeId } = ctx.store
  const slugs = [...new Set(voucher.categories)]
  const code = codeOf(voucher.code)
  const [added] = await insert(ctx.tx, { ...voucher, categories: slugs, code, storeId, now: ctx.now })
  if (added?.categories !== slugs.length) throw new Refusal('category.unknown', { slug: slugs.join(', ') })
}
