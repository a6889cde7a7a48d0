import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import { one, q, statement } from '../database.ts'
import type { Db, Transaction } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { Address as AddressTable } from '../schema.ts'

export type Address = Omit<Selectable<AddressTable>, 'storeId' | 'customerId'>

/** What a customer writes. Fields that a contract does not have are null. */
export interface AddressFields {
  kind: string
  label: string | null
  recipientName: string | null
  phone: string | null
  line1: string
  line2: string | null
  district: string | null
  city: string
  region: string
  postalCode: string
  country: string | null
  isDefault: boolean
}

const columns = [
  'id', 'serial', 'kind', 'label', 'recipientName', 'phone', 'line1', 'line2', 'district', 'city', 'region',
  'postalCode', 'country', 'isDefault', 'createdAt', 'updatedAt',
] as const // oxfmt-ignore

const ofCustomer = statement('addresses.list', (p: { storeId: string; customerId: string }) =>
  q
    .selectFrom('address')
    .select(columns)
    .where('storeId', '=', p.storeId)
    .where('customerId', '=', p.customerId)
    .orderBy('createdAt')
    .orderBy('id'),
)

export async function listAddresses(ctx: Ctx<Db>): Promise<Address[]> {
  return ofCustomer(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) })
}

const oneOfCustomer = statement('addresses.get', (p: { storeId: string; customerId: string; serial: number }) =>
  q
    .selectFrom('address')
    .select(columns)
    .where('storeId', '=', p.storeId)
    .where('customerId', '=', p.customerId)
    .where('serial', '=', p.serial),
)

/** An address of the signed-in customer, by its number. @throws Refusal address.unknown, also for another's */
export async function getAddress(ctx: Ctx<Db>, serial: number): Promise<Address> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx) }
  const [address] = await oneOfCustomer(ctx.tx, { ...own, serial })
  if (!address) throw new Refusal('address.unknown', { addressId: String(serial) })
  return address
}

const lockCustomer = statement(
  'addresses.lock_customer',
  (p: { storeId: string; customerId: string }) =>
    sql`select from customer where store_id = ${p.storeId} and id = ${p.customerId} for no key update`,
)

const demoteDefault = statement(
  'addresses.demote',
  (p: { storeId: string; customerId: string; now: Date }) =>
    sql`update address set is_default = false, updated_at = ${p.now}
    where store_id = ${p.storeId} and customer_id = ${p.customerId} and is_default`,
)

/**
 * Makes room for a new default. Two requests that each set one take turns at the customer's row; the second statement
 * is one of its own, so that it sees what was committed while the first waited.
 */
async function demote(tx: Transaction, own: { storeId: string; customerId: string; now: Date }): Promise<void> {
  await Promise.all([lockCustomer(tx, own), demoteDefault(tx, own)])
}

const insert = statement('addresses.insert', (p: AddressFields & { storeId: string; customerId: string; now: Date }) =>
  q
    .insertInto('address')
    .values({
      storeId: p.storeId,
      customerId: p.customerId,
      kind: p.kind,
      label: p.label,
      recipientName: p.recipientName,
      phone: p.phone,
      line1: p.line1,
      line2: p.line2,
      district: p.district,
      city: p.city,
      region: p.region,
      postalCode: p.postalCode,
      country: p.country,
      isDefault: p.isDefault,
      createdAt: p.now,
      updatedAt: p.now,
    })
    .returning(columns),
)

/** Adds an address of the signed-in customer. A new default demotes the old one. */
export async function addAddress(ctx: Ctx, fields: AddressFields): Promise<Address> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), now: ctx.now }
  if (fields.isDefault) await demote(ctx.tx, own)
  return one(await insert(ctx.tx, { ...fields, ...own }))
}

const update = statement(
  'addresses.update',
  (p: { storeId: string; customerId: string; id: string; changes: string; now: Date }) =>
    sql<Address>`
      update address a set kind = n.kind, label = n.label, recipient_name = n.recipient_name, phone = n.phone,
        line1 = n.line1, line2 = n.line2, district = n.district, city = n.city, region = n.region,
        postal_code = n.postal_code, country = n.country, is_default = n.is_default, updated_at = ${p.now}
      from address o, jsonb_populate_record(o, ${p.changes}::jsonb) n
      where a.store_id = ${p.storeId} and a.customer_id = ${p.customerId} and a.id = ${p.id}
        and o.store_id = a.store_id and o.id = a.id
      returning a.id, a.serial, a.kind, a.label, a.recipient_name, a.phone, a.line1, a.line2, a.district, a.city,
        a.region, a.postal_code, a.country, a.is_default, a.created_at, a.updated_at`,
)

/** Changes some fields of an address; the others keep their values. @throws Refusal address.unknown */
export async function updateAddress(ctx: Ctx, addressId: string, changes: Partial<AddressFields>): Promise<Address> {
  const own = { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), now: ctx.now }
  if (changes.isDefault) await demote(ctx.tx, own)
  const snake = Object.fromEntries(
    Object.entries(changes).map(([key, value]) => [columnOf[key as keyof AddressFields], value]),
  )
  const [address] = await update(ctx.tx, { ...own, id: addressId, changes: JSON.stringify(snake) })
  if (!address) throw new Refusal('address.unknown', { addressId })
  return address
}

const columnOf: Record<keyof AddressFields, string> = {
  kind: 'kind',
  label: 'label',
  recipientName: 'recipient_name',
  phone: 'phone',
  line1: 'line1',
  line2: 'line2',
  district: 'district',
  city: 'city',
  region: 'region',
  postalCode: 'postal_code',
  country: 'country',
  isDefault: 'is_default',
}

const remove = statement('addresses.remove', (p: { storeId: string; customerId: string; id: string }) =>
  q
    .deleteFrom('address')
    .where('storeId', '=', p.storeId)
    .where('customerId', '=', p.customerId)
    .where('id', '=', p.id)
    .returning('id'),
)

/** Orders already placed keep their own copy. @throws Refusal address.unknown */
export async function deleteAddress(ctx: Ctx<Db>, addressId: string): Promise<void> {
  const removed = await remove(ctx.tx, { storeId: ctx.store.storeId, customerId: customerIdOf(ctx), id: addressId })
  if (removed.length === 0) throw new Refusal('address.unknown', { addressId })
}
