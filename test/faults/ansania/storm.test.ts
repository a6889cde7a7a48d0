import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { execute } from '../../../src/engine/database.ts'
import { stockConflicts } from '../../../src/engine/erp/stock.ts'
import { bookOpenParcels } from '../../../src/engine/fulfilment/booking.ts'
import { trackParcels } from '../../../src/engine/fulfilment/tracking.ts'
import { expireOrders, pollPayments } from '../../../src/engine/payments/sweeps.ts'
import { settleStored } from '../../../src/engine/payments/webhooks.ts'
import { assertSound, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import type { Answer, Wire } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'
import { furnitureCrowd, outside } from './support.ts'

const customers = 100
const atOnce = 10

let offsetMs = 0
const shop = await openFurnitureShop(
  { after },
  { worker: true, databasePool: 20, now: () => new Date(Date.now() + offsetMs) },
)
const { engine, store, registry, providers, sandboxCall } = shop
const { findGateway: find, courierOf } = providers
const { fault, endFaults, goods, records, pull, ours, deliver } = outside(shop)

/** What goes wrong while they buy, one after the other; each for as many customers. */
const weathers: [provider: string, fault: object][][] = [
  [
    ['doku', { kind: 'drop', after: true, rate: 0.4 }],
    ['doku', { kind: 'delay', delayMs: 6000, rate: 0.05 }], // past the time-out
  ],
  [
    ['doku', { kind: 'error', rate: 0.3 }],
    ['doku', { kind: 'garbage', after: true, rate: 0.3 }],
  ],
  [
    ['jnt', { kind: 'garbage', rate: 0.4 }],
    ['jnt', { kind: 'drop', rate: 0.3 }],
    ['jnt', { kind: 'error', after: true, rate: 0.3 }],
  ],
  [
    ['odoo', { kind: 'drop', after: true, rate: 0.1 }],
    ['odoo', { kind: 'error', rate: 0.1 }],
    ['odoo', { kind: 'garbage', after: true, rate: 0.1 }],
  ],
  [
    ['doku', { kind: 'drop', after: true, rate: 0.3 }],
    ['doku', { kind: 'delay', delayMs: 200, rate: 0.3 }],
    ['jnt', { kind: 'drop', after: true, rate: 0.4 }],
    ['jnt', { kind: 'delay', delayMs: 300, rate: 0.3 }],
    ['odoo', { kind: 'drop', after: true, rate: 0.15 }],
    ['odoo', { kind: 'delay', delayMs: 100, rate: 0.2 }],
  ],
]
/** All the while. */
const lossy: [provider: string, fault: object][] = [
  ['doku', { only: 'webhook', kind: 'drop', rate: 0.25 }],
  ['doku', { only: 'webhook', kind: 'duplicate', copies: 4, rate: 0.3 }],
  ['doku', { only: 'webhook', kind: 'reorder', rate: 0.3 }],
  ['odoo', { only: 'webhook', kind: 'drop', rate: 0.2 }],
  ['odoo', { only: 'webhook', kind: 'duplicate', copies: 3, rate: 0.3 }],
]

async function setWeather(n: number) {
  await endFaults()
  for (const [provider, what] of [...weathers[n]!, ...lossy]) await fault(provider, what)
}

/** What the worker's clock starts every minute, at once. */
const hurry = () =>
  execute(engine.db, `select graphile_worker.add_job('sync-erp', '{}', job_key => 'storm-sync', max_attempts => 1)`)

test('a hundred customers buy while DOKU, J&T and Odoo misbehave: nothing is lost, nothing is paid or sold twice', async (t) => {
  const started = Date.now()
  const plenty = [await goods('Table', 200), await goods('Chair', 200, { list_price: 900_000 })]
  const scarce = await goods('Heirloom', 12, { list_price: 12_000_000 })
  await pull()
  const all = [...plenty, scarce]
  const kept = await Promise.all(all.map(async ({ id }) => (await ours(id))!))
  const initial = new Map(all.map(({ id }, i) => [kept[i]!.id, [id, i === 2 ? 12 : 200] as const]))
  await shop.voucher({ code: 'STORM', usageLimit: 15 })
  const crowd = await furnitureCrowd(shop, customers)

  // what customers were told
  const acknowledged = new Map<string, 'placed' | 'paid' | 'cancelled'>()
  let retries = 0
  let soldOut = 0

  /** As a patient app does: the same request with its key again, as long as it is told to come back. */
  async function sturdy(ask: () => Promise<Answer>): Promise<Answer> {
    for (let tries = 0; tries < 40; tries++) {
      const answer = await ask()
      const number: string | undefined = answer.body?.details?.order_number
      if (number) acknowledged.set(number, 'placed')
      if (answer.status !== 503 && answer.body?.error?.includes('still running') !== true) return answer
      retries++
      await wait(50)
    }
    return assert.fail('no answer')
  }

  const noteSoldOut = () => void soldOut++
  const pay = async (transaction: string, outcome: 'success' | 'failed' | 'expired') =>
    assert.equal((await shop.pay(transaction, outcome)).status, 200)

  async function buy(buyer: (typeof crowd)[number], n: number): Promise<void> {
    const first = n % 3 === 0 ? kept[2]! : kept[n % 2]!
    const added = await buyer.call('POST', '/api/cart/items', { product_variant_id: first.serial, quantity: 1 })
    if (added.status === 400) return noteSoldOut()
    assert.equal(added.status, 201, JSON.stringify(added.body))
    const second = { product_variant_id: kept[(n + 1) % 2]!.serial, quantity: 1 + (n % 3) }
    if (n % 4 === 0) assert.equal((await buyer.call('POST', '/api/cart/items', second)).status, 201)
    if (n % 5 === 0) await buyer.call('POST', '/api/cart/apply-voucher', { code: 'STORM' }) // used up on the way
    if (n % 7 === 0) {
      const ask = { shipping_address_id: buyer.order.shipping_address_id, courier: 'jnt' }
      const asked = await buyer.call('POST', '/api/checkout/calculate-shipping', ask)
      assert.equal(asked.status, 200)
    }
    const key = { 'idempotency-key': `storm-${n}` }
    const checkout = () => sturdy(() => buyer.call('POST', '/api/checkout/create-order', buyer.order, key))
    let answer = await checkout()
    if (answer.status === 400 && /Voucher/.test(answer.body.error)) {
      assert.equal((await buyer.call('DELETE', '/api/cart/remove-voucher')).status, 200)
      answer = await sturdy(() =>
        buyer.call('POST', '/api/checkout/create-order', buyer.order, { 'idempotency-key': `storm-${n}-again` }),
      )
    }
    if (answer.status === 400) {
      assert.equal(answer.body.error, 'Insufficient stock', JSON.stringify(answer.body))
      return noteSoldOut()
    }
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    const { order, payment } = answer.body.data
    const number: string = order.order_number
    acknowledged.set(number, 'placed')
    if (n % 10 === 1) return // goes away, and never pays
    if (n % 10 === 2) return pay(payment.transaction_id, 'expired')
    if (n % 10 < 6) await pay(payment.transaction_id, 'failed')
    await pay(payment.transaction_id, 'success')
    acknowledged.set(number, 'paid')
    if (n % 10 !== 9) return
    await wait(100) // some before, some after their notification
    const cancelled = await sturdy(() => buyer.call('PUT', `/api/orders/${number}/cancel`, { reason: 'No' }))
    assert.equal(cancelled.status, 200, JSON.stringify(cancelled.body))
    acknowledged.set(number, 'cancelled')
  }

  const waiting = crowd.map((buyer, n) => () => buy(buyer, n))
  const perWeather = customers / weathers.length
  let begun = 0
  await setWeather(0)
  const stand = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (++begun % perWeather === 0 && begun < customers) await setWeather(begun / perWeather)
      if (begun % 5 === 0) await hurry()
      await next()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, stand))
  const boughtMs = Date.now() - started

  // staff delivers some of what has arrived in Odoo, and J&T is ordered for it while its answers are lost
  await endFaults()
  const sold = async () => (await records('sale.order')).filter(({ state }) => state === 'sale')
  await until('much has arrived', async () => {
    await hurry()
    return (await sold()).length > 25
  })
  await fault('jnt', { kind: 'drop', after: true, count: 6 })
  for (const { client_order_ref: number } of (await sold()).slice(0, 15)) await deliver(number)
  const shipped = `select count(*)::int from orders where state = 'shipped'`
  await until('it has left here too', async () => {
    await hurry()
    return (await value(engine, shipped)) > 10
  })
  for (const [provider, what] of weathers[4]!) await fault(provider, what)
  await wait(3000)
  await endFaults()

  // running, or about to: one that failed in the storm waits long for its next try
  const openJobs = `select count(*)::int from graphile_worker.jobs
    where task_identifier in ('sync-erp', 'erp-orders', 'erp-pull')
      and (locked_at is not null or run_at <= now() and attempts < max_attempts)`
  const count = (text: string) => value(engine, `select count(*)::int from ${text}`)
  // what the worker's clock does in the course of a day
  for (const hours of [0.1, 1, 24.1]) {
    offsetMs = hours * 3_600_000
    await settleStored(engine, find)
    await pollPayments(engine, find)
    await expireOrders(engine, find)
    await until('everything has gone to Odoo and come from there', async () => {
      await hurry()
      await until('the exchange is over', async () => (await value(engine, openJobs)) === 0)
      return (await count(`erp_order where state in ('waiting', 'to_cancel')`)) === 0
    })
  }
  await hurry()
  await until('the exchange is over', async () => (await value(engine, openJobs)) === 0)
  await until('every parcel is ordered', async () => {
    await bookOpenParcels(engine, courierOf, registry.byId)
    return (await count(`shipment where booking_state = 'wanted'`)) === 0
  })
  await trackParcels(engine, courierOf, registry.byId, store)
  await until('refunds are known', async () => (await count(`refund where state = 'requested'`)) === 0)

  // every order that anybody was told of is there, as it was said
  const rows = await execute(
    engine.db,
    `select o.number, o.state, o.paid_at is not null, o.total_minor, o.customer_id,
      (select count(*)::int from payment p where p.order_id = o.id and p.state = 'captured'),
      (select coalesce(sum(amount_minor), 0)::bigint from payment p where p.order_id = o.id and p.state = 'captured'),
      (select coalesce(sum(amount_minor), 0)::bigint from ledger_transfer l where l.order_id = o.id and l.debit = 'gateway.doku')
    from orders o`,
  )
  const orders = new Map(
    rows.map(([number, state, isPaid, total, buyer, captures, captured, booked]) => [
      String(number),
      { state, isPaid, total, buyer, captures, captured, booked },
    ]),
  )
  assert.equal(new Set([...orders.values()].map(({ buyer }) => buyer)).size, orders.size, 'one order for each customer')
  for (const [number, told] of acknowledged) {
    const order = orders.get(number)
    assert.ok(order, `order ${number} was acknowledged and is not there`)
    if (told === 'paid') assert.ok(order.isPaid, `order ${number} was paid and is ${String(order.state)}`)
    if (told === 'cancelled') assert.equal(order.state, 'cancelled')
  }
  assert.equal(orders.size, acknowledged.size)
  assert.ok([...orders.values()].every(({ state }) => state !== 'placed'))

  // DOKU's own books say the same
  let income = 0
  for (const [number, { captures, captured, booked }] of orders) {
    const invoice: Wire = (await sandboxCall('GET', `/doku/sandbox/invoices/${number}`)).body
    const isPaid = invoice.status === 'SUCCESS'
    assert.deepEqual([captures, captured, booked], isPaid ? [1, invoice.amount, invoice.amount] : [0, 0, 0], number)
    if (isPaid) income += invoice.amount
  }
  assert.ok(income > 0)

  // Odoo has each paid order once, confirmed, and no other
  const there = Map.groupBy(await records('sale.order'), (one) => String(one.client_order_ref))
  for (const [number, { state, isPaid, total }] of orders) {
    const mine = there.get(number) ?? []
    const live = mine.filter((one) => one.state !== 'cancel')
    const isLive = isPaid && state !== 'cancelled'
    assert.deepEqual(
      live.map((one) => [one.state, one.amount_total]),
      isLive ? [['sale', total]] : [],
      `order ${number} is ${String(state)}`,
    )
  }
  for (const number of there.keys()) assert.ok(orders.has(number))

  // every parcel is ordered once
  const parcels: Wire[] = (await sandboxCall('GET', '/jnt/sandbox/parcels')).body
  const alive = parcels.filter(({ status }) => status !== 'cancelled')
  const sent = await execute(
    engine.db,
    `select o.number, s.tracking_number from orders o join shipment s on s.order_id = o.id where o.state = 'shipped'`,
  )
  const numbers = sent.map(([, trackingNumber]) => trackingNumber)
  assert.deepEqual(new Set(alive.map(({ awb }) => awb)), new Set(numbers))
  assert.equal(alive.length, sent.length)
  assert.ok(sent.length > 10)

  // what lies on the shelf, what has left and what is promised
  for (const [variantId, [erpId, quantity]] of initial) {
    const [[onHand, allocated, left, promised]] = (await execute(
      engine.db,
      `select s.on_hand, s.allocated,
        (select coalesce(sum(quantity), 0)::int from reservation r where r.variant_id = s.variant_id and state = 'taken'),
        (select coalesce(sum(l.quantity), 0)::int from order_line l join orders o on o.id = l.order_id
          where l.variant_id = s.variant_id and o.state = 'confirmed')
      from stock s where s.variant_id = $1`,
      [variantId],
    )) as [[number, number, number, number]]
    assert.deepEqual([onHand + left, allocated], [quantity, promised])
    assert.ok(allocated <= onHand)
    const quants = (await records('stock.quant')).filter((quant) => quant.product_id[0] === erpId)
    assert.equal(
      quants.reduce((sum, quant) => sum + quant.quantity, 0),
      onHand,
    )
  }
  const estimates = await count('orders where is_shipping_estimated')
  assert.ok(soldOut > 0 && retries > 0 && estimates > 0 && parcels.length > alive.length, 'it was no storm')
  assert.equal(
    await value(engine, `select used from voucher where code = 'STORM' and store_id = $1`, store.storeId),
    await value(
      engine,
      `select count(*)::int from orders where voucher_code = 'STORM' and state not in ('cancelled', 'expired')`,
    ),
  )
  assert.deepEqual(await stockConflicts(engine.db, store.storeId, 10), [])
  await assertSound(engine)
  t.diagnostic(
    `${orders.size} orders of ${customers} customers, ${retries} retries, ${estimates} estimates, ${soldOut} sold out, ` +
      `${sent.length} parcels (${parcels.length - alive.length} ordered again), bought in ${boughtMs} ms, all in ${Date.now() - started} ms`,
  )
})
