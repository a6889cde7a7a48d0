import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorObject } from 'ajv'
import { UnreadableWebhook } from '../../engine/payments/gateway.ts'
import type { CommonRefusals, Refusal, ShopRefusals } from '../../engine/refusal.ts'
import type { VoucherProblem } from '../../engine/promotions/vouchers.ts'
import { UnreadableBody } from '../toolkit/json.ts'
import { isWorded } from '../toolkit/refusals.ts'
import { fieldErrors } from '../toolkit/validation.ts'
import { meta } from './fields.ts'

const statuses = {
  VALIDATION_ERROR: 400,
  VOUCHER_EXPIRED: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  RATE_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
} as const
type Code = keyof typeof statuses

/** How Ansania says each refusal: a refusal without a row here does not compile. */
const answers: Record<keyof (CommonRefusals & ShopRefusals), [code: Code, error: string]> = {
  'login.taken': ['CONFLICT', 'Email already registered'],
  'login.refused': ['UNAUTHORIZED', 'Invalid credentials'],
  'phone.invalid': ['VALIDATION_ERROR', 'Phone number is not valid'],
  'password.wrong': ['UNAUTHORIZED', 'Current password is incorrect'],
  'reset.unknown': ['VALIDATION_ERROR', 'Invalid or expired reset token'],
  'session.refused': ['UNAUTHORIZED', 'Authentication required'],
  'actor.not_admin': ['FORBIDDEN', 'Insufficient permissions'],
  'address.unknown': ['NOT_FOUND', 'Address not found'],
  'category.unknown': ['NOT_FOUND', 'Category not found'],
  'product.unknown': ['NOT_FOUND', 'Product not found'],
  'stock.short': ['VALIDATION_ERROR', 'Insufficient stock'],
  'price.changed': ['VALIDATION_ERROR', 'Prices have changed, please look at the cart again'],
  'cart.line_unknown': ['NOT_FOUND', 'Cart item not found'],
  'cart.empty': ['VALIDATION_ERROR', 'Cart is empty'],
  'wishlist.unknown': ['NOT_FOUND', 'Wishlist item not found'],
  'wishlist.exists': ['CONFLICT', 'Already in wishlist'],
  'voucher.unknown': ['NOT_FOUND', 'Voucher not found'],
  'voucher.refused': ['VALIDATION_ERROR', 'Voucher cannot be applied'],
  'courier.unavailable': ['SERVICE_UNAVAILABLE', 'The courier is unavailable'],
  'courier.no_service': ['VALIDATION_ERROR', 'The courier does not offer this service there'],
  'checkout.changed': ['CONFLICT', 'The cart or the address has changed, please try again'],
  'order.unknown': ['NOT_FOUND', 'Order not found'],
  'order.not_yours': ['NOT_FOUND', 'Order not found'],
  'order.step_refused': ['CONFLICT', 'Order cannot be cancelled'],
  'order.too_large': ['VALIDATION_ERROR', 'The order is larger than can be paid at once'],
  'order.paid': ['CONFLICT', 'Order is already paid'],
  'order.ended': ['CONFLICT', 'Order was cancelled or has expired'],
  'order.unfillable': ['CONFLICT', 'The items are no longer in stock; your payment will be given back'],
  'payment.amount_differs': ['VALIDATION_ERROR', 'Amount is not the amount of the transaction'],
  'payment.signature': ['UNAUTHORIZED', 'Invalid signature'],
  'payment.not_captured': ['CONFLICT', 'Payment was not completed'],
  'payment.unconfirmed': ['SERVICE_UNAVAILABLE', 'The payment cannot be confirmed just now'],
  'gateway.unavailable': ['SERVICE_UNAVAILABLE', 'Doku is unavailable'],
  'gateway.refused': ['VALIDATION_ERROR', 'Doku refused this payment'],
  'review.not_bought': ['FORBIDDEN', 'Only verified purchases can be reviewed'],
  'picture.busy': ['SERVICE_UNAVAILABLE', 'Too many pictures are being looked at, please try again'],
  'invoice.none': ['NOT_FOUND', 'Order was cancelled or has expired and has no invoice'],
  'review.exists': ['CONFLICT', 'Review already exists'],
  'review.unknown': ['NOT_FOUND', 'Review not found'],
  'picture.refused': ['VALIDATION_ERROR', 'A picture cannot be used'],
  'limit.exceeded': ['RATE_LIMIT_EXCEEDED', 'Too many requests'],
  'idempotency.key_invalid': ['VALIDATION_ERROR', 'Idempotency-Key must be 1 to 255 printable characters'],
  'idempotency.key_reused': ['VALIDATION_ERROR', 'Idempotency-Key was used with another request'],
  'idempotency.running': ['CONFLICT', 'A request with this Idempotency-Key is still running'],
}

