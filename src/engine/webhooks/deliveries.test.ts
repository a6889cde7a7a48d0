import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { testDatabase } from '../../../test/support/database.ts'
import { audit } from '../audit.ts'
import { system } from '../context.ts'
import { execute, statements } from '../database.ts'
import { emit } from '../events/events.ts'
import {
  claimDeliveries,
  forgetOldDeliveries,
  leaseMs,
  listDeliveries,
  recordDelivered,
  recordFailed,
  redeliver,
} from './deliveries.ts'
import { disableEndpoint, enableEndpoint } from './endpoints.ts'
import { openTold } from './testing.ts'

async function open(t: TestContext) {
  const shop = await openTold((await testDatabase(t)).url)
  t.after(shop.close)
  return shop
}

const room = { busy: new Map<string, number>(), each: 1000, limit: 1000 }
const answered = (at: Date, status: number | null) => ({
  at,
  status,
  problem: status === null ? 'ECONNREFUSED' : null,
  durationMs: 5,
})

test('an event is owed, by its own statement, to whoever asked for it, and to nobody of another store', async (t) => {
  const { endpoint, event, deliveries, other, engine, store } = await open(t)
  const exact = await endpoint(['order.placed', 'proof.verified'])
  const prefix = await endpoint(['order.*'])
  const all = await endpoint(['*'])
  await endpoint(['order.place', 'order', 'orde.*', '%', 'order.placed.*', 'payment.*'])
  await endpoint(['*'], { of: other })
  const off = await endpoint(['*'])
  await disableEndpoint(engine.direct(store, system), off, 'a test')

  const before = statements.sent
  await event('order.placed')
  assert.equal(statements.sent - before, 3, 'begin, the event with what is owed, commit')
  const owed = async () => (await deliveries()).map(({ endpointId }) => endpointId).sort()
  assert.deepEqual(await owed(), [exact, prefix, all].sort())

  await event('customer.registered')
  await event('order.confirmed')
  const types = (await deliveries()).filter(({ endpointId }) => endpointId === all).map(({ type }) => type)
  assert.deepEqual(types.sort(), ['customer.registered', 'order.confirmed', 'order.placed'])
  assert.equal((await deliveries()).filter(({ endpointId }) => endpointId === prefix).length, 2)
})

