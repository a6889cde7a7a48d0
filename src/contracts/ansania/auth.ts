import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { mergeGuestCart } from '../../engine/cart/merge.ts'
import type { CutLine } from '../../engine/cart/merge.ts'
import { guest } from '../../engine/context.ts'
import { acquaint } from '../../engine/erp/customers.ts'
import { register, signIn } from '../../engine/identity/identity.ts'
import type { Customer } from '../../engine/identity/identity.ts'
import { requestReset, resetPassword } from '../../engine/identity/reset.ts'
import { refreshSession, startSession } from '../../engine/identity/sessions.ts'
import { isRefusal } from '../../engine/refusal.ts'
import type { Services } from '../toolkit/contract.ts'
import { Refused } from './errors.ts'
import { Success, Text, ok, refusals } from './fields.ts'
import { forgetGuest, guestCartOf } from './guest.ts'
import { countAccount, countMail } from './limits.ts'

const User = Type.Object({
  id: Type.Integer(),
  email: Type.String(),
  full_name: Type.String(),
  odoo_user_id: Type.Integer({ description: '0 as long as Odoo has not answered' }),
  odoo_partner_id: Type.Integer({ description: '0 as long as Odoo has not answered' }),
})

const toUser = (customer: Customer) => ({
  id: customer.serial,
  email: customer.email ?? '',
  full_name: customer.fullName,
  odoo_user_id: customer.erpUserId ?? 0,
  odoo_partner_id: customer.erpPartnerId ?? 0,
})

/** What a merge had to leave out, so that nothing is lost silently. */
const CartMerge = Type.Optional(
  Type.Object({
    adjusted: Type.Array(
      Type.Object({
        product_variant_id: Type.Integer(),
        name: Type.String(),
        wanted: Type.Integer(),
        kept: Type.Integer(),
      }),
    ),
  }),
)

const Signed = Success(
  Type.Object({ user: User, token: Type.String(), refresh_token: Type.String(), cart_merge: CartMerge }),
)

const Email = Type.String({ format: 'email', maxLength: 254 })
export const Phone = Type.String({ pattern: String.raw`^\+?[0-9(][0-9\s().-]{6,24}$`, maxLength: 30 })
const NewPassword = Type.String({ minLength: 8, maxLength: 256 })

const days = 7
const daysRemembered = 30

export const auth: FastifyPluginAsyncTypebox<Services> = async (app, services) => {
  const { engine, tokens, erpOf } = services
  const config = { access: 'public' } as const

  /** Signs in whoever has just shown who they are, and takes the guest's cart along. */
  const sign = async (request: FastifyRequest, reply: FastifyReply, customer: Customer, lifetime: number) => {
    const { store } = request
    const actor = { kind: 'customer', id: customer.id, isAdmin: customer.isAdmin } as const
    const [known, refreshToken, token, cut] = await Promise.all([
      acquaint(engine, erpOf(store), store, customer),
      startSession(engine.direct(store, actor), customer, lifetime),
      tokens.sign(store, customer),
      takeCart(request, reply, actor),
    ])
    return ok({
      user: toUser(known),
      token,
      refresh_token: refreshToken,
      ...(cut.length > 0 && { cart_merge: { adjusted: cut.map(toAdjusted) } }),
    })
  }

  const takeCart = async (
    request: FastifyRequest,
    reply: FastifyReply,
    actor: { kind: 'customer'; id: string; isAdmin: boolean },
  ): Promise<CutLine[]> => {
    const cart = guestCartOf(request)
    if (!cart) return []
    const cut = await engine.run(request.store, actor, (ctx) => mergeGuestCart(ctx, cart))
    forgetGuest(request, reply)
    return cut
  }

  const Register = Type.Object({ email: Email, phone: Phone, full_name: Text(200), password: NewPassword })
  app.post(
    '/api/auth/register',
    {
      config,
      schema: {
        summary: 'Register, and be signed in',
        body: Register,
        response: { 201: Signed, ...refusals(400, 409) },
      },
    },
    async (request, reply) => {
      const { email, phone, full_name: fullName, password } = request.body
      countAccount(services, request, email)
      const person = { email, phone, fullName, phoneIsLogin: true }
      const customer = await register(engine, request.store, person, password)
      return reply.code(201).send(await sign(request, reply, customer, days))
    },
  )

  const Login = Type.Object({
    email: Type.String({
      minLength: 3,
      maxLength: 254,
      format: 'text',
      description: 'an e-mail address or a phone number',
    }),
    password: Type.String({ minLength: 1, maxLength: 256 }),
    remember_me: Type.Optional(Type.Boolean({ description: 'the refresh token is good for 30 days instead of 7' })),
  })
  app.post(
    '/api/auth/login',
    {
      config,
      schema: {
        summary: 'Sign in with e-mail or phone',
        body: Login,
        response: { 200: Signed, ...refusals(400, 401) },
      },
    },
    async (request, reply) => {
      const { email, password, remember_me: isRemembered = false } = request.body
      countAccount(services, request, email)
      const customer = await signIn(engine, request.store, email, password)
      return sign(request, reply, customer, isRemembered ? daysRemembered : days)
    },
  )

  app.post(
    '/api/auth/refresh',
    {
      config,
      schema: {
        summary: 'Trade a refresh token for the next pair',
        body: Type.Object({ refresh_token: Text(500) }),
        response: {
          200: Success(Type.Object({ token: Type.String(), refresh_token: Type.String() })),
          ...refusals(400, 401),
        },
      },
    },
    async (request) => {
      const { store } = request
      const { customer, refreshToken } = await refreshSession(engine, store, request.body.refresh_token).catch(
        (error: unknown) => {
          throw isRefusal(error, 'session.refused') ? new Refused('UNAUTHORIZED', 'Invalid refresh token') : error
        },
      )
      return ok({ token: await tokens.sign(store, customer), refresh_token: refreshToken })
    },
  )

  const Said = Success(Type.Object({ message: Type.String() }))
  app.post(
    '/api/auth/forgot-password',
    {
      config,
      schema: {
        summary: 'Ask for a reset mail',
        body: Type.Object({ email: Email }),
        response: { 200: Said, ...refusals(400) },
      },
    },
    async (request) => {
      const { email } = request.body
      countMail(services, request, email)
      await requestReset(engine.direct(request.store, guest), email)
      return ok({ message: 'Password reset email sent' })
    },
  )

  app.post(
    '/api/auth/reset-password',
    {
      config,
      schema: {
        summary: 'Set a new password with the token of the mail; every session ends',
        body: Type.Object({ token: Text(200), new_password: NewPassword }),
        response: { 200: Said, ...refusals(400) },
      },
    },
    async (request) => {
      const { token, new_password: password } = request.body
      countAccount(services, request, token)
      await resetPassword(engine, request.store, token, password)
      return ok({ message: 'Password has been reset' })
    },
  )
}

const toAdjusted = ({ variantSerial, name, wanted, kept }: CutLine) => ({
  product_variant_id: variantSerial,
  name,
  wanted,
  kept,
})
