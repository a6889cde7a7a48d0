import { json, type Answer } from '../http.ts'

/** A refusal in Biteship's own form, thrown by the handlers of its API. */
export class BiteshipError extends Error {
  readonly status: number
  readonly code: number
  readonly details: Record<string, unknown> | undefined

  constructor(code: number, message: string, status = 400, details?: Record<string, unknown>) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

export const printError = ({ message, code, status, details }: BiteshipError): Answer =>
  json({ success: false, error: message, code, ...(details ? { details } : {}) }, status)
