import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { sequence } from '../engine/log/sequencer.ts'
import type { Sequencing } from '../engine/log/sequencer.ts'

/** How long the trees rest between two rounds: what is stated is in its tree within a second, also when a round takes long. */
const pauseMs = 250
/** What fails at every round is said once in a while. */
const reportEveryMs = 60_000

/** Brings what stores state into their logs, round after round. @returns how to stop, once the round under way is done */
export function startSequencing(sequencing: Sequencing, log: FastifyBaseLogger): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  let reportAt = 0
  const report = (error: unknown) => {
    const now = performance.now()
    if (now < reportAt) return
    reportAt = now + reportEveryMs
    for (const err of error instanceof AggregateError ? error.errors : [error])
      log.error({ err: err as Error }, 'a log could not take in what was stated')
  }
  const work = async () => {
    while (!signal.aborted) {
      const done = await sequence(sequencing).catch(report)
      if (!done?.isMore) await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
  const ended = work()
  return {
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}
