import { failure, post, type OdooCall } from './call.ts'
import { isObject } from '../../http.ts'

export interface Json2Account {
  baseUrl: string
  database: string
  apiKey: string
  timeoutMs: number
}

/**
 * Odoo's JSON-2 API, of version 19 and later: true status codes, and in the body either the bare result or the
 * exception.
 * https://www.odoo.com/documentation/19.0/developer/reference/external_api.html
 */
export function createJson2({ baseUrl, database, apiKey, timeoutMs }: Json2Account): OdooCall {
  const headers = { authorization: `bearer ${apiKey}`, 'x-odoo-database': database }
  return async (model, method, args) => {
    const answer = await post(`${baseUrl}/json/2/${model}/${method}`, headers, args, timeoutMs)
    if (answer.status === 200 && answer.json !== undefined) return answer.json
    const said = isObject(answer.json) ? answer.json : {}
    // a server in trouble may still print an exception; whether its transaction went through, nobody knows
    const exception = answer.status < 500 ? said['name'] : undefined
    throw failure(exception, said['message'], `status ${answer.status}`)
  }
}
