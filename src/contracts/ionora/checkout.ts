import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { findIssues, getCart } from '../../engine/cart/cart.ts'
import type { CartIssue, CartLine } from '../../engine/cart/cart.ts'
import { placeOrder } from '../../engine/checkout/place.ts'
import { getOwnOrder } from '../../engine/orders/orders.ts'
import { acceptReturn, openSession, orderToOpen } from '../../engine/payments/sessions.ts'
import { Refusal } from '../../engine/refusal.ts'
import { changeInSteps } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { Summary, rupees, toSummary } from './cart.ts'
import { sendError } from './errors.ts'
import { AmountNumber, RefusedOrPlaced, Text, Uuid, refusals } from './fields.ts'
import { PaidOrder, toPaidOrder } from './orders.ts'
import { stockQuantity } from './products.ts'

const Validation = Type.Object({
  valid: Type.Boolean(),
  items: Type.Array(
    Type.Object({
      product_id: Uuid,
      quantity: Type.Integer(),
      item_total: AmountNumber,
      name: Type.String(),
      final_price: AmountNumber,
      stock_quantity: Type.Integer(),
    }),
  ),
  summary: Summary,
  issues: Type.Array(
    Type.Object({
      item_id: Uuid,
      product_id: Uuid,
      type: Type.String(),
      message: Type.String(),
      available: Type.Integer(),
    }),
  ),
})

const toCheckedItem = (line: CartLine) => ({
  product_id: line.variantId,
  quantity: line.quantity,
  item_total: rupees(line.unitMinor * line.quantity),
  name: line.name,
  final_price: rupees(line.unitMinor),
  stock_quantity: stockQuantity(line.available),
})

const wording: Record<CartIssue['kind'], (issue: CartIssue) => string> = {
  unavailable: ({ name }) => `${name} is no longer available.`,
  out_of_stock: ({ name }) => `${name} is out of stock.`,
  insufficient_stock: ({ name, available, wanted }) => `Only ${available} of ${name} left; the cart has ${wanted}.`,
}

const toIssue = (issue: CartIssue) => ({
  item_id: issue.lineId,
  product_id: issue.variantId,
  type: issue.kind,
  message: wording[issue.kind](issue),
  available: issue.available,
})

export const returnFields = {
  razorpay_order_id: Text('razorpay_order_id is required', 100),
  razorpay_payment_id: Text('razorpay_payment_id is required', 100),
  razorpay_signature: Text('razorpay_signature is required', 200),
}

export const toReturn = (body: {
  razorpay_order_id: string
  razorpay_payment_id: string
  razorpay_signature: string
}) => ({
  providerSessionId: body.razorpay_order_id,
  providerPaymentId: body.razorpay_payment_id,
  signature: body.razorpay_signature,
})

export const checkout: FastifyPluginAsyncTypebox<Services> = async (app, { engine, gatewayOf }) => {
  const config = { access: 'customer' } as const

  app.post(
    '/api/checkout/validate',
    {
      config,
      schema: {
        summary: 'What stands between the cart and an order',
        response: { 200: Validation, ...refusals(400, 401) },
      },
    },
    async (request) => {
      const { lines, totals } = await getCart(engine.direct(request.store, request.actor))
      if (lines.length === 0) throw new Refusal('cart.empty', {})
      const issues = findIssues(lines)
      return {
        valid: issues.length === 0,
        items: lines.map(toCheckedItem),
        summary: toSummary(totals),
        issues: issues.map(toIssue),
      }
    },
  )

  const NewOrder = Type.Object({
    shipping_address_id: Type.String({ format: 'uuid', msg: 'A valid shipping address is required' }),
    payment_method: Type.Literal('razorpay', { msg: 'Payment method must be razorpay' }),
  })
  const Placed = Type.Object({
    order: Type.Object({ id: Uuid, order_number: Type.String(), totals: Summary }),
    razorpay_order_id: Type.String(),
    amount: Type.Integer({ description: 'in paise' }),
    currency: Type.String(),
  })
  app.post(
    '/api/checkout/create-order',
    {
      config,
      schema: {
        summary: 'Place the order, and ask Razorpay for its money',
        body: NewOrder,
        response: { 201: Placed, ...refusals(401, 404, 503), 400: RefusedOrPlaced },
      },
    },
    (request, reply) => {
      const { store } = request
      const gateway = gatewayOf(store)
      return changeInSteps(engine, request, reply, {
        place: (ctx) => placeOrder(ctx, { addressId: request.body.shipping_address_id }),
        resume: (orderId) => orderToOpen(engine.direct(store, request.actor), orderId),
        proceed: async (order, isRetry) => ({
          status: 201,
          body: {
            order: { id: order.id, order_number: order.number, totals: toSummary(order) },
            // '' when there is nothing to pay: the order is confirmed already
            razorpay_order_id:
              order.totalMinor > 0 ? (await openSession(engine, gateway, store, order, isRetry)).providerSessionId : '',
            amount: order.totalMinor,
            currency: order.currency,
          },
        }),
      })
    },
  )

  const Payment = Type.Object({
    order_id: Type.String({ format: 'uuid', msg: 'order_id is required' }),
    ...returnFields,
  })
  app.post(
    '/api/checkout/payment',
    {
      config,
      schema: {
        summary: 'The browser comes back from Razorpay’s checkout',
        body: Payment,
        response: {
          200: Type.Object({ message: Type.String(), order: PaidOrder }),
          ...refusals(400, 401, 404, 500, 503),
        },
      },
      errorHandler: (error, request, reply) => void sendError(error, request, reply, 'Payment processing failed.'),
    },
    async (request) => {
      const ctx = engine.direct(request.store, request.actor)
      await acceptReturn(engine, gatewayOf(request.store), ctx, toReturn(request.body), request.body.order_id)
      const order = await getOwnOrder(ctx, request.body.order_id)
      if (!order.paidAt) throw new Refusal('order.unfillable', { orderId: order.id })
      return { message: 'Payment processed successfully.', order: toPaidOrder(order) }
    },
  )
}
