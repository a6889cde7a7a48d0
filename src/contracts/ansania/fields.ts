import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { TSchema } from 'typebox'
import { Time } from '../toolkit/fields.ts'
import { isKnown } from '../toolkit/texts.ts'

export { Pagination, TextOrNull, Time, TimeOrNull, maxLimit, pagination } from '../toolkit/fields.ts'

/** Text with something in it. */
export const Text = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: String.raw`\S`, format: 'text' })

/** Whole rupiah. */
export const Rupiah = Type.Integer()
export const Serial = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
export const SerialParams = Type.Object({ id: Serial })

const Meta = Type.Object({ timestamp: Time })

/** Every answer but 204, PDF and pictures. */
export const Success = <T extends TSchema>(data: T) => Type.Object({ success: Type.Literal(true), data, meta: Meta })

export const meta = () => ({ timestamp: new Date().toISOString() })

export const ok = <T>(data: T) => ({ success: true as const, data, meta: meta() })

/** Answers data that is JSON text already, or 304 to a client that has it. */
export function sendText(request: FastifyRequest, reply: FastifyReply, data: string) {
  if (isKnown(request, reply, data)) return reply.code(304).send() as never
  reply.header('content-type', 'application/json; charset=utf-8')
  return reply.send(`{"success":true,"data":${data},"meta":${JSON.stringify(meta())}}`) as never
}

export const Failure = Type.Object({
  success: Type.Literal(false),
  error: Type.String(),
  code: Type.String(),
  details: Type.Optional(Type.Unknown()),
  meta: Meta,
})

/** The refusals of a route, for its documentation. */
export const refusals = (...statuses: number[]): Record<number, TSchema> =>
  Object.fromEntries([...statuses, 429].map((status) => [status, Failure]))

/** @param limit what is served when the client does not say; more than 100 is served as 100 */
export const pageQuery = (limit: number) => ({
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  limit: Type.Integer({ minimum: 1, default: limit }),
})
