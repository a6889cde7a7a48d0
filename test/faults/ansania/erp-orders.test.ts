import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { system } from '../../../src/engine/context.ts'
import { execute } from '../../../src/engine/database.ts'
import { ErpError } from '../../../src/engine/erp/erp.ts'
import type { NewErpOrder } from '../../../src/engine/erp/erp.ts'
import { erpBacklog, retryRefusedOrders, sendOrders } from '../../../src/engine/erp/orders.ts'
import { moveOrder } from '../../../src/engine/orders/moves.ts'
import { assertSound, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'
import { countdown } from '../../providers/odoo/support.ts'
import { outside, paid, placed, refundsOf, stockOf } from './support.ts'
import type { Placed } from './support.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { webhooks: false, now: () => new Date(Date.now() + offsetMs) })
const { engine, store } = shop
const { fault, endFaults, goods, make, records, pull, send, ours, deliver, saleOrders, erp } = outside(shop)
afterEach(async () => {
  offsetMs = 0
  await endFaults()
})

/** what this store's orders are marked with */
const origin = 'Saudagar ansania'

const isUnavailable = (error: unknown) => error instanceof ErpError && error.kind === 'unavailable'

let count = 0
/** Something that Odoo and the shop both have. */
async function linked(onHand = 20) {
  const variant = await goods(`Chair ${++count}`, onHand)
  await pull()
  return { ...(await ours(variant.id))!, erpId: variant.id as number }
}

const queued = async ({ id }: Placed) =>
  (await execute(engine.db, 'select state, erp_id, last_error from erp_order where order_id = $1', [id]))[0]
const stateIn = async (order: Placed) => (await queued(order))?.[0]

const cancel = async (order: Placed) =>
  assert.equal((await order.buyer.call('PUT', `/api/orders/${order.number}/cancel`, {})).status, 200)

test('a paid order goes out as a confirmed sale order of the customer, with every price that was paid', async () => {
  const { serial, erpId } = await linked()
  await shop.voucher({ code: 'TENTH' })
  const buyer = await shop.buyer(serial, 2)
  await buyer.call('POST', '/api/cart/apply-voucher', { code: 'TENTH' })
  const answer = await buyer.checkout({ customer_note: 'Ring twice' })
  const { order, payment } = answer.body.data
  await send()
  assert.deepEqual(await saleOrders(order.order_number), [], 'it is not paid')
  await shop.pay(payment.transaction_id)
  await until('it is paid', async () => (await buyer.orderOf(order.order_number)).payment_status === 'paid')
  await send()
  await send()
  const [made, ...more] = await saleOrders(order.order_number)
  assert.deepEqual(more, [])
  assert.deepEqual([made.state, made.amount_total, made.note], ['sale', order.total_amount, 'Ring twice'])
  const lines = (await records('sale.order.line')).filter((line) => line.order_id[0] === made.id)
  assert.deepEqual(
    lines.map((line) => [line.product_uom_qty, line.price_unit]),
    [
      [2, 3_500_000],
      [1, order.total_amount - 6_300_000],
      [1, -700_000],
    ],
  )
  assert.equal(lines[0].product_id[0], erpId)
  const partner = (await records('res.partner')).find(({ id }) => id === made.partner_id[0])
  assert.deepEqual([partner.email, partner.ref], [buyer.email, `ansania-${buyer.serial}`])
})

for (const kind of ['drop', 'error', 'garbage']) {
  test(`whichever of Odoo's answers is lost (${kind}), an order is there once`, async () => {
    const { serial } = await linked()
    // of the calls that one order takes, each in its turn does its work and its answer is lost
    for (let fine = 0; ; fine++) {
      assert.ok(fine < 40, 'it never went through')
      const order = await paid(shop, serial)
      let wasStruck = false
      await countdown(fine, async () => {
        wasStruck = true
        await fault('odoo', { kind, after: true, count: 1 })
      }).run(send)
      await endFaults()
      await send()
      const all = await saleOrders(order.number)
      assert.deepEqual(
        all.map(({ state }) => state),
        ['sale'],
        `after ${fine} good answers`,
      )
      assert.equal(await stateIn(order), 'sent')
      if (!wasStruck) break
    }
    await assertSound(engine)
  })
}

test('after a day’s outage everything goes out, in the order in which it was paid', async () => {
  const { serial } = await linked(40)
  await fault('odoo', { kind: 'error' })
  const orders: Placed[] = []
  for (let n = 0; n < 12; n++) orders.push(await placed(shop, serial))
  // paid in another order than they were placed in
  const order = [7, 2, 11, 0, 5, 9, 1, 10, 3, 8, 4, 6]
  for (const n of order) {
    await shop.pay(orders[n]!.transaction)
    await until('it is paid', async () => (await orders[n]!.look())[1] === 'paid')
    await assert.rejects(send(), isUnavailable)
  }
  const { waiting, lastError } = await erpBacklog(engine.db, store.storeId)
  assert.equal(waiting, 12)
  assert.match(lastError!, /odoo/)
  offsetMs = 86_400_000
  await endFaults()
  assert.equal(await send(), 12)
  const numbers = orders.map(({ number }) => number)
  const there = (await records('sale.order')).filter((one) => numbers.includes(one.client_order_ref))
  assert.deepEqual(
    there.toSorted((a, b) => a.id - b.id).map((one) => [one.client_order_ref, one.state]),
    order.map((n) => [numbers[n], 'sale']),
  )
})

test('an order that staff accepted unpaid, and that was paid weeks later, goes out as well', async () => {
  const { serial } = await linked()
  const order = await placed(shop, serial)
  await engine.run(store, { kind: 'staff', name: 'shop' }, (ctx) => moveOrder(ctx, order.id, 'processing'))
  await execute(engine.db, `update orders set created_at = created_at - interval '20 days' where id = $1`, [order.id])
  await send()
  assert.deepEqual(await saleOrders(order.number), [], 'it is not paid')
  await shop.pay(order.transaction)
  await until('it is paid', async () => (await order.look())[1] === 'paid')
  await send()
  assert.equal((await saleOrders(order.number)).length, 1)
})

test('an order that Odoo refuses holds up none behind it, and goes out once somebody has seen to it', async () => {
  const { serial } = await linked()
  const wrong = await linked()
  const bad = await paid(shop, wrong.serial)
  await execute(engine.db, 'update variant set erp_id = 987654 where id = $1', [wrong.id]) // there is none such
  const good = await paid(shop, serial)
  const unlinked = await shop.product({ name: 'Unknown There' })
  const early = await paid(shop, unlinked.variants[0]!.serial)
  const last = await paid(shop, serial)
  await send()
  assert.deepEqual(await Promise.all([bad, good, last].map(stateIn)), ['refused', 'sent', 'sent'])
  assert.match(String((await queued(bad))![2]), /refers to no product/)
  assert.deepEqual((await queued(early))!.slice(0, 1), ['waiting'])
  assert.match(String((await queued(early))![2]), /Unknown There is not linked/)
  // what is linked later goes out by itself
  await goods('Unknown There', 5, { default_code: unlinked.variants[0]!.sku })
  await pull()
  await send()
  assert.deepEqual(await Promise.all([early, bad].map(stateIn)), ['sent', 'refused'])
  await execute(engine.db, 'update variant set erp_id = $2 where id = $1', [wrong.id, wrong.erpId])
  assert.equal(await engine.run(store, system, retryRefusedOrders), 1)
  await send()
  assert.equal(await stateIn(bad), 'sent')
})

test('an order at which Odoo fails each time lets the others pass after ten tries, and goes when Odoo is mended', async () => {
  const { serial } = await linked()
  const worse = [await paid(shop, serial), await paid(shop, serial), await paid(shop, serial)]
  const bad = await paid(shop, serial)
  const good = await paid(shop, serial)
  const failing = {
    ...erp,
    createOrder: (order: NewErpOrder) =>
      order.reference === bad.number || worse.some(({ number }) => number === order.reference)
        ? Promise.reject(new ErpError('unavailable', 'Odoo answered 500'))
        : erp.createOrder(order),
  }
  for (let i = 0; i < 40; i++) await assert.rejects(sendOrders(engine, failing, store), isUnavailable)
  assert.deepEqual(await Promise.all([bad, good].map(stateIn)), ['waiting', 'waiting'])
  await assert.rejects(sendOrders(engine, failing, store), isUnavailable)
  assert.deepEqual(await Promise.all([bad, good].map(stateIn)), ['waiting', 'sent'])
  await send()
  assert.equal(await stateIn(bad), 'sent')
})

test('cancelled before it was sent, it never goes out; cancelled after, it is cancelled there', async () => {
  const { serial, id, erpId } = await linked()
  const never = await paid(shop, serial)
  await cancel(never)
  await send()
  assert.deepEqual([await saleOrders(never.number), await stateIn(never)], [[], 'cancelled'])

  const sent = await paid(shop, serial, 2)
  await send()
  await cancel(sent)
  await fault('odoo', { kind: 'drop', after: true, count: 1 })
  await assert.rejects(send(), isUnavailable)
  await send()
  assert.deepEqual(
    (await saleOrders(sent.number)).map(({ state }) => state),
    ['cancel'],
  )
  assert.equal(await stateIn(sent), 'cancelled')
  const quant = (await records('stock.quant')).find((one) => one.product_id[0] === erpId)
  assert.deepEqual([quant.quantity, quant.reserved_quantity], [20, 0])
  await pull()
  assert.deepEqual(await stockOf(shop, id), [20, 0])
})

test('cancelled after a try whose answer was lost: what that try left there is cancelled as well', async () => {
  const { serial } = await linked()
  for (const fine of [6, 8, 9, 10, 12]) {
    const order = await paid(shop, serial)
    await countdown(fine, () => fault('odoo', { kind: 'drop', after: true })).run(send)
    await cancel(order)
    await endFaults()
    await send()
    await pull()
    const states = (await saleOrders(order.number)).map(({ state }) => state)
    assert.ok(
      states.every((state) => state === 'cancel'),
      `after ${fine} good answers: ${states.join()}`,
    )
    assert.equal(await stateIn(order), 'cancelled')
  }
})

test('cancelled while it stands refused, it does not go out when the refused are tried again', async () => {
  const { serial } = await linked()
  const order = await paid(shop, serial)
  await execute(engine.db, `update erp_order set state = 'refused' where order_id = $1`, [order.id])
  await cancel(order)
  await send()
  const late = await paid(shop, serial)
  await send()
  await cancel(late)
  await execute(engine.db, `update erp_order set state = 'refused' where order_id = $1`, [late.id])
  await engine.run(store, system, retryRefusedOrders)
  await send()
  assert.deepEqual(await saleOrders(order.number), [])
  assert.deepEqual(
    (await saleOrders(late.number)).map(({ state }) => state),
    ['cancel'],
  )
})

test('a draft twin that arrives late is cancelled, and ours stays', async () => {
  const { serial } = await linked()
  const order = await paid(shop, serial)
  await send()
  const [made] = await saleOrders(order.number)
  const twin = await make('sale.order', { client_order_ref: order.number, partner_id: made.partner_id[0], origin })
  await pull()
  const states = new Map((await saleOrders(order.number)).map(({ id, state }) => [id, state]))
  assert.deepEqual([states.get(made.id), states.get(twin.id)], ['sale', 'cancel'])
  await pull()
  assert.equal((await order.look())[0], 'confirmed')
})

test('a twin that was cancelled before our answer came cancels nothing here', async () => {
  const { serial } = await linked()
  const order = await paid(shop, serial)
  await send()
  const [made] = await saleOrders(order.number)
  const values = { client_order_ref: order.number, partner_id: made.partner_id[0], origin, state: 'cancel' }
  await make('sale.order', values)
  // as it is when the answer to our last try was lost
  await execute(engine.db, `update erp_order set state = 'waiting', erp_id = null where order_id = $1`, [order.id])
  await pull()
  assert.equal((await order.look())[0], 'confirmed')
  await send()
  assert.deepEqual((await queued(order))!.slice(0, 2), ['sent', made.id])
})

test('a late draft of an order that is over here is cancelled there', async () => {
  const { serial } = await linked()
  const order = await paid(shop, serial)
  await cancel(order)
  await send()
  const partner = await make('res.partner', { name: 'Late' })
  await make('sale.order', { client_order_ref: order.number, partner_id: partner.id, origin })
  await pull()
  assert.deepEqual(
    (await saleOrders(order.number)).map(({ state }) => state),
    ['cancel'],
  )
})

test('a delivery there ships the order here, with its number, or has J&T ordered', async () => {
  const { serial, id } = await linked()
  const withNumber = await paid(shop, serial)
  const without = await paid(shop, serial)
  await send()
  await deliver(withNumber.number, { tracking: 'JT9876543210' })
  await deliver(without.number)
  await pull()
  await pull()
  const seen = await withNumber.buyer.orderOf(withNumber.number)
  assert.deepEqual([seen.status, seen.shipping.tracking_number], ['shipped', 'JT9876543210'])
  assert.equal((await without.look())[0], 'shipped')
  const parcels = await execute(
    engine.db,
    'select booking_state from shipment where order_id = any($1::uuid[]) order by booking_state',
    [[withNumber.id, without.id]],
  )
  assert.deepEqual(parcels, [['none'], ['wanted']])
  assert.deepEqual(await stockOf(shop, id), [18, 0])
  await assertSound(engine)
})

test('an order that staff cancels in Odoo is cancelled here, its stock free and its money owed', async () => {
  const { serial, id } = await linked()
  const order = await paid(shop, serial, 3)
  await send()
  const [made] = await saleOrders(order.number)
  await erp.cancelOrder(made.id)
  await pull()
  await pull()
  assert.equal((await order.look())[0], 'cancelled')
  assert.deepEqual(await refundsOf(shop, order.id), [['by_hand', order.totalMinor, 'order cancelled']])
  assert.deepEqual(await stockOf(shop, id), [20, 0])
  await send()
  assert.equal(await stateIn(order), 'cancelled')
  await assertSound(engine)
})

test('two that send at once, as two workers would, make no order twice', async () => {
  const { serial } = await linked()
  const orders = await Promise.all(Array.from({ length: 6 }, () => paid(shop, serial)))
  const alone = () => engine.alone(`erp ${store.storeId}`, send)
  const sent = await Promise.all([alone(), alone(), alone()])
  assert.deepEqual(
    sent.filter((one) => one !== undefined),
    [6],
  )
  for (const { number } of orders) assert.equal((await saleOrders(number)).length, 1)
})

test('whoever registers while Odoo is down is let in with 0, and known by a job later', async () => {
  await fault('odoo', { kind: 'error' })
  const person = { email: 'new@example.com', phone: '+6281234567001', full_name: 'Ayu', password: 'SecurePass123!' }
  const registered = await shop.call(store, 'POST', '/api/auth/register', { body: person })
  assert.equal(registered.status, 201)
  const { user } = registered.body.data
  assert.deepEqual([user.odoo_user_id, user.odoo_partner_id], [0, 0])
  const jobs = `select count(*)::int from graphile_worker.jobs where task_identifier = 'erp-customer'`
  assert.ok((await value(engine, jobs)) > 0)
  await endFaults()
  offsetMs = 31_000 // for half a minute nobody waits for it again
  const login = { email: person.email, password: person.password }
  const known: Wire = (await shop.call(store, 'POST', '/api/auth/login', { body: login })).body.data.user
  const partner = (await records('res.partner')).filter(({ email }) => email === person.email)
  assert.deepEqual(
    [known.odoo_partner_id],
    partner.map(({ id }) => id),
  )
  assert.ok(known.odoo_user_id > 0)
})
