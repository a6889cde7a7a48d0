import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError, demoSecrets, readConfig } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'saudagar-config-'))
after(() => rmSync(folder, { recursive: true }))

const tried = { SAUDAGAR_DATA: folder, SAUDAGAR_SECRET: 'a-secret-of-at-least-32-characters' }
const live = {
  ...tried,
  NODE_ENV: 'production',
  SMTP_URL: 'smtps://user:mail-password@mail.example.com',
  DATABASE_URL: 'postgres://user:db-password@db.example.com/shop',
  RAZORPAY_KEY_ID: 'rzp_live_1',
  RAZORPAY_KEY_SECRET: 'live-secret',
  RAZORPAY_WEBHOOK_SECRET: 'live-webhook',
}

const refusal = (env: Record<string, string>): string => {
  try {
    readConfig(env)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message
  }
  return assert.fail(`taken: ${JSON.stringify(env)}`)
}

test('nothing needs to be set to try it out, and all of production’s can be', () => {
  const config = readConfig({ SAUDAGAR_DATA: folder })
  assert.deepEqual(
    [config.production, config.demo, config.rateLimits, config.trustProxy, config.host],
    [false, true, true, 0, '127.0.0.1'],
  )
  assert.ok(config.secret.length >= 32)
  assert.equal(readConfig({ SAUDAGAR_DATA: folder }).secret, config.secret, 'the secret is made once')
  const { production, demo, razorpay, rajaongkir } = readConfig(live)
  assert.equal(rajaongkir.baseUrl, 'https://rajaongkir.komerce.id', 'the version is the provider’s to add')
  assert.deepEqual([production, demo, razorpay.baseUrl], [true, false, 'https://api.razorpay.com'])
})

test('the secret may be what a key management service’s command prints', () => {
  const { SAUDAGAR_SECRET: _, ...without } = live
  const command = 'printf "%s\\n" "the-secret-of-a-service-32-characters"'
  assert.equal(
    readConfig({ ...without, SAUDAGAR_SECRET_COMMAND: command }).secret,
    'the-secret-of-a-service-32-characters',
  )
  assert.equal(readConfig({ ...live, SAUDAGAR_SECRET_COMMAND: 'exit 1' }).secret, live.SAUDAGAR_SECRET)
  assert.match(
    refusal({ ...without, SAUDAGAR_SECRET_COMMAND: 'exit 3' }),
    /SAUDAGAR_SECRET_COMMAND must print the secret/,
  )
  assert.match(refusal({ ...without, SAUDAGAR_SECRET_COMMAND: 'echo short' }), /at least 32 random characters/)
})

const bad: Record<string, string[]> = {
  NODE_ENV: ['Production', 'prod', 'live'],
  PORT: ['x', '-1', '65536', '80.5', '1e9', 'NaN', 'Infinity'],
  SANDBOX_PORT: ['x', '-1'],
  INK_VERIFY_URL: ['in.ink/verify', 'javascript:alert(1)'],
  SANDBOX_SMTP_PORT: ['x', '70000'],
  HOST: ['not a host', 'http://127.0.0.1', '127.0.0.1/8'],
  PUBLIC_URL: ['x', 'ftp://x', 'javascript:alert(1)', 'shop.example.com', '//shop.example.com'],
  DATABASE_URL: ['x', 'mysql://user:pass-word@x/y', '/tmp/socket'],
  DATABASE_POOL: ['0', 'x', '-5', '1.5', '100000'],
  SAUDAGAR_SECRET: ['short', 'x'.repeat(31)],
  SAUDAGAR_DEMO: ['yes', 'true', '1', 'ON'],
  RATE_LIMITS: ['no', 'false', '0', 'OFF'],
  TRUST_PROXY: ['true', '-1', '11', 'all', '10.0.0.0/8'],
  LOG_LEVEL: ['loud', 'INFO'],
  SMTP_URL: ['x', 'http://mail', 'mail.example.com:25'],
  MAIL_FROM: ['nobody', 'a@b\r\nBcc: c@d', '@', 'x <>'],
  RESET_URL: ['https://shop.example.com/reset', 'x/{token}', 'javascript:alert("{token}")'],
  RAZORPAY_BASE_URL: ['x', 'ftp://api.razorpay.com'],
  RAZORPAY_WEBHOOK_SECRET: [',', ' , '],
  WEBHOOK_ALLOW_PRIVATE: ['yes', 'true', '127.0.0.1'],
  SHOPIFY_WEBHOOK_URL: ['x', 'ftp://shop.example.com', 'shop.example.com/hook'],
}

