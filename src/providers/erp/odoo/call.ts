import { ErpError } from '../../../engine/erp/erp.ts'
import { callOr, isObject, type Answer } from '../../http.ts'

/**
 * Calls a method of a model, whatever the protocol.
 * @param args by their names in Odoo's source; `ids` are the records that it is called on, absent for a method of the
 *   model itself, and `context` goes along
 * @throws ErpError
 */
export type OdooCall = (model: string, method: string, args: CallArgs) => Promise<unknown>

export interface CallArgs {
  ids?: readonly number[]
  context?: Record<string, unknown>
  [name: string]: unknown
}

/** Posts JSON. @throws ErpError `unavailable` when there is no answer */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: object,
  timeoutMs: number,
): Promise<Answer> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Saudagar', ...headers },
    body: JSON.stringify(body),
  }
  return callOr(url, init, timeoutMs, (cause) => new ErpError('unavailable', `odoo: ${cause.message}`, { cause }))
}

/** What Odoo says of the request itself, and will say again. */
const finals = new Set([
  'odoo.exceptions.UserError',
  'odoo.exceptions.ValidationError',
  'odoo.exceptions.MissingError',
  'odoo.exceptions.RedirectWarning',
])

/**
 * The error that an exception of Odoo's is to us. What is not about the request can be mended without it: a key that
 * ran out, a right or a module that is missing, a lock, a server in trouble.
 */
export function failure(exception: unknown, message: unknown, otherwise: string): ErpError {
  const kind = typeof exception === 'string' && finals.has(exception) ? 'refused' : 'unavailable'
  const words = typeof message === 'string' && message !== '' ? message.slice(0, 300) : otherwise
  return new ErpError(kind, `odoo: ${words}`)
}

/** Those of the fields that a model has: they differ by version and module. @returns null for an answer that is none */
export async function fieldsOf(call: OdooCall, model: string, names: string[]): Promise<string[] | null> {
  const known = await call(model, 'fields_get', { allfields: names, attributes: ['type'] })
  return isObject(known) ? names.filter((name) => name in known) : null
}

/** Asks once and keeps what came; an error is not kept. */
export function once<T>(ask: () => Promise<T>): { get(): Promise<T>; forget(): void } {
  let kept: Promise<T> | undefined
  return {
    get() {
      if (kept) return kept
      const asked = ask()
      kept = asked
      asked.catch(() => {
        if (kept === asked) kept = undefined
      })
      return asked
    },
    forget: () => (kept = undefined),
  }
}
