import { ErpError } from '../../../engine/erp/erp.ts'
import { failure, once, post, type CallArgs, type OdooCall } from './call.ts'
import { isObject } from '../../http.ts'
import type { Json } from '../../http.ts'

export interface JsonRpcAccount {
  baseUrl: string
  database: string
  login: string
  /** the user's, or an API key of theirs */
  password: string
  timeoutMs: number
}

/**
 * Odoo's JSON-RPC, for versions 14 to 18: every answer is a 200, refusals carry an `error`. The user's id is asked
 * for once, and again when it is no longer let in.
 * https://www.odoo.com/documentation/18.0/developer/reference/external_api.html
 */
export function createJsonRpc({ baseUrl, database, login, password, timeoutMs }: JsonRpcAccount): OdooCall {
  let last = 0

  /** @returns the result, or the error that Odoo names */
  async function ask(service: string, method: string, args: unknown[]): Promise<{ result: unknown } | { error: Json }> {
    const id = ++last
    const body = { jsonrpc: '2.0', method: 'call', params: { service, method, args }, id }
    const { status, json } = await post(`${baseUrl}/jsonrpc`, {}, body, timeoutMs)
    if (status !== 200 || !isObject(json) || json['jsonrpc'] !== '2.0' || json['id'] !== id) {
      throw new ErpError('unavailable', `odoo: status ${status}, and no answer to the question`)
    }
    if (isObject(json['error'])) return { error: json['error'] }
    return { result: json['result'] ?? null } // None is left out
  }

  const user = once(async () => {
    const answer = await ask('common', 'login', [database, login, password])
    if ('error' in answer) throw refusal(answer.error)
    if (typeof answer.result === 'number') return answer.result
    throw new ErpError('unavailable', 'odoo: the login is not accepted')
  })

  return async (model, method, args) => {
    const execute = async () =>
      ask('object', 'execute_kw', [database, await user.get(), password, model, method, ...placed(method, args)])
    let answer = await execute()
    // the id may be of before the database was restored; who is not let in has changed nothing yet
    if ('error' in answer && nameOf(answer.error) === 'odoo.exceptions.AccessDenied') {
      user.forget()
      answer = await execute()
    }
    if ('error' in answer) throw refusal(answer.error)
    return answer.result
  }
}

/** The ids come first by their place, and so do a new record's values: before 19, `create` finds them nowhere else. */
function placed(method: string, { ids, ...named }: CallArgs): [positional: unknown[], named: object] {
  if (method === 'create') {
    const { vals_list, ...rest } = named
    return [[vals_list], rest]
  }
  return [ids === undefined ? [] : [ids], named]
}

const nameOf = ({ data }: Json) => (isObject(data) ? data['name'] : undefined)

const refusal = (error: Json) =>
  failure(nameOf(error), isObject(error['data']) ? error['data']['message'] : undefined, 'refused without a word')
