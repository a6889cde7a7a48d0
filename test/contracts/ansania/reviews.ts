import assert from 'node:assert/strict'
import type { ProductSpec } from '../../support/furniture.ts'
import type { Answer, Wire } from '../../support/installation.ts'
import { statusesOf } from '../../support/faults.ts'
import { until } from '../../support/wait.ts'
import { pictureTests } from './pictures.ts'
import { guest, nobody, shop } from './shop.ts'
import type { RowTests } from './table.ts'

type Buyer = Awaited<ReturnType<typeof shop.buyer>>
interface Bought {
  buyer: Buyer
  product: Awaited<ReturnType<typeof shop.product>>
  /** as a review names it */
  orderId: number
  number: string
  transactionId: string
}

/** A product of its own, ordered and still to be paid. */
async function ordered(spec: ProductSpec = {}): Promise<Bought> {
  const product = await shop.product(spec)
  return order({ product, buyer: await shop.buyer(product.variants[0]!.serial) })
}

/** Orders what is in the cart. */
async function order({ product, buyer }: Pick<Bought, 'product' | 'buyer'>): Promise<Bought> {
  const { status, body } = await buyer.checkout()
  assert.equal(status, 201, JSON.stringify(body))
  const { id: orderId, order_number: number } = body.data.order
  return { product, buyer, orderId, number, transactionId: body.data.payment.transaction_id }
}

async function paid(bought: Bought): Promise<Bought> {
  await shop.pay(bought.transactionId)
  await until('it is paid', async () => (await bought.buyer.orderOf(bought.number)).payment_status === 'paid')
  return bought
}

/** Buys the same again, and pays for it. */
async function again({ product, buyer }: Bought): Promise<Bought> {
  await buyer.call('POST', '/api/cart/items', { product_variant_id: product.variants[0]!.serial, quantity: 1 })
  return paid(await order({ product, buyer }))
}

const bought = async (spec: ProductSpec = {}) => paid(await ordered(spec))

const words = { rating: 5, title: 'Excellent product!', comment: 'Very satisfied with the quality...' }

