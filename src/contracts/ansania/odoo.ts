import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { system } from '../../engine/context.ts'
import { enqueue } from '../../engine/events/jobs.ts'
import { Refusal } from '../../engine/refusal.ts'
import type { Services } from '../toolkit/contract.ts'
import { Success, ok, refusals } from './fields.ts'

/** Odoo's automation rules say that something has changed: what, is read from Odoo itself. */
export const odoo: FastifyPluginAsyncTypebox<Services> = async (app, { engine, erpOf }) => {
  app.post(
    '/api/webhooks/odoo',
    {
      config: { access: 'signature' },
      schema: {
        summary: 'Odoo tells that a product, a stock or an order has changed: a hint, after which it is read',
        querystring: Type.Object({ secret: Type.Optional(Type.String({ maxLength: 200 })) }),
        response: { 200: Success(Type.Object({ received: Type.Boolean() })), ...refusals(401) },
      },
    },
    async (request) => {
      const { store, headers, query } = request
      const given = headers['x-odoo-webhook-secret'] ?? query.secret
      if (typeof given !== 'string' || !erpOf(store)?.isHint(given)) throw new Refusal('payment.signature', {})
      // however many hints come at once, they are one job
      await enqueue(engine.direct(store, system), 'erp-pull', {}, `erp pull ${store.storeId}`)
      return ok({ received: true })
    },
  )
}
