import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { expireOrder } from '../../../src/engine/orders/moves.ts'
import { address, openFurnitureShop } from '../../support/furniture.ts'
import { assertSound, deadlocks, value } from '../../support/faults.ts'
import { crowd, notify, paidBuyer, tally, times } from './people.ts'

const shop = await openFurnitureShop({ after })
const { engine } = shop
const system = { kind: 'system' } as const

const idOf = async (number: string) =>
  String(await value(engine, 'select id from orders where store_id = $1 and number = $2', shop.store.storeId, number))
const stockOf = (variantId: string): Promise<number> =>
  value(engine, 'select (on_hand - allocated)::int from stock where variant_id = $1', variantId)

/** What the ledger has for an order: money came in once, whatever became of the order. */
const received = (orderId: string) =>
  value(
    engine,
    `select count(*)::int from payment p join payment_session s on s.store_id = p.store_id and s.id = p.session_id
    where s.order_id = $1 and p.state = 'captured'`,
    orderId,
  )

for (const [rival, isFinal] of [
  ['the end of its time', false],
  ['its cancelling', true],
] as const) {
  test(`a payment beside ${rival} is booked once, and the order, the stock and the voucher agree with it`, async () => {
    const { variants } = await shop.product({ variants: [{ quantity: 100 }] })
    const code = isFinal ? 'CANCELRACE' : 'EXPIRERACE'
    await shop.voucher({ code })
    const buyers = await crowd(shop, 8)
    const ends = await Promise.all(
      buyers.map(async (buyer) => {
        await buyer.add(variants[0]!.serial)
        await buyer.apply(code)
        const { order, payment } = (await buyer.checkout()).body.data
        const id = await idOf(order.order_number)
        const end = isFinal
          ? () => buyer.call('PUT', `/api/orders/${order.order_number}/cancel`, {})
          : () => engine.run(shop.store, system, (ctx) => expireOrder(ctx, id))
        const told = await Promise.all([
          notify(shop, payment.transaction_id, order.total_amount),
          end(),
          notify(shop, payment.transaction_id, order.total_amount),
          end(),
        ])
        for (const answer of [told[0], told[2]]) assert.equal(answer.status, 200, JSON.stringify(answer.body))
        assert.equal(await received(id), 1)
        const { status } = (await buyer.call('GET', `/api/orders/${order.order_number}`)).body.data.order
        assert.ok(status === 'paid' || status === 'cancelled', status)
        return status as string
      }),
    )
    const kept = ends.filter((status) => status === 'paid').length
    assert.equal(await stockOf(variants[0]!.id), 100 - kept)
    // an order that is paid after its time counts its use again
    const uses = `select count(*)::int from voucher_use x join voucher u on u.store_id = x.store_id and u.id = x.voucher_id
      where u.code = $1 and x.returned_at is null`
    const used = await value(engine, 'select used::int from voucher where code = $1', code)
    assert.equal(used, await value(engine, uses, code))
    assert.equal(used, kept)
    assert.equal(await deadlocks(engine), 0)
    await assertSound(engine)
  })
}

test('one notification many times at once pays once', async () => {
  const { variants } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial)
  const { order, payment } = (await buyer.checkout()).body.data
  const answers = await times(12, () => notify(shop, payment.transaction_id, order.total_amount))
  assert.deepEqual(tally(answers), { 200: 12 })
  const id = await idOf(order.order_number)
  assert.equal(await received(id), 1)
  const events = await execute(engine.db, `select count(*)::int from timeline where order_id = $1 and kind = 'paid'`, [
    id,
  ])
  assert.deepEqual(events, [[1]])
  await assertSound(engine)
})

