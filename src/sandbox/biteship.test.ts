import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { startSandbox } from './sandbox.ts'
import type { Wire } from './testing.ts'

async function open(t: TestContext) {
  const accounts = [{ apiKey: 'biteship_test.one' }, { apiKey: 'biteship_test.two' }]
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [], biteship: accounts })
  t.after(() => sandbox.close())
  const call = async (method: string, path: string, body?: unknown, authorization = 'biteship_test.one') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(sandbox.url + path, { method, headers: { authorization }, body: text })
    return { status: response.status, body: (await response.json()) as Wire }
  }
  const api = (method: string, path: string, body?: unknown, key?: string) =>
    call(method, `/biteship/v1${path}`, body, key)
  return { call, api }
}

const items = [{ name: 'Meja', value: 3_500_000, weight: 1200, quantity: 1 }]
const ask = { origin_postal_code: 59427, destination_postal_code: '12345', couriers: 'jne, sicepat', items }
const order = {
  origin_contact_name: 'Toko Jati',
  origin_contact_phone: '+628111222333',
  origin_address: 'Jl. Raya Tahunan No. 1',
  origin_postal_code: 59427,
  destination_contact_name: 'John Doe',
  destination_contact_phone: '+628123456789',
  destination_address: 'Jl. Example No. 123',
  destination_postal_code: 12345,
  courier_company: 'jne',
  courier_type: 'reg',
  delivery_type: 'now',
  reference_id: 'ORD-1',
  items,
}

test('prices are those of the couriers that were asked, for begun kilograms', async (t) => {
  const { api } = await open(t)
  const { status, body } = await api('POST', '/rates/couriers', ask)
  assert.deepEqual([status, body.success, body.object, body.code], [200, true, 'courier_pricing', 20001003])
  assert.deepEqual(
    body.pricing.map((offer: Wire) => [offer.courier_code, offer.courier_service_code, offer.price]),
    [
      ['jne', 'reg', 48_000],
      ['jne', 'yes', 96_000],
      ['sicepat', 'reg', 44_000],
      ['sicepat', 'best', 80_000],
    ],
  )
})

test('the key is the whole header: none, another’s or one behind "Bearer" is refused', async (t) => {
  const { api } = await open(t)
  for (const key of ['', 'biteship_test.three', 'Bearer biteship_test.one']) {
    const { status, body } = await api('POST', '/rates/couriers', ask, key)
    assert.deepEqual([status, body.success, typeof body.error], [401, false, 'string'], key)
  }
})

test('what is asked wrongly is refused with its code', async (t) => {
  const { api } = await open(t)
  const cases: [path: string, body: unknown, code: number][] = [
    ['/rates/couriers', { ...ask, origin_postal_code: undefined }, 40001003],
    ['/rates/couriers', { ...ask, destination_postal_code: '1234' }, 40001004],
    ['/rates/couriers', { ...ask, couriers: '' }, 40001005],
    ['/rates/couriers', { ...ask, items: [{ ...items[0], weight: '1200' }] }, 40001006],
    ['/rates/couriers', { ...ask, couriers: 'ups' }, 40001010],
    ['/orders', { ...order, origin_contact_name: ' ' }, 40002014],
    ['/orders', { ...order, destination_address: undefined }, 40002019],
    ['/orders', { ...order, destination_postal_code: 0 }, 40002020],
    ['/orders', { ...order, delivery_type: undefined }, 40002005],
    ['/orders', { ...order, delivery_type: 'later' }, 40002006],
    ['/orders', { ...order, items: [] }, 40002021],
    ['/orders', { ...order, courier_type: 'REG' }, 40002022],
    ['/orders', 'x', 40000002],
  ]
  for (const [path, body, code] of cases) {
    const answer = await api('POST', path, body)
    assert.deepEqual([answer.status, answer.body.success, answer.body.code], [400, false, code], JSON.stringify(body))
  }
})

test('a reference is taken once in an account, and its refusal names the order', async (t) => {
  const { api } = await open(t)
  const made = (await api('POST', '/orders', order)).body
  const again = await api('POST', '/orders', order)
  assert.deepEqual([again.status, again.body.code], [400, 40002060])
  assert.deepEqual(again.body.details, {
    order_id: made.id,
    waybill_id: made.courier.waybill_id,
    reference_id: 'ORD-1',
  })
  assert.equal((await api('POST', '/orders', order, 'biteship_test.two')).status, 200)
  assert.equal((await api('GET', `/orders/${made.id}`)).body.reference_id, 'ORD-1')
  assert.equal((await api('GET', `/orders/${made.id}`, undefined, 'biteship_test.two')).status, 404)
  assert.equal((await api('GET', `/trackings/${made.courier.tracking_id}`)).body.order_id, made.id)
  assert.equal((await api('GET', `/trackings/${made.id}`)).status, 404, 'a tracking has an id of its own')
  assert.equal((await api('GET', `/trackings/${made.courier.waybill_id}/couriers/jne`)).body.order_id, made.id)
  assert.equal((await api('GET', `/trackings/${made.courier.waybill_id}/couriers/jnt`)).status, 404)
})

test('a parcel goes on, and is cancelled until it is picked', async (t) => {
  const { api, call } = await open(t)
  const { id, courier } = (await api('POST', '/orders', order)).body
  const advance = (status?: string) => call('POST', '/biteship/sandbox/advance', { awb: courier.waybill_id, status })
  const cancel = (body: object) => api('POST', `/orders/${id}/cancel`, body)
  assert.deepEqual((await advance()).body, {
    awb: courier.waybill_id,
    order_id: id,
    before: 'confirmed',
    status: 'allocated',
  })
  assert.equal((await cancel({})).body.code, 40002050)
  assert.equal((await cancel({ cancellation_reason_code: 'others' })).body.code, 40002051)
  assert.equal((await advance('picked')).status, 200)
  assert.equal((await advance('confirmed')).status, 409)
  const reason = { cancellation_reason_code: 'others', cancellation_reason: 'Changed my mind' }
  assert.equal((await cancel(reason)).body.code, 40002052)
  assert.equal((await advance('on_hold')).status, 200)
  assert.equal((await advance()).body.status, 'dropping_off')
  const second = (await api('POST', '/orders', { ...order, reference_id: 'ORD-2' })).body
  assert.equal((await api('POST', `/orders/${second.id}/cancel`, reason)).body.status, 'cancelled')
  assert.equal((await call('POST', '/biteship/sandbox/advance', { awb: second.courier.waybill_id })).status, 409)
  assert.equal((await call('POST', '/biteship/sandbox/advance', { awb: 'WYB-0' })).status, 404)
  assert.equal((await call('POST', '/biteship/sandbox/advance', '{')).status, 400)
  assert.equal((await call('GET', '/biteship/sandbox/parcels?reference_id=ORD-2')).body[0].status, 'cancelled')
  assert.equal((await call('GET', `/biteship/sandbox/parcels/${courier.waybill_id}`)).body.status, 'dropping_off')
  assert.equal((await api('GET', '/nothing')).body.success, false)
})
