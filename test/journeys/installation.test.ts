import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { testDatabase } from '../support/database.ts'
import { freePort } from '../support/process.ts'
import { request } from '../support/shop.ts'
import { until } from '../support/wait.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

/** The commands of the page that an operator reads. */
async function documented(): Promise<string> {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const block = /```sh\n([\s\S]*?)```/.exec(page)
  assert.ok(block, 'docs/operations.md has no commands')
  return block[1]!
}

test('an installation from nothing, by the commands of docs/operations.md, holds nothing of the demo', async (t) => {
  const database = await testDatabase(t, { empty: true })
  const port = await freePort()
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    SAUDAGAR_SECRET: 'a-secret-of-this-test-that-is-long-enough',
    SAUDAGAR_DATA: tmpdir(),
    SMTP_URL: 'smtp://127.0.0.1:9',
    PORT: String(port),
    VOLTMART_RAZORPAY_KEY_ID: 'rzp_live_voltmart',
    VOLTMART_RAZORPAY_KEY_SECRET: 'live-secret',
    VOLTMART_RAZORPAY_WEBHOOK_SECRET: 'live-webhook',
    VOLTMART_ADMIN_PASSWORD: 'OwnersPass123',
  }
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', await documented()], { cwd: root, env })
  assert.match(stdout, /Store voltmart is there/)
  assert.match(stdout, /owner@example\.com is an administrator of voltmart/)
  assert.match(stdout, /invariants hold/)

  const server = spawn(process.execPath, ['bin/saudagar.mjs', 'start'], { cwd: root, env, stdio: 'ignore' })
  const ended = new Promise<number | null>((resolve) => server.once('exit', resolve))
  t.after(() => void server.kill('SIGKILL'))
  const base = `http://127.0.0.1:${port}`
  await until('it is ready', async () => (await request(`${base}/readyz`, { method: 'GET' })).status === 200)

  const page = await request(`${base}/`, { method: 'GET' })
  assert.match(page.body, /Volt Mart/)
  assert.doesNotMatch(page.body, /TestPass123|AdminPass123|Demo/)
  const demo = await request(`${base}/ionora/api/products`, { method: 'GET' })
  assert.equal(demo.status, 404)
  const login = { email: 'test@example.com', password: 'TestPass123!' }
  assert.equal((await request(`${base}/voltmart/api/auth/login`, { method: 'POST', body: login })).status, 401)
  const list = await request(`${base}/voltmart/api/products`, { method: 'GET' })
  assert.equal(list.body.pagination.total, 21)
  const owner = { email: 'owner@example.com', password: 'OwnersPass123' }
  const { body } = await request(`${base}/voltmart/api/auth/login`, { method: 'POST', body: owner })
  assert.equal((await request(`${base}/voltmart/api/admin/orders`, { method: 'GET', token: body.token })).status, 200)

  server.kill('SIGTERM')
  assert.equal(await ended, 0)
})

test('production refuses a database that nobody migrated', async (t) => {
  const database = await testDatabase(t, { empty: true })
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    SAUDAGAR_SECRET: 'a-secret-of-this-test-that-is-long-enough',
    SMTP_URL: 'smtp://127.0.0.1:9',
  }
  const failed = await run(process.execPath, ['bin/saudagar.mjs', 'api'], { cwd: root, env }).then(
    () => assert.fail('it started'),
    (error: { code: number; stderr: string }) => error,
  )
  assert.equal(failed.code, 2)
  assert.match(failed.stderr, /run saudagar migrate/)
})
