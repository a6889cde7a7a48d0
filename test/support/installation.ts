import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import type { DestinationStream } from 'pino'
import { jntInSandbox, readConfig } from '../../src/config.ts'
import { addStore } from '../../src/engine/stores/stores.ts'
import type { NewStore, Store } from '../../src/engine/stores/stores.ts'
import { open, serve, work } from '../../src/main.ts'
import { createLog } from '../../src/server/log.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { testDatabase } from './database.ts'
import { freePort } from './process.ts'

/** A parsed answer, whose members tests pick without ceremony. */
// oxlint-disable-next-line typescript/no-explicit-any -- what comes over the wire is what a test is about
export type Wire = any

export interface Lifetime {
  after(work: () => Promise<void>): void
}

export interface ShopOptions {
  /** the engine's clock; the system's when left out */
  now?: () => Date
  rateLimits?: boolean
  worker?: boolean
  /** a migrated one; without, one of the tests' own */
  databaseUrl?: string
  databasePool?: number
  env?: Record<string, string>
  /** where every line of the log goes, of whatever level */
  log?: DestinationStream
  /** false: nothing tells the shop of payments */
  webhooks?: boolean
}

export interface Answer {
  status: number
  body: Wire
  headers: Headers
}

/** What the shops and the sandbox agree on. */
export const accounts = {
  razorpay: { keyId: 'rzp_test_shop', keySecret: 'key-secret-of-shop', webhookSecret: 'webhook-secret-of-shop' },
  doku: { clientId: 'MCH-SHOP', secretKey: 'secret-key-of-shop' },
  jnt: {
    username: 'SHOP',
    apiKey: 'jnt-api-key',
    orderKey: 'jnt-order-key',
    tariffKey: 'jnt-tariff-key',
    companyId: 'SHOP',
    trackingPassword: 'jnt-password',
  },
  biteship: { apiKey: 'biteship_test.shop' },
  rajaongkir: { apiKey: 'rajaongkir-key' },
  odoo: { database: 'shop', apiKey: 'odoo-key-of-shop', login: 'shop', webhookSecret: 'odoo-hint-of-shop' },
  ink: { webhookSecret: 'ink-secret-of-shop' },
}

/**
 * A whole installation for a test: its own database, a sandbox with every provider, some stores, the HTTP server on a free
 * port, and the worker where asked.
 */
