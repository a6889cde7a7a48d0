/** What the engine asks of a payment gateway. One gateway object serves one store: it holds that store's keys. */
export interface Gateway {
  readonly name: string
  /** what a browser or an app needs to open the gateway's checkout; public */
  readonly publicKey: string
  /** Asks for money. @param ask.reference ours, unique: a gateway that knows it already gives the same session */
  openSession(ask: SessionAsk): Promise<{ providerSessionId: string }>
  fetchPayment(providerPaymentId: string): Promise<GatewayPayment>
  /** Every attempt at one session, whatever became of it. */
  paymentsOf(providerSessionId: string): Promise<GatewayPayment[]>
  /** Takes money that was only authorized. */
  capture(payment: GatewayPayment): Promise<GatewayPayment>
  /** Gives money back. @param ask.key the same key never refunds twice */
  refund(ask: RefundAsk): Promise<GatewayRefund>
  fetchRefund(providerRefundId: string): Promise<GatewayRefund>
  /** Whether the browser's return from checkout is genuine: it says nothing of amount or state. */
  isGenuine(session: string, payment: string, signature: string): boolean
  /** Reads a webhook from its raw bytes. @returns null when its signature is missing or wrong */
  readWebhook(body: Buffer, headers: Record<string, string | string[] | undefined>): GatewayEvent | null
  /** Reads a webhook whose signature was checked when it was stored. */
  readStored(body: Buffer, eventId: string): GatewayEvent
}

export interface SessionAsk {
  reference: string
  orderNumber: string
  amountMinor: number
  currency: string
  /** an earlier try may have reached the gateway though its answer was lost: look before asking */
  isRetry: boolean
}

export interface GatewayPayment {
  providerPaymentId: string
  providerSessionId: string
  state: 'created' | 'authorized' | 'captured' | 'failed'
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
