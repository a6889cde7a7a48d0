import { createHash, createHmac } from 'node:crypto'
import { GatewayError, UnreadableWebhook } from '../../engine/payments/gateway.ts'
import type { Gateway, GatewayEvent, GatewayPayment, GatewayRefund } from '../../engine/payments/gateway.ts'
import { callOr, isObject, list } from '../http.ts'
import type { Json } from '../http.ts'
import { matches } from '../matches.ts'

export interface RazorpayAccount {
  /** https://api.razorpay.com, or a stand-in; without the version */
  baseUrl: string
  keyId: string
  keySecret: string
  /** every secret that a webhook may be signed with: during rotation older events keep the old one for a day */
  webhookSecrets: string[]
  /** for one request, milliseconds; a webhook has to be answered within 5 s */
  timeoutMs?: number
}

/**
 * Razorpay's Orders, Payments and Refunds API, v1: amounts in paise, HTTP Basic with the key pair.
 * https://razorpay.com/docs/api
 */
export function createRazorpay(account: RazorpayAccount): Gateway {
  const { baseUrl, keyId, keySecret, webhookSecrets, timeoutMs = 3000 } = account
  const authorization = `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}`

  const ask = async (
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Json> => {
    const init: RequestInit = { method, headers: { authorization, 'content-type': 'application/json', ...headers } }
    if (body) init.body = JSON.stringify(body)
    const answer = await callOr(
      `${baseUrl}/v1${path}`,
      init,
      timeoutMs,
      (cause) => new GatewayError('unavailable', cause.message, { cause }),
    )
    const json = isObject(answer.json) ? answer.json : undefined
    if (answer.status >= 200 && answer.status < 300 && json) return json
    const description = isObject(json?.['error']) ? textOrNull(json['error']['description']) : null
    // 401 is our own key, 409 a twin still in flight, 429 too many: asking again later can succeed
    const isFinal = answer.status >= 400 && answer.status < 500 && ![401, 409, 429].includes(answer.status) && json
    throw new GatewayError(isFinal ? 'refused' : 'unavailable', `razorpay: ${description ?? `status ${answer.status}`}`)
  }

  const gateway: Gateway = {
    name: 'razorpay',
    publicKey: keyId,
    channels: [],
    failureFreesStock: true,
    sessionIdOf: () => null,

    openSession: async ({ reference, orderNumber, amountMinor, currency, isRetry }) => {
      if (isRetry) {
        const { items } = await ask('GET', `/orders?receipt=${reference}&count=10`)
        // not every account filters by receipt, so it is compared here
        const known = list(items).find((order) => order['receipt'] === reference && order['amount'] === amountMinor)
        if (known) return opened(known)
      }
      const order = await ask('POST', '/orders', {
        amount: amountMinor,
        currency,
        receipt: reference,
        notes: { order_number: orderNumber },
      })
      if (order['amount'] !== amountMinor || order['currency'] !== currency) {
        throw new GatewayError('unavailable', 'razorpay: the order answered is not the one asked for')
      }
      return opened(order)
    },

    fetchPayment: async (id) => toPayment(await ask('GET', `/payments/${encodeURIComponent(id)}`)),

    paymentsOf: async (sessionId) => {
      const { items } = await ask('GET', `/orders/${encodeURIComponent(sessionId)}/payments`)
      return list(items).map(toPayment)
    },

    capture: async ({ providerPaymentId: id, amountMinor, currency }) => {
      try {
        const path = `/payments/${encodeURIComponent(id)}/capture`
        return toPayment(await ask('POST', path, { amount: amountMinor, currency }))
      } catch (error) {
        // somebody captured it between our look and this
        if (error instanceof GatewayError && error.kind === 'refused') return gateway.fetchPayment(id)
        throw error
      }
    },

    refunds: {
      refund: async ({ providerPaymentId, amountMinor, key, reason }) => {
        const body = { amount: amountMinor, speed: 'normal', notes: { reason }, receipt: key }
        const path = `/payments/${encodeURIComponent(providerPaymentId)}/refund`
        return toRefund(await ask('POST', path, body, { 'X-Refund-Idempotency': key }))
      },
      fetchRefund: async (id) => toRefund(await ask('GET', `/refunds/${encodeURIComponent(id)}`)),
    },

    isGenuine: (session, payment, signature) => matches(sign(keySecret, `${session}|${payment}`), signature),

    readWebhook: (body, headers) => {
      const signature = headers['x-razorpay-signature']
      if (typeof signature !== 'string') return null
      if (!webhookSecrets.some((secret) => matches(sign(secret, body), signature))) return null
      const eventId = headers['x-razorpay-event-id']
      const isGiven = typeof eventId === 'string' && eventId.length > 0 && eventId.length <= 200
      return gateway.readStored(body, isGiven ? eventId : createHash('sha256').update(body).digest('hex'))
    },

    readStored: (body, eventId) => toEvent(body, eventId),
  }
  return gateway
}

/** Hex HMAC-SHA-256: of `order_id|payment_id` under the key secret, of a webhook's raw body under the webhook secret. */
export const sign = (secret: string, content: string | Buffer) =>
  createHmac('sha256', secret).update(content).digest('hex')

function text(object: Json, key: string): string {
  const value = textOrNull(object[key])
  if (value === null) throw new GatewayError('unavailable', `razorpay: no ${key} in the answer`)
  return value
}

/** A NUL is no text to PostgreSQL, and one event with it would keep those that are stored with it out. */
const textOrNull = (value: unknown) =>
  typeof value === 'string' && value !== '' && !value.includes('\0') ? value : null

/** The shop's own page opens Razorpay's checkout with the id. */
const opened = (order: Json) => ({ providerSessionId: text(order, 'id'), url: null, token: null })

const states = ['created', 'authorized', 'captured', 'failed'] as const

function toPayment(entity: Json): GatewayPayment {
  // `refunded` is a captured payment that was given back in full
  const status = entity['status'] === 'refunded' ? 'captured' : states.find((state) => state === entity['status'])
  const amountMinor = entity['amount']
  if (!status || !Number.isSafeInteger(amountMinor)) throw new GatewayError('unavailable', 'razorpay: not a payment')
  const method = textOrNull(entity['method'])
  return {
    providerPaymentId: text(entity, 'id'),
    providerSessionId: textOrNull(entity['order_id']) ?? '',
    state: status,
    amountMinor: amountMinor as number,
    currency: text(entity, 'currency'),
    method,
    channel: textOrNull(entity['bank'] ?? entity['wallet']),
    failure: textOrNull(entity['error_description']),
  }
}

const refundStates = ['pending', 'processed', 'failed'] as const

function toRefund(entity: Json): GatewayRefund {
  const state = refundStates.find((known) => known === entity['status'])
  if (!state) throw new GatewayError('unavailable', 'razorpay: not a refund')
  return { providerRefundId: text(entity, 'id'), providerPaymentId: text(entity, 'payment_id'), state }
}

function toEvent(body: Buffer, eventId: string): GatewayEvent {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new UnreadableWebhook('not JSON', { cause: error })
  }
  if (!isObject(json) || textOrNull(json['event']) === null || !isObject(json['payload'])) {
    throw new UnreadableWebhook('no event or payload')
  }
  const event: GatewayEvent = { eventId, type: text(json, 'event') }
  const payment = entityOf(json['payload'], 'payment')
  if (payment && event.type.startsWith('payment.')) {
    const [providerPaymentId, providerSessionId] = [textOrNull(payment['id']), textOrNull(payment['order_id'])]
    if (providerPaymentId && providerSessionId) event.payment = { providerPaymentId, providerSessionId }
  }
  const refund = entityOf(json['payload'], 'refund')
  if (refund && event.type.startsWith('refund.')) {
    const [providerRefundId, providerPaymentId] = [textOrNull(refund['id']), textOrNull(refund['payment_id'])]
    if (providerRefundId && providerPaymentId) event.refund = { providerRefundId, providerPaymentId }
  }
  return event
}

function entityOf(payload: Json, name: string): Json | undefined {
  const part = payload[name]
  return isObject(part) && isObject(part['entity']) ? part['entity'] : undefined
}
