import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { placeOrder } from '../../src/engine/checkout/place.ts'
import type { PlacedOrder } from '../../src/engine/checkout/place.ts'
import { forgetOldKeys, runSteps } from '../../src/engine/idempotency.ts'
import type { SteppedWork } from '../../src/engine/idempotency.ts'
import { Refusal } from '../../src/engine/refusal.ts'
import { assertSound, available, endFaults, fault, shopper, shoppers, value, statusesOf } from '../support/faults.ts'
import { openShop } from '../support/shop.ts'

let offsetMs = 0
const shop = await openShop({ after }, { now: () => new Date(Date.now() + offsetMs), databasePool: 20 })
const { engine } = shop
afterEach(() => endFaults(shop))

const one = async () => (await shoppers(shop, 1))[0]!
const key = (name: string) => ({ 'idempotency-key': name })
const keysOf = (id: string) => value(engine, 'select count(*)::int from idempotency_key where actor = $1', id)
const replayed = (answer: { headers: Headers }) => answer.headers.get('idempotent-replayed') === 'true'

test('the same key gives the same answer, and the work is done once', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  const add = () => buyer.call('POST', '/api/cart', { product_id: id, quantity: 2 }, key('add'))
  const first = await add()
  assert.deepEqual([first.status, replayed(first)], [200, false])
  const second = await add()
  assert.deepEqual([second.status, replayed(second)], [200, true])
  assert.deepEqual(second.body, first.body)
  assert.equal(second.body.items[0].quantity, 2)

  const placed = await buyer.checkout(key('order'))
  const again = await buyer.checkout(key('order'))
  assert.deepEqual([again.status, replayed(again)], [201, true])
  assert.deepEqual(again.body, placed.body)
  assert.equal(await available(shop, id), 10)
  await assertSound(engine)
})

test('a key with another body is refused, before and after the first has ended', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  const add = (quantity: number) => buyer.call('POST', '/api/cart', { product_id: id, quantity }, key('k'))
  const both = await Promise.all([add(1), add(2)])
  assert.deepEqual(statusesOf(both), [200, 422])
  const later = await add(3)
  assert.deepEqual([later.status, later.body], [422, { message: 'Idempotency-Key was used with another request.' }])
  const other = await buyer.call('POST', '/api/user/address', {
    full_address: 'x',
    city: 'x',
    state: 'x',
    pincode: '400001',
    country: 'India',
    is_default: false,
  })
  await buyer.checkout(key('o'))
  const mixed = await buyer.call(
    'POST',
    '/api/checkout/create-order',
    { shipping_address_id: other.body.address.id, payment_method: 'razorpay' },
    key('o'),
  )
  assert.equal(mixed.status, 422)
  await assertSound(engine)
})

test('keys belong to one actor and one route', async () => {
  const { id } = await shop.product()
  const [first, second] = await shoppers(shop, 2)
  for (const buyer of [first!, second!]) {
    const added = await buyer.call('POST', '/api/cart', { product_id: id, quantity: 1 }, key('same'))
    assert.deepEqual([added.status, replayed(added)], [200, false])
    const placed = await buyer.checkout(key('same'))
    assert.deepEqual([placed.status, replayed(placed)], [201, false])
  }
  await assertSound(engine)
})

test('a refusal keeps no key: what was refused may be asked again', async () => {
  const { id } = await shop.product({ quantity: 1 })
  const buyer = await one()
  const add = (quantity: number) => buyer.call('POST', '/api/cart', { product_id: id, quantity }, key('k'))
  assert.equal((await add(2)).status, 400)
  assert.equal((await buyer.checkout(key('empty'))).status, 400)
  assert.equal(await keysOf(buyer.id), 0)
  assert.equal((await add(1)).status, 200)
  assert.equal((await buyer.checkout(key('empty'))).status, 201)
})

test('twins of a request under way wait for its answer', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  const adds = await Promise.all(
    Array.from({ length: 10 }, () => buyer.call('POST', '/api/cart', { product_id: id, quantity: 1 }, key('add'))),
  )
  assert.deepEqual([...new Set(adds.map(({ status }) => status))], [200])
  assert.equal(adds.filter(replayed).length, 9)
  await fault(shop, { kind: 'delay', delayMs: 800, count: 1 })
  const orders = await Promise.all(Array.from({ length: 10 }, () => buyer.checkout(key('order'))))
  assert.deepEqual([...new Set(orders.map(({ status }) => status))], [201])
  assert.equal(orders.filter(replayed).length, 9)
  assert.equal(new Set(orders.map(({ body }) => body.razorpay_order_id)).size, 1)
  assert.equal(await available(shop, id), 11)
  await assertSound(engine)
})

