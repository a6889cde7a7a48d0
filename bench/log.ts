import { createEngine, system } from '../src/engine/context.ts'
import type { Engine } from '../src/engine/context.ts'
import { execute, openPool } from '../src/engine/database.ts'
import { logProofs } from '../src/engine/log/proofs.ts'
import { sequence } from '../src/engine/log/sequencer.ts'
import { openVault } from '../src/engine/sealing.ts'
import type { Vault } from '../src/engine/sealing.ts'
import { addStore, listStores } from '../src/engine/stores/stores.ts'
import type { Store } from '../src/engine/stores/stores.ts'
import { ionoraStore } from '../src/server/demo/ionora.ts'
import { install } from './installation.ts'
import { median, percentile } from './load.ts'

/**
 * What one more entry costs a log of three sizes, and what the proof of one does: no server, the engine alone. The logs lie in
 * databases of their own and take turns, so that a slow minute of the machine is all of theirs.
 */

const sizes = [10_000, 100_000, 1_000_000]
/** Entries that wait when a round begins: some at a time as shops state them, and as many as a round takes. */
const batches = [
  { entries: 256, rounds: 30 },
  { entries: 4096, rounds: 4 },
]
/** in each of the rounds */
const proofs = 50

interface Figures {
  size: number
  /** for each batch, microseconds an entry, medians over the rounds */
  append: { sequence: number; withRow: number }[]
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
  const logs: Log[] = []
  try {
    const vault = openVault(installation.env['SAUDAGAR_SECRET']!)
    const urls: string[] = []
    for (const size of sizes) {
      say(`filling up to ${size.toLocaleString('en')} entries`)
      const log = await openLog(installation.databaseUrl, vault, size)
      await log.fill()
      await log.close()
      urls.push(await installation.copyDatabase(`log_${size}`))
    }
    for (const [i, url] of urls.entries()) logs.push(await openLog(url, vault, sizes[i]!))
    say('measuring')
    const figures = await measure(logs)
    const facts = { node: process.versions.node, postgres: installation.postgresVersion, fsyncMs: installation.fsyncMs }
    process.stdout.write(json ? `${JSON.stringify({ facts, figures }, null, 2)}\n` : `\nLOG\n${print(figures)}\n`)
  } finally {
    for (const log of logs) await log.close()
    await installation.stop()
  }
}

type Log = Awaited<ReturnType<typeof openLog>>

/** The log in a database, which is to have so many entries. */
async function openLog(url: string, vault: Vault, size: number) {
  const pool = openPool(url, 4)
  const engine = createEngine(pool)
  const store = (await listStores(engine.db))[0]!
  const number = async (text: string) => Number((await execute(engine.db, text))[0]?.[0] ?? 0)
  const take = async () =>
    (await sequence({ engine, vault, storeById: () => store, logOrigin: () => 'bench.example/log' })).entries
  const write = (entries: number) => state(engine, store, entries)
  const first = await number('select min(id) from log_entry')
  return {
    size,
    fill: async () => {
      for (let left = size - (await number('select size from log_tree')); left > 0; left -= 50_000)
        await write(Math.min(left, 50_000))
      while ((await take()) > 0);
    },
    write,
    take: async (entries: number) => {
      const taken = await take()
      if (taken !== entries) throw new Error(`${taken} of ${entries} came in`)
    },
    /** of any of its entries */
    prove: async () => {
      const id = first + Math.floor(Math.random() * size)
      if (!(await logProofs(engine.direct(store, system), [id]))) throw new Error(`no proof of entry ${id}`)
    },
    close: () => pool.end(),
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

/** @returns milliseconds */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

async function measure(logs: Log[]): Promise<Figures[]> {
  const times = logs.map(() => ({
    append: batches.map((): Times => ({ sequence: [], withRow: [] })),
    proof: [] as number[],
  }))
  for (const [b, { entries, rounds }] of batches.entries()) {
    // the first warms compilers and caches, and does not count
    for (let round = 0; round <= rounds; round++) {
      for (const [i, log] of logs.entries()) {
        const { append, proof } = times[i]!
        const write = await timed(() => log.write(entries))
        const take = await timed(() => log.take(entries))
        if (round > 0) append[b]!.sequence.push((take / entries) * 1000)
        if (round > 0) append[b]!.withRow.push(((write + take) / entries) * 1000)
        for (let n = 0; n < proofs; n++) proof.push(await timed(log.prove))
      }
    }
  }
  return logs.map(({ size }, i) => ({
    size,
    append: times[i]!.append.map(({ sequence, withRow }) => ({ sequence: median(sequence), withRow: median(withRow) })),
    proof: { p50: median(times[i]!.proof), p99: percentile(times[i]!.proof, 0.99) },
  }))
}

interface Times {
  sequence: number[]
  withRow: number[]
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
        figures.map(({ append }) => append[i]!.withRow),
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
