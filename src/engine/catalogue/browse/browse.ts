import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { one, statement } from '../../database.ts'
import type { Db } from '../../database.ts'
import type { Kept } from '../reader.ts'
import { meaningOf } from './meaning.ts'

export type BrowseSort = 'newest' | 'price_asc' | 'price_desc' | 'popular' | 'rating' | 'relevance'

/** Filters combine; what is left out does not filter. */
export interface BrowseQuery {
  sort: BrowseSort
  /** a category's slug: it and all below it */
  category?: string | undefined
  /** by option key, all of one variant: { color: "Natural" } */
  options: Readonly<Record<string, string>>
  /** bounds of the lowest price, minor units, inclusive */
  minMinor?: number | undefined
  maxMinor?: number | undefined
  /** 1 to 5, inclusive */
  minRating?: number | undefined
  /** only what can be bought now, in a variant with the options asked for */
  inStock?: boolean | undefined
  search?: string | undefined
  page: number
  limit: number
}

/** A product as a list shows it, without its stock. */
export interface ListedProduct {
  id: string
  serial: number
  slug: string
  name: string
  shortDescription: string | null
  /** of the cheapest variant that is shown */
  priceMinor: number
  listMinor: number
  images: string[]
  rating: number
  reviewCount: number
  isFeatured: boolean
  /** variants that are shown and counted; one that is not counted can always be bought */
  counted: string[]
  hasUncounted: boolean
}

/** The columns of a ListedProduct, for a statement that has `product p`. */
export const listedColumns = sql`
  p.id, p.serial, p.slug, p.name, p.short_description, p.price_minor, p.list_minor, p.rating, p.review_count, p.is_featured,
  array(select i.url from image i where i.store_id = p.store_id and i.product_id = p.id
    order by i.position, i.serial) as images,
  array(select v.id from variant v where v.store_id = p.store_id and v.product_id = p.id and v.is_listed
    and v.kind = 'tracked' order by v.position, v.id) as counted,
  exists (select from variant v where v.store_id = p.store_id and v.product_id = p.id and v.is_listed
    and v.kind <> 'tracked') as has_uncounted`

/** What can be bought of the counted variants of `product p`: { variantId: number }. */
export const availableOfProduct = sql`
  (select json_object_agg(s.variant_id, greatest(s.on_hand - s.allocated, 0)) from variant v
    join stock s on s.store_id = v.store_id and s.variant_id = v.id
    where v.store_id = p.store_id and v.product_id = p.id and v.kind = 'tracked')`

// every order is total, and all but the last have an index of their own
const orders: Record<BrowseSort, RawBuilder<unknown>> = {
  newest: sql`p.created_at desc, p.id desc`,
  price_asc: sql`p.price_minor, p.id`,
  price_desc: sql`p.price_minor desc, p.id desc`,
  popular: sql`p.sold_count desc, p.id desc`,
  rating: sql`p.rating desc, p.review_count desc, p.id desc`,
  relevance: sql`p.rank desc, p.id desc`,
}

interface Params {
  storeId: string
  categorySlug: string | null
  facets: string[]
  /** each option asked for, as a facet of its own */
  pairs: string[]
  minMinor: number | null
  maxMinor: number | null
  minRating: number | null
  words: string | null
  limit: number
  offset: number
}

type Row = ListedProduct & { version: number; total: number; available: Record<string, number> | null }

/** Which parts of the statement are there; what is not asked for is not in it. */
interface Shape {
  sort: BrowseSort
  hasCategory: boolean
  hasFacets: boolean
  hasOptions: boolean
  hasMin: boolean
  hasMax: boolean
  hasRating: boolean
  hasWords: boolean
  inStock: boolean
  /** all products, or all of one category: counted with every change. Anything else is counted when it is asked for */
  hasKeptTotal: boolean
}

/**
 * Whether `product p` has a variant that can be bought, with the options asked for. It has been found by them already, so
 * they are compared only where some variant is sold out.
 */
const canBeBought = (p: Params, hasOptions: boolean) => {
  const some = (isOut: boolean, more: RawBuilder<unknown>) => sql`exists (
    select from variant v left join stock s on s.store_id = v.store_id and s.variant_id = v.id
    where v.store_id = p.store_id and v.product_id = p.id and v.is_listed
      and ${isOut ? sql`` : sql`not`} (v.kind = 'tracked' and coalesce(s.is_out, true)) ${more})`
  if (!hasOptions) return some(false, sql``)
  const same = sql`and ${p.pairs}::text[] <@ array(
    select option_key(o.name) || '=' || plain(trim(o.value)) from unnest(p.option_names, v.option_values) as o(name, value))`
  return sql`(not ${some(true, sql``)} or ${some(false, same)})`
}

