import type { Config } from '../config.ts'
import { contracts, open, serve, work } from '../main.ts'
import { demoAccounts } from '../server/demo.ts'
import type { Registry } from '../server/registry.ts'
import { ensureSandbox } from './sandbox.ts'

interface Parts {
  api: boolean
  worker: boolean
  sandbox?: boolean
}

/** Runs until a signal comes, then finishes what is under way: requests, jobs, connections, the database. */
export async function start(config: Config, parts: Parts): Promise<void> {
  const began = performance.now()
  const sandbox = parts.sandbox ? await ensureSandbox(config) : undefined
  const stopping: (() => Promise<void>)[] = sandbox ? [sandbox.stop] : []
  const stop = async () => {
    for (const step of stopping.toReversed()) await step()
  }
  let signal: (name: NodeJS.Signals) => void = () => {}
  const signalled = new Promise<NodeJS.Signals>((resolve) => (signal = resolve))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, signal)
  try {
    const installation = await open(config, { migrate: !config.production })
    stopping.push(installation.close)
    if (parts.worker) stopping.push((await work(installation)).stop)
    if (parts.api) stopping.push((await serve(installation)).stop)
    if (parts.api) banner(config, installation.registry, performance.now() - began)
    await signalled
  } finally {
    await stop()
  }
  process.exit(0) // what an idle library still holds open ends here
}

function banner(config: Config, registry: Registry, ms: number) {
  const base = `http://localhost:${config.port}`
  const lines = ['', `  Saudagar is ready in ${(ms / 1000).toFixed(1)} s: ${base}`, '']
  for (const store of registry.all()) {
    const titles = contracts.filter(({ name }) => store.contracts.includes(name)).map(({ title }) => title)
    lines.push(`  ${store.name.padEnd(12)} ${`${base}/${store.slug}`.padEnd(36)} ${titles.join(', ')}`)
    lines.push(`  ${''.padEnd(12)} ${`${base}/${store.slug}/docs`.padEnd(36)} documentation`)
  }
  if (config.demo) {
    lines.push(
      '',
      `  Sandbox      http://localhost:${config.sandbox.port}/`,
      `  Mailbox      http://localhost:${config.sandbox.port}/mail`,
      '',
    )
    for (const { email, password, isAdmin } of demoAccounts) {
      lines.push(`  ${(isAdmin ? 'Admin' : 'Customer').padEnd(12)} ${email} / ${password}`)
    }
    lines.push('', '  npm run demo plays a purchase. Ctrl-C stops everything.', '')
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}
