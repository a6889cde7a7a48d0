import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createJnt, sign } from '../../../src/providers/couriers/jnt.ts'
import type { JntAccount } from '../../../src/providers/couriers/jnt.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import {
  answering,
  askOf,
  isKind,
  jntAccount,
  jntKeys,
  john,
  openSandbox,
  parcelOf,
  parcelsOf,
  unheard,
} from './support.ts'

async function open(t: TestContext, more: Partial<JntAccount> = {}) {
  const sandbox = await openSandbox(t)
  const jnt = createJnt({ ...jntAccount(sandbox.url), ...more })
  const advance = (awb: string, status?: string) => sandbox.call('POST', '/jnt/sandbox/advance', { awb, status })
  return { ...sandbox, jnt, parcels: parcelsOf(jnt), advance }
}

test('the signature is the one of J&T’s own sample code', () => {
  const text = '{"detail":[{"username":"TEST","api_key":"tes123","orderid":"ORDER1","qty":"1","weight":"1"}]}'
  assert.equal(sign(text, 'dummy-key'), 'NjkxZmRjMzU3OTAxYzA4Nzk2YTY2YWEzZDRmOGM4Njk=')
})

test('a light parcel to Jakarta has the prices of the contract’s sample', async (t) => {
  const { jnt } = await open(t)
  assert.deepEqual(await jnt.rates(askOf('jnt')), [
    { service: 'REG', description: 'Regular Service', costMinor: 25_000, etd: '2-3 days' },
    { service: 'YES', description: 'One Day Service', costMinor: 50_000, etd: '1 day' },
  ])
})

test('begun kilograms are charged whole, and at least one', async (t) => {
  const { jnt } = await open(t)
  const costs = await Promise.all(
    [0, 1000, 1001, 2500].map(async (weightGrams) => (await jnt.rates(askOf('jnt', { weightGrams })))[0]?.costMinor),
  )
  assert.deepEqual(costs, [25_000, 25_000, 35_000, 45_000])
})

test('a service that does not reach a place is not offered there, and nobody goes where J&T does not', async (t) => {
  const { jnt } = await open(t, { areas: ({ city }) => (city === 'Atlantis' ? null : areaNamed(city)) })
  const to = (city: string) => jnt.rates(askOf('jnt', { destination: { ...john, city } }))
  assert.deepEqual(
    (await to('Jayapura')).map(({ service }) => service),
    ['REG'],
  )
  assert.deepEqual(await to('Pulau Terpencil'), [])
  assert.deepEqual(await to('Atlantis'), [])
  await assert.rejects(
    jnt.rates(askOf('jnt', { origin: { ...john, city: 'Atlantis' } })),
    isKind('refused', /does not go to Atlantis/),
  )
})

const areaNamed = (city: string) => ({ city: city.toUpperCase(), district: city.toUpperCase(), code: 'C', area: 'A' })

test('a parcel is ordered, followed to its door, and told in Jakarta’s time', async (t) => {
  const { parcels, advance, call } = await open(t)
  const booking = await parcels.book(parcelOf('ORD-1'))
  assert.match(booking.trackingNumber, /^JT\d{10}$/)
  assert.deepEqual([booking.courier, booking.providerId], ['jnt', null])
  const states = [(await parcels.track(booking)).state]
  for (let step = 0; step < 3; step++) {
    await advance(booking.trackingNumber)
    states.push((await parcels.track(booking)).state)
  }
  assert.deepEqual(states, ['booked', 'in_transit', 'in_transit', 'delivered'])
  const { events } = await parcels.track(booking)
  assert.deepEqual(
    events.map(({ description }) => description),
    [
      'Manifes',
      'Paket telah diterima oleh JEPARA',
      'Paket akan dikirimkan ke JAKARTA SELATAN_GATEWAY',
      'Paket telah sampai di JAKARTA SELATAN_GATEWAY',
      'Paket akan dikirim ke alamat penerima',
      'Paket telah diterima',
    ],
  )
  assert.ok(Math.abs(events[0]!.at.getTime() - Date.now()) < 60_000, 'seven hours off is another time zone')
  const { order } = (await call('GET', `/jnt/sandbox/parcels/${booking.trackingNumber}`)).body
  assert.equal(order.orderdate, '2026-02-03 17:05:00')
  assert.equal(order.receiver_addr, 'Jl. Example No. 123, RT 1/RW 2, Jakarta Selatan, DKI Jakarta 12345')
  assert.deepEqual([order.weight, order.qty, order.expresstype, order.goodsvalue], ['1', '1', '1', '3500000'])
})

