import { Type } from 'typebox'
import type { Static, TSchema } from 'typebox'

/** Text with something in it. */
export const Text = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: String.raw`\S`, format: 'text' })

export const Time = Type.String({ format: 'date-time' })
export const TextOrNull = Type.Union([Type.String(), Type.Null()])
export const TimeOrNull = Type.Union([Time, Type.Null()])
/** Whole rupiah. */
export const Rupiah = Type.Integer()
export const Serial = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
export const SerialParams = Type.Object({ id: Serial })

const Meta = Type.Object({ timestamp: Time })

/** Every answer but 204, PDF and pictures. */
export const Success = <T extends TSchema>(data: T) => Type.Object({ success: Type.Literal(true), data, meta: Meta })

export const meta = () => ({ timestamp: new Date().toISOString() })

export const ok = <T>(data: T) => ({ success: true as const, data, meta: meta() })

/** The same for data that is JSON text already. */
export const okText = (data: string) => `{"success":true,"data":${data},"meta":${JSON.stringify(meta())}}`

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

export const Pagination = Type.Object({
  page: Type.Integer(),
  limit: Type.Integer(),
  total: Type.Integer(),
  totalPages: Type.Integer(),
})

/** @param limit what is served when the client does not say; more than 100 is served as 100 */
export const pageQuery = (limit: number) => ({
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  limit: Type.Integer({ minimum: 1, default: limit }),
})

export const maxLimit = 100

export const pagination = (page: number, limit: number, total: number): Static<typeof Pagination> => ({
  page,
  limit,
  total,
  totalPages: Math.ceil(total / limit),
})
