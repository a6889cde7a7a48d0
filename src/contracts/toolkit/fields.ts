import { Type } from 'typebox'
import type { Static } from 'typebox'

/** Fields that contracts print alike. */

export const Time = Type.String({ format: 'date-time' })
export const TextOrNull = Type.Union([Type.String(), Type.Null()])
export const TimeOrNull = Type.Union([Time, Type.Null()])

export const Pagination = Type.Object({
  page: Type.Integer(),
  limit: Type.Integer(),
  total: Type.Integer(),
  totalPages: Type.Integer(),
})

/** What is served at the most, whatever was asked for. */
export const maxLimit = 100

export const pagination = (page: number, limit: number, total: number): Static<typeof Pagination> => ({
  page,
  limit,
  total,
  totalPages: Math.ceil(total / limit),
})
