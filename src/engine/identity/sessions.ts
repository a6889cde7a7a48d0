import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { q, statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx, Engine } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { hashToken, newToken } from '../sealing.ts'
import type { Store } from '../stores/stores.ts'
import type { Customer } from './identity.ts'

const insertToken = statement(
  'sessions.insert',
  (p: {
    storeId: string
    hash: Buffer
    familyId: string
    customerId: string
    sessionEpoch: number
    days: number
    expiresAt: Date
    now: Date
  }) =>
    sql`insert into refresh_token (store_id, token_hash, family_id, customer_id, session_epoch, lifetime_days, expires_at,
        created_at)
      values (${p.storeId}, ${p.hash}, ${p.familyId}, ${p.customerId}, ${p.sessionEpoch}, ${p.days}, ${p.expiresAt}, ${p.now})`,
)

// For contracts with refresh tokens: Ionora has none, its access tokens live for days.

/**
 * Starts a session that outlives its access tokens.
 * @param customer who signed in, and the epoch that was read then: a reset since then ends this session too
 * @param days how long a refresh token is good; each rotation counts anew
 * @returns the refresh token; only its hash is kept
 */
export async function startSession(
  ctx: Ctx<Db>,
  { id: customerId, sessionEpoch }: Pick<Customer, 'id' | 'sessionEpoch'>,
  days: number,
): Promise<string> {
  return insertNext(ctx, { customerId, sessionEpoch, familyId: randomUUID(), days })
}

const spend = statement(
  'sessions.spend',
  (p: { storeId: string; hash: Buffer; now: Date }) =>
    sql<{ customerId: string; familyId: string; days: number; sessionEpoch: number }>`
    update refresh_token t set used_at = ${p.now}
    from customer c
    where t.store_id = ${p.storeId} and t.token_hash = ${p.hash} and t.used_at is null and t.expires_at > ${p.now}
      and c.store_id = t.store_id and c.id = t.customer_id and c.session_epoch = t.session_epoch
    returning t.customer_id, t.family_id, t.lifetime_days as days, c.session_epoch`,
)

const deleteFamily = statement(
  'sessions.end_family',
  (p: { storeId: string; familyId: string }) =>
    sql<{ familyId: string }>`
    delete from refresh_token where store_id = ${p.storeId} and family_id = ${p.familyId} returning family_id`,
)

const familyOf = statement('sessions.family', (p: { storeId: string; hash: Buffer }) =>
  q.selectFrom('refreshToken').select('familyId').where('storeId', '=', p.storeId).where('tokenHash', '=', p.hash),
)

/** Ends all sessions that came from one sign-in: the one that this token belongs to. */
async function endFamily(db: Db, storeId: string, hash: Buffer): Promise<void> {
  let [family] = await familyOf(db, { storeId, hash })
  // a rotation under way adds a token that a delete which waited for it has not seen: so until none is left
  while (family) [family] = await deleteFamily(db, { storeId, ...family })
}

/**
 * Trades a refresh token for the next one. A token used twice was stolen, or its thief came first: the family ends.
 * @throws Refusal session.refused
 */
export async function refreshSession(engine: Engine, store: Store, token: string) {
  const hash = hashToken(token)
  const next = await engine.run(store, { kind: 'guest' }, async (ctx) => {
    const [spent] = await spend(ctx.tx, { storeId: store.storeId, hash, now: ctx.now })
    return spent && { ...spent, refreshToken: await insertNext(ctx, spent) }
  })
  if (next)
    return { customer: { id: next.customerId, sessionEpoch: next.sessionEpoch }, refreshToken: next.refreshToken }
  await endFamily(engine.db, store.storeId, hash)
  throw new Refusal('session.refused', {})
}

async function insertNext(
  ctx: Ctx<Db>,
  session: { customerId: string; sessionEpoch: number; familyId: string; days: number },
): Promise<string> {
  const token = newToken()
  const expiresAt = new Date(ctx.now.getTime() + session.days * 86_400_000)
  await insertToken(ctx.tx, { ...session, storeId: ctx.store.storeId, hash: hashToken(token), expiresAt, now: ctx.now })
  return token
}

const forget = statement(
  'sessions.forget',
  (p: { before: Date }) => sql`delete from refresh_token where expires_at < ${p.before}`,
)

/** Tokens that are over, used or not: until then, a used one tells of a thief. */
export async function forgetOldSessions(db: Db, now: Date): Promise<void> {
  await forget(db, { before: now })
}
