import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { shownDiscountBps } from '../../engine/catalogue/variants.ts'
import type { ListedVariant } from '../../engine/catalogue/variants.ts'
import type { CatalogueView } from '../../engine/catalogue/reader.ts'
import { toDecimalString } from '../../engine/money.ts'
import { Refusal } from '../../engine/refusal.ts'
import type { Services } from '../toolkit/contract.ts'
import { jsonWithHole } from '../toolkit/texts.ts'
import { BadRequest } from './errors.ts'
import {
  Amount,
  IdParams,
  Pagination,
  Text,
  TextOrNull,
  Time,
  Uuid,
  maxLimit,
  pageQuery,
  pagination,
  refusals,
} from './fields.ts'

export const Product = Type.Object({
  id: Uuid,
  name: Type.String(),
  description: TextOrNull,
  price: Amount,
  discount_percentage: Amount,
  final_price: Amount,
  category: Type.String(),
  stock_quantity: Type.Integer(),
  images: Type.Array(Type.String()),
  specifications: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
  is_active: Type.Boolean(),
  created_at: Time,
  updated_at: Time,
})

/** What stands where stock is not counted: the field has to be a number. */
const uncounted = 999

export const stockQuantity = (available: number | null) => available ?? uncounted

export const toProduct = (variant: ListedVariant, available: number | null) => ({
  id: variant.id,
  name: variant.name,
  description: variant.description,
  price: toDecimalString(variant.listMinor, 2),
  discount_percentage: toDecimalString(shownDiscountBps(variant), 2),
  final_price: toDecimalString(variant.priceMinor, 2),
  category: variant.category,
  stock_quantity: stockQuantity(available),
  images: variant.images,
  specifications: variant.specifications,
  is_active: variant.isListed,
  created_at: variant.createdAt.toISOString(),
  updated_at: variant.updatedAt.toISOString(),
})

const textOf = jsonWithHole(
  (variant: ListedVariant) => ({ ...toProduct(variant, 0), stock_quantity: null }),
  'stock_quantity',
)
const toProductText = (variant: ListedVariant, available: number | null) => textOf(variant, stockQuantity(available))

const toListText = ({ variants, available }: CatalogueView) =>
  `[${variants.map((variant, i) => toProductText(variant, available[i]!)).join(',')}]`

const json = 'application/json; charset=utf-8'

export const products: FastifyPluginAsyncTypebox<Services> = async (app, { catalogue }) => {
  const config = { access: 'public' } as const
  const sort = Type.Union([Type.Literal('latest'), Type.Literal('price_asc'), Type.Literal('price_desc')], {
    default: 'latest',
    msg: 'Sort must be latest, price_asc or price_desc',
  })
  const price = (name: string) =>
    Type.Optional(Type.Number({ minimum: 0, maximum: 90_071_992_547_409, msg: `${name} must be a positive number` }))
  const Page = Type.Object({ products: Type.Array(Product), pagination: Pagination })
  const response = { 200: Page, ...refusals(400) }

  app.get(
    '/api/products',
    {
      config,
      schema: {
        summary: 'The catalogue, a page at a time',
        querystring: Type.Object({
          ...pageQuery(20),
          sort,
          category: Type.Optional(Type.String({ maxLength: 200, format: 'text' })),
          minPrice: price('minPrice'),
          maxPrice: price('maxPrice'),
        }),
        response,
      },
    },
    async (request, reply) => {
      const { page, sort, category, minPrice, maxPrice } = request.query
      const limit = Math.min(request.query.limit, maxLimit)
      const minMinor = minPrice === undefined ? undefined : ceilMinor(minPrice)
      const maxMinor = maxPrice === undefined ? undefined : floorMinor(maxPrice)
      const view = await catalogue.page(request.store.storeId, { sort, category, minMinor, maxMinor, page, limit })
      reply.header('content-type', json)
      return reply.send(pageText(view, page, limit) as never)
    },
  )

  app.get(
    '/api/products/search',
    {
      config,
      schema: {
        summary: 'Search by words',
        querystring: Type.Object({ q: Text('Search term is required', 200) }),
        response: { 200: Type.Object({ products: Type.Array(Product) }), ...refusals(400) },
      },
    },
    async (request, reply) => {
      const q = request.query.q.trim()
      if (q === '') throw new BadRequest([{ msg: 'Search term is required', param: 'q' }])
      reply.header('content-type', json)
      return reply.send(`{"products":${toListText(await catalogue.search(request.store.storeId, q))}}` as never)
    },
  )

  app.get(
    '/api/products/category/:category',
    {
      config,
      schema: {
        summary: 'One category, a page at a time',
        params: Type.Object({ category: Type.String({ maxLength: 200, format: 'text' }) }),
        querystring: Type.Object({ ...pageQuery(20), sort }),
        response,
      },
    },
    async (request, reply) => {
      const { page, sort } = request.query
      const limit = Math.min(request.query.limit, maxLimit)
      const { category } = request.params
      const view = await catalogue.page(request.store.storeId, { sort, category, page, limit })
      reply.header('content-type', json)
      return reply.send(pageText(view, page, limit) as never)
    },
  )

  app.get(
    '/api/products/:id',
    {
      config,
      schema: {
        summary: 'One product',
        params: IdParams,
        response: { 200: Type.Object({ product: Product }), ...refusals(400, 404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const found = await catalogue.variant(request.store.storeId, id.toLowerCase())
      if (!found) throw new Refusal('product.unknown', { variantId: id })
      reply.header('content-type', json)
      return reply.send(`{"product":${toProductText(found.variant, found.available)}}` as never)
    },
  )
}

const pageText = (view: CatalogueView, page: number, limit: number) =>
  `{"products":${toListText(view)},"pagination":${JSON.stringify(pagination(page, limit, view.total))}}`

// a bound between two paise: what costs 10.00 is not above 10.005, nor is 10.01 below it
const floorMinor = (rupees: number) => Math.floor(paise(rupees))
const ceilMinor = (rupees: number) => Math.ceil(paise(rupees))
const paise = (rupees: number) => Number((rupees * 100).toFixed(4)) // 4.35 * 100 is 434.99999999999994
