import { randomUUID } from 'node:crypto'
import { GatewayError } from '../../engine/payments/gateway.ts'
import type { Gateway, GatewayPayment, SessionAsk, SessionDetails } from '../../engine/payments/gateway.ts'
import { callOr, isObject } from '../http.ts'
import type { Json } from '../http.ts'
import { matches } from '../matches.ts'
import { dokuChannels, namesOf, virtualAccountAt } from './doku/channels.ts'
import { readNotification, readStoredNotification } from './doku/notification.ts'
import { dokuSign, dokuTimestamp } from './doku/signature.ts'
import { amountOrNull, partOf, refusalOf, rupiah, textOrNull } from './doku/wire.ts'

export { dokuSign, dokuSignMembers } from './doku/signature.ts'

export interface DokuAccount {
  /** https://api.doku.com, https://api-sandbox.doku.com, or a stand-in; without a slash at its end */
  baseUrl: string
  clientId: string
  /** signs our requests, and DOKU its answers and notifications */
  secretKey: string
  /** where notifications are to go; its path is part of what is signed. Without it only the promised form is read */
  notificationUrl?: string
  /** where DOKU's page sends the customer back to */
  callbackUrl?: string
  /** for one request, milliseconds */
  timeoutMs?: number
}

/**
 * DOKU Checkout (not SNAP): amounts in whole rupiah, one payment to an invoice, known by the Request-Id that asked for
 * it. https://developers.doku.com/accept-payments/doku-checkout
 */
export function createDoku(account: DokuAccount): Gateway {
  const { baseUrl, clientId, secretKey, notificationUrl, timeoutMs = 5000 } = account
  const keys = { clientId, secretKey, target: notificationUrl && new URL(notificationUrl).pathname }

  /** One signed request; what is answered to it is signed as well, but for refusals. */
  const ask = async (method: 'GET' | 'POST', target: string, requestId: string, body?: string) => {
    const timestamp = dokuTimestamp(new Date())
    const parts = { clientId, requestId, target }
    const headers: Record<string, string> = {
      'Client-Id': clientId,
      'Request-Id': requestId,
      'Request-Timestamp': timestamp,
      Signature: dokuSign(secretKey, { ...parts, timestamp, ...(body !== undefined && { body }) }),
    }
    const init: RequestInit = { method, headers }
    if (body !== undefined) {
      headers['Content-Type'] = 'application/json'
      init.body = body
    }
    const answer = await callOr(
      baseUrl + target,
      init,
      timeoutMs,
      (cause) => new GatewayError('unavailable', cause.message, { cause }),
    )
    // a refusal may come from what stands before DOKU, and is believed by its form
    const isBelieved = !isGood(answer.status) && answer.status !== 409
    const signature = answer.headers.get('signature')
    if (signature === null && isBelieved) return answer
    const signed = { ...parts, timestamp: answer.headers.get('response-timestamp') ?? '' }
    // whether the digest of an answer to GET is signed too is written nowhere: without it, TLS alone guards a status
    const possible = [...(method === 'GET' ? [signed] : []), { ...signed, body: answer.text }]
    if (!possible.some((one) => matches(dokuSign(secretKey, one, 'Response'), signature ?? '')))
      throw new GatewayError('unavailable', 'doku: its answer is not signed, or by another')
    return answer
  }

  const sessionIdOf = (reference: string) => `TRX-${reference}`

  const openSession: Gateway['openSession'] = async (asked) => {
    // The Request-Id is also the idempotency key, so a retry need not look first: the same body under the same id gets
    // the first answer again, called a conflict.
    const requestId = sessionIdOf(asked.reference)
    const body = JSON.stringify(await checkoutOf(account, asked))
    const answer = await ask('POST', '/checkout/v1/payment', requestId, body)
    const response = isObject(answer.json) ? partOf(answer.json, 'response') : {}
    const isAnswer = isGood(answer.status) || answer.status === 409
    const url = textOrNull(partOf(response, 'payment')['url'])
    if (!isAnswer || url === null) throw failure(answer)
    const order = partOf(response, 'order')
    if (amountOrNull(order['amount']) !== asked.amountMinor || order['invoice_number'] !== asked.orderNumber)
      throw new GatewayError('unavailable', 'doku: the invoice answered is not the one asked for')
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      throw new GatewayError('unavailable', 'doku: no page to pay on in the answer')
    return { providerSessionId: requestId, url, token: textOrNull(partOf(response, 'payment')['token_id']) }
  }

  /** @returns undefined when DOKU knows no such invoice */
  const lookUp = async (id: string): Promise<GatewayPayment | undefined> => {
    const answer = await ask('GET', `/orders/v1/status/${encodeURIComponent(id)}`, randomUUID())
    if (answer.status === 404 && refusalOf(answer.json)) return undefined
    if (!isGood(answer.status) || !isObject(answer.json)) throw failure(answer)
    return toPayment(id, answer.json)
  }

  return {
    name: 'doku',
    publicKey: clientId,
    channels: dokuChannels,
    failureFreesStock: false,
    // no virtual account is paid back over the API: a person sends the money
    refunds: null,
    openSession,
    sessionIdOf,

    fetchPayment: async (id) => {
      const payment = await lookUp(id)
      if (!payment) throw new GatewayError('refused', 'doku: there is no such payment')
      return payment
    },

    paymentsOf: async (sessionId) => {
      const payment = await lookUp(sessionId)
      return payment ? [payment] : []
    },

    // what is paid into a virtual account is paid
    capture: (payment) => Promise.resolve(payment),

    // the browser comes back with nothing that is signed
    isGenuine: () => false,

    readWebhook: (body, headers) => readNotification(keys, body, headers),
    readStored: readStoredNotification,
  }
}

