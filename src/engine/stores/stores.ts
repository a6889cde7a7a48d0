import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import { execute, one, q, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { exponentOf } from '../money.ts'
import type { Store as StoreTable } from '../schema.ts'

/** A tenant and its settings, with what follows from them. */
export interface Store extends Omit<Selectable<StoreTable>, 'createdAt'> {
  /** host names at whose root the store answers, beside its path */
  hosts: string[]
  /** digits after the point of its currency, as amounts are kept */
  exponent: number
}

export interface NewStore {
  slug: string
  name: string
  contracts: string[]
  currency: string
  timeZone: string
  taxRateBps: number
  taxMode: 'exclusive' | 'inclusive'
  taxRounding: 'order' | 'line'
  shippingMinor: number
  orderNumberTemplate: string
  unpaidMinutes: number
  tokenMinutes: number
  paymentProvider: string
  isDemo: boolean
  hosts: string[]
}

const all = statement(
  'stores.all',
  () =>
    sql<Omit<Store, 'exponent'>>`
    select store_id, slug, name, contracts, currency, time_zone, tax_rate_bps, tax_mode, tax_rounding, shipping_minor,
      order_number_template, unpaid_minutes, token_minutes, payment_provider, is_demo,
      array(select n.name from store_name n where n.store_id = s.store_id and n.kind = 'host') as hosts
    from store s order by slug`,
)

/** Every store of the installation. */
export async function listStores(db: Db): Promise<Store[]> {
  const stores = await all(db, {})
  return stores.map((store) => ({ ...store, exponent: exponentOf(store.currency) }))
}

const insert = statement(
  'stores.insert',
  (p: NewStore) =>
    sql<{ storeId: string }>`
    with s as (
      insert into store (slug, name, contracts, currency, time_zone, tax_rate_bps, tax_mode, tax_rounding,
        shipping_minor, order_number_template, unpaid_minutes, token_minutes, payment_provider, is_demo)
      values (${p.slug}, ${p.name}, ${p.contracts}, ${p.currency}, ${p.timeZone}, ${p.taxRateBps}, ${p.taxMode},
        ${p.taxRounding}, ${p.shippingMinor}, ${p.orderNumberTemplate}, ${p.unpaidMinutes}, ${p.tokenMinutes},
        ${p.paymentProvider}, ${p.isDemo})
      returning store_id
    ), version as (
      insert into catalogue_version (store_id) select store_id from s
    ), names as (
      insert into store_name (kind, name, store_id)
      select 'slug', ${p.slug}, store_id from s
      union all select 'host', unnest(${p.hosts}::text[]), store_id from s
    )
    select store_id from s`,
)

/**
 * Adds a store. @throws DatabaseError with constraint store_name_pkey when the name or a host is taken
 * @throws RangeError for a currency or time zone that is unknown here
 */
export async function addStore(db: Db, store: NewStore): Promise<string> {
  exponentOf(store.currency)
  Intl.DateTimeFormat('en', { timeZone: store.timeZone })
  const { storeId } = one(await insert(db, store))
  await execute(db, `notify ${storesChanged}`)
  return storeId
}

/** The channel on which every process hears that a store was added or changed. */
export const storesChanged = 'saudagar_stores'

const secretsOf = statement('stores.secrets', (p: { storeId: string }) =>
  q.selectFrom('storeSecret').select(['name', 'sealed']).where('storeId', '=', p.storeId),
)

/** Sealed secrets of a store, by name; `openSecret` opens them. */
export async function sealedSecrets(db: Db, storeId: string): Promise<Map<string, Buffer>> {
  return new Map((await secretsOf(db, { storeId })).map((row) => [row.name, row.sealed]))
}

const upsertSecret = statement(
  'stores.set_secret',
  (p: { storeId: string; name: string; sealed: Buffer; now: Date }) =>
    sql`insert into store_secret (store_id, name, sealed, updated_at)
    values (${p.storeId}, ${p.name}, ${p.sealed}, ${p.now})
    on conflict (store_id, name) do update set sealed = excluded.sealed, updated_at = excluded.updated_at`,
)

export async function setSecret(db: Db, storeId: string, name: string, sealed: Buffer, now: Date): Promise<void> {
  await upsertSecret(db, { storeId, name, sealed, now })
  await execute(db, `notify ${storesChanged}`)
}