test('the next day’s service is ordered as such', async (t) => {
  const { parcels, call } = await open(t)
  const { trackingNumber } = await parcels.book(parcelOf('ORD-1', { service: 'YES' }))
  assert.equal((await call('GET', `/jnt/sandbox/parcels/${trackingNumber}`)).body.order.expresstype, 'JSD')
})

test('a parcel that comes back is returned, not delivered', async (t) => {
  const { parcels, advance } = await open(t)
  const booking = await parcels.book(parcelOf('ORD-1'))
  await advance(booking.trackingNumber, 'in_transit')
  await advance(booking.trackingNumber, 'returned')
  assert.equal((await parcels.track(booking)).state, 'returned')
})

test('an order whose answer was lost is made once, and known ever after', async (t) => {
  const { parcels, fault, call } = await open(t)
  for (const [index, unheardOf] of unheard.entries()) {
    const parcel = parcelOf(`LOST-${index}`)
    await fault('jnt', { ...unheardOf, after: true })
    await assert.rejects(parcels.book(parcel), isKind('unavailable'), unheardOf.kind)
    await assert.rejects(parcels.book(parcel), isKind('known', /Orderid tidak boleh sama/), unheardOf.kind)
    assert.equal((await call('GET', `/jnt/sandbox/parcels?orderid=LOST-${index}`)).body.length, 1)
  }
})

test('an order that never arrived can be made by asking again', async (t) => {
  const { parcels, fault } = await open(t)
  for (const [index, unheardOf] of unheard.entries()) {
    const parcel = parcelOf(`NONE-${index}`)
    if (unheardOf.kind === 'delay') continue // a late one arrives all the same
    await fault('jnt', unheardOf)
    await assert.rejects(parcels.book(parcel), isKind('unavailable'))
    assert.match((await parcels.book(parcel)).trackingNumber, /^JT/)
  }
})

test('prices, cancellations and histories that nobody heard are unavailable', async (t) => {
  const { jnt, parcels, fault } = await open(t)
  const booking = { ...(await parcels.book(parcelOf('ORD-1'))), reference: 'ORD-1' }
  for (const unheardOf of unheard) {
    await fault('jnt', unheardOf)
    await assert.rejects(jnt.rates(askOf('jnt')), isKind('unavailable'), unheardOf.kind)
    await fault('jnt', unheardOf)
    await assert.rejects(parcels.track(booking), isKind('unavailable'), unheardOf.kind)
  }
  await fault('jnt', { kind: 'drop', after: true })
  await assert.rejects(parcels.cancel(booking, 'Changed my mind'), isKind('unavailable'))
  await parcels.cancel(booking, 'Changed my mind') // it is cancelled, which is what was wanted
  assert.equal((await parcels.track(booking)).state, 'cancelled')
})

test('an account whose cancellations have a key of their own, and whose tariff knows it by another name', async (t) => {
  const own = { cancelKey: 'jnt-cancel-key', customerName: 'TOKO JATI' }
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [], jnt: [{ ...jntKeys, ...own }] })
  t.after(() => sandbox.close())
  const account = jntAccount(sandbox.url)
  const [without, jnt] = [createJnt(account), createJnt({ ...account, ...own })]
  await assert.rejects(without.rates(askOf('jnt')), isKind('unavailable', /cusName/))
  assert.equal((await jnt.rates(askOf('jnt'))).length, 2)
  const booking = { ...(await parcelsOf(jnt).book(parcelOf('ORD-1'))), reference: 'ORD-1' }
  await assert.rejects(parcelsOf(without).cancel(booking, 'no'), isKind('unavailable', /data_sign/))
  await parcelsOf(jnt).cancel(booking, 'no')
  assert.equal((await parcelsOf(jnt).track(booking)).state, 'cancelled')
})

