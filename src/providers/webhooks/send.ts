import { lookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { readTarget, requirePublic, TargetRefused } from './target.ts'
import type { TargetRules } from './target.ts'

/** What came of sending: an answer's status, or in a word why there was none. */
export interface Sent {
  status: number | null
  problem: string | null
  /** the header of an answer */
  retryAfter: string | null
}

export type Send = (url: string, headers: Record<string, string>, body: string) => Promise<Sent>

export interface SenderOptions extends TargetRules {
  /** over looking up, connecting, and waiting for an answer */
  timeoutMs?: number
  /** looks names up; the system's when left out */
  resolve?: LookupFunction
}

/** No more of an answer's body is read, in bytes: nobody looks at it. */
const longest = 64 * 1024

/**
 * Sends webhooks to addresses that strangers have named. `fetch` would not do: it looks the name up by itself, so that the
 * address that was checked need not be the one that is connected to (DNS rebinding), and it knows no way to hand it one.
 * Node's own request takes the lookup as a function: what that returns is what is connected to. Redirects are not followed,
 * and proxies of the environment not asked.
 * @returns sends one; never throws
 */
export function createSender({ timeoutMs = 15_000, resolve = lookup, ...rules }: SenderOptions): Send {
  const guarded = rules.allowPrivate ? resolve : publicOnly(resolve)

  const post = (url: URL, headers: Record<string, string>, body: string) =>
    new Promise<IncomingMessage>((done, fail) => {
      const request = (url.protocol === 'https:' ? https : http).request(
        url,
        {
          method: 'POST',
          headers: { 'user-agent': 'Saudagar', 'content-length': Buffer.byteLength(body), ...headers },
          agent: false, // a connection each: one that was kept would fail the first webhook after a pause
          lookup: guarded,
        },
        (response) => {
          done(response)
          discard(response)
        },
      )
      const timer = setTimeout(() => {
        const error = new Error(`no answer within ${timeoutMs / 1000} s`)
        fail(error) // also where a lookup hangs that cannot be ended
        request.destroy(error)
      }, timeoutMs)
      request.on('error', fail)
      request.on('close', () => {
        clearTimeout(timer)
        fail(new Error('the connection was closed without an answer'))
      })
      request.end(body)
    })

  return async (text, headers, body) => {
    try {
      const { statusCode, headers: answered } = await post(readTarget(text, rules), headers, body)
      return { status: statusCode ?? null, problem: null, retryAfter: answered['retry-after'] ?? null }
    } catch (error) {
      return { status: null, problem: problemOf(error), retryAfter: null }
    }
  }
}

/** All that a name stands for must be public: which of it is connected to is chance. */
const publicOnly =
  (resolve: LookupFunction): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, found, family) => {
      if (error) return callback(error, found, family)
      const addresses: LookupAddress[] = typeof found === 'string' ? [{ address: found, family: family ?? 0 }] : found
      try {
        if (addresses.length === 0) throw new TargetRefused(`${hostname} has no address`)
        for (const { address } of addresses) requirePublic(address)
      } catch (refused) {
        return callback(refused as Error, '')
      }
      if (options.all) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })

function discard(response: IncomingMessage) {
  let length = 0
  response.on('data', (part: Buffer) => {
    length += part.length
    if (length > longest) response.destroy()
  })
  response.on('error', () => {}) // cut off: its status has been read
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return error instanceof TargetRefused || typeof code !== 'string' ? error.message : code
}
