import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { testDatabase } from '../../../test/support/database.ts'
import { system } from '../context.ts'
import { execute } from '../database.ts'
import { disableEndpoint, keepNamed, listEndpoints, secretPurpose } from './endpoints.ts'
import { openTold } from './testing.ts'

const target = { url: 'https://shop.example.com/hook', secret: 'ink-secret', events: ['proof.verified'] }

async function open(t: TestContext) {
  const told = await openTold((await testDatabase(t)).url)
  t.after(told.close)
  const { engine, vault, store } = told
  const ctx = engine.direct(store, system)
  return {
    ...told,
    ctx,
    keep: (named: typeof target | undefined) => keepNamed(engine, vault, store, 'ink', named),
    endpoints: async () =>
      (await listEndpoints(ctx)).map(({ url, source, disabledWhy }) => [url, source, disabledWhy ?? 'on']),
  }
}

test('a store’s endpoint is what the environment names: made once, changed with it, off without it, on again with it', async (t) => {
  const { keep, endpoints, engine, vault, store } = await open(t)
  await Promise.all([keep(target), keep(target), keep(target)])
  assert.deepEqual(await endpoints(), [[target.url, 'environment', 'on']])
  const sealed = async () => (await execute(engine.db, 'select secret_sealed from webhook_endpoint'))[0]![0] as Buffer
  const before = await sealed()
  await keep(target)
  assert.deepEqual(await sealed(), before, 'nothing to change')

  await keep({ ...target, secret: 'another' })
  assert.equal(vault.open(await sealed(), secretPurpose(store.storeId, target.url)).toString(), 'another')
  await keep({ ...target, url: 'https://shop.example.com/moved' })
  assert.deepEqual(await endpoints(), [['https://shop.example.com/moved', 'environment', 'on']])
  await keep(undefined)
  await keep(undefined)
  assert.match(String((await endpoints())[0]![2]), /does not name it/)
  await keep(target)
  assert.deepEqual(await endpoints(), [[target.url, 'environment', 'on']])
})

test('one that answered 410 stays off until the environment names another', async (t) => {
  const { keep, endpoints, ctx } = await open(t)
  await keep(target)
  const [endpoint] = await listEndpoints(ctx)
  await disableEndpoint(ctx, endpoint!.id, 'it answered 410: gone')
  await keep(target)
  assert.match(String((await endpoints())[0]![2]), /410/)
  await keep({ ...target, url: 'https://shop.example.com/moved' })
  assert.equal((await endpoints())[0]![2], 'on')
})

test('a store with one of its own is told once', async (t) => {
  const { keep, endpoints, endpoint } = await open(t)
  await endpoint(['proof.verified'], { form: 'ink' })
  await keep(target)
  assert.equal((await endpoints()).length, 1)
})

test('one of its own takes the place of the environment’s', async (t) => {
  const { keep, endpoints, endpoint, event, deliveries } = await open(t)
  await keep(target)
  await endpoint(['proof.verified'])
  assert.equal((await endpoints())[0]![2], 'on', 'one in our own words is none in INK’s')
  await endpoint(['proof.verified'], { form: 'ink' })
  for (let n = 0; n < 2; n++) {
    assert.match(String((await endpoints())[0]![2]), /one of its own/)
    await keep(target)
  }
  await event('proof.verified')
  assert.equal((await deliveries()).length, 2)
})

test('a secret is sealed for its store and its address: a row that was changed cannot lead it elsewhere', async (t) => {
  const { endpoint, engine, vault, store, other } = await open(t)
  const url = 'https://hook.example.com/'
  await endpoint(['*'], { url, secret: 'a-secret-of-ours' })
  const [[sealed] = []] = await execute(engine.db, 'select secret_sealed from webhook_endpoint')
  assert.equal(vault.open(sealed as Buffer, secretPurpose(store.storeId, url)).toString(), 'a-secret-of-ours')
  for (const purpose of [secretPurpose(store.storeId, 'https://evil.example.com/'), secretPurpose(other.storeId, url)])
    assert.throws(() => vault.open(sealed as Buffer, purpose))
})
