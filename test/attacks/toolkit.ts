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
  auth: 'none' | 'user' | 'admin' | 'signature'
  request: { query: Record<string, unknown>; body: Record<string, unknown> | null }
  errors: { when: string; status: number; documented: boolean }[]
}

const table = JSON.parse(readFileSync(new URL('../contracts/ionora.json', import.meta.url), 'utf8')) as {
  endpoints: Row[]
}
export const rows = table.endpoints

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

/** A refusal in one of Ionora's two forms, and nothing of the server's inside in it. */
export function assertRefused(answer: { status: number; body: Wire }, what: string, statuses?: readonly number[]) {
  const shown = `${what}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`
  assert.ok(answer.status >= 400 && answer.status < 500, shown)
  if (statuses) assert.ok(statuses.includes(answer.status), shown)
  assertForm(answer.body, shown)
}

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
  assert.doesNotMatch(JSON.stringify(body), /node_modules|\.ts:\d|~ionora|syntax error|relation "|pg_/i, shown)
}

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
