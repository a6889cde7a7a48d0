import assert from 'node:assert/strict'
import { system } from '../../../src/engine/context.ts'
import { setTableRate } from '../../../src/engine/fulfilment/quotes.ts'
import {
  addressOf,
  apply,
  assertNothingLost,
  buying,
  cartOf,
  expireUnpaid,
  inStock,
  newPlace,
  oakTable,
  order,
  orderIn,
  put,
  query,
  serialOf,
  whileFailing,
} from './buying.ts'
import type { Buyer } from './buying.ts'
import { shop } from './shop.ts'
import type { RowTests } from './table.ts'

const used = async (code: string) => (await query('select used from voucher where code = $1', [code]))[0]![0]

const cancel = async (buyer: Buyer, number: string) =>
  assert.equal((await buyer.call('PUT', `/api/orders/${number}/cancel`, {})).status, 200)

/** What a voucher on the cart makes of the order. */
export const discounted: RowTests[string] = {
  'with a voucher: the discount of the cart, and its use is counted': async (row) => {
    const { buyer, product } = await buying()
    await shop.voucher({ code: 'COUNTED', percentBps: 1000, usageLimit: 3 })
    await apply(buyer, 'COUNTED')
    const { data } = await row.ok(buyer, order(row, buyer))
    assert.equal(data.order.total_amount, 6_325_000)
    const seen = await buyer.orderOf(data.order.order_number)
    assert.deepEqual(seen.summary, { subtotal: 7_000_000, discount: 700_000, shipping_cost: 25_000, total: 6_325_000 })
    assert.deepEqual([seen.voucher_code, await used('COUNTED')], ['COUNTED', 1])
    assert.equal((await cartOf(buyer)).voucher, null)
    await put(buyer, product)
    assert.equal((await cartOf(buyer)).voucher, null, 'the next cart has none')
  },
  'free shipping is free in the order too, and only its goods are paid': async (row) => {
    const { buyer } = await buying()
    await apply(buyer, 'FREESHIP')
    const { data } = await row.ok(buyer, order(row, buyer))
    const { summary, shipping, voucher_code: code } = await buyer.orderOf(data.order.order_number)
    assert.deepEqual(summary, { subtotal: 7_000_000, discount: 0, shipping_cost: 0, total: 7_000_000 })
    assert.deepEqual([data.order.total_amount, shipping.cost, code], [7_000_000, 0, 'FREESHIP'])
  },
  'an order that costs nothing is paid at once, and nobody is asked for money': async (row) => {
    const { buyer, product } = await buying(1)
    for (const code of ['GIFT', 'FREE']) await shop.voucher({ code, percentBps: 10_000 })
    await apply(buyer, 'GIFT')
    const { data: shipped } = await row.ok(buyer, order(row, buyer))
    assert.equal(shipped.order.total_amount, 25_000, 'the courier is paid')

    const pickup = { courier: 'jnt', service: 'PICKUP', description: 'At our door', region: '', city: '', etd: 'now' }
    const free = { ...pickup, firstKgMinor: 0, nextKgMinor: 0 }
    await shop.engine.run(shop.store, system, (ctx) => setTableRate(ctx, free))
    await put(buyer, product)
    await apply(buyer, 'FREE')
    const wish = { shipping_address_id: await addressOf(buyer, newPlace()), shipping_service: 'PICKUP' }
    const { data } = await whileFailing({ provider: 'jnt' }, () => row.ok(buyer, order(row, buyer, wish)))
    await query(`delete from shipping_rate where service = 'PICKUP'`)
    assert.deepEqual([data.order.total_amount, data.order.status], [0, 'paid'])
    const seen = await buyer.orderOf(data.order.order_number)
    assert.deepEqual([seen.status, seen.payment_status, seen.payment.transaction_id], ['paid', 'paid', ''])
  },
  'a voucher that applies no more refuses the order with its reason': async (row) => {
    const { buyer, product } = await buying()
    await shop.voucher({ code: 'SHORTLIVED' })
    await apply(buyer, 'SHORTLIVED')
    await query(`update voucher set ends_at = now() - interval '1 second' where code = 'SHORTLIVED'`)
    const cart = await cartOf(buyer)
    assert.deepEqual([cart.discount_amount, cart.total], [0, 7_000_000])
    const answer = await row.send(buyer, order(row, buyer))
    assert.deepEqual([answer.status, answer.body.code], [400, 'VOUCHER_EXPIRED'])
    await assertNothingLost(buyer, product, cart)
    await buyer.call('DELETE', '/api/cart/remove-voucher')
    await row.ok(buyer, order(row, buyer))
  },
  'of ten carts with the last use of a voucher one order gets it': async (row) => {
    await shop.voucher({ code: 'ONCE', usageLimit: 1 })
    const product = await shop.product(oakTable)
    const buyers: Buyer[] = []
    for (let i = 0; i < 10; i++) buyers.push(await shop.buyer(serialOf(product)))
    for (const buyer of buyers) await apply(buyer, 'ONCE')
    const answers = await Promise.all(buyers.map((buyer) => row.send(buyer, order(row, buyer))))
    const lost = answers.filter(({ status }) => status === 400)
    assert.deepEqual(new Set(lost.map(({ body }) => body.error)), new Set(['Voucher has been used up']))
    assert.deepEqual([lost.length, await used('ONCE'), await inStock(product)], [9, 1, 9])
  },
  'the use of LAST1 comes back when its order is cancelled, and when it expires': async (row) => {
    const [one, other] = [await buying(), await buying()]
    await apply(one.buyer, 'LAST1')
    const first = orderIn(one.buyer, await row.send(one.buyer, order(row, one.buyer)))
    assert.deepEqual([first.total, await used('LAST1')], [6_975_000, 1])
    const refused = await other.buyer.call('POST', '/api/cart/apply-voucher', { code: 'LAST1' })
    assert.equal(refused.body.error, 'Voucher has been used up')
    await cancel(one.buyer, first.number)
    assert.equal(await used('LAST1'), 0)

    await apply(other.buyer, 'LAST1')
    const second = orderIn(other.buyer, await row.send(other.buyer, order(row, other.buyer)))
    assert.equal(await used('LAST1'), 1)
    await expireUnpaid()
    assert.deepEqual([await used('LAST1'), (await second.read()).status], [0, 'cancelled'])
    await expireUnpaid()
    assert.equal(await used('LAST1'), 0, 'once')
  },
}
