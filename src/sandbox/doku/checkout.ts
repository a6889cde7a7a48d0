import { randomInt } from 'node:crypto'
import { isRecord, objectIn } from '../input.ts'
import { jakarta } from '../jakarta.ts'
import { bankOf } from './banks.ts'
import type { Invoice } from './books.ts'
import { DokuError } from './errors.ts'
import { toSecond } from './signature.ts'

/** What a merchant asks for. */
export interface NewInvoice {
  /** whole rupiah */
  amount: number
  invoiceNumber: string
  callbackUrl: string | null
  dueMinutes: number
  /** null: all that the account has */
  channels: string[] | null
  customer: Record<string, unknown>
  lines: { name: string; quantity: number; price: number }[]
  notificationUrl: string | null
}

/** Reads the body of `POST /checkout/v1/payment`. @throws DokuError that names the field */
export function readCheckout(text: string): NewInvoice {
  const body = parse(text)
  const order = sectionOf(body, 'order', true)
  const payment = sectionOf(body, 'payment', true)
  const customer = sectionOf(body, 'customer')
  const { amount, invoice_number: invoiceNumber, currency = 'IDR' } = order
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 1 || amount >= 10 ** 12)
    throw wrong('order.amount')
  if (typeof invoiceNumber !== 'string' || invoiceNumber === '' || invoiceNumber.length > 64)
    throw wrong('order.invoice_number')
  if (currency !== 'IDR') throw wrong('order.currency')
  const { payment_due_date: dueMinutes = 60 } = payment
  if (typeof dueMinutes !== 'number' || !Number.isInteger(dueMinutes) || dueMinutes < 1 || dueMinutes > 99_999)
    throw wrong('payment.payment_due_date')
  const { name, email } = customer
  if (name !== undefined && (typeof name !== 'string' || name.length > 255)) throw wrong('customer.name')
  if (email !== undefined && (typeof email !== 'string' || !email.includes('@'))) throw wrong('customer.email')
  return {
    amount,
    invoiceNumber,
    callbackUrl: addressOf(order, 'order.callback_url'),
    dueMinutes,
    channels: channelsOf(payment['payment_method_types']),
    customer,
    lines: linesOf(order['line_items']),
    notificationUrl: addressOf(sectionOf(body, 'additional_info'), 'additional_info.override_notification_url'),
  }
}

const wrong = (field: string) => new DokuError(`${field} is invalid`)

function parse(text: string): Record<string, unknown> {
  const body = objectIn(text)
  if (!body) throw new DokuError('the body is not a JSON object')
  return body
}

function sectionOf(body: Record<string, unknown>, name: string, isNeeded = false): Record<string, unknown> {
  const section = body[name]
  if (isRecord(section)) return section
  if (section === undefined && !isNeeded) return {}
  throw wrong(name)
}

function addressOf(section: Record<string, unknown>, field: string): string | null {
  const value = section[field.slice(field.lastIndexOf('.') + 1)]
  if (value === undefined) return null
  if (typeof value !== 'string' || !/^https?:$/.test(URL.parse(value)?.protocol ?? '')) throw wrong(field)
  return value
}

/** Nothing but virtual accounts is played here. */
function channelsOf(types: unknown): string[] | null {
  if (types === undefined) return null
  if (!Array.isArray(types) || types.length === 0) throw wrong('payment.payment_method_types')
  return types.map((type: unknown) => {
    if (typeof type !== 'string' || !bankOf(type)) throw wrong('payment.payment_method_types')
    return type
  })
}

function linesOf(lines: unknown): NewInvoice['lines'] {
  if (lines === undefined) return []
  if (!Array.isArray(lines)) throw wrong('order.line_items')
  return lines.map((line: unknown) => {
    const { name, quantity, price } = isRecord(line) ? line : {}
    const isGood =
      typeof name === 'string' &&
      typeof quantity === 'number' &&
      quantity >= 1 &&
      typeof price === 'number' &&
      price >= 0
    if (!isGood) throw wrong('order.line_items')
    return { name, quantity, price }
  })
}

/**
 * The answer to it. Its amount is text though it was asked for as a number, and its `uuid` has more digits than a
 * JavaScript number holds, both as in the real one.
 */
export function printCheckout(invoice: Invoice, origin: string): string {
  const { clientId } = invoice.account
  const date = toSecond(invoice.createdAt)
  const response = JSON.stringify({
    order: { amount: String(invoice.amount), invoice_number: invoice.invoiceNumber, session_id: invoice.token },
    payment: {
      payment_method_types: invoice.channels ?? [],
      payment_due_date: invoice.dueMinutes,
      token_id: invoice.token,
      url: `${origin}/doku/checkout-link-v2/${invoice.token}`,
      expired_date: jakartaDigits(invoice.dueAt),
      expired_datetime: toSecond(invoice.dueAt),
    },
    customer: invoice.customer,
    additional_info: { override_notification_url: invoice.notificationUrl ?? undefined },
    headers: { request_id: invoice.requestId, signature: 'HMACSHA256=', date, client_id: clientId },
  })
  const digits = Array.from({ length: 28 }, () => randomInt(1, 10)).join('')
  return `{"message":["SUCCESS"],"response":${response.slice(0, -1)},"uuid":${digits}}}`
}

/** `yyyyMMddHHmmss` of Jakarta, seven hours ahead of UTC all year. */
const jakartaDigits = (ms: number) => jakarta(ms).replaceAll(/\D/g, '')

/** Of `GET /orders/v1/status/…`. There is no channel before the customer has chosen one. */
export function printStatus({ bank, status, ...invoice }: Invoice) {
  return {
    order: {
      invoice_number: invoice.invoiceNumber,
      amount: invoice.amount,
      status: status === 'EXPIRED' ? 'ORDER_EXPIRED' : 'ORDER_GENERATED',
    },
    transaction: { status, date: toSecond(invoice.changedAt), original_request_id: invoice.requestId },
    service: bank && { id: 'VIRTUAL_ACCOUNT' },
    acquirer: bank && { id: bank.acquirer },
    channel: bank && { id: bank.channel },
    virtual_account_info: bank ? { virtual_account_number: invoice.accountNumber } : undefined,
  }
}
