import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { getCart } from '../../engine/cart/cart.ts'
import type { AppliedVoucher, Cart, CartLine } from '../../engine/cart/cart.ts'
import { addToCart, removeCartLine, setCartLine, setCartVoucher } from '../../engine/cart/changes.ts'
import { findVoucher } from '../../engine/promotions/vouchers.ts'
import { isRefusal, Refusal } from '../../engine/refusal.ts'
import { idOf } from '../../engine/serials.ts'
import { change, changeAtOnce } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { Refused } from './errors.ts'
import { Rupiah, Serial, SerialParams, Success, Text, ok, refusals } from './fields.ts'
import { admitGuest } from './guest.ts'
import { stockNumber, toOptions } from './products.ts'
import { Voucher, toVoucher } from './vouchers.ts'

const WireCart = Type.Object({
  id: Type.Integer({ description: '0 for a cart that nothing was ever put in' }),
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      product: Type.Object({ id: Type.Integer(), name: Type.String(), slug: Type.String(), image: Type.String() }),
      variant: Type.Object({
        id: Type.Integer(),
        sku: Type.String(),
        color: Type.String(),
        finishing: Type.String(),
        size: Type.String(),
      }),
      quantity: Type.Integer(),
      price: Rupiah,
      subtotal: Rupiah,
      stock_available: Type.Integer(),
    }),
  ),
  subtotal: Rupiah,
  discount_amount: Rupiah,
  voucher: Type.Union([Voucher, Type.Null()]),
  total: Rupiah,
})

const toItem = (line: CartLine) => ({
  id: line.serial,
  product: { id: line.productSerial, name: line.productName, slug: line.productSlug, image: line.images[0] ?? '' },
  variant: { id: line.variantSerial, sku: line.sku ?? '', ...toOptions(line.optionNames, line.optionValues) },
  quantity: line.quantity,
  price: line.unitMinor,
  subtotal: line.unitMinor * line.quantity,
  stock_available: line.isListed ? stockNumber(line.available) : 0,
})

const toApplied = ({ voucher, discountMinor }: AppliedVoucher) => toVoucher(voucher, discountMinor)

export const toCart = ({ serial, lines, totals, voucher }: Cart) => ({
  id: serial ?? 0,
  items: lines.map(toItem),
  subtotal: totals.subtotalMinor,
  discount_amount: totals.discountMinor,
  voucher: voucher && toApplied(voucher),
  total: totals.subtotalMinor - totals.discountMinor,
})

export const OneCart = Success(Type.Object({ cart: WireCart }))
export const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000 })

export const cart: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const optional = { access: 'optional' } as const
  const required = { access: 'customer' } as const
  app.addHook('preHandler', admitGuest)

  app.get(
    '/api/cart',
    {
      config: optional,
      schema: { summary: 'The cart, a guest’s too', response: { 200: OneCart, ...refusals(401) } },
    },
    async (request) => ok({ cart: toCart(await getCart(engine.direct(request.store, request.actor))) }),
  )

  app.post(
    '/api/cart/items',
    {
      config: optional,
      schema: {
        summary: 'Add to the cart',
        body: Type.Object({ product_variant_id: Serial, quantity: Quantity }),
        response: { 201: OneCart, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 201, async (ctx) => {
        const { product_variant_id: serial, quantity } = request.body
        const variantId = await idOf(ctx, 'variant', serial)
        const [, cart] = await Promise.all([addToCart(ctx, variantId, quantity), getCart(ctx)]).catch(
          (error: unknown) => {
            throw isRefusal(error, 'product.unknown') ? new Refused('NOT_FOUND', 'Variant not found') : error
          },
        )
        return ok({ cart: toCart(cart) })
      }),
  )

  app.put(
    '/api/cart/items/:id',
    {
      config: optional,
      schema: {
        summary: 'Replace the quantity of an item',
        params: SerialParams,
        body: Type.Object({ quantity: Quantity }),
        response: { 200: OneCart, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        const lineId = await idOf(ctx, 'cart_line', request.params.id)
        const [, cart] = await Promise.all([setCartLine(ctx, lineId, request.body.quantity), getCart(ctx)])
        return ok({ cart: toCart(cart) })
      }),
  )

  app.delete(
    '/api/cart/items/:id',
    {
      config: optional,
      schema: {
        summary: 'Remove an item',
        params: SerialParams,
        response: { 204: Type.Null(), ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 204, async (ctx) => {
        await removeCartLine(ctx, await idOf(ctx, 'cart_line', request.params.id))
        return null
      }),
  )

  app.post(
    '/api/cart/apply-voucher',
    {
      config: required,
      schema: {
        summary: 'Apply a voucher to the cart; it is used up by the order',
        body: Type.Object({ code: Text(40) }),
        response: {
          200: Success(Type.Object({ voucher: Voucher, cart: WireCart })),
          ...refusals(400, 401, 404),
        },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 200, async (ctx) => {
        const found = await findVoucher(ctx, request.body.code)
        await setCartVoucher(ctx, found.id)
        const cart = await getCart(ctx)
        if (!cart.seen) throw new Refusal('cart.empty', {})
        const { problem, voucher } = cart.voucher!
        if (problem) throw new Refusal('voucher.refused', { code: voucher.code, problem })
        return ok({ voucher: toApplied(cart.voucher!), cart: toCart(cart) })
      }),
  )

  app.delete(
    '/api/cart/remove-voucher',
    {
      config: required,
      schema: { summary: 'Take the voucher off the cart', response: { 200: OneCart, ...refusals(401) } },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        const [, cart] = await Promise.all([setCartVoucher(ctx, null), getCart(ctx)])
        return ok({ cart: toCart(cart) })
      }),
  )
}
