import { toVariantName } from './products.ts'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { customerIdOf } from '../../engine/context.ts'
import { issueInvoice } from '../../engine/invoices/issue.ts'
import { cancelOwnOrder } from '../../engine/orders/moves.ts'
import { getOwnOrder, getOwnOrderByNumber, listOrders, orderIdOf, previewOrders } from '../../engine/orders/orders.ts'
import type { Order, OrderFilter, OrderLine, OrderPreview, OrderSummary } from '../../engine/orders/orders.ts'
import type { OrderState, PaymentState } from '../../engine/orders/states.ts'
import type { OpenedSession } from '../../engine/payments/gateway.ts'
import { payAgain } from '../../engine/payments/sessions.ts'
import { change } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import {
  Pagination,
  Rupiah,
  Success,
  TextOrNull,
  Time,
  TimeOrNull,
  maxLimit,
  ok,
  pageQuery,
  pagination,
  refusals,
} from './fields.ts'

const statuses = ['pending_payment', 'paid', 'processing', 'shipped', 'delivered', 'cancelled'] as const
type Status = (typeof statuses)[number]
export const OrderStatus = Type.Enum(statuses)

/** What a status is printed from: facts, not the state alone. */
const printed: Record<OrderState, (facts: Pick<OrderSummary, 'paidAt' | 'deliveredAt'>) => Status> = {
  placed: () => 'pending_payment',
  confirmed: ({ paidAt }) => (paidAt ? 'paid' : 'processing'),
  processing: () => 'processing',
  shipped: () => 'shipped',
  delivered: () => 'delivered',
  returned: ({ deliveredAt }) => (deliveredAt ? 'delivered' : 'cancelled'),
  cancelled: () => 'cancelled',
  expired: () => 'cancelled',
}

/** The inverse: which orders are printed so. */
const filters: Record<Status, OrderFilter> = {
  pending_payment: { states: ['placed'] },
  paid: { states: ['confirmed'], confirmedIsPaid: true },
  processing: { states: ['processing', 'confirmed'], confirmedIsPaid: false },
  shipped: { states: ['shipped'] },
  delivered: { states: ['delivered', 'returned'], returnedIsDelivered: true },
  cancelled: { states: ['cancelled', 'expired', 'returned'], returnedIsDelivered: false },
}

const printedPayment: Record<PaymentState, string> = {
  pending: 'pending',
  paid: 'paid',
  partly_refunded: 'paid',
  failed: 'failed',
  refunded: 'refunded',
}

const Head = {
  id: Type.Integer({ description: 'what a review names' }),
  order_number: Type.String(),
  status: OrderStatus,
  payment_status: Type.String(),
  created_at: Time,
}

const toHead = (order: OrderSummary) => ({
  id: order.serial,
  order_number: order.number,
  status: printed[order.state](order),
  payment_status: printedPayment[order.paymentState],
  created_at: order.createdAt.toISOString(),
})

const Row = Type.Object({
  ...Head,
  total_amount: Rupiah,
  items_preview: Type.Array(
    Type.Object({ product_name: Type.String(), quantity: Type.Integer(), image: Type.String() }),
  ),
})

const toRow = (order: OrderSummary, preview: OrderPreview[] = []) => ({
  ...toHead(order),
  total_amount: order.totalMinor,
  items_preview: preview.map(({ name, quantity, image }) => ({
    product_name: name,
    quantity,
    image: image ?? '',
  })),
})

const WireOrder = Type.Object({
  ...Head,
  paid_at: TimeOrNull,
  items: Type.Array(
    Type.Object({
      product_id: Type.Integer(),
      product_name: Type.String(),
      variant_name: Type.String(),
      sku: Type.String(),
      quantity: Type.Integer(),
      price: Rupiah,
      subtotal: Rupiah,
      image: Type.String(),
    }),
  ),
  shipping: Type.Object({
    recipient_name: Type.String(),
    phone: Type.String(),
    address: Type.String(),
    address_line2: TextOrNull,
    district: TextOrNull,
    courier: Type.String(),
    service: Type.String(),
    tracking_number: TextOrNull,
    cost: Rupiah,
    is_estimate: Type.Boolean(),
    history: Type.Array(Type.Object({ at: Time, place: TextOrNull, description: Type.String() }), {
      description: 'as the courier told it last, oldest first',
    }),
  }),
  payment: Type.Object({
    method: Type.String(),
    channel: Type.String(),
    transaction_id: Type.String(),
    amount: Rupiah,
    payment_url: Type.String(),
    expired_at: Time,
  }),
  summary: Type.Object({ subtotal: Rupiah, discount: Rupiah, shipping_cost: Rupiah, total: Rupiah }),
  voucher_code: TextOrNull,
  customer_note: TextOrNull,
  cancel_reason: TextOrNull,
})

const toItem = (line: OrderLine) => ({
  product_id: line.productSerial,
  product_name: line.productName ?? line.name,
  variant_name: toVariantName(line.optionNames, line.optionValues),
  sku: line.sku ?? '',
  quantity: line.quantity,
  price: line.unitMinor,
  subtotal: line.totalMinor,
  image: line.images[0] ?? '',
})

