import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Ctx } from '../context.ts'
import { availableExpression, setAvailable } from '../inventory/inventory.ts'
import { Refusal } from '../refusal.ts'
import { indexProducts } from './browse/index.ts'
import { ensureCategory, recountCategories, touchCatalogue } from './categories.ts'
import { cleanHtml } from './html.ts'
import { freeSlugs, slugify } from './slugs.ts'
import { variantColumns, variantJoins } from './variants.ts'
import type { ListedVariant } from './variants.ts'

/** A product of one variant, as an administrator writes it. */
export interface ProductFields {
  name: string
  description: string | null
  listMinor: number
  discountBps: number
  category: string
  quantity: number
  images: string[]
  specifications: Record<string, unknown>
  isActive: boolean
}

export type VariantWithStock = ListedVariant & { available: number | null }

const insert = statement(
  'catalogue.insert_product',
  (p: {
    storeId: string
    name: string
    slug: string
    description: string | null
    categoryId: string
    specifications: string
    listMinor: number
    discountBps: number
    isActive: boolean
    now: Date
  }) =>
    sql<{ productId: string; variantId: string }>`
      with p as (
        insert into product (store_id, slug, name, description, category_id, specifications, created_at, updated_at)
        values (${p.storeId}, ${p.slug}, ${p.name}, ${p.description}, ${p.categoryId}, ${p.specifications}::jsonb,
          ${p.now}, ${p.now})
        returning store_id, id, category_id
      )
      insert into variant (store_id, product_id, name, list_minor, discount_bps, category_id, is_active, is_listed,
        created_at, updated_at)
      select store_id, id, ${p.name}, ${p.listMinor}, ${p.discountBps}, category_id, ${p.isActive}, ${p.isActive},
        ${p.now}, ${p.now} from p
      returning product_id, id as variant_id`,
)

const takenSlugs = statement(
  'catalogue.product_slugs',
  (p: { storeId: string; slug: string }) =>
    sql<{ slug: string }>`
    select slug from product where store_id = ${p.storeId} and (slug = ${p.slug} or starts_with(slug, ${p.slug} || '-'))`,
)

/** Adds a product with its one variant and its stock. */
export async function createProduct(ctx: Ctx, fields: ProductFields): Promise<VariantWithStock> {
  const { tx, now, store } = ctx
  await touchCatalogue(ctx)
  const categoryId = await ensureCategory(ctx, fields.category)
  const description = fields.description === null ? null : await cleanHtml(fields.description)
  const used = await takenSlugs(tx, { storeId: store.storeId, slug: slugify(fields.name) })
  const { productId, variantId } = one(
    await insert(tx, {
      ...fields,
      description,
      storeId: store.storeId,
      slug: freeSlugs([fields.name], new Set(used.map((row) => row.slug)))[0]!,
      categoryId,
      specifications: JSON.stringify(fields.specifications),
      now,
    }),
  )
  await replaceImages(tx, { storeId: store.storeId, productId, variantId, urls: fields.images })
  await setAvailable(ctx, variantId, fields.quantity)
  await indexVariants(tx, { storeId: store.storeId, productId })
  await indexProducts(ctx, [productId])
  await recountCategories(ctx, [categoryId])
  return getVariant(ctx, variantId)
}

const lockVariant = statement(
  'catalogue.lock_variant',
  (p: { storeId: string; id: string }) =>
    sql<{ productId: string; categoryId: string; siblings: number }>`
    select v.product_id, v.category_id,
      (select count(*)::int from variant o where o.store_id = v.store_id and o.product_id = v.product_id) - 1 as siblings
    from variant v where v.store_id = ${p.storeId} and v.id = ${p.id} for no key update`,
)

const updateProduct = statement(
  'catalogue.update_product',
  (p: {
    storeId: string
    productId: string
    name: string | null
    describe: boolean
    description: string | null
    categoryId: string
    specifications: string | null
    now: Date
  }) =>
    sql`
      with p as (
        update product set name = coalesce(${p.name}, name), category_id = ${p.categoryId},
          description = case when ${p.describe} then ${p.description} else description end,
          specifications = coalesce(${p.specifications}::jsonb, specifications), updated_at = ${p.now}
        where store_id = ${p.storeId} and id = ${p.productId}
      )
      update variant set category_id = ${p.categoryId}, updated_at = ${p.now}
      where store_id = ${p.storeId} and product_id = ${p.productId}`,
)

