import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { availableExpression } from '../inventory/inventory.ts'
import type { Kept } from './reader.ts'
import { variantColumns, variantJoins } from './variants.ts'
import type { ListedVariant } from './variants.ts'

export interface PageQuery {
  sort: Sort
  /** a top category's exact name */
  category?: string
  /** bounds of the selling price, minor units, inclusive */
  minMinor?: number
  maxMinor?: number
  page: number
  limit: number
}

export type Sort = 'latest' | 'price_asc' | 'price_desc'

/** A page with the version at which it was read, all from one statement and so from one moment. */
export interface LoadedPage extends Kept {
  variants: ListedVariant[]
  total: number
}

// every order is total (the id settles ties) and has an index of its own, with and without a category
const orders: Record<Sort, RawBuilder<unknown>> = {
  latest: sql`v.created_at desc, v.id desc`,
  price_asc: sql`v.price_minor, v.id`,
  price_desc: sql`v.price_minor desc, v.id desc`,
}

type PageRow = ListedVariant & { version: number; total: number; available: number | null }

interface PageParams {
  storeId: string
  category: string
  minMinor: number
  maxMinor: number
  limit: number
  offset: number
}

/** One statement a combination, so that each is planned for its own index. */
const pageStatement = (sort: Sort, inCategory: boolean, priced: boolean) =>
  statement(`catalogue.page_${sort}${inCategory ? '_category' : ''}${priced ? '_priced' : ''}`, (p: PageParams) => {
    const category = sql`(select id from category where store_id = ${p.storeId} and name = ${p.category} and parent_id is null)`
    const where = sql`v.store_id = ${p.storeId} and v.is_listed
      ${inCategory ? sql`and v.category_id = ${category}` : sql``}
      ${priced ? sql`and v.price_minor between ${p.minMinor} and ${p.maxMinor}` : sql``}`
    // kept with every change of the catalogue; only a price range has to be counted, once a version
    const total = priced
      ? sql`(select count(*)::int from variant v where ${where})`
      : sql`(select coalesce(sum(listed_count), 0)::int from category where store_id = ${p.storeId}
          ${inCategory ? sql`and id = ${category}` : sql``})`
    return sql<PageRow>`
      with page as (
        select v.* from variant v where ${where} order by ${orders[sort]} limit ${p.limit} offset ${p.offset}
      )
      select n.version, ${total} as total, x.*
      from catalogue_version n left join lateral (
        select ${variantColumns}, ${availableExpression} as available from page v ${variantJoins}
        order by ${orders[sort]}
      ) x on true
      where n.store_id = ${p.storeId}`
  })

const pageStatements = new Map<string, ReturnType<typeof pageStatement>>()
for (const sort of Object.keys(orders) as Sort[])
  for (const inCategory of [false, true])
    for (const priced of [false, true])
      pageStatements.set(`${sort} ${inCategory} ${priced}`, pageStatement(sort, inCategory, priced))

export async function loadPage(db: Db, storeId: string, query: PageQuery): Promise<LoadedPage> {
  const { sort, category = '', minMinor = 0, maxMinor = Number.MAX_SAFE_INTEGER, page, limit } = query
  const priced = query.minMinor !== undefined || query.maxMinor !== undefined
  const run = pageStatements.get(`${sort} ${query.category !== undefined} ${priced}`)!
  return toPage(await run(db, { storeId, category, minMinor, maxMinor, limit, offset: (page - 1) * limit }))
}

const byId = statement(
  'catalogue.variant',
  (p: { storeId: string; id: string }) =>
    sql<PageRow>`
    select n.version, 1 as total, x.*
    from catalogue_version n left join lateral (
      select ${variantColumns}, ${availableExpression} as available from variant v ${variantJoins}
      where v.store_id = n.store_id and v.id = ${p.id} and v.is_listed
    ) x on true
    where n.store_id = ${p.storeId}`,
)

export async function loadVariant(db: Db, storeId: string, id: string): Promise<LoadedPage> {
  return toPage(await byId(db, { storeId, id }))
}

/** The best matches of a search; contracts whose search has pages will ask for a slice. */
const searchLimit = 100

// A word matches the words that begin with it; text that is no word (signs, emoji) is looked for in the name as it is.
const found = statement(
  'catalogue.search',
  (p: { storeId: string; text: string; limit: number }) =>
    sql<PageRow>`
    with wanted as (
      select (select string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || ''':*', ' & ')
          from unnest(to_tsvector('simple', plain(${p.text}))))::tsquery as words,
        '%' || regexp_replace(plain(${p.text}), '([\\\\%_])', '\\\\\\1', 'g') || '%' as part
    ), hits as (
      select v.*, ts_rank(v.search, w.words) as rank, plain(v.name) like w.part as named
      from variant v, wanted w
      where v.store_id = ${p.storeId} and v.is_listed and (v.search @@ w.words or plain(v.name) like w.part)
      order by named desc, rank desc nulls last, v.id limit ${p.limit}
    )
    select n.version, 0 as total, x.*
    from catalogue_version n left join lateral (
      select ${variantColumns}, ${availableExpression} as available from hits v ${variantJoins}
      order by v.named desc, v.rank desc nulls last, v.id
    ) x on true
    where n.store_id = ${p.storeId}`,
)

export async function loadSearch(db: Db, storeId: string, text: string): Promise<LoadedPage> {
  const page = toPage(await found(db, { storeId, text, limit: searchLimit }))
  return { ...page, total: page.variants.length }
}

function toPage(rows: PageRow[]): LoadedPage {
  const { version, total } = rows[0]!
  const available: Record<string, number> = {}
  const variants: ListedVariant[] = []
  for (const { version: _, total: __, available: count, ...variant } of rows) {
    if (variant.id === null) continue // the left join's row of an empty page
    variants.push(variant)
    if (count !== null) available[variant.id] = count
  }
  const ids = variants.map((variant) => variant.id)
  return { version, variants, ids, fresh: { version, available }, total, rows: ids.length }
}
