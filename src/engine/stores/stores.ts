import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import { execute, one, q, statement } from '../database.ts'
import type { Db } from '../database.ts'
import { exponentOf } from '../money.ts'
import type { Store as StoreTable } from '../schema.ts'
import type { StoreProfile } from './profile.ts'

/** A tenant and its settings, with what follows from them. */
export interface Store extends Omit<Selectable<StoreTable>, 'createdAt' | 'profile' | 'couriers'> {
  profile: StoreProfile
  /** which service speaks for which courier, by the courier's name */
  couriers: Record<string, string>
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
  /** ISO 3166, where a phone number without a country code is */
  country: string
  profile: StoreProfile
  couriers: Record<string, string>
  erpProvider: string | null
  isDemo: boolean
  hosts: string[]
}

const all = statement(
  'stores.all',
  () =>
    sql<Omit<Store, 'exponent'>>`
    select store_id, slug, name, contracts, currency, time_zone, tax_rate_bps, tax_mode, tax_rounding, shipping_minor,
      order_number_template, unpaid_minutes, token_minutes, payment_provider, country, profile, couriers, erp_provider,
      is_demo,
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
  (p: Omit<NewStore, 'profile' | 'couriers'> & { profile: string; couriers: string }) =>
    sql<{ storeId: string }>`
    with s as (
      insert into store (slug, name, contracts, currency, time_zone, tax_rate_bps, tax_mode, tax_rounding,
        shipping_minor, order_number_template, unpaid_minutes, token_minutes, payment_provider, country, profile,
        couriers, erp_provider, is_demo)
      values (${p.slug}, ${p.name}, ${p.contracts}, ${p.currency}, ${p.timeZone}, ${p.taxRateBps}, ${p.taxMode},
        ${p.taxRounding}, ${p.shippingMinor}, ${p.orderNumberTemplate}, ${p.unpaidMinutes}, ${p.tokenMinutes},
        ${p.paymentProvider}, ${p.country}, ${p.profile}::jsonb, ${p.couriers}::jsonb, ${p.erpProvider}, ${p.isDemo})
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
  const rows = { profile: JSON.stringify(store.profile), couriers: JSON.stringify(store.couriers) }
  const { storeId } = one(await insert(db, { ...store, ...rows }))
  await execute(db, `notify ${storesChanged}`)
  return storeId
}

const change = statement(
  'stores.change',
  (p: { storeId: string; changes: string }) =>
    sql`update store s set contracts = n.contracts, profile = n.profile, couriers = n.couriers, erp_provider = n.erp_provider
    from store o, jsonb_populate_record(o, ${p.changes}::jsonb) n
    where s.store_id = ${p.storeId} and o.store_id = s.store_id`,
)

/** Changes some settings of a store, everywhere at once. */
export async function changeStore(
  db: Db,
  storeId: string,
  { erpProvider, ...changes }: Partial<Pick<NewStore, 'contracts' | 'profile' | 'couriers' | 'erpProvider'>>,
): Promise<void> {
  const row = erpProvider === undefined ? changes : { ...changes, erp_provider: erpProvider }
  await change(db, { storeId, changes: JSON.stringify(row) })
  await execute(db, `notify ${storesChanged}`)
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
