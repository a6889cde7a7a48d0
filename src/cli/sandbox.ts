import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { UsageError } from './usage.ts'

/** Runs the stand-ins until a signal comes. */
export async function runSandbox(config: Config): Promise<void> {
  if (config.production) throw new UsageError('the sandbox never runs in production')
  const { startSandbox } = await import('../sandbox/sandbox.ts')
  const { port, smtpPort } = config.sandbox
  const { keyId, keySecret, webhookSecrets } = config.razorpay
  const shop = `http://127.0.0.1:${config.port}`
  const { doku, jnt, biteship, rajaongkir, odoo, webhooks } = config
  const sandbox = await startSandbox({
    port,
    smtpPort,
    razorpay: [
      {
        keyId,
        keySecret,
        webhookSecret: webhookSecrets[0]!,
        webhookUrl: `${shop}/ionora/api/payment/webhooks/payment`,
      },
    ],
    doku: [{ clientId: doku.clientId, secretKey: doku.secretKey, notificationUrl: null }], // told with each payment
    jnt: [jnt],
    biteship: [biteship],
    rajaongkir: [rajaongkir],
    odoo: [
      {
        database: odoo.database,
        apiKeys: [odoo.apiKey],
        login: odoo.login,
        password: null,
        webhookUrl: `${shop}/ansania/api/webhooks/odoo`,
        webhookSecret: odoo.webhookSecret,
      },
    ],
    shopify: { webhookSecret: webhooks.inkSecret },
  })
  await stockOdoo(sandbox.url)
  process.stdout.write(`The sandbox is at ${sandbox.url}, and takes mail on port ${sandbox.smtpPort}.\n`)
  await new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, resolve)
  })
  await sandbox.close()
  process.exit(0)
}

/** Gives the demo's ERP the goods of the demo's furniture shop: the shop knows them by their SKUs. */
async function stockOdoo(url: string): Promise<void> {
  const { readProducts } = await import('../engine/catalogue/exchange/read-products.ts')
  const { priceReader } = await import('../engine/catalogue/exchange/prices.ts')
  const file = createReadStream(new URL('../../demo/catalogs/furniture.csv', import.meta.url))
  const make = async (model: string, values: object): Promise<number> => {
    const response = await fetch(`${url}/odoo/sandbox/records`, {
      method: 'POST',
      body: JSON.stringify({ model, values }),
    })
    const { id } = (await response.json()) as { id: number }
    return id
  }
  const location = await make('stock.location', { name: 'Stock', usage: 'internal' })
  for await (const { products } of readProducts(file, priceReader(0, undefined))) {
    for (const { title, variants } of products) {
      for (const { sku, priceMinor, quantity, weightGrams, optionValues } of variants) {
        const name = [title, ...optionValues].join(' ')
        const product = await make('product.product', {
          name,
          default_code: sku,
          list_price: priceMinor,
          weight: (weightGrams ?? 0) / 1000,
          is_storable: true,
        })
        await make('stock.quant', { product_id: product, location_id: location, quantity })
      }
    }
  }
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
