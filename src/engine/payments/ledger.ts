import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Ctx } from '../context.ts'

/**
 * Accounts: `gateway.<name>` is money that lies with a gateway; `customer` is what we hold of a customer's for one
 * order, owed back until the order is sold; `sales` is what was sold. Each is kept per order.
 */
export type Account = `gateway.${string}` | 'customer' | 'sales'

export interface Transfer {
  orderId: string
  debit: Account
  credit: Account
  amountMinor: number
  paymentId?: string | null
  refundId?: string | null
}

const insert = statement(
  'payments.transfer',
  (p: { storeId: string; currency: string; now: Date; transfers: string }) =>
    sql`insert into ledger_transfer (store_id, order_id, debit, credit, amount_minor, currency, payment_id, refund_id, at)
    select ${p.storeId}, t."orderId", t.debit, t.credit, t."amountMinor", ${p.currency}, t."paymentId", t."refundId", ${p.now}
    from jsonb_to_recordset(${p.transfers}::jsonb) as t("orderId" uuid, debit text, credit text, "amountMinor" bigint,
      "paymentId" uuid, "refundId" uuid)
    where t."amountMinor" > 0`,
)

/** Writes movements of money. Nothing to move is no movement. */
export async function transfer(ctx: Ctx, ...transfers: Transfer[]): Promise<void> {
  const { store, now } = ctx
  await insert(ctx.tx, { storeId: store.storeId, currency: store.currency, now, transfers: JSON.stringify(transfers) })
}
