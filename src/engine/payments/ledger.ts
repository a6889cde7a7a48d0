import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
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

/**
 * The part of a WITH, or the statement, that writes movements of money. Nothing to move is no movement.
 * @param rows what stands in a FROM and has the columns of a Transfer, in snake_case
 */
export const bookPart = (p: { storeId: string; currency: string; now: Date }, rows: RawBuilder<unknown>) => sql`
  insert into ledger_transfer (store_id, order_id, debit, credit, amount_minor, currency, payment_id, refund_id, at)
  select ${p.storeId}, t.order_id, t.debit, t.credit, t.amount_minor, ${p.currency}, t.payment_id, t.refund_id, ${p.now}
  from ${rows} where t.amount_minor > 0`

const insert = statement(
  'payments.transfer',
  (p: { storeId: string; currency: string; now: Date; transfers: string }) =>
    bookPart(
      p,
      sql`(select "orderId" as order_id, debit, credit, "amountMinor" as amount_minor, "paymentId" as payment_id,
        "refundId" as refund_id
      from jsonb_to_recordset(${p.transfers}::jsonb) as j("orderId" uuid, debit text, credit text, "amountMinor" bigint,
        "paymentId" uuid, "refundId" uuid)) t`,
    ),
)

/** Writes movements of money. */
export async function transfer(ctx: Ctx, ...transfers: Transfer[]): Promise<void> {
  const { store, now } = ctx
  await insert(ctx.tx, { storeId: store.storeId, currency: store.currency, now, transfers: JSON.stringify(transfers) })
}
