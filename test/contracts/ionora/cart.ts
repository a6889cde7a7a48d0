import assert from 'node:assert/strict'
import type { Wire } from '../../support/shop.ts'
import { plainProduct } from '../../support/shop.ts'
import { admin, inStock, nobody, shop } from './shop.ts'
import type { RowTests } from './table.ts'

type Person = Awaited<ReturnType<typeof shop.customer>>

const cartOf = async (person: Person): Promise<Wire> => (await person.call('GET', '/api/cart')).body
const summary = { subtotal: 8199.1, tax: 1475.84, shipping: 0, total: 9674.94 }
const emptyCart = { items: [], summary: { subtotal: 0, tax: 0, shipping: 0, total: 0 } }

/** A customer with something in the cart. */
async function filled(quantity = 2) {
  const [person, product] = await Promise.all([shop.customer(), shop.product()])
  const { body } = await person.call('POST', '/api/cart', { product_id: product.id, quantity })
  return { person, product, id: body.items[0].id as string }
}

export const cart: RowTests = {
  'cart.add': {
    'the documented request answers the whole cart, amounts as numbers': async (row) => {
      const [person, product] = await Promise.all([shop.customer(), shop.product()])
      const body = await row.ok(person, { body: { ...row.request.body, product_id: product.id } })
      const [{ id, added_at: _, ...item }] = body.items
      assert.notEqual(id, product.id)
      assert.deepEqual(item, {
        quantity: 2,
        product: {
          id: product.id,
          name: plainProduct.name,
          description: plainProduct.description,
          final_price: 4099.55,
          images: plainProduct.images,
          stock_quantity: 12,
        },
        item_total: 8199.1,
      })
      assert.deepEqual(body.summary, summary)
      assert.deepEqual(await cartOf(person), body)
    },
    'the tax is 18 % of the sum of all lines, rounded once': async (row) => {
      const person = await shop.customer()
      // three lines of 0.03, whose tax is 0.0162 together and 0.0054 each
      let body: Wire
      for (let i = 0; i < 3; i++) {
        const { id } = await shop.product({ listMinor: 3, discountBps: 0 })
        body = await row.ok(person, { body: { product_id: id, quantity: 1 } })
      }
      assert.equal(body.items.length, 3)
      assert.deepEqual(body.summary, { subtotal: 0.09, tax: 0.02, shipping: 0, total: 0.11 })
    },
    'adding again raises the quantity, and the stock is checked for the sum': async (row) => {
      const [person, product] = await Promise.all([shop.customer(), shop.product({ quantity: 5 })])
      const add = (quantity: number) => ({ body: { product_id: product.id, quantity } })
      await row.ok(person, add(2))
      const twice = await row.ok(person, add(3))
      assert.deepEqual([twice.items.length, twice.items[0].quantity], [1, 5])
      await row.no('insufficient stock', person, add(1))
      assert.deepEqual(await cartOf(person), twice)
      assert.equal(await inStock(product.id), 5)
    },
    'more than there is is refused': async (row) => {
      const [person, product] = await Promise.all([shop.customer(), shop.product({ quantity: 5 })])
      await row.no('insufficient stock', person, { body: { product_id: product.id, quantity: 6 } })
      const sold = await shop.product({ quantity: 0 })
      await row.no('insufficient stock', person, { body: { product_id: sold.id, quantity: 1 } })
      assert.deepEqual(await cartOf(person), emptyCart)
    },
    'a quantity is a positive whole number, and a product is named': async (row) => {
      const [person, product] = await Promise.all([shop.customer(), shop.product()])
      for (const quantity of [0, -1, 1.5, '2', null, undefined]) {
        const body = { product_id: product.id, quantity }
        assert.deepEqual(await row.no('quantity not a positive integer', person, { body }), ['quantity'])
      }
      for (const body of [row.request.body, { quantity: 2 }]) {
        const answer = await row.send(person, { body })
        assert.deepEqual(answer.body, { errors: [{ msg: 'A valid product_id is required', param: 'product_id' }] })
      }
    },
    'unknown, deactivated and another store’s products are refused alike': async (row) => {
      const person = await shop.customer()
      const [gone, rival] = [await shop.product({ isActive: false }), await shop.product({}, shop.rival)]
      for (const product_id of [nobody, gone.id, rival.id])
        await row.no('no such product', person, { body: { product_id, quantity: 1 } })
    },
  },

  'cart.get': {
    'an empty cart has no items and costs nothing': async (row) => {
      assert.deepEqual(await row.ok(await shop.customer()), emptyCart)
    },
    'it shows what its own customer put in, at the price of now': async (row) => {
      const { person, product } = await filled()
      await filled()
      const body = await row.ok(person)
      assert.deepEqual([body.items.length, body.items[0].product.id, body.summary], [1, product.id, summary])
      await admin.call('PUT', `/api/admin/products/${product.id}`, { price: 100, discount_percentage: 0 })
      const cheaper = await row.ok(person)
      assert.equal(cheaper.items[0].item_total, 200)
      assert.deepEqual(cheaper.summary, { subtotal: 200, tax: 36, shipping: 0, total: 236 })
    },
  },

  'cart.update': {
    'the quantity takes the place of the old one': async (row) => {
      const { person, id } = await filled(2)
      const body = await row.ok(person, { params: { id }, body: row.request.body })
      assert.deepEqual(Object.keys(body), ['message'])
      const [item] = (await cartOf(person)).items
      assert.deepEqual([item.id, item.quantity], [id, 3])
      await row.ok(person, { params: { id }, body: { quantity: 12 } })
    },
    'more than there is is refused': async (row) => {
      const { person, id } = await filled(2)
      await row.no('out of stock', person, { params: { id }, body: { quantity: 13 } })
      assert.equal((await cartOf(person)).items[0].quantity, 2)
    },
    'a quantity is a positive whole number': async (row) => {
      const { person, id } = await filled(2)
      for (const quantity of [0, -1, 1.5, '2', null, undefined])
        assert.deepEqual(await row.no('quantity not', person, { params: { id }, body: { quantity } }), ['quantity'])
      assert.equal((await cartOf(person)).items[0].quantity, 2)
    },
    'an item is found by its own id, in its own cart': async (row) => {
      const { person, product } = await filled(2)
      const other = await filled(1)
      for (const id of [nobody, product.id, other.id])
        await row.no('no such item', person, { params: { id }, body: { quantity: 3 } })
      assert.equal((await cartOf(other.person)).items[0].quantity, 1)
    },
  },

  'cart.remove': {
    'an item is removed by its own id, once': async (row) => {
      const { person, product, id } = await filled()
      await row.no('no such item', person, { params: { id: product.id } })
      const body = await row.ok(person, { params: { id } })
      assert.deepEqual(Object.keys(body), ['message'])
      assert.deepEqual(await cartOf(person), emptyCart)
      await row.no('no such item', person, { params: { id } })
    },
    'another customer’s item stays': async (row) => {
      const { person, id } = await filled()
      await row.no('no such item', await shop.customer(), { params: { id } })
      assert.equal((await cartOf(person)).items.length, 1)
    },
  },

  'cart.clear': {
    'the caller’s cart is emptied, and nobody else’s; again is the same': async (row) => {
      const [one, other] = await Promise.all([filled(), filled()])
      await row.ok(one.person)
      assert.deepEqual(await cartOf(one.person), emptyCart)
      assert.equal((await cartOf(other.person)).items.length, 1)
      await row.ok(one.person)
      await row.ok(await shop.customer())
    },
  },
}

