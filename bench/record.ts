import { Client } from 'pg'
import { readConfig } from '../src/config.ts'
import { open, serve } from '../src/main.ts'
import type { Recorded } from './script.ts'

/**
 * A process of its own that runs the server once with its driver overheard, and tells its parent which statements each
 * request sent. So the floors run what the server runs today, and not what somebody copied from it.
 */

export interface RecordOrder {
  /** paths to get */
  paths: string[]
  buyer: { token: string; addressId: string; variantId: string }
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
  const shop = `http://127.0.0.1:${config.port}/ionora/api`
  const sandbox = `http://127.0.0.1:${order.sandboxPort}`
  const { token, addressId, variantId } = order.buyer
  let answers: Played['answers'] = {}

  const send = async (url: string, body?: object, method = body ? 'POST' : 'GET') => {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status} ${text}`)
    answers[new URL(url).pathname] = { status: response.status, body: text }
    return JSON.parse(text) as Record<string, never>
  }
  const add = () => send(`${shop}/cart`, { product_id: variantId, quantity: 1 })

  /** From the cart to the paid order. The gateway's webhooks come after it, one by one, so that the order is plain. */
  const purchase = async (): Promise<Record<string, string>> => {
    await add()
    const placed = await send(`${shop}/checkout/create-order`, {
      shipping_address_id: addressId,
      payment_method: 'razorpay',
    })
    const session: string = placed['razorpay_order_id']!
    const back = await send(`${sandbox}/razorpay/sandbox/pay`, {
      razorpay_order_id: session,
      method: 'upi',
      outcome: 'success',
    })
    await send(`${shop}/checkout/payment`, { order_id: placed['order']!['id'], ...back })
    const list = await fetch(`${sandbox}/razorpay/sandbox/webhooks?order_id=${session}`)
    const events = (await list.json()) as { event_id: string }[]
    for (const { event_id } of events) await send(`${sandbox}/razorpay/sandbox/webhooks/resend`, { event_id })
    const named = events.map(({ event_id }, i) => [`event_${i}`, event_id] as const)
    return { session, payment: back['razorpay_payment_id']!, ...Object.fromEntries(named) }
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
    await send(`${sandbox}/faults`, { provider: 'razorpay', kind: 'drop', rate: 1, only: 'webhook' })
    await purchase() // what is only done once is done in this one
    const checkout = await overhearing(purchase)
    await add()
    const cart = await overhearing(async () => {
      await add()
      return {}
    })
    await send(`${shop}/cart`, undefined, 'DELETE')
    await send(`${sandbox}/faults`, undefined, 'DELETE')

    const pages: Recording['pages'] = []
    for (const path of order.paths) {
      const { statements } = await overhearing(async () => {
        await send(new URL(path, shop).href)
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
