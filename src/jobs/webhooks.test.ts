import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { testDatabase } from '../../test/support/database.ts'
import { until } from '../../test/support/wait.ts'
import { audit } from '../engine/audit.ts'
import { system } from '../engine/context.ts'
import { execute } from '../engine/database.ts'
import { leaseMs, listDeliveries, redeliver } from '../engine/webhooks/deliveries.ts'
import { listEndpoints } from '../engine/webhooks/endpoints.ts'
import { openTold } from '../engine/webhooks/testing.ts'
import type { WebhookForm } from '../engine/webhooks/forms.ts'
import { createSender } from '../providers/webhooks/send.ts'
import type { SenderOptions } from '../providers/webhooks/send.ts'
import { startWebhooks } from './webhooks.ts'

const minute = 60_000

/** A contract's, as one could have published it. */
const letter: WebhookForm = {
  events: ['order.placed'],
  body: ({ type, subjectId, data }) => ({ regarding: type, order: subjectId, yours: data['number'] }),
  headers: (body, secret) => ({ 'X-Letter': createHmac('sha256', secret).update(body).digest('hex') }),
}

interface Seen {
  id: string
  body: string
  headers: IncomingHttpHeaders
}

interface Answer {
  status: number
  headers?: Record<string, string>
}

/**
 * An installation's webhooks, sent by as many workers as a test starts, and a receiver on this machine.
 * @param answer what the n-th webhook is answered, counted from 0; undefined: nothing, ever
 */
async function open(t: TestContext, answer: (n: number, seen: Seen) => Answer | undefined = () => ({ status: 200 })) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      const one = { id: String(request.headers['webhook-id']), body, headers: request.headers }
      seen.push(one)
      const answered = answer(seen.length - 1, one)
      if (answered) response.writeHead(answered.status, answered.headers).end()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const told = await openTold((await testDatabase(t)).url)
  const workers: { stop(): Promise<void> }[] = []
  t.after(async () => {
    server.closeAllConnections()
    await Promise.all(workers.map((worker) => worker.stop()))
    server.close()
    await told.close()
  })
  const { engine, vault, stores, store, clock } = told
  return {
    ...told,
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ctx: () => engine.direct(store, system),
    work: (more: Partial<SenderOptions> = {}, random = () => 0.5) => {
      const worker = startWebhooks({
        engine,
        vault,
        storeById: (id) => stores.find(({ storeId }) => storeId === id),
        formOf: (name) => (name === 'letter' ? letter : undefined),
        send: createSender({ allowPrivate: true, allowHttp: true, timeoutMs: 2000, ...more }),
        log: pino({ level: 'silent' }),
        random,
      })
      workers.push(worker)
      return worker
    },
    later: (ms: number) => (clock.now = new Date(clock.now.getTime() + ms)),
    sound: async () => assert.deepEqual((await audit(engine.db)).findings, []),
  }
}

