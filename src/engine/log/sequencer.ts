import { sql } from 'kysely'
import { system } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import { one, q, statement } from '../database.ts'
import type { Vault } from '../sealing.ts'
import type { Store } from '../stores/stores.ts'
import { sweep } from '../sweep.ts'
import { logOf, openSigner } from './log.ts'
import { checkpointText, signNote } from './notes.ts'
import { append, leafHash } from './tree.ts'

/** What the sequencer works with. */
export interface Sequencing {
  engine: Engine
  vault: Vault
  storeById(storeId: string): Store | undefined
  /** the name of a log that is new */
  logOrigin(store: Store): string
}

/** Entries that one transaction takes in at most: it lasts some tenths of a second, and others wait for none of it. */
const batch = 4096

// leaps from store to store: a store with a million waiting entries costs no more than one
const waitingStores = statement(
  'log.waiting_stores',
  () =>
    sql<{ storeId: string }>`
    with recursive waiting (store_id) as (
      (select store_id from log_entry where log_index is null order by store_id limit 1)
      union all
      select (select e.store_id from log_entry e where e.log_index is null and e.store_id > w.store_id
        order by e.store_id limit 1)
      from waiting w where w.store_id is not null
    )
    select store_id from waiting where store_id is not null`,
)

/**
 * Brings what waits into the trees of all stores. May run on every worker at once: a store's log is one's at a time, and
 * the others pass it by.
 * @returns how many entries came in, and whether more wait
 * @throws AggregateError of what went wrong, after the other stores' turn
 */
export async function sequence({ engine, vault, storeById, logOrigin }: Sequencing) {
  const waiting = await waitingStores(engine.db, {})
  const stores = waiting.flatMap(({ storeId }) => storeById(storeId) ?? [])
  const done = { entries: 0, isMore: false }
  await sweep(
    stores,
    ({ storeId }) => storeId,
    () => false,
    async (store) => {
      await logOf(engine.direct(store, system), vault, logOrigin(store))
      const entries = await engine.run(store, system, (ctx) => takeIn(ctx, vault))
      done.entries += entries
      done.isMore ||= entries === batch
    },
  )
  return done
}

const lockTree = statement('log.lock_tree', (p: { storeId: string }) =>
  q
    .selectFrom('logTree')
    .select(['origin', 'privateSealed', 'size'])
    .where('storeId', '=', p.storeId)
    .forUpdate()
    .skipLocked()
    .$castTo<{ origin: string; privateSealed: Buffer; size: number }>(),
)

const readEdge = statement(
  'log.edge',
  (p: { storeId: string }) =>
    sql<{ hashes: Buffer }>`
    select t.hashes from log_tree l, generate_series(0, 6) as edge (level)
    join log_tile t on t.store_id = ${p.storeId} and t.level = edge.level
    where l.store_id = ${p.storeId} and t.index = l.size >> (8 * edge.level + 8)
    order by t.level`,
)

const readWaiting = statement(
  'log.waiting',
  (p: { storeId: string; batch: number }) =>
    sql<{ id: number; entry: Buffer }>`
    select id, entry from log_entry where store_id = ${p.storeId} and log_index is null order by id limit ${p.batch}`,
)

interface Growth {
  storeId: string
  ids: number[]
  before: number
  size: number
  root: Buffer
  checkpoint: string
  levels: number[]
  indexes: number[]
  hashes: Buffer[]
  now: Date
}

const grow = statement(
  'log.grow',
  (p: Growth) =>
    sql<{ numbered: number }>`
    with numbered as (
      update log_entry e set log_index = ${p.before}::bigint + w.place - 1
      from unnest(${p.ids}::bigint[]) with ordinality as w (id, place)
      where e.store_id = ${p.storeId} and e.id = w.id and e.log_index is null
      returning 1
    ), tiles as (
      insert into log_tile (store_id, level, index, hashes)
      select ${p.storeId}, w.level, w.index, w.hashes
      from unnest(${p.levels}::smallint[], ${p.indexes}::bigint[], ${p.hashes}::bytea[]) as w (level, index, hashes)
      on conflict (store_id, level, index) do update set hashes = excluded.hashes
    ), tree as (
      update log_tree set size = ${p.size}, root = ${p.root}, checkpoint = ${p.checkpoint}, checkpointed_at = ${p.now}
      where store_id = ${p.storeId} and size = ${p.before}
      returning 1
    )
    select count(*)::int as numbered from numbered where exists (select from tree)`,
)

/**
 * Gives waiting entries their places, in the order of their ids, and signs what the tree then is. Places, tiles and
 * checkpoint commit together: there never is a checkpoint of a tree that was undone.
 * @returns how many came in; 0 also when somebody is at it
 */
async function takeIn({ tx, store, now }: Ctx, vault: Vault): Promise<number> {
  const { storeId } = store
  // each reads what is committed when its turn comes, so after the lock: in one journey all the same
  const [[tree], edge, waiting] = await Promise.all([
    lockTree(tx, { storeId }),
    readEdge(tx, { storeId }),
    readWaiting(tx, { storeId, batch }),
  ])
  if (!tree || waiting.length === 0) return 0
  const leaves = Buffer.concat(waiting.map(({ entry }) => leafHash(entry)))
  const { size, root, tiles } = append(
    tree.size,
    edge.map(({ hashes }) => hashes),
    leaves,
  )
  const signer = await openSigner(vault, storeId, tree.origin, tree.privateSealed)
  const { numbered } = one(
    await grow(tx, {
      storeId,
      ids: waiting.map(({ id }) => id),
      before: tree.size,
      size,
      root,
      checkpoint: signNote(checkpointText({ origin: tree.origin, size, root }), signer),
      levels: tiles.map(({ level }) => level),
      indexes: tiles.map(({ index }) => index),
      hashes: tiles.map(({ hashes }) => hashes),
      now,
    }),
  )
  if (numbered !== waiting.length) throw new Error(`${store.slug}'s log gave ${numbered} of ${waiting.length} places`)
  return waiting.length
}
