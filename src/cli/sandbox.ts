import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { UsageError } from './usage.ts'

/** Runs the stand-ins until a signal comes. */
export async function runSandbox(config: Config): Promise<void> {
  if (config.production) throw new UsageError('the sandbox never runs in production')
  const { startSandbox } = await import('../sandbox/sandbox.ts')
  const { port, smtpPort } = config.sandbox
  const { keyId, keySecret, webhookSecrets } = config.razorpay
  const webhookUrl = `http://127.0.0.1:${config.port}/ionora/api/payment/webhooks/payment`
  const sandbox = await startSandbox({
    port,
    smtpPort,
    razorpay: [{ keyId, keySecret, webhookSecret: webhookSecrets[0]!, webhookUrl }],
  })
  process.stdout.write(`The sandbox is at ${sandbox.url}, and takes mail on port ${sandbox.smtpPort}.\n`)
  await new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, resolve)
  })
  await sandbox.close()
  process.exit(0)
}

/**
 * Finds the sandbox running, as after a server that was killed, or starts it as a process of its own.
 * @returns how to stop it
 * @throws UsageError when it does not come up, as when its port is taken by something else
 */
export async function ensureSandbox(config: Config): Promise<{ stop(): Promise<void> }> {
  const pid = (await runningPid(config)) ?? (await launch(config))
  return {
    stop: async () => {
      // asked again: by now that process may have ended, and its number may be another's
      if ((await runningPid(config)) === pid) process.kill(pid, 'SIGTERM')
    },
  }
}

/** @returns its process id */
async function launch(config: Config): Promise<number> {
  const command = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, [command, 'sandbox'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  })
  child.unref()
  let code: number | null = null
  child.once('exit', (exit) => (code = exit ?? 1))
  for (let tries = 0; tries < 200; tries++) {
    const pid = await runningPid(config)
    if (pid !== undefined) return pid
    if (code !== null) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new UsageError(
    `the sandbox did not start: is port ${config.sandbox.port} or ${config.sandbox.smtpPort} taken? (SANDBOX_PORT, SANDBOX_SMTP_PORT)`,
  )
}

/** The process that answers as a sandbox on its port; undefined when none does. */
async function runningPid({ sandbox }: Config): Promise<number | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${sandbox.port}/healthz`, { signal: AbortSignal.timeout(1000) })
    const { service, pid } = (await response.json()) as { service?: unknown; pid?: unknown }
    return service === 'saudagar sandbox' && typeof pid === 'number' ? pid : undefined
  } catch {
    return undefined
  }
}
