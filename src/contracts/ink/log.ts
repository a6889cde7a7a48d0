import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { findLog, readEntries, readTile, verifierOf } from '../../engine/log/log.ts'
import { vkey } from '../../engine/log/notes.ts'
import { entryBundle, parseTilePath } from '../../engine/log/paths.ts'
import { consistency, inclusion, latestCheckpoint } from '../../engine/log/proofs.ts'
import type { HashPath } from '../../engine/log/proofs.ts'
import { tileWidth } from '../../engine/log/tree.ts'
import { keepCosignatures } from '../../engine/log/witnesses.ts'
import type { Reception } from '../../engine/log/witnesses.ts'
import type { Services } from '../toolkit/contract.ts'
import { countFile } from './limits.ts'

const ErrorBody = Type.Object({ error: Type.String() })
const config = { access: 'public' } as const

const content = (description: string, type: string, schema: object) => ({
  description,
  content: { [type]: { schema: Type.Unsafe<never>(schema) } },
})
const text = (description: string) => content(description, 'text/plain', { type: 'string' })
const binary = (description: string) =>
  content(description, 'application/octet-stream', { type: 'string', format: 'binary' })

const plain = 'text/plain; charset=utf-8'
const notFound = { error: 'Not found' }

const Position = (description: string, minimum: number) =>
  Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER, description })

const Path = Type.Object({
  size: Type.Integer({ description: 'of the tree that it is about' }),
  hashes: Type.Array(Type.String({ description: 'SHA-256, base64' })),
})
const toPath = ({ size, hashes }: HashPath) => ({ size, hashes: hashes.map((hash) => hash.toString('base64')) })

/** How each end of a cosignature is told. */
const receptions: Record<Exclude<Reception, 'kept'>, [status: 400 | 403, error: string]> = {
  unreadable: [400, 'The body must be a checkpoint of this log with its signature and cosignatures'],
  not_this_log: [403, 'The checkpoint is not signed by this log'],
  forked: [400, 'This log has signed another tree of that size'],
  unknown_witness: [403, 'None of the signatures is of a witness that this log knows'],
  wrong_signature: [403, 'A cosignature is not genuine, or its time is yet to come'],
}

/** The log that shows tampering, as static files (C2SP tlog-tiles), with proofs for who has no tiles at hand. */
export const log: FastifyPluginAsyncTypebox<Services> = async (app, { engine, limiter }) => {
  const onRequest = async (request: FastifyRequest) => countFile(limiter, request)

  app.get(
    '/log/checkpoint',
    {
      config,
      schema: {
        summary: 'The latest signed tree head',
        response: { 200: text('a signed note: C2SP tlog-checkpoint'), 404: ErrorBody },
      },
    },
    async (request, reply) => {
      const checkpoint = await latestCheckpoint(engine.direct(request.store, request.actor))
      if (checkpoint === undefined) return reply.code(404).send(notFound)
      reply.header('content-type', plain)
      reply.header('cache-control', 'public, max-age=1')
      return reply.send(checkpoint as never)
    },
  )

  app.get(
    '/log/vkey',
    {
      config,
      schema: {
        summary: 'The key that checkpoints are signed with, to be noted down before it is relied on',
        response: { 200: text('C2SP signed-note: name+id+key'), 404: ErrorBody },
      },
    },
    async (request, reply) => {
      const known = await findLog(engine.direct(request.store, request.actor))
      if (!known) return reply.code(404).send(notFound)
      reply.header('content-type', plain)
      return reply.send(`${vkey(await verifierOf(known))}\n` as never)
    },
  )

  app.get(
    '/log/tile/*',
    {
      config,
      schema: {
        summary: 'Hashes of the tree, or the entries: <level or "entries">/<index>[.p/<width>]',
        params: Type.Object({ '*': Type.String({ description: '0/x001/234, entries/000.p/7' }) }),
        response: { 200: binary('C2SP tlog-tiles'), 404: ErrorBody },
      },
    },
    async (request, reply) => {
      const wanted = parseTilePath(`tile/${request.params['*']}`)
      if (!wanted) return reply.code(404).send(notFound)
      const ctx = engine.direct(request.store, request.actor)
      const { level, index, width } = wanted
      let bytes: Buffer | undefined
      if (level === 'entries') {
        const entries = await readEntries(ctx, index * tileWidth, index * tileWidth + width)
        if (entries.length === width) bytes = entryBundle(entries)
      } else bytes = await readTile(ctx, { level, index, width })
      if (!bytes) return reply.code(404).send(notFound)
      reply.header('content-type', 'application/octet-stream')
      reply.header('cache-control', 'public, max-age=31536000, immutable')
      return reply.send(bytes as never)
    },
  )

  app.get(
    '/log/inclusion',
    {
      config,
      onRequest,
      schema: {
        summary: 'The audit path of an entry, RFC 6962, 2.1.1',
        querystring: Type.Object({
          index: Position('of the entry', 0),
          size: Type.Optional(Position('of the tree; the latest when left out', 1)),
        }),
        response: { 200: Path, 400: ErrorBody },
      },
    },
    async (request, reply) => {
      const { index, size } = request.query
      const path = await inclusion(engine.direct(request.store, request.actor), index, size)
      if (path) return toPath(path)
      return reply.code(400).send({ error: 'The log has no tree of that size with an entry at that index' })
    },
  )

  app.get(
    '/log/consistency',
    {
      config,
      onRequest,
      schema: {
        summary: 'The proof that a tree grew out of an earlier one, RFC 6962, 2.1.2',
        querystring: Type.Object({
          from: Position('the size of the earlier tree', 1),
          to: Type.Optional(Position('the size of the later; the latest when left out', 1)),
        }),
        response: { 200: Path, 400: ErrorBody },
      },
    },
    async (request, reply) => {
      const { from, to } = request.query
      const path = await consistency(engine.direct(request.store, request.actor), from, to)
      if (path) return toPath(path)
      return reply.code(400).send({ error: 'The log has no trees of those sizes, or they are not in that order' })
    },
  )

  app.post(
    '/log/cosignatures',
    {
      config,
      onRequest,
      bodyLimit: 32 * 1024,
      schema: {
        summary: 'A witness’s word that a checkpoint is consistent with all before it',
        description: 'The body is the checkpoint as it was served, with the witness’s line below the log’s.',
        consumes: ['text/plain'],
        body: Type.String(),
        response: { 200: Type.Object({ ok: Type.Literal(true) }), 400: ErrorBody, 403: ErrorBody },
      },
    },
    async (request, reply) => {
      const reception = await keepCosignatures(engine.direct(request.store, request.actor), request.body)
      if (reception === 'kept') return { ok: true as const }
      if (reception === 'forked') request.log.error({ store: request.store.slug }, 'a log has two histories')
      const [status, error] = receptions[reception]
      return reply.code(status).send({ error })
    },
  )
}
