import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { listKeys, toJwk } from '../../engine/proofs/keys.ts'
import type { Services } from '../toolkit/contract.ts'
import { Time } from '../toolkit/fields.ts'

const Key = Type.Object({
  kty: Type.Literal('OKP'),
  crv: Type.Literal('Ed25519'),
  kid: Type.String(),
  x: Type.String(),
  use: Type.Literal('sig'),
  nbf: Type.Integer({ description: 'when it begins to sign; seconds' }),
  exp: Type.Optional(Type.Integer({ description: 'when it stops' })),
  revoked: Type.Optional(
    Type.Object({
      revoked_at: Type.Integer({ description: 'what it signed from then on is not to be believed' }),
      reason: Type.Optional(Type.String()),
      log_index: Type.Optional(Type.Integer({ description: 'nor what stands in the log behind this' })),
    }),
  ),
})

export const keys: FastifyPluginAsyncTypebox<Services> = async (app, { engine, proofs }) => {
  const config = { access: 'public' } as const

  app.get(
    '/health',
    {
      config,
      schema: {
        summary: 'Whether the server runs',
        response: { 200: Type.Object({ status: Type.Literal('ok'), timestamp: Time }) },
      },
    },
    async () => ({ status: 'ok' as const, timestamp: engine.now().toISOString() }),
  )

  app.get(
    '/.well-known/jwks.json',
    {
      config,
      schema: {
        summary: 'The keys that sign, those that did, and the next one',
        response: { 200: Type.Object({ keys: Type.Array(Key) }) },
      },
    },
    async (request, reply) => {
      const { store } = request
      let published = await listKeys(engine.db, store)
      if (published.length === 0) {
        await proofs.notary.signerOf(engine.direct(store, request.actor)) // makes the first
        published = await listKeys(engine.db, store)
      }
      reply.header('cache-control', 'public, max-age=300')
      reply.header('access-control-allow-origin', '*')
      return { keys: published.map(toJwk) }
    },
  )
}
