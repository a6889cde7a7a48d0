import assert from 'node:assert/strict'
import { audit } from '../../src/engine/audit.ts'
import type { Engine } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import { createTokens } from '../../src/engine/identity/tokens.ts'
import { performRefund } from '../../src/engine/payments/refunds.ts'
import type { Vault } from '../../src/engine/sealing.ts'
import type { Store } from '../../src/engine/stores/stores.ts'
import { request } from './shop.ts'
import type { Answer, Shop, Wire } from './shop.ts'
import { until } from './wait.ts'

export interface Buyer {
  id: string
  token: string
  addressId: string
}

/**
 * Many customers with an address each, without a password: hashing and checking hundreds of those would be most of a
 * test's time, and a token is all that the API asks for.
 */
export async function crowd(engine: Engine, vault: Vault, store: Store, size: number): Promise<Buyer[]> {
  const tokens = createTokens(engine, vault)
  const rows = await execute(
    engine.db,
    `with c as (
      insert into customer (store_id, full_name, email, created_at, updated_at)
      select $1, 'Buyer ' || n, 'buyer' || n || '@example.com', now(), now() from generate_series(1, $2::int) n
      returning store_id, id
    )
    insert into address (store_id, customer_id, line1, city, region, postal_code, country, is_default, created_at, updated_at)
    select store_id, id, '123 Street', 'Mumbai', 'MH', '400001', 'India', true, now(), now() from c
    returning customer_id, id`,
    [store.storeId, size],
  )
  return Promise.all(
    rows.map(async ([id, addressId]) => ({
      id: String(id),
      addressId: String(addressId),
      token: await tokens.sign(store, { id: String(id), sessionEpoch: 0 }),
    })),
  )
}

/** Shoppers of a shop, each with ways to call its API. */
export async function shoppers(shop: Shop, size: number) {
  const buyers = await crowd(shop.engine, shop.vault, shop.store, size)
  return buyers.map((buyer) => shopper(shop, buyer))
}

export type Shopper = ReturnType<typeof shopper>

export function shopper(shop: Pick<Shop, 'url' | 'store'>, buyer: Buyer) {
  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
    request(`${shop.url}/${shop.store.slug}${path}`, { method, body, token: buyer.token, headers })
  return {
    ...buyer,
    call,
    actor: { kind: 'customer', id: buyer.id, isAdmin: false } as const,
    add: (variantId: string, quantity = 1) => call('POST', '/api/cart', { product_id: variantId, quantity }),
    checkout: (headers?: Record<string, string>) =>
      call(
        'POST',
        '/api/checkout/create-order',
        { shipping_address_id: buyer.addressId, payment_method: 'razorpay' },
        headers,
      ),
    /** comes back from the gateway with what its checkout handed over */
    comeBack: (orderId: string, back: object) => call('POST', '/api/checkout/payment', { order_id: orderId, ...back }),
    order: async (orderId: string) => (await call('GET', `/api/orders/${orderId}`)).body.order,
  }
}

/** Nothing in the database breaks an invariant. */
export async function assertSound(engine: Engine) {
  assert.deepEqual((await audit(engine.db)).findings, [])
}

/** One value of one row. */
export const value = async (engine: Engine, query: string, ...values: unknown[]): Promise<Wire> =>
  (await execute(engine.db, query, values))[0]?.[0]

export const deadlocks = (engine: Engine): Promise<number> =>
  value(engine, `select deadlocks::int from pg_stat_database where datname = current_database()`)

/** All that lies in the database, of the jobs too, as text. */
export async function everythingIn({ db }: Engine): Promise<string> {
  const rows = await execute(
    db,
    `select query_to_xml(format('select * from %s', c.oid::regclass), true, true, '')::text
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and (n.nspname = 'public' or n.nspname like 'graphile%')`,
  )
  return rows.map(([text]) => String(text)).join('')
}

/** What can be bought of a variant. */
export const available = (shop: Shop, variantId: string): Promise<number> =>
  value(shop.engine, 'select on_hand - allocated from stock where variant_id = $1', variantId)

/** What came in and went out for an order, as the ledger has it. */
export async function books({ engine }: { engine: Engine }, orderId: string) {
  const rows = await execute(
    engine.db,
    `select account, sum(amount)::bigint from (
      select debit as account, amount_minor as amount from ledger_transfer where order_id = $1
      union all select credit, -amount_minor from ledger_transfer where order_id = $1) l
    group by account order by account`,
    [orderId],
  )
  return Object.fromEntries(rows)
}

/** What happened to an order, in the order in which it was written down. */
export const story = async ({ engine }: { engine: Engine }, orderId: string): Promise<string[]> =>
  (await execute(engine.db, 'select kind from timeline where order_id = $1 order by serial', [orderId])).map(([kind]) =>
    String(kind),
  )

/** What the refund job does, at once and until the gateway is done. */
export async function settleRefunds(shop: Shop) {
  const gateway = shop.providers.gatewayOf(shop.store)
  await until('all refunds are through', async () => {
    const open = await execute(shop.engine.db, `select id from refund where state in ('requested', 'pending')`)
    for (const [id] of open) await performRefund(shop.engine, gateway, shop.store, String(id)).catch(() => {})
    return open.length === 0
  })
}

/** A call of the gateway's own API, as the shop that holds its keys. */
export async function gatewayApi(shop: Shop, path: string): Promise<Wire> {
  const authorization = `Basic ${btoa(`${shop.account.keyId}:${shop.account.keySecret}`)}`
  return (await request(`${shop.sandbox.url}/razorpay/v1${path}`, { method: 'GET', headers: { authorization } })).body
}

export const fault = (shop: Shop, what: object) =>
  shop.sandboxPost('/faults', { provider: 'razorpay', only: 'api', ...what })

export const endFaults = (shop: Shop) => request(`${shop.sandbox.url}/faults`, { method: 'DELETE' })

/** Every webhook that the gateway sent has been taken. */
export const webhooksTaken = (shop: Shop, orderId: string) =>
  until('webhooks are taken', async () => {
    const log = (await request(`${shop.sandbox.url}/razorpay/sandbox/webhooks?order_id=${orderId}`, { method: 'GET' }))
      .body
    return log.length > 0 && log.every(({ state }: Wire) => state === 'delivered')
  })

/** The statuses of answers, in order of size: how many were of which kind. */
export const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort((a, b) => a - b)
