import { sql } from 'kysely'
import { execute, one, statement } from '../database.ts'
import { system } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import type { Vault } from '../sealing.ts'
import type { Store } from '../stores/stores.ts'
import { addKey, atOnce, ensureFirstKey, kidOf, listKeys } from './keys.ts'
import type { Notary, PublishedKey } from './keys.ts'
import { signStatement } from './statements.ts'
import type { SignedStatement } from './statements.ts'

/** A change of keys that cannot be made; its message is for whoever asked for it. */
export class KeyError extends Error {}

const endOthers = statement(
  'proofs.end_keys',
  (p: { storeId: string; next: string; from: Date }) =>
    sql`update proof_key set signs_until = ${p.from}
    where store_id = ${p.storeId} and kid <> ${p.next} and (signs_until is null or signs_until > ${p.from})`,
)

/**
 * Publishes a store's next key, which begins to sign only when everybody has had the time to fetch it. The one before
 * signs until then, and stays published for ever.
 * @param afterMs when it begins
 * @returns its name, and when it begins
 * @throws KeyError while one that was published before has not begun
 */
export async function rotateKey(
  engine: Engine,
  vault: Vault,
  notary: Notary,
  store: Store,
  afterMs: number,
): Promise<{ kid: string; from: Date }> {
  await ensureFirstKey(engine, vault, store)
  return engine.run(store, system, async (ctx) => {
    const keys = await lockKeys(ctx)
    const waiting = keys.find(({ signsFrom, revokedAt }) => signsFrom > ctx.now && !revokedAt)
    if (waiting) throw new KeyError(`${waiting.kid} is published and signs from ${waiting.signsFrom.toISOString()} on`)
    const from = new Date(ctx.now.getTime() + afterMs)
    const kid = kidOf(keys.length + 1)
    await addKey(ctx.tx, vault, store.storeId, kid, ctx.now, from, await notary.signerOf(store, ctx.now, true))
    await endOthers(ctx.tx, { storeId: store.storeId, next: kid, from })
    return { kid, from }
  })
}

/** Keys are changed one at a time. */
async function lockKeys(ctx: Ctx): Promise<PublishedKey[]> {
  await execute(ctx.tx, 'select from proof_key where store_id = $1 order by kid for update', [ctx.store.storeId])
  return listKeys(ctx.tx, ctx.store)
}

const revoke = statement(
  'proofs.revoke_key',
  (p: { storeId: string; kid: string; at: Date; why: string }) =>
    sql<{ transaction: string }>`
    update proof_key set revoked_at = ${p.at}, revoked_why = ${p.why}, signs_until = least(signs_until, greatest(${p.at}, signs_from))
    where store_id = ${p.storeId} and kid = ${p.kid}
    returning pg_current_xact_id()::text as transaction`,
)

const appendRevocation = statement(
  'proofs.append_revocation',
  (p: SignedStatement & { storeId: string; subject: string; kid: string; now: Date }) =>
    sql`
    with due as (
      select from proof_key where store_id = ${p.storeId} and kid = ${p.subject} and revoked_entry is null for update
    ), stated as (
      insert into log_entry (store_id, kind, statement, signature, kid, salt, entry, at)
      select ${p.storeId}, 'key', ${p.statement}, ${p.statementSignature}, ${p.kid}, ${p.salt}, ${p.entry}, ${p.now} from due
      returning id
    )
    update proof_key set revoked_entry = (select id from stated)
    where store_id = ${p.storeId} and kid = ${p.subject} and exists (select from stated)`,
)

const oldest = statement(
  'proofs.oldest_transaction',
  () => sql<{ transaction: string }>`select pg_snapshot_xmin(pg_current_snapshot())::text as transaction`,
)

/**
 * Says that a key is not to be believed from a time on. It signs no more at once; where it was the one that signs, the next
 * one is published and begins. The log is told once all that was under way has ended, so that what stands behind that
 * word was made after it: a thief of the key cannot make anything that looks older.
 * @param since what it signed before is believed still
 * @throws KeyError for a key that is not there, or was revoked before
 */
export async function revokeKey(
  engine: Engine,
  vault: Vault,
  notary: Notary,
  store: Store,
  kid: string,
  since: Date,
  why: string,
): Promise<void> {
  const { storeId } = store
  const key = (await listKeys(engine.db, store)).find((known) => known.kid === kid)
  if (!key) throw new KeyError(`${store.slug} has no key ${kid}`)
  if (since > engine.now()) throw new KeyError('a key is revoked from now on, or from a time that has passed')
  const ended = await engine.run(store, system, async (ctx) => {
    const keys = await lockKeys(ctx)
    const known = keys.find((one) => one.kid === kid)!
    if (known.revokedAt && known.revokedIndex !== null) throw new KeyError(`${kid} was revoked before`)
    const { transaction } = one(await revoke(ctx.tx, { storeId, kid, at: known.revokedAt ?? since, why }))
    const isSigning = ({ signsFrom, signsUntil, revokedAt }: PublishedKey) =>
      signsFrom <= ctx.now && (!signsUntil || signsUntil > ctx.now) && !revokedAt
    if (!keys.some((one) => one.kid !== kid && isSigning(one))) await beginNow(ctx, vault, keys)
    return BigInt(transaction)
  })
  while (BigInt(one(await oldest(engine.db, {})).transaction) <= ended)
    await new Promise((resolve) => setTimeout(resolve, 50))
  await tellLog(engine, notary, store, kid)
}

const begin = statement(
  'proofs.begin_key',
  (p: { storeId: string; kid: string; from: Date }) =>
    sql`update proof_key set signs_from = ${p.from} where store_id = ${p.storeId} and kid = ${p.kid}`,
)

/** A key that was to begin later begins now; without one, a new one does. */
async function beginNow(ctx: Ctx, vault: Vault, keys: PublishedKey[]): Promise<void> {
  const { storeId } = ctx.store
  const next = keys.find(({ signsFrom, revokedAt }) => signsFrom > ctx.now && !revokedAt)
  if (next) return void (await begin(ctx.tx, { storeId, kid: next.kid, from: atOnce(ctx.now) }))
  await addKey(ctx.tx, vault, storeId, kidOf(keys.length + 1), ctx.now, atOnce(ctx.now), null)
}

async function tellLog(engine: Engine, notary: Notary, store: Store, kid: string): Promise<void> {
  const keys = await listKeys(engine.db, store)
  const key = keys.find((known) => known.kid === kid)!
  const now = engine.now()
  const signer = await notary.signerOf(store, now, true)
  const stated = signStatement(signer, {
    kind: 'key',
    event: 'revoked',
    store: store.storeId,
    at: now.toISOString(),
    subject: kid,
    x: key.publicKey.toString('base64url'),
    from: key.revokedAt!.toISOString(),
    reason: key.revokedWhy,
  })
  await appendRevocation(engine.db, { ...stated, storeId: store.storeId, subject: kid, kid: signer.kid, now })
}
