import { isIPv6 } from 'node:net'
import { Refusal } from '../../engine/refusal.ts'

/** At most `limit` requests in each window of `seconds`. */
export interface Limit {
  /** what is limited and whose, as "ionora auth 203.0.113.7"; personal data only as a keyed hash */
  bucket: string
  limit: number
  seconds: number
}

/** What a window has left after the request that was counted. */
export interface Usage {
  isExceeded: boolean
  remaining: number
  /** when the window ends */
  resetsAt: Date
}

export interface Limiter {
  /** Counts one request. Never waits: processes tell each other their counts twice a second. */
  count(limit: Limit): Usage
  /** A keyed hash for a bucket's name, so that no address or account lies in the counters' table. */
  conceal(text: string): string
}

/** Refuses the request that was one too many. @throws Refusal limit.exceeded */
export function enforce({ isExceeded, resetsAt }: Usage): void {
  if (!isExceeded) return
  const seconds = Math.ceil((resetsAt.getTime() - Date.now()) / 1000)
  throw new Refusal('limit.exceeded', { retryAfterSeconds: Math.max(seconds, 1) })
}

/** Whose an address is, for counting: of IPv6, the network (/64), of which a household has 2^64 addresses. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1) // IPv4, mapped
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  const middle = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...middle, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
