import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { listParcels, rebook } from '../../../src/cli/orders.ts'
import { UsageError } from '../../../src/cli/usage.ts'
import { system } from '../../../src/engine/context.ts'
import { execute } from '../../../src/engine/database.ts'
import { parcelsBehind } from '../../../src/engine/fulfilment/behind.ts'
import { numberParcel, rebookParcel } from '../../../src/engine/fulfilment/booking.ts'
import { CourierError } from '../../../src/engine/fulfilment/courier.ts'
import type { CourierService } from '../../../src/engine/fulfilment/courier.ts'
import type { FindCourier } from '../../../src/engine/fulfilment/quotes.ts'
import { trackParcels } from '../../../src/engine/fulfilment/tracking.ts'
import { lockOrder, moveOrder } from '../../../src/engine/orders/moves.ts'
import { assertSound, story, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import { until } from '../../support/wait.ts'
import { outside, storyOf } from './support.ts'
import { parcelsIn } from './parcels.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { now: () => new Date(Date.now() + offsetMs) })
const { engine, store, registry, sandboxCall } = shop
const { courierOf } = shop.providers
const { fault, endFaults } = outside(shop)
const { shipped, book, track, parcelOf, stuck, livesOf, advance, seen } = parcelsIn(shop)
afterEach(() => endFaults())

test('tracking moves the order on: on its way, delivered; asked again, nothing changes', async () => {
  const order = await shipped()
  await book(order)
  const { awb } = await parcelOf(order)
  await advance(awb, 'in_transit')
  await track()
  assert.equal((await parcelOf(order)).state, 'in_transit')
  assert.equal((await seen(order)).status, 'shipped')
  await advance(awb)
  for (let times = 0; times < 2; times++) await track()
  const { status, shipping } = await seen(order)
  assert.equal(status, 'delivered')
  assert.deepEqual([shipping.history.length, shipping.history.at(-1).description], [5, 'Paket telah diterima'])
  assert.deepEqual((await story(shop, order.id)).slice(2), ['confirmed', 'shipped', 'parcel_booked', 'delivered'])
  await assertSound(engine)
})

test('a parcel that comes back makes its order a returned one, never a delivered one', async () => {
  const order = await shipped()
  await book(order)
  await advance((await parcelOf(order)).awb, 'returned')
  await track()
  assert.equal((await order.look())[0], 'returned')
  assert.equal((await seen(order)).status, 'cancelled')
  assert.ok(!(await story(shop, order.id)).includes('delivered'))
  await assertSound(engine)
})

test('while J&T answers garbage, or nothing, what is known of a parcel stays', async () => {
  const order = await shipped()
  await book(order)
  const { awb } = await parcelOf(order)
  await advance(awb, 'in_transit')
  await track()
  const before = (await seen(order)).shipping
  await advance(awb, 'delivered')
  for (const kind of ['garbage', 'drop', 'error']) {
    await fault('jnt', { kind })
    await track()
    await endFaults()
    assert.deepEqual((await seen(order)).shipping, before)
    assert.equal((await seen(order)).status, 'shipped')
  }
  await track()
  assert.equal((await seen(order)).status, 'delivered')
})

test('J&T down keeps no parcel of another courier from being followed', async () => {
  for (let n = 0; n < 4; n++) await book(await shipped())
  const other = await shipped({ shipping_courier: 'sicepat' })
  await book(other)
  await advance((await parcelOf(other)).awb, 'delivered', 'biteship')
  await fault('jnt', { kind: 'error' })
  await track()
  assert.equal((await seen(other)).status, 'delivered')
})

test('a parcel that staff ordered itself is followed as well', async () => {
  const donor = await shipped()
  await book(donor)
  const { awb } = await parcelOf(donor)
  const order = await shipped({}, awb)
  await book(order)
  assert.deepEqual(await livesOf(order), [[], 0], 'nobody is ordered for it')
  assert.equal((await seen(order)).shipping.tracking_number, awb)
  await advance(awb, 'delivered')
  await track()
  assert.equal((await seen(order)).status, 'delivered')
})

test('a parcel that its courier cancels is told of once, listed, and can be ordered anew', async () => {
  const order = await shipped()
  await book(order)
  const { awb } = await parcelOf(order)
  const first = { courier: 'jnt', trackingNumber: awb!, providerId: null, reference: order.number }
  await courierOf(store, 'jnt')!.parcels!.cancel(first, 'Nobody was there')
  assert.deepEqual(await stuck(order), [])
  for (let times = 0; times < 2; times++) await track()
  assert.equal((await parcelOf(order)).state, 'cancelled')
  assert.deepEqual((await storyOf(shop, order.id)).slice(-2), [
    ['parcel_booked', awb],
    ['parcel_cancelled', 'Pesanan dibatalkan'],
  ])
  assert.deepEqual(await stuck(order), [['jnt', awb, 'cancelled', 'Pesanan dibatalkan']])
  assert.equal((await seen(order)).status, 'shipped', 'the goods are still to come')

  assert.equal(await rebookParcel(engine, courierOf, store, order.id), true)
  assert.deepEqual(await stuck(order), [])
  assert.deepEqual(await livesOf(order), [[`${order.number}-2`], 1])
})

test('a parcel that its courier loses is told of once, and listed until somebody has decided', async (t) => {
  const order = await shipped({ shipping_courier: 'sicepat' })
  await book(order)
  const { awb } = await parcelOf(order)
  await advance(awb, 'disposed', 'biteship')
  for (let times = 0; times < 2; times++) await track()
  assert.equal((await story(shop, order.id)).filter((kind) => kind === 'parcel_lost').length, 1)
  assert.deepEqual(await stuck(order), [['sicepat', awb, 'lost', 'Item has been disposed.']])
  const lines: string[] = []
  const write = t.mock.method(process.stdout, 'write', (chunk: string) => lines.push(chunk) > 0)
  await listParcels({ ...shop, store })
  write.mock.restore()
  assert.match(lines[0]!, /^\d+ wait for a courier, [1-9]\d* need somebody to see to them\.$/m)
  assert.ok(lines.includes(`${order.number}  sicepat  ${awb}  lost by its courier: Item has been disposed.\n`))
  await engine.run(store, { kind: 'staff', name: 'staff' }, (ctx) => moveOrder(ctx, order.id, 'returned'))
  assert.deepEqual(await stuck(order), [])
})

test('another service that speaks for a courier now is not asked for parcels that it does not know', async () => {
  const order = await shipped()
  await book(order)
  const { awb } = await parcelOf(order)
  await advance(awb, 'delivered')
  const atBiteship = courierOf(store, 'sicepat')!
  const later: FindCourier = (of, courier) => (courier === 'jnt' ? atBiteship : courierOf(of, courier))
  await trackParcels(engine, later, registry.byId, store)
  assert.equal((await seen(order)).status, 'shipped')
  const isSaid = (error: unknown) =>
    error instanceof CourierError && error.kind === 'refused' && /through jnt, which cannot/.test(error.message)
  await assert.rejects(rebookParcel(engine, later, store, order.id), isSaid)
  await assert.rejects(
    rebookParcel(engine, () => undefined, store, order.id),
    isSaid,
  )
  assert.deepEqual(await parcelOf(order), { ...(await parcelOf(order)), booking: 'booked', attempt: 1, awb })

  const place = { ...shop, store, providers: { ...shop.providers, courierOf: later } }
  await assert.rejects(
    rebook(place, order.number),
    (error) => error instanceof UsageError && /through jnt, which cannot/.test(error.message),
  )

  const changed = { ...store, couriers: { ...store.couriers, jnt: 'biteship' } }
  const listed = (await parcelsBehind(engine.db, changed)).stuck.find(({ number }) => number === order.number)
  assert.deepEqual([listed?.why, listed?.trackingNumber], ['elsewhere', awb])
  assert.deepEqual(await stuck(order), [])
  await track()
  assert.equal((await seen(order)).status, 'delivered')
})

test('what is told of a parcel that was ordered anew meanwhile is not taken for news of the new one', async () => {
  const order = await shipped()
  await book(order)
  const find: FindCourier = (of, courier) => {
    const service = courierOf(of, courier)!
    const ask: CourierService['track'] = async (parcel) => {
      if (parcel.trackingNumber !== awb) return service.track(parcel)
      await rebookParcel(engine, courierOf, store, order.id)
      return service.track(parcel)
    }
    return { ...service, track: ask }
  }
  const { awb } = await parcelOf(order)
  await trackParcels(engine, find, registry.byId, store)
  const parcel = await parcelOf(order)
  assert.deepEqual([parcel.state, parcel.attempt], ['booked', 2])
  assert.ok(!(await story(shop, order.id)).includes('parcel_cancelled'))
})

test('who moves an order and who follows its parcel lock the two in the same order', async () => {
  const order = await shipped()
  await book(order)
  await advance((await parcelOf(order)).awb, 'delivered')
  const tracked = await engine.run(store, system, async (ctx) => {
    await lockOrder(ctx, order.id)
    const asked = trackParcels(engine, courierOf, registry.byId, store)
    await until('the tracking waits for the order', async () => {
      const waiting = `select count(*)::int from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      return (await value(engine, waiting)) === 1
    })
    const rows = await execute(ctx.tx, 'select from shipment where order_id = $1 for update nowait', [order.id])
    assert.equal(rows.length, 1)
    return { asked }
  })
  await tracked.asked
  assert.equal((await seen(order)).status, 'delivered')
})

test('asked for now, every parcel of the store is asked for, however many there are', async () => {
  const orders = [await shipped(), await shipped(), await shipped()]
  for (const order of orders) {
    await book(order)
    await advance((await parcelOf(order)).awb, 'delivered')
  }
  const asked = await trackParcels(engine, courierOf, registry.byId, store, 2)
  assert.ok(asked >= 3, String(asked))
  for (const order of orders) assert.equal((await seen(order)).status, 'delivered')
})

test('JNE is ordered by staff, and followed to the door through RajaOngkir', async () => {
  // shipped first, and its number known later
  const order = await shipped({ shipping_courier: 'jne' })
  await book(order)
  assert.equal(await numberParcel(engine, store, order.id, 'JNE0001'), true)
  const added = { awb: 'JNE0001', courier: 'jne', phone: '+628123456789' }
  assert.equal((await sandboxCall('POST', '/rajaongkir/sandbox/parcels', added)).status, 200)
  await track()
  assert.equal((await parcelOf(order)).state, 'in_transit')
  await advance('JNE0001', 'delivered', 'rajaongkir')
  await track()
  const { status, shipping } = await seen(order)
  assert.deepEqual([status, shipping.tracking_number], ['delivered', 'JNE0001'])
  assert.equal(shipping.history.at(-1).description, 'DELIVERED TO [PENERIMA | JAKARTA]')
})
