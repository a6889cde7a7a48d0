import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { makeProofFile } from '../../engine/proofs/file.ts'
import type { Services } from '../toolkit/contract.ts'
import { refusals } from './fields.ts'
import { countFile } from './limits.ts'

export const files: FastifyPluginAsyncTypebox<Services> = async (app, { engine, proofs, limiter }) => {
  app.get(
    '/retrieve/:proofId/proof',
    {
      config: { access: 'public' },
      onRequest: async (request) => countFile(limiter, request),
      schema: {
        summary: 'One file by which the proof is checked without us',
        params: Type.Object({ proofId: Type.String() }),
        response: {
          200: {
            description: 'canonical JSON, to the byte as it was signed: docs/proofs.md',
            content: { 'application/json': { schema: Type.Unsafe<string>({}) } },
          },
          ...refusals(404, 503),
        },
      },
    },
    async (request, reply) => {
      const { proofId } = request.params
      const text = await makeProofFile(engine, proofs, request.store, proofId)
      reply.header('content-type', 'application/json; charset=utf-8')
      reply.header('content-disposition', `inline; filename="${proofId}.json"`)
      reply.header('cache-control', 'no-cache')
      reply.header('access-control-allow-origin', '*') // anybody's verifier may read it
      reply.serializer((already: unknown) => already as string)
      return reply.send(text)
    },
  )
}