for (const [name, values] of Object.entries(bad)) {
  test(`a ${name} that cannot be used is refused by its name`, () => {
    for (const value of values) {
      assert.match(refusal({ ...tried, [name]: value }), new RegExp(name), value)
      if (name !== 'NODE_ENV') assert.match(refusal({ ...live, [name]: value }), new RegExp(name), value)
    }
  })
}

test('a data folder that is none is refused by its name', () => {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  for (const place of [file, join(file, 'below')]) assert.match(refusal({ SAUDAGAR_DATA: place }), /SAUDAGAR_DATA/)
})

test('a refusal never shows a password', () => {
  for (const [name, value] of [
    ['DATABASE_URL', 'mysql://user:pass-word@db/shop'],
    ['SMTP_URL', 'http://user:pass-word@mail'],
    ['SAUDAGAR_SECRET', 'pass-word'],
    ['RAZORPAY_BASE_URL', 'ftp://user:pass-word@x'],
  ] as const)
    assert.doesNotMatch(refusal({ ...tried, [name]: value }), /pass-word/)
})

test('an empty secret among several is no secret', () => {
  for (const text of ['new, old', 'new,old,', ',new,,old'])
    assert.deepEqual(readConfig({ ...tried, RAZORPAY_WEBHOOK_SECRET: text }).razorpay.webhookSecrets, ['new', 'old'])
})

test('production refuses what is meant for trying out, and names it', () => {
  assert.match(refusal({ ...live, RATE_LIMITS: 'off' }), /RATE_LIMITS/)
  assert.match(refusal({ ...live, SAUDAGAR_DEMO: 'on' }), /SAUDAGAR_DEMO/)
  assert.match(refusal({ ...live, SMTP_URL: '' }), /SMTP_URL/)
  assert.match(refusal({ ...live, SAUDAGAR_SECRET: '' }), /SAUDAGAR_SECRET/)
  for (const [name, value] of Object.entries(demoSecrets)) {
    for (const written of [value, ` ${value} `, `real,${value}`, `${value}, real`])
      assert.match(refusal({ ...live, [name]: written }), new RegExp(name), written)
  }
})

test('production sends INK’s webhook under a secret of the shop’s own and over TLS, and to no private address', () => {
  const shopify = { ...live, SHOPIFY_WEBHOOK_URL: 'https://shop.example.com/hook/' }
  assert.match(refusal({ ...live, WEBHOOK_ALLOW_PRIVATE: 'on' }), /WEBHOOK_ALLOW_PRIVATE/)
  assert.match(refusal(shopify), /INK_WEBHOOK_SECRET/)
  const secret = { INK_WEBHOOK_SECRET: 'a-secret-of-the-shop' }
  assert.match(
    refusal({ ...shopify, ...secret, SHOPIFY_WEBHOOK_URL: 'http://shop.example.com' }),
    /SHOPIFY_WEBHOOK_URL/,
  )
  assert.deepEqual(readConfig({ ...shopify, ...secret }).webhooks, {
    allowPrivate: false,
    shopifyUrl: 'https://shop.example.com/hook/',
    inkSecret: 'a-secret-of-the-shop',
  })
})

test('beside a sandbox INK’s webhook goes there, unless it is said otherwise', () => {
  const { webhooks } = readConfig({ ...tried, SANDBOX_PORT: '8111' }, { sandbox: true })
  assert.deepEqual([webhooks.allowPrivate, webhooks.shopifyUrl], [true, 'http://127.0.0.1:8111/shopify/webhook'])
  assert.equal(readConfig(tried).webhooks.shopifyUrl, undefined)
  const said = { ...tried, SHOPIFY_WEBHOOK_URL: '', WEBHOOK_ALLOW_PRIVATE: 'off' }
  const { allowPrivate, shopifyUrl } = readConfig(said, { sandbox: true }).webhooks
  assert.deepEqual([allowPrivate, shopifyUrl], [false, undefined])
})

test('none of it is refused where things are tried out', () => {
  readConfig({ ...tried, ...demoSecrets, RATE_LIMITS: 'off', SAUDAGAR_DEMO: 'on' })
})
