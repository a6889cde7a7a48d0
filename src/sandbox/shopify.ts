import { createHmac } from 'node:crypto'
import { Type } from 'typebox'
import type { FaultKinds } from './faults.ts'
import { control, json, route, type Answer, type Call } from './http.ts'
import { inputOf, objectIn } from './input.ts'
import type { StandIn } from './stand-in.ts'

export const shopifyFaults: FaultKinds = { api: ['delay', 'drop', 'error', 'garbage'], webhook: [] }

export interface ShopifyAccount {
  /** what it and INK know */
  webhookSecret: string
}

type Verdict = 'valid' | 'invalid' | 'missing'

/** A webhook that came, whether it was believed or not. */
interface Received {
  id: string | null
  path: string
  headers: Record<string, string>
  raw: string
  inkSignature: Verdict
  standardSignature: Verdict
  status: number
  /** whether this id had been taken before */
  isRepeat: boolean
  receivedAt: string
}

const kept = 10_000

/** How far the clocks of sender and receiver may be apart, in seconds: Standard Webhooks leaves it to the receiver. */
const tolerance = 300

const answerInput = inputOf(
  Type.Object(
    {
      status: Type.Integer({ minimum: 200, maximum: 599 }),
      count: Type.Optional(Type.Integer({ minimum: 1 })),
      retryAfter: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
)

/**
 * A merchant's Shopify app that is told of deliveries: by INK's webhook at `/shopify/webhook`, and of anything else, by
 * Standard Webhooks alone, at `/shopify/events`. A signature that is there must hold; INK's must be there.
 */
export function createShopify({ webhookSecret }: ShopifyAccount): StandIn {
  let received: Received[] = []
  const times = new Map<string, number>()
  let ordered: { status: number; left: number; retryAfter: string | undefined } | null = null

  function receive(path: string, isInk: boolean, call: Call): Answer {
    if (ordered && ordered.left > 0) {
      ordered.left -= 1
      const { status, retryAfter } = ordered
      const answer = json({ error: 'as it was told to answer' }, status)
      return retryAfter === undefined ? answer : { ...answer, headers: { 'retry-after': retryAfter } }
    }
    const inkSignature = inkVerdict(call, webhookSecret)
    const standardSignature = standardVerdict(call, webhookSecret)
    const isWanted = (isInk ? inkSignature : standardSignature) === 'valid'
    const isGood = isWanted && inkSignature !== 'invalid' && standardSignature !== 'invalid'
    const id = headerOf(call, 'webhook-id') ?? null
    const isRepeat = id !== null && times.has(id)
    if (isGood && id !== null) times.set(id, (times.get(id) ?? 0) + 1)
    const status = !isGood ? 401 : objectIn(call.body) ? 200 : 400
    const headers = Object.fromEntries(headerNames.map((name) => [name, headerOf(call, name) ?? '']))
    const receivedAt = new Date().toISOString()
    received.unshift({
      id,
      path,
      headers,
      raw: call.body,
      inkSignature,
      standardSignature,
      status,
      isRepeat,
      receivedAt,
    })
    if (received.length > kept) received.pop()
    if (status === 401) return json({ error: 'the signature does not hold' }, status)
    return status === 400 ? json({ error: 'the body is no JSON object' }, status) : json({ received: true })
  }

  return {
    name: 'shopify',
    prefix: '/shopify/',
    api: [
      route('POST', '/shopify/webhook', (call) => receive('/shopify/webhook', true, call)),
      route('POST', '/shopify/events', (call) => receive('/shopify/events', false, call)),
    ],
    control: [
      route('GET', '/shopify/webhooks', () => json(received.map((one) => print(one, times)))),
      route('DELETE', '/shopify/webhooks', () => {
        const deleted = received.length
        received = []
        times.clear()
        return json({ deleted })
      }),
      route(
        'POST',
        '/shopify/sandbox/answer',
        control((call) => {
          const { status, count = 1, retryAfter } = answerInput(call.body)
          ordered = { status, left: count, retryAfter }
          return json({ status, count, retryAfter })
        }),
      ),
    ],
    refuse: (why) =>
      why === 'unknown'
        ? json({ error: 'Not Found' }, 404)
        : why === 'too large'
          ? json({ error: 'Payload Too Large' }, 413)
          : json({ error: 'Internal Server Error' }, 500),
    // nobody reads what answers a webhook: a proxy in trouble is told by its status
    garbage: { status: 502, type: 'text/html', body: '<html><head><title>One moment</title></head><body>upstream' },
    about:
      'Shopify: takes INK’s webhook at <code>/shopify/webhook</code>, others at <code>/shopify/events</code>; <a href="/shopify/webhooks">what came</a>',
    close() {},
  }
}

const headerNames = ['content-type', 'x-ink-signature', 'webhook-id', 'webhook-timestamp', 'webhook-signature'] as const

const headerOf = ({ headers }: Call, name: string) => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text)

/** As INK's document has it: hex over the body. */
function inkVerdict(call: Call, secret: string): Verdict {
  const given = headerOf(call, 'x-ink-signature')
  if (given === undefined) return 'missing'
  return given === hmac(secret, call.body).digest('hex') ? 'valid' : 'invalid'
}

/** As standardwebhooks.com has it: one of the signatures holds, and its time is now. */
function standardVerdict(call: Call, secret: string): Verdict {
  const [id, timestamp, given] = headerNames.slice(2).map((name) => headerOf(call, name))
  if (id === undefined && timestamp === undefined && given === undefined) return 'missing'
  if (id === undefined || timestamp === undefined || given === undefined) return 'invalid'
  const isNow = Math.abs(Date.now() / 1000 - Number(timestamp)) <= tolerance
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret
  const expected = `v1,${hmac(key, `${id}.${timestamp}.${call.body}`).digest('base64')}`
  return isNow && given.split(' ').includes(expected) ? 'valid' : 'invalid'
}

const print = (one: Received, times: Map<string, number>) => ({
  ...one,
  body: objectIn(one.raw) ?? null,
  times: one.id === null ? null : (times.get(one.id) ?? 0),
})
