import assert from 'node:assert/strict'
import { deactivateVariant } from '../../../src/engine/catalogue/products.ts'
import { system } from '../../../src/engine/context.ts'
import type { MadeProduct } from '../../support/furniture.ts'
import { statusesOf } from '../../support/faults.ts'
import type { Wire } from '../../support/installation.ts'
import { cartOf, change, inStock, oakTable, serialOf } from './buying.ts'
import type { Person } from './buying.ts'
import { nobody, shop } from './shop.ts'
import type { RowTests } from './table.ts'

const itemsOf = async (by: Person): Promise<Wire[]> => (await by.call('GET', '/api/wishlist')).body.data.items

const naming = (product: MadeProduct, more: object = {}) => ({
  body: { product_id: product.serial, product_variant_id: serialOf(product), ...more },
})

/** A customer with an oak table on the list. */
async function wishing() {
  const [person, product] = [await shop.customer(), await shop.product(oakTable)]
  const { status, body } = await person.call('POST', '/api/wishlist', naming(product).body)
  assert.equal(status, 201, JSON.stringify(body))
  return { person, product, id: body.data.item.id as number }
}

const deactivate = (product: MadeProduct) =>
  shop.engine.run(shop.store, system, (ctx) => deactivateVariant(ctx, product.variants[0]!.id))

