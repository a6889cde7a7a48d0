import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { until } from './wait.ts'

const command = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface ServerProcess {
  url: string
  pid: number
  /** what it printed so far */
  output(): string
  kill(signal: NodeJS.Signals): void
  /** its exit code; null when a signal ended it */
  ended: Promise<number | null>
}

/** Starts a server as a process of its own, and waits until it is ready. @param args as on the command line */
export async function startProcess(
  t: { after(work: () => void): void },
  env: Record<string, string>,
  args: string[] = ['start'],
): Promise<ServerProcess> {
  const port = Number(env['PORT'] ?? (await freePort()))
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, SAUDAGAR_DEMO: 'off', ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  t.after(() => void child.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  await until('the server is ready', async () => {
    if (child.exitCode !== null) assert.fail(`the server ended: ${printed}`)
    return (await fetch(`${url}/readyz`)).ok
  })
  return { url, pid: child.pid!, output: () => printed, kill: (signal) => void child.kill(signal), ended }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
