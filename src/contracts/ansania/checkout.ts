import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { ChosenShipping } from '../../engine/checkout/place.ts'
import { placeOrder } from '../../engine/checkout/place.ts'
import { changedPrices, findIssues, getCart } from '../../engine/cart/cart.ts'
import type { Cart, CartIssue, CartLine } from '../../engine/cart/cart.ts'
import { acceptPrices } from '../../engine/cart/changes.ts'
import type { Ctx, Db } from '../../engine/context.ts'
import { chooseShipping, offerShipping } from '../../engine/fulfilment/quotes.ts'
import { getAddress } from '../../engine/identity/addresses.ts'
import type { Address } from '../../engine/identity/addresses.ts'
import { openSession, orderToOpen } from '../../engine/payments/sessions.ts'
import { Refusal } from '../../engine/refusal.ts'
import { changeInSteps } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { Refused, voucherReasons } from './errors.ts'
import { Rupiah, Serial, Success, Text, ok, refusals } from './fields.ts'
import { OrderStatus, Payment, toPayment } from './orders.ts'

const wording: Record<CartIssue['kind'], (issue: CartIssue) => string> = {
  unavailable: () => 'Product is no longer available',
  out_of_stock: () => 'Product is out of stock',
  insufficient_stock: ({ available, wanted }) => `Only ${available} in stock, the cart has ${wanted}`,
}

interface Issue {
  item_id: number
  type: string
  message: string
}

const toIssue = (issue: CartIssue): Issue => ({
  item_id: issue.lineSerial,
  type: issue.kind,
  message: wording[issue.kind](issue),
})

/** Told once: who goes on then has been told. */
const toPriceIssue = (line: CartLine): Issue => ({
  item_id: line.serial,
  type: 'price_changed',
  message: `Price was ${line.seenMinor}, is now ${line.unitMinor}`,
})

