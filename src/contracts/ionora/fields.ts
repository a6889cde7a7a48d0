import { Type } from 'typebox'
import type { TSchema } from 'typebox'

export { Pagination, TextOrNull, Time, TimeOrNull, maxLimit, pagination } from '../toolkit/fields.ts'

/** Fields that several resources have. `msg` is what Ionora says when a field is wrong. */

/** Text with something in it: blanks alone are no name and no street. */
export const Text = (msg: string, maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: String.raw`\S`, format: 'text', msg })

export const Email = Type.String({ format: 'email', maxLength: 254, msg: 'A valid email is required' })
export const NewPassword = Type.String({ minLength: 8, maxLength: 256, msg: 'Password must be at least 8 characters' })
export const Uuid = Type.String({ format: 'uuid' })
export const Id = Type.String({ format: 'uuid', msg: 'A valid UUID is required' })
export const IdParams = Type.Object({ id: Id })

export const Message = Type.Object({ message: Type.String() })

/** "8199.10": two decimals, as text. */
export const Amount = Type.String({ pattern: String.raw`^\d+\.\d{2}$` })
/** 8199.1: the same as a number. */
export const AmountNumber = Type.Number()

/** @param limit what is served when the client does not say; more than 100 is served as 100 */
export const pageQuery = (limit: number) => ({
  page: Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: 1, msg: 'Page must be a positive integer' }),
  limit: Type.Integer({ minimum: 1, default: limit, msg: 'Limit must be a positive integer' }),
})

/** The documented refusals of a route, for its documentation: { message }, and for 400 perhaps { errors }. */
export const refusals = (...statuses: number[]): Record<number, TSchema> =>
  Object.fromEntries(statuses.map((status) => [status, special[status] ?? Message]))

/** An order that was placed though its gateway did not take it up: it is not lost. */
export const placedAnyway = {
  order: Type.Optional(
    Type.Object(
      { id: Uuid, order_number: Type.String() },
      { description: 'placed all the same: POST /api/payment/create-order goes on with it' },
    ),
  ),
}

const refusedFields = {
  message: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(Type.Object({ msg: Type.String(), param: Type.String() }))),
}

const Refused = Type.Object(refusedFields, {
  description: 'errors when the request is not valid, message when it cannot be done',
})

/** As a 400, where an order may have been placed all the same. */
export const RefusedOrPlaced = Type.Object({ ...refusedFields, ...placedAnyway })

const special: Record<number, TSchema> = {
  400: Refused,
  503: Type.Object({ message: Type.String(), ...placedAnyway }),
}
