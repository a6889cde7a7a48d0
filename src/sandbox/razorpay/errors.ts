import { json, type Answer } from '../http.ts'

interface ErrorDetails {
  field?: string
  source?: string
  step?: string
  reason?: string
  metadata?: Record<string, string>
}

/** A refusal in the gateway's own words, thrown by the handlers of its API. */
export class RazorpayError extends Error {
  readonly status: number
  readonly code: 'BAD_REQUEST_ERROR' | 'GATEWAY_ERROR' | 'SERVER_ERROR'
  readonly details: ErrorDetails

  constructor(
    description: string,
    details: ErrorDetails = {},
    status = 400,
    code: RazorpayError['code'] = 'BAD_REQUEST_ERROR',
  ) {
    super(description)
    this.status = status
    this.code = code
    this.details = details
  }
}

/** A field that breaks a rule: the gateway says which, and where in the life of a payment. */
export const invalidField = (field: string, description: string) =>
  new RazorpayError(description, {
    field,
    source: 'business',
    step: 'payment_initiation',
    reason: 'input_validation_failed',
  })

export const unknownId = (status = 400) =>
  new RazorpayError(
    'The id provided does not exist',
    { source: 'business', step: 'payment_initiation', reason: 'input_validation_failed' },
    status,
  )

export const unknownUrl = () => new RazorpayError('The requested URL was not found on the server.')

/** `field` is there only where one is to blame; the other members always are, `NA` when there is nothing to say. */
export function printError(error: RazorpayError): Answer {
  const { source = 'NA', step = 'NA', reason = 'NA', metadata = {}, field } = error.details
  const body = { code: error.code, description: error.message, source, step, reason, metadata, field }
  return json({ error: body }, error.status)
}
