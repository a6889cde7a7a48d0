import { sql } from 'kysely'
import { one, q, statement, violates } from '../database.ts'
import type { Db } from '../database.ts'
import { customerIdOf } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import { emit } from '../events/events.ts'
import { Refusal } from '../refusal.ts'
import type { Store } from '../stores/stores.ts'
import { hashPassword, passwordMatches } from './passwords.ts'
import { toE164 } from './phones.ts'

/** A customer as its owner may see it. */
export interface Customer {
  id: string
  serial: number
  fullName: string
  email: string | null
  phone: string | null
  isAdmin: boolean
  emailVerified: boolean
  sessionEpoch: number
  /** what the store's ERP calls them; null as long as it does not know them */
  erpPartnerId: number | null
  erpUserId: number | null
  lastLoginAt: Date | null
  createdAt: Date
  updatedAt: Date
}

const customerColumns = sql`c.id, c.serial, c.full_name, c.email, c.phone, c.is_admin, c.email_verified, c.session_epoch,
  c.erp_partner_id, c.erp_user_id, c.last_login_at, c.created_at, c.updated_at`

/** E-mail addresses are compared without regard to case, and kept as a login in lower case. */
export const loginSubject = (email: string) => email.trim().toLowerCase()

interface NewCustomer {
  email: string
  fullName: string
  phone: string | null
  isAdmin?: boolean
  /** the phone number signs in too, and so is nobody else's */
  phoneIsLogin?: boolean
}

const insertCustomer = statement(
  'identity.register',
  (p: Required<NewCustomer> & { storeId: string; subject: string; e164: string | null; hash: string; now: Date }) =>
    sql<Customer>`
      with c as (
        insert into customer (store_id, full_name, email, phone, phone_e164, is_admin, created_at, updated_at)
        values (${p.storeId}, ${p.fullName}, ${p.email}, ${p.phone}, ${p.e164}, ${p.isAdmin}, ${p.now}, ${p.now})
        returning *
      ), l as (
        insert into login (store_id, kind, subject, customer_id)
        select store_id, 'email', ${p.subject}, id from c
        union all select store_id, 'phone', ${p.e164}, id from c where ${p.phoneIsLogin}
      ), w as (
        insert into password_credential (store_id, customer_id, hash, changed_at)
        select store_id, id, ${p.hash}, ${p.now} from c
      )
      select ${customerColumns} from c`,
)

/** Which of a customer's logins somebody else has, by what PostgreSQL said of it. */
function takenLogin(error: unknown): unknown {
  if (!violates(error, 'login_pkey')) return error
  const isPhone = (error as { detail?: string }).detail?.includes(', phone, ') ?? false
  return new Refusal('login.taken', { kind: isPhone ? 'phone' : 'email' })
}

/**
 * Makes an account with an e-mail login, and one by phone where the contract has that.
 * @throws Refusal login.taken, phone.invalid (a phone that is to sign in and is no number)
 */
export async function register(engine: Engine, store: Store, person: NewCustomer, password: string): Promise<Customer> {
  const e164 = toE164(person.phone, store.country)
  if (person.phoneIsLogin && !e164) throw new Refusal('phone.invalid', {})
  const hash = await hashPassword(password) // also for a taken address: refusing takes as long as accepting
  return engine.run(store, { kind: 'guest' }, async (ctx) => {
    const customer = await insertCustomer(ctx.tx, {
      ...person,
      isAdmin: person.isAdmin ?? false,
      phoneIsLogin: person.phoneIsLogin ?? false,
      storeId: store.storeId,
      subject: loginSubject(person.email),
      e164,
      hash,
      now: ctx.now,
    }).catch((error: unknown) => {
      throw takenLogin(error)
    })
    await emit(ctx, 'customer.registered', one(customer).id)
    return one(customer)
  })
}

const credentialOf = statement(
  'identity.credential',
  (p: { storeId: string; kind: 'email' | 'phone'; subject: string }) =>
    q
      .selectFrom('login as l')
      .innerJoin('passwordCredential as w', (join) =>
        join.onRef('w.storeId', '=', 'l.storeId').onRef('w.customerId', '=', 'l.customerId'),
      )
      .select(['l.customerId', 'w.hash'])
      .where('l.storeId', '=', p.storeId)
      .where('l.kind', '=', p.kind)
      .where('l.subject', '=', p.subject),
)

// The password's row is locked before the customer's, here and where it is replaced: a sign-in that waits for a reset
// sees the new password with the new epoch, never the old one with it.
const markLogin = statement(
  'identity.mark_login',
  (p: { storeId: string; id: string; hash: string; now: Date }) =>
    sql<Customer>`
    with w as (
      select customer_id from password_credential
      where store_id = ${p.storeId} and customer_id = ${p.id} and hash = ${p.hash} for share
    )
    update customer c set last_login_at = ${p.now}
    from w where c.store_id = ${p.storeId} and c.id = w.customer_id
    returning ${customerColumns}`,
)

/**
 * Signs in by e-mail or phone, and password.
 * @param login an e-mail address, or what is a phone number in the store's country
 * @throws Refusal login.refused, alike for an unknown account and a wrong password
 */
