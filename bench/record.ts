import { Client } from 'pg'
import { readConfig } from '../src/config.ts'
import { open, serve } from '../src/main.ts'
import type { Recorded } from './script.ts'
import { shops } from './shops.ts'
import type { BenchShop, Customer, Send, Variant } from './shops.ts'

/**
 * A process of its own that runs the server once with its driver overheard, and tells its parent which statements each
 * request sent. So the floors run what the server runs today, and not what somebody copied from it.
 */

export interface RecordOrder {
  /** paths to get */
  paths: string[]
  shop: BenchShop['name']
  buyer: Customer
  variant: Variant
  sandboxPort: number
}

export interface Recording {
  pages: { path: string; statements: Recorded[]; body: string }[]
  cart: Played
  checkout: Played
}

/** A play of requests: what was sent to PostgreSQL, what was answered, and the ids that the gateway made up. */
export interface Played {
  statements: Recorded[]
  answers: Record<string, { status: number; body: string }>
  fresh: Record<string, string>
}

let heard: Recorded[] = []
const connections = new WeakMap<object, number>()
let connectionCount = 0

interface Sent {
  name?: string
  text: string
  values?: unknown[]
}
interface Result {
  rows: unknown[][]
  fields: { name: string }[]
}

function overhear() {
  const query = Client.prototype.query as (this: Client, ...args: unknown[]) => unknown
  const replacement = function (this: Client, ...args: unknown[]) {
    const sent = args[0] as Sent
    if (typeof sent?.text !== 'string') return query.apply(this, args)
    if (!connections.has(this)) connections.set(this, ++connectionCount)
    const { name, text, values = [] } = sent
    const one: Recorded = { connection: connections.get(this)!, name, text, values }
    heard.push(one)
    const keep = (result?: Result) => {
      if (result?.rows.length !== 1) return
      one.row = Object.fromEntries(result.fields.map((field, i) => [field.name, result.rows[0]![i]]))
    }
    const back = args.findIndex((arg) => typeof arg === 'function')
    if (back !== -1) {
      const callback = args[back] as (error: unknown, result?: Result) => void
      return query.apply(
        this,
        args.with(back, (error: unknown, result?: Result) => {
          keep(result)
          callback(error, result)
        }),
      )
    }
    const answer = query.apply(this, args) as Promise<Result>
    answer.then(keep, () => {})
    return answer
  }
  Client.prototype.query = replacement as never
}

async function record(order: RecordOrder): Promise<Recording> {
  const config = readConfig(process.env)
  const installation = await open(config, { migrate: false })
  const server = await serve(installation)
  const shop = shops[order.shop]
  const origin = `http://127.0.0.1:${config.port}`
  const sandbox = `http://127.0.0.1:${order.sandboxPort}`
  const { buyer, variant } = order
  let answers: Played['answers'] = {}

  const call = async (url: string, body: object | undefined, method = body ? 'POST' : 'GET') => {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${buyer.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status} ${text}`)
    answers[new URL(url).pathname] = { status: response.status, body: text }
    return text === '' ? {} : JSON.parse(text)
  }
  const send: Send = (to, path, body) => call((to === 'shop' ? origin + shop.api : sandbox) + path, body)
  const add = () => {
    const { path, body, status } = shop.add(variant)
    return send('shop', path, body, status)
  }

  /** From the cart to the paid order. The gateway's webhooks come one by one and when they are asked for: so the order is plain. */
  const purchase = async (): Promise<Record<string, string>> => {
    const events: Record<string, string> = {}
    const fresh = await shop.purchase(send, buyer, variant, async (payment) => {
      const { list, resend, id } = shop.gateway
      for (const event of (await send('sandbox', list + payment, undefined, 200)) as Record<string, string>[]) {
        events[`event_${Object.keys(events).length}`] = event[id]!
        await send('sandbox', resend, { [id]: event[id] }, 200)
      }
    })
    return { ...fresh, ...events }
  }
  const overhearing = async (work: () => Promise<Record<string, string>>): Promise<Played> => {
    heard = []
    answers = {}
    const fresh = await work()
    const statements = heard
    heard = []
    return { statements, answers, fresh }
  }

  try {
    await call(`${sandbox}/faults`, { provider: shop.gateway.name, kind: 'drop', rate: 1, only: 'webhook' })
    await purchase() // what is only done once is done in this one
    const checkout = await overhearing(purchase)
    await add()
    const cart = await overhearing(async () => {
      await add()
      return {}
    })
    await call(`${sandbox}/faults`, undefined, 'DELETE')

    const pages: Recording['pages'] = []
    for (const path of order.paths) {
      const { statements } = await overhearing(async () => {
        await call(origin + path, undefined)
        return {}
      })
      pages.push({ path, statements, body: Object.values(answers)[0]!.body })
    }
    return { pages, cart, checkout }
  } finally {
    await server.stop()
    await installation.close()
  }
}

overhear()
process.once('message', (order: RecordOrder) => {
  record(order).then(
    (recording) => process.send!(recording, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    },
  )
})
