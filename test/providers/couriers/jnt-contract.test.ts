import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProfile } from '../../../src/cli/shop.ts'
import { UsageError } from '../../../src/cli/usage.ts'
import { readJntContract } from '../../../src/providers/couriers/jnt-contract.ts'
import { createJnt } from '../../../src/providers/couriers/jnt.ts'
import { askOf, jntAccount, john, openSandbox, parcelOf, parcelsOf, shop } from './support.ts'

const jakarta = { city: 'Jakarta Selatan', tariffCity: 'JAKARTA', code: 'JKT' }
const contract = {
  areas: [
    { ...jakarta, district: 'Pasar Minggu', postalCode: '12345', tariffDistrict: 'PASAR MINGGU', area: 'JKT001' },
    { ...jakarta, district: 'Tebet', postalCode: '12345', tariffDistrict: 'TEBET', area: 'JKT002' },
    { ...jakarta, district: 'Cilandak', tariffDistrict: 'CILANDAK', area: 'JKT003' },
    { ...jakarta, tariffDistrict: 'JAKARTA', area: 'JKT000' },
    {
      city: 'Kab. Jepara',
      district: 'Tahunan',
      tariffCity: 'JEPARA',
      tariffDistrict: 'TAHUNAN',
      code: 'JPR',
      area: 'JPR005',
    },
  ],
  products: [{ product: 'JSD', expressType: 'JSD', service: 'KILAT', description: 'Besok Sampai', etd: '1 day' }],
}

test('a place has the area of its postal code, or of its name; one that the table does not have has none', () => {
  const { areas } = readJntContract(contract)
  const areaOf = (postalCode: string, city: string, district: string | null) =>
    areas!({ postalCode, city, district, region: 'DKI Jakarta' })?.area
  assert.deepEqual(
    [
      areaOf('12345', 'Jakarta Selatan', null),
      areaOf('12345', 'KOTA JAKARTA SELATAN', 'Kecamatan Tebet'),
      areaOf('12430', 'Jakarta Selatan', 'cilandak'),
      areaOf('12430', 'Jakarta Selatan', null),
      areaOf('59427', 'Jepara', 'Tahunan'),
      areaOf('59427', 'Jepara', null),
      areaOf('12430', 'Jakarta Selatan', 'Kebayoran Baru'),
      areaOf('40135', 'Bandung', 'Tebet'),
    ],
    ['JKT001', 'JKT002', 'JKT003', 'JKT000', 'JPR005', undefined, undefined, undefined],
  )
})

test('J&T is asked and ordered as the contract says, and goes nowhere else', async (t) => {
  const sandbox = await openSandbox(t)
  const jnt = createJnt({ ...jntAccount(sandbox.url), ...readJntContract(contract) })
  assert.deepEqual(await jnt.rates(askOf('jnt')), [
    { service: 'KILAT', description: 'Besok Sampai', costMinor: 50_000, etd: '1 day' },
  ])
  assert.deepEqual(
    await jnt.rates(askOf('jnt', { destination: { ...john, city: 'Bandung', postalCode: '40135' } })),
    [],
  )
  const { trackingNumber } = await parcelsOf(jnt).book(parcelOf('ORD-1', { service: 'KILAT' }))
  const { order } = (await sandbox.call('GET', `/jnt/sandbox/parcels/${trackingNumber}`)).body
  assert.deepEqual(
    [order.origin_code, order.destination_code, order.receiver_area, order.expresstype],
    ['JPR', 'JKT', 'JKT001', 'JSD'],
  )
})

test('a shop without a table goes by the names of places', () => {
  assert.deepEqual(readJntContract(undefined), {})
  assert.deepEqual(Object.keys(readJntContract({ products: contract.products })), ['products'])
})

test('what is wrong with a contract is said when it is set', () => {
  const [area] = contract.areas
  const cases: [unknown, RegExp][] = [
    [[], /^jnt /],
    [{ areas: [] }, /^jnt\.areas /],
    [{ areas: [{ ...area, area: '' }] }, /^jnt\.areas\.0\.area /],
    [{ areas: [area, { ...area, postalCode: 12345 }] }, /^jnt\.areas\.1\.postalCode /],
    [{ areas: [{ ...area, zip: '12345' }] }, /^jnt\.areas\.0/],
    [{ products: [{ product: 'EZ' }] }, /^jnt\.products\.0/],
    [{ products: [...contract.products, ...contract.products] }, /KILAT twice/],
  ]
  for (const [jnt, words] of cases) {
    const isSaid = (error: unknown) => error instanceof UsageError && words.test(error.message)
    assert.throws(() => readProfile(JSON.stringify({ jnt })), isSaid, JSON.stringify(jnt))
  }
  assert.deepEqual(readProfile(JSON.stringify({ origin: shop, jnt: contract })).jnt, contract)
  const elsewhere = { origin: { ...shop, postalCode: '40135', city: 'Bandung' }, jnt: contract }
  assert.throws(() => readProfile(JSON.stringify(elsewhere)), /no row for origin/)
  for (const text of ['', '[]', 'null', '1']) assert.throws(() => readProfile(text), /one JSON object/)
})
