import { createHash, createHmac, randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { startSandbox } from '../sandbox.ts'
import type { Wire } from '../testing.ts'

export const account = { clientId: 'MCH-TEST-ONE', secretKey: 'SK-one' }
export const otherAccount = { clientId: 'MCH-TEST-TWO', secretKey: 'SK-two' }

/** The signature as the documents have it, put together once more by hand. */
export function signatureOf(secretKey: string, lines: string[], body?: string) {
  const all = body === undefined ? lines : [...lines, `Digest:${createHash('sha256').update(body).digest('base64')}`]
  return `HMACSHA256=${createHmac('sha256', secretKey).update(all.join('\n')).digest('base64')}`
}

export interface Signing {
  account?: typeof account
  requestId?: string
  timestamp?: string
  /** what is signed instead of the path */
  target?: string
  /** what comes after the last signed line */
  ending?: string
  /** what is sent instead of what is signed */
  sent?: string
}

/** A running sandbox with two DOKU accounts, of which the first tells `notificationUrl`. */
export async function openDoku(t: TestContext, notificationUrl: string | null = null) {
  const lines: string[] = []
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    razorpay: [],
    doku: [
      { ...account, notificationUrl },
      { ...otherAccount, notificationUrl: null },
    ],
    log: (line) => lines.push(line),
  })
  t.after(() => sandbox.close())

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const init = { method, headers, redirect: 'manual' as const, ...(text !== undefined && { body: text }) }
    const response = await fetch(sandbox.url + path, init)
    const answer = await response.text()
    return { status: response.status, headers: response.headers, text: answer, body: parsed(answer) }
  }

  /** The DOKU API, signed as the first account unless something is to be wrong. */
  function api(method: string, path: string, body?: object | string, signing: Signing = {}) {
    const { clientId, secretKey } = signing.account ?? account
    const { requestId = randomUUID(), timestamp = `${new Date().toISOString().slice(0, 19)}Z` } = signing
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const target = signing.target ?? path
    const signed = [`Client-Id:${clientId}`, `Request-Id:${requestId}`, `Request-Timestamp:${timestamp}`]
    signed.push(`Request-Target:${target}${text === undefined ? (signing.ending ?? '') : ''}`)
    const digest = text === undefined ? undefined : createHash('sha256').update(text).digest('base64')
    if (digest !== undefined) signed.push(`Digest:${digest}${signing.ending ?? ''}`)
    return call(method, `/doku${path}`, signing.sent ?? text, {
      'Client-Id': clientId,
      'Request-Id': requestId,
      'Request-Timestamp': timestamp,
      Signature: signatureOf(secretKey, signed),
    })
  }

  return {
    ...sandbox,
    lines,
    call,
    api,
    status: async (id: string): Promise<Wire> => (await api('GET', `/orders/v1/status/${id}`)).body,
    pay: (invoice_number: string, more: object = {}) => call('POST', '/doku/sandbox/pay', { invoice_number, ...more }),
    fault: (fault: object) => call('POST', '/faults', { provider: 'doku', ...fault }),
  }
}

let count = 0

/** The body that asks for an invoice. @param more goes into `order` and `payment` */
export const invoiceOf = (more: { order?: object; payment?: object; additional_info?: object } = {}) => ({
  order: { amount: 7_025_000, invoice_number: `INV-${++count}`, currency: 'IDR', ...more.order },
  payment: { payment_due_date: 60, payment_method_types: ['VIRTUAL_ACCOUNT_BCA'], ...more.payment },
  customer: { name: 'Budi Santoso', email: 'budi@example.com' },
  additional_info: more.additional_info ?? {},
})

function parsed(text: string): Wire {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
