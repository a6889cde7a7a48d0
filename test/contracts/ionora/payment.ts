import assert from 'node:assert/strict'
import { sign } from '../../../src/providers/payments/razorpay.ts'
import { guest, inStock, nobody, payQuietly, placed, query, shop, signed } from './shop.ts'
import { openRow, sampleOf } from './table.ts'
import type { RowTests } from './table.ts'

let events = 0
/** Sends a webhook as the gateway would. @param more headers beside the signature, or another signature */
export const hook = (body: object | string, more: Record<string, string> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = {
    'x-razorpay-signature': sign(shop.account.webhookSecret, text),
    'x-razorpay-event-id': `evt_${++events}`,
    ...more,
  }
  return openRow('payment.webhook').send(guest, { body: text, headers })
}

const paymentsOf = (orderId: string) =>
  query('select state, count(*) from payment where order_id = $1 group by state order by state', [orderId])

/** An order whose payment the checkout has just taken, of which the shop knows nothing yet. */
async function paidAtGateway() {
  const made = await placed()
  const { razorpay_payment_id: id } = await payQuietly(made.sessionId)
  const captured = sampleOf('webhook.payment.captured', { id, order_id: made.sessionId, amount: 967494 })
  return { ...made, captured }
}

export const payment: RowTests = {
  'payment.createOrder': {
    'rupees in, paise out, with the public key and never the secret': async (row) => {
      const { buyer, orderId, sessionId } = await placed()
      const body = await row.ok(buyer, { body: { order_id: orderId, amount: 9674.94 } })
      const { keyId, keySecret } = shop.account
      assert.deepEqual(body, { razorpay_order_id: sessionId, amount: 967494, currency: 'INR', key_id: keyId })
      assert.doesNotMatch(JSON.stringify(body), new RegExp(keySecret))
    },
    'an order that the checkout failed to open is paid through it': async (row) => {
      const { buyer, orderId, sessionId, product } = await placed()
      const { razorpay_payment_id: failed } = await payQuietly(sessionId, { outcome: 'failure' })
      await hook(sampleOf('webhook.payment.other', { id: failed, order_id: sessionId, amount: 967494 }))
      assert.equal(await inStock(product.id), 12)
      const { razorpay_order_id: id } = await row.ok(buyer, { body: { order_id: orderId, amount: 9674.94 } })
      assert.equal(await inStock(product.id), 10)
      const paid = await buyer.call('POST', '/api/payment/verify', await payQuietly(id))
      assert.equal(paid.status, 200)
    },
    'another amount than the order’s is refused': async (row) => {
      const { buyer, orderId } = await placed()
      for (const amount of [1, 9674.93, 9674.95, 967494]) {
        const { status, body } = await row.send(buyer, { body: { order_id: orderId, amount } })
        assert.deepEqual([status, body], [400, { message: 'Amount does not match the order total.' }])
      }
    },
    'an unknown order is a 404 and another customer’s a 403': async (row) => {
      const { buyer, orderId } = await placed()
      await row.no('no such order', buyer, { body: { order_id: nobody, amount: 9674.94 } })
      await row.no('user mismatch', await shop.customer(), { body: { order_id: orderId, amount: 9674.94 } })
    },
    'a paid order is not asked for again': async (row) => {
      const { buyer, orderId, sessionId } = await placed()
      await buyer.call('POST', '/api/payment/verify', await payQuietly(sessionId))
      await row.no('the order is already paid', buyer, { body: { order_id: orderId, amount: 9674.94 } })
    },
    'an order is named and an amount is a positive number': async (row) => {
      const { buyer, orderId } = await placed()
      for (const amount of [0, -1, '9674.94', null, undefined])
        assert.deepEqual(await row.no('validation', buyer, { body: { order_id: orderId, amount } }), ['amount'])
      assert.deepEqual(await row.no('validation', buyer, { body: {} }), ['order_id', 'amount'])
      const wrong = await row.send(buyer, { body: row.request.body })
      assert.deepEqual(wrong.body, { errors: [{ msg: 'A valid order_id is required', param: 'order_id' }] })
    },
  },

  'payment.verify': {
    'a good signature makes the order paid and confirmed, once': async (row) => {
      const { buyer, orderId, sessionId, read, product } = await placed()
      const body = await payQuietly(sessionId)
      assert.deepEqual(Object.keys(await row.ok(buyer, { body })), ['message'])
      const paid = await read()
      assert.deepEqual([paid.status, paid.payment_status], ['confirmed', 'paid'])
      await row.ok(buyer, { body })
      assert.deepEqual(await read(), paid)
      assert.deepEqual(await paymentsOf(orderId), [['captured', 1]])
      assert.equal(await inStock(product.id), 10)
    },
    'a signature that does not match is refused': async (row) => {
      const { buyer, sessionId, read } = await placed()
      const body = await payQuietly(sessionId)
      for (const razorpay_signature of ['signature', 'a'.repeat(64), sign('another key', `${sessionId}|x`)])
        await row.no('razorpay_signature does not match', buyer, { body: { ...body, razorpay_signature } })
      const other = await row.send(buyer, {
        body: { ...body, ...signed(sessionId, 'pay_123'), razorpay_payment_id: 'pay_124' },
      })
      row.refuses('razorpay_signature does not match', other)
      assert.equal((await read()).status, 'pending')
    },
    'an unknown order is a 404 and another customer’s a 403': async (row) => {
      const { buyer, sessionId, read } = await placed()
      await row.no('no order with this razorpay_order_id', buyer, { body: row.request.body })
      const body = await payQuietly(sessionId)
      await row.no('wrong user', await shop.customer(), { body })
      assert.equal((await read()).status, 'pending')
    },
    'every missing field is named': async (row) => {
      const { buyer } = await placed()
      const fields = ['razorpay_order_id', 'razorpay_payment_id', 'razorpay_signature']
      assert.deepEqual(await row.no('validation', buyer, { body: {} }), fields)
      const { razorpay_payment_id: _, ...body } = row.request.body
      assert.deepEqual(await row.no('validation', buyer, { body }), ['razorpay_payment_id'])
    },
  },

  'payment.webhook': {
    'the documented request is answered without a token': async (row) => {
      assert.deepEqual(row.answers(await hook(row.request.body)), { message: 'Payment captured.' })
    },
    'the signature is over the bytes as they came': async (row) => {
      const { captured, read } = await paidAtGateway()
      const odd = JSON.stringify(captured, null, 3).replace('payment.captured', String.raw`payment.captured`)
      row.refuses(
        'x-razorpay-signature missing',
        await hook(odd, {
          'x-razorpay-signature': sign(shop.account.webhookSecret, JSON.stringify(captured)),
        }),
      )
      assert.equal((await read()).status, 'pending')
      row.answers(await hook(odd))
      assert.equal((await read()).status, 'confirmed')
    },
    'a missing or a wrong signature is a 400, whatever it signs': async (row) => {
      const { captured, read } = await paidAtGateway()
      for (const signature of ['', 'signature', sign(shop.account.keySecret, JSON.stringify(captured))]) {
        row.refuses('x-razorpay-signature missing', await hook(captured, { 'x-razorpay-signature': signature }))
      }
      await row.no('x-razorpay-signature missing', guest, { body: captured })
      await row.no('x-razorpay-signature missing', guest)
      assert.equal((await read()).status, 'pending')
    },
    'a payload that makes no sense is refused, though it is signed': async (row) => {
      for (const text of [
        'not JSON',
        '',
        '[]',
        '5',
        '{}',
        '{"event":"payment.captured"}',
        '{"payload":{}}',
        '{"event":5,"payload":{}}',
      ])
        row.refuses('payload is not JSON', await hook(text))
    },
    'the gateway’s own webhook reaches the order': async () => {
      const { sessionId, read } = await placed()
      await shop.pay(sessionId)
      const deadline = Date.now() + 5000
      while ((await read()).status !== 'confirmed' && Date.now() < deadline) await new Promise(setImmediate)
      assert.deepEqual([(await read()).status, (await read()).payment_status], ['confirmed', 'paid'])
    },
  },
}

