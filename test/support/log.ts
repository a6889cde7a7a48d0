import { randomBytes } from 'node:crypto'
import { system } from '../../src/engine/context.ts'
import type { Engine } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import type { Db } from '../../src/engine/database.ts'
import { sequence } from '../../src/engine/log/sequencer.ts'
import { openVault } from '../../src/engine/sealing.ts'
import type { Vault } from '../../src/engine/sealing.ts'
import type { Store } from '../../src/engine/stores/stores.ts'

/** States something so many times, as what commits with an enrolment does. @returns the ids, in the order of stating */
export async function state(db: Db, { storeId }: Store, count: number): Promise<number[]> {
  const rows = await execute(
    db,
    `with key as (
       insert into proof_key (store_id, kid, public_key, private_sealed, published_at, signs_from)
       values ($1, 'key_001', decode(repeat('00', 32), 'hex'), '', $3, $3) on conflict do nothing
     )
     insert into log_entry (store_id, kind, statement, signature, kid, salt, entry, at)
     select $1, 'key', s.text, decode(repeat('00', 64), 'hex'), 'key_001', s.salt,
       sha256(s.salt || convert_to(s.text, 'UTF8')), $3
     from generate_series(1, $2::int) i, lateral (
       select 'statement ' || i || ' ' || gen_random_uuid() as text, uuid_send(gen_random_uuid()) as salt) s
     returning id`,
    [storeId, count, new Date('2026-01-05T10:00:00Z')],
  )
  return rows.map(([id]) => Number(id)).sort((a, b) => a - b)
}

/** What brings the stores' entries into their logs, as the worker does. */
export function sequencerOf(engine: Engine, stores: readonly Store[], vault: Vault = openVault(secret)) {
  const sequencing = {
    engine,
    vault,
    storeById: (id: string) => stores.find(({ storeId }) => storeId === id),
    logOrigin: ({ slug }: Store) => `shop.example/${slug}/log`,
  }
  return {
    sequencing,
    vault,
    round: () => sequence(sequencing),
    /** round after round, until nothing waits */
    all: async () => {
      for (;;) if (!(await sequence(sequencing)).isMore) return
    },
  }
}

const secret = randomBytes(32).toString('base64')

/** Every entry of a store's tree, in its order. */
export const entriesOf = async (engine: Engine, store: Store): Promise<Buffer[]> =>
  (
    await execute(
      engine.direct(store, system).tx,
      'select entry from log_entry where store_id = $1 and log_index is not null order by log_index',
      [store.storeId],
    )
  ).map(([entry]) => entry as Buffer)