test('nobody cancels what was picked up, or what was never ordered', async (t) => {
  const { parcels, advance } = await open(t)
  const booking = { ...(await parcels.book(parcelOf('ORD-1'))), reference: 'ORD-1' }
  await advance(booking.trackingNumber, 'picked_up')
  const reason = 'The customer has changed their mind about the colour'
  await assert.rejects(parcels.cancel(booking, reason), isKind('refused', /Status pesanan adalah : GOT/))
  await assert.rejects(parcels.cancel({ ...booking, reference: 'ORD-2' }, reason), isKind('refused', /tidak ditemukan/))
  await assert.rejects(parcels.track({ ...booking, trackingNumber: 'JT0000000000' }), isKind('refused'))
})

test('an order that J&T does not take is refused with its reason', async (t) => {
  const { parcels } = await open(t)
  const far = { ...john, city: 'Pulau Terpencil' }
  await assert.rejects(parcels.book(parcelOf('ORD-1', { recipient: far })), isKind('refused', /Kecamatan Penerima/))
  await assert.rejects(parcels.book(parcelOf('ORD-1', { service: 'NOSUCH' })), isKind('refused', /expresstype/))
})

test('each API has its own key, and none of them is in a message', async (t) => {
  const wrong = { orderKey: 'wrong-order', tariffKey: 'wrong-tariff', trackingPassword: 'wrong-password' }
  const { jnt, parcels } = await open(t, wrong)
  const booking = { courier: 'jnt', trackingNumber: 'JT1', providerId: null, reference: 'ORD-1' }
  const tries = [
    jnt.rates(askOf('jnt')),
    parcels.book(parcelOf('ORD-1')),
    parcels.cancel(booking, 'no'),
    parcels.track(booking),
  ]
  const ends = await Promise.allSettled(tries)
  assert.deepEqual(
    ends.map((end) => (end.status === 'rejected' ? end.reason.kind : 'done')),
    ['unavailable', 'unavailable', 'unavailable', 'unavailable'],
    'nobody said that J&T does not go there',
  )
  for (const end of ends) assert.doesNotMatch(String((end as PromiseRejectedResult).reason), /wrong-|jnt-/)
})

/** J&T as it may answer: the same to whatever it is asked. */
async function saying(t: TestContext, status: number, body: unknown) {
  const { url, asked } = await answering(t, [status, body])
  const jnt = createJnt(jntAccount(url))
  return { jnt, parcels: parcelsOf(jnt), asked }
}

test('what is signed is what is sent, byte for byte', async (t) => {
  const detail = [{ orderid: 'Pesanan #1 "é&=+"', status: 'Sukses', awb_no: 'JT1' }]
  const { parcels, asked } = await saying(t, 200, { success: 'true', detail })
  await parcels.book(parcelOf('Pesanan #1 "é&=+"', { contents: 'Meja & kursi = 100% jati + é' }))
  const form = new URLSearchParams(asked[0]!.body)
  assert.equal(form.get('data_sign'), sign(form.get('data_param')!, 'jnt-order-key'))
  assert.equal(asked[0]!.headers['content-type'], 'application/x-www-form-urlencoded')
  assert.match(form.get('data_param')!, /"goodsdesc":"Meja & kursi = 100% jati \+ é"/)
})

