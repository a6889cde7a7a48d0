import assert from 'node:assert/strict'
import type { Wire } from '../../support/shop.ts'
import { address, plainProduct } from '../../support/shop.ts'
import { admin, inStock, moveTo, nobody, orderIn, payQuietly, placed, query, shop, statuses } from './shop.ts'
import type { RowTests } from './table.ts'

export const orders: RowTests = {
  'orders.list': {
    'a page has ten orders unless asked otherwise, the newest first': async (row) => {
      const made = await placed()
      const ids = [made.orderId]
      await admin.call('PUT', `/api/admin/products/${made.product.id}`, { stock_quantity: 20 })
      for (let i = 0; i < 11; i++) ids.unshift(await orderIn('pending', made))
      const idsOf = (body: Wire) => body.orders.map((order: Wire) => order.id)
      const first = await row.ok(made.buyer)
      assert.deepEqual(first.pagination, { page: 1, limit: 10, total: 12, totalPages: 2 })
      assert.deepEqual(idsOf(first), ids.slice(0, 10))
      assert.deepEqual(idsOf(await row.ok(made.buyer, { query: { page: 2 } })), ids.slice(10))
      const few = await row.ok(made.buyer, { query: { limit: 5, page: 3 } })
      assert.deepEqual(few.pagination, { page: 3, limit: 5, total: 12, totalPages: 3 })
      assert.deepEqual((await row.ok(made.buyer, { query: { limit: 500 } })).pagination.limit, 100)
    },
    'an order is told in short: its total and its number of pieces are text': async (row) => {
      const { buyer, orderId, read } = await placed(2)
      const {
        orders: [order],
      } = await row.ok(buyer)
      const { created_at: _, updated_at: __, ...rest } = order
      assert.deepEqual(rest, {
        id: orderId,
        order_number: (await read()).order_number,
        status: 'pending',
        payment_status: 'pending',
        total_amount: '9674.94',
        items_count: '2',
      })
    },
    'a status picks by its exact value': async (row) => {
      const made = await placed()
      const shipped = await orderIn('shipped', made)
      const ids = async (status: string) =>
        (await row.ok(made.buyer, { query: { status } })).orders.map((order: Wire) => order.id)
      assert.deepEqual(await ids('shipped'), [shipped])
      assert.deepEqual(await ids('pending'), [made.orderId])
      assert.deepEqual(await ids('returned'), [])
      const { body } = await row.send(made.buyer, { query: { status: 'lost' } })
      assert.deepEqual(body, { errors: [{ msg: 'A valid status is required', param: 'status' }] })
    },
    'a customer sees no order of another': async (row) => {
      await placed()
      const body = await row.ok(await shop.customer())
      assert.deepEqual(body, { orders: [], pagination: { page: 1, limit: 10, total: 0, totalPages: 0 } })
    },
  },

  'orders.get': {
    'an order in full, every amount as text with two decimals': async (row) => {
      const { buyer, orderId, sessionId, product } = await placed()
      const { order } = await row.ok(buyer, { params: { id: orderId } })
      const { order_number: _, created_at: at, updated_at: __, items, ...rest } = order
      assert.deepEqual(rest, {
        id: orderId,
        status: 'pending',
        payment_status: 'pending',
        shipping_method: 'standard',
        subtotal: '8199.10',
        tax_amount: '1475.84',
        shipping_charge: '0.00',
        discount_amount: '0.00',
        total_amount: '9674.94',
        confirmed_at: null,
        shipped_at: null,
        delivered_at: null,
        tracking_number: null,
        razorpay_order_id: sessionId,
        shipping_address: { id: buyer.addressId, ...address },
      })
      const [{ id: _id, ...item }] = items
      assert.deepEqual(item, {
        product_id: product.id,
        quantity: 2,
        price_at_purchase: '4099.55',
        subtotal: '8199.10',
        created_at: at,
        name: plainProduct.name,
        description: plainProduct.description,
        final_price: '4099.55',
        images: plainProduct.images,
      })
    },
    'what was agreed stays when the product changes or goes': async (row) => {
      const { buyer, orderId, product } = await placed()
      const before = await row.ok(buyer, { params: { id: orderId } })
      await admin.call('PUT', `/api/admin/products/${product.id}`, { price: 1, name: 'Other', images: [] })
      await admin.call('DELETE', `/api/admin/products/${product.id}`)
      assert.deepEqual(await row.ok(buyer, { params: { id: orderId } }), before)
    },
    'an unknown order, another customer’s and another store’s are refused alike': async (row) => {
      const [{ orderId }, other] = await Promise.all([placed(), shop.customer()])
      const rival = await shop.customer(shop.rival)
      for (const id of [nobody, orderId]) await row.no('no such order', other, { params: { id } })
      await row.no('no such order', rival, { params: { id: orderId } })
      assert.equal((await row.send(other, { params: { id: 'ION-2025-0001' } })).status, 400)
      // an administrator who shops sees the orders of others where administrators look, and not here
      await row.no('no such order', admin, { params: { id: orderId } })
    },
  },

  'orders.cancel': {
    'an order can be cancelled until it is shipped, which gives its stock back': async (row) => {
      const made = await placed()
      const left = await inStock(made.product.id)
      for (const status of ['pending', 'confirmed', 'processing']) {
        const id = await orderIn(status, made)
        assert.equal(await inStock(made.product.id), left - 1)
        await row.ok(made.buyer, { params: { id } })
        assert.equal(await inStock(made.product.id), left)
        assert.equal((await made.buyer.call('GET', `/api/orders/${id}`)).body.order.status, 'cancelled')
      }
    },
    'once it is shipped or has ended it cannot, and nothing changes': async (row) => {
      const made = await placed()
      for (const status of ['shipped', 'delivered', 'cancelled', 'returned']) {
        const id = await orderIn(status, made)
        const left = await inStock(made.product.id)
        await row.no('the order', made.buyer, { params: { id } })
        assert.equal((await made.buyer.call('GET', `/api/orders/${id}`)).body.order.status, status)
        assert.equal(await inStock(made.product.id), left)
      }
    },
    'an order that was paid can be cancelled, and its money goes back': async (row) => {
      const { buyer, orderId, sessionId } = await placed()
      await buyer.call('POST', '/api/checkout/payment', { order_id: orderId, ...(await payQuietly(sessionId)) })
      await row.ok(buyer, { params: { id: orderId } })
      assert.deepEqual(await query('select amount_minor from refund where order_id = $1', [orderId]), [[967494]])
    },
    'an unknown order and another customer’s are refused alike': async (row) => {
      const { orderId, read } = await placed()
      for (const id of [nobody, orderId]) await row.no('no such order', await shop.customer(), { params: { id } })
      await row.no('no such order', admin, { params: { id: orderId } })
      assert.equal((await read()).status, 'pending')
    },
  },
}

