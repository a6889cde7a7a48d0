import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { after, test } from 'node:test'
import { pino } from 'pino'
import { testDatabase } from '../../test/support/database.ts'
import { sequencerOf, state } from '../../test/support/log.ts'
import { ionoraStore } from '../../test/support/shop.ts'
import { until } from '../../test/support/wait.ts'
import { createEngine, system } from '../engine/context.ts'
import { execute, openPool } from '../engine/database.ts'
import { checkLog } from '../engine/log/check.ts'
import { addStore, listStores } from '../engine/stores/stores.ts'
import { startSequencing } from './sequencing.ts'

const { url, drop } = await testDatabase()
const pool = openPool(url, 10)
after(async () => {
  await pool.end()
  await drop()
})
const engine = createEngine(pool)
for (const slug of ['one', 'two']) await addStore(engine.db, { ...ionoraStore, slug, hosts: [] })
const stores = await listStores(engine.db)
const [store, broken] = [stores[0]!, stores[1]!]
const { sequencing, round } = sequencerOf(engine, stores)

const isIn = async (id: number) =>
  (await execute(engine.db, 'select log_index from log_entry where id = $1', [id]))[0]![0] !== null

test('with two workers, what is stated is in the tree within a second', async () => {
  const workers = [1, 2].map(() => startSequencing(sequencing, pino({ level: 'silent' })))
  for (let i = 0; i < 6; i++) {
    const [id] = await state(engine.db, store, 1)
    await until('it is in the tree', () => isIn(id!), 1000)
  }
  await Promise.all(workers.map((worker) => worker.stop()))
  const [id] = await state(engine.db, store, 1)
  await new Promise((resolve) => setTimeout(resolve, 600))
  assert.equal(await isIn(id!), false, 'who was stopped does nothing more')
  await round()
  assert.deepEqual(await checkLog(engine.direct(store, system)), { size: 7, problems: [] })
})

test('a log that fails at every round is reported once, and the others go on', async () => {
  await state(engine.db, broken, 1)
  await round()
  await execute(
    engine.db,
    `update log_tree set private_sealed = private_sealed || private_sealed where store_id = $1`,
    [broken.storeId],
  )
  await state(engine.db, broken, 1)
  let lines = ''
  const log = pino(
    new Writable({
      write: (chunk: Buffer, _, done) => {
        lines += chunk
        done()
      },
    }),
  )
  const worker = startSequencing(sequencing, log)
  for (let i = 0; i < 3; i++) {
    const [id] = await state(engine.db, store, 1)
    await until('it is in the tree', () => isIn(id!), 1000)
  }
  await worker.stop()
  assert.equal(lines.split('a log could not take in').length, 2, lines)
})
