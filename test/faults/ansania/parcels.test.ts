import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { listParcels, rebook } from '../../../src/cli/orders.ts'
import { UsageError } from '../../../src/cli/usage.ts'
import { system } from '../../../src/engine/context.ts'
import { execute } from '../../../src/engine/database.ts'
import { parcelsBehind } from '../../../src/engine/fulfilment/behind.ts'
import { bookOpenParcels, bookParcel, numberParcel, rebookParcel } from '../../../src/engine/fulfilment/booking.ts'
import { CourierError } from '../../../src/engine/fulfilment/courier.ts'
import type { CourierService, Parcels } from '../../../src/engine/fulfilment/courier.ts'
import type { FindCourier } from '../../../src/engine/fulfilment/quotes.ts'
import { trackParcels } from '../../../src/engine/fulfilment/tracking.ts'
import { lockOrder, moveOrder } from '../../../src/engine/orders/moves.ts'
import { addStore, setSecret } from '../../../src/engine/stores/stores.ts'
import { createJnt } from '../../../src/providers/couriers/jnt.ts'
import type { JntAccount } from '../../../src/providers/couriers/jnt.ts'
import { secretPurpose } from '../../../src/server/providers.ts'
import { assertSound, story, value } from '../../support/faults.ts'
import { ansaniaStore, openFurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'
import { outside, paid, stockOf, storyOf } from './support.ts'
import type { Placed } from './support.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { now: () => new Date(Date.now() + offsetMs) })
const { engine, store, registry, sandboxCall } = shop
const { courierOf } = shop.providers
const { fault, endFaults, parcels } = outside(shop)
afterEach(() => endFaults())

/** A paid order that staff sends off; its parcel waits for a courier, unless its number is known. */
async function shipped(more: object = {}, trackingNumber: string | null = null) {
  const { variants } = await shop.product({ weightGrams: 1500 })
  const order = await paid(shop, variants[0]!.serial, 2, more)
  await engine.run(store, { kind: 'staff', name: 'odoo' }, (ctx) =>
    moveOrder(ctx, order.id, 'shipped', { trackingNumber }),
  )
  assert.deepEqual(await stockOf(shop, variants[0]!.id), [8, 0])
  return order
}

const book = (order: Placed) => bookParcel(engine, courierOf, store, order.id)
const track = () => trackParcels(engine, courierOf, registry.byId, store)

const parcelOf = async ({ id }: Placed) => {
  const [row] = await execute(
    engine.db,
    `select booking_state, booking_attempt, provider, courier, tracking_number, state from shipment where order_id = $1`,
    [id],
  )
  const [booking, attempt, provider, courier, awb, state] = row!
  return { booking, attempt, provider, courier, awb: awb as string | null, state }
}

/** What a person is told to see to of an order's parcel. */
const stuck = async (order: Placed) =>
  (await parcelsBehind(engine.db, store)).stuck
    .filter(({ number }) => number === order.number)
    .map(({ courier, trackingNumber, why, note }) => [courier, trackingNumber, why, note])

const isUnavailable = (error: unknown) => error instanceof CourierError && error.kind === 'unavailable'

/** The parcel that J&T will come for, and those that it will not. */
const livesOf = async (order: Placed) => {
  const all = await parcels(order.number)
  const alive = all.filter(({ status }) => status !== 'cancelled')
  return [alive.map(({ orderid }): string => orderid), all.length - alive.length] as const
}

const advance = (awb: string | null, status?: string, provider = 'jnt') =>
  sandboxCall('POST', `/${provider}/sandbox/advance`, { awb, ...(status && { status }) })

const seen = (order: Placed): Promise<Wire> => order.buyer.orderOf(order.number)

test('J&T is ordered for what staff sends off, and the customer sees the number', async () => {
  const order = await shipped()
  await book(order)
  const { awb, ...parcel } = await parcelOf(order)
  assert.deepEqual(parcel, { booking: 'booked', attempt: 1, provider: 'jnt', courier: 'jnt', state: 'booked' })
  const [atJnt] = await parcels(order.number)
  assert.deepEqual([atJnt.awb, atJnt.orderid], [awb, order.number])
  const { weight, qty, receiver_name, receiver_zip, expresstype, goodsvalue } = atJnt.order
  assert.deepEqual(
    [weight, qty, receiver_name, receiver_zip, expresstype, goodsvalue],
    ['3', '2', 'Budi Santoso', '12345', '1', String(order.totalMinor)],
  )
  assert.equal((await seen(order)).shipping.tracking_number, awb)
  await Promise.all([book(order), book(order)])
  assert.deepEqual(await livesOf(order), [[order.number], 0])
  assert.deepEqual((await storyOf(shop, order.id)).at(-1), ['parcel_booked', awb])
})

for (const kind of ['drop', 'error', 'garbage']) {
  test(`J&T's answer to an order is lost (${kind}): it is cancelled and ordered again, so one parcel is alive`, async () => {
    const order = await shipped()
    await fault('jnt', { kind, after: true, count: 1 })
    await assert.rejects(book(order), isUnavailable)
    assert.equal((await parcelOf(order)).booking, 'wanted')
    await book(order)
    assert.deepEqual(await livesOf(order), [[`${order.number}-2`], 1])
    const { booking, attempt, awb } = await parcelOf(order)
    assert.deepEqual([booking, attempt], ['booked', 2])
    assert.equal((await seen(order)).shipping.tracking_number, awb)
  })
}

test('the answer to the cancellation is lost too, and to the second order: still one parcel is alive', async () => {
  const order = await shipped()
  await fault('jnt', { kind: 'drop', after: true, count: 2 })
  await assert.rejects(book(order), isUnavailable) // ordered
  await fault('jnt', { kind: 'drop', after: true, count: 1 })
  await assert.rejects(book(order), isUnavailable) // known
  await book(order)
  assert.deepEqual((await livesOf(order))[0].length, 1)

  const other = await shipped()
  await fault('jnt', { kind: 'drop', after: true })
  for (let tries = 0; tries < 4; tries++) await assert.rejects(book(other), isUnavailable)
  await endFaults()
  await book(other)
  const [alive] = await livesOf(other)
  assert.equal(alive.length, 1)
  assert.equal((await parcelOf(other)).booking, 'booked')
})

test('a job and the sweep at once, with J&T slow: the parcel that is alive is the one that the customer is told of', async () => {
  const order = await shipped()
  await fault('jnt', { kind: 'delay', delayMs: 300, after: true })
  await Promise.all([book(order), book(order), book(order)])
  await endFaults()
  assert.deepEqual(await livesOf(order), [[order.number], 0])
  assert.equal((await parcels(order.number))[0].awb, (await parcelOf(order)).awb)
})

test('a parcel whose number was lost and that was picked up already is a person’s business', async () => {
  const order = await shipped()
  await fault('jnt', { kind: 'drop', after: true, count: 1 })
  await assert.rejects(book(order), isUnavailable)
  const [lost] = await parcels(order.number)
  await advance(lost.awb, 'picked_up')
  await book(order)
  assert.equal((await parcelOf(order)).booking, 'failed')
  assert.deepEqual((await storyOf(shop, order.id)).at(-1), [
    'parcel_refused',
    `ordered as ${order.number}, but its number was lost: ask the courier`,
  ])
  assert.deepEqual(await livesOf(order), [[order.number], 0])
})

test('an order that J&T refuses is told in the timeline, and not tried again by itself', async () => {
  const order = await shipped()
  await engine.db.query({
    text: `update order_address set city = 'Pulau Terpencil' where order_id = $1`,
    values: [order.id],
    rowMode: 'array',
  })
  await book(order)
  assert.equal((await parcelOf(order)).booking, 'failed')
  assert.deepEqual((await storyOf(shop, order.id)).at(-1), ['parcel_refused', 'jnt: Kecamatan Penerima Error'])
  assert.deepEqual(await stuck(order), [['jnt', null, 'failed', 'jnt: Kecamatan Penerima Error']])
  offsetMs += 3 * 60_000
  await bookOpenParcels(engine, courierOf, registry.byId)
  assert.deepEqual((await story(shop, order.id)).filter((kind) => kind === 'parcel_refused').length, 1)
})

test('Biteship is ordered for SiCepat; a lost answer is asked for again, and no second driver comes', async () => {
  const order = await shipped({ shipping_courier: 'sicepat' })
  await fault('biteship', { kind: 'drop', after: true, count: 1 })
  await assert.rejects(book(order), isUnavailable)
  await book(order)
  const all = (await sandboxCall('GET', '/biteship/sandbox/parcels')).body as Wire[]
  const ours = all.filter((parcel) => parcel.reference_id.startsWith(order.number))
  const { awb, ...parcel } = await parcelOf(order)
  assert.deepEqual(
    ours.map((one) => [one.awb, one.reference_id, one.courier]),
    [[awb, order.number, 'sicepat']],
  )
  assert.deepEqual(parcel, { booking: 'booked', attempt: 1, provider: 'biteship', courier: 'sicepat', state: 'booked' })
})

test('RajaOngkir orders nobody: a parcel for JNE is a person’s business, who is told why', async () => {
  const order = await shipped({ shipping_courier: 'jne' })
  await book(order)
  assert.equal((await parcelOf(order)).booking, 'failed')
  assert.deepEqual((await storyOf(shop, order.id)).at(-1), ['parcel_refused', 'nobody can be ordered for this courier'])
})

test('a booking whose job was lost with its worker is made by the sweep, once it is two minutes old', async () => {
  const order = await shipped()
  await bookOpenParcels(engine, courierOf, registry.byId)
  assert.equal((await parcelOf(order)).booking, 'wanted')
  offsetMs += 3 * 60_000
  await bookOpenParcels(engine, courierOf, registry.byId)
  assert.equal((await parcelOf(order)).booking, 'booked')
  assert.deepEqual(await livesOf(order), [[order.number], 0])
})

test('J&T down keeps no parcel of another courier from being ordered', async () => {
  const waiting = [await shipped(), await shipped(), await shipped(), await shipped()]
  const other = await shipped({ shipping_courier: 'sicepat' })
  await fault('jnt', { kind: 'error' })
  offsetMs += 3 * 60_000
  await bookOpenParcels(engine, courierOf, registry.byId)
  assert.equal((await parcelOf(other)).booking, 'booked')
  await endFaults()
  await bookOpenParcels(engine, courierOf, registry.byId)
  for (const order of waiting) assert.equal((await parcelOf(order)).booking, 'booked')
})

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

/** J&T with another key than the account has. */
const jntWith = (more: Partial<JntAccount>): FindCourier => {
  const { jnt } = shop.config
  const service = createJnt({ ...jnt, timeoutMs: 2000, ...more })
  return () => service
}

test('with a wrong key J&T is as good as down: the parcel waits for the right one, and nobody says that J&T refused', async () => {
  const order = await shipped()
  for (const wrong of [{ orderKey: 'old' }, { apiKey: 'old' }, { username: 'OLD' }])
    await assert.rejects(bookParcel(engine, jntWith(wrong), store, order.id), isUnavailable, JSON.stringify(wrong))
  assert.equal((await parcelOf(order)).booking, 'wanted')
  assert.ok(!(await story(shop, order.id)).includes('parcel_refused'))
  await book(order)
  assert.equal((await parcelOf(order)).booking, 'booked')
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

test('what a courier lost is sent once more: by a courier that is ordered, or by hand under a number of its own', async () => {
  for (const way of ['courier', 'hand']) {
    const order = await shipped({ shipping_courier: 'sicepat' })
    await book(order)
    const { awb: first } = await parcelOf(order)
    await advance(first, 'disposed', 'biteship')
    await track()
    assert.equal((await stuck(order)).length, 1)
    if (way === 'courier') assert.equal(await rebookParcel(engine, courierOf, store, order.id), true)
    else assert.equal(await numberParcel(engine, store, order.id, 'HAND-1'), true)
    const { awb, state } = await parcelOf(order)
    assert.notEqual(awb, first)
    assert.notEqual(state, 'lost')
    assert.deepEqual(await stuck(order), [])
    // one that is under way is given no other number
    if (way === 'courier') assert.equal(await numberParcel(engine, store, order.id, 'HAND-2'), false)
  }
})

test('a parcel that breaks the work on it keeps no other from being ordered or followed', async () => {
  const [broken, fine] = [await shipped(), await shipped()]
  offsetMs += 3 * 60_000
  const find: FindCourier = (of, courier) => {
    const service = courierOf(of, courier)!
    const breaks = (reference: string) => {
      if (reference === broken.number) throw new TypeError('a bug')
    }
    const book: Parcels['book'] = async (parcel) => {
      breaks(parcel.reference)
      return service.parcels!.book(parcel)
    }
    return { ...service, parcels: { ...service.parcels!, book } }
  }
  const isTold = (error: unknown) => error instanceof AggregateError && /a bug/.test(String(error.errors))
  await assert.rejects(bookOpenParcels(engine, find, registry.byId), isTold)
  assert.equal((await parcelOf(fine)).booking, 'booked')
  await book(broken)

  await advance((await parcelOf(fine)).awb, 'delivered')
  const { awb } = await parcelOf(broken)
  const follow: FindCourier = (of, courier) => {
    const service = courierOf(of, courier)!
    const ask: CourierService['track'] = async (parcel) => {
      if (parcel.trackingNumber === awb) throw new TypeError('a bug')
      return service.track(parcel)
    }
    return { ...service, track: ask }
  }
  await assert.rejects(trackParcels(engine, follow, registry.byId, store), isTold)
  assert.equal((await seen(fine)).status, 'delivered')
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

test('ordered anew twice at once, one courier comes, and it is the one that the customer is told of', async () => {
  const order = await shipped()
  await book(order)
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow: FindCourier = (of, courier) => {
    const service = courierOf(of, courier)!
    const cancel: Parcels['cancel'] = async (booking, reason) => {
      await service.parcels!.cancel(booking, reason)
      reached.resolve()
      await goOn.promise
    }
    return { ...service, parcels: { ...service.parcels!, cancel } }
  }
  const first = rebookParcel(engine, slow, store, order.id)
  await reached.promise
  const second = await rebookParcel(engine, courierOf, store, order.id).catch((error: unknown) => error)
  goOn.resolve()
  assert.deepEqual([await first, isUnavailable(second)], [true, true])
  assert.deepEqual(await livesOf(order), [[`${order.number}-2`], 1])
  const { awb, attempt } = await parcelOf(order)
  const alive = (await parcels(order.number)).find(({ status }) => status !== 'cancelled')
  assert.deepEqual([attempt, awb], [2, alive.awb])
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

test('a shop’s own contract with J&T: its table, its products, the key for cancellations, its name in the tariff', async () => {
  const [area] = [{ city: 'Jepara', district: 'Jepara', tariffCity: 'JEPARA', tariffDistrict: 'JEPARA' }]
  const there = { city: 'Jakarta Selatan', postalCode: '12345', tariffCity: 'JAKARTA', tariffDistrict: 'JAKARTA' }
  const areas = [
    { ...area, code: 'JPR', area: 'JPR001' },
    { ...there, code: 'JKT', area: 'JKT001' },
  ]
  const products = [{ product: 'EZ', expressType: 'EZ', service: 'HEMAT', description: 'Hemat', etd: '3 days' }]
  const profile = { ...ansaniaStore.profile, jnt: { areas, products } }
  const couriers = { jnt: 'jnt' }
  const more = { slug: 'own', hosts: [], isDemo: false, erpProvider: null, profile, couriers }
  const storeId = await addStore(engine.db, { ...ansaniaStore, ...more })
  const keep = async (name: string, text: string) => {
    await setSecret(engine.db, storeId, name, shop.vault.seal(text, secretPurpose(storeId, name)), engine.now())
    await registry.reload()
  }
  const { username, apiKey, orderKey, tariffKey, companyId, trackingPassword } = shop.config.jnt
  const needed = { username, api_key: apiKey, order_key: orderKey, tariff_key: tariffKey, company_id: companyId }
  for (const [name, text] of Object.entries({ ...needed, tracking_password: trackingPassword }))
    await keep(`jnt.${name}`, text)

  const jnt = () => courierOf(registry.byId(storeId)!, 'jnt')!
  const { origin } = ansaniaStore.profile
  const destination = { postalCode: '12345', city: 'Jakarta Selatan', district: null, region: 'DKI Jakarta' }
  const ask = { courier: 'jnt', origin: origin!, destination, weightGrams: 800, valueMinor: 1 }
  const offered = [{ service: 'HEMAT', description: 'Hemat', costMinor: 25_000, etd: '3 days' }]
  assert.deepEqual(await jnt().rates(ask), offered)
  assert.deepEqual(
    await jnt().rates({ ...ask, destination: { ...destination, postalCode: '40135', city: 'Bandung' } }),
    [],
  )
  const first = { courier: 'jnt', trackingNumber: 'JT1', providerId: null, reference: 'OWN-1' }
  const isRefused = (error: unknown) => error instanceof CourierError && error.kind === 'refused'
  await assert.rejects(jnt().parcels!.cancel(first, 'no'), isRefused, 'there is no such order')
  await keep('jnt.cancel_key', 'another')
  await assert.rejects(jnt().parcels!.cancel(first, 'no'), isUnavailable)
  await keep('jnt.customer_name', 'another')
  await assert.rejects(jnt().rates(ask), isUnavailable)
})