const following: Record<string, string[]> = {
  pending: ['confirmed', 'processing', 'cancelled'],
  confirmed: ['processing', 'shipped', 'cancelled'],
  processing: ['shipped', 'cancelled'],
  shipped: ['delivered', 'returned'],
  delivered: ['returned'],
  cancelled: [],
  returned: [],
}

export const adminOrders: RowTests = {
  'admin.orders.list': {
    'orders of every customer are listed, twenty a page, the newest first': async (row) => {
      const [one, two] = [await placed(), await placed()]
      const body = await row.ok(admin)
      const [newest, before] = body.orders
      assert.deepEqual([newest.id, before.id], [two.orderId, one.orderId])
      assert.deepEqual([body.pagination.page, body.pagination.limit], [1, 20])
      assert.equal(body.pagination.totalPages, Math.ceil(body.pagination.total / 20))
      const { order_number: _, created_at: __, updated_at: ___, ...rest } = newest
      assert.deepEqual(rest, {
        id: two.orderId,
        status: 'pending',
        payment_status: 'pending',
        total_amount: '9674.94',
        confirmed_at: null,
        shipped_at: null,
        delivered_at: null,
        user_id: two.buyer.id,
        user_email: two.buyer.email,
        user_full_name: newest.user_full_name,
        tracking_number: null,
        items_count: '2',
      })
      const { user } = (await two.buyer.call('GET', '/api/user/profile')).body
      assert.equal(newest.user_full_name, user.full_name)
      assert.equal((await row.ok(admin, { query: { limit: 500 } })).pagination.limit, 100)
    },
    'status and user_id pick, together too': async (row) => {
      const made = await placed()
      const shipped = await orderIn('shipped', made)
      const ids = async (query: Record<string, string>) =>
        (await row.ok(admin, { query })).orders.map((order: Wire) => order.id)
      const user_id = made.buyer.id
      assert.deepEqual(await ids({ user_id }), [shipped, made.orderId])
      assert.deepEqual(await ids({ user_id, status: 'shipped' }), [shipped])
      assert.deepEqual(await ids({ user_id, status: 'delivered' }), [])
      assert.deepEqual(await ids({ user_id: nobody }), [])
      const all = (await row.ok(admin, { query: { status: 'shipped', limit: '100' } })).orders
      assert.ok(all.every((order: Wire) => order.status === 'shipped'))
      for (const name of ['user_id', 'status'])
        assert.equal((await row.send(admin, { query: { [name]: 'lost' } })).status, 400)
    },
    'nobody sees the orders of another store': async (row) => {
      const rival = await shop.product({}, shop.rival)
      const buyer = await shop.buyer(rival.id, 1, shop.rival)
      assert.equal((await buyer.checkout()).status, 201)
      assert.equal((await row.ok(admin, { query: { user_id: buyer.id } })).pagination.total, 0)
    },
  },

  'admin.orders.updateStatus': {
    'of all 49 pairs of statuses the 11 of the table can follow each other': async (row) => {
      const made = await placed()
      await admin.call('PUT', `/api/admin/products/${made.product.id}`, { stock_quantity: 100 })
      let moved = 0
      let refused = 0
      for (const from of statuses) {
        const stays = await orderIn(from, made)
        for (const status of statuses) {
          const isListed = following[from]!.includes(status)
          const params = { id: isListed ? await orderIn(from, made) : stays }
          if (isListed) {
            assert.equal((await row.ok(admin, { params, body: { status } })).order.status, status)
            moved++
          } else {
            await row.no('invalid transition', admin, { params, body: { status } })
            refused++
          }
        }
        assert.equal((await made.buyer.call('GET', `/api/orders/${stays}`)).body.order.status, from)
      }
      assert.deepEqual([moved, refused], [11, 38])
    },
    'the documented request ships with a tracking number; times are set as the order gets there': async (row) => {
      const { orderId, buyer } = await placed()
      const move = async (body: object) => (await row.ok(admin, { params: { id: orderId }, body })).order
      const times = ({ confirmed_at: c, shipped_at: s, delivered_at: d }: Wire) => [c, s, d].map((at) => at !== null)
      const confirmed = await move({ status: 'confirmed' })
      assert.deepEqual([times(confirmed), confirmed.tracking_number], [[true, false, false], null])
      const shipped = await move(row.request.body)
      assert.deepEqual([times(shipped), shipped.tracking_number], [[true, true, false], 'TRACK123'])
      const delivered = await move({ status: 'delivered' })
      assert.deepEqual([times(delivered), delivered.tracking_number], [[true, true, true], 'TRACK123'])
      assert.deepEqual([delivered.confirmed_at, delivered.shipped_at], [confirmed.confirmed_at, shipped.shipped_at])
      const [listed] = (await admin.call('GET', `/api/admin/orders?user_id=${buyer.id}`)).body.orders
      assert.deepEqual(listed, delivered)
    },
    'cancelling releases the stock': async (row) => {
      const { orderId, product } = await placed(2)
      assert.equal(await inStock(product.id), 10)
      await row.ok(admin, { params: { id: orderId }, body: { status: 'cancelled' } })
      assert.equal(await inStock(product.id), 12)
    },
    'an unknown order and another store’s are refused alike': async (row) => {
      const rival = await shop.buyer((await shop.product({}, shop.rival)).id, 1, shop.rival)
      const { order } = (await rival.checkout()).body
      for (const id of [nobody, order.id])
        await row.no('no such order', admin, { params: { id }, body: row.request.body })
      assert.equal((await moveTo('ION-2025-0001', 'shipped')).status, 400)
    },
    'a status is one of the seven': async (row) => {
      const { orderId, read } = await placed()
      for (const status of ['lost', 'placed', 'expired', 'paid', '', 5, null, undefined])
        assert.deepEqual(await row.no('validation', admin, { params: { id: orderId }, body: { status } }), ['status'])
      assert.equal((await read()).status, 'pending')
    },
  },
}
