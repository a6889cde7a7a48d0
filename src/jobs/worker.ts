import { Logger, parseCronItems, run } from 'graphile-worker'
import type { CronItem, TaskList } from 'graphile-worker'
import type { FastifyBaseLogger } from 'fastify'
import type { Engine } from '../engine/context.ts'
import type { Jobs } from '../engine/events/jobs.ts'
import { forgetOldKeys } from '../engine/idempotency.ts'
import { performRefund } from '../engine/payments/refunds.ts'
import { expireOrders, pollPayments, settleRefunds } from '../engine/payments/sweeps.ts'
import type { FindGateway } from '../engine/payments/sweeps.ts'
import { settleStored } from '../engine/payments/webhooks.ts'
import type { Store } from '../engine/stores/stores.ts'
import type { Mailer } from '../providers/mail/smtp.ts'
import { sendReset } from './reset-mail.ts'

/** What jobs work with. */
export interface Workshop {
  engine: Engine
  storeById(storeId: string): Store | undefined
  findGateway: FindGateway
  mailer: Mailer
  resetUrl: string
  log: FastifyBaseLogger
}

type Handlers = { [N in keyof Jobs]: (payload: Jobs[N], store: Store) => Promise<void> }

const handlersOf = ({ engine, findGateway, mailer, resetUrl }: Workshop): Handlers => ({
  'send-reset': ({ email }, store) => sendReset(engine, mailer, resetUrl, store, email),
  refund: async ({ refundId, provider }, store) => {
    const gateway = findGateway(store.storeId, provider)?.gateway
    if (!gateway) throw new Error(`store ${store.slug} has no keys for ${provider}`)
    await performRefund(engine, gateway, store, refundId) // one that is pending then is the sweep's and the webhook's
  },
})

// each is also safe to run on every node at once; the queue starts one per minute for all of them
const sweepsOf = ({ engine, findGateway }: Workshop): Record<string, () => Promise<unknown>> => ({
  'expire-orders': () => expireOrders(engine, findGateway),
  'poll-payments': () => pollPayments(engine, findGateway),
  'settle-webhooks': () => settleStored(engine, findGateway),
  'settle-refunds': () => settleRefunds(engine, findGateway),
  'forget-keys': () => forgetOldKeys(engine.db, engine.now()),
})

const hourly = new Set(['forget-keys'])

/**
 * Starts working on jobs, those of the queue and those of the clock.
 * @param url of the database; the queue opens connections of its own
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
    items.push({ task: name, match: hourly.has(name) ? '17 * * * *' : '* * * * *', options: { maxAttempts: 1 } })
  }
  const runner = await run({
    connectionString: url,
    concurrency: 4,
    maxPoolSize: 5,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(items),
    logger: new Logger(() => (level, message) => {
      if (level === 'error') workshop.log.error(message)
      else if (level === 'warning') workshop.log.warn(message)
    }),
  })
  runner.promise.catch((error: unknown) => workshop.log.error({ err: error }, 'the worker stopped'))
  return { stop: () => runner.stop() }
}
