import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface Asked {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/** A status and a body. With the status 0 there is no answer. */
export type Said = [status: number, body: unknown]

/** A server of somebody else's, until the test ends, and what it was asked. */
export async function stranger(t: TestContext, answer: (one: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const one = { method: method!, url: url!, headers, body: Buffer.concat(chunks).toString() }
      asked.push(one)
      answer(one, response)
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** One that says what it is told to, the last of it for ever. @param wrap makes of that what it says to a request */
export function saying(t: TestContext, said: Said[], wrap = (body: unknown, _one: Asked): unknown => body) {
  const left = [...said]
  return stranger(t, (one, response) => {
    const [status, body] = left.length > 1 ? left.shift()! : left[0]!
    if (status === 0) return
    const answer = wrap(body, one)
    response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
}
