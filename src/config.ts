import { execSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'

/** Everything that can be set from outside, read once. `.env.example` documents each variable. */
export interface Config {
  production: boolean
  host: string
  port: number
  publicUrl: string
  /** undefined: the embedded PostgreSQL of the data folder */
  databaseUrl: string | undefined
  databasePool: number
  dataFolder: string
  demo: boolean
  secret: string
  trustProxy: number
  rateLimits: boolean
  logLevel: string
  smtpUrl: string
  mailFrom: string
  resetUrl: string
  /** with a slash at the end: a proof's name comes behind it */
  verifyUrl: string
  sandbox: { port: number; smtpPort: number }
  razorpay: { baseUrl: string; keyId: string; keySecret: string; webhookSecrets: string[] }
  doku: { baseUrl: string; clientId: string; secretKey: string }
  jnt: JntSettings
  biteship: { baseUrl: string; apiKey: string }
  rajaongkir: { baseUrl: string; apiKey: string }
  odoo: OdooSettings
  webhooks: WebhookSettings
}

/** The shop's own, which it sends. */
export interface WebhookSettings {
  /** may they go to addresses that are not on the public internet */
  allowPrivate: boolean
  /** where INK's go; undefined: nowhere */
  shopifyUrl: string | undefined
  /** by which INK's receiver knows them */
  inkSecret: string
}

/** Each of J&T's interfaces has an address and a key of its own. */
export interface JntSettings {
  orderUrl: string
  cancelUrl: string
  tariffUrl: string
  trackingUrl: string
  username: string
  apiKey: string
  orderKey: string
  tariffKey: string
  companyId: string
  trackingPassword: string
}

export interface OdooSettings {
  baseUrl: string
  database: string
  apiKey: string
  /** for servers before Odoo 19, which speak JSON-RPC */
  protocol: 'json2' | 'jsonrpc'
  login: string
  webhookSecret: string
}

/** A variable that cannot be used. The message names it and says what would do. */
export class ConfigError extends Error {}

/** What the demo stores and the sandbox agree on. Refused in production. */
export const demoSecrets = {
  RAZORPAY_KEY_ID: 'rzp_test_saudagar',
  RAZORPAY_KEY_SECRET: 'razorpay-demo-secret',
  RAZORPAY_WEBHOOK_SECRET: 'razorpay-demo-webhook',
  DOKU_CLIENT_ID: 'MCH-DEMO',
  DOKU_SECRET_KEY: 'doku-demo-secret',
  JNT_API_KEY: 'jnt-demo-api-key',
  JNT_ORDER_KEY: 'jnt-demo-order-key',
  JNT_TARIFF_KEY: 'jnt-demo-tariff-key',
  JNT_TRACKING_PASSWORD: 'jnt-demo-tracking',
  BITESHIP_API_KEY: 'biteship_test.demo',
  RAJAONGKIR_API_KEY: 'rajaongkir-demo',
  ODOO_API_KEY: 'odoo-demo-api-key',
  ODOO_WEBHOOK_SECRET: 'odoo-demo-webhook',
  INK_WEBHOOK_SECRET: 'ink-demo-secret',
} as const

type Env = Record<string, string | undefined>

/**
 * Reads the configuration.
 * @param env usually process.env after `.env` was read into it
 * @param options.sandbox the sandbox is started too: what is not said otherwise goes there
 * @throws ConfigError
 */
export function readConfig(env: Env, options: { sandbox?: boolean | undefined } = {}): Config {
  const text = (name: string, fallback: string) => env[name]?.trim() || fallback
  const oneOf = <T extends string>(name: string, fallback: T, options: readonly T[]): T => {
    const value = text(name, fallback) as T
    if (!options.includes(value)) throw new ConfigError(`${name} must be one of ${options.join(', ')}, not ${value}`)
    return value
  }
  const whole = (name: string, fallback: number, min: number, max: number) => {
    const value = Number(text(name, String(fallback)))
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not ${env[name]}`)
    }
    return value
  }
  const url = (name: string, fallback: string, protocols: readonly string[]) => {
    const value = text(name, fallback)
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      // what it is instead is not said: it may hold a password
      throw new ConfigError(`${name} must be an address that begins with ${protocols.join('// or ')}//`)
    }
    return value.replace(/\/$/, '')
  }
  const web = ['http:', 'https:']

  // a misspelt "production" would start the demo where nobody wants it
  const production = oneOf('NODE_ENV', 'development', ['production', 'development', 'test']) === 'production'
  const sandbox = { port: whole('SANDBOX_PORT', 8001, 0, 65535), smtpPort: whole('SANDBOX_SMTP_PORT', 8025, 0, 65535) }
  const port = whole('PORT', 8000, 0, 65535)
  const publicUrl = url('PUBLIC_URL', `http://localhost:${port}`, web)
  const dataFolder = resolve(text('SAUDAGAR_DATA', './data'))
  const rateLimits = oneOf('RATE_LIMITS', 'on', ['on', 'off']) === 'on'
  const demo = oneOf('SAUDAGAR_DEMO', production ? 'off' : 'on', ['on', 'off']) === 'on'
  const sandboxUrl = `http://127.0.0.1:${sandbox.port}`
  const tellsSandbox = options.sandbox === true && !production
  const shopifyUrl = env['SHOPIFY_WEBHOOK_URL'] ?? (tellsSandbox ? `${sandboxUrl}/shopify/webhook` : '')
  const jnt = production ? jntAddresses : jntInSandbox(`${sandboxUrl}/jnt`)
  const config: Config = {
    production,
    host: text('HOST', '127.0.0.1'),
    port,
    publicUrl,
    databaseUrl: env['DATABASE_URL'] ? url('DATABASE_URL', '', ['postgres:', 'postgresql:']) : undefined,
    databasePool: whole('DATABASE_POOL', Math.max(4, 2 * availableParallelism()), 1, 1000),
    dataFolder,
    demo,
    secret: env['SAUDAGAR_SECRET'] || commandSecret(env) || (production ? '' : keptSecret(dataFolder)),
    trustProxy: whole('TRUST_PROXY', 0, 0, 10),
    rateLimits,
    logLevel: oneOf('LOG_LEVEL', 'info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    smtpUrl: url('SMTP_URL', `smtp://127.0.0.1:${sandbox.smtpPort}`, ['smtp:', 'smtps:']),
    mailFrom: text('MAIL_FROM', 'Saudagar <no-reply@saudagar.localhost>'),
    resetUrl: text('RESET_URL', `${publicUrl}/{store}/reset-password?token={token}`),
    verifyUrl: `${url('INK_VERIFY_URL', 'https://in.ink/verify', web)}/`,
    sandbox,
    razorpay: {
      baseUrl: url('RAZORPAY_BASE_URL', production ? 'https://api.razorpay.com' : `${sandboxUrl}/razorpay`, web),
      keyId: text('RAZORPAY_KEY_ID', demoSecrets.RAZORPAY_KEY_ID),
      keySecret: text('RAZORPAY_KEY_SECRET', demoSecrets.RAZORPAY_KEY_SECRET),
      webhookSecrets: secretList(text('RAZORPAY_WEBHOOK_SECRET', demoSecrets.RAZORPAY_WEBHOOK_SECRET)),
    },
    doku: {
      baseUrl: url('DOKU_BASE_URL', production ? 'https://api.doku.com' : `${sandboxUrl}/doku`, web),
      clientId: text('DOKU_CLIENT_ID', demoSecrets.DOKU_CLIENT_ID),
      secretKey: text('DOKU_SECRET_KEY', demoSecrets.DOKU_SECRET_KEY),
    },
    jnt: {
      orderUrl: url('JNT_ORDER_URL', jnt.orderUrl, web),
      cancelUrl: url('JNT_CANCEL_URL', jnt.cancelUrl, web),
      tariffUrl: url('JNT_TARIFF_URL', jnt.tariffUrl, web),
      trackingUrl: url('JNT_TRACKING_URL', jnt.trackingUrl, web),
      username: text('JNT_USERNAME', 'SAUDAGAR'),
      apiKey: text('JNT_API_KEY', demoSecrets.JNT_API_KEY),
      orderKey: text('JNT_ORDER_KEY', demoSecrets.JNT_ORDER_KEY),
      tariffKey: text('JNT_TARIFF_KEY', demoSecrets.JNT_TARIFF_KEY),
      companyId: text('JNT_COMPANY_ID', 'SAUDAGAR'),
      trackingPassword: text('JNT_TRACKING_PASSWORD', demoSecrets.JNT_TRACKING_PASSWORD),
    },
    biteship: {
      baseUrl: url('BITESHIP_BASE_URL', production ? 'https://api.biteship.com' : `${sandboxUrl}/biteship`, web),
      apiKey: text('BITESHIP_API_KEY', demoSecrets.BITESHIP_API_KEY),
    },
    rajaongkir: {
      baseUrl: url(
        'RAJAONGKIR_BASE_URL',
        production ? 'https://rajaongkir.komerce.id' : `${sandboxUrl}/rajaongkir`,
        web,
      ),
      apiKey: text('RAJAONGKIR_API_KEY', demoSecrets.RAJAONGKIR_API_KEY),
    },
    odoo: {
      baseUrl: url('ODOO_BASE_URL', `${sandboxUrl}/odoo`, web),
      database: text('ODOO_DATABASE', 'saudagar'),
      apiKey: text('ODOO_API_KEY', demoSecrets.ODOO_API_KEY),
      protocol: oneOf('ODOO_PROTOCOL', 'json2', ['json2', 'jsonrpc']),
      login: text('ODOO_LOGIN', 'saudagar'),
      webhookSecret: text('ODOO_WEBHOOK_SECRET', demoSecrets.ODOO_WEBHOOK_SECRET),
    },
    webhooks: {
      allowPrivate: oneOf('WEBHOOK_ALLOW_PRIVATE', tellsSandbox ? 'on' : 'off', ['on', 'off']) === 'on',
      // as it stands: a slash at its end is part of it
      shopifyUrl: shopifyUrl.trim() && url('SHOPIFY_WEBHOOK_URL', shopifyUrl, web) ? shopifyUrl.trim() : undefined,
      inkSecret: text('INK_WEBHOOK_SECRET', demoSecrets.INK_WEBHOOK_SECRET),
    },
  }
  if (config.secret.length < 32) {
    throw new ConfigError('SAUDAGAR_SECRET must be set to at least 32 random characters: openssl rand -base64 32')
  }
  if (config.razorpay.webhookSecrets.length === 0) throw new ConfigError('RAZORPAY_WEBHOOK_SECRET must name a secret')
  if (!config.resetUrl.includes('{token}')) throw new ConfigError('RESET_URL must contain {token}')
  const resetUrl = config.resetUrl.replaceAll(/\{(store|token)\}/g, 'x')
  if (!URL.canParse(resetUrl) || !web.includes(new URL(resetUrl).protocol))
    throw new ConfigError('RESET_URL must be an address that begins with http:// or https://')
  if (!/^[^@\p{Cc}]*[^@\s<]@[^@\s>]+>?$/u.test(config.mailFrom))
    throw new ConfigError('MAIL_FROM must be an e-mail address: Shop <shop@example.com>')
  if (!/^[\w.:-]+$/.test(config.host)) throw new ConfigError('HOST must be an address or a name to listen on')
  if (production) refuseDemo(config, env)
  return config
}

const jntAddresses = {
  orderUrl: 'https://ecommerce.jntexpress.id/jts-idn-ecommerce-api/api/order/create',
  cancelUrl: 'https://api.jet.co.id/jts-idn-ecommerce-api/api/order/cancel',
  tariffUrl: 'https://partner-track.jet.co.id/jandt_track/inquiry.action',
  trackingUrl: 'https://secure-jk.jet.co.id/jandt-order-web/track/trackAction!tracking.action',
}

/** Where the stand-in answers, below its own address. */
export const jntInSandbox = (base: string): typeof jntAddresses => ({
  orderUrl: `${base}/jts-idn-ecommerce-api/api/order/create`,
  cancelUrl: `${base}/jts-idn-ecommerce-api/api/order/cancel`,
  tariffUrl: `${base}/jandt_track/inquiry.action`,
  trackingUrl: `${base}/jandt_track/track/trackAction!tracking.action`,
})

/** Secrets that are accepted side by side while one takes the other's place. An empty one would let anybody sign. */
export const secretList = (text: string): string[] =>
  text
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '')

