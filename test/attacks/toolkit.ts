import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import type { Wire } from '../support/shop.ts'

/** A row of the acceptance table, as far as an attacker reads it. */
export interface Row {
  id: string
  method: string
  path: string
  auth: 'none' | 'optional' | 'user' | 'admin' | 'signature'
  request: { query: Record<string, unknown>; body: Record<string, unknown> | null }
  errors: { when: string; status: number; documented: boolean }[]
}

const rowsOf = (contract: string): Row[] =>
  (JSON.parse(readFileSync(new URL(`../contracts/${contract}.json`, import.meta.url), 'utf8')) as { endpoints: Row[] })
    .endpoints

/** Ionora's. */
export const rows = rowsOf('ionora')

type Untold = Pick<Row, 'id' | 'method' | 'path' | 'auth'>
const untoldRows = (untold: Untold[]): Row[] =>
  untold.map((row) => ({ ...row, request: { query: {}, body: null }, errors: [] }))

/** Routes that Ansania has and its table does not. */
const untold: Untold[] = [
  { id: 'reviews.helpful', method: 'POST', path: '/api/products/:id/reviews/:review_id/helpful', auth: 'user' },
  { id: 'media.get', method: 'GET', path: '/api/media/:id', auth: 'none' },
  { id: 'odoo.hint', method: 'POST', path: '/api/webhooks/odoo', auth: 'signature' },
]
export const ansaniaRows: Row[] = [...rowsOf('ansania'), ...untoldRows(untold)]

export const inkRows: Row[] = [
  ...rowsOf('ink'),
  ...untoldRows([
    { id: 'packages.nonce', method: 'POST', path: '/verify/nonce', auth: 'none' },
    { id: 'proofs.correct', method: 'POST', path: '/retrieve/:proofId/corrections', auth: 'admin' },
  ]),
]

export interface RawAnswer {
  status: number
  text: string
  body: Wire
  headers: Record<string, string | string[] | undefined>
}

const agent = new Agent({ keepAlive: true })

interface Sent {
  method?: string
  path: string
  body?: string | Buffer
  headers?: Record<string, string>
  /** on a connection of its own, which the server may close */
  alone?: boolean
}

/** One request as it is given: any method with a body, any path, headers that fetch would refuse. */
export function send(
  url: string,
  { method = 'GET', path, body, headers = {}, alone = false }: Sent,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const sized = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const request = httpRequest(
      {
        hostname,
        port,
        method,
        path,
        headers: { ...sized, ...headers },
        agent: alone ? false : agent,
        timeout: 20_000,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode!, text, body: parsed(text), headers: response.headers })
        })
        response.on('error', reject)
      },
    )
    request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path}`)))
    request.on('error', reject)
    request.end(body)
  })
}

/** Bytes on a connection of their own, and whatever comes back until the server ends it or is silent for a moment. */
export function sendBytes(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes))
    const chunks: Buffer[] = []
    const finish = () => {
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      socket.setTimeout(150) // the rest of an answer follows at once
    })
    socket.setTimeout(10_000)
    socket.on('timeout', () =>
      chunks.length > 0 ? finish() : reject(new Error(`no answer to ${String(bytes).slice(0, 80)}`)),
    )
    socket.on('close', finish)
    socket.on('error', (error) => (chunks.length > 0 ? finish() : reject(error)))
  })
}

function parsed(text: string): Wire {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Asserts that a body is a refusal as a contract prints it. */
type AssertForm = (body: Wire, shown: string) => void

const refusedIn =
  (form: AssertForm) => (answer: { status: number; body: Wire }, what: string, statuses?: readonly number[]) => {
    const shown = `${what}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`
    assert.ok(answer.status >= 400 && answer.status < 500, shown)
    if (statuses) assert.ok(statuses.includes(answer.status), shown)
    form(answer.body, shown)
  }

const inside = /node_modules|\.ts:\d|~ionora|~ansania|~ink|syntax error|relation "|pg_/i

export function assertForm(body: Wire, shown: string) {
  assert.equal(typeof body, 'object', shown)
  if (body.errors === undefined) assert.equal(typeof body.message, 'string', shown)
  else {
    assert.ok(Array.isArray(body.errors) && body.errors.length > 0, shown)
    for (const error of body.errors) {
      assert.equal(typeof error.msg, 'string', shown)
      assert.equal(typeof error.param, 'string', shown)
    }
  }
  assert.doesNotMatch(JSON.stringify(body), inside, shown)
}

const codes: Record<string, number[]> = {
  VALIDATION_ERROR: [400, 405, 413, 415, 422],
  VOUCHER_EXPIRED: [400],
  UNAUTHORIZED: [401],
  FORBIDDEN: [403],
  NOT_FOUND: [404],
  CONFLICT: [409],
  RATE_LIMIT_EXCEEDED: [429],
  INTERNAL_ERROR: [500],
  SERVICE_UNAVAILABLE: [503],
}

export function assertFailureForm(body: Wire, shown: string) {
  assert.equal(typeof body, 'object', shown)
  assert.equal(body.success, false, shown)
  assert.equal(typeof body.error, 'string', shown)
  assert.ok(body.error.length > 0, shown)
  assert.ok(Object.hasOwn(codes, body.code), shown)
  assert.match(body.meta.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, shown)
  const known = new Set(['success', 'error', 'code', 'details', 'meta'])
  assert.deepEqual(
    Object.keys(body).filter((key) => !known.has(key)),
    [],
    shown,
  )
  assert.doesNotMatch(JSON.stringify(body), inside, shown)
}

/** A refusal in one of Ionora's two forms, and nothing of the server's inside in it. */
export const assertRefused: ReturnType<typeof refusedIn> = refusedIn(assertForm)

/** The same in Ansania's one form, whose code says what its status says. */
export const assertFailed: ReturnType<typeof refusedIn> = (answer, what, statuses) => {
  refusedIn(assertFailureForm)(answer, what, statuses)
  assert.ok(codes[answer.body.code]!.includes(answer.status), `${what}: ${answer.status} with ${answer.body.code}`)
}

/** The same in INK's one form. */
export const assertInkRefused: ReturnType<typeof refusedIn> = refusedIn((body, shown) => {
  assert.equal(typeof body.error, 'string', shown)
  assert.ok(body.error.length > 0, shown)
  const known = new Set(['error', 'reason', 'requires_phone', 'requires_tag', 'requires_nonce'])
  assert.ok(
    Object.keys(body).every((key) => known.has(key)),
    shown,
  )
  assert.doesNotMatch(JSON.stringify(body), inside, shown)
})

export const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** Times of calls taken in turns, so that whatever else the machine does falls on all of them. */
export async function mediansOf(turns: number, calls: (() => Promise<unknown>)[]): Promise<number[]> {
  const times = calls.map((): number[] => [])
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, call] of calls.entries()) {
      const start = performance.now()
      await call()
      times[i]!.push(performance.now() - start)
    }
  }
  return times.map(median)
}
