import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Pool } from 'pg'
import { readConfig } from '../src/config.ts'
import { openPool } from '../src/engine/database.ts'
import type { Recorded, Step } from './script.ts'
import { play } from './script.ts'

/**
 * A process of its own with two bare node:http servers to compare with: one sends bytes that were prepared, the other
 * runs the statements that the server would run and answers their rows as JSON.
 */

export interface FloorOrder {
  shop: keyof typeof forms
  databaseUrl: string
  /** what the server answered, by path */
  answers: Record<string, { status: number; body: string }>
  /** the statement behind a path */
  pages: Record<string, Recorded>
  /** the statements behind what takes several of them, by the path that plays them */
  scripts: Record<string, Step[]>
}

export interface FloorPorts {
  bytes: number
  driver: number
}

const listen = async (handle: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server = createServer({ keepAliveTimeout: 300_000 }, handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const sendJson = (response: ServerResponse, status: number, body: Buffer | string) =>
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) })
    .end(body)

function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => resolve(text))
  })
}

function bytesServer(answers: FloorOrder['answers']) {
  const prepared = new Map(
    Object.entries(answers).map(([path, { status, body }]) => [path, { status, bytes: Buffer.from(body) }]),
  )
  return listen((request, response) => {
    const answer = prepared.get(request.url!)
    if (!answer) return sendJson(response, 404, '{}')
    if (request.method === 'GET') return sendJson(response, answer.status, answer.bytes)
    return void readText(request).then(() => sendJson(response, answer.status, answer.bytes))
  })
}

function driverServer(pool: Pool, { shop, pages, scripts }: FloorOrder) {
  const toWire: (row: PageRow & EntryRow) => object = forms[shop]
  const playScript = async (steps: Step[], inputs: Record<string, string>) => {
    const client = await pool.connect()
    try {
      return await play(steps, inputs, async (step) => (await client.query(step)).rows as Record<string, unknown>[])
    } finally {
      client.release()
    }
  }
  const respond = async (request: IncomingMessage) => {
    const page = pages[request.url!]
    if (page) {
      const { rows } = await pool.query<PageRow & EntryRow>({ name: page.name, text: page.text, values: page.values })
      return JSON.stringify({ products: rows.map(toWire), total: rows[0]?.total })
    }
    const steps = scripts[request.url!]
    if (!steps) throw new Error(`there is no floor for ${request.url}`)
    const rows = await playScript(steps, JSON.parse(await readText(request)) as Record<string, string>)
    return JSON.stringify({ rows })
  }
  return listen((request, response) => {
    respond(request).then(
      (text) => sendJson(response, 200, text),
      (error: Error) => sendJson(response, 500, JSON.stringify({ message: error.message })),
    )
  })
}

interface PageRow {
  id: string
  name: string
  description: string | null
  list_minor: number
  discount_bps: number | null
  price_minor: number
  category: string
  available: number | null
  images: string[]
  specifications: object
  is_listed: boolean
  created_at: Date
  updated_at: Date
  total: number
}

// the rows in the form that the server answers them in, by the shortest way
const toProduct = (row: PageRow) => ({
  id: row.id,
  name: row.name,
  description: row.description,
  price: (row.list_minor / 100).toFixed(2),
  discount_percentage: ((row.discount_bps ?? 0) / 100).toFixed(2),
  final_price: (row.price_minor / 100).toFixed(2),
  category: row.category,
  stock_quantity: row.available,
  images: row.images,
  specifications: row.specifications,
  is_active: row.is_listed,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

interface EntryRow extends PageRow {
  serial: number
  slug: string
  short_description: string | null
  rating: number
  review_count: number
  is_featured: boolean
  counted: string[]
  has_uncounted: boolean
}

const toEntry = (row: EntryRow) => ({
  id: row.serial,
  slug: row.slug,
  name: row.name,
  short_description: row.short_description,
  selling_price: row.price_minor,
  compare_price: row.list_minor,
  images: row.images,
  rating: row.rating,
  total_reviews: row.review_count,
  is_featured: row.is_featured,
  stock_status: row.has_uncounted || row.counted.length > 0 ? 'in_stock' : 'out_of_stock',
})

const forms = { ionora: toProduct, ansania: toEntry }

process.once('message', (order: FloorOrder) => {
  const pool = openPool(order.databaseUrl, readConfig(process.env).databasePool) // as many as the server has
  void Promise.all([bytesServer(order.answers), driverServer(pool, order)]).then(([bytes, driver]) =>
    process.send!({ bytes, driver } satisfies FloorPorts),
  )
})
