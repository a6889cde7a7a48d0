import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { customerIdOf, guest } from '../../engine/context.ts'
import { changePassword, register, signIn } from '../../engine/identity/identity.ts'
import type { Customer } from '../../engine/identity/identity.ts'
import { requestReset, resetPassword } from '../../engine/identity/reset.ts'
import type { Services } from '../toolkit/contract.ts'
import { Email, Message, NewPassword, Text, TextOrNull, Time, TimeOrNull, Uuid, refusals } from './fields.ts'
import { countAccount } from './limits.ts'

export const User = Type.Object({
  id: Uuid,
  email: Type.String(),
  full_name: Type.String(),
  phone: TextOrNull,
  email_verified: Type.Boolean(),
  is_admin: Type.Boolean(),
  created_at: Time,
  updated_at: Time,
  last_login: TimeOrNull,
})

export const toUser = (customer: Customer) => ({
  id: customer.id,
  email: customer.email ?? '',
  full_name: customer.fullName,
  phone: customer.phone,
  email_verified: customer.emailVerified,
  is_admin: customer.isAdmin,
  created_at: customer.createdAt.toISOString(),
  updated_at: customer.updatedAt.toISOString(),
  last_login: customer.lastLoginAt?.toISOString() ?? null,
})

const Signed = Type.Object({ user: User, token: Type.String() })
const Password = Type.String({ minLength: 1, maxLength: 256, msg: 'Password is required' })

export const auth: FastifyPluginAsyncTypebox<Services> = async (app, { engine, tokens, limiter }) => {
  const Register = Type.Object({
    email: Email,
    password: NewPassword,
    full_name: Text('Full name is required', 200),
    phone: Type.Optional(
      Type.Union([Text('A valid phone is required', 30), Type.Null()], { msg: 'A valid phone is required' }),
    ),
  })
  app.post(
    '/api/auth/register',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Register, and be signed in',
        body: Register,
        response: { 201: Signed, ...refusals(400, 409, 429, 500) },
      },
    },
    async (request, reply) => {
      const { email, password, full_name: fullName, phone = null } = request.body
      countAccount(limiter, request, email)
      const customer = await register(engine, request.store, { email, fullName, phone }, password)
      return reply.code(201).send({ user: toUser(customer), token: await tokens.sign(request.store, customer) })
    },
  )

  const Login = Type.Object({ email: Email, password: Password })
  app.post(
    '/api/auth/login',
    {
      config: { access: 'public' },
      schema: { summary: 'Sign in', body: Login, response: { 200: Signed, ...refusals(400, 401, 429) } },
    },
    async (request) => {
      const { email, password } = request.body
      countAccount(limiter, request, email)
      const customer = await signIn(engine, request.store, email, password)
      return { user: toUser(customer), token: await tokens.sign(request.store, customer) }
    },
  )

  app.post(
    '/api/auth/forgot-password',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Ask for a reset mail',
        body: Type.Object({ email: Email }),
        response: { 200: Message, ...refusals(400, 429) },
      },
    },
    async (request) => {
      const { email } = request.body
      countAccount(limiter, request, email)
      await requestReset(engine.direct(request.store, guest), email)
      return { message: 'If that email exists, we have sent a reset link.' }
    },
  )

  const Reset = Type.Object({ token: Text('Token is required', 200), new_password: NewPassword })
  app.post(
    '/api/auth/reset-password',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Set a new password with the token of the mail',
        body: Reset,
        response: { 200: Message, ...refusals(400, 429) },
      },
    },
    async (request) => {
      const { token, new_password: password } = request.body
      countAccount(limiter, request, token)
      await resetPassword(engine, request.store, token, password)
      return { message: 'Password has been reset successfully.' }
    },
  )

  const Change = Type.Object({
    current_password: Type.String({ minLength: 1, maxLength: 256, msg: 'Current password is required' }),
    new_password: NewPassword,
  })
  app.put(
    '/api/auth/change-password',
    {
      config: { access: 'customer' },
      schema: {
        summary: 'Change the password, and end every other session',
        body: Change,
        response: { 200: Type.Object({ message: Type.String(), token: Type.String() }), ...refusals(400, 401, 429) },
      },
    },
    async (request) => {
      const { current_password: current, new_password: next } = request.body
      const ctx = engine.direct(request.store, request.actor)
      const id = customerIdOf(ctx)
      countAccount(limiter, request, id)
      const sessionEpoch = await changePassword(engine, ctx, current, next)
      // every session ended with the old password, this one too: the caller goes on with a new token
      return {
        message: 'Password updated successfully.',
        token: await tokens.sign(request.store, { id, sessionEpoch }),
      }
    },
  )
}
