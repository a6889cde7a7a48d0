import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { NewStore } from '../engine/stores/stores.ts'
import { addStore, setSecret } from '../engine/stores/stores.ts'
import { contracts, open } from '../main.ts'
import { readConfig } from '../config.ts'
import { testDatabase } from '../../test/support/database.ts'
import { ansaniaStore } from './demo/ansania.ts'
import { createLog } from './log.ts'
import { openProviders, secretPurpose } from './providers.ts'

test('secrets that do not go together leave one store without its ERP, and nobody else without anything', async (t) => {
  const { url } = await testDatabase(t)
  const config = readConfig({
    DATABASE_URL: url,
    SAUDAGAR_DATA: '/nowhere',
    SAUDAGAR_SECRET: randomBytes(32).toString('base64'),
    SMTP_URL: 'smtp://127.0.0.1:9',
  })
  const lines: string[] = []
  const log = createLog('warn', { write: (line) => void lines.push(line) })
  const installation = await open({ ...config, demo: false }, { migrate: false, log })
  t.after(installation.close)
  const { engine, vault, registry } = installation

  const odoo = { 'odoo.url': 'https://odoo.example', 'odoo.database': 'shop', 'odoo.api_key': 'a-key' }
  const doku = { 'doku.client_id': 'MCH', 'doku.secret_key': 'a-secret' }
  const secretsOf: Record<string, Record<string, string>> = {
    half: { ...odoo, ...doku, 'odoo.protocol': 'jsonrpc' }, // without its login
    whole: { ...odoo, ...doku },
  }
  for (const slug of Object.keys(secretsOf)) {
    const store: NewStore = { ...ansaniaStore, slug, name: slug, hosts: [], isDemo: false }
    await addStore(engine.db, store)
  }
  await registry.reload()
  for (const [slug, secrets] of Object.entries(secretsOf)) {
    const { storeId } = registry.bySlug(slug)!
    for (const [name, value] of Object.entries(secrets))
      await setSecret(engine.db, storeId, name, vault.seal(value, secretPurpose(storeId, name)), engine.now())
  }

  const providers = await openProviders(engine.db, registry, vault, config, contracts, log)
  const [half, whole] = [registry.bySlug('half')!, registry.bySlug('whole')!]
  assert.equal(providers.erpOf(half), null)
  assert.equal(providers.gatewayOf(half).name, 'doku')
  assert.equal(providers.erpOf(whole)?.name, 'odoo')
  const told = lines.map((line) => JSON.parse(line)).filter(({ provider }) => provider === 'odoo')
  assert.deepEqual(new Set(told.map(({ store }) => store)), new Set(['half']))
  assert.match(told[0].msg, /cannot be used/)
  assert.match(JSON.stringify(told), /needs a login/)
  assert.doesNotMatch(JSON.stringify(told), /a-key|a-secret/)
})
