import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { indexProducts } from './browse/index.ts'
import { freeSlugs, slugify } from './slugs.ts'

const known = statement(
  'catalogue.categories',
  (p: { storeId: string; names: readonly string[] }) =>
    sql<{ id: string; name: string }>`
    select distinct on (name) id, name from category
    where store_id = ${p.storeId} and name = any(${p.names}::text[]) order by name, parent_id nulls first, serial`,
)

const taken = statement(
  'catalogue.category_slugs',
  (p: { storeId: string; slugs: readonly string[] }) =>
    sql<{ slug: string }>`
    select c.slug from category c
    where c.store_id = ${p.storeId}
      and exists (select from unnest(${p.slugs}::text[]) s(slug) where c.slug = s.slug or starts_with(c.slug, s.slug || '-'))`,
)

const insert = statement(
  'catalogue.add_categories',
  (p: { storeId: string; names: readonly string[]; slugs: readonly string[] }) =>
    sql<{ id: string; name: string }>`
    insert into category (store_id, name, slug)
    select ${p.storeId}, r.name, r.slug from unnest(${p.names}::text[], ${p.slugs}::text[]) r(name, slug)
    returning id, name`,
)

/**
 * The categories of these exact names, the topmost of each; made at the top where there are none. By name. Call it after
 * `touchCatalogue`.
 */
export async function ensureCategories(ctx: Ctx, names: readonly string[]): Promise<Map<string, string>> {
  const { tx } = ctx
  const { storeId } = ctx.store
  if (names.length === 0) return new Map()
  const ids = new Map((await known(tx, { storeId, names })).map((row) => [row.name, row.id]))
  const missing = names.filter((name) => !ids.has(name))
  if (missing.length === 0) return ids
  const used = await taken(tx, { storeId, slugs: [...new Set(missing.map(slugify))] })
  const slugs = freeSlugs(missing, new Set(used.map((row) => row.slug)))
  for (const row of await insert(tx, { storeId, names: missing, slugs })) ids.set(row.name, row.id)
  return ids
}

/** As `ensureCategories`, of one name. */
export async function ensureCategory(ctx: Ctx, name: string): Promise<string> {
  return (await ensureCategories(ctx, [name])).get(name)!
}

const touch = statement(
  'catalogue.touch',
  (p: { storeId: string }) => sql`update catalogue_version set version = version + 1 where store_id = ${p.storeId}`,
)

/**
 * Raises the catalogue's version: first in every transaction that changes what the catalogue shows. Its row lock
 * makes such changes of one store wait for each other, so that counts kept beside them stay right.
 */
export async function touchCatalogue(ctx: Ctx): Promise<void> {
  await touch(ctx.tx, { storeId: ctx.store.storeId })
}

const place = statement(
  'catalogue.place_category',
  (p: { storeId: string; slug: string; parent: string | null }) =>
    sql<{ id: string; productIds: string[] }>`
    with recursive above as (
      select id, parent_id from category where store_id = ${p.storeId} and slug = ${p.parent}
      union
      select c.id, c.parent_id from above a join category c on c.store_id = ${p.storeId} and c.id = a.parent_id
    ), moved as (
      update category c set parent_id = (select id from category where store_id = ${p.storeId} and slug = ${p.parent})
      where c.store_id = ${p.storeId} and c.slug = ${p.slug} and c.id not in (select id from above)
        and (${p.parent}::text is null or exists (select from above))
      returning c.id
    ), below as (
      select id from moved
      union
      select c.id from below b join category c on c.store_id = ${p.storeId} and c.parent_id = b.id
    )
    select id, array(select p.id from product p where p.store_id = ${p.storeId}
      and p.category_id in (select id from below)) as product_ids from moved`,
)

/**
 * Puts a category below another, or at the top: its products are then found in all above it.
 * @throws Refusal category.unknown, also for a place below itself
 */
export async function placeCategory(ctx: Ctx, slug: string, parent: string | null): Promise<void> {
  await touchCatalogue(ctx)
  const [moved] = await place(ctx.tx, { storeId: ctx.store.storeId, slug, parent })
  if (!moved) throw new Refusal('category.unknown', { slug })
  await indexProducts(ctx, moved.productIds)
}

const recount = statement(
  'catalogue.recount',
  (p: { storeId: string; ids: readonly string[] }) =>
    sql`update category c set listed_count = n.count
    from (select i.id, count(v.id)::int as count from (select distinct unnest(${p.ids}::uuid[]) as id) i
      left join variant v on v.store_id = ${p.storeId} and v.category_id = i.id and v.is_listed group by i.id) n
    where c.store_id = ${p.storeId} and c.id = n.id and c.listed_count <> n.count`,
)

/** Brings the kept counts of these categories up to date: last in a transaction that lists or unlists variants. */
export async function recountCategories(ctx: Ctx, categoryIds: readonly string[]): Promise<void> {
  await recount(ctx.tx, { storeId: ctx.store.storeId, ids: categoryIds })
}
