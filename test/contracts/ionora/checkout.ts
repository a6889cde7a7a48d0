import assert from 'node:assert/strict'
import { plainProduct } from '../../support/shop.ts'
import { admin, inStock, nobody, payQuietly, placed, query, shop, signed, whileFailing } from './shop.ts'
import type { OpenRow, RowTests } from './table.ts'

const totals = { subtotal: 8199.1, tax: 1475.84, shipping: 0, total: 9674.94 }

const order = (addressId: string) => ({ body: { shipping_address_id: addressId, payment_method: 'razorpay' } })

/** An order whose payment the checkout has just taken, and the request that tells the shop. */
async function returned(row: OpenRow, quantity?: number) {
  const made = await placed(quantity)
  const body = { ...row.request.body, order_id: made.orderId, ...(await payQuietly(made.sessionId)) }
  return { ...made, body }
}

const paymentsOf = async (orderId: string) =>
  query('select state, amount_minor from payment where order_id = $1', [orderId])

export const checkout: RowTests = {
  'checkout.validate': {
    'a cart that can be had is valid; nothing is held or changed by it': async (row) => {
      const product = await shop.product()
      const buyer = await shop.buyer(product.id, 2)
      const before = await buyer.call('GET', '/api/cart')
      assert.deepEqual(await row.ok(buyer), {
        valid: true,
        items: [
          {
            product_id: product.id,
            quantity: 2,
            item_total: 8199.1,
            name: plainProduct.name,
            final_price: 4099.55,
            stock_quantity: 12,
          },
        ],
        summary: totals,
        issues: [],
      })
      assert.deepEqual((await buyer.call('GET', '/api/cart')).body, before.body)
      assert.equal(await inStock(product.id), 12)
    },
    'a line that cannot be had makes it invalid, and has an issue': async (row) => {
      const [few, gone] = await Promise.all([shop.product({ name: 'few' }), shop.product({ name: 'gone' })])
      const buyer = await shop.buyer(few.id, 5)
      await buyer.call('POST', '/api/cart', { product_id: gone.id, quantity: 1 })
      await admin.call('PUT', `/api/admin/products/${few.id}`, { stock_quantity: 4 })
      await admin.call('DELETE', `/api/admin/products/${gone.id}`)
      const { valid, items, issues } = await row.ok(buyer)
      assert.deepEqual([valid, items.length], [false, 2])
      assert.deepEqual(
        issues.map((issue: { product_id: string }) => issue.product_id),
        [few.id, gone.id],
      )
    },
    'an empty cart is refused': async (row) => {
      await row.no('cart empty', await shop.customer())
    },
  },

  'checkout.createOrder': {
    'the documented request places an order, holds its stock and asks the gateway for its money': async (row) => {
      const product = await shop.product()
      const buyer = await shop.buyer(product.id, 2)
      const body = await row.ok(buyer, order(buyer.addressId))
      assert.deepEqual(body.order.totals, totals)
      assert.deepEqual([body.amount, body.currency], [967494, 'INR'])
      assert.match(body.order.order_number, /^ION-\d{4}-\d{4}$/)
      assert.equal(await inStock(product.id), 10)
      assert.deepEqual((await buyer.call('GET', '/api/cart')).body.items, [])

      const { order: seen } = (await buyer.call('GET', `/api/orders/${body.order.id}`)).body
      assert.deepEqual(
        [seen.status, seen.payment_status, seen.items[0].price_at_purchase],
        ['pending', 'pending', '4099.55'],
      )
      const asked = await fetch(`${shop.sandbox.url}/razorpay/v1/orders/${body.razorpay_order_id}`, {
        headers: { authorization: `Basic ${btoa(`${shop.account.keyId}:${shop.account.keySecret}`)}` },
      })
      const { amount, currency, status } = (await asked.json()) as Record<string, unknown>
      assert.deepEqual([amount, currency, status], [967494, 'INR', 'created'])
    },
    'order numbers run within the year': async (row) => {
      const product = await shop.product()
      const year = new Date().toLocaleDateString('en', { timeZone: shop.store.timeZone, year: 'numeric' })
      const numbers: number[] = []
      for (let i = 0; i < 3; i++) {
        const buyer = await shop.buyer(product.id)
        const { order_number: number } = (await row.ok(buyer, order(buyer.addressId))).order
        assert.equal(number.slice(0, 9), `ION-${year}-`)
        numbers.push(Number(number.slice(9)))
      }
      const first = numbers[0]!
      assert.deepEqual(numbers, [first, first + 1, first + 2])
    },
    'of two buyers with the last piece in their carts one gets it': async (row) => {
      const product = await shop.product({ quantity: 1 })
      const buyers = await Promise.all([shop.buyer(product.id), shop.buyer(product.id)])
      const answers = await Promise.all(buyers.map((buyer) => row.send(buyer, order(buyer.addressId))))
      const [won, lost] = answers.toSorted((a, b) => a.status - b.status)
      row.answers(won!)
      row.refuses('insufficient stock', lost!)
      assert.equal(await inStock(product.id), 0)
    },
    'an order for what is no longer sold is refused, and the cart stays': async (row) => {
      const product = await shop.product()
      const buyer = await shop.buyer(product.id)
      await admin.call('DELETE', `/api/admin/products/${product.id}`)
      await row.no('insufficient stock', buyer, order(buyer.addressId))
      assert.equal((await buyer.call('GET', '/api/cart')).body.items.length, 1)
    },
    'an empty cart is refused, so an order is not placed twice': async (row) => {
      const buyer = await shop.buyer((await shop.product()).id)
      await row.ok(buyer, order(buyer.addressId))
      await row.no('cart empty', buyer, order(buyer.addressId))
    },
    'the address is one of the caller’s': async (row) => {
      const product = await shop.product()
      const [buyer, other] = await Promise.all([shop.buyer(product.id), shop.buyer(product.id)])
      for (const id of [nobody, other.addressId]) await row.no('no such address', buyer, order(id))
      assert.equal(await inStock(product.id), 12)
    },
    'an address is required, and razorpay is the one way to pay': async (row) => {
      const buyer = await shop.buyer((await shop.product()).id)
      assert.deepEqual(await row.no('validation', buyer, { body: row.request.body }), ['shipping_address_id'])
      assert.deepEqual(await row.no('validation', buyer, { body: {} }), ['shipping_address_id', 'payment_method'])
      const other = await row.send(buyer, { body: { shipping_address_id: buyer.addressId, payment_method: 'cash' } })
      assert.equal(other.status, 400)
      assert.deepEqual(other.body.errors, [{ msg: 'Payment method must be razorpay', param: 'payment_method' }])
    },
  },

  'checkout.payment': {
    'a good signature confirms the order; repeating it changes nothing': async (row) => {
      const { buyer, body, orderId, product } = await returned(row)
      const first = await row.ok(buyer, { body })
      const { items, ...head } = first.order
      assert.deepEqual(head, {
        id: orderId,
        order_number: head.order_number,
        status: 'confirmed',
        payment_status: 'paid',
        total_amount: '9674.94',
      })
      assert.deepEqual(items, (await buyer.call('GET', `/api/orders/${orderId}`)).body.order.items)
      assert.deepEqual([items[0].product_id, items[0].quantity], [product.id, 2])
      assert.deepEqual(await row.ok(buyer, { body }), first)
      assert.deepEqual(await paymentsOf(orderId), [['captured', 967494]])
      assert.equal(await inStock(product.id), 10)
    },
    'a signature that does not match is refused': async (row) => {
      const { buyer, body, read } = await returned(row)
      const made = 'a'.repeat(64)
      for (const razorpay_signature of [
        row.request.body.razorpay_signature,
        made,
        body.razorpay_signature.toUpperCase(),
      ])
        await row.no('razorpay_signature does not match', buyer, { body: { ...body, razorpay_signature } })
      assert.equal((await read()).payment_status, 'pending')
      await row.ok(buyer, { body })
    },
    'the payment of another order pays nothing': async (row) => {
      const { buyer, product, body } = await returned(row)
      await buyer.call('POST', '/api/cart', { product_id: product.id, quantity: 3 })
      const { body: second } = await buyer.checkout()
      await row.no('razorpay_signature does not match', buyer, { body: { ...body, order_id: second.order.id } })
      // signed by the key, as only the gateway could, and still for a payment of the other order
      const mixed = { order_id: second.order.id, ...signed(second.razorpay_order_id, body.razorpay_payment_id) }
      assert.equal((await row.send(buyer, { body: mixed })).status, 400)
      assert.equal((await buyer.call('GET', `/api/orders/${second.order.id}`)).body.order.payment_status, 'pending')
    },
    'an unknown order and another customer’s are refused alike': async (row) => {
      const { buyer, body, read } = await returned(row)
      const other = await placed()
      await row.no('no such order', other.buyer, { body })
      await row.no('no such order', buyer, { body: { ...body, order_id: nobody } })
      await row.no('no such order', buyer, { body: { ...body, order_id: other.orderId } })
      assert.equal((await read()).payment_status, 'pending')
    },
    'a failure of ours leaves nothing half done, and the same request succeeds after it': async (row) => {
      const { buyer, body, orderId, product, read } = await returned(row)
      const before = await read()
      const ledger = () => query('select count(*) from ledger_transfer where order_id = $1', [orderId])
      const [entries, events] = [await ledger(), `new.subject_id = '${orderId}' and new.type = 'order.confirmed'`]
      await whileFailing('event', events, () => row.no('database failure', buyer, { body }))
      assert.deepEqual(await read(), before)
      assert.deepEqual([await paymentsOf(orderId), await ledger()], [[], entries])
      assert.equal(await inStock(product.id), 10)
      await row.ok(buyer, { body })
      assert.deepEqual(await paymentsOf(orderId), [['captured', 967494]])
    },
    'a failed payment releases the stock, and the order can be paid again': async (row) => {
      const { buyer, sessionId, orderId, product, read } = await placed()
      const { razorpay_payment_id: failed } = await payQuietly(sessionId, { outcome: 'failure' })
      const answer = await row.send(buyer, { body: { order_id: orderId, ...signed(sessionId, failed) } })
      assert.equal(answer.status, 400)
      assert.equal(typeof answer.body.message, 'string')
      assert.deepEqual([(await read()).status, (await read()).payment_status], ['pending', 'failed'])
      assert.equal(await inStock(product.id), 12)
      await row.ok(buyer, { body: { order_id: orderId, ...(await payQuietly(sessionId)) } })
      assert.equal(await inStock(product.id), 10)
    },
    'every missing field is named': async (row) => {
      const { buyer } = await placed()
      const fields = ['order_id', 'razorpay_order_id', 'razorpay_payment_id', 'razorpay_signature']
      assert.deepEqual(await row.no('validation', buyer, { body: {} }), fields)
      for (const field of fields.slice(1)) {
        const { body } = await row.send(buyer, { body: { ...row.request.body, order_id: nobody, [field]: undefined } })
        assert.deepEqual(body, { errors: [{ msg: `${field} is required`, param: field }] })
      }
    },
  },
}
