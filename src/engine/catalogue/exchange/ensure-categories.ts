import { sql } from 'kysely'
import type { Ctx } from '../../context.ts'
import { statement } from '../../database.ts'
import { slugify } from '../categories.ts'

const known = statement(
  'exchange.categories',
  (p: { storeId: string; names: readonly string[] }) =>
    sql<{ id: string; name: string }>`
    select id, name from category
    where store_id = ${p.storeId} and parent_id is null and name = any(${p.names}::text[])`,
)

const taken = statement(
  'exchange.category_slugs',
  (p: { storeId: string; slugs: readonly string[] }) =>
    sql<{ slug: string }>`
    select c.slug from category c
    where c.store_id = ${p.storeId}
      and exists (select from unnest(${p.slugs}::text[]) s(slug) where c.slug = s.slug or starts_with(c.slug, s.slug || '-'))`,
)

const insert = statement(
  'exchange.add_categories',
  (p: { storeId: string; names: readonly string[]; slugs: readonly string[] }) =>
    sql<{ id: string; name: string }>`
    insert into category (store_id, name, slug)
    select ${p.storeId}, r.name, r.slug from unnest(${p.names}::text[], ${p.slugs}::text[]) r(name, slug)
    returning id, name`,
)

/** The top categories of these names, made where there are none; by name. Call it after `touchCatalogue`. */
export async function ensureCategories(ctx: Ctx, names: readonly string[]): Promise<Map<string, string>> {
  const { tx } = ctx
  const { storeId } = ctx.store
  if (names.length === 0) return new Map()
  const ids = new Map((await known(tx, { storeId, names })).map((row) => [row.name, row.id]))
  const missing = names.filter((name) => !ids.has(name))
  if (missing.length === 0) return ids

  const bases = missing.map((name) => slugify(name).toWellFormed())
  const used = new Set((await taken(tx, { storeId, slugs: [...new Set(bases)] })).map((row) => row.slug))
  const slugs = bases.map((base) => {
    let slug = base
    for (let number = 2; used.has(slug); number++) slug = `${base}-${number}`
    used.add(slug)
    return slug
  })
  for (const row of await insert(tx, { storeId, names: missing, slugs })) ids.set(row.name, row.id)
  return ids
}
