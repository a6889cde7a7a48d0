import { sql } from 'kysely'
import type { Db } from '../../database.ts'
import { statement } from '../../database.ts'

/** A product as it is kept, with all that a file may say of it. */
export interface FoundProduct {
  id: string
  slug: string
  name: string
  description: string | null
  vendor: string | null
  tags: string[]
  categoryId: string
  category: string
  optionNames: string[]
  isActive: boolean
  shortDescription: string | null
  isFeatured: boolean
  lengthCm: number | null
  widthCm: number | null
  heightCm: number | null
  /** in the order in which they are shown */
  variants: FoundVariant[]
  /** in the order in which they are shown */
  images: FoundImage[]
}

export interface FoundVariant {
  id: string
  position: number
  optionValues: string[]
  name: string
  sku: string | null
  barcode: string | null
  kind: string
  listMinor: number
  discountBps: number | null
  saleMinor: number | null
  priceMinor: number
  weightGrams: number | null
  isActive: boolean
  /** what can be bought, never below zero; null where no stock was ever written */
  available: number | null
}

export interface FoundImage {
  variantId: string | null
  url: string
  alt: string | null
}

const columns = sql`
  p.id, p.slug, p.name, p.description, p.vendor, p.tags, p.category_id, c.name as category, p.option_names, p.is_active,
  p.short_description, p.is_featured, p.length_cm, p.width_cm, p.height_cm,
  coalesce((
    select json_agg(json_build_object('id', v.id, 'position', v.position, 'optionValues', v.option_values,
      'name', v.name, 'sku', v.sku, 'barcode', v.barcode, 'kind', v.kind, 'listMinor', v.list_minor,
      'discountBps', v.discount_bps, 'saleMinor', v.sale_minor, 'priceMinor', v.price_minor,
      'weightGrams', v.weight_grams, 'isActive', v.is_active, 'available', greatest(s.on_hand - s.allocated, 0)
    ) order by v.position, v.serial)
    from variant v left join stock s on s.store_id = v.store_id and s.variant_id = v.id
    where v.store_id = p.store_id and v.product_id = p.id), '[]') as variants,
  coalesce((
    select json_agg(json_build_object('variantId', i.variant_id, 'url', i.url, 'alt', i.alt) order by i.position, i.serial)
    from image i where i.store_id = p.store_id and i.product_id = p.id), '[]') as images`

const bySlugs = statement(
  'exchange.by_slugs',
  (p: { storeId: string; slugs: readonly string[] }) =>
    sql<FoundProduct>`
    select ${columns} from unnest(${p.slugs}::text[]) r(slug)
      join product p on p.store_id = ${p.storeId} and p.slug = r.slug
      join category c on c.store_id = p.store_id and c.id = p.category_id`,
)

/** Those of the products that are there, by slug. */
export async function findProducts(
  db: Db,
  storeId: string,
  slugs: readonly string[],
): Promise<Map<string, FoundProduct>> {
  const found = await bySlugs(db, { storeId, slugs })
  return new Map(found.map((product) => [product.slug, product]))
}

const after = statement(
  'exchange.after',
  (p: { storeId: string; slug: string; limit: number }) =>
    sql<FoundProduct>`
    select ${columns} from product p join category c on c.store_id = p.store_id and c.id = p.category_id
    where p.store_id = ${p.storeId} and p.slug > ${p.slug} order by p.slug limit ${p.limit}`,
)

/** The next products in the order of their slugs, after this one ('' at the beginning). */
export const productsAfter = (db: Db, storeId: string, slug: string, limit: number) =>
  after(db, { storeId, slug, limit })
