import { createHash, randomFillSync } from 'node:crypto'
import { isRecord } from '../input.ts'
import { invalidField, RazorpayError } from './errors.ts'

export interface RazorpayAccount {
  keyId: string
  keySecret: string
  webhookSecret: string
  /** null: no webhook is sent */
  webhookUrl: string | null
}

/** `[]` when there are none: the gateway is written in PHP, whose empty map prints as a list. */
export type Notes = Record<string, string | number | boolean> | []

export interface OrderEntity {
  id: string
  entity: 'order'
  amount: number
  amount_paid: number
  amount_due: number
  currency: string
  receipt: string | null
  offer_id: null
  status: 'created' | 'attempted' | 'paid'
  attempts: number
  notes: Notes
  created_at: number
}

export interface PaymentEntity {
  id: string
  entity: 'payment'
  amount: number
  currency: string
  base_amount: number
  status: 'created' | 'authorized' | 'captured' | 'refunded' | 'failed'
  order_id: string
  invoice_id: null
  international: boolean
  method: string
  amount_refunded: number
  amount_transferred: number
  refund_status: null | 'partial' | 'full'
  captured: boolean
  description: string | null
  card_id: string | null
  bank: string | null
  wallet: string | null
  vpa: string | null
  email: string
  contact: string
  notes: Notes
  fee: number | null
  tax: number | null
  error_code: string | null
  error_description: string | null
  error_source: string | null
  error_step: string | null
  error_reason: string | null
  acquirer_data: Record<string, string | null>
  created_at: number
  card?: Record<string, unknown>
  upi?: Record<string, unknown>
}

export interface RefundEntity {
  id: string
  entity: 'refund'
  amount: number
  currency: string
  payment_id: string
  notes: Notes
  receipt: string | null
  acquirer_data: { arn: string | null }
  created_at: number
  batch_id: null
  status: 'pending' | 'processed' | 'failed'
  speed_requested: 'normal' | 'optimum'
  speed_processed: 'normal' | 'instant'
}

export interface Order {
  account: Account
  entity: OrderEntity
  payments: Payment[]
  /** whether a payment is captured by itself once it is authorised, unless the buyer's call says otherwise */
  autoCapture: boolean
}
export interface Payment {
  order: Order
  entity: PaymentEntity
  refunds: RefundEntity[]
  /** false: what happens to it is never told by webhook */
  announced: boolean
}

export interface Account extends RazorpayAccount {
  id: string
  /** all three oldest first */
  orders: Order[]
  ordersByReceipt: Map<string, Order[]>
  payments: Payment[]
  /** what was answered under each `X-Refund-Idempotency` key */
  refundKeys: Map<string, { request: string; answer: RefundEntity; inFlight: boolean }>
}

export type Books = ReturnType<typeof createBooks>

/** What the gateway knows, in memory: accounts by key, and everything ever ordered, paid or refunded in them. */
export function createBooks(accounts: RazorpayAccount[]) {
  const byKey = new Map<string, Account>()
  for (const account of accounts) {
    if (byKey.has(account.keyId)) throw new Error(`two Razorpay accounts have the key ${account.keyId}`)
    byKey.set(account.keyId, {
      ...account,
      id: accountId(account.keyId),
      orders: [],
      ordersByReceipt: new Map(),
      payments: [],
      refundKeys: new Map(),
    })
  }
  return {
    accounts: byKey,
    orders: new Map<string, Order>(),
    payments: new Map<string, Payment>(),
    refunds: new Map<string, { payment: Payment; entity: RefundEntity }>(),
  }
}

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const spell = (bytes: Buffer) => Array.from(bytes.subarray(0, 14), (byte) => letters[byte % letters.length]).join('')

// Randomness is drawn for many ids at once: asking for each cost a tenth of a purchase.
const pool = Buffer.alloc(14 * 512)
let used = pool.length
function random14(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 14
  return pool.subarray(used - 14, used)
}