test('twenty who find a review helpful at once are twenty, and one who says so twenty times is one', async () => {
  const product = await shop.product({ variants: [{ quantity: 100 }] })
  const writer = await paidBuyer(shop, product.variants[0]!.serial)
  const review = { order_id: writer.orderId, rating: 4, title: 'Good', comment: 'As shown' }
  const path = `/api/products/${product.serial}/reviews`
  const written = await times(6, () => writer.call('POST', path, review))
  assert.deepEqual(tally(written), { 201: 1, 409: 5 })
  const { id } = written.find(({ status }) => status === 201)!.body.data.review

  const voters = await crowd(shop, 20)
  assert.deepEqual(tally(await Promise.all(voters.map((voter) => voter.call('POST', `${path}/${id}/helpful`)))), {
    200: 20,
  })
  const again = await times(20, () => voters[0]!.call('POST', `${path}/${id}/helpful`))
  assert.deepEqual(tally(again), { 200: 20 })
  for (const { body } of again) assert.equal(body.data.helpful_count, 20)
  const { summary, reviews } = (await shop.call(shop.store, 'GET', path)).body.data
  assert.deepEqual([summary.total_reviews, summary.rating_distribution['4'], reviews[0].helpful_count], [1, 1, 20])
  await assertSound(engine)
})

test('invoices that are asked for at once are numbered without a gap, and each order has one', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 100 }] })
  const buyers = await crowd(shop, 8)
  const numbers = await Promise.all(
    buyers.map(async (buyer) => {
      await buyer.add(variants[0]!.serial)
      return (await buyer.checkout()).body.data.order.order_number as string
    }),
  )
  const asked = await Promise.all(
    buyers.flatMap((buyer, i) => [1, 2].map(() => buyer.call('GET', `/api/orders/${numbers[i]}/invoice`))),
  )
  assert.deepEqual(tally(asked), { 200: 16 })
  const issued = await execute(engine.db, 'select number from invoice where store_id = $1 order by number', [
    shop.store.storeId,
  ])
  assert.equal(issued.length, 8)
  assert.deepEqual(
    issued.map(([number]) => Number(/\d+$/.exec(String(number))![0])),
    [1, 2, 3, 4, 5, 6, 7, 8],
  )
})

test('a refresh token traded many times at once gives one pair at most, and then its session is over', async () => {
  const person = await shop.customer()
  const trade = (refresh_token: string) =>
    shop.call(shop.store, 'POST', '/api/auth/refresh', { body: { refresh_token } })
  const answers = await times(6, () => trade(person.refreshToken))
  assert.deepEqual(tally(answers), { 200: 1, 401: 5 })
  const winner = answers.find(({ status }) => status === 200)!.body.data
  assert.equal((await trade(winner.refresh_token)).status, 401)
})

test('of many who register one e-mail address, or one phone number, at once, one gets it', async () => {
  const person = { full_name: 'Racer', password: 'SecurePass123!' }
  const register = (body: object) => shop.call(shop.store, 'POST', '/api/auth/register', { body })
  const byMail = await times(6, (i) =>
    register({ ...person, email: i % 2 ? 'race@example.com' : 'RACE@example.com', phone: `+62812000000${i}` }),
  )
  assert.deepEqual(tally(byMail), { 201: 1, 409: 5 })
  const spellings = [
    '0813-0000-001',
    '+62 813 0000 001',
    '(0813)0000001',
    '62813 0000001',
    '0062 8130000001',
    '08130000001',
  ]
  const byPhone = await times(6, (i) => register({ ...person, email: `racer${i}@example.com`, phone: spellings[i] }))
  assert.deepEqual(tally(byPhone), { 201: 1, 409: 5 })
})

test('of many default addresses set at once, one is the default', async () => {
  const [person] = await crowd(shop, 1)
  const made = await times(6, () => person!.call('POST', '/api/user/addresses', address))
  assert.deepEqual(tally(made), { 201: 6 })
  const changed = await times(6, (i) =>
    person!.call('PUT', `/api/user/addresses/${made[i]!.body.data.address.id}/set-default`),
  )
  assert.deepEqual(tally(changed), { 200: 6 })
  const { addresses } = (await person!.call('GET', '/api/user/addresses')).body.data
  assert.equal(addresses.filter((one: { is_default: boolean }) => one.is_default).length, 1)
})
