import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { Ctx, Db } from '../context.ts'
import { q, statement } from '../database.ts'
import type { LogWitness } from '../schema.ts'
import {
  cosignaturesOf,
  noteKinds,
  readBareCheckpoint,
  readNote,
  signatureOf,
  verifierKey,
} from '../../verifier/notes.ts'
import type { VerifierKey } from '../../verifier/notes.ts'
import { findLog, tilesOf, verifierOf } from './log.ts'
import { rootOf } from './tree.ts'

/** Who watches a store's log, and the latest checkpoint that they have cosigned; nulls where there is none yet. */
export type Witness = Omit<Selectable<LogWitness>, 'storeId'>

const all = statement('log.witnesses', (p: { storeId: string }) =>
  q
    .selectFrom('logWitness')
    .select(['name', 'publicKey', 'addedAt', 'size', 'checkpoint', 'cosignature', 'cosignedAt'])
    .where('storeId', '=', p.storeId)
    .orderBy('name')
    .$castTo<Witness>(),
)

export const listWitnesses = ({ tx, store }: Ctx<Db>): Promise<Witness[]> => all(tx, { storeId: store.storeId })

/** What a witness's cosignatures are checked by. */
export const cosignerOf = ({ name, publicKey }: Pick<Witness, 'name' | 'publicKey'>): Promise<VerifierKey> =>
  verifierKey(name, noteKinds.cosignature, Uint8Array.from(publicKey))

const insert = statement(
  'log.add_witness',
  (p: { storeId: string; name: string; publicKey: Buffer; now: Date }) =>
    sql<{ isSame: boolean }>`
    with added as (
      insert into log_witness (store_id, name, public_key, added_at)
      values (${p.storeId}, ${p.name}, ${p.publicKey}, ${p.now}) on conflict do nothing
      returning 1
    )
    select true as is_same from added
    union all
    select w.public_key = ${p.publicKey} and w.name = ${p.name} from log_witness w
    where w.store_id = ${p.storeId} and (w.name = ${p.name} or w.public_key = ${p.publicKey})`,
)

/** Believes a witness from now on. @returns false when its name or its key is another witness's already */
export async function addWitness({ tx, store, now }: Ctx<Db>, { name, key }: VerifierKey): Promise<boolean> {
  const rows = await insert(tx, { storeId: store.storeId, name, publicKey: Buffer.from(key), now })
  return rows.every(({ isSame }) => isSame)
}

/** What becomes of cosignatures that were sent. */
export type Reception =
  | 'kept'
  /** no signed note, or no checkpoint in it */
  | 'unreadable'
  /** not signed by this store's log, or there is none */
  | 'not_this_log'
  /** signed with the log's key, and yet not what its tree was: the log has two histories */
  | 'forked'
  /** of nobody whom the store believes */
  | 'unknown_witness'
  /** of a known witness, and not genuine, or of a time to come */
  | 'wrong_signature'

const keep = statement(
  'log.keep_cosignature',
  (p: { storeId: string; name: string; size: number; checkpoint: string; cosignature: string; at: Date }) =>
    sql`update log_witness set size = ${p.size}, checkpoint = ${p.checkpoint}, cosignature = ${p.cosignature},
      cosigned_at = ${p.at}
    where store_id = ${p.storeId} and name = ${p.name} and (size is null or (size, cosigned_at) < (${p.size}, ${p.at}))`,
)

/** By how much a witness's clock may be ahead of ours. */
const clockSkewMs = 10 * 60_000

/**
 * Keeps what witnesses say of a checkpoint that this log has signed, of whatever size it was then.
 * @param cosigned the checkpoint with the log's signature and theirs, a signed note
 */
export async function keepCosignatures(ctx: Ctx<Db>, cosigned: string): Promise<Reception> {
  const { tx, store, now } = ctx
  const { storeId } = store
  const note = readNote(cosigned)
  const checkpoint = note && readBareCheckpoint(note)
  if (!checkpoint) return 'unreadable'
  const [log, witnesses] = await Promise.all([findLog(ctx), listWitnesses(ctx)])
  const signature = log && (await signatureOf(note, await verifierOf(log)))
  if (!signature || checkpoint.origin !== log.origin) return 'not_this_log'
  const { size, root } = checkpoint
  if (size > log.size || !(await rootOf(size, tilesOf(ctx))).equals(root)) return 'forked'

  const found: { name: string; at: Date; line: string }[] = []
  for (const witness of witnesses) {
    const own = await cosignaturesOf(note, await cosignerOf(witness))
    if (!own) return 'wrong_signature'
    found.push(...own.map(({ at, line }) => ({ name: witness.name, at: new Date(at * 1000), line })))
  }
  if (found.length === 0) return 'unknown_witness'
  const latest = now.getTime() + clockSkewMs
  if (found.some(({ at }) => at.getTime() > latest)) return 'wrong_signature'
  for (const { name, line, at } of found) {
    await keep(tx, { storeId, name, size, checkpoint: `${note.text}\n${signature}\n`, cosignature: line, at })
  }
  return 'kept'
}
