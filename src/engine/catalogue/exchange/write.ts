import { sql } from 'kysely'
import type { Ctx } from '../../context.ts'
import { statement } from '../../database.ts'
import { indexProducts } from '../browse/index.ts'
import { ensureCategories, recountCategories, touchCatalogue } from '../categories.ts'
import { searchVector } from '../products.ts'
import type { FoundProduct } from './existing.ts'
import { changesCatalogue } from './plan.ts'
import type { Plan, PlannedProduct } from './plan.ts'

interface Rows {
  storeId: string
  /** JSON: one parameter, whatever the number of rows */
  rows: string
  now: Date
}

const productFields = sql`
  id uuid, name text, description text, vendor text, tags text[], "categoryId" uuid, "optionNames" text[],
  "isActive" boolean, "shortDescription" text, "isFeatured" boolean, "lengthCm" int, "widthCm" int, "heightCm" int`

const insertProducts = statement(
  'exchange.insert_products',
  (p: Rows) =>
    sql`
    insert into product (store_id, id, slug, name, description, vendor, tags, category_id, option_names, is_active,
      short_description, is_featured, length_cm, width_cm, height_cm, created_at, updated_at)
    select ${p.storeId}, r.id, r.slug, r.name, r.description, r.vendor, r.tags, r."categoryId", r."optionNames",
      r."isActive", r."shortDescription", r."isFeatured", r."lengthCm", r."widthCm", r."heightCm", ${p.now}::timestamptz,
      ${p.now}::timestamptz
    from json_to_recordset(${p.rows}::json) r(slug text, ${productFields})`,
)

const updateProducts = statement(
  'exchange.update_products',
  (p: Rows) =>
    sql`
    update product p set name = r.name, description = r.description, vendor = r.vendor, tags = r.tags,
      category_id = r."categoryId", option_names = r."optionNames", is_active = r."isActive",
      short_description = r."shortDescription", is_featured = r."isFeatured", length_cm = r."lengthCm",
      width_cm = r."widthCm", height_cm = r."heightCm", updated_at = ${p.now}
    from json_to_recordset(${p.rows}::json) r(${productFields})
    where p.store_id = ${p.storeId} and p.id = r.id`,
)

const variantRows = sql`
  v(id uuid, "productId" uuid, position int, "optionValues" text[], name text, sku text, barcode text, kind text,
    "listMinor" bigint, "discountBps" int, "saleMinor" bigint, "weightGrams" int, "isActive" boolean)`

// The search vector without a name is made once a product, and the name's part, which comes first in it, once a
// variant: a description takes most of the time, and its variants share it.
const insertVariants = statement(
  'exchange.insert_variants',
  (p: Rows) =>
    sql`
    with r as materialized (select * from json_to_recordset(${p.rows}::json) ${variantRows}),
    described as materialized (
      select p.store_id, p.id, p.category_id, p.is_active, ${searchVector} as words
      from (select distinct v."productId", '' as name from r v) v
        join product p on p.store_id = ${p.storeId} and p.id = v."productId"
        join category c on c.store_id = p.store_id and c.id = p.category_id
    )
    insert into variant (store_id, product_id, category_id, id, position, option_values, name, sku, barcode, kind,
      list_minor, discount_bps, sale_minor, weight_grams, is_active, is_listed, search, created_at, updated_at)
    select p.store_id, p.id, p.category_id, v.id, v.position, v."optionValues", v.name, v.sku, v.barcode, v.kind,
      v."listMinor", v."discountBps", v."saleMinor", v."weightGrams", v."isActive", v."isActive" and p.is_active,
      setweight(to_tsvector('simple', plain(v.name)), 'A') || p.words, ${p.now}::timestamptz, ${p.now}::timestamptz
    from r v join described p on p.id = v."productId"`,
)

const updateVariants = statement(
  'exchange.update_variants',
  (p: Rows) =>
    sql`
    update variant o set position = v.position, name = v.name, sku = v.sku, barcode = v.barcode, kind = v.kind,
      list_minor = v."listMinor", discount_bps = v."discountBps", sale_minor = v."saleMinor",
      weight_grams = v."weightGrams", is_active = v."isActive", is_listed = v."isActive" and p.is_active,
      updated_at = ${p.now}
    from json_to_recordset(${p.rows}::json) ${variantRows}
      join product p on p.store_id = ${p.storeId} and p.id = v."productId"
    where o.store_id = p.store_id and o.id = v.id`,
)

const refreshVariants = statement(
  'exchange.refresh_variants',
  (p: { storeId: string; ids: readonly string[]; now: Date }) =>
    sql`
    update variant v set category_id = p.category_id, is_listed = v.is_active and p.is_active, search = ${searchVector},
      updated_at = ${p.now}
    from product p join category c on c.store_id = p.store_id and c.id = p.category_id
    where p.store_id = ${p.storeId} and p.id = any(${p.ids}::uuid[])
      and v.store_id = p.store_id and v.product_id = p.id`,
)

