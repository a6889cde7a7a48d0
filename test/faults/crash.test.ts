import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { readConfig } from '../../src/config.ts'
import { createProduct } from '../../src/engine/catalogue/products.ts'
import { createEngine, system } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import { expireOrders, pollPayments, settleRefunds } from '../../src/engine/payments/sweeps.ts'
import { settleStored } from '../../src/engine/payments/webhooks.ts'
import { addStore } from '../../src/engine/stores/stores.ts'
import { open } from '../../src/main.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { testDatabase } from '../support/database.ts'
import { assertSound, crowd, shopper, value } from '../support/faults.ts'
import type { Shopper } from '../support/faults.ts'
import { freePort, startProcess } from '../support/process.ts'
import type { ServerProcess } from '../support/process.ts'
import { ionoraStore, plainProduct, request } from '../support/shop.ts'
import type { Answer } from '../support/shop.ts'
import { until } from '../support/wait.ts'

const checkouts = 300
const kills = 8
const atOnce = 12
const inStock = 2000

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function seeded(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Lets so many work at once; whoever only waits lets another in. */
function gate(places: number) {
  const queue: (() => void)[] = []
  const enter = () => (places > 0 ? void places-- : new Promise<void>((resolve) => queue.push(resolve)))
  const leave = () => {
    const next = queue.shift()
    if (next) next()
    else places++
  }
  return { enter, leave }
}

test('killed again and again while customers pay, nothing that was acknowledged is lost and nobody pays twice', async (t) => {
  const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000)
  const random = seeded(seed)
  const say = (text: string) => t.diagnostic(text)
  say(`CRASH_SEED=${seed} repeats it`)

  const folder = await mkdtemp(join(tmpdir(), 'saudagar-crash-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const database = await testDatabase(t)
  const port = await freePort()
  const account = {
    keyId: 'rzp_test_crash',
    keySecret: 'key-secret-of-crash',
    webhookSecret: 'webhook-secret-of-crash',
  }
  const webhookUrl = `http://127.0.0.1:${port}/ionora/api/payment/webhooks/payment`
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [{ ...account, webhookUrl }] })
  t.after(() => sandbox.close())
  const env = {
    PORT: String(port),
    DATABASE_URL: database.url,
    SAUDAGAR_DATA: folder,
    NODE_COMPILE_CACHE: join(folder, 'compiled'), // eight starts in a row
    SAUDAGAR_SECRET: randomBytes(32).toString('base64'),
    SAUDAGAR_DEMO: 'off',
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
    RAZORPAY_BASE_URL: `${sandbox.url}/razorpay`,
    RAZORPAY_KEY_ID: account.keyId,
    RAZORPAY_KEY_SECRET: account.keySecret,
    RAZORPAY_WEBHOOK_SECRET: account.webhookSecret,
    SMTP_URL: `smtp://127.0.0.1:${sandbox.smtpPort}`,
  }
  const installation = await open(readConfig(env), { migrate: false, log: pino({ level: 'silent' }) })
  t.after(installation.close)
  const { engine, registry, vault } = installation
  await addStore(engine.db, ionoraStore)
  await registry.reload()
  const store = registry.bySlug('ionora')!
  const variants: string[] = []
  for (const name of ['Ionizer', 'Filter', 'Bottle']) {
    const fields = { ...plainProduct, name, quantity: inStock }
    variants.push((await engine.run(store, system, (ctx) => createProduct(ctx, fields))).id)
  }
  const url = `http://127.0.0.1:${port}`
  const buyers = (await crowd(engine, vault, store, checkouts)).map((buyer) => shopper({ url, store }, buyer))
  const sandboxPost = async (path: string, body: object) =>
    (await request(`${sandbox.url}${path}`, { method: 'POST', body })).body

  // what clients were told
  const acknowledged = { placed: new Set<string>(), paid: new Set<string>(), cancelled: new Set<string>() }
  const { enter, leave } = gate(atOnce)
  let done = 0
  let lostConnections = 0

  /** As a patient client: after a broken connection it asks again, and while a twin still runs it waits. */
  const sturdy = async (ask: () => Promise<Answer>): Promise<Answer> => {
    const deadline = Date.now() + 60_000
    for (;;) {
      const answer = await ask().catch(() => undefined)
      if (!answer) lostConnections++
      else if (answer.status !== 409 && answer.status !== 503) return answer
      assert.ok(Date.now() < deadline, `no answer in a minute: ${JSON.stringify(answer?.body)}`)
      if (answer) leave() // somebody else can buy meanwhile
      await wait(answer ? 500 : 50)
      if (answer) await enter()
    }
  }

  const pay = (session: string, outcome: 'success' | 'failure' = 'success') =>
    sandboxPost('/razorpay/sandbox/pay', { razorpay_order_id: session, method: 'upi', outcome })

  /** Places the order of what is in the cart. @returns its id and the gateway's session */
  const order = async (buyer: Shopper, key: string | null): Promise<[id: string, session: string]> => {
    const headers: Record<string, string> | undefined = key === null ? undefined : { 'idempotency-key': key }
    const answer = await sturdy(() => buyer.checkout(headers))
    if (answer.status === 201) {
      acknowledged.placed.add(answer.body.order.id)
      return [answer.body.order.id, answer.body.razorpay_order_id]
    }
    // without a key: the first try was carried out and its answer lost, so the client looks what became of it
    assert.deepEqual([answer.status, answer.body, key], [400, { message: 'Cart is empty.' }, null])
    const { orders } = (await sturdy(() => buyer.call('GET', '/api/orders'))).body
    assert.equal(orders.length, 1)
    const { id, total_amount } = orders[0]
    acknowledged.placed.add(id)
    const asked = await sturdy(() =>
      buyer.call('POST', '/api/payment/create-order', { order_id: id, amount: Number(total_amount) }),
    )
    assert.equal(asked.status, 200, JSON.stringify(asked.body))
    return [id, asked.body.razorpay_order_id]
  }

  const buy = async (buyer: Shopper, n: number) => {
    await enter()
    const key = n % 2 ? `checkout-${n}` : null
    const luck = random()
    for (let lines = 1 + Math.floor(random() * 2); lines > 0; lines--) {
      const added = await sturdy(() => buyer.add(variants[(n + lines) % variants.length]!))
      assert.equal(added.status, 200, JSON.stringify(added.body))
    }
    const [id, session] = await order(buyer, key)
    if (luck < 0.1) await pay(session, 'failure')
    done++
    if (luck > 0.95) return leave() // never pays
    const back = await pay(session)
    const again = luck > 0.9 ? await pay(session) : undefined // pays in a second window too
    const paid = await sturdy(() => buyer.comeBack(id, back))
    assert.equal(paid.status, 200, JSON.stringify(paid.body))
    acknowledged.paid.add(id)
    if (again) await sturdy(() => buyer.comeBack(id, again))
    if (luck > 0.8 && luck < 0.9) {
      const answer = await sturdy(() => buyer.call('POST', `/api/orders/${id}/cancel`))
      // a 400 is the second try of a cancellation whose first answer was lost
      assert.ok(answer.status === 200 || answer.status === 400, JSON.stringify(answer.body))
      acknowledged.cancelled.add(id)
    }
    leave()
  }

  let server: ServerProcess = await startProcess(t, env)
  let killed = 0
  const killer = async () => {
    while (killed < kills) {
      // somewhere in the course of the checkouts, at a moment that nobody chose
      const share = (killed + 0.2 + 0.6 * random()) / kills
      const enough = Math.ceil(share * checkouts)
      await until('so many have ordered', () => done >= enough, 60_000)
      await wait(random() * 40)
      server.kill('SIGKILL')
      await server.ended
      killed++
      await wait(random() * 100)
      server = await startProcess(t, env)
    }
  }
  const start = performance.now()
  await Promise.all([killer(), ...buyers.map(buy)])
  const tookS = ((performance.now() - start) / 1000).toFixed(1)

  interface Sent {
    event_id: string
    state: string
    tries: number
  }
  const webhooks = async (): Promise<Sent[]> =>
    (await request(`${sandbox.url}/razorpay/sandbox/webhooks`, { method: 'GET' })).body
  // the gateway tries again for a day, in longer and longer steps: here at once
  for (const { event_id, state } of await webhooks()) {
    if (state !== 'delivered') await sandboxPost('/razorpay/sandbox/webhooks/resend', { event_id })
  }
  await until('every webhook was taken', async () => (await webhooks()).every(({ state }) => state === 'delivered'))
  server.kill('SIGTERM')
  assert.equal(await server.ended, 0, server.output())

  // what the worker does within minutes
  let offsetMs = 120_000
  const later = createEngine(installation.pool, () => new Date(Date.now() + offsetMs))
  const { findGateway: find } = installation.providers
  const left = await value(engine, 'select count(*)::int from webhook_inbox where done_at is null')
  const openRefunds = () => value(engine, `select count(*)::int from refund where state in ('requested', 'pending')`)
  const refundsLeft = await openRefunds()
  await settleStored(later, find)
  await pollPayments(later, find)
  await until('refunds are through', async () => {
    offsetMs += 3_600_000
    await settleRefunds(later, find)
    return (await openRefunds()) === 0
  })
  assert.equal(await value(engine, 'select count(*)::int from webhook_inbox where done_at is null'), 0)

  const rows = await execute(
    engine.db,
    `select o.id, o.state, o.payment_state, o.paid_at is not null, o.total_minor,
      (select coalesce(sum(amount_minor - refunded_minor), 0)::bigint from payment p where p.order_id = o.id and p.state = 'captured')
    from orders o`,
  )
  const orders = new Map(
    rows.map(([id, state, paymentState, isPaid, total, kept]) => [
      String(id),
      { state, paymentState, isPaid, total, kept },
    ]),
  )
  assert.equal(orders.size, checkouts, 'one order for each checkout')
  for (const id of acknowledged.placed) assert.ok(orders.has(id), `order ${id} was acknowledged and is not there`)
  for (const id of acknowledged.paid) assert.equal(orders.get(id)!.isPaid, true, `order ${id} was acknowledged as paid`)
  for (const id of acknowledged.cancelled)
    assert.equal(orders.get(id)!.state, 'cancelled', `order ${id} was acknowledged as cancelled`)
  for (const [id, { state, isPaid, total, kept }] of orders) {
    assert.equal(kept, isPaid && state !== 'cancelled' ? total : 0, `order ${id} is ${String(state)}`)
  }
  // the gateway’s own books say the same
  const authorization = `Basic ${btoa(`${account.keyId}:${account.keySecret}`)}`
  const sessions = await execute(engine.db, 'select order_id, provider_session_id from payment_session')
  for (const [orderId, session] of sessions) {
    const answer = await request(`${sandbox.url}/razorpay/v1/orders/${String(session)}/payments`, {
      method: 'GET',
      headers: { authorization },
    })
    const kept = answer.body.items
      .filter(({ captured }: { captured: boolean }) => captured)
      .reduce((sum: number, { amount, amount_refunded }: Record<string, number>) => sum + amount! - amount_refunded!, 0)
    assert.equal(kept, orders.get(String(orderId))!.kept, `order ${String(orderId)}`)
  }
  await assertSound(engine)

  // those who never paid give their stock back, and then nothing is held but what was sold
  offsetMs += 3_600_000
  await expireOrders(later, find)
  for (const variantId of variants) {
    const [[free, sold]] = (await execute(
      engine.db,
      `select on_hand - allocated, (select coalesce(sum(l.quantity), 0)::int from order_line l join orders o on o.id = l.order_id
        where l.variant_id = s.variant_id and o.state = 'confirmed') from stock s where s.variant_id = $1`,
      [variantId],
    )) as [[number, number]]
    assert.equal(free, inStock - sold)
  }
  await assertSound(engine)
  const resent = (await webhooks()).filter(({ tries }) => tries > 1).length
  say(
    `${checkouts} checkouts, ${killed} kills, ${lostConnections} lost connections, ${resent} webhooks sent again, ${tookS} s`,
  )
  say(`left to the sweeps: ${left} stored webhooks, ${refundsLeft} refunds`)
})
