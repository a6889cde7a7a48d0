import type { Logger } from 'pino'
import type { FastifyInstance } from 'fastify'
import type { Pool } from 'pg'
import type { Config } from './config.ts'
import type { Contract, Services } from './contracts/toolkit/contract.ts'
import { ansania } from './contracts/ansania/index.ts'
import { ink } from './contracts/ink/index.ts'
import { ionora } from './contracts/ionora/index.ts'
import { createCatalogueReader } from './engine/catalogue/reader.ts'
import { createEngine } from './engine/context.ts'
import type { Engine } from './engine/context.ts'
import { execute, openPool } from './engine/database.ts'
import { createTokens } from './engine/identity/tokens.ts'
import { migrate, requireMigrated } from './engine/migrate.ts'
import { createProofs } from './engine/proofs/proofs.ts'
import { openVault } from './engine/sealing.ts'
import type { Vault } from './engine/sealing.ts'
import { keepNamed } from './engine/webhooks/endpoints.ts'
import { createMailer } from './providers/mail/smtp.ts'
import { createSender } from './providers/webhooks/send.ts'
import { createApp } from './server/app.ts'
import { seedDemo } from './server/demo.ts'
import { createLimiter, noLimiter } from './server/limiter.ts'
import { createLog } from './server/log.ts'
import { openProviders } from './server/providers.ts'
import type { Providers } from './server/providers.ts'
import { openRegistry } from './server/registry.ts'
import type { Registry } from './server/registry.ts'
import { startWorker } from './jobs/worker.ts'

export const contracts: readonly Contract[] = [ionora, ansania, ink]

/** An installation opened for work: its database, its stores, and what is made of them. */
export interface Installation {
  config: Config
  url: string
  log: Logger
  pool: Pool
  engine: Engine
  vault: Vault
  registry: Registry
  providers: Providers
  close(): Promise<void>
}

export interface OpenOptions {
  /** brings the database up to this version first; without, an older one is refused */
  migrate: boolean
  log?: Logger
  now?: () => Date
}

/** Opens the database and what every command and server needs of it. */
export async function open(config: Config, options: OpenOptions): Promise<Installation> {
  const log = options.log ?? createLog(config.logLevel)
  const database = config.databaseUrl ? external(config.databaseUrl) : await embedded(config, log)
  const { url } = database
  const closing: (() => Promise<void>)[] = [database.release]
  const close = async () => {
    for (const step of closing.toReversed()) await step()
  }
  try {
    if (options.migrate) await migrate(url)
    else await requireMigrated(url)
    const pool = openPool(url, config.databasePool)
    closing.push(() => pool.end())
    const engine = createEngine(pool, options.now)
    const vault = openVault(config.secret)
    const registry = await openRegistry(engine.db, url, contracts, (error) => log.error({ err: error }, 'stores'))
    closing.push(() => registry.close())
    if (config.demo) await seedDemo(engine, registry)
    const providers = await openProviders(engine.db, registry, vault, config, contracts, log)
    return { config, url, log, pool, engine, vault, registry, providers, close }
  } catch (error) {
    await close()
    throw error
  }
}

const external = (url: string) => ({ url, release: async () => {} })

async function embedded(config: Config, log: Logger) {
  const { useEmbeddedDatabase } = await import('./server/embedded-database.ts')
  return useEmbeddedDatabase(config.dataFolder, { log: (line) => log.debug({ line }, 'postgres') })
}

/** The words of a contract that has published a webhook. */
export const webhookFormOf = (name: string) => contracts.find((contract) => contract.name === name)?.webhookForm

/**
 * INK's webhook goes from every store that speaks INK to where the environment says, also from those that come later. Only a
 * process that answers requests does so: a worker, or whoever types a command, may have another environment.
 */
async function followShopify({ config, engine, vault, registry }: Installation): Promise<void> {
  const { shopifyUrl: url, inkSecret: secret } = config.webhooks
  const events = webhookFormOf('ink')?.events
  if (!events) return
  const keep = async () => {
    for (const store of registry.all()) {
      if (!store.contracts.includes('ink')) continue
      await keepNamed(engine, vault, store, 'ink', url === undefined ? undefined : { url, secret, events })
    }
  }
  await keep()
  registry.onReload(keep)
}

/** Starts answering requests. @returns the app, which listens */
export async function serve(installation: Installation): Promise<{ app: FastifyInstance; stop(): Promise<void> }> {
  const { config, log, engine, vault, registry, providers } = installation
  await followShopify(installation)
  const limiter = config.rateLimits
    ? createLimiter(engine.db, vault.deriveKey('limits'), (error) => log.error({ err: error }, 'limits'))
    : noLimiter
  const services: Services = {
    engine,
    catalogue: createCatalogueReader(engine.db),
    tokens: createTokens(engine, vault),
    limiter,
    ...providers,
    proofs: createProofs(vault),
    verifyUrl: config.verifyUrl,
  }
  const app = await createApp({
    contracts,
    registry,
    services,
    log,
    trustProxy: config.trustProxy,
    ping: async () => void (await execute(engine.db, 'select 1')),
    isDemo: config.demo,
  })
  await app.listen({ host: config.host, port: config.port })
  return {
    app,
    stop: async () => {
      // requests under way are answered first; their connections, then idle, would be kept open for the next
      const closing = setInterval(() => app.server.closeIdleConnections(), 50)
      await app.close()
      clearInterval(closing)
      limiter.close()
    },
  }
}

/** Starts working on jobs. @returns how to stop once the jobs under way are done */
export async function work(installation: Installation): Promise<{ stop(): Promise<void> }> {
  const { config, url, log, engine, vault, registry, providers } = installation
  const mailer = createMailer(config.smtpUrl, config.mailFrom)
  const worker = await startWorker(url, {
    engine,
    vault,
    storeById: registry.byId,
    stores: registry.all,
    ...providers,
    mailer,
    resetUrl: config.resetUrl,
    formOf: webhookFormOf,
    send: createSender({ allowPrivate: config.webhooks.allowPrivate, allowHttp: !config.production }),
    logOrigin: (store) => `${providers.urlOf(store).replace(/^https?:\/\//, '')}/log`, // where it is served
    log,
  })
  return {
    stop: async () => {
      await worker.stop()
      mailer.close()
    },
  }
}
