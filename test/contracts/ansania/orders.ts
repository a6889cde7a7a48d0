import assert from 'node:assert/strict'
import { settleRefund, performRefund } from '../../../src/engine/payments/refunds.ts'
import { system } from '../../../src/engine/context.ts'
import type { OrderState } from '../../../src/engine/orders/states.ts'
import { statusesOf } from '../../support/faults.ts'
import type { Wire } from '../../support/installation.ts'
import {
  cancel,
  change,
  expireUnpaid,
  foreign,
  inStock,
  moveTo,
  orderIn,
  pay,
  placed,
  placedBy,
  put,
  query,
  serialOf,
  oakTable,
} from './buying.ts'
import type { MadeOrder } from './buying.ts'
import { invoice } from './invoices.ts'
import { shop } from './shop.ts'
import type { RowTests } from './table.ts'

/** How an order gets into each of its states, and how it is printed there. */
const ways: Record<string, { way: (OrderState | 'pay')[]; status: string; payment: string }> = {
  placed: { way: [], status: 'pending_payment', payment: 'pending' },
  paid: { way: ['pay'], status: 'paid', payment: 'paid' },
  'confirmed without money': { way: ['confirmed'], status: 'processing', payment: 'pending' },
  'being packed without money': { way: ['processing'], status: 'processing', payment: 'pending' },
  'being packed': { way: ['pay', 'processing'], status: 'processing', payment: 'paid' },
  shipped: { way: ['pay', 'processing', 'shipped'], status: 'shipped', payment: 'paid' },
  delivered: { way: ['pay', 'processing', 'shipped', 'delivered'], status: 'delivered', payment: 'paid' },
  'sent back unopened': { way: ['pay', 'processing', 'shipped', 'returned'], status: 'cancelled', payment: 'paid' },
  'sent back later': {
    way: ['pay', 'processing', 'shipped', 'delivered', 'returned'],
    status: 'delivered',
    payment: 'paid',
  },
  cancelled: { way: ['cancelled'], status: 'cancelled', payment: 'failed' },
  'cancelled after payment': { way: ['pay', 'cancelled'], status: 'cancelled', payment: 'paid' },
}

async function go(order: MadeOrder, way: (OrderState | 'pay')[]) {
  for (const step of way) await (step === 'pay' ? pay(order) : moveTo(order.number, step))
}

/** A buyer with one order in each state, the oldest first: their numbers, and how each is printed. */
async function oneOfEach() {
  const product = await shop.product({ ...oakTable, variants: [{ ...oakTable.variants![0]!, quantity: 100 }] })
  const buyer = await shop.buyer(serialOf(product))
  const first = orderIn(buyer, await buyer.checkout())
  await expireUnpaid()
  const made = [{ name: 'expired', number: first.number, status: 'cancelled', payment: 'failed' }]
  for (const [name, { way, status, payment }] of Object.entries(ways)) {
    const order = await placedBy(buyer, product)
    await go(order, way)
    made.push({ name, number: order.number, status, payment })
  }
  return { buyer, made }
}

const refundsOf = (number: string) =>
  query(
    `select r.id, r.state, r.amount_minor from refund r join orders o on o.store_id = r.store_id and o.id = r.order_id
    where o.store_id = $1 and o.number = $2`,
    [shop.store.storeId, number],
  )

const numbersOf = (body: Wire): string[] => body.data.orders.map((order: Wire) => order.order_number)

