/** What the engine asks of a payment gateway. One gateway object serves one store: it holds that store's keys. */
export interface Gateway {
  readonly name: string
  /** what a browser or an app needs to open the gateway's checkout; public */
  readonly publicKey: string
  /** the banks at which it opens virtual accounts, as contracts name them; none where it has no such thing */
  readonly channels: readonly string[]
  /** a failed attempt frees the order's stock; false where the customer may try again within the same session */
  readonly failureFreesStock: boolean
  /** Asks for money. @param ask.reference ours, unique: a gateway that knows it already gives the same session */
  openSession(ask: SessionAsk): Promise<OpenedSession>
  /** The id that the session of a reference has, where that is known without the gateway's answer; else null. */
  sessionIdOf(reference: string): string | null
  fetchPayment(providerPaymentId: string): Promise<GatewayPayment>
  /** Every attempt at one session, whatever became of it. */
  paymentsOf(providerSessionId: string): Promise<GatewayPayment[]>
  /** Takes money that was only authorized. */
  capture(payment: GatewayPayment): Promise<GatewayPayment>
  /** Gives money back; null where the gateway cannot, and a person has to. */
  readonly refunds: {
    /** @param ask.key the same key never refunds twice */
    refund(ask: RefundAsk): Promise<GatewayRefund>
    fetchRefund(providerRefundId: string): Promise<GatewayRefund>
  } | null
  /** Whether the browser's return from checkout is genuine: it says nothing of amount or state. */
  isGenuine(session: string, payment: string, signature: string): boolean
  /** Reads a webhook from its raw bytes. @returns null when its signature is missing or wrong @throws UnreadableWebhook */
  readWebhook(body: Buffer, headers: Record<string, string | string[] | undefined>): GatewayEvent | null
  /** Reads a webhook whose signature was checked when it was stored. */
  readStored(body: Buffer, eventId: string): GatewayEvent
}

export interface SessionAsk {
  reference: string
  orderNumber: string
  amountMinor: number
  currency: string
  /** as the contract names them, "virtual_account" and "bca"; null where the customer chooses at the gateway */
  method: string | null
  channel: string | null
  /** when the order was placed, and when it ends unpaid */
  orderedAt: Date
  expiresAt: Date
  /** who buys what, for a gateway that shows it */
  details(): Promise<SessionDetails>
  /** an earlier try may have reached the gateway though its answer was lost: look before asking */
  isRetry: boolean
}

export interface SessionDetails {
  customer: { reference: string; name: string; email: string | null; phone: string | null }
  /** with shipping and discount as lines of their own, so that they add up to the amount */
  lines: { name: string; sku: string | null; quantity: number; priceMinor: number }[]
}

/** A session at the gateway, and where the customer pays; null where the shop's own page opens the checkout. */
export interface OpenedSession {
  providerSessionId: string
  url: string | null
  token: string | null
}

export interface GatewayPayment {
  providerPaymentId: string
  providerSessionId: string
  /** `expired`: the session ended unpaid, and nothing can be paid into it any more */
  state: 'created' | 'authorized' | 'captured' | 'failed' | 'expired'
  amountMinor: number
  currency: string
  method: string | null
  channel: string | null
  failure: string | null
}

export interface RefundAsk {
  providerPaymentId: string
  amountMinor: number
  key: string
  reason: string
}

export interface GatewayRefund {
  providerRefundId: string
  providerPaymentId: string
  state: 'pending' | 'processed' | 'failed'
}

export interface GatewayEvent {
  eventId: string
  type: string
  /** the payment or refund that it tells of; absent for events that we do not follow */
  payment?: { providerPaymentId: string; providerSessionId: string }
  /** what the event itself says of that payment, where a signed word of this gateway needs no second question */
  told?: GatewayPayment
  refund?: { providerRefundId: string; providerPaymentId: string }
}

/** A webhook that is signed well and makes no sense. */
export class UnreadableWebhook extends Error {}

/**
 * The gateway did not do it. `unavailable`: nobody knows whether it did (time-out, 5xx, garbage), so ask again later;
 * `refused`: it said no, and will again.
 */
export class GatewayError extends Error {
  readonly kind: 'unavailable' | 'refused'
  constructor(kind: 'unavailable' | 'refused', message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
