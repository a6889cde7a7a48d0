import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/support/database.ts'
import { sequencerOf, state } from '../../../test/support/log.ts'
import { ionoraStore } from '../../../test/support/shop.ts'
import { audit } from '../audit.ts'
import { createEngine, system } from '../context.ts'
import type { Engine } from '../context.ts'
import { execute, openPool } from '../database.ts'
import { readNote, signatureOf } from '../../verifier/notes.ts'
import { addStore, listStores } from '../stores/stores.ts'
import type { Store } from '../stores/stores.ts'
import { checkLog } from './check.ts'
import { findLog, logOf, verifierOf } from './log.ts'
import { emptyRoot } from './tree.ts'

const { url, drop } = await testDatabase()
const pool = openPool(url, 10)
after(async () => {
  await pool.end()
  await drop()
})
const engine = createEngine(pool, () => new Date('2026-01-05T10:00:00Z'))
const stores: Store[] = []
let made = 0

/** A store that nobody else states anything in. */
async function newStore(): Promise<Store> {
  const slug = `shop-${++made}`
  await addStore(engine.db, { ...ionoraStore, slug, hosts: [] })
  stores.splice(0, stores.length, ...(await listStores(engine.db)))
  return stores.find((store) => store.slug === slug)!
}
const sequencer = (of: Engine = engine) => sequencerOf(of, stores)
const places = async ({ storeId }: Store) =>
  (await execute(engine.db, 'select id, log_index from log_entry where store_id = $1 order by id', [storeId])).map(
    ([id, index]) => ({ id: Number(id), index: index === null ? null : Number(index) }),
  )

/** Whole from its entries to its checkpoint. @returns its size */
async function sound(store: Store): Promise<number> {
  const ctx = engine.direct(store, system)
  const log = (await findLog(ctx))!
  assert.deepEqual(await checkLog(ctx), { size: log.size, problems: [] })
  return log.size
}

test('what is stated gets its place in the order of its id, under a checkpoint that the store’s own key signs', async () => {
  const store = await newStore()
  assert.equal(await findLog(engine.direct(store, system)), undefined)
  const ids = await state(engine.db, store, 3)
  assert.deepEqual(await sequencer().round(), { entries: 3, isMore: false })
  assert.deepEqual(
    await places(store),
    ids.map((id, index) => ({ id, index })),
  )
  assert.equal(await sound(store), 3)
  const log = (await findLog(engine.direct(store, system)))!
  assert.equal(log.origin, `shop.example/${store.slug}/log`)
  assert.ok(await signatureOf(readNote(log.checkpoint!)!, await verifierOf(log)))
  assert.deepEqual(await sequencer().round(), { entries: 0, isMore: false })

  const other = await newStore()
  await state(engine.db, other, 1)
  await sequencer().round()
  assert.equal(await sound(other), 1)
  assert.ok(!(await findLog(engine.direct(other, system)))!.publicKey.equals(log.publicKey))
})

test('a log that two make at once has one key, and keeps its name', async () => {
  const store = await newStore()
  const { vault } = sequencer()
  const ctx = engine.direct(store, system)
  const both = await Promise.all(Array.from({ length: 8 }, (_, i) => logOf(ctx, vault, `shop.example/${i}`)))
  for (const log of both) assert.deepEqual(log, both[0])
  assert.ok(both[0]!.root.equals(emptyRoot))
  assert.equal(both[0]!.checkpoint, null)
  await state(engine.db, store, 1)
  await sequencer().round()
  assert.equal((await findLog(ctx))!.origin, both[0]!.origin)
  assert.ok((await findLog(ctx))!.publicKey.equals(both[0]!.publicKey))
})

test('workers at the same time give each entry one place', async () => {
  const store = await newStore()
  const workers = Array.from({ length: 4 }, () => sequencer())
  let stated = 0
  for (let round = 0; round < 25; round++) {
    stated += 40
    await Promise.all([state(engine.db, store, 40), ...workers.map((worker) => worker.round())])
  }
  await sequencer().all()
  assert.equal(await sound(store), stated)
})

test('who finds a log in other hands passes it by, and works on the next', async () => {
  const [busy, free] = [await newStore(), await newStore()]
  await state(engine.db, busy, 1)
  await sequencer().round()
  await engine.run(busy, system, async ({ tx }) => {
    await execute(tx, 'select from log_tree where store_id = $1 for update', [busy.storeId])
    await state(engine.db, busy, 2)
    await state(engine.db, free, 2)
    assert.equal((await sequencer().round()).entries, 2)
  })
  assert.deepEqual([(await findLog(engine.direct(busy, system)))!.size, await sound(free)], [1, 2])
  await sequencer().round()
  assert.equal(await sound(busy), 3)
})

test('of a round that is cut off nothing is left, no place and no checkpoint', async () => {
  const store = await newStore()
  await state(engine.db, store, 300)
  await sequencer().round()
  const before = await findLog(engine.direct(store, system))
  await state(engine.db, store, 300)
  let signed = 0
  const dying: Engine = {
    ...engine,
    run: (store, actor, work) =>
      engine.run(store, actor, async (ctx) => {
        await work(ctx)
        const [[checkpoint] = []] = await execute(ctx.tx, 'select checkpoint from log_tree where store_id = $1', [
          store.storeId,
        ])
        if (checkpoint !== before!.checkpoint) signed++
        throw new Error('the plug was pulled')
      }),
  }
  await assert.rejects(sequencer(dying).round(), AggregateError)
  assert.equal(signed, 1, 'it had come as far as a new checkpoint')
  assert.deepEqual(await findLog(engine.direct(store, system)), before)
  assert.equal((await places(store)).filter(({ index }) => index === null).length, 300)
  await sequencer().round()
  assert.equal(await sound(store), 600)
})