export const orders: RowTests = {
  'orders.list': {
    'ten on a page unless asked otherwise, the newest first': async (row) => {
      const { buyer, made } = await oneOfEach()
      const newest = made.map(({ number }) => number).toReversed()
      const first = await row.ok(buyer)
      assert.deepEqual(first.data.pagination, { page: 1, limit: 10, total: 12, totalPages: 2 })
      assert.deepEqual(numbersOf(first), newest.slice(0, 10))
      assert.deepEqual(numbersOf(await row.ok(buyer, { query: { page: 2 } })), newest.slice(10))
      const few = await row.ok(buyer, { query: { limit: 5, page: 3, sort: 'newest' } })
      assert.deepEqual(few.data.pagination, { page: 3, limit: 5, total: 12, totalPages: 3 })
      assert.deepEqual(numbersOf(few), newest.slice(10))
      assert.deepEqual(numbersOf(await row.ok(buyer, { query: { sort: 'oldest', limit: 100 } })), newest.toReversed())
      assert.deepEqual(numbersOf(await row.ok(buyer, { query: { page: 7 } })), [])
      assert.equal((await row.ok(buyer, { query: { limit: 500 } })).data.pagination.limit, 100)
    },
    'each state is printed as one of the six, and the filter picks by what is printed': async (row) => {
      const { buyer, made } = await oneOfEach()
      const { orders } = (await row.ok(buyer, { query: { sort: 'oldest', limit: 100 } })).data
      assert.deepEqual(
        orders.map(({ order_number: number, status, payment_status: payment }: Wire) => ({ number, status, payment })),
        made.map(({ number, status, payment }) => ({ number, status, payment })),
      )
      for (const status of ['pending_payment', 'paid', 'processing', 'shipped', 'delivered', 'cancelled']) {
        const wanted = made.filter((order) => order.status === status).map(({ number }) => number)
        assert.ok(wanted.length > 0, status)
        const body = await row.ok(buyer, { query: { status, sort: 'oldest' } })
        assert.deepEqual([numbersOf(body), body.data.pagination.total], [wanted, wanted.length], status)
      }
      for (const { number, status, payment, name } of made) {
        const seen = await buyer.orderOf(number)
        assert.deepEqual([seen.status, seen.payment_status], [status, payment], name)
      }
    },
    'an order in short, with its first three lines': async (row) => {
      const { buyer, product } = await placed(2)
      const names = ['Alpha', 'Beta', 'Gamma', 'Delta']
      for (const name of names) await put(buyer, await shop.product({ name, slug: `of-four-${name.toLowerCase()}` }))
      orderIn(buyer, await buyer.checkout())
      const [second, first] = (await row.ok(buyer)).data.orders
      assert.deepEqual(
        second.items_preview,
        names.slice(0, 3).map((name) => ({
          product_name: name,
          quantity: 1,
          image: `https://cdn.example.com/of-four-${name.toLowerCase()}.jpg`,
        })),
      )
      const { id, order_number: number, created_at: _, ...rest } = first
      const { product_name } = rest.items_preview[0]
      assert.match(product_name, /^Oak Table \d+$/)
      assert.deepEqual([id, number], [(await buyer.orderOf(number)).id, number])
      assert.deepEqual(rest, {
        status: 'pending_payment',
        payment_status: 'pending',
        total_amount: 7_025_000,
        items_preview: [
          {
            product_name,
            quantity: 2,
            image: `https://cdn.example.com/${product.slug}.jpg`,
          },
        ],
      })
    },
    'a query that makes no sense is refused': async (row) => {
      const { buyer } = await placed(1)
      const malformed: [string, string | number][] = [
        ['status', 'confirmed'],
        ['status', 'expired'],
        ['status', ''],
        ['sort', 'price'],
        ['page', 0],
        ['page', 'two'],
        ['limit', 0],
        ['limit', 1.5],
      ]
      for (const [name, value] of malformed)
        assert.deepEqual(await row.no('a query value', buyer, { query: { [name]: value } }), [name])
    },
    'a customer sees no order of another': async (row) => {
      await placed(1)
      const { data } = await row.ok(await shop.customer())
      assert.deepEqual(data, { orders: [], pagination: { page: 1, limit: 10, total: 0, totalPages: 0 } })
    },
  },

  'orders.get': {
    'everything that the contract shows, courier and bank in capitals': async (row) => {
      const { buyer, product, number, transaction, total } = await placed(2)
      const { order } = (await row.ok(buyer, { params: { order_number: number } })).data
      const { id, created_at: at, items, payment, shipping, ...rest } = order
      const { product_name } = items[0]
      assert.match(product_name, /^Oak Table \d+$/)
      assert.ok(Number.isSafeInteger(id) && Date.parse(at) > Date.now() - 60_000)
      assert.deepEqual(rest, {
        order_number: number,
        status: 'pending_payment',
        payment_status: 'pending',
        paid_at: null,
        summary: { subtotal: 7_000_000, discount: 0, shipping_cost: 25_000, total },
        voucher_code: null,
        customer_note: null,
        cancel_reason: null,
      })
      assert.deepEqual(items, [
        {
          product_id: product.serial,
          product_name,
          variant_name: 'Natural / Matte / Large',
          sku: product.variants[0]!.sku,
          quantity: 2,
          price: 3_500_000,
          subtotal: 7_000_000,
          image: `https://cdn.example.com/${product.slug}.jpg`,
        },
      ])
      assert.deepEqual(shipping, {
        recipient_name: 'Budi Santoso',
        phone: '+628123456789',
        address: 'Jl. Example No. 123, Jakarta Selatan, DKI Jakarta 12345',
        address_line2: null,
        district: null,
        courier: 'JNT',
        service: 'REG',
        tracking_number: null,
        cost: 25_000,
        is_estimate: false,
        history: [],
      })
      const { payment_url: url, expired_at: ends, ...paying } = payment
      assert.deepEqual(paying, {
        method: 'virtual_account',
        channel: 'BCA',
        transaction_id: transaction,
        amount: 7_025_000,
      })
      assert.match(url, /^http/)
      assert.equal(Date.parse(ends) - Date.parse(at), 24 * 60 * 60_000)
    },
    'paid_at and the tracking number are there when they are': async () => {
      const order = await placed(1)
      await pay(order)
      const paid = await order.read()
      assert.ok(Date.parse(paid.paid_at) >= Date.parse(paid.created_at))
      await moveTo(order.number, 'processing')
      await moveTo(order.number, 'shipped', { trackingNumber: 'JT123456789' })
      const shipped = await order.read()
      assert.deepEqual(
        [shipped.status, shipped.shipping.tracking_number, shipped.paid_at],
        ['shipped', 'JT123456789', paid.paid_at],
      )
    },
    'it stays as it was placed, whatever becomes of price and address': async () => {
      const order = await placed(2)
      const before = await order.read()
      await change(order.product, { price: 1 })
      const { addresses } = (await order.buyer.call('GET', '/api/user/addresses')).body.data
      const { id, ...fields } = addresses[0]
      const moved = { ...fields, address_line1: 'Jl. Baru 1', recipient_name: 'Siti', is_default: true }
      assert.equal((await order.buyer.call('PUT', `/api/user/addresses/${id}`, moved)).status, 200)
      assert.deepEqual(await order.read(), before)
      assert.equal((await order.buyer.call('DELETE', `/api/user/addresses/${id}`)).status, 204)
      assert.deepEqual(await order.read(), before)
    },
    'unknown and other people’s orders are refused alike': async (row) => {
      const { buyer } = await placed(1)
      for (const order_number of await foreign())
        await row.no('no order of the caller', buyer, { params: { order_number } })
    },
  },

  'orders.cancel': {
    'the documented request: cancelled, the stock is free, and the reason is kept': async (row) => {
      const order = await placed(2)
      const params = { order_number: order.number }
      const { data } = await row.ok(order.buyer, { params, body: row.request.body })
      assert.deepEqual(
        [data.order.status, data.order.payment_status, data.order.order_number],
        ['cancelled', 'failed', order.number],
      )
      assert.deepEqual(await order.read(), data.order)
      assert.equal(await inStock(order.product), 10)
      const told = await query(
        `select t.kind, t.actor, t.note from timeline t join orders o on o.store_id = t.store_id and o.id = t.order_id
        where o.store_id = $1 and o.number = $2 order by t.serial`,
        [shop.store.storeId, order.number],
      )
      assert.deepEqual(told.at(-1), ['cancelled', 'customer', 'Changed my mind'])
      assert.deepEqual(await refundsOf(order.number), [])
    },
    'a reason may be left out': async (row) => {
      for (const body of [{}, undefined]) {
        const order = await placed(1)
        await row.ok(order.buyer, { params: { order_number: order.number }, body })
      }
      const { buyer, number } = await placed(1)
      const { status, body } = await row.send(buyer, { params: { order_number: number }, body: { reason: 5 } })
      assert.deepEqual([status, body.code, body.details[0].param], [400, 'VALIDATION_ERROR', 'reason'])
    },
    'a paid order’s money is given back by hand, as DOKU cannot': async (row) => {
      const order = await placed(2)
      await pay(order)
      await row.ok(order.buyer, { params: { order_number: order.number } })
      assert.deepEqual([(await order.read()).status, await inStock(order.product)], ['cancelled', 10])
      const [[id, , amount], ...more] = (await refundsOf(order.number)) as [[string, string, number]]
      assert.deepEqual([amount, more], [7_025_000, []])
      const { engine, store, providers } = shop
      assert.equal(await performRefund(engine, providers.gatewayOf(store), store, id), 'by_hand')
      assert.deepEqual(
        (await refundsOf(order.number)).map(([, state]) => state),
        ['by_hand'],
      )
      assert.equal((await order.read()).payment_status, 'paid', 'until somebody has done it')
      await engine.run(store, system, (ctx) => settleRefund(ctx, id, 'transfer 1', 'processed'))
      assert.equal((await order.read()).payment_status, 'refunded')
    },
    'only once, and not any more when the parcel has gone': async (row) => {
      const { buyer, made } = await oneOfEach()
      const open = new Set(['placed', 'paid', 'confirmed without money', 'being packed', 'being packed without money'])
      for (const { name, number, status } of made) {
        const request = { params: { order_number: number }, body: row.request.body }
        if (open.has(name)) await row.ok(buyer, request)
        else {
          await row.no('the order cannot be cancelled', buyer, request)
          assert.equal((await buyer.orderOf(number)).status, status, name)
        }
      }
      const order = await placed(2)
      const answers = await Promise.all(Array.from({ length: 5 }, () => cancel(order.buyer, order.number)))
      assert.deepEqual(statusesOf(answers), [200, 409, 409, 409, 409])
      assert.equal(await inStock(order.product), 10)
    },
    'with an Idempotency-Key a repeat is given the first answer': async (row) => {
      const { buyer, number } = await placed(1)
      const request = { params: { order_number: number }, headers: { 'idempotency-key': 'cancel-1' } }
      assert.deepEqual(await row.ok(buyer, request), await row.ok(buyer, request))
    },
    'unknown and other people’s orders are refused alike, and stay': async (row) => {
      const [{ buyer }, other] = [await placed(1), await placed(1)]
      for (const order_number of [...(await foreign()), other.number])
        await row.no('no order of the caller', buyer, { params: { order_number } })
      assert.equal((await other.read()).status, 'pending_payment')
    },
  },

  'orders.invoice': invoice,
}
