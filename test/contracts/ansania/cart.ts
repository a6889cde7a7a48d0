import assert from 'node:assert/strict'
import { system } from '../../../src/engine/context.ts'
import { deactivateVariant } from '../../../src/engine/catalogue/products.ts'
import type { MadeProduct } from '../../support/furniture.ts'
import { browser, cartOf, change, filled, inStock, put, serialOf } from './buying.ts'
import { merging } from './merge.ts'
import { bearer, nobody, shop } from './shop.ts'
import type { RowTests } from './table.ts'

const empty = { id: 0, items: [], subtotal: 0, discount_amount: 0, voucher: null, total: 0 }

const deactivate = (product: MadeProduct) =>
  shop.engine.run(shop.store, system, (ctx) => deactivateVariant(ctx, product.variants[0]!.id))

const badQuantities = [0, -1, 1.5, '2', null, undefined, 1_000_001]

/** Guests of both kinds, and a customer: whoever can have a cart. */
const everybody = async () => ({ browser: browser(), app: shop.guest(), customer: await shop.customer() })

export const cart: RowTests = {
  'cart.get': {
    'a cart that nothing was put in is empty and costs nothing': async (row) => {
      for (const [who, caller] of Object.entries(await everybody()))
        assert.deepEqual((await row.ok(caller)).data.cart, empty, who)
    },
    'everything that the contract shows of a cart, amounts in whole rupiah': async (row) => {
      const { person, product, id } = await filled(2)
      const { cart } = (await row.ok(person)).data
      const { name } = cart.items[0].product
      assert.match(name, /^Oak Table \d+$/)
      assert.ok(cart.id > 0)
      assert.deepEqual(cart, {
        id: cart.id,
        items: [
          {
            id,
            product: {
              id: product.serial,
              name,
              slug: product.slug,
              image: `https://cdn.example.com/${product.slug}.jpg`,
            },
            variant: {
              id: serialOf(product),
              sku: product.variants[0]!.sku,
              color: 'Natural',
              finishing: 'Matte',
              size: 'Large',
            },
            quantity: 2,
            price: 3_500_000,
            subtotal: 7_000_000,
            stock_available: 10,
          },
        ],
        subtotal: 7_000_000,
        discount_amount: 0,
        voucher: null,
        total: 7_000_000,
      })
    },
    'prices and stock are those of now, and what is sold no more has none': async (row) => {
      const { person, product } = await filled(2)
      await change(product, { price: 100_000, quantity: 3 })
      const [item] = (await row.ok(person)).data.cart.items
      assert.deepEqual([item.price, item.subtotal, item.stock_available], [100_000, 200_000, 3])
      await deactivate(product)
      const { cart } = (await row.ok(person)).data
      assert.deepEqual([cart.items.length, cart.items[0].stock_available], [1, 0])
    },
    'a browser is given a cookie that no script can read, one for each store': async (row) => {
      const guest = browser()
      const answer = await row.send(guest)
      assert.equal(guest.given.length, 1)
      const [pair, ...attributes] = guest.given[0]!.split('; ')
      assert.match(pair!, /^cart_ansania=[\w-]{43}$/)
      assert.deepEqual(attributes.toSorted(), ['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax'])
      assert.match(answer.headers.get('cache-control') ?? '', /no-store/)
      await row.ok(guest)
      assert.equal(guest.given.length, 1, 'a cookie that holds is not given again')
      await guest.at(shop.rival).call('GET', '/api/cart')
      assert.deepEqual([...guest.jar.keys()], ['cart_ansania', 'cart_rival'])
      assert.notEqual(guest.jar.get('cart_rival'), guest.jar.get('cart_ansania'))
    },
    'a guest’s cart is found by the cookie, or by the header of an app, and by nobody without them': async (row) => {
      const [page, other, app] = [browser(), browser(), shop.guest()]
      const product = await shop.product()
      await put(page, product, 2)
      await put(app, product, 3)
      const quantities = async (...callers: Parameters<typeof row.ok>[0][]) =>
        Promise.all(callers.map(async (caller) => (await row.ok(caller)).data.cart.items[0]?.quantity))
      assert.deepEqual(await quantities(page, app, other), [2, 3, undefined])
      const token = page.jar.get('cart_ansania')!
      const shared = await row.ok(bearer(), { headers: { 'x-cart-token': token } })
      assert.equal(shared.data.cart.items[0].quantity, 2)
      // what is no token of ours is no key to anything: another is given in its place
      for (const made of ['1', `${token}x`, 'a'.repeat(43), 'cart_ansania']) {
        const answer = await row.send(bearer(), { headers: { 'x-cart-token': made } })
        assert.deepEqual(row.answers(answer).data.cart, empty)
      }
    },
    'a token is worth nothing in another store': async (row) => {
      const page = browser()
      await put(page, await shop.product(), 2)
      const token = page.jar.get('cart_ansania')!
      const headers = { cookie: `cart_rival=${token}; cart_ansania=${token}`, 'x-cart-token': token }
      const there = await shop.call(shop.rival, 'GET', '/api/cart', { headers })
      assert.deepEqual(there.body.data.cart, empty)
      assert.equal((await row.ok(page)).data.cart.items.length, 1)
    },
    'with a token it is the customer’s cart, whatever cookie comes with it': async (row) => {
      const { person } = await filled(2)
      const page = browser()
      await put(page, await shop.product(), 5)
      const cookie = `cart_ansania=${page.jar.get('cart_ansania')}`
      const { cart } = (await row.ok(person, { headers: { cookie } })).data
      assert.deepEqual([cart.items.length, cart.items[0].quantity], [1, 2])
      // and a token that does not hold makes nobody a guest
      const answer = await row.send(bearer('token'), { headers: { cookie } })
      assert.deepEqual([answer.status, answer.body.code], [401, 'UNAUTHORIZED'])
    },
    ...merging,
  },

  'cart.addItem': {
    'the documented request answers 201 with the whole cart, for guests too': async (row) => {
      for (const [who, caller] of Object.entries(await everybody())) {
        const product = await shop.product()
        const { data } = await row.ok(caller, { body: { ...row.request.body, product_variant_id: serialOf(product) } })
        assert.deepEqual([data.cart.items[0].quantity, data.cart.total], [2, 7_000_000], who)
        assert.deepEqual(await cartOf(caller), data.cart, who)
        assert.equal(await inStock(product), 10, 'a cart reserves nothing')
      }
    },
    'adding again raises the quantity, and the stock is checked for the sum': async (row) => {
      for (const [who, caller] of Object.entries(await everybody())) {
        const product = await shop.product({ variants: [{ quantity: 5 }] })
        const add = (quantity: number) => ({ body: { product_variant_id: serialOf(product), quantity } })
        await row.ok(caller, add(2))
        const { cart } = (await row.ok(caller, add(3))).data
        assert.deepEqual([cart.items.length, cart.items[0].quantity], [1, 5], who)
        const { status, body } = await row.send(caller, add(1))
        const [{ name: _, ...fact }] = body.details
        assert.deepEqual([status, body.error, fact], [400, 'Insufficient stock', { wanted: 6, available: 5 }])
        assert.deepEqual(await cartOf(caller), cart, who)
      }
      const sold = await shop.product({ variants: [{ quantity: 0 }] })
      await row.no('quantity is over the stock', shop.guest(), {
        body: { product_variant_id: serialOf(sold), quantity: 1 },
      })
    },
    'of twenty requests at once no more go in than there are': async (row) => {
      const [person, product] = [await shop.customer(), await shop.product({ variants: [{ quantity: 7 }] })]
      const body = { product_variant_id: serialOf(product), quantity: 1 }
      const answers = await Promise.all(Array.from({ length: 20 }, () => row.send(person, { body })))
      assert.equal(answers.filter(({ status }) => status === 201).length, 7)
      assert.equal((await cartOf(person)).items[0].quantity, 7)
    },
    'variants of one product are lines of their own': async (row) => {
      const variants = [{ options: ['Natural'] }, { options: ['Walnut'], price: 4_000_000 }]
      const [guest, product] = [browser(), await shop.product({ options: ['Color'], variants })]
      let cart
      for (const { serial } of product.variants)
        cart = (await row.ok(guest, { body: { product_variant_id: serial, quantity: 1 } })).data.cart
      assert.deepEqual(
        cart.items.map(({ variant }: { variant: object }) => variant),
        product.variants.map(({ serial, sku }, i) => ({
          id: serial,
          sku,
          color: variants[i]!.options[0],
          finishing: '',
          size: '',
        })),
      )
      assert.equal(cart.total, 7_500_000)
    },
    'a variant is named by its number, and a quantity is a positive whole number': async (row) => {
      const [guest, product] = [shop.guest(), await shop.product()]
      const when = 'product_variant_id or quantity is missing'
      for (const quantity of badQuantities) {
        const body = { product_variant_id: serialOf(product), quantity }
        assert.deepEqual(await row.no(when, guest, { body }), ['quantity'])
      }
      for (const product_variant_id of [
        product.variants[0]!.id,
        String(serialOf(product)),
        0,
        -1,
        1.5,
        null,
        undefined,
      ])
        assert.deepEqual(await row.no(when, guest, { body: { product_variant_id, quantity: 1 } }), [
          'product_variant_id',
        ])
      assert.deepEqual(await row.no(when, guest), ['product_variant_id', 'quantity'])
      assert.deepEqual(await cartOf(guest), empty)
    },
    'unknown, hidden and another store’s variants are refused alike': async (row) => {
      const [hidden, rival] = [await shop.product(), await shop.product({}, shop.rival)]
      await deactivate(hidden)
      for (const product_variant_id of [nobody, serialOf(hidden), serialOf(rival)])
        await row.no('no visible variant', shop.guest(), { body: { product_variant_id, quantity: 1 } })
    },
    'with an Idempotency-Key the same request adds once': async (row) => {
      const { person, product } = await filled(1)
      const body = { product_variant_id: serialOf(product), quantity: 2 }
      const headers = { 'idempotency-key': 'add-1' }
      const first = await row.ok(person, { body, headers })
      assert.deepEqual(await row.ok(person, { body, headers }), first)
      assert.equal((await cartOf(person)).items[0].quantity, 3)
    },
  },

  'cart.updateItem': {
    'the quantity takes the place of the old one, and the sums follow': async (row) => {
      for (const caller of Object.values(await everybody())) {
        const { id, product } = await filled(2, caller)
        const { cart } = (await row.ok(caller, { params: { id }, body: row.request.body })).data
        assert.deepEqual([cart.items[0].id, cart.items[0].quantity, cart.total], [id, 3, 10_500_000])
        assert.deepEqual(await cartOf(caller), cart)
        await row.ok(caller, { params: { id }, body: { quantity: 10 } })
        await row.no('quantity is over the stock', caller, { params: { id }, body: { quantity: 11 } })
        assert.equal((await cartOf(caller)).items[0].quantity, 10)
        assert.equal(await inStock(product), 10)
      }
    },
    'a quantity is a positive whole number': async (row) => {
      const { person, id } = await filled(2)
      for (const quantity of badQuantities)
        assert.deepEqual(await row.no('quantity is missing', person, { params: { id }, body: { quantity } }), [
          'quantity',
        ])
      assert.equal((await cartOf(person)).items[0].quantity, 2)
    },
    'an item is found by its own number, in its own cart': async (row) => {
      const { person, product, id } = await filled(2)
      const [guest, other] = [await filled(1, browser()), await filled(1, shop.guest())]
      const body = { quantity: 3 }
      for (const wrong of [nobody, serialOf(product), product.serial, guest.id])
        if (wrong !== id) await row.no('no item of this cart', person, { params: { id: wrong }, body })
      for (const wrong of [id, other.id])
        await row.no('no item of this cart', guest.person, { params: { id: wrong }, body })
      for (const mine of [guest, other]) assert.equal((await cartOf(mine.person)).items[0].quantity, 1)
      assert.equal((await cartOf(person)).items[0].quantity, 2)
      const text = await row.send(person, { params: { id: 'one' }, body })
      assert.deepEqual([text.status, text.body.code], [400, 'VALIDATION_ERROR'])
    },
  },

  'cart.removeItem': {
    'an item is removed once, without a word': async (row) => {
      for (const caller of Object.values(await everybody())) {
        const kept = await filled(1, caller)
        const { product } = await filled(2, caller)
        const [, { id }] = (await cartOf(caller)).items
        await row.ok(caller, { params: { id } })
        const cart = await cartOf(caller)
        assert.deepEqual([cart.items.map((item: { id: number }) => item.id), cart.total], [[kept.id], 3_500_000])
        await row.no('no item of this cart', caller, { params: { id } })
        await put(caller, product, 1)
      }
    },
    'another’s item stays': async (row) => {
      const { person, id } = await filled(2)
      const guest = await filled(1, browser())
      await row.no('no item of this cart', await shop.customer(), { params: { id } })
      await row.no('no item of this cart', guest.person, { params: { id } })
      await row.no('no item of this cart', shop.guest(), { params: { id: guest.id } })
      await row.no('no item of this cart', person, { params: { id: guest.id } })
      await row.no('no item of this cart', person, { params: { id: nobody } })
      assert.deepEqual([(await cartOf(person)).items.length, (await cartOf(guest.person)).items.length], [1, 1])
    },
  },
}
