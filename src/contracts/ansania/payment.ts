import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { findSession } from '../../engine/payments/settle.ts'
import { receiveEvent } from '../../engine/payments/webhooks.ts'
import { Refusal } from '../../engine/refusal.ts'
import type { Services } from '../toolkit/contract.ts'
import { rawBody, takeRawBodies } from '../toolkit/raw-body.ts'
import { Refused } from './errors.ts'
import { Success, ok, refusals } from './fields.ts'

export const payment: FastifyPluginAsyncTypebox<Services> = async (app, { engine, gatewayOf }) => {
  takeRawBodies(app)

  app.post(
    '/api/checkout/payment-webhook',
    {
      config: { access: 'signature' },
      schema: {
        summary: 'Doku tells of a payment: signed in its headers, or in the body’s field signature',
        response: { 200: Success(Type.Object({ received: Type.Boolean() })), ...refusals(400, 401, 404, 503) },
      },
    },
    async (request) => {
      const { store, headers } = request
      const body = rawBody(request)
      const gateway = gatewayOf(store)
      const event = gateway.readWebhook(body, headers)
      if (!event) throw new Refusal('payment.signature', {})
      const session = event.payment && (await findSession(engine.db, gateway, store, event.payment))
      if (event.told) {
        if (!session) throw new Refused('NOT_FOUND', 'Transaction not found')
        if (event.told.amountMinor !== session.amountMinor)
          throw new Refusal('payment.amount_differs', { expectedMinor: session.amountMinor })
      }
      await receiveEvent(engine, gateway, store, event, body, session)
      return ok({ received: true })
    },
  )
}
