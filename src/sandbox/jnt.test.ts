import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { JntAccount } from './jnt.ts'
import { sign } from './jnt/sign.ts'
import { startSandbox } from './sandbox.ts'
import type { Wire } from './testing.ts'

const account = {
  username: 'SHOP',
  apiKey: 'api',
  orderKey: 'order-key',
  tariffKey: 'tariff-key',
  companyId: 'SHOP-CO',
  trackingPassword: 'track',
}
const other = { ...account, username: 'OTHER', companyId: 'OTHER-CO' }
const paths = {
  create: '/jnt/jts-idn-ecommerce-api/api/order/create',
  cancel: '/jnt/jts-idn-ecommerce-api/api/order/cancel',
  tariff: '/jnt/jandt_track/inquiry.action',
  track: '/jnt/jandt_track/track/trackAction!tracking.action',
}

/** The sandbox and a caller that signs by itself, as J&T's PHP sample does. */
async function open(t: TestContext, jnt: JntAccount[] = [account, other]) {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [], jnt })
  t.after(() => sandbox.close())
  const call = async (
    method: string,
    path: string,
    body?: string | URLSearchParams,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(sandbox.url + path, { method, headers, ...(body === undefined ? {} : { body }) })
    const text = await response.text()
    const parsed: Wire = text.startsWith('<') ? undefined : JSON.parse(text)
    return { status: response.status, body: parsed }
  }
  const post = (path: string, fields: Record<string, string>) => call('POST', path, new URLSearchParams(fields))
  const order = async (path: string, detail: object, key = account.orderKey) => {
    const data_param = JSON.stringify({ detail: [{ username: 'SHOP', api_key: 'api', ...detail }] })
    return (await post(path, { data_param, data_sign: phpSign(data_param, key) })).body
  }
  const tariff = async (ask: object, key = account.tariffKey) => {
    const data = JSON.stringify({ cusName: account.companyId, ...ask })
    return (await post(paths.tariff, { data, sign: phpSign(data, key) })).body
  }
  const track = (awb: string, { companyId, trackingPassword } = account) =>
    call('POST', paths.track, JSON.stringify({ awb, eccompanyid: companyId }), {
      authorization: `Basic ${btoa(`${companyId}:${trackingPassword}`)}`,
    })
  const advance = (awb: string, status?: string) =>
    call('POST', '/jnt/sandbox/advance', JSON.stringify({ awb, status }))
  return { call, post, order, tariff, track, advance }
}

const phpSign = (text: string, key: string) =>
  btoa(
    createHash('md5')
      .update(text + key)
      .digest('hex'),
  )

const good = {
  orderid: 'ORD-1',
  shipper_name: 'Toko Jati',
  shipper_contact: 'Toko Jati',
  shipper_phone: '+628111222333',
  shipper_addr: 'Jl. Raya Tahunan No. 1',
  origin_code: 'JPR',
  receiver_name: 'John Doe',
  receiver_phone: '+628123456789',
  receiver_addr: 'Jl. Example No. 123',
  receiver_zip: '12345',
  destination_code: 'JKT',
  receiver_area: 'JKT001',
  qty: '1',
  weight: '1',
  goodsdesc: 'Meja',
  servicetype: '1',
  orderdate: '2026-02-03 17:05:00',
  item_name: 'Meja',
  sendstarttime: '2026-02-03 17:05:00',
  sendendtime: '2026-02-04 17:05:00',
  expresstype: '1',
  goodsvalue: '3500000',
}
const route = { weight: '1', sendSiteCode: 'JEPARA', destAreaCode: 'JAKARTA SELATAN', productType: 'EZ' }

test('the signature is the published one', () => {
  const text = '{"detail":[{"username":"TEST","api_key":"tes123","orderid":"ORDER1","qty":"1","weight":"1"}]}'
  assert.equal(sign(text, 'dummy-key'), 'NjkxZmRjMzU3OTAxYzA4Nzk2YTY2YWEzZDRmOGM4Njk=')
})

test('an order is taken once, and answered as J&T answers', async (t) => {
  const { order } = await open(t)
  const made = await order(paths.create, good)
  const { awb_no, ...rest } = made.detail[0]
  assert.match(awb_no, /^JT\d{10}$/)
  assert.deepEqual(
    { ...made, detail: [rest] },
    {
      success: true,
      desc: 'Request berhasil',
      detail: [{ orderid: 'ORD-1', desCode: 'JKT-JKT001', etd: '3-5', status: 'Sukses' }],
    },
  )
  assert.deepEqual(await order(paths.create, good), {
    success: true,
    desc: 'Request berhasil',
    detail: [{ orderid: 'ORD-1', etd: 'No Data', status: 'Error', reason: 'Orderid tidak boleh sama' }],
  })
  const others = await order(paths.create, { ...good, username: 'OTHER' })
  assert.equal(others.detail[0].status, 'Sukses', 'another account counts its own orders')
})

