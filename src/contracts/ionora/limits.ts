import type { FastifyRequest } from 'fastify'
import { enforce, networkOf } from '../toolkit/limits.ts'
import type { Limiter } from '../toolkit/limits.ts'

/** Every route but the gateway's webhook, for one address. */
const general = { limit: 300, seconds: 60 }
/** Sign-in and its like, for one address and for one account each: guessing from many addresses is guessing too. */
const auth = { limit: 10, seconds: 60 }

export function countAddress(limiter: Limiter, request: FastifyRequest): void {
  if (request.routeOptions.config.access === 'signature') return
  const { slug } = request.store
  const address = limiter.conceal(networkOf(request.ip))
  enforce(limiter.count({ ...general, bucket: `${slug} ionora ${address}` }))
  if (isAuth(request)) enforce(limiter.count({ ...auth, bucket: `${slug} ionora auth ${address}` }))
}

/** @param account e-mail address or customer id; any one name for it, so long as it is always the same */
export function countAccount(limiter: Limiter, request: FastifyRequest, account: string): void {
  const who = limiter.conceal(account.trim().toLowerCase())
  enforce(limiter.count({ ...auth, bucket: `${request.store.slug} ionora auth ${who}` }))
}

const isAuth = (request: FastifyRequest) => request.routeOptions.url?.includes('/api/auth/') ?? false
