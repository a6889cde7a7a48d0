import { Type } from 'typebox'
import { inputOf } from '../input.ts'
import { unknownId } from './errors.ts'
import { notesOf, type Books } from './books.ts'
import { attemptPayment, methods, settleCapture } from './payments.ts'
import { signCheckout } from './signature.ts'
import type { Happening, Webhooks } from './webhooks.ts'

const payInput = inputOf(
  Type.Object(
    {
      razorpay_order_id: Type.String(),
      method: Type.Optional(Type.Enum([...methods])),
      outcome: Type.Optional(Type.Enum(['success', 'failure'])),
      amount: Type.Optional(Type.Integer({ minimum: 100, maximum: Number.MAX_SAFE_INTEGER })),
      capture: Type.Optional(Type.Boolean()),
      webhook: Type.Optional(Type.Boolean()),
      email: Type.Optional(Type.String({ maxLength: 320 })),
      contact: Type.Optional(Type.String({ maxLength: 32 })),
      notes: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 256 }), { maxProperties: 15 })),
    },
    { additionalProperties: false },
  ),
)

/**
 * Plays the buyer in the browser checkout. Unlike the real one it lets an order that is paid be paid again, and any
 * amount be paid, because a shop has to survive both.
 * @param body `{ razorpay_order_id, method?: 'upi', outcome?: 'success', amount?, capture?, webhook?: true }`; `amount`
 *   is what is due, or the order's when it is paid; `capture` as the order asked for, true unless it did
 * @returns what the checkout hands to the page: ids and signature, or ids and the error of `payment.failed`
 * @throws BadInput, RazorpayError for an unknown order
 */
export function pay(books: Books, webhooks: Webhooks, body: string) {
  const input = payInput(body)
  const order = books.orders.get(input.razorpay_order_id)
  if (!order) throw unknownId(404)
  const succeeds = input.outcome !== 'failure'
  const payment = attemptPayment(books, order, {
    method: input.method ?? 'upi',
    amount: input.amount ?? (order.entity.amount_due || order.entity.amount),
    email: input.email ?? 'buyer@example.com',
    contact: input.contact ?? '+919000090000',
    notes: notesOf(input.notes),
    succeeds,
    announced: input.webhook ?? true,
  })
  const { entity } = payment
  const ids = { razorpay_order_id: order.entity.id, razorpay_payment_id: entity.id }
  const happenings: Happening[] = [
    { name: succeeds ? 'payment.authorized' : 'payment.failed', payload: { payment: { ...entity } } },
  ]
  if (succeeds && (input.capture ?? order.autoCapture)) happenings.push(...settleCapture(payment))
  if (payment.announced) webhooks.send(order.account, happenings)
  if (succeeds) {
    const signature = signCheckout(order.account.keySecret, ids.razorpay_order_id, ids.razorpay_payment_id)
    return { ...ids, razorpay_signature: signature }
  }
  return {
    ...ids,
    error: {
      code: entity.error_code,
      description: entity.error_description,
      source: entity.error_source,
      step: entity.error_step,
      reason: entity.error_reason,
      metadata: { order_id: ids.razorpay_order_id, payment_id: ids.razorpay_payment_id },
    },
  }
}
