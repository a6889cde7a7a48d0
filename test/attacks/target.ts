import { randomUUID } from 'node:crypto'
import type { Store } from '../../src/engine/stores/stores.ts'
import { openFurnitureShop } from '../support/furniture.ts'
import type { Answer, CallOptions } from '../support/installation.ts'
import { enrolment } from '../support/parcels.ts'
import { openShop } from '../support/shop.ts'
import type { Wire } from '../support/shop.ts'
import { ansaniaRows, assertFailed, assertInkRefused, assertRefused, inkRows, rows, send } from './toolkit.ts'
import type { RawAnswer, Row } from './toolkit.ts'

interface Hit {
  body?: string | Buffer | undefined
  headers?: Record<string, string>
  query?: string
  /** in the place of every parameter of the path */
  id?: string
  alone?: boolean
}

interface Lifetime {
  after(work: () => Promise<void>): void
}

interface Opened {
  url: string
  store: Store
  rows: readonly Row[]
  tokenFor(row: Row): string
  /** of a path's parameter when no other is given: what nothing has, or what all would have */
  param(name: string): string
  call(of: Store, method: string, path: string, call?: CallOptions): Promise<Answer>
}

/** The ways to hit every row of a contract with what no client of good will would send. */
async function aim({ url, store, rows, tokenFor, param, call }: Opened) {
  const { body: document } = await call(store, 'GET', '/openapi.json')
  /** A request of a row with whoever may make it; ids that nobody has. */
  const hit = (row: Row, sent: Hit): Promise<RawAnswer> => {
    const path = row.path.replace(/:(\w+)/g, (_, name: string) => sent.id ?? param(name))
    const authorization = { authorization: `Bearer ${tokenFor(row)}` }
    return send(url, {
      method: row.method,
      path: `/${store.slug}${path}${sent.query ?? ''}`,
      body: sent.body,
      alone: sent.alone,
      headers: { ...authorization, ...(sent.body === undefined ? {} : json), ...sent.headers },
    })
  }
  const routeOf = (row: Row): Wire => document.paths[row.path.replace(/:(\w+)/g, '{$1}')][row.method.toLowerCase()]
  const schemaOf = (row: Row): Wire => routeOf(row).requestBody?.content['application/json']?.schema
  const queryOf = (row: Row): { name: string; schema: Wire }[] =>
    (routeOf(row).parameters ?? []).filter((parameter: Wire) => parameter.in === 'query')
  /** Rows that read a body: the webhook reads its own, whose signature is looked at first. */
  const reading = rows.filter((row) => row.method !== 'GET' && row.auth !== 'signature')
  return { rows, reading, hit, schemaOf, queryOf }
}

/** What a shop's contracts have in common. */
const shopPaths = { get: '/api/products', post: '/api/auth/login', none: '/api/nothing' }

/** An Ionora shop as a target. */
export async function openTarget(t: Lifetime) {
  const shop = await openShop(t)
  const person = await shop.customer()
  const admin = await shop.customer(shop.store, true)
  const { id: productId } = await shop.product()
  const aimed = await aim({
    url: shop.url,
    store: shop.store,
    call: shop.call,
    rows,
    tokenFor: (row) => (row.auth === 'admin' ? admin : person).token,
    param: (name) => (name === 'category' ? 'alkaline' : randomUUID()),
  })
  return {
    ...aimed,
    name: 'ionora',
    paths: shopPaths,
    shop,
    person,
    productId,
    assertRefused,
    fieldsOf: ({ body }: { body: Wire }): string[] | null => body.errors.map((error: Wire) => error.param),
    /** that the shop still answers, and sells */
    assertAlive: async () => {
      const buyer = await shop.buyer(productId)
      return (await buyer.checkout()).status === 201
    },
  }
}

/** A number that nothing has. */
export const nobody = 9_007_199_254_740_991

/** An Ansania shop as a target. */
export async function openFurnitureTarget(t: Lifetime) {
  const shop = await openFurnitureShop(t)
  const person = await shop.customer()
  const product = await shop.product()
  const strange: Record<string, string> = { slug: 'nothing', order_number: 'ORD-20260203-999' }
  const aimed = await aim({
    url: shop.url,
    store: shop.store,
    call: shop.call,
    rows: ansaniaRows,
    tokenFor: () => person.token,
    param: (name) => strange[name] ?? String(nobody),
  })
  return {
    ...aimed,
    name: 'ansania',
    paths: shopPaths,
    shop,
    person,
    product,
    assertRefused: assertFailed,
    fieldsOf: ({ body }: { body: Wire }): string[] | null =>
      Array.isArray(body.details) ? body.details.map((detail: Wire) => detail.param) : [],
    assertAlive: async () => {
      const buyer = await shop.buyer(product.variants[0]!.serial)
      return (await buyer.checkout()).status === 201
    },
  }
}

/** INK as a target, beside a shop. */
export async function openParcelTarget(t: Lifetime) {
  const shop = await openShop(t)
  const person = await shop.customer()
  const admin = await shop.customer(shop.store, true)
  const { url, store, call } = shop
  const aimed = await aim({
    url,
    store,
    call,
    rows: inkRows,
    tokenFor: (row) => (row.auth === 'admin' ? admin : person).token,
    param: () => `proof_${randomUUID().replaceAll('-', '')}`,
  })
  return {
    ...aimed,
    name: 'ink',
    paths: { get: '/health', post: '/enroll', none: '/retrieve' },
    shop,
    person,
    assertRefused: assertInkRefused,
    /** its refusals name no field in a way that a program could read */
    fieldsOf: (_answer: { body: Wire }): string[] | null => null,
    assertAlive: async () => {
      const enrolled = await call(store, 'POST', '/enroll', { body: enrolment(randomUUID()) })
      return enrolled.status === 200
    },
  }
}

export const json = { 'content-type': 'application/json' }

/** Bodies as the table has them, with ids that can be read. */
export const sampleOf = (row: Row): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row.request.body ?? {}).map(([key, value]) => [
      key,
      value === 'uuid' ? randomUUID() : key === 'images' ? ['https://cdn.example.com/1.jpg'] : value,
    ]),
  )