/** The events that the gateway sends, by their rows in the table. */
export const webhooks: Record<string, Record<string, () => Promise<void>>> = {
  'webhook.payment.captured': {
    'the order is paid and confirmed, once, however often it is told': async () => {
      const { captured, orderId, read, product } = await paidAtGateway()
      const row = openRow('payment.webhook')
      assert.deepEqual(row.answers(await hook(captured)), { message: 'Payment captured.' })
      const paid = await read()
      assert.deepEqual([paid.status, paid.payment_status], ['confirmed', 'paid'])
      for (const id of ['evt_same', 'evt_same', 'evt_other'])
        assert.deepEqual(row.answers(await hook(captured, { 'x-razorpay-event-id': id })), {
          message: 'Payment captured.',
        })
      assert.deepEqual(await read(), paid)
      assert.deepEqual(await paymentsOf(orderId), [['captured', 1]])
      assert.equal(await inStock(product.id), 10)
    },
    'what it says is not believed: the gateway is asked': async () => {
      const { sessionId, read } = await placed()
      const { razorpay_payment_id: id } = await payQuietly(sessionId, { outcome: 'failure' })
      const lie = sampleOf('webhook.payment.captured', { id, order_id: sessionId, amount: 967494 })
      openRow('payment.webhook').answers(await hook(lie))
      assert.notEqual((await read()).payment_status, 'paid')
    },
  },
  'webhook.payment.other': {
    'a failed payment releases the stock that the order held': async () => {
      const { sessionId, product, read } = await placed()
      const { razorpay_payment_id: id } = await payQuietly(sessionId, { outcome: 'failure' })
      const failed = sampleOf('webhook.payment.other', { id, order_id: sessionId, amount: 967494 })
      assert.equal(await inStock(product.id), 10)
      const row = openRow('payment.webhook')
      assert.deepEqual(row.answers(await hook(failed)), { message: 'Webhook received.' })
      assert.equal(await inStock(product.id), 12)
      assert.equal((await read()).payment_status, 'failed')
      assert.deepEqual(row.answers(await hook(failed)), { message: 'Webhook received.' })
      assert.equal(await inStock(product.id), 12)
    },
    'an event that the shop does not follow is received all the same': async () => {
      const answer = await hook({ event: 'subscription.charged', payload: {} })
      assert.deepEqual(openRow('payment.webhook').answers(answer), { message: 'Webhook received.' })
    },
  },
}
