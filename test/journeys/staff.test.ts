import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import { status, sync } from '../../src/cli/odoo.ts'
import { listRefunds, move, rebook, refundDone, track } from '../../src/cli/orders.ts'
import { place, rate, settings, voucher } from '../../src/cli/shop.ts'
import type { Place } from '../../src/cli/stores.ts'
import { UsageError } from '../../src/cli/usage.ts'
import { audit } from '../../src/engine/audit.ts'
import { execute } from '../../src/engine/database.ts'
import { openFurnitureShop } from '../support/furniture.ts'
import { said } from '../support/said.ts'
import { until } from '../support/wait.ts'

// what the command line does for a shop's staff, without the time that its processes take to start

const shop = await openFurnitureShop({ after }, { worker: true })
const here: Place = { ...shop, store: shop.store }

const refused = (work: Promise<unknown>, words: RegExp) =>
  assert.rejects(work, (error) => error instanceof UsageError && words.test(error.message))

let exitCode: typeof process.exitCode
beforeEach(() => {
  exitCode = process.exitCode
})
afterEach(() => {
  process.exitCode = exitCode
})

async function paidOrder() {
  const { variants } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial)
  const placed = await buyer.checkout()
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
  const number: string = placed.body.data.order.order_number
  await shop.pay(number)
  await until('the payment', async () => (await buyer.orderOf(number)).payment_status === 'paid', 8000)
  return { number, buyer, read: () => buyer.orderOf(number) }
}

test('staff ships: the courier is ordered, and its scans move the order on', async (t) => {
  const { number, read } = await paidOrder()
  await refused(move(here, number, 'delivered', {}), /is confirmed: it cannot become delivered/)
  await refused(move(here, number, 'lost', {}), /confirmed, processing, shipped/)
  await refused(move(here, 'ORD-1', 'shipped', {}), /no order ORD-1/)
  assert.match(await said(t, () => move(here, number, 'processing', {})), /is processing/)
  await said(t, () => move(here, number, 'shipped', { note: 'two boxes' }))
  await until('the courier', async () => (await read()).shipping.tracking_number !== null, 8000)

  const first = (await read()).shipping.tracking_number
  assert.match(await said(t, () => rebook(here, number)), /ordered anew/)
  const second = (await read()).shipping.tracking_number
  assert.notEqual(second, first)
  const gone = await shop.sandboxCall('GET', `/jnt/sandbox/parcels/${first}`)
  assert.equal(gone.body.status, 'cancelled')

  for (const status of ['picked_up', 'delivered'])
    await shop.sandboxCall('POST', '/jnt/sandbox/advance', { awb: second, status })
  await refused(rebook(here, number), /GOT|picked/i)
  assert.match(await said(t, () => track(here)), /1 parcels were asked for/)
  const seen = await read()
  assert.equal(seen.status, 'delivered')
  assert.ok(seen.shipping.history.length >= 2)
})

test('a tracking number that staff gives has nobody ordered', async (t) => {
  const { number, read } = await paidOrder()
  await said(t, () => move(here, number, 'shipped', { tracking: 'JT-BY-HAND' }))
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal((await read()).shipping.tracking_number, 'JT-BY-HAND')
  const parcels = await shop.sandboxCall('GET', `/jnt/sandbox/parcels?orderid=${number}`)
  assert.deepEqual(parcels.body, [])
})

test('money that DOKU cannot give back is listed until somebody has', async (t) => {
  const { number, buyer, read } = await paidOrder()
  await buyer.call('PUT', `/api/orders/${number}/cancel`, { reason: 'Changed my mind' })
  assert.equal((await read()).cancel_reason, 'Changed my mind')
  let list = ''
  await until('the refund', async () => (list = await said(t, () => listRefunds(here))).includes(number), 8000)
  const [id] = /^\S+/m.exec(list.split('\n').find((line) => line.includes(number))!)!
  assert.equal((await read()).payment_status, 'paid')
  await refused(refundDone(here, '00000000-0000-7000-8000-000000000000', 'x'), /no refund/)
  await said(t, () => refundDone(here, id, 'BCA 2026-1'))
  assert.equal((await read()).payment_status, 'refunded')
  assert.doesNotMatch(await said(t, () => listRefunds(here)), new RegExp(number))
  await refused(refundDone(here, id, 'again'), /no refund/)
})

test('Odoo’s state is shown: what waits, what was read, what could not both be right', async (t) => {
  // the worker may be at it
  await until('a sync', async () => (await said(t, () => sync(here))).startsWith('Read'), 8000)
  const text = await said(t, () => status(here))
  assert.match(text, /^Orders: +\d+ in Odoo, \d+ waiting, the oldest since .*, 0 refused$/m)
  assert.match(text, /not linked with the ERP/)
  assert.match(text, /^variants: +read 20/m)
  assert.equal(process.exitCode, 1)
  await refused(sync({ ...shop, store: shop.rival }), /has no Odoo/)
})

test('vouchers, prices, categories and settings are made by commands', async (t) => {
  await said(t, () => voucher(here, 'raya', { name: 'Raya', description: '', percent: 500, min: 0, perCustomer: 1 }))
  await refused(voucher(here, 'RAYA', { name: 'Raya', description: '', percent: 500, min: 0 }), /already/)
  await refused(voucher(here, 'X', { name: 'X', description: '', percent: 1, amount: 1, min: 0 }), /one of/)
  const person = await shop.customer()
  const offered = await person.call('GET', '/api/vouchers/available')
  assert.ok(offered.body.data.vouchers.some((one: { code: string }) => one.code === 'RAYA'))

  await refused(place(here, 'furniture', 'tables'), /no place/)
  await said(t, () => place(here, 'chairs', undefined))
  await said(t, () =>
    rate(here, 'tiki', 'ONS', { region: '', city: '', description: 'Over Night', first: 9, next: 1, etd: '1 day' }),
  )
  await refused(settings(here, { courier: ['tiki=pigeon'] }), /sicepat=biteship/)
  await refused(settings(here, { erp: 'paper' }), /odoo or none/)
  await said(t, () => settings(here, { courier: ['jnt=jnt', 'tiki=biteship'] }))
  await until('the settings', () => Promise.resolve(shop.storeOf('ansania').couriers['tiki'] === 'biteship'), 5000)
  assert.equal(shop.storeOf('ansania').erpProvider, 'odoo')
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(shop.engine.db)).findings, [])
  const [[rows] = []] = await execute(shop.engine.db, `select count(*) from timeline where actor = 'staff'`)
  assert.ok(Number(rows) >= 3)
})
