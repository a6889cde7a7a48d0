import type { Engine } from '../context.ts'
import type { Store } from '../stores/stores.ts'
import { ErpError } from './erp.ts'
import type { Erp } from './erp.ts'
import { sendOrders } from './orders.ts'
import { pullErp, recountNightly } from './pull.ts'

/** Work on a store's ERP is done by one at a time. @returns undefined when somebody is at it */
export const aloneAtErp = <T>(engine: Engine, store: Store, work: () => Promise<T>): Promise<T | undefined> =>
  engine.alone(`erp ${store.storeId}`, work)

/** How many of each came in and went out. */
export interface Exchange {
  variants: number
  stock: number
  orders: number
  sent: number
}

/**
 * All that a store and its ERP have to tell each other. What was ordered has to be known there, so changes come in first;
 * what is wrong with them holds up no order, and no order that fails holds up the nightly count.
 * @returns undefined when somebody is at it
 * @throws what went wrong, after the rest was done: ErpError when it is the ERP
 */
export const syncErp = (engine: Engine, erp: Erp, store: Store): Promise<Exchange | undefined> =>
  aloneAtErp(engine, store, async () => {
    const errors: unknown[] = []
    const attempt = <T>(work: Promise<T>) => work.catch((error: unknown) => void errors.push(error))
    const read = await attempt(pullErp(engine, erp, store))
    const sent = await attempt(sendOrders(engine, erp, store))
    // only after the orders were read: what has left there has left the shop as well before it is counted
    if (read) await attempt(recountNightly(engine, erp, store))
    if (read && sent !== undefined && errors.length === 0) return { ...read, sent }
    throw errors.find((error) => !(error instanceof ErpError)) ?? errors[0] // an outage hides no mistake of ours
  })
