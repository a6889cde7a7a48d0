import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { hashToken, newToken } from '../../engine/sealing.ts'

/** How long a browser keeps a guest's cart, in seconds. */
const lifetime = 30 * 24 * 60 * 60

const header = 'x-cart-token'

/** Stores under one host name each have their own. */
const cookieName = (request: FastifyRequest) => `cart_${request.store.slug}`

/** The token by which a guest's cart is known: in a header for apps, in an HttpOnly cookie for browsers. */
function tokenOf(request: FastifyRequest): string | undefined {
  const given = [request.headers[header], parseCookie(request.headers.cookie ?? '')[cookieName(request)]]
  return given.find((token) => typeof token === 'string' && /^[\w-]{43}$/.test(token)) as string | undefined
}

/** Lets a guest have a cart: who brings no token is given one, in both ways. A customer needs none. */
export async function admitGuest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.actor.kind !== 'guest') return
  const given = tokenOf(request)
  const token = given ?? newToken()
  request.actor = { kind: 'guest', cartToken: hashToken(token) }
  reply.header(header, token)
  reply.header('cache-control', 'private, no-store')
  if (given === undefined) setCookie(request, reply, token, lifetime)
}

/** The guest's cart that is to become the customer's; null when there is none. */
export function guestCartOf(request: FastifyRequest): Buffer | null {
  const token = tokenOf(request)
  return token === undefined ? null : hashToken(token)
}

/** A cart that was merged is nobody's: the browser forgets its token. */
export const forgetGuest = (request: FastifyRequest, reply: FastifyReply) => setCookie(request, reply, '', 0)

function setCookie(request: FastifyRequest, reply: FastifyReply, value: string, maxAge: number) {
  const cookie = stringifySetCookie({
    name: cookieName(request),
    value,
    maxAge,
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: request.protocol === 'https',
  })
  reply.header('set-cookie', cookie)
}