export const wishlist: RowTests = {
  'wishlist.get': {
    'an empty list, and then everything that the contract shows of an item': async (row) => {
      assert.deepEqual((await row.ok(await shop.customer())).data, { items: [] })
      const { person, product, id } = await wishing()
      const [item, ...rest] = (await row.ok(person)).data.items
      assert.deepEqual(rest, [])
      assert.deepEqual(item, {
        id,
        product: {
          id: product.serial,
          name: item.product.name,
          slug: product.slug,
          price: 3_500_000,
          image: `https://cdn.example.com/${product.slug}.jpg`,
          stock_status: 'in_stock',
        },
        variant: { id: serialOf(product), color: 'Natural', finishing: 'Matte', size: 'Large' },
        added_at: item.added_at,
      })
      assert.match(item.product.name, /^Oak Table \d+$/)
    },
    'price and stock are those of now; what is sold no more stays, and is out of stock': async (row) => {
      const { person, product } = await wishing()
      const shown = async () => {
        const [{ product: seen }] = (await row.ok(person)).data.items
        return [seen.price, seen.stock_status]
      }
      await change(product, { price: 2_000_000, quantity: 0 })
      assert.deepEqual(await shown(), [2_000_000, 'out_of_stock'])
      await change(product, { price: 2_000_000, quantity: 1 })
      assert.deepEqual(await shown(), [2_000_000, 'in_stock'])
      await deactivate(product)
      assert.deepEqual(await shown(), [2_000_000, 'out_of_stock'])
    },
    'all are listed, the newest first, of the caller alone': async (row) => {
      const { person, product } = await wishing()
      const serials = [serialOf(product)]
      for (let i = 0; i < 22; i++) {
        const other = await shop.product()
        serials.unshift(serialOf(other))
        await person.call('POST', '/api/wishlist', naming(other).body)
      }
      const { items } = (await row.ok(person)).data
      assert.deepEqual(
        items.map(({ variant }: Wire) => variant.id),
        serials,
      )
      assert.equal((await row.ok((await wishing()).person)).data.items.length, 1)
    },
  },

  'wishlist.add': {
    'a variant is remembered, once': async (row) => {
      const [person, product] = [await shop.customer(), await shop.product(oakTable)]
      const { item } = (await row.ok(person, naming(product))).data
      assert.deepEqual(await itemsOf(person), [item])
      await row.no('the variant is in the wishlist', person, naming(product))
      await row.ok(await shop.customer(), naming(product)) // others remember it too
      assert.equal((await itemsOf(person)).length, 1)
    },
    'of five requests at once one is told that it was added': async (row) => {
      const [person, product] = [await shop.customer(), await shop.product()]
      const answers = await Promise.all(Array.from({ length: 5 }, () => row.send(person, naming(product))))
      assert.deepEqual(statusesOf(answers), [201, 409, 409, 409, 409])
    },
    'two variants of one product are two items': async (row) => {
      const person = await shop.customer()
      const product = await shop.product({
        options: ['Color'],
        variants: [{ options: ['Natural'] }, { options: ['Walnut'] }],
      })
      for (const { serial } of product.variants) await row.ok(person, naming(product, { product_variant_id: serial }))
      assert.deepEqual(
        (await itemsOf(person)).map(({ variant }) => variant.color),
        ['Walnut', 'Natural'],
      )
    },
    'the variant belongs to the product, and both are sold here': async (row) => {
      const { person, product } = await wishing()
      const [other, hidden, rival] = [await shop.product(), await shop.product(), await shop.product({}, shop.rival)]
      await deactivate(hidden)
      for (const request of [
        naming(product, { product_variant_id: serialOf(other) }),
        naming(other, { product_variant_id: serialOf(product) }),
        naming(other, { product_id: nobody }),
        naming(other, { product_variant_id: nobody }),
        naming(hidden),
        naming(rival),
      ])
        await row.no('no such product or variant', person, request)
      assert.equal((await itemsOf(person)).length, 1)
    },
    'both are named by their numbers': async (row) => {
      const [person, product] = [await shop.customer(), await shop.product()]
      const when = 'product_id or product_variant_id'
      assert.deepEqual(await row.no(when, person, { body: {} }), ['product_id', 'product_variant_id'])
      for (const wrong of [product.id, '1', 0, 1.5, null])
        assert.deepEqual(await row.no(when, person, naming(product, { product_id: wrong })), ['product_id'])
    },
  },

  'wishlist.remove': {
    'an item is removed by its own number, once, without a word': async (row) => {
      const { person, product, id } = await wishing()
      await row.no('no wishlist item', person, { params: { id: nobody } })
      await row.ok(person, { params: { id } })
      assert.deepEqual(await itemsOf(person), [])
      await row.no('no wishlist item', person, { params: { id } })
      const again = await person.call('POST', '/api/wishlist', naming(product).body)
      assert.equal(again.status, 201)
    },
    'another’s item stays': async (row) => {
      const { person, id } = await wishing()
      await row.no('no wishlist item', await shop.customer(), { params: { id } })
      assert.equal((await itemsOf(person)).length, 1)
    },
  },

  'wishlist.moveToCart': {
    'the item goes from the list to the cart': async (row) => {
      const { person, product, id } = await wishing()
      const { cart } = (await row.ok(person, { params: { id }, body: row.request.body })).data
      assert.deepEqual([cart.items.length, cart.items[0].variant.id, cart.items[0].quantity], [1, serialOf(product), 1])
      assert.deepEqual(await cartOf(person), cart)
      assert.deepEqual(await itemsOf(person), [])
      await row.no('no wishlist item', person, { params: { id }, body: row.request.body })
      // once more: it is added to what is in the cart already
      const again = await person.call('POST', '/api/wishlist', naming(product).body)
      const more = await row.ok(person, { params: { id: again.body.data.item.id }, body: { quantity: 3 } })
      assert.equal(more.data.cart.items[0].quantity, 4)
      assert.equal(await inStock(product), 10)
    },
    'when there is not enough, the item stays on the list': async (row) => {
      const { person, id } = await wishing()
      await row.no('quantity is over the stock', person, { params: { id }, body: { quantity: 11 } })
      assert.deepEqual([(await itemsOf(person)).length, (await cartOf(person)).items], [1, []])
      await row.ok(person, { params: { id }, body: { quantity: 10 } })
    },
    'what is sold no more stays on the list': async (row) => {
      const { person, product, id } = await wishing()
      await deactivate(product)
      const answer = await row.send(person, { params: { id }, body: { quantity: 1 } })
      assert.deepEqual([answer.status, answer.body.code], [404, 'NOT_FOUND'])
      assert.equal((await itemsOf(person)).length, 1)
    },
    'a quantity is a positive whole number': async (row) => {
      const { person, id } = await wishing()
      for (const quantity of [0, -1, 1.5, '2', null, undefined])
        assert.deepEqual(await row.no('quantity is not', person, { params: { id }, body: { quantity } }), ['quantity'])
      assert.equal((await itemsOf(person)).length, 1)
    },
    'another’s item stays where it is': async (row) => {
      const { person, id } = await wishing()
      const other = await shop.customer()
      await row.no('no wishlist item', other, { params: { id }, body: { quantity: 1 } })
      assert.deepEqual([(await itemsOf(person)).length, (await cartOf(other)).items], [1, []])
    },
  },
}