const updateVariantRow = statement(
  'catalogue.update_variant',
  (p: {
    storeId: string
    id: string
    name: string | null
    listMinor: number | null
    discountBps: number | null
    isActive: boolean | null
    now: Date
  }) =>
    // a price or percentage that is written replaces what an import gave as two prices, at the percentage shown
    sql`
      update variant v set name = coalesce(${p.name}, v.name), list_minor = coalesce(${p.listMinor}, v.list_minor),
        discount_bps = coalesce(${p.discountBps}::int,
          case when ${p.listMinor}::bigint is not null and sale_minor is not null and v.list_minor > 0
            then round((v.list_minor - sale_minor) * 10000.0 / v.list_minor)::int else v.discount_bps end),
        sale_minor = case when ${p.discountBps}::int is null and ${p.listMinor}::bigint is null then sale_minor end,
        is_active = coalesce(${p.isActive}, v.is_active),
        is_listed = coalesce(${p.isActive}, v.is_active) and (p.is_active or coalesce(${p.isActive}, false)),
        updated_at = ${p.now}
      from product p
      where v.store_id = ${p.storeId} and v.id = ${p.id} and p.store_id = v.store_id and p.id = v.product_id`,
)

const activateProduct = statement(
  'catalogue.activate_product',
  (p: { storeId: string; productId: string }) =>
    sql`update product set is_active = true where store_id = ${p.storeId} and id = ${p.productId} and not is_active`,
)

/**
 * Changes some fields of one variant and of its product: name, description, category and specifications are the
 * product's and so its siblings' too, but the name of one among siblings is its own.
 * @param options.withProduct what is brought back brings its product back, if that was taken off
 * @throws Refusal product.unknown
 */
export async function updateVariant(
  ctx: Ctx,
  variantId: string,
  changes: Partial<ProductFields>,
  { withProduct = true } = {},
): Promise<VariantWithStock> {
  const { tx, now, store } = ctx
  const { storeId } = store
  await touchCatalogue(ctx)
  const [found] = await lockVariant(tx, { storeId, id: variantId })
  if (!found) throw new Refusal('product.unknown', { variantId })
  const { productId } = found
  const categoryId = changes.category === undefined ? found.categoryId : await ensureCategory(ctx, changes.category)
  const { name = null, specifications, listMinor = null, discountBps = null, isActive = null } = changes
  await updateProduct(tx, {
    storeId,
    productId,
    name: found.siblings === 0 ? name : null,
    describe: changes.description !== undefined,
    description: changes.description ? await cleanHtml(changes.description) : null,
    categoryId,
    specifications: specifications ? JSON.stringify(specifications) : null,
    now,
  })
  if (isActive && withProduct) await activateProduct(tx, { storeId, productId })
  await updateVariantRow(tx, { storeId, id: variantId, name, listMinor, discountBps, isActive, now })
  if (changes.images) await replaceImages(tx, { storeId, productId, variantId, urls: changes.images })
  if (changes.quantity !== undefined) await setAvailable(ctx, variantId, changes.quantity)
  await indexVariants(tx, { storeId, productId })
  await indexProducts(ctx, [productId])
  await recountCategories(ctx, [found.categoryId, categoryId])
  return getVariant(ctx, variantId)
}

/** Takes a variant off the public lists; orders and wishlists still show it. @throws Refusal product.unknown */
export async function deactivateVariant(ctx: Ctx, variantId: string): Promise<void> {
  await updateVariant(ctx, variantId, { isActive: false })
}

const byId = statement(
  'catalogue.variant_with_stock',
  (p: { storeId: string; id: string }) =>
    sql<VariantWithStock>`
    select ${variantColumns}, ${availableExpression} as available from variant v ${variantJoins}
    where v.store_id = ${p.storeId} and v.id = ${p.id}`,
)

/** A variant as an administrator sees it, listed or not. */
async function getVariant(ctx: Ctx, id: string): Promise<VariantWithStock> {
  return one(await byId(ctx.tx, { storeId: ctx.store.storeId, id }))
}

const replaceImages = statement(
  'catalogue.replace_images',
  (p: { storeId: string; productId: string; variantId: string; urls: string[] }) =>
    // shared pictures go too, or the variant would show more than it was given; what is a sibling's own stays
    sql`
    with gone as (
      delete from image where store_id = ${p.storeId} and product_id = ${p.productId}
        and (variant_id is null or variant_id = ${p.variantId})
    )
    insert into image (store_id, product_id, url, position)
    select ${p.storeId}, ${p.productId}, u.url, u.position
    from unnest(${p.urls}::text[]) with ordinality u(url, position)`,
)

/** What search looks in, weighed: the name most, then category, maker and tags, then the text. */
export const searchVector = sql`
  setweight(to_tsvector('simple', plain(v.name)), 'A')
  || setweight(to_tsvector('simple', plain(c.name || ' ' || coalesce(p.vendor, '') || ' ' || array_to_string(p.tags, ' '))), 'B')
  || setweight(to_tsvector('simple', plain(left(regexp_replace(coalesce(p.description, ''), '<[^>]*>', ' ', 'g'), 20000))), 'C')`

const indexVariants = statement(
  'catalogue.index_variants',
  (p: { storeId: string; productId: string }) =>
    sql`update variant v set search = ${searchVector}
    from product p join category c on c.store_id = p.store_id and c.id = p.category_id
    where v.store_id = ${p.storeId} and v.product_id = ${p.productId} and p.store_id = v.store_id and p.id = v.product_id`,
)
