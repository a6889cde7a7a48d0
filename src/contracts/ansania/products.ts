import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { isInStock } from '../../engine/catalogue/browse/browse.ts'
import type { ListedProduct } from '../../engine/catalogue/browse/browse.ts'
import { optionNameKey, optionOf } from '../../engine/catalogue/browse/options.ts'
import type { ProductPage } from '../../engine/catalogue/browse/product.ts'
import type { Available } from '../../engine/catalogue/reader.ts'
import { Refusal } from '../../engine/refusal.ts'
import type { Services } from '../toolkit/contract.ts'
import { jsonWithHole } from '../toolkit/texts.ts'
import { Pagination, Rupiah, Success, maxLimit, pageQuery, pagination, refusals, sendText } from './fields.ts'

const StockStatus = Type.Enum(['in_stock', 'out_of_stock'])

const ListEntry = Type.Object({
  id: Type.Integer(),
  slug: Type.String(),
  name: Type.String(),
  short_description: Type.String(),
  selling_price: Rupiah,
  compare_price: Rupiah,
  images: Type.Array(Type.String()),
  rating: Type.Number(),
  total_reviews: Type.Integer(),
  is_featured: Type.Boolean(),
  stock_status: StockStatus,
})

export const stockStatus = (isIn: boolean) => (isIn ? 'in_stock' : 'out_of_stock')

/** What a product is called, costs and is rated. Where there is no higher price, the selling price is the price compared with. */
const toHead = (product: ListedProduct) => ({
  id: product.serial,
  slug: product.slug,
  name: product.name,
  short_description: product.shortDescription ?? '',
  selling_price: product.priceMinor,
  compare_price: Math.max(product.listMinor, product.priceMinor),
})

const toRating = (product: ListedProduct) => ({ rating: product.rating, total_reviews: product.reviewCount })

const entryText = jsonWithHole(
  (product: ListedProduct) => ({
    ...toHead(product),
    images: product.images,
    ...toRating(product),
    is_featured: product.isFeatured,
    stock_status: null,
  }),
  'stock_status',
)

/** What stands where stock is not counted: the field has to be a number. */
const uncounted = 999

export const stockNumber = (available: number | null) => available ?? uncounted

/** The three options that the contract names, '' where a variant has none such. */
export const toOptions = (names: readonly string[], values: readonly string[]) => ({
  color: optionOf(names, values, 'color'),
  finishing: optionOf(names, values, 'finish'),
  size: optionOf(names, values, 'size'),
})

/** "color / finishing / size", and what else a variant has after them. */
export function toVariantName(names: readonly string[], values: readonly string[]): string {
  const place = (i: number) => ['color', 'finish', 'size'].indexOf(optionNameKey(names[i] ?? '')) >>> 0
  return values
    .map((value, i) => ({ value, place: place(i) }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value)
    .join(' / ')
}

const Detail = Type.Object({
  ...ListEntry.properties,
  description: Type.String({ description: 'HTML' }),
  images: Type.Array(
    Type.Object({ id: Type.Integer(), url: Type.String(), alt: Type.String(), is_primary: Type.Boolean() }),
  ),
  variants: Type.Array(
    Type.Object({
      id: Type.Integer(),
      sku: Type.String(),
      color: Type.String(),
      finishing: Type.String(),
      size: Type.String(),
      price: Rupiah,
      stock: Type.Integer(),
      is_visible: Type.Boolean(),
      options: Type.Unsafe<Record<string, string>>({ type: 'object', description: 'every option by its own name' }),
    }),
  ),
  categories: Type.Array(Type.Object({ id: Type.Integer(), name: Type.String(), slug: Type.String() })),
  weight: Type.Integer({ description: 'grams' }),
  dimensions: Type.Object(
    { length: Type.Integer(), width: Type.Integer(), height: Type.Integer() },
    { description: 'centimetres' },
  ),
})

const toDetail = (product: ProductPage, available: Available) => ({
  ...toHead(product),
  description: product.description ?? '',
  images: product.pictures.map(({ serial, url, alt }, i) => ({
    id: serial,
    url,
    alt: alt ?? product.name,
    is_primary: i === 0,
  })),
  variants: product.variants.map((variant) => ({
    id: variant.serial,
    sku: variant.sku ?? '',
    ...toOptions(product.optionNames, variant.optionValues),
    price: variant.priceMinor,
    stock: stockNumber(variant.isCounted ? (available[variant.id] ?? 0) : null),
    is_visible: true,
    options: Object.fromEntries(product.optionNames.map((name, i) => [name, variant.optionValues[i] ?? ''])),
  })),
  categories: product.categories.map(({ serial, name, slug }) => ({ id: serial, name, slug })),
  ...toRating(product),
  is_featured: product.isFeatured,
  stock_status: stockStatus(isInStock(product, available)),
  weight: product.variants[0]?.weightGrams ?? 0,
  dimensions: { length: product.lengthCm ?? 0, width: product.widthCm ?? 0, height: product.heightCm ?? 0 },
})

const filled = <T extends object>(query: T) =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '')) as T