const deleteImages = statement(
  'exchange.delete_images',
  (p: { storeId: string; productIds: readonly string[]; variantIds: readonly string[] }) =>
    sql`
      delete from image where store_id = ${p.storeId} and product_id = any(${p.productIds}::uuid[])
        and (variant_id is null or variant_id = any(${p.variantIds}::uuid[]))`,
)

const insertImages = statement(
  'exchange.insert_images',
  (p: Omit<Rows, 'now'>) =>
    sql`
    insert into image (store_id, product_id, variant_id, url, alt, position)
    select ${p.storeId}, r."productId", r."variantId", r.url, r.alt, r.position
    from json_to_recordset(${p.rows}::json) r("productId" uuid, "variantId" uuid, url text, alt text, position int)`,
)

// locked in the order of the variants, like everybody does who changes several
const setStock = statement(
  'exchange.set_stock',
  (p: Omit<Rows, 'now'>) =>
    sql`
    with wanted as (
      select * from json_to_recordset(${p.rows}::json) r("variantId" uuid, quantity int)
    ), locked as (
      select s.variant_id from stock s join wanted w on s.variant_id = w."variantId" where s.store_id = ${p.storeId}
      order by s.variant_id for no key update of s
    ), changed as (
      update stock s set on_hand = s.allocated + w.quantity
      from wanted w join locked l on l.variant_id = w."variantId"
      where s.store_id = ${p.storeId} and s.variant_id = w."variantId"
        and greatest(s.on_hand - s.allocated, 0) <> w.quantity
    )
    insert into stock (store_id, variant_id, on_hand)
    select ${p.storeId}, w."variantId", w.quantity from wanted w
    where not exists (select from locked l where l.variant_id = w."variantId")`,
)

/** Writes a plan, with a few statements whatever its size. The catalogue must be locked since the plan was made. */
export async function writePlan(ctx: Ctx, plan: Plan, found: ReadonlyMap<string, FoundProduct>): Promise<void> {
  const { tx, now } = ctx
  const { storeId } = ctx.store
  const work: Promise<unknown>[] = []
  // sent without waiting for the one before: PostgreSQL runs them in this order, also while we read on in the file
  const write = (run: (db: typeof tx, rows: Rows) => Promise<unknown>, rows: readonly object[]) => {
    if (rows.length > 0) work.push(run(tx, { storeId, rows: JSON.stringify(rows), now }))
  }
  if (changesCatalogue(plan)) {
    work.push(touchCatalogue(ctx))
    const products = [...plan.addedProducts, ...plan.changedProducts]
    const file = await filing(ctx, products, found)
    write(insertProducts, plan.addedProducts.map(file.put))
    write(updateProducts, plan.changedProducts.map(file.put))
    write(insertVariants, plan.addedVariants)
    write(updateVariants, plan.changedVariants)
    if (plan.refreshed.length > 0) work.push(refreshVariants(tx, { storeId, ids: plan.refreshed, now }))
    const replaced = replacedImages(plan)
    if (replaced.productIds.length > 0) work.push(deleteImages(tx, { storeId, ...replaced }))
    write(
      insertImages,
      plan.images.flatMap((entry) => entry.rows),
    )
    work.push(recountCategories(ctx, file.categoryIds))
    work.push(
      indexProducts(
        ctx,
        products.map((product) => product.id),
      ),
    )
  }
  write(setStock, plan.stock)
  await Promise.all(work)
}

/** Finds each product's category, or makes it. A category that stays may be one within another, which has no name of its own. */
async function filing(ctx: Ctx, products: readonly PlannedProduct[], found: ReadonlyMap<string, FoundProduct>) {
  const keptOf = (product: PlannedProduct) => {
    const kept = found.get(product.slug)
    return kept?.category === product.category ? kept.categoryId : undefined
  }
  const moved = products.filter((product) => !keptOf(product))
  const ids = await ensureCategories(ctx, [...new Set(moved.map((product) => product.category))])
  const left = products.flatMap((product) => found.get(product.slug)?.categoryId ?? [])
  return {
    put: (product: PlannedProduct) => ({ ...product, categoryId: keptOf(product) ?? ids.get(product.category)! }),
    categoryIds: [...new Set([...left, ...ids.values()])],
  }
}

/** A new product has none to be replaced. */
function replacedImages({ images, addedProducts }: Plan) {
  const isNew = new Set(addedProducts.map((product) => product.id))
  const replaced = images.filter((entry) => !isNew.has(entry.productId))
  return {
    productIds: replaced.map((entry) => entry.productId),
    variantIds: replaced.flatMap((entry) => entry.variantIds),
  }
}
