import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx } from '../context.ts'

/** Every kind of work that is done later, with what it is told. Each carries its store's id beside this. */
export interface Jobs {
  'send-reset': { email: string }
  refund: { refundId: string; provider: string }
  'erp-customer': { customerId: string }
  'erp-orders': Record<string, never>
  'erp-pull': Record<string, never>
  'book-parcel': { orderId: string }
}

const addJob = statement(
  'jobs.add',
  (p: { name: string; payload: string; key: string | null }) =>
    sql`select graphile_worker.add_job(${p.name}, ${p.payload}::json, job_key => ${p.key}, max_attempts => 25)`,
)

/**
 * Writes a job in the transaction of the change that causes it: both commit, or neither.
 * @param key jobs with the same key are one job
 */
export async function enqueue<N extends keyof Jobs>(
  ctx: Ctx<Db>,
  name: N,
  payload: Jobs[N],
  key: string | null = null,
) {
  await addJob(ctx.tx, { name, payload: JSON.stringify({ storeId: ctx.store.storeId, ...payload }), key })
}
