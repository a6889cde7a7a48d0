import { UnreadableWebhook } from '../../../engine/payments/gateway.ts'
import type { GatewayEvent, GatewayPayment } from '../../../engine/payments/gateway.ts'
import { namesOf, namesOfPromised } from './channels.ts'
import { dokuSign, dokuSignMembers } from './signature.ts'
import { isObject } from '../../http.ts'
import type { Json } from '../../http.ts'
import { matches } from '../../matches.ts'
import { amountOrNull, partOf, rupiah, textOrNull } from './wire.ts'

type Headers = Record<string, string | string[] | undefined>

interface Keys {
  clientId: string
  secretKey: string
  /** the path of the notification URL; undefined where notifications of DOKU's own form are not expected */
  target: string | undefined
}

/** Request-Ids have at most 128 characters. */
const idOrNull = (value: unknown) => {
  const text = textOrNull(value)
  return text !== null && text.length <= 128 ? text : null
}

/**
 * Reads a notification in DOKU's own form, signed in its headers, or in the form that shops were promised, signed in
 * its body. How old it is does not matter: retries come up to 12 hours later, and whether they are signed anew is
 * not documented; each is stored under its id once.
 * @returns null when its signature is missing or wrong
 * @throws UnreadableWebhook
 */
export function readNotification(keys: Keys, body: Buffer, headers: Headers): GatewayEvent | null {
  if (headers['signature'] === undefined) return readPromised(keys, body)
  const [signature, clientId, requestId, timestamp] = ['signature', 'client-id', 'request-id', 'request-timestamp'].map(
    (name) => textOrNull(headers[name]),
  )
  if (!signature || !requestId || !timestamp || !keys.target || clientId !== keys.clientId) return null
  const expected = dokuSign(keys.secretKey, { clientId, requestId, timestamp, target: keys.target, body })
  if (!matches(expected, signature)) return null
  if (idOrNull(requestId) === null) throw new UnreadableWebhook('Request-Id is too long')
  return eventOf(objectOf(body), requestId)
}

function readPromised({ secretKey }: Keys, body: Buffer): GatewayEvent | null {
  let json: Json
  try {
    json = objectOf(body)
  } catch {
    return null // what is no JSON carries no signature
  }
  // What is signed is what is read: of a name that comes twice, both see the last.
  const { signature, ...members } = json
  if (typeof signature !== 'string' || !matches(dokuSignMembers(secretKey, members), signature)) return null
  const event = promisedEvent(members, '')
  return { ...event, eventId: `${event.payment?.providerPaymentId} ${textOrNull(members['status'])}` }
}

/** Reads a notification whose signature was checked when it was stored. @throws UnreadableWebhook */
export const readStoredNotification = (body: Buffer, eventId: string): GatewayEvent => eventOf(objectOf(body), eventId)

function objectOf(body: Buffer): Json {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new UnreadableWebhook('not JSON', { cause: error })
  }
  if (!isObject(json)) throw new UnreadableWebhook('not a JSON object')
  return json
}

/** What shops were promised has `transaction_id` at its top, DOKU's own form has `transaction`. */
const eventOf = (json: Json, eventId: string) =>
  json['transaction_id'] === undefined ? ownEvent(json, eventId) : promisedEvent(json, eventId)

const told = { success: 'captured', failed: 'failed', expired: 'expired' } as const
const isTold = (status: string): status is keyof typeof told => Object.hasOwn(told, status)

function promisedEvent(json: Json, eventId: string): GatewayEvent {
  const id = idOrNull(json['transaction_id'])
  const status = textOrNull(json['status'])
  const amountMinor = amountOrNull(json['amount'])
  if (id === null || status === null || amountMinor === null)
    throw new UnreadableWebhook('transaction_id, status and amount must be given')
  if (!isTold(status)) throw new UnreadableWebhook('status must be success, failed or expired')
  return paymentEvent(eventId, status, id, amountMinor, namesOfPromised(textOrNull(json['payment_channel'])))
}

function ownEvent(json: Json, eventId: string): GatewayEvent {
  const [transaction, order] = [partOf(json, 'transaction'), partOf(json, 'order')]
  const status = textOrNull(transaction['status'])?.toLowerCase()
  if (!status) throw new UnreadableWebhook('transaction.status must be given')
  if (!isTold(status)) return { eventId, type: `payment.${status}` } // such as refunded: nothing that we follow
  // Our Request-Id, by which the session is known. Without it DOKU itself would find the payment by its invoice.
  const id = idOrNull(transaction['original_request_id']) ?? idOrNull(order['invoice_number'])
  const amountMinor = amountOrNull(order['amount'])
  if (id === null || amountMinor === null)
    throw new UnreadableWebhook('transaction.original_request_id and order.amount must be given')
  const [service, channel] = [partOf(json, 'service'), partOf(json, 'channel')]
  return paymentEvent(eventId, status, id, amountMinor, namesOf(textOrNull(service['id']), textOrNull(channel['id'])))
}

function paymentEvent(
  eventId: string,
  status: keyof typeof told,
  id: string,
  amountMinor: number,
  names: Pick<GatewayPayment, 'method' | 'channel'>,
): GatewayEvent {
  const payment = { providerPaymentId: id, providerSessionId: id }
  const facts = { state: told[status], amountMinor, currency: rupiah, ...names, failure: null }
  return { eventId, type: `payment.${status}`, payment, told: { ...payment, ...facts } }
}
