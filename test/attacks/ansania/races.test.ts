import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { expireOrder } from '../../../src/engine/orders/moves.ts'
import { openFurnitureShop, password } from '../../support/furniture.ts'
import { assertSound, deadlocks, value } from '../../support/faults.ts'
import { crowd, tally, times } from './people.ts'

const shop = await openFurnitureShop({ after }, { webhooks: false, databasePool: 20 })
const { engine } = shop

const used = (code: string): Promise<number> => value(engine, 'select used::int from voucher where code = $1', code)
const stockOf = (variantId: string): Promise<number> =>
  value(engine, 'select (on_hand - allocated)::int from stock where variant_id = $1', variantId)
const itemsOf = async (person: {
  call: (
    method: string,
    path: string,
  ) => Promise<{ body: { data: { cart: { items: { variant: { id: number }; quantity: number }[] } } } }>
}) =>
  (await person.call('GET', '/api/cart')).body.data.cart.items.map(({ variant, quantity }) => [variant.id, quantity])

test('of fifty carts after the last use of a voucher, one order gets it and all others are told', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 1000 }] })
  const code = 'LASTONE'
  await shop.voucher({ code, usageLimit: 1 })
  const buyers = await crowd(shop, 50)
  await Promise.all(buyers.map((buyer) => buyer.add(variants[0]!.serial)))
  assert.deepEqual(tally(await Promise.all(buyers.map((buyer) => buyer.apply(code)))), { 200: 50 })
  const answers = await Promise.all(buyers.map((buyer) => buyer.checkout()))
  assert.deepEqual(tally(answers), { 201: 1, 400: 49 })
  for (const { body } of answers.filter(({ status }) => status === 400))
    assert.deepEqual([body.code, body.error], ['VALIDATION_ERROR', 'Voucher has been used up'])
  assert.equal(await used(code), 1)
  assert.equal(await value(engine, 'select count(*)::int from orders where voucher_code = $1', code), 1)
  assert.equal(await stockOf(variants[0]!.id), 999)
  assert.equal(await deadlocks(engine), 0)
  await assertSound(engine)
})

test('orders that use a voucher, and carts that are given it meanwhile, do not wait for each other', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 1000 }] })
  const code = 'POPULAR'
  await shop.voucher({ code })
  for (let round = 0; round < 4; round++) {
    const buyers = await crowd(shop, 16)
    await Promise.all(buyers.map((buyer) => buyer.add(variants[0]!.serial)))
    const early = buyers.slice(0, 8)
    await Promise.all(early.map((buyer) => buyer.apply(code)))
    const answers = await Promise.all(
      buyers.map(async (buyer) => {
        if (!early.includes(buyer)) await buyer.apply(code)
        return buyer.checkout()
      }),
    )
    assert.deepEqual(tally(answers), { 201: 16 })
  }
  assert.equal(await used(code), 64)
  assert.equal(await deadlocks(engine), 0)
  await assertSound(engine)
})

test('the last unit goes to one of fifty buyers', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 1 }] })
  const buyers = await crowd(shop, 50)
  assert.deepEqual(tally(await Promise.all(buyers.map((buyer) => buyer.add(variants[0]!.serial)))), { 201: 50 })
  const answers = await Promise.all(buyers.map((buyer) => buyer.checkout()))
  assert.deepEqual(tally(answers), { 201: 1, 400: 49 })
  for (const { body } of answers.filter(({ status }) => status === 400))
    assert.deepEqual([body.code, body.error], ['VALIDATION_ERROR', 'Insufficient stock'])
  assert.equal(await stockOf(variants[0]!.id), 0)
  await assertSound(engine)
})

for (const [name, limit] of [
  ['one use each customer', { customerLimit: 1 }],
  ['the first order only', { firstOrderOnly: true }],
] as const) {
  test(`a voucher for ${name} is used once, however often its customer orders at once`, async () => {
    const { variants } = await shop.product({ variants: [{ quantity: 1000 }] })
    const code = name.slice(0, 5).toUpperCase().replace(' ', '')
    await shop.voucher({ code, ...limit })
    const buyers = await crowd(shop, 6)
    const counts = await Promise.all(
      buyers.map(async (buyer) => {
        // each fills a cart, names the voucher and orders, while the others do the same with the same cart
        const answers = await times(6, async () => {
          await buyer.add(variants[0]!.serial)
          await buyer.apply(code)
          return buyer.checkout()
        })
        for (const { status } of answers) assert.ok([201, 400, 409].includes(status), String(status))
        return answers.filter(({ status }) => status === 201).length
      }),
    )
    assert.ok(counts.every((count) => count > 0))
    const rows = await execute(
      engine.db,
      'select count(*)::int from orders where voucher_code = $1 group by customer_id',
      [code],
    )
    assert.ok(rows.length > 0 && rows.every(([count]) => count === 1), JSON.stringify(rows))
    assert.equal(await used(code), rows.length)
    await assertSound(engine)
  })
}

