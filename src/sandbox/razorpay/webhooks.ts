import { createDeliveries, type Delivery, type Message } from '../delivery.ts'
import type { Faults } from '../faults.ts'
import { newEventId, unixNow, type Account, type OrderEntity, type PaymentEntity, type RefundEntity } from './books.ts'
import { sign } from './signature.ts'

export type EventName =
  | 'payment.authorized'
  | 'payment.captured'
  | 'payment.failed'
  | 'order.paid'
  | 'refund.created'
  | 'refund.processed'

/** An event and the entities it tells of, as they stood when it happened. */
export interface Happening {
  name: EventName
  payload: { payment: PaymentEntity; order?: OrderEntity; refund?: RefundEntity }
}

interface Facts {
  keyId: string
  orderId: string
  paymentId: string
  refundId: string | null
  createdAt: number
}

export type Webhooks = ReturnType<typeof createWebhooks>

/**
 * Sends events to the accounts' webhook URLs. What is not taken is sent again after 1 s, 2 s, 4 s and so on, `rounds`
 * times in all.
 */
export function createWebhooks(
  faults: Faults,
  { log = (_line: string) => {}, timeoutMs = 5000, firstRetryMs = 1000, rounds = 8 } = {},
) {
  const retriesAfterMs = Array.from({ length: rounds - 1 }, (_, index) => firstRetryMs * 2 ** index)
  const deliveries = createDeliveries<Facts>('razorpay', faults, { log, timeoutMs, retriesAfterMs })
  return {
    /** Writes the events down at once, as a snapshot, and sends them after the answer to the present request. */
    send: (account: Account, happenings: Happening[]) =>
      deliveries.send(happenings.map((happening) => messageOf(account, happening))),
    /** Sends an event once more, whatever became of it: the same id, body and signature, `copies` times at once. */
    resend: async (eventId: string, copies: number) => print(await deliveries.resend(eventId, copies)),
    /** Every event still known, oldest first; of one order when its id is given. */
    list: (orderId: string | null) =>
      deliveries
        .list()
        .filter(({ facts }) => orderId === null || facts.orderId === orderId)
        .map(print),
    close: deliveries.close,
  }
}

/** The exact bytes, and their signature under the secret of the moment: both stay through every retry. */
function messageOf(account: Account, { name, payload }: Happening): Message<Facts> {
  const id = newEventId()
  const body = envelope(account.id, name, payload)
  return {
    id,
    name,
    url: () => account.webhookUrl,
    headers: {
      'user-agent': 'Razorpay-Webhook/v1',
      'X-Razorpay-Signature': sign(account.webhookSecret, body),
      'x-razorpay-event-id': id,
    },
    body,
    facts: {
      keyId: account.keyId,
      orderId: payload.payment.order_id,
      paymentId: payload.payment.id,
      refundId: payload.refund?.id ?? null,
      createdAt: unixNow(),
    },
  }
}

const print = ({ id, name, facts, state, tries, lastStatus }: Delivery<Facts>) => ({
  event_id: id,
  event: name,
  key_id: facts.keyId,
  order_id: facts.orderId,
  payment_id: facts.paymentId,
  refund_id: facts.refundId,
  state,
  tries,
  last_status: lastStatus,
  created_at: facts.createdAt,
})

/** The body of an event. Its slashes are escaped as PHP prints them, which breaks whoever signs a parsed body. */
function envelope(accountId: string, name: EventName, payload: Happening['payload']): string {
  const contains = name.startsWith('refund.')
    ? ['refund', 'payment']
    : payload.order
      ? ['payment', 'order']
      : ['payment']
  const entities = payload as Record<string, unknown>
  return JSON.stringify({
    entity: 'event',
    account_id: accountId,
    event: name,
    contains,
    payload: Object.fromEntries(contains.map((kind) => [kind, { entity: entities[kind] }])),
    created_at: unixNow(),
  }).replaceAll('/', '\\/')
}
