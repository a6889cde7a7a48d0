import type { ErrorObject } from 'ajv'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { CommonRefusals, ProofRefusals, Refusal } from '../../engine/refusal.ts'
import { UnreadableBody } from '../toolkit/json.ts'
import { isWorded } from '../toolkit/refusals.ts'

/** How INK says each refusal: one without a row here does not compile. */
const answers: Record<keyof (CommonRefusals & ProofRefusals), [status: number, error: string]> = {
  'session.refused': [401, 'Invalid token or API key'],
  'actor.not_admin': [403, 'Not allowed'],
  'limit.exceeded': [429, 'Too many requests'],
  'idempotency.key_invalid': [400, 'Idempotency-Key must be 1 to 255 printable characters'],
  'idempotency.key_reused': [422, 'Idempotency-Key was used with another request'],
  'idempotency.running': [409, 'A request with this Idempotency-Key is still running'],
  'proof.token_taken': [400, 'NFC token already enrolled'],
  'proof.token_unknown': [404, 'Invalid token'],
  'proof.unknown': [404, 'Proof not found'],
  'proof.verified': [400, 'Already verified'],
  'proof.phone_required': [400, 'Phone verification required'],
  'proof.phone_wrong': [403, 'Phone verification failed'],
  'proof.pending': [503, 'The log has not taken this in yet, please try again in a moment'],
  'tag.key_unknown': [400, 'Unknown tag_key'],
  'tag.uid_invalid': [400, 'nfc_uid must be the seven bytes of the tag’s UID'],
  'tag.message_required': [400, 'Tag message required'],
  'tag.message_refused': [403, 'Tag verification failed'],
  'tag.nonce_refused': [400, 'Nonce is missing or too old'],
  'correction.refused': [400, 'Correction cannot be made'],
}

/** A request that no schema could refuse. */
export class BadRequest extends Error {}

/** Prints any failure in INK's one form. */
export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error.validation) return reply.code(400).send({ error: problemOf(error.validation as ErrorObject[]) })
  if (error instanceof UnreadableBody || error instanceof BadRequest)
    return reply.code(400).send({ error: error.message })
  if (isWorded(answers, error)) return sendRefusal(error, reply)
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) return reply.code(status).send({ error: error.message })
  request.log.error({ err: error }, 'request failed')
  return reply.code(500).send({ error: 'Internal server error' })
}

/** What a phone has to do before it asks again. */
const todo: Partial<Record<keyof ProofRefusals, object>> = {
  'proof.phone_required': { requires_phone: true },
  'tag.message_required': { requires_tag: true },
  'tag.nonce_refused': { requires_nonce: true },
}

function sendRefusal(refusal: Refusal<keyof typeof answers>, reply: FastifyReply) {
  const [status, error] = answers[refusal.code]
  const { retryAfterSeconds, why } = refusal.details as { retryAfterSeconds?: number; why?: string }
  if (retryAfterSeconds) reply.header('retry-after', retryAfterSeconds)
  const reason = refusal.code === 'correction.refused' ? { reason: why } : {}
  return reply.code(status).send({ error, ...reason, ...todo[refusal.code as keyof ProofRefusals] })
}

/** The first of a body's problems, in the order in which they are documented. */
function problemOf(errors: ErrorObject[]): string {
  if (errors.some(isMissing)) return 'Missing required fields'
  if (errors.some(({ keyword, instancePath }) => /^(min|max)Items$/.test(keyword) && instancePath === '/photo_urls'))
    return 'Must upload 1-4 photos'
  const [first] = errors.filter(({ keyword }) => keyword !== 'anyOf') as [ErrorObject]
  if (/^\/(shipping_address|warehouse|delivery)_gps|^\/changes\/\w+_gps/.test(first.instancePath))
    return 'Invalid GPS coordinates'
  if (first.instancePath === '') return 'A JSON object is required'
  return `${first.instancePath.slice(1).replaceAll('/', '.')} ${first.message ?? 'is not valid'}`
}

const required = new Set(
  'order_id nfc_uid nfc_token photo_urls photo_hashes shipping_address_gps delivery_gps corrects reason'.split(' '),
)

/** Also what is there and says nothing. */
const isMissing = ({ keyword, instancePath, data }: ErrorObject) =>
  (keyword === 'required' && instancePath === '') ||
  ((data === null || data === '') && required.has(instancePath.slice(1)))