test('a voucher is given back once, whether its order is cancelled, expires, or both at once', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 1000 }] })
  const code = 'GIVENBACK'
  await shop.voucher({ code, usageLimit: 100 })
  const buyers = await crowd(shop, 8)
  const placed = await Promise.all(
    buyers.map(async (buyer) => {
      await buyer.add(variants[0]!.serial, 2)
      await buyer.apply(code)
      return buyer.checkout()
    }),
  )
  assert.deepEqual(tally(placed), { 201: 8 }, JSON.stringify(placed[0]!.body))
  assert.equal(await used(code), 8)
  await Promise.all(
    placed.map(async ({ body }, i) => {
      const number: string = body.data.order.order_number
      const id = String(await value(engine, 'select id from orders where number = $1', number))
      const expire = () => engine.run(shop.store, { kind: 'system' }, (ctx) => expireOrder(ctx, id))
      const cancel = () => buyers[i]!.call('PUT', `/api/orders/${number}/cancel`, { reason: 'race' })
      const [first, expired, second, again] = await Promise.all([cancel(), expire(), cancel(), expire()])
      // one of the four ended it
      const ended = [first.status === 200, second.status === 200, expired, again]
      assert.equal(ended.filter(Boolean).length, 1, JSON.stringify(ended))
      for (const { status } of [first, second]) assert.ok([200, 409].includes(status), String(status))
    }),
  )
  assert.equal(await used(code), 0)
  assert.equal(await stockOf(variants[0]!.id), 1000)
  await assertSound(engine)
})

test('two guests who become one customer at once lose nothing', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 1000 }] })
  const other = await shop.product({ variants: [{ quantity: 1000 }] })
  for (let round = 0; round < 4; round++) {
    const person = await shop.customer()
    await person.call('POST', '/api/cart/items', { product_variant_id: variants[0]!.serial, quantity: 1 })
    const guests = [shop.guest(), shop.guest(), shop.guest()]
    for (const [i, guest] of guests.entries()) {
      const product_variant_id = i === 2 ? other.variants[0]!.serial : variants[0]!.serial
      assert.equal((await guest.call('POST', '/api/cart/items', { product_variant_id, quantity: 10 ** i })).status, 201)
    }
    const login = { email: person.email, password }
    const answers = await Promise.all(
      guests.flatMap((guest) => {
        const headers = { 'x-cart-token': guest.token! }
        return [1, 2].map(() => shop.call(shop.store, 'POST', '/api/auth/login', { body: login, headers }))
      }),
    )
    assert.deepEqual(tally(answers), { 200: 6 })
    assert.deepEqual(
      (await itemsOf(person)).toSorted(([a], [b]) => a! - b!),
      [
        [variants[0]!.serial, 1 + 1 + 10],
        [other.variants[0]!.serial, 100],
      ],
      'each guest’s cart once',
    )
  }
  assert.equal(await deadlocks(engine), 0)
  await assertSound(engine)
})

test('what a guest adds beside the sign-in is in the customer’s cart or still in the guest’s, and never in both', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 1000 }] })
  const serial = variants[0]!.serial
  const people = await times(6, () => shop.customer())
  await Promise.all(
    people.map(async (person) => {
      const guest = shop.guest()
      await guest.call('POST', '/api/cart/items', { product_variant_id: serial, quantity: 1 })
      const headers = { 'x-cart-token': guest.token! }
      const body = { product_variant_id: serial, quantity: 1 }
      const [signed, ...added] = await Promise.all([
        shop.call(shop.store, 'POST', '/api/auth/login', { body: { email: person.email, password }, headers }),
        ...Array.from({ length: 8 }, () => shop.call(shop.store, 'POST', '/api/cart/items', { body, headers })),
      ])
      assert.equal(signed.status, 200)
      assert.deepEqual(tally(added), { 201: 8 })
      const sum = [...(await itemsOf(person)), ...(await itemsOf(guest))].reduce(
        (all, [, quantity]) => all + quantity!,
        0,
      )
      assert.equal(sum, 9)
    }),
  )
  await assertSound(engine)
})

test('a cart cannot be filled past the stock by asking many times at once', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 5 }] })
  const guest = shop.guest()
  await guest.call('GET', '/api/cart')
  const [person] = await crowd(shop, 1)
  const body = { product_variant_id: variants[0]!.serial, quantity: 1 }
  for (const one of [guest, person!]) {
    assert.deepEqual(tally(await times(12, () => one.call('POST', '/api/cart/items', body))), { 201: 5, 400: 7 })
    assert.deepEqual(await itemsOf(one), [[variants[0]!.serial, 5]])
  }
})

test('one wish moved to the cart many times at once is moved once', async () => {
  const product = await shop.product()
  const [person] = await crowd(shop, 1)
  const wish = { product_id: product.serial, product_variant_id: product.variants[0]!.serial }
  const added = await times(6, () => person!.call('POST', '/api/wishlist', wish))
  assert.deepEqual(tally(added), { 201: 1, 409: 5 })
  const { id } = added.find(({ status }) => status === 201)!.body.data.item
  const moved = await times(6, () => person!.call('POST', `/api/wishlist/${id}/move-to-cart`, { quantity: 1 }))
  assert.deepEqual(tally(moved), { 200: 1, 404: 5 })
  assert.deepEqual(await itemsOf(person!), [[product.variants[0]!.serial, 1]])
})
