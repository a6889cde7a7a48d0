import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Ctx } from '../context.ts'

/** "Water Ionizers & Filters" -> "water-ionizers-filters"; letters of every script stay. */
export const slugify = (name: string) =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100) || 'item'

// Names that slugify alike get a number; the catalogue's version row is locked, so nobody else is adding one.
const upsert = statement(
  'catalogue.ensure_category',
  (p: { storeId: string; name: string; slug: string }) =>
    sql<{ id: string }>`
    with known as (
      select id from category where store_id = ${p.storeId} and name = ${p.name} and parent_id is null
    ), added as (
      insert into category (store_id, name, slug)
      select ${p.storeId}, ${p.name}, ${p.slug} || case when n.is_taken then '-' || n.next else '' end
      from (select greatest(max(substring(slug from length(${p.slug}) + 2)::numeric) filter (where slug <> ${p.slug}), 1) + 1 as next,
          coalesce(bool_or(slug = ${p.slug}), false) as is_taken from category
        where store_id = ${p.storeId} and (slug = ${p.slug} or slug ~ ('^' || ${p.slug} || '-[0-9]+$'))) n
      where not exists (select from known)
      returning id
    )
    select id from known union all select id from added`,
)

/** The top category of this exact name, made when there is none. Call it after `touchCatalogue`. */
export async function ensureCategory(ctx: Ctx, name: string): Promise<string> {
  return one(await upsert(ctx.tx, { storeId: ctx.store.storeId, name, slug: slugify(name) })).id
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
