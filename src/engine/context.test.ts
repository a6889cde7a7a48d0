import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../test/support/database.ts'
import { createEngine } from './context.ts'
import { execute, openPool } from './database.ts'

const { url, drop } = await testDatabase()
const pools = [openPool(url, 3), openPool(url, 3)]
after(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  await drop()
})
const [here, there] = pools.map((pool) => createEngine(pool))

/** Work that goes on until it is told to end. */
function work() {
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const run = async () => {
    begun.resolve()
    await end.promise
    return 'done'
  }
  return { run, begun: begun.promise, end: end.resolve }
}

test('work that nobody else may do is done by one at a time, also of two processes', async () => {
  const first = work()
  const running = here!.alone('the books', first.run)
  await first.begun
  assert.equal(await there!.alone('the books', async () => 'twice'), undefined)
  assert.equal(await here!.alone('the books', async () => 'twice'), undefined)
  assert.equal(await there!.alone('the shelf', async () => 'something else'), 'something else')
  first.end()
  assert.equal(await running, 'done')
  assert.equal(await there!.alone('the books', async () => 'next'), 'next')
})

test('work that fails lets the next one', async () => {
  await assert.rejects(
    here!.alone('the books', () => Promise.reject(new Error('no ink'))),
    /no ink/,
  )
  assert.equal(await there!.alone('the books', async () => 'next'), 'next')
})

test('who loses the connection loses the name, and fails nobody', async () => {
  const first = work()
  const running = here!.alone('the books', first.run)
  await first.begun
  await execute(
    there!.db,
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()`,
  )
  assert.equal(await there!.alone('the books', async () => 'next'), 'next')
  first.end()
  assert.equal(await running, 'done')
})

test('what is done alone leaves the pool to the work itself', async (t) => {
  const small = openPool(url, 1)
  t.after(() => small.end())
  const engine = createEngine(small)
  const found = await engine.alone('a large book', () => execute(engine.db, 'select 1'))
  assert.deepEqual(found, [[1]])
})
