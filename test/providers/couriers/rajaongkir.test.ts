import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createRajaongkir } from '../../../src/providers/couriers/rajaongkir.ts'
import { answering, askOf, isKind, john, openSandbox, shop, unheard } from './support.ts'

const account = { apiKey: 'ro-key', couriers: ['jnt', 'jne', 'sicepat'], timeoutMs: 1200 }

async function open(t: TestContext, more: object = {}) {
  const sandbox = await openSandbox(t)
  return { ...sandbox, rajaongkir: createRajaongkir({ ...account, baseUrl: `${sandbox.url}/rajaongkir`, ...more }) }
}

test('prices come between two places found by their postal codes', async (t) => {
  const { rajaongkir } = await open(t)
  assert.deepEqual(await rajaongkir.rates(askOf('jne', { weightGrams: 1200 })), [
    { service: 'REG', description: 'Layanan Reguler', costMinor: 48_000, etd: '2 days' },
    { service: 'YES', description: 'Yakin Esok Sampai', costMinor: 92_000, etd: '1 day' },
  ])
  assert.equal(rajaongkir.parcels, null)
})

test('a postal code that nobody knows gives way to the district in its city', async (t) => {
  const { rajaongkir } = await open(t)
  const to = (district: string | null, city: string) =>
    rajaongkir.rates(askOf('jne', { destination: { ...john, postalCode: '12999', district, city } }))
  assert.equal((await to('Kebayoran Baru', 'Kota Jakarta Selatan')).length, 2)
  assert.deepEqual(await to('Kebayoran Baru', 'Surabaya'), [])
  assert.deepEqual(await to(null, 'Jakarta Selatan'), [])
})

test('where a courier does not go there is no price; from a place unknown nothing can be sent', async (t) => {
  const { rajaongkir } = await open(t)
  const papua = { ...john, postalCode: '99111', city: 'Jayapura' }
  assert.deepEqual(await rajaongkir.rates(askOf('jne', { destination: papua })), [])
  assert.equal((await rajaongkir.rates(askOf('jnt', { destination: papua }))).length, 1)
  const nowhere = { ...john, postalCode: '11111' }
  await assert.rejects(rajaongkir.rates(askOf('jne', { origin: nowhere })), isKind('refused', /11111/))
  await assert.rejects(rajaongkir.rates(askOf('ups')), isKind('refused', /Invalid Courier/))
})

test('answers that nobody heard are unavailable, and are not remembered', async (t) => {
  const { rajaongkir, fault } = await open(t)
  for (const unheardOf of unheard) {
    await fault('rajaongkir', unheardOf)
    await assert.rejects(rajaongkir.rates(askOf('jne')), isKind('unavailable'), unheardOf.kind)
    assert.equal((await rajaongkir.rates(askOf('jne'))).length, 2)
  }
})

const jne = { courier: 'jne', trackingNumber: 'JNE1', providerId: null, phone: '+62 812-3456-789' }

test('a parcel that was ordered elsewhere is followed to its door', async (t) => {
  const { rajaongkir, call } = await open(t)
  const added = await call('POST', '/rajaongkir/sandbox/parcels', { awb: 'JNE1', courier: 'jne', phone: '08123456789' })
  assert.equal(added.status, 200)
  const states = [(await rajaongkir.track(jne)).state]
  for (let step = 0; step < 2; step++) {
    await call('POST', '/rajaongkir/sandbox/advance', { awb: 'JNE1' })
    states.push((await rajaongkir.track(jne)).state)
  }
  assert.deepEqual(states, ['in_transit', 'in_transit', 'delivered'])
  const { events } = await rajaongkir.track(jne)
  assert.deepEqual(
    events.map(({ place, description }) => [place, description]),
    [
      ['JEPARA', 'SHIPMENT RECEIVED BY JNE COUNTER OFFICER AT [JEPARA]'],
      ['JEPARA', 'DEPARTED FROM TRANSIT [JEPARA]'],
      ['JAKARTA', 'RECEIVED AT INBOUND STATION [JAKARTA]'],
      ['JAKARTA', 'WITH DELIVERY COURIER [JAKARTA]'],
      ['JAKARTA', 'DELIVERED TO [PENERIMA | JAKARTA]'],
    ],
  )
  assert.ok(Math.abs(events[0]!.at.getTime() - Date.now()) < 60_000, 'seven hours off is another time zone')
  await call('POST', '/rajaongkir/sandbox/advance', { awb: 'JNE1', status: 'returned' })
  assert.equal((await rajaongkir.track(jne)).state, 'returned')
})

test('a parcel that the courier does not know is refused, and an answer that nobody heard is unavailable', async (t) => {
  const { rajaongkir, call, fault } = await open(t)
  await call('POST', '/rajaongkir/sandbox/parcels', { awb: 'JNE1', courier: 'jne', phone: '08123456789' })
  for (const other of [{ trackingNumber: 'JNE2' }, { courier: 'jnt' }, { phone: '' }, { phone: '08123400000' }])
    await assert.rejects(rajaongkir.track({ ...jne, ...other }), isKind('refused', /Invalid Waybill/))
  for (const unheardOf of unheard) {
    await fault('rajaongkir', unheardOf)
    await assert.rejects(rajaongkir.track(jne), isKind('unavailable'), unheardOf.kind)
  }
})

