import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { after, afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Place } from '../../src/cli/stores.ts'
import { UsageError } from '../../src/cli/usage.ts'
import { add, deliveries, disable, enable, list, sendAgain } from '../../src/cli/webhooks.ts'
import { system } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import { addEndpoint } from '../../src/engine/webhooks/endpoints.ts'
import { assertSound, endFaults } from '../support/faults.ts'
import { said } from '../support/said.ts'
import { accounts } from '../support/installation.ts'
import { openShop } from '../support/shop.ts'
import type { Wire } from '../support/shop.ts'
import { until } from '../support/wait.ts'

// a store's orders, told to somebody outside by the real worker

const shop = await openShop({ after }, { worker: true })
const { engine, vault, store, sandbox, sandboxCall, sandboxPost } = shop
const here: Place = { ...shop, store }
const url = `${sandbox.url}/shopify/events`
const ctx = () => engine.direct(store, system)

/** whose secret is the one that the sandbox knows */
const follower = await addEndpoint(ctx(), vault, {
  url,
  events: ['order.*'],
  form: null,
  secret: accounts.ink.webhookSecret,
})
afterEach(async () => {
  await endFaults(shop)
  await sandboxCall('DELETE', '/shopify/webhooks')
})

const came = async (): Promise<Wire[]> => (await sandboxCall('GET', '/shopify/webhooks')).body

/** Orders that are placed, paid and confirmed. @returns their ids */
async function buy(count: number): Promise<string[]> {
  const { id } = await shop.product({ quantity: 100 })
  const orders: string[] = []
  for (let n = 0; n < count; n++) {
    const buyer = await shop.buyer(id)
    const { order, razorpay_order_id } = (await buyer.checkout()).body
    await shop.pay(razorpay_order_id)
    orders.push(order.id)
  }
  return orders
}

const settled = () =>
  until(
    'nothing waits',
    async () => {
      // the second pause is five minutes: what waits for longer than any lease is due at once
      await execute(
        engine.db,
        `update webhook_delivery set due_at = now() where due_at > now() + interval '2 minutes'
         and delivered_at is null and failed_at is null`,
      )
      const [[open] = []] = await execute(
        engine.db,
        `select count(*)::int from event v where v.store_id = $1 and v.type like 'order.%' and not exists (
           select from webhook_delivery d where d.event_id = v.id and d.delivered_at is not null)`,
        [store.storeId],
      )
      return open === 0
    },
    60_000,
  )

/** What was taken, as `type subject`, with how often each. */
async function told(orders: readonly string[]) {
  const ids = new Map<string, Set<string>>()
  for (const { status, body, id } of await came()) {
    if (status !== 200 || !orders.includes(body.data.id)) continue
    const name = `${body.type} ${body.data.id}`
    ids.set(name, (ids.get(name) ?? new Set()).add(id))
  }
  return ids
}

const expected = (orders: readonly string[]) =>
  orders.flatMap((id) => ['placed', 'paid', 'confirmed'].map((kind) => `order.${kind} ${id}`)).sort()

test('who follows a store’s orders hears of each step once, signed; another store’s are not told', async () => {
  const orders = await buy(2)
  await until('they are confirmed', async () => (await told(orders)).size === 6)
  const all = await came()
  assert.deepEqual([...(await told(orders)).keys()].sort(), expected(orders))
  assert.equal(all.length, 6)
  assert.ok(all.every(({ standardSignature, isRepeat }) => standardSignature === 'valid' && !isRepeat))

  const { id } = await shop.product({}, shop.rival)
  const buyer = await shop.buyer(id, 1, shop.rival)
  assert.equal((await buyer.checkout()).status, 201)
  await new Promise((resolve) => setTimeout(resolve, 600))
  assert.equal((await came()).length, 6)
  await assertSound(engine)
})

