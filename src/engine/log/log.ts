import { sql } from 'kysely'
import { one, q, statement } from '../database.ts'
import type { Ctx, Db } from '../context.ts'
import type { Vault } from '../sealing.ts'
import { noteKinds, verifierKey } from '../../verifier/notes.ts'
import type { VerifierKey } from '../../verifier/notes.ts'
import { newSeed, signerOf } from './notes.ts'
import type { Signer } from './notes.ts'
import { emptyRoot, hashSize } from './tree.ts'
import type { ReadTiles, Tile } from './tree.ts'

/** A store's log: the key that signs its checkpoints, and the tree as the latest of them says it. */
export interface Log {
  /** by which it is known outside; also its key's name */
  origin: string
  publicKey: Buffer
  size: number
  root: Buffer
  /** the signed note; null while nothing is in the tree */
  checkpoint: string | null
  checkpointedAt: Date | null
}

const find = statement('log.find', (p: { storeId: string }) =>
  q
    .selectFrom('logTree')
    .select(['origin', 'publicKey', 'size', 'root', 'checkpoint', 'checkpointedAt'])
    .where('storeId', '=', p.storeId)
    .$castTo<Log>(),
)

/** @returns undefined for a store that has stated nothing yet */
export async function findLog({ tx, store }: Ctx<Db>): Promise<Log | undefined> {
  return (await find(tx, { storeId: store.storeId }))[0]
}

// the first of several processes makes the key; the others find it
const insert = statement(
  'log.insert',
  (p: { storeId: string; origin: string; publicKey: Buffer; sealed: Buffer; root: Buffer }) =>
    sql`insert into log_tree (store_id, origin, public_key, private_sealed, size, root)
      values (${p.storeId}, ${p.origin}, ${p.publicKey}, ${p.sealed}, 0, ${p.root}) on conflict do nothing`,
)

/**
 * The log of the context's store, made when it is first asked for.
 * @param origin for a new log; one that is there keeps its own for ever
 */
export async function logOf(ctx: Ctx<Db>, vault: Vault, origin: string): Promise<Log> {
  const { storeId } = ctx.store
  const known = await findLog(ctx)
  if (known) return known
  const seed = newSeed()
  const { key } = await signerOf(origin, noteKinds.ed25519, seed)
  const sealed = vault.seal(seed, sealFor(storeId))
  await insert(ctx.tx, { storeId, origin, publicKey: Buffer.from(key), sealed, root: emptyRoot })
  return one(await find(ctx.tx, { storeId }))
}

/** Whose key it is, bound into its seal. */
const sealFor = (storeId: string) => `log key ${storeId}`

export const openSigner = (vault: Vault, storeId: string, origin: string, sealed: Buffer): Promise<Signer> =>
  signerOf(origin, noteKinds.ed25519, vault.open(sealed, sealFor(storeId)))

/** What a log's own signatures are checked by. */
export const verifierOf = ({ origin, publicKey }: Pick<Log, 'origin' | 'publicKey'>): Promise<VerifierKey> =>
  verifierKey(origin, noteKinds.ed25519, Uint8Array.from(publicKey))

const read = statement(
  'log.tiles',
  (p: { storeId: string; levels: number[]; indexes: number[]; bytes: number[] }) =>
    sql<{ hashes: Buffer }>`
    select substring(t.hashes from 1 for w.bytes) as hashes
    from unnest(${p.levels}::smallint[], ${p.indexes}::bigint[], ${p.bytes}::int[])
      with ordinality as w (level, index, bytes, place)
    join log_tile t on t.store_id = ${p.storeId} and t.level = w.level and t.index = w.index and length(t.hashes) >= w.bytes
    order by w.place`,
)

/** Reads tiles of a store's log, whatever their number with one statement. Those there are stay as they are while it grows. */
export const tilesOf =
  ({ tx, store }: Ctx<Db>): ReadTiles =>
  async (tiles) => {
    const rows = await readExisting(tx, store.storeId, tiles)
    if (rows.length !== tiles.length) throw new Error(`tiles of ${store.slug}'s log are missing`)
    return rows
  }

/** @returns undefined for a tile that is not as wide in the signed tree, or not there at all */
export async function readTile({ tx, store }: Ctx<Db>, tile: Tile): Promise<Buffer | undefined> {
  return (await readExisting(tx, store.storeId, [tile]))[0]
}

async function readExisting(tx: Db, storeId: string, tiles: Tile[]): Promise<Buffer[]> {
  const rows = await read(tx, {
    storeId,
    levels: tiles.map(({ level }) => level),
    indexes: tiles.map(({ index }) => index),
    bytes: tiles.map(({ width }) => width * hashSize),
  })
  return rows.map(({ hashes }) => hashes)
}

const entriesBetween = statement(
  'log.entries',
  (p: { storeId: string; from: number; to: number }) =>
    sql<{ entry: Buffer }>`
    select entry from log_entry where store_id = ${p.storeId} and log_index >= ${p.from} and log_index < ${p.to}
    order by log_index`,
)

/** The entries at some indexes of the tree, in its order. @param to one behind the last @returns fewer where the tree ends */
export async function readEntries({ tx, store }: Ctx<Db>, from: number, to: number): Promise<Buffer[]> {
  return (await entriesBetween(tx, { storeId: store.storeId, from, to })).map(({ entry }) => entry)
}
