import { ErpError, type Cursor, type Erp, type ErpOrder, type NewErpOrder } from '../../../engine/erp/erp.ts'
import { fieldsOf, once, type OdooCall } from './call.ts'
import { byChange, changesOf, isFrom, isWithin, pageOfChanges, type Source } from './changes.ts'
import { findOrMake } from './people.ts'
import { link, linkOrNull, madeIn, printTime, recordsIn, text, textOrNull, time, type OdooRecord } from './values.ts'

export interface OrderSettings {
  /** what our orders are marked with, as their origin: two stores in one database need two */
  source: string
  /** the service that shipping is sold as; looked up by its code DELIVERY, and made, when it is not given */
  deliveryProductId?: number
  /** what a line below zero is sold as; by its code DISCOUNT likewise */
  discountProductId?: number
}

type Orders = Pick<Erp, 'findOrder' | 'createOrder' | 'confirmOrder' | 'cancelOrder' | 'changedOrders'>

/**
 * Our orders as sale orders, told from staff's and another store's with the same reference by their origin. Odoo lets a
 * `client_order_ref` be there twice, so one is looked for before and after it is made, and a twin that came late, from a
 * request that we had given up, is cancelled before ours is confirmed.
 */
export function ordersOf(call: OdooCall, settings: OrderSettings): Orders {
  // the tracking number belongs to a module that not everybody has
  const pickingFields = once(async () => {
    const wanted = ['sale_id', 'state', 'picking_type_code', 'carrier_tracking_ref']
    return (await fieldsOf(call, 'stock.picking', wanted)) ?? wanted
  })

  const find = async (domain: unknown[]) =>
    recordsIn(
      await call('sale.order', 'search_read', { domain, fields: ['name', 'client_order_ref', 'state'], order: 'id' }),
    )

  const ofOurs = ['origin', '=', settings.source]
  const calledSo = (reference: string) => find([['client_order_ref', '=', reference], ofOurs])

  async function toOrders(records: OdooRecord[]): Promise<ErpOrder[]> {
    if (records.length === 0) return []
    const answer = await call('stock.picking', 'search_read', {
      domain: [['sale_id', 'in', records.map(({ id }) => id)]],
      fields: await pickingFields.get(),
      order: 'id',
    })
    const pickings = Map.groupBy(recordsIn(answer), (picking) => linkOrNull(picking, 'sale_id'))
    return records.map((record) => ({
      id: record.id,
      name: text(record, 'name'),
      reference: text(record, 'client_order_ref'),
      state: stateOf(record),
      delivery: deliveryOf(pickings.get(record.id) ?? []),
    }))
  }

  async function findOrder(reference: string): Promise<ErpOrder | null> {
    const records = await calledSo(reference)
    // of several, one that is confirmed is the order, then the oldest that was not given up
    const order =
      records.find((record) => stateOf(record) === 'sale') ??
      records.find((record) => stateOf(record) !== 'cancel') ??
      records[0]
    return order ? (await toOrders([order]))[0]! : null
  }

  async function orderById(id: number): Promise<OdooRecord> {
    const [record] = await find([['id', '=', id]])
    if (!record) throw new ErpError('refused', `odoo: there is no order ${id}`)
    return record
  }

  // not for sale by themselves: a shop that reads the products sees them as switched off
  const serviceCalled = (code: string, name: string) =>
    once(() =>
      findOrMake(
        async () => {
          const domain = [['default_code', '=', code]]
          const args = { domain, fields: ['default_code'], order: 'id', limit: 1 }
          return recordsIn(await call('product.product', 'search_read', args))[0]?.id ?? null
        },
        async () => {
          const values = {
            name,
            default_code: code,
            type: 'service',
            list_price: 0,
            sale_ok: false,
            purchase_ok: false,
          }
          return madeIn(await call('product.product', 'create', { vals_list: [values] }))
        },
      ),
    )
  const delivery = serviceCalled('DELIVERY', 'Delivery')
  const discount = serviceCalled('DISCOUNT', 'Discount')

  async function linesOf(order: NewErpOrder): Promise<object[]> {
    const lines = order.lines.map((line) => ({
      product_id: line.variantId,
      name: line.name,
      product_uom_qty: line.quantity,
      price_unit: line.unitPrice,
      discount: 0, // the price is the one that was paid: no price list takes from it once more
    }))
    for (const { name, price } of order.extras) {
      // without a product, Odoo takes notes at most: a line that costs something is of one
      const productId =
        price < 0
          ? (settings.discountProductId ?? (await discount.get()))
          : (settings.deliveryProductId ?? (await delivery.get()))
      lines.push({ product_id: productId, name, product_uom_qty: 1, price_unit: price, discount: 0 })
    }
    return lines.map((line) => [0, 0, line])
  }

  async function make(order: NewErpOrder): Promise<ErpOrder> {
    const values = {
      client_order_ref: order.reference,
      origin: settings.source,
      partner_id: order.partnerId,
      date_order: printTime(order.orderedAt),
      note: order.note === null ? false : escapeHtml(order.note),
      order_line: await linesOf(order),
    }
    const id = madeIn(await call('sale.order', 'create', { vals_list: [values] }))
    return (await toOrders([await orderById(id)]))[0]!
  }

  const cancel = (ids: number[]) =>
    // before 18, a window would ask whether that is meant, and nothing would be done
    call('sale.order', 'action_cancel', { ids, context: { disable_cancel_warning: true } })

  /** @throws ErpError when another order with its reference is confirmed already */
  async function clearTwins(order: OdooRecord) {
    const reference = textOrNull(order, 'client_order_ref')
    if (reference === null) return
    const all = await calledSo(reference)
    const twins = all.filter((record) => record.id !== order.id && stateOf(record) !== 'cancel')
    const confirmed = twins.find((record) => stateOf(record) === 'sale')
    if (confirmed) throw new ErpError('refused', `odoo: ${reference} is ${text(confirmed, 'name')} already`)
    if (twins.length > 0) await cancel(twins.map(({ id }) => id))
  }

  const ours = changesOf<Cursor>(async (domain, order, limit) => {
    const args = {
      domain: [...domain, ['client_order_ref', '!=', false], ofOurs],
      fields: ['write_date'],
      order,
      limit,
    }
    return recordsIn(await call('sale.order', 'search_read', args)).map(toChange)
  })

  /** What staff does with a delivery changes the delivery, and not always its order. */
  const deliveries: Source<Cursor> = {
    within: async (second, afterId) => (await moved([...isWithin(second)])).filter(({ id }) => id > afterId),
    following: async (from, limit) => {
      // an order may have several: a page of them is not yet a page of orders
      for (let asked = limit; ; asked *= 2) {
        const pickings = await moved([isFrom(from)], asked)
        const orders = unique(pickings)
        if (orders.length >= limit || pickings.length < asked) return orders
      }
    },
  }

  async function moved(domain: unknown[], limit?: number): Promise<Cursor[]> {
    const answer = await call('stock.picking', 'search_read', {
      domain: [...domain, ['sale_id.client_order_ref', '!=', false], ['sale_id.origin', '=', settings.source]],
      fields: ['sale_id', 'write_date'],
      order: 'write_date, id',
      ...(limit === undefined ? {} : { limit }),
    })
    return recordsIn(answer).map((picking) => ({
      id: link(picking, 'sale_id'),
      changedAt: time(picking, 'write_date'),
    }))
  }

  return {
    findOrder,

    createOrder: (order) =>
      findOrMake(
        () => findOrder(order.reference),
        () => make(order),
      ),

    confirmOrder: async (id) => {
      const order = await orderById(id)
      if (stateOf(order) === 'sale') return
      if (stateOf(order) === 'cancel') throw new ErpError('refused', `odoo: ${text(order, 'name')} is cancelled`)
      await clearTwins(order)
      try {
        await call('sale.order', 'action_confirm', { ids: [id] })
      } catch (error) {
        // somebody was quicker, or it was done and the answer lost
        const now = await orderById(id).catch(() => null)
        if (now === null || stateOf(now) !== 'sale') throw error
      }
    },

    cancelOrder: async (id) => {
      if (stateOf(await orderById(id)) === 'cancel') return
      await cancel([id])
      const order = await orderById(id)
      if (stateOf(order) !== 'cancel') throw new ErpError('refused', `odoo: ${text(order, 'name')} stays as it is`)
    },

    changedOrders: async (since, after, limit) => {
      const [orders, delivered] = await Promise.all([
        pageOfChanges(ours, since, after, limit),
        pageOfChanges(deliveries, since, after, limit),
      ])
      const page = unique([...orders, ...delivered])
        .sort(byChange)
        .slice(0, limit)
      const records = page.length === 0 ? [] : await find([['id', 'in', [...new Set(page.map(({ id }) => id))]]])
      const byId = new Map((await toOrders(records)).map((order) => [order.id, order]))
      return page.flatMap((change) => (byId.has(change.id) ? [{ ...byId.get(change.id)!, ...change }] : []))
    },
  }
}

