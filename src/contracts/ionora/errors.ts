import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorObject } from 'ajv'
import { UnreadableWebhook } from '../../engine/payments/gateway.ts'
import type { CommonRefusals, Refusal, ShopRefusals } from '../../engine/refusal.ts'
import { UnreadableBody } from '../toolkit/json.ts'
import { isWorded } from '../toolkit/refusals.ts'
import { fieldErrors } from '../toolkit/validation.ts'
import type { FieldError } from '../toolkit/validation.ts'

/** How Ionora says each refusal: a refusal without a row here does not compile. */
const answers: Record<keyof (CommonRefusals & ShopRefusals), [status: number, message: string]> = {
  'login.taken': [409, 'Email already registered.'],
  'login.refused': [401, 'Invalid credentials.'],
  'phone.invalid': [400, 'A valid phone is required'],
  'password.wrong': [401, 'Current password is incorrect.'],
  'reset.unknown': [400, 'Invalid or expired reset token.'],
  'session.refused': [401, 'Authentication required.'],
  'actor.not_admin': [403, 'Admin access required.'],
  'address.unknown': [404, 'Address not found.'],
  'product.unknown': [404, 'Product not found.'],
  'stock.short': [400, 'Insufficient stock.'],
  'price.changed': [409, 'A price has changed; please look at the cart again.'],
  'cart.line_unknown': [404, 'Cart item not found.'],
  'cart.empty': [400, 'Cart is empty.'],
  'category.unknown': [404, 'Category not found.'],
  'voucher.unknown': [404, 'Voucher not found.'],
  'voucher.refused': [400, 'Voucher cannot be applied.'],
  'courier.unavailable': [503, 'The courier cannot be reached; please try again.'],
  'courier.no_service': [400, 'The courier does not offer this service.'],
  'checkout.changed': [409, 'The cart or the address has changed; please try again.'],
  'review.not_bought': [403, 'Only what was bought can be reviewed.'],
  'review.exists': [409, 'Reviewed already.'],
  'review.unknown': [404, 'Review not found.'],
  'picture.refused': [400, 'The picture cannot be used.'],
  'picture.busy': [503, 'Too many pictures are being looked at; please try again.'],
  'invoice.none': [404, 'The order has no invoice.'],
  'wishlist.exists': [409, 'A favorite already.'],
  'wishlist.unknown': [404, 'Favorite not found.'],
  'order.unknown': [404, 'Order not found.'],
  'order.not_yours': [403, 'Not allowed.'],
  'order.step_refused': [400, 'Invalid status transition.'],
  'order.too_large': [400, 'The order is larger than can be paid at once.'],
  'order.paid': [400, 'Order is already paid.'],
  'order.ended': [400, 'Order was cancelled or has expired and can no longer be paid.'],
  'order.unfillable': [400, 'The items are no longer in stock; your payment will be refunded.'],
  'payment.amount_differs': [400, 'Amount does not match the order total.'],
  'payment.signature': [400, 'Invalid payment signature.'],
  'payment.not_captured': [400, 'Payment was not completed.'],
  'payment.unconfirmed': [
    503,
    'The payment cannot be confirmed just now. If it was made, the order is confirmed as soon as the gateway answers.',
  ],
  'gateway.unavailable': [503, 'The payment gateway cannot be reached. Nothing was charged; please try again.'],
  'gateway.refused': [400, 'The payment gateway refused this payment.'],
  'limit.exceeded': [429, 'Too many requests, please try again later.'],
  'idempotency.key_invalid': [400, 'Idempotency-Key must be 1 to 255 printable characters.'],
  'idempotency.key_reused': [422, 'Idempotency-Key was used with another request.'],
  'idempotency.running': [409, 'A request with this Idempotency-Key is still running.'],
}

/** A request that no schema could refuse, in either of the two forms. */
export class BadRequest extends Error {
  readonly body: { message: string } | { errors: FieldError[] }
  constructor(problem: string | FieldError[]) {
    super('bad request')
    this.body = typeof problem === 'string' ? { message: problem } : { errors: problem }
  }
}

/**
 * Prints any failure in one of Ionora's two forms: `{ errors: [{ msg, param }] }` for a 400 of validation, else `{ message }`.
 * @param failed what is said of a failure of ours
 */
export function sendError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  failed = 'Internal server error.',
) {
  if (error.validation) return reply.code(400).send({ errors: fieldErrors(error.validation as ErrorObject[]) })
  if (error instanceof UnreadableBody) return reply.code(400).send({ errors: [{ msg: error.message, param: 'body' }] })
  if (error instanceof UnreadableWebhook) return reply.code(400).send({ message: 'Invalid webhook payload.' })
  if (error instanceof BadRequest) return reply.code(400).send(error.body)
  if (isWorded(answers, error)) return sendRefusal(error, reply)
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) return reply.code(status).send({ message: error.message })
  request.log.error({ err: error }, 'request failed')
  return reply.code(500).send({ message: failed })
}

function sendRefusal(refusal: Refusal<keyof typeof answers>, reply: FastifyReply) {
  const [status, message] = answers[refusal.code]
  const facts = refusal.details as { retryAfterSeconds?: number; orderId?: string; orderNumber?: string }
  if (facts.retryAfterSeconds) reply.header('retry-after', facts.retryAfterSeconds)
  // an order that was placed though its gateway did not answer is not lost: it is paid by /api/payment/create-order
  const placed = refusal.code.startsWith('gateway.') && facts.orderNumber
  return reply
    .code(status)
    .send(placed ? { message, order: { id: facts.orderId, order_number: facts.orderNumber } } : { message })
}
