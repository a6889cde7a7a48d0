import type { Wire } from './wire.ts'

/** What came of one round. */
export interface Sample {
  done: number
  failed: number
  seconds: number
  /** of each that was done, milliseconds */
  latencies: number[]
  /** what its CPU is shared by, when that is more than was counted as done */
  costed?: number
  /** why the first one failed */
  failure?: string
}

/**
 * Sends requests on every wire, each as soon as the one before it is answered, until the time is over.
 * @param next the bytes of a wire's next request
 * @param status of a good answer
 */
export async function drive(wires: readonly Wire[], seconds: number, next: (wire: number) => Buffer, status = 200) {
  const sample: Sample = { done: 0, failed: 0, seconds, latencies: [] }
  const began = performance.now()
  const until = began + seconds * 1000
  const run = (wire: Wire, place: number) =>
    new Promise<void>((resolve) => {
      const go = () => {
        const sent = performance.now()
        wire.send(next(place), (answer) => {
          const now = performance.now()
          if (answer.status === status) {
            sample.done++
            sample.latencies.push(now - sent)
          } else {
            sample.failed++
            sample.failure ??= `status ${answer.status}: ${answer.body.toString().slice(0, 200)}`
          }
          if (now < until) go()
          else resolve()
        })
      }
      go()
    })
  await Promise.all(wires.map(run))
  sample.seconds = (performance.now() - began) / 1000
  return sample
}

/**
 * Lets several play at once, each again as soon as it is through, until the time is over.
 * @param play one whole play of one of them; throws when it goes wrong
 */
export async function driveMany(players: number, seconds: number, play: (player: number) => Promise<void>) {
  const sample: Sample = { done: 0, failed: 0, seconds, latencies: [] }
  const began = performance.now()
  const until = began + seconds * 1000
  const run = async (player: number) => {
    while (performance.now() < until) {
      const sent = performance.now()
      try {
        await play(player)
        sample.done++
        sample.latencies.push(performance.now() - sent)
      } catch (error) {
        sample.failed++
        sample.failure ??= (error as Error).message
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
  }
  await Promise.all(Array.from({ length: players }, (_, player) => run(player)))
  sample.seconds = (performance.now() - began) / 1000
  return sample
}

/** @param part 0.5 for the median. @returns NaN of nothing */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const median = (values: readonly number[]) => percentile(values, 0.5)
