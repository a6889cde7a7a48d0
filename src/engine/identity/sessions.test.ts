import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/support/database.ts'
import { ionoraStore } from '../../../test/support/shop.ts'
import { untilLockIsAwaited, whileItWaits } from '../../../test/support/wait.ts'
import { createEngine, system } from '../context.ts'
import { execute, openPool } from '../database.ts'
import { isRefusal } from '../refusal.ts'
import { addStore, listStores } from '../stores/stores.ts'
import { register } from './identity.ts'
import { issueReset, resetPassword } from './reset.ts'
import { refreshSession, startSession } from './sessions.ts'

const { url, drop } = await testDatabase()
const pool = openPool(url, 10)
after(async () => {
  await pool.end()
  await drop()
})
let now = new Date('2025-06-01T12:00:00Z')
const engine = createEngine(pool, () => now)
await addStore(engine.db, ionoraStore)
await addStore(engine.db, { ...ionoraStore, slug: 'rival', hosts: [] })
const [store, rival] = await listStores(engine.db)

const asha = { email: 'asha@example.com', fullName: 'Asha', phone: null }
const { id: customerId } = await register(engine, store!, asha, 'Old-Passw0rd-1')
const epoch = async () =>
  Number((await execute(engine.db, 'select session_epoch from customer where id = $1', [customerId]))[0]![0])
const start = async () =>
  startSession(engine.direct(store!, system), { id: customerId, sessionEpoch: await epoch() }, 30)
const refresh = async (token: string) => (await refreshSession(engine, store!, token)).refreshToken
const refused = (error: unknown) => isRefusal(error, 'session.refused')
const tokensLeft = async () => Number((await execute(engine.db, 'select count(*) from refresh_token'))[0]![0])
const forgetAll = () => execute(engine.db, 'delete from refresh_token')

test('each refresh token is good once, for the next one', async () => {
  let token = await start()
  for (let turn = 0; turn < 3; turn++) {
    const next = await refreshSession(engine, store!, token)
    assert.deepEqual(next.customer, { id: customerId, sessionEpoch: 0 })
    assert.notEqual(next.refreshToken, token)
    token = next.refreshToken
  }
})

test('a token used twice ends its family, and no other', async () => {
  const other = await start()
  const first = await start()
  const second = await refresh(first)
  const third = await refresh(second)
  await assert.rejects(refresh(first), refused)
  await assert.rejects(refresh(third), refused)
  await refresh(other)
})

test('a token of another store, an unknown one and one past its time are refused', async () => {
  const token = await start()
  await assert.rejects(refreshSession(engine, rival!, token), refused)
  await assert.rejects(refresh('unknown'), refused)
  const next = await refresh(token)
  now = new Date(now.getTime() + 29 * 86_400_000)
  const later = await refresh(next)
  now = new Date(now.getTime() + 31 * 86_400_000)
  await assert.rejects(refresh(later), refused)
})

test('of many uses of one token at once at most one gets the next, and then the family has ended', async () => {
  await forgetAll()
  for (let round = 0; round < 20; round++) {
    const token = await start()
    const ends = await Promise.allSettled(Array.from({ length: 5 }, () => refresh(token)))
    const next = ends.filter((end) => end.status === 'fulfilled').map((end) => end.value)
    assert.equal(next.length, 1)
    await assert.rejects(refresh(next[0]!), refused)
  }
  assert.equal(await tokensLeft(), 0)
})

test('a family ends also while its latest token is being rotated', async () => {
  await forgetAll()
  for (let round = 0; round < 40; round++) {
    const first = await start()
    let latest = await refresh(first)
    const thief = (async () => {
      for (;;) latest = await refresh(latest)
    })()
    await Promise.allSettled([thief, refresh(first)])
    await assert.rejects(refresh(latest), refused)
  }
  assert.equal(await tokensLeft(), 0)
})

test('a reset ends a session also while its token is being rotated', async () => {
  const first = await start()
  const { token } = (await issueReset(engine.direct(store!, system), asha.email))!
  let resetting: Promise<void> | undefined
  const next = await whileItWaits(
    { engine, store: store! },
    // the next token refers to its customer, and so waits; the reset waits for it
    ({ tx }) => execute(tx, 'select from customer where id = $1 for update', [customerId]),
    () => refresh(first),
    async () => {
      resetting = resetPassword(engine, store!, token, 'Another-Passw0rd')
      await untilLockIsAwaited(engine.db, 2)
    },
  )
  await resetting
  await assert.rejects(refresh(next), refused)
})
