import assert from 'node:assert/strict'
import type { Wire } from '../../support/shop.ts'
import { admin, guest, inStock, nobody, placed, shop } from './shop.ts'
import type { RowTests } from './table.ts'

const required = [
  'name',
  'price',
  'discount_percentage',
  'category',
  'stock_quantity',
  'images',
  'specifications',
  'is_active',
]

const shown = async (id: string): Promise<Wire> => (await guest.call('GET', `/api/products/${id}`)).body.product

/** Values out of each field's range, or of another type. */
const wrong: Record<string, unknown[]> = {
  name: ['', 5, null],
  description: [5, []],
  price: [-1, '9999', null, 1e15],
  discount_percentage: [-1, 100.5, '10'],
  category: ['', 5],
  stock_quantity: [-1, 1.5, '20', 1e12],
  images: ['https://cdn.example.com/a.jpg', [5], ['javascript:alert(1)']],
  specifications: ['2 L/min', [], null],
  is_active: ['true', 1],
}

export const adminProducts: RowTests = {
  'admin.products.create': {
    'the documented request makes a product: numbers in, text with two decimals out': async (row) => {
      const { product } = await row.ok(admin, { body: row.request.body })
      const { id, created_at: at, updated_at: updated, ...rest } = product
      assert.deepEqual(rest, {
        ...row.request.body,
        description: null,
        price: '9999.00',
        discount_percentage: '10.00',
        final_price: '8999.10',
      })
      assert.equal(at, updated)
      assert.deepEqual(await shown(id), product)
    },
    'a description may be given; a product may begin inactive': async (row) => {
      const body = { ...row.request.body, description: 'Nine plates.', is_active: false }
      const { product } = await row.ok(admin, { body })
      assert.deepEqual([product.description, product.is_active], ['Nine plates.', false])
      assert.equal(await shown(product.id), undefined)
    },
    'prices and discounts go from nothing to everything': async (row) => {
      const body = { ...row.request.body, price: 0, discount_percentage: 100, stock_quantity: 0 }
      const { product } = await row.ok(admin, { body })
      assert.deepEqual(
        [product.price, product.discount_percentage, product.final_price, product.stock_quantity],
        ['0.00', '100.00', '0.00', 0],
      )
      const { product: odd } = await row.ok(admin, { body: { ...body, price: 0.07, discount_percentage: 33.33 } })
      assert.deepEqual([odd.price, odd.discount_percentage, odd.final_price], ['0.07', '33.33', '0.05'])
    },
    'every missing field is named': async (row) => {
      assert.deepEqual(await row.no('validation', admin, { body: {} }), required)
    },
    'a field out of its range or of another type is refused': async (row) => {
      for (const [field, values] of Object.entries(wrong)) {
        for (const value of values) {
          const { status, body } = await row.send(admin, { body: { ...row.request.body, [field]: value } })
          assert.equal(status, 400, `${field} ${JSON.stringify(value)}`)
          assert.deepEqual(
            body.errors.map((error: Wire) => error.param.split('.')[0]),
            [field],
          )
        }
      }
      const { body } = await row.send(admin, { body: { ...row.request.body, description: 5 } })
      assert.deepEqual(body, { errors: [{ msg: 'Description must be text', param: 'description' }] })
    },
  },

  'admin.products.update': {
    'the documented request changes price and stock, and the rest stays': async (row) => {
      const { id } = await shop.product()
      const before = await shown(id)
      const { product } = await row.ok(admin, { params: { id }, body: row.request.body })
      assert.deepEqual(product, {
        ...before,
        price: '9499.00',
        final_price: '8549.10',
        stock_quantity: 15,
        updated_at: product.updated_at,
      })
      assert.ok(product.updated_at >= before.updated_at)
      assert.deepEqual(await shown(id), product)
    },
    'each field can be changed alone': async (row) => {
      const { id } = await shop.product()
      const changes = {
        name: 'Ionizer Z',
        description: 'New.',
        category: 'acidic',
        images: ['https://cdn.example.com/z.jpg'],
        specifications: { plates: 9 },
        stock_quantity: 3,
      }
      const expected = await shown(id)
      for (const [field, value] of Object.entries(changes)) {
        const { product } = await row.ok(admin, { params: { id }, body: { [field]: value } })
        Object.assign(expected, { [field]: value, updated_at: product.updated_at })
        assert.deepEqual(product, expected)
      }
      assert.deepEqual(await shown(id), expected)
      const { product } = await row.ok(admin, { params: { id }, body: { description: null, discount_percentage: 0 } })
      assert.deepEqual([product.description, product.final_price], [null, '4555.06'])
    },
    'is_active true brings a deactivated product back': async (row) => {
      const { id } = await shop.product()
      await admin.call('DELETE', `/api/admin/products/${id}`)
      assert.equal(await shown(id), undefined)
      const { product } = await row.ok(admin, { params: { id }, body: { is_active: true } })
      assert.deepEqual(await shown(id), product)
    },
    'a new price leaves orders as they are': async (row) => {
      const { product, read } = await placed()
      const before = await read()
      await row.ok(admin, { params: { id: product.id }, body: { price: 1, discount_percentage: 0 } })
      assert.deepEqual(await read(), before)
    },
    'stock is what can still be bought: what orders hold comes on top': async (row) => {
      const { product, orderId } = await placed(2)
      await row.ok(admin, { params: { id: product.id }, body: { stock_quantity: 5 } })
      assert.equal(await inStock(product.id), 5)
      await admin.call('PUT', `/api/admin/orders/${orderId}/status`, { status: 'cancelled' })
      assert.equal(await inStock(product.id), 7)
    },
    'no known field is no change': async (row) => {
      const { id } = await shop.product()
      for (const body of [{}, undefined, { colour: 'red' }])
        await row.no('no fields provided', admin, { params: { id }, body })
    },
    'a field out of its range or of another type is refused, and nothing changes': async (row) => {
      const { id } = await shop.product()
      const before = await shown(id)
      assert.deepEqual(await row.no('validation', admin, { params: { id }, body: { price: -1 } }), ['price'])
      for (const [field, values] of Object.entries(wrong)) {
        for (const value of values) {
          const { status, body } = await row.send(admin, { params: { id }, body: { [field]: value } })
          assert.equal(status, 400, `${field} ${JSON.stringify(value)}`)
          assert.deepEqual(
            body.errors.map((error: Wire) => error.param.split('.')[0]),
            [field],
          )
        }
      }
      assert.deepEqual(await shown(id), before)
    },
    'an unknown product and another store’s are refused alike': async (row) => {
      const rival = await shop.product({}, shop.rival)
      for (const id of [nobody, rival.id])
        await row.no('no such product', admin, { params: { id }, body: { price: 1 } })
    },
  },

  'admin.products.delete': {
    'a deactivated product leaves the lists and the cart’s door, and stays in orders and favourites': async (row) => {
      const { product, buyer, read } = await placed()
      const { id } = product
      await buyer.call('POST', '/api/favorites', { product_id: id })
      const before = await read()
      await row.ok(admin, { params: { id } })
      assert.equal(await shown(id), undefined)
      assert.equal((await buyer.call('POST', '/api/cart', { product_id: id, quantity: 1 })).status, 404)
      assert.deepEqual(await read(), before)
      const { favorites } = (await buyer.call('GET', '/api/favorites')).body
      assert.deepEqual([favorites[0].product.id, favorites[0].product.is_active], [id, false])
    },
    'deactivating twice is the same': async (row) => {
      const { id } = await shop.product()
      for (let i = 0; i < 2; i++) await row.ok(admin, { params: { id } })
    },
    'an unknown product and another store’s are refused alike': async (row) => {
      const rival = await shop.product({}, shop.rival)
      for (const id of [nobody, rival.id]) await row.no('no such product', admin, { params: { id } })
      assert.equal((await shop.call(shop.rival, 'GET', `/api/products/${rival.id}`)).status, 200)
    },
  },
}
