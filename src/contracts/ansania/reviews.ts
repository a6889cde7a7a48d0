import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import multipart from '@fastify/multipart'
import type { FastifyError, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { getPicture, maxPictureBytes, remakePicture } from '../../engine/reviews/pictures.ts'
import type { Picture } from '../../engine/reviews/pictures.ts'
import { checkPurchase, listReviews, reviewSorts, voteHelpful, writeReview } from '../../engine/reviews/reviews.ts'
import type { Review } from '../../engine/reviews/reviews.ts'
import { Refusal } from '../../engine/refusal.ts'
import { idOf } from '../../engine/serials.ts'
import { change, changeAtOnce } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { Refused } from './errors.ts'
import {
  Pagination,
  Serial,
  SerialParams,
  Success,
  Text,
  Time,
  maxLimit,
  ok,
  sendText,
  pageQuery,
  pagination,
  refusals,
} from './fields.ts'

const WireReview = Type.Object({
  id: Type.Integer(),
  user: Type.Object({ name: Type.String(), avatar: Type.String() }),
  rating: Type.Integer(),
  title: Type.String(),
  comment: Type.String(),
  images: Type.Array(Type.String()),
  is_verified_purchase: Type.Boolean(),
  helpful_count: Type.Integer(),
  created_at: Time,
})

/** "John Ronald Doe" is "John D.": whoever writes is not to be found by it. */
function shortName(fullName: string): string {
  const [first = '', ...others] = fullName.trim().split(/\s+/)
  const last = others.at(-1)
  return last ? `${first} ${String.fromCodePoint(last.codePointAt(0)!).toUpperCase()}.` : first
}

const toReview = (review: Review, url: string) => ({
  id: review.serial,
  user: { name: shortName(review.customerName), avatar: '' },
  rating: review.rating,
  title: review.title,
  comment: review.comment,
  images: review.images.map((id) => `${url}/api/media/${id}`),
  // nobody else can write one
  is_verified_purchase: true,
  helpful_count: review.helpfulCount,
  created_at: review.createdAt.toISOString(),
})

const maxPictures = 5
/** Base64 takes a third more than the bytes. */
const bodyLimit = Math.ceil(maxPictures * maxPictureBytes * 1.4)

const NewReview = Type.Object({
  order_id: Serial,
  rating: Type.Integer({ minimum: 1, maximum: 5 }),
  title: Text(200),
  comment: Text(5000),
  images: Type.Optional(
    Type.Array(Type.String({ minLength: 1, description: 'base64, with or without data:image/…;base64,' }), {
      maxItems: maxPictures,
    }),
  ),
})

export const reviews: FastifyPluginAsyncTypebox<Services> = async (app, { engine, urlOf }) => {
  await app.register(multipart, { limits: { fileSize: maxPictureBytes, files: maxPictures, fields: 10, parts: 20 } })

  app.get(
    '/api/products/:id/reviews',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Reviews of a product',
        params: SerialParams,
        querystring: Type.Object({ ...pageQuery(10), sort: Type.Enum(reviewSorts, { default: 'recent' }) }),
        response: {
          200: Success(
            Type.Object({
              reviews: Type.Array(WireReview),
              summary: Type.Object({
                average_rating: Type.Number(),
                total_reviews: Type.Integer(),
                rating_distribution: Type.Object({
                  '5': Type.Integer(),
                  '4': Type.Integer(),
                  '3': Type.Integer(),
                  '2': Type.Integer(),
                  '1': Type.Integer(),
                }),
              }),
              pagination: Pagination,
            }),
          ),
          ...refusals(400, 404),
        },
      },
    },
    async (request, reply) => {
      const { page, sort } = request.query
      const limit = Math.min(request.query.limit, maxLimit)
      const ctx = engine.direct(request.store, request.actor)
      const productId = await idOf(ctx, 'product', request.params.id)
      const { reviews, summary } = await listReviews(ctx, productId, { sort, page, limit })
      const [one, two, three, four, five] = summary.counts
      const url = urlOf(request.store)
      const text = JSON.stringify({
        reviews: reviews.map((review) => toReview(review, url)),
        summary: {
          average_rating: summary.average,
          total_reviews: summary.total,
          rating_distribution: { '5': five, '4': four, '3': three, '2': two, '1': one },
        },
        pagination: pagination(page, limit, summary.total),
      })
      return sendText(request, reply, text)
    },
  )

  app.post(
    '/api/products/:id/reviews',
    {
      bodyLimit,
      config: { access: 'customer' },
      preValidation: async (request) => {
        if (request.isMultipart()) request.body = (await readForm(request)) as never
      },
      schema: {
        summary: 'Review what was bought; pictures as base64, or uploaded in a form of the same fields',
        params: SerialParams,
        body: NewReview,
        response: { 201: Success(Type.Object({ review: WireReview })), ...refusals(400, 401, 403, 404, 409, 413, 503) },
      },
    },
    async (request, reply) => {
      const { order_id: orderSerial, rating, title, comment, images = [] } = request.body
      const direct = engine.direct(request.store, request.actor)
      const productId = await idOf(direct, 'product', request.params.id)
      // nobody has pictures decoded who cannot write the review, or wrote it before
      const { isReviewed } = await checkPurchase(direct, productId, orderSerial)
      // made anew before the transaction: it takes a while, and nothing is written of pictures that are none
      const pictures: Picture[] = []
      for (const image of isReviewed ? [] : images) pictures.push(await remakePicture(fromBase64(image)))
      return change(engine, request, reply, 201, async (ctx) => {
        const review = await writeReview(ctx, productId, { orderSerial, rating, title, comment, pictures })
        return ok({ review: toReview(review, urlOf(request.store)) })
      })
    },
  )

  app.post(
    '/api/products/:id/reviews/:review_id/helpful',
    {
      config: { access: 'customer' },
      schema: {
        summary: 'Find a review helpful: once each customer',
        params: Type.Object({ id: Serial, review_id: Serial }),
        response: {
          200: Success(Type.Object({ helpful_count: Type.Integer() })),
          ...refusals(401, 404),
        },
      },
    },
    (request, reply) =>
      changeAtOnce(engine, request, reply, 200, async (ctx) => {
        const { id, review_id } = request.params
        const [productId, reviewId] = await Promise.all([idOf(ctx, 'product', id), idOf(ctx, 'review', review_id)])
        return ok({ helpful_count: await voteHelpful(ctx, productId, reviewId) })
      }),
  )

  app.get(
    '/api/media/:id',
    {
      config: { access: 'public' },
      schema: {
        summary: 'A picture of a review',
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: {
          200: {
            description: 'the picture',
            content: { 'image/jpeg': { schema: Type.Unsafe<never>({ type: 'string', format: 'binary' }) } },
          },
          ...refusals(404),
        },
      },
    },
    async (request, reply) => {
      const picture = await getPicture(engine.direct(request.store, request.actor), request.params.id)
      if (!picture) throw new Refused('NOT_FOUND', 'Picture not found')
      reply.header('content-type', picture.contentType)
      reply.header('cache-control', 'public, max-age=31536000, immutable')
      reply.header('content-security-policy', "default-src 'none'; sandbox")
      return reply.send(picture.bytes)
    },
  )
}

function fromBase64(text: string): Buffer {
  // blanks go first: a pattern that allows for them in two places tries every split of a megabyte of them
  const bare = text.replace(/^data:image\/[a-z+.-]+;base64,/, '').replaceAll(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) throw new Refusal('picture.refused', { why: 'a picture is sent as base64' })
  return Buffer.from(bare, 'base64')
}

/** The fields of an uploaded form as the JSON body would have them. @throws Refused for what is no form, or half of one */
async function readForm(request: FastifyRequest): Promise<object> {
  const body: Record<string, unknown> = {}
  const images: string[] = []
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') images.push((await part.toBuffer()).toString('base64'))
      else
        body[part.fieldname] =
          part.fieldname === 'order_id' || part.fieldname === 'rating' ? Number(part.value) : part.value
    }
  } catch (error) {
    // too much of something says so by its status; the parser's own errors have none
    throw (error as FastifyError).statusCode ? error : new Refused('VALIDATION_ERROR', 'The form cannot be read')
  }
  return { ...body, images }
}