export async function signIn(engine: Engine, store: Store, login: string, password: string): Promise<Customer> {
  const { tx, now } = engine.direct(store, { kind: 'guest' })
  const { storeId } = store
  const phone = login.includes('@') ? null : toE164(login, store.country)
  const [credential] = await credentialOf(
    tx,
    phone === null
      ? { storeId, kind: 'email', subject: loginSubject(login) }
      : { storeId, kind: 'phone', subject: phone },
  )
  if (!(await passwordMatches(credential?.hash ?? null, password)) || !credential)
    throw new Refusal('login.refused', {})
  // the hash again: between the two statements the password may have been changed
  const [customer] = await markLogin(tx, { storeId, id: credential.customerId, hash: credential.hash, now })
  if (!customer) throw new Refusal('login.refused', {})
  return customer
}

const profileOf = statement(
  'identity.profile',
  (p: { storeId: string; id: string }) =>
    sql<Customer>`select ${customerColumns} from customer c where c.store_id = ${p.storeId} and c.id = ${p.id}`,
)

/** The signed-in customer. */
export async function getProfile(ctx: Ctx<Db>): Promise<Customer> {
  return one(await profileOf(ctx.tx, { storeId: ctx.store.storeId, id: customerIdOf(ctx) }))
}

const changeProfile = statement(
  'identity.change_profile',
  (p: { storeId: string; id: string; fullName: string | null; phone: string | null; e164: string | null; now: Date }) =>
    sql<Customer>`
      with l as (
        -- whoever signs in by phone goes on with the new number
        update login set subject = ${p.e164}
        where store_id = ${p.storeId} and customer_id = ${p.id} and kind = 'phone' and ${p.e164}::text is not null
      )
      update customer c set full_name = coalesce(${p.fullName}, full_name), phone = coalesce(${p.phone}, phone),
        phone_e164 = case when ${p.phone}::text is null then phone_e164 else ${p.e164} end, updated_at = ${p.now}
      where c.store_id = ${p.storeId} and c.id = ${p.id}
      returning ${customerColumns}`,
)

/**
 * Changes name and phone of the signed-in customer; what is left out keeps its value.
 * @param changes phoneIsLogin as for a new customer: who signs in by phone is not left without a number
 * @throws Refusal login.taken, when the phone signs in and is somebody else's; phone.invalid
 */
export async function updateProfile(
  ctx: Ctx<Db>,
  changes: { fullName?: string; phone?: string; phoneIsLogin?: boolean },
): Promise<Customer> {
  const { fullName = null, phone = null, phoneIsLogin = false } = changes
  const storeId = ctx.store.storeId
  const e164 = toE164(phone, ctx.store.country)
  if (phoneIsLogin && phone !== null && !e164) throw new Refusal('phone.invalid', {})
  const own = { storeId, id: customerIdOf(ctx), now: ctx.now }
  const changed = await changeProfile(ctx.tx, { ...own, fullName, phone, e164 }).catch((error: unknown) => {
    throw takenLogin(error)
  })
  return one(changed)
}

const hashOf = statement('identity.hash', (p: { storeId: string; customerId: string }) =>
  q
    .selectFrom('passwordCredential')
    .select('hash')
    .where('storeId', '=', p.storeId)
    .where('customerId', '=', p.customerId),
)

const replacePassword = statement(
  'identity.replace_password',
  (p: { storeId: string; customerId: string; hash: string; oldHash: string; now: Date }) =>
    sql<{ sessionEpoch: number }>`
      with w as (
        update password_credential set hash = ${p.hash}, changed_at = ${p.now}
        where store_id = ${p.storeId} and customer_id = ${p.customerId} and hash = ${p.oldHash}
        returning store_id, customer_id
      ), r as (
        delete from refresh_token where (store_id, customer_id) in (select store_id, customer_id from w)
      ), t as (
        delete from password_reset where (store_id, customer_id) in (select store_id, customer_id from w)
      )
      update customer c set session_epoch = c.session_epoch + 1, updated_at = ${p.now}
      from w where c.store_id = w.store_id and c.id = w.customer_id
      returning c.session_epoch`,
)

/**
 * Changes the signed-in customer's password and ends every session.
 * @returns the new session epoch, for a token that goes on
 * @throws Refusal password.wrong
 */
export async function changePassword(engine: Engine, ctx: Ctx<Db>, current: string, next: string): Promise<number> {
  const storeId = ctx.store.storeId
  const customerId = customerIdOf(ctx)
  const [row] = await hashOf(ctx.tx, { storeId, customerId })
  if (!(await passwordMatches(row?.hash ?? null, current)) || !row) throw new Refusal('password.wrong', {})
  const hash = await hashPassword(next)
  const changed = await replacePassword(engine.db, { storeId, customerId, hash, oldHash: row.hash, now: ctx.now })
  if (changed.length === 0) throw new Refusal('password.wrong', {}) // changed meanwhile by another request
  return changed[0]!.sessionEpoch
}

const grantAdmin = statement(
  'identity.grant_admin',
  (p: { storeId: string; subject: string; now: Date }) =>
    sql<{ id: string }>`
    update customer c set is_admin = true, updated_at = ${p.now}
    from login l
    where l.store_id = ${p.storeId} and l.kind = 'email' and l.subject = ${p.subject}
      and c.store_id = l.store_id and c.id = l.customer_id
    returning c.id`,
)

/** Makes an existing account an administrator. @returns whether there is such an account */
export async function makeAdmin(ctx: Ctx<Db>, email: string): Promise<boolean> {
  return (
    (await grantAdmin(ctx.tx, { storeId: ctx.store.storeId, subject: loginSubject(email), now: ctx.now })).length > 0
  )
}
