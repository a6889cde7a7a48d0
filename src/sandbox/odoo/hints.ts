import { setTimeout as wait } from 'node:timers/promises'
import type { Faults } from '../faults.ts'
import type { Change } from './store.ts'

/** Where an automation rule tells of changes; `secret` goes along in a header. */
export interface HintTarget {
  url: string | null
  secret: string | null
}

/** The models that a shop would set a rule for. */
const watched = new Set(['product.template', 'product.product', 'stock.quant', 'sale.order', 'stock.picking'])

/** An automation rule waits no longer, in milliseconds. */
const timeoutMs = 1000

/**
 * What automation rules send when a record changes: which one, and no more. Sent once: nobody repeats what was lost.
 * The hints of one transaction go out in order, each after the answer to the one before.
 */
export function createHints(faults: Faults, log: (line: string) => void) {
  const closing = new AbortController()

  async function sendInTurn(target: HintTarget, changes: Change[]) {
    if (changes.length > 1 && faults.draw('odoo', 'webhook', 'reorder')) changes.reverse()
    for (const change of changes) {
      if (faults.draw('odoo', 'webhook', 'drop')) continue
      const copies = faults.draw('odoo', 'webhook', 'duplicate')?.copies ?? 1
      const delayMs = faults.draw('odoo', 'webhook', 'delay')?.delayMs ?? 0
      if (delayMs > 0) await wait(delayMs, undefined, { ref: false, signal: closing.signal })
      await Promise.all(Array.from({ length: copies }, () => post(target, change)))
    }
  }

  async function post({ url, secret }: HintTarget, { model, id }: Change) {
    if (url === null) return
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(secret === null ? {} : { 'x-odoo-webhook-secret': secret }),
        },
        body: JSON.stringify({ _action: 'Tell the shop(#1)', _id: id, _model: model }),
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      })
      await response.body?.cancel()
    } catch (error) {
      if (!closing.signal.aborted) log(`odoo: a hint was not taken: ${error instanceof Error ? error.name : 'error'}`)
    }
  }

  return {
    send(target: HintTarget, changes: Change[]) {
      const told = changes.filter(({ model }) => watched.has(model))
      if (target.url === null || told.length === 0) return
      setImmediate(() => {
        sendInTurn(target, told).catch(() => {}) // only closing ends it early
      })
    },
    close: () => closing.abort(),
  }
}
