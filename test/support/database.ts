import { createHash, randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client, escapeIdentifier } from 'pg'
import type { DatabaseError } from 'pg'
import { migrate } from '../../src/engine/migrate.ts'
import { type EmbeddedDatabase, useEmbeddedDatabase } from '../../src/server/embedded-database.ts'

export interface TestDatabase {
  url: string
  /** Removes the database, ending the connections still open to it. */
  drop(): Promise<void>
}

/** Raised when templates made by earlier code are no longer right for reasons outside the SQL files. */
const templateVersion = 1

/** Of all that take advisory locks on the server, those who make the template. */
const templateLock = 61_707_001

const templatePrefix = 'saudagar_template_'
const testPrefix = 'saudagar_test_'

/** Nothing here outlives a killed run, so a crash of the machine may lose it. Writing it safely is half of the time. */
const unsafe = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_wal_size: '256MB' }

let embedded: Promise<EmbeddedDatabase> | undefined
let template: Promise<string> | undefined
let leaving = false
const undropped = new Set<() => Promise<void>>()

/**
 * A database of one's own with all migrations in it, copied from a template that is made once per state of the SQL
 * files. The server is that of TEST_DATABASE_URL, whose role must be allowed to create databases, else an embedded one
 * that all test processes share.
 * @param t dropped when this test has ended and closed what it has; without it, by `drop` or at the end of the process
 * @param options.empty without migrations, as a new installation finds it
 */
export async function testDatabase(t?: TestContext, { empty = false } = {}): Promise<TestDatabase> {
  const server = await serverUrl()
  const name = `${testPrefix}${Date.now()}_${randomBytes(4).toString('hex')}`
  if (empty) await withClient(server, (client) => client.query(`create database ${escapeIdentifier(name)}`))
  else await copyTemplate(server, name)
  let dropped: Promise<void> | undefined
  const drop = () => {
    undropped.delete(drop)
    return (dropped ??= withClient(server, (client) => dropDatabase(client, name)))
  }
  if (!leaving) process.once('beforeExit', () => void leave())
  leaving = true
  undropped.add(drop)
  // Node calls these first come, first served. What is connected to it was opened later: dropping it comes behind that.
  t?.after(() => t.after(drop))
  return { url: urlOf(server, name), drop }
}

async function serverUrl() {
  // The one variable that is read outside src/config.ts: it configures the tests, not Saudagar.
  const given = process.env['TEST_DATABASE_URL']
  if (given) return given
  // One use for the whole process: a server that stopped between two suites would only have to start again.
  embedded ??= testFolder().then((folder) => useEmbeddedDatabase(folder, { settings: unsafe }))
  return (await embedded).url
}

async function leave() {
  await Promise.all(Array.from(undropped, (drop) => drop()))
  await (await embedded)?.release()
}

/**
 * Kept between runs, in memory where there is plenty: ext4 takes ten times as long to make a database's files when as
 * many were removed in the last minutes, which is what tests do. A user has a folder of his own, since what root made
 * he could not use.
 */
async function testFolder() {
  const name = `saudagar-test-${process.getuid?.() ?? 'all'}`
  const memory = await statfs('/dev/shm').catch(() => undefined)
  const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))
  const places = memory && memory.bavail * memory.bsize > 2 * 1024 ** 3 ? ['/dev/shm', cache] : [cache]
  for (const place of places) {
    const folder = join(place, name)
    if (await isOurs(folder)) return folder
  }
  return join(tmpdir(), name)
}

/** In a place where everybody may write, another user could have made it to look inside. */
async function isOurs(folder: string) {
  try {
    await mkdir(folder, { recursive: true })
    const found = await lstat(folder)
    return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())
  } catch {
    return false
  }
}

async function copyTemplate(server: string, name: string) {
  for (let attempt = 1; ; attempt++) {
    template ??= withClient(server, (client) => makeTemplate(server, client))
    const from = await template
    try {
      await withClient(server, (client) =>
        client.query(`create database ${escapeIdentifier(name)} template ${escapeIdentifier(from)}`),
      )
      return
    } catch (error) {
      // Tests of another state of the SQL files have removed it in between.
      const unknown = error instanceof Error && 'code' in error && error.code === '3D000'
      if (!unknown || attempt === 5) throw error
      template = undefined
    }
  }
}

/** Whoever comes first makes it; the others wait at the lock. */
async function makeTemplate(server: string, client: Client) {
  const name = templatePrefix + (await hashOfMigrations())
  await client.query('select pg_advisory_lock($1)', [templateLock])
  const { rows } = await client.query<{ name: string; busy: boolean }>(
    `select datname as name, exists (select from pg_stat_activity a where a.datname = d.datname) as busy
     from pg_database d where starts_with(datname, $1) or starts_with(datname, $2)`,
    [templatePrefix, testPrefix],
  )
  for (const old of rows) {
    if (!old.busy && isLeftOver(old.name, name)) await dropDatabase(client, old.name).catch(() => undefined)
  }
  if (rows.some((row) => row.name === name)) return name

  // Under another name until it is whole.
  const half = `${name}_half`
  await client.query(`create database ${escapeIdentifier(half)}`)
  await migrate(urlOf(server, half))
  // PostgreSQL copies only a database that nobody is connected to.
  await client.query(`alter database ${escapeIdentifier(half)} with allow_connections false`)
  await client.query(`alter database ${escapeIdentifier(half)} rename to ${escapeIdentifier(name)}`)
  return name
}

/** Templates of other states or cut short by a kill, and test databases whose process was killed an hour ago. */
function isLeftOver(name: string, template: string) {
  if (name.startsWith(templatePrefix)) return name !== template
  const made = Number(name.slice(testPrefix.length).split('_')[0])
  return Date.now() - made > 3_600_000
}

async function hashOfMigrations() {
  const folder = new URL('../../migrations/', import.meta.url)
  const hash = createHash('sha256').update(`${templateVersion}`)
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()) {
    hash.update(`\0${file}\0`).update(await readFile(new URL(file, folder)))
  }
  return hash.digest('hex').slice(0, 16)
}

async function dropDatabase(client: Client, name: string) {
  const drop = `drop database if exists ${escapeIdentifier(name)}`
  for (let force = ' with (force)', left = 10; ; left--) {
    try {
      return void (await client.query(drop + force))
    } catch (error) {
      // an autovacuum worker is there, which we may not end: without force, PostgreSQL asks it to leave, and waits 5 s
      const { code } = error as DatabaseError
      if ((code !== '42501' && code !== '55006') || left <= 1) throw error
      force = ''
    }
  }
}

async function withClient<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf(server: string, name: string) {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
