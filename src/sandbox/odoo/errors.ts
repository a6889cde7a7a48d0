import { json, type Answer } from '../http.ts'

/** A refusal as the server's Python raises it: the exception's full name, and the status that JSON-2 gives it. */
export class OdooError extends Error {
  readonly exception: string
  readonly status: number
  constructor(exception: string, message: string, status: number) {
    super(message)
    this.exception = exception
    this.status = status
  }
}

export const userError = (message: string) => new OdooError('odoo.exceptions.UserError', message, 422)
export const validationError = (message: string) => new OdooError('odoo.exceptions.ValidationError', message, 422)
export const accessError = (message: string) => new OdooError('odoo.exceptions.AccessError', message, 403)
export const accessDenied = () => new OdooError('odoo.exceptions.AccessDenied', 'Access Denied', 403)
/** What nobody foresaw in the server's code: a wrong field, domain or argument. JSON-2 answers it with 500. */
export const pythonError = (name: 'ValueError' | 'TypeError' | 'KeyError' | 'IndexError', message: string) =>
  new OdooError(`builtins.${name}`, message, 500)
export const unknownField = (model: string, field: string) =>
  pythonError('ValueError', `Invalid field '${field}' on '${model}'`)
export const missingRecord = (model: string, id: number) =>
  new OdooError(
    'odoo.exceptions.MissingError',
    `Record does not exist or has been deleted.\n(Record: ${model}(${id},), User: 2)`,
    404,
  )

const httpNames: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  404: 'NotFound',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'UnprocessableEntity',
  500: 'InternalServerError',
}
/** What the web server refuses before any model is asked. */
export const httpError = (status: number, message: string) =>
  new OdooError(`werkzeug.exceptions.${httpNames[status]}`, message, status)

/** JSON-2: the status says what kind it is, and the body is the exception. */
export const printJson2 = (error: OdooError): Answer => json(serialize(error), error.status)

/** JSON-RPC: always 200. `code` says little, `data` is the exception. */
export function printRpc(error: OdooError, id: unknown): Answer {
  const isNotFound = error.exception === 'werkzeug.exceptions.NotFound'
  return json({
    jsonrpc: '2.0',
    id,
    error: {
      code: isNotFound ? 404 : 200,
      message: isNotFound ? '404: Not Found' : 'Odoo Server Error',
      data: serialize(error),
    },
  })
}

const serialize = (error: OdooError) => ({
  name: error.exception,
  message: error.message,
  arguments: error.exception.startsWith('werkzeug.') ? [error.message, error.status] : [error.message],
  context: {},
  debug: `Traceback (most recent call last):\n  File "/opt/odoo/odoo/http.py", line 2212, in _transactioning\n${error.exception}: ${error.message}\n`,
})
