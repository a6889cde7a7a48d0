import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx, Engine } from '../context.ts'
import { enqueue } from '../events/jobs.ts'
import { Refusal } from '../refusal.ts'
import { hashToken, newToken } from '../sealing.ts'
import type { Store } from '../stores/stores.ts'
import { loginSubject } from './identity.ts'
import { hashPassword } from './passwords.ts'

/** How long the link in a reset mail works, in minutes. */
export const resetMinutes = 60

/**
 * Asks for a reset mail. Only a job is written, whoever the address belongs to: the answer and its time are the same
 * for an address that nobody registered.
 */
export async function requestReset(ctx: Ctx<Db>, email: string): Promise<void> {
  await enqueue(ctx, 'send-reset', { email: loginSubject(email) })
}

const insertReset = statement(
  'identity.insert_reset',
  (p: { storeId: string; subject: string; tokenHash: Buffer; expiresAt: Date }) =>
    sql<{ email: string; fullName: string }>`
      with r as (
        insert into password_reset (store_id, token_hash, customer_id, expires_at)
        select store_id, ${p.tokenHash}, customer_id, ${p.expiresAt} from login
        where store_id = ${p.storeId} and kind = 'email' and subject = ${p.subject}
        returning store_id, customer_id
      )
      select c.email, c.full_name from customer c join r on r.store_id = c.store_id and r.customer_id = c.id`,
)

/**
 * Makes the token for a reset mail; only its hash is kept.
 * @returns null when nobody has this address
 */
export async function issueReset(ctx: Ctx<Db>, subject: string) {
  const token = newToken()
  const expiresAt = new Date(ctx.now.getTime() + resetMinutes * 60_000)
  const [person] = await insertReset(ctx.tx, {
    storeId: ctx.store.storeId,
    subject,
    tokenHash: hashToken(token),
    expiresAt,
  })
  return person ? { ...person, token } : null
}

const redeemReset = statement(
  'identity.redeem_reset',
  (p: { storeId: string; tokenHash: Buffer; hash: string; now: Date }) =>
    sql<{ id: string }>`
      with t as (
        update password_reset set used_at = ${p.now}
        where store_id = ${p.storeId} and token_hash = ${p.tokenHash} and used_at is null and expires_at > ${p.now}
        returning store_id, customer_id
      ), w as (
        update password_credential w set hash = ${p.hash}, changed_at = ${p.now}
        from t where w.store_id = t.store_id and w.customer_id = t.customer_id
        returning w.customer_id
      ), others as (
        update password_reset o set used_at = ${p.now}
        from t where o.store_id = t.store_id and o.customer_id = t.customer_id and o.used_at is null
          and o.token_hash <> ${p.tokenHash}
      ), r as (
        delete from refresh_token where (store_id, customer_id) in (select store_id, customer_id from t)
      )
      update customer c set session_epoch = session_epoch + 1, email_verified = true, updated_at = ${p.now}
      -- counting makes the password come first, as a sign-in locks it
      from t, (select count(*) from w) w where c.store_id = t.store_id and c.id = t.customer_id
      returning c.id`,
)

/**
 * Sets a new password with the token from a mail, once, and ends every session. Whoever could read the mail has
 * shown that the address is theirs.
 * @throws Refusal reset.unknown, alike for a token that is unknown, used or over
 */
export async function resetPassword(engine: Engine, store: Store, token: string, password: string): Promise<void> {
  const hash = await hashPassword(password)
  const { storeId } = store
  const redeemed = await redeemReset(engine.db, { storeId, tokenHash: hashToken(token), hash, now: engine.now() })
  if (redeemed.length === 0) throw new Refusal('reset.unknown', {})
}