const toOrder = (order: Order) => {
  const { address, session } = order
  return {
    ...toHead(order),
    paid_at: order.paidAt?.toISOString() ?? null,
    items: order.lines.map(toItem),
    shipping: {
      recipient_name: address.recipientName ?? order.customerName,
      phone: address.phone ?? '',
      address: `${address.line1}, ${address.city}, ${address.region} ${address.postalCode}`,
      address_line2: address.line2,
      district: address.district,
      courier: order.courier?.toUpperCase() ?? '',
      service: order.courierService ?? order.shippingMethod,
      tracking_number: order.trackingNumber,
      cost: order.shippingMinor,
      is_estimate: order.isShippingEstimated,
      history: order.tracking,
    },
    payment: {
      method: session?.method ?? '',
      channel: session?.channel?.toUpperCase() ?? '',
      transaction_id: session?.providerSessionId ?? '',
      amount: order.totalMinor,
      payment_url: session?.url ?? '',
      expired_at: order.expiresAt.toISOString(),
    },
    summary: {
      subtotal: order.subtotalMinor,
      discount: order.discountMinor,
      shipping_cost: order.shippingMinor,
      total: order.totalMinor,
    },
    voucher_code: order.voucherCode,
    customer_note: order.customerNote,
    cancel_reason: order.cancelReason,
  }
}

/** Where the money of an order goes. */
export const Payment = Type.Object({
  transaction_id: Type.String(),
  payment_url: Type.String(),
  payment_token: Type.String(),
  expired_at: Time,
})

export const toPayment = ({ providerSessionId, url, token }: OpenedSession, expiresAt: Date) => ({
  transaction_id: providerSessionId,
  payment_url: url ?? '',
  payment_token: token ?? '',
  expired_at: expiresAt.toISOString(),
})

const NumberParams = Type.Object({ order_number: Type.String({ maxLength: 100, format: 'text' }) })

export const orders: FastifyPluginAsyncTypebox<Services> = async (app, { engine, gatewayOf }) => {
  const config = { access: 'customer' } as const
  const OneOrder = Success(Type.Object({ order: WireOrder }))

  app.get(
    '/api/orders',
    {
      config,
      schema: {
        summary: 'Own orders',
        querystring: Type.Object({
          ...pageQuery(10),
          status: Type.Optional(OrderStatus),
          sort: Type.Enum(['newest', 'oldest'], { default: 'newest' }),
        }),
        response: {
          200: Success(Type.Object({ orders: Type.Array(Row), pagination: Pagination })),
          ...refusals(400, 401),
        },
      },
    },
    async (request) => {
      const { page, status, sort } = request.query
      const limit = Math.min(request.query.limit, maxLimit)
      const ctx = engine.direct(request.store, request.actor)
      const filter = status ? filters[status] : null
      const query = { customerId: customerIdOf(ctx), filter, page, limit, oldestFirst: sort === 'oldest' }
      const { orders, total } = await listOrders(ctx, query)
      const previews = await previewOrders(
        ctx,
        orders.map((order) => order.id),
      )
      return ok({
        orders: orders.map((order) => toRow(order, previews.get(order.id))),
        pagination: pagination(page, limit, total),
      })
    },
  )

  app.get(
    '/api/orders/:order_number',
    {
      config,
      schema: {
        summary: 'One order in full',
        params: NumberParams,
        response: { 200: OneOrder, ...refusals(401, 404) },
      },
    },
    async (request) => {
      const ctx = engine.direct(request.store, request.actor)
      return ok({ order: toOrder(await getOwnOrderByNumber(ctx, request.params.order_number)) })
    },
  )

  app.put(
    '/api/orders/:order_number/cancel',
    {
      config,
      schema: {
        summary: 'Cancel an order',
        params: NumberParams,
        body: Type.Object({ reason: Type.Optional(Type.String({ maxLength: 500, format: 'text' })) }),
        response: { 200: OneOrder, ...refusals(400, 401, 404, 409) },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 200, async (ctx) => {
        const orderId = await orderIdOf(ctx, request.params.order_number)
        await cancelOwnOrder(ctx, orderId, request.body.reason)
        return ok({ order: toOrder(await getOwnOrder(ctx, orderId)) })
      }),
  )

  app.post(
    '/api/orders/:order_number/pay',
    {
      config,
      schema: {
        summary: 'Where to pay an order that is not paid yet',
        description: 'Asking again gives the same virtual account: also when create-order was answered with 503.',
        params: NumberParams,
        response: { 200: Success(Type.Object({ payment: Payment })), ...refusals(400, 401, 404, 409, 503) },
      },
    },
    async (request) => {
      const { store, actor } = request
      const ctx = engine.direct(store, actor)
      const { id, totalMinor, expiresAt } = await getOwnOrderByNumber(ctx, request.params.order_number)
      return ok({ payment: toPayment(await payAgain(engine, gatewayOf(store), ctx, id, totalMinor), expiresAt) })
    },
  )

  app.get(
    '/api/orders/:order_number/invoice',
    {
      config,
      schema: {
        summary: 'The invoice, a PDF',
        params: NumberParams,
        response: {
          200: {
            description: 'the PDF',
            content: { 'application/pdf': { schema: Type.Unsafe<never>({ type: 'string', format: 'binary' }) } },
          },
          ...refusals(401, 404),
        },
      },
    },
    async (request, reply) => {
      const ctx = engine.direct(request.store, request.actor)
      const order = await getOwnOrderByNumber(ctx, request.params.order_number)
      const document = await issueInvoice(engine, request.store, order)
      const { renderInvoice } = await import('../../invoice/pdf.ts') // loaded with the first invoice: it takes 30 MB
      const pdf = await renderInvoice(document)
      reply.header('content-type', 'application/pdf')
      reply.header(
        'content-disposition',
        `attachment; filename="invoice-${order.number.replaceAll(/[^\w.-]/g, '_')}.pdf"`,
      )
      reply.header('cache-control', 'private, no-store')
      return reply.send(pdf)
    },
  )
}
