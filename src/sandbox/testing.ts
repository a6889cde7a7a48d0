import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { listening } from './http.ts'
import { startSandbox } from './sandbox.ts'

export const keys = { keyId: 'rzp_test_one', keySecret: 'secret-of-one', webhookSecret: 'webhook-of-one' }
export const otherKeys = { keyId: 'rzp_test_two', keySecret: 'secret-of-two', webhookSecret: 'webhook-of-two' }

/** A parsed answer, whose members tests pick without ceremony. */
// oxlint-disable-next-line typescript/no-explicit-any -- what comes over the wire is what the test is about
export type Wire = any

/** One request a shop's webhook address received. */
export interface Hook {
  headers: IncomingHttpHeaders
  raw: string
  event: string
  at: number
}

/**
 * A shop that receives webhooks.
 * @param answer the status it gives to the n-th request, counted from 0; undefined: it never answers
 */
export async function startShop(t: TestContext, answer: (index: number) => number | undefined = () => 200) {
  const hooks: Hook[] = []
  const server = createServer((request, response) => {
    let raw = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (raw += chunk))
    request.on('end', () => {
      const parsed: Wire = JSON.parse(raw)
      hooks.push({ headers: request.headers, raw, event: parsed.event, at: Date.now() })
      const status = answer(hooks.length - 1)
      if (status !== undefined) response.writeHead(status).end()
    })
  })
  const port = await listening(server, () => server.listen(0, '127.0.0.1'))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${port}/webhooks/razorpay`, hooks, names: () => hooks.map(({ event }) => event) }
}

/** A running sandbox with two accounts, of which the first tells `webhookUrl`, and short ways to call it. */
export async function openSandbox(t: TestContext, webhookUrl: string | null = null) {
  const lines: string[] = []
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    razorpay: [
      { ...keys, webhookUrl },
      { ...otherKeys, webhookUrl: null },
    ],
    log: (line) => lines.push(line),
  })
  t.after(() => sandbox.close())

  const basic = ({ keyId, keySecret }: typeof keys) =>
    `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}`

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(sandbox.url + path, {
      method,
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }

  return {
    ...sandbox,
    lines,
    call,
    /** the Razorpay API, as the first account unless another is given */
    api: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, account = keys) =>
      call(method, `/razorpay/v1${path}`, body, { authorization: basic(account), ...headers }),
    order: async (amount = 50_000, more: object = {}): Promise<Wire> =>
      (await call('POST', '/razorpay/v1/orders', { amount, currency: 'INR', ...more }, { authorization: basic(keys) }))
        .body,
    pay: async (orderId: string, more: object = {}): Promise<Wire> =>
      (await call('POST', '/razorpay/sandbox/pay', { razorpay_order_id: orderId, ...more })).body,
    fault: (fault: object) => call('POST', '/faults', { provider: 'razorpay', ...fault }),
  }
}

function parsed(text: string): Wire {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Waits until something holds, for at most `withinMs`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 4000) {
  const end = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`)
    await wait(5)
  }
}
