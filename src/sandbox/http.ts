import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { BadInput } from './input.ts'

/** The largest body the sandbox takes, in bytes; also what its mail server takes. */
export const sizeLimit = 1024 * 1024

export interface Call {
  /** what the `:name` parts of the route's path matched, decoded */
  params: Record<string, string>
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** the body as it came, '' when there was none */
  body: string
  /** Runs `work` once the answer has left, or was lost on purpose. */
  afterAnswer(work: () => void): void
}

export interface Answer {
  status: number
  type: string
  body: string
  headers?: Record<string, string>
}

export type Handler = (call: Call) => Answer | Promise<Answer>
export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** such as `/razorpay/v1/orders/:id` */
  path: string
  handle: Handler
}

export const route = (method: Route['method'], path: string, handle: Handler): Route => ({ method, path, handle })

export const json = (value: unknown, status = 200): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
})

/**
 * A page for people. Nothing on it may run or load, whatever a mail or a request brought in.
 * @param style CSS, after what all pages have
 */
export const page = (title: string, main: string, style = ''): Answer => ({
  status: 200,
  type: 'text/html; charset=utf-8',
  headers: { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" },
  body: `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere}
article{border-top:1px solid #8888;padding:.5rem 0}code,pre{font-size:.9em}time{opacity:.7}${style}</style>
<main><h1>${escapeHtml(title)}</h1>${main}</main></html>`,
})

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character]!)

/** A control call's handler: what the input lacks becomes `400 { "error": … }`. */
export const control =
  (handle: Handler): Handler =>
  async (call) => {
    try {
      return await handle(call)
    } catch (error) {
      if (error instanceof BadInput) return json({ error: error.message }, error.status)
      throw error
    }
  }

/**
 * Finds routes by method and path. Paths without parameters are one look-up; the others are few, so they are walked.
 * @returns undefined when nothing matches, also for a path whose escapes cannot be decoded
 */
export function createRouter<R extends Route>(routes: R[]) {
  const fixed = new Map<string, R>()
  const open: { parts: string[]; route: R }[] = []
  for (const route of routes) {
    if (route.path.includes(':')) open.push({ parts: route.path.split('/'), route })
    else fixed.set(`${route.method} ${route.path}`, route)
  }
  return (method: string, path: string): { route: R; params: Record<string, string> } | undefined => {
    const known = fixed.get(`${method} ${path}`)
    if (known) return { route: known, params: {} }
    const parts = path.split('/')
    for (const candidate of open) {
      if (candidate.route.method !== method) continue
      const params = matchParts(candidate.parts, parts)
      if (params) return { route: candidate.route, params }
    }
    return undefined
  }
}

function matchParts(pattern: string[], parts: string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index]!
    if (!expected.startsWith(':')) {
      if (part !== expected) return undefined
      continue
    }
    try {
      params[expected.slice(1)] = decodeURIComponent(part)
    } catch {
      return undefined
    }
  }
  return params
}

/**
 * Reads a request's body as text. A body over the limit is read to its end and thrown away, so that the sender can
 * still receive its refusal.
 * @returns undefined when the body was too large
 */
export function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (request.method === 'GET') return Promise.resolve('')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= sizeLimit) chunks.push(chunk)
    })
    request.on('end', () => resolve(size <= sizeLimit ? Buffer.concat(chunks).toString('utf8') : undefined))
    request.on('error', reject)
    request.on('close', () => {
      if (!request.complete) reject(new Error('the sender went away'))
    })
  })
}

export function writeAnswer(response: ServerResponse, answer: Answer) {
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    ...answer.headers,
  })
  response.end(answer.body)
}

/**
 * Waits until a server listens.
 * @param start makes it listen; an error of that, such as a port in use, rejects
 * @returns the port
 */
export function listening(server: Server, start: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      const address = server.address()
      if (address !== null && typeof address === 'object') resolve(address.port)
      else reject(new Error('a server without a port'))
    })
    start()
  })
}
