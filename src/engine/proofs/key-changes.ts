import { sql } from 'kysely'
import { DatabaseError } from 'pg'
import { execute, statement } from '../database.ts'
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
    where store_id = ${p.storeId} and kid <> ${p.next} and revoked_at is null and (signs_until is null or signs_until > ${p.from})`,
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
  await ensureFirstKey(engine.direct(store, system), vault)
  return engine.run(store, system, async (ctx) => {
    const keys = await lockKeys(ctx)
    const waiting = keys.find(({ signsFrom, revokedAt }) => signsFrom > ctx.now && !revokedAt)
    if (waiting) throw new KeyError(`${waiting.kid} is published and signs from ${waiting.signsFrom.toISOString()} on`)
    const kid = kidOf(keys.length + 1)
    if (!keys.some((key) => isSigning(key, ctx.now))) {
      await beginNow(ctx, vault, keys)
      return { kid, from: ctx.now }
    }
    const from = new Date(ctx.now.getTime() + afterMs)
    await addKey(ctx.tx, vault, store.storeId, kid, ctx.now, from, await notary.signerOf(ctx, true))
    await endOthers(ctx.tx, { storeId: store.storeId, next: kid, from })
    return { kid, from }
  })
}

const isSigning = ({ signsFrom, signsUntil, revokedAt }: PublishedKey, now: Date) =>
  signsFrom <= now && (!signsUntil || signsUntil > now) && !revokedAt

/** Keys are changed one at a time. */
async function lockKeys(ctx: Ctx): Promise<PublishedKey[]> {
  await execute(ctx.tx, 'select from proof_key where store_id = $1 order by kid for update', [ctx.store.storeId])
  return listKeys(ctx.tx, ctx.store)
}

const revoke = statement(
  'proofs.revoke_key',
  (p: { storeId: string; kid: string; at: Date; why: string }) =>
    sql`
    update proof_key set revoked_at = ${p.at}, revoked_why = ${p.why},
      signs_until = least(signs_until, greatest(${p.at}, signs_from))
    where store_id = ${p.storeId} and kid = ${p.kid}`,
)

const appendRevocation = statement(
  'proofs.append_revocation',
  (p: SignedStatement & { storeId: string; subject: string; kid: string; now: Date }) =>
    sql`
    with stated as (
      insert into log_entry (store_id, kind, statement, signature, kid, salt, entry, at)
      values (${p.storeId}, 'key', ${p.statement}, ${p.statementSignature}, ${p.kid}, ${p.salt}, ${p.entry}, ${p.now})
      returning id
    )
    update proof_key set revoked_entry = (select id from stated) where store_id = ${p.storeId} and kid = ${p.subject}`,
)

const goOn = statement(
  'proofs.go_on',
  (p: { storeId: string; from: Date; now: Date }) =>
    sql`update proof_key set signs_until = null
    where store_id = ${p.storeId} and signs_until = ${p.from} and ${p.from} > ${p.now}::timestamptz and revoked_at is null`,
)

/** How long the others may be held up for a revocation before it makes way for them, and tries again. */
const patience = "set local lock_timeout = '1s'"
const tries = 30

/**
 * Says that a key is not to be believed from a time on. It signs no more at once; where it was the one that signs, the next
 * one is published and begins. What was being stated is waited for, and what follows waits, for some milliseconds: so all
 * that the log holds behind the word of it was made after it, and a thief of the key can make nothing that looks older.
 * @param since what it signed before is believed still
 * @throws KeyError for a key that is not there, or was revoked before; when it cannot be done now
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
  if (since > engine.now()) throw new KeyError('a key is revoked from now on, or from a time that has passed')
  const attempt = () => engine.run(store, system, (ctx) => revokeIn(ctx, vault, notary, kid, since, why))
  for (let left = tries; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      if (left <= 1) throw new KeyError('something holds the table of statements: the key is as it was; try again')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

const isLockTimeout = (error: unknown) => error instanceof DatabaseError && error.code === '55P03'

async function revokeIn(ctx: Ctx, vault: Vault, notary: Notary, kid: string, since: Date, why: string): Promise<void> {
  const { store } = ctx
  await execute(ctx.tx, patience)
  await execute(ctx.tx, 'lock table log_entry in share row exclusive mode')
  const keys = await lockKeys(ctx)
  const key = keys.find((known) => known.kid === kid)
  if (!key) throw new KeyError(`${store.slug} has no key ${kid}`)
  if (key.revokedAt) throw new KeyError(`${kid} was revoked before`)
  await revoke(ctx.tx, { storeId: store.storeId, kid, at: since, why })
  const others = keys.filter((one) => one.kid !== kid)
  if (!others.some((one) => isSigning(one, ctx.now)))
    await beginNow(ctx, vault, keys.with(keys.indexOf(key), { ...key, revokedAt: since }))
  // where it was to follow another, that one goes on
  else await goOn(ctx.tx, { storeId: store.storeId, from: key.signsFrom, now: ctx.now })
  const signer = await notary.signerOf(ctx, true)
  const stated = signStatement(signer, {
    kind: 'key',
    event: 'revoked',
    store: store.storeId,
    at: ctx.now.toISOString(),
    subject: kid,
    x: key.publicKey.toString('base64url'),
    from: since.toISOString(),
    reason: why,
  })
  await appendRevocation(ctx.tx, { ...stated, storeId: store.storeId, subject: kid, kid: signer.kid, now: ctx.now })
}

const setEnd = statement(
  'proofs.end_key',
  (p: { storeId: string; kid: string; until: Date }) =>
    sql`update proof_key set signs_until = ${p.until} where store_id = ${p.storeId} and kid = ${p.kid}`,
)

/** A new key begins now. One that is published to begin later still does, as everybody was told. */
async function beginNow(ctx: Ctx, vault: Vault, keys: PublishedKey[]): Promise<void> {
  const { storeId } = ctx.store
  const kid = kidOf(keys.length + 1)
  await addKey(ctx.tx, vault, storeId, kid, ctx.now, atOnce(ctx.now), null)
  const next = keys.find(({ signsFrom, revokedAt }) => signsFrom > ctx.now && !revokedAt)
  if (next) await setEnd(ctx.tx, { storeId, kid, until: next.signsFrom })
}