test('what is not signed over exactly the text that came is not taken', async (t) => {
  const { call, post, order } = await open(t)
  const data_param = JSON.stringify({ detail: [{ username: 'SHOP', api_key: 'api', ...good }] })
  const data_sign = phpSign(data_param, account.orderKey)
  const raw = createHash('md5')
    .update(data_param + account.orderKey)
    .digest('base64')
  const wrong: Record<string, string>[] = [
    { data_param },
    { data_sign },
    { data_param: ` ${data_param}`, data_sign },
    { data_param, data_sign: raw },
    { data_param, data_sign: data_sign.toLowerCase() },
    { data_param, data_sign: phpSign(data_param, account.tariffKey) },
    { data: data_param, sign: data_sign }, // the tariff's names
    { data_param: '[]', data_sign: phpSign('[]', account.orderKey) },
  ]
  for (const fields of wrong) {
    const { status, body } = await post(paths.create, fields)
    assert.deepEqual([status, body.success, body.detail], [200, false, []], JSON.stringify(fields))
  }
  const asText = await call('POST', paths.create, String(new URLSearchParams({ data_param, data_sign })))
  assert.equal(asText.body.success, false, 'a form says that it is one')
  assert.equal((await order(paths.create, { ...good, api_key: 'other' })).success, false)
  assert.equal((await order(paths.create, { ...good, username: 'NOBODY' })).success, false)
  assert.equal((await order(paths.create, { ...good, weight: 1 })).success, false, 'values are texts')
  assert.equal((await order(paths.create, good)).detail[0].status, 'Sukses')
})

test('an order that lacks something or says it wrongly is refused with a reason', async (t) => {
  const { order } = await open(t)
  const cases: [object, string][] = [
    [{ receiver_area: '' }, 'receiver_area tidak boleh kosong'],
    [{ orderid: ' ' }, 'orderid tidak boleh kosong'],
    [{ weight: '0' }, 'weight Error'],
    [{ weight: '1kg' }, 'weight Error'],
    [{ qty: '0' }, 'qty Error'],
    [{ servicetype: '2' }, 'servicetype Error'],
    [{ expresstype: 'REG' }, 'expresstype Error'],
    [{ orderdate: '2026-02-03T10:05:00Z' }, 'orderdate Error'],
    [{ receiver_area: 'PULAU TERPENCIL' }, 'Kecamatan Penerima Error'],
  ]
  for (const [more, reason] of cases) {
    const [detail] = (await order(paths.create, { ...good, ...more })).detail
    assert.deepEqual([detail.status, detail.reason, detail.awb_no], ['Error', reason, undefined])
  }
})

test('the tariff has field names of its own, answers in a text, and knows names in upper case only', async (t) => {
  const { post, tariff } = await open(t)
  const answer = await tariff(route)
  assert.deepEqual([answer.is_success, typeof answer.content], ['true', 'string'])
  assert.deepEqual(JSON.parse(answer.content), [{ name: 'EZ', cost: '25000', productType: 'EZ' }])
  const cost = async (more: object) => JSON.parse((await tariff({ ...route, ...more })).content)[0]?.cost
  assert.deepEqual(
    [
      await cost({ productType: 'JSD' }),
      await cost({ weight: '1.2' }),
      await cost({ destAreaCode: 'COBLONG' }),
      await cost({ destAreaCode: 'SOLOK' }),
      await cost({ destAreaCode: 'JAYAPURA', productType: 'JSD' }),
    ],
    ['50000', '35000', '30000', '45000', undefined],
  )
  for (const refused of [
    await tariff(route, account.orderKey),
    await tariff({ ...route, destAreaCode: 'Kalideres' }),
    await tariff({ ...route, weight: 1 }),
    await tariff({ ...route, cusName: 'NOBODY' }),
    (await post(paths.tariff, { data_param: '{}', data_sign: phpSign('{}', account.tariffKey) })).body,
  ])
    assert.deepEqual([refused.is_success, refused.content], ['false', ''])
})