test('an entry that commits late comes behind those that were earlier, and is not forgotten', async () => {
  const store = await newStore()
  await state(engine.db, store, 0) // the key is there
  let late: number[] = []
  let early: number[] = []
  await engine.run(store, system, async ({ tx }) => {
    late = await state(tx, store, 1)
    early = await state(engine.db, store, 2)
    assert.ok(late[0]! < early[0]!)
    await sequencer().round()
  })
  await sequencer().round()
  assert.deepEqual(
    await places(store),
    [...late, ...early].map((id, i) => ({ id, index: [2, 0, 1][i]! })),
  )
  assert.equal(await sound(store), 3)
})

test('trees are right at the borders of tiles', async () => {
  const store = await newStore()
  let size = 0
  for (const next of [255, 256, 257, 511, 513, 4352, 65_535, 65_536, 65_537]) {
    await state(engine.db, store, next - size)
    await sequencer().all()
    size = next
    assert.equal(await sound(store), size)
  }
})

test('a log that fails keeps no other from going on, and goes on once it can', async () => {
  const [broken, sound_] = [await newStore(), await newStore()]
  await state(engine.db, broken, 1)
  await sequencer().round()
  const seal = async (change: string) =>
    execute(engine.db, `update log_tree set private_sealed = ${change} where store_id = $1`, [broken.storeId])
  await seal(`private_sealed || '\\x00'::bytea`)
  await state(engine.db, broken, 1)
  await state(engine.db, sound_, 1)
  await assert.rejects(sequencer().round(), AggregateError)
  assert.equal(await sound(sound_), 1)
  assert.equal((await findLog(engine.direct(broken, system)))!.size, 1)
  await seal('substring(private_sealed from 1 for length(private_sealed) - 1)')
  await sequencer().round()
  assert.equal(await sound(broken), 2)
})

test('a log’s own check finds what was changed behind its back', async () => {
  const store = await newStore()
  const { storeId } = store
  await state(engine.db, store, 300)
  await sequencer().round()
  const ctx = engine.direct(store, system)
  const first = 'store_id = $1 and log_index = 7'
  const tampering: [change: string, problem: RegExp][] = [
    [`update log_entry set statement = statement || ' ' where ${first}`, /index 7, is not the hash/],
    [`update log_entry set entry = sha256(entry) where ${first}`, /tile 0 of level 0 does not follow/],
    [`update log_tile set hashes = overlay(hashes placing '\\x00' from 9) where store_id = $1 and level = 0`, /tile 1/],
    [`update log_tree set checkpoint = replace(checkpoint, '300', '299') where store_id = $1`, /checkpoint is not/],
    [`update log_tree set root = sha256(root) where store_id = $1`, /root of 300 entries/],
    [`update log_entry set log_index = 1000 where ${first}`, /no entry at index 7/],
  ]
  for (const [change, problem] of tampering) {
    await engine
      .run(store, system, async (within) => {
        await execute(within.tx, change, [storeId])
        assert.match((await checkLog(within))!.problems.join('\n'), problem, change)
        throw new Error('undone')
      })
      .catch((error: Error) => assert.equal(error.message, 'undone', error.stack!))
  }
  assert.deepEqual((await checkLog(ctx))!.problems, [])
})

test('the audit names a log whose places, tiles or checkpoint do not fit its size', async () => {
  const store = await newStore()
  await state(engine.db, store, 70_000)
  await sequencer().all()
  assert.deepEqual((await audit(engine.db)).findings, [])
  const tile = 'where store_id = $1 and level = 0 and index = 273'
  const tampering: [change: string, invariant: RegExp][] = [
    [`update log_entry set log_index = 70000 where store_id = $1 and log_index = 7`, /no gap/],
    [`update log_entry set log_index = null where store_id = $1 and log_index = 69999`, /no gap/],
    [`update log_tree set size = 69999 where store_id = $1`, /no gap/],
    [`update log_tile set hashes = substring(hashes from 33) ${tile}`, /tiles/],
    [`delete from log_tile ${tile}`, /tiles/],
    [`insert into log_tile select store_id, 2, 1, root from log_tree where store_id = $1`, /tiles/],
    [`update log_tree set root = sha256(root) where store_id = $1`, /checkpoint/],
  ]
  for (const [change, invariant] of tampering) {
    await engine
      .run(store, system, async ({ tx }) => {
        await execute(tx, change, [store.storeId])
        const { findings } = await audit(tx)
        assert.match(findings.map((finding) => finding.invariant).join('\n'), invariant, change)
        assert.ok(
          findings.every(({ row }) => row.includes(store.slug)),
          change,
        )
        throw new Error('undone')
      })
      .catch((error: Error) => assert.equal(error.message, 'undone', error.stack!))
  }
})
