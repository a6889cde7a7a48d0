import { sql } from 'kysely'
import type { Db } from '../database.ts'
import { imagesExpression } from '../catalogue/variants.ts'
import type { Ctx } from '../context.ts'
import { availableExpression } from '../inventory/inventory.ts'
import { priceLines, sumLines } from '../pricing/pricing.ts'
import type { Totals } from '../pricing/pricing.ts'
import { discountOf, problemOf, voucherColumns } from '../promotions/vouchers.ts'
import type { Voucher, VoucherProblem } from '../promotions/vouchers.ts'
import { cartStatement, ownerOf } from './owner.ts'
import type { Owner } from './owner.ts'

/** A line with what its variant is now: nothing in a cart is fixed before an order is placed. */
export interface CartLine {
  id: string
  serial: number
  productId: string
  productSerial: number
  productName: string
  productSlug: string
  variantId: string
  variantSerial: number
  quantity: number
  attributes: Record<string, unknown>
  addedAt: Date
  name: string
  description: string | null
  sku: string | null
  optionNames: string[]
  optionValues: string[]
  weightGrams: number | null
  lengthCm: number | null
  widthCm: number | null
  heightCm: number | null
  images: string[]
  listMinor: number
  unitMinor: number
  /** what one cost when the buyer was last told; null where that was not kept */
  seenMinor: number | null
  kind: string
  /** can still be bought, the cart's own lines not taken off; null where stock is not counted */
  available: number | null
  isListed: boolean
  /** the cart's voucher is for this */
  isDiscounted: boolean
}

/** Which cart was read, and as which of its versions. */
export interface SeenCart {
  id: string
  version: number
}

/** A cart's voucher, and what it comes to now. */
export interface AppliedVoucher {
  voucher: Voucher
  /** why it takes nothing off; null when it does */
  problem: VoucherProblem | null
  discountMinor: number
}

export interface Cart {
  /** null for a cart that nothing was ever put in */
  serial: number | null
  lines: CartLine[]
  totals: Totals
  voucher: AppliedVoucher | null
  /** null when there is nothing in it */
  seen: SeenCart | null
}

type Row = CartLine & { cartId: string; cartSerial: number; version: number; voucher: Voucher | null }

const linesOf = cartStatement(
  'cart.lines',
  (p: Owner, theirs) =>
    sql<Row>`
    with k as materialized (
      select k.store_id, k.id, k.serial, k.version, k.voucher_id from cart k where ${theirs}
    ), u as materialized (
      select ${voucherColumns(p)} from voucher u
      where u.store_id = ${p.storeId} and u.id = (select voucher_id from k)
    )
    select k.id as cart_id, k.serial as cart_serial, k.version, l.id, l.serial, v.product_id, p.serial as product_serial,
      p.name as product_name, p.slug as product_slug, l.variant_id, v.serial as variant_serial, l.quantity, l.attributes,
      l.added_at, v.name, p.description, v.sku, p.option_names, v.option_values, v.weight_grams, p.length_cm, p.width_cm,
      p.height_cm, ${imagesExpression} as images, v.list_minor, v.price_minor as unit_minor, l.seen_minor,
      v.kind,
      ${availableExpression} as available, v.is_listed,
      k.voucher_id is null or not exists (
        select from voucher_category c where c.store_id = k.store_id and c.voucher_id = k.voucher_id
      ) or exists (
        select from voucher_category c where c.store_id = k.store_id and c.voucher_id = k.voucher_id
          and 'category=' || c.category_id = any(p.facets)
      ) as is_discounted,
      (select json_build_object('id', id, 'code', code, 'name', name, 'description', description, 'kind', kind,
        'percentBps', percent_bps, 'amountMinor', amount_minor, 'maxDiscountMinor', max_discount_minor,
        'minPurchaseMinor', min_purchase_minor, 'startsAt', starts_at, 'endsAt', ends_at, 'usageLimit', usage_limit,
        'customerLimit', customer_limit, 'firstOrderOnly', first_order_only, 'isActive', is_active, 'used', used,
        'usedByCustomer', used_by_customer, 'hasOrdered', has_ordered) from u) as voucher
    from k
    left join cart_line l on l.store_id = k.store_id and l.cart_id = k.id
    left join variant v on v.store_id = l.store_id and v.id = l.variant_id
    left join product p on p.store_id = v.store_id and p.id = v.product_id
    left join stock s on s.store_id = v.store_id and s.variant_id = v.id
    order by l.added_at, l.id`,
)

/** The open cart of the customer, or of a guest's token, priced as it stands. No cart is an empty cart. */
export async function getCart(ctx: Ctx<Db>): Promise<Cart> {
  const rows = await linesOf(ctx.tx, ownerOf(ctx))
  const [first] = rows
  const lines = rows.filter((row) => row.id !== null)
  const seen = first && lines.length > 0 ? { id: first.cartId, version: first.version } : null
  const voucher = first?.voucher ? applied(ctx.now, dated(first.voucher), lines) : null
  const totals = priceLines(ctx.store, lines, { discountMinor: voucher?.discountMinor ?? 0 })
  return { serial: first?.cartSerial ?? null, lines, totals, voucher, seen }
}

/** What JSON has made text of. */
const dated = (voucher: Voucher): Voucher => ({
  ...voucher,
  startsAt: new Date(voucher.startsAt),
  endsAt: voucher.endsAt && new Date(voucher.endsAt),
})

function applied(now: Date, voucher: Voucher, lines: readonly CartLine[]): AppliedVoucher {
  const { subtotalMinor, eligibleMinor } = sumLines(lines)
  const problem = problemOf(voucher, now, subtotalMinor, eligibleMinor)
  return { voucher, problem, discountMinor: problem ? 0 : discountOf(voucher, eligibleMinor) }
}

/** What stands between a cart and an order. */
export interface CartIssue {
  lineId: string
  lineSerial: number
  variantId: string
  name: string
  kind: 'unavailable' | 'out_of_stock' | 'insufficient_stock'
  wanted: number
  available: number
}

/** Lines that cost something else than the buyer was told last. */
export const changedPrices = (lines: readonly CartLine[]) =>
  lines.filter(({ seenMinor, unitMinor }) => seenMinor !== null && seenMinor !== unitMinor)

/** Checks every line; lines of one variant count together. */
export function findIssues(lines: readonly CartLine[]): CartIssue[] {
  const wanted = new Map<string, number>()
  for (const line of lines) wanted.set(line.variantId, (wanted.get(line.variantId) ?? 0) + line.quantity)
  const issues: CartIssue[] = []
  for (const { id, serial, variantId, name, available, isListed } of lines) {
    const want = wanted.get(variantId)!
    const fact = { lineId: id, lineSerial: serial, variantId, name, wanted: want, available: available ?? want }
    if (!isListed) issues.push({ ...fact, kind: 'unavailable', available: 0 })
    else if (available === 0) issues.push({ ...fact, kind: 'out_of_stock' })
    else if (available !== null && want > available) issues.push({ ...fact, kind: 'insufficient_stock' })
  }
  return issues
}
