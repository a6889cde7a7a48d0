import { randomInt } from 'node:crypto'
import { invalidField, RazorpayError, unknownId } from './errors.ts'
import {
  amountOf,
  newId,
  notesOf,
  onlyFields,
  unixNow,
  type Account,
  type Books,
  type Payment,
  type RefundEntity,
} from './books.ts'

/** `POST /payments/:id/refund`: of a captured payment, up to what was captured, in one or in parts. */
export function createRefund(books: Books, payment: Payment, body: Record<string, unknown>): RefundEntity {
  const { entity } = payment
  const amount = body['amount'] === undefined ? entity.amount - entity.amount_refunded : body['amount']
  const speed = body['speed'] ?? 'normal'
  if (speed !== 'normal' && speed !== 'optimum') throw invalidField('speed', 'The selected speed is invalid.')
  const notes = notesOf(body['notes'])
  const receipt = body['receipt'] ?? null
  if (receipt !== null && typeof receipt !== 'string') throw invalidField('receipt', 'The receipt must be a string.')
  onlyFields(body, ['amount', 'speed', 'notes', 'receipt'])
  const metadata = { payment_id: entity.id, order_id: entity.order_id }
  if (!entity.captured)
    throw new RazorpayError('The payment status should be captured for action to be taken', { metadata })
  if (entity.amount_refunded === entity.amount)
    throw new RazorpayError('The payment has been fully refunded already', { metadata })
  const refunded = amountOf(amount)
  if (refunded > entity.amount)
    throw invalidField('amount', 'The refund amount provided is greater than amount captured')
  if (refunded > entity.amount - entity.amount_refunded)
    throw invalidField('amount', 'The total refund amount is greater than the refund payment amount')

  const refund: RefundEntity = {
    id: newId('rfnd'),
    entity: 'refund',
    amount: refunded,
    currency: entity.currency,
    payment_id: entity.id,
    notes,
    receipt,
    acquirer_data: { arn: null },
    created_at: unixNow(),
    batch_id: null,
    status: 'pending',
    speed_requested: speed,
    speed_processed: speed === 'optimum' ? 'instant' : 'normal',
  }
  if (speed === 'optimum') settleRefund(refund)
  payment.refunds.push(refund)
  books.refunds.set(refund.id, { payment, entity: refund })
  entity.amount_refunded += refunded
  const full = entity.amount_refunded === entity.amount
  entity.refund_status = full ? 'full' : 'partial'
  if (full) entity.status = 'refunded'
  return refund
}

/** The money has left: the bank's reference is known from now on. */
export function settleRefund(refund: RefundEntity) {
  refund.status = 'processed'
  refund.acquirer_data = { arn: String(randomInt(10 ** 12)).padStart(12, '0') }
}

/** The account's own refund. @throws RazorpayError for another account's as for one that never was */
export function refundOf(books: Books, account: Account, id: string): RefundEntity {
  const refund = books.refunds.get(id)
  if (refund?.payment.order.account !== account) throw unknownId()
  return refund.entity
}

/**
 * Carries a refund out at most once per `X-Refund-Idempotency` key. The same request again gets the first answer
 * again; another one under the same key is refused, and so is a twin while the first has not been answered. A
 * refund that was refused leaves its key free.
 * @param key the header, undefined without one
 * @param request what makes two requests the same: the payment and the body
 * @returns the refund, whether it was made just now, and what to call once it has been answered
 */
export function refundOnce(account: Account, key: string | undefined, request: string, refund: () => RefundEntity) {
  if (key === undefined) return { refund: refund(), made: true, answered: () => {} }
  checkKey(key)
  const known = account.refundKeys.get(key)
  if (known) {
    if (known.request !== request)
      throw new RazorpayError('Different request with the same idempotency key has already been processed.')
    if (known.inFlight)
      throw new RazorpayError('Another request with the same idempotency key is still in progress.', {}, 409)
    return { refund: known.answer, made: false, answered: () => {} }
  }
  const made = refund()
  const entry = { request, answer: { ...made }, inFlight: true }
  account.refundKeys.set(key, entry)
  return {
    refund: made,
    made: true,
    answered: () => {
      entry.inFlight = false
    },
  }
}

function checkKey(key: string) {
  if (key.length < 10) throw new RazorpayError('The idempotency key must be at least 10 characters long.')
  if (!/^[A-Za-z0-9_-]+$/.test(key))
    throw new RazorpayError('The idempotency key must only contain alphanumeric characters, underscores, and hyphens')
}
