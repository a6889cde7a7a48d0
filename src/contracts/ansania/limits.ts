import type { FastifyReply, FastifyRequest } from 'fastify'
import { toE164 } from '../../engine/identity/phones.ts'
import type { Services } from '../toolkit/contract.ts'
import { enforce, networkOf } from '../toolkit/limits.ts'

const seconds = 15 * 60
/** For one address. */
const anonymous = 100
/** For one customer, from wherever. */
const authenticated = 1000
/** Mails to one address. */
const mails = 5

/** Counts a request and says in its answer what is left, whatever the answer will be. @throws Refusal limit.exceeded */
export async function countRequest({ limiter, tokens }: Services, request: FastifyRequest, reply: FastifyReply) {
  if (request.routeOptions.config.access === 'signature') {
    // a gateway sends as much as there is to tell, and is told that nothing of it was counted
    const resetsAt = (Math.floor(Date.now() / 1000 / seconds) + 1) * seconds
    return tell(reply, authenticated, authenticated, resetsAt)
  }
  const holder = await tokens.holderOf(request.store, request.headers.authorization)
  const limit = holder ? authenticated : anonymous
  const who = limiter.conceal(holder ?? networkOf(request.ip))
  const usage = limiter.count({ bucket: `${request.store.slug} ansania ${who}`, limit, seconds })
  tell(reply, limit, usage.remaining, Math.floor(usage.resetsAt.getTime() / 1000))
  enforce(usage)
}

function tell(reply: FastifyReply, limit: number, remaining: number, resetsAt: number): void {
  reply.header('x-ratelimit-limit', limit)
  reply.header('x-ratelimit-remaining', remaining)
  reply.header('x-ratelimit-reset', resetsAt)
}

/**
 * Guessing one account's password from many addresses is guessing too: what one address may ask is asked of one account.
 * @param account an e-mail address, a phone number or a token
 */
export function countAccount({ limiter }: Services, request: FastifyRequest, account: string): void {
  // one number has many spellings, and is one account
  const who = limiter.conceal(toE164(account, request.store.country) ?? account.trim().toLowerCase())
  enforce(limiter.count({ bucket: `${request.store.slug} ansania account ${who}`, limit: anonymous, seconds }))
}

/** Nobody's mailbox is filled by who knows the address. */
export function countMail({ limiter }: Services, request: FastifyRequest, email: string): void {
  const who = limiter.conceal(email.trim().toLowerCase())
  enforce(limiter.count({ bucket: `${request.store.slug} ansania mail ${who}`, limit: mails, seconds }))
}