const write = async (of: Bought, more: object = {}): Promise<Wire> => {
  const path = `/api/products/${of.product.serial}/reviews`
  const { status, body } = await of.buyer.call('POST', path, { ...words, order_id: of.orderId, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return body.data.review
}

const helpful = (by: Pick<Buyer, 'call'>, of: Bought, reviewId: number): Promise<Answer> =>
  by.call('POST', `/api/products/${of.product.serial}/reviews/${reviewId}/helpful`)

const notBought = 'the caller has no purchase of this product'
const malformed = 'rating is not an integer 1-5, or a required field is missing'

export const listReviews: RowTests[string] = {
  'a product without reviews has an empty page and zeros': async (row) => {
    const { serial } = await shop.product()
    const { data } = await row.ok(guest, { params: { id: serial } })
    assert.deepEqual(data, {
      reviews: [],
      summary: { average_rating: 0, total_reviews: 0, rating_distribution: { 5: 0, 4: 0, 3: 0, 2: 0, 1: 0 } },
      pagination: { page: 1, limit: 10, total: 0, totalPages: 0 },
    })
  },
  'reviews are sorted as it is asked, and summed up whatever the page': async (row) => {
    const first = await bought()
    const ratings = [3, 5, 4, 5]
    const ids: number[] = []
    for (const [i, rating] of ratings.entries())
      ids.push((await write(i === 0 ? first : await again(first), { rating })).id)
    const [a, b, c, d] = ids as [number, number, number, number]
    const params = { id: first.product.serial }
    const page = async (query: Record<string, string | number>) => (await row.ok(guest, { params, query })).data
    const order = async (sort: string) => (await page({ sort })).reviews.map((review: Wire) => review.id)
    await helpful(await shop.customer(), first, b)
    assert.deepEqual(await order('recent'), [d, c, b, a])
    assert.deepEqual(
      (await page({})).reviews.map((review: Wire) => review.id),
      [d, c, b, a],
    )
    assert.deepEqual(await order('highest'), [d, b, c, a])
    assert.deepEqual(await order('lowest'), [a, c, b, d])
    assert.deepEqual(await order('helpful'), [b, d, c, a])
    const summary = { average_rating: 4.25, total_reviews: 4, rating_distribution: { 5: 2, 4: 1, 3: 1, 2: 0, 1: 0 } }
    const second = await page({ page: 2, limit: 3 })
    assert.deepEqual(second.pagination, { page: 2, limit: 3, total: 4, totalPages: 2 })
    assert.deepEqual([second.reviews.map((review: Wire) => review.id), second.summary], [[a], summary])
    const beyond = await page({ page: 9 })
    assert.deepEqual([beyond.reviews, beyond.summary], [[], summary])
    assert.equal((await page({ limit: 1000 })).pagination.limit, 100)
    // the product tells the same
    const { product } = (await guest.call('GET', `/api/products/${first.product.slug}`)).body.data
    assert.deepEqual([product.rating, product.total_reviews], [4.25, 4])
  },
  'a page has ten when nothing else is asked for': async (row) => {
    const first = await bought({ variants: [{ quantity: 11 }] })
    await write(first)
    for (let i = 0; i < 10; i++) await write(await again(first))
    const { reviews, pagination } = (await row.ok(guest, { params: { id: first.product.serial } })).data
    assert.deepEqual([reviews.length, pagination], [10, { page: 1, limit: 10, total: 11, totalPages: 2 }])
  },
  'a name is shortened to its first word and the initial of its last': async (row) => {
    const first = await bought()
    const names = {
      'John Ronald doe': 'John D.',
      Sukarno: 'Sukarno',
      '  Siti  Ünal ': 'Siti Ü.',
      'Anne 𝒟oe': 'Anne 𝒟.',
    }
    await write(first)
    for (const [name, short] of Object.entries(names)) {
      await first.buyer.call('PUT', '/api/user/profile', { full_name: name })
      const [review] = (await row.ok(guest, { params: { id: first.product.serial } })).data.reviews
      assert.deepEqual(review.user, { name: short, avatar: '' })
    }
  },
  'helpful counts once for each customer': async (row) => {
    const of = await bought()
    const { id } = await write(of)
    const [one, two] = await Promise.all([shop.customer(), shop.customer()])
    const votes = []
    for (const by of [one, one, two, two]) votes.push((await helpful(by, of, id)).body.data)
    assert.deepEqual(
      votes,
      [1, 1, 2, 2].map((count) => ({ helpful_count: count })),
    )
    await Promise.all(Array.from({ length: 5 }, () => helpful(of.buyer, of, id)))
    const [review] = (await row.ok(guest, { params: { id: of.product.serial } })).data.reviews
    assert.equal(review.helpful_count, 3)
  },
  'a vote needs a customer, and a review of that product': async () => {
    const [of, other] = await Promise.all([bought(), bought()])
    const { id } = await write(of)
    assert.equal((await helpful(guest, of, id)).status, 401)
    for (const [product, reviewId] of [
      [of, nobody],
      [other, id],
    ] as const) {
      const { status, body } = await helpful(of.buyer, product, reviewId)
      assert.deepEqual([status, body.code, body.error], [404, 'NOT_FOUND', 'Review not found'])
    }
    const { reviews } = (await guest.call('GET', `/api/products/${of.product.serial}/reviews`)).body.data
    assert.equal(reviews[0].helpful_count, 0)
  },
  'whoever has an answer already is told so, until there is another review or vote': async (row) => {
    const of = await bought()
    const sent = { params: { id: of.product.serial } }
    const read = (etag?: string) =>
      row.send(guest, { ...sent, headers: etag === undefined ? {} : { 'if-none-match': etag } })
    const tag = async () => (await read()).headers.get('etag')!
    const tags = [await tag()]
    const { id } = await write(of)
    tags.push(await tag())
    await helpful(of.buyer, of, id)
    tags.push(await tag())
    assert.equal(new Set(tags).size, 3)
    assert.deepEqual(
      [(await read(tags[1])).status, (await read(tags[2])).status, (await read(tags[2])).body],
      [200, 304, ''],
    )
  },
  'a product that is unknown or another store’s, and a query that is malformed, are refused': async (row) => {
    const rival = await shop.product({}, shop.rival)
    const own = await shop.product()
    for (const id of [nobody, rival.serial]) await row.no('no product has this id', guest, { params: { id } })
    const odd: Record<string, string | number>[] = [
      { page: 0 },
      { page: 'x' },
      { limit: 0 },
      { limit: 1.5 },
      { sort: 'best' },
    ]
    for (const query of odd) {
      const wrong = await row.no('a query value is malformed', guest, { params: { id: own.serial }, query })
      assert.deepEqual(wrong, Object.keys(query))
    }
    assert.deepEqual(await row.no('a query value is malformed', guest, { params: { id: own.slug } }), ['id'])
  },
}

export const reviews: RowTests = {
  'reviews.create': {
    'who bought it and paid writes a review, which is listed then': async (row) => {
      const { buyer, product, orderId } = await bought()
      const { images: _, ...rest } = row.request.body
      const params = { id: product.serial }
      const { review } = (await row.ok(buyer, { params, body: { ...rest, order_id: orderId } })).data
      const { id, created_at: at, user, ...said } = review
      assert.deepEqual(said, { ...words, images: [], is_verified_purchase: true, helpful_count: 0 })
      assert.match(user.name, /^Person \d\.$/)
      assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000 && Number.isInteger(id))
      const { data } = (await guest.call('GET', `/api/products/${product.serial}/reviews`)).body
      assert.deepEqual(data.reviews, [review])
      assert.deepEqual(data.summary.rating_distribution, { 5: 1, 4: 0, 3: 0, 2: 0, 1: 0 })
    },
    'only what the caller has bought in that order and paid can be reviewed': async (row) => {
      const [mine, theirs, unpaid] = await Promise.all([bought(), bought(), ordered()])
      const no = (of: Bought, more: object) =>
        row.no(notBought, of.buyer, {
          params: { id: of.product.serial },
          body: { ...words, order_id: of.orderId, ...more },
        })
      await no(unpaid, {})
      await no(mine, { order_id: theirs.orderId })
      await no(mine, { order_id: nobody })
      await no({ ...mine, product: theirs.product }, {}) // another product of another order
      await no({ ...mine, product: theirs.product }, { order_id: theirs.orderId })
      // a second order of theirs does not speak for the first product
      const body = { ...words, order_id: mine.orderId }
      const visitor = await shop.customer()
      await row.no(notBought, visitor, { params: { id: mine.product.serial }, body })
      for (const { product } of [mine, theirs, unpaid]) await assertNoReviews(product.serial)
    },
    'an order that was cancelled is no purchase': async (row) => {
      const of = await bought()
      assert.equal((await of.buyer.call('PUT', `/api/orders/${of.number}/cancel`, {})).status, 200)
      await row.no(notBought, of.buyer, { params: { id: of.product.serial }, body: { ...words, order_id: of.orderId } })
    },
    'one review for each order, also when two come at once': async (row) => {
      const of = await bought()
      const sent = { params: { id: of.product.serial }, body: { ...words, order_id: of.orderId } }
      const answers = await Promise.all([1, 2, 3].map(() => row.send(of.buyer, sent)))
      assert.deepEqual(statusesOf(answers), [201, 409, 409])
      await row.no('the caller reviewed this product for this order already', of.buyer, sent)
      await row.ok(of.buyer, { ...sent, body: { ...words, order_id: (await again(of)).orderId } })
      const { summary } = (await guest.call('GET', `/api/products/${of.product.serial}/reviews`)).body.data
      assert.equal(summary.total_reviews, 2)
    },
    'every wrong field is named, and an unknown product is none': async (row) => {
      const of = await bought()
      const params = { id: of.product.serial }
      const all = ['comment', 'order_id', 'rating', 'title']
      const bodies: unknown[] = [{}, undefined, { order_id: '1', rating: '5', title: '', comment: ' ' }]
      for (const body of bodies) assert.deepEqual((await row.no(malformed, of.buyer, { params, body })).toSorted(), all)
      const good = { ...words, order_id: of.orderId }
      for (const rating of [0, 6, -1, 4.5, null, true])
        assert.deepEqual(await row.no(malformed, of.buyer, { params, body: { ...good, rating } }), ['rating'])
      const long = { ...good, title: 'a'.repeat(201), comment: 'a'.repeat(5001) }
      assert.deepEqual((await row.no(malformed, of.buyer, { params, body: long })).toSorted(), ['comment', 'title'])
      const rival = await shop.product({}, shop.rival)
      for (const id of [nobody, rival.serial])
        await row.no('no product has this id', of.buyer, { params: { id }, body: good })
      await assertNoReviews(of.product.serial)
      await row.ok(of.buyer, { params, body: good })
    },
    'what is written is text, and comes back as it was written': async (row) => {
      const of = await bought()
      const said = { title: '<script>alert(1)</script>', comment: 'Bagus! 👍 "ya"\n\n& <b>ok</b>' }
      const body = { ...words, ...said, order_id: of.orderId }
      const { review } = (await row.ok(of.buyer, { params: { id: of.product.serial }, body })).data
      assert.deepEqual([review.title, review.comment], [said.title, said.comment])
    },
    ...pictureTests(bought),
  },
}

async function assertNoReviews(serial: number) {
  const { data } = (await guest.call('GET', `/api/products/${serial}/reviews`)).body
  assert.deepEqual([data.reviews, data.summary.total_reviews], [[], 0])
}
