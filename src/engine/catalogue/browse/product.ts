import { sql } from 'kysely'
import { statement } from '../../database.ts'
import type { Db } from '../../database.ts'
import type { Kept } from '../reader.ts'
import { availableOfProduct, listedColumns } from './browse.ts'
import type { ListedProduct } from './browse.ts'

/** A product with all that its page shows, without its stock. */
export interface ProductPage extends ListedProduct {
  description: string | null
  optionNames: string[]
  lengthCm: number | null
  widthCm: number | null
  heightCm: number | null
  pictures: { serial: number; url: string; alt: string | null }[]
  variants: ProductVariant[]
  /** its category and all above it, the topmost first */
  categories: { serial: number; name: string; slug: string }[]
}

export interface ProductVariant {
  id: string
  serial: number
  sku: string | null
  optionValues: string[]
  priceMinor: number
  weightGrams: number | null
  isCounted: boolean
}

type Row = ProductPage & { version: number; available: Record<string, number> | null }

const bySlug = statement(
  'catalogue.product_page',
  (p: { storeId: string; slug: string }) =>
    sql<Row>`
    select n.version, x.*
    from catalogue_version n left join lateral (
      select ${listedColumns}, p.description, p.option_names, p.length_cm, p.width_cm, p.height_cm,
        coalesce((select json_agg(json_build_object('serial', i.serial, 'url', i.url, 'alt', i.alt)
            order by i.position, i.serial)
          from image i where i.store_id = p.store_id and i.product_id = p.id), '[]') as pictures,
        (select json_agg(json_build_object('id', v.id, 'serial', v.serial, 'sku', v.sku, 'optionValues', v.option_values,
            'priceMinor', v.price_minor, 'weightGrams', v.weight_grams, 'isCounted', v.kind = 'tracked')
            order by v.position, v.id)
          from variant v where v.store_id = p.store_id and v.product_id = p.id and v.is_listed) as variants,
        (with recursive up as (
          select c.*, 0 as height from category c where c.store_id = p.store_id and c.id = p.category_id
          union all
          select c.*, up.height + 1 from up join category c on c.store_id = up.store_id and c.id = up.parent_id
        ) select json_agg(json_build_object('serial', serial, 'name', name, 'slug', slug) order by height desc) from up)
          as categories,
        ${availableOfProduct} as available
      from product p where p.store_id = n.store_id and p.slug = ${p.slug} and p.is_listed
    ) x on true
    where n.store_id = ${p.storeId}`,
)

export interface LoadedProduct extends Kept {
  /** undefined when none of this slug is shown */
  product: ProductPage | undefined
}

export async function loadProduct(db: Db, storeId: string, slug: string): Promise<LoadedProduct> {
  const { version, available, ...product } = (await bySlug(db, { storeId, slug }))[0]!
  const isFound = product.id !== null
  return {
    version,
    product: isFound ? product : undefined,
    ids: isFound ? product.counted : [],
    fresh: { version, available: available ?? {} },
    rows: isFound ? product.variants.length + 1 : 1,
  }
}
