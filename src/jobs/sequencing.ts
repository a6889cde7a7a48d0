import type { FastifyBaseLogger } from 'fastify'
import { sequence } from '../engine/log/sequencer.ts'
import type { Sequencing } from '../engine/log/sequencer.ts'

/** How long the trees rest between two rounds: what is stated is in its tree within a second, also when a round takes long. */
const pauseMs = 250
/** What fails at every round is said once in a while. */
const reportEveryMs = 60_000

/** Brings what stores state into their logs, round after round. @returns how to stop, once the round under way is done */
export function startSequencing(sequencing: Sequencing, log: FastifyBaseLogger): { stop(): Promise<void> } {
  let isStopped = false
  let wake = () => {}
  let reportAt = 0
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const report = (error: unknown) => {
    const now = performance.now()
    if (now < reportAt) return
    reportAt = now + reportEveryMs
    for (const err of error instanceof AggregateError ? error.errors : [error])
      log.error({ err: err as Error }, 'a log could not take in what was stated')
  }
  const work = async () => {
    while (!isStopped) {
      const done = await sequence(sequencing).catch(report)
      if (!done?.isMore && !isStopped) await pause()
    }
  }
  const ended = work()
  return {
    stop: async () => {
      isStopped = true
      wake()
      await ended
    },
  }
}
