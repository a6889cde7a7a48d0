import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import type { DestinationStream } from 'pino'
import { readConfig } from '../../src/config.ts'
import { createProduct } from '../../src/engine/catalogue/products.ts'
import type { ProductFields } from '../../src/engine/catalogue/products.ts'
import { system } from '../../src/engine/context.ts'
import { register } from '../../src/engine/identity/identity.ts'
import { addStore } from '../../src/engine/stores/stores.ts'
import type { Store } from '../../src/engine/stores/stores.ts'
import { open, serve, work } from '../../src/main.ts'
import { createLog } from '../../src/server/log.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { ionoraStore } from '../../src/server/demo.ts'
import { testDatabase } from './database.ts'

/** A parsed answer, whose members tests pick without ceremony. */
// oxlint-disable-next-line typescript/no-explicit-any -- what comes over the wire is what a test is about
export type Wire = any

interface Lifetime {
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

export { ionoraStore }

/**
 * A whole installation for a test: its own database, a sandbox, two stores (`ionora` and `rival`, of one kind), the
 * HTTP server on a free port, and the worker where asked.
 */
export async function openShop(t: Lifetime, options: ShopOptions = {}) {
  const closing: (() => Promise<void>)[] = [] // the last that was opened is closed first
  t.after(async () => {
    for (const step of closing.toReversed()) await step()
  })
  const databaseUrl = options.databaseUrl ?? (await testDatabase({ after: (work) => void closing.push(work) })).url
  const account = { keyId: 'rzp_test_shop', keySecret: 'key-secret-of-shop', webhookSecret: 'webhook-secret-of-shop' }
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [{ ...account, webhookUrl: null }] })
  closing.push(() => sandbox.close())

  const config = readConfig({
    PORT: '0',
    DATABASE_URL: databaseUrl,
    DATABASE_POOL: String(options.databasePool ?? 10),
    SAUDAGAR_DATA: tmpdir(),
    SAUDAGAR_SECRET: randomBytes(32).toString('base64'),
    SAUDAGAR_DEMO: 'off',
    RATE_LIMITS: options.rateLimits ? 'on' : 'off',
    RAZORPAY_BASE_URL: `${sandbox.url}/razorpay`,
    RAZORPAY_KEY_ID: account.keyId,
    RAZORPAY_KEY_SECRET: account.keySecret,
    RAZORPAY_WEBHOOK_SECRET: account.webhookSecret,
    SMTP_URL: `smtp://127.0.0.1:${sandbox.smtpPort}`,
    ...options.env,
  })
  const log = createLog(options.log ? 'trace' : (process.env['TEST_LOG'] ?? 'silent'), options.log)
  const installation = await open(config, { migrate: false, log, now: options.now })
  closing.push(installation.close)
  const { engine, registry } = installation
  await addStore(engine.db, ionoraStore)
  await addStore(engine.db, { ...ionoraStore, slug: 'rival', name: 'Rival', hosts: [] })
  await registry.reload()
  const store = registry.bySlug('ionora')!
  const rival = registry.bySlug('rival')!

  const server = await serve(installation)
  closing.push(server.stop)
  if (options.worker) closing.push((await work(installation)).stop)
  const { port } = server.app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const post = (path: string, body: object) => request(`${sandbox.url}${path}`, { method: 'POST', body })
  if (options.webhooks !== false) {
    await post('/razorpay/sandbox/webhook-url', {
      key_id: account.keyId,
      webhook_url: `${url}/ionora/api/payment/webhooks/payment`,
    })
  }

  let people = 0
  /** A new customer of a store, and a way to call its API as that customer. */
  const customer = async (of: Store = store, isAdmin = false) => {
    const email = `person${++people}@example.com`
    const created = await register(engine, of, { email, fullName: `Person ${people}`, phone: null, isAdmin }, password)
    const answer = await call(of, 'POST', '/api/auth/login', { body: { email, password } })
    const token: string = answer.body.token
    return {
      id: created.id,
      email,
      token,
      call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
        call(of, method, path, { body, token, headers }),
    }
  }

  const call = (of: Store, method: string, path: string, options: CallOptions = {}) =>
    request(`${url}/${of.slug}${path}`, { method, ...options })

  /** Adds a product, as an administrator would. */
  const product = (fields: Partial<ProductFields> = {}, of: Store = store) =>
    engine.run(of, system, (ctx) => createProduct(ctx, { ...plainProduct, ...fields }))

  /** A customer with an address and something in the cart. */
  const buyer = async (variantId: string, quantity = 1, of: Store = store) => {
    const person = await customer(of)
    const { body } = await person.call('POST', '/api/user/address', address)
    await person.call('POST', '/api/cart', { product_id: variantId, quantity })
    const addressId: string = body.address.id
    const checkout = () =>
      person.call('POST', '/api/checkout/create-order', { shipping_address_id: addressId, payment_method: 'razorpay' })
    return { ...person, addressId, checkout }
  }

  /** Plays the customer in the gateway's checkout. */
  const pay = async (razorpayOrderId: string, more: object = {}) =>
    (
      await post('/razorpay/sandbox/pay', {
        razorpay_order_id: razorpayOrderId,
        method: 'upi',
        outcome: 'success',
        ...more,
      })
    ).body

  return {
    ...installation,
    account,
    sandbox,
    sandboxPost: post,
    store,
    rival,
    url,
    server,
    call,
    customer,
    product,
    buyer,
    pay,
  }
}

export type Shop = Awaited<ReturnType<typeof openShop>>

export const password = 'Password123'

export const address = {
  full_address: '123 Street',
  city: 'Mumbai',
  state: 'MH',
  pincode: '400001',
  country: 'India',
  is_default: true,
}

export const plainProduct: ProductFields = {
  name: 'Ionizer X',
  description: 'Seven-plate water ionizer.',
  listMinor: 455506,
  discountBps: 1000,
  category: 'alkaline',
  quantity: 12,
  images: ['https://cdn.example.com/products/ionizer-x-1.jpg'],
  specifications: { flow_rate: '2 L/min' },
  isActive: true,
}

interface CallOptions {
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
