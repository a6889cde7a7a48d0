import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { system } from '../context.ts'
import type { Engine } from '../context.ts'
import { enqueue } from '../events/jobs.ts'
import type { Customer } from '../identity/identity.ts'
import type { Store } from '../stores/stores.ts'
import { ErpError } from './erp.ts'
import type { Erp } from './erp.ts'

interface Person {
  id: string
  serial: number
  fullName: string
  email: string | null
  phone: string | null
  erpPartnerId: number | null
  erpUserId: number | null
}

const personById = statement(
  'erp.person',
  (p: { storeId: string; id: string }) =>
    sql<Person>`
    select id, serial, full_name, email, phone, erp_partner_id, erp_user_id from customer
    where store_id = ${p.storeId} and id = ${p.id}`,
)

const keepIds = statement(
  'erp.keep_customer',
  (p: { storeId: string; id: string; partnerId: number; userId: number }) =>
    sql`update customer set erp_partner_id = ${p.partnerId}, erp_user_id = ${p.userId}
    where store_id = ${p.storeId} and id = ${p.id}`,
)

/** How long a customer who signs in waits for the ERP to know them. */
const patienceMs = 1500
/** After it did not answer, nobody waits for it at all for this long. */
const restMs = 30_000
const restsUntil = new WeakMap<Erp, number>()

/**
 * Makes a customer known to the store's ERP, where there is one and it does not know them yet. Whoever signs in does not
 * wait for long: if it is slow or down, a job goes on with it.
 * @returns the customer, with the ERP's ids as far as they are known
 */
export async function acquaint(engine: Engine, erp: Erp | null, store: Store, customer: Customer): Promise<Customer> {
  if (!erp || (customer.erpPartnerId !== null && customer.erpUserId !== null)) return customer
  const now = engine.now().getTime()
  if ((restsUntil.get(erp) ?? 0) <= now) {
    const asking = introduce(engine.db, erp, store, customer)
    const waiting = new Promise<null>((resolve) => setTimeout(resolve, patienceMs, null).unref())
    const ids = await Promise.race([asking, waiting]).catch((error: unknown) => {
      if (error instanceof ErpError) return null
      throw error
    })
    if (ids) return { ...customer, erpPartnerId: ids.partnerId, erpUserId: ids.userId }
    asking.catch(() => {}) // whoever waited has gone
    restsUntil.set(erp, now + restMs)
  }
  await enqueue(
    engine.direct(store, system),
    'erp-customer',
    { customerId: customer.id },
    `erp customer ${customer.id}`,
  )
  return customer
}

async function introduce(db: Db, erp: Erp, store: Store, person: Person) {
  const { storeId } = store
  const { id, serial, fullName: name, email, phone } = person
  const ids = await erp.ensurePartner({ reference: `${store.slug}-${serial}`, name, email, phone })
  await keepIds(db, { storeId, id, ...ids })
  return ids
}

/**
 * As `acquaint`, for who can wait: a job, or an order that needs its partner there.
 * @returns the ERP's id of the partner
 * @throws ErpError
 */
export async function ensureKnown(db: Db, erp: Erp, store: Store, customerId: string): Promise<number> {
  const [person] = await personById(db, { storeId: store.storeId, id: customerId })
  if (!person) throw new ErpError('refused', 'the customer is gone')
  if (person.erpPartnerId !== null && person.erpUserId !== null) return person.erpPartnerId
  return (await introduce(db, erp, store, person)).partnerId
}