/** One clear reason for each way in which a voucher is refused. */
export const voucherReasons: Record<VoucherProblem, [code: Code, error: string]> = {
  unknown: ['NOT_FOUND', 'Voucher not found'],
  not_started: ['VALIDATION_ERROR', 'Voucher is not valid yet'],
  expired: ['VOUCHER_EXPIRED', 'Voucher has expired'],
  used_up: ['VALIDATION_ERROR', 'Voucher has been used up'],
  used_by_customer: ['VALIDATION_ERROR', 'You have used this voucher as often as it can be used'],
  first_order_only: ['VALIDATION_ERROR', 'Voucher is for the first order only'],
  not_for_these: ['VALIDATION_ERROR', 'Voucher is not for the products in the cart'],
  below_minimum: ['VALIDATION_ERROR', 'The cart is below the minimum purchase of this voucher'],
}

/** A request that no schema could refuse, or a refusal in other words than its usual ones. */
export class Refused extends Error {
  readonly code: Code
  readonly details: object | undefined
  constructor(code: Code, message: string, details?: object) {
    super(message)
    this.code = code
    this.details = details
  }
}

export const failure = (code: string, error: string, details?: object) => ({
  success: false as const,
  error,
  code,
  ...(details && { details }),
  meta: meta(),
})

/** Prints any failure in Ansania's one form. */
export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error.validation) {
    const fields = fieldErrors(error.validation as ErrorObject[])
    return reply.code(400).send(failure('VALIDATION_ERROR', 'Validation failed', fields))
  }
  if (error instanceof UnreadableBody) return reply.code(400).send(failure('VALIDATION_ERROR', error.message))
  if (error instanceof UnreadableWebhook) return reply.code(400).send(failure('VALIDATION_ERROR', 'Validation failed'))
  if (error instanceof Refused)
    return reply.code(statuses[error.code]).send(failure(error.code, error.message, error.details))
  if (isWorded(answers, error)) return sendRefusal(error, reply)
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) {
    const code = status === 404 ? 'NOT_FOUND' : 'VALIDATION_ERROR'
    return reply.code(status).send(failure(code, error.message))
  }
  request.log.error({ err: error }, 'request failed')
  return reply.code(500).send(failure('INTERNAL_ERROR', 'Internal server error'))
}

function sendRefusal(refusal: Refusal<keyof typeof answers>, reply: FastifyReply) {
  const facts = refusal.details as Partial<{
    retryAfterSeconds: number
    orderNumber: string
    problem: VoucherProblem
    kind: string
    lines: { name: string; wanted: number; available: number }[]
    why: string
    courier: string
    prices: { name: string; wasMinor: number; isMinor: number }[]
  }>
  let [code, error] = facts.problem ? voucherReasons[facts.problem] : answers[refusal.code]
  if (facts.retryAfterSeconds) reply.header('retry-after', facts.retryAfterSeconds)
  if (refusal.code === 'login.taken' && facts.kind === 'phone') error = 'Phone number already registered'
  if (refusal.code === 'courier.unavailable') error = `${facts.courier!.toUpperCase()} is unavailable`
  const status = refusal.code === 'idempotency.key_reused' ? 422 : statuses[code]
  return reply.code(status).send(failure(code, error, detailsOf(facts)))
}

/** What helps a client, beside the words. */
function detailsOf(facts: {
  orderNumber?: string
  lines?: { name: string; wanted: number; available: number }[]
  prices?: { name: string; wasMinor: number; isMinor: number }[]
  why?: string
}): object | undefined {
  // an order that was placed though its gateway did not answer is not lost: the same request with its key goes on with it
  if (facts.orderNumber) return { order_number: facts.orderNumber }
  if (facts.lines && facts.lines.length > 0)
    return facts.lines.map(({ name, wanted, available }) => ({ name, wanted, available }))
  if (facts.prices)
    return facts.prices.map(({ name, wasMinor, isMinor }) => ({ name, old_price: wasMinor, new_price: isMinor }))
  return facts.why ? { reason: facts.why } : undefined
}
