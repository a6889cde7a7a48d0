import { randomUUID } from 'node:crypto'
import { openShop } from '../support/shop.ts'
import type { Wire } from '../support/shop.ts'
import { rows, send } from './toolkit.ts'
import type { RawAnswer, Row } from './toolkit.ts'

interface Hit {
  body?: string | Buffer | undefined
  headers?: Record<string, string>
  query?: string
  id?: string
  alone?: boolean
}

/** A shop whose every row can be hit with what no client of good will would send. */
export async function openTarget(t: { after(work: () => Promise<void>): void }) {
  const shop = await openShop(t)
  const person = await shop.customer()
  const admin = await shop.customer(shop.store, true)
  const { id: productId } = await shop.product()
  const { body: document } = await shop.call(shop.store, 'GET', '/openapi.json')

  /** A request of a row with whoever may make it; ids that nobody has. */
  const hit = (row: Row, sent: Hit): Promise<RawAnswer> => {
    const token = row.auth === 'admin' ? admin.token : person.token
    const path = row.path.replace(':category', 'alkaline').replace(/:\w+/, sent.id ?? randomUUID())
    const authorization = { authorization: `Bearer ${token}` }
    return send(shop.url, {
      method: row.method,
      path: `/ionora${path}${sent.query ?? ''}`,
      body: sent.body,
      alone: sent.alone,
      headers: { ...authorization, ...(sent.body === undefined ? {} : json), ...sent.headers },
    })
  }
  const routeOf = (row: Row): Wire => document.paths[row.path.replace(/:(\w+)/g, '{$1}')][row.method.toLowerCase()]
  const schemaOf = (row: Row): Wire => routeOf(row).requestBody?.content['application/json'].schema
  const queryOf = (row: Row): { name: string; schema: Wire }[] =>
    (routeOf(row).parameters ?? []).filter((parameter: Wire) => parameter.in === 'query')
  return { shop, person, productId, hit, schemaOf, queryOf }
}

export const json = { 'content-type': 'application/json' }

/** Rows that read a body: the webhook reads its own, whose signature is looked at first. */
export const reading = rows.filter((row) => row.method !== 'GET' && row.auth !== 'signature')

/** Bodies as the table has them, with ids that can be read. */
export const sampleOf = (row: Row): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row.request.body ?? {}).map(([key, value]) => [
      key,
      value === 'uuid' ? randomUUID() : key === 'images' ? ['https://cdn.example.com/1.jpg'] : value,
    ]),
  )
