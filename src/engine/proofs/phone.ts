import { createHmac, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Ctx, Db } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { Vault } from '../sealing.ts'

/** Wrong digits before nobody is listened to for a while: of 10,000 possible ones, few can be tried in a day. */
const maxTries = 5
const lockMs = 3_600_000

/**
 * Makes the keyed hash of a customer's last digits: there are only 10,000, so without the key that is not in the
 * database they cannot be found out from it. Two proofs with the same digits have different ones.
 */
export function digitsHasher(vault: Vault): (proofId: string, digits: string) => Buffer {
  const key = vault.deriveKey('phone digits of proofs')
  return (proofId, digits) => createHmac('sha256', key).update(`${proofId} ${digits}`).digest()
}

// A try is taken before it is looked at, so that of many at once no more are looked at than are allowed; the fifth is.
const take = statement(
  'proofs.take_try',
  (p: { storeId: string; id: string; now: Date; until: Date }) =>
    sql<{ tries: number }>`
    update proof set
      phone_tries = case when phone_tries >= ${maxTries} then 1 else phone_tries + 1 end,
      phone_locked_until = case when phone_tries = ${maxTries - 1} then ${p.until}::timestamptz end
    where store_id = ${p.storeId} and id = ${p.id} and verified_at is null
      and (phone_locked_until is null or phone_locked_until <= ${p.now})
    returning phone_tries as tries`,
)

const lockOf = statement(
  'proofs.phone_lock',
  (p: { storeId: string; id: string }) =>
    sql<{ until: Date | null; isVerified: boolean }>`
    select phone_locked_until as until, verified_at is not null as is_verified from proof
    where store_id = ${p.storeId} and id = ${p.id}`,
)

/**
 * Compares digits with those of an enrolment. Costs a try, which stays taken whatever the request comes to.
 * @throws Refusal proof.phone_wrong, after too many tries with when to come back; proof.verified
 */
export async function checkDigits(
  ctx: Ctx<Db>,
  proof: { id: string; phoneHash: Buffer | null },
  hashed: Buffer,
): Promise<void> {
  const place = { storeId: ctx.store.storeId, id: proof.id }
  if (!proof.phoneHash) throw new Refusal('proof.phone_wrong', {}) // nothing can be right
  const until = new Date(ctx.now.getTime() + lockMs)
  const [taken] = await take(ctx.tx, { ...place, now: ctx.now, until })
  if (!taken) {
    const [lock] = await lockOf(ctx.tx, place)
    if (lock?.isVerified) throw new Refusal('proof.verified', { proofId: proof.id })
    const leftMs = (lock?.until ?? until).getTime() - ctx.now.getTime()
    throw new Refusal('proof.phone_wrong', { retryAfterSeconds: Math.max(Math.ceil(leftMs / 1000), 1) })
  }
  if (timingSafeEqual(proof.phoneHash, hashed)) return
  throw new Refusal('proof.phone_wrong', taken.tries < maxTries ? {} : { retryAfterSeconds: lockMs / 1000 })
}
