import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { statement } from '../database.ts'
import type { Buildable, Db } from '../database.ts'
import type { Ctx } from '../context.ts'

/** Whose a cart is: a customer's, or that of whoever has a guest's token. An id alone is nobody's. */
export interface Owner {
  storeId: string
  customerId: string | null
  tokenHash: Buffer | null
}

/** @throws Error for an actor who has no cart: the route should have asked for a sign-in, or a guest's token */
export function ownerOf({ actor, store }: Ctx<Db>): Owner {
  const { storeId } = store
  if (actor.kind === 'customer') return { storeId, customerId: actor.id, tokenHash: null }
  if (actor.kind === 'guest' && actor.cartToken) return { storeId, customerId: null, tokenHash: actor.cartToken }
  throw new Error(`whoever has a cart was expected, not a ${actor.kind}`)
}

/**
 * A statement on somebody's open cart: one for customers and one for guests, each planned for its own index.
 * @param build is given the condition by which `cart k` is theirs and open, and what an insert of one conflicts on
 */
export function cartStatement<P extends Owner, R>(
  name: string,
  build: (p: P, theirs: RawBuilder<unknown>, conflict: RawBuilder<unknown>) => Buildable<R>,
): (db: Db, params: P) => Promise<R[]> {
  const ofCustomer = statement(name, (p: P) =>
    build(
      p,
      sql`k.store_id = ${p.storeId} and k.customer_id = ${p.customerId} and k.state = 'open'`,
      sql`(store_id, customer_id) where state = 'open'`,
    ),
  )
  const ofGuest = statement(`${name}_guest`, (p: P) =>
    build(
      p,
      sql`k.store_id = ${p.storeId} and k.token_hash = ${p.tokenHash} and k.state = 'open'`,
      sql`(store_id, token_hash) where state = 'open' and token_hash is not null`,
    ),
  )
  return (db, params) => (params.customerId === null ? ofGuest : ofCustomer)(db, params)
}
