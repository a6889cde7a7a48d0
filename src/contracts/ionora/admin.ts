import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { createProduct, deactivateVariant, updateVariant } from '../../engine/catalogue/products.ts'
import type { ProductFields } from '../../engine/catalogue/products.ts'
import { toMinor } from '../../engine/money.ts'
import { moveOrder } from '../../engine/orders/moves.ts'
import { getOrder, listOrders } from '../../engine/orders/orders.ts'
import type { OrderSummary } from '../../engine/orders/orders.ts'
import type { OrderState } from '../../engine/orders/states.ts'
import { change } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { BadRequest } from './errors.ts'
import {
  IdParams,
  Message,
  Pagination,
  Text,
  TextOrNull,
  TimeOrNull,
  Uuid,
  maxLimit,
  pagination,
  refusals,
} from './fields.ts'
import { OrderRow, Status, orderQuery, statesOf, toRow, toTimes } from './orders.ts'
import type { Status as StatusName } from './orders.ts'
import { Product, toProduct } from './products.ts'

const AdminOrder = Type.Intersect([
  OrderRow,
  Type.Object({
    confirmed_at: TimeOrNull,
    shipped_at: TimeOrNull,
    delivered_at: TimeOrNull,
    user_id: Uuid,
    user_email: Type.String(),
    user_full_name: Type.String(),
    tracking_number: TextOrNull,
  }),
])

const toAdminOrder = (order: OrderSummary) => ({
  ...toRow(order),
  ...toTimes(order),
  user_id: order.customerId,
  user_email: order.customerEmail ?? '',
  user_full_name: order.customerName,
  tracking_number: order.trackingNumber,
})

/** The state that a status asks for; what is printed `cancelled` may also be `expired`, which only time does. */
const asked: Record<StatusName, OrderState> = {
  pending: 'placed',
  confirmed: 'confirmed',
  processing: 'processing',
  shipped: 'shipped',
  delivered: 'delivered',
  cancelled: 'cancelled',
  returned: 'returned',
}

const productFields = {
  name: Text('Name is required', 500),
  description: Type.Union([Type.String({ maxLength: 50_000, format: 'text' }), Type.Null()], {
    msg: 'Description must be text',
  }),
  price: Type.Number({ minimum: 0, maximum: 9_007_199_254_740, msg: 'Price must be a positive number' }),
  discount_percentage: Type.Number({ minimum: 0, maximum: 100, msg: 'Discount percentage must be between 0 and 100' }),
  category: Text('Category is required', 200),
  stock_quantity: Type.Integer({
    minimum: 0,
    maximum: 1_000_000_000,
    msg: 'Stock quantity must be a whole number, 0 or more',
  }),
  images: Type.Array(Type.String({ minLength: 1, maxLength: 2000, format: 'uri', pattern: '^https?://[^/]' }), {
    maxItems: 50,
    msg: 'Images must be a list of addresses',
  }),
  specifications: Type.Unsafe<Record<string, unknown>>({ type: 'object', msg: 'Specifications must be an object' }),
  is_active: Type.Boolean({ msg: 'is_active must be true or false' }),
}

const NewProduct = Type.Object({ ...productFields, description: Type.Optional(productFields.description) })
const ProductChanges = Type.Partial(Type.Object(productFields))

const toFields = (body: Static<typeof ProductChanges>): Partial<ProductFields> => {
  const changes: Partial<ProductFields> = {}
  if (body.name !== undefined) changes.name = body.name
  if (body.description !== undefined) changes.description = body.description
  if (body.price !== undefined) changes.listMinor = toMinor(body.price, 2) ?? 0
  if (body.discount_percentage !== undefined) changes.discountBps = Math.round(body.discount_percentage * 100)
  if (body.category !== undefined) changes.category = body.category
  if (body.stock_quantity !== undefined) changes.quantity = body.stock_quantity
  if (body.images !== undefined) changes.images = body.images
  if (body.specifications !== undefined) changes.specifications = body.specifications
  if (body.is_active !== undefined) changes.isActive = body.is_active
  return changes
}

export const admin: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const config = { access: 'admin' } as const
  const OneOrder = Type.Object({ order: AdminOrder })
  const OneProduct = Type.Object({ product: Product })

  app.get(
    '/api/admin/orders',
    {
      config,
      schema: {
        summary: 'Orders of every customer',
        querystring: Type.Object({
          ...orderQuery(20),
          user_id: Type.Optional(Type.String({ format: 'uuid', msg: 'A valid user_id is required' })),
        }),
        response: {
          200: Type.Object({ orders: Type.Array(AdminOrder), pagination: Pagination }),
          ...refusals(400, 401, 403),
        },
      },
    },
    async (request) => {
      const { page, status, user_id: customerId = null } = request.query
      const limit = Math.min(request.query.limit, maxLimit)
      const filter = status ? { states: statesOf(status) } : null
      const ctx = engine.direct(request.store, request.actor)
      const { orders, total } = await listOrders(ctx, { customerId, filter, page, limit })
      return { orders: orders.map(toAdminOrder), pagination: pagination(page, limit, total) }
    },
  )

  const NewStatus = Type.Object({
    status: Status,
    tracking_number: Type.Optional(Type.Union([Text('A valid tracking number is required', 100), Type.Null()])),
  })
  app.put(
    '/api/admin/orders/:id/status',
    {
      config,
      schema: {
        summary: 'Move an order',
        params: IdParams,
        body: NewStatus,
        response: { 200: OneOrder, ...refusals(400, 401, 403, 404) },
      },
    },
    (request, reply) => {
      const { status, tracking_number: trackingNumber } = request.body
      return change(engine, request, reply, 200, async (ctx) => {
        await moveOrder(ctx, request.params.id, asked[status], { trackingNumber })
        return { order: toAdminOrder(await getOrder(ctx, request.params.id)) }
      })
    },
  )

  app.post(
    '/api/admin/products',
    {
      config,
      schema: { summary: 'Add a product', body: NewProduct, response: { 201: OneProduct, ...refusals(400, 401, 403) } },
    },
    (request, reply) => {
      const fields = { description: null, ...toFields(request.body) } as ProductFields
      return change(engine, request, reply, 201, async (ctx) => {
        const variant = await createProduct(ctx, fields)
        return { product: toProduct(variant, variant.available) }
      })
    },
  )

  app.put(
    '/api/admin/products/:id',
    {
      config,
      schema: {
        summary: 'Change some fields of a product',
        params: IdParams,
        body: ProductChanges,
        response: { 200: OneProduct, ...refusals(400, 401, 403, 404) },
      },
    },
    (request, reply) => {
      const changes = toFields(request.body)
      if (Object.keys(changes).length === 0) throw new BadRequest('No fields provided.')
      return change(engine, request, reply, 200, async (ctx) => {
        const variant = await updateVariant(ctx, request.params.id, changes)
        return { product: toProduct(variant, variant.available) }
      })
    },
  )

  app.delete(
    '/api/admin/products/:id',
    {
      config,
      schema: {
        summary: 'Take a product off the lists',
        params: IdParams,
        response: { 200: Message, ...refusals(400, 401, 403, 404) },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 200, async (ctx) => {
        await deactivateVariant(ctx, request.params.id)
        return { message: 'Product deactivated successfully.' }
      }),
  )
}
