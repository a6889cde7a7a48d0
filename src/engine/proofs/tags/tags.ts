import { sql } from 'kysely'
import { q, statement } from '../../database.ts'
import type { Ctx, Db } from '../../context.ts'
import { Refusal } from '../../refusal.ts'
import type { Vault } from '../../sealing.ts'
import { readTapMessage } from './sun.ts'
import type { Tap, TagKeys, TapMessage } from './sun.ts'

export type { TapMessage } from './sun.ts'

const purpose = (storeId: string, name: string) => `tag key ${storeId} ${name}`

interface SealedForm {
  meta: string
  file: string
  systemId: string | null
}

/** Opens what `addTagKey` sealed. */
export const tagKeyOpener =
  (vault: Vault) =>
  (storeId: string, name: string, sealed: Buffer): TagKeys => {
    const { meta, file, systemId } = JSON.parse(vault.open(sealed, purpose(storeId, name)).toString()) as SealedForm
    return {
      meta: Buffer.from(meta, 'hex'),
      file: Buffer.from(file, 'hex'),
      systemId: systemId === null ? null : Buffer.from(systemId, 'hex'),
    }
  }

const insertKey = statement(
  'tags.add_key',
  (p: { storeId: string; name: string; sealed: Buffer; now: Date }) =>
    sql`insert into tag_key (store_id, name, sealed, created_at) values (${p.storeId}, ${p.name}, ${p.sealed}, ${p.now})`,
)

/**
 * Keeps the keys of a batch of tags under a name. There is no way to change one: tags keep what they were written with.
 * @throws DatabaseError with constraint tag_key_pkey when the name is taken
 */
export async function addTagKey(ctx: Ctx<Db>, vault: Vault, name: string, keys: TagKeys): Promise<void> {
  const { storeId } = ctx.store
  const form: SealedForm = {
    meta: keys.meta.toString('hex'),
    file: keys.file.toString('hex'),
    systemId: keys.systemId?.toString('hex') ?? null,
  }
  const sealed = vault.seal(JSON.stringify(form), purpose(storeId, name))
  await insertKey(ctx.tx, { storeId, name, sealed, now: ctx.now })
}

const sealedKey = statement('tags.key', (p: { storeId: string; name: string }) =>
  q.selectFrom('tagKey').select('sealed').where('storeId', '=', p.storeId).where('name', '=', p.name),
)

/** The seven bytes of a tag's UID, however they are parted: 04:1A:2B:3C:4D:5E:6F. @throws Refusal tag.uid_invalid */
export function uidOf(text: string): Buffer {
  const hex = text.replaceAll(/[:\-\s]/g, '')
  if (!/^[0-9a-f]{14}$/i.test(hex)) throw new Refusal('tag.uid_invalid', {})
  return Buffer.from(hex, 'hex')
}

/**
 * Reads what a tag says of itself, with the keys of its batch.
 * @param uid the one that was enrolled
 * @returns null for a plain tag, and where no message is given
 * @throws Refusal tag.key_unknown, tag.message_refused
 */
export async function readTap(
  { tx, store }: Ctx<Db>,
  open: (storeId: string, name: string, sealed: Buffer) => TagKeys,
  name: string | null,
  uid: Buffer | null,
  message: TapMessage | null,
): Promise<Tap | null> {
  if (name === null || uid === null) return null
  const [row] = await sealedKey(tx, { storeId: store.storeId, name })
  if (!row) throw new Refusal('tag.key_unknown', { name })
  if (!message) return null
  const tap = readTapMessage(open(store.storeId, name, row.sealed), message)
  if (!tap) throw new Refusal('tag.message_refused', { why: 'forged' })
  if (!tap.uid.equals(uid)) throw new Refusal('tag.message_refused', { why: 'other_tag' })
  return tap
}
