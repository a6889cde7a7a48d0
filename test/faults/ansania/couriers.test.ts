import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { getCart } from '../../../src/engine/cart/cart.ts'
import { offerShipping } from '../../../src/engine/fulfilment/quotes.ts'
import { getAddress } from '../../../src/engine/identity/addresses.ts'
import { createJnt } from '../../../src/providers/couriers/jnt.ts'
import { assertSound } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import { outside } from './support.ts'

let offsetMs = 0
const shop = await openFurnitureShop({ after }, { now: () => new Date(Date.now() + offsetMs), webhooks: false })
const { engine } = shop
const { fault, endFaults } = outside(shop)
afterEach(async () => {
  offsetMs = 0
  await endFaults()
})

let streets = 0
/** A customer in a place that nobody has asked a price for yet, with a table in the cart. */
async function buyerIn(place: object = {}, quantity = 1) {
  const { variants } = await shop.product({ weightGrams: 1500 })
  const buyer = await shop.buyer(variants[0]!.serial, quantity)
  const where = { label: 'New', recipient_name: 'Ayu', phone: '+628123456789', address_line1: `Jl. ${++streets}` }
  const rest = { city: 'Jakarta Selatan', district: `Tebet ${streets}`, province: 'DKI Jakarta', postal_code: '12810' }
  const made = await buyer.call('POST', '/api/user/addresses', { ...where, ...rest, ...place })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const id: number = made.body.data.address.id
  // signed in anew: what is asked a day later is asked with a token of that day
  const ask = async (courier = 'jnt') => {
    const email = buyer.email
    const login = await shop.call(shop.store, 'POST', '/api/auth/login', {
      body: { email, password: 'SecurePass123!' },
    })
    const token: string = login.body.data.token
    const body = { shipping_address_id: id, courier }
    return shop.call(shop.store, 'POST', '/api/checkout/calculate-shipping', { body, token })
  }
  const order = (courier = 'jnt', service = 'REG') =>
    buyer.checkout({ shipping_address_id: id, shipping_courier: courier, shipping_service: service })
  return { ...buyer, addressId: id, ask, order }
}

const option = (service: string, cost: number, isEstimate: boolean, etd: string, description: string) => ({
  service,
  description,
  cost,
  etd,
  original_cost: cost,
  is_estimate: isEstimate,
})
const fromJnt = [
  option('REG', 35_000, false, '2-3 days', 'Regular Service'),
  option('YES', 70_000, false, '1 day', 'One Day Service'),
]
const fromTable = [
  option('REG', 40_000, true, '2-3 days', 'Regular Service'),
  option('YES', 77_000, true, '1 day', 'One Day Service'),
]

for (const kind of ['drop', 'error', 'garbage']) {
  test(`J&T down (${kind}): the shop's own table serves, and says that it is an estimate`, async () => {
    await fault('jnt', { kind })
    const buyer = await buyerIn()
    const asked = await buyer.ask()
    assert.equal(asked.status, 200)
    assert.deepEqual(asked.body.data.shipping_options, fromTable)
    const placed = await buyer.order()
    assert.equal(placed.status, 201, JSON.stringify(placed.body))
    const { order_number, total_amount } = placed.body.data.order
    assert.equal(total_amount, 3_540_000)
    const { shipping } = await buyer.orderOf(order_number)
    assert.deepEqual([shipping.cost, shipping.is_estimate], [40_000, true])
    // J&T is asked for a place that nobody was told an estimate for, and for the others when that is ten minutes old
    await endFaults()
    const another = await buyerIn()
    assert.deepEqual((await another.ask()).body.data.shipping_options, fromJnt)
    const { variants } = await shop.product({ weightGrams: 1500 })
    const more = { product_variant_id: variants[0]!.serial, quantity: 1 }
    assert.equal((await buyer.call('POST', '/api/cart/items', more)).status, 201)
    offsetMs = 9 * 60_000
    assert.deepEqual((await buyer.ask()).body.data.shipping_options, fromTable)
    offsetMs = 11 * 60_000
    assert.deepEqual((await buyer.ask()).body.data.shipping_options, fromJnt)
  })
}

test('with a wrong key for the tariff, the shop’s own table serves: nobody says that J&T does not go there', async () => {
  for (const wrong of [{ tariffKey: 'old' }, { customerName: 'OLD' }]) {
    const { id, addressId } = await buyerIn()
    const jnt = createJnt({ ...shop.config.jnt, ...wrong })
    const ctx = engine.direct(shop.store, { kind: 'customer', id, isAdmin: false })
    const [address, cart] = await Promise.all([getAddress(ctx, addressId), getCart(ctx)])
    const { options } = await offerShipping(engine, () => jnt, shop.store, { cart, address, courier: 'jnt' })
    assert.deepEqual(
      options.map(({ service, costMinor, isEstimated }) => [service, costMinor, isEstimated]),
      [
        ['REG', 40_000, true],
        ['YES', 77_000, true],
      ],
    )
  }
})

