import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { customerIdOf } from '../../engine/context.ts'
import { toDecimalString } from '../../engine/money.ts'
import { cancelOwnOrder } from '../../engine/orders/moves.ts'
import { getOwnOrder, listOrders } from '../../engine/orders/orders.ts'
import type { Order, OrderLine, OrderSummary } from '../../engine/orders/orders.ts'
import type { OrderState, PaymentState } from '../../engine/orders/states.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { change } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { BadRequest } from './errors.ts'
import {
  Amount,
  IdParams,
  Message,
  Pagination,
  TextOrNull,
  Time,
  TimeOrNull,
  Uuid,
  maxLimit,
  pageQuery,
  pagination,
  refusals,
} from './fields.ts'

export const statuses = ['pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled', 'returned'] as const
export type Status = (typeof statuses)[number]
export const Status = Type.Enum(statuses, { msg: 'A valid status is required' })

const printed: Record<OrderState, Status> = {
  placed: 'pending',
  confirmed: 'confirmed',
  processing: 'processing',
  shipped: 'shipped',
  delivered: 'delivered',
  returned: 'returned',
  cancelled: 'cancelled',
  expired: 'cancelled',
}

/** Every state that is printed as this status. */
export const statesOf = (status: Status) =>
  (Object.keys(printed) as OrderState[]).filter((state) => printed[state] === status)

const printedPayment: Record<PaymentState, string> = {
  pending: 'pending',
  paid: 'paid',
  partly_refunded: 'paid',
  failed: 'failed',
  refunded: 'refunded',
}

export const amount = (minor: number) => toDecimalString(minor, 2)

const OrderHead = {
  id: Uuid,
  order_number: Type.String(),
  status: Status,
  payment_status: Type.String(),
  total_amount: Amount,
}

export const OrderRow = Type.Object({
  ...OrderHead,
  created_at: Time,
  updated_at: Time,
  items_count: Type.String(),
})

export const toHead = (order: OrderSummary) => ({
  id: order.id,
  order_number: order.number,
  status: printed[order.state],
  payment_status: printedPayment[order.paymentState],
  total_amount: amount(order.totalMinor),
})

export const toRow = (order: OrderSummary) => ({
  ...toHead(order),
  created_at: order.createdAt.toISOString(),
  updated_at: order.updatedAt.toISOString(),
  items_count: String(order.itemCount),
})

const OrderItem = Type.Object({
  id: Uuid,
  product_id: Uuid,
  quantity: Type.Integer(),
  price_at_purchase: Amount,
  subtotal: Amount,
  created_at: Time,
  name: Type.String(),
  description: TextOrNull,
  final_price: Amount,
  images: Type.Array(Type.String()),
})

const toItem = (line: OrderLine, placedAt: Date) => ({
  id: line.id,
  product_id: line.variantId,
  quantity: line.quantity,
  price_at_purchase: amount(line.unitMinor),
  subtotal: amount(line.totalMinor),
  created_at: placedAt.toISOString(),
  name: line.name,
  description: line.description,
  final_price: amount(line.unitMinor),
  images: line.images,
})

/** An order as the answer to its payment shows it. */
export const PaidOrder = Type.Object({ ...OrderHead, items: Type.Array(OrderItem) })

export const toPaidOrder = (order: Order) => ({
  ...toHead(order),
  items: order.lines.map((line) => toItem(line, order.createdAt)),
})

const WireOrder = Type.Object({
  ...OrderHead,
  shipping_method: Type.String(),
  subtotal: Amount,
  tax_amount: Amount,
  shipping_charge: Amount,
  discount_amount: Amount,
  created_at: Time,
  updated_at: Time,
  confirmed_at: TimeOrNull,
  shipped_at: TimeOrNull,
  delivered_at: TimeOrNull,
  tracking_number: TextOrNull,
  razorpay_order_id: Type.String(),
  shipping_address: Type.Object({
    id: Uuid,
    full_address: Type.String(),
    city: Type.String(),
    state: Type.String(),
    pincode: Type.String(),
    country: Type.String(),
    is_default: Type.Boolean(),
  }),
  items: Type.Array(OrderItem),
})

const toOrder = (order: Order) => ({
  ...toPaidOrder(order),
  shipping_method: order.shippingMethod,
  subtotal: amount(order.subtotalMinor),
  tax_amount: amount(order.taxMinor),
  shipping_charge: amount(order.shippingMinor),
  discount_amount: amount(order.discountMinor),
  ...toTimes(order),
  tracking_number: order.trackingNumber,
  razorpay_order_id: order.session?.providerSessionId ?? '',
  shipping_address: {
    id: order.address.id,
    full_address: [order.address.line1, order.address.line2].filter(Boolean).join(', '),
    city: order.address.city,
    state: order.address.region,
    pincode: order.address.postalCode,
    country: order.address.country ?? '',
    is_default: order.address.wasDefault,
  },
})

export const toTimes = (order: OrderSummary) => ({
  created_at: order.createdAt.toISOString(),
  updated_at: order.updatedAt.toISOString(),
  confirmed_at: order.confirmedAt?.toISOString() ?? null,
  shipped_at: order.shippedAt?.toISOString() ?? null,
  delivered_at: order.deliveredAt?.toISOString() ?? null,
})

/** What a list of orders is asked with. */
export const orderQuery = (limit: number) => ({ ...pageQuery(limit), status: Type.Optional(Status) })

export const orders: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const config = { access: 'customer' } as const

  app.get(
    '/api/orders',
    {
      config,
      schema: {
        summary: 'Own orders, newest first',
        querystring: Type.Object(orderQuery(10)),
        response: { 200: Type.Object({ orders: Type.Array(OrderRow), pagination: Pagination }), ...refusals(400, 401) },
      },
    },
    async (request) => {
      const { page, status } = request.query
      const limit = Math.min(request.query.limit, maxLimit)
      const ctx = engine.direct(request.store, request.actor)
      const filter = status ? { states: statesOf(status) } : null
      const { orders, total } = await listOrders(ctx, { customerId: customerIdOf(ctx), filter, page, limit })
      return { orders: orders.map(toRow), pagination: pagination(page, limit, total) }
    },
  )

  app.get(
    '/api/orders/:id',
    {
      config,
      schema: {
        summary: 'One order in full',
        params: IdParams,
        response: { 200: Type.Object({ order: WireOrder }), ...refusals(400, 401, 404) },
      },
    },
    async (request) => ({
      order: toOrder(await getOwnOrder(engine.direct(request.store, request.actor), request.params.id)),
    }),
  )

  app.post(
    '/api/orders/:id/cancel',
    {
      config,
      schema: { summary: 'Cancel an order', params: IdParams, response: { 200: Message, ...refusals(400, 401, 404) } },
    },
    (request, reply) =>
      change(engine, request, reply, 200, async (ctx) => {
        await cancelOwnOrder(ctx, request.params.id).catch((error: unknown) => {
          if (!isRefusal(error, 'order.step_refused')) throw error
          throw new BadRequest('Order cannot be cancelled in its current status.')
        })
        return { message: 'Order cancelled successfully.' }
      }),
  )
}
