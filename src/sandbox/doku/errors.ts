import { json, type Answer } from '../http.ts'

/**
 * A refusal. One that has a code prints as `{ "error": … }`, one about the body as `{ "error_messages": [ … ] }`: both
 * are met in the real one, and which comes where is not documented.
 */
export class DokuError extends Error {
  readonly status: number
  readonly code: string | null
  constructor(message: string, status = 400, code: string | null = null) {
    super(message)
    this.status = status
    this.code = code
  }
}

export const badHeader = (name: string) => new DokuError(`Invalid Header ${name}`, 400, 'invalid_parameter')
export const badSignature = () => new DokuError('Invalid Header Signature', 401, 'invalid_signature')
export const badClient = () => new DokuError('Invalid Client Id', 401, 'invalid_client_id')
export const unknownInvoice = () => new DokuError('Data not found', 404, 'data_not_found')

export function printError({ status, code, message }: DokuError): Answer {
  if (code === null) return json({ error_messages: [message] }, status)
  const type = status < 500 ? 'invalid_request_error' : 'api_error'
  return json({ error: { code, message, type } }, status)
}
