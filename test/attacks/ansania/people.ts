import assert from 'node:assert/strict'
import { execute } from '../../../src/engine/database.ts'
import { createTokens } from '../../../src/engine/identity/tokens.ts'
import type { Store } from '../../../src/engine/stores/stores.ts'
import { dokuSignMembers } from '../../../src/providers/payments/doku.ts'
import type { FurnitureShop } from '../../support/furniture.ts'
import { accounts } from '../../support/installation.ts'
import type { Answer } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'

let crowds = 0

/**
 * Many customers with an address in Jakarta each, without a password: hashing and checking those would be most of a
 * test's time, and a token is all that the API asks for.
 */
export async function crowd(shop: FurnitureShop, size: number, of: Store = shop.store) {
  const tokens = createTokens(shop.engine, shop.vault)
  const rows = await execute(
    shop.engine.db,
    `with c as (
      insert into customer (store_id, full_name, email, created_at, updated_at)
      select $1, 'Buyer ' || n, 'buyer' || n || '-' || $3 || '@example.com', now(), now() from generate_series(1, $2::int) n
      returning store_id, id
    )
    insert into address (store_id, customer_id, label, recipient_name, phone, line1, city, region, postal_code, country,
      is_default, created_at, updated_at)
    select store_id, id, 'Home', 'Budi', '+628123456789', 'Jl. Example No. 123', 'Jakarta Selatan', 'DKI Jakarta', '12345',
      'ID', true, $4, $4 from c
    returning customer_id, serial`,
    [of.storeId, size, String(++crowds), new Date()],
  )
  return Promise.all(
    rows.map(async ([customerId, serial]) => {
      const id = String(customerId)
      const token = await tokens.sign(of, { id, sessionEpoch: 0 })
      const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
        shop.call(of, method, path, { body, token, headers })
      return {
        id,
        call,
        add: (product_variant_id: number, quantity = 1) =>
          call('POST', '/api/cart/items', { product_variant_id, quantity }),
        apply: (code: string) => call('POST', '/api/cart/apply-voucher', { code }),
        checkout: (headers?: Record<string, string>) =>
          call('POST', '/api/checkout/create-order', order(Number(serial)), headers),
      }
    }),
  )
}

export const order = (shipping_address_id: number) => ({
  shipping_address_id,
  shipping_courier: 'jnt',
  shipping_service: 'REG',
  payment_method: 'virtual_account',
  payment_channel: 'bca',
})

/** A customer who bought a product and paid, with what is known of the order. */
export async function paidBuyer(shop: FurnitureShop, variantSerial: number, of: Store = shop.store) {
  const buyer = await shop.buyer(variantSerial, 1, of)
  const placed = await buyer.checkout()
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
  const { order: made, payment } = placed.body.data
  // by the transaction: two stores of one account may have an order of one number
  const paid = await shop.pay(payment.transaction_id)
  assert.equal(paid.status, 200, JSON.stringify(paid.body))
  await until('the order is paid', async () => (await buyer.orderOf(made.order_number)).payment_status === 'paid')
  return {
    ...buyer,
    orderId: made.id as number,
    number: made.order_number as string,
    transaction: payment.transaction_id as string,
  }
}

/** DOKU's notification of a payment, in the form that shops were promised, signed with the shop's key. */
export function notify(shop: FurnitureShop, transaction_id: string, amount: number, status = 'success') {
  const told = { transaction_id, status, payment_channel: 'bca_va', amount }
  const signature = dokuSignMembers(accounts.doku.secretKey, told)
  return shop.call(shop.store, 'POST', '/api/checkout/payment-webhook', { body: { ...told, signature } })
}

export const times = <T>(count: number, work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))

/** How many answers had which status. */
export function tally(answers: readonly Answer[]) {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
