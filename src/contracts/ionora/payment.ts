import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { toMinor } from '../../engine/money.ts'
import { acceptReturn, payAgain } from '../../engine/payments/sessions.ts'
import { receiveEvent } from '../../engine/payments/webhooks.ts'
import type { Services } from '../toolkit/contract.ts'
import { rawBody, takeRawBodies } from '../toolkit/raw-body.ts'
import { returnFields, toReturn } from './checkout.ts'
import { BadRequest } from './errors.ts'
import { Message, refusals } from './fields.ts'

export const payment: FastifyPluginAsyncTypebox<Services> = async (app, { engine, gatewayOf }) => {
  const config = { access: 'customer' } as const

  const Ask = Type.Object({
    order_id: Type.String({ format: 'uuid', msg: 'A valid order_id is required' }),
    amount: Type.Number({ exclusiveMinimum: 0, maximum: 90_071_992_547_409, msg: 'Amount must be a positive number' }),
  })
  const Asked = Type.Object({
    razorpay_order_id: Type.String(),
    amount: Type.Integer({ description: 'in paise' }),
    currency: Type.String(),
    key_id: Type.String(),
  })
  app.post(
    '/api/payment/create-order',
    {
      config,
      schema: {
        summary: 'Pay an order that is not paid yet',
        body: Ask,
        response: { 200: Asked, ...refusals(400, 401, 403, 404, 503) },
      },
    },
    async (request) => {
      const { store, actor } = request
      const gateway = gatewayOf(store)
      const amountMinor = toMinor(request.body.amount, store.exponent)
      if (amountMinor === null) throw new BadRequest([{ param: 'amount', msg: 'Amount must be a positive number' }])
      // asking again gives the same gateway order, so a repeat needs no key
      const session = await payAgain(engine, gateway, engine.direct(store, actor), request.body.order_id, amountMinor)
      return {
        razorpay_order_id: session.providerSessionId,
        amount: amountMinor,
        currency: store.currency,
        key_id: gateway.publicKey,
      }
    },
  )

  app.post(
    '/api/payment/verify',
    {
      config,
      schema: {
        summary: 'Confirm a payment by its signature',
        body: Type.Object(returnFields),
        response: { 200: Message, ...refusals(400, 401, 403, 404, 503) },
      },
    },
    async (request) => {
      const ctx = engine.direct(request.store, request.actor)
      await acceptReturn(engine, gatewayOf(request.store), ctx, toReturn(request.body))
      return { message: 'Payment verified successfully.' }
    },
  )

  await app.register(async (raw) => {
    takeRawBodies(raw)
    raw.post(
      '/api/payment/webhooks/payment',
      {
        config: { access: 'signature' },
        schema: { summary: 'Razorpay tells of a payment or a refund', response: { 200: Message, ...refusals(400) } },
      },
      async (request) => {
        const body = rawBody(request)
        const { store, headers } = request
        const gateway = gatewayOf(store)
        const event = gateway.readWebhook(body, headers)
        if (!event) throw new BadRequest('Invalid webhook signature.')
        await receiveEvent(engine, gateway, store, event, body)
        return { message: event.type === 'payment.captured' ? 'Payment captured.' : 'Webhook received.' }
      },
    )
  })
}