const isGood = (status: number) => status >= 200 && status < 300

// our own keys, a twin still in flight, too many: asking again later can succeed
const passing = new Set([401, 403, 408, 409, 425, 429])

function failure({ status, json }: { status: number; json: unknown }): GatewayError {
  const refusal = refusalOf(json)
  const ofKeys = refusal?.code === 'invalid_signature' || refusal?.code === 'invalid_client_id'
  const isFinal = refusal && !ofKeys && status >= 400 && status < 500 && !passing.has(status)
  const why = isGood(status) ? 'an answer that makes no sense' : (refusal?.message ?? `status ${status}`)
  return new GatewayError(isFinal ? 'refused' : 'unavailable', `doku: ${why}`)
}

/** The body of a session's request. Every try at one session has to send the same: it may hold nothing of the moment. */
async function checkoutOf({ callbackUrl, notificationUrl }: DokuAccount, ask: SessionAsk): Promise<object> {
  if (ask.currency !== rupiah) throw new GatewayError('refused', `doku: takes ${rupiah}, not ${ask.currency}`)
  const types = methodTypes(ask)
  const { customer, lines } = await ask.details()
  // DOKU documents no price below zero, and shows the lines only: with a discount among them they would not add up
  const isShown = lines.length > 0 && lines.every(({ priceMinor }) => priceMinor >= 0)
  return {
    order: {
      amount: ask.amountMinor,
      invoice_number: ask.orderNumber,
      currency: ask.currency,
      ...(callbackUrl !== undefined && { callback_url: callbackUrl }),
      ...(isShown && { line_items: lines.map(toItem) }),
    },
    payment: {
      payment_due_date: dueMinutes(ask),
      ...(types && { payment_method_types: types }),
    },
    customer: {
      id: customer.reference,
      name: customer.name.slice(0, 255),
      ...(customer.email !== null && { email: customer.email }),
      ...(customer.phone !== null && { phone: phoneDigits(customer.phone) }),
    },
    ...(notificationUrl !== undefined && { additional_info: { override_notification_url: notificationUrl } }),
  }
}

/**
 * How long DOKU takes money, counted by it from when it first hears of the invoice. From the order's own times and not
 * from now, so that a retry says the same; and a minute less, so that nothing is paid after the order has ended.
 * A first try that never arrived and a late second one leave the invoice open for longer than the order: money that
 * comes then finds its order ended, as any late payment does.
 */
const dueMinutes = ({ orderedAt, expiresAt }: SessionAsk) =>
  Math.max(1, Math.floor((expiresAt.getTime() - orderedAt.getTime()) / 60_000) - 1)

/** @returns undefined where the customer chooses at DOKU, among all that the account has */
function methodTypes({ method, channel }: SessionAsk): string[] | undefined {
  if (method === null || channel === null) return undefined
  const type = method === 'virtual_account' ? virtualAccountAt(channel) : undefined
  if (!type) throw new GatewayError('refused', `doku: has no ${method} ${channel}`)
  return [type]
}

const toItem = ({ name, sku, quantity, priceMinor }: SessionDetails['lines'][number]) => ({
  name: name.slice(0, 255),
  quantity,
  price: priceMinor,
  ...(sku !== null && { sku }),
})

/** With the country and nothing but digits, as DOKU writes them. */
const phoneDigits = (phone: string) => phone.replaceAll(/\D/g, '').replace(/^0/, '62')

// FAILED is not the end: the customer may try again until the invoice is over
const states: Record<string, GatewayPayment['state']> = {
  PENDING: 'created',
  REDIRECT: 'created',
  TIMEOUT: 'created',
  SUCCESS: 'captured',
  REFUNDED: 'captured',
  FAILED: 'failed',
  EXPIRED: 'expired',
}
const orderStates: typeof states = { ORDER_GENERATED: 'created', ORDER_EXPIRED: 'expired' }

const stateOf = (known: typeof states, status: unknown) =>
  typeof status === 'string' && Object.hasOwn(known, status) ? known[status] : undefined

function toPayment(id: string, answer: Json): GatewayPayment {
  const [order, transaction] = [partOf(answer, 'order'), partOf(answer, 'transaction')]
  const orderState = stateOf(orderStates, order['status'])
  // there is no transaction before the customer has chosen how to pay
  let state = transaction['status'] === undefined ? orderState : stateOf(states, transaction['status'])
  if (orderState === 'expired' && state !== 'captured') state = 'expired'
  const amountMinor = amountOrNull(order['amount'])
  if (!state || amountMinor === null) throw new GatewayError('unavailable', 'doku: not the status of a payment')
  const [service, channel] = [partOf(answer, 'service'), partOf(answer, 'channel')]
  return {
    providerPaymentId: id,
    providerSessionId: id,
    state,
    amountMinor,
    currency: rupiah,
    ...namesOf(textOrNull(service['id']), textOrNull(channel['id'])),
    failure: null,
  }
}