test('a parcel goes on one stage at a time or more, and never back', async (t) => {
  const { order, advance, track, call } = await open(t)
  const awb = (await order(paths.create, good)).detail[0].awb_no as string
  const moved = await advance(awb)
  assert.deepEqual(
    [moved.status, moved.body.awb, moved.body.orderid, moved.body.before, moved.body.status],
    [200, awb, 'ORD-1', 'created', 'picked_up'],
  )
  assert.equal(moved.body.added[0].status, 'Paket telah diterima oleh JPR')
  assert.equal((await advance(awb, 'delivered')).body.before, 'picked_up')
  for (const status of [undefined, 'picked_up', 'delivered']) assert.equal((await advance(awb, status)).status, 409)
  assert.equal((await advance(awb, 'returned')).status, 200, 'a parcel that was delivered can come back')
  const parcel = (await call('GET', `/jnt/sandbox/parcels/${awb}`)).body
  assert.deepEqual([parcel.status, parcel.order.receiver_zip, parcel.order.api_key], ['returned', '12345', undefined])
  assert.deepEqual((await track(awb)).body.history.at(-1).status_code, 200)
  assert.deepEqual((await call('GET', '/jnt/sandbox/parcels?orderid=ORD-2')).body, [])
})

test('a cancellation is taken until somebody came for the parcel', async (t) => {
  const { order, advance } = await open(t)
  const cancel = async (orderid: string, remark = 'Batal') => (await order(paths.cancel, { orderid, remark })).detail[0]
  await order(paths.create, good)
  assert.equal((await cancel('ORD-1', 'x'.repeat(31))).reason, 'remark maksimal 30 karakter')
  assert.deepEqual(await cancel('ORD-1'), { orderid: 'ORD-1', status: 'Sukses' })
  assert.equal((await cancel('ORD-1')).reason, 'Status pesanan adalah : CANCEL')
  const { awb_no } = (await order(paths.create, { ...good, orderid: 'ORD-2' })).detail[0]
  await advance(awb_no, 'picked_up')
  assert.equal((await cancel('ORD-2')).reason, 'Status pesanan adalah : GOT')
  assert.equal((await cancel('ORD-3')).reason, 'Orderid tidak ditemukan')
})

test('cancellations of an account that has a key for them are signed with it, and no others', async (t) => {
  const own = { ...account, cancelKey: 'cancel-key', customerName: 'Shop' }
  const { order, tariff } = await open(t, [own, other])
  await order(paths.create, good)
  const remark = { orderid: 'ORD-1', remark: 'Batal' }
  assert.equal((await order(paths.cancel, remark)).success, false)
  assert.equal((await order(paths.create, { ...good, orderid: 'ORD-2' }, own.cancelKey)).success, false)
  assert.equal((await order(paths.cancel, remark, own.cancelKey)).detail[0].status, 'Sukses')
  assert.equal((await tariff(route)).message, 'cusName salah')
  assert.equal((await tariff({ ...route, cusName: 'Shop' })).is_success, 'true')
})

test('only who sent a parcel can follow it', async (t) => {
  const { order, track } = await open(t)
  const awb = (await order(paths.create, good)).detail[0].awb_no as string
  assert.equal((await track(awb)).body.orderid, 'ORD-1')
  assert.equal((await track(awb, other)).body.error_message, 'AWB tidak ditemukan')
  assert.equal((await track(awb, { ...account, trackingPassword: 'wrong' })).status, 401)
})

test('its controls and its pages for what it does not know', async (t) => {
  const { call } = await open(t)
  for (const body of ['', '{}', '{"awb":1}', '{"awb":"JT1","status":"lost"}', '{"awb":"JT1","to":"x"}'])
    assert.equal((await call('POST', '/jnt/sandbox/advance', body)).status, 400, body)
  assert.equal((await call('POST', '/jnt/sandbox/advance', '{"awb":"JT1"}')).status, 404)
  assert.equal((await call('GET', '/jnt/sandbox/parcels/JT1')).status, 404)
  const unknown = await call('GET', '/jnt/anything')
  assert.deepEqual([unknown.status, unknown.body], [404, undefined])
  await call('POST', '/faults', JSON.stringify({ provider: 'jnt', kind: 'error', count: 1 }))
  assert.equal((await call('POST', paths.create, 'x')).status, 500)
  await assert.rejects(startSandbox({ port: 0, smtpPort: 0, razorpay: [], jnt: [account, account] }), /two J&T/)
})
