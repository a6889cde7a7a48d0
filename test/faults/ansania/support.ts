import assert from 'node:assert/strict'
import { execute } from '../../../src/engine/database.ts'
import { createTokens } from '../../../src/engine/identity/tokens.ts'
import { pullErp } from '../../../src/engine/erp/pull.ts'
import { sendOrders } from '../../../src/engine/erp/orders.ts'
import { performRefund } from '../../../src/engine/payments/refunds.ts'
import type { FurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { value } from '../../support/faults.ts'
import { until } from '../../support/wait.ts'

/** How this shop's outside world is made to misbehave, and steered. */
export function outside(shop: FurnitureShop) {
  const { engine, store, providers, sandboxCall } = shop
  const erp = providers.erpOf(store)!
  const ok = async (method: string, path: string, body?: object): Promise<Wire> => {
    const answer = await sandboxCall(method, path, body)
    assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const records = (model: string): Promise<Wire[]> => ok('GET', `/odoo/sandbox/records/${model}`)
  const make = (model: string, values: object) => ok('POST', '/odoo/sandbox/records', { model, values })

  return {
    erp,
    fault: (provider: string, what: object) => ok('POST', '/faults', { provider, only: 'api', ...what }),
    endFaults: () => ok('DELETE', '/faults'),
    parcels: (orderNumber: string): Promise<Wire[]> =>
      ok('GET', '/jnt/sandbox/parcels').then((all: Wire[]) =>
        all.filter(({ orderid }) => orderid === orderNumber || orderid.startsWith(`${orderNumber}-`)),
      ),
    records,
    make,
    change: (model: string, id: number, values: object) =>
      ok('PATCH', `/odoo/sandbox/records/${model}/${id}`, { values }),
    /** of Odoo's sale orders, those with this number of ours */
    saleOrders: async (orderNumber: string): Promise<Wire[]> =>
      (await records('sale.order')).filter((order) => order.client_order_ref === orderNumber),
    deliver: (orderNumber: string, more: object = {}) =>
      ok('POST', '/odoo/sandbox/deliver', { client_order_ref: orderNumber, ...more }),
    /** Something that is kept in stock there, of which some lie in the warehouse; it can be bought after a `pull`. */
    goods: async (name: string, onHand: number, more: object = {}): Promise<Wire> => {
      const variant = await make('product.product', {
        name,
        list_price: 3_500_000,
        is_storable: true,
        weight: 0.8,
        ...more,
      })
      await make('stock.quant', { product_id: variant.id, quantity: onHand })
      return variant
    },
    pull: () => pullErp(engine, erp, store),
    send: () => sendOrders(engine, erp, store),
    /** what is kept here of a variant of Odoo's */
    ours: async (erpId: number) => {
      const rows = await execute(
        engine.db,
        `select v.id, v.serial, v.sku, v.name, v.price_minor, v.is_listed, v.option_values, s.on_hand, s.allocated, v.kind
        from variant v left join stock s on s.store_id = v.store_id and s.variant_id = v.id
        where v.store_id = $1 and v.erp_id = $2`,
        [store.storeId, erpId],
      )
      assert.ok(rows.length <= 1)
      const [row] = rows as [string, number, string | null, string, number, boolean, string[], number, number, string][]
      if (!row) return undefined
      const [id, serial, sku, title, priceMinor, isListed, options, onHand, allocated, kind] = row
      return { id, serial, sku, name: title, priceMinor, isListed, options, onHand, allocated, kind }
    },
  }
}

export type Outside = ReturnType<typeof outside>

/** An order of the shop that waits for its money. */
export async function placed(
  shop: FurnitureShop,
  variantSerial: number,
  quantity = 1,
  more: object = {},
  code?: string,
) {
  const buyer = await shop.buyer(variantSerial, quantity)
  if (code) assert.equal((await buyer.call('POST', '/api/cart/apply-voucher', { code })).status, 200)
  const answer = await buyer.checkout(more)
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  const { order, payment } = answer.body.data
  const number: string = order.order_number
  const id = String(
    await value(shop.engine, 'select id from orders where number = $1 and store_id = $2', number, shop.store.storeId),
  )
  // not over the API, whose tokens end with the hour: much here is looked at a day later
  const look = async () =>
    (await execute(shop.engine.db, 'select state, payment_state from orders where id = $1', [id]))[0]!
  return {
    buyer,
    number,
    id,
    transaction: payment.transaction_id as string,
    totalMinor: order.total_amount as number,
    look,
  }
}
export type Placed = Awaited<ReturnType<typeof placed>>

/** As `placed`, and DOKU's notification has come. */
export async function paid(shop: FurnitureShop, variantSerial: number, quantity = 1, more: object = {}) {
  const order = await placed(shop, variantSerial, quantity, more)
  assert.equal((await shop.pay(order.transaction)).status, 200)
  await until('the notification has come', async () => (await order.look())[1] === 'paid')
  return order
}

/** What the refund jobs do, at once. @returns what became of the refunds of an order */
export async function refundsOf(shop: FurnitureShop, orderId: string) {
  const gateway = shop.providers.gatewayOf(shop.store)
  const rows = await execute(shop.engine.db, 'select id from refund where order_id = $1 order by serial', [orderId])
  for (const [id] of rows) await performRefund(shop.engine, gateway, shop.store, String(id))
  return execute(shop.engine.db, 'select state, amount_minor, reason from refund where order_id = $1 order by serial', [
    orderId,
  ])
}

/** What happened to an order, with what was said of it. */
export const storyOf = (shop: FurnitureShop, orderId: string) =>
  execute(shop.engine.db, 'select kind, note from timeline where order_id = $1 order by serial', [orderId])

export const stockOf = async (shop: FurnitureShop, variantId: string) =>
  (await execute(shop.engine.db, 'select on_hand, allocated from stock where variant_id = $1', [variantId]))[0]

/**
 * Many customers with an address each, without a password: hashing and checking hundreds of those would be most of a
 * test's time, and a token is all that the API asks for.
 */
export async function furnitureCrowd(shop: FurnitureShop, size: number) {
  const { engine, store, call } = shop
  const tokens = createTokens(engine, shop.vault)
  const rows = await execute(
    engine.db,
    `with c as (
      insert into customer (store_id, full_name, email, created_at, updated_at)
      select $1, 'Buyer ' || n, 'crowd' || n || '@example.com', $3::timestamptz, $3 from generate_series(1, $2::int) n
      returning store_id, id
    )
    insert into address (store_id, customer_id, recipient_name, phone, line1, district, city, region, postal_code,
      is_default, created_at, updated_at)
    -- each in a district of their own: one price is not the other's
    select store_id, id, 'Budi Santoso', '+628123456789', 'Jl. Example No. 123', 'Tebet ' || row_number() over (),
      'Jakarta Selatan', 'DKI Jakarta', '12345', true, $3, $3 from c
    returning customer_id, serial`,
    [store.storeId, size, engine.now()], // to the millisecond, as the engine writes it
  )
  return Promise.all(
    rows.map(async ([customerId, addressId]) => {
      const id = String(customerId)
      const token = await tokens.sign(store, { id, sessionEpoch: 0 })
      return {
        id,
        call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
          call(store, method, path, { body, token, headers }),
        order: {
          shipping_address_id: Number(addressId),
          shipping_courier: 'jnt',
          shipping_service: 'REG',
          payment_method: 'virtual_account',
          payment_channel: 'bca',
        },
      }
    }),
  )
}
