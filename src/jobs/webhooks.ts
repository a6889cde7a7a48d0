import type { FastifyBaseLogger } from 'fastify'
import { system } from '../engine/context.ts'
import type { Engine } from '../engine/context.ts'
import type { Vault } from '../engine/sealing.ts'
import type { Store } from '../engine/stores/stores.ts'
import { claimDeliveries, recordDelivered, recordFailed } from '../engine/webhooks/deliveries.ts'
import type { Claimed } from '../engine/webhooks/deliveries.ts'
import { disableEndpoint, secretPurpose } from '../engine/webhooks/endpoints.ts'
import { ownBody } from '../engine/webhooks/forms.ts'
import type { WebhookForm } from '../engine/webhooks/forms.ts'
import { nextTry, retryAfterOf } from '../engine/webhooks/schedule.ts'
import type { Send, Sent } from '../providers/webhooks/send.ts'
import { standardHeaders } from '../providers/webhooks/standard.ts'

/** What webhooks are sent with. */
export interface WebhookWorkshop {
  engine: Engine
  vault: Vault
  storeById(storeId: string): Store | undefined
  /** the words of a contract, by its name */
  formOf(name: string): WebhookForm | undefined
  send: Send
  log: FastifyBaseLogger
  /** from 0 to 1; chance when left out */
  random?: () => number
}

/** How many are under way at once, in all and for one endpoint: those who do not answer keep nobody else waiting. */
const atOnce = 32
const atOncePerEndpoint = 4

const pollMs = 300
/** after the database could not be asked */
const restMs = 2000

/**
 * Starts sending what endpoints are owed, as it falls due.
 * @returns how to stop: what is under way is finished first
 */
export function startWebhooks(workshop: WebhookWorkshop): { stop(): Promise<void> } {
  const { engine, log } = workshop
  const running = new Set<Promise<void>>()
  const busy = new Map<string, number>()
  const stopping = new AbortController()
  let isAwake = true
  let endPause = () => {}

  const wake = () => {
    isAwake = true
    endPause()
  }

  /** @param ms unless something wakes it, or has since the last one */
  const pause = async (ms: number) => {
    if (!isAwake) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        endPause = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    isAwake = false
  }

  function begin(claimed: Claimed, claimedAt: Date) {
    const { endpointId } = claimed
    busy.set(endpointId, (busy.get(endpointId) ?? 0) + 1)
    // what could not be written down is done again when its lease is over
    const work = deliver(workshop, claimed, claimedAt)
      .catch((error: unknown) => log.error({ err: error }, 'a webhook'))
      .finally(() => {
        running.delete(work)
        const left = busy.get(endpointId)! - 1
        if (left > 0) busy.set(endpointId, left)
        else busy.delete(endpointId)
        wake() // there is room for another
      })
    running.add(work)
  }

  async function loop() {
    while (!stopping.signal.aborted) {
      try {
        const now = engine.now()
        const room = { busy, each: atOncePerEndpoint, limit: atOnce - running.size }
        for (const claimed of room.limit > 0 ? await claimDeliveries(engine.db, now, room) : []) begin(claimed, now)
        await pause(pollMs)
      } catch (error) {
        log.error({ err: error }, 'webhooks')
        isAwake = stopping.signal.aborted
        await pause(restMs)
      }
    }
  }

  const ended = loop()
  return {
    stop: async () => {
      stopping.abort()
      wake()
      await ended
      await Promise.all(running)
    },
  }
}

/** Sends one, and writes down what came of it. */
async function deliver(workshop: WebhookWorkshop, claimed: Claimed, claimedAt: Date): Promise<void> {
  const { engine, log, random = Math.random } = workshop
  const { storeId, id, endpointId, tries } = claimed
  const at = engine.now()
  const began = performance.now()
  const { status, problem, retryAfter } = await attempt(workshop, claimed, at)
  const now = engine.now()
  const named = { storeId, id, at, status, problem, durationMs: Math.round(performance.now() - began) }
  if (status !== null && status >= 200 && status < 300) return recordDelivered(engine.db, named, now)

  const waitMs = nextTry(tries, status === null ? null : retryAfterOf(status, retryAfter, now), random())
  const isGone = status === 410
  const nextAt = waitMs === null || isGone || claimed.isOff ? null : new Date(now.getTime() + waitMs)
  await recordFailed(engine.db, named, { claimedAt, nextAt, now })
  const store = workshop.storeById(storeId)
  const told = { store: store?.slug, endpoint: endpointId, delivery: id }
  if (isGone && store) {
    await disableEndpoint(engine.direct(store, system), endpointId, 'it answered 410: gone')
    log.warn(told, 'a webhook endpoint is gone, and switched off')
  } else if (nextAt === null) log.warn({ ...told, status, problem }, 'a webhook is given up')
}

/** The same bytes under the same id at every try: what is told is what the event's row says. */
async function attempt({ vault, formOf, send, log }: WebhookWorkshop, claimed: Claimed, at: Date): Promise<Sent> {
  const { storeId, id, url, form, secretSealed, isOff, type, subjectId, data } = claimed
  if (isOff) return unsent('the endpoint is switched off')
  const words = form === null ? null : formOf(form)
  if (words === undefined) return unsent(`there is no form ${form}`)
  try {
    const event = { type, subjectId, data, at: claimed.at }
    const body = JSON.stringify(words ? words.body(event) : ownBody(event))
    const secret = vault.open(secretSealed, secretPurpose(storeId, url)).toString()
    const headers = { ...standardHeaders(`msg_${id}`, at, body, secret), ...words?.headers?.(body, secret) }
    return await send(url, { 'content-type': 'application/json', ...headers }, body)
  } catch (error) {
    log.error({ err: error, delivery: id }, 'a webhook cannot be put into words')
    return unsent('it could not be put into words, or its secret not be opened')
  }
}

const unsent = (problem: string): Sent => ({ status: null, problem, retryAfter: null })
