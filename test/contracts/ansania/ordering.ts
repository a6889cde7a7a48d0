import assert from 'node:assert/strict'
import { statusesOf } from '../../support/faults.ts'
import type { Answer, Wire } from '../../support/installation.ts'
import {
  addressOf,
  apply,
  assertNothingLost,
  buying,
  cancel,
  cartOf,
  change,
  inStock,
  newPlace,
  order,
  placed,
  placedBy,
  put,
  serialOf,
  struck,
  whileFailing,
  oakTable,
} from './buying.ts'
import { discounted } from './discounts.ts'
import { nobody, shop } from './shop.ts'
import type { RowTests } from './table.ts'

/** Lets something happen after the courier was asked for an order and before it answers. */
async function whileCourierThinks(ask: () => Promise<Answer>, meanwhile: () => Promise<unknown>): Promise<Answer> {
  return whileFailing({ provider: 'jnt', kind: 'delay', delayMs: 700 }, async () => {
    const answer = ask()
    const deadline = Date.now() + 5000
    while ((await struck()) === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
    await meanwhile()
    return answer
  })
}

const day = 24 * 60 * 60_000

/** What placing an order promises. */
export const ordering: RowTests[string] = {
  'the documented request: 7 025 000 to be paid within a day': async (row) => {
    const { product, buyer } = await buying()
    const { data } = await row.ok(buyer, order(row, buyer))
    const { order: made, payment } = data
    assert.deepEqual([made.total_amount, made.status], [7_025_000, 'pending_payment'])
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Jakarta' }).format(new Date())
    assert.equal(made.order_number.slice(0, 13), `ORD-${today.replaceAll('-', '')}-`)
    assert.match(made.order_number.slice(13), /^\d{3,}$/)

    const seen = await buyer.orderOf(made.order_number)
    assert.equal(Date.parse(payment.expired_at) - Date.parse(seen.created_at), day)
    assert.deepEqual(
      [seen.id, seen.status, seen.payment_status, seen.customer_note],
      [made.id, 'pending_payment', 'pending', 'Please pack carefully'],
    )
    assert.deepEqual(
      [seen.payment.transaction_id, seen.payment.payment_url],
      [payment.transaction_id, payment.payment_url],
    )
    assert.deepEqual((await cartOf(buyer)).items, [])
    assert.equal(await inStock(product), 8)

    const invoice = (await shop.sandboxCall('GET', `/doku/sandbox/invoices/${payment.transaction_id}`)).body
    assert.equal(invoice.invoice_number, made.order_number)
    assert.equal((await fetch(payment.payment_url)).status, 200, 'there is a page to pay on')
    assert.ok(payment.payment_token.length > 0)
  },
  'order numbers run within the day, also past what three digits hold': async (row) => {
    const product = await shop.product({ ...oakTable, variants: [{ ...oakTable.variants![0]!, quantity: 100 }] })
    const buyer = await shop.buyer(serialOf(product))
    const first = (await row.ok(buyer, order(row, buyer))).data.order.order_number
    const numbers = [first]
    for (let i = 0; i < 2; i++) numbers.push((await placedBy(buyer, product)).number)
    const start = Number(first.slice(13))
    assert.deepEqual(
      numbers.map((number) => Number(number.slice(13))),
      [start, start + 1, start + 2],
    )
  },
  'the dearer service costs what was shown, and the note may be left out': async (row) => {
    const { buyer } = await buying()
    const { data } = await row.ok(buyer, order(row, buyer, { shipping_service: 'YES', customer_note: undefined }))
    const seen = await buyer.orderOf(data.order.order_number)
    assert.deepEqual([seen.summary.shipping_cost, seen.summary.total, seen.customer_note], [50_000, 7_050_000, null])
    assert.deepEqual([seen.shipping.courier, seen.shipping.service], ['JNT', 'YES'])
  },
  'the price that was shown is the price of the order, though the courier has gone since': async (row) => {
    const { buyer } = await buying()
    const place = await addressOf(buyer, newPlace())
    await apply(buyer, 'WELCOME10')
    const shown = await buyer.call('POST', '/api/checkout/calculate-shipping', {
      shipping_address_id: place,
      courier: 'jnt',
    })
    const { total } = await cartOf(buyer)
    const [{ cost }] = shown.body.data.shipping_options
    const { data } = await whileFailing({ provider: 'jnt' }, () =>
      row.ok(buyer, order(row, buyer, { shipping_address_id: place })),
    )
    assert.deepEqual([total, cost, data.order.total_amount], [6_300_000, 25_000, 6_325_000])
    assert.equal((await buyer.orderOf(data.order.order_number)).shipping.is_estimate, false)
  },
  'with the courier away from the beginning, the order is placed for the shop’s own price': async (row) => {
    const { buyer } = await buying()
    const place = await addressOf(buyer, newPlace())
    const { data } = await whileFailing({ provider: 'jnt' }, () =>
      row.ok(buyer, order(row, buyer, { shipping_address_id: place })),
    )
    assert.equal(data.order.total_amount, 7_028_000)
    const { shipping } = await buyer.orderOf(data.order.order_number)
    assert.deepEqual([shipping.cost, shipping.is_estimate], [28_000, true])
  },
  'without any price it is refused, and nothing is lost': async (row) => {
    const { product, buyer } = await buying()
    const [place, cart] = [await addressOf(buyer, newPlace()), await cartOf(buyer)]
    const answer = await whileFailing({ provider: 'biteship' }, () =>
      row.send(buyer, order(row, buyer, { shipping_address_id: place, shipping_courier: 'sicepat' })),
    )
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.error],
      [503, 'SERVICE_UNAVAILABLE', 'SICEPAT is unavailable'],
    )
    await assertNothingLost(buyer, product, cart)
  },
  'a cart that changed while the courier was asked is a 409, and is there': async (row) => {
    const { product, buyer } = await buying(1)
    const place = await addressOf(buyer, newPlace())
    const answer = await whileCourierThinks(
      () => row.send(buyer, order(row, buyer, { shipping_address_id: place })),
      () => put(buyer, product, 4),
    )
    assert.deepEqual([answer.status, answer.body.code], [409, 'CONFLICT'])
    assert.equal(await inStock(product), 10)
    assert.equal((await cartOf(buyer)).items[0].quantity, 5)
    await row.ok(buyer, order(row, buyer, { shipping_address_id: place }))
  },
  'so is an address that changed': async (row) => {
    const { product, buyer } = await buying(1)
    const [place, cart] = [await addressOf(buyer, newPlace()), await cartOf(buyer)]
    const { addresses } = (await buyer.call('GET', '/api/user/addresses')).body.data
    const { id: _, ...fields } = addresses.find(({ id }: Wire) => id === place)
    const answer = await whileCourierThinks(
      () => row.send(buyer, order(row, buyer, { shipping_address_id: place })),
      () => buyer.call('PUT', `/api/user/addresses/${place}`, { ...fields, city: 'Jayapura' }),
    )
    assert.deepEqual([answer.status, answer.body.code], [409, 'CONFLICT'])
    await assertNothingLost(buyer, product, cart)
  },
  'of two buyers with the last one in their carts one gets it': async (row) => {
    const product = await shop.product({ ...oakTable, variants: [{ ...oakTable.variants![0]!, quantity: 1 }] })
    const buyers = [await shop.buyer(serialOf(product)), await shop.buyer(serialOf(product))]
    const answers = await Promise.all(buyers.map((buyer) => row.send(buyer, order(row, buyer))))
    const [won, lost] = answers.toSorted((a, b) => a.status - b.status)
    row.answers(won!)
    row.refuses('a required field is missing', lost!)
    assert.deepEqual([lost!.body.error, await inStock(product)], ['Insufficient stock', 0])
  },
  'a cart with issues is refused, and stays': async (row) => {
    const { product, buyer } = await buying(2)
    await change(product, { quantity: 1 })
    const answer = await row.send(buyer, order(row, buyer))
    row.refuses('a required field is missing', answer)
    const [{ wanted, available }] = answer.body.details
    assert.deepEqual([wanted, available], [2, 1])
    assert.equal((await cartOf(buyer)).items[0].quantity, 2)
  },
  'an empty cart is refused, so an order is not placed twice': async (row) => {
    const { buyer } = await buying()
    await row.ok(buyer, order(row, buyer))
    const answer = await row.send(buyer, order(row, buyer))
    row.refuses('a required field is missing', answer)
    assert.equal(answer.body.error, 'Cart is empty')
    const many = await buying(1)
    const answers = await Promise.all(Array.from({ length: 5 }, () => row.send(many.buyer, order(row, many.buyer))))
    assert.deepEqual(statusesOf(answers), [201, 400, 400, 400, 400])
    assert.equal(await inStock(many.product), 9)
  },
  'the address is one of the caller’s': async (row) => {
    const [{ buyer, product }, other] = [await buying(), await buying()]
    for (const id of [nobody, other.buyer.addressId])
      await row.no('no address of the caller', buyer, order(row, buyer, { shipping_address_id: id }))
    assert.equal(await inStock(product), 10)
  },
  'each field that is missing or unknown is named': async (row) => {
    const { product, buyer } = await buying()
    const cart = await cartOf(buyer)
    const when = 'a required field is missing'
    const refused = (more: object) => row.no(when, buyer, order(row, buyer, more))
    assert.deepEqual(await row.no(when, buyer), [
      'shipping_address_id',
      'shipping_courier',
      'shipping_service',
      'payment_method',
      'payment_channel',
    ])
    assert.deepEqual(await refused({ shipping_courier: 'tiki' }), ['shipping_courier'])
    assert.deepEqual(await refused({ payment_method: 'cash' }), ['payment_method'])
    for (const bank of ['monopoly', 'bca_va', 'constructor'])
      assert.deepEqual(await refused({ payment_channel: bank }), ['payment_channel'])
    assert.deepEqual(await refused({ customer_note: 5 }), ['customer_note'])
    const { status, body } = await row.send(buyer, order(row, buyer, { shipping_service: 'SAMEDAY' }))
    assert.deepEqual([status, body.error], [400, 'The courier does not offer this service there'])
    await assertNothingLost(buyer, product, cart)
  },
  ...discounted,
  'with DOKU away the order is there, and is named': async (row) => {
    const { product, buyer } = await buying()
    const answer = await whileFailing({ provider: 'doku' }, () => row.send(buyer, order(row, buyer)))
    row.refuses('Doku cannot be reached', answer)
    const number: string = answer.body.details.order_number
    const seen = await buyer.orderOf(number)
    assert.deepEqual([seen.status, seen.payment.payment_url, seen.summary.total], ['pending_payment', '', 7_025_000])
    assert.match(seen.payment.transaction_id, /^TRX-[0-9a-f]{32}$/)
    assert.equal(await inStock(product), 8)
    await cancel(buyer, number)
    assert.equal(await inStock(product), 10)
  },
  'the same Idempotency-Key goes on with that order': async (row) => {
    for (const fault of [{}, { kind: 'error' }, { kind: 'drop', after: true }]) {
      const { product, buyer } = await buying()
      const request = { ...order(row, buyer), headers: { 'idempotency-key': 'order-1' } }
      const answer = await whileFailing({ provider: 'doku', ...fault }, () => row.send(buyer, request))
      row.refuses('Doku cannot be reached', answer)
      const { order: made, payment } = (await row.ok(buyer, request)).data
      assert.equal(made.order_number, answer.body.details.order_number)
      assert.equal((await buyer.orderOf(made.order_number)).payment.transaction_id, payment.transaction_id)
      assert.equal((await buyer.call('GET', '/api/orders')).body.data.pagination.total, 1)
      assert.equal(await inStock(product), 8)
    }
  },
  'a repeat with the same Idempotency-Key is the same order, and another request under it is refused': async (row) => {
    const { product, buyer } = await buying()
    const request = { ...order(row, buyer), headers: { 'idempotency-key': 'order-1' } }
    const answers = await Promise.all(Array.from({ length: 4 }, () => row.send(buyer, request)))
    const [first] = answers.map((answer) => row.answers(answer))
    for (const { body } of answers) assert.deepEqual(body, first)
    assert.deepEqual(await row.ok(buyer, request), first)
    assert.equal(await inStock(product), 8)
    await put(buyer, product, 1)
    assert.deepEqual(await row.ok(buyer, request), first, 'whatever is in the cart by now')
    const other = await row.send(buyer, { ...request, body: { ...request.body, shipping_service: 'YES' } })
    assert.equal(other.status, 422)
    const mine = await placed(1)
    assert.notEqual(mine.number, first.data.order.order_number)
  },
}