const unique = (changes: Cursor[]) => [
  ...new Map(changes.map((change) => [`${change.id} ${change.changedAt.getTime()}`, change])).values(),
]

const toChange = (record: OdooRecord): Cursor => ({ id: record.id, changedAt: time(record, 'write_date') })

/** Until 16, an order that was locked is `done`. A state of a company's own making is one before `sale`. */
function stateOf(record: OdooRecord): ErpOrder['state'] {
  const state = record['state']
  if (state === 'done') return 'sale'
  return state === 'draft' || state === 'sale' || state === 'cancel' ? state : 'sent'
}

/** Of all that goes out for an order: done when everything left, ready when something can. */
function deliveryOf(pickings: OdooRecord[]): ErpOrder['delivery'] {
  const out = pickings.filter((picking) => (picking['picking_type_code'] ?? 'outgoing') === 'outgoing')
  if (out.length === 0) return null
  const live = out.filter((picking) => picking['state'] !== 'cancel')
  const trackingNumber = live.map((picking) => textOrNull(picking, 'carrier_tracking_ref')).findLast(Boolean) ?? null
  if (live.length === 0) return { state: 'cancel', trackingNumber }
  if (live.every((picking) => picking['state'] === 'done')) return { state: 'done', trackingNumber }
  return { state: live.some((picking) => picking['state'] === 'assigned') ? 'ready' : 'waiting', trackingNumber }
}

/** A note is HTML in Odoo. */
const escapeHtml = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '<br>')
