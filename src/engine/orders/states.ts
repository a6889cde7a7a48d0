import { Refusal } from '../refusal.ts'
import type { Orders } from '../schema.ts'

export type OrderState = Orders['state']
export type PaymentState = Orders['paymentState']

/** Who may take a step. A courier's webhook and a linked proof act as `courier`. */
export type Mover = 'customer' | 'admin' | 'courier' | 'system'

/**
 * The one transition table: from, to, who. Payment leaves an order in `confirmed`, never further; `expired` can
 * still be filled when money arrives late and the stock is there.
 */
const steps: Record<OrderState, Partial<Record<OrderState, readonly Mover[]>>> = {
  placed: {
    confirmed: ['admin', 'system'],
    processing: ['admin'],
    cancelled: ['customer', 'admin', 'system'],
    expired: ['system'],
  },
  confirmed: {
    processing: ['admin', 'system'],
    shipped: ['admin', 'courier'],
    delivered: ['system'], // only when nothing is to be shipped
    cancelled: ['customer', 'admin', 'system'],
  },
  processing: { shipped: ['admin', 'courier'], cancelled: ['customer', 'admin'] },
  shipped: { delivered: ['admin', 'courier'], returned: ['admin', 'courier'] },
  delivered: { returned: ['admin', 'courier'] },
  returned: {},
  cancelled: {},
  expired: { confirmed: ['system'] },
}

/** @throws Refusal order.step_refused when the table has no such step for this mover */
export function checkStep(from: OrderState, to: OrderState, mover: Mover): void {
  if (!steps[from][to]?.includes(mover)) throw new Refusal('order.step_refused', { from, to })
}

/** The states from which the table lets this mover go there. */
export const statesBefore = (to: OrderState, mover: Mover): OrderState[] =>
  (Object.keys(steps) as OrderState[]).filter((from) => steps[from][to]?.includes(mover))
