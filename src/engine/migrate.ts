import { readFile, readdir } from 'node:fs/promises'
import { runMigrations } from 'graphile-worker'
import { Client } from 'pg'

const folder = new URL('../../migrations/', import.meta.url)

/** Names one program among all that use advisory locks: "saudagar" as a number. */
const lockKey = 7382462

/**
 * Brings a database up to this version: our numbered SQL files, each in a transaction of its own, and the job
 * queue's tables. Safe to run from several processes at once; the others wait and find nothing left to do.
 * @returns the names of the files that were run
 * @throws Error when the database was migrated by a newer version, or a file fails (nothing of that file remains)
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await client.query(
      'create table if not exists migration (name text primary key, at timestamptz not null default now())',
    )
    const todo = await pending(client)
    for (const name of todo) await runFile(client, name)
    await runMigrations({ connectionString: url })
    return todo
  } finally {
    await client.end()
  }
}

/** @throws Error when the database is not at this version: only `saudagar migrate` changes one in production */
export async function requireMigrated(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ exists: boolean }>(`select to_regclass('migration') is not null as exists`)
    if (!rows[0]!.exists || (await pending(client)).length > 0) throw new OutdatedDatabase()
  } finally {
    await client.end()
  }
}

export class OutdatedDatabase extends Error {
  override message = 'the database is not at this version: run saudagar migrate'
}

/** Files that this database has not seen. @throws Error when it has seen files that are not here */
async function pending(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('select name from migration')
  const done = new Set(rows.map((row) => row.name))
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const unknown = [...done].filter((name) => !files.includes(name))
  if (unknown.length > 0) throw new Error(`this database was migrated by a newer version: ${unknown.join(', ')}`)
  return files.filter((name) => !done.has(name))
}

async function runFile(client: Client, name: string) {
  const text = await readFile(new URL(name, folder), 'utf8')
  try {
    await client.query('begin')
    await client.query(text)
    await client.query('insert into migration (name) values ($1)', [name])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new Error(`migration ${name} failed`, { cause: error })
  }
}
