import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { getCart } from '../../engine/cart/cart.ts'
import type { Cart } from '../../engine/cart/cart.ts'
import { addToCart, clearCart, removeCartLine, setCartLine } from '../../engine/cart/changes.ts'
import { toDecimalNumber } from '../../engine/money.ts'
import type { Totals } from '../../engine/pricing/pricing.ts'
import { changeAtOnce } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { AmountNumber, IdParams, Message, TextOrNull, Time, Uuid, refusals } from './fields.ts'
import { stockQuantity } from './products.ts'

export const Summary = Type.Object({
  subtotal: AmountNumber,
  tax: AmountNumber,
  shipping: AmountNumber,
  total: AmountNumber,
})

export const toSummary = (totals: Pick<Totals, 'subtotalMinor' | 'taxMinor' | 'shippingMinor' | 'totalMinor'>) => ({
  subtotal: rupees(totals.subtotalMinor),
  tax: rupees(totals.taxMinor),
  shipping: rupees(totals.shippingMinor),
  total: rupees(totals.totalMinor),
})

/** 409955 -> 4099.55 */
export const rupees = (minor: number) => toDecimalNumber(minor, 2)

const WireCart = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Uuid,
      quantity: Type.Integer(),
      added_at: Time,
      product: Type.Object({
        id: Uuid,
        name: Type.String(),
        description: TextOrNull,
        final_price: AmountNumber,
        images: Type.Array(Type.String()),
        stock_quantity: Type.Integer(),
      }),
      item_total: AmountNumber,
    }),
  ),
  summary: Summary,
})

const toCart = ({ lines, totals }: Cart) => ({
  items: lines.map((line) => ({
    id: line.id,
    quantity: line.quantity,
    added_at: line.addedAt.toISOString(),
    product: {
      id: line.variantId,
      name: line.name,
      description: line.description,
      final_price: rupees(line.unitMinor),
      images: line.images,
      stock_quantity: stockQuantity(line.available),
    },
    item_total: rupees(line.unitMinor * line.quantity),
  })),
  summary: toSummary(totals),
})

const quantity = Type.Integer({ minimum: 1, maximum: 1_000_000, msg: 'Quantity must be at least 1' })

export const cart: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const config = { access: 'customer' } as const

  const NewItem = Type.Object({
    product_id: Type.String({ format: 'uuid', msg: 'A valid product_id is required' }),
    quantity,
  })
  app.post(
    '/api/cart',
    {
      config,
      schema: { summary: 'Add to the cart', body: NewItem, response: { 200: WireCart, ...refusals(400, 401, 404) } },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        const { product_id, quantity } = request.body
        const [, cart] = await Promise.all([addToCart(ctx, product_id, quantity), getCart(ctx)])
        return toCart(cart)
      }),
  )

  app.get(
    '/api/cart',
    { config, schema: { summary: 'The cart, priced', response: { 200: WireCart, ...refusals(401) } } },
    async (request) => toCart(await getCart(engine.direct(request.store, request.actor))),
  )

  app.put(
    '/api/cart/:id',
    {
      config,
      schema: {
        summary: 'Replace the quantity of an item',
        params: IdParams,
        body: Type.Object({ quantity }),
        response: { 200: Message, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        await setCartLine(ctx, request.params.id, request.body.quantity)
        return { message: 'Cart item updated successfully.' }
      }),
  )

  app.delete(
    '/api/cart/:id',
    {
      config,
      schema: { summary: 'Remove an item', params: IdParams, response: { 200: Message, ...refusals(400, 401, 404) } },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        await removeCartLine(ctx, request.params.id)
        return { message: 'Cart item removed successfully.' }
      }),
  )

  app.delete(
    '/api/cart',
    { config, schema: { summary: 'Empty the cart', response: { 200: Message, ...refusals(401) } } },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        await clearCart(ctx)
        return { message: 'Cart cleared successfully.' }
      }),
  )
}
