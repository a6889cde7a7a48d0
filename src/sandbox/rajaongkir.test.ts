import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { startSandbox } from './sandbox.ts'
import type { Wire } from './testing.ts'

async function open(t: TestContext) {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [], rajaongkir: [{ apiKey: 'one' }] })
  t.after(() => sandbox.close())
  const call = async (method: string, path: string, form?: Record<string, string>, key = 'one') => {
    const body = form ? new URLSearchParams(form) : undefined
    const response = await fetch(`${sandbox.url}/rajaongkir/api/v1${path}`, { method, headers: { key }, body })
    return { status: response.status, body: (await response.json()) as Wire }
  }
  const steer = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${sandbox.url}/rajaongkir/sandbox${path}`, { method, body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Wire }
  }
  return {
    steer,
    track: (form: Record<string, string>, key?: string) => call('POST', '/track/waybill', form, key),
    search: (query: string, key?: string) => call('GET', `/destination/domestic-destination?${query}`, undefined, key),
    price: (form: Record<string, string>) =>
      call('POST', '/calculate/domestic-cost', { origin: '30002', destination: '17003', ...form }),
  }
}

test('places are found by code and by name, a page at a time', async (t) => {
  const { search } = await open(t)
  assert.deepEqual((await search('search=12345')).body, {
    meta: { message: 'Success Get Domestic Destinations', code: 200, status: 'success' },
    data: [
      {
        id: 17003,
        label: 'PASAR MINGGU, PASAR MINGGU, JAKARTA SELATAN, DKI JAKARTA, 12345',
        province_name: 'DKI JAKARTA',
        city_name: 'JAKARTA SELATAN',
        district_name: 'PASAR MINGGU',
        subdistrict_name: 'PASAR MINGGU',
        zip_code: '12345',
      },
    ],
  })
  const ids = async (query: string) => (await search(query)).body.data.map(({ id }: Wire) => id)
  assert.deepEqual(await ids('search=kebayoran%20baru&limit=1&offset=1'), [17002])
  const none = await search('search=atlantis')
  assert.deepEqual([none.status, none.body.data], [404, null])
  assert.equal((await search('search=')).status, 422)
  assert.equal((await search('search=12345', 'two')).status, 401)
})

test('prices are sorted, and what is asked wrongly is refused in its form', async (t) => {
  const { price } = await open(t)
  const ask = { weight: '1200', courier: 'jne:sicepat', price: 'lowest' }
  assert.deepEqual(
    (await price(ask)).body.data.map(({ cost }: Wire) => cost),
    [44_000, 48_000, 92_000],
  )
  const cases: [object, number, string][] = [
    [{ weight: '0' }, 400, 'Missing Params'],
    [{ weight: '1.5' }, 400, 'Missing Params'],
    [{ courier: 'jne,jnt' }, 422, 'Invalid Courier'],
    [{ destination: '1' }, 422, 'Origin or Destination not found'],
    [{ destination: '90001' }, 404, 'Calculate Domestic Shipping Cost not found'],
  ]
  for (const [more, code, message] of cases) {
    const { status, body } = await price({ ...ask, ...more })
    assert.deepEqual([status, body], [code, { meta: { message, code, status: 'error' }, data: null }])
  }
})

test('a parcel is told of to who knows it, and moves as it is told to', async (t) => {
  const { steer, track } = await open(t)
  const parcel = { awb: 'JNE1', courier: 'jne', phone: '+628123456789' }
  assert.equal((await steer('POST', '/parcels', parcel)).status, 200)
  assert.equal((await steer('POST', '/parcels', parcel)).status, 409)
  assert.equal((await steer('POST', '/parcels', { awb: 'JNE2', courier: 'jne', phone: '678' })).status, 400)
  const ask = { awb: 'JNE1', courier: 'jne', last_phone_number: '56789' }
  const { status, body } = await track(ask)
  assert.deepEqual([status, body.meta.status, body.data.delivered], [200, 'success', false])
  assert.deepEqual([body.data.summary.waybill_number, body.data.manifest.length], ['JNE1', 1])
  for (const [form, code] of [
    [{ awb: 'JNE1' }, 400],
    [{ ...ask, courier: 'jnt' }, 404],
    [{ ...ask, awb: 'JNE2' }, 404],
    [{ ...ask, last_phone_number: '00000' }, 404],
    [{ awb: 'JNE1', courier: 'jne' }, 404],
  ] as const)
    assert.equal((await track(form)).status, code, JSON.stringify(form))
  assert.equal((await track(ask, 'two')).status, 401)
  assert.equal((await steer('POST', '/parcels', { ...parcel, awb: 'SC1', courier: 'sicepat' })).status, 200)
  assert.equal((await track({ awb: 'SC1', courier: 'sicepat' })).status, 200, 'only JNE asks for the number')

  const advance = (more: object = {}) => steer('POST', '/advance', { awb: 'JNE1', ...more })
  assert.deepEqual([(await advance()).body.status, (await advance()).body.status], ['in_transit', 'delivered'])
  const { data } = (await track(ask)).body
  assert.deepEqual([data.delivered, data.delivery_status.status, data.manifest.length], [true, 'DELIVERED', 5])
  assert.equal((await advance()).status, 409)
  assert.equal((await advance({ status: 'picked_up' })).status, 409)
  assert.equal((await advance({ status: 'returned' })).status, 200, 'a parcel that was delivered can come back')
  assert.equal((await advance({ awb: 'JNE2' })).status, 404)
  assert.equal((await steer('GET', '/parcels/JNE1')).body.stage, 'returned')
  assert.equal((await steer('GET', '/parcels')).body.length, 2)
})