test('a tariff is read from the text inside it, its prices as text or number, its unknown products by their name', async (t) => {
  const content = JSON.stringify([
    { name: 'EZ', cost: '25000.00', etd: '2 - 4' },
    { name: 'ECO', cost: 18_000 },
  ])
  const expected = [
    { service: 'REG', description: 'Regular Service', costMinor: 25_000, etd: '2-4 days' },
    { service: 'ECO', description: 'ECO', costMinor: 18_000, etd: '' },
  ]
  for (const answer of [
    { is_success: 'true', content },
    { is_success: true, content: JSON.parse(content) as unknown },
  ]) {
    const { jnt } = await saying(t, 200, answer)
    assert.deepEqual(await jnt.rates(askOf('jnt')), expected)
  }
})

test('a product that J&T refuses is not offered; when it refuses all of them, so do we', async (t) => {
  const refused = { is_success: 'false', message: 'productType salah' }
  const offer = { is_success: 'true', content: '[{"name":"EZ","cost":"25000"}]' }
  const one = await answering(t, [200, refused], [200, offer])
  const offers = await createJnt(jntAccount(one.url)).rates(askOf('jnt'))
  assert.deepEqual(
    offers.map(({ service }) => service),
    ['REG'],
  )
  const lost = await answering(t, [500, refused], [200, offer])
  await assert.rejects(createJnt(jntAccount(lost.url)).rates(askOf('jnt')), isKind('unavailable'))
  const { jnt } = await saying(t, 200, refused)
  await assert.rejects(jnt.rates(askOf('jnt')), isKind('refused', /productType salah/))
})

test('a tariff that cannot be understood is no price', async (t) => {
  const bodies: [unknown, 'refused' | 'unavailable'][] = [
    [{ is_success: 'false', message: 'Kecamatan tidak ditemukan' }, 'refused'],
    [{ is_success: 'false', message: 'sign error' }, 'unavailable'],
    [{ is_success: 'false', message: 'sign salah' }, 'unavailable'],
    [{ is_success: 'false', message: 'cusName salah' }, 'unavailable'],
    [{}, 'unavailable'],
    [{ is_success: 'true', content: '' }, 'unavailable'],
    [{ is_success: 'true', content: '{"name":"EZ"}' }, 'unavailable'],
    [{ is_success: 'true', content: '[null]' }, 'unavailable'],
    [{ is_success: 'true', content: '[{"name":"EZ","cost":"-1"}]' }, 'unavailable'],
    [{ is_success: 'true', content: '[{"name":"EZ","cost":"0"}]' }, 'unavailable'],
    [{ is_success: 'true', content: '[{"name":"EZ\\u0000","cost":"1"}]' }, 'unavailable'],
    ['[]', 'unavailable'],
  ]
  for (const [body, kind] of bodies) {
    const { jnt } = await saying(t, 200, body)
    await assert.rejects(jnt.rates(askOf('jnt')), isKind(kind), JSON.stringify(body))
  }
})

test('the order’s own status decides, not the flag around it', async (t) => {
  const made = { orderid: 'ORD-1', status: 'Sukses', awb_no: 'JT1' }
  const cases: [unknown, string][] = [
    [{ success: true, detail: [made] }, 'JT1'],
    [{ success: 'true', detail: [made] }, 'JT1'],
    [{ success: false, detail: [made] }, 'JT1'],
    [{ success: true, detail: [{ orderid: 'ORD-1', status: 'Error', reason: 'Berat' }] }, 'refused'],
    [{ success: true, detail: [{ status: 'Error', reason: 'Orderid tidak boleh sama' }] }, 'known'],
    [{ success: true, detail: [{ status: 'Error', reason: 'Orderid tidak boleh sama', awb_no: 'JT9' }] }, 'JT9'],
    [{ success: 'false', desc: 'data_sign salah', detail: [] }, 'unavailable'],
    [{ success: false, desc: 'Sistem sibuk' }, 'unavailable'],
    [{ success: true, detail: [{ status: 'Error', reason: 'username atau api_key salah' }] }, 'unavailable'],
    [{ success: true, detail: [{ status: 'Error', reason: 'Signature Error' }] }, 'unavailable'],
    [{ success: true, detail: [{ status: 'Error', reason: 'Kecamatan Penerima Error' }] }, 'refused'],
    [{ success: true, detail: [{ ...made, orderid: 'ORD-2' }] }, 'unavailable'],
    [{ success: true, detail: [{ ...made, awb_no: '' }] }, 'unavailable'],
    [{ success: true, detail: [{ orderid: 'ORD-1', awb_no: 'JT1' }] }, 'unavailable'],
    [{ success: true, detail: [] }, 'unavailable'],
    [{}, 'unavailable'],
  ]
  for (const [body, expected] of cases) {
    const { parcels } = await saying(t, 200, body)
    const end = await parcels.book(parcelOf('ORD-1')).then(
      ({ trackingNumber }) => trackingNumber,
      (error: { kind: string }) => error.kind,
    )
    assert.equal(end, expected, JSON.stringify(body))
  }
  for (const status of [401, 403, 429, 500, 502]) {
    const { parcels } = await saying(t, status, { success: true, detail: [made] })
    await assert.rejects(parcels.book(parcelOf('ORD-1')), isKind('unavailable'), String(status))
  }
})

