import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { variantColumns, variantJoins } from '../catalogue/variants.ts'
import type { ListedVariant } from '../catalogue/variants.ts'
import { availableExpression } from '../inventory/inventory.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'

const insert = statement(
  'wishlist.insert',
  (p: { storeId: string; customerId: string; variantId: string; now: Date }) =>
    sql<{ found: boolean }>`
      with v as (
        select store_id, id from variant where store_id = ${p.storeId} and id = ${p.variantId} and is_listed
      ), i as (
        insert into wishlist_item (store_id, customer_id, variant_id, added_at)
        select store_id, ${p.customerId}, id, ${p.now} from v
        on conflict (store_id, customer_id, variant_id) do nothing
      )
      select exists (select from v) as found`,
)

/** Remembers a variant; remembering it twice leaves one entry. @throws Refusal product.unknown */
export async function addToWishlist(ctx: Ctx<Db>, variantId: string): Promise<void> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  const [row] = await insert(ctx.tx, { ...own, variantId, now: ctx.now })
  if (!row?.found) throw new Refusal('product.unknown', { variantId })
}

export interface WishlistItem extends ListedVariant {
  itemId: string
  addedAt: Date
  available: number
}

const list = statement(
  'wishlist.list',
  (p: { storeId: string; customerId: string }) =>
    sql<WishlistItem>`
    select w.id as item_id, w.added_at, ${variantColumns}, ${availableExpression} as available
    from wishlist_item w join variant v on v.store_id = w.store_id and v.id = w.variant_id ${variantJoins}
    where w.store_id = ${p.storeId} and w.customer_id = ${p.customerId}
    order by w.added_at desc, w.id desc`,
)

/** The signed-in customer's list, newest first. What is no longer sold stays on it, marked as such. */
export async function getWishlist(ctx: Ctx<Db>): Promise<WishlistItem[]> {
  return list(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) })
}

const remove = statement(
  'wishlist.remove',
  (p: { storeId: string; customerId: string; variantId: string }) =>
    sql<{ id: string }>`
    delete from wishlist_item
    where store_id = ${p.storeId} and customer_id = ${p.customerId} and variant_id = ${p.variantId} returning id`,
)

/** @throws Refusal wishlist.unknown */
export async function removeFromWishlist(ctx: Ctx<Db>, variantId: string): Promise<void> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  if ((await remove(ctx.tx, { ...own, variantId })).length === 0) throw new Refusal('wishlist.unknown', { variantId })
}