export const products: FastifyPluginAsyncTypebox<Services> = async (app, { catalogue }) => {
  const config = { access: 'public' } as const
  const Name = (description: string) => Type.Optional(Type.String({ maxLength: 200, format: 'text', description }))
  const Price = Type.Optional(Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

  app.get(
    '/api/products',
    {
      config,
      schema: {
        summary: 'The catalogue, a page at a time; filters combine',
        querystring: Type.Object({
          ...pageQuery(20),
          sort: Type.Optional(Type.Enum(['newest', 'price_asc', 'price_desc', 'popular', 'rating'])),
          category: Name('slug of a category: it and all below it'),
          color: Name('of a variant'),
          finishing: Name('of the same variant'),
          size: Name('of the same variant'),
          price_min: Price,
          price_max: Price,
          rating_min: Type.Optional(Type.Number({ minimum: 1, maximum: 5 })),
          search: Name('words, with or without accents; a misspelt one is taken for its likest'),
          in_stock: Type.Optional(Type.Boolean()),
        }),
        response: {
          200: Success(Type.Object({ products: Type.Array(ListEntry), pagination: Pagination })),
          ...refusals(400),
        },
      },
    },
    async (request, reply) => {
      const { page, sort, price_min, price_max, rating_min, in_stock } = request.query
      // a form sends its empty fields along: they filter nothing
      const { category, color, finishing, size, search } = filled(request.query)
      const limit = Math.min(request.query.limit, maxLimit)
      const view = await catalogue.browse(request.store.storeId, {
        sort: sort ?? (search === undefined ? 'newest' : 'relevance'),
        category,
        options: { ...(color && { color }), ...(finishing && { finish: finishing }), ...(size && { size }) },
        minMinor: price_min === undefined ? undefined : Math.ceil(price_min),
        maxMinor: price_max === undefined ? undefined : Math.floor(price_max),
        minRating: rating_min,
        inStock: in_stock,
        search,
        page,
        limit,
      })
      const entries = view.products.map((product) =>
        entryText(product, `"${stockStatus(isInStock(product, view.available))}"`),
      )
      const text = `{"products":[${entries.join(',')}],"pagination":${JSON.stringify(pagination(page, limit, view.total))}}`
      return sendText(request, reply, text)
    },
  )

  app.get(
    '/api/products/:slug',
    {
      config,
      schema: {
        summary: 'One product',
        params: Type.Object({ slug: Type.String({ maxLength: 500, format: 'text' }) }),
        response: { 200: Success(Type.Object({ product: Detail })), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const { slug } = request.params
      const found = await catalogue.product(request.store.storeId, slug)
      if (!found) throw new Refusal('product.unknown', { variantId: slug })
      const text = JSON.stringify({ product: toDetail(found.product, found.available) })
      return sendText(request, reply, text)
    },
  )
}
