import type { Faults } from './faults.ts'
import { BadInput } from './input.ts'
import { createTarget, type Target } from './target.ts'

/** Something a provider tells a shop: the same bytes and headers at every try. */
export interface Message<Facts> {
  id: string
  /** what it tells of, for the log */
  name: string
  /** null: nobody wants to be told. Asked for at each try, so that it can change in between */
  url: () => string | null
  headers: Record<string, string>
  body: string
  /** what its provider wants to know of it later */
  facts: Facts
}

export interface Delivery<Facts> extends Message<Facts> {
  state: 'waiting' | 'retrying' | 'delivered' | 'failed' | 'dropped' | 'no target'
  tries: number
  rounds: number
  lastStatus: number | string | null
  retry: NodeJS.Timeout | undefined
}

export interface DeliveryOptions {
  log?: (line: string) => void
  timeoutMs?: number
  /** how long after each try the next one comes; after as many it is given up */
  retriesAfterMs: number[]
  /** how long a `reorder` keeps back what goes out alone, unless something overtakes it; 0: such a thing is not struck */
  holdMs?: number
}

const kept = 10_000

/**
 * Sends what a provider tells, at least once. What is sent together goes out in order, each after the first try of the
 * one before it; everything else at once, at most 64 requests per target. What is not answered by a 2xx within
 * `timeoutMs` is sent again.
 * @param provider whose `webhook` faults strike
 */
export function createDeliveries<Facts>(
  provider: string,
  faults: Faults,
  { log = () => {}, timeoutMs = 5000, retriesAfterMs, holdMs = 0 }: DeliveryOptions,
) {
  const deliveries = new Map<string, Delivery<Facts>>()
  const targets = new Map<string, Target>()
  const timers = new Set<NodeJS.Timeout>()
  const held: (() => void)[] = []
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

  /** Writes the messages down at once, and sends them after the answer to the present request. */
  function send(messages: Message<Facts>[]) {
    const batch = messages.map(record)
    setImmediate(() => void sendBatch(batch))
  }

  function record(message: Message<Facts>): Delivery<Facts> {
    const start = { state: 'waiting', tries: 0, rounds: 0, lastStatus: null, retry: undefined } as const
    const delivery: Delivery<Facts> = { ...message, ...start }
    deliveries.set(delivery.id, delivery)
    if (deliveries.size > kept) deliveries.delete(deliveries.keys().next().value!)
    return delivery
  }

  async function sendBatch(batch: Delivery<Facts>[]) {
    if ((batch.length > 1 || holdMs > 0) && faults.draw(provider, 'webhook', 'reorder')) {
      if (batch.length === 1) return hold(batch)
      batch.reverse()
    }
    await sendInTurn(batch)
    for (const release of held.splice(0)) release()
  }

  function hold(batch: Delivery<Facts>[]) {
    const timer = later(holdMs, () => {
      held.splice(held.indexOf(release), 1)
      release()
    })
    const release = () => {
      cancel(timer)
      void sendInTurn(batch)
    }
    held.push(release)
  }

  async function sendInTurn(batch: Delivery<Facts>[]) {
    for (const delivery of batch) {
      if (faults.draw(provider, 'webhook', 'drop')) {
        delivery.state = 'dropped'
        continue
      }
      const copies = faults.draw(provider, 'webhook', 'duplicate')?.copies ?? 1
      const delayMs = faults.draw(provider, 'webhook', 'delay')?.delayMs
      if (delayMs === undefined) await sendRound(delivery, copies)
      else later(delayMs, () => void sendRound(delivery, copies))
    }
  }

  async function sendRound(delivery: Delivery<Facts>, copies = 1) {
    if (closed) return
    cancel(delivery.retry)
    const url = delivery.url()
    if (url === null) {
      delivery.state = 'no target'
      return
    }
    const retryAfterMs = retriesAfterMs[delivery.rounds]
    delivery.rounds += 1
    const answers = await Promise.all(Array.from({ length: copies }, () => post(delivery, url)))
    const accepted = answers.find((answer) => typeof answer === 'number' && answer >= 200 && answer < 300)
    delivery.lastStatus = accepted ?? answers.at(-1)!
    if (accepted !== undefined || delivery.state === 'delivered') {
      delivery.state = 'delivered'
      return
    }
    if (closed) return
    if (retryAfterMs === undefined) {
      delivery.state = 'failed'
      const { name, id, tries, lastStatus } = delivery
      log(`${provider}: gave up on ${name} ${id} after ${tries} tries, the last: ${lastStatus}`)
      return
    }
    delivery.state = 'retrying'
    delivery.retry = later(retryAfterMs, () => void sendRound(delivery))
  }

  /** @returns the answer's status, or in a word why there was none */
  async function post(delivery: Delivery<Facts>, url: string): Promise<number | string> {
    const target = targetOf(url)
    await target.enter()
    try {
      if (closed) return 'closed'
      delivery.tries += 1
      return await target.post(delivery.headers, delivery.body, timeoutMs)
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

  return {
    send,
    /** Sends one once more, whatever became of it, `copies` times at once. @throws BadInput 404 */
    async resend(id: string, copies: number) {
      const delivery = deliveries.get(id)
      if (!delivery) throw new BadInput(`there is no event ${id}`, 404)
      await sendRound(delivery, copies)
      return delivery
    },
    /** All that are still known, oldest first. */
    list: () => [...deliveries.values()],
    close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      for (const target of targets.values()) target.close()
    },
  }
}

/** Where a provider may be told to send: nowhere, or to an address of the web. @throws BadInput */
export function checkTarget(url: string | null, name = 'webhook_url') {
  if (url === null) return
  const protocol = URL.parse(url)?.protocol
  if (protocol !== 'http:' && protocol !== 'https:') throw new BadInput(`${name} must be an http or https address`)
}