function browseStatement(shape: Shape) {
  const name = `catalogue.browse_${Object.entries(shape)
    .flatMap(([key, value]) => (value === true ? [key] : value === false ? [] : [value]))
    .join('_')}`
  const build = (p: Params) => {
    // What the index of facets and words finds, it finds whole: those rows are counted and sorted in one go. Otherwise
    // the page comes from the order's index, which is walked only so far, and has the ids: what is skipped is not read.
    const isGathered = !shape.hasKeptTotal && (shape.hasFacets || shape.hasWords)
    // a category is one store's: that index need not go through all that the store has, and rows are checked nevertheless
    const isStores = isGathered && shape.hasCategory ? sql`is not distinct from` : sql`=`
    const where = sql`p.store_id ${isStores} ${p.storeId} and p.is_listed
      ${shape.hasFacets ? sql`and p.facets @> ${p.facets}::text[]` : sql``}
      ${shape.hasMin ? sql`and p.price_minor >= ${p.minMinor}` : sql``}
      ${shape.hasMax ? sql`and p.price_minor <= ${p.maxMinor}` : sql``}
      ${shape.hasRating ? sql`and p.rating >= ${p.minRating}` : sql``}
      ${shape.hasWords ? sql`and p.search @@ ${p.words}::tsquery` : sql``}
      ${shape.inStock ? sql`and ${canBeBought(p, shape.hasOptions)}` : sql``}`
    const order = orders[shape.sort]
    const columns = sql`p.id, p.created_at, p.price_minor, p.sold_count, p.rating, p.review_count
      ${shape.sort === 'relevance' ? sql`, ts_rank(p.search, ${p.words}::tsquery) as rank` : sql``}`
    const found = isGathered ? sql`matched p` : sql`product p where ${where}`
    const total = shape.hasKeptTotal
      ? sql`coalesce(case when ${p.categorySlug}::text is null then n.product_count
          else (select c.product_count from category c where c.store_id = n.store_id and c.slug = ${p.categorySlug}) end, 0)`
      : sql`(select count(*)::int from ${found})`
    return sql<Row>`
      with ${isGathered ? sql`matched as materialized (select ${columns} from product p where ${where}),` : sql``}
      page as materialized (
        select array(select p.id from ${found} order by ${order} limit ${p.limit} offset ${p.offset}) as ids
      )
      select n.version, ${total} as total, x.*
      from catalogue_version n left join lateral (
        select ${listedColumns}, ${availableOfProduct} as available
        from page, unnest(page.ids) with ordinality as o(id, place) join product p on p.store_id = n.store_id and p.id = o.id
        order by o.place
      ) x on true
      where n.store_id = ${p.storeId}`
  }
  return statement(name, build, { plan: 'anew' })
}

const browseStatements = new Map<string, ReturnType<typeof browseStatement>>()

function statementFor(shape: Shape) {
  const key = JSON.stringify(shape)
  let found = browseStatements.get(key)
  if (!found) browseStatements.set(key, (found = browseStatement(shape)))
  return found
}

const categoryOf = statement(
  'catalogue.category_facet',
  (p: { storeId: string; slug: string }) =>
    sql<{ facet: string | null; version: number }>`
    select 'category=' || c.id as facet, n.version
    from catalogue_version n left join category c on c.store_id = n.store_id and c.slug = ${p.slug}
    where n.store_id = ${p.storeId}`,
)

/** Products of a list, with the version and the stock at which they were read. */
export interface LoadedProducts extends Kept {
  products: ListedProduct[]
  total: number
}

/** A page of products that match, and how many do on all pages. */
export async function loadBrowse(db: Db, storeId: string, query: BrowseQuery): Promise<LoadedProducts> {
  const { category, options, minMinor, maxMinor, minRating, search, inStock = false, page, limit } = query
  const hasOptions = Object.keys(options).length > 0
  const [filed, meaning] = await Promise.all([
    category === undefined ? null : categoryOf(db, { storeId, slug: category }).then(one),
    hasOptions || search !== undefined ? meaningOf(db, storeId, search ?? '', options) : null,
  ])
  // no category of that slug, or a text without a word: nothing is found by it
  const facets = filed ? [filed.facet ?? 'none'] : []
  if (meaning?.options) facets.push(meaning.options)
  if (search !== undefined && !meaning?.words) facets.push('none')
  const words = meaning?.words ?? null
  const sort = query.sort === 'relevance' && words === null ? 'newest' : query.sort
  const narrowing = [minMinor, maxMinor, minRating, search].some((bound) => bound !== undefined)
  const run = statementFor({
    sort,
    hasCategory: category !== undefined,
    hasFacets: facets.length > 0,
    hasOptions,
    hasMin: minMinor !== undefined,
    hasMax: maxMinor !== undefined,
    hasRating: minRating !== undefined,
    hasWords: search !== undefined && words !== null,
    inStock,
    hasKeptTotal: !narrowing && !hasOptions && !inStock,
  })
  const rows = await run(db, {
    storeId,
    categorySlug: category ?? null,
    facets,
    pairs: meaning?.options?.split('\u001F') ?? [],
    minMinor: minMinor ?? null,
    maxMinor: maxMinor ?? null,
    minRating: minRating ?? null,
    words,
    limit,
    offset: (page - 1) * limit,
  })
  // a word or a category that came after the meaning was looked up is not in this list, although the list came later
  return toLoaded(rows, Math.min(rows[0]!.version, filed?.version ?? Infinity, meaning?.version ?? Infinity))
}

function toLoaded(rows: Row[], version: number): LoadedProducts {
  const { total } = rows[0]!
  const available: Record<string, number> = {}
  const products: ListedProduct[] = []
  for (const { version: _, total: __, available: counts, ...product } of rows) {
    if (product.id === null) continue // the left join's row of an empty page
    products.push(product)
    Object.assign(available, counts)
  }
  const ids = products.flatMap((product) => product.counted)
  return { version, total, products, ids, fresh: { version, available }, rows: products.length }
}

/** Whether anything of a product can be bought. */
export const isInStock = (
  product: Pick<ListedProduct, 'counted' | 'hasUncounted'>,
  available: Readonly<Record<string, number>>,
) => product.hasUncounted || product.counted.some((id) => (available[id] ?? 0) > 0)
