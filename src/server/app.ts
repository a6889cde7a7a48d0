import { maxHeaderSize } from 'node:http'
import type { IncomingMessage } from 'node:http'
import cors from '@fastify/cors'
import type { FastifyCorsOptions } from '@fastify/cors'
import Fastify, { LogController } from 'fastify'
import type {
  FastifyBaseLogger,
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
} from 'fastify'
import { UnreadableBody, isStorable, parseStrictJson } from '../contracts/toolkit/json.ts'
import { accesses } from '../contracts/toolkit/contract.ts'
import type { Contract, Services } from '../contracts/toolkit/contract.ts'
import { compileValidator } from '../contracts/toolkit/validation.ts'
import { guest } from '../engine/context.ts'
import { findApiKey } from '../engine/identity/api-keys.ts'
import { bearerOf } from '../engine/identity/tokens.ts'
import { Refusal } from '../engine/refusal.ts'
import type { Store } from '../engine/stores/stores.ts'
import { lockedDown } from '../web/html.ts'
import { documented } from './docs.ts'
import type { Documents } from './docs.ts'
import { observe } from './metrics.ts'
import { storePages } from './pages.ts'
import type { Registry } from './registry.ts'

export interface AppOptions {
  contracts: readonly Contract[]
  registry: Registry
  services: Services
  log: FastifyBaseLogger
  /** proxies before us whose X-Forwarded-For is believed; 0 believes none */
  trustProxy: number
  /** for /readyz: resolves when the database answers */
  ping(): Promise<void>
  isDemo: boolean
}

const bodyLimit = 1024 * 1024
/** Stands for a path that nothing can be looked up by: so its contract counts it and refuses it, like any other. */
const unreadable = '/?%00'

/**
 * The HTTP server: every contract is mounted once, under a path of its own that no client can name, and a request is
 * led there by the store that it addresses. So a store is there as soon as it is added, and a thousand stores cost
 * what one costs.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { contracts, registry, services, log, trustProxy } = options
  const addressed = new WeakMap<object, Store>()

  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }), // a path may hold a token: metrics.ts logs the route
    trustProxy: (_address, hop) => hop < trustProxy,
    bodyLimit,
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000, // longer than the idle time of common load balancers
    forceCloseConnections: 'idle',
    genReqId: (request) => acceptedId(request.headers['x-request-id']) ?? crypto.randomUUID(),
    routerOptions: { maxParamLength: maxHeaderSize, ignoreTrailingSlash: true }, // a schema says what is too long
    rewriteUrl: (request) => {
      const { store, path } = address(registry, ...target(request))
      const readable = isReadable(path.split('?', 1)[0]!) ? path : unreadable
      if (!store) return /^\/(~|%7e)/i.test(readable) ? '/not-found' : readable // the mounts are for addressed stores
      addressed.set(request, store)
      return mountOf(contracts, store, path) + readable
    },
  })

  app.decorateRequest('store')
  app.decorateRequest('actor')
  app.setValidatorCompiler(compileValidator as never)
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text: string, done) => {
    try {
      done(null, text === '' ? {} : parseStrictJson(text))
    } catch (error) {
      done(error as Error)
    }
  })
  app.setErrorHandler(sendError)
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not found.' }))
  observe(app)
  app.addHook('onRequest', async (request, reply) => {
    request.store = addressed.get(request.raw) as Store
    request.actor = guest
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
  })
  // after a contract has counted the request
  app.addHook('preParsing', async (request) => {
    if (!isReadable(request.url)) throw new UnreadableBody('The address is not valid')
  })
  refuseUndeclaredRoutes(app)

  const documents: Documents = new Map()
  for (const contract of contracts) {
    await app.register(mount(contract, services, documents), { prefix: mountPath(contract) })
  }
  await app.register(storePages, { prefix: storeMount, contracts, documents, tokens: services.tokens })
  await app.register(operatorRoutes(options))
  return app
}

/** What a browser may be told on a page of another origin: nothing, unless the store says that the page is its own. */
function corsOf({ store }: FastifyRequest, done: (error: Error | null, options: FastifyCorsOptions) => void) {
  const origins = store?.profile.webOrigins ?? []
  done(null, {
    origin: origins.length > 0 && origins,
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: toldAcross,
    maxAge: 600,
  })
}

/** Headers of answers that apps read. */
const toldAcross =
  'X-Cart-Token, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, ETag, Idempotent-Replayed, ' +
  'X-Request-Id, Content-Disposition'

/** For what no contract answers; a contract has its own. Nothing of the inside is told. */
function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const status = error instanceof UnreadableBody ? 400 : (error.statusCode ?? 500)
  if (status < 500) return reply.code(status).send({ message: error.message })
  request.log.error({ err: error }, 'request failed')
  return reply.code(500).send({ message: 'Internal server error.' })
}

const mountPath = (contract: Contract) => `/~${contract.name}`
const storeMount = '/~store'

