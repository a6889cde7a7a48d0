import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { getCart } from '../../engine/cart/cart.ts'
import { addToCart } from '../../engine/cart/changes.ts'
import { Refusal } from '../../engine/refusal.ts'
import { idOf } from '../../engine/serials.ts'
import { addToWishlist, getWishlist, getWishlistItem, takeWishlistItem } from '../../engine/wishlist/wishlist.ts'
import type { WishlistItem } from '../../engine/wishlist/wishlist.ts'
import { change, changeAtOnce } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { OneCart, Quantity, toCart } from './cart.ts'
import { Rupiah, Serial, SerialParams, Success, Time, ok, refusals } from './fields.ts'
import { stockStatus, toOptions } from './products.ts'

const Item = Type.Object({
  id: Type.Integer(),
  product: Type.Object({
    id: Type.Integer(),
    name: Type.String(),
    slug: Type.String(),
    price: Rupiah,
    image: Type.String(),
    stock_status: Type.String(),
  }),
  variant: Type.Object({ id: Type.Integer(), color: Type.String(), finishing: Type.String(), size: Type.String() }),
  added_at: Time,
})

const toItem = (item: WishlistItem) => ({
  id: item.itemSerial,
  product: {
    id: item.productSerial,
    name: item.productName,
    slug: item.productSlug,
    price: item.priceMinor,
    image: item.images[0] ?? '',
    // what is no longer sold stays on the list, and is out of stock
    stock_status: stockStatus(item.isListed && item.available !== 0),
  },
  variant: { id: item.serial, ...toOptions(item.optionNames, item.optionValues) },
  added_at: item.addedAt.toISOString(),
})

export const wishlist: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const config = { access: 'customer' } as const

  app.get(
    '/api/wishlist',
    {
      config,
      schema: {
        summary: 'The whole wishlist',
        response: { 200: Success(Type.Object({ items: Type.Array(Item) })), ...refusals(401) },
      },
    },
    async (request) => {
      const items = await getWishlist(engine.direct(request.store, request.actor))
      return ok({ items: items.map(toItem) })
    },
  )

  app.post(
    '/api/wishlist',
    {
      config,
      schema: {
        summary: 'Remember a variant',
        body: Type.Object({ product_id: Serial, product_variant_id: Serial }),
        response: { 201: Success(Type.Object({ item: Item })), ...refusals(400, 401, 404, 409) },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 201, async (ctx) => {
        const { product_id, product_variant_id } = request.body
        const productId = await idOf(ctx, 'product', product_id)
        const variantId = await idOf(ctx, 'variant', product_variant_id)
        const itemId = await addToWishlist(ctx, variantId, productId)
        if (!itemId) throw new Refusal('wishlist.exists', { variantId })
        return ok({ item: toItem(await getWishlistItem(ctx, itemId)) })
      }),
  )

  app.delete(
    '/api/wishlist/:id',
    {
      config,
      schema: {
        summary: 'Forget an item',
        params: SerialParams,
        response: { 204: Type.Null(), ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 204, async (ctx) => {
        await takeWishlistItem(ctx, await idOf(ctx, 'wishlist_item', request.params.id))
        return null
      }),
  )

  app.post(
    '/api/wishlist/:id/move-to-cart',
    {
      config,
      schema: {
        summary: 'Move an item to the cart',
        params: SerialParams,
        body: Type.Object({ quantity: Quantity }),
        response: { 200: OneCart, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      change(engine, request, reply, 200, async (ctx) => {
        const variantId = await takeWishlistItem(ctx, await idOf(ctx, 'wishlist_item', request.params.id))
        await addToCart(ctx, variantId, request.body.quantity)
        return ok({ cart: toCart(await getCart(ctx)) })
      }),
  )
}
