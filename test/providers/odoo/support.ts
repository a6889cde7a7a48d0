import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ErpError, type Cursor, type NewErpOrder } from '../../../src/engine/erp/erp.ts'
import { createOdoo } from '../../../src/providers/erp/odoo.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'

/** What comes over the wire is what the test is about. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type Wire = any

interface Way {
  protocol: 'json2' | 'jsonrpc'
  version: number
}

/** Every promise is kept over each protocol, and by the versions whose fields have other names. */
const ways: Way[] = [
  { protocol: 'json2', version: 19 },
  { protocol: 'jsonrpc', version: 16 },
  { protocol: 'jsonrpc', version: 18 },
]
export const each = (name: string, body: (t: TestContext, way: Way) => Promise<void>) => {
  for (const way of ways) test(`${name} (${way.protocol}, ${way.version})`, (t) => body(t, way))
}

export const account = { database: 'shop', apiKey: 'odoo-key', login: 'shop@example.com' }

export async function open(t: TestContext, { protocol, version }: Way, timeoutMs = 2000) {
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    razorpay: [],
    odoo: [
      {
        database: account.database,
        apiKeys: [account.apiKey],
        login: account.login,
        password: null,
        version,
        webhookUrl: null,
      },
    ],
  })
  t.after(() => sandbox.close())
  const call = async (method: string, path: string, body?: object): Promise<Wire> => {
    const response = await fetch(`${sandbox.url}${path}`, { method, body: body && JSON.stringify(body) })
    const answer: Wire = await response.json()
    assert.equal(response.status, 200, JSON.stringify(answer))
    return answer
  }
  const make = (model: string, values: object) => call('POST', '/odoo/sandbox/records', { model, values })
  const storable = version >= 18 ? { is_storable: true } : { type: 'product' }
  return {
    erp: createOdoo({ ...account, baseUrl: `${sandbox.url}/odoo`, protocol, timeoutMs }),
    createWith: (more: object) =>
      createOdoo({ ...account, baseUrl: `${sandbox.url}/odoo`, protocol, timeoutMs, ...more }),
    call,
    make,
    change: (model: string, id: number, values: object) =>
      call('PATCH', `/odoo/sandbox/records/${model}/${id}`, { values }),
    list: (model: string) => call('GET', `/odoo/sandbox/records/${model}`),
    fault: (fault: object) => call('POST', '/faults', { provider: 'odoo', ...fault }),
    calm: () => call('DELETE', '/faults'),
    empty: () => call('DELETE', '/odoo/sandbox/records'),
    /** a product that is kept in stock, of which some lie there */
    async product(name: string, onHand = 10, more: object = {}): Promise<Wire> {
      const variant = await make('product.product', { name, list_price: 100, ...storable, ...more })
      await make('stock.quant', { product_id: variant.id, quantity: onHand })
      return variant
    },
    partner: async (): Promise<number> => (await make('res.partner', { name: 'Ayu' })).id,
  }
}

export const kind = (expected: ErpError['kind'], words?: RegExp) => (error: unknown) =>
  error instanceof ErpError && error.kind === expected && (!words || words.test(error.message))

export const longAgo = new Date(0)

/** Reads to the end, page by page, as a caller does. */
export async function readAll<T extends Cursor>(
  page: (after: Cursor | null) => Promise<T[]>,
  limit: number,
): Promise<T[]> {
  const all: T[] = []
  for (let after: Cursor | null = null; ;) {
    const rows: T[] = await page(after)
    assert.ok(rows.length <= limit)
    all.push(...rows)
    if (rows.length < limit) return all
    after = rows.at(-1)!
  }
}

export const ayu = { reference: 'cus-1', name: 'Ayu Lestari', email: 'Ayu_L@example.com', phone: null }

/** Lets something go well for so many requests, and then wrong. */
export function countdown(fine: number, goWrong: () => Promise<unknown>) {
  return {
    async run<T>(work: () => Promise<T>): Promise<T | null> {
      const original = globalThis.fetch
      let left = fine
      globalThis.fetch = async (...args) => {
        const isApi = typeof args[0] === 'string' && !args[0].includes('/sandbox/') && !args[0].endsWith('/faults')
        if (isApi && left-- === 0) {
          globalThis.fetch = original
          await goWrong()
        }
        return original(...args)
      }
      try {
        return await work()
      } catch (error) {
        assert.ok(error instanceof ErpError && error.kind === 'unavailable', String(error))
        return null
      } finally {
        globalThis.fetch = original
      }
    },
  }
}

export async function orderIn(
  shop: Awaited<ReturnType<typeof open>>,
  more: Partial<NewErpOrder> = {},
): Promise<NewErpOrder> {
  const variant = await shop.product('Stool')
  return {
    reference: 'ANS-1001',
    partnerId: await shop.partner(),
    orderedAt: new Date('2026-04-05T06:07:08.900Z'),
    lines: [{ variantId: variant.id, quantity: 2, unitPrice: 95, name: 'Stool, natural' }],
    extras: [
      { name: 'JNT EZ', price: 20 },
      { name: 'WELCOME10', price: -19 },
    ],
    note: 'Ring <twice>\nplease',
    ...more,
  }
}
