import type { OrderState } from './orders/states.ts'
import type { VoucherProblem } from './promotions/vouchers.ts'

type Nothing = Record<string, never>

/** What anybody may be told, whatever is asked. */
export interface CommonRefusals {
  'session.refused': Nothing
  'actor.not_admin': Nothing
  'limit.exceeded': { retryAfterSeconds: number }
  'idempotency.key_reused': Nothing
  'idempotency.key_invalid': Nothing
  'idempotency.running': Nothing
}

/** What proofs of delivery refuse. */
export interface ProofRefusals {
  'proof.token_taken': Nothing
  'proof.token_unknown': Nothing
  'proof.unknown': { proofId: string }
  'proof.verified': { proofId: string }
  'proof.phone_required': { distanceM: number }
  /** also where there are no digits to compare with; after too many tries, with how long none will be looked at */
  'proof.phone_wrong': { retryAfterSeconds?: number }
  /** its log has not taken in what was stated a moment ago */
  'proof.pending': { retryAfterSeconds: number }
  'tag.key_unknown': { name: string }
  /** a tag of that kind has seven bytes */
  'tag.uid_invalid': Nothing
  'tag.message_required': Nothing
  /** not this tag's, not genuine, or no newer than one that was seen */
  'tag.message_refused': { why: 'forged' | 'other_tag' | 'replayed' }
  'tag.nonce_refused': Nothing
  'correction.refused': { why: string }
}

/** What shops refuse. */
export interface ShopRefusals {
  'login.taken': { kind: 'email' | 'phone' }
  'login.refused': Nothing
  'phone.invalid': Nothing
  'password.wrong': Nothing
  'reset.unknown': Nothing
  'address.unknown': { addressId: string }
  'product.unknown': { variantId: string }
  'stock.short': { lines: { variantId: string; name: string; wanted: number; available: number }[] }
  /** since the buyer was told; who asks again agrees */
  'price.changed': { prices: { name: string; wasMinor: number; isMinor: number }[] }
  'cart.line_unknown': { lineId: string }
  'cart.empty': Nothing
  'category.unknown': { slug: string }
  'voucher.unknown': { code: string }
  'voucher.refused': { code: string; problem: VoucherProblem }
  'courier.unavailable': { courier: string }
  'courier.no_service': { courier: string; service: string }
  /** the cart or the address is no longer what the shipping was asked for */
  'checkout.changed': Nothing
  'review.not_bought': Nothing
  'review.exists': Nothing
  'review.unknown': Nothing
  'picture.refused': { why: string }
  'picture.busy': Nothing
  'wishlist.exists': { variantId: string }
  'wishlist.unknown': { variantId: string }
  'order.unknown': { orderId: string }
  'order.not_yours': { orderId: string }
  'order.step_refused': { from: OrderState; to: OrderState }
  /** beyond what can be counted in minor units */
  'order.too_large': Nothing
  'order.paid': { orderId: string }
  'order.ended': { orderId: string; state: OrderState }
  /** it ended before anybody asked for its invoice */
  'invoice.none': { orderId: string }
  'payment.amount_differs': { expectedMinor: number }
  'payment.signature': Nothing
  'payment.not_captured': { state: string }
  'payment.unconfirmed': { orderId: string }
  'gateway.unavailable': { provider: string; orderId?: string; orderNumber?: string }
  'gateway.refused': { provider: string; reason: string; orderId?: string; orderNumber?: string }
  'order.unfillable': { orderId: string }
}

/** Every "no" the engine can say, with the facts that a contract needs to word it. */
export interface Refusals extends CommonRefusals, ProofRefusals, ShopRefusals {}

/** Understood, and refused for a reason of trade. Thrown, so that the transaction rolls back. */
export class Refusal<C extends keyof Refusals = keyof Refusals> extends Error {
  readonly code: C
  readonly details: Refusals[C]
  constructor(code: C, details: Refusals[C]) {
    super(code)
    this.code = code
    this.details = details
  }
}

/** Narrows an error to one refusal. */
export const isRefusal = <C extends keyof Refusals>(error: unknown, code: C): error is Refusal<C> =>
  error instanceof Refusal && error.code === code
