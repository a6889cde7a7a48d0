import type { Erp } from '../../engine/erp/erp.ts'
import { matches } from '../matches.ts'
import type { OdooCall } from './odoo/call.ts'
import { createJson2 } from './odoo/json2.ts'
import { createJsonRpc } from './odoo/jsonrpc.ts'
import { ordersOf, type OrderSettings } from './odoo/orders.ts'
import { peopleOf } from './odoo/people.ts'
import { productsOf } from './odoo/products.ts'

export interface OdooAccount extends Partial<OrderSettings> {
  /** https://mycompany.odoo.com, or a stand-in; without the protocol's path */
  baseUrl: string
  database: string
  /** of the user whom we call as: JSON-2's bearer, and over JSON-RPC a password. Odoo lets one last three months at most */
  apiKey: string
  /** of that user; JSON-RPC asks for it */
  login?: string
  /** instead of the key, over JSON-RPC */
  password?: string
  /** `json2` from version 19 on, `jsonrpc` for 14 to 18 */
  protocol: 'json2' | 'jsonrpc'
  /** in which names are read, as `id_ID`; Odoo's own default is en_US */
  language?: string
  /** what its webhooks bring along; without it none is believed */
  webhookSecret?: string
  /** for one request, milliseconds: Odoo takes its time, and no customer waits for it */
  timeoutMs?: number
}

/**
 * Odoo, 14 and later, with its apps Sales and Inventory. Its user needs the rights of a salesperson and of stock, may
 * read `ir.model.data`, and may make users (Administration: Access Rights).
 * @throws Error when JSON-RPC is asked for without a login
 */
export function createOdoo(account: OdooAccount): Erp {
  const ask = transportOf(account)
  const { language, source = 'Saudagar' } = account
  const call: OdooCall = language
    ? (model, method, args) => ask(model, method, { ...args, context: { lang: language, ...args.context } })
    : ask
  return {
    name: 'odoo',
    isHint: hintCheck(account.webhookSecret),
    ...productsOf(call, source),
    ...peopleOf(call),
    ...ordersOf(call, { ...account, source }),
  }
}

/** Without a secret of its own, a server is not listened to. */
const hintCheck = (secret: string | undefined) => (given: string) => !!secret && matches(secret, given)

function transportOf(account: OdooAccount): OdooCall {
  const { database, apiKey, login, password = apiKey, protocol, timeoutMs = 10_000 } = account
  const baseUrl = account.baseUrl.replace(/\/+$/, '')
  if (protocol === 'json2') return createJson2({ baseUrl, database, apiKey, timeoutMs })
  if (!login) throw new Error('Odoo over JSON-RPC needs a login')
  return createJsonRpc({ baseUrl, database, login, password, timeoutMs })
}
