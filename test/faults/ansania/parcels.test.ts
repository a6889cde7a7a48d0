import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { bookOpenParcels, bookParcel, numberParcel, rebookParcel } from '../../../src/engine/fulfilment/booking.ts'
import { CourierError } from '../../../src/engine/fulfilment/courier.ts'
import type { CourierService, Parcels } from '../../../src/engine/fulfilment/courier.ts'
import type { FindCourier } from '../../../src/engine/fulfilment/quotes.ts'
import { trackParcels } from '../../../src/engine/fulfilment/tracking.ts'
import { addStore, setSecret } from '../../../src/engine/stores/stores.ts'
import { createJnt } from '../../../src/providers/couriers/jnt.ts'
import type { JntAccount } from '../../../src/providers/couriers/jnt.ts'
import { secretPurpose } from '../../../src/server/providers.ts'
import { story } from '../../support/faults.ts'
import { ansaniaStore, openFurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { outside, storyOf } from './support.ts'
import { parcelsIn } from './parcels.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { now: () => new Date(Date.now() + offsetMs) })
const { engine, store, registry, sandboxCall } = shop
const { courierOf } = shop.providers
const { fault, endFaults, parcels } = outside(shop)
const { shipped, book, track, parcelOf, stuck, livesOf, advance, seen } = parcelsIn(shop)
afterEach(() => endFaults())

const isUnavailable = (error: unknown) => error instanceof CourierError && error.kind === 'unavailable'

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
