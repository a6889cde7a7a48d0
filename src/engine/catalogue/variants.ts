import { sql } from 'kysely'

/** A variant as a list shows it, without its stock: good for as long as the catalogue's version stands. */
export interface ListedVariant {
  id: string
  productId: string
  name: string
  description: string | null
  kind: string
  listMinor: number
  discountBps: number | null
  priceMinor: number
  category: string
  images: string[]
  specifications: Record<string, unknown>
  /** shown to the public: the product and the variant are both active */
  isListed: boolean
  createdAt: Date
  updatedAt: Date
}

/** The addresses of the pictures of `variant v`: its own first, then its product's. */
export const imagesExpression = sql`array(select i.url from image i
    where i.store_id = v.store_id and i.product_id = v.product_id and (i.variant_id is null or i.variant_id = v.id)
    order by i.variant_id is null, i.position, i.serial)`

/** The columns of a ListedVariant, for a statement that has `variant v` and `variantJoins`. */
export const variantColumns = sql`
  v.id, v.product_id, v.name, p.description, v.kind, v.list_minor, v.discount_bps, v.price_minor, c.name as category,
  ${imagesExpression} as images, p.specifications, v.is_listed, v.created_at, v.updated_at`

/** Also brings in `stock s`, for `availableExpression`. */
export const variantJoins = sql`
  join product p on p.store_id = v.store_id and p.id = v.product_id
  join category c on c.store_id = v.store_id and c.id = v.category_id
  left join stock s on s.store_id = v.store_id and s.variant_id = v.id`

/** The percentage off that a price tag shows, in basis points: as it was given, or what the two prices come to. */
export function shownDiscountBps(variant: Pick<ListedVariant, 'listMinor' | 'discountBps' | 'priceMinor'>): number {
  const { listMinor, discountBps, priceMinor } = variant
  if (discountBps !== null) return discountBps
  if (listMinor === 0 || priceMinor >= listMinor) return 0
  return Math.round(((listMinor - priceMinor) * 10000) / listMinor)
}
