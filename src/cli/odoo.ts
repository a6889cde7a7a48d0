import type { Erp } from '../engine/erp/erp.ts'
import { ErpError } from '../engine/erp/erp.ts'
import { erpBacklog, retryRefusedOrders } from '../engine/erp/orders.ts'
import { erpReadTimes, recountedAt } from '../engine/erp/pull.ts'
import { stockConflicts } from '../engine/erp/stock.ts'
import { syncErp } from '../engine/erp/sync.ts'
import { refusedVariants } from '../engine/erp/variants.ts'
import { system } from '../engine/context.ts'
import type { Place } from './stores.ts'
import { UsageError, say } from './usage.ts'

function erpOf({ providers, store }: Place): Erp {
  const erp = providers.erpOf(store)
  if (!erp)
    throw new UsageError(
      `${store.slug} has no Odoo, or not all of its secrets: odoo.url, odoo.database, odoo.api_key, before Odoo 19 odoo.login`,
    )
  return erp
}

/** Shows what is behind: orders that Odoo does not have yet, when it was read last, counts that could not both be right. */
export async function status(place: Place): Promise<void> {
  const { engine, store } = place
  const { waiting, refused, sent, oldestWaitingAt, lastError } = await erpBacklog(engine.db, store.storeId)
  const since = oldestWaitingAt ? `, the oldest since ${oldestWaitingAt.toISOString()}` : ''
  say(`Orders:     ${sent} in Odoo, ${waiting} waiting${since}, ${refused} refused`)
  if (lastError !== null) say(`Last error: ${lastError}`)
  const times = await erpReadTimes(engine.db, store.storeId)
  for (const kind of ['variants', 'stock', 'orders'] as const) {
    const read = times.find((time) => time.kind === kind)
    const words = read
      ? `read ${read.readAt.toISOString()}, up to changes of ${read.changedAt.toISOString()}`
      : 'never read'
    say(`${`${kind}:`.padEnd(11)} ${words}`)
  }
  const recounted = await recountedAt(engine.db, store.storeId)
  say(`all counts: ${recounted ? `read ${recounted.toISOString()}` : 'never read'}`)
  const conflicts = await stockConflicts(engine.db, store.storeId, 10)
  for (const { at, variant, erpOnHand, erpReserved, ourOnHand, ourAllocated, takenOnHand } of conflicts)
    say(
      `Conflict:   ${at.toISOString()} ${variant}: Odoo counts ${erpOnHand} (${erpReserved} for others), the shop had ${ourOnHand} and has promised ${ourAllocated}; ${takenOnHand} taken`,
    )
  for (const { at, erpId, name, reason } of await refusedVariants(engine.db, store.storeId, 10))
    say(`Left out:   ${at.toISOString()} variant ${erpId} of Odoo, ${name}: ${reason}`)
  process.exitCode = waiting + refused > 0 ? 1 : 0
}

/** Reads what has changed in Odoo and sends what waits, now. */
export async function sync(place: Place): Promise<void> {
  const { engine, store } = place
  const erp = erpOf(place)
  try {
    const done = await syncErp(engine, erp, store)
    if (!done) {
      say('Somebody is at it: try again in a while.')
      return
    }
    say(`Read ${done.variants} variants, ${done.stock} stocks and ${done.orders} orders; sent ${done.sent} orders.`)
  } catch (error) {
    if (!(error instanceof ErpError)) throw error
    throw new UsageError(error.message)
  }
}

/** Lets what Odoo refused be tried again. */
export async function retry({ engine, store }: Place): Promise<void> {
  const again = await engine.run(store, system, retryRefusedOrders)
  say(`${again} orders are tried again.`)
}
