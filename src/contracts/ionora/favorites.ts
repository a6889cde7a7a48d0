import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { shownDiscountBps } from '../../engine/catalogue/variants.ts'
import { addToWishlist, getWishlist, removeFromWishlist } from '../../engine/wishlist/wishlist.ts'
import type { WishlistItem } from '../../engine/wishlist/wishlist.ts'
import { changeAtOnce } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { rupees } from './cart.ts'
import { AmountNumber, Id, Message, TextOrNull, Time, Uuid, refusals } from './fields.ts'
import { stockQuantity } from './products.ts'

const Favorite = Type.Object({
  id: Uuid,
  added_at: Time,
  product: Type.Object({
    id: Uuid,
    name: Type.String(),
    description: TextOrNull,
    price: AmountNumber,
    discount_percentage: Type.Number(),
    final_price: AmountNumber,
    category: Type.String(),
    images: Type.Array(Type.String()),
    is_active: Type.Boolean(),
    stock_quantity: Type.Integer(),
    created_at: Time,
    updated_at: Time,
  }),
})

const toFavorite = (item: WishlistItem) => ({
  id: item.itemId,
  added_at: item.addedAt.toISOString(),
  product: {
    id: item.id,
    name: item.name,
    description: item.description,
    price: rupees(item.listMinor),
    discount_percentage: shownDiscountBps(item) / 100,
    final_price: rupees(item.priceMinor),
    category: item.category,
    images: item.images,
    is_active: item.isListed,
    stock_quantity: stockQuantity(item.available),
    created_at: item.createdAt.toISOString(),
    updated_at: item.updatedAt.toISOString(),
  },
})

export const favorites: FastifyPluginAsyncTypebox<Services> = async (app, { engine }) => {
  const config = { access: 'customer' } as const

  const NewFavorite = Type.Object({
    product_id: Type.String({ format: 'uuid', msg: 'A valid product_id is required' }),
  })
  app.post(
    '/api/favorites',
    {
      config,
      schema: {
        summary: 'Keep a favourite',
        body: NewFavorite,
        response: { 200: Message, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        await addToWishlist(ctx, request.body.product_id)
        return { message: 'Product added to favorites.' }
      }),
  )

  app.get(
    '/api/favorites',
    {
      config,
      schema: {
        summary: 'All favourites',
        response: { 200: Type.Object({ favorites: Type.Array(Favorite) }), ...refusals(401) },
      },
    },
    async (request) => ({
      favorites: (await getWishlist(engine.direct(request.store, request.actor))).map(toFavorite),
    }),
  )

  app.delete(
    '/api/favorites/:product_id',
    {
      config,
      schema: {
        summary: 'Forget a favourite',
        params: Type.Object({ product_id: Id }),
        response: { 200: Message, ...refusals(400, 401, 404) },
      },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        await removeFromWishlist(ctx, request.params.product_id)
        return { message: 'Product removed from favorites.' }
      }),
  )
}