/** Ids as the gateway's: a prefix and 14 letters or digits. */
export const newId = (prefix: 'order' | 'pay' | 'rfnd' | 'card') => `${prefix}_${spell(random14())}`
export const newEventId = () => spell(random14())
/** An account keeps its id over restarts, as the real one does. */
const accountId = (keyId: string) => `acc_${spell(createHash('sha256').update(keyId).digest())}`

export const unixNow = () => Math.floor(Date.now() / 1000)

/** Whole paise of at least 100, as the gateway takes them. @throws RazorpayError */
export function amountOf(value: unknown): number {
  if (value === undefined || value === null) throw invalidField('amount', 'The amount field is required.')
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw invalidField('amount', 'The amount must be an integer.')
  if (value < 100) throw invalidField('amount', 'The amount must be at least INR 1.00')
  return value
}

export function currencyOf(value: unknown): string {
  if (value === undefined || value === null) throw invalidField('currency', 'The currency field is required.')
  if (typeof value !== 'string' || !/^[A-Z]{3}$/.test(value))
    throw invalidField('currency', 'Currency is not supported')
  return value
}

export function receiptOf(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw invalidField('receipt', 'The receipt must be a string.')
  if (value.length > 40) throw invalidField('receipt', 'The receipt may not be greater than 40 characters.')
  return value
}

export function notesOf(value: unknown): Notes {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return []
  if (!isRecord(value)) throw invalidField('notes', 'The notes must be an array.')
  const pairs = Object.entries(value)
  if (pairs.length > 15) throw invalidField('notes', 'Number of fields in notes should be less than or equal to 15')
  if (!hasPlainValues(value)) throw invalidField('notes', 'notes values themselves should not be an array')
  if (pairs.some(([key, note]) => key.length > 256 || String(note).length > 256))
    throw invalidField('notes', 'notes key/value should not be more than 256 characters')
  return pairs.length === 0 ? [] : value
}

const hasPlainValues = (value: Record<string, unknown>): value is Record<string, string | number | boolean> =>
  Object.values(value).every((note) => ['string', 'number', 'boolean'].includes(typeof note))

/** The gateway refuses what it does not know, so that a misspelt field is found at once. */
export function onlyFields(body: Record<string, unknown>, known: readonly string[]) {
  const extra = Object.keys(body).filter((field) => !known.includes(field))
  if (extra.length > 0) throw new RazorpayError(`${extra.join(', ')} is/are not required and should not be sent`)
}

/**
 * A page of a collection, newest first, as every list of the gateway is.
 * @param rows oldest first
 * @param query `from` and `to` in unix seconds, `count` (10, at most 100) and `skip`
 */
export function collectionOf<T extends { created_at: number }>(rows: Iterable<T>, query: URLSearchParams) {
  const from = wholeNumber(query, 'from', 0, Number.MAX_SAFE_INTEGER) ?? 0
  const to = wholeNumber(query, 'to', 0, Number.MAX_SAFE_INTEGER) ?? Number.MAX_SAFE_INTEGER
  const count = wholeNumber(query, 'count', 1, 100) ?? 10
  let skip = wholeNumber(query, 'skip', 0, Number.MAX_SAFE_INTEGER) ?? 0
  const items: T[] = []
  for (const row of rows) {
    if (items.length === count || row.created_at < from) break
    if (row.created_at > to) continue
    if (skip > 0) skip -= 1
    else items.push(row)
  }
  return { entity: 'collection', count: items.length, items }
}

/** Walks rows from the newest without copying them. */
export function* newestFirst<R, T>(rows: R[], entityOf: (row: R) => T): Generator<T> {
  for (let index = rows.length - 1; index >= 0; index -= 1) yield entityOf(rows[index]!)
}

function wholeNumber(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw invalidField(name, `The ${name} must be an integer.`)
  if (value < least) throw invalidField(name, `The ${name} must be at least ${least}.`)
  if (value > most) throw invalidField(name, `The ${name} may not be greater than ${most}.`)
  return value
}