test('who looks at the cart when a twin has just ordered it is given the twin’s answer', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  await buyer.add(id)
  const keyed = { key: 'late', route: 'POST /order', content: '{}' }
  const steps: SteppedWork<PlacedOrder, string> = {
    place: (ctx) => placeOrder(ctx, { addressId: buyer.addressId }),
    resume: () => assert.fail('the twin has finished'),
    proceed: async ({ number }) => ({ status: 201, body: number }),
  }
  const prepare = async () => {
    await runSteps(engine, shop.store, buyer.actor, keyed, steps)
    throw new Refusal('cart.empty', {})
  }
  const { status, body, isReplay } = await runSteps(engine, shop.store, buyer.actor, keyed, { ...steps, prepare })
  const number = await value(engine, 'select number from orders where customer_id = $1', buyer.id)
  assert.deepEqual([status, body, isReplay], [201, number, true])
  await assertSound(engine)
})

test('a twin that has waited long enough is told that the first still runs', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  await buyer.add(id)
  await value(engine, 'select 1') // warm
  const holder = await holdStock(id)
  const first = buyer.checkout(key('slow'))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const start = performance.now()
  const twin = await buyer.checkout(key('slow'))
  const tookMs = performance.now() - start
  assert.deepEqual(
    [twin.status, twin.body],
    [409, { message: 'A request with this Idempotency-Key is still running.' }],
  )
  assert.ok(tookMs < 5000, `after ${tookMs} ms`)
  await new Promise((resolve) => setTimeout(resolve, 1000)) // whoever waits for stock waits longer than a twin
  await holder.release()
  assert.equal((await first).status, 201)
  assert.equal(replayed(await buyer.checkout(key('slow'))), true)
  await assertSound(engine)
})

test('after a crash between placing and the gateway, the lease ends and a retry goes on with the same order', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  await buyer.add(id)
  const placed = await buyer.checkout(key('crash'))
  // what a kill right after the first transaction leaves
  await value(
    engine,
    `update idempotency_key set status = null, body = null, leased_until = $2 where actor = $1`,
    buyer.id,
    new Date(Date.now() + offsetMs + 30_000),
  )
  await value(engine, 'update payment_session set provider_session_id = null where order_id = $1', placed.body.order.id)
  assert.equal((await buyer.checkout(key('crash'))).status, 409)
  offsetMs += 31_000
  const [left, right] = await Promise.all([1, 2].map(() => buyer.checkout(key('crash'))))
  assert.deepEqual([left!.status, left!.body], [201, placed.body])
  assert.deepEqual([right!.status, right!.body], [201, placed.body])
  assert.equal(await available(shop, id), 11)
  await assertSound(engine)
})

test('a crash after the gateway answered is gone on from without asking it again', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  await buyer.add(id)
  const placed = await buyer.checkout(key('crash'))
  await value(engine, 'update idempotency_key set status = null, body = null where actor = $1', buyer.id)
  await fault(shop, { kind: 'error' })
  const again = await buyer.checkout(key('crash'))
  assert.deepEqual([again.status, again.body], [201, placed.body])
})

test('what was cancelled meanwhile is not gone on with', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  await buyer.add(id)
  await fault(shop, { kind: 'error', count: 1 })
  const { order } = (await buyer.checkout(key('k'))).body
  await buyer.call('POST', `/api/orders/${order.id}/cancel`)
  for (let tries = 0; tries < 2; tries++) {
    const again = await buyer.checkout(key('k'))
    assert.equal(again.status, 400)
    assert.match(again.body.message, /cancelled/)
  }
})

test('keys are kept for 24 hours', async () => {
  const { id } = await shop.product()
  const buyer = await one()
  const add = () => buyer.call('POST', '/api/cart', { product_id: id, quantity: 1 }, key('day'))
  await add()
  offsetMs += 23 * 3_600_000
  await forgetOldKeys(engine.db, engine.now())
  assert.equal(replayed(await add()), true)
  offsetMs += 2 * 3_600_000
  await forgetOldKeys(engine.db, engine.now())
  assert.equal(await keysOf(buyer.id), 0)
})

test('a key that is no key is refused', async () => {
  const buyer = shopper(shop, await one())
  for (const bad of ['', 'a b', 'ü', 'x'.repeat(256)]) {
    const answer = await buyer.call('DELETE', '/api/cart', undefined, key(bad))
    assert.equal(answer.status, 400, bad)
  }
})

/** Another transaction that holds a stock row, as a long import may. */
async function holdStock(variantId: string) {
  let release!: () => void
  const released = new Promise<void>((resolve) => (release = resolve))
  let locked!: () => void
  const isLocked = new Promise<void>((resolve) => (locked = resolve))
  const done = engine.run(shop.store, { kind: 'system' }, async ({ tx }) => {
    await tx.query({
      text: 'select 1 from stock where variant_id = $1 for update',
      values: [variantId],
      rowMode: 'array',
    })
    locked()
    await released
  })
  await isLocked
  return {
    release: async () => {
      release()
      await done
    },
  }
}
