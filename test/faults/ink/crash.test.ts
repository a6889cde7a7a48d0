import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { readConfig } from '../../../src/config.ts'
import { audit } from '../../../src/engine/audit.ts'
import { execute } from '../../../src/engine/database.ts'
import { addStore } from '../../../src/engine/stores/stores.ts'
import { open } from '../../../src/main.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'
import { inkStore } from '../../../src/server/demo/ink.ts'
import { testDatabase } from '../../support/database.ts'
import { request } from '../../support/installation.ts'
import type { Answer } from '../../support/installation.ts'
import { enrolment, verification } from '../../support/parcels.ts'
import { freePort, startProcess } from '../../support/process.ts'
import { until } from '../../support/wait.ts'

const parcels = 200
const kills = 5
const atOnce = 10

test('killed again and again during 200 verifications: each is in the database, in the log and in the webhook queue, once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-ink-crash-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const database = await testDatabase(t)
  const port = await freePort()
  const webhookSecret = 'ink-secret-of-crash'
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [], shopify: { webhookSecret } })
  t.after(() => sandbox.close())
  const env = {
    PORT: String(port),
    DATABASE_URL: database.url,
    SAUDAGAR_DATA: folder,
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    SAUDAGAR_SECRET: randomBytes(32).toString('base64'),
    SAUDAGAR_DEMO: 'off',
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
    SHOPIFY_WEBHOOK_URL: `${sandbox.url}/shopify/webhook`,
    INK_WEBHOOK_SECRET: webhookSecret,
    WEBHOOK_ALLOW_PRIVATE: 'on',
  }
  const installation = await open(readConfig(env), { migrate: false, log: pino({ level: 'silent' }) })
  t.after(installation.close)
  const { engine, registry } = installation
  await addStore(engine.db, inkStore)
  await registry.reload()
  const query = (text: string) => execute(engine.db, text)

  let server = await startProcess(t, env)
  const post = (path: string, body: object): Promise<Answer> =>
    request(`${server.url}/ink${path}`, { method: 'POST', body })
  let lost = 0
  /** As a phone that has lost its answer: it asks again. */
  const sturdy = async (ask: () => Promise<Answer>): Promise<Answer> => {
    for (const deadline = Date.now() + 60_000; ;) {
      const answer = await ask().catch(() => undefined)
      if (answer) return answer
      lost++
      assert.ok(Date.now() < deadline, 'no answer in a minute')
      await wait(50)
    }
  }

  const tokens = Array.from({ length: parcels }, (_, n) => `crash-${n}`)
  for (let from = 0; from < parcels; from += 20)
    await Promise.all(
      tokens.slice(from, from + 20).map(async (token) => {
        const { status, body } = await post('/enroll', enrolment(token))
        assert.equal(status, 200, `${JSON.stringify(body)}: ${server.output()}`)
      }),
    )

  const answered: string[] = []
  let done = 0
  const waiting = [...tokens]
  const phone = async () => {
    for (let token = waiting.shift(); token !== undefined; token = waiting.shift()) {
      const { status, body } = await sturdy(() => post('/verify', verification(token)))
      // of a try whose answer was lost, the next one is told that it was carried out
      assert.ok(status === 200 || body.error === 'Already verified', JSON.stringify(body))
      if (status === 200) answered.push(body.proof_id)
      done++
    }
  }
  const killer = async () => {
    for (let killed = 0; killed < kills; killed++) {
      const enough = Math.ceil(((killed + 0.5) / kills) * parcels)
      await until('so many are verified', () => done >= enough, 60_000)
      await wait(Math.random() * 20)
      server.kill('SIGKILL')
      await server.ended
      server = await startProcess(t, env)
    }
  }
  await Promise.all([killer(), ...Array.from({ length: atOnce }, phone)])

  const waitingRows = `select (select count(*) from log_entry where log_index is null)
    + (select count(*) from webhook_delivery where delivered_at is null)`
  await until('the log and Shopify have all of it', async () => Number((await query(waitingRows))[0]![0]) === 0, 60_000)
  server.kill('SIGTERM')
  assert.equal(await server.ended, 0, server.output())

  const rows = await query(`
    select 'proof_' || replace(p.id::text, '-', ''), p.verified_at is not null,
      (select count(*)::int from log_entry e where e.proof_id = p.id and e.kind = 'delivery' and e.log_index is not null),
      (select count(*)::int from event v where v.subject_id = p.id and v.type = 'proof.verified'),
      (select count(*)::int from webhook_delivery d join event v on v.id = d.event_id where v.subject_id = p.id)
    from proof p`)
  assert.equal(rows.length, parcels)
  for (const row of rows) assert.deepEqual(row.slice(1), [true, 1, 1, 1], String(row[0]))
  const known = new Set(rows.map(([name]) => name))
  for (const proofId of answered) assert.ok(known.has(proofId), `${proofId} was answered and is not there`)

  interface Received {
    id: string
    body: { proof_ref: string }
    signatures: Record<string, boolean>
  }
  const { body: received } = (await request(`${sandbox.url}/shopify/webhooks`, { method: 'GET' })) as {
    body: Received[]
  }
  assert.deepEqual(new Set(received.map(({ body }) => body.proof_ref)), known)
  assert.equal(new Set(received.map(({ id }) => id)).size, parcels, 'a repeat has the id of the first')
  assert.deepEqual((await audit(engine.db)).findings, [])
  t.diagnostic(`${parcels} verifications, ${kills} kills, ${lost} lost answers, ${received.length} webhooks`)
})