export async function openInstallation(t: Lifetime, options: ShopOptions, stores: readonly NewStore[]) {
  const closing: (() => Promise<void>)[] = [] // the last that was opened is closed first
  t.after(async () => {
    for (const step of closing.toReversed()) await step()
  })
  let { databaseUrl } = options
  if (databaseUrl === undefined) {
    const { url, drop } = await testDatabase()
    closing.push(drop)
    databaseUrl = url
  }
  const { razorpay, doku, jnt, biteship, rajaongkir, odoo, ink } = accounts
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    razorpay: [{ ...razorpay, webhookUrl: null }],
    doku: [{ ...doku, notificationUrl: null }],
    jnt: [jnt],
    biteship: [biteship],
    rajaongkir: [rajaongkir],
    odoo: [
      {
        database: odoo.database,
        apiKeys: [odoo.apiKey],
        login: odoo.login,
        password: null,
        webhookUrl: null,
        webhookSecret: odoo.webhookSecret,
      },
    ],
    shopify: ink,
  })
  closing.push(() => sandbox.close())
  const jntUrls = jntInSandbox(`${sandbox.url}/jnt`)

  /** where the providers are and what opens them, as the configuration has it */
  const providerEnv = {
    RAZORPAY_BASE_URL: `${sandbox.url}/razorpay`,
    RAZORPAY_KEY_ID: razorpay.keyId,
    RAZORPAY_KEY_SECRET: razorpay.keySecret,
    RAZORPAY_WEBHOOK_SECRET: razorpay.webhookSecret,
    DOKU_BASE_URL: `${sandbox.url}/doku`,
    DOKU_CLIENT_ID: doku.clientId,
    DOKU_SECRET_KEY: doku.secretKey,
    JNT_ORDER_URL: jntUrls.orderUrl,
    JNT_CANCEL_URL: jntUrls.cancelUrl,
    JNT_TARIFF_URL: jntUrls.tariffUrl,
    JNT_TRACKING_URL: jntUrls.trackingUrl,
    JNT_USERNAME: jnt.username,
    JNT_API_KEY: jnt.apiKey,
    JNT_ORDER_KEY: jnt.orderKey,
    JNT_TARIFF_KEY: jnt.tariffKey,
    JNT_COMPANY_ID: jnt.companyId,
    JNT_TRACKING_PASSWORD: jnt.trackingPassword,
    BITESHIP_BASE_URL: `${sandbox.url}/biteship`,
    BITESHIP_API_KEY: biteship.apiKey,
    RAJAONGKIR_BASE_URL: `${sandbox.url}/rajaongkir`,
    RAJAONGKIR_API_KEY: rajaongkir.apiKey,
    ODOO_BASE_URL: `${sandbox.url}/odoo`,
    ODOO_DATABASE: odoo.database,
    ODOO_API_KEY: odoo.apiKey,
    ODOO_LOGIN: odoo.login,
    ODOO_WEBHOOK_SECRET: odoo.webhookSecret,
    WEBHOOK_ALLOW_PRIVATE: 'on',
    SHOPIFY_WEBHOOK_URL: `${sandbox.url}/shopify/webhook`,
    INK_WEBHOOK_SECRET: ink.webhookSecret,
    SMTP_URL: `smtp://127.0.0.1:${sandbox.smtpPort}`,
  }

  // known beforehand: a gateway is told with each payment where to tell of it
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = readConfig({
    PORT: String(port),
    PUBLIC_URL: url,
    DATABASE_URL: databaseUrl,
    DATABASE_POOL: String(options.databasePool ?? 10),
    SAUDAGAR_DATA: tmpdir(),
    SAUDAGAR_SECRET: randomBytes(32).toString('base64'),
    SAUDAGAR_DEMO: 'off',
    RATE_LIMITS: options.rateLimits ? 'on' : 'off',
    ...providerEnv,
    ...options.env,
  })
  const log = createLog(options.log ? 'trace' : (process.env['TEST_LOG'] ?? 'silent'), options.log)
  const installation = await open(config, { migrate: false, log, now: options.now })
  closing.push(installation.close)
  const { engine, registry } = installation
  for (const store of stores) await addStore(engine.db, store)
  await registry.reload()

  const server = await serve(installation)
  closing.push(server.stop)
  if (options.worker) closing.push((await work(installation)).stop)
  return {
    ...installation,
    sandbox,
    providerEnv,
    server,
    url,
    storeOf: (slug: string) => registry.bySlug(slug)!,
    /** the sandbox's API and its controls */
    sandboxCall: (method: string, path: string, body?: object) => request(`${sandbox.url}${path}`, { method, body }),
    call: (of: Store, method: string, path: string, call: CallOptions = {}) =>
      request(`${url}/${of.slug}${path}`, { method, ...call }),
  }
}

export interface CallOptions {
  body?: unknown
  token?: string | undefined
  headers?: Record<string, string> | undefined
}

/** One request; a string body is sent as it is. */
export async function request(
  url: string,
  { method, body, token, headers }: CallOptions & { method: string },
): Promise<Answer> {
  const sent: Record<string, string> = { ...headers }
  if (token) sent['authorization'] = `Bearer ${token}`
  if (body !== undefined) sent['content-type'] ??= 'application/json'
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(url, {
    method,
    headers: sent,
    body: text as string,
    signal: AbortSignal.timeout(30_000),
  })
  const answer = await response.text()
  let parsed: Wire = answer
  try {
    parsed = JSON.parse(answer)
  } catch {
    // a page, or nothing: left as text
  }
  return { status: response.status, body: parsed, headers: response.headers }
}
