import { userError } from './errors.ts'
import { numberOf, reservedField } from './models.ts'
import type { Database, Row } from './store.ts'

/**
 * Makes quotations orders: the order's date becomes now, and a delivery is prepared for what is no service, with as
 * much reserved of it as lies free.
 * @throws OdooError UserError for an order in another state, or one that has a line without a product
 */
export function confirmOrders(db: Database, ids: number[]): true {
  for (const order of ids.map((id) => db.get('sale.order', id))) {
    checkConfirmable(db, order)
    const lines = db.childrenOf('sale.order.line', 'order_id', order.id).filter((line) => !line['display_type'])
    if (lines.some((line) => !line['product_id']))
      throw userError('Some order lines are missing a product, you need to correct them before going further.')
    db.write('sale.order', order.id, { state: 'sale', date_order: db.now() })
    const goods = lines.filter((line) => {
      const product = db.get('product.product', numberOf(line['product_id']))
      return db.read('product.product', product, 'type') !== 'service'
    })
    if (goods.length > 0) prepareDelivery(db, order, goods)
  }
  return true
}

/** Before 17, nothing keeps an order from being confirmed, and delivered, once more. */
function checkConfirmable(db: Database, { state }: Row) {
  if (db.version < 17) {
    if (state === 'cancel' || state === 'done')
      throw userError('It is not allowed to confirm an order in the following states: cancel, done')
  } else if (state !== 'draft' && state !== 'sent')
    throw userError('Some orders are not in a state requiring confirmation.')
}

function prepareDelivery(db: Database, order: Row, lines: Row[]) {
  const picking = db.create('stock.picking', {
    sale_id: order.id,
    partner_id: order['partner_id'],
    origin: order['name'],
    state: 'confirmed',
  })
  let isComplete = true
  for (const line of lines) {
    const productId = numberOf(line['product_id'])
    const wanted = numberOf(line['product_uom_qty'])
    const reserved = isStored(db, productId) ? reserve(db, productId, wanted) : wanted
    if (reserved < wanted) isComplete = false
    db.create('stock.move', {
      name: line['name'],
      picking_id: picking.id,
      product_id: productId,
      product_uom_qty: wanted,
      [reservedField(db.version)]: reserved,
    })
  }
  if (isComplete) db.write('stock.picking', picking.id, { state: 'assigned' })
}

/** What is no storable product is always there: nobody counts it. */
function isStored(db: Database, productId: number): boolean {
  const product = db.get('product.product', productId)
  if (db.version >= 18) return db.read('product.product', product, 'is_storable') === true
  return db.read('product.product', product, 'type') === 'product'
}

function reserve(db: Database, productId: number, wanted: number): number {
  let left = wanted
  for (const quant of db.quantsOf(productId)) {
    const taken = Math.min(left, Math.max(0, numberOf(quant['quantity']) - numberOf(quant['reserved_quantity'])))
    if (taken === 0) continue
    db.write('stock.quant', quant.id, { reserved_quantity: numberOf(quant['reserved_quantity']) + taken })
    left -= taken
  }
  return wanted - left
}

/** Takes back reservations, and with `leaves` the goods as well, be there as many or not. */
function release(db: Database, productId: number, reserved: number, leaves: number) {
  if (!isStored(db, productId)) return
  for (const quant of db.quantsOf(productId)) {
    const back = Math.min(reserved, numberOf(quant['reserved_quantity']))
    const gone = Math.min(leaves, Math.max(0, numberOf(quant['quantity'])))
    if (back === 0 && gone === 0) continue
    db.write('stock.quant', quant.id, {
      reserved_quantity: numberOf(quant['reserved_quantity']) - back,
      quantity: numberOf(quant['quantity']) - gone,
    })
    reserved -= back
    leaves -= gone
  }
  if (leaves > 0) db.create('stock.quant', { product_id: productId, quantity: -leaves })
}

/**
 * Cancels orders and the deliveries of theirs that did not leave. Before 18, one that is no draft first opens a
 * window that asks for confirmation: it is answered, and nothing is cancelled, unless the context says
 * `disable_cancel_warning`.
 * @throws OdooError UserError for one that is locked
 */
export function cancelOrders({ db, context }: { db: Database; context: Record<string, unknown> }, ids: number[]) {
  const orders = ids.map((id) => db.get('sale.order', id))
  if (orders.some((order) => order['locked'] === true || order['state'] === 'done'))
    throw userError('You cannot cancel a locked order. Please unlock it first.')
  if (db.version < 18 && !context['disable_cancel_warning'] && orders.some((order) => order['state'] !== 'draft'))
    return { name: 'Cancel Sales Order', type: 'ir.actions.act_window', res_model: 'sale.order.cancel', target: 'new' }
  for (const order of orders) {
    for (const picking of db.childrenOf('stock.picking', 'sale_id', order.id)) {
      if (picking['state'] === 'done' || picking['state'] === 'cancel') continue
      for (const move of db.childrenOf('stock.move', 'picking_id', picking.id))
        release(db, numberOf(move['product_id']), numberOf(move[reservedField(db.version)]), 0)
      db.write('stock.picking', picking.id, { state: 'cancel' })
    }
    db.write('sale.order', order.id, { state: 'cancel' })
  }
  return true
}

/** Staff validates what is open of an order's deliveries: goods leave. @returns the deliveries that left now */
export function deliver(db: Database, order: Row, tracking: string | undefined): Row[] {
  const open = db
    .childrenOf('stock.picking', 'sale_id', order.id)
    .filter(({ state }) => state !== 'done' && state !== 'cancel')
  for (const picking of open) {
    for (const move of db.childrenOf('stock.move', 'picking_id', picking.id))
      release(
        db,
        numberOf(move['product_id']),
        numberOf(move[reservedField(db.version)]),
        numberOf(move['product_uom_qty']),
      )
    const values = {
      state: 'done',
      date_done: db.now(),
      ...(tracking === undefined ? {} : { carrier_tracking_ref: tracking }),
    }
    db.write('stock.picking', picking.id, values)
  }
  if (open.length > 0) db.write('sale.order', order.id, { effective_date: db.now() })
  return open.map(({ id }) => db.get('stock.picking', id))
}