test('the words of a history decide, a code only says who received it, and words that are new are of a parcel on its way', async (t) => {
  const cases: [words: string, code: unknown, state: string][] = [
    ['Manifes', 101, 'booked'],
    ['Paket telah diterima oleh SUKOMANUNGGAL', 100, 'in_transit'],
    ['Paket telah diterima', '999', 'delivered'],
    ['Diterima oleh tetangga', '200', 'delivered'],
    ['Paket telah diterima oleh BUDI', 200, 'delivered'],
    ['Paket telah diterima oleh penerima', 100, 'delivered'],
    ['Paket telah diterima oleh pengirim', 200, 'in_transit'],
    ['Paket bermasalah', 150, 'in_transit'],
    ['Paket bermasalah', 200, 'in_transit'],
    ['Paket belum diterima', '200', 'in_transit'],
    ['Paket akan dikirim ke alamat penerima', 200, 'in_transit'],
    ['Paket hilang', 151, 'lost'],
    ['Pesanan dibatalkan', null, 'cancelled'],
    ['Paket retur akan dikirimkan', 100, 'in_transit'],
    ['Paket retur telah diterima oleh SUB_GATEWAY', 100, 'in_transit'],
    ['Paket retur telah diterima oleh pengirim', 100, 'returned'],
    ['Paket retur telah diterima oleh JEPARA', 200, 'returned'],
    ['Paket retur telah diterima', 100, 'returned'],
    ['Paket retur', 200, 'in_transit'],
  ]
  const booking = { courier: 'jnt', trackingNumber: 'JT1', providerId: null }
  for (const [status, status_code, state] of cases) {
    // newest first, with scans that say nothing between
    const history = [
      { date_time: '2026-02-04 09:00:00', status, status_code },
      { date_time: 'yesterday', status: 'Paket telah diterima', status_code: 200 },
      { date_time: '2026-02-04 10:00:00' },
      { date_time: '2026-02-03 17:05:00', city_name: 'JEPARA', status: 'Paket akan dikirimkan', status_code: 100 },
    ]
    const { parcels } = await saying(t, 200, { awb: 'JT1', orderid: 'ORD-1', history })
    const tracking = await parcels.track(booking)
    assert.equal(tracking.state, state, status)
    assert.deepEqual(tracking.events, [
      { at: new Date('2026-02-03T10:05:00Z'), place: 'JEPARA', description: 'Paket akan dikirimkan' },
      { at: new Date('2026-02-04T02:00:00Z'), place: null, description: status },
    ])
  }
  for (const body of [{ awb: 'JT2', history: [] }, { awb: 'JT1' }, { awb: 'JT1', history: {} }]) {
    const { parcels } = await saying(t, 200, body)
    await assert.rejects(parcels.track(booking), isKind('unavailable'), JSON.stringify(body))
  }
  const { parcels } = await saying(t, 200, { awb: 'JT1', history: [] })
  assert.deepEqual(await parcels.track(booking), { state: 'booked', events: [] })
})
