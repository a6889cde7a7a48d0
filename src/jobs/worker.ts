import { Logger, parseCronItems, run } from 'graphile-worker'
import type { CronItem, TaskList } from 'graphile-worker'
import { Pool } from 'pg'
import { forgetGuestCarts } from '../engine/cart/merge.ts'
import { countSold } from '../engine/catalogue/browse/sold.ts'
import { system } from '../engine/context.ts'
import { hearErrors } from '../engine/database.ts'
import type { Jobs } from '../engine/events/jobs.ts'
import { forgetOldKeys } from '../engine/idempotency.ts'
import { ensureKnown } from '../engine/erp/customers.ts'
import { ErpError } from '../engine/erp/erp.ts'
import type { Erp } from '../engine/erp/erp.ts'
import { sendOrders } from '../engine/erp/orders.ts'
import { pullErp } from '../engine/erp/pull.ts'
import { aloneAtErp, syncErp } from '../engine/erp/sync.ts'
import { bookOpenParcels, bookParcel } from '../engine/fulfilment/booking.ts'
import { forgetOldQuotes } from '../engine/fulfilment/quotes.ts'
import type { FindCourier } from '../engine/fulfilment/quotes.ts'
import { trackParcels } from '../engine/fulfilment/tracking.ts'
import type { Sequencing } from '../engine/log/sequencer.ts'
import { performRefund } from '../engine/payments/refunds.ts'
import { forgetOldSessions } from '../engine/identity/sessions.ts'
import { expireOrders, pollPayments, settleRefunds } from '../engine/payments/sweeps.ts'
import type { FindGateway } from '../engine/payments/sweeps.ts'
import { settleStored } from '../engine/payments/webhooks.ts'
import type { Store } from '../engine/stores/stores.ts'
import { sweep } from '../engine/sweep.ts'
import { forgetOldDeliveries } from '../engine/webhooks/deliveries.ts'
import type { Mailer } from '../providers/mail/smtp.ts'
import { sendReset } from './reset-mail.ts'
import { startSequencing } from './sequencing.ts'
import { startWebhooks } from './webhooks.ts'
import type { WebhookWorkshop } from './webhooks.ts'

/** What jobs work with. */
export interface Workshop extends WebhookWorkshop, Sequencing {
  stores(): readonly Store[]
  findGateway: FindGateway
  courierOf: FindCourier
  erpOf(store: Store): Erp | null
  mailer: Mailer
  resetUrl: string
}

type Handlers = { [N in keyof Jobs]: (payload: Jobs[N], store: Store) => Promise<void> }

const handlersOf = ({ engine, findGateway, courierOf, erpOf, mailer, resetUrl }: Workshop): Handlers => ({
  'send-reset': ({ email }, store) => sendReset(engine, mailer, resetUrl, store, email),
  refund: async ({ refundId, provider }, store) => {
    const gateway = findGateway(store.storeId, provider)?.gateway
    if (!gateway) throw new Error(`store ${store.slug} has no keys for ${provider}`)
    await performRefund(engine, gateway, store, refundId) // one that is pending then is the sweep's and the webhook's
  },
  'book-parcel': ({ orderId }, store) => bookParcel(engine, courierOf, store, orderId),
  'erp-customer': async ({ customerId }, store) => {
    const erp = erpOf(store)
    if (erp) await ensureKnown(engine.db, erp, store, customerId)
  },
  // while somebody is at it, what came meanwhile is theirs, or the next sweep's
  'erp-orders': async (_, store) => {
    const erp = erpOf(store)
    if (erp) await aloneAtErp(engine, store, () => sendOrders(engine, erp, store))
  },
  'erp-pull': async (_, store) => {
    const erp = erpOf(store)
    if (erp) await aloneAtErp(engine, store, () => pullErp(engine, erp, store))
  },
})

// each is also safe to run on every node at once; the queue starts one per minute for all of them
const sweepsOf = (workshop: Workshop): Record<string, () => Promise<unknown>> => {
  const { engine, findGateway, courierOf, storeById } = workshop
  return {
    'expire-orders': () => expireOrders(engine, findGateway),
    'poll-payments': () => pollPayments(engine, findGateway),
    'settle-webhooks': () => settleStored(engine, findGateway),
    'settle-refunds': () => settleRefunds(engine, findGateway),
    'forget-old': async () => {
      for (const forget of [forgetOldKeys, forgetOldQuotes, forgetGuestCarts, forgetOldSessions, forgetOldDeliveries])
        await forget(engine.db, engine.now())
    },
    'book-parcels': () => bookOpenParcels(engine, courierOf, storeById),
    'track-parcels': () => trackParcels(engine, courierOf, storeById),
    'sync-erp': () => syncErps(workshop),
    'count-sold': () => forEachStore(workshop, (store) => engine.run(store, system, countSold)),
  }
}

/** One store's failure is no reason to leave the others. @throws AggregateError */
const forEachStore = ({ stores }: Workshop, work: (store: Store) => Promise<unknown>) =>
  sweep(
    stores(),
    ({ storeId }) => storeId,
    () => false,
    work,
  )

/** Orders go out and changes come in; while an ERP is down, both wait. */
const syncErps = (workshop: Workshop) =>
  forEachStore(workshop, async (store) => {
    const erp = workshop.erpOf(store)
    if (!erp) return
    try {
      await syncErp(workshop.engine, erp, store)
    } catch (error) {
      if (!(error instanceof ErpError)) throw error
      workshop.log.warn({ store: store.slug, reason: error.message }, 'the ERP cannot be reached')
    }
  })

const hourly = new Set(['forget-old', 'count-sold'])

/**
 * Starts working on jobs, those of the queue and those of the clock, sends webhooks, and brings entries into the stores' logs.
 * @param url of the database; the queue has connections of its own
 * @returns how to stop: running jobs are finished first
 */
export async function startWorker(url: string, workshop: Workshop): Promise<{ stop(): Promise<void> }> {
  const taskList: TaskList = {}
  for (const [name, handle] of Object.entries(handlersOf(workshop))) {
    taskList[name] = async (payload) => {
      const { storeId, ...rest } = payload as { storeId: string }
      const store = workshop.storeById(storeId)
      if (!store) throw new Error(`no store ${storeId}`)
      await (handle as (payload: object, store: Store) => Promise<void>)(rest, store)
    }
  }
  const items: CronItem[] = []
  for (const [name, sweep] of Object.entries(sweepsOf(workshop))) {
    taskList[name] = async () => void (await sweep())
    const match = hourly.has(name) ? '17 * * * *' : '* * * * *'
    items.push({ task: name, match, options: { maxAttempts: 1 } })
  }
  // A pool that the queue opened itself would still be closing, unheard, when it says that it has stopped.
  const pool = hearErrors(new Pool({ connectionString: url, max: 5, application_name: 'saudagar jobs' }))
  const runner = await run({
    pgPool: pool,
    concurrency: 4,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(items),
    logger: new Logger(() => (level, message) => {
      if (level === 'error') workshop.log.error(message)
      else if (level === 'warning') workshop.log.warn(message)
    }),
  }).catch(async (error: unknown) => {
    await pool.end()
    throw error
  })
  runner.promise.catch((error: unknown) => workshop.log.error({ err: error }, 'the worker stopped'))
  const webhooks = startWebhooks(workshop)
  const sequencing = startSequencing(workshop, workshop.log)
  const stopQueue = async () => {
    try {
      await runner.stop()
    } finally {
      await pool.end()
    }
  }
  return { stop: async () => void (await Promise.all([stopQueue(), webhooks.stop(), sequencing.stop()])) }
}
