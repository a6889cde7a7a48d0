import { sql } from 'kysely'
import { q, statement } from '../database.ts'
import type { Ctx, Db } from '../context.ts'
import { hashToken, newToken } from '../sealing.ts'

/** By which a program of the shop's is known. */
export interface ApiKey {
  name: string
  createdAt: Date
  revokedAt: Date | null
}

const insert = statement(
  'api_keys.add',
  (p: { storeId: string; name: string; hash: Buffer; now: Date }) =>
    sql`insert into api_key (store_id, name, key_hash, created_at) values (${p.storeId}, ${p.name}, ${p.hash}, ${p.now})`,
)

/**
 * Makes a key for a program of the shop's.
 * @returns the key, which is kept nowhere and cannot be shown again
 * @throws DatabaseError with constraint api_key_name when the name is taken
 */
export async function addApiKey({ tx, store, now }: Ctx<Db>, name: string): Promise<string> {
  const key = `sk_${newToken()}`
  await insert(tx, { storeId: store.storeId, name, hash: hashToken(key), now })
  return key
}

const byHash = statement('api_keys.find', (p: { storeId: string; hash: Buffer }) =>
  q
    .selectFrom('apiKey')
    .select('name')
    .where('storeId', '=', p.storeId)
    .where('keyHash', '=', p.hash)
    .where('revokedAt', 'is', null),
)

/** @returns the name of a store's key; null for one that is not the store's, or is revoked */
export async function findApiKey(db: Db, storeId: string, key: string): Promise<string | null> {
  const [row] = await byHash(db, { storeId, hash: hashToken(key) })
  return row?.name ?? null
}

const all = statement('api_keys.all', (p: { storeId: string }) =>
  q
    .selectFrom('apiKey')
    .select(['name', 'createdAt', 'revokedAt'])
    .where('storeId', '=', p.storeId)
    .orderBy('createdAt'),
)

export const listApiKeys = ({ tx, store }: Ctx<Db>): Promise<ApiKey[]> => all(tx, { storeId: store.storeId })

const revoke = statement(
  'api_keys.revoke',
  (p: { storeId: string; name: string; now: Date }) =>
    sql<{ name: string }>`update api_key set revoked_at = ${p.now}
    where store_id = ${p.storeId} and name = ${p.name} and revoked_at is null returning name`,
)

/** @returns whether there was such a key */
export const revokeApiKey = async ({ tx, store, now }: Ctx<Db>, name: string): Promise<boolean> =>
  (await revoke(tx, { storeId: store.storeId, name, now })).length > 0
