const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** How long after a failed try the next one comes, in ms: the example schedule of Standard Webhooks, ended at three days. */
const pauses = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  20 * hour,
] as const

/** The longest that a receiver can ask us to stay away, in ms. */
const longestWait = 24 * hour

/**
 * When to try again, a fifth earlier or later by chance, so that what failed together does not come back together.
 * @param tries how many there were, this one included
 * @param retryAfterMs how long the receiver asked us to stay away; it is never asked sooner, and waits a day at most
 * @param random from 0 to 1
 * @returns ms from now; null when it has been tried long enough
 */
export function nextTry(tries: number, retryAfterMs: number | null, random: number): number | null {
  const pause = pauses[tries - 1]
  if (pause === undefined) return null
  const ours = pause * (0.8 + 0.4 * random)
  const theirs = Math.min(retryAfterMs ?? 0, longestWait) * (1 + 0.2 * random)
  return Math.round(Math.max(ours, theirs))
}

/** Answers whose Retry-After counts: too many requests, and servers in trouble. */
const waitingAnswers = new Set([429, 502, 503, 504])

/**
 * What an answer asks for by its Retry-After, which is seconds or a date (RFC 9110, 10.2.3).
 * @returns ms; null when it asks for nothing that can be understood
 */
export function retryAfterOf(status: number, retryAfter: string | null, now: Date): number | null {
  if (retryAfter === null || !waitingAnswers.has(status)) return null
  const text = retryAfter.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * second : Date.parse(text) - now.getTime()
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}