test('a webhook says what happened under a signature that its receiver can check', async (t) => {
  const { work, url, seen, endpoint, event, deliveries, clock, sound } = await open(t)
  await endpoint(['order.*'], { url, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' })
  const subject = await event('order.placed', { number: 'VM-1' })
  work()
  await until('it has come', async () => (await deliveries())[0]!.state === 'delivered')
  const [{ id, body, headers }] = seen as [Seen]
  assert.equal(id, `msg_${(await deliveries())[0]!.id}`)
  const data = { id: subject, number: 'VM-1' }
  assert.equal(body, JSON.stringify({ type: 'order.placed', timestamp: clock.now.toISOString(), data }))
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers['webhook-timestamp'], String(clock.now.getTime() / 1000))
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${headers['webhook-timestamp']}.${body}`).digest('base64')
  assert.equal(headers['webhook-signature'], `v1,${signature}`)
  assert.equal(headers['x-ink-signature'], undefined)
  await sound()
})

test('in a contract’s words it says what that has published, and is signed in its way too', async (t) => {
  const { work, url, seen, endpoint, event, deliveries } = await open(t)
  await endpoint(['order.placed'], { url, form: 'letter', secret: 'a-secret-that-is-text' })
  const subject = await event('order.placed', { number: 'VM-1' })
  await event('order.paid')
  work()
  await until('it has come', async () => (await deliveries())[0]!.state === 'delivered')
  assert.equal(seen.length, 1)
  const { id, body, headers } = seen[0]!
  assert.equal(body, JSON.stringify({ regarding: 'order.placed', order: subject, yours: 'VM-1' }))
  assert.equal(headers['x-letter'], createHmac('sha256', 'a-secret-that-is-text').update(body).digest('hex'))
  const signed = `${id}.${String(headers['webhook-timestamp'])}.${body}`
  const signature = createHmac('sha256', 'a-secret-that-is-text').update(signed).digest('base64')
  assert.equal(headers['webhook-signature'], `v1,${signature}`)
})

test('it is tried for three days, with the same bytes under the same id, and then given up; and sent again when somebody asks', async (t) => {
  let status = 500
  const { work, url, seen, endpoint, event, deliveries, clock, later, ctx, sound } = await open(t, () => ({ status }))
  await endpoint(['*'], { url })
  await event('order.placed', { z: 1, a: [2] })
  const began = clock.now.getTime()
  work()
  const answers = [500, 404, 302, 500, 300, 403, 500, 502, 401, 503] // no two alike in a row: the last one is waited for
  for (const [n, next] of answers.entries()) {
    status = next
    if (n > 0) {
      const { dueAt } = (await deliveries())[0]!
      later(dueAt.getTime() - clock.now.getTime() - 1)
      await new Promise((resolve) => setTimeout(resolve, 350))
      assert.equal(seen.length, n, 'not before its time')
      later(1)
    }
    await until(`try ${n + 1} is written down`, async () => {
      const [line] = await listDeliveries(ctx(), false, 1)
      return line!.tries === n + 1 && line!.lastStatus === next
    })
  }
  const days = (clock.now.getTime() - began) / 86_400_000
  assert.ok(days > 2.9 && days <= 3, `${days} days`)
  assert.equal((await deliveries())[0]!.state, 'failed')
  assert.equal(new Set(seen.map(({ id }) => id)).size, 1)
  assert.equal(new Set(seen.map(({ body }) => body)).size, 1)
  assert.equal(new Set(seen.map(({ headers }) => headers['webhook-timestamp'])).size, 10, 'each with its own time')

  later(10 * 86_400_000)
  await new Promise((resolve) => setTimeout(resolve, 400))
  assert.equal(seen.length, 10)
  status = 200
  await redeliver(ctx(), null)
  await until('it has come', async () => (await deliveries())[0]!.state === 'delivered')
  assert.equal(seen[10]!.id, seen[0]!.id)
  await sound()
})

test('an endpoint that says it is gone is told nothing more, and others are', async (t) => {
  let gone = ''
  const { work, url, seen, endpoint, event, deliveries, ctx, sound } = await open(t, (_, { headers }) => ({
    status: headers.host === gone ? 410 : 200,
  }))
  gone = new URL(url).host
  const id = await endpoint(['*'], { url })
  await endpoint(['*'], { url: url.replace('127.0.0.1', 'localhost') })
  await event()
  work()
  const off = async () => (await listEndpoints(ctx())).find((one) => one.id === id)!.disabledWhy
  assert.match(await until('it is off', off), /410/)
  await event()
  await until(
    'the other has heard both',
    async () => (await deliveries()).filter(({ state }) => state === 'delivered').length === 2,
  )
  assert.equal(seen.filter(({ headers }) => headers.host === gone).length, 1)
  assert.equal((await deliveries()).filter(({ endpointId }) => endpointId === id).length, 1)
  await sound()
})

test('a receiver that asks for a pause has it', async (t) => {
  const { work, url, seen, endpoint, event, deliveries, later, ctx } = await open(t, (n) =>
    n === 0 ? { status: 429, headers: { 'retry-after': '600' } } : { status: 200 },
  )
  await endpoint(['*'], { url })
  await event()
  work({}, () => 0)
  await until('it was tried', async () => (await listDeliveries(ctx(), false, 1))[0]!.lastStatus === 429)
  later(10 * minute - 1000)
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(seen.length, 1)
  later(1000)
  await until('it has come', async () => (await deliveries())[0]!.state === 'delivered')
})

test('of many workers, each webhook is sent by one', async (t) => {
  const { work, url, seen, endpoint, event, deliveries, sound } = await open(t)
  await endpoint(['*'], { url })
  await endpoint(['order.*'], { url })
  for (let n = 0; n < 4; n++) work()
  await Promise.all(Array.from({ length: 150 }, () => event()))
  await until('all have come', async () => (await deliveries()).every(({ state }) => state === 'delivered'))
  assert.equal(seen.length, 300)
  assert.equal(new Set(seen.map(({ id }) => id)).size, 300)
  await sound()
})

test('what a worker died with is sent by another once its lease is over', async (t) => {
  const { work, url, seen, endpoint, event, deliveries, later, engine } = await open(t)
  await endpoint(['*'], { url })
  await event()
  // as a worker leaves it that was killed between taking and sending
  await execute(engine.db, 'update webhook_delivery set due_at = $1, tries = 1', [
    new Date(engine.now().getTime() + leaseMs),
  ])
  work()
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(seen.length, 0)
  later(leaseMs)
  await until('it has come', async () => (await deliveries())[0]!.state === 'delivered')
  assert.equal(seen.length, 1)
})

test('who never answers keeps nobody else waiting', async (t) => {
  const { work, url, seen, endpoint, event, deliveries } = await open(t, (_, { headers }) =>
    headers.host?.startsWith('localhost') ? undefined : { status: 200 },
  )
  const dead = await endpoint(['order.*'], { url: url.replace('127.0.0.1', 'localhost') })
  const alive = await endpoint(['payment.*'], { url })
  for (let n = 0; n < 100; n++) await event('order.placed')
  work({ timeoutMs: 8000 })
  await until('it is at it', () => seen.length >= 4)
  const began = Date.now()
  for (let n = 0; n < 10; n++) await event('payment.captured')
  await until(
    'the other has heard all',
    async () =>
      (await deliveries()).filter(({ endpointId, state }) => endpointId === alive && state === 'delivered').length ===
      10,
  )
  assert.ok(Date.now() - began < 7000, 'it waited')
  assert.equal((await deliveries()).filter(({ endpointId, tries }) => endpointId === dead && tries > 0).length, 4)
})

test('what cannot be sent is written down with why, and is tried again', async (t) => {
  const { work, url, endpoint, event, ctx, engine } = await open(t)
  await endpoint(['order.private'], { url })
  await endpoint(['order.formless'], { url, form: 'nothing' })
  await endpoint(['order.moved'], { url })
  for (const type of ['order.private', 'order.formless', 'order.moved'] as const) await event(type)
  await execute(engine.db, `update webhook_endpoint set url = url || 'x' where 'order.moved' = any(events)`)
  work({ allowPrivate: false })
  const lines = await until('all were tried', async () => {
    const found = await listDeliveries(ctx(), false, 10)
    return found.every(({ lastAt }) => lastAt) && found
  })
  const problems = Object.fromEntries(lines.map(({ type, lastProblem }) => [type, lastProblem]))
  assert.match(problems['order.private']!, /127\.0\.0\.1 is no public address/)
  assert.match(problems['order.formless']!, /no form nothing/)
  assert.match(problems['order.moved']!, /secret/)
  assert.ok(lines.every(({ state }) => state === 'waiting'))
})