test('what is told of a parcel is believed when it is about this parcel, and not more than it says', async (t) => {
  const scan = { manifest_description: 'Scan', manifest_date: '2026-02-03', manifest_time: '17:05', city_name: '' }
  const history = (status: string, more: object = {}) => ({
    meta: { code: 200, status: 'success', message: 'Success Get Waybill' },
    data: {
      delivered: false,
      summary: { waybill_number: 'JNE1', status },
      delivery_status: { status },
      manifest: [scan],
      ...more,
    },
  })
  const cases: [body: object, end: string][] = [
    [history('ON PROCESS'), 'in_transit'],
    [history('ON PROCESS', { manifest: [] }), 'booked'],
    [history('DELIVERED'), 'in_transit'],
    [history('DELIVERED', { delivered: true }), 'delivered'],
    [history('DELIVERED', { delivered: 'true' }), 'delivered'],
    [history('RETURN TO SHIPPER'), 'in_transit'],
    [history('RETURN TO SHIPPER', { delivered: true }), 'returned'],
    [history('CANCELLED'), 'cancelled'],
    [history('LOST'), 'lost'],
    [history('DELIVERED', { delivered: true, summary: { waybill_number: 'JNE2' } }), 'unavailable'],
    [history('DELIVERED', { delivered: true, manifest: null }), 'unavailable'],
    [{ meta: { code: 200, status: 'success' }, data: null }, 'unavailable'],
  ]
  for (const [body, expected] of cases) {
    const { url, asked } = await answering(t, [200, body])
    const end = await createRajaongkir({ ...account, baseUrl: url })
      .track(jne)
      .then(
        ({ state }) => state,
        (error: { kind: string }) => error.kind,
      )
    assert.equal(end, expected, JSON.stringify(body))
    assert.equal(asked[0]!.body, 'awb=JNE1&courier=jne&last_phone_number=56789')
  }
  const { url, asked } = await answering(t, [200, history('ON PROCESS')])
  const rajaongkir = createRajaongkir({ ...account, baseUrl: url })
  const { events } = await rajaongkir.track({ ...jne, courier: 'sicepat' })
  assert.equal(asked[0]!.body, 'awb=JNE1&courier=sicepat')
  assert.deepEqual(events, [{ at: new Date('2026-02-03T10:05:00Z'), place: null, description: 'Scan' }])
})

const place = (id: number, zip_code: string, district_name: string) => ({ id, zip_code, district_name, city_name: 'X' })
const found = (...data: object[]) => ({ meta: { code: 200, status: 'success', message: 'Success' }, data })
const refusal = (code: number, message: string) => ({ meta: { code, status: 'error', message }, data: null })

test('places are looked up once, found or not, also when many ask at once', async (t) => {
  const { url, asked } = await answering(t, [404, refusal(404, 'Domestic Destinations Data not found')])
  const rajaongkir = createRajaongkir({ ...account, baseUrl: url })
  const rates = () => rajaongkir.rates(askOf('jne', { origin: { ...shop, district: null } })).catch(() => [])
  await Promise.all([rates(), rates(), rates()])
  await rates()
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['59427', '12345'].map((code) => `/api/v1/destination/domestic-destination?search=${code}&limit=50&offset=0`),
  )
})

test('of the places with a postal code the one in the district is taken', async (t) => {
  const places = found(place(1, '59427', 'Batealit'), place(2, '59427', 'TAHUNAN'), place(3, '1', 'Tahunan'))
  const { url, asked } = await answering(t, [200, places])
  const rajaongkir = createRajaongkir({ ...account, baseUrl: url })
  await rajaongkir.rates(askOf('jne', { destination: shop }))
  const form = new URLSearchParams(asked.at(-1)!.body)
  assert.deepEqual(Object.fromEntries(form), {
    origin: '2',
    destination: '2',
    weight: '800',
    courier: 'jne',
    price: 'lowest',
  })
  assert.equal(asked.at(-1)!.headers['key'], 'ro-key')
})

test('our own key or quota is unavailable, however it is said', async (t) => {
  for (const [status, body] of [
    [401, refusal(401, 'Invalid Api key, key not found')],
    [400, refusal(400, 'Invalid Api key, key not found')],
    [429, refusal(429, 'Daily limit')],
    [200, refusal(429, 'Daily limit')],
    [200, '[]'],
    [200, {}],
  ] as const) {
    const { url } = await answering(t, [status, body])
    const rajaongkir = createRajaongkir({ ...account, baseUrl: url })
    await assert.rejects(rajaongkir.rates(askOf('jne')), isKind('unavailable'), JSON.stringify(body))
  }
})
