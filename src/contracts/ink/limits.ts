import type { FastifyRequest } from 'fastify'
import { enforce, networkOf } from '../toolkit/limits.ts'
import type { Limiter } from '../toolkit/limits.ts'

const hour = 3600
/** All documented endpoints together, for one address. */
const documented = { limit: 100, seconds: hour }
/** Of what a verifier fetches: each costs some reading and a signature. */
const files = { limit: 1000, seconds: hour }

/** @throws Refusal limit.exceeded */
export const countRequest = (limiter: Limiter, request: FastifyRequest): void =>
  count(limiter, request, 'ink', documented)

/** @throws Refusal limit.exceeded */
export const countFile = (limiter: Limiter, request: FastifyRequest): void => count(limiter, request, 'ink file', files)

function count(
  limiter: Limiter,
  { store, ip }: FastifyRequest,
  what: string,
  limit: { limit: number; seconds: number },
) {
  enforce(limiter.count({ ...limit, bucket: `${store.slug} ${what} ${limiter.conceal(networkOf(ip))}` }))
}