const favoritesOf = async (person: Person): Promise<Wire[]> =>
  (await person.call('GET', '/api/favorites')).body.favorites

export const favorites: RowTests = {
  'favorites.add': {
    'adding twice leaves one entry': async (row) => {
      const [person, product] = await Promise.all([shop.customer(), shop.product()])
      for (let i = 0; i < 2; i++) await row.ok(person, { body: { product_id: product.id } })
      assert.deepEqual(
        (await favoritesOf(person)).map((entry) => entry.product.id),
        [product.id],
      )
    },
    'what is no product’s id is refused': async (row) => {
      const person = await shop.customer()
      for (const body of [row.request.body, {}, undefined, { product_id: 5 }])
        assert.deepEqual(await row.no('validation', person, { body }), ['product_id'])
    },
    'unknown, deactivated and another store’s products are refused alike': async (row) => {
      const person = await shop.customer()
      const [gone, rival] = [await shop.product({ isActive: false }), await shop.product({}, shop.rival)]
      for (const product_id of [nobody, gone.id, rival.id])
        await row.no('no such product', person, { body: { product_id } })
    },
  },

  'favorites.list': {
    'amounts are numbers here, and specifications are left out': async (row) => {
      const [person, product] = await Promise.all([
        shop.customer(),
        shop.product({ listMinor: 899900, discountBps: 1000 }),
      ])
      assert.deepEqual(await row.ok(person), { favorites: [] })
      await person.call('POST', '/api/favorites', { product_id: product.id })
      const body = await row.ok(person)
      const [{ id, added_at: _, product: shown }] = body.favorites
      assert.notEqual(id, product.id)
      assert.deepEqual(shown, {
        id: product.id,
        name: plainProduct.name,
        description: plainProduct.description,
        price: 8999,
        discount_percentage: 10,
        final_price: 8099.1,
        category: plainProduct.category,
        images: plainProduct.images,
        is_active: true,
        stock_quantity: 12,
        created_at: product.createdAt.toISOString(),
        updated_at: product.updatedAt.toISOString(),
      })
      assert.deepEqual(Object.keys(body), ['favorites'])
    },
    'a product that was deactivated since stays, marked so': async (row) => {
      const [person, product] = await Promise.all([shop.customer(), shop.product()])
      await person.call('POST', '/api/favorites', { product_id: product.id })
      await admin.call('DELETE', `/api/admin/products/${product.id}`)
      const { favorites } = await row.ok(person)
      assert.deepEqual([favorites[0].product.id, favorites[0].product.is_active], [product.id, false])
    },
    'all are listed, of the caller alone': async (row) => {
      const [person, other] = await Promise.all([shop.customer(), shop.customer()])
      const made = await Promise.all(Array.from({ length: 25 }, () => shop.product()))
      for (const { id } of made) await person.call('POST', '/api/favorites', { product_id: id })
      assert.equal((await row.ok(person)).favorites.length, 25)
      assert.deepEqual(await row.ok(other), { favorites: [] })
    },
  },

  'favorites.remove': {
    'a favourite is removed by its product’s id, once': async (row) => {
      const [person, product] = await Promise.all([shop.customer(), shop.product()])
      await person.call('POST', '/api/favorites', { product_id: product.id })
      const [{ id }] = (await favoritesOf(person)) as [Wire]
      await row.no('the product is not among', person, { params: { product_id: id } })
      await row.ok(person, { params: { product_id: product.id } })
      assert.deepEqual(await favoritesOf(person), [])
      await row.no('the product is not among', person, { params: { product_id: product.id } })
    },
    'another customer’s favourite stays': async (row) => {
      const [person, other, product] = await Promise.all([shop.customer(), shop.customer(), shop.product()])
      await person.call('POST', '/api/favorites', { product_id: product.id })
      await row.no('the product is not among', other, { params: { product_id: product.id } })
      assert.equal((await favoritesOf(person)).length, 1)
    },
    'what is no id is refused': async (row) => {
      const person = await shop.customer()
      assert.deepEqual(await row.no('validation', person, { params: { product_id: '42' } }), ['product_id'])
    },
  },
}