test('what is rolled back is owed to nobody', async (t) => {
  const { endpoint, deliveries, engine, store } = await open(t)
  await endpoint(['*'])
  const failing = engine.run(store, system, async (ctx) => {
    await emit(ctx, 'order.placed', randomUUID())
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  assert.deepEqual(await deliveries(), [])
})

test('of many who take what is due at once, no two take the same', async (t) => {
  const { endpoint, event, engine } = await open(t)
  for (let n = 0; n < 3; n++) await endpoint(['*'])
  await Promise.all(Array.from({ length: 100 }, () => event()))
  const taken: string[] = []
  const worker = async () => {
    for (let empty = 0; empty < 20;) {
      const claimed = await claimDeliveries(engine.db, engine.now(), { ...room, each: 4, limit: 16 })
      taken.push(...claimed.map(({ id }) => id))
      empty = claimed.length === 0 ? empty + 1 : 0
    }
  }
  await Promise.all(Array.from({ length: 6 }, worker))
  assert.equal(taken.length, 300)
  assert.equal(new Set(taken).size, 300)
})

test('an endpoint with much to hear keeps none waiting, and has no more under way than it may', async (t) => {
  const { endpoint, event, engine } = await open(t)
  const busy = await endpoint(['order.*'])
  const quiet = await endpoint(['payment.*'])
  for (let n = 0; n < 50; n++) await event('order.placed')
  await event('payment.captured')
  const endpointsOf = async (running: [string, number][], limit: number) =>
    (await claimDeliveries(engine.db, engine.now(), { busy: new Map(running), each: 4, limit })).map(
      ({ endpointId }) => endpointId,
    )
  assert.deepEqual((await endpointsOf([], 2)).sort(), [busy, quiet].sort(), 'the latest is not last')
  assert.deepEqual(await endpointsOf([[busy, 3]], 10), [busy])
  assert.deepEqual(await endpointsOf([[busy, 4]], 10), [])
})

test('what a worker took and did not come back with is taken again, and its late word changes nothing but for good', async (t) => {
  const { endpoint, event, deliveries, engine, clock } = await open(t)
  await endpoint(['*'])
  await event()
  const dead = engine.now()
  const [first] = await claimDeliveries(engine.db, dead, room)
  assert.deepEqual(await claimDeliveries(engine.db, engine.now(), room), [])
  clock.now = new Date(dead.getTime() + leaseMs)
  const alive = engine.now()
  const [second] = await claimDeliveries(engine.db, alive, room)
  assert.deepEqual([second!.id, second!.tries], [first!.id, 2])

  const failed = { ...first!, ...answered(dead, null) }
  await recordFailed(engine.db, failed, { claimedAt: dead, nextAt: null, now: engine.now() })
  assert.equal((await deliveries())[0]!.state, 'waiting', 'it is another’s by now')
  await recordDelivered(engine.db, { ...first!, ...answered(dead, 200) }, engine.now())
  const nextAt = new Date(alive.getTime() + 5000)
  await recordFailed(
    engine.db,
    { ...second!, ...answered(alive, 500) },
    { claimedAt: alive, nextAt, now: engine.now() },
  )
  assert.equal((await deliveries())[0]!.state, 'delivered', 'what has arrived has arrived')
  assert.deepEqual((await audit(engine.db)).findings, [])
})

test('switched off, an endpoint is owed nothing more, and what it was owed is given up; on again, it hears what is new', async (t) => {
  const { endpoint, event, deliveries, engine, store, clock } = await open(t)
  const ctx = () => engine.direct(store, system)
  const id = await endpoint(['*'])
  const kept = await endpoint(['*'])
  await event()
  clock.now = new Date(clock.now.getTime() + 3_600_000)
  assert.ok(await disableEndpoint(ctx(), id, 'it answered 410: gone'))
  await event()
  const states = async (of: string) =>
    (await deliveries()).filter(({ endpointId }) => endpointId === of).map(({ state }) => state)
  assert.deepEqual(await states(id), ['failed'])
  assert.deepEqual(await states(kept), ['waiting', 'waiting'])
  assert.deepEqual((await audit(engine.db)).findings, [])
  assert.deepEqual(
    (await redeliver(ctx(), null)).map(({ isOff }) => isOff),
    [true],
  )
  assert.deepEqual(await states(id), ['failed'])

  assert.ok(await enableEndpoint(ctx(), id))
  await event()
  assert.deepEqual(await states(id), ['failed', 'waiting'])
  assert.equal((await redeliver(ctx(), null)).length, 1)
  assert.deepEqual(await states(id), ['waiting', 'waiting'])
  assert.equal(await disableEndpoint(ctx(), randomUUID(), 'nobody'), false)
  assert.equal(await enableEndpoint(ctx(), randomUUID()), false)
})

test('one is sent again under its id, with as many tries as a new one; another store’s is not found', async (t) => {
  const { endpoint, event, engine, store, other } = await open(t)
  await endpoint(['*'])
  await event()
  const now = engine.now()
  const [claimed] = await claimDeliveries(engine.db, now, room)
  await recordDelivered(engine.db, { ...claimed!, ...answered(now, 204) }, now)
  assert.deepEqual(await redeliver(engine.direct(other, system), claimed!.id), [])
  assert.deepEqual(await redeliver(engine.direct(store, system), null), [], 'none has failed')
  assert.equal((await redeliver(engine.direct(store, system), claimed!.id)).length, 1)
  const [again] = await claimDeliveries(engine.db, engine.now(), room)
  assert.deepEqual([again!.id, again!.tries], [claimed!.id, 1])
  const [line] = await listDeliveries(engine.direct(store, system), false, 10)
  assert.deepEqual([line!.state, line!.tries, line!.lastStatus], ['waiting', 1, 204])
  assert.deepEqual(await listDeliveries(engine.direct(store, system), true, 10), [])
})

test('after 90 days, what is over is forgotten with its tries, and what waits is not', async (t) => {
  const { endpoint, event, engine, clock, deliveries } = await open(t)
  await endpoint(['*'])
  await event()
  await event()
  const now = engine.now()
  const [claimed] = await claimDeliveries(engine.db, now, { ...room, limit: 1 })
  await recordDelivered(engine.db, { ...claimed!, ...answered(now, 200) }, now)
  clock.now = new Date(now.getTime() + 89 * 86_400_000)
  await forgetOldDeliveries(engine.db, engine.now())
  assert.equal((await deliveries()).length, 2)
  clock.now = new Date(now.getTime() + 91 * 86_400_000)
  await forgetOldDeliveries(engine.db, engine.now())
  assert.deepEqual(
    (await deliveries()).map(({ state }) => state),
    ['waiting'],
  )
  assert.deepEqual(await execute(engine.db, 'select 1 from webhook_attempt'), [])
})
