import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { moveOrder } from '../../../src/engine/orders/moves.ts'
import { work } from '../../../src/main.ts'
import { assertSound, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import type { FurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { startProcess } from '../../support/process.ts'
import { until } from '../../support/wait.ts'
import { outside, paid } from './support.ts'

/** What the worker's clock starts every minute, at once. */
const startJob = (shop: FurnitureShop, name: string, payload: object = {}) =>
  execute(shop.engine.db, `select graphile_worker.add_job($1, $2::json, max_attempts => 1)`, [
    name,
    JSON.stringify(payload),
  ])

const waiting = (shop: FurnitureShop): Promise<number> =>
  value(shop.engine, `select count(*)::int from erp_order where state in ('waiting', 'to_cancel')`)

test('a worker is killed with orders and parcels under way: another goes on, and none is there twice', async (t) => {
  const secret = randomBytes(32).toString('base64')
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-worker-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  let offsetMs = 0
  const shop = await openFurnitureShop(t, {
    webhooks: false,
    env: { SAUDAGAR_SECRET: secret },
    now: () => new Date(Date.now() + offsetMs),
  })
  const { engine, store } = shop
  const { fault, endFaults, goods, ours, pull, records } = outside(shop)
  const variant = await goods('Table', 50)
  await pull()
  const { serial } = (await ours(variant.id))!
  const orders = []
  for (let n = 0; n < 8; n++) orders.push(await paid(shop, serial))
  offsetMs = -5 * 60_000 // long enough ago for the sweep to go on with them
  for (const { id } of orders.slice(0, 3))
    await engine.run(store, { kind: 'staff', name: 'shop' }, (ctx) => moveOrder(ctx, id, 'shipped'))
  offsetMs = 0

  const env = {
    DATABASE_URL: shop.config.databaseUrl!,
    SAUDAGAR_DATA: folder,
    SAUDAGAR_SECRET: secret,
    LOG_LEVEL: 'error',
    ...shop.providerEnv,
  }
  await fault('odoo', { kind: 'delay', delayMs: 40 })
  await fault('jnt', { kind: 'delay', delayMs: 30_000, after: true }) // it comes, and its answer does not
  const first = await startProcess(t, env)
  await startJob(shop, 'sync-erp')
  const parcels = async (): Promise<Wire[]> => (await shop.sandboxCall('GET', '/jnt/sandbox/parcels')).body
  await until('it is in the midst of both', async () => {
    const sent = await value(engine, `select count(*)::int from erp_order where state = 'sent'`)
    return sent >= 2 && (await parcels()).length >= 1
  })
  first.kill('SIGKILL')
  await first.ended
  assert.ok((await waiting(shop)) > 0, 'some were still to go')

  await endFaults()
  await startProcess(t, env)
  const clock = setInterval(
    () => void Promise.all(['sync-erp', 'book-parcels'].map((job) => startJob(shop, job))),
    1000,
  )
  t.after(() => clearInterval(clock))
  await until(
    'another has sent them',
    async () => {
      const open = await value(engine, `select count(*)::int from shipment where booking_state = 'wanted'`)
      return open + (await waiting(shop)) === 0
    },
    60_000,
  )
  clearInterval(clock)
  for (const { number } of orders) {
    const there = (await records('sale.order')).filter((order) => order.client_order_ref === number)
    assert.deepEqual(
      there.map(({ state }) => state),
      ['sale'],
    )
  }
  const alive = (await parcels()).filter(({ status }) => status !== 'cancelled')
  const numbers = await execute(engine.db, 'select tracking_number from shipment')
  assert.deepEqual(new Set(alive.map(({ awb }) => awb)), new Set(numbers.map(([awb]) => awb)))
  assert.equal(alive.length, 3)
  await assertSound(engine)
})

test('two workers, hints that come in any order and many times, and wrong data in Odoo: each order is there once', async (t) => {
  const shop = await openFurnitureShop(t, { worker: true, databasePool: 20 })
  const { engine } = shop
  const { fault, goods, make, ours, pull, saleOrders } = outside(shop)
  const second = await work({ ...shop, url: shop.config.databaseUrl! })
  await fault('odoo', { only: 'webhook', kind: 'duplicate', copies: 10, rate: 0.5 })
  await fault('odoo', { only: 'webhook', kind: 'reorder', rate: 0.5 })
  const variant = await goods('Table', 50)
  await until('the hint has brought it', () => ours(variant.id))
  const { serial } = (await ours(variant.id))!
  const orders = await Promise.all(Array.from({ length: 6 }, () => paid(shop, serial)))
  // nobody can take this one over
  const wrong = await make('product.product', { name: 'Below nothing', list_price: -1, is_storable: true })
  await pull()
  await until('all have gone', async () => {
    await Promise.all([1, 2, 3].map(() => startJob(shop, 'sync-erp')))
    return (await waiting(shop)) === 0 && (await value(engine, 'select count(*)::int from erp_order')) === 6
  })
  for (const { number } of orders)
    assert.deepEqual(
      (await saleOrders(number)).map(({ state }) => state),
      ['sale'],
    )
  assert.equal(await ours(wrong.id), undefined)
  await second.stop() // before its database goes
  await assertSound(engine)
})