/** Path and host of a request; its target may be a whole address (RFC 9112, 3.2.2), whose host then counts. */
function target({ url = '/', headers }: IncomingMessage): [url: string, host: string | undefined] {
  if (url.startsWith('/')) return [url, headers.host]
  const [, host, path] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? []
  return path === undefined ? ['/not-found', undefined] : [path.startsWith('/') ? path : `/${path}`, host]
}

/** Which store a request addresses, by its path or else by its host name, and what is left of the path. */
function address(registry: Registry, url: string, host: string | undefined): { store?: Store; path: string } {
  const end = url.slice(1).search(/[/?]/)
  const segment = end === -1 ? url.slice(1) : url.slice(1, end + 1)
  const bySlug = registry.bySlug(segment)
  if (bySlug) {
    const rest = end === -1 ? '' : url.slice(end + 1)
    return { store: bySlug, path: rest.startsWith('/') ? rest : `/${rest}` }
  }
  const byHost = host ? registry.byHost(host.replace(/:\d+$/, '').toLowerCase()) : undefined
  return byHost ? { store: byHost, path: url } : { path: url }
}

/** Where a path of a store is served: by the contract that claims it, else by the store's own pages. */
function mountOf(contracts: readonly Contract[], store: Store, path: string): string {
  const bare = path.split('?', 1)[0]!
  const claiming = contracts.find((contract) => store.contracts.includes(contract.name) && contract.claims(bare))
  return claiming ? mountPath(claiming) : storeMount
}

/** A contract with what all of them need: a body where a schema asks for one, and the caller known. */
const mount =
  (contract: Contract, services: Services, documents: Documents): FastifyPluginAsync =>
  async (app) => {
    await documented(app, contract, documents)
    app.addHook('preValidation', async (request) => {
      if (request.body === undefined && request.routeOptions.schema?.body) request.body = {}
    })
    await app.register(async (inner) => {
      await inner.register(cors, { delegator: corsOf }) // before the contract's own hooks: a preflight is not counted
      await contract.routes(inner, services)
      // after the contract's own hooks: a request over the limit is not looked up
      inner.addHook('onRequest', (request) => identify(services, request))
    })
  }

/** Finds out who asks. @throws Refusal session.refused, actor.not_admin */
async function identify({ engine, tokens }: Services, request: FastifyRequest): Promise<void> {
  const { access } = request.routeOptions.config
  if (access === undefined || access === 'public' || access === 'signature') return
  const isForShop = access === 'shop' || access === 'optional-shop'
  const apiKey = request.headers['x-api-key']
  if (isForShop && apiKey !== undefined) {
    const name = await findApiKey(engine.db, request.store.storeId, String(apiKey))
    if (name === null) throw new Refusal('session.refused', {})
    request.actor = { kind: 'staff', name }
    return
  }
  const isOptional = access === 'optional' || access === 'optional-shop'
  if (isOptional && request.headers.authorization === undefined) return
  const token = bearerOf(request.headers.authorization)
  if (!token) throw new Refusal('session.refused', {})
  request.actor = await tokens.actorOf(request.store, token)
  const isAdmin = request.actor.kind === 'customer' && request.actor.isAdmin
  if ((access === 'admin' || access === 'shop') && !isAdmin) throw new Refusal('actor.not_admin', {})
}

/** A route that does not say who may call it stops the server from starting. */
function refuseUndeclaredRoutes(app: FastifyInstance) {
  app.addHook('onRoute', (route) => {
    const { access } = route.config ?? {}
    if (route.method === 'OPTIONS') return // the browser's question, not a buyer's
    if (!access || !accesses.includes(access))
      throw new Error(`${String(route.method)} ${route.url} does not declare who may call it`)
  })
}

const operatorRoutes =
  ({ ping, registry, isDemo, contracts }: AppOptions): FastifyPluginAsync =>
  async (app) => {
    const config = { access: 'public' } as const
    const { landingPage } = await import('./landing.ts')
    const { metricsText } = await import('./metrics.ts')
    app.get('/', { config }, async (_request, reply) => {
      reply.header('content-security-policy', `default-src 'none'; style-src 'unsafe-inline'; ${lockedDown}`)
      return reply.type('text/html').send(landingPage(registry.all(), contracts, isDemo))
    })
    app.get('/healthz', { config }, async () => ({ status: 'ok' }))
    app.get('/readyz', { config }, async (_request, reply) => {
      try {
        await ping()
        return { status: 'ready' }
      } catch {
        return reply.code(503).send({ status: 'database unreachable' })
      }
    })
    app.get('/metrics', { config }, async (_request, reply) => {
      const { type, text } = await metricsText()
      return reply.type(type).send(text)
    })
  }

/** A caller's own request id is kept when it is short and plain. */
const acceptedId = (id: string | string[] | undefined) =>
  typeof id === 'string' && /^[\w-]{8,64}$/.test(id) ? id : undefined

function isReadable(url: string): boolean {
  if (!url.includes('%')) return isStorable(url)
  try {
    return isStorable(decodeURIComponent(url.replaceAll('+', ' ')))
  } catch {
    return false
  }
}