test('J&T hangs: the customer waits for the time-out and no longer', async () => {
  await fault('jnt', { kind: 'delay', delayMs: 20_000 })
  const buyer = await buyerIn()
  const started = Date.now()
  const asked = await buyer.ask()
  assert.ok(Date.now() - started < 8000, `took ${Date.now() - started} ms`)
  assert.deepEqual(asked.body.data.shipping_options, fromTable)
})

test('what a customer was shown stands for half an hour: J&T is not asked again, up or down', async () => {
  const buyer = await buyerIn()
  assert.deepEqual((await buyer.ask()).body.data.shipping_options, fromJnt)
  await fault('jnt', { kind: 'error' })
  offsetMs = 29 * 60_000
  assert.deepEqual((await buyer.ask()).body.data.shipping_options, fromJnt)
  const placed = await buyer.order('jnt', 'YES')
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
  const { shipping } = await buyer.orderOf(placed.body.data.order.order_number)
  assert.deepEqual([shipping.service, shipping.cost, shipping.is_estimate], ['YES', 70_000, false])
})

test('with J&T down, a price of the same day is better than the table, and one of yesterday is not', async () => {
  const buyer = await buyerIn()
  assert.deepEqual((await buyer.ask()).body.data.shipping_options, fromJnt)
  await fault('jnt', { kind: 'drop' })
  offsetMs = 23.9 * 3_600_000
  const ofToday = fromJnt.map((one) => ({ ...one, is_estimate: true }))
  assert.deepEqual((await buyer.ask()).body.data.shipping_options, ofToday)
  offsetMs = 24.1 * 3_600_000
  assert.deepEqual((await buyer.ask()).body.data.shipping_options, fromTable)
})

test('where J&T does not go, nothing is on offer, and no table says otherwise', async () => {
  const buyer = await buyerIn({ city: 'Pulau Terpencil', district: null, province: 'Maluku', postal_code: '97000' })
  const asked = await buyer.ask()
  assert.deepEqual([asked.status, asked.body.data], [200, { shipping_options: [] }])
  const placed = await buyer.order()
  assert.deepEqual(
    [placed.status, placed.body.code, placed.body.error],
    [400, 'VALIDATION_ERROR', 'The courier does not offer this service there'],
  )
  // the next day is not offered everywhere
  const inPapua = await buyerIn({ city: 'Jayapura', district: null, province: 'Papua', postal_code: '99111' })
  assert.deepEqual((await inPapua.ask()).body.data.shipping_options, [
    option('REG', 175_000, false, '2-3 days', 'Regular Service'),
  ])
  assert.equal((await inPapua.order('jnt', 'YES')).status, 400)
  assert.equal((await inPapua.order()).status, 201)
})

test('each courier is asked through its own service: SiCepat at Biteship, JNE at RajaOngkir', async () => {
  const buyer = await buyerIn({ district: 'Pasar Minggu', postal_code: '12345' })
  assert.deepEqual((await buyer.ask('sicepat')).body.data.shipping_options, [
    option('REG', 44_000, false, '1-2 days', 'Reguler'),
    option('BEST', 80_000, false, '1 day', 'Besok Sampai Tujuan'),
  ])
  assert.deepEqual((await buyer.ask('jne')).body.data.shipping_options, [
    option('REG', 48_000, false, '2 days', 'Layanan Reguler'),
    option('YES', 92_000, false, '1 day', 'Yakin Esok Sampai'),
  ])
  const placed = await buyer.order('sicepat', 'BEST')
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
  const { shipping } = await buyer.orderOf(placed.body.data.order.order_number)
  assert.deepEqual([shipping.courier, shipping.service, shipping.cost], ['SICEPAT', 'BEST', 80_000])
})

for (const [courier, provider] of [
  ['sicepat', 'biteship'],
  ['jne', 'rajaongkir'],
] as const) {
  test(`${provider} down, and no table for ${courier}: the customer is told which courier is unavailable`, async () => {
    const buyer = await buyerIn({ district: 'Menteng', city: 'Jakarta Pusat', postal_code: '10310' })
    for (const kind of ['drop', 'error', 'garbage']) {
      await fault(provider, { kind })
      const asked = await buyer.ask(courier)
      assert.deepEqual(
        [asked.status, asked.body.code, asked.body.error],
        [503, 'SERVICE_UNAVAILABLE', `${courier.toUpperCase()} is unavailable`],
      )
      const placed = await buyer.order(courier)
      assert.equal(placed.status, 503)
      await endFaults()
    }
    assert.equal((await buyer.call('GET', '/api/cart')).body.data.cart.items.length, 1, 'the cart is still there')
    assert.equal((await buyer.ask(courier)).status, 200)
    assert.equal((await buyer.order(courier)).status, 201)
    await assertSound(engine)
  })
}
