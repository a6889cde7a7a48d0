import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Engine } from '../context.ts'
import { moveIfPossible } from '../orders/moves.ts'
import type { OrderState } from '../orders/states.ts'
import type { Store } from '../stores/stores.ts'
import { ErpError } from './erp.ts'
import type { Erp, ErpOrder } from './erp.ts'

const orderToFollow = statement(
  'erp.order_to_follow',
  (p: { storeId: string; number: string }) =>
    sql<{ id: string; state: OrderState; erpId: number | null }>`
    select o.id, o.state, e.erp_id
    from orders o join erp_order e on e.store_id = o.store_id and e.order_id = o.id
    where o.store_id = ${p.storeId} and o.number = ${p.number}`,
)

const markDelivered = statement(
  'erp.mark_delivered',
  (p: { storeId: string; orderId: string; now: Date }) =>
    sql`update erp_order set delivered_at = ${p.now}
    where store_id = ${p.storeId} and order_id = ${p.orderId} and delivered_at is null`,
)

/** What staff did with an order in the ERP, it did in the shop: by the same transition table as everybody. */
export async function followOrder(engine: Engine, erp: Erp, store: Store, theirs: ErpOrder): Promise<void> {
  const { id, reference } = theirs
  const [order] = await orderToFollow(engine.db, { storeId: store.storeId, number: reference })
  if (!order) return // made there for somebody else, or by hand
  if (order.erpId === null ? order.state === 'cancelled' : order.erpId !== id) return dropStray(erp, theirs)
  // as long as its answer is not there, one that was cancelled may be a twin of ours
  const isUnsure = order.erpId === null && theirs.state === 'cancel'
  const { state, delivery } = (isUnsure && (await erp.findOrder(reference))) || theirs
  const isDone = delivery?.state === 'done'
  await engine.run(store, { kind: 'staff', name: erp.name }, async (ctx) => {
    if (isDone) await markDelivered(ctx.tx, { storeId: store.storeId, orderId: order.id, now: ctx.now })
    const open = order.state === 'confirmed' || order.state === 'processing'
    if (!open) return
    if (isDone) await moveIfPossible(ctx, order.id, 'shipped', { trackingNumber: delivery.trackingNumber })
    else if (state === 'cancel') await moveIfPossible(ctx, order.id, 'cancelled')
  })
}

/** A try whose answer was lost has arrived after all. One that cannot be cancelled is left to staff, and holds up nothing. */
async function dropStray(erp: Erp, { id, state }: ErpOrder): Promise<void> {
  if (state !== 'draft' && state !== 'sent') return
  await erp.cancelOrder(id).catch((error: unknown) => {
    if (!(error instanceof ErpError) || error.kind === 'unavailable') throw error
  })
}
