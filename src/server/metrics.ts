import type { FastifyInstance } from 'fastify'
import { statements } from '../engine/database.ts'

type Prometheus = typeof import('prom-client')

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Route {
  count: number
  seconds: number
  buckets: number[]
}

// by labels; counted by hand on the way of a request, and turned into Prometheus' form when somebody asks
const routes = new Map<string, Route>()

/** Logs and counts every request by its route: never by its address, which may hold a token or a name. */
export function observe(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { contract, path } = split(request.routeOptions.url)
    const [method, store, status] = [request.method, request.store?.slug ?? '', reply.statusCode]
    const seconds = reply.elapsedTime / 1000
    count(`method="${method}",route="${path}",contract="${contract}",store="${store}",status="${status}"`, seconds)
    request.log.info({ method, route: path, contract, store, status, ms: Math.round(seconds * 1e4) / 10 }, 'request')
  })
}

/** `/~ionora/api/cart/:id` is the inner name of `/api/cart/:id` of the contract ionora. */
function split(url: string | undefined): { contract: string; path: string } {
  const [, contract = '', path = 'unknown'] = /^(?:\/~([^/]+))?(.*)$/.exec(url ?? 'unknown') ?? []
  return { contract, path }
}

function count(labels: string, seconds: number) {
  let route = routes.get(labels)
  if (!route) routes.set(labels, (route = { count: 0, seconds: 0, buckets: buckets.map(() => 0) }))
  route.count++
  route.seconds += seconds
  for (let i = buckets.length - 1; i >= 0 && seconds <= buckets[i]!; i--) route.buckets[i]!++
}

let prometheus: Promise<Prometheus> | undefined

/** Everything counted since the start, as Prometheus reads it. */
export async function metricsText(): Promise<{ type: string; text: string }> {
  prometheus ??= import('prom-client').then((client) => {
    client.collectDefaultMetrics()
    const sent = new client.Counter({
      name: 'saudagar_sql_statements_total',
      help: 'SQL statements sent to PostgreSQL',
      collect: () => {
        sent.reset()
        sent.inc(statements.sent)
      },
    })
    return client
  })
  const { register } = await prometheus
  return { type: register.contentType, text: `${await register.metrics()}\n${requestText()}` }
}

function requestText(): string {
  const lines = [
    '# HELP saudagar_http_request_duration_seconds Time from a request to its answer',
    '# TYPE saudagar_http_request_duration_seconds histogram',
  ]
  const name = 'saudagar_http_request_duration_seconds'
  for (const [labels, route] of routes) {
    buckets.forEach((le, i) => lines.push(`${name}_bucket{${labels},le="${le}"} ${route.buckets[i]}`))
    lines.push(`${name}_bucket{${labels},le="+Inf"} ${route.count}`)
    lines.push(`${name}_sum{${labels}} ${route.seconds}`, `${name}_count{${labels}} ${route.count}`)
  }
  return `${lines.join('\n')}\n`
}
