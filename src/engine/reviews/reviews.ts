import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { one, statement, violates } from '../database.ts'
import type { Db } from '../database.ts'
import { touchCatalogue } from '../catalogue/categories.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { keepPicture } from './pictures.ts'
import type { Picture } from './pictures.ts'

export interface Review {
  id: string
  serial: number
  customerName: string
  rating: number
  title: string
  comment: string
  /** ids of pictures */
  images: string[]
  helpfulCount: number
  createdAt: Date
}

/** Kept with the product, one count a star, so that no page has to count. */
export interface ReviewSummary {
  average: number
  total: number
  /** with one star, two, … five */
  counts: number[]
}

const reviewColumns = sql`r.id, r.serial, c.full_name as customer_name, r.rating, r.title, r.comment, r.images,
  r.helpful_count, r.created_at`

export const reviewSorts = ['recent', 'highest', 'lowest', 'helpful'] as const
export type ReviewSort = (typeof reviewSorts)[number]

// every order is total, and has an index
const orders: Record<ReviewSort, RawBuilder<unknown>> = {
  recent: sql`r.created_at desc, r.id desc`,
  highest: sql`r.rating desc, r.created_at desc, r.id desc`,
  lowest: sql`r.rating, r.created_at, r.id`,
  helpful: sql`r.helpful_count desc, r.created_at desc, r.id desc`,
}

const pages = Object.fromEntries(
  reviewSorts.map((sort) => [
    sort,
    statement(
      `reviews.page_${sort}`,
      (p: { storeId: string; productId: string; limit: number; offset: number }) =>
        sql<Review & { summary: ReviewSummary }>`
        select json_build_object('average', p.rating, 'total', p.review_count, 'counts', p.ratings) as summary, x.*
        from product p left join lateral (
          select ${reviewColumns} from review r join customer c on c.store_id = r.store_id and c.id = r.customer_id
          where r.store_id = p.store_id and r.product_id = p.id
          order by ${orders[sort]} limit ${p.limit} offset ${p.offset}
        ) x on true
        where p.store_id = ${p.storeId} and p.id = ${p.productId} and p.is_listed`,
    ),
  ]),
)

/** A page of a product's reviews, and what all of them come to. @throws Refusal product.unknown */
export async function listReviews(
  ctx: Ctx<Db>,
  productId: string,
  { sort, page, limit }: { sort: ReviewSort; page: number; limit: number },
): Promise<{ reviews: Review[]; summary: ReviewSummary }> {
  const rows = await pages[sort]!(ctx.tx, {
    storeId: ctx.store.storeId,
    productId,
    limit,
    offset: (page - 1) * limit,
  })
  if (rows.length === 0) throw new Refusal('product.unknown', { variantId: productId })
  return { reviews: rows.filter((row) => row.id !== null), summary: rows[0]!.summary }
}

export interface NewReview {
  /** the order's number among all, as a contract names it */
  orderSerial: number
  rating: number
  title: string
  comment: string
  pictures: Picture[]
}

const purchase = statement(
  'reviews.purchase',
  (p: { storeId: string; customerId: string; productId: string; orderSerial: number }) =>
    sql<{ orderId: string | null; isReviewed: boolean }>`
    select exists (
        select from review r join orders o on o.store_id = r.store_id and o.id = r.order_id
        where r.store_id = p.store_id and r.product_id = p.id and r.customer_id = ${p.customerId}
          and o.serial = ${p.orderSerial}) as is_reviewed, (
      select o.id from orders o join order_line l on l.store_id = o.store_id and l.order_id = o.id
      where o.store_id = p.store_id and o.customer_id = ${p.customerId} and o.serial = ${p.orderSerial}
        and o.paid_at is not null and o.state in ('confirmed', 'processing', 'shipped', 'delivered', 'returned')
        and l.product_id = p.id limit 1) as order_id
    from product p where p.store_id = ${p.storeId} and p.id = ${p.productId}`,
)

const insert = statement(
  'reviews.insert',
  (p: {
    storeId: string
    productId: string
    customerId: string
    orderId: string
    rating: number
    title: string
    comment: string
    images: readonly string[]
    now: Date
  }) =>
    sql<Review>`
    with r as (
      insert into review (store_id, product_id, customer_id, order_id, rating, title, comment, images, created_at)
      values (${p.storeId}, ${p.productId}, ${p.customerId}, ${p.orderId}, ${p.rating}, ${p.title}, ${p.comment},
        ${p.images}::uuid[], ${p.now})
      returning *
    ), counted as (
      update product set ratings[${p.rating}::int] = ratings[${p.rating}::int] + 1
      where store_id = ${p.storeId} and id = ${p.productId}
    )
    select ${reviewColumns} from r join customer c on c.store_id = r.store_id and c.id = r.customer_id`,
)

/**
 * Whether the signed-in customer bought and paid a product with an order.
 * @param orderSerial the order's number among all
 * @returns the order's id, and whether they have reviewed it already
 * @throws Refusal product.unknown, review.not_bought
 */
export async function checkPurchase(
  ctx: Ctx<Db>,
  productId: string,
  orderSerial: number,
): Promise<{ orderId: string; isReviewed: boolean }> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  const [bought] = await purchase(ctx.tx, { ...own, productId, orderSerial })
  if (!bought) throw new Refusal('product.unknown', { variantId: productId })
  const { orderId, isReviewed } = bought
  if (!orderId) throw new Refusal('review.not_bought', {})
  return { orderId, isReviewed }
}

/**
 * Writes the signed-in customer's review of what they bought and paid: one for each product and order.
 * @throws Refusal product.unknown, review.not_bought, review.exists
 */
export async function writeReview(ctx: Ctx, productId: string, review: NewReview): Promise<Review> {
  const { tx, now, store } = ctx
  const { orderSerial, rating, title, comment, pictures } = review
  const { orderId } = await checkPurchase(ctx, productId, orderSerial)
  const images: string[] = []
  for (const picture of pictures) images.push(await keepPicture(ctx, picture))
  await touchCatalogue(ctx) // lists show and sort by it
  const written = await insert(tx, {
    storeId: store.storeId,
    customerId: customerIdOf(ctx),
    productId,
    orderId,
    rating,
    title,
    comment,
    images,
    now,
  }).catch((error: unknown) => {
    throw violates(error, 'review_once') ? new Refusal('review.exists', {}) : error
  })
  return one(written)
}

const vote = statement(
  'reviews.vote',
  (p: { storeId: string; productId: string; reviewId: string; customerId: string; now: Date }) =>
    sql<{ helpfulCount: number }>`
    with v as (
      insert into review_vote (store_id, review_id, customer_id, at)
      select r.store_id, r.id, ${p.customerId}, ${p.now} from review r
      where r.store_id = ${p.storeId} and r.id = ${p.reviewId} and r.product_id = ${p.productId}
      on conflict do nothing returning review_id
    )
    update review r set helpful_count = helpful_count + (select count(*) from v)
    where r.store_id = ${p.storeId} and r.id = ${p.reviewId} and r.product_id = ${p.productId}
    returning r.helpful_count`,
)

/**
 * The signed-in customer finds a product's review helpful: counted once, however often it is said.
 * @throws Refusal review.unknown, also for another product's
 */
export async function voteHelpful(ctx: Ctx<Db>, productId: string, reviewId: string): Promise<number> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  const [row] = await vote(ctx.tx, { ...own, productId, reviewId, now: ctx.now })
  if (!row) throw new Refusal('review.unknown', {})
  return row.helpfulCount
}
