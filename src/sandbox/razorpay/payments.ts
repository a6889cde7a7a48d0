import { randomInt } from 'node:crypto'
import { invalidField, RazorpayError, unknownId } from './errors.ts'
import {
  amountOf,
  currencyOf,
  newId,
  onlyFields,
  unixNow,
  type Account,
  type Books,
  type Notes,
  type Order,
  type Payment,
  type PaymentEntity,
} from './books.ts'
import type { Happening } from './webhooks.ts'

export const methods = ['upi', 'card', 'netbanking', 'wallet'] as const
export type Method = (typeof methods)[number]

export interface Attempt {
  method: Method
  amount: number
  email: string
  contact: string
  notes: Notes
  /** false: it fails, as the test payer `failure@razorpay` does */
  succeeds: boolean
  announced: boolean
}

/** A buyer tries to pay: the attempt counts on the order, and ends authorised or failed. */
export function attemptPayment(books: Books, order: Order, attempt: Attempt): Payment {
  const entity: PaymentEntity = {
    id: newId('pay'),
    entity: 'payment',
    amount: attempt.amount,
    currency: order.entity.currency,
    base_amount: attempt.amount,
    status: 'authorized',
    order_id: order.entity.id,
    invoice_id: null,
    international: false,
    method: attempt.method,
    amount_refunded: 0,
    amount_transferred: 0,
    refund_status: null,
    captured: false,
    description: null,
    card_id: null,
    bank: null,
    wallet: null,
    vpa: null,
    email: attempt.email,
    contact: attempt.contact,
    notes: attempt.notes,
    fee: null,
    tax: null,
    error_code: null,
    error_description: null,
    error_source: null,
    error_step: null,
    error_reason: null,
    acquirer_data: {},
    created_at: unixNow(),
    ...methodDetails(attempt.method, attempt.succeeds),
    ...(attempt.succeeds ? {} : failure(attempt.method)),
  }
  const payment: Payment = { order, entity, refunds: [], announced: attempt.announced }
  books.payments.set(entity.id, payment)
  order.account.payments.push(payment)
  order.payments.push(payment)
  order.entity.attempts += 1
  if (order.entity.status === 'created') order.entity.status = 'attempted'
  return payment
}

const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('')

/** What the entity says of the way it was paid. A failed attempt has no reference at the bank. */
function methodDetails(method: Method, succeeds: boolean): Partial<PaymentEntity> {
  if (method === 'upi') {
    const vpa = succeeds ? 'success@razorpay' : 'failure@razorpay'
    const reference: PaymentEntity['acquirer_data'] = succeeds
      ? { rrn: digits(12), upi_transaction_id: newId('pay').slice(4).toUpperCase() }
      : { rrn: null }
    return { vpa, upi: { payer_account_type: 'bank_account', vpa, flow: 'collect' }, acquirer_data: reference }
  }
  if (method === 'card') {
    const id = newId('card')
    const card = {
      id,
      entity: 'card',
      name: 'Test Buyer',
      last4: '1007',
      network: 'Visa',
      type: 'debit',
      issuer: null,
      international: false,
      emi: false,
      sub_type: 'consumer',
      token_iin: null,
    }
    return { card_id: id, card, acquirer_data: { auth_code: succeeds ? digits(6) : null } }
  }
  if (method === 'netbanking')
    return { bank: 'HDFC', acquirer_data: { bank_transaction_id: succeeds ? digits(10) : null } }
  return { wallet: 'payzapp', acquirer_data: { transaction_id: null } }
}

const failure = (method: Method): Partial<PaymentEntity> => ({
  status: 'failed',
  error_code: 'BAD_REQUEST_ERROR',
  error_description:
    method === 'upi'
      ? 'Payment was unsuccessful as the UPI app declined it. Try another payment method.'
      : 'Your payment could not be completed as the bank declined it. Try another payment method.',
  error_source: method === 'upi' ? 'customer' : 'bank',
  error_step: 'payment_authorization',
  error_reason: 'payment_failed',
})

/** The account's own payment. @throws RazorpayError for another account's as for one that never was */
export function paymentOf(books: Books, account: Account, id: string): Payment {
  const payment = books.payments.get(id)
  if (payment?.order.account !== account) throw unknownId()
  return payment
}

/**
 * The money moves: 2 % and the tax on that stay with the gateway, the order counts what came in.
 * @returns what there is to tell by webhook. An order is paid once; a second capture on it is money all the same,
 *   and only says `payment.captured`
 */
export function settleCapture({ entity, order }: Payment): Happening[] {
  const fee = Math.round(entity.amount * 0.02)
  const tax = Math.round(fee * 0.18)
  Object.assign(entity, { status: 'captured', captured: true, fee: fee + tax, tax })
  order.entity.amount_paid += entity.amount
  order.entity.amount_due = Math.max(0, order.entity.amount - order.entity.amount_paid)
  const captured: Happening = { name: 'payment.captured', payload: { payment: { ...entity } } }
  if (order.entity.amount_due > 0 || order.entity.status === 'paid') return [captured]
  order.entity.status = 'paid'
  return [captured, { name: 'order.paid', payload: { payment: { ...entity }, order: { ...order.entity } } }]
}

/** `POST /payments/:id/capture` checks that this payment can be captured, for exactly what was authorised. */
export function checkCapture({ entity, order }: Payment, body: Record<string, unknown>) {
  const amount = amountOf(body['amount'])
  const currency = currencyOf(body['currency'])
  onlyFields(body, ['amount', 'currency'])
  const metadata = { payment_id: entity.id, order_id: entity.order_id }
  if (entity.captured) throw new RazorpayError('This payment has already been captured', { metadata })
  if (entity.status !== 'authorized')
    throw new RazorpayError('Only payments which have been authorized and not yet captured can be captured', {
      metadata,
    })
  if (order.entity.status === 'paid')
    throw new RazorpayError(
      'Your payment has been declined as the order is already paid. Please initiate the payment with a new order.',
      { metadata },
    )
  if (currency !== entity.currency)
    throw invalidField('currency', 'The payment currency should match with the capture currency.')
  if (amount !== entity.amount) throw invalidField('amount', 'Capture amount must be equal to the amount authorized')
}