test('a receiver that fails, hangs up, talks nonsense and is slow misses nothing, and knows what comes twice', async () => {
  // a third of the tries fail: of ten in a row, none in a hundred thousand
  for (const kind of ['error', 'drop', 'garbage'])
    for (const late of [false, true])
      await sandboxPost('/faults', { provider: 'shopify', kind, rate: 0.06, after: late })
  await sandboxPost('/faults', { provider: 'shopify', kind: 'delay', rate: 0.2, delayMs: 200 })
  const orders = await buy(6)
  await until('all is written down', async () => {
    const rows = `select count(*)::int from event where type = 'order.confirmed' and subject_id = any($1)`
    return (await execute(engine.db, rows, [orders]))[0]![0] === orders.length
  })
  await settled()
  const ids = await told(orders)
  assert.deepEqual([...ids.keys()].sort(), expected(orders))
  for (const [name, seen] of ids) assert.equal(seen.size, 1, `${name} came under several ids`)
  const bodies = new Map<string, Set<string>>()
  for (const { id, raw } of await came()) bodies.set(id, (bodies.get(id) ?? new Set()).add(raw))
  for (const [id, raw] of bodies) assert.equal(raw.size, 1, `${id} came with several bodies`)
  await assertSound(engine)
})

test('staff sees what was given up, and has it sent again', async (t) => {
  await sandboxPost('/shopify/sandbox/answer', { status: 410, count: 1 })
  const [order] = await buy(1)
  await until('it is off', async () => /off since .*410/.test(await said(t, () => list(here))))
  const log = await until('it is given up', async () => {
    const text = await said(t, () => deliveries(here, { failed: true, limit: 10 }))
    return text.includes('410') && text
  })
  const [, id] = /^([\da-f-]{36}) .* failed, tries 1, the last .*: 410/m.exec(log) ?? []
  assert.ok(id, log)
  await assert.rejects(sendAgain(here, id, {}), (error) => error instanceof UsageError && /enable/.test(error.message))
  assert.match(await said(t, () => enable(here, follower)), /is told again/)
  assert.match(await said(t, () => sendAgain(here, `msg_${id}`, {})), /1 sent again/)
  await until('it has come', async () => (await came()).some((one) => one.id === `msg_${id}` && one.status === 200))
  assert.match(await said(t, () => deliveries(here, { limit: 100 })), new RegExp(`${id} .* delivered, tries 1`))
  await said(t, () => sendAgain(here, undefined, { failed: true }))
  await until('all of it has come', async () => (await told([order!])).size >= 1)
  await assertSound(engine)
})

test('an endpoint is added with a secret that is shown once, and what cannot be one is refused', async (t) => {
  const printed = await said(t, () => add(here, 'https://hook.example.com/x', { event: ['payment.*'] }))
  const [, id] = /^([\da-f-]{36}) hears of payment\.\*/.exec(printed) ?? []
  assert.match(printed, /whsec_[\w+/]{43}=/)
  const listed = await said(t, () => list(here))
  assert.match(listed, new RegExp(`${id} {2}https://hook.example.com/x {2}payment\\.\\* {2}on`))
  assert.doesNotMatch(listed, /whsec_/)
  assert.match(await said(t, () => disable(here, id!)), /told nothing/)
  assert.match(await said(t, () => list(here)), /off since .*by hand/)

  const refused = (work: Promise<unknown>, words: RegExp) =>
    assert.rejects(work, (error) => error instanceof UsageError && words.test(error.message))
  await refused(add(here, 'hook.example.com', { event: ['*'] }), /https/)
  await refused(add(here, 'https://hook.example.com', { event: ['order'] }), /no event order/)
  await refused(enable(here, 'x'), /no endpoint x/)
  await refused(disable({ ...here, store: shop.rival }, id!), /no endpoint/)
  await refused(sendAgain(here, undefined, {}), /an id, or --failed/)
  await refused(sendAgain(here, 'x', {}), /no delivery x/)
  const strict = { ...here, config: { ...here.config, webhooks: { ...here.config.webhooks, allowPrivate: false } } }
  await refused(add(strict, 'https://127.1/hook', { event: ['*'] }), /127\.0\.0\.1 is no public address/)
})

test('the commands are there as an operator types them', async () => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const env = {
    ...process.env,
    DATABASE_URL: shop.config.databaseUrl!,
    SAUDAGAR_SECRET: shop.config.secret,
    SAUDAGAR_DATA: tmpdir(),
    SAUDAGAR_DEMO: 'off',
  }
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [main, 'webhooks', ...args, '--store', 'rival'], { env, cwd: tmpdir() })
  const added = await run('add', 'https://hook.example.com/', '--event', 'order.placed', 'refund.*')
  assert.match(added.stdout, /hears of order\.placed, refund\.\*/)
  assert.match((await run('redeliver', '--failed')).stdout, /0 sent again/)
})
