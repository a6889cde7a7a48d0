import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createBiteship } from '../../../src/providers/couriers/biteship.ts'
import { answering, askOf, isKind, john, openSandbox, parcelOf, parcelsOf, unheard } from './support.ts'

const account = { apiKey: 'biteship_test.one', couriers: ['jnt', 'jne', 'sicepat'], timeoutMs: 1200 }
const jnePiece = (reference: string, more: object = {}) => parcelOf(reference, { courier: 'jne', ...more })

async function open(t: TestContext) {
  const sandbox = await openSandbox(t)
  const biteship = createBiteship({ ...account, baseUrl: `${sandbox.url}/biteship` })
  const advance = (awb: string, status?: string) => sandbox.call('POST', '/biteship/sandbox/advance', { awb, status })
  return { ...sandbox, biteship, parcels: parcelsOf(biteship), advance }
}

test('each courier’s services have their prices and days', async (t) => {
  const { biteship } = await open(t)
  assert.deepEqual(await biteship.rates(askOf('jne', { weightGrams: 1200 })), [
    { service: 'REG', description: 'Reguler', costMinor: 48_000, etd: '2-3 days' },
    { service: 'YES', description: 'Yakin Esok Sampai (YES)', costMinor: 96_000, etd: '1 day' },
  ])
  assert.deepEqual(
    (await biteship.rates(askOf('jnt'))).map(({ service }) => service),
    ['EZ'],
  )
})

test('where no courier goes there are no prices, and what is no postal code is refused', async (t) => {
  const { biteship } = await open(t)
  const to = (postalCode: string) => biteship.rates(askOf('jne', { destination: { ...john, postalCode } }))
  assert.deepEqual(await to('99999'), [])
  await assert.rejects(to('1234'), isKind('refused', /1234 is no Indonesian postal code/))
})

test('a parcel is ordered and followed to its door, through every status', async (t) => {
  const { parcels, advance, call } = await open(t)
  const booking = await parcels.book(jnePiece('ORD-1', { service: 'YES', weightGrams: 1200 }))
  assert.match(booking.trackingNumber, /^WYB-/)
  const states = [(await parcels.track(booking)).state]
  for (let step = 0; step < 5; step++) {
    await advance(booking.trackingNumber)
    states.push((await parcels.track(booking)).state)
  }
  assert.deepEqual(states, ['booked', 'booked', 'booked', 'in_transit', 'in_transit', 'delivered'])
  const { events } = await parcels.track(booking)
  assert.equal(events.length, 6)
  assert.ok(Math.abs(events[0]!.at.getTime() - Date.now()) < 60_000)
  const known = (await call('GET', `/biteship/sandbox/parcels/${booking.trackingNumber}`)).body
  assert.deepEqual([known.type, known.price, known.order_id], ['yes', 96_000, booking.providerId])
  // the number alone is enough, for a parcel that was ordered elsewhere
  assert.equal((await parcels.track({ ...booking, providerId: null })).state, 'delivered')
})

test('what is lost, sent back or never fetched is told as such', async (t) => {
  const { parcels, advance } = await open(t)
  for (const [status, state] of [
    ['on_hold', 'in_transit'],
    ['return_in_transit', 'in_transit'],
    ['returned', 'returned'],
    ['disposed', 'lost'],
  ] as const) {
    const booking = await parcels.book(jnePiece(`ORD-${status}`))
    await advance(booking.trackingNumber, status)
    assert.equal((await parcels.track(booking)).state, state)
  }
})

test('an order whose answer was lost is found again by its reference, and made once', async (t) => {
  const { parcels, fault, call } = await open(t)
  for (const [index, unheardOf] of unheard.entries()) {
    const parcel = jnePiece(`LOST-${index}`)
    await fault('biteship', { ...unheardOf, after: true })
    await assert.rejects(parcels.book(parcel), isKind('unavailable'), unheardOf.kind)
    const { trackingNumber, providerId } = await parcels.book(parcel)
    const made = (await call('GET', `/biteship/sandbox/parcels?reference_id=LOST-${index}`)).body
    assert.deepEqual(
      made.map((order: { awb: string; order_id: string }) => [order.awb, order.order_id]),
      [[trackingNumber, providerId]],
    )
  }
})

test('another shop’s parcel under the same reference, in one account, is never taken for ours', async (t) => {
  const { parcels, call } = await open(t)
  const theirs = await parcels.book(jnePiece('ORD-1', { recipient: { ...john, name: 'Siti Aminah' } }))
  await assert.rejects(parcels.book(jnePiece('ORD-1')), isKind('refused', /ORD-1 .*somebody else/))
  const all = (await call('GET', '/biteship/sandbox/parcels')).body
  assert.deepEqual(
    all.map((one: { awb: string; status: string }) => [one.awb, one.status]),
    [[theirs.trackingNumber, 'confirmed']],
  )
})

test('prices and histories that nobody heard are unavailable', async (t) => {
  const { biteship, parcels, fault } = await open(t)
  const booking = await parcels.book(jnePiece('ORD-1'))
  for (const unheardOf of unheard) {
    await fault('biteship', unheardOf)
    await assert.rejects(biteship.rates(askOf('jne')), isKind('unavailable'), unheardOf.kind)
    await fault('biteship', unheardOf)
    await assert.rejects(parcels.track(booking), isKind('unavailable'), unheardOf.kind)
  }
})

