import http from 'node:http'
import https from 'node:https'
import { urlToHttpOptions } from 'node:url'

const atOnce = 64

export type Target = ReturnType<typeof createTarget>

/** One webhook URL: its kept connections, and the queue before them. */
export function createTarget(url: URL) {
  const secure = url.protocol === 'https:'
  const agent = secure
    ? new https.Agent({ keepAlive: true, maxSockets: atOnce })
    : new http.Agent({ keepAlive: true, maxSockets: atOnce })
  const target = { ...urlToHttpOptions(url), method: 'POST', agent }
  const waiting: (() => void)[] = []
  let running = 0

  return {
    enter(): Promise<void> | void {
      if (running < atOnce) running += 1
      else return new Promise((resolve) => waiting.push(resolve))
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    },
    /** @returns the answer's status, or in a word why there was none */
    post: (headers: Record<string, string>, body: string, timeoutMs: number) =>
      new Promise<number | string>((resolve) => {
        const request = (secure ? https : http).request(
          {
            ...target,
            headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
          },
          (response) => {
            response.resume()
            response.on('close', () => {
              clearTimeout(timer)
              resolve(response.complete ? (response.statusCode ?? 0) : 'cut off')
            })
          },
        )
        const timer = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs)
        request.on('error', (error: NodeJS.ErrnoException) => {
          clearTimeout(timer)
          resolve(error.code ?? error.message)
        })
        request.end(body)
      }),
    close() {
      agent.destroy()
      for (const go of waiting.splice(0)) go()
    },
  }
}
