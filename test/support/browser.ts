import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Chromium without a window, spoken to by its DevTools protocol; for pages whose scripts are what is tested. */

const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']

/** Where a Chromium is; undefined on a machine without one. */
export const chromium = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => existsSync(path))

export interface Page {
  /** runs in the page and gives back what JSON can hold */
  evaluate<T>(expression: string): Promise<T>
  /** waits until an expression is true in the page */
  until(expression: string): Promise<void>
  /** what the page was refused or complained of */
  complaints: string[]
}

export interface Browser {
  open(url: string, width: number): Promise<Page>
  close(): Promise<void>
}

/** @throws Error when it does not start */
export async function startBrowser(): Promise<Browser> {
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-browser-'))
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--remote-debugging-port=0',
    `--user-data-dir=${folder}`,
  ]
  const child = spawn(chromium!, [...options, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const socket = new WebSocket(await addressOf(child))
  await once(socket, 'open')
  const { send, listen } = protocol(socket)
  return {
    open: async (url, width) => {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
      const tell = (method: string, params: object = {}) => send(method, params, sessionId)
      const complaints: string[] = []
      listen(sessionId, ({ method, params }) => {
        if (method === 'Log.entryAdded') complaints.push(params.entry.text)
        if (method === 'Runtime.exceptionThrown') complaints.push(params.exceptionDetails.exception?.description ?? '?')
      })
      await Promise.all(['Page.enable', 'Runtime.enable', 'Log.enable'].map((method) => tell(method)))
      await tell('Emulation.setDeviceMetricsOverride', {
        width,
        height: 800,
        deviceScaleFactor: 1,
        mobile: width < 600,
      })
      await tell('Page.navigate', { url })
      const evaluate = async <T>(expression: string): Promise<T> => {
        const { result, exceptionDetails } = await tell('Runtime.evaluate', { expression, returnByValue: true })
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
        return result.value
      }
      const until = async (expression: string) => {
        const deadline = Date.now() + 20_000
        while (!(await evaluate<boolean>(`Boolean(${expression})`).catch(() => false))) {
          if (Date.now() > deadline) throw new Error(`${expression} did not come true; ${complaints.join('; ')}`)
          await new Promise((done) => setTimeout(done, 50))
        }
      }
      return { evaluate, until, complaints }
    },
    close: async () => {
      socket.close()
      child.kill()
      await once(child, 'exit')
      await rm(folder, { recursive: true, maxRetries: 5 })
    },
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  let said = ''
  for await (const chunk of child.stderr!) {
    said += chunk
    const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
    if (address) {
      child.stderr!.resume()
      return address
    }
  }
  throw new Error(`the browser did not start: ${said}`)
}

// the protocol is a thousand messages of as many shapes; a test sees at once when it is wrong about one
// oxlint-disable-next-line typescript/no-explicit-any
type Message = any

function protocol(socket: WebSocket) {
  let count = 0
  const asked = new Map<number, { resolve(result: Message): void; reject(error: Error): void }>()
  const listeners = new Map<string, (message: Message) => void>()
  socket.addEventListener('message', ({ data }) => {
    const message: Message = JSON.parse(String(data))
    if (message.id === undefined) return listeners.get(message.sessionId)?.(message)
    const { resolve, reject } = asked.get(message.id)!
    if (message.error) reject(new Error(message.error.message))
    else resolve(message.result)
  })
  return {
    listen: (sessionId: string, listener: (message: Message) => void) => void listeners.set(sessionId, listener),
    send: (method: string, params: object, sessionId?: string) =>
      new Promise<Message>((resolve, reject) => {
        asked.set(++count, { resolve, reject })
        socket.send(JSON.stringify({ id: count, method, params, sessionId }))
      }),
  }
}
