import { createEngine, system } from '../src/engine/context.ts'
import type { Engine } from '../src/engine/context.ts'
import { execute, openPool } from '../src/engine/database.ts'
import { logProofs } from '../src/engine/log/proofs.ts'
import { sequence } from '../src/engine/log/sequencer.ts'
import { openVault } from '../src/engine/sealing.ts'
import { addStore, listStores } from '../src/engine/stores/stores.ts'
import type { Store } from '../src/engine/stores/stores.ts'
import { ionoraStore } from '../src/server/demo/ionora.ts'
import { install, query } from './installation.ts'
import { median, percentile } from './load.ts'

/** What one more entry costs a log of three sizes, and what the proof of one does: no server, the engine alone. */

const sizes = [10_000, 100_000, 1_000_000]
/** Entries that wait when a round begins: some at a time as shops state them, and as many as a round takes. */
const batches = [
  { entries: 256, rounds: 60 },
  { entries: 4096, rounds: 12 },
]
const proofs = 1000

interface Figures {
  size: number
  /** for each batch, microseconds an entry: writing the rows, and bringing them into the tree; medians over the rounds */
  append: { insert: number; sequence: number }[]
  /** milliseconds */
  proof: { p50: number; p99: number }
}

export async function benchLog({ json, say }: { json: boolean; say(line: string): void }): Promise<void> {
  say('setting up a log: PostgreSQL')
  const installation = await install({
    fill: async (pool) => {
      await addStore(createEngine(pool).db, ionoraStore)
      return { storeId: '', customers: [], variants: [], pages: [] }
    },
  })
  const pool = openPool(installation.databaseUrl, 4)
  try {
    const engine = createEngine(pool)
    const store = (await listStores(engine.db))[0]!
    const vault = openVault(installation.env['SAUDAGAR_SECRET']!)
    const round = () =>
      sequence({ engine, vault, storeById: () => store, logOrigin: () => 'bench.example/log' }).then(
        ({ entries }) => entries,
      )
    const figures: Figures[] = []
    for (const size of sizes) {
      say(`filling up to ${size.toLocaleString('en')} entries`)
      await fill(engine, store, size, round)
      await query(installation.databaseUrl, 'vacuum analyze log_entry, log_tile, log_tree')
      say('measuring')
      figures.push(await measure(engine, store, size, round))
    }
    const facts = { node: process.versions.node, postgres: installation.postgresVersion, fsyncMs: installation.fsyncMs }
    process.stdout.write(json ? `${JSON.stringify({ facts, figures }, null, 2)}\n` : `\nLOG\n${print(figures)}\n`)
  } finally {
    await pool.end()
    await installation.stop()
  }
}

/** Rows as enrolments write them: a statement of some 600 bytes, and hashes that do not repeat. */
const state = (engine: Engine, { storeId }: Store, count: number) =>
  execute(
    engine.db,
    `insert into log_entry (store_id, kind, statement, signature, kid, salt, entry, at)
     select $1, 'key', s.text, decode(repeat('0f', 64), 'hex'), 'key_001', s.salt,
       sha256(s.salt || convert_to(s.text, 'UTF8')), now()
     from generate_series(1, $2::int) i, lateral (
       select gen_random_uuid() || repeat(' of what a parcel was', 28) as text, uuid_send(gen_random_uuid()) as salt) s`,
    [storeId, count],
  )

async function fill(engine: Engine, store: Store, size: number, round: () => Promise<number>) {
  const [[have] = []] = await execute(engine.db, 'select coalesce(max(size), 0) from log_tree')
  for (let left = size - Number(have); left > 0; left -= 50_000) await state(engine, store, Math.min(left, 50_000))
  while ((await round()) > 0);
}

async function measure(engine: Engine, store: Store, size: number, round: () => Promise<number>): Promise<Figures> {
  const append: Figures['append'] = []
  for (const { entries, rounds } of batches) {
    const times = { insert: [] as number[], sequence: [] as number[] }
    for (let i = 0; i < rounds; i++) {
      const began = performance.now()
      await state(engine, store, entries)
      const stated = performance.now()
      const taken = await round()
      if (taken !== entries) throw new Error(`${taken} of ${entries} came in`)
      times.insert.push(((stated - began) / entries) * 1000)
      times.sequence.push(((performance.now() - stated) / entries) * 1000)
    }
    append.push({ insert: median(times.insert), sequence: median(times.sequence) })
  }
  const ctx = engine.direct(store, system)
  const [[first] = []] = await execute(engine.db, 'select min(id) from log_entry')
  const times: number[] = []
  for (let i = 0; i < proofs; i++) {
    const id = Number(first) + Math.floor(Math.random() * size)
    const began = performance.now()
    if (!(await logProofs(ctx, [id]))) throw new Error(`no proof of entry ${id}`)
    times.push(performance.now() - began)
  }
  return { size, append, proof: { p50: median(times), p99: percentile(times, 0.99) } }
}

function print(figures: Figures[]): string {
  const line = (title: string, values: number[], digits: number) => {
    const ratio = values.at(-1)! / values[0]!
    return [
      title.padEnd(52),
      ...values.map((value) => value.toFixed(digits).padStart(11)),
      ratio.toFixed(2).padStart(8),
    ]
      .join('')
      .trimEnd()
  }
  const head = ['entries in the log'.padEnd(52), ...figures.map(({ size }) => size.toLocaleString('en').padStart(11))]
  return [
    `${head.join('')}   ratio`,
    ...batches.flatMap(({ entries }, i) => [
      line(
        `an entry into the tree, ${entries} a round, µs`,
        figures.map(({ append }) => append[i]!.sequence),
        1,
      ),
      line(
        `  with the writing of its row`,
        figures.map(({ append }) => append[i]!.insert + append[i]!.sequence),
        1,
      ),
    ]),
    line(
      'an inclusion proof, p50 ms',
      figures.map(({ proof }) => proof.p50),
      2,
    ),
    line(
      '  p99 ms',
      figures.map(({ proof }) => proof.p99),
      2,
    ),
  ].join('\n')
}
