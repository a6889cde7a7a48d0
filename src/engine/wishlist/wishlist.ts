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
  (p: { storeId: string; customerId: string; variantId: string; productId: string | null; now: Date }) =>
    sql<{ found: boolean; itemId: string | null }>`
      with v as (
        select store_id, id from variant where store_id = ${p.storeId} and id = ${p.variantId} and is_listed
          and (${p.productId}::uuid is null or product_id = ${p.productId})
      ), i as (
        insert into wishlist_item (store_id, customer_id, variant_id, added_at)
        select store_id, ${p.customerId}, id, ${p.now} from v
        on conflict (store_id, customer_id, variant_id) do nothing
        returning id
      )
      select exists (select from v) as found, (select id from i) as item_id`,
)

/**
 * Remembers a variant; remembering it twice leaves one entry.
 * @param productId whose variant it has to be, where that is said
 * @returns the new entry's id; undefined when there was one already
 * @throws Refusal product.unknown
 */
export async function addToWishlist(
  ctx: Ctx<Db>,
  variantId: string,
  productId: string | null = null,
): Promise<string | undefined> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  const [row] = await insert(ctx.tx, { ...own, variantId, productId, now: ctx.now })
  if (!row?.found) throw new Refusal('product.unknown', { variantId })
  return row.itemId ?? undefined
}

export interface WishlistItem extends ListedVariant {
  itemId: string
  itemSerial: number
  serial: number
  productSerial: number
  productName: string
  productSlug: string
  optionNames: string[]
  optionValues: string[]
  addedAt: Date
  available: number
}

const itemsOf = sql`
    select w.id as item_id, w.serial as item_serial, w.added_at, v.serial, p.serial as product_serial,
      p.name as product_name, p.slug as product_slug, p.option_names, v.option_values, ${variantColumns},
      ${availableExpression} as available
    from wishlist_item w join variant v on v.store_id = w.store_id and v.id = w.variant_id ${variantJoins}`

const list = statement(
  'wishlist.list',
  (p: { storeId: string; customerId: string }) =>
    sql<WishlistItem>`${itemsOf}
    where w.store_id = ${p.storeId} and w.customer_id = ${p.customerId}
    order by w.added_at desc, w.id desc`,
)

/** The signed-in customer's list, newest first. What is no longer sold stays on it, marked as such. */
export async function getWishlist(ctx: Ctx<Db>): Promise<WishlistItem[]> {
  return list(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) })
}

const itemById = statement(
  'wishlist.item',
  (p: { storeId: string; customerId: string; id: string }) =>
    sql<WishlistItem>`${itemsOf}
    where w.store_id = ${p.storeId} and w.customer_id = ${p.customerId} and w.id = ${p.id}`,
)

/** An entry of the signed-in customer's. @throws Refusal wishlist.unknown */
export async function getWishlistItem(ctx: Ctx<Db>, itemId: string): Promise<WishlistItem> {
  const [item] = await itemById(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), id: itemId })
  if (!item) throw new Refusal('wishlist.unknown', { variantId: itemId })
  return item
}

const take = statement(
  'wishlist.take',
  (p: { storeId: string; customerId: string; id: string }) =>
    sql<{ variantId: string }>`
    delete from wishlist_item where store_id = ${p.storeId} and customer_id = ${p.customerId} and id = ${p.id}
    returning variant_id`,
)

/** Removes an entry by its id. @returns whose variant it was @throws Refusal wishlist.unknown */
export async function takeWishlistItem(ctx: Ctx<Db>, itemId: string): Promise<string> {
  const [item] = await take(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), id: itemId })
  if (!item) throw new Refusal('wishlist.unknown', { variantId: itemId })
  return item.variantId
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