/** What is meant for trying out never runs in production by accident. */
function refuseDemo(config: Config, env: Env) {
  if (!config.rateLimits) throw new ConfigError('RATE_LIMITS=off is for load tests: production refuses it')
  if (config.demo) throw new ConfigError('SAUDAGAR_DEMO=on is for trying out: production refuses it')
  if (!env['SMTP_URL']) throw new ConfigError('SMTP_URL must be set: smtp://user:password@host:port')
  for (const [name, value] of Object.entries(demoSecrets)) {
    if (secretList(env[name] ?? '').includes(value))
      throw new ConfigError(`${name} has its demo value: production refuses it`)
  }
  const { allowPrivate, shopifyUrl } = config.webhooks
  if (allowPrivate) throw new ConfigError('WEBHOOK_ALLOW_PRIVATE=on is for trying out: production refuses it')
  if (shopifyUrl === undefined) return
  if (!env['INK_WEBHOOK_SECRET']?.trim())
    throw new ConfigError('INK_WEBHOOK_SECRET must be set: by it, SHOPIFY_WEBHOOK_URL knows that a webhook is ours')
  if (!shopifyUrl.startsWith('https:'))
    throw new ConfigError(
      'SHOPIFY_WEBHOOK_URL must be an address that begins with https://: where people live is in it',
    )
}

/** What a key management service keeps is asked for by its own command, once, and stands in no file and no environment. */
function commandSecret(env: Env): string {
  const command = env['SAUDAGAR_SECRET_COMMAND']?.trim()
  if (!command) return ''
  try {
    return execSync(command, { encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'inherit'] }).trim()
  } catch {
    throw new ConfigError('SAUDAGAR_SECRET_COMMAND must print the secret, and failed')
  }
}

/** Outside production a secret is made once and kept in the data folder, so that nothing has to be set to try out. */
function keptSecret(dataFolder: string): string {
  const file = join(dataFolder, 'secret')
  if (!existsSync(file)) {
    try {
      mkdirSync(dataFolder, { recursive: true })
      writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST' || !existsSync(file))
        // otherwise another process was quicker
        throw new ConfigError(`SAUDAGAR_DATA must be a folder that can be written to: ${dataFolder} is not (${code})`)
    }
  }
  return readFileSync(file, 'utf8')
}
