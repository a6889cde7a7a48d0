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
    const done = new Set(
      (await client.query<{ name: string }>('select name from migration')).rows.map((row) => row.name),
    )
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
    const unknown = [...done].filter((name) => !files.includes(name))
    if (unknown.length > 0) throw new Error(`this database was migrated by a newer version: ${unknown.join(', ')}`)
    const todo = files.filter((name) => !done.has(name))
    for (const name of todo) await runFile(client, name)
    await runMigrations({ connectionString: url })
    return todo
  } finally {
    await client.end()
  }
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
