import http from 'node:http'
import https from 'node:https'
import { urlToHttpOptions } from 'node:url'
import type { Faults } from '../faults.ts'
import { BadInput } from '../input.ts'
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

type State = 'waiting' | 'retrying' | 'delivered' | 'failed' | 'dropped' | 'no target'

interface Event {
  id: string
  name: EventName
  account: Account
  orderId: string
  paymentId: string
  refundId: string | null
  /** the exact bytes, and their signature under the secret of the moment: both stay through every retry */
  body: string
  signature: string
  createdAt: number
  state: State
  tries: number
  rounds: number
  lastStatus: number | string | null
  retry: NodeJS.Timeout | undefined
}

const kept = 10_000
const atOnce = 64

export type Webhooks = ReturnType<typeof createWebhooks>

/**
 * Sends events to the accounts' webhook URLs, at least once. The events of one happening go out in order, each after
 * the first try of the one before it; everything else runs at once, at most 64 requests per target. What is not
 * answered by a 2xx within `timeoutMs` is sent again after 1 s, 2 s, 4 s and so on, `rounds` times in all.
 */
export function createWebhooks(
  faults: Faults,
  { log = (_line: string) => {}, timeoutMs = 5000, firstRetryMs = 1000, rounds = 8 } = {},
) {
  const events = new Map<string, Event>()
  const targets = new Map<string, Target>()
  const timers = new Set<NodeJS.Timeout>()
  let closed = false

  function later(delayMs: number, work: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, delayMs)
    timers.add(timer.unref())
    return timer
  }

  function cancel(timer: NodeJS.Timeout | undefined) {
    if (!timer) return
    clearTimeout(timer)
    timers.delete(timer)
  }

  /** Writes the events down at once, as a snapshot, and sends them after the answer to the present request. */
  function send(account: Account, happenings: Happening[]) {
    const batch = happenings.map((happening) => record(account, happening))
    setImmediate(() => {
      if (batch.length > 1 && faults.draw('razorpay', 'webhook', 'reorder')) batch.reverse()
      void sendInTurn(batch)
    })
  }

  function record(account: Account, { name, payload }: Happening): Event {
    const body = envelope(account.id, name, payload)
    const event: Event = {
      id: newEventId(),
      name,
      account,
      orderId: payload.payment.order_id,
      paymentId: payload.payment.id,
      refundId: payload.refund?.id ?? null,
      body,
      signature: sign(account.webhookSecret, body),
      createdAt: unixNow(),
      state: 'waiting',
      tries: 0,
      rounds: 0,
      lastStatus: null,
      retry: undefined,
    }
    events.set(event.id, event)
    if (events.size > kept) events.delete(events.keys().next().value!)
    return event
  }

  async function sendInTurn(batch: Event[]) {
    for (const event of batch) {
      if (faults.draw('razorpay', 'webhook', 'drop')) {
        event.state = 'dropped'
        continue
      }
      const copies = faults.draw('razorpay', 'webhook', 'duplicate')?.copies ?? 1
      const delayMs = faults.draw('razorpay', 'webhook', 'delay')?.delayMs
      if (delayMs === undefined) await sendRound(event, copies)
      else later(delayMs, () => void sendRound(event, copies))
    }
  }

  async function sendRound(event: Event, copies = 1) {
    if (closed) return
    cancel(event.retry)
    if (event.account.webhookUrl === null) {
      event.state = 'no target'
      return
    }
    event.rounds += 1
    const url = event.account.webhookUrl
    const answers = await Promise.all(Array.from({ length: copies }, () => post(event, url)))
    const accepted = answers.find((answer) => typeof answer === 'number' && answer >= 200 && answer < 300)
    event.lastStatus = accepted ?? answers.at(-1)!
    if (accepted !== undefined || event.state === 'delivered') {
      event.state = 'delivered'
      return
    }
    if (closed) return
    if (event.rounds >= rounds) {
      event.state = 'failed'
      log(`razorpay: gave up on ${event.name} ${event.id} after ${event.tries} tries, the last: ${event.lastStatus}`)
      return
    }
    event.state = 'retrying'
    event.retry = later(firstRetryMs * 2 ** (event.rounds - 1), () => void sendRound(event))
  }

  /** @returns the answer's status, or in a word why there was none */
  async function post(event: Event, url: string): Promise<number | string> {
    const target = targetOf(url)
    await target.enter()
    try {
      if (closed) return 'closed'
      event.tries += 1
      return await target.post(event, timeoutMs)
    } finally {
      target.leave()
    }
  }

  function targetOf(url: string): Target {
    const known = targets.get(url)
    if (known) return known
    const target = createTarget(new URL(url))
    targets.set(url, target)
    return target
  }

  /** Sends an event once more, whatever became of it: the same id, body and signature, `copies` times at once. */
  async function resend(eventId: string, copies: number) {
    const event = events.get(eventId)
    if (!event) throw new BadInput(`there is no event ${eventId}`, 404)
    await sendRound(event, copies)
    return print(event)
  }

  return {
    send,
    resend,
    /** Every event still known, oldest first; of one order when its id is given. */
    list: (orderId: string | null) =>
      [...events.values()].filter((event) => orderId === null || event.orderId === orderId).map(print),
    close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      for (const target of targets.values()) target.close()
    },
  }
}

const print = (event: Event) => ({
  event_id: event.id,
  event: event.name,
  key_id: event.account.keyId,
  order_id: event.orderId,
  payment_id: event.paymentId,
  refund_id: event.refundId,
  state: event.state,
  tries: event.tries,
  last_status: event.lastStatus,
  created_at: event.createdAt,
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

type Target = ReturnType<typeof createTarget>

/** One webhook URL: its kept connections, and the queue before them. */
function createTarget(url: URL) {
  const secure = url.protocol === 'https:'
  const agent = secure
    ? new https.Agent({ keepAlive: true, maxSockets: atOnce })
    : new http.Agent({ keepAlive: true, maxSockets: atOnce })
  const target = { ...urlToHttpOptions(url), method: 'POST', agent }
  const waiting: (() => void)[] = []
  let running = 0

  return {
    enter(): Promise<void> | void {
      if (running < atOnce) running += 1
      else return new Promise((resolve) => waiting.push(resolve))
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    },
    post: (event: Event, timeoutMs: number) =>
      new Promise<number | string>((resolve) => {
        const request = (secure ? https : http).request(
          {
            ...target,
            headers: {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(event.body),
              'user-agent': 'Razorpay-Webhook/v1',
              'X-Razorpay-Signature': event.signature,
              'x-razorpay-event-id': event.id,
            },
          },
          (response) => {
            response.resume()
            response.on('close', () => {
              clearTimeout(timer)
              resolve(response.complete ? (response.statusCode ?? 0) : 'cut off')
            })
          },
        )
        const timer = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs)
        request.on('error', (error: NodeJS.ErrnoException) => {
          clearTimeout(timer)
          resolve(error.code ?? error.message)
        })
        request.end(event.body)
      }),
    close() {
      agent.destroy()
      for (const go of waiting.splice(0)) go()
    },
  }
}