export const checkout: FastifyPluginAsyncTypebox<Services> = async (app, { engine, gatewayOf, courierOf }) => {
  const config = { access: 'customer' } as const

  app.post(
    '/api/checkout/validate',
    {
      config,
      schema: {
        summary: 'What stands between the cart and an order',
        response: {
          200: Success(
            Type.Object({
              valid: Type.Boolean(),
              issues: Type.Array(
                Type.Object({
                  item_id: Type.Integer({ description: '0 when it is about the whole cart' }),
                  type: Type.String(),
                  message: Type.String(),
                }),
              ),
            }),
          ),
          ...refusals(401),
        },
      },
    },
    async (request) => {
      const ctx = engine.direct(request.store, request.actor)
      const { lines, voucher } = await getCart(ctx)
      const issues = findIssues(lines).map(toIssue)
      const changed = changedPrices(lines)
      issues.push(...changed.map(toPriceIssue))
      if (changed.length > 0) await acceptPrices(ctx, changed)
      if (lines.length === 0) issues.push({ item_id: 0, type: 'empty_cart', message: 'Cart is empty' })
      if (voucher?.problem) issues.push({ item_id: 0, type: 'voucher', message: voucherReasons[voucher.problem][1] })
      return ok({ valid: issues.length === 0, issues })
    },
  )

  const ShippingAsk = Type.Object({ shipping_address_id: Serial, courier: Text(20) })
  const Options = Type.Object({
    shipping_options: Type.Array(
      Type.Object({
        service: Type.String(),
        description: Type.String(),
        cost: Type.Integer({ description: 'rupiah, after what the cart’s voucher takes off it' }),
        etd: Type.String(),
        original_cost: Rupiah,
        is_estimate: Type.Boolean({ description: 'the courier could not be asked: a price of the shop’s own' }),
      }),
    ),
  })
  app.post(
    '/api/checkout/calculate-shipping',
    {
      config,
      schema: {
        summary: 'What a courier takes to bring the cart there',
        body: ShippingAsk,
        response: { 200: Success(Options), ...refusals(400, 401, 404, 503) },
      },
    },
    async (request) => {
      const { shipping_address_id: serial, courier } = request.body
      const { store, actor } = request
      requireCourier(store.couriers, 'courier', courier)
      const ctx = engine.direct(store, actor)
      const [address, cart] = await Promise.all([getAddress(ctx, serial), getCart(ctx)])
      const offer = await offerShipping(engine, courierOf, store, { cart, address, courier })
      return ok({
        shipping_options: offer.options.map((option) => ({
          service: option.service,
          description: option.description,
          cost: option.costMinor - option.discountMinor,
          etd: option.etd,
          original_cost: option.costMinor,
          is_estimate: option.isEstimated,
        })),
      })
    },
  )

  const NewOrder = Type.Object({
    shipping_address_id: Serial,
    shipping_courier: Text(20),
    shipping_service: Text(40),
    payment_method: Type.Literal('virtual_account'),
    payment_channel: Text(40),
    customer_note: Type.Optional(Type.Union([Type.String({ maxLength: 1000, format: 'text' }), Type.Null()])),
  })
  const Placed = Type.Object({
    order: Type.Object({
      id: Type.Integer({ description: 'what a review names' }),
      order_number: Type.String(),
      total_amount: Rupiah,
      status: OrderStatus,
    }),
    payment: Payment,
  })
  app.post(
    '/api/checkout/create-order',
    {
      config,
      schema: {
        summary: 'Place the order, and open a virtual account for its money',
        body: NewOrder,
        response: { 201: Success(Placed), ...refusals(400, 401, 404, 409, 422, 503) },
      },
    },
    (request, reply) => {
      const { store, actor, body } = request
      const gateway = gatewayOf(store)
      requireCourier(store.couriers, 'shipping_courier', body.shipping_courier)
      const channel = body.payment_channel.toLowerCase()
      if (!gateway.channels.includes(channel))
        throw new Refused('VALIDATION_ERROR', 'Validation failed', [
          { param: 'payment_channel', msg: `payment_channel must be one of ${gateway.channels.join(', ')}` },
        ])
      let address: Address
      let shipping: ChosenShipping
      return changeInSteps(engine, request, reply, {
        prepare: async () => {
          const ctx = engine.direct(store, actor)
          address = await getAddress(ctx, body.shipping_address_id)
          const cart = await getCart(ctx)
          await agreeOnPrices(ctx, cart)
          const { shipping_courier: courier, shipping_service: service } = body
          shipping = await chooseShipping(engine, courierOf, store, { cart, address, courier }, service)
        },
        place: (ctx) =>
          placeOrder(ctx, {
            addressId: address.id,
            shipping,
            note: body.customer_note ?? null,
            payment: { method: body.payment_method, channel },
          }),
        resume: (orderId) => orderToOpen(engine.direct(store, actor), orderId),
        proceed: async (order, isRetry) => {
          // nothing to pay, nowhere to pay it: the order is confirmed already
          const free = { providerSessionId: '', url: null, token: null }
          const session = order.totalMinor > 0 ? await openSession(engine, gateway, store, order, isRetry) : free
          return {
            status: 201,
            body: ok({
              order: {
                id: order.serial,
                order_number: order.number,
                total_amount: order.totalMinor,
                status: order.totalMinor > 0 ? ('pending_payment' as const) : ('paid' as const),
              },
              payment: toPayment(session, order.expiresAt),
            }),
          }
        },
      })
    },
  )
}

/** @throws Refusal price.changed, once */
async function agreeOnPrices(ctx: Ctx<Db>, { lines }: Cart) {
  const changed = changedPrices(lines)
  if (changed.length === 0) return
  await acceptPrices(ctx, changed)
  const prices = changed.map(({ name, seenMinor, unitMinor }) => ({ name, wasMinor: seenMinor!, isMinor: unitMinor }))
  throw new Refusal('price.changed', { prices })
}

/** @param param how the request calls it */
function requireCourier(couriers: Readonly<Record<string, string>>, param: string, courier: string) {
  if (Object.hasOwn(couriers, courier)) return
  const msg = `${param} must be one of ${Object.keys(couriers).join(', ')}`
  throw new Refused('VALIDATION_ERROR', 'Validation failed', [{ param, msg }])
}
