/** At most `limit` requests in each window of `seconds`. */
export interface Limit {
  /** what is limited and whose, as "ionora auth 203.0.113.7"; personal data only as a keyed hash */
  bucket: string
  limit: number
  seconds: number
}

export interface Limiter {
  /**
   * Counts one request. Never waits: processes tell each other their counts twice a second.
   * @throws Refusal limit.exceeded
   */
  count(limit: Limit): void
  /** A keyed hash for a bucket's name, so that no address or account lies in the counters' table. */
  conceal(text: string): string
}
