import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { listKeys } from '../../engine/proofs/keys.ts'
import type { PublishedKey } from '../../engine/proofs/keys.ts'
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

const seconds = (time: Date) => Math.floor(time.getTime() / 1000)

/** A key as a JWK; when it may be believed is said in the words of OpenID Federation's historical keys. */
export const toJwk = (key: PublishedKey) => ({
  kty: 'OKP' as const,
  crv: 'Ed25519' as const,
  kid: key.kid,
  x: key.publicKey.toString('base64url'),
  use: 'sig' as const,
  nbf: seconds(key.signsFrom),
  ...(key.signsUntil && { exp: Math.ceil(key.signsUntil.getTime() / 1000) }),
  ...(key.revokedAt && {
    revoked: {
      revoked_at: seconds(key.revokedAt),
      ...(key.revokedWhy !== null && { reason: key.revokedWhy }),
      ...(key.revokedIndex !== null && { log_index: key.revokedIndex }),
    },
  }),
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
        await proofs.notary.signerOf(store, engine.now()) // makes the first
        published = await listKeys(engine.db, store)
      }
      reply.header('cache-control', 'public, max-age=300')
      reply.header('access-control-allow-origin', '*')
      return { keys: published.map(toJwk) }
    },
  )
}