test('an order is cancelled until it is picked up; cancelled twice is cancelled', async (t) => {
  const { parcels, advance, fault } = await open(t)
  const first = { ...(await parcels.book(jnePiece('ORD-1'))), reference: 'ORD-1' }
  await fault('biteship', { kind: 'drop', after: true })
  await assert.rejects(parcels.cancel(first, 'Changed my mind'), isKind('unavailable'))
  await parcels.cancel(first, 'Changed my mind')
  assert.equal((await parcels.track(first)).state, 'cancelled')
  const second = { ...(await parcels.book(jnePiece('ORD-2'))), reference: 'ORD-2' }
  await advance(second.trackingNumber, 'picked')
  await assert.rejects(parcels.cancel(second, 'Changed my mind'), isKind('refused', /cannot be cancelled/))
  assert.equal((await parcels.track(second)).state, 'in_transit')
  await assert.rejects(parcels.cancel({ ...second, providerId: null }, 'no'), isKind('refused'))
})

test('a key that is not known, and a service that is not there', async (t) => {
  const { url, parcels } = await open(t)
  const stranger = createBiteship({ ...account, apiKey: 'biteship_test.two', baseUrl: `${url}/biteship` })
  await assert.rejects(stranger.rates(askOf('jne')), isKind('unavailable'))
  await assert.rejects(parcels.book(jnePiece('ORD-1', { service: 'NOSUCH' })), isKind('refused', /not available/))
})

const order = { success: true, id: 'o1', reference_id: 'ORD-1', status: 'confirmed', courier: { waybill_id: 'W1' } }
const repeat = { success: false, error: 'Reference ID has already been used', code: 40002060 }

test('an order’s answer is believed when it is about our order and has a number', async (t) => {
  const cases: [answers: [number, unknown][], end: string][] = [
    [[[200, order]], 'W1'],
    [[[200, { ...order, reference_id: 'ORD-2' }]], 'unavailable'],
    [[[200, { ...order, courier: { waybill_id: null } }]], 'unavailable'],
    [[[200, { ...order, success: false, error: 'no' }]], 'refused'],
    [[[400, { success: false, error: 'no', code: 40002001 }]], 'unavailable'],
    [[[402, { success: false, error: 'balance' }]], 'unavailable'],
    [[[429, { success: false, error: 'slow down' }]], 'unavailable'],
    [[[400, '<html>']], 'unavailable'],
    [[[400, repeat]], 'known'],
    [
      [
        [400, { ...repeat, details: { order_id: 'o1' } }],
        [200, order],
      ],
      'W1',
    ],
    [
      [
        [400, { ...repeat, order_id: 'o1' }],
        [200, order],
      ],
      'W1',
    ],
    [
      [
        [400, { ...repeat, order_id: 'o1' }],
        [200, { ...order, destination: { contact_name: ' john  DOE', postal_code: 12345 } }],
      ],
      'W1',
    ],
    [
      [
        [400, { ...repeat, order_id: 'o1' }],
        [200, { ...order, destination: { contact_name: 'John Doe', postal_code: 40135 } }],
      ],
      'refused',
    ],
    [
      [
        [400, { ...repeat, code: '40002060', details: { order_id: 'o1' } }],
        [500, {}],
      ],
      'unavailable',
    ],
    [
      [
        [400, { ...repeat, details: { order_id: 'o1' } }],
        [200, { ...order, reference_id: 'x' }],
      ],
      'unavailable',
    ],
  ]
  for (const [answers, expected] of cases) {
    const { url } = await answering(t, ...answers)
    const end = await parcelsOf(createBiteship({ ...account, baseUrl: url }))
      .book(jnePiece('ORD-1'))
      .then(
        ({ trackingNumber }) => trackingNumber,
        (error: { kind: string }) => error.kind,
      )
    assert.equal(end, expected, JSON.stringify(answers))
  }
})

test('the key goes without Bearer, and an id from outside stays one segment of the address', async (t) => {
  const { url, asked } = await answering(t, [200, { ...order, courier: {} }])
  const parcels = parcelsOf(createBiteship({ ...account, baseUrl: url }))
  const booking = { courier: 'jne', trackingNumber: 'W1', providerId: '../rates?x=/' }
  assert.deepEqual(await parcels.track(booking), { state: 'booked', events: [] })
  assert.deepEqual(
    [asked[0]!.url, asked[0]!.headers['authorization']],
    ['/v1/orders/..%2Frates%3Fx%3D%2F', account.apiKey],
  )
})

test('a status that is new to us concludes nothing, and what is no price is none', async (t) => {
  const unknown = await answering(t, [200, { ...order, courier: {}, status: 'constructor' }])
  const booking = { courier: 'jne', trackingNumber: 'W1', providerId: 'o1' }
  const tracking = await parcelsOf(createBiteship({ ...account, baseUrl: unknown.url })).track(booking)
  assert.equal(tracking.state, 'in_transit')
  for (const offer of [
    { courier_code: 'jne', courier_service_code: 'reg', price: '12.5' },
    { courier_code: 'jne', price: 1 },
  ]) {
    const { url } = await answering(t, [200, { success: true, pricing: [offer] }])
    await assert.rejects(createBiteship({ ...account, baseUrl: url }).rates(askOf('jne')), isKind('unavailable'))
  }
})
